#include "reaptop/model/forecast.h"

#include <signal.h>

#include <string.h>

#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "reaptop/model/signals.h"

static bool is_standard(int signal)
{
    return signal < SIGRTMIN;
}

static bool is_terminal_stop(int signal)
{
    return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static bool cannot_be_caught(int signal)
{
    return signal == SIGKILL || signal == SIGSTOP;
}

static bool has(const struct status *status, uint32_t bits)
{
    return status && (status->known & bits) == bits;
}

static void doubt(struct forecast *forecast, enum forecast_doubt why)
{
    forecast->doubt = why;
    forecast->certainty = why == DOUBT_MASKS ? CERTAINTY_NONE : CERTAINTY_MAY;
}

/* ---- permission: kill(2) ---- */

enum permission {
    PERMITTED,
    REFUSED,
    NOT_KNOWN
};

static enum permission permission(const struct forecast_target *target,
                                  const struct forecast_sender *sender, int signal)
{
    const struct process *process = target->process;
    if (sender->has_cap_kill || sender->pid == process->tgid)
        return PERMITTED;
    if (signal == SIGCONT && sender->sid == process->sid)
        return PERMITTED;
    if (has(target->status, STATUS_HAS_IDS)) {
        uid_t real = target->status->uid[0], saved = target->status->uid[2];
        bool is_mine = sender->uid == real || sender->uid == saved || sender->euid == real ||
                       sender->euid == saved;
        return is_mine ? PERMITTED : REFUSED;
    }
    /* The owner of /proc/PID is the effective user, or root where it may not be dumped. */
    return NOT_KNOWN;
}

/* ---- what delivery would do ---- */

static enum forecast_effect default_effect(int signal)
{
    const struct signal_info *info = signal_find(signal);
    switch (info ? info->action : SIGNAL_TERMINATES) {
    case SIGNAL_TERMINATES:
        return EFFECT_TERMINATE;
    case SIGNAL_DUMPS_CORE:
        return EFFECT_CORE;
    case SIGNAL_STOPS:
        return EFFECT_STOP;
    case SIGNAL_CONTINUES:
        return EFFECT_CONTINUE;
    case SIGNAL_IS_IGNORED:
        break;
    }
    return EFFECT_NONE;
}

static enum forecast_effect effect_of(const struct status *status, int signal)
{
    if (cannot_be_caught(signal))
        return default_effect(signal);
    if (!has(status, STATUS_HAS_SIGNALS))
        return EFFECT_UNKNOWN;
    if (signal_set_has(status->caught, signal))
        return EFFECT_HANDLER;
    if (signal_set_has(status->ignored, signal))
        return EFFECT_NONE;
    return default_effect(signal);
}

/* ---- who takes it ---- */

static bool can_take(const struct forecast_thread *thread, int signal)
{
    return cannot_be_caught(signal) || !signal_set_has(thread->blocked, signal);
}

static bool has_thread_in(const struct forecast_target *target, char state)
{
    for (size_t i = 0; i < target->thread_count; i++)
        if (target->threads[i].state == state)
            return true;
    return target->thread_count == 0 && target->process->state == state;
}

/* Where one is stopped by a signal, those without a tracer are so, or about to be. */
static char settled_state(const struct forecast_thread *thread, bool is_group_stopped)
{
    bool is_free = thread->tracer_pid == 0 && thread->state != 'D';
    return is_free && is_group_stopped ? 'T' : thread->state;
}

/*
 * The order in which the kernel offers it: to the first thread, then to the
 * others; one in a stop takes nothing before it goes on, and SIGCONT wakes who
 * is stopped by a signal.
 */
static int rank_of(const struct forecast_thread *thread, char state, int signal)
{
    if (!can_take(thread, signal))
        return 0;
    bool is_woken = signal == SIGKILL || (signal == SIGCONT && state == 'T');
    if (is_woken || !strchr("Tt", state))
        return thread->is_first ? 5 : state == 'D' ? 3 : 4;
    return state == 'T' ? 2 : 1;
}

struct taker {
    char state;
    pid_t tracer_pid;
    bool is_one_traced; /* another that may be chosen as well is traced, and this one is not */
};

/* The thread that would act on it; without the threads, the process as a whole. */
static struct taker taker_of(const struct forecast_target *target, int signal)
{
    struct taker taker = {.state = target->process->state};
    bool is_group_stopped = has_thread_in(target, 'T');
    int best = 0;
    if (has(target->status, STATUS_HAS_TRACER))
        taker.tracer_pid = target->status->tracer_pid;
    for (size_t i = 0; i < target->thread_count; i++) {
        const struct forecast_thread *thread = &target->threads[i];
        char state = settled_state(thread, is_group_stopped);
        int rank = rank_of(thread, state, signal);
        if (rank == 0 || rank < best)
            continue;
        bool is_other = rank == best;
        bool was_traced = taker.tracer_pid > 0, is_traced = thread->tracer_pid > 0;
        bool is_mixed = is_other && (taker.is_one_traced || was_traced != is_traced);
        if (!is_other || (was_traced && !is_traced))
            taker = (struct taker){.state = state, .tracer_pid = thread->tracer_pid};
        taker.is_one_traced = is_mixed;
        best = rank;
    }
    return taker;
}

char forecast_living_state(const struct forecast_thread *threads, size_t count)
{
    char state = '\0';
    for (size_t i = 0; i < count; i++)
        if (state == '\0' || strchr("TtD", state))
            state = threads[i].state;
    return state;
}

/* Of the threads that were read: all of them block it. */
static bool all_block(const struct forecast_target *target, int signal)
{
    for (size_t i = 0; i < target->thread_count; i++)
        if (!signal_set_has(target->threads[i].blocked, signal))
            return false;
    return target->thread_count > 0 || (has(target->status, STATUS_HAS_SIGNALS) &&
                                        signal_set_has(target->status->blocked, signal));
}

/* Do all threads block it? In doubt it says so in the forecast. */
static bool is_blocked(const struct forecast_target *target, int signal, struct forecast *forecast)
{
    if (cannot_be_caught(signal) || !all_block(target, signal))
        return false;
    size_t known = (target->thread_count > 0 ? target->thread_count : 1) + target->dead_threads;
    uint32_t threads = target->status && target->status->threads > 0 ? target->status->threads
                                                                     : target->process->threads;
    if (threads > known) {
        forecast->other_threads = (uint32_t)(threads - known);
        doubt(forecast, DOUBT_OTHER_THREADS);
    }
    return true;
}

/* ---- what is pending ---- */

static signal_set stop_signals(void)
{
    return signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU);
}

