/* The forecast against the kernel: every signal, each disposition, a real child. */
#include "reaptop/model/forecast.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/process.h"
#include "reaptop/model/signals.h"
#include "reaptop/source/read_details.h"
#include "support/test_child.h"

enum disposition {
    BY_DEFAULT,
    IGNORED,
    CAUGHT,
    BLOCKED,
    BLOCKED_AND_CAUGHT,
    BLOCKED_AND_IGNORED,
    DISPOSITION_COUNT
};

struct condition {
    int signal;
    enum disposition disposition;
    bool leads_session;
};

static int reported[2] = {-1, -1}; /* the handler writes its signal's number here */

static void report(int number)
{
    char byte = (char)number;
    (void)!write(reported[1], &byte, 1);
}

static void become(void *argument)
{
    const struct condition *is = argument;
    struct rlimit no_core = {0, 0};
    sigset_t blocked;
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)(is->leads_session ? setsid() : setpgid(0, 0));
    for (int number = 1; number <= SIGRTMAX; number++)
        (void)signal(number, SIG_DFL);
    (void)sigemptyset(&blocked);
    if (is->disposition >= BLOCKED)
        (void)sigaddset(&blocked, is->signal);
    (void)sigprocmask(SIG_SETMASK, &blocked, NULL);
    /* SIGKILL and SIGSTOP refuse; then they are as they were. */
    if (is->disposition == CAUGHT || is->disposition == BLOCKED_AND_CAUGHT)
        (void)signal(is->signal, report);
    if (is->disposition == IGNORED || is->disposition == BLOCKED_AND_IGNORED)
        (void)signal(is->signal, SIG_IGN);
    specimen_ready();
    specimen_stay();
}

static struct forecast foresee(pid_t child, int signal)
{
    _cleanup_(details_done) struct details details = DETAILS_INIT;
    cr_assert_eq(details_read((struct identity){.pid = child}, NULL, &details), 0);
    struct process family[2] = {
        {.id = {.pid = getpid()},
         .tgid = getpid(),
         .pgid = getpgid(0),
         .sid = getsid(0),
         .state = 'S'},
        {.id = details.process.id,
         .tgid = child,
         .ppid = details.process.ppid,
         .pgid = details.process.pgid,
         .sid = details.process.sid,
         .state = details.process.state,
         .threads = details.process.threads,
         .comm = "specimen"},
    };
    struct snapshot snapshot = {.processes = family, .count = 2};
    if (family[0].id.pid > family[1].id.pid) {
        struct process parent = family[0];
        family[0] = family[1];
        family[1] = parent;
    }
    struct forecast_target target = {
        .process = snapshot_find(&snapshot, child),
        .status = &details.status,
        .group = forecast_group(&snapshot, details.process.pgid, details.process.sid),
    };
    struct forecast_sender sender = {
        .pid = getpid(), .sid = getsid(0), .uid = getuid(), .euid = geteuid()};
    return forecast_signal(&target, &sender, signal, false);
}

static signal_set shared_pending(pid_t child)
{
    _cleanup_(details_done) struct details details = DETAILS_INIT;
    cr_assert_eq(details_read((struct identity){.pid = child}, NULL, &details), 0);
    return details.status.shared_pending;
}

/* A stop in an orphaned group is thrown away when it is taken, not when it is sent. */
static bool is_taken(pid_t child, int signal)
{
    for (int i = 0; i < 2000; i++) {
        if (!signal_set_has(shared_pending(child), signal))
            return true;
        (void)poll(NULL, 0, 5);
    }
    return false;
}

/* The number that the handler told of within ten seconds; -1: none did. */
static int reported_of(void)
{
    char byte;
    struct pollfd wait = {.fd = reported[0], .events = POLLIN};
    return poll(&wait, 1, 10000) == 1 && read(reported[0], &byte, 1) == 1 ? byte : -1;
}

