/* States: the letters of ps(1), each made to happen. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/number.h"
#include "reaptop/model/access.h"

static struct role *runner, *sleeper, *disk, *disk_child, *stopped, *tracer, *traced, *parent,
    *child, *exiting;

/* ---- vfork: D at will ---- */

static char vfork_stack[65536] __attribute__((aligned(64)));

/* Runs in its parent's memory, on a stack of its own; the parent sleeps meanwhile. */
static int vfork_child(void *argument)
{
    struct bench bench = *(struct bench *)argument;

    role_enter(&bench, disk_child);
    while (role_await(&bench) != 'x')
        ;
    _exit(0);
}

/* vfork(2) by its other name; a function that returns twice on one stack is not for C. */
static pid_t do_vfork(struct bench *bench)
{
    return clone(vfork_child, vfork_stack + sizeof(vfork_stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
                 bench);
}

/* ---- states ---- */

static void states_runner(struct bench *bench)
{
    if (is_broken(bench, 1))
        role_idle(bench);
    role_burn(bench);
}

static void states_disk(struct bench *bench)
{
    if (!is_broken(bench, 2))
        (void)do_vfork(bench);
    role_idle(bench);
}

static void states_stopped(struct bench *bench)
{
    if (!is_broken(bench, 3))
        (void)raise(SIGSTOP);
    role_idle(bench);
}

static void states_traced(struct bench *bench)
{
    int r = is_sight_broken(bench, 3, 2) || ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : -errno;
    role_report(bench, r);
    if (r == 0)
        (void)raise(SIGSTOP);
    role_idle(bench);
}

static void states_tracer(struct bench *bench)
{
    (void)role_fork(bench, traced, states_traced);
    role_idle(bench);
}

static void states_parent(struct bench *bench)
{
    pid_t pid;

    (void)signal(SIGCHLD, SIG_DFL);
    (void)role_fork(bench, child, role_exit_when_asked);
    for (;;)
        switch (role_await(bench)) {
        case 'f': /* the next child is reaped by the kernel at once */
            (void)signal(SIGCHLD, SIG_IGN);
            pid = role_fork(bench, exiting, role_exit_when_asked);
            role_report(bench, pid);
            break;
        }
}

static void states_run_and_sleep(struct bench *bench)
{
    runner = role_spawn(bench, "runner", states_runner);
    sleeper = role_spawn(bench, "sleeper", is_sight_broken(bench, 1, 2) ? role_burn : role_idle);
    /* Every process is R for a moment; this one stays so and uses processor time. */
    char text[128];
    int64_t ticks = 0;
    bool seen = until(bench, (ticks = observe_stat(runner->pid, 14)) >= 2 &&
                                 observe_state(runner->pid) == 'R');
    observe_stat_text(runner->pid, text, sizeof(text));
    (void)see(bench, 0, seen, _("/proc/%d/stat: %s, and %d ticks of processor time"), runner->pid,
              text, (int)ticks);
    (void)see_state(bench, 1, sleeper->pid, "S");
}

static void states_disk_sleep(struct bench *bench)
{
    disk_child = role_new(bench, "vfork-child");
    disk = role_spawn(bench, "disk", states_disk);
    if (!is_broken(bench, 2))
        (void)role_meet(bench, disk_child);
    (void)see_state(bench, 0, disk->pid, "D");
}

static void states_stops(struct bench *bench)
{
    stopped = role_spawn(bench, "stopped", states_stopped);
    traced = role_new(bench, "traced");
    tracer = role_spawn(bench, "tracer", states_tracer);
    if (!role_meet(bench, traced))
        return;
    int64_t r = 0;
    (void)see_state(bench, 0, stopped->pid, "T");
    if (role_receive(bench, traced, &r) && (r == -EPERM || r == -ENOSYS))
        see_skipped(bench, 1, _("ptrace() is refused here: %s"), strerror((int)-r));
    else
        (void)see_state(bench, 1, traced->pid, "t");
}

static void states_dead(struct bench *bench)
{
    char letters[32] = "";
    int64_t pid = 0;
    unsigned exits = 0;

    child = role_new(bench, "child");
    exiting = role_new(bench, "exiting");
    parent = role_spawn(bench, "parent", states_parent);
    if (!role_meet(bench, child))
        return;
    if (!is_broken(bench, 4))
        role_go(bench, child, 'x');
    if (!see_state(bench, 0, child->pid, "Z"))
        return;
    bool caught = false;
    struct wait wait = wait_begin(bench);
    while (!caught && wait_turn(bench, &wait)) {
        exits++;
        pid = role_ask(bench, parent, 'f');
        if (pid <= 0 || !until(bench, exiting->pid == pid))
            return;
        caught = role_watch_exit(bench, exiting, letters, sizeof(letters));
    }
    if (!caught && bench_processors() < 2)
        see_skipped(bench, 1, _("catching X needs a second processor"));
    else if (!caught && observe_state(exiting->pid) == '\0')
        see_skipped(bench, 1, _("X lasts microseconds, and none of %u exits was caught in it"),
                    exits);
    else
        (void)see(bench, 1, caught, _("/proc/%d/stat in a loop, exit %u: %s, then nothing"),
                  (int)pid, exits, letters);
}

static pid_t find_idle_thread(struct bench *bench)
{
    _cleanup_dir_ DIR *proc = opendir("/proc");
    struct dirent *entry;
    int64_t pid;

    while (proc && (entry = readdir(proc)))
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) == 0 &&
            observe_state((pid_t)pid) == (is_broken(bench, 5) ? '-' : 'I'))
            return (pid_t)pid;
    return 0;
}

