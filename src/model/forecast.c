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

static bool ends_process(enum forecast_effect effect)
{
    return effect == EFFECT_TERMINATE || effect == EFFECT_CORE;
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

/* Of the threads that were read: all of them block it. */
static bool all_block(const struct forecast_target *target, int signal)
{
    for (size_t i = 0; i < target->thread_count; i++)
        if (!signal_set_has(target->thread_blocked[i], signal))
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
    return target->thread_pending |
           (has(status, STATUS_HAS_SIGNALS) ? status->pending | status->shared_pending : 0);
}

/* Pending, and no mask and no disposition keeps it from acting as soon as a thread runs. */
static bool acts_on_wake(const struct forecast_target *target, int signal)
{
    const struct status *status = target->status;
    if (!signal_set_has(pending_of(target), signal) || signal_set_has(stop_signals(), signal))
        return false;
    signal_set acting = target->thread_acting;
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
        if (ends_process(effect)) {
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

static bool is_frozen(const struct forecast_target *target, const struct forecast *forecast)
{
    /* Without a tracer such a signal is turned into SIGKILL, which a frozen task of v2 takes. */
    bool is_fatal = forecast->effect == EFFECT_TERMINATE && !forecast->resumes;
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
    if (process->is_kernel) {
        forecast->kind = FORECAST_KERNEL;
        if (!has(target->status, STATUS_HAS_SIGNALS) ||
            !signal_set_has(target->status->ignored, forecast->signal))
            doubt(forecast, DOUBT_KERNEL_THREAD);
        return true;
    }
    return false;
}

char forecast_living_state(char one, char other)
{
    return one == '\0' || strchr("TtD", one) ? other : one;
}

/* A first thread that has ended shows Z; what the others do counts. */
static char state_of(const struct forecast_target *target)
{
    const struct process *process = target->process;
    bool is_leaderless = process->state == 'Z' && process->threads > 1;
    return is_leaderless && target->living_state != '\0' ? target->living_state : process->state;
}

/* SIGCONT resumes when it is generated, whatever the mask and the handler say. */
static void note_resume(const struct forecast_target *target, struct forecast *forecast)
{
    if (forecast->signal != SIGCONT || state_of(target) != 'T')
        return;
    forecast->resumes = true;
    if (forecast->effect == EFFECT_NONE)
        forecast->effect = EFFECT_CONTINUE;
    note_pending(target, forecast);
}

static bool is_traced(const struct forecast_target *target, struct forecast *forecast)
{
    forecast->is_traced_stop = state_of(target) == 't';
    forecast->is_asleep = state_of(target) == 'D';
    forecast->is_frozen = target->frozen != CGROUP_NOT_FROZEN;
    if (has(target->status, STATUS_HAS_TRACER))
        forecast->tracer_pid = target->status->tracer_pid;
    return forecast->signal != SIGKILL && (forecast->is_traced_stop || forecast->tracer_pid > 0);
}

/* Nothing would come of it: the kernel throws it away at once. */
static bool is_discarded(const struct forecast_target *target, struct forecast *forecast)
{
    if (forecast->effect == EFFECT_CONTINUE)
        return !forecast->resumes;
    if (forecast->effect == EFFECT_STOP)
        return state_of(target) != 'T' && is_terminal_stop(forecast->signal) &&
               target->group == GROUP_ORPHANED;
    return forecast->effect == EFFECT_NONE;
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

static void let_wait_asleep(const struct forecast_target *target, struct forecast *forecast,
                            bool by_sigqueue)
{
    let_wait(forecast, target->status, by_sigqueue, FORECAST_DISK);
    forecast->is_in_vfork = target->is_in_vfork;
    if (ends_process(forecast->effect) && forecast->certainty == CERTAINTY_SURE &&
        !target->is_in_vfork)
        doubt(forecast, DOUBT_KILLABLE_SLEEP);
}

static void doubt_delivery(const struct forecast_target *target, struct forecast *forecast)
{
    if (forecast->certainty != CERTAINTY_SURE)
        return;
    if (target->is_in_sigwait && !cannot_be_caught(forecast->signal))
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

    if (target->is_exiting) {
        forecast.kind = FORECAST_DYING;
        forecast.effect = EFFECT_NONE;
        forecast.is_exiting = true;
    } else if (init_drops(target, &forecast)) {
        forecast.kind = FORECAST_INIT;
    } else if (signal != SIGKILL && signal_set_has(pending_of(target), SIGKILL)) {
        forecast.kind = FORECAST_DYING;
        forecast.effect = EFFECT_NONE;
    } else if (is_traced(target, &forecast)) {
        bool waits = forecast.is_traced_stop || forecast.is_asleep || forecast.is_frozen;
        let_wait(&forecast, waits ? target->status : NULL, by_sigqueue, FORECAST_TRACED);
    } else if (forecast.effect == EFFECT_UNKNOWN) {
        forecast.kind = FORECAST_UNKNOWN;
        doubt(&forecast, DOUBT_MASKS);
    } else if (is_blocked(target, signal, &forecast)) {
        let_wait(&forecast, target->status, by_sigqueue, FORECAST_BLOCKED);
    } else if (is_discarded(target, &forecast)) {
        forecast.kind = FORECAST_DISCARDED;
    } else if (state_of(target) == 'T' && signal != SIGKILL && signal != SIGCONT) {
        let_wait_stopped(target, &forecast, by_sigqueue);
    } else if (is_frozen(target, &forecast)) {
        let_wait(&forecast, target->status, by_sigqueue, FORECAST_FROZEN);
    } else if (state_of(target) == 'D' && !ends_vfork(target, &forecast)) {
        let_wait_asleep(target, &forecast, by_sigqueue);
    } else {
        doubt_delivery(target, &forecast);
    }
    return forecast;
}

/* ---- words ---- */

static const char *effect_clause(const struct forecast *forecast)
{
    switch (forecast->effect) {
    case EFFECT_HANDLER:
        return _("its handler runs");
    case EFFECT_TERMINATE:
        return _("it is terminated");
    case EFFECT_CORE:
        return _("it is terminated, with a core dump where those are on");
    case EFFECT_STOP:
        return _("it stops");
    case EFFECT_CONTINUE:
        return _("it continues");
    case EFFECT_UNKNOWN:
        return _("its default action or its handler follows");
    case EFFECT_NONE:
    case EFFECT_COUNT:
        break;
    }
    return _("it is discarded");
}

/* It wakes, and something that was pending acts first. */
static void say_resumed(const struct forecast *forecast, struct strbuf *out)
{
    const char *name = signal_name(forecast->pending_signal);
    bool is_blocked = forecast->kind == FORECAST_BLOCKED;
    if (forecast->pending_signal == 0)
        strbuf_puts(out, forecast->effect == EFFECT_HANDLER && !is_blocked
                             ? _("caught: it continues, then its handler runs")
                             : _("stopped: it continues"));
    else if (ends_process(forecast->effect))
        strbuf_printf(out, _("stopped: it wakes, and SIG%s, which is pending, ends it"), name);
    else
        strbuf_printf(out,
                      _("stopped: it continues, and the handler of SIG%s, which is pending, runs"),
                      name);
    if (is_blocked && !ends_process(forecast->effect))
        strbuf_puts(out, _("; SIGCONT itself is blocked and stays pending"));
}

static void say_delivered(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->resumes) {
        say_resumed(forecast, out);
        return;
    }
    switch (forecast->effect) {
    case EFFECT_HANDLER:
        strbuf_puts(out, _("caught: its handler runs"));
        return;
    case EFFECT_TERMINATE:
        strbuf_puts(out, forecast->signal == SIGKILL
                             ? _("SIGKILL cannot be caught: the process ends")
                             : _("default action: the process ends"));
        return;
    case EFFECT_CORE:
        strbuf_puts(out,
                    _("default action: the process ends, with a core dump where those are on"));
        return;
    case EFFECT_STOP:
        strbuf_puts(out, forecast->signal == SIGSTOP
                             ? _("SIGSTOP cannot be caught: the process stops (T) until SIGCONT")
                             : _("default action: the process stops (T) until SIGCONT"));
        return;
    case EFFECT_CONTINUE:
    case EFFECT_NONE:
    case EFFECT_UNKNOWN:
    case EFFECT_COUNT:
        strbuf_puts(out, _("nothing happens"));
        return;
    }
}

static void say_discarded(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->effect == EFFECT_CONTINUE)
        strbuf_puts(out, _("it is not stopped: nothing happens"));
    else if (forecast->effect == EFFECT_STOP)
        strbuf_puts(out, _("its process group is orphaned: nothing happens"));
    else if (forecast->was_ignored)
        strbuf_puts(out, _("ignored: nothing happens"));
    else
        strbuf_puts(out, _("ignored by default: nothing happens"));
}

static void say_blocked(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->resumes)
        say_resumed(forecast, out);
    else if (forecast->is_queued)
        strbuf_printf(out, _("blocked: is queued and stays pending until it is unblocked; then %s"),
                      effect_clause(forecast));
    else
        strbuf_printf(out, _("blocked: stays pending until it is unblocked; then %s"),
                      effect_clause(forecast));
}

static void say_coalesced(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->signal == SIGKILL)
        strbuf_puts(out, _("SIGKILL is pending already: it ends as soon as its sleep does"));
    else
        strbuf_printf(out, _("SIG%s is pending already: a standard signal is kept only once"),
                      signal_name(forecast->signal));
}

