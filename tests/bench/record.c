/*
 * record: what recording costs beside the refresh that it records, in CPU time
 * of the same run.
 *
 *     record [REFRESHES]
 *
 * Sweeps, hears and compares as `reaptop record` and the screen do, once a
 * second REFRESHES times (15), and writes what changed to a file: among 300
 * and 3,000 processes that sleep, and among 300 while 200 a second are born and
 * end. A refresh is counted without tree, drawing and command lines, which makes
 * the share larger than what it is beside a screen. Exit 1 where it is not
 * below a tenth.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/model/life.h"
#include "reaptop/source/connector.h"
#include "reaptop/source/live.h"
#include "reaptop/source/recorder.h"
#include "support/crowd.h"

#define SHARE_MOST 0.10

enum {
    BATCH = 256,
    EVENTS_KEPT = 8192,
    LIVES_KEPT = 4096
};

struct workload {
    const char *name;
    long processes;
    long births; /* a second */
};

static const struct workload workloads[] = {
    {"300 quiet", 300, 0},
    {"3,000 quiet", 3000, 0},
    {"300, 200 births a second", 300, 200},
};

/* Of one run. */
struct bench {
    struct live *live;
    struct connector *connector; /* NULL: not granted */
    struct life *life;
    struct snapshot snapshots[2];
    int newest;
    struct recorder *recorder;
    struct strbuf out;
    int fd;
    int64_t refresh_ns, record_ns;
    uint64_t bytes, events;
};

static int64_t cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * (int64_t)NS_PER_SEC + ts.tv_nsec;
}

static void wait_for(uint64_t nanoseconds)
{
    struct timespec left = {.tv_sec = (time_t)(nanoseconds / NS_PER_SEC),
                            .tv_nsec = (long)(nanoseconds % NS_PER_SEC)};
    while (nanosleep(&left, &left) < 0)
        ;
}

/* ---- the workload ------------------------------------------------------- */

static _Noreturn void bear(long births)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGCHLD, SIG_IGN);
    for (;;) {
        if (fork() == 0)
            _exit(0);
        wait_for(NS_PER_SEC / (uint64_t)births);
    }
}

static pid_t start_births(long births)
{
    pid_t pid = births > 0 ? fork() : 0;
    if (births > 0 && pid == 0)
        bear(births);
    return pid;
}

static void end_births(pid_t pid)
{
    if (pid <= 0)
        return;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

/* ---- measuring ---------------------------------------------------------- */

/* Both sides are timed where they stand: each event is heard, then recorded. */
static void receive(struct bench *bench)
{
    struct event events[BATCH];
    int count;
    int64_t start = cpu_ns();
    while (bench->connector && (count = connector_read(bench->connector, events, BATCH)) > 0) {
        life_receive(bench->life, events, (size_t)count);
        int64_t received = cpu_ns();
        recorder_events(bench->recorder, events, (size_t)count, &bench->out);
        int64_t recorded = cpu_ns();
        bench->refresh_ns += received - start;
        bench->record_ns += recorded - received;
        bench->events += (uint64_t)count;
        start = recorded;
    }
    bench->refresh_ns += cpu_ns() - start;
}

static bool refresh(struct bench *bench)
{
    struct snapshot *previous = &bench->snapshots[bench->newest];
    struct snapshot *next = &bench->snapshots[!bench->newest];
    int64_t start = cpu_ns();
    int r = live_sweep(bench->live, false, next, NULL);
    bench->refresh_ns += cpu_ns() - start;
    if (r < 0)
        return false;
    receive(bench);
    start = cpu_ns();
    r = life_update(bench->life, previous, next, NULL, 0);
    int64_t swept = cpu_ns();
    if (r == 0)
        r = recorder_snapshot(bench->recorder, next, &bench->out);
    if (r == 0 && write(bench->fd, bench->out.data, bench->out.length) < 0)
        r = -1;
    bench->refresh_ns += swept - start;
    bench->record_ns += cpu_ns() - swept;
    bench->bytes += bench->out.length;
    strbuf_clear(&bench->out);
    bench->newest = !bench->newest;
    return r == 0;
}

static bool run(struct bench *bench, int refreshes)
{
    const struct recording_header header = {.ticks_per_second = 100, .interval_ns = NS_PER_SEC};
    recorder_begin(bench->recorder, &header, &bench->out);
    /* The first one is whole, and fills the caches. */
    if (!refresh(bench))
        return false;
    bench->refresh_ns = bench->record_ns = 0;
    bench->bytes = bench->events = 0;
    for (int i = 0; i < refreshes; i++) {
        for (int part = 0; part < 4; part++) {
            wait_for(NS_PER_SEC / 4);
            receive(bench);
        }
        if (!refresh(bench))
            return false;
    }
    return true;
}

static bool measure(const struct workload *workload, int refreshes)
{
    char path[] = "/tmp/reaptop-bench.XXXXXX";
    struct bench bench = {.fd = mkstemp(path), .recorder = recorder_new()};
    bench.life = life_new(EVENTS_KEPT, LIVES_KEPT);
    pid_t holder = crowd_start(workload->processes);
    pid_t mother = start_births(workload->births);
    if (connector_open(&bench.connector, NULL) < 0)
        bench.connector = NULL;
    bool has_run = bench.fd >= 0 && bench.recorder && bench.life && holder > 0 && mother >= 0 &&
                   live_new(&bench.live, NULL) == 0 && run(&bench, refreshes);
    end_births(mother);
    crowd_end(holder);
    (void)unlink(path);
    (void)close(bench.fd);

    double share = has_run ? (double)bench.record_ns / (double)bench.refresh_ns : 1;
    size_t count = bench.snapshots[bench.newest].count;
    printf("  %-26s %5zu processes  refresh %7.3f ms  recording %7.3f ms  share %.3f  "
           "%" PRIu64 " events, %" PRIu64 " bytes a refresh\n",
           workload->name, count, (double)bench.refresh_ns / 1e6 / refreshes,
           (double)bench.record_ns / 1e6 / refreshes, share, bench.events / (uint64_t)refreshes,
           bench.bytes / (uint64_t)refreshes);
    (void)fflush(stdout);
    connector_close(bench.connector);
    snapshot_done(&bench.snapshots[0]);
    snapshot_done(&bench.snapshots[1]);
    recorder_free(bench.recorder);
    life_free(bench.life);
    live_free(bench.live);
    strbuf_done(&bench.out);
    return has_run && share < SHARE_MOST;
}

int main(int argc, char **argv)
{
    int refreshes = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 15;
    if (refreshes < 1) {
        (void)fprintf(stderr, "usage: record [REFRESHES]\n");
        return 2;
    }
    printf(
        "CPU time of recording beside the refresh it records, %d refreshes each (less than %.2f)\n",
        refreshes, SHARE_MOST);
    (void)fflush(stdout);
    bool holds = true;
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
        holds = measure(&workloads[i], refreshes) && holds;
    printf("bench: %s\n", holds ? "all as it must be" : "NOT as it must be");
    return holds ? 0 : 1;
}
