/*
 * strips: the states of one process's threads over time, a letter a sample.
 *
 * A round is one look at the thread list; every strip has a place for each
 * round, so that what stands one below the other was seen at the same time. A
 * thread that ended keeps its strip until that is empty or its place is needed.
 * Memory is bounded: STRIPS_MAX threads, the rest are counted.
 */
#ifndef REAPTOP_MODEL_STRIPS_H
#define REAPTOP_MODEL_STRIPS_H

#include "reaptop/model/tasks.h"

enum {
    STRIPS_MAX = 64,
    STRIP_SAMPLES = 64,
    STRIP_COMM_SIZE = 16,
    STRIP_GAP = ' ',   /* nobody looked */
    STRIP_ABSENT = '.' /* it was not there: not yet, or no more */
};

struct strip {
    pid_t tid;
    uint64_t start_ticks;
    char comm[STRIP_COMM_SIZE];  /* raw bytes */
    char samples[STRIP_SAMPLES]; /* of round r (from 0): samples[r % STRIP_SAMPLES] */
    uint64_t last_round;         /* the newest in which it was there */
};

struct strips {
    struct identity id; /* whose threads; nobody: nothing was sampled yet */
    struct strip strips[STRIPS_MAX];
    size_t count;
    size_t left_out; /* threads of the newest round without a strip */
    uint64_t rounds; /* ever, gaps are rounds too */
    uint64_t last_ns;
    uint64_t sampled_ns;     /* between neighbouring rounds, gaps left out */
    uint64_t interval_count; /* how many such */
};

#define STRIPS_INIT ((struct strips){0})

/*
 * One round, at `now_ns`. Another process than before begins anew. Where the
 * round before was more than `gap_ns` ago, a gap stands between them. Threads
 * have their strips in the order of their TIDs.
 */
void strips_sample(struct strips *strips, const struct task_list *tasks, uint64_t now_ns,
                   uint64_t gap_ns);

/* The latest letters, oldest first, at most `capacity`; the same number for all strips. */
size_t strips_letters(const struct strips *strips, const struct strip *strip, char *ret_letters,
                      size_t capacity);

/* The mean time between two samples; 0: fewer than two. */
uint64_t strips_interval_ns(const struct strips *strips);

#endif
