/*
 * Ten thousand short lives in a tree three deep, half of its second level
 * leaving orphans; each writes down what it did, and the log must hold that.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/life.h"
#include "reaptop/source/connector.h"
#include "reaptop/source/live.h"

enum {
    BRANCHES = 4,
    LEAVES = 4,
    GROUP_LIVES = 1 + BRANCHES + BRANCHES * LEAVES,
    FEW_GROUPS = 48,
#ifdef __SANITIZE_ADDRESS__
    MANY_GROUPS = FEW_GROUPS, /* each fork copies the tables of the shadow memory too */
#else
    MANY_GROUPS = 480,
#endif
    PIDS_MAX = 1 << 22,
    EXEC_EVERY = 4,
    LOG_KEPT = 1 << 18,
    ENDED_KEPT = 1 << 16, /* the rest of the machine has its lives too */
    SWEEP_MS = 100
};

/* One line of a process's own account. */
struct operation {
    char kind; /* F E X A: born, execs, exits with `value`, was adopted by `value` */
    pid_t pid;
    int value;
};

struct tally {
    unsigned forks, execs, exits, adoptions;
    int exit_code;
    pid_t adopter;
    bool is_ours;    /* told: the number is one of the workload's now */
    bool is_running; /* by the connector alone: born of the workload and not ended */
    unsigned ends;   /* likewise: of the workload */
    bool is_unnamed; /* told: reaped before the kernel came to tell of its end and parent */
};

/* ---- the workload ---- */

static int account_fd;

static void note(char kind, int value)
{
    const struct operation operation = {.kind = kind, .pid = getpid(), .value = value};
    if (write(account_fd, &operation, sizeof(operation)) != sizeof(operation))
        _exit(99);
}

static _Noreturn void leave(int code)
{
    note('X', code);
    _exit(code);
}

static pid_t beget(pid_t *ret_parent)
{
    *ret_parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        _exit(98);
    if (pid == 0) {
        note('F', *ret_parent);
    }
    return pid;
}

static void await_children(void)
{
    while (wait(NULL) > 0 || errno == EINTR)
        ;
}

/* The pipe ends a moment before the kernel hands the orphan on. */
static void await_adoption(pid_t parent, int life_line)
{
    char byte;
    while (read(life_line, &byte, 1) < 0 && errno == EINTR)
        ;
    while (getppid() == parent)
        (void)sched_yield();
    note('A', getppid());
}

static _Noreturn void be_leaf(int number, pid_t parent, bool is_left, const int life_line[2])
{
    (void)close(life_line[1]);
    if (is_left)
        await_adoption(parent, life_line[0]);
    if (number % EXEC_EVERY == 0) {
        note('E', 0);
        note('X', 0);
        (void)execl("/bin/true", "true", NULL);
        _exit(97);
    }
    leave(number % 100);
}

static _Noreturn void be_branch(int group, int branch)
{
    bool leaves_orphans = branch % 2 == 1;
    int life_line[2];
    pid_t self;
    if (pipe2(life_line, O_CLOEXEC) < 0)
        _exit(96);
    for (int leaf = 0; leaf < LEAVES; leaf++)
        if (beget(&self) == 0)
            be_leaf(group + branch + leaf, self, leaves_orphans, life_line);
    if (!leaves_orphans)
        await_children();
    leave(branch);
}

static _Noreturn void be_group(int group)
{
    pid_t self;
    for (int branch = 0; branch < BRANCHES; branch++)
        if (beget(&self) == 0)
            be_branch(group, branch);
    await_children();
    leave(0);
}

/* The orphans come to the root, which is a subreaper and waits for all. */
static _Noreturn void be_root(int groups)
{
    pid_t self;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int group = 0; group < groups; group++) {
        if (beget(&self) == 0)
            be_group(group);
        await_children();
    }
    _exit(0);
}

/* ---- the listener ---- */

struct listener {
    int groups;
    struct connector *connector; /* NULL: sweeps alone */
    struct live *live;
    struct life *life;
    struct snapshot snapshots[2];
    int newest;
    struct tally *real, *reported;
};

static void take_operation(struct listener *listener, const struct operation *operation)
{
    struct tally *tally = &listener->real[operation->pid % PIDS_MAX];
    if (operation->kind == 'F')
        tally->forks++;
    if (operation->kind == 'E')
        tally->execs++;
    if (operation->kind == 'X') {
        tally->exits++;
        tally->exit_code = operation->value;
    }
    if (operation->kind == 'A') {
        tally->adoptions++;
        tally->adopter = operation->value;
    }
}

