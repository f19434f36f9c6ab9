/*
 * soak: what the screen's processes have of memory and descriptors while others are born and
 * die and keys come at random.
 *
 *     soak REAPTOP [SECONDS [BIRTHS_A_SECOND [SEED]]]
 *
 * Prints for each process RSS and descriptors after the first quarter and at the end, and the
 * slope of the straight line through what was measured between; exit status 1 where one grows
 * more than the limits below, or the screen ends.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/family.h"
#include "support/terminal.h"

enum {
    SAMPLES_MOST = 4096,
    SAMPLE_MS = 500,
    TURN_MS = 20,
    TICK_MS = 10
};

/*
 * An allocator's steps, what a tab holds, 10,000 events and the 256 processes whose end is watched
 * through a pidfd each are more than nothing; a leak is more than these.
 */
static const double rss_limit_kib_a_minute = 1024, rss_allowance_kib = 8192, fds_limit_a_minute = 2,
                    fds_allowance = 300;

static const char *const names[] = {"reaptop", "reaptop-reader", "reaptop-pane", "reaptop-guard"};

enum {
    NAMES = sizeof(names) / sizeof(names[0])
};

struct sample {
    double minutes, rss_kib[NAMES], fds[NAMES];
};

static struct sample samples[SAMPLES_MOST];
static size_t sample_count;

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- births ---- */

static void bear(long births_a_second)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGCHLD, SIG_IGN);
    long due = 0, born = 0;
    for (int64_t begin_ms = now_ms();; (void)poll(NULL, 0, TICK_MS)) {
        due = (long)(now_ms() - begin_ms) * births_a_second / 1000;
        for (; born < due; born++)
            if (fork() == 0)
                _exit(0);
    }
}

/* ---- measuring ---- */

static double read_rss_kib(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtod(line + 6, NULL);
    if (file)
        (void)fclose(file);
    return kib;
}

static double count_descriptors(pid_t pid)
{
    char path[64];
    double count = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    if (directory)
        (void)closedir(directory);
    return count;
}

/* Looked for anew only where it is another one by now. */
static pid_t find(pid_t root, size_t name)
{
    static pid_t known[NAMES];
    char comm[COMM_SIZE];
    if (known[name] <= 0 || !family_comm(known[name], comm) || strcmp(comm, names[name]) != 0)
        known[name] = family_find(root, names[name]);
    return known[name];
}

static void measure(pid_t root, int64_t begin_ms)
{
    if (sample_count == SAMPLES_MOST)
        return;
    struct sample *sample = &samples[sample_count++];
    sample->minutes = (double)(now_ms() - begin_ms) / 60000;
    for (size_t i = 0; i < NAMES; i++) {
        pid_t pid = i == 0 ? root : find(root, i);
        sample->rss_kib[i] = pid > 0 ? read_rss_kib(pid) : 0;
        sample->fds[i] = pid > 0 ? count_descriptors(pid) : 0;
    }
}

/* Of the least squares through the samples from `first` on, those of 0 left out. */
static double slope(size_t first, size_t offset)
{
    double n = 0, sum_x = 0, sum_y = 0, sum_xy = 0, sum_xx = 0;
    for (size_t i = first; i < sample_count; i++) {
        double x = samples[i].minutes, y;
        memcpy(&y, (const char *)&samples[i] + offset, sizeof(y));
        if (y == 0)
            continue;
        n++;
        sum_x += x;
        sum_y += y;
        sum_xy += x * y;
        sum_xx += x * x;
    }
    double below = n * sum_xx - sum_x * sum_x;
    return below == 0 ? 0 : (n * sum_xy - sum_x * sum_y) / below;
}

