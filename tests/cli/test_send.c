#include <criterion/criterion.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "support/capture.h"
#include "support/spawn.h"

TestSuite(send, .fini = spawn_done, .timeout = 600);

enum {
    WORDS_MAX = 16
};

struct outcome {
    int status;
    struct strbuf out, err;
};

static void outcome_done(struct outcome *outcome)
{
    strbuf_done(&outcome->out);
    strbuf_done(&outcome->err);
}

#define _cleanup_outcome_ _cleanup_(outcome_done)

/* As the command line has it, blanks between the words: "TERM -w 5 4711". */
__attribute__((format(printf, 1, 2))) static struct outcome run_send(const char *format, ...)
{
    char line[256], *argv[WORDS_MAX] = {(char *)"send"};
    int argc = 1;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (char *word = strtok(line, " "); word && argc + 1 < WORDS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;

    struct outcome outcome = {0};
    struct error error = ERROR_INIT;
    _cleanup_(options_done) struct options options = OPTIONS_INIT;
    cr_assert_eq(capture_begin(), 0);
    if (command_find("send")->prepare(argv, &error) < 0 ||
        options_take(&options, &argc, argv, send_options, false, &error) < 0)
        outcome.status = command_usage_error("send", "%s", error.message);
    else
        outcome.status = command_send(&options, argc, argv);
    capture_end(&outcome.out, &outcome.err);
    return outcome;
}

static void assert_holds(const struct strbuf *text, const char *expected)
{
    cr_assert(strstr(strbuf_text(text), expected), "'%s' does not hold '%s'", strbuf_text(text),
              expected);
}

static size_t count_lines(const struct strbuf *text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text->length; i++)
        lines += text->data[i] == '\n';
    return lines;
}

static int ignore_term(void *argument)
{
    (void)signal(SIGTERM, SIG_IGN);
    return spawn_pause(argument);
}

Test(send, reports_forecast_and_outcome_on_one_line)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    _cleanup_outcome_ struct outcome outcome = run_send("TERM %d", pid);
    cr_assert_eq(outcome.status, EXIT_DONE);
    cr_assert_eq(count_lines(&outcome.out), 1);
    assert_holds(&outcome.out, "forecast: ");
    assert_holds(&outcome.out, "seen: killed by SIGTERM");
    cr_assert_eq(outcome.err.length, 0);
    cr_assert_eq(WTERMSIG(spawn_reap(pid)), SIGTERM);
}

Test(send, dry_run_sends_nothing)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    _cleanup_outcome_ struct outcome outcome = run_send("-n KILL %d", pid);
    cr_assert_eq(outcome.status, EXIT_DONE);
    assert_holds(&outcome.out, "forecast: ");
    cr_assert_null(strstr(strbuf_text(&outcome.out), "seen"));
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');
    cr_assert_eq(waitpid(pid, NULL, WNOHANG), 0, "it lives");
}

Test(send, continues_one_that_a_pending_signal_ends)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(kill(pid, SIGSTOP), 0);
    cr_assert_eq(spawn_await_state(pid, "T"), 'T');
    cr_assert_eq(kill(pid, SIGTERM), 0);
    _cleanup_outcome_ struct outcome outcome = run_send("-CONT -w 10 %d", pid);
    assert_holds(&outcome.out, "SIGTERM, which is pending, ends it");
    cr_assert_eq(WTERMSIG(spawn_reap(pid)), SIGTERM);
}

/* Joins a cgroup of its own in that hierarchy and freezes it; false: it may not here. */
static bool freeze(const char *group, const char *file, const char *word, pid_t pid)
{
    char path[128];
    if (mkdir(group, 0700) < 0)
        return false;
    (void)snprintf(path, sizeof(path), "%s/cgroup.procs", group);
    FILE *procs = fopen(path, "we");
    bool is_done = procs && fprintf(procs, "%d", pid) > 0;
    is_done = procs && fclose(procs) == 0 && is_done;
    (void)snprintf(path, sizeof(path), "%s/%s", group, file);
    FILE *freezer = is_done ? fopen(path, "we") : NULL;
    is_done = freezer && fputs(word, freezer) >= 0;
    return freezer && fclose(freezer) == 0 && is_done;
}

