/*
 * Signals that others send, as the kernel's tracepoints tell them. Each test
 * mounts a tracefs that only it sees; that needs root.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/model/life.h"
#include "reaptop/source/trace.h"
#include "support/spawn.h"
#include "support/tracefs.h"

static struct trace *trace;
static struct life *life;
static struct strbuf text;

static void done(void)
{
    trace_close(trace);
    life_free(life);
    strbuf_done(&text);
    spawn_done();
}

TestSuite(trace, .fini = done, .timeout = 600);

enum {
    AWAIT_SECONDS = 30
};

static void open_trace(void)
{
    struct error error = ERROR_INIT;
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    cr_assert_eq(trace_open(&trace, &error), 0, "%s", error.message);
    life = life_new(1 << 14, 16);
    cr_assert_not_null(life);
}

struct wanted {
    enum event_kind kind;
    pid_t target;
    int signal;
    int fate;     /* -1: whatever */
    pid_t sender; /* 0: whoever */
};

static const struct event *find_reported(const struct wanted *wanted)
{
    const struct event_log *log = life_log(life);
    for (size_t i = log->count; i > 0; i--) {
        const struct event *event = event_log_get(log, i - 1);
        if (event->kind == wanted->kind && event->id.pid == wanted->target &&
            event->signal == wanted->signal &&
            (wanted->sender == 0 || event->sender == wanted->sender) &&
            (wanted->fate < 0 || (int)event->fate == wanted->fate))
            return event;
    }
    return NULL;
}

/* Lives of the processes that a test asks for: elsewhere a sweep or the connector begins them. */
static void begin_life(pid_t pid)
{
    const struct event fork = {.kind = EVENT_FORK,
                               .source = EVENT_FROM_CONNECTOR,
                               .id.pid = pid,
                               .ppid = getpid(),
                               .mono_ns = 1,
                               .exit_status = EXIT_UNKNOWN};
    life_receive(life, &fork, 1);
}

/* For whoever reads why a test failed. */
static void print_reported(pid_t target)
{
    const struct event_log *log = life_log(life);
    for (size_t i = 0; i < log->count; i++) {
        const struct event *event = event_log_get(log, i);
        strbuf_clear(&text);
        event_describe(event, &text);
        if (event->id.pid == target || event->kind == EVENT_LOST)
            (void)fprintf(stderr, "told: %s\n", strbuf_text(&text));
    }
}

/* Waits until that is told; every signal of the machine comes by meanwhile. */
static struct event await(const struct wanted wanted)
{
    const uint64_t until_ns = clock_boot_ns() + AWAIT_SECONDS * NS_PER_SEC;
    const struct event *reported = find_reported(&wanted);
    while (!reported && clock_boot_ns() < until_ns) {
        struct event events[64];
        int count;
        while (!reported && (count = trace_read(trace, events, 64)) > 0) {
            life_receive(life, events, (size_t)count);
            reported = find_reported(&wanted);
        }
        struct pollfd ready = {.fd = trace_fd(trace), .events = POLLIN};
        if (!reported)
            (void)poll(&ready, 1, 50);
    }
    if (!reported)
        print_reported(wanted.target);
    cr_assert_not_null(reported, "signal %d to %d with fate %d is not told", wanted.signal,
                       wanted.target, wanted.fate);
    return *reported;
}

static struct event await_signal(pid_t target, int signal, int fate)
{
    return await((struct wanted){EVENT_SIGNAL, target, signal, fate, 0});
}

static const char *words(const struct event *event)
{
    strbuf_clear(&text);
    event_describe(event, &text);
    return strbuf_text(&text);
}

/* ---- senders that are processes ---- */

static int send_term(void *argument)
{
    (void)prctl(PR_SET_NAME, "sends-term");
    spawn_ready();
    return kill(*(pid_t *)argument, SIGTERM) < 0;
}

static int send_usr1(void *argument)
{
    spawn_ready();
    return kill(*(pid_t *)argument, SIGUSR1) < 0;
}

Test(trace, names_the_sender_of_a_kill_and_that_it_ended_the_target)
{
    open_trace();
    pid_t target = spawn_child(spawn_pause, NULL);
    begin_life(target);
    pid_t sender = spawn_child(send_term, &target);
    struct event event = await_signal(target, SIGTERM, FATE_DEFAULT);
    cr_expect_eq(event.sender, sender);
    cr_expect_str_eq(event.detail, "sends-term");
    cr_expect_eq(event.source, EVENT_FROM_TRACE);
    cr_expect_eq(event.cause, CAUSE_KILL);
    cr_expect_gt(event.mono_ns, 0);
    cr_expect_gt(event.time_ns, event.mono_ns);
    cr_expect_not_null(strstr(words(&event), "sends-term, kill(2); delivered: default action"),
                       "%s", words(&event));
    /* What the life remembers is the same. */
    const struct history *history = life_find_pid(life, target);
    cr_assert_not_null(history);
    struct event moment = history_moment(history, history->moment_count - 1u);
    cr_expect_eq(moment.kind, EVENT_SIGNAL);
    cr_expect_eq(moment.sender, sender);
    cr_expect_str_eq(moment.detail, "sends-term");
    cr_expect_eq(moment.fate, FATE_DEFAULT);
}