static bool report(void)
{
    bool is_flat = sample_count > 8;
    size_t first = sample_count / 4, last = sample_count - 1;
    if (!is_flat) {
        printf("soak: too few samples\n");
        return false;
    }
    printf("%-16s %10s %10s %14s %8s %8s %12s\n", "process", "RSS KiB", "at end", "KiB a minute",
           "fds", "at end", "a minute");
    for (size_t i = 0; i < NAMES; i++) {
        double rss = slope(first, offsetof(struct sample, rss_kib) + i * sizeof(double));
        double fds = slope(first, offsetof(struct sample, fds) + i * sizeof(double));
        double grown_kib = samples[last].rss_kib[i] - samples[first].rss_kib[i];
        bool grows = (rss > rss_limit_kib_a_minute && grown_kib > rss_allowance_kib) ||
                     (fds > fds_limit_a_minute &&
                      samples[last].fds[i] > samples[first].fds[i] + fds_allowance);
        printf("%-16s %10.0f %10.0f %14.1f %8.0f %8.0f %12.2f%s\n", names[i],
               samples[first].rss_kib[i], samples[last].rss_kib[i], rss, samples[first].fds[i],
               samples[last].fds[i], fds, grows ? "  GROWS" : "");
        is_flat &= !grows;
    }
    return is_flat;
}

/* ---- keys ---- */

static const char *random_key(void)
{
    static const char *const keys[] = {TERMINAL_UP,
                                       TERMINAL_DOWN,
                                       TERMINAL_LEFT,
                                       TERMINAL_RIGHT,
                                       TERMINAL_HOME,
                                       TERMINAL_PAGE_DOWN,
                                       TERMINAL_PAGE_UP,
                                       TERMINAL_END,
                                       TERMINAL_ENTER,
                                       TERMINAL_ESCAPE,
                                       "1",
                                       "2",
                                       "3",
                                       "4",
                                       "5",
                                       "6",
                                       "7",
                                       "8",
                                       "9",
                                       "\t",
                                       "?" TERMINAL_ESCAPE,
                                       "/a" TERMINAL_ESCAPE,
                                       "x" TERMINAL_ESCAPE,
                                       "xa\r",
                                       "\\rss>1M\r",
                                       TERMINAL_ESCAPE,
                                       "t",
                                       "H" TERMINAL_ESCAPE,
                                       " ",
                                       "+",
                                       "-",
                                       "p",
                                       "p"};
    return keys[(size_t)random() % (sizeof(keys) / sizeof(keys[0]))];
}

static bool press(struct terminal *t, int seconds)
{
    int64_t begin_ms = now_ms(), sample_ms = begin_ms;
    long presses = 0;
    while (now_ms() - begin_ms < (int64_t)seconds * 1000 && !terminal_has_ended(t)) {
        (void)terminal_send(t, random_key());
        presses++;
        (void)terminal_read(t, TURN_MS);
        if (now_ms() >= sample_ms) {
            measure(terminal_pid(t), begin_ms);
            sample_ms = now_ms() + (seconds * 1000 > SAMPLES_MOST * SAMPLE_MS
                                        ? seconds * 1000 / SAMPLES_MOST + 1
                                        : SAMPLE_MS);
        }
    }
    printf("soak: %ld keys in %d s, %zu samples\n", presses, seconds, sample_count);
    return !terminal_has_ended(t);
}

static long argument(int argc, char **argv, int index, long otherwise)
{
    return argc > index ? strtol(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    int seconds = (int)argument(argc, argv, 2, 60);
    long births = argument(argc, argv, 3, 200), seed = argument(argc, argv, 4, 1);
    if (argc < 2)
        return 2;
    srandom((unsigned)seed);
    pid_t bearer = fork();
    if (bearer == 0)
        bear(births);
    struct terminal *t = terminal_start(&(struct terminal_options){
        .rows = 40,
        .cols = 139,
        .argv = (const char *[]){argv[1], "--readonly", "-d", "200ms", NULL}});
    bool holds = t && terminal_wait_text(t, "PID") && press(t, seconds);
    if (!holds)
        printf("soak: the screen ended, or never came\n");
    holds &= report();
    if (t)
        (void)kill(terminal_pid(t), SIGTERM);
    terminal_free(t);
    (void)kill(bearer, SIGKILL);
    (void)waitpid(bearer, NULL, 0);
    printf("soak: %s\n", holds ? "flat" : "it grows or ended");
    return !holds;
}
