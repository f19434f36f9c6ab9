/* Signals: sent, blocked, queued, delivered, and where they come from. */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"

static struct bench *handler_bench;
static struct role *child, *catcher, *ignorer, *defaulter;

static void report_number(int number)
{
    role_report(handler_bench, number);
}

static void set_mask(int how, const int *numbers, size_t count)
{
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < count; i++)
        (void)sigaddset(&set, numbers[i]);
    (void)sigprocmask(how, &set, NULL);
}

/* ---- dispositions ---- */

static void disposition_catch(struct bench *bench)
{
    handler_bench = bench;
    if (!is_broken(bench, 1))
        (void)signal(SIGUSR1, report_number);
    role_idle(bench);
}

static void disposition_ignore(struct bench *bench)
{
    const int number = SIGUSR1;

    if (is_sight_broken(bench, 2, 2))
        set_mask(SIG_BLOCK, &number, 1);
    if (!is_sight_broken(bench, 1, 2))
        (void)signal(SIGUSR1, SIG_IGN);
    role_idle(bench);
}

static void disposition_set(struct bench *bench)
{
    signal_set bit = signal_bit(SIGUSR1);

    catcher = role_spawn(bench, "catcher", disposition_catch);
    ignorer = role_spawn(bench, "ignorer", disposition_ignore);
    defaulter =
        role_spawn(bench, "default", is_sight_broken(bench, 1, 3) ? disposition_catch : role_idle);
    signal_set caught = 0;
    if (is_sight_broken(bench, 1, 3))
        (void)until_broken(bench, observe_signals(defaulter->pid, "SigCgt", &caught) &&
                                      (caught & bit) != 0);
    (void)see_signals(bench, 0, catcher->pid, "SigCgt", bit, 0);
    (void)see_signals(bench, 1, ignorer->pid, "SigIgn", bit, 0);
    (void)see_signals(bench, 2, defaulter->pid, "SigCgt", 0, bit);
}

static void disposition_send(struct bench *bench)
{
    struct role *const roles[] = {catcher, ignorer, defaulter};

    for (size_t i = 0; i < 3; i++)
        kill_unless_broken(bench, 2, roles[i]->pid, SIGUSR1);
    (void)see_answer(bench, 0, catcher, _("the handler ran for SIGUSR1"), SIGUSR1);
    (void)see_signals(bench, 1, ignorer->pid, "ShdPnd", 0, signal_bit(SIGUSR1));
    if (is_sight_broken(bench, 2, 3)) {
        (void)kill(ignorer->pid, SIGKILL);
        (void)until_broken(bench, observe_state(ignorer->pid) == 'Z');
    }
    (void)see_state(bench, 2, ignorer->pid, "S");
    (void)see_killed(bench, 3, defaulter->pid, SIGUSR1);
}

const struct lab_experiment experiment_dispositions = {
    .name = "dispositions",
    .chapter = LAB_SIGNALS,
    .place = 1,
    .title = N_("One signal, three answers"),
    .question = N_("What does a signal do to a process?"),
    .roles = {{"catcher", N_("has a handler for SIGUSR1")},
              {"ignorer", N_("ignores SIGUSR1")},
              {"default", N_("did nothing about SIGUSR1")}},
    .steps =
        {
            {
                .does = N_("Three processes prepare for SIGUSR1: one catches it, one ignores it, "
                           "one does nothing."),
                .question = N_("Can you tell them apart before the signal comes?"),
                .choices = {N_("no"), N_("yes, the kernel shows the sets")},
                .right = 1,
                .sees = {{N_("the first has it in its caught set"), "/proc/PID/status SigCgt"},
                         {N_("the second has it in its ignored set"), "/proc/PID/status SigIgn",
                          N_("it does not ignore it")},
                         {N_("the third has it in neither"), "/proc/PID/status SigCgt",
                          N_("it catches the signal too")}},
                .explains = N_("A signal is a number sent to a process. Its disposition says what "
                               "happens then: call a function of the process (a handler), nothing "
                               "(ignored), or the default action of that signal. Bit N-1 of a set "
                               "stands for signal N."),
                .manual = "signal(7), proc(5)",
                .breaks = N_("the first sets no handler"),
                .run = disposition_set,
            },
            {
                .does = N_("SIGUSR1 is sent to all three."),
                .question = N_("What is the default action of SIGUSR1?"),
                .choices = {N_("ignore"), N_("terminate"), N_("stop")},
                .right = 1,
                .sees = {{N_("the catcher's handler runs"), "what the process itself reports"},
                         {N_("nothing is pending for the ignorer"), "/proc/PID/status ShdPnd",
                          N_("it blocks the signal")},
                         {N_("and it sleeps on"), "/proc/PID/stat field 3",
                          N_("it is ended by SIGKILL")},
                         {N_("the third is ended by the signal"), "waitpid(2)"}},
                .explains = N_("An ignored signal is dropped when it is sent. The default is one "
                               "of five: terminate, terminate and dump core, stop, continue, or "
                               "ignore."),
                .manual = "signal(7)",
                .breaks = N_("the signal is not sent"),
                .run = disposition_send,
            },
        },
    .reading = "signal(7), sigaction(2)",
};