static void on_signal(int signal)
{
    (void)signal;
}

static int handle_usr1(void *unused)
{
    (void)unused;
    (void)signal(SIGUSR1, on_signal);
    spawn_ready();
    for (;;)
        (void)pause();
    return 0;
}

Test(trace, reports_the_handler_that_was_entered)
{
    open_trace();
    pid_t target = spawn_child(handle_usr1, NULL);
    begin_life(target);
    (void)spawn_child(send_usr1, &target);
    struct event event = await_signal(target, SIGUSR1, FATE_HANDLED);
    cr_expect_eq(event.handler, (uint64_t)(uintptr_t)on_signal);
    cr_expect_not_null(strstr(words(&event), "delivered to its handler at 0x"), "%s",
                       words(&event));
}

static int ignore_term(void *unused)
{
    (void)unused;
    (void)signal(SIGTERM, SIG_IGN);
    return spawn_pause(NULL);
}

Test(trace, reports_what_is_ignored)
{
    open_trace();
    pid_t target = spawn_child(ignore_term, NULL);
    (void)spawn_child(send_term, &target);
    struct event event = await_signal(target, SIGTERM, FATE_IGNORED);
    cr_expect_eq(event.cause, CAUSE_KILL);
}

/* Blocks SIGUSR1 until SIGUSR2 comes. */
static int block_usr1(void *unused)
{
    (void)unused;
    sigset_t blocked, waits;
    (void)signal(SIGUSR1, on_signal);
    (void)signal(SIGUSR2, on_signal);
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigaddset(&blocked, SIGUSR2);
    (void)sigprocmask(SIG_BLOCK, &blocked, &waits);
    (void)sigaddset(&waits, SIGUSR1);
    spawn_ready();
    (void)sigsuspend(&waits);
    (void)sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    for (;;)
        (void)pause();
    return 0;
}

Test(trace, a_blocked_signal_is_pending_and_arrives_later)
{
    open_trace();
    pid_t target = spawn_child(block_usr1, NULL);
    begin_life(target);
    pid_t sender = spawn_child(send_usr1, &target);
    struct event event = await_signal(target, SIGUSR1, FATE_BLOCKED);
    cr_expect_eq(event.sender, sender);
    cr_assert_eq(spawn_reap(sender), 0);

    (void)spawn_child(send_usr1, &target);
    event = await_signal(target, SIGUSR1, FATE_MERGED);
    cr_assert_eq(kill(target, SIGUSR2), 0);
    event = await_signal(target, SIGUSR1, FATE_HANDLED);
    cr_expect_eq(event.sender, sender, "the first one arrived, the second had gone into it");
}

static void *stay(void *unused)
{
    spawn_report((int32_t)syscall(SYS_gettid));
    for (;;)
        (void)pause();
    return unused;
}

static int have_thread(void *unused)
{
    pthread_t thread;
    (void)unused;
    (void)signal(SIGUSR1, on_signal);
    spawn_ready();
    if (pthread_create(&thread, NULL, stay, NULL) != 0)
        return 1;
    for (;;)
        (void)pause();
    return 0;
}

struct task {
    pid_t pid, tid;
};

static int signal_thread(void *argument)
{
    const struct task *task = argument;
    spawn_ready();
    return syscall(SYS_tgkill, task->pid, task->tid, SIGUSR1) < 0;
}

Test(trace, a_thread_s_signal_is_its_process_s)
{
    open_trace();
    int32_t tid = 0;
    pid_t target = spawn_child(have_thread, NULL);
    cr_assert(spawn_receive(target, &tid));
    begin_life(target);
    struct task task = {target, tid};
    pid_t sender = spawn_child(signal_thread, &task);
    struct event event = await_signal(target, SIGUSR1, FATE_HANDLED);
    cr_expect_eq(event.sender, sender);
    cr_expect_eq(event.cause, CAUSE_TGKILL);
}

static int be_named_in_two_lines(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_NAME, "two\nlines");
    return spawn_pause(NULL);
}