static void states_idle(struct bench *bench)
{
    pid_t pid = find_idle_thread(bench);
    char name[64] = "";

    if (pid == 0 && !is_broken(bench, 5) && observe_stat(2, 4) != 0) {
        for (unsigned i = 0; i < 2; i++)
            see_skipped(bench, i, _("kernel threads are not visible in this PID namespace"));
        return;
    }
    if (pid == 0)
        return;
    bench_announce(bench, pid, "kernel-thread");
    if (!see_state(bench, 0, pid, "I"))
        return;
    (void)observe_file(pid, "comm", name, sizeof(name));
    (void)see(bench, 1, observe_stat(pid, 9) & 0x00200000,
              _("/proc/%d/stat field 9 has PF_KTHREAD (0x200000): %s"), pid, name);
}

const struct lab_experiment experiment_states = {
    .name = "states",
    .chapter = LAB_STATES,
    .place = 1,
    .title = N_("All states side by side"),
    .question = N_("What do the state letters of ps(1) mean?"),
    .roles = {{"runner", N_("computes")},
              {"sleeper", N_("waits for input")},
              {"disk", N_("a vfork parent, in an uninterruptible sleep")},
              {"vfork-child", N_("keeps it there")},
              {"stopped", N_("sends itself SIGSTOP")},
              {"tracer", N_("traces")},
              {"traced", N_("is traced, and stopped by that")},
              {"parent", N_("does not wait")},
              {"child", N_("exits")},
              {"exiting", N_("exits while its state is read")}},
    .steps =
        {
            {
                .does = N_("One process computes in a loop. Another waits for input."),
                .question = N_("There may be more computing processes than processors. What state "
                               "do those show that must wait for one?"),
                .choices = {N_("S, sleeping"), N_("R, as those that run"), N_("T, stopped")},
                .right = 1,
                .sees = {{N_("the computing one is R"), "/proc/PID/stat field 3"},
                         {N_("the waiting one is S"), "/proc/PID/stat field 3", N_("it computes")}},
                .explains = N_("R means running or able to run: on a processor or in the queue "
                               "for one. S means an interruptible sleep: it waits for something, "
                               "and a signal wakes it too."),
                .manual = "proc(5)",
                .breaks = N_("the runner does not compute"),
                .run = states_run_and_sleep,
            },
            {
                .does = N_("A process calls vfork(): it sleeps until its child execs or exits, and "
                           "the child does neither."),
                .question = N_("Which state is that?"),
                .choices = {N_("D"), N_("S"), N_("R")},
                .right = 0,
                .sees = {{N_("the vfork parent is D"), "/proc/PID/stat field 3"}},
                .explains = N_("D means an uninterruptible sleep: signals that are caught must "
                               "wait. Disk and network file systems are the usual reason, hence "
                               "the letter. A process that stays D wants somebody else to act."),
                .manual = "vfork(2), proc(5)",
                .breaks = N_("it does not call vfork()"),
                .run = states_disk_sleep,
            },
            {
                .does = N_("One process stops itself with SIGSTOP. Another does so while a "
                           "debugger traces it."),
                .question = N_("Do they look the same?"),
                .choices = {N_("yes, both T"), N_("no: T and t"), N_("no: T and S")},
                .right = 1,
                .sees = {{N_("the stopped one is T"), "/proc/PID/stat field 3"},
                         {N_("the traced one is t"), "/proc/PID/stat field 3",
                          N_("it is not traced")}},
                .explains = N_("T means stopped by a signal, and SIGCONT lets it go on. t means "
                               "stopped for a tracer, such as a debugger, and only the tracer "
                               "lets it go on."),
                .manual = "signal(7), ptrace(2)",
                .breaks = N_("it does not stop"),
                .run = states_stops,
            },
            {
                .does = N_("A child exits and is not waited for. Then others exit whose parent "
                           "ignores SIGCHLD, while we read their state in a loop."),
                .question = N_("Which letters do the dead show?"),
                .choices = {N_("Z only"), N_("Z, and X in passing"), N_("none")},
                .right = 1,
                .sees = {{N_("the one nobody waits for is Z"), "/proc/PID/stat field 3"},
                         {N_("X is caught in flight"), "/proc/PID/stat field 3"}},
                .explains = N_("Z is a zombie: dead, its exit status kept for its parent. X is "
                               "dead and being taken away; it lasts microseconds."),
                .manual = "proc(5), wait(2)",
                .breaks = N_("the child does not exit"),
                .run = states_dead,
            },
            {
                .does = N_("We look for a kernel thread that is idle."),
                .question = N_("What does its letter, I, say of it?"),
                .choices = {N_("it computes"), N_("it is a kernel thread that waits for work"),
                            N_("it is stopped")},
                .right = 1,
                .sees = {{N_("a kernel thread is I"), "/proc/PID/stat field 3"},
                         {N_("it is marked as a kernel thread"), "/proc/PID/stat field 9"}},
                .explains = N_("I means idle: kernel threads that wait for work show it. The load "
                               "average counts R and D, and not I."),
                .manual = "proc(5)",
                .breaks = N_("no such thread is looked for"),
                .run = states_idle,
            },
        },
    .reading = "proc(5), ps(1), signal(7)",
};

