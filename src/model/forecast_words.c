/* What a forecast says: its sentence, and its names for JSON. */
#include "reaptop/model/forecast.h"

#include <signal.h>

#include "reaptop/base/gettext.h"
#include "reaptop/model/signals.h"

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
    else if (forecast_effect_ends(forecast->effect))
        strbuf_printf(out, _("stopped: it wakes, and SIG%s, which is pending, ends it"), name);
    else
        strbuf_printf(out,
                      _("stopped: it continues, and the handler of SIG%s, which is pending, runs"),
                      name);
    if (is_blocked && !forecast_effect_ends(forecast->effect))
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
    const char *then = forecast->tracer_pid > 0 ? _("its tracer sees it first, and decides")
                                                : effect_clause(forecast);
    if (forecast->resumes)
        say_resumed(forecast, out);
    else if (forecast->is_queued)
        strbuf_printf(out, _("blocked: is queued and stays pending until it is unblocked; then %s"),
                      then);
    else
        strbuf_printf(out, _("blocked: stays pending until it is unblocked; then %s"), then);
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
    else if (forecast_effect_ends(forecast->effect))
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
    const struct signal_info *info = signal_find(forecast->signal);
    if (forecast->effect == EFFECT_NONE && info && info->action == SIGNAL_STOPS)
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
    if (forecast->pending_signal && forecast_effect_ends(forecast->effect))
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
    case FORECAST_PERMITTED:
        strbuf_puts(out, _("signal 0 sends nothing; a signal may be sent to it"));
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
    case DOUBT_TRACED_THREAD:
        strbuf_puts(out, _("; unless one of its threads that are traced takes it: its tracer "
                           "decides then"));
        return;
    case DOUBT_NONE:
    case DOUBT_KILLABLE_SLEEP:
    case DOUBT_MASKS:
        return;
    }
}

static void say_quota(const struct forecast *forecast, struct strbuf *out)
{
    const struct cgroup_quota *quota = &forecast->quota;
    if (quota->period_us > 0)
        strbuf_printf(out,
                      _("; while its control group is out of processor time, as it was in %llu of "
                        "%llu periods, only in its next period: one begins each %g ms"),
                      (unsigned long long)quota->throttled, (unsigned long long)quota->periods,
                      (double)quota->period_us / 1000.0);
}

void forecast_sentence(const struct forecast *forecast, struct strbuf *out)
{
    say_kind(forecast, out);
    say_quota(forecast, out);
    say_doubt(forecast, out);
    if (forecast->is_held_in_part)
        strbuf_puts(out, _("; a thread in a tracing stop joins when its tracer lets it go on, and "
                           "only then its parent is told"));
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
        [FORECAST_PERMITTED] = "permitted",
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
