#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/control/child.h"
#include "reaptop/model/event.h"
#include "reaptop/model/process.h"
#include "reaptop/source/live.h"
#include "support/spawn.h"

TestSuite(child, .fini = spawn_done, .timeout = 600);

enum {
    WAIT_MS = 10000
};

static void cleanup_list(struct child_list **list)
{
    child_list_free(*list);
}

#define _cleanup_list_ _cleanup_(cleanup_list)

static const struct child *spawn(struct child_list *list, char *const argv[], bool is_apart)
{
    const struct child *child = NULL;
    struct error error = ERROR_INIT;
    struct child_spawn wanted = {.argv = argv, .is_apart = is_apart};
    cr_assert_eq(child_spawn(list, &wanted, &child, &error), 0, "%s", error.message);
    return child;
}

static int32_t reap(struct child_list *list, struct identity id)
{
    int32_t status = -1;
    /* The descriptor is readable for any child that waits to be reaped, not for this one alone. */
    uint64_t deadline = clock_boot_ns() + WAIT_MS * NS_PER_MS;
    while (child_reap(list, id, &status) == -EAGAIN && clock_boot_ns() < deadline) {
        struct pollfd ended = {.fd = child_poll_fd(list), .events = POLLIN};
        (void)poll(&ended, 1, 10);
    }
    return status;
}

static int run_shell(const char *script, bool is_apart)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
    int32_t status = reap(list, spawn(list, argv, is_apart)->handle.id);
    cr_assert_eq(child_count(list), 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- words ---- */

static const struct {
    const char *line;
    const char *words[6];
    const char *reason; /* NULL: fine */
} lines[] = {
    {"sleep 10", {"sleep", "10"}, NULL},
    {"  sleep\t10 \n", {"sleep", "10"}, NULL},
    {"sh -c 'sleep 1; exit 3'", {"sh", "-c", "sleep 1; exit 3"}, NULL},
    {"a \"b c\" d", {"a", "b c", "d"}, NULL},
    {"a\\ b c", {"a b", "c"}, NULL},
    {"a '' \"\"", {"a", "", ""}, NULL},
    {"'a'\"b\"c", {"abc"}, NULL},
    {"\"a\\\"b\\n\"", {"a\"b\\n"}, NULL},
    {"'a\\b'", {"a\\b"}, NULL},
    {"", {0}, "no command"},
    {"   ", {0}, "no command"},
    {"a 'b", {0}, "quote ' is not closed"},
    {"a \"b", {0}, "quote \" is not closed"},
    {"a\\", {0}, "lone"},
    {"a | b", {0}, "shell"},
    {"a > b", {0}, "shell"},
    {"a $b", {0}, "shell"},
    {"a; b", {0}, "shell"},
    {"a &", {0}, "shell"},
    {"ls *", {0}, "shell"},
};

Test(child, splits_a_line_as_a_shell_would)
{
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        _cleanup_free_ char **argv = NULL;
        struct error error = ERROR_INIT;
        int r = child_split(lines[i].line, &argv, &error);
        cr_expect_eq(r, lines[i].reason ? -EINVAL : 0, "'%s': %s", lines[i].line, error.message);
        if (lines[i].reason) {
            cr_expect(strstr(error.message, lines[i].reason), "'%s': %s", lines[i].line,
                      error.message);
            continue;
        }
        for (size_t w = 0; r == 0 && w < ELEMENTS(lines[i].words); w++) {
            if (!lines[i].words[w]) {
                cr_expect_null(argv[w], "'%s'", lines[i].line);
                break;
            }
            cr_expect_str_eq(argv[w], lines[i].words[w], "'%s'", lines[i].line);
        }
    }
}

/* ---- commands ---- */

