#include "reaptop/source/read_tasks.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "support/test_child.h"

static pid_t child;
static struct task_list tasks;

static void teardown(void)
{
    task_list_done(&tasks);
    specimen_end(child);
}

TestSuite(tasks, .fini = teardown);

static pthread_barrier_t all_are_there;

static void *block_and_wait(void *argument)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR2);
    (void)sigaddset(&set, SIGRTMIN + 1);
    if (argument) {
        (void)pthread_sigmask(SIG_SETMASK, &set, NULL);
        (void)prctl(PR_SET_NAME, "blocker");
    }
    (void)pthread_barrier_wait(&all_are_there);
    while (pause() < 0)
        ;
    return NULL;
}

static void two_threads(void *argument)
{
    (void)argument;
    pthread_t thread;
    sigset_t set;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_SETMASK, &set, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)pthread_barrier_init(&all_are_there, NULL, 2);
    if (pthread_create(&thread, NULL, block_and_wait, &set) == 0) {
        (void)pthread_barrier_wait(&all_are_there);
        /* One for the thread alone: SigPnd, not ShdPnd. */
        if (pthread_kill(thread, SIGUSR2) == 0)
            specimen_ready();
    }
    specimen_stay();
}

static int read_child(unsigned what)
{
    return tasks_read((struct identity){.pid = child}, what, &tasks);
}

Test(tasks, each_thread_has_its_own_mask)
{
    child = specimen_start(two_threads, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(kill(child, SIGHUP), 0);
    cr_assert_eq(read_child(TASKS_SIGNALS | TASKS_WAITS), 0);

    const struct task_list *list = &tasks;
    cr_assert_eq(list->count, 2);
    cr_assert_eq(list->access, ACCESS_OK);
    const struct task *leader = task_list_find(list, child), *other = &list->tasks[1];
    cr_assert_eq(leader, &list->tasks[0]);
    cr_expect_eq(leader->blocked, signal_bit(SIGTERM));
    cr_expect_eq(leader->pending, 0);
    cr_expect_eq(other->blocked, signal_bit(SIGUSR2) | signal_bit(SIGRTMIN + 1));
    cr_expect_eq(other->pending, signal_bit(SIGUSR2));
    cr_expect_str_eq(other->comm, "blocker");
    cr_expect_eq(list->ignored & signal_bit(SIGHUP), signal_bit(SIGHUP));
    cr_expect_eq(list->shared_pending, 0, "an ignored signal is not pending");
    cr_expect_gt(list->sig_queue_limit, 0);
    cr_expect_eq(leader->switches_access, ACCESS_OK);
    cr_expect_neq(leader->syscall.access, ACCESS_UNREAD);

    cr_expect_eq(task_list_count_blocked(list, SIGTERM), 1);
    cr_expect_eq(task_list_count_pending(list, SIGUSR2), 1);
    cr_expect_null(strstr(leader->wchan, "sigtimedwait"));
}

static void wait_for_signals(void *argument)
{
    (void)argument;
    sigset_t set;
    int which;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigprocmask(SIG_SETMASK, &set, NULL);
    specimen_ready();
    (void)sigwait(&set, &which);
    specimen_stay();
}

Test(tasks, sigwait_is_seen)
{
    child = specimen_start(wait_for_signals, NULL);
    cr_assert_gt(child, 0);
    for (int unreported = 0;;) { /* the test's time bounds it */
        cr_assert_eq(read_child(TASKS_WAITS), 0);
        enum access access = tasks.tasks[0].wchan_access;
        unreported += access == ACCESS_DENIED || access == ACCESS_UNSUPPORTED;
        if (unreported == 1000) /* fewer may be the way into the call */
            cr_skip_test("this kernel does not tell wchan here");
        if (access == ACCESS_OK && strstr(tasks.tasks[0].wchan, "sigtimedwait"))
            return;
    }
}

enum {
    MANY = 5000,
    SMALL_STACK = 512 * 1024 /* the libraries' thread-local storage is in it */
};

static void many_threads(void *argument)
{
    (void)argument;
    pthread_attr_t small;
    pthread_t thread;
    (void)pthread_attr_init(&small);
    (void)pthread_attr_setstacksize(&small, SMALL_STACK);
    (void)pthread_barrier_init(&all_are_there, NULL, MANY);
    for (int i = 1; i < MANY; i++)
        if (pthread_create(&thread, &small, block_and_wait, NULL) != 0)
            _exit(1);
    (void)pthread_barrier_wait(&all_are_there);
    specimen_ready();
    specimen_stay();
}

Test(tasks, five_thousand)
{
    child = specimen_start(many_threads, NULL);
    if (child < 0)
        cr_skip_test("this machine does not let us have 5,000 threads");
    cr_assert_eq(read_child(TASKS_SIGNALS), 0);
    cr_assert_eq(tasks.count, MANY);
    for (size_t i = 1; i < MANY; i++)
        cr_assert_lt(tasks.tasks[i - 1].tid, tasks.tasks[i].tid);
}

Test(tasks, gone_and_recycled)
{
    child = specimen_start(two_threads, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(read_child(0), 0);
    struct identity id = tasks.id, successor = id;
    successor.start_ticks++;
    struct task_list other = TASK_LIST_INIT;
    cr_expect_eq(tasks_read(successor, 0, &other), -ESRCH);
    cr_expect_eq(other.count, 0);

    specimen_end(child);
    child = 0;
    cr_expect_eq(tasks_read(id, 0, &other), -ESRCH);
}

Test(tasks, of_a_zombie)
{
    child = specimen_start(two_threads, NULL);
    cr_assert_gt(child, 0);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(specimen_wait_dead(child), 0);
    cr_assert_eq(read_child(TASKS_SIGNALS | TASKS_WAITS), 0);
    const struct task_list *list = &tasks;
    cr_assert_eq(list->count, 1);
    cr_expect_eq(list->tasks[0].state, 'Z');
    cr_expect_eq(list->tasks[0].wchan_access, ACCESS_ZOMBIE);
    cr_expect_neq(list->tasks[0].syscall.access, ACCESS_DENIED);
}

Test(tasks, a_kernel_thread_makes_no_system_call)
{
    if (tasks_read((struct identity){.pid = 2}, TASKS_WAITS, &tasks) < 0)
        cr_skip("no PID 2 is seen here");
    const struct task_list *list = &tasks;
    if (strcmp(list->comm, "kthreadd") != 0)
        cr_skip("PID 2 is no kernel thread here");
    enum access access = list->tasks[0].syscall.access;
    cr_expect(!access_has_value(access), "%d", (int)access);
}
