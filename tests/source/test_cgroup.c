/*
 * What control groups do to a process: frozen by either version, out of
 * processor time; and how `why` tells it, with real groups.
 */
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "read_cgroup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/evidence.h"
#include "reaptop/source/procfs.h"
#include "support/cgroup_fixture.h"
#include "support/spawn.h"

static struct reader *reader;
static struct evidence *evidence;
static struct why_chain chain;
static struct test_cgroup group;
static int fds[2] = {-1, -1};

static void prepare(void)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(reader_new(&reader, &error), 0, "%s", error.message);
}

static void forget(void)
{
    why_chain_done(&chain);
    evidence_free(evidence);
    evidence = NULL;
}

static void release(void)
{
    forget();
    test_cgroup_thaw(&group);
    spawn_done();
    test_cgroup_remove(&group);
    reader_free(reader);
}

TestSuite(cgroup, .init = prepare, .fini = release, .timeout = 600);

static const struct why_link *ask(pid_t pid)
{
    forget();
    int r = evidence_new(reader, (struct identity){.pid = pid}, 0, &evidence);
    if (r == 0)
        r = evidence_gather(evidence);
    cr_assert_eq(r, 0);
    cr_assert_eq(why_build(evidence_why(evidence), false, &chain), 0);
    return &chain.links[0];
}

static bool has_note(const struct why_link *link, const char *part)
{
    for (uint32_t i = 0; i < link->note_count; i++)
        if (strstr(link->notes[i], part))
            return true;
    return false;
}

/* ---- bodies: each is frozen in another wait ---- */

static int sleep_long(void *argument)
{
    struct timespec time = {.tv_sec = 3600};
    (void)argument;
    spawn_ready();
    return nanosleep(&time, NULL); /* lint: allowed, it is what is looked at */
}

static int read_pipe(void *argument)
{
    char byte;
    (void)argument;
    spawn_ready();
    return (int)read(fds[0], &byte, 1);
}

static int spin(void *argument)
{
    volatile unsigned turn = 1;
    (void)argument;
    spawn_ready();
    while (turn != 0)
        turn = turn | 1;
    return 0;
}

static int stop_self(void *argument)
{
    (void)argument;
    spawn_ready();
    (void)raise(SIGSTOP);
    return 0;
}

static const struct {
    const char *name;
    spawn_body *body;
    enum why_kind kind;
} waits[] = {
    {"a timer", sleep_long, WHY_FROZEN},
    {"a pipe", read_pipe, WHY_FROZEN},
    {"a computation", spin, WHY_FROZEN},
    {"a stop", stop_self, WHY_STOPPED},
};

static void expect_frozen(const char *file, const char *state, const char *value,
                          const char *events, const char *until, enum why_kind stopped)
{
    cr_assert_eq(pipe(fds), 0);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        pid_t pid = spawn_child(waits[i].body, NULL);
        cr_assert(pid > 0);
        if (waits[i].kind == WHY_STOPPED)
            cr_assert_eq(spawn_await_state(pid, "T"), 'T');
        cr_assert(test_cgroup_add(&group, pid), "%s", waits[i].name);
        cr_assert(test_cgroup_write(&group, file, value));
        cr_assert(test_cgroup_await(&group, state, events), "%s", waits[i].name);
        const struct why_link *link = ask(pid);
        enum why_kind wanted = waits[i].kind == WHY_STOPPED ? stopped : waits[i].kind;
        cr_expect_eq(link->kind, wanted, "%s: %s", waits[i].name, why_kind_name(link->kind));
        cr_expect(has_note(link, group.path), "%s: names the file", waits[i].name);
        cr_expect(has_note(link, until), "%s", waits[i].name);
        cr_expect(link->kind == WHY_STOPPED || strstr(chain.conclusion, "thaw"), "%s: %s",
                  waits[i].name, chain.conclusion);
        test_cgroup_thaw(&group);
        spawn_kill(pid);
    }
}