static void expect_outcome(pid_t child, const struct forecast *forecast, const char *what)
{
    int signal = forecast->signal, status = 0;
    cr_assert_eq(kill(child, signal), 0, "%s", what);
    if (forecast->kind == FORECAST_DELIVERED && forecast->effect == EFFECT_HANDLER) {
        cr_expect_eq(reported_of(), signal, "%s", what);
    } else if (forecast->kind == FORECAST_DELIVERED && forecast->effect == EFFECT_STOP) {
        cr_expect_eq(waitpid(child, &status, WUNTRACED), child, "%s", what);
        cr_expect(WIFSTOPPED(status) && WSTOPSIG(status) == signal, "%s", what);
    } else if (forecast->kind == FORECAST_DELIVERED) {
        cr_expect(forecast->effect == EFFECT_TERMINATE || forecast->effect == EFFECT_CORE, "%s",
                  what);
        cr_expect_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signal, "%s", what);
        return;
    } else if (forecast->kind == FORECAST_BLOCKED) {
        cr_expect(signal_set_has(shared_pending(child), signal), "%s", what);
    } else {
        cr_expect_eq(forecast->kind, FORECAST_DISCARDED, "%s", what);
        cr_expect(is_taken(child, signal), "%s", what);
        cr_expect_eq(waitpid(child, &status, WUNTRACED | WNOHANG), 0, "%s", what);
    }
    /* Had it ended the process after all, its number would come out here. */
    cr_expect_eq(kill(child, SIGKILL), 0);
    cr_expect_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s", what);
}

static void try(const struct condition *condition)
{
    static const char *const words[] = {"default", "ignored",         "caught",
                                        "blocked", "blocked, caught", "blocked, ignored"};
    char what[128];
    struct condition copy = *condition;
    pid_t child = specimen_start(become, &copy);
    cr_assert_gt(child, 0);
    struct forecast forecast = foresee(child, condition->signal);
    (void)snprintf(what, sizeof(what), "SIG%s %s%s: forecast %s, %s",
                   signal_name(condition->signal), words[condition->disposition],
                   condition->leads_session ? ", session leader" : "",
                   forecast_kind_name(forecast.kind), forecast_effect_name(forecast.effect));
    cr_expect_eq(forecast.certainty, CERTAINTY_SURE, "%s", what);
    expect_outcome(child, &forecast, what);
}

static void setup(void)
{
    cr_assert_eq(pipe2(reported, O_CLOEXEC), 0);
}

TestSuite(forecast_live, .init = setup);

Test(forecast_live, every_signal_and_disposition)
{
    for (size_t i = 0; i < signals_count(); i++)
        for (int disposition = 0; disposition < DISPOSITION_COUNT; disposition++)
            try(&(struct condition){signals[i].number, (enum disposition)disposition, false});
}

Test(forecast_live, an_orphaned_group_is_not_stopped_by_the_terminals_signals)
{
    const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP};
    for (size_t i = 0; i < ELEMENTS(stops); i++)
        try(&(struct condition){stops[i], BY_DEFAULT, true});
}

Test(forecast_live, stopped)
{
    const struct {
        int signal;
        enum disposition disposition;
        enum forecast_kind kind;
    } cases[] = {
        {SIGTERM, BY_DEFAULT, FORECAST_STOPPED},   {SIGUSR1, CAUGHT, FORECAST_STOPPED},
        {SIGRTMIN, BY_DEFAULT, FORECAST_STOPPED},  {SIGUSR1, IGNORED, FORECAST_DISCARDED},
        {SIGCONT, BY_DEFAULT, FORECAST_DELIVERED}, {SIGCONT, IGNORED, FORECAST_DELIVERED},
        {SIGCONT, BLOCKED, FORECAST_BLOCKED},      {SIGKILL, BY_DEFAULT, FORECAST_DELIVERED},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct condition condition = {cases[i].signal, cases[i].disposition, false};
        int status;
        pid_t child = specimen_start(become, &condition);
        cr_assert_gt(child, 0);
        cr_assert_eq(kill(child, SIGSTOP), 0);
        cr_assert_eq(waitpid(child, &status, WUNTRACED), child);

        struct forecast forecast = foresee(child, cases[i].signal);
        cr_expect_str_eq(forecast_kind_name(forecast.kind), forecast_kind_name(cases[i].kind),
                         "SIG%s", signal_name(cases[i].signal));
        cr_assert_eq(kill(child, cases[i].signal), 0);
        if (forecast.resumes) {
            cr_expect_eq(waitpid(child, &status, WCONTINUED), child);
            cr_expect(WIFCONTINUED(status), "SIG%s", signal_name(cases[i].signal));
        } else if (forecast.kind == FORECAST_STOPPED) {
            cr_expect(signal_set_has(shared_pending(child), cases[i].signal));
            bool is_standard = cases[i].signal < SIGRTMIN;
            forecast = foresee(child, cases[i].signal);
            cr_expect_eq(forecast.kind, is_standard ? FORECAST_COALESCED : FORECAST_STOPPED);
        }
        specimen_end(child);
    }
}