Test(child, executes_and_is_reaped)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)"read line; exit 3", NULL};
    const struct child *child = spawn(list, argv, true);
    cr_assert_eq(child->kind, CHILD_COMMAND);
    cr_assert_str_eq(child->title, "sh -c read line; exit 3");
    struct identity id = child->handle.id;
    cr_assert_eq(child_find(list, id), child);

    struct pollfd ended = {.fd = child_poll_fd(list), .events = POLLIN};
    cr_assert_eq(poll(&ended, 1, WAIT_MS), 1);
    cr_assert_eq(child_refresh(list), 1);
    cr_assert(child->is_ended);
    cr_assert_eq(child_refresh(list), 0, "told once");
    cr_assert_eq(poll(&ended, 1, 0), 0);

    int32_t status;
    cr_assert_eq(child_reap(list, id, &status), 0);
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    exit_status_describe(status, &words);
    cr_assert(strstr(strbuf_text(&words), "3"), "%s", strbuf_text(&words));
    cr_assert_eq(child_count(list), 0);
    cr_assert_eq(child_reap(list, id, &status), -ECHILD);
}

Test(child, is_not_reaped_while_it_lives)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    char *const argv[] = {(char *)"sleep", (char *)"1000", NULL};
    const struct child *child = spawn(list, argv, true);
    cr_assert_eq(child_reap(list, child->handle.id, NULL), -EAGAIN);
    cr_assert_eq(child_count(list), 1);
    cr_assert_eq(handle_send(&child->handle, SIGTERM, NULL, NULL), 0);
    int32_t status = reap(list, child->handle.id);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static const struct {
    const char *path;
    int code;
} not_executed[] = {
    {"/nonexistent/reaptop", -ENOENT},
    {"reaptop-no-such-command", -ENOENT},
    {"/etc/passwd", -EACCES},
    {"/", -EACCES},
    {"", -ENOENT},
};

Test(child, reports_of_exec_s_own_error)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    int before = spawn_count_descriptors();
    for (size_t i = 0; i < ELEMENTS(not_executed); i++) {
        char *const argv[] = {(char *)not_executed[i].path, NULL};
        struct child_spawn wanted = {.argv = argv};
        struct error error = ERROR_INIT;
        cr_expect_eq(child_spawn(list, &wanted, NULL, &error), not_executed[i].code, "%s: %s",
                     not_executed[i].path, error.message);
        cr_expect(strstr(error.message, not_executed[i].path), "%s", error.message);
        cr_expect(strstr(error.message, strerror(-not_executed[i].code)), "%s", error.message);
    }
    cr_assert_eq(child_count(list), 0);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "no child is left");
    cr_assert_eq(spawn_count_descriptors(), before);
}

Test(child, inherits_no_descriptor_mask_or_disposition)
{
    int stray = dup2(STDERR_FILENO, 57);
    sigset_t some;
    (void)sigemptyset(&some);
    (void)sigaddset(&some, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &some, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int status =
        run_shell("test -e /proc/self/fd/57 && exit 4\n"
                  "grep -q '^SigBlk:.*[1-9a-f]' /proc/self/status && exit 5\n"
                  /* 32 and 33: the C library's posix_spawn(3) leaves them ignored; 1: nohup(1). */
                  "grep -Eq '^SigIgn:.0000000[01][08]000000[01]$' /proc/self/status || exit 6\n"
                  "exit 0",
                  false);
    (void)close(stray);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigprocmask(SIG_UNBLOCK, &some, NULL);
    cr_assert_eq(status, 0, "%d", status);
}

Test(child, apart_has_its_own_session_and_no_terminal)
{
    cr_assert_eq(run_shell("set -- $(cut -d')' -f2 /proc/$$/stat); test $4 = $$ || exit 4\n"
                           "test \"$(readlink /proc/$$/fd/0)\" = /dev/null || exit 5\n"
                           "test \"$(readlink /proc/$$/fd/1)\" = /dev/null || exit 6\n"
                           "exit 0",
                           true),
                 0);
    cr_assert_eq(
        run_shell("set -- $(cut -d')' -f2 /proc/$$/stat); test $4 = $$ && exit 4; exit 0", false),
        0);
}

Test(child, list_ends_what_it_grew)
{
    int before = spawn_count_descriptors();
    struct child_list *list = child_list_new();
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)"sleep 1000 & wait", NULL};
    (void)spawn(list, argv, true);
    for (size_t i = 0; specimens[i].name; i++)
        cr_assert_eq(child_spawn_specimen(list, i, NULL, NULL), 0);
    child_list_free(list);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "nothing is left to wait for");
    cr_assert_eq(errno, ECHILD);
    cr_assert_eq(spawn_count_descriptors(), before);
    child_list_free(NULL);
}