/* False where every writer is gone. */
static bool read_account(struct listener *listener, int fd)
{
    struct operation operations[128];
    ssize_t got = read(fd, operations, sizeof(operations));
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    for (size_t i = 0; i < (size_t)got / sizeof(*operations); i++)
        take_operation(listener, &operations[i]);
    return got > 0;
}

/* Only the workload's: the numbers of its ended ones are given to others of the machine. */
static void count_end(struct listener *listener, const struct event *event)
{
    struct tally *tally = &listener->reported[event->id.pid % PIDS_MAX];
    if (event->kind == EVENT_FORK)
        tally->is_running =
            event->ppid == getpid() || listener->reported[event->ppid % PIDS_MAX].is_running;
    if (event->kind != EVENT_EXIT || !tally->is_running)
        return;
    tally->is_running = false;
    tally->is_unnamed = event->ppid == 0;
    tally->ends++;
}

static void receive(struct listener *listener)
{
    struct event events[256];
    int count;
    while (listener->connector && (count = connector_read(listener->connector, events, 256)) > 0) {
        for (int i = 0; i < count; i++)
            count_end(listener, &events[i]);
        life_receive(listener->life, events, (size_t)count);
    }
}

static void sweep(struct listener *listener)
{
    struct error error = ERROR_INIT;
    struct snapshot *next = &listener->snapshots[!listener->newest];
    cr_assert_eq(live_sweep(listener->live, false, next, &error), 0, "%s", error.message);
    receive(listener);
    cr_assert_eq(life_update(listener->life, &listener->snapshots[listener->newest], next, NULL, 0),
                 0);
    listener->newest = !listener->newest;
}

static void watch(struct listener *listener, int fd)
{
    uint64_t next_ns = 0;
    struct pollfd ready[] = {
        {.fd = fd, .events = POLLIN},
        {.fd = listener->connector ? connector_fd(listener->connector) : -1, .events = POLLIN}};
    bool goes_on = true;
    while (goes_on) {
        (void)poll(ready, 2, SWEEP_MS);
        if (ready[0].revents)
            goes_on = read_account(listener, fd);
        receive(listener);
        if (clock_boot_ns() < next_ns)
            continue;
        sweep(listener);
        next_ns = clock_boot_ns() + SWEEP_MS * NS_PER_MS;
    }
}

/* Others on the machine had these numbers before, and may have them again. */
static bool is_of_workload(struct listener *listener, const struct event *event, pid_t root)
{
    struct tally *tally = &listener->reported[event->id.pid % PIDS_MAX];
    if (event->kind == EVENT_LOST)
        return false;
    if (event->kind == EVENT_FORK && listener->connector)
        tally->is_ours = (event->id.pid == root && event->ppid == getpid()) ||
                         listener->reported[event->ppid % PIDS_MAX].is_ours;
    else if (event->kind == EVENT_FORK)
        tally->is_ours = listener->real[event->id.pid % PIDS_MAX].forks > 0 &&
                         (event->ppid == root || listener->real[event->ppid % PIDS_MAX].forks > 0);
    bool is_ours = tally->is_ours;
    if (event->kind == EVENT_REAP)
        tally->is_ours = false;
    return is_ours;
}

static void count_reported(struct listener *listener, pid_t root)
{
    const struct event_log *log = life_log(listener->life);
    cr_assert_eq(log->dropped, 0);
    for (size_t i = 0; i < log->count; i++) {
        const struct event *event = event_log_get(log, i);
        struct tally *tally = &listener->reported[event->id.pid % PIDS_MAX];
        if (!is_of_workload(listener, event, root))
            continue;
        tally->forks += event->kind == EVENT_FORK;
        tally->execs += event->kind == EVENT_EXEC;
        tally->exits += event->kind == EVENT_EXIT;
        tally->adoptions += event->kind == EVENT_ADOPT;
        if (event->kind == EVENT_EXIT)
            tally->exit_code = event->exit_status == EXIT_UNKNOWN ? -1 : event->exit_status >> 8;
        if (event->kind == EVENT_ADOPT)
            tally->adopter = event->to;
    }
}

/* The kernel tells of an end after the dead can be reaped. */
static bool is_owed_an_end(const struct listener *listener)
{
    for (pid_t pid = 0; pid < PIDS_MAX; pid++)
        if (listener->reported[pid].ends < listener->real[pid].forks)
            return true;
    return false;
}