/* ---- uncatchable ---- */

static int64_t try_to_catch(int number)
{
    struct sigaction action = {.sa_handler = report_number};

    return sigaction(number, &action, NULL) < 0 ? -errno : 0;
}

static void uncatchable_child(struct bench *bench)
{
    sigset_t all;

    handler_bench = bench;
    for (;;)
        switch (role_await(bench)) {
        case 't':
            role_report(bench, try_to_catch(is_broken(bench, 1) ? SIGTERM : SIGKILL));
            role_report(bench, try_to_catch(is_broken(bench, 1) ? SIGTSTP : SIGSTOP));
            break;
        case 'a':
            if (!is_broken(bench, 2)) {
                for (int number = 1; number < NSIG; number++)
                    (void)try_to_catch(number);
                (void)sigfillset(&all);
                (void)sigprocmask(SIG_BLOCK, &all, NULL);
            }
            if (is_sight_broken(bench, 2, 3))
                (void)signal(SIGTERM, SIG_IGN);
            role_report(bench, 0);
            break;
        }
}

static void uncatchable_try(struct bench *bench)
{
    child = role_spawn(bench, "child", uncatchable_child);
    role_go(bench, child, 't');
    (void)see_reported(bench, 0, child, "sigaction(SIGKILL)", -EINVAL);
    (void)see_reported(bench, 1, child, "sigaction(SIGSTOP)", -EINVAL);
}

static void uncatchable_all(struct bench *bench)
{
    signal_set both = signal_bit(SIGKILL) | signal_bit(SIGSTOP);
    signal_set others = signal_bit(SIGTERM) | signal_bit(SIGHUP) | signal_bit(SIGTSTP);

    (void)role_ask(bench, child, 'a');
    (void)see_signals(bench, 0, child->pid, "SigCgt", others, both);
    (void)see_signals(bench, 1, child->pid, "SigBlk", others, both);
    (void)see_signals(bench, 2, child->pid, "SigIgn", 0,
                      is_sight_broken(bench, 2, 3) ? signal_bit(SIGTERM) : both);
}

static void uncatchable_kill(struct bench *bench)
{
    if (!is_sight_broken(bench, 3, 1))
        (void)kill(child->pid, SIGTERM);
    (void)see_signals(bench, 0, child->pid, "ShdPnd", signal_bit(SIGTERM), 0);
    kill_unless_broken(bench, 3, child->pid, SIGKILL);
    (void)see_killed(bench, 1, child->pid, SIGKILL);
}