Test(forecast_live, a_zombie_takes_signals_and_nothing_comes_of_it)
{
    struct condition condition = {SIGUSR1, BY_DEFAULT, false};
    pid_t child = specimen_start(become, &condition);
    cr_assert_gt(child, 0);
    cr_assert_eq(kill(child, SIGTERM), 0);
    cr_assert_eq(specimen_wait_dead(child), 0);
    struct forecast forecast = foresee(child, SIGUSR1);
    cr_expect_eq(forecast.kind, FORECAST_ZOMBIE);
    cr_expect_eq(forecast.ppid, getpid());
    cr_expect_eq(kill(child, SIGUSR1), 0);
    int status = 0;
    cr_expect_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(WTERMSIG(status), SIGTERM);
}

/* A vfork parent is D until its child execs or ends, and killable there. */
static void vfork_and_wait(void *argument)
{
    struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (argument)
        (void)signal(SIGUSR1, report);
    if (vfork() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        specimen_ready();
        specimen_stay();
    }
    _exit(1);
}

/* The child of vfork may be ready before its parent has begun to wait. */
static pid_t start_disk_sleeper(void *argument)
{
    pid_t child = specimen_start(vfork_and_wait, argument);
    for (int i = 0; child > 0 && i < 2000; i++) {
        _cleanup_(details_done) struct details details = DETAILS_INIT;
        if (details_read((struct identity){.pid = child}, NULL, &details) == 0 &&
            details.process.state == 'D')
            return child;
        (void)poll(NULL, 0, 5);
    }
    specimen_end(child);
    return -1;
}

Test(forecast_live, disk_sleep)
{
    int status = 0;
    pid_t child = start_disk_sleeper(NULL);
    cr_assert_gt(child, 0);
    struct forecast forecast = foresee(child, SIGTERM);
    cr_expect_eq(forecast.kind, FORECAST_DISK);
    cr_expect_eq(forecast.effect, EFFECT_TERMINATE);
    cr_expect_eq(forecast.certainty, CERTAINTY_MAY);
    cr_assert_eq(kill(child, SIGTERM), 0);
    cr_expect_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(WTERMSIG(status), SIGTERM, "this wait is a killable one");

    child = start_disk_sleeper(reported);
    cr_assert_gt(child, 0);
    forecast = foresee(child, SIGUSR1);
    cr_expect_eq(forecast.kind, FORECAST_DISK);
    cr_expect_eq(forecast.effect, EFFECT_HANDLER);
    cr_assert_eq(kill(child, SIGUSR1), 0);
    cr_expect(signal_set_has(shared_pending(child), SIGUSR1), "a handler must wait");
    cr_expect_eq(foresee(child, SIGUSR1).kind, FORECAST_COALESCED);
    specimen_end(child);
}

/* The first process of a PID namespace of its own; -1: not allowed here. */
static pid_t start_inner_init(void)
{
    int ready[2];
    char byte;
    if (unshare(CLONE_NEWPID) < 0 || pipe2(ready, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)!write(ready[1], "!", 1);
        specimen_stay();
    }
    (void)close(ready[1]);
    struct pollfd wait = {.fd = ready[0], .events = POLLIN};
    bool is_ready = pid > 0 && poll(&wait, 1, 10000) == 1 && read(ready[0], &byte, 1) == 1;
    (void)close(ready[0]);
    if (!is_ready)
        specimen_end(pid);
    return is_ready ? pid : -1;
}

Test(forecast_live, init_of_a_namespace)
{
    int status = 0;
    pid_t child = start_inner_init();
    if (child < 0)
        cr_skip_test("needs the right to make a PID namespace");
    cr_expect_eq(foresee(child, SIGTERM).kind, FORECAST_INIT);
    cr_assert_eq(kill(child, SIGTERM), 0);
    cr_expect(is_taken(child, SIGTERM));
    cr_expect_eq(waitpid(child, &status, WNOHANG), 0, "it lives");
    struct forecast forecast = foresee(child, SIGKILL);
    cr_expect_eq(forecast.kind, FORECAST_DELIVERED);
    cr_expect_eq(forecast.effect, EFFECT_TERMINATE);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_expect_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
