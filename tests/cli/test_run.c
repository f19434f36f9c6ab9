#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/source/connector.h"
#include "support/capture.h"
#include "support/spawn.h"

TestSuite(run, .fini = spawn_done, .timeout = 600);

enum {
    SEQUENTIAL = 1000,
    WAIT_MS = 10000
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

static int call(char **words, bool is_json)
{
    struct options options = OPTIONS_INIT;
    options.json = is_json;
    int argc = 0;
    while (words[argc])
        argc++;
    return command_run(&options, argc, words);
}

static struct outcome run_words(char **words, bool is_json)
{
    struct outcome outcome = {0};
    cr_assert_eq(capture_begin(), 0);
    outcome.status = call(words, is_json);
    capture_end(&outcome.out, &outcome.err);
    return outcome;
}

static struct outcome run_shell(const char *script, bool is_json)
{
    char *words[] = {(char *)"run", (char *)"sh", (char *)"-c", (char *)script, NULL};
    return run_words(words, is_json);
}

static size_t count(const struct strbuf *text, const char *what)
{
    size_t found = 0;
    for (const char *at = strbuf_text(text); (at = strstr(at, what)); at += strlen(what))
        found++;
    return found;
}

static bool is_connector_granted(void)
{
    struct connector *connector = NULL;
    bool is_granted = connector_open(&connector, NULL) == 0;
    connector_close(is_granted ? connector : NULL);
    return is_granted;
}

static const struct {
    const char *script;
    int status;
} ends[] = {
    {"exit 0", 0},
    {"exit 3", 3},
    {"exit 255", 255},
    {"kill -TERM $$", 128 + SIGTERM},
    {"kill -KILL $$", 128 + SIGKILL},
};

Test(run, exits_as_its_command_does)
{
    for (size_t i = 0; i < ELEMENTS(ends); i++) {
        _cleanup_outcome_ struct outcome outcome = run_shell(ends[i].script, false);
        cr_expect_eq(outcome.status, ends[i].status, "%s: %d", ends[i].script, outcome.status);
        cr_expect_geq(count(&outcome.err, " was reaped by "), 1, "%s", strbuf_text(&outcome.err));
    }
}

Test(run, reports_of_exec_s_own_error_as_a_shell_does)
{
    static const struct {
        const char *path, *reason;
        int status;
    } cases[] = {
        {"/nonexistent/reaptop", "No such file", 127},
        {"reaptop-no-such-command", "No such file", 127},
        {"/etc/passwd", "Permission denied", 126},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char *words[] = {(char *)"run", (char *)cases[i].path, NULL};
        _cleanup_outcome_ struct outcome outcome = run_words(words, false);
        cr_expect_eq(outcome.status, cases[i].status, "%d", outcome.status);
        cr_expect(strstr(strbuf_text(&outcome.err), cases[i].reason), "%s",
                  strbuf_text(&outcome.err));
    }
    char *nothing[] = {(char *)"run", NULL};
    _cleanup_outcome_ struct outcome outcome = run_words(nothing, false);
    cr_expect_eq(outcome.status, EXIT_USAGE);
}

Test(run, leaves_standard_output_to_the_command)
{
    _cleanup_outcome_ struct outcome outcome = run_shell("echo one; echo two", false);
    cr_assert_str_eq(strbuf_text(&outcome.out), "one\ntwo\n");
    cr_assert_geq(count(&outcome.err, "\n"), 4);
}

struct reported {
    pid_t orphan, from, adopter, reaper;
};

static void take_event(struct reported *reported, const json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    pid_t pid = (pid_t)json_integer_value(json_object_get(event, "pid"));
    if (strcmp(kind, "adopt") == 0) {
        reported->orphan = pid;
        reported->from = (pid_t)json_integer_value(json_object_get(event, "from"));
        reported->adopter = (pid_t)json_integer_value(json_object_get(event, "to"));
    }
    if (strcmp(kind, "reap") == 0 && pid == reported->orphan)
        reported->reaper = (pid_t)json_integer_value(json_object_get(event, "ppid"));
}

/* What both say on standard error cannot be told apart: a file of its own has reaptop's alone. */
Test(run, tells_it_into_a_file_where_one_is_named)
{
    char path[] = "/tmp/reaptop-run-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    (void)close(fd);
    char script[] = "echo mine >&2";
    char *words[] = {(char *)"run", (char *)"sh", (char *)"-c", script, NULL};
    struct options options = OPTIONS_INIT;
    options.json = true;
    for (int i = 0; run_options[i].name; i++)
        if (run_options[i].letter == 'o')
            options.own[i] = path;
    _cleanup_outcome_ struct outcome outcome = {0};
    cr_assert_eq(capture_begin(), 0);
    outcome.status = command_run(&options, 4, words);
    capture_end(&outcome.out, &outcome.err);
    cr_expect_eq(outcome.status, EXIT_DONE);
    cr_expect_str_eq(strbuf_text(&outcome.err), "mine\n");

    _cleanup_file_ FILE *file = fopen(path, "r");
    size_t lines = 0, exits = 0;
    json_t *object;
    cr_assert_not_null(file);
    while ((object = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL))) {
        const char *event = json_string_value(json_object_get(object, "event"));
        lines++;
        exits += event && strcmp(event, "exit") == 0;
        json_decref(object);
    }
    cr_expect_gt(lines, 2);
    cr_expect_geq(exits, 1);
    cr_expect_eq(fgetc(file), EOF, "nothing else is in it");
    (void)unlink(path);
}