/* ---- stop ---- */

/* What the parent tells of a waitpid() that was about no stop, whose signals are below. */
enum {
    SAYS_CONTINUED = 1000,
    SAYS_ENDED = 2000
};

static void stop_child(struct bench *bench)
{
    /* In a group of its own: the kernel keeps terminal stops from orphaned process groups. */
    int ends[2];
    char byte;
    struct epoll_event event;
    (void)setpgid(0, 0);
    if (pipe(ends) < 0)
        return;
    role_report(bench, 0);
    /* One call each: whoever comes back from it waits elsewhere then. */
    if (is_sight_broken(bench, 2, 3))
        (void)epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1);
    else
        (void)!read(ends[0], &byte, 1);
    role_idle(bench);
}

/* Set by who catches SIGTSTP: the bench in which its handler tells that it ran. */
static struct bench *editor_bench;

static void tell_terminal_stop(int number)
{
    role_report(editor_bench, number);
}

static void stop_editor(struct bench *bench)
{
    editor_bench = bench;
    (void)setpgid(0, 0);
    if (!is_sight_broken(bench, 3, 5) && !is_sight_broken(bench, 3, 6))
        (void)signal(SIGTSTP, tell_terminal_stop);
    role_report(bench, 0);
    role_idle(bench);
}

static void stop_parent(struct bench *bench)
{
    int status = 0;
    pid_t pid = role_fork(bench, child, stop_child);

    for (;;)
        if (role_await(bench) == 'w') {
            pid_t reported = waitpid(pid, &status, WUNTRACED | WCONTINUED);
            role_report(bench, reported != pid        ? -errno
                               : WIFSTOPPED(status)   ? WSTOPSIG(status)
                               : WIFCONTINUED(status) ? SAYS_CONTINUED
                                                      : SAYS_ENDED);
        }
}

/* Where the child waits in the one call that it makes. */
static bool has_come_to_its_call(struct bench *bench)
{
    char text[LAB_TEXT_SIZE];
    return is_sight_broken(bench, 2, 3)
               ? observe_is_in(child->pid, "ep_poll", SYS_epoll_pwait, text, sizeof(text))
               : observe_is_in(child->pid, "pipe_read|pipe_wait", SYS_read, text, sizeof(text));
}