Test(cgroup, frozen_by_version_2)
{
    if (!test_cgroup_make(&group, ""))
        cr_skip_test("no cgroup2 to write to");
    expect_frozen("cgroup.freeze", "cgroup.events", "1", "frozen 1", "a fatal signal ends it",
                  WHY_STOPPED);
}

Test(cgroup, frozen_by_version_1)
{
    if (!test_cgroup_make(&group, "freezer"))
        cr_skip_test("no version 1 freezer to write to");
    expect_frozen("freezer.state", "freezer.state", "FROZEN", "FROZEN", "SIGKILL too",
                  WHY_FROZEN); /* the freezer shows a stopped one as D */
}

/* The one that must be written to is the ancestor that was asked to freeze. */
Test(cgroup, frozen_through_an_ancestor)
{
    if (!test_cgroup_make(&group, ""))
        cr_skip_test("no cgroup2 to write to");
    struct test_cgroup child = {""};
    (void)snprintf(child.path, sizeof(child.path), "%.200s/below", group.path);
    cr_assert_eq(mkdir(child.path, 0755), 0);
    pid_t pid = spawn_child(sleep_long, NULL);
    cr_assert(test_cgroup_add(&child, pid));
    cr_assert(test_cgroup_write(&group, "cgroup.freeze", "1"));
    cr_assert(test_cgroup_await(&child, "cgroup.events", "frozen 1"));
    const struct why_task *task = (ask(pid), &evidence_why(evidence)->tasks[0]);
    cr_expect_eq(task->cgroup.freezer, CGROUP_FROZEN_V2);
    cr_expect_eq(strncmp(task->cgroup.freezer_file, child.path, strlen(child.path)) == 0, 0, "%s",
                 task->cgroup.freezer_file);
    cr_expect_not_null(strstr(task->cgroup.freezer_file, group.path));
    test_cgroup_thaw(&group);
    spawn_kill(pid);
    test_cgroup_remove(&child);
}

Test(cgroup, out_of_its_quota)
{
    if (!test_cgroup_make(&group, "cpu") ||
        !test_cgroup_write(&group, "cpu.cfs_period_us", "1000000") ||
        !test_cgroup_write(&group, "cpu.cfs_quota_us", "1000"))
        cr_skip_test("no cpu controller with quotas to write to");
    pid_t pid = spawn_child(spin, NULL);
    cr_assert(test_cgroup_add(&group, pid));
    uint64_t until = clock_ns(CLOCK_MONOTONIC) + 20 * NS_PER_SEC;
    const struct why_link *link = ask(pid);
    while (link->kind != WHY_THROTTLED && clock_ns(CLOCK_MONOTONIC) < until)
        link = ask(pid);
    cr_assert_eq(link->kind, WHY_THROTTLED, "%s", why_kind_name(link->kind));
    cr_expect_eq(link->certainty, WHY_INFERRED);
    cr_expect(has_note(link, "1000 us in each 1000000 us"));
    cr_expect_not_null(strstr(chain.conclusion, "next period"));
}

Test(cgroup, each_hierarchy_has_its_mount)
{
    static const char text[] =
        "24 1 0:1 / / rw - ext4 /dev/vda rw\n"
        "30 24 0:26 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
        "31 24 0:27 /a /sys/fs/cgroup/freezer rw shared:10 master:3 - cgroup cgroup rw,freezer\n"
        "32 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "33 24 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
        "34 24 0:30 / /broken rw\n";
    struct cgroup_mounts mounts = CGROUP_MOUNTS_INIT;
    cgroup_mounts_parse(text, sizeof(text) - 1, &mounts);
    cr_expect_str_eq(mounts.unified.point, "/sys/fs/cgroup/unified");
    cr_expect_str_eq(mounts.freezer.root, "/a");
    cr_expect_str_eq(mounts.cpu.point, "/sys/fs/cgroup/cpu,cpuacct");
}