static signal_set pending_of(const struct forecast_target *target)
{
    const struct status *status = target->status;
    signal_set pending =
        has(status, STATUS_HAS_SIGNALS) ? status->pending | status->shared_pending : 0;
    for (size_t i = 0; i < target->thread_count; i++)
        pending |= target->threads[i].pending;
    return pending;
}

/* Pending, and no mask and no disposition keeps it from acting as soon as a thread runs. */
static bool acts_on_wake(const struct forecast_target *target, int signal)
{
    const struct status *status = target->status;
    if (!signal_set_has(pending_of(target), signal) || signal_set_has(stop_signals(), signal))
        return false;
    signal_set acting = 0;
    for (size_t i = 0; i < target->thread_count; i++)
        acting |= target->threads[i].pending & ~target->threads[i].blocked;
    if (has(status, STATUS_HAS_SIGNALS)) {
        acting |= status->pending & ~status->blocked;
        if (!all_block(target, signal))
            acting |= status->shared_pending;
    }
    return signal_set_has(acting, signal);
}

/*
 * A process that SIGCONT wakes first takes what became pending while it was
 * stopped: the one that ends it decides, else the first that has a handler.
 */
static void note_pending(const struct forecast_target *target, struct forecast *forecast)
{
    int caught = 0;
    for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
        if (!acts_on_wake(target, signal))
            continue;
        enum forecast_effect effect = effect_of(target->status, signal);
        if (forecast_effect_ends(effect)) {
            forecast->pending_signal = signal;
            forecast->effect = effect;
            return;
        }
        if (effect == EFFECT_HANDLER && caught == 0)
            caught = signal;
    }
    forecast->pending_signal = caught;
}

