/*
 * --host with a script in ssh's place, which sends a recording's beginning, is
 * cut off, says no, or says nothing.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/cli/command.h"
#include "run_command.h"

#define FIXTURE "tests/fixtures/recording/version-1.jsonl"

static char directory[PATH_MAX], program[PATH_MAX + 8], mark[PATH_MAX + 8];

/* $5 is the host: ssh -T -o BatchMode=yes -- HOST reaptop record -d DELAY - */
static const char script[] = "#!/bin/sh\n"
                             "case $5 in\n"
                             "no) echo 'no: Permission denied (publickey).' >&2; exit 255 ;;\n"
                             "hangs) exec sleep 1000 ;;\n"
                             "noise) exec head -c 5000 /dev/zero ;;\n"
                             "cut) [ -e \"$MARK\" ] && exec sleep 1000\n"
                             "   : >\"$MARK\"; exec head -n 2 \"$FIXTURE\" ;;\n"
                             "esac\n"
                             "head -n 2 \"$FIXTURE\"\n"
                             "exec sleep 1000\n";

static void set_up(void)
{
    char fixture[PATH_MAX];
    const char *tmp = getenv("TMPDIR");
    cr_assert_not_null(realpath(FIXTURE, fixture));
    (void)snprintf(directory, sizeof(directory), "%s/hosts-XXXXXX", tmp ? tmp : "/tmp");
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(program, sizeof(program), "%s/ssh", directory);
    (void)snprintf(mark, sizeof(mark), "%s/mark", directory);
    int fd = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    cr_assert_eq(write(fd, script, sizeof(script) - 1), (ssize_t)sizeof(script) - 1);
    (void)close(fd);
    setenv("REAPTOP_SSH", program, 1);
    setenv("FIXTURE", fixture, 1);
    setenv("MARK", mark, 1);
    setenv("REAPTOP_HOST_TIMEOUT", "60s", 1);
}

static void tear_down(void)
{
    (void)unlink(mark);
    (void)unlink(program);
    (void)rmdir(directory);
}

TestSuite(hosts, .init = set_up, .fini = tear_down);

static int count(const char *text, const char *needle)
{
    int found = 0;
    for (; (text = strstr(text, needle)); text++)
        found++;
    return found;
}

Test(hosts, are_the_roots_of_one_tree)
{
    int status;
    const char *out = run_command("tree --host one,two -o +host", 0, false, &status);
    cr_expect_eq(status, EXIT_DONE, "%s", out);
    cr_expect_eq(count(out, "/sbin/init"), 2, "%s", out);
    cr_expect_eq(count(out, "processes, Linux 6.1"), 2, "each says what it is: %s", out);
    cr_expect_not_null(strstr(out, "\n    1 "), "PIDs are as the machine has them: %s", out);
    out = run_command("tree --host one,two --flat -f host=two -J", 0, false, &status);
    cr_expect_eq(status, EXIT_DONE, "%s", out);
    cr_expect_null(strstr(out, "\"one\""), "%s", out);
    cr_expect_not_null(strstr(out, "\"two\""), "%s", out);
    cr_expect_not_null(strstr(out, "\"pid\":1,"), "%s", out);
}

/* A machine is no process: what it does not have is null, never 0. */
Test(hosts, have_no_figures_of_a_process)
{
    int status;
    const char *out = run_command("tree --host one,two --flat -J", 0, false, &status);
    const char *machine = strstr(out, "{\"pid\":0,");
    cr_assert_not_null(machine, "%s", out);
    const char *end = strstr(machine, "\"pid\":1,");
    cr_assert_not_null(end, "%s", out);
    const char *nothing[] = {"\"rss_kib\":null", "\"threads\":null", "\"cpu_seconds\":null",
                             "\"user\":null"};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++) {
        const char *found = strstr(machine, nothing[i]);
        cr_expect(found && found < end, "%s: %s", nothing[i], machine);
    }
}

Test(hosts, one_is_its_own_recording)
{
    int status;
    const char *out = run_command("tree -H one", 0, false, &status);
    cr_expect_eq(status, EXIT_DONE, "%s", out);
    cr_expect_eq(count(out, "/sbin/init"), 1, "%s", out);
    cr_expect_null(strstr(out, "processes, Linux"), "%s", out);
    out = run_command("show --host one", 700, false, &status);
    cr_expect_eq(status, EXIT_DONE, "%s", out);
    cr_expect_not_null(strstr(out, "bash"), "%s", out);
    out = run_command("why --host one", 700, false, &status);
    cr_expect_eq(status, EXIT_DONE, "%s", out);
    out = run_command("show --host one", 799, false, &status);
    cr_expect_eq(status, EXIT_NO_MATCH, "%s", out);
}

Test(hosts, that_cannot_be_reached_are_named_with_the_reason)
{
    int status;
    const char *out = run_command("tree --host no,one", 0, false, &status);
    cr_expect_eq(status, EXIT_FAULT, "%s", out);
    cr_expect_not_null(strstr(out, "no: no: Permission denied (publickey)."), "%s", out);
    cr_expect_eq(count(out, "/sbin/init"), 1, "the other is there: %s", out);
    out = run_command("show --host no", 1, false, &status);
    cr_expect_eq(status, EXIT_FAULT, "%s", out);
    out = run_command("tree --host noise", 0, false, &status);
    cr_expect_eq(status, EXIT_FAULT, "%s", out);
    setenv("REAPTOP_HOST_TIMEOUT", "200ms", 1);
    out = run_command("tree --host hangs", 0, false, &status);
    cr_expect_eq(status, EXIT_FAULT, "%s", out);
    cr_expect_not_null(strstr(out, "it has not answered yet"), "%s", out);
}

/* What is not known to be alive is not shown so: its last processes stay, in state '?'. */
Test(hosts, that_are_cut_off_leave_what_nobody_knows)
{
    int status;
    const char *out = run_command("tree --host cut,one -d 50ms -n 12 -J", 0, false, &status);
    cr_expect_eq(status, EXIT_FAULT, "%s", out);
    const char *last = strrchr(out, '\n');
    while (last > out && (last[-1] != '\n' || last[0] != '{'))
        last--;
    cr_expect_not_null(strstr(last, "\"state\":\"?\""), "%.400s", last);
}

Test(hosts, of_a_wrong_list_are_refused)
{
    static const char *const lines[] = {
        "tree --host ,",       "tree --host a,,b",       "tree --host -oProxyCommand=x",
        "tree --host a;b",     "tree --host a,a",        "show --host a,b 1",
        "why --host a,b 1",    "tree --host a --from x", "tree --host a,b 1",
        "events --host a,b 1",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        int status;
        const char *out = run_command(lines[i], 0, false, &status);
        cr_expect_eq(status, EXIT_USAGE, "%s: %s", lines[i], out);
    }
}