Test(trace, a_newline_in_its_name_hides_nobody)
{
    open_trace();
    pid_t target = spawn_child(be_named_in_two_lines, NULL);
    (void)spawn_child(send_term, &target);
    struct event event = await_signal(target, SIGTERM, -1);
    cr_expect_str_eq(event.comm, "two\nlines");
    cr_expect_str_eq(event.detail, "sends-term");
}

/* ---- the kernel's own ---- */

static int break_pipe(void *unused)
{
    (void)unused;
    int ends[2];
    if (pipe(ends) < 0)
        return 1;
    (void)signal(SIGPIPE, SIG_DFL);
    close(ends[0]);
    spawn_ready();
    return write(ends[1], "x", 1) > 0;
}

Test(trace, a_broken_pipe_and_the_parent_that_receives_of_the_end)
{
    open_trace();
    pid_t target = spawn_child(break_pipe, NULL);
    begin_life(target);
    struct event event = await_signal(target, SIGPIPE, FATE_DEFAULT);
    cr_expect_eq(event.sender, target, "its own write did it");
    cr_expect_eq(event.cause, CAUSE_BROKEN_PIPE);
    cr_expect(delivery_cause_is_inferred(event.cause));
    event = await((struct wanted){EVENT_SIGNAL, getpid(), SIGCHLD, -1, target});
    cr_expect_eq(event.cause, CAUSE_CHILD_KILLED);
}

static int touch_nothing(void *unused)
{
    (void)unused;
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGSEGV, SIG_DFL);
    volatile char *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || munmap((void *)page, 4096) < 0)
        return 1;
    spawn_ready();
    *page = 1;
    return 0;
}

Test(trace, a_fault_of_its_own)
{
    open_trace();
    pid_t target = spawn_child(touch_nothing, NULL);
    begin_life(target);
    struct event event = await_signal(target, SIGSEGV, FATE_DEFAULT);
    cr_expect_eq(event.cause, CAUSE_NOT_MAPPED);
    cr_expect_not(delivery_is_by_process(event.cause));
}

static int set_alarm(void *unused)
{
    (void)unused;
    const struct itimerval soon = {.it_value.tv_usec = 1000};
    (void)signal(SIGALRM, SIG_DFL);
    spawn_ready();
    (void)setitimer(ITIMER_REAL, &soon, NULL);
    return spawn_pause(NULL);
}

Test(trace, an_alarm_has_no_sender)
{
    open_trace();
    pid_t target = spawn_child(set_alarm, NULL);
    begin_life(target);
    struct event event = await_signal(target, SIGALRM, FATE_DEFAULT);
    cr_expect_eq(event.cause, CAUSE_ALARM);
}

/* ---- a terminal ---- */

static int master_fd;
static char slave[64];

static int sit_at_terminal(void *unused)
{
    (void)unused;
    close(master_fd);
    if (setsid() < 0 || open(slave, O_RDWR) < 0)
        return 1;
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
    return spawn_pause(NULL);
}

static pid_t spawn_at_terminal(void)
{
    master_fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (master_fd < 0 || grantpt(master_fd) < 0 || unlockpt(master_fd) < 0 ||
        ptsname_r(master_fd, slave, sizeof slave) != 0)
        cr_skip_test("no pseudo-terminal can be had");
    pid_t target = spawn_child(sit_at_terminal, NULL);
    begin_life(target);
    return target;
}

Test(trace, ctrl_c_is_the_terminal_s)
{
    open_trace();
    pid_t target = spawn_at_terminal();
    cr_assert_eq(write(master_fd, "\x03", 1), 1);
    struct event event = await_signal(target, SIGINT, FATE_DEFAULT);
    cr_expect_eq(event.cause, CAUSE_TERMINAL_KEY);
    cr_expect_eq(event.sender, 0, "the worker that took the key matters to nobody");
    cr_expect_not_null(strstr(words(&event), "Ctrl-C (inferred)"), "%s", words(&event));
}

Test(trace, a_terminal_that_hangs_up)
{
    open_trace();
    pid_t target = spawn_at_terminal();
    close(master_fd);
    struct event event = await_signal(target, SIGHUP, FATE_DEFAULT);
    cr_expect_eq(event.cause, CAUSE_HANGUP);
    cr_expect_eq(event.sender, getpid(), "who closed the other end");
}

/* ---- memory that runs out ---- */

enum {
    LIMIT_MIB = 16,
    WANTED_MIB = 128
};

static char group[128];

