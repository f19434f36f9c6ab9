/*
 * program_run: an experiment's program (lab_program()) run, with the lines that
 * its processes execute.
 *
 * The program is compiled into reaptop, too: a copy that reports each statement
 * before it is executed (src/lab/program_report.awk). It runs in a process of
 * its own, as reaptop executed anew, so that nothing of reaptop's is in its
 * memory but the code:
 *
 *     viewer ── lab-guard ── lab-host ── the program ── its children …
 *
 * Guard and host are as in lab.h: whoever is killed, nothing is left behind. The
 * program and its children write into shared memory and wait for nobody.
 *
 *     struct program_run *run = NULL;
 *     r = program_run_start("zombie", &run, &error);
 *     …poll program_run_fd(run) for POLLIN, then…
 *     if (program_run_take(run) > 0)
 *         trace = program_run_trace(run);
 *     run = program_run_stop(run);
 */
#ifndef REAPTOP_LAB_PROGRAM_RUN_H
#define REAPTOP_LAB_PROGRAM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/error.h"

/* One line that was executed. */
struct lab_line {
    uint64_t time_ns; /* CLOCK_MONOTONIC, before the line */
    pid_t pid, tid;   /* as the process itself sees them: inside a PID namespace others */
    pid_t parent;     /* getppid(2) when the process first reported */
    uint32_t
        process;     /* in the order in which they reported, from 1: tells two with one PID apart */
    uint32_t line;   /* of the program, from 1 */
    uint32_t nth;    /* so many times this thread has executed it */
    uint32_t output; /* so many bytes of `output` were written before it */
};

/*
 * Lines in the order in which they were reported. A thread's first executions of a line are all
 * there (PROGRAM_RUN_EACH), then the 16th, the 32nd, the 64th and so on.
 */
struct lab_trace {
    struct lab_line *lines;
    size_t count;
    uint64_t lost;    /* lines for which there was no room */
    uint64_t refused; /* reports that cannot be: of no line, or of a process that was ended in it */
    char *output;     /* standard output and error, NUL-terminated after `output_size` */
    size_t output_size;
    size_t output_total; /* more than output_size: the rest was not kept */
    int status;          /* of the program's first process, as waitpid(2) gives it */
    bool is_timed_out;   /* it was ended after PROGRAM_RUN_SECONDS */
};

#define LAB_TRACE_INIT ((struct lab_trace){.lines = NULL})

void lab_trace_done(struct lab_trace *trace);

enum {
    PROGRAM_RUN_SECONDS = 60,
    PROGRAM_RUN_EACH = 8,
    PROGRAM_RUN_SKIPPED = 77, /* a program's exit status: this machine has not what it shows */
};

struct program_run;

/* -ENOENT: no such program; what memfd_create(2), mmap(2) and fork(2) fail with. */
int program_run_start(const char *name, struct program_run **ret_run, struct error *error);

/* Readable when program_run_take() has news. Owned by the run. */
int program_run_fd(const struct program_run *run);

/* 1: it has ended, its trace is there; 0: not yet; -EPIPE: host or guard was ended; -EBADMSG. */
int program_run_take(struct program_run *run);

/* Valid until the run is stopped; empty before it has ended. */
const struct lab_trace *program_run_trace(const struct program_run *run);

/* Ends it wherever it is, waits until its processes are gone, frees it. NULL is fine. Returns NULL.
 */
struct program_run *program_run_stop(struct program_run *run);

/* As program_run_stop(), but waits for nothing: guard and host clean up by themselves. */
struct program_run *program_run_leave(struct program_run *run);

/*
 * For main(), before anything else: where this process was executed to be an experiment's program
 * it becomes that, and this does not return.
 */
void program_run_enter(int argc, char **argv);

#endif