Test(child, waits_for_nobody_else)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    pid_t other = spawn_child(spawn_pause, NULL);
    (void)kill(other, SIGKILL);
    cr_assert_eq(spawn_await_state(other, "Z"), 'Z');
    cr_assert_eq(child_refresh(list), 0);
    cr_assert_eq(child_reap(list, (struct identity){.pid = other}, NULL), -ECHILD);
    cr_assert_eq(spawn_await_state(other, "Z"), 'Z', "still there");
}

/* ---- specimens ---- */

static size_t specimen(const char *name)
{
    for (size_t i = 0; specimens[i].name; i++)
        if (strcmp(specimens[i].name, name) == 0)
            return i;
    cr_assert_fail("no specimen %s", name);
    return 0;
}

static const struct child *spawn_specimen(struct child_list *list, const char *name)
{
    const struct child *child = NULL;
    struct error error = ERROR_INIT;
    cr_assert_eq(child_spawn_specimen(list, specimen(name), &child, &error), 0, "%s",
                 error.message);
    cr_assert_eq(child->kind, CHILD_SPECIMEN);
    cr_assert_str_eq(child->title, name);
    return child;
}

Test(child, specimens_reach_their_states)
{
    static const struct {
        const char *name, *letters;
    } states[] = {{"sleeper", "S"}, {"spinner", "R"}, {"stopped", "T"}, {"deaf", "S"}};
    _cleanup_list_ struct child_list *list = child_list_new();
    for (size_t i = 0; i < ELEMENTS(states); i++) {
        const struct child *child = spawn_specimen(list, states[i].name);
        cr_expect_neq(spawn_await_state(child->handle.id.pid, states[i].letters), '\0', "%s",
                      states[i].name);
    }
    for (size_t i = 0; specimens[i].name; i++)
        cr_expect(specimens[i].title[0] && specimens[i].watch[0]);
}

Test(child, specimens_bear_their_names)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    const struct child *child = spawn_specimen(list, "sleeper");
    char comm[64], cmdline[256] = "";
    struct process process;
    cr_assert_eq(handle_read_process(&child->handle, comm, &process), 0);
    cr_assert_str_eq(comm, "sleeper");
    int fd = openat(child->handle.proc_fd, "cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, cmdline, sizeof(cmdline) - 1);
    (void)close(fd);
    cr_assert_gt(length, 0);
    cr_assert_str_eq(cmdline, "reaptop: sleeper");
    cr_assert_leq((size_t)length, strlen("reaptop: sleeper") + 1);
}

static void send_to(const struct child *child, int number)
{
    cr_assert_eq(handle_send(&child->handle, number, NULL, NULL), 0);
}

Test(child, deaf_survives_term_only)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    const struct child *child = spawn_specimen(list, "deaf");
    struct identity id = child->handle.id;
    send_to(child, SIGTERM);
    send_to(child, SIGINT);
    int32_t status = reap(list, id);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

static void sweep(struct snapshot *snapshot)
{
    struct live *live = NULL;
    cr_assert_eq(live_new(&live, NULL), 0);
    cr_assert_eq(live_sweep(live, false, snapshot, NULL), 0);
    live_free(live);
}

static pid_t child_of(pid_t parent)
{
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    sweep(&snapshot);
    for (size_t i = 0; i < snapshot.count; i++)
        if (snapshot.processes[i].ppid == parent)
            return snapshot.processes[i].id.pid;
    return 0;
}

