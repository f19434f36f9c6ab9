#include "lab_run.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/progress.h"

enum {
    OWN_FDS = 2,
    END_MS = 5000 /* for processes that are traced to end */
};

/* Longer than any step: every wait in it has a deadline of its own. */
#define SILENCE_NS (300 * NS_PER_SEC)

static int ending_signals(sigset_t *ret_old)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGQUIT);
    (void)sigaddset(&set, SIGCHLD); /* whoever is traced has stopped */
    if (sigprocmask(SIG_BLOCK, &set, ret_old) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* A signal that ends us: true, and its number. Whoever is traced and has stopped goes on. */
static bool take_signal(const struct lab_listener *listener, int signal_fd, int *ret_signal)
{
    struct signalfd_siginfo info;

    while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        *ret_signal = (int)info.ssi_signo;
        return true;
    }
    if (listener->calls)
        run_calls_take(listener->calls);
    return false;
}

/*
 * Waits for one of two descriptors until that time; a recording goes on meanwhile.
 * 1: one is ready; 0: the time is over; or a negative errno.
 */
static int wait_for(const struct lab_listener *listener, struct pollfd own[static OWN_FDS],
                    uint64_t until_ns)
{
    struct lab_lesson *lesson = listener->lesson;
    uint64_t now;

    while ((now = clock_ns(CLOCK_MONOTONIC)) < until_ns) {
        struct pollfd fds[OWN_FDS + FEED_FDS_MOST] = {own[0], own[1]};
        size_t count = OWN_FDS + (lesson ? lab_lesson_fds(lesson, &fds[OWN_FDS]) : 0);
        uint64_t left_ms = (until_ns - now + NS_PER_MS - 1) / NS_PER_MS;
        int wait_ms = left_ms > INT_MAX ? -1 : (int)left_ms;
        if (lesson && (wait_ms < 0 || lab_lesson_wait_ms(lesson) < wait_ms))
            wait_ms = lab_lesson_wait_ms(lesson);
        if (poll(fds, count, wait_ms) < 0 && errno != EINTR)
            return -errno;
        if (lesson)
            lab_lesson_turn(lesson);
        own[0].revents = fds[0].revents;
        own[1].revents = fds[1].revents;
        if (fds[0].revents || fds[1].revents)
            return 1;
    }
    return 0;
}

/* 1: a message; -EINTR: a signal, whose number is in *ret_signal; or another error. */
static int next_message(struct lab *lab, const struct lab_listener *listener, int signal_fd,
                        struct lab_message *ret_message, int *ret_signal)
{
    struct pollfd fds[] = {{.fd = lab_fd(lab), .events = POLLIN},
                           {.fd = signal_fd, .events = POLLIN}};

    for (;;) {
        if (take_signal(listener, signal_fd, ret_signal))
            return -EINTR;
        int r = lab_read(lab, ret_message);
        if (r != 0)
            return r;
        r = wait_for(listener, fds, clock_ns(CLOCK_MONOTONIC) + SILENCE_NS);
        if (r <= 0)
            return r < 0 ? r : -ETIMEDOUT;
    }
}

static void keep(struct lab_outcome *outcome, const struct lab_experiment *experiment,
                 const struct lab_message *message)
{
    if (message->kind == LAB_FINISHED)
        outcome->result = message->result;
    if (message->kind != LAB_SIGHT || outcome->missing[0] != '\0')
        return;
    if (message->result == LAB_SKIPPED)
        (void)snprintf(outcome->missing, sizeof(outcome->missing), "%s", message->text);
    if (message->result == LAB_NOT_SEEN)
        (void)snprintf(outcome->missing, sizeof(outcome->missing), _("step %u: %s (%.400s)"),
                       message->step + 1,
                       _(experiment->steps[message->step].sees[message->sight].claim),
                       message->text);
}

/*
 * A line from the terminal: 1: go on; 0: the person has had enough, or input is
 * over; -EINTR: a signal, whose number is in *ret_signal.
 */
static int ask(struct lab_listener *listener, const struct lab_experiment *experiment,
               const struct lab_message *message, int signal_fd, int *ret_signal)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = signal_fd, .events = POLLIN}};
    char line[64] = "";
    size_t length = 0;

    while (length == 0 || line[length - 1] != '\n') {
        int r = wait_for(listener, fds, UINT64_MAX);
        if (r < 0)
            return r;
        if (take_signal(listener, signal_fd, ret_signal))
            return -EINTR;
        if (!fds[0].revents)
            continue;
        if (length == sizeof(line) - 1)
            length = 0; /* nothing that long is a number: its end is enough */
        if (read(STDIN_FILENO, line + length, 1) != 1)
            return 0;
        length++;
    }
    int64_t choice;
    line[length - 1] = '\0';
    listener->prediction = LAB_NO_PREDICTION;
    if (message->kind == LAB_STEP &&
        number_parse(line, 1, (int64_t)lab_choice_count(&experiment->steps[message->step]),
                     &choice) == 0)
        listener->prediction = (int)choice - 1;
    return line[0] != 'q';
}