Test(run, names_a_file_that_cannot_be_made)
{
    char *words[] = {(char *)"run", (char *)"true", NULL};
    struct options options = OPTIONS_INIT;
    for (int i = 0; run_options[i].name; i++)
        if (run_options[i].letter == 'o')
            options.own[i] = "/proc/reaptop/no";
    _cleanup_outcome_ struct outcome outcome = {0};
    cr_assert_eq(capture_begin(), 0);
    outcome.status = command_run(&options, 2, words);
    capture_end(&outcome.out, &outcome.err);
    cr_expect_eq(outcome.status, EXIT_FAULT);
    cr_expect_not_null(strstr(strbuf_text(&outcome.err), "run: /proc/reaptop/no: "));
}

Test(run, adopts_and_reaps_orphans)
{
    _cleanup_outcome_ struct outcome outcome = run_shell("(sleep 0.5 & sleep 0.2) ; exit 2", true);
    cr_assert_eq(outcome.status, 2);
    struct reported reported = {0};
    char *text = strdup(strbuf_text(&outcome.err)), *rest = text, *line;
    while ((line = strsep(&rest, "\n")) && *line) {
        json_t *event = json_loads(line, 0, NULL);
        cr_assert_not_null(event, "%s", line);
        cr_expect_str_eq(json_string_value(json_object_get(event, "schema")), "reaptop/event/1");
        take_event(&reported, event);
        json_decref(event);
    }
    free(text);
    cr_expect_gt(reported.orphan, 0, "%s", strbuf_text(&outcome.err));
    cr_expect_neq(reported.from, reported.adopter);
    cr_expect_eq(reported.reaper, reported.adopter, "%s", strbuf_text(&outcome.err));
}

/* "fork exec exit zombie reap " of the process that is told first. */
static void read_first_life(const struct strbuf *text, struct strbuf *ret_kinds)
{
    char *copy = strdup(strbuf_text(text)), *rest = copy, *line;
    json_int_t first = 0;
    while ((line = strsep(&rest, "\n"))) {
        json_t *event = json_loads(line, 0, NULL);
        json_int_t pid = json_integer_value(json_object_get(event, "pid"));
        if (first == 0)
            first = pid;
        const char *to = json_string_value(json_object_get(event, "to"));
        bool is_caught_dead = to && strcmp(to, "X") == 0; /* now and then */
        if (event && pid == first && !is_caught_dead)
            strbuf_printf(ret_kinds, "%s ", json_string_value(json_object_get(event, "event")));
        json_decref(event);
    }
    free(copy);
}

Test(run, reports_the_whole_life_of_its_command)
{
    _cleanup_(strbuf_done) struct strbuf kinds = STRBUF_INIT;
    char *words[] = {(char *)"run", (char *)"/bin/true", NULL};
    _cleanup_outcome_ struct outcome outcome = run_words(words, true);
    cr_assert_eq(outcome.status, 0);
    read_first_life(&outcome.err, &kinds);
    cr_expect_str_eq(strbuf_text(&kinds), "fork exec exit zombie reap ", "%s",
                     strbuf_text(&outcome.err));
}

