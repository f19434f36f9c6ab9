#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"
#include "support/specimen.h"

static struct strbuf out, err;
static pid_t child;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    if (child > 0)
        specimen_end(child);
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_events, .init = setup, .fini = teardown, .timeout = 60);

/* Children, one after the other, until it is killed. */
static void body_begets(void *argument)
{
    (void)argument;
    specimen_ready();
    for (;;) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        (void)waitpid(pid, NULL, 0);
    }
}

static size_t own_index(const char *name)
{
    size_t index = 0;
    while (strcmp(events_options[index].name, name) != 0)
        index++;
    return index;
}

static int run(const char *kinds, uid_t *uid, pid_t pid)
{
    struct options options = OPTIONS_INIT;
    char digits[16];
    options.delay_ns = 100000000;
    options.iterations = 4;
    options.own[own_index("kind")] = kinds;
    options.uids = uid;
    options.uid_count = uid ? 1 : 0;
    (void)snprintf(digits, sizeof(digits), "%d", (int)pid);
    char *argv[] = {(char *)"events", digits, NULL};
    cr_assert_eq(capture_begin(), 0);
    int status = command_events(&options, pid ? 2 : 1, argv);
    capture_end(&out, &err);
    return status;
}

static size_t count_lines_with(const char *word)
{
    size_t count = 0;
    for (const char *at = strbuf_text(&out); (at = strstr(at, word)); at++)
        count++;
    return count;
}

Test(command_events, only_the_kinds_asked_for)
{
    child = specimen_start(body_begets, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(run("exit,reap", NULL, child), EXIT_DONE);
    cr_expect_gt(count_lines_with(" exit "), 0);
    cr_expect_gt(count_lines_with(" reap "), 0);
    cr_expect_eq(count_lines_with(" fork "), 0);
}

Test(command_events, only_the_users_asked_for)
{
    uid_t self = geteuid(), nobody_here = 4000000;
    child = specimen_start(body_begets, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(run(NULL, &nobody_here, child), EXIT_DONE);
    cr_expect_str_eq(strbuf_text(&out), "");
    cr_assert_eq(run(NULL, &self, child), EXIT_DONE);
    cr_expect_gt(count_lines_with(" fork "), 0);
}

Test(command_events, a_wrong_kind_is_named)
{
    cr_expect_eq(run("fork,frok", NULL, 0), EXIT_USAGE);
    cr_expect(strstr(strbuf_text(&err), "'frok'"), "%s", strbuf_text(&err));
    cr_expect_str_eq(strbuf_text(&out), "");
}
