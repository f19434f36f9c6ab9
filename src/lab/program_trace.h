/*
 * program_trace: the memory that the processes of a program share with the one
 * that looks on. They write, it copies and checks. Private to the lab.
 */
#ifndef REAPTOP_LAB_PROGRAM_TRACE_H
#define REAPTOP_LAB_PROGRAM_TRACE_H

#include <stdatomic.h>
#include <stdint.h>

#include "reaptop/lab/program_run.h"

enum {
    TRACE_RECORDS = 8192,
    TRACE_LINES = 128,   /* more than a program has */
    TRACE_COUNTERS = 64, /* threads that are counted apart; those that come later share the last */
    TRACE_OUTPUT = 65536,
    TRACE_MAGIC = 0x7265616c,
};

struct trace_record {
    uint64_t time_ns;
    int32_t pid, tid, parent;
    uint32_t process;
    uint32_t nth;
    uint32_t output;
    _Atomic uint32_t line; /* written last; 0: not yet */
};

/* A file in memory (memfd_create(2)). It begins as zeros. */
struct trace_memory {
    uint32_t magic;
    _Atomic uint32_t next; /* records that were asked for; more than there are: some are lost */
    _Atomic uint32_t processes; /* that reported */
    struct {
        _Atomic uint64_t owner; /* process and thread; 0: free */
        _Atomic uint32_t lines[TRACE_LINES];
    } counters[TRACE_COUNTERS];
    struct trace_record records[TRACE_RECORDS];
    uint32_t output_size; /* the lab's host writes it when all have ended, as what follows */
    uint32_t output_total;
    char output[TRACE_OUTPUT];
};

/*
 * Copies what is sound of it: lines from 1 to `line_count`, of processes that can be. The rest is
 * counted in ret_trace->refused. -ENOMEM. *ret_trace is freed by lab_trace_done().
 */
int program_trace_read(const struct trace_memory *memory, unsigned line_count,
                       struct lab_trace *ret_trace);

/* The environment variable by which a program of ours becomes an experiment's program:
 * "NAME:FD:FD", the memory and what is standard output at its begin. */
#define TRACE_VARIABLE "REAPTOP_LAB_PROGRAM"

#endif
