#include "reaptop/model/access.h"

#include <errno.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"

static const struct {
    const char *word;
    const char *sentence;
} answers[] = {
    [ACCESS_UNREAD] = {"unread", N_("not read yet")},
    [ACCESS_OK] = {"ok", N_("read")},
    [ACCESS_EMPTY] = {"empty", N_("there is none")},
    [ACCESS_DENIED] = {"denied", N_("permission denied")},
    [ACCESS_GONE] = {"gone", N_("the process is gone")},
    [ACCESS_ZOMBIE] = {"zombie", N_("a zombie no longer has it")},
    [ACCESS_BLOCKED] = {"blocked", N_("the read blocks, so it was given up")},
    [ACCESS_TRUNCATED] = {"truncated", N_("longer than is shown")},
    [ACCESS_UNSUPPORTED] = {"unsupported", N_("this kernel does not have it")},
    [ACCESS_FAILED] = {"failed", N_("the read failed")},
    [ACCESS_UNRECORDED] = {"unrecorded", N_("it was not recorded")},
};

_Static_assert(ELEMENTS(answers) == ACCESS_COUNT, "one answer for each access");

const char *access_word(enum access access)
{
    return answers[access].word;
}

const char *access_sentence(enum access access)
{
    return _(answers[access].sentence);
}

enum access access_from_errno(int error, char state)
{
    switch (-error) {
    case 0:
        return ACCESS_OK;
    case ETIMEDOUT:
        return ACCESS_BLOCKED;
    case EOPNOTSUPP:
    case ENOSYS:
        return ACCESS_UNSUPPORTED;
    }
    if (state_is_dead(state))
        return ACCESS_ZOMBIE;

    switch (-error) {
    case EACCES:
    case EPERM:
        return ACCESS_DENIED;
    case ESRCH:
        return ACCESS_GONE;
    case ENOENT:
        return ACCESS_EMPTY;
    default:
        return ACCESS_FAILED;
    }
}
