#include "reaptop/base/sigset.h"

#include <criterion/criterion.h>

Test(sigset, what_was_ignored_from_the_start_is_not_listened_to)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;
    (void)sigemptyset(&set);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGHUP, SIG_IGN); /* as under nohup(1) */
    sigset_add_unless_ignored(&set, ending, 3);
    cr_expect_eq(sigismember(&set, SIGINT), 1);
    cr_expect_eq(sigismember(&set, SIGTERM), 1);
    cr_expect_eq(sigismember(&set, SIGHUP), 0);
}
