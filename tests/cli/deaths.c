#include "deaths.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cgroup_fixture.h"
#include "support/spawn.h"

enum {
    PATIENCE_MS = 10000
};

/* In memory that all of them share. */
struct board {
    const struct manner *manner;
    pid_t dead, waiter;
    bool is_refused; /* ptrace(2), of one whose first thread has ended, or unshare(2) */
};

static struct board *board;
static int go[2] = {-1, -1}; /* a byte, or its end: the one that ends does so */
static pid_t parent, tracer;
static struct test_cgroup group;

/* Its PID as the test has it, in whatever namespace: /proc is the test's. */
static pid_t outer_pid(void)
{
    char text[16] = "";
    ssize_t length = readlink("/proc/self", text, sizeof(text) - 1);
    return length > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

static void tell(pid_t *place)
{
    __atomic_store_n(place, outer_pid(), __ATOMIC_SEQ_CST);
}

static pid_t read_pid(const pid_t *place)
{
    return __atomic_load_n(place, __ATOMIC_SEQ_CST);
}

/* ---- how it ends ---- */

static void await_word(void)
{
    char byte;
    (void)close(go[1]);
    tell(&board->dead);
    (void)!read(go[0], &byte, 1);
}

static void exit_with_3(void)
{
    await_word();
    _exit(3);
}

/* By the test: PID 1 of a namespace cannot do it itself. */
static void be_killed(void)
{
    (void)close(go[1]);
    tell(&board->dead);
    for (;;)
        (void)pause();
}

static void *exit_in_thread(void *unused)
{
    (void)unused;
    exit_with_3();
    return NULL;
}

static void end_in_a_thread(void)
{
    pthread_t thread;
    (void)pthread_create(&thread, NULL, exit_in_thread, NULL);
    for (;;)
        (void)pause();
}

static pthread_t first;

static void *outlive(void *unused)
{
    (void)unused;
    (void)pthread_join(first, NULL);
    exit_with_3();
    return NULL;
}

static void end_after_its_first_thread(void)
{
    pthread_t thread;
    first = pthread_self();
    (void)pthread_create(&thread, NULL, outlive, NULL);
    pthread_exit(NULL);
}

const struct manner manners[] = {
    {"exits with 3", exit_with_3, 3 << 8},
    {"killed", be_killed, SIGKILL},
    {"a thread exits", end_in_a_thread, 3 << 8},
    {"its first thread had ended", end_after_its_first_thread, 3 << 8},
};
const size_t manner_count = sizeof(manners) / sizeof(manners[0]);

/* ---- who is there ---- */

static pid_t fork_one(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        board->manner->die();
        _exit(99);
    }
    return pid;
}

/* What every parent does behind its fork. */
static void let_go(void)
{
    (void)close(go[0]);
    (void)close(go[1]);
}

static int stay(void)
{
    let_go();
    return spawn_pause(NULL);
}

static int never_waits(void *unused)
{
    (void)unused;
    tell(&board->waiter);
    (void)fork_one();
    return stay();
}

static int waits(void *unused)
{
    (void)unused;
    tell(&board->waiter);
    pid_t pid = fork_one();
    let_go();
    spawn_ready();
    (void)waitpid(pid, NULL, 0);
    return spawn_pause(NULL);
}

/* waitpid(2) for another one. */
static int waits_for_another(void *unused)
{
    (void)unused;
    tell(&board->waiter);
    (void)fork_one();
    pid_t other = spawn_bound();
    let_go();
    while (other == 0)
        (void)pause();
    spawn_ready();
    (void)waitpid(other, NULL, 0);
    return 0;
}

static int ignores(void *unused)
{
    (void)unused;
    (void)signal(SIGCHLD, SIG_IGN);
    tell(&board->waiter);
    (void)fork_one();
    return stay();
}

/* As good as ignoring, and nowhere in /proc. */
static int declines(void *unused)
{
    const struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    (void)unused;
    (void)sigaction(SIGCHLD, &action, NULL);
    tell(&board->waiter);
    (void)fork_one();
    return stay();
}

