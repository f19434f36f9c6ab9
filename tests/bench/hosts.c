/*
 * hosts: the screen of several machines, driven by lines of standard input, for tests/hosts.sh:
 *
 *     hosts REAPTOP LIST          "keys N" presses as many, at all moments, and prints how long
 *                                 the cursor took; "type TEXT"; "wait TEXT"; "screen" prints it
 *     hosts --flood BIRTHS        forks so many children a second, each of which ends at once
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "support/terminal.h"

enum {
    KEYS_MOST = 4096,
    KEY_LIMIT_MS = 10000,
    LOST_MOST = 3, /* then something else is wrong than time */
    NS_A_SECOND = 1000000000,
    LINE_MOST = 256
};

static int flood(long births)
{
    struct timespec next;
    if (births < 1 || births > 100000)
        return 2;
    (void)clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid > 0)
            (void)waitpid(pid, NULL, 0);
        next.tv_nsec += NS_A_SECOND / births;
        next.tv_sec += next.tv_nsec / NS_A_SECOND;
        next.tv_nsec %= NS_A_SECOND;
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

static void read_for(struct terminal *t, double ms)
{
    double end = now_ms() + ms;
    while (now_ms() < end)
        (void)terminal_read(t, (int)(end - now_ms()) + 1);
}

static int place(struct terminal *t)
{
    int row, col;
    bool is_visible;
    terminal_cursor(t, &row, &col, &is_visible);
    return row;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One row on and back, so that every key moves the cursor. */
static void press(struct terminal *t, int count)
{
    static double waits[KEYS_MOST]; /* 0 of those not pressed any more */
    int lost = 0;
    if (count < 1 || count > KEYS_MOST)
        return;
    for (int i = 0; i < count && lost < LOST_MOST; i++) {
        int before = place(t);
        double sent = now_ms();
        (void)terminal_send(t, i % 2 == 0 ? TERMINAL_DOWN : TERMINAL_UP);
        while (place(t) == before && now_ms() < sent + (double)KEY_LIMIT_MS)
            (void)terminal_read(t, 50);
        waits[i] = now_ms() - sent;
        lost += place(t) == before;
        read_for(t, 10 + i * 7 % 41);
    }
    qsort(waits, (size_t)count, sizeof(waits[0]), compare);
    printf("%d keys: median %.1f ms, 99 of 100 within %.1f ms, longest %.1f ms, %d lost\n", count,
           waits[count / 2], waits[count * 99 / 100], waits[count - 1], lost);
}

static void act(struct terminal *t, char *line)
{
    char *operand = line;
    const char *word = strsep(&operand, " ");
    if (operand && strcmp(word, "keys") == 0)
        press(t, atoi(operand));
    else if (operand && strcmp(word, "type") == 0)
        (void)terminal_send(t, operand);
    else if (operand && strcmp(word, "enter") == 0)
        (void)(terminal_send(t, operand) && terminal_send(t, "\r"));
    else if (operand && strcmp(word, "wait") == 0)
        printf("%s\n", terminal_wait_text(t, operand) ? "there" : "not there");
    else
        printf("%s\n", terminal_text(t));
    printf(".\n");
    (void)fflush(stdout);
}

/* A whole line, without its end. False: there are no more. */
static bool read_line(char line[static LINE_MOST])
{
    size_t length = 0;
    while (length < LINE_MOST - 1) {
        if (read(STDIN_FILENO, line + length, 1) <= 0)
            return false;
        if (line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return true;
}

int main(int argc, char **argv)
{
    char line[LINE_MOST];
    if (argc == 3 && strcmp(argv[1], "--flood") == 0)
        return flood(atol(argv[2]));
    if (argc < 3)
        return 2;
    const char *ssh = getenv("REAPTOP_SSH");
    char ssh_is[LINE_MOST];
    (void)snprintf(ssh_is, sizeof(ssh_is), "REAPTOP_SSH=%s", ssh ? ssh : "ssh");
    struct terminal *t = terminal_start(
        &(struct terminal_options){.rows = 40,
                                   .cols = 140,
                                   .env = (const char *[]){ssh_is, NULL},
                                   .argv = (const char *[]){argv[1], "--host", argv[2], NULL}});
    if (!t || !terminal_wait_text(t, "COMMAND"))
        return 1;
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        (void)terminal_read(t, 20);
        if (poll(&input, 1, 0) <= 0)
            continue;
        if (!read_line(line))
            break;
        act(t, line);
    }
    (void)terminal_send(t, "q");
    int status = terminal_wait_end(t);
    terminal_free(t);
    return status;
}