/* The shell waits for each at once: no sweep sees them, the kernel's word for their end does. */
Test(run, reports_of_zombies_that_no_sweep_saw)
{
    if (!is_connector_granted())
        cr_skip("needs the proc connector");
    _cleanup_outcome_ struct outcome outcome =
        run_shell("i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done", true);
    cr_assert_eq(outcome.status, 0);
    cr_expect_eq(count(&outcome.err, "\"event\":\"exit\""), 51);
    cr_expect_geq(count(&outcome.err, "\"event\":\"zombie\""), 2, "%s", strbuf_text(&outcome.err));
    cr_expect_leq(count(&outcome.err, "\"event\":\"zombie\""), 51);
}

Test(run, misses_none_of_a_thousand_children)
{
    if (!is_connector_granted())
        cr_skip("needs the proc connector");
    char script[128];
    (void)snprintf(script, sizeof(script),
                   "i=0; while [ $i -lt %d ]; do /bin/true; i=$((i+1)); done", SEQUENTIAL);
    _cleanup_outcome_ struct outcome outcome = run_shell(script, false);
    cr_assert_eq(outcome.status, 0);
    cr_assert_eq(count(&outcome.err, "events lost"), 0);
    cr_expect_eq(count(&outcome.err, " was forked by "), SEQUENTIAL + 1);
    cr_expect_eq(count(&outcome.err, " exec: "), SEQUENTIAL + 1);
    cr_expect_eq(count(&outcome.err, " exited with "), SEQUENTIAL + 1);
    cr_expect_eq(count(&outcome.err, " was reaped ") + count(&outcome.err, " is gone"),
                 SEQUENTIAL + 1);
}

/* The kernel tells of processes in its first network namespace only. */
Test(run, reports_a_life_by_sweeps_where_the_kernel_does_not)
{
    if (unshare(CLONE_NEWNET) < 0)
        cr_skip_test("needs root to leave the network namespace");
    cr_assert_not(is_connector_granted());
    _cleanup_outcome_ struct outcome outcome = run_shell("sleep 0.5 & wait $!; exit 3", false);
    cr_expect_eq(outcome.status, 3);
    static const char *const reported[] = {
        "comparing sweeps instead; short lives can be missed",
        " (diff)",
        "exited with status 3",
        "is a zombie until",
        "was reaped by",
    };
    for (size_t i = 0; i < ELEMENTS(reported); i++)
        cr_expect(strstr(strbuf_text(&outcome.err), reported[i]), "%s: %s", reported[i],
                  strbuf_text(&outcome.err));
    cr_expect_geq(count(&outcome.err, " was forked by "), 2);
}

Test(run, obeys_readonly)
{
    struct options options = OPTIONS_INIT;
    options.readonly = true;
    char *words[] = {(char *)"run", (char *)"true", NULL};
    cr_assert_eq(capture_begin(), 0);
    int status = command_run(&options, 2, words);
    struct outcome outcome = {0};
    capture_end(&outcome.out, &outcome.err);
    cr_assert_eq(status, EXIT_USAGE);
    cr_assert_eq(count(&outcome.err, "\n"), 1);
    outcome_done(&outcome);
}

/* ---- signals, and being killed ---- */

struct script {
    const char *text;
    const char *fifo; /* written to when all it grows is there */
};

/* `reaptop run sh -c TEXT` as a child of the test. */
static int run_in_child(void *argument)
{
    const struct script *script = argument;
    char *words[] = {(char *)"run",        (char *)"sh",         (char *)"-c",
                     (char *)script->text, (char *)script->fifo, NULL};
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(null_fd, STDERR_FILENO);
    spawn_ready();
    return call(words, false);
}

