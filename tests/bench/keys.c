/*
 * keys: how long the screen lets a key wait, among many processes and with
 * hardly a pause between two sweeps.
 *
 *     keys REAPTOP [PROCESSES [KEYS]]
 *
 * Forks PROCESSES that sleep (10,000), moves the cursor down and up KEYS times
 * (200) and takes the time until it stands where it should. Exit 1 where the
 * longest is over 100 ms.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/crowd.h"
#include "support/terminal.h"

enum {
    KEYS_MAX = 10000,
    LONGEST_MS = 100,
    SETTLE_MS = 2000 /* the first sweeps, and a cursor that is not in the midst of a frame */
};

static double now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static bool is_on_row(struct terminal *t, const void *data)
{
    int row, col;
    bool is_visible;
    terminal_cursor(t, &row, &col, &is_visible);
    return is_visible && row == *(const int *)data;
}

/* False where the program did not answer. */
static bool measure(struct terminal *t, double *waits_ms, int keys)
{
    int row, col;
    bool is_visible;
    for (double start = now_ms(); now_ms() < start + SETTLE_MS;)
        (void)terminal_read(t, 100);
    terminal_cursor(t, &row, &col, &is_visible);
    for (int i = 0; i < keys; i++) {
        int wanted = i % 2 == 0 ? row + 1 : row;
        double start = now_ms();
        terminal_send(t, i % 2 == 0 ? TERMINAL_DOWN : TERMINAL_UP);
        if (!terminal_wait(t, is_on_row, &wanted))
            return false;
        waits_ms[i] = now_ms() - start;
        /* Another moment of the sweep for the next one. */
        (void)terminal_read(t, i % 37);
    }
    return true;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int report(double *waits_ms, int keys)
{
    qsort(waits_ms, (size_t)keys, sizeof *waits_ms, compare_doubles);
    double longest = waits_ms[keys - 1];
    printf("  a key waits  median %.1f ms   99th of 100 %.1f ms   longest %.1f ms (at most %d)\n",
           waits_ms[keys / 2], waits_ms[keys * 99 / 100], longest, LONGEST_MS);
    return longest <= LONGEST_MS ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: keys REAPTOP [PROCESSES [KEYS]]\n");
        return 2;
    }
    long processes = argc > 2 ? strtol(argv[2], NULL, 10) : 10000;
    int keys = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 200;
    static double waits_ms[KEYS_MAX];
    pid_t crowd = keys > 0 && keys <= KEYS_MAX ? crowd_start(processes) : -1;
    if (crowd < 0) {
        (void)fprintf(stderr, "keys: cannot start %ld processes\n", processes);
        return 3;
    }
    printf("%ld sleeping processes, %d keys while it sweeps ten times a second\n", processes, keys);
    const char *const program[] = {argv[1], "-d", "100ms", NULL};
    struct terminal *t =
        terminal_start(&(struct terminal_options){.rows = 50, .cols = 200, .argv = program});
    bool is_there = t && terminal_wait_text(t, "PID") && terminal_send(t, "EE");
    int status = is_there && measure(t, waits_ms, keys) ? report(waits_ms, keys) : 3;
    if (status == 3)
        printf("  a key was not answered at all\n");
    terminal_free(t);
    crowd_end(crowd);
    return status;
}