static void check_frozen(const char *root, const char *file, const char *word, bool ends_on_term)
{
    char group[96];
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)snprintf(group, sizeof(group), "%s/reaptop-test-%d", root, pid);
    if (freeze(group, file, word, pid)) {
        /* The kernel says FROZEN or "frozen 1" once the task has reached the freezer. */
        struct outcome dry = {0};
        for (int i = 0; i < 100000 && !strstr(strbuf_text(&dry.out), "frozen by"); i++) {
            outcome_done(&dry);
            dry = run_send("-n -QUIT %d", pid);
        }
        assert_holds(&dry.out, "frozen by its cgroup");
        outcome_done(&dry);
        dry = run_send("-n -TERM %d", pid);
        cr_expect_eq(!strstr(strbuf_text(&dry.out), "frozen by"), ends_on_term, "%s: %s", root,
                     strbuf_text(&dry.out));
        outcome_done(&dry);
        struct outcome sent = run_send("-TERM -w %s %d", ends_on_term ? "10" : "50ms", pid);
        cr_expect_eq(strstr(strbuf_text(&sent.out), "killed by SIGTERM") != NULL, ends_on_term,
                     "%s: %s", root, strbuf_text(&sent.out));
        outcome_done(&sent);
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", group, file);
        FILE *freezer = fopen(path, "we");
        cr_assert(freezer && fputs(word[0] == '1' ? "0" : "THAWED", freezer) >= 0);
        cr_assert_eq(fclose(freezer), 0);
    } else {
        cr_log_info("%s: no cgroup can be made and frozen here", root);
        (void)kill(pid, SIGTERM);
    }
    cr_expect_eq(WTERMSIG(spawn_reap(pid)), SIGTERM);
    (void)rmdir(group);
}

Test(send, forecasts_what_a_frozen_process_takes)
{
    check_frozen("/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", false);
    check_frozen("/sys/fs/cgroup/unified", "cgroup.freeze", "1", true);
    /* Where only version 2 is mounted; else this is a plain directory of mount points. */
    if (access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0)
        check_frozen("/sys/fs/cgroup", "cgroup.freeze", "1", true);
}

Test(send, escalates_after_the_wait)
{
    pid_t meek = spawn_child(spawn_pause, NULL), stubborn = spawn_child(ignore_term, NULL);
    _cleanup_outcome_ struct outcome outcome =
        run_send("TERM -w 200ms --then KILL %d %d", meek, stubborn);
    cr_assert_eq(outcome.status, EXIT_DONE);
    cr_assert_eq(count_lines(&outcome.out), 3, "%s", strbuf_text(&outcome.out));
    assert_holds(&outcome.out, "killed by SIGTERM");
    assert_holds(&outcome.out, "killed by SIGKILL");
    cr_assert_eq(WTERMSIG(spawn_reap(meek)), SIGTERM);
    cr_assert_eq(WTERMSIG(spawn_reap(stubborn)), SIGKILL);
}

Test(send, does_not_escalate_where_nobody_lives_on)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    _cleanup_outcome_ struct outcome outcome = run_send("TERM --then KILL %d", pid);
    cr_assert_eq(outcome.status, EXIT_DONE);
    cr_assert_eq(count_lines(&outcome.out), 1);
    cr_assert_eq(WTERMSIG(spawn_reap(pid)), SIGTERM);
}

