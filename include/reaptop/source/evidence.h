/*
 * evidence: gathers from the running system what model/why.h reasons about: a
 * task, what its wait calls for, whom that leads to, and so on. What can block
 * (another process's memory, its system call and stack) is read by
 * source/reader.h; all else here cannot.
 *
 *     struct evidence *evidence;
 *     int r = evidence_new(reader, id, 0, &evidence);
 *     if (r == 0)
 *         r = evidence_gather(evidence);
 *     why_build(evidence_why(evidence), true, &chain);
 *     evidence_free(evidence);
 */
#ifndef REAPTOP_SOURCE_EVIDENCE_H
#define REAPTOP_SOURCE_EVIDENCE_H

#include "reaptop/model/why.h"
#include "reaptop/source/reader.h"

/* How long one read by the reader may take: less calls a busy machine "blocked". */
#define EVIDENCE_TIMEOUT_NS READER_TIMEOUT_NS

struct evidence;

/*
 * Starts with a process (tid 0), or with one of its threads. id.start_ticks 0
 * is not checked. -ESRCH, -ENOMEM. The reader must outlive it.
 */
int evidence_new(struct reader *reader, struct identity id, pid_t tid,
                 struct evidence **ret_evidence);
void evidence_free(struct evidence *evidence);

static inline void cleanup_evidence(struct evidence **evidence)
{
    evidence_free(*evidence);
}

/*
 * Reads all that the chain takes, within the bounds of model/why.h. A process that
 * goes meanwhile is reported as gone in its task (state '\0'). 0 or -ENOMEM.
 */
int evidence_gather(struct evidence *evidence);

/* Owned by `evidence`; whole once it is complete. */
const struct why_evidence *evidence_why(const struct evidence *evidence);

/*
 * One task alone, for the kernel tab: identity, state, system call, wchan,
 * what the wait is on (task->wait), and in task->objects the descriptors among
 * the call's arguments, from `arena` (no peers). `stack` may be NULL; else it
 * receives the kernel stack as the kernel prints it. -ESRCH, -ENOMEM.
 */
int evidence_look(struct reader *reader, struct identity id, pid_t tid, struct arena *arena,
                  struct why_task *ret_task, struct strbuf *stack);

#endif
