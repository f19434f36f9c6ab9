/*
 * sweep_thread: one long call in a thread of its own, while the caller goes on.
 *
 * For libproc2's harvest of the process table: it cannot be taken in parts
 * where the library reads /proc/uptime before each task (4.0.2), which costs a
 * third more. The thread is one for the whole process and ends with it, because
 * the library keeps buffers for each thread that uses it and never frees them.
 * It takes no signals. The work must not touch what its starter uses meanwhile.
 */
#ifndef REAPTOP_SOURCE_SWEEP_THREAD_H
#define REAPTOP_SOURCE_SWEEP_THREAD_H

#include <stdbool.h>

#define SWEEP_THREAD_COMM "reaptop-sweep" /* the thread's name, see proc(5) on task/TID/comm */

typedef void sweep_thread_work(void *data);

struct sweep_thread {
    int fd; /* readable when the work is done; -EBADF: never started */
    bool is_busy;
    sweep_thread_work *work;
    void *data;
};

#define SWEEP_THREAD_INIT ((struct sweep_thread){.fd = -EBADF})

/* -EBUSY: the thread works for another; -EMFILE, -EAGAIN, …: there is no thread. */
int sweep_thread_start(struct sweep_thread *sweep_thread, sweep_thread_work *work, void *data);

/* Is nothing under way (any more)? Does not wait. */
bool sweep_thread_is_done(struct sweep_thread *sweep_thread);

/* Waits for the work's end. */
void sweep_thread_wait(struct sweep_thread *sweep_thread);

/* Waits too; the thread itself stays for the next. */
void sweep_thread_done(struct sweep_thread *sweep_thread);

#endif
