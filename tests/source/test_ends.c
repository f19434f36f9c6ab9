/*
 * How processes end, as the life of this machine's feed has it: who must wait,
 * and who removed the entry. Real processes, held still while a sweep looks; by
 * sweeps alone, and with the kernel's events where they are granted.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/model/process.h"
#include "reaptop/source/feed_live.h"
#include "support/spawn.h"

static struct feed *feed;
static int go[2];   /* the child ends when its end is closed */
static int told[2]; /* a byte: the parent is done */

static void release(void)
{
    feed_close(feed);
    spawn_done();
}

TestSuite(ends, .fini = release, .timeout = 600);

static void open_feed(bool has_events)
{
    struct error error = ERROR_INIT;
    const struct feed_live_options options = {.memory = {.events = 1 << 16, .ended = 1 << 14},
                                              .has_events = has_events};
    cr_assert_eq(feed_live_open(&options, &feed, &error), 0, "%s", error.message);
    cr_assert_eq(pipe2(go, O_CLOEXEC), 0);
    cr_assert_eq(pipe2(told, O_CLOEXEC), 0);
}

static void look(void)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(feed_refresh(feed, false, &error), FEED_SNAPSHOT, "%s", error.message);
}

/* The last sentence of that kind that the life has of the process; "" where there is none. */
static const char *sentence(pid_t pid, enum event_kind kind)
{
    static struct strbuf text;
    const struct event_log *log = life_log(feed_life(feed));
    strbuf_clear(&text);
    for (size_t i = 0; i < log->count; i++) {
        const struct event *event = event_log_get(log, i);
        if (event->id.pid != pid || event->kind != kind)
            continue;
        strbuf_clear(&text);
        event_describe(event, &text);
    }
    return strbuf_text(&text);
}

/* Looks until the life has such a sentence: the kernel's events may come behind a sweep. */
static const char *await(pid_t pid, enum event_kind kind)
{
    look();
    while (sentence(pid, kind)[0] == '\0')
        look();
    return sentence(pid, kind);
}

#define EXPECT_HAS(text, ...)                                                                      \
    do {                                                                                           \
        char expected[96];                                                                         \
        const char *const has_text = (text);                                                       \
        (void)snprintf(expected, sizeof(expected), __VA_ARGS__);                                   \
        cr_expect(strstr(has_text, expected), "\"%s\" lacks \"%s\"", has_text, expected);          \
    } while (0)

/* ---- the parents ---- */

/* What a parent does when its child has ended. */
enum parent_kind {
    PARENT_IGNORES,
    PARENT_WAITS,
    PARENT_LEAVES_IT
};

static void body_of_child(void)
{
    char byte;
    (void)prctl(PR_SET_PDEATHSIG, 0);
    (void)close(go[1]);
    (void)!read(go[0], &byte, 1);
    _exit(3);
}

/* Reports its child's PID; a byte comes when the child has ended, as this parent sees it. */
static int be_parent(void *argument)
{
    enum parent_kind kind = *(enum parent_kind *)argument;
    (void)signal(SIGCHLD, kind == PARENT_IGNORES ? SIG_IGN : SIG_DFL);
    (void)close(told[0]);
    pid_t child = fork();
    if (child == 0)
        body_of_child();
    (void)close(go[0]);
    (void)close(go[1]);
    spawn_ready();
    spawn_report(child);
    siginfo_t info;
    /* Where SIGCHLD is ignored, waitid(2) returns with ECHILD once all have ended. */
    (void)waitid(P_PID, (id_t)child, &info, WEXITED | (kind == PARENT_LEAVES_IT ? WNOWAIT : 0));
    (void)!write(told[1], "", 1);
    return spawn_pause(NULL);
}

static pid_t start(enum parent_kind kind, pid_t *ret_child)
{
    int32_t child;
    pid_t parent = spawn_child(be_parent, &kind);
    cr_assert(parent > 0);
    cr_assert(spawn_receive(parent, &child));
    *ret_child = child;
    (void)close(told[1]);
    (void)close(go[0]);
    return parent;
}

static void end_child(void)
{
    char byte;
    (void)close(go[1]);
    cr_assert_eq(read(told[0], &byte, 1), 1);
}

static bool ways[] = {false, true};

ParameterizedTestParameters(ends, a_parent_that_ignores_SIGCHLD)
{
    return cr_make_param_array(bool, ways, 2);
}

ParameterizedTest(bool *way, ends, a_parent_that_ignores_SIGCHLD)
{
    pid_t child;
    open_feed(*way);
    pid_t parent = start(PARENT_IGNORES, &child);
    look();
    end_child();
    EXPECT_HAS(await(child, EVENT_REAP), "is gone: its parent %d ignores SIGCHLD", parent);
    cr_expect_str_eq(sentence(child, EVENT_ZOMBIE), "");
    cr_expect_eq(history_removal(life_find_pid(feed_life(feed), child)), REMOVAL_AUTOREAPED);
}

ParameterizedTestParameters(ends, a_watched_child_of_a_parent_that_ignores_SIGCHLD)
{
    return cr_make_param_array(bool, ways, 2);
}

