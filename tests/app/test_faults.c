/*
 * Each command with one call after the other failing: memory, open, read, poll
 * and fork. It never crashes, never hangs, and says in one line what went wrong.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/terminal.h"
#include "support/test_child.h"

enum {
    FIRST_CALLS = 10,  /* each of these fails once */
    SPREAD_CALLS = 12, /* and so many over the rest */
    DEADLINE_MS = 30000
};

static pid_t target;
static char shim[4096], target_text[16], count_path[] = "/tmp/reaptop-faults.XXXXXX";

struct outcome {
    int status; /* as waitpid(2) gives it; -1: it hung and was killed */
    char errors[4096];
    size_t error_length;
};

static void be_paused(void *unused)
{
    (void)unused;
    specimen_ready();
    specimen_stay();
}

static void set_up(void)
{
    const char *program = terminal_reaptop();
    const char *slash = strrchr(program, '/');
    (void)snprintf(shim, sizeof shim, "%.*s/tests/faults.so", slash ? (int)(slash - program) : 1,
                   slash ? program : ".");
    int fd = mkstemp(count_path);
    cr_assert_geq(fd, 0);
    close(fd);
    target = specimen_start(be_paused, NULL);
    (void)snprintf(target_text, sizeof target_text, "%d", (int)target);
}

static void tear_down(void)
{
    specimen_end(target);
    (void)unlink(count_path);
}

TestSuite(faults, .init = set_up, .fini = tear_down, .timeout = 600);

static _Noreturn void become(const char *const *argv, const char *call, long at, int number,
                             int errors)
{
    char text[24], number_text[16];
    (void)snprintf(text, sizeof text, "%ld", at);
    (void)snprintf(number_text, sizeof number_text, "%d", number);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("FAULT", call, 1);
    setenv("FAULT_AT", text, 1);
    setenv("FAULT_ERRNO", number_text, 1);
    setenv("FAULT_COUNT", count_path, 1);
    setenv("LD_PRELOAD", shim, 1);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 1) < 0 || dup2(errors, 2) < 0)
        _exit(98);
    execv(terminal_reaptop(), (char *const *)(uintptr_t)argv);
    _exit(99);
}

/* Takes what it says on standard error until it ends. */
static struct outcome run(const char *const *argv, const char *call, long at, int number)
{
    struct outcome outcome = {.status = -1};
    int pipe_fds[2];
    cr_assert_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, call, at, number, pipe_fds[1]);
    close(pipe_fds[1]);
    struct pollfd ready = {.fd = pipe_fds[0], .events = POLLIN};
    bool has_hung = false;
    for (;;) {
        has_hung = poll(&ready, 1, DEADLINE_MS) != 1;
        if (has_hung)
            kill(pid, SIGKILL);
        size_t left = sizeof outcome.errors - 1 - outcome.error_length;
        ssize_t got = has_hung || left == 0
                          ? 0
                          : read(pipe_fds[0], outcome.errors + outcome.error_length, left);
        if (got <= 0)
            break;
        outcome.error_length += (size_t)got;
    }
    close(pipe_fds[0]);
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!has_hung)
        outcome.status = status;
    return outcome;
}

static long count_calls(const char *const *argv, const char *call)
{
    long count = 0;
    (void)run(argv, call, 0, 0);
    FILE *file = fopen(count_path, "re");
    if (file && fscanf(file, "%ld", &count) != 1)
        count = 0;
    if (file)
        (void)fclose(file);
    return count;
}

static int count_lines(const struct outcome *outcome)
{
    int lines = 0;
    for (size_t i = 0; i < outcome->error_length; i++)
        lines += outcome->errors[i] == '\n';
    return lines;
}

static void expect_reported(const char *const *argv, const char *call, long at, int number)
{
    struct outcome outcome = run(argv, call, at, number);
    const char *command = argv[1];
    cr_assert_neq(outcome.status, -1, "%s hangs: %s %ld: errno %d", command, call, at, number);
    cr_assert(WIFEXITED(outcome.status), "%s dies of signal %d: %s %ld: errno %d", command,
              WTERMSIG(outcome.status), call, at, number);
    int status = WEXITSTATUS(outcome.status);
    cr_expect_leq(status, 3, "%s exits with %d: %s %ld: errno %d", command, status, call, at,
                  number);
    if (status != 0)
        cr_expect_eq(count_lines(&outcome), 1, "%s: %s %ld: errno %d: one line, not:\n%s", command,
                     call, at, number, outcome.errors);
}

