/* Signals, continued: who sends them, and to how many. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static struct bench *handler_bench;
static struct role *child, *shell, *foreground, *background, *member, *outsider;
static int terminal = -1;
static char terminal_name[64];

/* ---- sources ---- */

static sigjmp_buf behind_fault;

static bool is_fault(int number)
{
    return number == SIGSEGV || number == SIGFPE;
}

/* What a handler learns: the signal, its code, and who sent it or, of a fault, where. */
static void report_source(int number, siginfo_t *info, void *context)
{
    (void)context;
    role_report(handler_bench, number);
    role_report(handler_bench, info->si_code);
    /* A fault's siginfo_t has si_addr in that place (sigaction(2)). */
    role_report(handler_bench, is_fault(number) ? (intptr_t)info->si_addr : info->si_pid);
    if (is_fault(number))
        siglongjmp(behind_fault, 1);
}

/* Faults on purpose, whatever watches over the rest of the program. */
__attribute__((no_sanitize("undefined"))) static void fault(int number)
{
    volatile int *volatile nowhere = NULL;
    volatile int zero = 0, many = 100;

    if (sigsetjmp(behind_fault, 1) != 0)
        return;
    if (number == SIGSEGV)
        *nowhere = 1;
    else
        many = many / zero;
}

/* Forks one that exits, and waits for it: its PID. */
static pid_t one_child(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return pid;
}

static void broken_pipe(void)
{
    int fds[2];

    if (pipe(fds) < 0)
        return;
    (void)close(fds[0]);
    (void)!write(fds[1], "x", 1);
    (void)close(fds[1]);
}

