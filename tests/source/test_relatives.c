#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/model/process.h"
#include "reaptop/source/relatives.h"
#include "support/spawn.h"

/* A child that lives until it is killed; returns once it is there (fork has returned). */
static pid_t sleeping_child(void)
{
    pid_t pid = spawn_bound();
    if (pid == 0)
        for (;;)
            (void)pause();
    return pid;
}

Test(relatives, holds_self_ancestors_and_children)
{
    pid_t child = sleeping_child();
    cr_assert_gt(child, 0);
    struct relatives_reader *relatives = relatives_new();
    struct snapshot snapshot = SNAPSHOT_INIT;
    int r = relatives_read(relatives, (struct identity){.pid = getpid()}, &snapshot);
    const struct process *self = snapshot_find(&snapshot, getpid());
    const struct process *parent = snapshot_find(&snapshot, getppid());
    const struct process *found = snapshot_find(&snapshot, child);
    bool has_children = access("/proc/thread-self/children", F_OK) == 0;
    pid_t found_ppid = found ? found->ppid : 0;
    bool is_whole = self && parent && self->ppid == getppid() && self->user && self->comm;

    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    cr_expect_eq(r, 0);
    cr_expect(is_whole);
    cr_expect(!has_children || found_ppid == getpid(), "the child's parent is %d", found_ppid);
    snapshot_done(&snapshot);
    relatives_free(relatives);
}

Test(relatives, a_successor_is_nobody)
{
    struct relatives_reader *relatives = relatives_new();
    struct snapshot snapshot = SNAPSHOT_INIT;
    cr_expect_eq(
        relatives_read(relatives, (struct identity){.pid = getpid(), .start_ticks = 1}, &snapshot),
        -ESRCH);
    cr_expect_eq(snapshot.count, 0);
    snapshot_done(&snapshot);
    relatives_free(relatives);
}

Test(relatives, the_gone_are_reported)
{
    pid_t child = sleeping_child();
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    struct relatives_reader *relatives = relatives_new();
    struct snapshot snapshot = SNAPSHOT_INIT;
    cr_expect_eq(relatives_read(relatives, (struct identity){.pid = child}, &snapshot), -ESRCH);
    snapshot_done(&snapshot);
    relatives_free(relatives);
}