static void stop_stop(struct bench *bench)
{
    int64_t ready;

    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", stop_parent);
    if (!role_meet(bench, child) || !role_receive(bench, child, &ready) ||
        !until(bench, has_come_to_its_call(bench)))
        return;
    role_go(bench, parent, 'w');
    kill_unless_broken(bench, 1, child->pid, SIGSTOP);
    if (see_state(bench, 0, child->pid, "T"))
        (void)see_answer(bench, 1, parent, _("waitpid(WUNTRACED) says stopped by SIGSTOP"),
                         SIGSTOP);
}

static void stop_continue(struct bench *bench)
{
    role_go(bench, parent, 'w');
    kill_unless_broken(bench, 2, child->pid, SIGCONT);
    if (!see_state(bench, 0, child->pid, "SR"))
        return;
    (void)see_answer(bench, 1, parent, _("waitpid(WCONTINUED) says continued"), SAYS_CONTINUED);
    (void)see_sleep(bench, 2, child->pid, "pipe_read|pipe_wait", SYS_read);
}

/* One that catches SIGTSTP is not stopped by it. */
static void stop_caught(struct bench *bench)
{
    int64_t ready;
    struct role *editor = role_spawn(bench, "editor", stop_editor);

    if (!role_receive(bench, editor, &ready))
        return;
    kill_unless_broken(bench, 3, editor->pid, SIGTSTP);
    if (is_sight_broken(bench, 3, 6))
        (void)until_broken(bench, observe_state(editor->pid) == 'T');
    else
        (void)see_answer(bench, 4, editor, _("the handler ran for SIGTSTP"), SIGTSTP);
    (void)see_state(bench, 5, editor->pid, "SR");
}

static void stop_terminal(struct bench *bench)
{
    static const int numbers[] = {SIGTSTP, SIGTTIN};

    for (unsigned i = 0; i < 2; i++) {
        role_go(bench, parent, 'w');
        kill_unless_broken(bench, 3, child->pid, numbers[i]);
        if (!see_state(bench, i * 2, child->pid, "T"))
            return;
        (void)see_answer(bench, i * 2 + 1, parent,
                         i == 0 ? _("waitpid(WUNTRACED) says stopped by SIGTSTP")
                                : _("waitpid(WUNTRACED) says stopped by SIGTTIN"),
                         numbers[i]);
        role_go(bench, parent, 'w');
        (void)kill(child->pid, SIGCONT);
        int64_t continued;
        (void)role_receive(bench, parent, &continued);
    }
    stop_caught(bench);
}