static void sources_child(struct bench *bench)
{
    static const int numbers[] = {SIGUSR1, SIGSEGV, SIGFPE, SIGALRM, SIGPIPE, SIGCHLD, SIGINT};
    struct sigaction action = {.sa_sigaction = report_source, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct itimerval soon = {.it_value = {.tv_usec = 1000}};

    handler_bench = bench;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        (void)sigaction(numbers[i], &action, NULL);
    (void)sigaction(SIGRTMIN, &action, NULL);
    if (!is_sight_broken(bench, 4, 1))
        (void)role_take_terminal(terminal_name);
    role_report(bench, 0);
    for (;;)
        switch (role_await(bench)) {
        case 'f':
            if (is_broken(bench, 2))
                break;
            fault(SIGSEGV);
            fault(SIGFPE);
            break;
        case 'a':
            (void)setitimer(ITIMER_REAL, &soon, NULL);
            break;
        case 'c':
            role_report(bench, one_child());
            break;
        case 'p':
            broken_pipe();
            break;
        }
}

static const char *code_text(int number, int64_t code)
{
    switch (code) {
    case SI_USER:
        return "SI_USER";
    case SI_QUEUE:
        return "SI_QUEUE";
    case SI_KERNEL:
        return "SI_KERNEL";
    case 1:
        return number == SIGSEGV   ? "SEGV_MAPERR"
               : number == SIGFPE  ? "FPE_INTDIV"
               : number == SIGCHLD ? "CLD_EXITED"
                                   : "1";
    default:
        return "?";
    }
}

enum {
    SENDER_FOLLOWS = -1
};

/* `sender` 0: none is expected; SENDER_FOLLOWS: the child reports it next. A fault has an address.
 */
static void see_source(struct bench *bench, unsigned sight, int number, int code, int64_t sender)
{
    int64_t got = 0, got_code = 0, got_pid = 0;
    bool received = role_receive(bench, child, &got) && role_receive(bench, child, &got_code) &&
                    role_receive(bench, child, &got_pid);

    if (received && sender == SENDER_FOLLOWS)
        received = role_receive(bench, child, &sender);
    if (!received)
        return;
    if (is_fault((int)got))
        (void)see_own_words(
            bench, sight, got == number && got_code == code,
            _("signal %" PRId64 " (SIG%s), si_code %" PRId64 " (%s), si_addr %#" PRIx64), got,
            signal_name((int)got), got_code, code_text((int)got, got_code), got_pid);
    else
        (void)see_own_words(
            bench, sight, got == number && got_code == code && got_pid == sender,
            _("signal %" PRId64 " (SIG%s), si_code %" PRId64 " (%s), si_pid %" PRId64), got,
            signal_name((int)got), got_code, code_text((int)got, got_code), got_pid);
}

static void sources_process(struct bench *bench)
{
    int64_t ready;

    terminal = bench_terminal(terminal_name, sizeof(terminal_name));
    child = role_spawn(bench, "child", sources_child);
    if (!role_receive(bench, child, &ready) || is_broken(bench, 1))
        return;
    (void)kill(child->pid, SIGUSR1);
    see_source(bench, 0, SIGUSR1, SI_USER, bench->host_pid);
    (void)sigqueue(child->pid, SIGRTMIN, (union sigval){.sival_int = 1});
    see_source(bench, 1, SIGRTMIN, SI_QUEUE, bench->host_pid);
}

static void sources_hardware(struct bench *bench)
{
    role_go(bench, child, 'f');
    see_source(bench, 0, SIGSEGV, SEGV_MAPERR, 0);
#if defined(__x86_64__) || defined(__i386__)
    see_source(bench, 1, SIGFPE, FPE_INTDIV, 0);
#else
    see_skipped(bench, 1, _("this processor divides by zero without a fault"));
#endif
}

static void sources_kernel(struct bench *bench)
{
    if (is_broken(bench, 3))
        return;
    role_go(bench, child, 'a');
    see_source(bench, 0, SIGALRM, SI_KERNEL, 0);
    role_go(bench, child, 'c');
    see_source(bench, 1, SIGCHLD, CLD_EXITED, SENDER_FOLLOWS);
    role_go(bench, child, 'p');
    see_source(bench, 2, SIGPIPE, SI_USER, child->pid);
}

static void sources_keyboard(struct bench *bench)
{
    char terminal_text[128];

    if (terminal < 0) {
        see_skipped(bench, 0, _("no pseudo-terminal: %s"), strerror(-terminal));
        see_skipped(bench, 1, _("no pseudo-terminal: %s"), strerror(-terminal));
        return;
    }
    (void)snprintf(terminal_text, sizeof(terminal_text), "%s", terminal_name);
    int64_t tty = observe_stat(child->pid, 7);
    (void)see(bench, 0, tty > 0 && observe_stat(child->pid, 8) == child->pid,
              _("/proc/%d/stat: tty_nr %" PRId64 " (%s), foreground group %" PRId64), child->pid,
              tty, terminal_text, observe_stat(child->pid, 8));
    if (!is_broken(bench, 4))
        (void)!write(terminal, "\003", 1);
    see_source(bench, 1, SIGINT, SI_KERNEL, 0);
}

const struct lab_experiment experiment_sources = {
    .name = "sources",
    .chapter = LAB_SIGNALS,
    .place = 6,
    .title = N_("Where signals come from"),
    .question = N_("How does a process know who sent a signal?"),
    .roles = {{"child", N_("catches everything and tells what it learnt")}},
    .steps =
        {
            {
                .does = N_("lab-host sends SIGUSR1 with kill() and a real-time signal with "
                           "sigqueue()."),
                .question = N_("Can the receiver tell the two calls apart?"),
                .choices = {N_("no"), N_("yes, by si_code")},
                .right = 1,
                .sees = {{N_("kill(): SI_USER, and the sender's PID"),
                          N_("siginfo, as the process itself reports it")},
                         {N_("sigqueue(): SI_QUEUE, and the sender's PID"),
                          N_("siginfo, as the process itself reports it")}},
                .explains = N_("A handler set with SA_SIGINFO is given a siginfo_t: si_code says "
                               "what kind of sender it was, si_pid who it was, if a process."),
                .manual = "sigaction(2)",
                .breaks = N_("nothing is sent"),
                .run = sources_process,
            },
            {
                .does = N_("The child writes to address 0, then divides by zero."),
                .question = N_("Who sends SIGSEGV?"),
                .choices = {N_("the processor's fault, through the kernel"), N_("the C library"),
                            N_("the parent")},
                .right = 0,
                .sees = {{N_("SIGSEGV: SEGV_MAPERR, nothing is mapped there"),
                          N_("siginfo, as the process itself reports it")},
                         {N_("SIGFPE: FPE_INTDIV, an integer division by zero"),
                          N_("siginfo, as the process itself reports it")}},
                .explains =
                    N_("The processor refuses an instruction; the kernel turns that into "
                       "a signal to the very thread that ran it. Such a signal has a "
                       "positive si_code that tells the kind of fault, and instead of si_pid "
                       "si_addr: the address that was touched, or the instruction's."),
                .manual = "sigaction(2), signal(7)",
                .breaks = N_("the child makes no fault"),
                .run = sources_hardware,
            },
            {
                .does = N_("A timer ends, a child of the child exits, and it writes to a pipe "
                           "that has no reader."),
                .question = N_("Which of the three names a process in si_pid?"),
                .choices = {N_("all"),
                            N_("SIGCHLD, the child that ended, and SIGPIPE, the writer itself"),
                            N_("none")},
                .right = 1,
                .sees = {{N_("SIGALRM: SI_KERNEL"),
                          N_("siginfo, as the process itself reports it")},
                         {N_("SIGCHLD: CLD_EXITED, and si_pid is the child that ended"),
                          N_("siginfo, as the process itself reports it")},
                         {N_("SIGPIPE: SI_USER, sent in its own name"),
                          N_("siginfo, as the process itself reports it")}},
                .explains =
                    N_("The kernel sends signals about events. SIGCHLD tells which child it is "
                       "about. SIGPIPE is sent by the "
                       "write() of the process itself, so it looks as if it had sent it. Where no "
                       "process is meant, the kernel puts 0 in si_pid."),
                .manual = "signal(7), pipe(7)",
                .breaks = N_("none of this is done"),
                .run = sources_kernel,
            },
            {
                .does = N_("Ctrl-C is typed on the child's pseudo-terminal: one byte, 0x03."),
                .question = N_("Who turns the byte into SIGINT?"),
                .choices = {N_("the shell"), N_("the kernel's terminal driver"),
                            N_("the terminal window")},
                .right = 1,
                .sees = {{N_("the child's group is in the foreground of its terminal"),
                          "/proc/PID/stat fields 7 and 8", N_("it takes no terminal")},
                         {N_("SIGINT: SI_KERNEL"),
                          N_("siginfo, as the process itself reports it")}},
                .explains = N_("The terminal driver sends SIGINT to the foreground process group: "
                               "the processes that the shell has put in front. Raw programs, such "
                               "as editors, switch this off and read the byte."),
                .manual = "termios(3), tcsetpgrp(3)",
                .breaks = N_("nothing is typed"),
                .run = sources_keyboard,
            },
        },
    .reading = "sigaction(2), signal(7), termios(3)",
};

/* ---- group ---- */

static void group_follower(struct bench *bench)
{
    (void)setpgid(0, is_sight_broken(bench, 1, 1) ? 0 : getppid());
    role_report(bench, 0);
    role_idle(bench);
}

static void group_leader(struct bench *bench)
{
    (void)setpgid(0, 0);
    (void)role_fork(bench, member, group_follower);
    role_report(bench, 0);
    role_idle(bench);
}

static void group_kill(struct bench *bench)
{
    int64_t ready;

    member = role_new(bench, "member");
    child = role_spawn(bench, "leader", group_leader);
    outsider = role_spawn(bench, "outsider", role_idle);
    if (!role_meet(bench, member) || !role_receive(bench, child, &ready) ||
        !role_receive(bench, member, &ready))
        return;
    if (!see_stat(bench, 0, member->pid, 5, child->pid))
        return;
    if (is_sight_broken(bench, 1, 4))
        (void)setpgid(outsider->pid, child->pid);
    if (!is_broken(bench, 1))
        (void)kill(-child->pid, SIGTERM);
    (void)see_killed(bench, 1, child->pid, SIGTERM);
    (void)see_killed(bench, 2, member->pid, SIGTERM);
    if (is_sight_broken(bench, 1, 4))
        (void)until_broken(bench, observe_state(outsider->pid) == 'Z');
    (void)see_state(bench, 3, outsider->pid, "S");
}

static void own_group(struct bench *bench)
{
    (void)setpgid(0, 0);
    role_report(bench, 0);
    role_idle(bench);
}

static void foreground_group(struct bench *bench)
{
    (void)setpgid(0, foreground->pid);
    role_report(bench, 0);
    role_idle(bench);
}

static void group_shell(struct bench *bench)
{
    int fd = role_take_terminal(terminal_name);
    pid_t pid = role_fork(bench, foreground, own_group);

    (void)setpgid(pid, pid);
    while (is_sight_broken(bench, 2, 3) && foreground->pid == 0)
        ; /* until it is there, whose group is joined */
    (void)role_fork(bench, background, is_sight_broken(bench, 2, 3) ? foreground_group : own_group);
    (void)signal(SIGTTOU, SIG_IGN);
    role_report(bench, fd < 0                         ? fd
                       : is_sight_broken(bench, 2, 1) ? 0
                       : tcsetpgrp(fd, pid) < 0       ? -errno
                                                      : 0);
    while (role_await(bench) != 'x')
        ;
    if (is_broken(bench, 2))
        role_idle(bench);
    _exit(0);
}

static void group_hangup(struct bench *bench)
{
    int64_t ready;

    terminal = bench_terminal(terminal_name, sizeof(terminal_name));
    if (terminal < 0) {
        for (unsigned i = 0; i < 3; i++)
            see_skipped(bench, i, _("no pseudo-terminal: %s"), strerror(-terminal));
        return;
    }
    foreground = role_new(bench, "foreground");
    background = role_new(bench, "background");
    shell = role_spawn(bench, "shell", group_shell);
    if (!role_meet(bench, foreground) || !role_meet(bench, background) ||
        !role_receive(bench, foreground, &ready) || !role_receive(bench, background, &ready) ||
        !role_receive(bench, shell, &ready))
        return;
    (void)see_stat(bench, 0, foreground->pid, 8, foreground->pid);
    role_go(bench, shell, 'x');
    /* Only its parent can wait for it: lab-host, once the shell is dead. */
    if (until(bench, observe_stat(foreground->pid, 4) == bench->host_pid))
        (void)see_killed(bench, 1, foreground->pid, SIGHUP);
    if (is_sight_broken(bench, 2, 3))
        (void)until_broken(bench, observe_state(background->pid) != 'S');
    (void)see_state(bench, 2, background->pid, "S");
}

const struct lab_experiment experiment_group = {
    .name = "group",
    .chapter = LAB_SIGNALS,
    .place = 7,
    .title = N_("One signal for many"),
    .question = N_("How are jobs and sessions signalled?"),
    .roles = {{"leader", N_("leads a process group")},
              {"member", N_("is in that group")},
              {"outsider", N_("is not")},
              {"shell", N_("leads a session on a terminal")},
              {"foreground", N_("the group in front")},
              {"background", N_("a group behind")}},
    .steps =
        {
            {
                .does = N_("SIGTERM is sent to a process group: kill(-PGID, SIGTERM)."),
                .question = N_("Who gets it?"),
                .choices = {N_("the group's leader"), N_("every process of the group"),
                            N_("the leader and all its descendants")},
                .right = 1,
                .sees = {{N_("the member's PGID is the leader's PID"), "/proc/PID/stat field 5",
                          N_("it makes a group of its own")},
                         {N_("the leader is ended by SIGTERM"), "waitpid(2)"},
                         {N_("the member too"), "waitpid(2)"},
                         {N_("a process outside the group is not"), "/proc/PID/stat field 3",
                          N_("it is in the group too")}},
                .explains = N_("A process group is a set of processes that a shell starts for one "
                               "command line, a job. Its ID (PGID) is the PID of its leader. A "
                               "negative number in kill() names the group."),
                .manual = "kill(2), setpgid(2)",
                .breaks = N_("the signal is not sent"),
                .run = group_kill,
            },
            {
                .does = N_("A session leader with a terminal exits: a shell whose window is "
                           "closed."),
                .question = N_("What do the processes of its session get?"),
                .choices = {N_("those in the foreground get SIGHUP"), N_("all of them get SIGKILL"),
                            N_("nothing")},
                .right = 0,
                .sees = {{N_("one group is in the foreground"), "/proc/PID/stat field 8",
                          N_("no group is put there")},
                         {N_("it is ended by SIGHUP"), "waitpid(2)"},
                         {N_("a running group in the background is left alone"),
                          "/proc/PID/stat field 3", N_("it is in the foreground group")}},
                .explains = N_("HUP is hang-up: the line is gone. The kernel sends SIGHUP to the "
                               "foreground group when the session leader ends. nohup(1) starts a "
                               "program that ignores it."),
                .manual = "_exit(2), setsid(2), nohup(1)",
                .breaks = N_("the leader does not exit"),
                .run = group_hangup,
            },
        },
    .reading = "kill(2), setpgid(2), setsid(2), credentials(7)",
};