static const struct {
    const char *line;
    int status;
    const char *reason;
} refused[] = {
    {"", EXIT_USAGE, "it takes a signal and a target"},
    {"TERM", EXIT_USAGE, "it takes a signal and a target"},
    {"NOSUCH 1", EXIT_USAGE, "'NOSUCH' is not a signal"},
    {"-32 1", EXIT_USAGE, "'32' is not a signal"},
    {"-65 1", EXIT_USAGE, "'65' is not a signal"},
    {"TERM 0", EXIT_USAGE, "our own process group"},
    {"TERM -- -1", EXIT_USAGE, "every process"},
    {"TERM -1", EXIT_USAGE, "every process"},
    {"TERM 12x", EXIT_USAGE, "'12x' is not a process"},
    {"TERM 2147483648", EXIT_USAGE, "larger than any PID"},
    {"TERM 1", EXIT_USAGE, "PID 1"},
    {"-g --session TERM 1", EXIT_USAGE, "give one of them"},
    {"-q x TERM 1", EXIT_USAGE, "-q: invalid value 'x'"},
    {"-w x TERM 1", EXIT_USAGE, "-w: invalid value 'x'"},
    {"--then NOSUCH TERM 1", EXIT_USAGE, "'NOSUCH' is not a signal"},
    {"--readonly TERM 1", EXIT_USAGE, "--readonly"},
    {"--nosuch TERM 1", EXIT_USAGE, "no such option"},
};

Test(send, refuses_in_one_line_with_the_reason)
{
    for (size_t i = 0; i < ELEMENTS(refused); i++) {
        _cleanup_outcome_ struct outcome outcome = run_send("%s", refused[i].line);
        cr_expect_eq(outcome.status, refused[i].status, "%s: %d", refused[i].line, outcome.status);
        cr_expect_eq(outcome.out.length, 0, "%s: %s", refused[i].line, strbuf_text(&outcome.out));
        cr_expect_eq(count_lines(&outcome.err), 1, "%s: %s", refused[i].line,
                     strbuf_text(&outcome.err));
        cr_expect(strstr(strbuf_text(&outcome.err), refused[i].reason), "%s: %s", refused[i].line,
                  strbuf_text(&outcome.err));
    }
}

/* kill(1) of util-linux, procps, bash and POSIX. P is a process, an entry without a signal is
 * refused. */
static const struct {
    const char *line;
    const char *signal, *reason;
} kill_spellings[] = {
    {"TERM P", "TERM", NULL},
    {"-s TERM P", "TERM", NULL},
    {"-sTERM P", "TERM", NULL},
    {"-s SIGHUP P", "HUP", NULL},
    {"-s 9 P", "KILL", NULL},
    {"-s kill -- P", "KILL", NULL},
    {"--signal TERM P", "TERM", NULL},
    {"--signal=TERM P", "TERM", NULL},
    {"--sig TERM P", "TERM", NULL},
    {"-TERM P", "TERM", NULL},
    {"-SIGTERM P", "TERM", NULL},
    {"-term P", "TERM", NULL},
    {"-STOP P", "STOP", NULL},
    {"-TSTP P", "TSTP", NULL},
    {"-CONT P", "CONT", NULL},
    {"-ABRT P", "ABRT", NULL},
    {"-RTMIN+1 P", "RTMIN+1", NULL},
    {"-9 P", "KILL", NULL},
    {"-1 P", "HUP", NULL},
    {"-15 -- P", "TERM", NULL},
    {"-q 5 -USR1 P", "USR1", NULL},
    {"--queue -5 -USR1 P", "USR1", NULL},
    {"-USR1 -q -9 P", "USR1", NULL},
    {"-s USR1 --queue=7 P", "USR1", NULL},
    {"P", NULL, "it takes a signal and a target"},
    {"-9", NULL, "it takes a signal and a target"},
    {"9 P", NULL, "-9 or by its name"},
    {"P P", NULL, "is a PID to kill(1)"},
    {"-- P P", NULL, "is a PID to kill(1)"},
    {"-0 P", "0", NULL},
    {"-s 0 P", "0", NULL},
    {"--then 0 -TERM P", NULL, "'0' is not a signal"},
    {"-9 -TERM P", NULL, "one signal"},
    {"-s TERM -9 P -s 9", NULL, "negative"},
    {"-s TERM -KILL P", NULL, "one signal"},
    {"-s TERM -s KILL P", NULL, "one signal"},
    {"-s TERM KILL P", NULL, "'KILL' is not a process"},
    {"-TERM -1", NULL, "every process"},
    {"-9 -1", NULL, "every process"},
    {"-TERM -P", NULL, "-g takes"},
    {"-s TERM -- -P", NULL, "-g takes"},
    {"-TERM -- -P", NULL, "-g takes"},
    {"-- -P", NULL, "it takes a signal and a target"},
    {"TERM -P", NULL, "-g takes"},
    {"P -9", NULL, "negative"},
    {"P -TERM", NULL, "no such option"},
    {"-TERM 0", NULL, "our own process group"},
    {"-TERM sshd", NULL, "'sshd' is not a process"},
    {"-TERM %1", NULL, "'%1' is not a process"},
    {"-s NOSUCH P", NULL, "'NOSUCH' is not a signal"},
    {"-99 P", NULL, "'99' is not a signal"},
    {"--timeout 1000 KILL -TERM P", NULL, "--then"},
    {"-a -TERM P", NULL, "by its PID only"},
    {"--all -TERM P", NULL, "by its PID only"},
    {"-p P", NULL, "-n says"},
    {"--pid P", NULL, "-n says"},
    {"--require-handler -TERM P", NULL, "-n says"},
    {"--verbose -TERM P", NULL, "what it did"},
    {"-L", NULL, "write -l"},
    {"--table", NULL, "write -l"},
};

