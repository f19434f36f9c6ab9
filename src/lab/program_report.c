/*
 * program_report: the side of the program that runs: it reports each line before it is executed.
 *
 * A process knows that it was forked by a page that the kernel empties in a forked child
 * (MADV_WIPEONFORK, madvise(2)), and a function that another thread runs it in by an address of the
 * thread's own: so its ID needs no system call at each line.
 */
#include "program_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program_trace.h"
#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define COPY(name, function) int function(int argc, char **argv);
#include "program_copies.inc"
#undef COPY

#define COPY(name, function) {name, function},
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} copies[] = {
#include "program_copies.inc"
};
#undef COPY

enum {
    PAGE = 4096,
};

static struct trace_memory *memory; /* NULL: nobody looks on */
static int output_fd;               /* what was standard output at the begin */
static unsigned *process;           /* alone in its page; 0 there: this process was just forked */
static _Thread_local char own;

/* ---- who ---- */

/* The thread's row of counters. */
static unsigned take_counter(unsigned of, int tid)
{
    uint64_t owner = (uint64_t)of << 32 | (uint32_t)tid;

    for (unsigned i = 0; i + 1 < TRACE_COUNTERS; i++) {
        uint64_t found = 0;
        if (atomic_compare_exchange_strong(&memory->counters[i].owner, &found, owner) ||
            found == owner)
            return i;
    }
    return TRACE_COUNTERS - 1;
}

static struct lab_who find_who(void)
{
    struct lab_who who = {.thread = &own, .pid = (int)syscall(SYS_getpid)};

    if (*process == 0)
        *process = atomic_fetch_add(&memory->processes, 1) + 1;
    who.process = *process;
    who.tid = (int)syscall(SYS_gettid);
    who.parent = (int)syscall(SYS_getppid);
    who.counter = take_counter(who.process, who.tid);
    return who;
}

struct lab_who lab_report_enter(void)
{
    return memory ? find_who() : (struct lab_who){.thread = NULL};
}

/* ---- what ---- */

static bool is_written(uint32_t nth)
{
    return nth <= PROGRAM_RUN_EACH || (nth & (nth - 1)) == 0;
}

/* What was written to the output by now; where that cannot be told, UINT32_MAX. */
static uint32_t output_now(void)
{
    struct stat status;
    int error = errno;
    bool is_known = fstat(output_fd, &status) == 0;

    errno = error;
    return is_known ? (uint32_t)status.st_size : UINT32_MAX;
}

void lab_report_line(struct lab_who *who, unsigned line)
{
    if (!memory || line >= TRACE_LINES)
        return;
    if (who->process != *process || who->thread != &own)
        *who = find_who();
    uint32_t nth = atomic_fetch_add_explicit(&memory->counters[who->counter].lines[line], 1,
                                             memory_order_relaxed) +
                   1;
    if (!is_written(nth))
        return;
    uint32_t index = atomic_fetch_add(&memory->next, 1);
    if (index >= TRACE_RECORDS)
        return;
    struct trace_record *record = &memory->records[index];
    record->time_ns = clock_ns(CLOCK_MONOTONIC);
    record->pid = who->pid;
    record->tid = who->tid;
    record->parent = who->parent;
    record->process = who->process;
    record->nth = nth;
    record->output = output_now();
    atomic_store_explicit(&record->line, line, memory_order_release);
}

/* ---- becoming the program ---- */

/* Without the page that is emptied at fork, each would count as the process that it comes from. */
static int map(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size != (off_t)sizeof(*memory))
        return -EINVAL;
    /* Populated, or the program would count our page faults among its own. */
    struct trace_memory *mapped =
        mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED || page == MAP_FAILED || madvise(page, PAGE, MADV_WIPEONFORK) < 0)
        return -errno;
    if (mapped->magic != TRACE_MAGIC)
        return -EINVAL;
    process = page;
    memory = mapped;
    return 0;
}

void program_run_enter(int argc, char **argv)
{
    const char *asked = getenv(TRACE_VARIABLE);
    char name[32];
    int fd, r;

    if (!asked)
        return;
    if (sscanf(asked, "%31[^:]:%d:%d", name, &fd, &output_fd) != 3 || (r = map(fd)) < 0) {
        (void)dprintf(STDERR_FILENO, "reaptop: %s=%s: is no run of a program\n", TRACE_VARIABLE,
                      asked);
        _exit(2);
    }
    /* As on a terminal: a line is written when it ends, and no child has a copy of it. */
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)prctl(PR_SET_NAME, name);
    for (size_t i = 0; i < ELEMENTS(copies); i++)
        if (strcmp(copies[i].name, name) == 0)
            exit(copies[i].run(argc, argv));
    (void)dprintf(STDERR_FILENO, "reaptop: %s: no experiment's program is called so\n", name);
    _exit(2);
}
