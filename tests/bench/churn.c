/*
 * churn: so many births a second, and what it costs to tell of each. In the first
 * PID namespace: the kernel's process events come nowhere else.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "support/terminal.h"

enum {
    BURST_MS = 10,
    KEYS = 60,
    KEY_MS = 5000,
    QUIET_MS = 1500
};

/* `births` a second until it is killed; how many it made is told when the pipe is read. */
static pid_t start_births(int births)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        for (int i = 0; i < births * BURST_MS / SECOND_MS; i++) {
            pid_t child = vfork();
            if (child == 0)
                _exit(0);
            (void)waitpid(child, NULL, 0);
        }
        next.tv_nsec += BURST_MS * 1000000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

static void end_process(pid_t pid)
{
    if (pid <= 0)
        return;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

struct stream {
    const char *name;
    const char *argv[8];
};

/* Lines that it printed; -1 where it could not be run. */
static long count_lines(int fd, double until_ms)
{
    static char bytes[65536];
    long lines = 0;
    for (double left; (left = until_ms - now_ms()) > 0;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, (int)left + 1) <= 0)
            continue;
        ssize_t got = read(fd, bytes, sizeof bytes);
        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got; i++)
            lines += bytes[i] == '\n';
    }
    return lines;
}

static void measure_stream(const struct stream *stream, int births, int seconds)
{
    int ends[2];
    if (access(stream->argv[0], X_OK) < 0 || pipe2(ends, O_CLOEXEC) < 0) {
        (void)fprintf(stderr, "bench: %s is not installed, left out\n", stream->argv[0]);
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execv(stream->argv[0], (char *const *)(uintptr_t)stream->argv);
        _exit(127);
    }
    (void)close(ends[1]);
    (void)count_lines(ends[0], now_ms() + (double)QUIET_MS);
    double cpu = family_cpu_ms(pid);
    pid_t mother = start_births(births);
    long lines = count_lines(ends[0], now_ms() + seconds * SECOND_MS);
    cpu = family_cpu_ms(pid) - cpu;
    end_process(mother);
    (void)close(ends[0]);
    end_process(pid);
    printf("| %s | %ld | %.0f | %.1f |\n", stream->name, lines, cpu,
           lines > 0 ? cpu * 1e3 / (double)lines : 0);
    (void)fflush(stdout);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint64_t cursor_row(const struct terminal *t)
{
    int row, col;
    bool is_visible;
    terminal_cursor(t, &row, &col, &is_visible);
    return (uint64_t)row;
}

static void measure_screen(const char *reaptop, int births, int seconds)
{
    double waits[KEYS];
    const char *const argv[] = {reaptop, NULL};
    struct terminal *t =
        terminal_start(&(struct terminal_options){.rows = 50, .cols = 200, .argv = argv});
    if (!t || !terminal_wait_text(t, "PID")) {
        terminal_free(t);
        return;
    }
    pid_t mother = start_births(births);
    double cpu = family_cpu_ms(terminal_pid(t)), began = now_ms();
    for (int i = 0; i < KEYS; i++) {
        uint64_t before = cursor_row(t);
        double sent = now_ms();
        terminal_send(t, i % 2 ? TERMINAL_UP : TERMINAL_DOWN);
        while (cursor_row(t) == before && now_ms() < sent + (double)KEY_MS)
            (void)terminal_read(t, 20);
        waits[i] = now_ms() - sent;
        for (double until = began + (i + 1) * seconds * 1e3 / (double)KEYS; now_ms() < until;)
            (void)terminal_read(t, (int)(until - now_ms()) + 1);
    }
    cpu = (family_cpu_ms(terminal_pid(t)) - cpu) / ((now_ms() - began) / (double)SECOND_MS);
    end_process(mother);
    terminal_send(t, "q");
    (void)terminal_wait_end(t);
    terminal_free(t);
    qsort(waits, KEYS, sizeof waits[0], compare);
    printf("\nThe screen under %d births a second for %d s: %.0f ms of CPU a second; a key is "
           "answered after %.1f ms (median), %.1f ms (99 of 100), %.1f ms (longest).\n\n",
           births, seconds, cpu, waits[KEYS / 2], waits[KEYS * 99 / 100], waits[KEYS - 1]);
}

void bench_churn(const char *reaptop, int births, int seconds)
{
    static const char sbin[] = "/usr/sbin/forkstat", bin[] = "/usr/bin/forkstat";
    const char *forkstat = access(sbin, X_OK) == 0 ? sbin : bin;
    const struct stream streams[] = {
        {"forkstat", {forkstat, "-l", "-e", "fork,exec,exit"}},
        {"reaptop events", {reaptop, "events"}},
        {"reaptop events --json", {reaptop, "events", "--json"}},
    };
    printf("### %d births a second for %d s\n\n| | lines | CPU ms | CPU us a line |\n"
           "|---|---:|---:|---:|\n",
           births, seconds);
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        measure_stream(&streams[i], births, seconds);
    measure_screen(reaptop, births, seconds);
    (void)fflush(stdout);
}