/* Time to read what was recorded; -EINTR: a signal, whose number is in *ret_signal. */
static int pause_to_read(const struct lab_listener *listener, int signal_fd, int *ret_signal)
{
    struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN}, {.fd = -1}};
    uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + listener->pause_ns;
    int r;

    while ((r = wait_for(listener, fds, until_ns)) > 0)
        if (take_signal(listener, signal_fd, ret_signal))
            return -EINTR;
    return r;
}

/* What the experiment's processes are born by: the host goes on undisturbed. */
static void trace_roles(struct lab_listener *listener, const struct lab_message *message)
{
    struct error error = ERROR_INIT;

    if (message->kind == LAB_PROCESS && strcmp(message->role, "lab-host") == 0 &&
        call_trace_begin(listener->calls->trace, message->pid, CALL_TRACE_CHILDREN, &error) < 0)
        (void)command_fail(0, _("lab: %s; no system calls are shown"), error.message);
    run_calls_print(listener->calls, UINT64_MAX);
}

/* Those that are traced can end only if we let them: before anybody waits for that. */
static void let_end(struct lab *lab, struct lab_listener *listener)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + END_MS * NS_PER_MS;

    (void)shutdown(lab_fd(lab), SHUT_RDWR);
    while (call_trace_count(listener->calls->trace) > 0 && clock_ns(CLOCK_MONOTONIC) < end) {
        run_calls_take(listener->calls);
        (void)poll(NULL, 0, 1);
    }
    run_calls_print(listener->calls, UINT64_MAX);
    run_calls_print_cost(listener->calls, "lab");
}

static int run_messages(struct lab *lab, int signal_fd, struct lab_listener *listener,
                        struct lab_outcome *outcome, int *ret_signal)
{
    const struct lab_experiment *experiment = lab_experiment(lab);
    struct lab_message message;

    for (;;) {
        int r = next_message(lab, listener, signal_fd, &message, ret_signal);
        if (r < 0)
            return r;
        if (listener->calls)
            trace_roles(listener, &message);
        keep(outcome, experiment, &message);
        r = listener->receive ? listener->receive(listener, experiment, &message) : 0;
        if (r < 0)
            return r;
        bool is_pause = message.kind == LAB_STEP || message.kind == LAB_FINISHED;
        if ((is_pause || message.kind == LAB_RESULT) && listener->pause_ns > 0 &&
            (r = pause_to_read(listener, signal_fd, ret_signal)) < 0)
            return r;
        if (is_pause && listener->asks) {
            r = ask(listener, experiment, &message, signal_fd, ret_signal);
            if (r <= 0)
                return r;
        }
        if (message.kind == LAB_STEP && (r = lab_next(lab, listener->prediction)) < 0)
            return r;
        if (message.kind == LAB_FINISHED)
            return 0;
    }
}

int lab_run(const struct lab_experiment *experiment, struct lab_listener *listener,
            struct lab_outcome *outcome)
{
    struct lab *lab = NULL;
    struct error error = ERROR_INIT;
    sigset_t old;
    int number = 0;
    uint64_t start = clock_ns(CLOCK_MONOTONIC);

    *outcome = (struct lab_outcome){.result = LAB_NOT_SEEN};
    _cleanup_close_ int signal_fd = ending_signals(&old);
    if (signal_fd < 0)
        return command_fail(EXIT_FAULT, "signalfd: %s", strerror(-signal_fd));
    int r = lab_start(experiment->name, NULL, &lab, &error);
    if (r < 0) {
        (void)sigprocmask(SIG_SETMASK, &old, NULL);
        return command_fail(EXIT_FAULT, "%s: %s", experiment->name, error.message);
    }
    if (listener->lesson)
        lab_lesson_watch(listener->lesson, lab_guard_pid(lab));
    r = run_messages(lab, signal_fd, listener, outcome, &number);
    if (listener->calls)
        let_end(lab, listener);
    (void)lab_stop(lab);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    outcome->time_ns = clock_ns(CLOCK_MONOTONIC) - start;
    if (number > 0 && listener->outlives_signals)
        return EXIT_INTERRUPTED;
    if (number > 0) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
    if (r < 0)
        return command_fail(EXIT_FAULT, _("%s: the experiment broke off: %s"), experiment->name,
                            strerror(-r));
    return EXIT_DONE;
}