const struct lab_experiment experiment_uncatchable = {
    .name = "uncatchable",
    .chapter = LAB_SIGNALS,
    .place = 2,
    .title = N_("The two that nobody can refuse"),
    .question = N_("Can a process protect itself from SIGKILL?"),
    .roles = {{"child", N_("tries everything")}},
    .steps =
        {
            {
                .does = N_("A child asks to catch SIGKILL, and then SIGSTOP."),
                .question = N_("What does sigaction() say?"),
                .choices = {N_("success, but the handler is never called"), N_("EINVAL"),
                            N_("EPERM: only root may")},
                .right = 1,
                .sees = {{N_("for SIGKILL it fails with EINVAL"),
                          N_("sigaction(2), as the process itself reports it")},
                         {N_("for SIGSTOP it fails with EINVAL"),
                          N_("sigaction(2), as the process itself reports it")}},
                .explains = N_("SIGKILL and SIGSTOP can be neither caught nor ignored nor blocked, "
                               "by anybody, so that the administrator keeps control."),
                .manual = "sigaction(2), signal(7)",
                .breaks = N_("it asks for SIGTERM and SIGTSTP instead"),
                .run = uncatchable_try,
            },
            {
                .does = N_("The child catches every signal that it can, and blocks them all."),
                .question = N_("Which sets hold SIGKILL (9) and SIGSTOP (19 on most machines)?"),
                .choices = {N_("none"), N_("the blocked set"), N_("all of them")},
                .right = 0,
                .sees = {{N_("the caught set has SIGTERM, but not those two"),
                          "/proc/PID/status SigCgt"},
                         {N_("nor has the blocked set"), "/proc/PID/status SigBlk"},
                         {N_("nor has the ignored set"), "/proc/PID/status SigIgn",
                          N_("SIGTERM is looked for, which it ignores")}},
                .explains = N_("Blocking \"all\" signals means all but these two: the kernel "
                               "takes them out of the set without a word."),
                .manual = "sigprocmask(2)",
                .breaks = N_("the child catches and blocks nothing"),
                .run = uncatchable_all,
            },
            {
                .does = N_("First SIGTERM, then SIGKILL is sent."),
                .question = N_("Which of them ends the child?"),
                .choices = {N_("SIGTERM"), N_("SIGKILL"), N_("neither")},
                .right = 1,
                .sees = {{N_("SIGTERM stays pending: it is blocked"), "/proc/PID/status ShdPnd",
                          N_("SIGTERM is not sent")},
                         {N_("SIGKILL ends it"), "waitpid(2)"}},
                .explains = N_("SIGTERM asks a process to end, and it may tidy up or refuse. "
                               "SIGKILL does not ask, and nothing is tidied up. So try SIGTERM "
                               "first."),
                .manual = "signal(7)",
                .breaks = N_("SIGKILL is not sent"),
                .run = uncatchable_kill,
            },
        },
    .reading = "signal(7), sigaction(2), sigprocmask(2)",
};

/* ---- mask ---- */

static const int masked[] = {SIGUSR1, SIGUSR2};

static void mask_child(struct bench *bench)
{
    handler_bench = bench;
    if (!is_broken(bench, 1))
        set_mask(SIG_BLOCK, masked, 2);
    (void)signal(SIGUSR1, report_number);
    (void)signal(SIGUSR2, report_number);
    role_report(bench, 0);
    for (;;)
        if (role_await(bench) == 'u' && !is_broken(bench, 2)) {
            set_mask(SIG_UNBLOCK, masked, 2);
            role_report(bench, 0);
        }
}

static void mask_block(struct bench *bench)
{
    int64_t ready;

    child = role_spawn(bench, "child", mask_child);
    if (!role_receive(bench, child, &ready))
        return;
    /* Looked at before they are sent: a handler that runs blocks its own signal as well. */
    (void)see_signals(bench, 0, child->pid, "SigBlk", signal_bit(SIGUSR1) | signal_bit(SIGUSR2), 0);
    (void)kill(child->pid, SIGUSR1);
    (void)syscall(SYS_tgkill, child->pid, child->pid, SIGUSR2);
    (void)see_signals(bench, 1, child->pid, "ShdPnd", signal_bit(SIGUSR1), signal_bit(SIGUSR2));
    (void)see_signals(bench, 2, child->pid, "SigPnd", signal_bit(SIGUSR2), signal_bit(SIGUSR1));
}

static void mask_unblock(struct bench *bench)
{
    int64_t first = 0, second = 0, returned = -1;

    role_go(bench, child, 'u');
    bool all = role_receive(bench, child, &first) && role_receive(bench, child, &second) &&
               role_receive(bench, child, &returned);
    (void)see_own_words(
        bench, 0, all && first + second == SIGUSR1 + SIGUSR2 && first != second && returned == 0,
        _("it tells in turn: handler of signal %" PRId64 ", handler of signal %" PRId64
          ", sigprocmask() has returned (SIGUSR1 is %d, SIGUSR2 %d)"),
        first, second, SIGUSR1, SIGUSR2);
    (void)see_signals(bench, 1, child->pid, "ShdPnd", 0, signal_bit(SIGUSR1));
    (void)see_signals(bench, 2, child->pid, "SigPnd", 0, signal_bit(SIGUSR2));
}

