/*
 * reader: reads of files that another process can make block for ever:
 * cmdline, environ, smaps, smaps_rollup, pagemap, fdinfo of some descriptors, and
 * maps on older kernels. The wait in the kernel ends only by a fatal signal, of
 * fdinfo not even by that, so the reads are done by
 * helper processes; one that does not answer in time is killed and replaced,
 * and the file it was stuck in is not asked for again for a while.
 *
 * Create it before any thread, and after privileges were dropped: the helpers
 * keep what the caller has. They live in a session of their own, so nothing
 * typed at the terminal reaches them, and die with the thread that made them.
 *
 * Two ways in. The screen submits, polls reader_fd(), pumps and collects, and
 * never waits. The command line calls reader_read(). Both may be mixed.
 */
#ifndef REAPTOP_SOURCE_READER_H
#define REAPTOP_SOURCE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/identity.h"

struct reader;

enum {
    READER_NAME_SIZE = 64,
    READER_LINES_MAX = 256
};

/* How long a small file (cmdline, environ) may take on a busy machine. */
#define READER_TIMEOUT_NS (500 * NS_PER_MS)

/* How long a file that blocked is not asked for again. */
#define READER_PENALTY_NS (15 * NS_PER_SEC)

struct reader_request {
    struct identity id;  /* start_ticks 0: whoever has the PID */
    const char *name;    /* below /proc/PID: "cmdline", "task/12/environ" */
    uint64_t offset;     /* in bytes; pagemap: a multiple of 8 */
    size_t limit;        /* at most so many bytes; pagemap: a multiple of 8 */
    uint64_t timeout_ns; /* for the whole read, once it began; 0: READER_TIMEOUT_NS */
    /*
     * NULL: the answer has all bytes. Else they are given to it piece by piece
     * by reader_pump(), so that files of any size can be read, the answer has
     * none, and the timeout is for each piece. Anything but 0 ends the read and
     * becomes the answer's status. It must not call the reader; `data` lives
     * until the answer is collected or forgotten.
     */
    int (*take)(void *data, const char *bytes, size_t length);
    void *data;
};

struct reader_answer {
    uint64_t tag;       /* as reader_submit() gave it */
    struct identity id; /* as it was asked for */
    /*
     * 0 read whole, 1 truncated at the limit, or a negative errno: -ESRCH gone
     * (or another process by now), -ETIMEDOUT blocked, -EACCES …, -EMFILE and
     * -EAGAIN where no helper could be made, -EIO where one died.
     */
    int status;
    struct strbuf bytes; /* the caller's: strbuf_done() */
};

/* Makes the first helper. Negative errno with a sentence where it cannot be made. */
int reader_new(struct reader **ret_reader, struct error *error);

/* Kills the helpers and waits a moment for them. */
void reader_free(struct reader *reader);

static inline void cleanup_reader(struct reader **reader)
{
    reader_free(*reader);
}

/*
 * Readable (POLLIN) when reader_pump() has something to do, or answers lie
 * ready; for poll(2) only. After a pump, each owner collects.
 */
int reader_fd(const struct reader *reader);

/*
 * Queues a read. The answer is for `owner` (any address that tells its askers
 * apart). -ENOBUFS where thousands wait already, -ENAMETOOLONG, -ENOMEM.
 */
int reader_submit(struct reader *reader, const void *owner, const struct reader_request *request,
                  uint64_t *ret_tag);

/*
 * As reader_submit, for a walk over the pages of [offset, offset + limit), both
 * multiples of the page size: pagemap_walk() in the helper. `take` is needed
 * and gets whole spans, as pagemap_unpack() reads them; the name is ignored.
 */
int reader_submit_pages(struct reader *reader, const void *owner,
                        const struct reader_request *request, uint64_t *ret_tag);

/*
 * As reader_submit, for the command lines of at most READER_LINES_MAX processes, which one helper
 * reads one after the other for a quarter of the price: up to `limit` bytes (32 KiB) of each. The
 * answer holds a line for each, see reader_next_line(). Where one of them blocks, the whole answer
 * is -ETIMEDOUT: then each is to be asked for alone. -EINVAL: none, or more than that; as
 * reader_submit().
 */
int reader_submit_lines(struct reader *reader, const void *owner, const struct identity *ids,
                        size_t count, size_t limit, uint64_t *ret_tag);

struct reader_line {
    size_t index;      /* in `ids` */
    int status;        /* as reader_answer has it; -EAGAIN: it is empty, or to be asked for alone */
    const char *bytes; /* the answer's */
    size_t length;
};

/* The next of such an answer, from *at (first 0) on; false: there are no more. */
bool reader_next_line(const struct reader_answer *answer, size_t *at, struct reader_line *ret_line);

/* As reader_submit, for the name of a user as NSS has it; status -ENOENT: there is none. */
int reader_submit_user(struct reader *reader, const void *owner, uid_t uid, uint64_t *ret_tag);

/* Takes what helpers sent, deals with those that are late, gives out work. Never waits. */
void reader_pump(struct reader *reader);

/* 1: one answer of the owner's; 0: none yet (`ret_answer` untouched). */
int reader_collect(struct reader *reader, const void *owner, struct reader_answer *ret_answer);

/* The owner wants none of its answers any more. */
void reader_forget(struct reader *reader, const void *owner);

/*
 * Submits before all others and waits, at most `timeout_ns`. Replaces what is
 * in `out`. Returns 0, 1 where truncated, or a negative errno as in
 * reader_answer; what came before a failure is not kept.
 */
int reader_read(struct reader *reader, struct identity id, const char *name, uint64_t offset,
                size_t limit, uint64_t timeout_ns, struct strbuf *out);

/* How many helpers were killed because they blocked. */
uint64_t reader_replaced(const struct reader *reader);

#endif