const struct lab_experiment experiment_stop = {
    .name = "stop",
    .chapter = LAB_STATES,
    .place = 2,
    .title = N_("Stopped and continued"),
    .question = N_("Which signals stop a process, and who is told?"),
    .roles = {{"parent", N_("waits with WUNTRACED and WCONTINUED")},
              {"child", N_("is stopped and continued")},
              {"editor", N_("catches SIGTSTP")}},
    .steps =
        {
            {
                .does = N_("A child waits in read() for a pipe that stays empty. SIGSTOP is sent "
                           "to it. Its parent calls waitpid() with WUNTRACED."),
                .question = N_("When does waitpid() return?"),
                .choices = {N_("when the child exits"), N_("as soon as the child stops"),
                            N_("never")},
                .right = 1,
                .sees = {{N_("the child is T, stopped"), "/proc/PID/stat field 3"},
                         {N_("the parent is told, with the signal's number"),
                          N_("waitpid(2), as the process itself reports it")}},
                .explains = N_("A stopped process keeps everything but does not run. With "
                               "WUNTRACED its parent is told, which is how a shell knows that "
                               "Ctrl-Z has been pressed."),
                .manual = "waitpid(2), signal(7)",
                .breaks = N_("SIGSTOP is not sent"),
                .run = stop_stop,
            },
            {
                .does = N_("SIGCONT is sent to the child."),
                .question = N_("What does the child notice of having been stopped?"),
                .choices = {N_("nothing: its read() goes on waiting"),
                            N_("its read() fails with EINTR"), N_("it starts from the beginning")},
                .right = 0,
                .sees = {{N_("it is back in S or R"), "/proc/PID/stat field 3"},
                         {N_("the parent is told (WCONTINUED)"),
                          N_("waitpid(2), as the process itself reports it")},
                         {N_("the child is in the same read() again"), "/proc/PID/wchan",
                          N_("the child waits in epoll_wait() instead")}},
                .explains = N_("SIGCONT makes a stopped process go on, even if it ignores or "
                               "blocks SIGCONT. The kernel starts an interrupted read() again, "
                               "and most other calls; epoll_wait, semop, sigtimedwait and some "
                               "others return EINTR then, even without a handler."),
                .manual = "signal(7), waitpid(2)",
                .breaks = N_("SIGCONT is not sent"),
                .run = stop_continue,
            },
            {
                .does = N_("SIGTSTP and SIGTTIN are sent: what a terminal sends for Ctrl-Z, and "
                           "to a background job that reads from it. Then SIGTSTP is sent to "
                           "another process, which catches it."),
                .question = N_("How do they differ from SIGSTOP?"),
                .choices = {N_("not at all"), N_("a process may catch or ignore them"),
                            N_("they kill")},
                .right = 1,
                .sees = {{N_("SIGTSTP stops the child"), "/proc/PID/stat field 3"},
                         {N_("the parent is told SIGTSTP"),
                          N_("waitpid(2), as the process itself reports it")},
                         {N_("SIGTTIN stops the child"), "/proc/PID/stat field 3"},
                         {N_("the parent is told SIGTTIN"),
                          N_("waitpid(2), as the process itself reports it")},
                         {N_("where SIGTSTP is caught, its handler runs"),
                          "what the process itself reports",
                          N_("the editor does not catch SIGTSTP")},
                         {N_("and the process is not stopped"), "/proc/PID/stat field 3",
                          N_("the editor does not catch SIGTSTP")}},
                .explains = N_("SIGTSTP, SIGTTIN and SIGTTOU come from the terminal and are "
                               "requests: an editor catches SIGTSTP to restore the screen first. "
                               "SIGSTOP cannot be caught."),
                .manual = "signal(7), setpgid(2)",
                .breaks = N_("they are not sent"),
                .run = stop_terminal,
            },
        },
    .reading = "signal(7), waitpid(2), setpgid(2)",
};

/* ---- traced ---- */