static void say_disk(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->is_in_vfork)
        strbuf_printf(out,
                      _("it sleeps for its vforked child (D): delivered when that one execs or "
                        "exits; then %s"),
                      effect_clause(forecast));
    else if (ends_process(forecast->effect))
        strbuf_printf(out,
                      _("uninterruptible sleep (D): delivered when it wakes; a fatal signal may "
                        "end the sleep if it is a killable one; then %s"),
                      effect_clause(forecast));
    else
        strbuf_printf(out, _("uninterruptible sleep (D): delivered when it wakes; then %s"),
                      effect_clause(forecast));
}

static void say_traced(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->is_traced_stop)
        strbuf_puts(out, _("in a tracing stop (t): stays pending until its tracer lets it run"));
    else if (forecast->is_frozen)
        strbuf_puts(out, _("frozen by its cgroup: when that is thawed, its tracer sees it first, "
                           "and decides"));
    else if (forecast->is_asleep)
        strbuf_puts(out, _("uninterruptible sleep (D): when it wakes, its tracer sees it first, "
                           "and decides"));
    else
        strbuf_puts(out, _("traced: its tracer sees it first, and decides"));
    if (forecast->tracer_pid > 0)
        strbuf_printf(out, _(" (tracer: %d)"), (int)forecast->tracer_pid);
}