Test(send, means_what_kill_means_or_is_refused)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    for (size_t i = 0; i < ELEMENTS(kill_spellings); i++) {
        _cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
        for (const char *at = kill_spellings[i].line; *at; at++) {
            bool is_pid = *at == 'P' && (at[1] == '\0' || at[1] == ' ') &&
                          (at == kill_spellings[i].line || at[-1] == ' ' || at[-1] == '-');
            strbuf_printf(&line, is_pid ? "%d" : "%c", is_pid ? pid : *at);
        }
        _cleanup_outcome_ struct outcome outcome = run_send("-n -J %s", strbuf_text(&line));
        if (!kill_spellings[i].signal) {
            cr_expect_eq(outcome.status, EXIT_USAGE, "%s: %d", line.data, outcome.status);
            cr_expect(strstr(strbuf_text(&outcome.err), kill_spellings[i].reason), "%s: %s",
                      line.data, strbuf_text(&outcome.err));
            continue;
        }
        cr_expect_eq(outcome.status, EXIT_DONE, "%s: %s", line.data, strbuf_text(&outcome.err));
        json_t *doc = json_loads(strbuf_text(&outcome.out), 0, NULL);
        const char *signal = json_string_value(json_object_get(doc, "signal"));
        json_t *targets = json_object_get(doc, "targets");
        json_t *first = json_array_get(targets, 0);
        cr_expect(signal && strcmp(signal, kill_spellings[i].signal) == 0, "%s: %s", line.data,
                  signal ? signal : "no signal");
        cr_expect_eq(json_array_size(targets), 1, "%s", line.data);
        cr_expect_eq(json_integer_value(json_object_get(first, "pid")), pid, "%s", line.data);
        json_decref(doc);
    }
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');
}

/* kill -0 asks whether a process is there and may be signalled; also of its own parent. */
Test(send, signal_0_only_asks)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    _cleanup_outcome_ struct outcome living = run_send("-0 -w 60 %d %d", pid, getpid());
    cr_assert_eq(living.status, EXIT_DONE, "%s", strbuf_text(&living.err));
    cr_expect_eq(count_lines(&living.out), 2, "%s", strbuf_text(&living.out));
    cr_expect(strstr(strbuf_text(&living.out), "seen: it exists, and a signal may be sent to it"),
              "%s", strbuf_text(&living.out));
    _cleanup_outcome_ struct outcome json = run_send("-0 -J %d", pid);
    json_t *doc = json_loads(strbuf_text(&json.out), 0, NULL);
    json_t *first = json_array_get(json_object_get(doc, "targets"), 0);
    cr_expect(json_is_false(json_object_get(first, "sent")), "%s", strbuf_text(&json.out));
    json_decref(doc);
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');

    (void)kill(pid, SIGKILL);
    (void)spawn_reap(pid);
    _cleanup_outcome_ struct outcome gone = run_send("-0 %d", pid);
    cr_assert_eq(gone.status, EXIT_NO_MATCH, "%s", strbuf_text(&gone.err));
}

