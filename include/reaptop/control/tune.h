/*
 * tune: reads and changes how a held process is scheduled (model/tuning.h).
 *
 * setpriority(2) and the like take a number, not a handle. That the number was
 * the process's is proven around the call: the directory held in the handle
 * answers before it and after it, and a number is not given away while it
 * does, not even of a zombie. Where it answers no more, the process was reaped
 * meanwhile, and that is reported: -ESRCH. For another process to get the change it
 * would have to be born in that moment under that number, which the kernel
 * gives out again only after all the others.
 */
#ifndef REAPTOP_CONTROL_TUNE_H
#define REAPTOP_CONTROL_TUNE_H

#include "reaptop/base/error.h"
#include "reaptop/control/handle.h"
#include "reaptop/model/tuning.h"

/* What the process has now, and what a forecast needs. -ESRCH: gone. */
int tune_read(const struct handle *handle, struct tuning_facts *ret_facts);

/*
 * Changes the first thread, or all threads that are there. -ESRCH as above; -EPERM,
 * -EACCES, -EINVAL as the call has them, with a sentence in `error`. Of
 * several threads the first refusal ends it; `ret_changed` (may be NULL) says
 * how many were changed.
 */
int tune_apply(const struct handle *handle, enum tuning_kind kind, const struct tuning *want,
               bool all_threads, size_t *ret_changed, struct error *error);

#endif