/* The kernel drops them when it generates their opposite, whatever any mask says. */
static void note_discards(const struct forecast_target *target, struct forecast *forecast)
{
    signal_set opposite = forecast->signal == SIGCONT                        ? stop_signals()
                          : signal_set_has(stop_signals(), forecast->signal) ? signal_bit(SIGCONT)
                                                                             : 0;
    forecast->discards = pending_of(target) & opposite;
}

static bool is_first_traced(const struct forecast_target *target)
{
    return has(target->status, STATUS_HAS_TRACER) && target->status->tracer_pid > 0;
}

static bool is_frozen(const struct forecast_target *target, const struct forecast *forecast)
{
    /* Unless the first thread has a tracer, such a signal is turned into SIGKILL, which a frozen
       task of v2 takes. */
    bool is_fatal = forecast->effect == EFFECT_TERMINATE && !forecast->resumes &&
                    (forecast->signal == SIGKILL || !is_first_traced(target));
    return target->frozen == CGROUP_FROZEN_V1 || (target->frozen == CGROUP_FROZEN_V2 && !is_fatal);
}

/* ---- where it waits ---- */

/* A signal that cannot act yet joins what is pending for the process. */
static void let_wait(struct forecast *forecast, const struct status *status, bool by_sigqueue,
                     enum forecast_kind kind)
{
    forecast->kind = kind;
    if (!has(status, STATUS_HAS_SIGNALS))
        return;
    bool is_pending = signal_set_has(status->shared_pending, forecast->signal);
    if (is_standard(forecast->signal)) {
        /* A fatal signal is turned into SIGKILL for each thread. */
        if (is_pending || (forecast->signal == SIGKILL && signal_set_has(status->pending, SIGKILL)))
            forecast->kind = FORECAST_COALESCED;
        return;
    }
    forecast->is_queued = true;
    forecast->queued = status->sig_queued;
    forecast->limit = status->sig_queue_limit;
    /* kill(2) marks it pending without a queue entry, which is lost only where one is there. */
    if (status->sig_queued >= status->sig_queue_limit && (by_sigqueue || is_pending))
        forecast->kind = FORECAST_QUEUE_FULL;
}

static bool is_namespace_init(const struct forecast_target *target)
{
    if (target->process->tgid == 1)
        return true;
    const struct status *status = target->status;
    return has(status, STATUS_HAS_NSPID) && status->ns_pid_count > 1 &&
           status->ns_pid[status->ns_pid_count - 1] == 1;
}

/* pid_namespaces(7): only what it has a handler for; KILL and STOP only from outside. */
static bool init_drops(const struct forecast_target *target, const struct forecast *forecast)
{
    if (!is_namespace_init(target) || forecast->effect == EFFECT_HANDLER)
        return false;
    if (cannot_be_caught(forecast->signal))
        return target->process->tgid == 1;
    return forecast->effect != EFFECT_UNKNOWN && forecast->effect != EFFECT_NONE &&
           forecast->effect != EFFECT_CONTINUE;
}

/* kill(2) answers for it before any mask is looked at. */
static bool never_arrives(const struct forecast_target *target,
                          const struct forecast_sender *sender, struct forecast *forecast)
{
    const struct process *process = target->process;
    if (process->is_ended || process->state == 'X') {
        forecast->kind = FORECAST_GONE;
        return true;
    }
    switch (permission(target, sender, forecast->signal)) {
    case REFUSED:
        forecast->kind = FORECAST_DENIED;
        return true;
    case NOT_KNOWN:
        doubt(forecast, DOUBT_OWNER);
        break;
    case PERMITTED:
        break;
    }
    /* A leader that ended before its threads shows Z too; the group still takes signals. */
    if (process->state == 'Z' && process->threads <= 1) {
        forecast->kind = FORECAST_ZOMBIE;
        if (has(target->status, STATUS_HAS_TRACER))
            forecast->tracer_pid = target->status->tracer_pid;
        return true;
    }
    if (forecast->signal == 0) {
        forecast->kind = FORECAST_PERMITTED;
        return true;
    }
    if (process->is_kernel) {
        forecast->kind = FORECAST_KERNEL;
        if (!has(target->status, STATUS_HAS_SIGNALS) ||
            !signal_set_has(target->status->ignored, forecast->signal))
            doubt(forecast, DOUBT_KERNEL_THREAD);
        return true;
    }
    return false;
}

