/*
 * threads --stacks, of a real process.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/cli/command.h"
#include "reaptop/source/user_stacks.h"
#include "run_command.h"
#include "support/spawn.h"

TestSuite(stacks, .fini = spawn_done);

Test(stacks, the_functions_stand_below_the_threads, .timeout = 60)
{
    int status = -1;
    pid_t pid = spawn_child(spawn_pause, NULL);
    const char *text = run_command("threads --stacks", pid, false, &status);
    if (status == EXIT_FAULT) {
        cr_expect_not_null(strstr(text, "libdw"), "%s", text);
        cr_skip_test("%s", text);
    }
    cr_expect_eq(status, EXIT_DONE, "%s", text);
    cr_expect_not_null(strstr(text, "ms at most"), "%s", text);
    if (strstr(text, "permission denied"))
        cr_skip_test("ptrace(2) is not allowed here");
    cr_expect_not_null(strstr(text, "  #0  "), "%s", text);
}

Test(stacks, without_the_option_nobody_is_stopped)
{
    int status = -1;
    pid_t pid = spawn_child(spawn_pause, NULL);
    const char *text = run_command("threads -J", pid, false, &status);
    cr_expect_eq(status, EXIT_DONE);
    cr_expect_null(strstr(text, "stacks"), "%s", text);
}

Test(stacks, readonly_refuses)
{
    int status = -1;
    const char *text = run_command("threads --stacks -r", 1, false, &status);
    cr_expect_eq(status, EXIT_USAGE, "%s", text);
    cr_expect_not_null(strstr(text, "--readonly"), "%s", text);
}
