#include <criterion/criterion.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"
#include "support/test_child.h"

static struct strbuf out, err;
static pid_t child;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    specimen_end(child);
    strbuf_done(&out);
    strbuf_done(&err);
}

TestSuite(command_show, .init = setup, .fini = teardown);

static void stay(void *argument)
{
    (void)argument;
    specimen_ready();
    specimen_stay();
}

static int show(bool json, const char *pid)
{
    struct options options = OPTIONS_INIT;
    options.json = json;
    char *argv[] = {(char *)"show", (char *)pid, NULL};
    strbuf_clear(&out);
    strbuf_clear(&err);
    cr_assert_eq(capture_begin(), 0);
    int status = command_show(&options, pid ? 2 : 1, argv);
    capture_end(&out, &err);
    return status;
}

static int show_child(bool json)
{
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", (int)child);
    return show(json, pid);
}

Test(command_show, json_has_the_documented_keys)
{
    child = specimen_start(stay, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(show_child(true), EXIT_DONE, "%s", strbuf_text(&err));
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    cr_assert_str_eq(json_string_value(json_object_get(doc, "schema")), "reaptop/show/2");
    const char *const keys[] = {"pid",        "ppid",        "pgid",    "sid",         "tty",
                                "state",      "comm",        "argv",    "uid",         "user",
                                "threads",    "start_ticks", "rss_kib", "cpu_percent", "memory",
                                "start_time", "cpu_seconds", "signals", "credentials", "scheduling",
                                "namespaces", "limits"};
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        cr_expect_not_null(json_object_get(doc, keys[i]), "%s", keys[i]);
    cr_expect(json_is_array(json_object_get(doc, "argv")));
    cr_expect_eq(json_integer_value(json_object_get(doc, "pid")), child);
    cr_expect_eq(json_integer_value(json_object_get(doc, "ppid")), getpid());
    const json_t *signal_sets = json_object_get(doc, "signals");
    const char *const sets[] = {"pending", "shared_pending", "blocked", "ignored", "caught"};
    for (size_t i = 0; i < ELEMENTS(sets); i++)
        cr_expect(json_is_array(json_object_get(signal_sets, sets[i])), "%s", sets[i]);
    json_decref(doc);
}

Test(command_show, a_zombie_is_a_zombie_in_both_forms)
{
    child = specimen_start(stay, NULL);
    cr_assert_gt(child, 0);
    (void)kill(child, SIGKILL);
    cr_assert_eq(specimen_wait_dead(child), 0);
    cr_assert_eq(show_child(false), EXIT_DONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "killed by SIGKILL; zombie; parent"));
    cr_expect_null(strstr(strbuf_text(&out), "denied"));

    cr_assert_eq(show_child(true), EXIT_DONE);
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    const json_t *reasons = json_object_get(doc, "unavailable");
    cr_expect(json_is_null(json_object_get(doc, "exe")));
    cr_expect_str_eq(json_string_value(json_object_get(reasons, "exe")), "zombie");
    cr_expect_str_eq(json_string_value(json_object_get(reasons, "argv")), "zombie");
    json_decref(doc);
}

static int show_as_nobody(void *argument)
{
    (void)argument;
    if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
        return 1;
    struct options options = OPTIONS_INIT;
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", (int)child);
    char *argv[] = {(char *)"show", pid, NULL};
    return command_show(&options, 2, argv);
}

Test(command_show, as_another_user_it_says_what_is_needed)
{
    if (geteuid() != 0)
        cr_skip_test("needs root to become another user");
    child = specimen_start(stay, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(capture_begin(), 0);
    int status = specimen_run(show_as_nobody, NULL);
    capture_end(&out, &err);
    cr_assert_eq(status, EXIT_DONE, "%s", strbuf_text(&err));
    cr_expect_not_null(strstr(strbuf_text(&out), "permission denied: needs the process's own user, "
                                                 "or CAP_SYS_PTRACE"));
}

Test(command_show, wrong_targets)
{
    const struct {
        const char *pid;
        int status;
    } cases[] = {
        {NULL, EXIT_USAGE},         {"0", EXIT_USAGE},
        {"-1", EXIT_USAGE},         {"no-such-name", EXIT_NO_MATCH},
        {"2147483648", EXIT_USAGE}, {"12x", EXIT_USAGE},
        {"", EXIT_USAGE},           {"2147483647", EXIT_NO_MATCH},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        cr_expect_eq(show(false, cases[i].pid), cases[i].status, "%s",
                     cases[i].pid ? cases[i].pid : "nothing");
        cr_expect_eq(out.length, 0);
        cr_expect_eq(strncmp(strbuf_text(&err), "reaptop: ", 9), 0);
    }
}

/* ---- a name instead of a number ---- */

static void stay_with_a_name(void *argument)
{
    (void)prctl(PR_SET_NAME, argument);
    specimen_ready();
    specimen_stay();
}

Test(command_show, a_name_that_one_process_has)
{
    static char name[16];
    (void)snprintf(name, sizeof(name), "only-%d", (int)getpid());
    child = specimen_start(stay_with_a_name, name);
    cr_assert_gt(child, 0);
    cr_expect_eq(show(true, name), EXIT_DONE, "%s", strbuf_text(&err));
    json_t *doc = json_loads(strbuf_text(&out), 0, NULL);
    cr_assert_not_null(doc);
    cr_expect_eq(json_integer_value(json_object_get(doc, "pid")), child);
    json_decref(doc);
    pid_t first = child;
    child = specimen_start(stay_with_a_name, name);
    cr_expect_eq(show(true, name), EXIT_NO_MATCH);
    specimen_end(first);
    cr_expect(strstr(strbuf_text(&err), "2 processes have this name"), "%s", strbuf_text(&err));
    cr_expect_eq(show(true, "no-such-name"), EXIT_NO_MATCH);
    cr_expect(strstr(strbuf_text(&err), "no process has this name"), "%s", strbuf_text(&err));
    cr_expect_eq(show(true, "12x"), EXIT_USAGE);
}
