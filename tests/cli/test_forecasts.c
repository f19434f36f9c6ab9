/*
 * Every forecast comes true: of each row of situations.c in each row of
 * conditions.c it is asked what a signal would do, the signal is sent, and what
 * the kernel then does must be what was said: at once, and, where the forecast
 * says that the signal waits, after what held it back is gone.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conditions.h"
#include "matrix.h"
#include "reaptop/control/send.h"
#include "support/spawn.h"

enum {
    PATIENCE_MS = 10000
};

static char name[160]; /* of the subject and the signal, for messages */
static char said[512]; /* the forecast's sentence */

static void release(void)
{
    subject_clear();
}

static void prepare(void)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("a thousand forks are too slow under a sanitizer");
#endif
}

TestSuite(forecasts, .init = prepare, .fini = release, .timeout = 1200);

/* ---- what the kernel does ---- */

static bool is_pending(pid_t pid, pid_t tid, int signal)
{
    char path[64], line[256];
    unsigned long long set, all = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "SigPnd: %llx", &set) == 1 || sscanf(line, "ShdPnd: %llx", &set) == 1)
            all |= set;
    if (file)
        (void)fclose(file);
    return (all >> (signal - 1)) & 1;
}

/* The change of state that wait(2) tells of within ten seconds; -1: none. */
static int await_change(pid_t pid, int options)
{
    int status;
    for (int waited = 0; waited < PATIENCE_MS; waited++) {
        if (waitpid(pid, &status, options | WNOHANG) == pid)
            return status;
        (void)poll(NULL, 0, 1);
    }
    return -1;
}

/* A discarded signal whose process is asleep with the mask of sigsuspend(2) is there until taken.
 */
