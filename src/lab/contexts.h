/*
 * contexts: flows of control that the kernel does not know, by makecontext(3). Where the C
 * library has none (musl), an experiment that needs them skips.
 */
#ifndef REAPTOP_LAB_CONTEXTS_H
#define REAPTOP_LAB_CONTEXTS_H

#include <stdbool.h>
#include <ucontext.h>

#include "bench.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/libc.h"

/* A context that runs `run` with `argument` on `stack` and continues with `next` (may be NULL). */
static inline void context_make(ucontext_t *ret_context, void *stack, size_t size, ucontext_t *next,
                                void (*run)(int argument), int argument)
{
#if LIBC_HAS_CONTEXTS
    (void)getcontext(ret_context); /* lint: allowed */
    ret_context->uc_stack.ss_sp = stack;
    ret_context->uc_stack.ss_size = size;
    ret_context->uc_link = next;
    makecontext(ret_context, (void (*)(void))run, 1, argument); /* lint: allowed */
#else
    (void)ret_context, (void)stack, (void)size, (void)next, (void)run, (void)argument;
#endif
}

/* The calling flow is kept in `from`; `to` goes on. */
static inline void context_switch(ucontext_t *from, ucontext_t *to)
{
#if LIBC_HAS_CONTEXTS
    (void)swapcontext(from, to); /* lint: allowed */
#else
    (void)from, (void)to;
#endif
}

/* Where there are none: skips that many sights of the step, true. */
static inline bool see_no_contexts(struct bench *bench, unsigned sights)
{
    for (unsigned i = 0; !LIBC_HAS_CONTEXTS && i < sights; i++)
        see_skipped(bench, i, "%s", _("this C library has no makecontext(3)"));
    return !LIBC_HAS_CONTEXTS;
}

#endif
