/*
 * situations_private: what the tables of situations have in common. Each
 * situations_….c ends in one; a new file's table is listed in situations.c.
 */
#ifndef TESTS_CLI_SITUATIONS_PRIVATE_H
#define TESTS_CLI_SITUATIONS_PRIVATE_H

#include <pthread.h>
#include <semaphore.h>

#include "situations.h"

struct situation_table {
    const struct situation *rows;
    size_t count;
};

extern const struct situation_table stream_situations, file_situations, memory_situations,
    process_situations;

/* In memory that the test, the waiter and the holder have in common: see situation_share(). */
struct shared {
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    pthread_cond_t condition;
    sem_t semaphore;
    pid_t holder;
};

extern struct shared *shared;
extern int fds[2];    /* -1: none; closed by situation_clear() */
extern char path[64]; /* a file to be removed; "": none */
extern int ipc_id;    /* -1: none */
extern bool ipc_is_semaphore;

/* prepare() of those that need nothing else than `shared`. */
int situation_share(void);

/* A name that another user may open too; prepare() makes what is there. */
int situation_make_path(void);

/* Bodies of a holder that does no more than close the waiter's descriptor, or than having both. */
void situation_close_own(void);
void situation_nothing(void);

#endif