const struct lab_experiment experiment_mask = {
    .name = "mask",
    .chapter = LAB_SIGNALS,
    .place = 3,
    .title = N_("Not now: blocked signals"),
    .question = N_("What happens to a signal that is blocked?"),
    .roles = {{"child", N_("blocks SIGUSR1 and SIGUSR2")}},
    .steps =
        {
            {
                .does = N_("A child blocks SIGUSR1 and SIGUSR2. SIGUSR1 is sent to the process "
                           "with kill(), SIGUSR2 to its one thread with tgkill()."),
                .question = N_("Where are the signals?"),
                .choices = {N_("lost"), N_("delivered"), N_("pending, in two different sets")},
                .right = 2,
                .sees = {{N_("both are blocked"), "/proc/PID/status SigBlk"},
                         {N_("SIGUSR1 is pending for the process"), "/proc/PID/status ShdPnd"},
                         {N_("SIGUSR2 is pending for the thread"), "/proc/PID/status SigPnd"}},
                .explains = N_("The signal mask is the set of signals that a thread has blocked. "
                               "A blocked signal stays pending. What is sent to a process may be "
                               "taken by any of its threads, what is sent to a thread only by "
                               "that one."),
                .manual = "sigprocmask(2), signal(7)",
                .breaks = N_("the child blocks nothing"),
                .run = mask_block,
            },
            {
                .does = N_("The child unblocks both."),
                .question = N_("When do the handlers run?"),
                .choices = {N_("before sigprocmask() returns"), N_("when the next signal comes"),
                            N_("never")},
                .right = 0,
                .sees = {{N_("both handlers run before sigprocmask() returns"),
                          "what the process itself reports"},
                         {N_("nothing is pending for the process"), "/proc/PID/status ShdPnd"},
                         {N_("nothing is pending for the thread"), "/proc/PID/status SigPnd"}},
                .explains = N_("Delivery happens when the kernel returns to the program. At least "
                               "one pending signal is delivered before the call that unblocked it "
                               "returns."),
                .manual = "sigprocmask(2)",
                .breaks = N_("the child does not unblock them"),
                .run = mask_unblock,
            },
        },
    .reading = "sigprocmask(2), signal(7), tgkill(2)",
};

/* ---- coalesce ---- */

static volatile sig_atomic_t handled;

static void count_signal(int number)
{
    (void)number;
    handled++;
}

static void report_value(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    role_report(handler_bench, info->si_value.sival_int);
}

static void coalesce_child(struct bench *bench)
{
    const int numbers[] = {SIGUSR1, SIGRTMIN};
    struct sigaction queued = {.sa_sigaction = report_value, .sa_flags = SA_SIGINFO};

    /* SigQ counts a user's in its namespace (Linux 5.14): where we may, in one of its own, so
       that it holds nobody else's. */
    (void)unshare(CLONE_NEWUSER);
    handler_bench = bench;
    set_mask(SIG_BLOCK, numbers, 2);
    (void)signal(SIGUSR1, count_signal);
    (void)sigfillset(&queued.sa_mask);
    (void)sigaction(SIGRTMIN, &queued, NULL);
    role_report(bench, 0);
    for (;;)
        switch (role_await(bench)) {
        case 's':
            set_mask(SIG_UNBLOCK, &numbers[0], 1);
            role_report(bench, handled);
            break;
        case 'r':
            set_mask(SIG_UNBLOCK, &numbers[1], 1);
            break;
        }
}

static void coalesce_send(struct bench *bench)
{
    int64_t ready;

    child = role_spawn(bench, "child", coalesce_child);
    if (!role_receive(bench, child, &ready))
        return;
    for (int i = 0; i < 5; i++)
        kill_unless_broken(bench, 1, child->pid, SIGUSR1);
    (void)see_signals(bench, 0, child->pid, "ShdPnd", signal_bit(SIGUSR1), 0);
}

static void coalesce_deliver(struct bench *bench)
{
    /* Broken: one at a time, so that none finds another pending. */
    if (is_broken(bench, 2)) {
        (void)role_ask(bench, child, 's');
        for (int i = 0; i < 4; i++) {
            (void)kill(child->pid, SIGUSR1);
            (void)role_ask(bench, child, 's');
        }
    }
    role_go(bench, child, 's');
    (void)see_reported(bench, 0, child, _("the handler's count after five SIGUSR1"), 1);
}

/* The count is the user's, so others may lower it meanwhile: the least of a few looks. */
static int64_t queued_now(pid_t pid)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        int64_t now = observe_number(pid, "status", "SigQ");
        least = now < least ? now : least;
    }
    return least;
}

static void coalesce_queue(struct bench *bench)
{
    int64_t before = queued_now(child->pid), after = before;

    for (int i = 1; i <= 5 && !is_broken(bench, 3); i++)
        (void)sigqueue(child->pid, SIGRTMIN, (union sigval){.sival_int = i});
    (void)see_signals(bench, 0, child->pid, "ShdPnd", signal_bit(SIGRTMIN), 0);
    bool seen = until(bench, (after = queued_now(child->pid)) >= before + 5);
    (void)see(bench, 1, seen,
              _("/proc/%d/status: SigQ: %" PRId64 " before, %" PRId64 " after five"), child->pid,
              before, after);
}