static bool await_discarded(const struct subject *subject, int signal)
{
    for (int waited = 0; waited < PATIENCE_MS; waited++) {
        if (!is_pending(subject->pid, subject->tid, signal))
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

static bool await_handler(int signal, unsigned before)
{
    for (int waited = 0; waited < PATIENCE_MS; waited++) {
        if (subject_handled(signal) > before)
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

/*
 * Nothing came of the signal: only SIGKILL ends it (a fatal one would have set the
 * status), what was pending before, or the end of an interrupted wait.
 */
static void expect_alive(const struct subject *subject)
{
    subject_lift(subject);
    (void)kill(subject->pid, SIGKILL);
    int status = await_change(subject->pid, 0), pending = subject->condition->pending;
    cr_expect(status != -1 && (WIFEXITED(status) || WTERMSIG(status) == SIGKILL ||
                               (pending > 0 && WTERMSIG(status) == pending)),
              "%s: \"%s\", but it ended: status %x", name, said, (unsigned)status);
}

static void expect_effect(const struct subject *subject, const struct forecast *forecast,
                          unsigned handled)
{
    int status, deadly = forecast->pending_signal ? forecast->pending_signal : forecast->signal;
    switch (forecast->effect) {
    case EFFECT_HANDLER:
        cr_expect(await_handler(forecast->signal, handled), "%s: \"%s\", but no handler ran", name,
                  said);
        break;
    case EFFECT_TERMINATE:
    case EFFECT_CORE:
        /* Its parent is told of its end after its tracer (ptrace(2)). */
        cr_expect_eq(spawn_await_state(subject->pid, "Z"), 'Z', "%s: \"%s\"", name, said);
        subject_lift(subject);
        status = await_change(subject->pid, 0);
        cr_expect(status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == deadly,
                  "%s: \"%s\", but status %x", name, said, (unsigned)status);
        break;
    case EFFECT_STOP:
        if (forecast->is_held_in_part) { /* its parent is not told before the tracer lets go */
            cr_expect_eq(spawn_await_state(subject->holder, "T"), 'T', "%s: \"%s\"", name, said);
            break;
        }
        status = await_change(subject->pid, WUNTRACED);
        cr_expect(status != -1 && WIFSTOPPED(status) && WSTOPSIG(status) == forecast->signal,
                  "%s: \"%s\", but status %x", name, said, (unsigned)status);
        break;
    case EFFECT_CONTINUE:
        if (forecast->resumes) {
            status = await_change(subject->pid, WCONTINUED);
            cr_expect(status != -1 && !WIFSTOPPED(status), "%s: \"%s\", but status %x", name, said,
                      (unsigned)status);
            if (WIFEXITED(status)) /* some calls end with EINTR then: signal(7) */
                break;
        }
        expect_alive(subject);
        break;
    default:
        expect_alive(subject);
    }
}

static void expect_waiting(const struct subject *subject, const struct forecast *forecast,
                           unsigned handled)
{
    cr_expect(forecast->resumes || is_pending(subject->pid, subject->tid, forecast->signal),
              "%s: \"%s\", but it is not pending", name, said);
    if (forecast->kind == FORECAST_BLOCKED) {
        if (forecast->resumes)
            cr_expect(spawn_await_state(subject->pid, "SDRZ") != '\0', "%s", name);
        expect_alive(subject); /* nothing here takes the block away */
        return;
    }
    subject_lift(subject);
    expect_effect(subject, forecast, handled);
}

/* Its tracer, which never answers, keeps it in a stop; or it is in one and the signal waits. */
static void expect_traced(const struct subject *subject, const struct forecast *forecast,
                          unsigned handled)
{
    bool waits = forecast->is_traced_stop || forecast->is_asleep || forecast->is_frozen;
    if (waits)
        cr_expect(is_pending(subject->pid, subject->tid, forecast->signal),
                  "%s: \"%s\", but it is not pending", name, said);
    else
        cr_expect_eq(spawn_await_state(subject->pid, "t"), 't', "%s: \"%s\", but no tracing stop",
                     name, said);
    subject_lift(subject);
    if (waits)
        expect_effect(subject, forecast, handled);
}

static void expect_forecast(const struct subject *subject, const struct forecast *forecast)
{
    unsigned handled = subject_handled(forecast->signal);
    cr_assert_eq(kill(subject->pid, forecast->signal), 0, "%s: %s", name, strerror(errno));
    switch (forecast->kind) {
    case FORECAST_DELIVERED:
        expect_effect(subject, forecast, handled);
        break;
    case FORECAST_DISCARDED:
        cr_expect(await_discarded(subject, forecast->signal), "%s: \"%s\", but it is pending", name,
                  said);
        expect_alive(subject);
        break;
    case FORECAST_TRACED:
        expect_traced(subject, forecast, handled);
        break;
    case FORECAST_BLOCKED:
    case FORECAST_STOPPED:
    case FORECAST_FROZEN:
    case FORECAST_DISK:
    case FORECAST_COALESCED:
        expect_waiting(subject, forecast, handled);
        break;
    default:
        cr_expect_fail("%s: \"%s\": no forecast for a process that lives", name, said);
    }
}

/* ---- one subject, one signal ---- */

static struct forecast foresee(pid_t pid, int signal)
{
    struct send_batch *batch = NULL;
    struct strbuf sentence = STRBUF_INIT;
    cr_assert_eq(send_new(false, &batch), 0);
    cr_assert_eq(send_add(batch, (struct identity){.pid = pid}, NULL), 0);
    struct forecast forecast = send_forecast(batch, 0, signal, false);
    forecast_sentence(&forecast, &sentence);
    (void)snprintf(said, sizeof(said), "%s", strbuf_text(&sentence));
    strbuf_done(&sentence);
    send_free(batch);
    return forecast;
}

static enum subject_result try_one(const struct situation *situation,
                                   const struct condition *condition, int signal)
{
    struct subject subject;
    (void)snprintf(name, sizeof(name), "%s, %s, SIG%s", situation->name, condition->name,
                   sigabbrev_np(signal));
    enum subject_result result = subject_make(situation, condition, NULL, &subject);
    cr_assert_neq(result, SUBJECT_IS_ELSEWHERE, "%s", name);
    if (result == SUBJECT_READY) {
        struct forecast forecast = foresee(subject.pid, signal);
        expect_forecast(&subject, &forecast);
    }
    subject_clear();
    return result;
}

/*
 * A condition with all six signals; the situations take turns with them, and
 * each situation meets each signal in one of the conditions at least.
 */
static void try_condition(size_t at)
{
    const struct situation *situation;
    for (size_t i = 0; (situation = condition_situation(&conditions[at], i)) != NULL; i++)
        for (size_t s = 0; s < TRIED_SIGNALS; s++) {
            bool is_turn = situation->state == 'D' || conditions[at].only ||
                           (i + at + s) % matrix_every(at == 0 ? 2 : 9) == 0;
            if (is_turn &&
                try_one(situation, &conditions[at], tried_signals[s]) == SUBJECT_IMPOSSIBLE)
                return;
        }
}

static void try_part(size_t part, size_t parts)
{
    for (size_t at = part; at < condition_count; at += parts)
        try_condition(at);
}

Test(forecasts, come_true_1)
{
    try_part(0, 4);
}

Test(forecasts, come_true_2)
{
    try_part(1, 4);
}

Test(forecasts, come_true_3)
{
    try_part(2, 4);
}

Test(forecasts, come_true_4)
{
    try_part(3, 4);
}