static void say_stopped(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->effect == EFFECT_NONE)
        strbuf_puts(out, _("stopped already (T): stays pending, and SIGCONT drops it"));
    else
        strbuf_printf(out, _("stopped (T): stays pending until SIGCONT; then %s"),
                      effect_clause(forecast));
}

static void say_frozen(const struct forecast *forecast, struct strbuf *out)
{
    if (!forecast->resumes) {
        strbuf_printf(out, _("frozen by its cgroup: stays pending until that is thawed; then %s"),
                      effect_clause(forecast));
        return;
    }
    strbuf_puts(out, _("stopped, and frozen by its cgroup: it goes on when that is thawed"));
    if (forecast->pending_signal && ends_process(forecast->effect))
        strbuf_puts(out, _("; then it is terminated by what is pending"));
    else if (forecast->effect == EFFECT_HANDLER)
        strbuf_puts(out, _("; then its handler runs"));
}

static void say_unknown(const struct forecast *forecast, struct strbuf *out)
{
    const struct signal_info *info = signal_find(forecast->signal);
    strbuf_printf(out,
                  _("its signal masks could not be read: by default SIG%s means %s, but it may "
                    "catch, block or ignore it"),
                  signal_name(forecast->signal),
                  signal_action_word(info ? info->action : SIGNAL_TERMINATES));
}

static void say_zombie(const struct forecast *forecast, struct strbuf *out)
{
    if (forecast->tracer_pid > 0 && forecast->tracer_pid != forecast->ppid)
        strbuf_printf(out, _("zombie: already dead, its tracer %d must wait, then its parent %d"),
                      (int)forecast->tracer_pid, (int)forecast->ppid);
    else if (forecast->ppid > 0)
        strbuf_printf(out, _("zombie: already dead, its parent %d must wait"), (int)forecast->ppid);
    else
        strbuf_puts(out,
                    _("zombie: already dead, its parent, outside this PID namespace, must wait"));
}

static void say_queue_full(const struct forecast *forecast, struct strbuf *out)
{
    strbuf_printf(out,
                  _("its user's signal queue is full (%llu of %llu): a value is refused (EAGAIN), "
                    "a plain signal is merged with the one pending"),
                  (unsigned long long)forecast->queued, (unsigned long long)forecast->limit);
}