static int traces(void *unused)
{
    (void)unused;
    tell(&board->waiter);
    pid_t pid = fork_one();
    board->is_refused = ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0;
    return stay();
}

/* Its end sends no signal: only __WALL or __WCLONE waits for it. */
static int clones_without_signal(void *unused)
{
    struct clone_args args = {0};
    (void)unused;
    tell(&board->waiter);
    if (syscall(SYS_clone3, &args, sizeof(args)) == 0) {
        board->manner->die();
        _exit(99);
    }
    return stay();
}

/* ---- orphans ---- */

/* Its parent has ended, and the subreaper has reaped that parent. */
static void leave_orphan(void)
{
    pid_t middle = fork();
    if (middle == 0) {
        (void)fork_one();
        while (read_pid(&board->dead) == 0)
            (void)poll(NULL, 0, 1);
        _exit(0);
    }
    (void)waitpid(middle, NULL, 0);
}

static int adopts(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    tell(&board->waiter);
    leave_orphan();
    return stay();
}

static int adopts_and_waits(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    tell(&board->waiter);
    leave_orphan();
    let_go();
    spawn_ready();
    (void)wait(NULL);
    return spawn_pause(NULL);
}

static int adopts_and_ignores(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    tell(&board->waiter);
    leave_orphan();
    (void)signal(SIGCHLD, SIG_IGN);
    return stay();
}

/* ---- PID namespaces ---- */

/* Its next child is PID 1 of a new one. Without privilege the family cannot be had. */
static void begin_namespace(void)
{
    if (unshare(CLONE_NEWPID) == 0)
        return;
    board->is_refused = true;
    tell(&board->waiter);
    tell(&board->dead);
    _exit(stay());
}

/* The child is PID 1 of a new one; it does not outlive its parent. */
static pid_t fork_init(void)
{
    int ready[2];
    char byte;
    begin_namespace();
    if (pipe(ready) < 0)
        _exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(ready[0]);
        (void)!write(ready[1], "", 1);
        (void)close(ready[1]);
        return 0;
    }
    (void)close(ready[1]);
    (void)!read(ready[0], &byte, 1);
    (void)close(ready[0]);
    return pid;
}

static void pause_for_ever(void)
{
    let_go();
    for (;;)
        (void)pause();
}

static int leaves_orphan_to_init(void *unused)
{
    (void)unused;
    if (fork_init() == 0) {
        tell(&board->waiter);
        leave_orphan();
        pause_for_ever();
    }
    return stay();
}

static int leaves_orphan_to_nested_init(void *unused)
{
    (void)unused;
    if (fork_init() == 0) {
        if (fork_init() == 0) {
            tell(&board->waiter);
            leave_orphan();
            pause_for_ever();
        }
        pause_for_ever();
    }
    return stay();
}

static int never_waits_for_init(void *unused)
{
    (void)unused;
    begin_namespace();
    tell(&board->waiter);
    (void)fork_one();
    return stay();
}

/* In the namespace its parent has the number 0. */
static int never_waits_from_outside(void *unused)
{
    (void)unused;
    tell(&board->waiter);
    if (fork_init() == 0)
        pause_for_ever();
    (void)fork_one();
    return stay();
}

/* ---- what is done to them ---- */

static int trace_body(void *pid)
{
    board->is_refused = ptrace(PTRACE_SEIZE, *(pid_t *)pid, NULL, NULL) < 0;
    return stay();
}

static bool trace_it(void)
{
    pid_t pid = read_pid(&board->dead);
    tracer = spawn_child(trace_body, &pid);
    return true;
}

static bool stop_parent(void)
{
    return kill(parent, SIGSTOP) == 0 && spawn_await_state(parent, "T") == 'T';
}

static bool freeze_parent(void)
{
    return test_cgroup_make(&group, "") && test_cgroup_add(&group, parent) &&
           test_cgroup_write(&group, "cgroup.freeze", "1") &&
           test_cgroup_await(&group, "cgroup.events", "frozen 1");
}

