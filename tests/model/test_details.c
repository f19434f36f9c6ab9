#include "reaptop/model/details.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/capability.h"
#include "reaptop/model/process.h"
#include "reaptop/model/tuning.h"

static struct details details;
static struct snapshot snapshot;

static void teardown(void)
{
    details_done(&details);
    snapshot_done(&snapshot);
}

TestSuite(model_details, .fini = teardown);

static struct process *add(pid_t pid, pid_t ppid, const char *comm)
{
    struct process *process = snapshot_add(&snapshot);
    cr_assert_not_null(process);
    process->id = (struct identity){pid, 7, 0};
    process->tgid = pid;
    process->ppid = ppid;
    process->comm = comm;
    process->user = "root";
    process->state = 'S';
    process->threads = 2;
    return process;
}

Test(model_details, family_from_a_snapshot)
{
    add(1, 0, "init");
    add(10, 1, "sshd");
    add(20, 10, "bash");
    add(30, 20, "a");
    add(31, 20, "b");
    add(40, 10, "other");
    snapshot_finish(&snapshot);
    details.process.id = (struct identity){20, 7, 0};
    details.process.ppid = 10;
    cr_assert_eq(details_relate(&details, &snapshot), 0);
    cr_assert_eq(details.ancestor_count, 2);
    cr_expect_str_eq(details.ancestors[0].comm, "sshd");
    cr_expect_eq(details.ancestors[1].pid, 1);
    cr_assert_eq(details.child_count, 2);
    cr_expect_str_eq(details.children[1].comm, "b");
    cr_expect_str_eq(details.process.user, "root");
    cr_expect_eq(details.user_tasks, 12);
}

Test(model_details, a_circle_of_parents_ends)
{
    add(10, 20, "a");
    add(20, 10, "b");
    snapshot_finish(&snapshot);
    details.process.id = (struct identity){20, 7, 0};
    details.process.ppid = 10;
    cr_assert_eq(details_relate(&details, &snapshot), 0);
    cr_assert_eq(details.ancestor_count, 1, "gone round once");
    cr_expect_eq(details.ancestors[0].pid, 10);
}

Test(model_details, more_children_than_are_kept)
{
    add(1, 0, "init");
    for (pid_t pid = 100; pid < 100 + CHILDREN_KEPT + 5; pid++)
        add(pid, 1, "child");
    snapshot_finish(&snapshot);
    details.process.id = (struct identity){1, 7, 0};
    cr_assert_eq(details_relate(&details, &snapshot), 0);
    cr_expect_eq(details.child_count, CHILDREN_KEPT + 5);
    cr_expect_eq(details.children[CHILDREN_KEPT - 1].pid, 100 + CHILDREN_KEPT - 1);
}

Test(model_details, another_process_under_the_number_is_not_it)
{
    add(20, 1, "successor");
    snapshot_finish(&snapshot);
    details.process.id = (struct identity){20, 8, 0};
    cr_expect_eq(details_relate(&details, &snapshot), -ESRCH);
    cr_expect_not(details.is_related);
}

Test(model_details, use_of_limits_only_where_it_is_known)
{
    uint64_t used = 99;
    details.ticks_per_second = 100;
    details.process.utime_ticks = 250;
    cr_expect(details_limit_use(&details, LIMIT_CPU_TIME, &used));
    cr_expect_eq(used, 2);
    used = 99;
    cr_expect_not(details_limit_use(&details, LIMIT_STACK, &used));
    cr_expect_not(details_limit_use(&details, LIMIT_NICE, &used));
    details.access[PART_STATUS] = ACCESS_OK;
    details.status.known = STATUS_HAS_MEMORY;
    details.status.vm_stack_kib = 4;
    cr_expect(details_limit_use(&details, LIMIT_STACK, &used));
    cr_expect_eq(used, 4096);
}

Test(model_details, every_part_and_limit_has_its_words)
{
    for (int i = 0; i < PART_COUNT; i++) {
        cr_expect_not_null(details_parts[i].key);
        cr_expect_not_null(details_parts[i].label);
    }
    for (int i = 0; i < LIMIT_COUNT; i++)
        cr_expect_eq(strncmp(limit_infos[i].kernel, "Max ", 4), 0);
    cr_expect_str_eq(policy_name(1), "fifo");
    cr_expect_null(policy_name(4));
    cr_expect_null(policy_name(-1));
    cr_expect_null(policy_name(99));
}

Test(capability, words)
{
    const struct {
        uint64_t set;
        const char *words;
    } cases[] = {
        {0, "none"},
        {UINT64_C(1) << 5, "CAP_KILL"},
        {UINT64_C(1) << 5 | UINT64_C(1) << 0, "CAP_CHOWN CAP_KILL"},
        {(UINT64_C(1) << CAPABILITY_COUNT) - 1, "all"},
        {UINT64_MAX, "all"},
        {((UINT64_C(1) << CAPABILITY_COUNT) - 1) & ~(UINT64_C(1) << 24),
         "all but CAP_SYS_RESOURCE"},
        {UINT64_C(1) << 63, "63"},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
        capability_describe(cases[i].set, &out);
        cr_expect_str_eq(strbuf_text(&out), cases[i].words);
    }
    cr_expect_str_eq(capability_name(40), "CAP_CHECKPOINT_RESTORE");
    cr_expect_null(capability_name(41));
}
