#include "reaptop/source/user_stacks.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/source/procfs.h"
#include "support/spawn.h"
#include "support/test_child.h"

static pid_t child;
static struct user_stacks stacks;

static void teardown(void)
{
    user_stacks_done(&stacks);
    specimen_end(child);
}

TestSuite(user_stacks, .fini = teardown);

/* Names to look for: neither is inlined, and behind each call something is left to do. */
void stacks_inner(void);
void stacks_outer(void);

__attribute__((noinline)) void stacks_inner(void)
{
    while (pause() < 0)
        __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void stacks_outer(void)
{
    stacks_inner();
    __asm__ volatile("" ::: "memory");
}

static pthread_barrier_t both_are_there;

static void *second_thread(void *unused)
{
    (void)pthread_barrier_wait(&both_are_there);
    stacks_outer();
    return unused;
}

static void two_threads(void *unused)
{
    pthread_t thread;
    (void)unused;
    (void)pthread_barrier_init(&both_are_there, NULL, 2);
    if (pthread_create(&thread, NULL, second_thread, NULL) != 0)
        _exit(1);
    (void)pthread_barrier_wait(&both_are_there);
    specimen_ready();
    stacks_outer();
}

static void only_stay(void *unused)
{
    (void)unused;
    specimen_ready();
    specimen_stay();
}

static void start(specimen_body body)
{
    child = specimen_start(body, NULL);
    cr_assert_gt(child, 0);
}

static struct identity whoever(pid_t pid)
{
    return (struct identity){.pid = pid};
}

static bool has_not_stopped(void)
{
    for (size_t i = 0; i < stacks.count; i++)
        if (stacks.threads[i].end == STACK_NOT_STOPPED)
            return true;
    return false;
}

/*
 * Reads them, or skips where they cannot be had here. On a busy machine a thread may come to its
 * stop too late.
 */
static void read_stacks(void)
{
    int r = 0;
    for (int tries = 0; tries < 20 && (tries == 0 || r == -ETIMEDOUT || has_not_stopped()); tries++)
        r = user_stacks_read(whoever(child), &stacks);
    if (r == -EOPNOTSUPP || r == -ELIBACC)
        cr_skip_test("%s", user_stacks_sentence(r));
    cr_assert_eq(r, 0, "%s", user_stacks_sentence(r));
    cr_assert_gt(stacks.count, 0);
    if (stacks.threads[0].end == STACK_DENIED)
        cr_skip_test("ptrace(2) is not allowed here");
}

static bool holds(const struct user_stack *stack, const char *symbol, size_t *ret_index)
{
    for (size_t i = 0; i < stack->count; i++)
        if (stack->frames[i].symbol && strcmp(stack->frames[i].symbol, symbol) == 0) {
            *ret_index = i;
            return true;
        }
    return false;
}

/* A thread may not have got so far when it is read: it is read again until it has. */
static const struct user_stack *await_inner(size_t index)
{
    size_t at;
    for (int tries = 0; tries < 1000; tries++) {
        read_stacks();
        if (stacks.count > index && holds(&stacks.threads[index], "stacks_inner", &at))
            return &stacks.threads[index];
    }
    return NULL;
}

Test(user_stacks, each_thread_has_its_functions_the_innermost_first, .timeout = 120)
{
    start(two_threads);
    for (size_t i = 0; i < 2; i++) {
        const struct user_stack *stack = await_inner(i);
        size_t inner = 0, outer = 0;
        cr_assert_not_null(stack, "thread %zu never was in stacks_inner()", i);
        cr_assert(holds(stack, "stacks_inner", &inner));
        cr_assert(holds(stack, "stacks_outer", &outer));
        cr_expect_eq(outer, inner + 1);
        cr_expect_not_null(strstr(stack->frames[inner].module, "/source"), "%s",
                           stack->frames[inner].module);
        cr_expect_gt(stack->frames[inner].address, 0);
    }
    cr_expect_eq(stacks.threads[0].tid, child);
    cr_expect_gt(stacks.threads[1].tid, 0);
    cr_expect_gt(stacks.held_ns, 0);
    cr_expect_eq(stacks.left_out, 0);
}

Test(user_stacks, the_process_goes_on_as_it_was, .timeout = 120)
{
    start(only_stay);
    read_stacks();
    cr_expect_eq(procfs_read_tracer_of(child), 0);
    cr_expect_eq(spawn_await_state(child, "S"), 'S');
    cr_assert_eq(kill(child, SIGSTOP), 0);
    cr_assert_eq(waitpid(child, NULL, WUNTRACED), child);
    read_stacks();
    cr_expect_gt(stacks.threads[0].count, 0);
    cr_expect_eq(spawn_await_state(child, "T"), 'T');
}

Test(user_stacks, who_is_traced_is_told_as_such, .timeout = 120)
{
    start(only_stay);
    read_stacks();
    if (ptrace(PTRACE_SEIZE, child, NULL, NULL) < 0)
        cr_skip_test("ptrace(2): %s", strerror(errno));
    read_stacks();
    cr_expect_eq(stacks.threads[0].end, STACK_TRACED);
    cr_expect_eq(stacks.threads[0].count, 0);
}

Test(user_stacks, what_cannot_be_had_is_an_error_and_no_empty_stack, .timeout = 120)
{
    start(only_stay);
    read_stacks();
    struct stat_line line;
    struct identity other = {.pid = child, .start_ticks = 1};
    cr_expect_eq(user_stacks_read(other, &stacks), -ESRCH);
    cr_expect_gt(stacks.threads[0].count, 0, "what was there is untouched");
    if (procfs_read_stat_of(2, &line) == 0 && line.flags & STAT_KERNEL_THREAD)
        cr_expect_eq(user_stacks_read(whoever(2), &stacks), -ENOEXEC);
    pid_t pid = child;
    specimen_end(child);
    child = -1;
    cr_expect_eq(user_stacks_read(whoever(pid), &stacks), -ESRCH);
}

Test(user_stacks, each_reason_has_its_words)
{
    static const int errors[] = {-EOPNOTSUPP, -ELIBACC, -ENOEXEC, -ETIMEDOUT,
                                 -EIO,        -EPERM,   -EACCES,  -ENOMEM};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        cr_expect_gt(strlen(user_stacks_sentence(errors[i])), 10, "%d", errors[i]);
    for (int end = 0; end < STACK_END_COUNT; end++) {
        cr_expect_not_null(stack_end_word((enum stack_end)end), "%d", end);
        cr_expect_eq(!stack_end_sentence((enum stack_end)end), end == STACK_WHOLE, "%d", end);
    }
}