Test(send, session_member_is_not_the_session)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    _cleanup_outcome_ struct outcome outcome = run_send("-s TERM %d", pid);
    cr_assert_eq(outcome.status, EXIT_DONE, "%s", strbuf_text(&outcome.err));
    cr_assert_eq(count_lines(&outcome.out), 1, "%s", strbuf_text(&outcome.out));
    cr_assert_eq(WTERMSIG(spawn_reap(pid)), SIGTERM);
}

Test(send, lists_signals_as_kill_does)
{
    static const struct {
        const char *line, *out;
    } lists[] = {{"-l 9", "KILL\n"},
                 {"-l TERM", "15\n"},
                 {"-l 143 SIGHUP", "TERM\n1\n"},
                 {"--list 1", "HUP\n"}};
    for (size_t i = 0; i < ELEMENTS(lists); i++) {
        _cleanup_outcome_ struct outcome outcome = run_send("%s", lists[i].line);
        cr_expect_eq(outcome.status, EXIT_DONE);
        cr_expect_str_eq(strbuf_text(&outcome.out), lists[i].out);
    }
    _cleanup_outcome_ struct outcome all = run_send("-l"), none = run_send("-l 200");
    assert_holds(&all.out, "USR1");
    cr_expect_eq(none.status, EXIT_USAGE);
}

Test(send, refuses_itself_and_its_parent_without_a_second_yes)
{
    _cleanup_outcome_ struct outcome self = run_send("KILL %d", getpid());
    cr_assert_eq(self.status, EXIT_USAGE);
    assert_holds(&self.err, "reaptop itself; --force");
    _cleanup_outcome_ struct outcome parent = run_send("KILL %d", getppid());
    cr_assert_eq(parent.status, EXIT_USAGE);
    assert_holds(&parent.err, "parent; --force");
    _cleanup_outcome_ struct outcome forced = run_send("--force URG %d", getppid());
    cr_assert_eq(forced.status, EXIT_DONE);
}

static void *report_tid(void *argument)
{
    spawn_report((int32_t)syscall(SYS_gettid));
    (void)pause();
    return argument;
}

static int run_thread(void *argument)
{
    pthread_t thread;
    spawn_ready();
    (void)pthread_create(&thread, NULL, report_tid, argument);
    (void)pthread_join(thread, NULL);
    return 0;
}

Test(send, says_whose_thread_a_number_is)
{
    static const char *const scopes[] = {"", "-g ", "--session ", "-T "};
    pid_t pid = spawn_child(run_thread, NULL);
    int32_t tid;
    char expected[64];
    cr_assert(spawn_receive(pid, &tid));
    (void)snprintf(expected, sizeof(expected), "%d is a thread of process %d", tid, pid);
    for (size_t i = 0; i < ELEMENTS(scopes); i++) {
        _cleanup_outcome_ struct outcome outcome = run_send("%sKILL %d", scopes[i], tid);
        cr_expect_eq(outcome.status, EXIT_USAGE);
        assert_holds(&outcome.err, expected);
    }
    cr_assert_eq(waitpid(pid, NULL, WNOHANG), 0, "it lives");
}

Test(send, refuses_a_kernel_thread_even_when_forced)
{
    char name[16] = "";
    FILE *comm = fopen("/proc/2/comm", "re");
    if (comm) {
        (void)!fgets(name, sizeof(name), comm);
        (void)fclose(comm);
    }
    if (strcmp(name, "kthreadd\n") != 0)
        cr_skip("2 is kthreadd outside of PID namespaces only");
    _cleanup_outcome_ struct outcome outcome = run_send("--force TERM 2");
    cr_assert_eq(outcome.status, EXIT_USAGE);
    assert_holds(&outcome.err, "kernel thread");
}

Test(send, says_what_is_gone)
{
    pid_t pid = spawn_child(spawn_pause, NULL), other = spawn_child(spawn_pause, NULL);
    (void)spawn_kill(pid);
    _cleanup_outcome_ struct outcome gone = run_send("TERM %d", pid);
    cr_assert_eq(gone.status, EXIT_NO_MATCH);
    assert_holds(&gone.err, "is gone");
    _cleanup_outcome_ struct outcome mixed = run_send("WINCH %d %d", pid, other);
    cr_assert_eq(mixed.status, EXIT_SOME_FAILED);
    cr_assert_eq(count_lines(&mixed.out), 1);
    cr_assert_eq(count_lines(&mixed.err), 1);
}

