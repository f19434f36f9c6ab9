/*
 * user_stacks: fills model/user_stack.h. Each thread is stopped by ptrace(2) (PTRACE_SEIZE,
 * PTRACE_INTERRUPT) for as long as its registers and the innermost part of its stack are copied,
 * one thread after the other; the frames are found afterwards, in the copy, with elfutils' libdw.
 *
 * It acts on the process: only when a person asks for it, and not with --readonly. A stop ends
 * some system calls early with EINTR, such as epoll_wait(2), see "Interruption of system calls
 * and library functions by stop signals" in signal(7).
 *
 * A helper process does it. When it ends or is killed the kernel lets go of what it had stopped.
 */
#ifndef REAPTOP_SOURCE_USER_STACKS_H
#define REAPTOP_SOURCE_USER_STACKS_H

#include <stdbool.h>

#include "reaptop/model/user_stack.h"

/* False: it was built without libdw, or for a processor that is not known here. */
bool user_stacks_are_built(void);

/*
 * Replaces what is in `stacks`, which is untouched on failure; waits some seconds at most. 0 also
 * where threads could not be stopped: each says so. -ESRCH: gone; -EOPNOTSUPP: as
 * user_stacks_are_built() has it; -ELIBACC: libdw is not installed; -ENOEXEC: a kernel
 * thread, which has no user-space stack; -EACCES: hidden; -ETIMEDOUT; -EIO: the helper died;
 * -ENOMEM.
 */
int user_stacks_read(struct identity id, struct user_stacks *stacks);

/* What such an errno means, translated. */
const char *user_stacks_sentence(int error);

#endif
