#include "reaptop/source/read_details.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/capability.h"
#include "reaptop/source/quick_state.h"
#include "support/test_child.h"

static struct details details;
static pid_t child;

static void teardown(void)
{
    details_done(&details);
    specimen_end(child);
}

TestSuite(details, .fini = teardown);

static void stay(void *argument)
{
    (void)argument;
    specimen_ready();
    specimen_stay();
}

static void become_particular(void *argument)
{
    (void)argument;
    struct rlimit files = {.rlim_cur = 123, .rlim_max = 456};
    (void)umask(0137);
    if (chdir("/usr") == 0 && setrlimit(RLIMIT_NOFILE, &files) == 0 && setsid() > 0 &&
        setpriority(PRIO_PROCESS, 0, 19) == 0)
        specimen_ready();
    specimen_stay();
}

Test(details, of_a_child_that_we_know)
{
    struct reader *reader = NULL;
    cr_assert_eq(reader_new(&reader, NULL), 0);
    child = specimen_start(become_particular, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(details_read((struct identity){.pid = child}, reader, &details), 0);
    reader_free(reader);

    cr_expect_eq(details.process.id.pid, child);
    cr_expect_gt(details.process.id.start_ticks, 0);
    cr_expect_eq(details.process.ppid, getpid());
    cr_expect_eq(details.process.sid, child);
    cr_expect_eq(details.process.pgid, child);
    cr_expect_eq(details.process.nice, 19);
    cr_expect_eq(details.exit_signal, SIGCHLD);
    cr_expect_eq(details.status.umask, 0137);
    cr_expect_str_eq(details.text[PART_CWD], "/usr");
    cr_expect_str_eq(details.text[PART_ROOT], "/");
    cr_expect_eq(details.limits.values[LIMIT_OPEN_FILES].soft, 123);
    cr_expect_eq(details.limits.values[LIMIT_OPEN_FILES].hard, 456);
    cr_expect_eq(details.status.uid[0], getuid());
    cr_expect_gt(details.descriptor_count, 0);
    cr_expect_gt(details.namespace_count, 5);
    cr_expect_gt(details.started_ns, 0);
    cr_expect_not(details.process.is_kernel);
    for (uint32_t i = 0; i < details.namespace_count; i++)
        cr_expect(details.namespaces[i].is_ours, "%s", details.namespaces[i].type);
    const enum details_part readable[] = {PART_STATUS, PART_ARGV,   PART_EXE,        PART_CWD,
                                          PART_ROOT,   PART_CGROUP, PART_LIMITS,     PART_OOM_SCORE,
                                          PART_CPUS,   PART_IO,     PART_DESCRIPTORS};
    for (size_t i = 0; i < ELEMENTS(readable); i++)
        cr_expect_eq(details.access[readable[i]], ACCESS_OK, "%s: %s",
                     details_parts[readable[i]].key, access_word(details.access[readable[i]]));
}

static int orders[2], answers[2];

static void change_when_told(void *argument)
{
    (void)argument;
    char byte = 'd';
    specimen_ready();
    if (read(orders[0], &byte, 1) == 1 && chdir("/usr") == 0)
        (void)!write(answers[1], &byte, 1);
    specimen_stay();
}

Test(details, what_runs_is_read_again)
{
    char byte = 'o';
    cr_assert(pipe(orders) == 0 && pipe(answers) == 0 && chdir("/") == 0);
    child = specimen_start(change_when_told, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(details_refresh((struct identity){.pid = child}, NULL, &details), 0);
    cr_expect_str_eq(details.text[PART_CWD], "/");
    const struct identity id = details.process.id;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(details_refresh(id, NULL, &details), 0);
        cr_expect_str_eq(details.text[PART_CWD], "/");
        cr_expect_eq(details.status.uid[0], getuid());
        cr_expect_gt(details.process.age_ns, 0);
    }
    cr_assert(write(orders[1], &byte, 1) == 1 && read(answers[0], &byte, 1) == 1);
    cr_assert_eq(details_refresh(id, NULL, &details), 0);
    cr_expect_str_eq(details.text[PART_CWD], "/usr");
    specimen_end(child);
    child = 0;
    cr_expect_eq(details_refresh(id, NULL, &details), -ESRCH);
}

Test(details, nobody_is_read_for_another)
{
    child = specimen_start(stay, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(details_read((struct identity){.pid = child}, NULL, &details), 0);
    struct identity successor = {child, details.process.id.start_ticks + 1, 0};
    cr_expect_eq(details_read(successor, NULL, &details), -ESRCH);
    cr_expect_eq(details.process.id.pid, 0, "an empty record after a failure");

    specimen_end(child);
    struct identity ended = {.pid = child};
    child = 0;
    cr_expect_eq(details_read(ended, NULL, &details), -ESRCH);
}

/* A zombie has lost things; nothing of it is ever "denied". */
Test(details, of_a_zombie)
{
    struct reader *reader = NULL;
    cr_assert_eq(reader_new(&reader, NULL), 0);
    child = specimen_start(stay, NULL);
    cr_assert_gt(child, 0);
    (void)kill(child, SIGTERM);
    cr_assert_eq(specimen_wait_dead(child), 0);
    cr_assert_eq(details_read((struct identity){.pid = child}, reader, &details), 0);
    reader_free(reader);
    cr_expect_eq(details.process.state, 'Z');
    cr_expect_eq(details.process.exit_status, SIGTERM);
    const enum details_part lost[] = {PART_ARGV, PART_EXE, PART_CWD, PART_ROOT, PART_DESCRIPTORS};
    for (size_t i = 0; i < ELEMENTS(lost); i++)
        cr_expect_eq(details.access[lost[i]], ACCESS_ZOMBIE, "%s: %s", details_parts[lost[i]].key,
                     access_word(details.access[lost[i]]));
    for (int part = 0; part < PART_COUNT; part++)
        cr_expect_neq(details.access[part], ACCESS_DENIED, "%s", details_parts[part].key);
}

/* Its environ answers ESRCH, as that of a process that is gone. */
Test(details, a_read_that_a_zombie_ended_says_so)
{
    child = specimen_start(stay, NULL);
    cr_assert_gt(child, 0);
    struct identity id = {.pid = child};
    cr_expect_eq(quick_access(id, -ESRCH), ACCESS_GONE, "it lives: who had the number is gone");
    (void)kill(child, SIGTERM);
    cr_assert_eq(specimen_wait_dead(child), 0);
    cr_expect_eq(quick_access(id, -ESRCH), ACCESS_ZOMBIE);
    cr_expect_eq(quick_access(id, -EACCES), ACCESS_DENIED);
    cr_expect_eq(quick_access(id, 0), ACCESS_OK);
    specimen_end(child);
    child = 0;
    cr_expect_eq(quick_access(id, -ESRCH), ACCESS_GONE);
}

Test(details, of_a_kernel_thread)
{
    if (details_read((struct identity){.pid = 2}, NULL, &details) < 0 || !details.process.is_kernel)
        cr_skip_test("no kernel threads in this PID namespace");
    cr_expect_eq(details.access[PART_EXE], ACCESS_EMPTY);
    cr_expect_eq(details.access[PART_ARGV], ACCESS_EMPTY);
    cr_expect_not(details.status.known & STATUS_HAS_MEMORY);
}

enum {
    RESULT_RIGHT = 10,
    RESULT_UNREADABLE,
    RESULT_WRONG,
    RESULT_NOT_SAID
};

static int look_as_nobody(void *argument)
{
    const enum details_part denied[] = {PART_EXE, PART_CWD,         PART_ROOT,
                                        PART_IO,  PART_DESCRIPTORS, PART_NAMESPACES};
    if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
        return RESULT_UNREADABLE;
    if (details_read((struct identity){.pid = *(pid_t *)argument}, NULL, &details) < 0)
        return RESULT_UNREADABLE;
    for (size_t i = 0; i < ELEMENTS(denied); i++) {
        _cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
        if (details.access[denied[i]] != ACCESS_DENIED || details.text[denied[i]])
            return RESULT_WRONG;
        details_describe_access(&details, denied[i], &reason);
        if (!strstr(strbuf_text(&reason), "CAP_SYS_PTRACE"))
            return RESULT_NOT_SAID;
    }
    return details.access[PART_STATUS] == ACCESS_OK ? RESULT_RIGHT : RESULT_WRONG;
}

Test(details, as_another_user_each_part_says_what_it_needs)
{
    if (geteuid() != 0)
        cr_skip_test("needs root to become another user");
    child = specimen_start(stay, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(specimen_run(look_as_nobody, &child), RESULT_RIGHT);
}

/* It dies while it is read: every part is there, or lost for the right reason. */
Test(details, of_processes_that_vanish_on_the_way)
{
    int rounds_lost = 0;
    for (int round = 0; round < 100; round++) {
        pid_t brief = fork();
        if (brief == 0) {
            for (volatile int i = 0; i < round * 2000; i++)
                ;
            _exit(0);
        }
        int r = details_read((struct identity){.pid = brief}, NULL, &details);
        if (round % 2)
            (void)waitpid(brief, NULL, 0);
        int again = details_read((struct identity){.pid = brief}, NULL, &details);
        cr_assert(r == 0 || r == -ESRCH, "%d", r);
        cr_assert_eq(again, round % 2 ? -ESRCH : 0);
        for (int part = 0; part < PART_COUNT && again == 0; part++) {
            /* Another's timer slack takes CAP_SYS_NICE, also for the same user. */
            if (part == PART_TIMER_SLACK && geteuid() != 0)
                continue;
            cr_expect_neq(details.access[part], ACCESS_DENIED, "%s", details_parts[part].key);
            cr_expect_neq(details.access[part], ACCESS_FAILED, "%s", details_parts[part].key);
        }
        rounds_lost += again < 0;
        (void)waitpid(brief, NULL, 0);
    }
    cr_expect_eq(rounds_lost, 50);
}