/* Grows it and reads from the FIFO the PIDs that the script echoes, up to "end". */
static pid_t spawn_run(const char *text, pid_t *ret_pids, size_t most, size_t *ret_count)
{
    char dir[] = "/tmp/reaptop-run-XXXXXX", fifo[64], line[32];
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    int fd = open(fifo, O_RDWR | O_CLOEXEC);
    FILE *reported = fdopen(fd, "r");
    struct script script = {.text = text, .fifo = fifo};
    pid_t pid = spawn_child(run_in_child, &script);
    *ret_count = 0;
    setvbuf(reported, NULL, _IONBF, 0); /* poll() must see what is there */
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, WAIT_MS) == 1 && fgets(line, sizeof(line), reported) &&
           strcmp(line, "end\n") != 0) {
        cr_assert_lt(*ret_count, most);
        ret_pids[(*ret_count)++] = atoi(line);
    }
    (void)fclose(reported);
    (void)unlink(fifo);
    (void)rmdir(dir);
    return pid;
}

static bool await_no_more(pid_t pid)
{
    char path[32], state;
    (void)snprintf(path, sizeof(path), "/proc/%d", pid);
    for (int waited = 0; waited < WAIT_MS && access(path, F_OK) == 0; waited++) {
        state = spawn_await_state(pid, "ZXRSDTtIP");
        if (state == 'Z' || state == '\0')
            return true;
        (void)poll(NULL, 0, 1);
    }
    return access(path, F_OK) != 0;
}

/* One that stays in the group, one in a session of its own, one orphan, and the shell itself. */
static const char family[] = "sleep 1000 & echo $! > $0\n"
                             "setsid sleep 1000 & echo $! > $0\n"
                             "(sleep 1000 & echo $! > $0)\n"
                             "echo $$ > $0; echo end > $0; wait; exit 9";

Test(run, leaves_nothing_behind_when_it_is_killed)
{
    pid_t pids[8];
    size_t spawned_count;
    pid_t pid = spawn_run(family, pids, ELEMENTS(pids), &spawned_count);
    cr_assert_eq(spawned_count, 4);
    (void)spawn_kill(pid);
    for (size_t i = 0; i < spawned_count; i++)
        cr_expect(await_no_more(pids[i]), "%zu", i);
}

static pid_t parent_of(pid_t pid)
{
    char path[64], line[256];
    pid_t parent = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "PPid: %d", &parent) == 1)
            break;
    if (file)
        (void)fclose(file);
    return parent;
}

Test(run, leaves_nothing_behind_when_its_worker_is_killed)
{
    pid_t pids[8];
    size_t spawned_count;
    pid_t pid = spawn_run(family, pids, ELEMENTS(pids), &spawned_count);
    cr_assert_eq(spawned_count, 4);
    pid_t worker = parent_of(pids[3]);
    cr_assert_eq(parent_of(worker), pid);
    (void)kill(worker, SIGKILL);
    int status = spawn_reap(pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL);
    for (size_t i = 0; i < spawned_count; i++)
        cr_expect(await_no_more(pids[i]), "%zu", i);
}

Test(run, passes_a_signal_on_to_its_command)
{
    pid_t pids[8];
    size_t spawned_count;
    pid_t pid = spawn_run("trap 'exit 5' TERM; echo $$ > $0; echo end > $0\n"
                          "while :; do sleep 0.01; done",
                          pids, ELEMENTS(pids), &spawned_count);
    (void)kill(pid, SIGTERM);
    int status = spawn_reap(pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 5, "%x", status);
}

Test(run, ends_what_its_command_left_behind)
{
    pid_t pids[8];
    size_t spawned_count;
    pid_t pid = spawn_run("(trap '' TERM; exec sleep 1000) & echo $! > $0\n"
                          "sleep 1000 & echo $! > $0\n"
                          "echo $$ > $0; echo end > $0; exit 6",
                          pids, ELEMENTS(pids), &spawned_count);
    cr_assert_eq(spawned_count, 3);
    cr_assert(await_no_more(pids[2]));
    /* The shell is dead; how often TERM is needed depends on whether it was reaped yet. */
    for (int waited = 0; waited < WAIT_MS && spawn_await_state(pid, "SRDZ") != 'Z'; waited += 50) {
        (void)kill(pid, SIGTERM);
        (void)poll(NULL, 0, 50);
    }
    int status = spawn_reap(pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 6, "%x", status);
    cr_assert(await_no_more(pids[0]));
    cr_assert(await_no_more(pids[1]));
}

/* ---- system calls ---- */

static bool is_tracing_granted(void)
{
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            (void)pause();
    bool is_granted = ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, __WALL);
    return is_granted;
}

