/*
 * live: the running kernel as snapshots.
 *
 * Tier one, live_sweep(): every process, with what its stat file and the owner
 * of its directory show, and nothing that could block or make the kernel walk
 * its memory: by the kernel's task iterator where it is granted and pays, else
 * from the stat files of /proc or, with threads, by libproc2; the rows are the same.
 * REAPTOP_SWEEP in the environment forces one: "iterator", "stat" (libproc2 for
 * threads) or "libproc2". Tier two, live_fill(): command lines, for the rows that
 * are shown. Tier three, live_fill_extra(): what is asked for, of the rows that it
 * is asked of.
 */
#ifndef REAPTOP_SOURCE_LIVE_H
#define REAPTOP_SOURCE_LIVE_H

#include <stdbool.h>

#include "reaptop/base/error.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/source/reader.h"

struct live;
struct filter;
struct process;

/*
 * -ENODEV, with a sentence, where /proc is not ours (procfs_check()); what open(2) of it failed
 * with; -ENOMEM; -EINVAL or what bpf(2) failed with, where REAPTOP_SWEEP asks for what is not
 * there.
 */
int live_new(struct live **ret_live, struct error *error);
void live_free(struct live *live);

/* -EINVAL, with a sentence: REAPTOP_SWEEP is set, and to none of the words. */
int live_check_environment(struct error *error);

static inline void cleanup_live(struct live **live)
{
    live_free(*live);
}

/*
 * Replaces what is in `next` (its memory is used again). With `with_threads`
 * each thread but the leader has a row of its own; the leader's row is always
 * the whole process. CPU use is counted from this live's previous sweep. A
 * process that ends while it is read is left out.
 *
 * -ENODEV where /proc went away, -ENOMEM, or what libproc2 failed with; `next`
 * is then empty.
 */
int live_sweep(struct live *live, bool with_threads, struct snapshot *next, struct error *error);

/* Did the kernel's task iterator read the last sweep, and not we? */
bool live_is_iterated(const struct live *live);

/* A child of `pid` was born, and may have ended: the next sweep fills in its ignores_sigchld. */
void live_note_parent(struct live *live, pid_t pid);

/*
 * The same while the caller goes on with other things: libproc2 reads in a
 * thread of its own; what it read, and all others, is taken in by steps. `next` is not to be
 * touched before a step returned 0 or less; its mono_ns and time_ns are of the
 * beginning. A new beginning gives up the sweep before, which may take as long
 * as that would have.
 */
void live_sweep_begin(struct live *live, bool with_threads, struct snapshot *next);

/* Readable when the next step is due; negative: it is due now. */
int live_sweep_fd(const struct live *live);

/*
 * Goes on, not much longer than CLOCK_BOOTTIME reaches the deadline. 1: there
 * is more to do; 0: done, or none was begun; or what live_sweep() fails with.
 */
int live_sweep_step(struct live *live, uint64_t deadline_ns, struct error *error);

/*
 * Tier two, without waiting: fills argv, argv_access and the real user of the
 * rows with these indexes from what the reader has answered, and asks it for
 * the rest, which stay ACCESS_UNREAD. Call it after each sweep, for the rows
 * that are shown, and again where live_collect() says so. Answers are
 * kept until the process takes another name, at most 60 seconds; at most 5 where
 * it has run since: what only a process itself changes has not changed where the
 * time of its one thread in /proc/PID/schedstat has not moved. (Another process
 * could write to its memory: hence the 60 seconds. With more threads, or no
 * schedstat, it counts as one that has run.)
 *
 * A command line is read up to LIVE_ARGV_LIMIT bytes. -ENOMEM; a row that
 * cannot be read is reported in its argv_access.
 */
int live_fill(struct live *live, struct reader *reader, struct snapshot *snapshot,
              const uint32_t *indexes, size_t count);

/*
 * After reader_pump(): takes the answers that lie ready. True where one says
 * something else than was known, so that live_fill() may change a row; how many
 * are still to come in *ret_awaited.
 */
bool live_collect(struct live *live, struct reader *reader, size_t *ret_awaited);

/*
 * Command lines of all rows, for a search or a filter that looks at them: fills
 * those that are known and asks for some of the rest. Without waiting, and for
 * the screen's rows live_fill() is needed as before. Returns 1 where some are
 * not known yet (call it again after reader_pump()), 0, or -ENOMEM.
 */
int live_fill_unshown(struct live *live, struct reader *reader, struct snapshot *snapshot);

/*
 * The same as live_fill() for these rows, or with `indexes` NULL for every row, waiting until all
 * are answered or `timeout_ns` is over: for the command line. Rows without an answer stay
 * ACCESS_UNREAD.
 */
int live_fill_all(struct live *live, struct reader *reader, struct snapshot *snapshot,
                  const uint32_t *indexes, size_t count, uint64_t timeout_ns);

/* How far it is with the rows that something has to be read of. */
struct live_progress {
    size_t rows;    /* in the table */
    size_t known;   /* with all that is needed of them */
    size_t denied;  /* that may not be read: what they have is not known */
    uint32_t parts; /* EXTRA_BIT() of what is still needed of the others */
};

/*
 * Tier three (model/extra.h): `parts`, a set of EXTRA_BIT(), of the rows with these indexes, or
 * with `indexes` NULL of every row. What was read a moment ago is used again. Goes on until
 * CLOCK_BOOTTIME reaches the deadline; what may block is asked of the reader and not waited for.
 * 1: there is more to do, call it again; 0: done; -ENOMEM.
 */
int live_fill_extra(struct live *live, struct reader *reader, struct snapshot *snapshot,
                    const uint32_t *indexes, size_t count, uint32_t parts, uint64_t deadline_ns,
                    struct live_progress *ret_progress);

/*
 * The same for what the filter needs to be decided, of the rows that it is not
 * decided for yet: one part after the other, the cheapest first.
 */
int live_fill_filter(struct live *live, struct reader *reader, struct snapshot *snapshot,
                     const struct filter *filter, uint64_t deadline_ns,
                     struct live_progress *ret_progress);

/* The same for one row, or for one that is in no table: without limit. 1: the reader was asked. */
int live_fill_filter_row(struct live *live, struct reader *reader, struct snapshot *snapshot,
                         const struct filter *filter, struct process *process);

/* Waits until the reader has something new for live_fill_extra(), 100 ms at most. */
void live_await_extra(struct live *live, struct reader *reader);

enum {
    LIVE_ARGV_LIMIT = 4096
};

#endif
