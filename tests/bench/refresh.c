/*
 * refresh: what a refresh costs beside top(1), in the same run, and which files
 * the default view opens.
 *
 *     refresh REAPTOP [PROCESSES [SECONDS [ROUNDS]]]
 *
 * Forks PROCESSES that sleep (10,000), then gives top and reaptop in turn
 * SECONDS (10) on a terminal of 200 × 50, with a refresh each second. Prints
 * the medians; exit 1 where one is not as it must be.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/crowd.h"
#include "support/terminal.h"

enum {
    ROWS = 50,
    COLS = 200,
    ROUNDS_MAX = 15,
    IDLE_BYTES_MAX = 300
};

#define SECOND_NS INT64_C(1000000000)

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

/* ---- measuring ---------------------------------------------------------- */

/* CPU time of one process with all its threads; 0 where it is gone. */
static int64_t cpu_ns_of(pid_t pid)
{
    clockid_t clock;
    struct timespec ts;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) < 0)
        return 0;
    return (int64_t)ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

/* Of the process and of its children, which read for it. */
static int64_t cpu_ns(pid_t pid)
{
    int64_t sum = cpu_ns_of(pid);
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "re");
    int child;
    while (file && fscanf(file, "%d", &child) == 1)
        sum += cpu_ns_of(child);
    if (file)
        (void)fclose(file);
    return sum;
}

struct cost {
    double cpu_ms; /* per refresh */
    double bytes;  /* per refresh */
};

static void read_for(struct terminal *t, int64_t nanoseconds)
{
    int64_t deadline = now_ns() + nanoseconds;
    for (;;) {
        int64_t left = (deadline - now_ns()) / 1000000;
        if (left <= 0)
            return;
        terminal_read(t, (int)left);
    }
}

/* `keys` are typed once the screen is there. */
static bool measure(const char *const *argv, const char *keys, int seconds, struct cost *ret_cost)
{
    struct terminal *t =
        terminal_start(&(struct terminal_options){.rows = ROWS, .cols = COLS, .argv = argv});
    if (!t || !terminal_wait_text(t, "PID")) {
        terminal_free(t);
        return false;
    }
    terminal_send(t, keys);
    /* The first two refreshes fill the screen and the caches. */
    read_for(t, 2 * SECOND_NS);
    int64_t cpu = cpu_ns(terminal_pid(t)), start = now_ns();
    size_t bytes = terminal_bytes(t);
    read_for(t, seconds * SECOND_NS);
    double refreshes = (double)(now_ns() - start) / (double)SECOND_NS;
    ret_cost->cpu_ms = (double)(cpu_ns(terminal_pid(t)) - cpu) / 1e6 / refreshes;
    ret_cost->bytes = (double)(terminal_bytes(t) - bytes) / refreshes;
    terminal_send(t, "q");
    bool has_ended = terminal_wait_end(t) >= 0;
    terminal_free(t);
    return has_ended;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return values[count / 2];
}

/* True where all held. */
static bool compare_with_top(const char *reaptop, pid_t quiet, int seconds, int rounds)
{
    double top_ms[ROUNDS_MAX], our_ms[ROUNDS_MAX], top_bytes[ROUNDS_MAX], our_bytes[ROUNDS_MAX];
    double idle_bytes[ROUNDS_MAX];
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", quiet);
    const char *const top_argv[] = {"/usr/bin/top", "-d", "1", NULL};
    const char *const our_argv[] = {reaptop, "-d", "1", NULL};
    const char *const idle_argv[] = {reaptop, "-d", "1", "-p", pid, NULL};

    for (int i = 0; i < rounds; i++) {
        struct cost top, ours, idle;
        /* EE puts the events away: what others fork and end would be written there. */
        if (!measure(top_argv, "", seconds, &top) || !measure(our_argv, "", seconds, &ours) ||
            !measure(idle_argv, "EE", seconds, &idle)) {
            printf("  a program could not be run\n");
            return false;
        }
        top_ms[i] = top.cpu_ms;
        our_ms[i] = ours.cpu_ms;
        top_bytes[i] = top.bytes;
        our_bytes[i] = ours.bytes;
        idle_bytes[i] = idle.bytes;
    }
    double top = median(top_ms, rounds), ours = median(our_ms, rounds);
    double idle = median(idle_bytes, rounds);
    printf("  CPU per refresh    top %8.2f ms   reaptop %8.2f ms   ratio %.2f (at most 1)\n", top,
           ours, ours / top);
    printf("  bytes per refresh  top %8.0f      reaptop %8.0f\n", median(top_bytes, rounds),
           median(our_bytes, rounds));
    printf("  bytes per refresh, quiet rows:       reaptop %8.0f      (less than %d)\n", idle,
           IDLE_BYTES_MAX);
    return ours <= top && idle < IDLE_BYTES_MAX;
}

/* ---- which files are opened --------------------------------------------- */

static bool is_forbidden(const char *line)
{
    static const char *const names[] = {"maps\"", "smaps_rollup\"", "pagemap\"", "environ\""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(line, names[i]) && !strstr(line, "/proc/self/"))
            return true;
    return false;
}

static bool trace_opens(const char *reaptop)
{
    char path[] = "/tmp/reaptop-bench.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!file)
        return false;
    const char *const argv[] = {"/usr/bin/strace",           "-f",    "-qq", "-o", path, "-e",
                                "trace=open,openat,openat2", reaptop, "-d",  "1",  NULL};
    struct terminal *t =
        terminal_start(&(struct terminal_options){.rows = ROWS, .cols = COLS, .argv = argv});
    bool has_run = t && terminal_wait_text(t, "PID");
    if (has_run) {
        read_for(t, 4 * SECOND_NS);
        terminal_send(t, "q");
        has_run = terminal_wait_end(t) >= 0;
    }
    terminal_free(t);

    char *line = NULL;
    size_t size = 0;
    long opens = 0, forbidden = 0;
    while (getline(&line, &size, file) > 0) {
        opens++;
        if (is_forbidden(line) && ++forbidden <= 5)
            printf("  opened: %s", line);
    }
    free(line);
    (void)fclose(file);
    unlink(path);
    printf("  opens of maps, smaps, pagemap, environ by the default view: %ld of %ld (0)\n",
           forbidden, opens);
    return has_run && opens > 0 && forbidden == 0;
}

static long argument(int argc, char **argv, int index, long otherwise)
{
    return argc > index ? strtol(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: refresh REAPTOP [PROCESSES [SECONDS [ROUNDS]]]\n");
        return 2;
    }
    long processes = argument(argc, argv, 2, 10000);
    int seconds = (int)argument(argc, argv, 3, 10);
    int rounds = (int)argument(argc, argv, 4, 3);
    if (rounds < 1 || rounds > ROUNDS_MAX || seconds < 1) {
        (void)fprintf(stderr, "refresh: 1 to %d rounds, 1 second or more\n", ROUNDS_MAX);
        return 2;
    }
    pid_t holder = crowd_start(processes);
    if (holder < 0) {
        (void)fprintf(stderr, "refresh: cannot start %ld processes\n", processes);
        return 3;
    }
    printf("%ld sleeping processes, %d x %d, a refresh a second, %d rounds of %d s\n", processes,
           COLS, ROWS, rounds, seconds);
    (void)fflush(stdout);
    bool holds = compare_with_top(argv[1], holder, seconds, rounds);
    holds = trace_opens(argv[1]) && holds;

    crowd_end(holder);
    printf("bench: %s\n", holds ? "all as it must be" : "NOT as it must be");
    return holds ? 0 : 1;
}