static void say_kind(const struct forecast *forecast, struct strbuf *out)
{
    switch (forecast->kind) {
    case FORECAST_DELIVERED:
        say_delivered(forecast, out);
        return;
    case FORECAST_DENIED:
        strbuf_puts(out, _("refused (EPERM): it belongs to another user; needs CAP_KILL"));
        return;
    case FORECAST_GONE:
        strbuf_puts(out, _("gone: it was reaped"));
        return;
    case FORECAST_ZOMBIE:
        say_zombie(forecast, out);
        return;
    case FORECAST_KERNEL:
        strbuf_puts(out, _("kernel thread: nothing happens"));
        return;
    case FORECAST_INIT:
        strbuf_puts(out, _("init of its PID namespace: dropped, it has no handler for it"));
        return;
    case FORECAST_DISCARDED:
        say_discarded(forecast, out);
        return;
    case FORECAST_BLOCKED:
        say_blocked(forecast, out);
        return;
    case FORECAST_COALESCED:
        say_coalesced(forecast, out);
        return;
    case FORECAST_QUEUE_FULL:
        say_queue_full(forecast, out);
        return;
    case FORECAST_STOPPED:
        say_stopped(forecast, out);
        return;
    case FORECAST_FROZEN:
        say_frozen(forecast, out);
        return;
    case FORECAST_DYING:
        strbuf_puts(out, forecast->is_exiting
                             ? _("it ends already: no signal does anything any more")
                             : _("SIGKILL is pending: it ends, and any other signal is dropped"));
        return;
    case FORECAST_DISK:
        say_disk(forecast, out);
        return;
    case FORECAST_TRACED:
        say_traced(forecast, out);
        return;
    case FORECAST_UNKNOWN:
    case FORECAST_KIND_COUNT:
        say_unknown(forecast, out);
        return;
    }
}

static void say_doubt(const struct forecast *forecast, struct strbuf *out)
{
    switch (forecast->doubt) {
    case DOUBT_OTHER_THREADS:
        strbuf_printf(out,
                      ngettext("; unless the %u thread that was not read takes it",
                               "; unless one of the %u threads that were not read takes it",
                               forecast->other_threads),
                      forecast->other_threads);
        return;
    case DOUBT_SIGWAIT:
        strbuf_puts(out, _("; unless sigwaitinfo(2), where a thread waits now, takes it"));
        return;
    case DOUBT_ORPHANED_GROUP:
        strbuf_puts(out, _("; unless its process group is orphaned"));
        return;
    case DOUBT_OWNER:
        strbuf_puts(out, _("; unless it is refused: whose process it is could not be read"));
        return;
    case DOUBT_KERNEL_THREAD:
        strbuf_puts(out, _(", unless its own code takes this signal"));
        return;
    case DOUBT_NONE:
    case DOUBT_KILLABLE_SLEEP:
    case DOUBT_MASKS:
        return;
    }
}

void forecast_sentence(const struct forecast *forecast, struct strbuf *out)
{
    say_kind(forecast, out);
    say_doubt(forecast, out);
    if (forecast->discards && forecast->kind != FORECAST_DYING) {
        strbuf_puts(out, _("; pending and now dropped: "));
        signal_set_describe(forecast->discards, out);
    }
}

const char *forecast_kind_name(enum forecast_kind kind)
{
    static const char *const names[FORECAST_KIND_COUNT] = {
        [FORECAST_DELIVERED] = "delivered",
        [FORECAST_DENIED] = "denied",
        [FORECAST_GONE] = "gone",
        [FORECAST_ZOMBIE] = "zombie",
        [FORECAST_KERNEL] = "kernel_thread",
        [FORECAST_INIT] = "init",
        [FORECAST_DISCARDED] = "discarded",
        [FORECAST_BLOCKED] = "blocked",
        [FORECAST_COALESCED] = "coalesced",
        [FORECAST_QUEUE_FULL] = "queue_full",
        [FORECAST_STOPPED] = "stopped",
        [FORECAST_DISK] = "disk_sleep",
        [FORECAST_FROZEN] = "frozen",
        [FORECAST_DYING] = "dying",
        [FORECAST_TRACED] = "traced",
        [FORECAST_UNKNOWN] = "unknown",
    };
    return names[kind];
}

const char *forecast_effect_name(enum forecast_effect effect)
{
    static const char *const names[EFFECT_COUNT] = {
        [EFFECT_NONE] = "none",           [EFFECT_HANDLER] = "handler",
        [EFFECT_TERMINATE] = "terminate", [EFFECT_CORE] = "core",
        [EFFECT_STOP] = "stop",           [EFFECT_CONTINUE] = "continue",
        [EFFECT_UNKNOWN] = "unknown",
    };
    return names[effect];
}

const char *forecast_certainty_name(enum forecast_certainty certainty)
{
    static const char *const names[CERTAINTY_COUNT] = {
        [CERTAINTY_SURE] = "sure",
        [CERTAINTY_MAY] = "may",
        [CERTAINTY_NONE] = "unknown",
    };
    return names[certainty];
}
