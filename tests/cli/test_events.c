#include <criterion/criterion.h>
#include <jansson.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"
#include "support/spawn.h"
#include "support/test_child.h"
#include "support/tracefs.h"

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
    spawn_done();
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_events, .init = setup, .fini = teardown, .timeout = 600);

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

static int run_with(struct options options, const char *kinds, uid_t *uid, pid_t pid)
{
    char digits[16];
    options.delay_ns = 100000000;
    if (options.iterations == 0)
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

/* A removal is reported by the next sweep, before which many of its children exit. */
enum {
    EVENTS_UP_TO_A_SWEEP = 2000
};

static int run(const char *kinds, uid_t *uid, pid_t pid)
{
    struct options options = OPTIONS_INIT;
    return run_with(options, kinds, uid, pid);
}

static int run_signals(bool json, pid_t pid)
{
    struct options options = OPTIONS_INIT;
    options.json = json;
    options.own[own_index("signals")] = "";
    return run_with(options, "signal", NULL, pid);
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
    struct options options = OPTIONS_INIT;
    options.iterations = EVENTS_UP_TO_A_SWEEP;
    options.delay_ns = 100 * NS_PER_MS;
    cr_assert_eq(run_with(options, "exit,reap", NULL, child), EXIT_DONE);
    cr_expect_gt(count_lines_with(" exit "), 0);
    cr_expect_gt(count_lines_with(" reap "), 0);
    cr_expect_eq(count_lines_with(" fork "), 0);
}

Test(command_events, only_the_users_asked_for)
{
    uid_t self = geteuid();
    child = specimen_start(body_begets, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(run(NULL, &self, child), EXIT_DONE);
    cr_expect_gt(count_lines_with(" fork "), 0);
}

Test(command_events, so_many_as_were_asked_for)
{
    child = specimen_start(body_begets, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(run("fork,exit", NULL, child), EXIT_DONE);
    cr_expect_eq(count_lines_with("\n"), 4, "%s", strbuf_text(&out));
}

Test(command_events, a_wrong_filter_is_named)
{
    static const char *const wrong[][2] = {{"nofield=1", "no field 'nofield'"},
                                           {"user=no-such-user", "no user 'no-such-user'"},
                                           {"state=Q", "R S D T"}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct options options = OPTIONS_INIT;
        options.own[own_index("filter")] = wrong[i][0];
        cr_expect_eq(run_with(options, NULL, NULL, 0), EXIT_USAGE);
        cr_expect(strstr(strbuf_text(&err), wrong[i][1]), "%s", strbuf_text(&err));
    }
}

Test(command_events, a_wrong_kind_is_named)
{
    cr_expect_eq(run("fork,frok", NULL, 0), EXIT_USAGE);
    cr_expect(strstr(strbuf_text(&err), "'frok'"), "%s", strbuf_text(&err));
    cr_expect_str_eq(strbuf_text(&out), "");
}

/* ---- who signals whom ---- */

static void on_signal(int signal)
{
    (void)signal;
}

static void body_handles(void *argument)
{
    (void)argument;
    (void)signal(SIGUSR1, on_signal);
    specimen_ready();
    for (;;)
        (void)pause();
}

/* A shell that signals the child until it is killed. */
static int be_shell(void *unused)
{
    char script[64];
    (void)unused;
    (void)snprintf(script, sizeof script, "while kill -USR1 %d; do sleep 0.02; done", (int)child);
    spawn_ready();
    (void)execl("/bin/sh", "sh", "-c", script, NULL);
    return 1;
}

Test(command_events, the_shell_that_signals_is_named)
{
    char reported[96];
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    child = specimen_start(body_handles, NULL);
    cr_assert_gt(child, 0);
    pid_t shell = spawn_child(be_shell, NULL);
    cr_assert_eq(run_signals(false, child), EXIT_DONE, "%s", strbuf_text(&err));
    (void)snprintf(reported, sizeof reported,
                   "was sent SIGUSR1 by %d sh, kill(2); delivered to its handler at 0x",
                   (int)shell);
    cr_expect_gt(count_lines_with(reported), 0, "%s in %s", reported, strbuf_text(&out));
}

Test(command_events, a_sender_s_signals_are_reported_with_its_life)
{
    char reported[96];
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    child = specimen_start(body_handles, NULL);
    cr_assert_gt(child, 0);
    pid_t shell = spawn_child(be_shell, NULL);
    cr_assert_eq(run_signals(false, shell), EXIT_DONE, "%s", strbuf_text(&err));
    (void)snprintf(reported, sizeof reported, "was sent SIGUSR1 by %d sh, kill(2)", (int)shell);
    cr_expect_gt(count_lines_with(reported), 0, "%s in %s", reported, strbuf_text(&out));
}

Test(command_events, a_signal_as_json)
{
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    child = specimen_start(body_handles, NULL);
    cr_assert_gt(child, 0);
    pid_t shell = spawn_child(be_shell, NULL);
    cr_assert_eq(run_signals(true, child), EXIT_DONE, "%s", strbuf_text(&err));
    json_t *event = json_loads(strbuf_text(&out), JSON_DISABLE_EOF_CHECK, NULL);
    cr_assert_not_null(event, "%s", strbuf_text(&out));
    static const char *const texts[][2] = {
        {"event", "signal"}, {"signal", "USR1"},        {"sender_comm", "sh"}, {"by", "process"},
        {"cause", "kill"},   {"certainty", "observed"}, {"fate", "handled"},   {"source", "trace"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_str_eq(json_string_value(json_object_get(event, texts[i][0])), texts[i][1], "%s",
                         strbuf_text(&out));
    cr_expect_eq(json_integer_value(json_object_get(event, "sender")), shell);
    cr_expect_eq(json_integer_value(json_object_get(event, "code")), 0);
    const char *handler = json_string_value(json_object_get(event, "handler"));
    cr_expect(handler && strncmp(handler, "0x", 2) == 0);
    json_decref(event);
}

static int run_as_nobody(void *unused)
{
    (void)unused;
    int status = run_signals(false, 0);
    return status == EXIT_FAULT && strstr(strbuf_text(&err), "events: needs root") &&
                   out.length == 0
               ? 0
               : 1;
}

Test(command_events, without_privilege_it_says_what_it_takes)
{
    cr_expect_eq(spawn_run_as_nobody(run_as_nobody, NULL), 0);
    if (tracefs_mount())
        cr_expect_eq(spawn_run_as_nobody(run_as_nobody, NULL), 0);
}
