/*
 * play_stage: what the parts of free play share: its guard (play.c) starts the host
 * (play_host.c), which carries out what the viewer asks for (play_act.c), most of it by
 * orders to the play children (play_child.c). Private to these.
 */
#ifndef REAPTOP_LAB_PLAY_STAGE_H
#define REAPTOP_LAB_PLAY_STAGE_H

#include <signal.h>
#include <stdbool.h>
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

/* From the viewer to the host. */
struct play_request {
    pid_t pid;
    enum play_action action;
};

struct play_host {
    struct stage *stage;
    int socket; /* to the viewer */
    int pidfds[PLAY_CHILDREN_MAX];
    bool has_execed[PLAY_CHILDREN_MAX]; /* another program by now: it takes no orders */
    bool is_vforked[PLAY_CHILDREN_MAX]; /* it uses its parent's memory until it executes or exits */
};

/* Serves the viewer until that or the guard is gone; then nothing of the play is left. 0. */
int play_host_main(void *host, int guard_fd);

/* Ends all descendants and removes the control group, thawed before: what is frozen cannot die
   everywhere. */
void play_end_all(const struct stage *stage);

/* Does what the report's action says to the process in that place, and reports how it went. */
void play_act(struct play_host *host, int place, struct play_report *report);

/* Fills in what was called and what came of it. */
void play_say(struct play_report *report, bool is_done, const char *call, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The place of that process, or -1; 0: a free place. */
int play_place(const struct play_host *host, pid_t pid);

/* The next answer of any child; false: none came in time. */
bool play_receive(const struct play_host *host, struct answer *ret_answer);

/*
 * Answers with its PID when it is through fork(3), within which newer C libraries block all
 * signals; then it takes orders until one is to exit, or the host is dead. Does not return.
 */
_Noreturn void play_child_main(struct stage *stage, int place);

#endif