/* SIGCONT resumes when it is generated, whatever the mask and the handler say. */
static void note_resume(const struct forecast_target *target, struct forecast *forecast)
{
    if (forecast->signal != SIGCONT || !has_thread_in(target, 'T'))
        return;
    forecast->resumes = true;
    if (forecast->effect == EFFECT_NONE)
        forecast->effect = EFFECT_CONTINUE;
    note_pending(target, forecast);
}

static bool is_traced(const struct forecast_target *target, const struct taker *taker,
                      struct forecast *forecast)
{
    forecast->is_traced_stop = taker->state == 't';
    forecast->is_asleep = taker->state == 'D';
    forecast->is_frozen = target->frozen != CGROUP_NOT_FROZEN;
    forecast->tracer_pid = taker->tracer_pid;
    return forecast->signal != SIGKILL && (forecast->is_traced_stop || forecast->tracer_pid > 0);
}

/* The kernel looks at the first thread's mask and tracer before it keeps an ignored signal. */
static bool is_never_kept(const struct forecast_target *target, const struct forecast *forecast)
{
    bool is_nothing = forecast->effect == EFFECT_NONE ||
                      (forecast->effect == EFFECT_CONTINUE && !forecast->resumes);
    return is_nothing && has(target->status, STATUS_HAS_SIGNALS | STATUS_HAS_TRACER) &&
           !is_first_traced(target) && !signal_set_has(target->status->blocked, forecast->signal);
}

/*
 * Nothing would come of it: the kernel throws it away at once, or a thread that runs does. What
 * the first thread blocks, also one that has ended, waits for that as any other signal.
 */
static bool is_discarded(const struct forecast_target *target, const struct taker *taker,
                         const struct forecast *forecast)
{
    bool is_held = is_frozen(target, forecast) || taker->state == 'T' || taker->state == 'D';
    if (forecast->effect == EFFECT_CONTINUE)
        return !forecast->resumes && !is_held;
    if (forecast->effect == EFFECT_STOP)
        return taker->state != 'T' && is_terminal_stop(forecast->signal) &&
               target->group == GROUP_ORPHANED;
    return forecast->effect == EFFECT_NONE && !is_held;
}

/*
 * A killable sleep ends when the kernel has turned a fatal signal into SIGKILL,
 * which it does at once where a thread can take it: none that has something else
 * to take already, what freezes it included (signal(7) does not tell).
 */
static bool ends_vfork(const struct forecast_target *target, const struct forecast *forecast)
{
    if (!target->is_in_vfork || forecast->effect != EFFECT_TERMINATE)
        return false;
    bool is_busy = target->frozen != CGROUP_NOT_FROZEN ||
                   (has(target->status, STATUS_HAS_SIGNALS) &&
                    (pending_of(target) & ~target->status->blocked) != 0);
    return forecast->signal == SIGKILL || target->process->threads > 1 || !is_busy;
}

/* In state T nothing is taken; SIGCONT drops a stop signal that waits. */
static void let_wait_stopped(const struct forecast_target *target, struct forecast *forecast,
                             bool by_sigqueue)
{
    let_wait(forecast, target->status, by_sigqueue, FORECAST_STOPPED);
    if (forecast->effect == EFFECT_STOP)
        forecast->effect = EFFECT_NONE;
}

/* SIGCONT changes nothing for what is not stopped. */
static void let_wait_frozen(const struct forecast_target *target, struct forecast *forecast,
                            bool by_sigqueue)
{
    let_wait(forecast, target->status, by_sigqueue, FORECAST_FROZEN);
    if (forecast->effect == EFFECT_CONTINUE && !forecast->resumes)
        forecast->effect = EFFECT_NONE;
}

