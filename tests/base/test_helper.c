#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/helper.h"

static void answer(void *argument, int fd, int extra_fd)
{
    const struct {
        pid_t session;
        int fd, extra_fd;
        bool is_term_default;
    } found = {
        .session = getsid(0),
        .fd = fd,
        .extra_fd = extra_fd,
        .is_term_default = signal(SIGTERM, SIG_DFL) == SIG_DFL,
    };
    bool is_right = found.session == getpid() && found.fd == 3 && found.extra_fd == 4 &&
                    found.is_term_default && *(const int *)argument == 7;
    (void)!write(fd, is_right ? "y" : "n", 1);
    (void)!read(fd, &(char){0}, 1);
}

static void wait_for_end(void *argument, int fd, int extra_fd)
{
    (void)argument;
    (void)extra_fd;
    (void)!read(fd, &(char){0}, 1);
}

static void ignore(int number)
{
    (void)number;
}

Test(helper, starts_clean_and_is_ended)
{
    struct helper helper = HELPER_INIT;
    int argument = 7;
    char said = '\0';
    _cleanup_close_ int extra_fd = dup(STDOUT_FILENO);
    (void)signal(SIGTERM, ignore);
    cr_assert_eq(helper_start(HELPER_CHILD, answer, &argument, extra_fd, &helper), 0);
    cr_assert_eq(read(helper.fd, &said, 1), 1);
    cr_expect_eq(said, 'y');
    cr_expect(!helper_has_ended(&helper));
    helper_end(&helper);
    cr_expect_eq(helper.pid, 0);
    cr_expect_eq(helper.fd, -EBADF);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "it is reaped");
    (void)signal(SIGTERM, SIG_DFL);
}

Test(helper, those_that_work_for_us_are_remembered)
{
    struct helper reader = HELPER_INIT, child = HELPER_INIT;
    pid_t pids[HELPERS_REMEMBERED];
    uint64_t before_ns = clock_boot_ns();
    cr_assert_eq(helper_start(HELPER_CHILD, wait_for_end, NULL, -1, &child), 0);
    cr_expect_eq(helper_pids(0, pids), 0, "a child is what the user asked for");
    cr_assert_eq(helper_start(HELPER_READER, wait_for_end, NULL, -1, &reader), 0);
    pid_t pid = reader.pid;
    cr_assert_eq(helper_pids(0, pids), 1);
    cr_expect_eq(pids[0], pid);
    cr_expect(helper_was(pid, clock_boot_ns()));
    cr_expect_not(helper_was(pid, before_ns - 1), "another process had the PID before");
    cr_expect_not(helper_was(0, clock_boot_ns()));
    helper_end(&reader);
    helper_end(&child);
    cr_expect_eq(helper_pids(0, pids), 0);
    cr_expect_eq(helper_pids(3600 * NS_PER_SEC, pids), 1, "events still tell of it");
    cr_expect_not(helper_was(pid, clock_boot_ns() + 3600 * NS_PER_SEC));
}

/* "r" once it traces the process whose PID it read: the zombie of that is the tracer's first. */
static void trace(void *argument, int fd, int unused_fd)
{
    pid_t pid = *(const pid_t *)argument;
    (void)unused_fd;
    (void)!write(fd, ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 ? "r" : "-", 1);
    (void)!read(fd, &(char){0}, 1);
}

static void stay(void *unused, int fd, int unused_fd)
{
    (void)unused;
    (void)unused_fd;
    (void)!read(fd, &(char){0}, 1);
}

Test(helper, one_that_does_not_end_is_left_behind_and_told_once)
{
    struct helper stuck = HELPER_INIT, tracer = HELPER_INIT;
    char said = '\0', text[HELPER_TEXT_SIZE];
    cr_assert_eq(helper_start(HELPER_READER, stay, NULL, -1, &stuck), 0);
    pid_t pid = stuck.pid;
    cr_assert_eq(helper_start(HELPER_CHILD, trace, &pid, -1, &tracer), 0);
    cr_assert_eq(read(tracer.fd, &said, 1), 1);
    if (said == 'r') {
        helper_end(&stuck);
        cr_expect(helper_is_dropped(pid));
        cr_assert(helper_take_left(text));
        cr_expect_not_null(strstr(text, "reaptop-reader"), "%s", text);
        cr_expect(!helper_take_left(text), "it is told once");
    }
    helper_end(&tracer);
    helper_end(&stuck);
    (void)waitpid(pid, NULL, 0); /* the tracer's death gives it to us, unless it was reaped */
    helper_reap();
    cr_expect(!helper_is_dropped(pid));
    if (said != 'r')
        cr_skip("ptrace(2) of another process is not allowed here");
}

Test(helper, every_kind_is_described_and_can_be_ended)
{
    for (size_t i = 0; i < HELPER_KIND_COUNT; i++) {
        const struct helper_info *info = &helper_kinds[i];
        cr_expect(info->name && info->starter && info->purpose, "kind %zu", i);
        cr_expect(info->end || info->kill_ms > 0, "%s", info->name);
        cr_expect(!info->is_renamed || strlen(info->name) < 16, "%s", info->name);
    }
    cr_expect(helper_is_name("reaptop-pane"));
    cr_expect(!helper_is_name("man"), "another program's name");
}
