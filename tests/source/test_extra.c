/*
 * What is read of processes only where a filter, the order or a column asks for
 * it: with a real process that has each of it.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reaptop/model/field.h"
#include "reaptop/model/filter.h"
#include "reaptop/model/process.h"
#include "reaptop/source/live.h"
#include "support/cgroup_fixture.h"
#include "support/spawn.h"

static struct live *live;
static struct reader *reader;
static struct snapshot snapshot;
static char path[] = "/tmp/reaptop-extra.XXXXXX";
static int file = -1, listener = -1;
static unsigned port;
static pid_t pid;
static struct test_cgroup group;

static int hold(void *argument)
{
    (void)argument;
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigset_t blocked;
    (void)sigaction(SIGUSR1, &ignored, NULL);
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR2);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (chdir("/") < 0)
        return 1;
    spawn_ready();
    for (;;)
        (void)pause();
}

static void prepare(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    file = mkstemp(path);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(file >= 0 && listener >= 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
    pid = spawn_child(hold, NULL);
    cr_assert(spawn_await_state(pid, "S"));
    cr_assert_eq(live_new(&live, NULL), 0);
    cr_assert_eq(reader_new(&reader, NULL), 0);
    cr_assert_eq(live_sweep(live, false, &snapshot, NULL), 0);
}

static void release(void)
{
    spawn_done();
    test_cgroup_remove(&group);
    snapshot_done(&snapshot);
    live_free(live);
    reader_free(reader);
    (void)close(file);
    (void)close(listener);
    (void)unlink(path);
}

TestSuite(extra, .init = prepare, .fini = release, .timeout = 600);

/* Whether the child passes, once all that the filter asks for is read. */
static bool passes(const char *expression)
{
    char whole[256];
    struct filter *filter = NULL;
    struct live_progress progress;
    int r;
    (void)snprintf(whole, sizeof(whole), "pid=%d and (%s)", (int)pid, expression);
    cr_assert_eq(filter_parse(whole, &filter, NULL), 0, "%s", whole);
    while ((r = live_fill_filter(live, reader, &snapshot, filter, UINT64_MAX, &progress)) > 0)
        live_await_extra(live, reader);
    cr_assert_eq(r, 0);
    cr_expect_eq(progress.known, progress.rows);
    const struct process *process = snapshot_find(&snapshot, pid);
    uint32_t lacks;
    cr_expect_neq(filter_judge(filter, process, &lacks), FILTER_UNDECIDED, "%s", expression);
    bool result = filter_passes(filter, process);
    filter_free(filter);
    return result;
}

Test(extra, every_field_of_a_real_process)
{
    static const struct {
        const char *expression;
        bool passes;
    } cases[] = {
        {"port=%u", true},
        {"port!=%u", false},
        {"port=1", false},
        {"file=%s", true},
        {"file=%s-not", false},
        {"file~socket:", true},
        {"cwd=/", true},
        {"cwd=/tmp", false},
        {"exe~/", true},
        {"fds>=3", true},
        {"fds>10000", false},
        {"oom>=0", true},
        {"priv>0", true},
        {"shr>0 and swap>=0", true},
        {"vol>=0 and invol>=0 and ctxt>0", true},
        {"ignored~USR1", true},
        {"blocked~USR2", true},
        {"caught~USR2", false},
        {"pending~USR2", false},
        {"cgroup~/", true},
        {"ns~pid", false},
        {"env=NO_SUCH_NAME_AT_ALL", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expression[128];
        if (strstr(cases[i].expression, "%u"))
            (void)snprintf(expression, sizeof(expression), cases[i].passes ? "port=%u" : "port!=%u",
                           port);
        else if (strstr(cases[i].expression, "%s"))
            (void)snprintf(expression, sizeof(expression), "file=%s%s", path,
                           cases[i].passes ? "" : "-not");
        else
            (void)snprintf(expression, sizeof(expression), "%s", cases[i].expression);
        cr_expect_eq(passes(expression), cases[i].passes, "%s", expression);
    }
}

/* Its control group's quota, which it has not used up. */
Test(extra, a_quota_is_that_of_the_group)
{
    if (!test_cgroup_make(&group, "cpu") ||
        !test_cgroup_write(&group, "cpu.cfs_period_us", "1000000") ||
        !test_cgroup_write(&group, "cpu.cfs_quota_us", "1000000"))
        cr_skip_test("no cpu controller with quotas to write to");
    cr_assert(test_cgroup_add(&group, pid));
    cr_expect(passes("throttled>=0 and throttled<=100"));
}

/* A signal that is blocked stays pending. */
Test(extra, pending_signals_are_named)
{
    cr_assert_eq(kill(pid, SIGUSR2), 0);
    cr_expect(passes("pending~USR2"));
}

Test(extra, what_the_reader_reads_is_waited_for)
{
    cr_expect(passes("pss>0"));
    const struct process *process = snapshot_find(&snapshot, pid);
    struct value value = field_value(FIELD_PSS_KIB, process);
    cr_expect_eq(value.type, VALUE_INTEGER);
    cr_expect_leq(value.integer, (int64_t)process->rss_kib + 4096);
}

/* Nothing is read where the cheap part decides it. */
Test(extra, what_does_not_matter_is_not_read)
{
    cr_expect(!passes("pid=1 and file~x"));
    cr_expect_null(snapshot_find(&snapshot, pid)->extra);
}

/* The deadline was over before it began: nobody is known, and the call says so. */
Test(extra, a_deadline_ends_a_step)
{
    struct live_progress progress;
    cr_expect_eq(
        live_fill_extra(live, reader, &snapshot, NULL, 0, EXTRA_BIT(EXTRA_FDS), 0, &progress), 1);
    cr_expect_eq(progress.known, 0);
    cr_expect_eq(progress.rows, snapshot.count);
    cr_expect_eq(progress.parts, EXTRA_BIT(EXTRA_FDS));
}

Test(extra, rates_need_two_readings)
{
    struct live_progress progress;
    const uint32_t row = (uint32_t)(snapshot_find(&snapshot, pid) - snapshot.processes);
    cr_assert_eq(live_fill_extra(live, reader, &snapshot, &row, 1, EXTRA_BIT(EXTRA_IO), UINT64_MAX,
                                 &progress),
                 0);
    const struct process *process = &snapshot.processes[row];
    if (field_access(FIELD_IO_READ_KIB, process) == ACCESS_EMPTY)
        cr_skip_test("this kernel has no /proc/PID/io");
    cr_expect_eq(field_value(FIELD_IO_READ_KIB, process).type, VALUE_INTEGER);
    cr_expect_eq(field_value(FIELD_IO_READ_RATE, process).type, VALUE_UNKNOWN);
}