static void listen_to_workload(struct listener *listener)
{
    struct error error = ERROR_INIT;
    int account[2];
    listener->life = life_new(LOG_KEPT, ENDED_KEPT);
    listener->real = calloc(PIDS_MAX, sizeof(struct tally));
    listener->reported = calloc(PIDS_MAX, sizeof(struct tally));
    cr_assert(listener->life && listener->real && listener->reported);
    cr_assert_eq(live_new(&listener->live, &error), 0);
    cr_assert_eq(pipe2(account, O_CLOEXEC | O_NONBLOCK), 0);
    life_set_kernel_reports(listener->life, listener->connector != NULL);
    sweep(listener);

    pid_t root = fork();
    if (root == 0) {
        (void)close(account[0]);
        (void)fcntl(account[1], F_SETFL, 0); /* who writes may wait */
        account_fd = account[1];
        be_root(listener->groups);
    }
    cr_assert_gt(root, 0);
    (void)close(account[1]);
    watch(listener, account[0]);
    (void)close(account[0]);
    int status;
    cr_assert_eq(waitpid(root, &status, 0), root);
    cr_assert_eq(status, 0);
    while (listener->connector && life_losses(listener->life).times == 0 &&
           is_owed_an_end(listener)) {
        struct pollfd ready = {.fd = connector_fd(listener->connector), .events = POLLIN};
        cr_assert_eq(poll(&ready, 1, 10000), 1);
        receive(listener);
    }
    sweep(listener);
    count_reported(listener, root);
}

static void listener_done(struct listener *listener)
{
    connector_close(listener->connector);
    life_free(listener->life);
    live_free(listener->live);
    snapshot_done(&listener->snapshots[0]);
    snapshot_done(&listener->snapshots[1]);
    free(listener->real);
    free(listener->reported);
}

static size_t count_lives(const struct listener *listener)
{
    size_t lives = 0;
    for (pid_t pid = 0; pid < PIDS_MAX; pid++)
        lives += listener->real[pid].forks;
    return lives;
}

/*
 * Who was reaped before the kernel came to tell of its end has no parent to be
 * named: its adoption can be inferred at most, and is told without an adopter.
 */
static bool is_adoption_right(const struct tally *real, const struct tally *reported)
{
    if (reported->is_unnamed)
        return reported->adoptions == 0 || (reported->adoptions == 1 && reported->adopter == 0) ||
               (reported->adoptions == real->adoptions && reported->adopter == real->adopter);
    return reported->adoptions == real->adoptions && reported->adopter == real->adopter;
}

Test(lives, each_of_ten_thousand_is_reported_whole, .timeout = 600)
{
    struct listener listener = {.groups = MANY_GROUPS};
    struct error error = ERROR_INIT;
    if (connector_open(&listener.connector, &error) < 0)
        cr_skip("%s", error.message);
    listen_to_workload(&listener);
    cr_expect_eq(life_losses(listener.life).times, 0);
    cr_expect_eq(count_lives(&listener), MANY_GROUPS * GROUP_LIVES);
    size_t wrong = 0, unnamed = 0;
    for (pid_t pid = 0; pid < PIDS_MAX; pid++) {
        const struct tally *real = &listener.real[pid], *reported = &listener.reported[pid];
        if (real->forks == 0)
            continue;
        bool is_right = reported->forks == real->forks && reported->execs == real->execs &&
                        reported->exits == real->exits && reported->exit_code == real->exit_code &&
                        is_adoption_right(real, reported);
        unnamed += reported->is_unnamed;
        wrong += !is_right;
        if (!is_right && wrong < 10)
            cr_log_error("%d: born %u/%u exec %u/%u exit %u/%u (%d/%d) adopted %u/%u (%d/%d)", pid,
                         reported->forks, real->forks, reported->execs, real->execs,
                         reported->exits, real->exits, reported->exit_code, real->exit_code,
                         reported->adoptions, real->adoptions, reported->adopter, real->adopter);
    }
    cr_expect_eq(wrong, 0, "%zu of %zu (%zu ends named no parent)", wrong, count_lives(&listener),
                 unnamed);
    listener_done(&listener);
}

/* Sweeps miss most of such lives; what they tell of the others is true. */
Test(lives, sweeps_alone_invent_nothing, .timeout = 600)
{
    struct listener listener = {.groups = FEW_GROUPS};
    listen_to_workload(&listener);
    cr_expect_eq(count_lives(&listener), FEW_GROUPS * GROUP_LIVES);
    size_t invented = 0;
    for (pid_t pid = 0; pid < PIDS_MAX; pid++) {
        const struct tally *real = &listener.real[pid], *reported = &listener.reported[pid];
        if (real->forks == 0)
            continue;
        invented += reported->forks > real->forks || reported->execs > real->execs ||
                    reported->exits > real->exits || reported->adoptions > real->adoptions;
    }
    cr_expect_eq(invented, 0);
    listener_done(&listener);
}
