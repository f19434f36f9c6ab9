/*
 * live_private: what the files of live share: live.c begins and ends a sweep,
 * live_rows.c makes its rows, live_iterator.c takes them from the kernel's task
 * iterator, live_stat.c from /proc's stat files.
 */
#ifndef REAPTOP_SOURCE_LIVE_PRIVATE_H
#define REAPTOP_SOURCE_LIVE_PRIVATE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "extras.h"
#include "libproc.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/source/live.h"
#include "reaptop/source/parse_stat.h"
#include "sigchld.h"
#include "sweep_thread.h"
#include "task_iterator.h"
#include "totals.h"
#include "tty_names.h"
#include "users.h"

enum {
    ROWS_A_LOOK = 64, /* at the clock */
    LEFT_OUT_MOST = 16
};

enum way {
    WAY_BY_ITSELF, /* the iterator where it is granted and pays */
    WAY_ITERATOR,
    WAY_PROC,   /* stat files; of threads, libproc2 */
    WAY_LIBPROC /* of both */
};

/* The sweep that is under way. */
struct sweep {
    struct snapshot *next; /* NULL: none is */
    bool is_in_thread;
    bool is_of_stat; /* stat files are read, by steps */
    bool of_threads; /* libproc2's second pass */
    int count;       /* of libproc2's rows, or what it failed with */
    int taken;
    size_t left_out_taken;
    size_t former; /* of live->previous, behind the row looked at last */
};

/* ---- live_stat.c ---- */

struct stat_file {
    pid_t pid;
    int fd;
};

/* /proc, and files below it that stay open; all 0 at first. */
struct stat_files {
    DIR *listing;                  /* NULL: not opened yet */
    struct stat_file *kept, *next; /* of the sweep before and of this one: ascending PIDs */
    size_t count, next_count, most;
    size_t taken; /* of those kept: the others' are another's by now */
};

void stat_files_done(struct stat_files *files);

struct live {
    struct libproc *libproc; /* NULL: not loaded, it was not needed yet */
    struct totals totals;
    struct stat_files files;
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
    struct extras *extras;
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
int live_add_from_line(struct live *live, const struct stat_line *line, pid_t tgid, uid_t uid,
                       struct snapshot *next);

/* A row for each thread of it but the first. */
int live_add_threads_from_proc(struct live *live, pid_t pid, struct snapshot *next);

int live_begin_stat(struct live *live);

/* 0: took in all; 1: the time is over before; -ENOMEM, or what readdir(3) failed with. */
int live_take_stat(struct live *live, uint64_t deadline_ns);

/* ---- live_iterator.c ---- */

/* Loads it where it is wanted and pays, and begins; false: another sweep is to be made. */
bool live_begin_iterator(struct live *live, bool with_threads);

/* 0: took in all; 1: the time is over before; -ENOMEM; or another: it has been given up. */
int live_take_records(struct live *live, uint64_t deadline_ns);

#endif
