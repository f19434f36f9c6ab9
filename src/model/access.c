#include "reaptop/model/access.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/privilege.h"
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

/* clang-format off */
#define PTRACE_REFUSED \
    N_("refused, though CAP_SYS_PTRACE is held: by a security module or a user namespace above ours")
#define ATTACH_REFUSED \
    N_("refused, though CAP_SYS_PTRACE is held: by kernel.yama.ptrace_scope 3, a security module or a user namespace above ours")
#define NICE_REFUSED \
    N_("refused, though CAP_SYS_NICE is held: by a security module or a user namespace above ours")

static const struct {
    uint64_t capability;
    const char *needs;
    const char *refused; /* what is said to who has it */
} needs[] = {
    [ACCESS_NEED_NONE] = {0, "", NULL},
    [ACCESS_NEED_ENTRY] = {0, N_("needs a /proc without hidepid, or its gid= group"), NULL},
    [ACCESS_NEED_PTRACE] = {PRIVILEGE(CAP_SYS_PTRACE),
        N_("needs the process's own user, or CAP_SYS_PTRACE"), PTRACE_REFUSED},
    [ACCESS_NEED_OTHERS] = {PRIVILEGE(CAP_SYS_PTRACE), N_("needs ptrace access"), PTRACE_REFUSED},
    [ACCESS_NEED_MEMORY] = {PRIVILEGE(CAP_SYS_PTRACE),
        N_("it needs ptrace read access, which the same user has to a process with no more "
           "privileges, and CAP_SYS_PTRACE gives"), PTRACE_REFUSED},
    [ACCESS_NEED_ATTACH] = {PRIVILEGE(CAP_SYS_PTRACE),
        N_("needs the process's own user with ptrace attach, or CAP_SYS_PTRACE"), ATTACH_REFUSED},
    [ACCESS_NEED_STOP] = {PRIVILEGE(CAP_SYS_PTRACE),
        N_("it needs the process's own user where kernel.yama.ptrace_scope is 0, or "
           "CAP_SYS_PTRACE"), ATTACH_REFUSED},
    [ACCESS_NEED_NICE] = {PRIVILEGE(CAP_SYS_NICE),
        N_("needs to be the process itself, or CAP_SYS_NICE"),
        NICE_REFUSED},
    [ACCESS_NEED_ADMIN] = {PRIVILEGE(CAP_SYS_ADMIN), N_("needs CAP_SYS_ADMIN"),
        N_("refused, though CAP_SYS_ADMIN is held: by a security module or a user namespace above ours")},
};
/* clang-format on */

_Static_assert(ELEMENTS(needs) == ACCESS_NEED_COUNT, "one sentence for each need");

const char *access_need_text(enum access_need need)
{
    bool is_held = needs[need].refused && privileges_are_held(needs[need].capability);
    return is_held ? needs[need].refused : needs[need].needs;
}

const char *access_need_sentence(enum access_need need)
{
    const char *text = access_need_text(need);
    return *text != '\0' ? _(text) : text;
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