static void let_wait_asleep(const struct forecast_target *target, struct forecast *forecast,
                            bool by_sigqueue)
{
    let_wait(forecast, target->status, by_sigqueue, FORECAST_DISK);
    forecast->is_in_vfork = target->is_in_vfork;
    if (forecast_effect_ends(forecast->effect) && forecast->certainty == CERTAINTY_SURE &&
        !target->is_in_vfork)
        doubt(forecast, DOUBT_KILLABLE_SLEEP);
}

/* What a signal does, SIGKILL too, its target does itself: it must run for that. */
static void note_quota(const struct forecast_target *target, struct forecast *forecast)
{
    if (forecast->effect != EFFECT_NONE &&
        cgroup_quota_delays(&target->quota, target->process->policy))
        forecast->quota = target->quota;
}

static void doubt_delivery(const struct forecast_target *target, const struct taker *taker,
                           struct forecast *forecast)
{
    forecast->is_held_in_part =
        forecast->effect == EFFECT_STOP && target->thread_count > 0 && has_thread_in(target, 't');
    if (forecast->certainty != CERTAINTY_SURE)
        return;
    if (taker->is_one_traced && forecast->signal != SIGKILL)
        doubt(forecast, DOUBT_TRACED_THREAD);
    else if (target->is_in_sigwait && !cannot_be_caught(forecast->signal))
        doubt(forecast, DOUBT_SIGWAIT);
    else if (forecast->effect == EFFECT_STOP && is_terminal_stop(forecast->signal) &&
             target->group == GROUP_UNKNOWN)
        doubt(forecast, DOUBT_ORPHANED_GROUP);
}

struct forecast forecast_signal(const struct forecast_target *target,
                                const struct forecast_sender *sender, int signal, bool by_sigqueue)
{
    const struct process *process = target->process;
    struct forecast forecast = {
        .kind = FORECAST_DELIVERED,
        .signal = signal,
        .pid = process->id.pid,
        .ppid = process->ppid,
    };
    if (never_arrives(target, sender, &forecast))
        return forecast;

    forecast.effect = effect_of(target->status, signal);
    note_resume(target, &forecast);
    note_discards(target, &forecast);
    if (has(target->status, STATUS_HAS_SIGNALS))
        forecast.was_ignored =
            !cannot_be_caught(signal) && signal_set_has(target->status->ignored, signal);

    struct taker taker = taker_of(target, signal);
    if (target->is_exiting) {
        forecast.kind = FORECAST_DYING;
        forecast.effect = EFFECT_NONE;
        forecast.is_exiting = true;
    } else if (init_drops(target, &forecast)) {
        forecast.kind = FORECAST_INIT;
    } else if (signal != SIGKILL && signal_set_has(pending_of(target), SIGKILL)) {
        forecast.kind = FORECAST_DYING;
        forecast.effect = EFFECT_NONE;
    } else if (is_never_kept(target, &forecast)) {
        forecast.kind = FORECAST_DISCARDED;
    } else if (is_blocked(target, signal, &forecast)) {
        forecast.tracer_pid = taker.tracer_pid;
        let_wait(&forecast, target->status, by_sigqueue, FORECAST_BLOCKED);
    } else if (is_traced(target, &taker, &forecast)) {
        bool waits = forecast.is_traced_stop || forecast.is_asleep || forecast.is_frozen;
        let_wait(&forecast, waits ? target->status : NULL, by_sigqueue, FORECAST_TRACED);
    } else if (forecast.effect == EFFECT_UNKNOWN) {
        forecast.kind = FORECAST_UNKNOWN;
        doubt(&forecast, DOUBT_MASKS);
    } else if (is_discarded(target, &taker, &forecast)) {
        forecast.kind = FORECAST_DISCARDED;
    } else if (taker.state == 'T' && signal != SIGKILL && signal != SIGCONT) {
        let_wait_stopped(target, &forecast, by_sigqueue);
    } else if (is_frozen(target, &forecast)) {
        let_wait_frozen(target, &forecast, by_sigqueue);
    } else if (taker.state == 'D' && !ends_vfork(target, &forecast)) {
        let_wait_asleep(target, &forecast, by_sigqueue);
    } else {
        note_quota(target, &forecast);
        doubt_delivery(target, &taker, &forecast);
    }
    return forecast;
}
