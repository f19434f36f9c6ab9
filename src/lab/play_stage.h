/*
 * play_stage: what the host of free play and the play children share. Private to lab/play.c and
 * lab/play_child.c.
 */
#ifndef REAPTOP_LAB_PLAY_STAGE_H
#define REAPTOP_LAB_PLAY_STAGE_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench.h"
#include "reaptop/lab/play.h"

enum {
    PLAY_CHILDREN_MAX = 32, /* in all, the ended counted until their place is free again */
    PLAY_MEMORY_KIB = 16384,
    PLAY_SIGNAL = SIGUSR1 /* it has no meaning of its own */
};

struct play_child {
    _Atomic pid_t pid; /* 0: the place is free */
    int go[2];         /* the host writes orders, the child reads */
};

struct order {
    enum play_action action;
    int place; /* FORK, VFORK: the child's */
    pid_t pid; /* TRACE, RELEASE: whom */
};

/* A child's answer; one write(2), so that answers do not mix. */
struct answer {
    int place;
    int64_t result; /* of the system call, or -errno */
    int32_t status; /* WAIT */
};

struct stage {
    struct play_child children[PLAY_CHILDREN_MAX];
    int said[2];               /* children write answers, the host reads */
    struct bench_shared group; /* of it the control group alone (experiment_cgroup.h) */
    int lifeline[2];           /* its reading end hangs up when the host is dead */
};

/* Takes orders until it is told to exit, or the host is dead. Does not return. */
_Noreturn void play_child_main(struct stage *stage, int place);

#endif