static bool write_text(const char *name, const char *value)
{
    char path[192];
    (void)snprintf(path, sizeof path, "%s/%s", group, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    (void)close(fd);
    return is_written;
}

/* A control group of little memory and no swap, of either version. */
static bool make_group(void)
{
    (void)snprintf(group, sizeof group, "/sys/fs/cgroup/memory/reaptop-test-%d", (int)getpid());
    if (mkdir(group, 0700) == 0) {
        bool is_limited = write_text("memory.limit_in_bytes", "16M");
        (void)write_text("memory.memsw.limit_in_bytes", "16M");
        return is_limited;
    }
    (void)snprintf(group, sizeof group, "/sys/fs/cgroup/reaptop-test-%d", (int)getpid());
    if (mkdir(group, 0700) < 0)
        return false;
    (void)write_text("memory.swap.max", "0");
    return write_text("memory.max", "16M");
}

static int want_memory(void *unused)
{
    (void)unused;
    spawn_ready();
    char *memory =
        mmap(NULL, WANTED_MIB << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; memory != MAP_FAILED && i < (size_t)WANTED_MIB << 20; i += 4096) {
        char digits[16];
        if (i == 0) {
            (void)snprintf(digits, sizeof digits, "%d", (int)getpid());
            if (!write_text("cgroup.procs", digits))
                return 2;
        }
        memory[i] = 1;
    }
    return 0;
}

Test(trace, the_oom_killer_is_named)
{
    open_trace();
    if (!make_group()) {
        (void)rmdir(group);
        cr_skip_test("no control group with a limit of memory can be made");
    }
    pid_t target = spawn_child(want_memory, NULL);
    begin_life(target);
    int status = spawn_reap(target);
    (void)rmdir(group);
    if (!WIFSIGNALED(status))
        cr_skip_test("it got all that it wanted");
    struct event event = await((struct wanted){EVENT_OOM, target, 0, -1, 0});
    cr_expect_eq(event.sender, target, "it asked for more itself");
    cr_expect_gt(event.count, 1024, "%llu KiB", (unsigned long long)event.count);
    event = await_signal(target, SIGKILL, FATE_DEFAULT);
    cr_expect_eq(event.cause, CAUSE_OOM);
    cr_expect_not(delivery_cause_is_inferred(event.cause));
}

/* ---- what is ours ---- */

static int be_reader(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_NAME, "reaptop-reader");
    spawn_ready();
    return 0;
}

static int be_other(void *unused)
{
    (void)unused;
    spawn_ready();
    return 0;
}

static int send_as_helper(void *argument)
{
    (void)prctl(PR_SET_NAME, "reaptop-reader");
    spawn_ready();
    return kill(*(pid_t *)argument, SIGURG) < 0;
}

Test(trace, a_helper_s_name_hides_nobody)
{
    open_trace();
    /* Not to this process: it may still be in fork(3), where glibc 2.41 blocks all signals. */
    pid_t target = spawn_child(spawn_pause, NULL);
    pid_t sender = spawn_child(send_as_helper, &target);
    struct event event = await_signal(target, SIGURG, FATE_IGNORED);
    cr_expect_eq(event.sender, sender);
    cr_expect_str_eq(event.detail, "reaptop-reader");
}

Test(trace, our_helpers_and_what_we_send_are_left_out)
{
    open_trace();
    pid_t reader = spawn_child(be_reader, NULL);
    cr_assert_eq(spawn_reap(reader), 0);
    pid_t target = spawn_child(spawn_pause, NULL);
    cr_assert_eq(kill(target, SIGTERM), 0);
    (void)spawn_reap(target);
    pid_t other = spawn_child(be_other, NULL);
    cr_assert_eq(spawn_reap(other), 0);
    (void)await((struct wanted){EVENT_SIGNAL, getpid(), SIGCHLD, -1, other});
    cr_expect_null(find_reported(&(struct wanted){EVENT_SIGNAL, target, SIGTERM, -1, 0}));
    const struct event_log *log = life_log(life);
    for (size_t i = 0; i < log->count; i++)
        cr_expect_neq(event_log_get(log, i)->sender, reader);
}

/* ---- the instance ---- */

static bool has_instance(pid_t pid)
{
    char path[96];
    struct stat st;
    (void)snprintf(path, sizeof path, MOUNT_POINT "/instances/reaptop-%d", (int)pid);
    return stat(path, &st) == 0;
}

static int open_and_be_killed(void *unused)
{
    (void)unused;
    struct trace *own;
    if (trace_open(&own, NULL) < 0)
        return 1;
    return spawn_pause(NULL);
}

