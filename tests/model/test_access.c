/* What a refusal needs, told to those who have it and to those who have it not. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/capability.h>

#include "reaptop/base/privilege.h"
#include "reaptop/model/access.h"

static const enum access_need ptrace_needs[] = {ACCESS_NEED_PTRACE, ACCESS_NEED_OTHERS,
                                                ACCESS_NEED_MEMORY, ACCESS_NEED_ATTACH,
                                                ACCESS_NEED_STOP};

Test(access, what_a_refused_read_needs_is_said)
{
    for (enum access_need need = ACCESS_NEED_ENTRY; need < ACCESS_NEED_COUNT; need++) {
        cr_expect_str_neq(access_need_sentence(need), "");
        cr_expect_null(strstr(access_need_sentence(need), "is held"), "%d", need);
    }
    cr_expect_str_eq(access_need_sentence(ACCESS_NEED_NONE), "");
}

Test(access, nobody_is_told_to_get_what_he_has)
{
    cap_flag_value_t is_set = CAP_CLEAR;
    cap_t own = cap_get_proc();
    cr_assert_not_null(own);
    (void)cap_get_flag(own, CAP_SYS_PTRACE, CAP_EFFECTIVE, &is_set);
    (void)cap_free(own);
    if (is_set != CAP_SET)
        cr_skip("needs CAP_SYS_PTRACE");
    cr_assert_eq(privileges_keep(PRIVILEGE(CAP_SYS_PTRACE), true), 0);
    for (size_t i = 0; i < sizeof(ptrace_needs) / sizeof(ptrace_needs[0]); i++) {
        const char *sentence = access_need_sentence(ptrace_needs[i]);
        cr_expect_not_null(strstr(sentence, "though CAP_SYS_PTRACE is held"), "%s", sentence);
    }
    const char *sentence = access_need_sentence(ACCESS_NEED_NICE);
    cr_expect_not_null(strstr(sentence, "or CAP_SYS_NICE"), "not effective: %s", sentence);
}