ParameterizedTest(bool *way, ends, a_watched_child_of_a_parent_that_ignores_SIGCHLD)
{
    pid_t child;
    open_feed(true);
    pid_t parent = start(PARENT_IGNORES, &child);
    if (*way)
        look();
    const struct process *row = snapshot_find(feed_snapshot(feed), child);
    const struct identity id = row ? row->id : (struct identity){.pid = child};
    if (!feed_watch(feed) || watch_add(feed_watch(feed), id, "child") < 0)
        cr_skip_test("no pidfd can be watched here");
    end_child();
    EXPECT_HAS(await(child, EVENT_REAP), "is gone: its parent %d ignores SIGCHLD", parent);
}

ParameterizedTestParameters(ends, a_parent_that_waits)
{
    return cr_make_param_array(bool, ways, 2);
}

ParameterizedTest(bool *way, ends, a_parent_that_waits)
{
    pid_t child;
    open_feed(*way);
    pid_t parent = start(PARENT_WAITS, &child);
    look();
    end_child();
    EXPECT_HAS(await(child, EVENT_REAP), "was reaped by %d (inferred: its parent then)", parent);
}

ParameterizedTestParameters(ends, a_parent_that_does_not_wait)
{
    return cr_make_param_array(bool, ways, 2);
}

ParameterizedTest(bool *way, ends, a_parent_that_does_not_wait)
{
    pid_t child;
    open_feed(*way);
    pid_t parent = start(PARENT_LEAVES_IT, &child);
    look();
    end_child();
    EXPECT_HAS(await(child, EVENT_ZOMBIE), "is a zombie until %d collects it", parent);
    cr_expect_str_eq(sentence(child, EVENT_REAP), "");
}

/* ---- orphans ---- */

ParameterizedTestParameters(ends, an_adopter_reaps)
{
    return cr_make_param_array(bool, ways, 2);
}

ParameterizedTest(bool *way, ends, an_adopter_reaps)
{
    pid_t child;
    open_feed(*way);
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = start(PARENT_WAITS, &child);
    look();
    (void)spawn_kill(parent);
    EXPECT_HAS(await(child, EVENT_ADOPT), "adopted by %d", getpid());
    (void)close(go[1]);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    EXPECT_HAS(await(child, EVENT_REAP), "was reaped by %d", getpid());
}

Test(ends, a_parent_that_ended_in_the_same_gap_reaped_nobody)
{
    pid_t child;
    open_feed(false);
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = start(PARENT_WAITS, &child);
    look();
    (void)spawn_kill(parent);
    (void)close(go[1]);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    EXPECT_HAS(await(child, EVENT_REAP), "is gone; who reaped it was not seen");
}

/* ---- tracers ---- */

static int trace_and_hold(void *argument)
{
    (void)close(go[1]);
    (void)close(told[1]);
    if (ptrace(PTRACE_SEIZE, *(pid_t *)argument, NULL, NULL) < 0)
        return 1;
    return spawn_pause(NULL);
}

static int end_when_asked(void *argument)
{
    char byte;
    (void)argument;
    (void)close(go[1]);
    spawn_ready();
    return read(go[0], &byte, 1) == 0 ? 3 : 1;
}

ParameterizedTestParameters(ends, a_zombie_that_its_tracer_holds)
{
    return cr_make_param_array(bool, ways, 2);
}

ParameterizedTest(bool *way, ends, a_zombie_that_its_tracer_holds)
{
    open_feed(*way);
    pid_t pid = spawn_child(end_when_asked, NULL);
    look();
    pid_t tracer = spawn_child(trace_and_hold, &pid);
    if (tracer < 0)
        cr_skip_test("ptrace is not permitted here");
    (void)close(go[1]);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    EXPECT_HAS(await(pid, EVENT_ZOMBIE), "is a zombie until its tracer %d, then %d,", tracer,
               getpid());
    (void)spawn_kill(tracer);
}

/* ---- the first thread ---- */

static pthread_t first;

static void *live_on(void *argument)
{
    (void)argument;
    (void)pthread_join(first, NULL);
    spawn_ready();
    (void)pause();
    return NULL;
}

static int end_first_thread(void *argument)
{
    pthread_t thread;
    (void)argument;
    first = pthread_self();
    (void)pthread_create(&thread, NULL, live_on, NULL);
    pthread_exit(NULL);
}

ParameterizedTestParameters(ends, a_first_thread_s_end_is_no_process_s)
{
    return cr_make_param_array(bool, ways, 2);
}

ParameterizedTest(bool *way, ends, a_first_thread_s_end_is_no_process_s)
{
    open_feed(*way);
    look();
    pid_t pid = spawn_child(end_first_thread, NULL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    (void)await(pid, EVENT_FORK);
    look();
    cr_expect_str_eq(sentence(pid, EVENT_EXIT), "");
    cr_expect_str_eq(sentence(pid, EVENT_ZOMBIE), "");
    siginfo_t info;
    cr_assert_eq(kill(pid, SIGKILL), 0);
    cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    EXPECT_HAS(await(pid, EVENT_EXIT), "killed by SIGKILL");
}

Test(ends, the_status_of_one_whose_first_thread_had_ended_before_it_was_killed)
{
    open_feed(true);
    if (!feed_header(feed)->has_kernel_events)
        cr_skip_test("needs the proc connector");
    pid_t pid = spawn_child(end_first_thread, NULL);
    look();
    (void)spawn_kill(pid);
    EXPECT_HAS(await(pid, EVENT_EXIT), "killed by SIGKILL");
}