static void traced_tracer(struct bench *bench)
{
    int status;
    pid_t pid = role_fork(bench, traced, role_idle);

    for (;;)
        switch (role_await(bench)) {
        case 'a':
            if (is_broken(bench, 1))
                break;
            if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
                ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0) {
                role_report(bench, -errno);
                break;
            }
            (void)waitpid(pid, &status, 0);
            role_report(bench, 0);
            break;
        case 'c':
            if (is_left_out(bench, 2, 2))
                (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
            role_report(bench, 0);
            break;
        case 'd':
            if (!is_broken(bench, 3))
                (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
            role_report(bench, 0);
            break;
        }
}

static void see_untraced(struct bench *bench, unsigned sight)
{
    see_skipped(bench, sight, _("ptrace() is refused, or it is traced already: %s"),
                access_need_sentence(ACCESS_NEED_STOP));
}

static void traced_attach(struct bench *bench)
{
    char text[32];

    traced = role_new(bench, "traced");
    tracer = role_spawn(bench, "tracer", traced_tracer);
    if (!role_meet(bench, traced))
        return;
    int64_t r = role_ask(bench, tracer, 'a');
    if (r == -EPERM || r == -ENOSYS) {
        see_untraced(bench, 0);
        see_untraced(bench, 1);
        return;
    }
    (void)see_state(bench, 0, traced->pid, "t");
    (void)snprintf(text, sizeof(text), "%d", tracer->pid);
    (void)see_value(bench, 1, traced->pid, "status", "TracerPid", text);
}

static bool is_traced(struct bench *bench, unsigned sights)
{
    if (observe_number(traced->pid, "status", "TracerPid") == tracer->pid)
        return true;
    for (unsigned i = 0; i < sights; i++)
        see_untraced(bench, i);
    return false;
}

static void traced_continue(struct bench *bench)
{
    if (!is_traced(bench, 2))
        return;
    (void)kill(traced->pid, SIGCONT);
    (void)role_ask(bench, tracer, 'c');
    if (is_left_out(bench, 2, 2)) /* let go, and the signal was taken on the way */
        (void)until_broken(bench, observe_state(traced->pid) != 't' &&
                                      observe_number(traced->pid, "status", "ShdPnd") == 0);
    (void)see_signals(bench, 0, traced->pid, "ShdPnd", signal_bit(SIGCONT), 0);
    (void)see_state(bench, 1, traced->pid, "t");
}

static void traced_detach(struct bench *bench)
{
    if (!is_traced(bench, 2))
        return;
    (void)role_ask(bench, tracer, 'd');
    (void)see_state(bench, 0, traced->pid, "SR");
    (void)see_value(bench, 1, traced->pid, "status", "TracerPid", "0");
}

const struct lab_experiment experiment_traced = {
    .name = "traced",
    .chapter = LAB_STATES,
    .place = 3,
    .title = N_("In the hands of a debugger"),
    .question = N_("What does tracing do to a process?"),
    .roles = {{"tracer", N_("calls ptrace()")}, {"traced", N_("is stopped by it")}},
    .steps =
        {
            {
                .does = N_("The tracer attaches to its child with ptrace() and interrupts it."),
                .question = N_("Which state does the child show?"),
                .choices = {N_("T"), N_("t"), N_("D")},
                .right = 1,
                .sees = {{N_("the child is t, tracing stop"), "/proc/PID/stat field 3"},
                         {N_("its tracer is named"), "/proc/PID/status TracerPid"}},
                .explains = N_("ptrace() lets one process observe and control another: read its "
                               "memory, stop it, change its registers. gdb(1) and strace(1) are "
                               "built on it. A process has one tracer at most."),
                .manual = "ptrace(2)",
                .breaks = N_("the tracer does not attach"),
                .run = traced_attach,
            },
            {
                .does = N_("SIGCONT is sent to the traced process."),
                .question = N_("Does it go on?"),
                .choices = {N_("yes"), N_("no: the signal waits"), N_("it dies")},
                .right = 1,
                .sees = {{N_("SIGCONT is pending"), "/proc/PID/status ShdPnd"},
                         {N_("the process is still t"), "/proc/PID/stat field 3",
                          N_("the tracer detaches")}},
                .explains = N_("A tracing stop ends when the tracer says so. Signals go to the "
                               "tracer first, which may pass them on or drop them; SIGKILL alone "
                               "is not asked about."),
                .manual = "ptrace(2)",
                .breaks = N_("the tracer lets it go on"),
                .run = traced_continue,
            },
            {
                .does = N_("The tracer detaches."),
                .question = N_("What is left of the tracing?"),
                .choices = {N_("nothing"), N_("the process stays stopped"),
                            N_("TracerPid remembers")},
                .right = 0,
                .sees = {{N_("it sleeps or runs again"), "/proc/PID/stat field 3"},
                         {N_("it has no tracer"), "/proc/PID/status TracerPid"}},
                .explains = N_("After PTRACE_DETACH the process goes on where it was. If a tracer "
                               "dies, the kernel detaches for it."),
                .manual = "ptrace(2)",
                .breaks = N_("the tracer does not detach"),
                .run = traced_detach,
            },
        },
    .reading = "ptrace(2), strace(1), proc(5)",
};

/* ---- disk-sleep ---- */

static struct bench *disk_bench;

static void disk_handler(int number)
{
    role_report(disk_bench, number);
}

static void disk_parent(struct bench *bench)
{
    disk_bench = bench;
    (void)signal(SIGUSR1, disk_handler);
    for (;;)
        if (role_await(bench) == 'v' && !is_broken(bench, 1))
            (void)do_vfork(bench);
}

static void disk_enter(struct bench *bench)
{
    disk_child = role_new(bench, "child");
    disk = role_spawn(bench, "parent", disk_parent);
    role_go(bench, disk, 'v');
    if (!role_meet(bench, disk_child))
        return;
    (void)see_state(bench, 0, disk->pid, "D");
    (void)see_sleep(bench, 1, disk->pid, "vfork|kernel_clone|do_fork", SYS_clone);
}

static void disk_caught(struct bench *bench)
{
    kill_unless_broken(bench, 2, disk->pid, SIGUSR1);
    (void)see_signals(bench, 0, disk->pid, "ShdPnd", signal_bit(SIGUSR1), 0);
    if (is_sight_broken(bench, 2, 2)) {
        role_go(bench, disk_child, 'x');
        (void)until_broken(bench, observe_state(disk->pid) != 'D');
    }
    (void)see_state(bench, 1, disk->pid, "D");
}

static void disk_leave(struct bench *bench)
{
    if (!is_broken(bench, 3))
        role_go(bench, disk_child, 'x');
    (void)see_answer(bench, 0, disk, _("the handler ran for SIGUSR1"), SIGUSR1);
    (void)see_state(bench, 1, disk->pid, "SR");
}

static void disk_fatal(struct bench *bench)
{
    disk_child = role_new(bench, "child-2");
    disk = role_spawn(bench, "parent-2", disk_parent);
    role_go(bench, disk, 'v');
    if (!role_meet(bench, disk_child) || !until(bench, observe_state(disk->pid) == 'D'))
        return;
    kill_unless_broken(bench, 4, disk->pid, SIGTERM);
    (void)see_killed(bench, 0, disk->pid, SIGTERM);
    if (is_sight_broken(bench, 4, 2)) {
        (void)kill(disk_child->pid, SIGKILL);
        (void)until_broken(bench, observe_state(disk_child->pid) != 'S');
    }
    (void)see_state(bench, 1, disk_child->pid, "S");
}

const struct lab_experiment experiment_disk_sleep = {
    .name = "disk-sleep",
    .chapter = LAB_STATES,
    .place = 4,
    .title = N_("The sleep that signals do not end"),
    .question = N_("Can a process in state D be killed?"),
    .roles = {{"parent", N_("calls vfork() and catches SIGUSR1")},
              {"child", N_("neither execs nor exits until told")},
              {"parent-2", N_("the same again, to be killed")},
              {"child-2", N_("lives on")}},
    .steps =
        {
            {
                .does = N_("The parent calls vfork(). Its child borrows its memory, so the parent "
                           "must sleep until the child execs or exits."),
                .question = N_("How does the parent sleep?"),
                .choices = {N_("S: a signal would wake it"), N_("D: a caught signal waits"),
                            N_("T: it is stopped")},
                .right = 1,
                .sees = {{N_("the parent is D"), "/proc/PID/stat field 3"},
                         {N_("it sleeps in the kernel's vfork wait"), "/proc/PID/wchan"}},
                .explains = N_("wchan names the kernel function in which a task sleeps. A handler "
                               "that ran now would run on memory that the child is using, so the "
                               "kernel does not let it."),
                .manual = "vfork(2), proc(5)",
                .breaks = N_("the parent does not call vfork()"),
                .run = disk_enter,
            },
            {
                .does = N_("SIGUSR1, which the parent catches, is sent to it."),
                .question = N_("When does its handler run?"),
                .choices = {N_("at once"), N_("when the sleep is over"), N_("never")},
                .right = 1,
                .sees = {{N_("the signal is pending"), "/proc/PID/status ShdPnd"},
                         {N_("the parent is still D"), "/proc/PID/stat field 3",
                          N_("the child exits")}},
                .explains = N_("Pending means sent, but not delivered yet. ShdPnd lists what is "
                               "pending for the whole process."),
                .manual = "signal(7), proc(5)",
                .breaks = N_("the signal is not sent"),
                .run = disk_caught,
            },
            {
                .does = N_("The child exits."),
                .question = N_("What does the parent do first?"),
                .choices = {N_("its handler runs"), N_("it sleeps on"), N_("it exits")},
                .right = 0,
                .sees = {{N_("the handler has run"), "what the process itself reports"},
                         {N_("the parent is out of D"), "/proc/PID/stat field 3"}},
                .explains = N_("A D state ends when what it waits for happens. Find out who has to "
                               "act, rather than send more signals."),
                .manual = "vfork(2)",
                .breaks = N_("the child does not exit"),
                .run = disk_leave,
            },
            {
                .does = N_("Once more vfork(). This time SIGTERM, which is not caught, is sent to "
                           "the sleeping parent."),
                .question = N_("What happens?"),
                .choices = {N_("it waits, as SIGUSR1 did"), N_("the parent dies at once"),
                            N_("the child dies")},
                .right = 1,
                .sees = {{N_("the parent is ended by the signal"), "waitpid(2)"},
                         {N_("the child is alive: the sleep was not over"),
                          "/proc/PID/stat field 3", N_("the child is ended too")}},
                .explains = N_("Nothing of a dying process will run again, so this sleep lets "
                               "fatal signals through (it is \"killable\"). Not every D does: a "
                               "process that waits for a broken device may ignore even SIGKILL."),
                .manual = "vfork(2), signal(7)",
                .breaks = N_("the signal is not sent"),
                .run = disk_fatal,
            },
        },
    .reading = "vfork(2), proc(5), signal(7)",
};