static void expect_all_reported(const char *const *argv)
{
    static const struct {
        const char *call;
        int number;
    } faults[] = {{"malloc", ENOMEM}, {"open", EMFILE}, {"open", ENOENT}, {"read", EIO},
                  {"read", EINTR},    {"poll", EINTR},  {"poll", ENOMEM}, {"fork", EAGAIN}};
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("the sanitizer has its own malloc");
#endif
    if (access(shim, R_OK) < 0)
        cr_skip_test("%s is not built", shim);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        long calls = count_calls(argv, faults[i].call);
        for (long at = 1; at <= calls && at <= FIRST_CALLS; at++)
            expect_reported(argv, faults[i].call, at, faults[i].number);
        for (long k = 1; calls > FIRST_CALLS && k <= SPREAD_CALLS; k++)
            expect_reported(argv, faults[i].call,
                            FIRST_CALLS + (calls - FIRST_CALLS) * k / SPREAD_CALLS,
                            faults[i].number);
    }
}

#define COMMAND(...) ((const char *[]){"reaptop", __VA_ARGS__, NULL})

Test(faults, the_shim_lets_calls_fail)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("the sanitizer has its own malloc");
#endif
    if (access(shim, R_OK) < 0)
        cr_skip_test("%s is not built", shim);
    cr_expect_gt(count_calls(COMMAND("tree"), "malloc"), 100);
    cr_expect_gt(count_calls(COMMAND("tree"), "open"), 3);
    struct outcome outcome = run(COMMAND("signals", target_text), "open", 1, EMFILE);
    cr_assert(WIFEXITED(outcome.status));
    cr_expect_neq(WEXITSTATUS(outcome.status), 0);
}

Test(faults, tree)
{
    expect_all_reported(COMMAND("tree"));
}

Test(faults, show)
{
    expect_all_reported(COMMAND("show", target_text));
}

Test(faults, files)
{
    expect_all_reported(COMMAND("files", target_text));
}

Test(faults, maps)
{
    expect_all_reported(COMMAND("maps", target_text));
}

Test(faults, why)
{
    expect_all_reported(COMMAND("why", target_text));
}

Test(faults, signals)
{
    expect_all_reported(COMMAND("signals", target_text));
}

Test(faults, send_dry)
{
    expect_all_reported(COMMAND("send", "-n", "TERM", target_text));
}

static bool has_failed(struct terminal *t, const void *unused)
{
    char word[16] = "";
    (void)unused;
    int fd = open(count_path, O_RDONLY | O_CLOEXEC);
    (void)!read(fd, word, sizeof word - 1);
    close(fd);
    return strstr(word, "INJECTED") || !t;
}

/* How each of its ends comes through, where poll(2) says nothing any more. */
static void end_screen_without_poll(bool is_hung_up)
{
    char preload[4200], log[64];
    (void)snprintf(preload, sizeof preload, "LD_PRELOAD=%s", shim);
    (void)snprintf(log, sizeof log, "FAULT_LOG=%s", count_path);
    cr_assert_eq(truncate(count_path, 0), 0);
    struct terminal *t = terminal_start(&(struct terminal_options){
        .rows = 24,
        .cols = 80,
        .argv = (const char *[]){terminal_reaptop(), NULL},
        .env =
            (const char *[]){preload, log, "FAULT=poll", "FAULT_AT=60+", "FAULT_ERRNO=12", NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "PID"));
    cr_assert(terminal_wait(t, has_failed, NULL));
    if (is_hung_up)
        terminal_hang_up(t);
    else
        cr_assert_eq(kill(terminal_pid(t), SIGTERM), 0);
    cr_expect_geq(terminal_wait_end(t), 0);
    terminal_free(t);
}

Test(faults, the_screen_ends_where_poll_fails_for_ever)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("the sanitizer has its own malloc");
#endif
    end_screen_without_poll(false);
    end_screen_without_poll(true);
}
