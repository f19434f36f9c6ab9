/*
 * held: a process whose cmdline, environ, smaps and pagemap cannot be read
 * without blocking for ever, made with what an ordinary user may have too: a
 * FUSE file that never answers a read.
 *
 * The victim maps the file. A poker reads that page through /proc/PID/mem and
 * waits for the file with the victim's memory lock held for reading; the
 * victim then asks for the lock for writing, and every reader after it waits.
 */
#ifndef REAPTOP_TESTS_HELD_H
#define REAPTOP_TESTS_HELD_H

#include <sys/types.h>

struct held {
    pid_t server; /* its end aborts the connection and frees everybody */
    pid_t victim;
    pid_t poker;
    char path[64]; /* of the file */
};

/* 0, or -1 with a word in `ret_why` where this user or kernel cannot make one. */
int held_start(struct held *ret_held, const char **ret_why);

/*
 * Another victim, without a poker: its epoll_wait(2) writes to the mute file's
 * private mapping with the mutex of the epoll instance held, so that whoever
 * reads /proc/VICTIM/fdinfo/HELD_EPOLL_FD waits, and not even SIGKILL ends that.
 */
enum {
    HELD_EPOLL_FD = 77
};
int held_start_epoll(struct held *ret_held, const char **ret_why);

/* A victim that reads the file, without a poker; SIGKILL ends it. */
int held_start_reader(struct held *ret_held, const char **ret_why);
void held_end(struct held *held);

#endif