static int report_value(void *argument)
{
    sigset_t wanted;
    siginfo_t info = {0};
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGRTMIN + 1);
    (void)sigprocmask(SIG_BLOCK, &wanted, NULL);
    spawn_ready();
    (void)sigwaitinfo(&wanted, &info);
    spawn_report(info.si_value.sival_int);
    (void)argument;
    return 0;
}

Test(send, queues_a_value)
{
    pid_t pid = spawn_child(report_value, NULL);
    _cleanup_outcome_ struct outcome outcome = run_send("-q -77 RTMIN+1 %d", pid);
    cr_assert_eq(outcome.status, EXIT_DONE);
    int32_t reported;
    cr_assert(spawn_receive(pid, &reported));
    cr_assert_eq(reported, -77);
}

static int lead_two(void *argument)
{
    (void)setsid();
    for (int i = 0; i < 2; i++) {
        if (spawn_bound() != 0)
            continue;
        for (;;)
            (void)pause();
    }
    return spawn_pause(argument);
}

Test(send, reaches_whole_groups_sessions_and_subtrees)
{
    static const char *const scopes[] = {"-g", "--session", "-T"};
    for (size_t i = 0; i < ELEMENTS(scopes); i++) {
        pid_t pid = spawn_child(lead_two, NULL);
        _cleanup_outcome_ struct outcome dry = run_send("%s -n TERM %d", scopes[i], pid);
        cr_expect_eq(count_lines(&dry.out), 3, "%s: %s", scopes[i], strbuf_text(&dry.out));
        _cleanup_outcome_ struct outcome outcome = run_send("%s TERM %d", scopes[i], pid);
        cr_expect_eq(outcome.status, EXIT_DONE, "%s", strbuf_text(&outcome.err));
        cr_expect_geq(count_lines(&outcome.out), 1);
        cr_expect_eq(WTERMSIG(spawn_reap(pid)), SIGTERM);
    }
}

Test(send, json_has_the_whole_report)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    _cleanup_outcome_ struct outcome outcome = run_send("--json TERM %d 1", pid);
    cr_assert_eq(outcome.status, EXIT_SOME_FAILED);
    cr_assert_eq(outcome.err.length, 0, "%s", strbuf_text(&outcome.err));
    json_t *doc = json_loads(strbuf_text(&outcome.out), 0, NULL);
    cr_assert_not_null(doc);
    cr_expect_str_eq(json_string_value(json_object_get(doc, "schema")), "reaptop/send/1");
    cr_expect_str_eq(json_string_value(json_object_get(doc, "signal")), "TERM");
    json_t *targets = json_object_get(doc, "targets");
    cr_assert_eq(json_array_size(targets), 2);
    json_t *first = json_array_get(targets, 0), *second = json_array_get(targets, 1);
    cr_expect_eq(json_integer_value(json_object_get(first, "pid")), pid);
    cr_expect_str_eq(json_string_value(json_object_get(first, "result")), "ended");
    cr_expect_str_eq(json_string_value(json_object_get(first, "signal")), "TERM");
    cr_expect(json_is_true(json_object_get(first, "sent")));
    cr_expect_str_eq(json_string_value(json_object_get(second, "result")), "refused");
    cr_expect_str_eq(json_string_value(json_object_get(second, "error")), "EPERM");
    cr_expect(json_is_true(json_object_get(second, "needs_force")));
    json_decref(doc);
}

static int send_as_nobody(void *argument)
{
    struct outcome outcome = run_send("TERM %d", *(const pid_t *)argument);
    bool is_reported = strstr(strbuf_text(&outcome.err), "it runs as root") != NULL;
    int status = outcome.status;
    outcome_done(&outcome);
    return is_reported ? status : 99;
}

Test(send, reports_what_is_not_permitted)
{
    if (getuid() != 0)
        cr_skip("needs root");
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(spawn_run_as_nobody(send_as_nobody, &pid), EXIT_FAULT);
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');
}