static void coalesce_order(struct bench *bench)
{
    int64_t values[5] = {0};
    bool seen = true;

    if (!is_broken(bench, 4))
        role_go(bench, child, 'r');
    for (int i = 0; i < 5 && seen; i++)
        seen = role_receive(bench, child, &values[i]) && values[i] == i + 1;
    (void)see_own_words(
        bench, 0, seen,
        _("the handler got the values %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64),
        values[0], values[1], values[2], values[3], values[4]);
    (void)see_signals(bench, 1, child->pid, "ShdPnd", 0, signal_bit(SIGRTMIN));
}

const struct lab_experiment experiment_coalesce = {
    .name = "coalesce",
    .chapter = LAB_SIGNALS,
    .place = 4,
    .title = N_("Five signals, one delivery"),
    .question = N_("Are signals counted?"),
    .roles = {{"child", N_("blocks, then counts")}},
    .steps =
        {
            {
                .does = N_("SIGUSR1 is sent five times to a child that blocks it."),
                .question = N_("How much does the kernel remember?"),
                .choices = {N_("one bit"), N_("a count of five"), N_("five entries in a queue")},
                .right = 0,
                .sees = {{N_("SIGUSR1 is pending: a bit is set"), "/proc/PID/status ShdPnd"}},
                .explains = N_("A standard signal (1 to 31) is either pending or not. Sending it "
                               "once more changes nothing."),
                .manual = "signal(7)",
                .breaks = N_("the signals are not sent"),
                .run = coalesce_send,
            },
            {
                .does = N_("The child unblocks SIGUSR1 and tells how often its handler ran."),
                .question = N_("How often?"),
                .choices = {N_("once"), N_("five times")},
                .right = 0,
                .sees = {{N_("the handler ran once"), "what the process itself reports"}},
                .explains = N_("So a handler for SIGCHLD must wait for all dead children, not for "
                               "one: several may have died for one signal."),
                .manual = "signal(7), wait(2)",
                .breaks = N_("each signal is delivered before the next is sent"),
                .run = coalesce_deliver,
            },
            {
                .does = N_("A real-time signal is sent five times with sigqueue(), with the "
                           "values 1 to 5."),
                .question = N_("And of these?"),
                .choices = {N_("one bit, too"), N_("a bit, and a queue of five")},
                .right = 1,
                .sees = {{N_("it is pending"), "/proc/PID/status ShdPnd"},
                         {N_("five more signals are queued"), "/proc/PID/status SigQ"}},
                .explains = N_("Real-time signals (SIGRTMIN to SIGRTMAX) are queued, each with a "
                               "value. The queue has a limit, RLIMIT_SIGPENDING; SigQ shows how "
                               "much of it the user's processes have taken."),
                .manual = "sigqueue(3), signal(7)",
                .breaks = N_("the signals are not sent"),
                .run = coalesce_queue,
            },
            {
                .does = N_("The child unblocks the real-time signal."),
                .question = N_("In which order do the values come?"),
                .choices = {N_("as they were sent"), N_("the last one first"), N_("any")},
                .right = 0,
                .sees = {{N_("five deliveries, with 1 2 3 4 5"), "what the process itself reports"},
                         {N_("nothing is pending any more"), "/proc/PID/status ShdPnd"}},
                .explains = N_("Of one real-time signal, what was sent first is delivered first."),
                .manual = "signal(7)",
                .breaks = N_("the child does not unblock it"),
                .run = coalesce_order,
            },
        },
    .reading = "signal(7), sigqueue(3), getrlimit(2)",
};

/* ---- order ---- */

static int order_standard[] = {SIGUSR2, SIGUSR1, SIGHUP}; /* 12, 10, 1 on most machines */
static int order_mixed[3];                                /* filled with RTMIN + 1, RTMIN, USR1 */

/* Handlers that block all others run in the order of delivery, without nesting. */
static void order_prepare(struct bench *bench, const int *numbers, size_t count, unsigned step)
{
    struct sigaction action = {.sa_handler = report_number};

    if (!is_broken(bench, step))
        (void)sigfillset(&action.sa_mask);
    for (size_t i = 0; i < count; i++)
        (void)sigaction(numbers[i], &action, NULL);
    if (!is_sight_broken(bench, step, 1))
        set_mask(SIG_BLOCK, numbers, count);
    role_report(bench, 0);
    (void)role_await(bench);
    set_mask(SIG_UNBLOCK, numbers, count);
}

static void order_child(struct bench *bench)
{
    handler_bench = bench;
    order_prepare(bench, order_standard, 3, 1);
    (void)role_await(bench);
    order_prepare(bench, order_mixed, 3, 2);
    role_idle(bench);
}

static void order_watch(struct bench *bench, const int *sent, const int *expected)
{
    int64_t ready, got[3] = {0};
    signal_set set = 0, blocked = 0;
    bool seen = true;

    if (!role_receive(bench, child, &ready))
        return;
    for (size_t i = 0; i < 3; i++) {
        (void)kill(child->pid, sent[i]);
        set |= signal_bit(sent[i]);
    }
    /* Pending for a moment is what every signal is; these are blocked. */
    if (!observe_signals(child->pid, "SigBlk", &blocked) || (blocked & set) != set)
        (void)see(bench, 0, false, "/proc/%d/status: SigBlk: %016" PRIx64, child->pid, blocked);
    else
        (void)see_signals(bench, 0, child->pid, "ShdPnd", set, 0);
    role_go(bench, child, 'u');
    for (size_t i = 0; i < 3; i++)
        seen = role_receive(bench, child, &got[i]) && got[i] == expected[i] && seen;
    (void)see_own_words(bench, 1, seen,
                        _("sent %d %d %d, handlers ran for %" PRId64 " %" PRId64 " %" PRId64),
                        sent[0], sent[1], sent[2], got[0], got[1], got[2]);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void order_of_standard(struct bench *bench)
{
    int expected[3];

    order_mixed[0] = SIGRTMIN + 1;
    order_mixed[1] = SIGRTMIN;
    order_mixed[2] = SIGUSR1;
    memcpy(expected, order_standard, sizeof(expected));
    qsort(expected, 3, sizeof(expected[0]), by_number);
    child = role_spawn(bench, "child", order_child);
    order_watch(bench, order_standard, expected);
}

static void order_of_all(struct bench *bench)
{
    int expected[3];

    memcpy(expected, order_mixed, sizeof(expected));
    qsort(expected, 3, sizeof(expected[0]), by_number);
    role_go(bench, child, 'n');
    order_watch(bench, order_mixed, expected);
}

const struct lab_experiment experiment_order = {
    .name = "order",
    .chapter = LAB_SIGNALS,
    .place = 5,
    .title = N_("Which of several comes first"),
    .question = N_("In which order are pending signals delivered?"),
    .roles = {{"child", N_("lets several become pending, then unblocks them")}},
    .steps =
        {
            {
                .does = N_("SIGUSR2, SIGUSR1 and SIGHUP are sent in this order to a child that "
                           "blocks them. Then it unblocks all three at once."),
                .question = N_("In which order do its handlers run?"),
                .choices = {N_("as they were sent"), N_("from the lowest number up"),
                            N_("from the highest number down")},
                .right = 1,
                .sees = {{N_("all three are pending"), "/proc/PID/status SigBlk, ShdPnd",
                          N_("they are not blocked")},
                         {N_("the handlers run from the lowest number up"),
                          "what the process itself reports"}},
                .explains = N_("POSIX leaves the order of standard signals open; Linux takes the "
                               "lowest number first. Here each handler blocks the others while "
                               "it runs. Without that, the last one delivered would interrupt the "
                               "others before their first instruction and finish first."),
                .manual = "signal(7)",
                .breaks = N_("the handlers do not block the other signals"),
                .run = order_of_standard,
            },
            {
                .does = N_("Now two real-time signals and, after them, SIGUSR1."),
                .question = N_("Which comes first?"),
                .choices = {N_("the real-time ones: they are more urgent"), N_("SIGUSR1"),
                            N_("the one sent first")},
                .right = 1,
                .sees = {{N_("all three are pending"), "/proc/PID/status SigBlk, ShdPnd",
                          N_("they are not blocked")},
                         {N_("SIGUSR1 first, then SIGRTMIN, then SIGRTMIN+1"),
                          "what the process itself reports"}},
                .explains = N_("Real-time signals are delivered from the lowest number up, and "
                               "Linux gives standard signals priority over them."),
                .manual = "signal(7)",
                .breaks = N_("the handlers do not block the other signals"),
                .run = order_of_all,
            },
        },
    .reading = "signal(7), sigaction(2)",
};
