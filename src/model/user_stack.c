#include "reaptop/model/user_stack.h"

#include <stdlib.h>

#include "reaptop/base/gettext.h"
#include "reaptop/model/access.h"

static const struct {
    const char *word;
    const char *sentence; /* N_() */
} ends[STACK_END_COUNT] = {
    [STACK_WHOLE] = {"whole", NULL},
    [STACK_LONG] = {"long", N_("there are more frames")},
    [STACK_BROKEN] = {"broken", N_("who called this one could not be found")},
    [STACK_NOT_STOPPED] = {"not-stopped",
                           N_("it did not stop: it is in an uninterruptible wait (state D)")},
    [STACK_TRACED] = {"traced", N_("a debugger or strace traces it, and only one may")},
    [STACK_DENIED] = {"denied", NULL}, /* access_need_sentence() */
    [STACK_ENDED] = {"ended", N_("it has ended")},
    [STACK_FOREIGN] = {"foreign", N_("it runs 32-bit code, which is not unwound")},
    [STACK_FAILED] = {"failed", N_("it could not be stopped or read")},
};

void user_stacks_done(struct user_stacks *stacks)
{
    for (size_t i = 0; i < stacks->count; i++)
        free(stacks->threads[i].frames);
    free(stacks->threads);
    arena_done(&stacks->strings);
    *stacks = USER_STACKS_INIT;
}

const char *stack_end_word(enum stack_end end)
{
    return ends[end].word;
}

const char *stack_end_sentence(enum stack_end end)
{
    if (end == STACK_DENIED)
        return access_need_sentence(ACCESS_NEED_STOP);
    return ends[end].sentence ? _(ends[end].sentence) : NULL;
}