const struct family families[] = {
    {.name = "its parent does not wait", .parent = never_waits},
    {.name = "its parent waits for another", .parent = waits_for_another},
    {.name = "its parent is stopped", .parent = waits, .apply = stop_parent},
    {.name = "its parent is frozen", .parent = waits, .apply = freeze_parent},
    {.name = "its parent waits", .parent = waits, .is_gone = true, .removal = REMOVAL_INFERRED},
    {.name = "its parent ignores SIGCHLD",
     .parent = ignores,
     .is_gone = true,
     .removal = REMOVAL_AUTOREAPED},
    {.name = "its parent has SA_NOCLDWAIT",
     .parent = declines,
     .is_gone = true,
     .removal = REMOVAL_INFERRED},
    {.name = "its parent traces it", .parent = traces},
    {.name = "its parent wants no signal", .parent = clones_without_signal},
    {.name = "traced", .parent = waits, .apply = trace_it, .is_traced = true},
    {.name = "traced, its parent ignores SIGCHLD",
     .parent = ignores,
     .apply = trace_it,
     .is_traced = true},
    {.name = "a subreaper does not wait", .parent = adopts},
    {.name = "a subreaper waits",
     .parent = adopts_and_waits,
     .is_gone = true,
     .removal = REMOVAL_INFERRED},
    {.name = "a subreaper ignores SIGCHLD",
     .parent = adopts_and_ignores,
     .is_gone = true,
     .removal = REMOVAL_AUTOREAPED},
    {.name = "an orphan, traced", .parent = adopts, .apply = trace_it, .is_traced = true},
    {.name = "PID 1 of a namespace does not wait", .parent = leaves_orphan_to_init},
    {.name = "in a nested namespace", .parent = leaves_orphan_to_nested_init},
    {.name = "PID 1 itself", .parent = never_waits_for_init},
    {.name = "its parent is outside the namespace", .parent = never_waits_from_outside},
};
const size_t family_count = sizeof(families) / sizeof(families[0]);

/* ---- a death ---- */

static bool is_dead_known(void)
{
    for (int waited = 0; waited < PATIENCE_MS; waited++) {
        if (read_pid(&board->dead) > 0 && read_pid(&board->waiter) > 0)
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

enum death_result death_prepare(const struct family *family, const struct manner *manner,
                                struct death *ret)
{
    void *memory =
        mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || pipe2(go, O_CLOEXEC) < 0)
        return DEATH_IMPOSSIBLE;
    board = memory;
    board->manner = manner;
    parent = spawn_child(family->parent, NULL);
    if (!is_dead_known() || (family->apply && !family->apply()) || board->is_refused)
        return DEATH_IMPOSSIBLE;
    *ret = (struct death){.pid = read_pid(&board->dead),
                          .waiter = read_pid(&board->waiter),
                          .tracer = family->is_traced ? tracer : 0};
    return DEATH_READY;
}

/* The whole process, not its first thread alone. */
static bool is_zombie(pid_t pid)
{
    char path[64], line[128], state = '\0';
    int threads = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        (void)sscanf(line, "State: %c", &state);
        (void)sscanf(line, "Threads: %d", &threads);
    }
    if (file)
        (void)fclose(file);
    return state == 'Z' && threads <= 1;
}

bool death_come(const struct family *family, const struct death *death)
{
    bool is_killed = WIFSIGNALED(board->manner->status);
    if (is_killed ? kill(death->pid, SIGKILL) < 0 : write(go[1], "", 1) != 1)
        return false;
    for (int waited = 0; waited < PATIENCE_MS; waited++) {
        if (family->is_gone ? kill(death->pid, 0) < 0 && errno == ESRCH : is_zombie(death->pid))
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

void death_clear(void)
{
    test_cgroup_thaw(&group);
    for (int i = 0; i < 2; i++)
        if (go[i] >= 0)
            (void)close(go[i]);
    go[0] = go[1] = -1;
    spawn_done();
    test_cgroup_remove(&group);
    if (board)
        (void)munmap(board, sizeof(*board));
    board = NULL;
    tracer = parent = 0;
}
