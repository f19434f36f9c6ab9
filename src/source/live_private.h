/*
 * live_private: what the files of live share: live.c begins and ends a sweep,
 * live_rows.c makes its rows, live_iterator.c takes them from the kernel's task
 * iterator.
 */
#ifndef REAPTOP_SOURCE_LIVE_PRIVATE_H
#define REAPTOP_SOURCE_LIVE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libproc.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/source/live.h"
#include "sigchld.h"
#include "sweep_thread.h"
#include "task_iterator.h"
#include "tty_names.h"
#include "users.h"

enum {
    ROWS_A_LOOK = 64, /* at the clock */
    LEFT_OUT_MOST = 16
};

enum way {
    WAY_BY_ITSELF,
    WAY_ITERATOR,
    WAY_LIBPROC
};

/* The sweep that is under way. */
struct sweep {
    struct snapshot *next; /* NULL: none is */
    bool is_in_thread;
    bool of_threads; /* libproc2's second pass */
    int count;       /* of libproc2's rows, or what it failed with */
    int taken;
    size_t left_out_taken;
};

struct live {
    struct libproc *libproc;
    struct sweep_thread sweep_thread; /* while busy it has `libproc` and `sweep` */
    struct sweep sweep;
    enum way way;
    struct task_iterator *iterator; /* NULL: not loaded; tried where `way` lets us */
    struct task_units units;
    /* PIDs that /proc has and the iterator does not: ascending; read one by one. */
    pid_t left_out[LEFT_OUT_MOST];
    size_t left_out_count;
    bool is_compared; /* with a listing of /proc */
    struct users *users;
    struct arguments *arguments;
    struct tty_names ttys;
    struct strbuf text;
    int proc_fd;
    /* Identities and counters, for snapshot_cpu(); comm only where libproc2 garbles it. */
    struct snapshot previous;
    struct parents parents; /* whose children may have ended since */
    uint64_t sweeps;
};

/* ---- live_rows.c: one row each; 0, or -ENOMEM; nothing where the process is gone ---- */

int live_add_from_libproc(struct live *live, int index, struct snapshot *next);
int live_add_from_record(struct live *live, const struct task_record *record,
                         struct snapshot *next);
int live_add_from_proc(struct live *live, pid_t pid, struct snapshot *next);

/* A row for each thread of it but the first. */
int live_add_threads_from_proc(struct live *live, pid_t pid, struct snapshot *next);

/* ---- live_iterator.c ---- */

/* Loads it where it is wanted and pays, and begins; false: libproc2 is to sweep. */
bool live_begin_iterator(struct live *live, bool with_threads);

/* 0: took in all; 1: the time is over before; -ENOMEM; or another: it has been given up. */
int live_take_records(struct live *live, uint64_t deadline_ns);

#endif
