/*
 * signal_policy: whether a process may be signalled, for every way to send a signal
 * alike (the dialog, `send`). Pure. The policy is reaptop's own: what the kernel
 * permits is for the forecast to say (model/forecast.h).
 */
#ifndef REAPTOP_MODEL_SIGNAL_POLICY_H
#define REAPTOP_MODEL_SIGNAL_POLICY_H

#include <stdbool.h>
#include <sys/types.h>

struct process;

enum signal_verdict {
    SIGNAL_ALLOWED,
    SIGNAL_ASKS_AGAIN, /* only after a second yes; on the command line: --force */
    SIGNAL_REFUSED,    /* never */
};

/* Who asks: reaptop and its parent. */
struct signal_asker {
    pid_t self;
    pid_t parent; /* 0: not known */
};

/* A living process: threads and rows kept of the ended get no signals of their own. */
bool signal_policy_is_target(const struct process *process);

/*
 * PID 1, reaptop itself and its parent ask again; what has ended, a kernel thread
 * (a signal to it reports success and does nothing) and a thread (a signal is
 * for its process) are refused. `ret_reason` is translated and static; NULL where
 * the verdict is SIGNAL_ALLOWED.
 */
enum signal_verdict signal_policy_judge(const struct process *process, struct signal_asker asker,
                                        const char **ret_reason);

#endif