Test(trace, its_instance_goes_with_it_and_another_s_that_was_left)
{
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    pid_t killed = spawn_child(open_and_be_killed, NULL);
    cr_assert(has_instance(killed));
    spawn_kill(killed);
    /* Its number is another process's by now. */
    pid_t other = spawn_child(spawn_pause, NULL);
    char path[96];
    (void)snprintf(path, sizeof path, MOUNT_POINT "/instances/reaptop-%d", (int)other);
    cr_assert_eq(mkdir(path, 0700), 0);

    cr_assert_eq(trace_open(&trace, NULL), 0);
    cr_expect(has_instance(getpid()));
    cr_expect_not(has_instance(killed));
    cr_expect_not(has_instance(other));
    trace_close(trace);
    trace = NULL;
    cr_expect_not(has_instance(getpid()));
}

/* As a reaptop of another PID namespace has it. */
Test(trace, one_of_its_name_that_is_in_use_is_left_alone)
{
    char path[96], pipe_path[128];
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    (void)snprintf(path, sizeof path, MOUNT_POINT "/instances/reaptop-%d", (int)getpid());
    (void)snprintf(pipe_path, sizeof pipe_path, "%s/trace_pipe", path);
    int fd = -1;
    /* Before it is in use, one that does not know the number may take it away. */
    for (int i = 0; fd < 0 && i < 100; i++) {
        (void)mkdir(path, 0700);
        fd = open(pipe_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    cr_assert_geq(fd, 0);
    cr_expect_eq(trace_open(&trace, NULL), 0);
    trace_close(trace);
    trace = NULL;
    cr_expect(has_instance(getpid()));
    (void)close(fd);
    /* Out of use, it is anybody's to sweep away: ENOENT, or ENODEV where that is just happening. */
    (void)rmdir(path);
    cr_expect_not(has_instance(getpid()));
}

/* What this process sees mounted. */
static size_t mount_count(void)
{
    FILE *file = fopen("/proc/self/mounts", "re");
    size_t lines = 0;
    int c;
    cr_assert_not_null(file);
    while ((c = getc(file)) != EOF)
        lines += c == '\n';
    (void)fclose(file);
    return lines;
}

Test(trace, needs_no_tracefs_to_be_mounted)
{
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    while (umount2(MOUNT_POINT, MNT_DETACH) == 0)
        ;
    while (umount2("/sys/kernel/debug/tracing", MNT_DETACH) == 0 ||
           umount2("/sys/kernel/debug", MNT_DETACH) == 0)
        ;
    size_t mounts = mount_count();
    struct error error = ERROR_INIT;
    cr_assert_eq(trace_open(&trace, &error), 0, "%s", error.message);
    cr_expect_eq(mount_count(), mounts, "nothing is mounted for it");
    life = life_new(1 << 14, 16);
    cr_assert_not_null(life);
    pid_t target = spawn_child(spawn_pause, NULL);
    begin_life(target);
    pid_t sender = spawn_child(send_term, &target);
    struct event event = await_signal(target, SIGTERM, FATE_DEFAULT);
    cr_expect_eq(event.sender, sender);
}

static int open_and_close(void *unused)
{
    int failed = 0;
    (void)unused;
    spawn_ready();
    for (int i = 0; i < 10; i++) {
        struct trace *own = NULL;
        struct error error = ERROR_INIT;
        trace_clean();
        if (trace_open(&own, &error) < 0)
            failed = fprintf(stderr, "%s\n", error.message) != 0;
        trace_close(own);
    }
    return failed;
}

/* Each removes what others left, and takes nothing that another is just making. */
Test(trace, many_that_begin_at_once_all_trace)
{
    pid_t pids[4];
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++)
        pids[i] = spawn_child(open_and_close, NULL);
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++)
        cr_expect_eq(spawn_reap(pids[i]), 0);
}

Test(trace, two_at_once_leave_each_other_alone)
{
    open_trace();
    pid_t second = spawn_child(open_and_be_killed, NULL);
    cr_expect(has_instance(second));
    cr_expect(has_instance(getpid()));
    pid_t target = spawn_child(spawn_pause, NULL);
    begin_life(target);
    pid_t sender = spawn_child(send_term, &target);
    struct event event = await_signal(target, SIGTERM, FATE_DEFAULT);
    cr_expect_eq(event.sender, sender);
    spawn_kill(second);
}

static int open_as_nobody(void *unused)
{
    (void)unused;
    struct trace *own = NULL;
    struct error error = ERROR_INIT;
    int r = trace_open(&own, &error);
    return (r == -EPERM || r == -ENOTSUP) && !own && error.message[0] ? 0 : 1;
}

Test(trace, says_what_it_would_take)
{
    cr_expect_eq(spawn_run_as_nobody(open_as_nobody, NULL), 0);
}