static bool await_gone(const struct handle *handle)
{
    char state;
    for (int waited = 0; waited < WAIT_MS; waited++) {
        if (handle_state(handle, &state) == -ESRCH)
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

Test(child, zombie_maker_waits_when_asked)
{
    _cleanup_list_ struct child_list *list = child_list_new();
    _cleanup_(handle_done) struct handle zombie = HANDLE_INIT;
    const struct child *maker = spawn_specimen(list, "zombie-maker");
    pid_t pid = child_of(maker->handle.id.pid);
    cr_assert_gt(pid, 0);
    cr_assert_eq(handle_open((struct identity){.pid = pid}, &zombie, NULL), 0);
    char state = '\0';
    cr_assert_eq(handle_state(&zombie, &state), 0);
    cr_assert_eq(state, 'Z');
    int32_t status;
    cr_assert_eq(handle_exit_status(&zombie, &status), 0);
    cr_assert_eq(WEXITSTATUS(status), 3);
    send_to(maker, SIGUSR1);
    cr_assert(await_gone(&zombie));
}

static bool await_parent(const struct handle *handle, pid_t parent)
{
    char comm[64];
    struct process process;
    for (int waited = 0; waited < WAIT_MS; waited++) {
        if (handle_read_process(handle, comm, &process) == 0 && process.ppid == parent)
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

Test(child, subreaper_adopts_and_reaps_the_orphan)
{
    struct child_list *list = child_list_new();
    _cleanup_(handle_done) struct handle orphan = HANDLE_INIT;
    cr_assert_eq(child_set_subreaper(true), 0);
    cr_assert(child_is_subreaper());
    const struct child *maker = spawn_specimen(list, "orphan-maker");
    struct identity maker_id = maker->handle.id;
    cr_assert_eq(handle_open((struct identity){.pid = child_of(maker_id.pid)}, &orphan, NULL), 0);
    send_to(maker, SIGTERM);
    cr_assert(await_parent(&orphan, getpid()));

    pid_t helper = spawn_child(spawn_pause, NULL);
    cr_assert_eq(child_reserve(list, helper), 0);
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    sweep(&snapshot);
    cr_assert_eq(child_adopt(list, &snapshot), 1, "the orphan, and not the helper");
    cr_assert_eq(child_adopt(list, &snapshot), 0);
    cr_assert_eq(child_find(list, orphan.id)->kind, CHILD_ADOPTED);
    cr_assert_eq(handle_send(&orphan, SIGKILL, NULL, NULL), 0);
    int32_t status = reap(list, orphan.id);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    (void)reap(list, maker_id);
    child_list_free(list);
    cr_assert_eq(child_set_subreaper(false), 0);
    cr_assert(!child_is_subreaper());
}

/* ---- when reaptop itself is killed ---- */

/* Grows one of each, makes the orphan an orphan, tells all PIDs, and stays. */
static int own_all(void *argument)
{
    struct child_list *list = child_list_new();
    char *const argv[] = {(char *)"sleep", (char *)"1000", NULL};
    struct child_spawn wanted = {.argv = argv, .is_apart = true};
    const struct child *child;
    spawn_ready();
    for (size_t i = 0; specimens[i].name; i++) {
        if (child_spawn_specimen(list, i, &child, NULL) < 0)
            return 1;
        spawn_report(child->handle.id.pid);
        pid_t grandchild = child_of(child->handle.id.pid);
        if (grandchild > 0)
            spawn_report(grandchild);
        if (strcmp(specimens[i].name, "orphan-maker") == 0)
            (void)handle_send(&child->handle, SIGTERM, NULL, NULL);
    }
    if (child_spawn(list, &wanted, &child, NULL) < 0)
        return 1;
    spawn_report(child->handle.id.pid);
    spawn_report(0);
    return spawn_pause(argument);
}

Test(child, leaves_nothing_behind_when_the_owner_is_killed)
{
    enum {
        SPAWNED = 9 /* six specimens, a zombie, an orphan, a command */
    };
    struct handle handles[SPAWNED];
    size_t count = 0;
    /* Whoever is adopted here is reaped here. */
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1UL), 0);
    pid_t owner = spawn_child(own_all, NULL);
    int32_t pid;
    while (spawn_receive(owner, &pid) && pid != 0) {
        cr_assert_lt(count, SPAWNED);
        handles[count] = HANDLE_INIT;
        cr_assert_eq(handle_open((struct identity){.pid = pid}, &handles[count], NULL), 0);
        count++;
    }
    cr_assert_eq(count, SPAWNED);
    (void)spawn_kill(owner);
    for (size_t i = 0; i < count; i++) {
        char state = '\0';
        for (int waited = 0; waited < WAIT_MS; waited++) {
            if (handle_state(&handles[i], &state) == -ESRCH || state == 'Z')
                break;
            (void)poll(NULL, 0, 1);
        }
        cr_expect(state == 'Z' || handle_state(&handles[i], &state) == -ESRCH, "%zu: %c", i, state);
        handle_done(&handles[i]);
    }
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0UL);
}
