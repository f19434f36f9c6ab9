/* A thread whose descriptor table is its own (unshare(2), CLONE_FILES) is looked into everywhere.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "run_command.h"
#include "support/spawn.h"

static int fds[2] = {-1, -1};

static void release(void)
{
    spawn_done();
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    fds[0] = fds[1] = -1;
}

TestSuite(own_tables, .fini = release, .timeout = 600);

/* Takes both ends with it; main closes its own. Then it waits on an epoll of its own. */
static void *take_table(void *argument)
{
    struct epoll_event event = {.events = EPOLLIN};
    pthread_barrier_t *both = argument;
    bool is_own = unshare(CLONE_FILES) == 0;
    (void)close(fds[0]);
    int other[2], epoll = epoll_create1(0);
    if (pipe(other) == 0)
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, other[0], &event);
    spawn_report(is_own ? (int32_t)gettid() : 0);
    (void)pthread_barrier_wait(both);
    (void)epoll_wait(epoll, &event, 1, -1);
    return NULL;
}

static int holder(void *argument)
{
    static pthread_barrier_t both;
    pthread_t thread;
    (void)argument;
    (void)pthread_barrier_init(&both, NULL, 2);
    (void)pthread_create(&thread, NULL, take_table, &both);
    (void)pthread_barrier_wait(&both);
    (void)close(fds[0]);
    (void)close(fds[1]);
    spawn_ready();
    return pthread_join(thread, NULL);
}

static int reader(void *argument)
{
    char byte;
    (void)argument;
    (void)close(fds[1]);
    spawn_ready();
    return (int)read(fds[0], &byte, 1);
}

static void expect(const char *command, pid_t pid, const char *holds, const char *lacks)
{
    int status = -1;
    const char *text = run_command(command, pid, false, &status);
    cr_expect_not_null(strstr(text, holds), "%s lacks \"%s\": %s", command, holds, text);
    if (lacks)
        cr_expect_null(strstr(text, lacks), "%s has \"%s\": %s", command, lacks, text);
}

Test(own_tables, the_other_end_is_found_in_it)
{
    char words[128], command[96], link[64] = "";
    int32_t tid = 0;
    cr_assert_eq(pipe(fds), 0);
    pid_t held_by = spawn_child(holder, NULL), waits = spawn_child(reader, NULL);
    cr_assert(spawn_receive(held_by, &tid));
    if (tid == 0)
        cr_skip_test("unshare(CLONE_FILES) is not to be had here");
    cr_assert_neq(spawn_await_state(waits, "S"), '\0');
    cr_assert_neq(spawn_await_state(tid, "S"), '\0');
    (void)snprintf(command, sizeof(command), "/proc/self/fd/%d", fds[0]);
    cr_assert_gt(readlink(command, link, sizeof(link) - 1), 0);
    (void)close(fds[0]); /* the test itself has no end of it any more */
    (void)close(fds[1]);
    fds[0] = fds[1] = -1;

    (void)snprintf(words, sizeof(words), "of its thread %d", (int)tid);
    expect("files", waits, words, "nobody");
    (void)snprintf(words, sizeof(words), "\"tid\":%d", (int)tid);
    expect("files -J", waits, words, NULL);
    (void)snprintf(words, sizeof(words), "Thread %d has a descriptor table of its own", (int)tid);
    expect("files", held_by, words, NULL);
    expect("files", held_by, link, NULL);
    (void)snprintf(words, sizeof(words), "%d (thread of %d) cli S holds the write end", (int)tid,
                   (int)held_by);
    expect("why", waits, words, "nobody");
    (void)snprintf(words, sizeof(words), "open (thread %d)", (int)tid);
    (void)snprintf(command, sizeof(command), "who %s", link);
    expect(command, 0, words, NULL);
}