static struct outcome run_traced(const char *script, bool is_json)
{
    struct outcome outcome = {0};
    struct options options = OPTIONS_INIT;
    char *words[] = {(char *)"run", (char *)"sh", (char *)"-c", (char *)script, NULL};
    options.json = is_json;
    options.own[0] = ""; /* --syscalls */
    cr_assert_eq(capture_begin(), 0);
    outcome.status = command_run(&options, 4, words);
    capture_end(&outcome.out, &outcome.err);
    return outcome;
}

Test(run, tells_the_calls_of_a_whole_family)
{
    if (!is_tracing_granted())
        cr_skip("ptrace is not granted");
    _cleanup_outcome_ struct outcome outcome = run_traced("echo one | cat; exit 3", false);
    const char *text = strbuf_text(&outcome.err);
    cr_expect_eq(outcome.status, 3, "%s", text);
    cr_expect_str_eq(strbuf_text(&outcome.out), "one\n");
    cr_expect_eq(count(&outcome.err, "here it returns in the child"), 2, "%s", text);
    cr_expect_geq(count(&outcome.err, "can be read from"), 1, "%s", text);
    cr_expect_geq(count(&outcome.err, "is now what"), 2, "%s", text);
    cr_expect_eq(count(&outcome.err, "another program runs in the same process"), 2, "%s", text);
    cr_expect_eq(count(&outcome.err, "exit_group("), 3, "%s", text);
    cr_expect_geq(count(&outcome.err, "end of file"), 1, "%s", text);
    cr_expect_geq(count(&outcome.err, "and is reaped: its entry is gone"), 2, "%s", text);
    cr_expect_eq(count(&outcome.err, "not shown (--all-syscalls)"), 1, "%s", text);
}

Test(run, tells_every_child_s_end_where_many_are_traced)
{
    if (!is_tracing_granted())
        cr_skip("ptrace is not granted");
    _cleanup_outcome_ struct outcome outcome =
        run_traced("i=0; while [ $i -lt 50 ]; do (exit 7) & i=$((i+1)); done; wait", false);
    cr_expect_eq(outcome.status, 0);
    cr_expect_eq(count(&outcome.err, "exit_group(7)"), 50, "%s", strbuf_text(&outcome.err));
    cr_expect_eq(count(&outcome.err, "exited with status 7 and is reaped"), 50);
}

static const struct {
    const char *script;
    int status;
} traced_ends[] = {
    {"kill -TERM $$", 128 + SIGTERM},
    {"kill -KILL $$", 128 + SIGKILL},
    {"sleep 1000 & kill -KILL $!; wait $!", 128 + SIGKILL},
    {"trap 'exit 5' TERM; kill -TERM $$; exit 6", 5},
    {"(kill -STOP $$; kill -CONT $$) & wait; exit 4", 4},
    {"sleep 1000 & kill -STOP $!; kill -CONT $!; kill -TERM $!; wait $!; exit 8", 8},
    {"exec sh -c 'exit 9'", 9},
};

Test(run, traced_commands_end_as_they_would)
{
    if (!is_tracing_granted())
        cr_skip("ptrace is not granted");
    for (size_t i = 0; i < ELEMENTS(traced_ends); i++) {
        _cleanup_outcome_ struct outcome outcome = run_traced(traced_ends[i].script, false);
        cr_expect_eq(outcome.status, traced_ends[i].status, "%s: %d\n%s", traced_ends[i].script,
                     outcome.status, strbuf_text(&outcome.err));
    }
}

Test(run, calls_are_json_lines_too)
{
    if (!is_tracing_granted())
        cr_skip("ptrace is not granted");
    _cleanup_outcome_ struct outcome outcome = run_traced("exit 2", true);
    bool is_there = false;
    char *line, *rest = outcome.err.data;
    while (rest && (line = strsep(&rest, "\n"))) {
        json_t *object = *line ? json_loads(line, 0, NULL) : NULL;
        cr_expect(!*line || object, "%s", line);
        const char *call = json_string_value(json_object_get(object, "call"));
        is_there |= call && strcmp(call, "exit_group") == 0 &&
                    json_is_null(json_object_get(object, "returned"));
        json_decref(object);
    }
    cr_expect(is_there);
}
