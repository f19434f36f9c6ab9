/*
 * aside: one long call in a thread of its own, while the caller goes on.
 *
 * For libproc2's harvest of the process table: it cannot be taken in parts
 * where the library reads /proc/uptime before each task (4.0.2), which costs a
 * third more. The thread is one for the whole process and ends with it, because
 * the library keeps buffers for each thread that uses it and never frees them.
 * It takes no signals. The work must not touch what its starter uses meanwhile.
 */
#ifndef REAPTOP_SOURCE_ASIDE_H
#define REAPTOP_SOURCE_ASIDE_H

#include <stdbool.h>

typedef void aside_work(void *data);

struct aside {
    int fd; /* readable when the work is done; -EBADF: never started */
    bool is_busy;
    aside_work *work;
    void *data;
};

#define ASIDE_INIT ((struct aside){.fd = -EBADF})

/* -EBUSY: the thread works for another; -EMFILE, -EAGAIN, …: there is no thread. */
int aside_start(struct aside *aside, aside_work *work, void *data);

/* Is nothing under way (any more)? Does not wait. */
bool aside_is_done(struct aside *aside);

/* Waits for the work's end. */
void aside_wait(struct aside *aside);

/* Waits too; the thread itself stays for the next. */
void aside_done(struct aside *aside);

#endif
