#include "reaptop/control/send.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"
#include "reaptop/source/procfs.h"
#include "send_facts.h"
#include "send_private.h"

enum {
    FIRST_LOOK_MS = 1,
    SLOWEST_LOOK_MS = 50,
};

/* ---- delivery ---- */

static bool lives_on(const struct send_target *target)
{
    return target->was_sent && target->result != SEND_ENDED && target->result != SEND_ZOMBIE &&
           target->result != SEND_FAILED;
}

bool send_is_due(const struct send_target *target, bool is_escalation)
{
    return target->result == SEND_READY || (is_escalation && lives_on(target));
}

static void unwatch(const struct send_batch *batch, const struct send_target *target)
{
    if (batch->epoll_fd >= 0 && target->handle.pidfd >= 0)
        (void)epoll_ctl(batch->epoll_fd, EPOLL_CTL_DEL, target->handle.pidfd, NULL);
}

static void watch(const struct send_batch *batch, const struct send_target *target)
{
    struct epoll_event event = {.events = EPOLLIN};
    /* Without it the looks that are due anyway will tell. */
    if (batch->epoll_fd >= 0 && target->handle.pidfd >= 0)
        (void)epoll_ctl(batch->epoll_fd, EPOLL_CTL_ADD, target->handle.pidfd, &event);
}

static void read_tracer(struct send_target *target)
{
    struct status status;
    if (send_read_status(target->handle.proc_fd, "status", &status) == 0)
        target->tracer = status.tracer_pid;
}

static void ended(const struct send_batch *batch, struct send_target *target, bool is_zombie)
{
    unwatch(batch, target);
    target->is_zombie = is_zombie;
    if (is_zombie)
        read_tracer(target);
    target->state = is_zombie ? 'Z' : '\0';
    if (handle_exit_status(&target->handle, &target->exit_status) < 0)
        target->exit_status = EXIT_UNKNOWN;
    send_settle(target, SEND_ENDED);
}

static void failed(const struct send_batch *batch, struct send_target *target, int code)
{
    if (code != -ESRCH)
        send_settle(target, SEND_FAILED);
    else if (target->was_sent)
        ended(batch, target, false);
    else
        send_give_up(target, SEND_GONE);
}

static void deliver(const struct send_batch *batch, struct send_target *target)
{
    const struct send_order *order = &batch->order;
    int r = send_read_facts(target);
    if (r == -ESRCH) {
        (void)error_set(&target->error, r, _("process %d is gone"), target->id.pid);
        failed(batch, target, r);
        return;
    }
    bool was_over = r == 0 && process_is_over(&facts_of(target)->process);
    r = handle_send(&target->handle, order->signal, order->has_value ? &order->value : NULL,
                    &target->error);
    if (r < 0) {
        failed(batch, target, r);
        return;
    }
    target->was_sent = true;
    target->is_zombie = was_over;
    if (was_over) {
        target->tracer = facts_of(target)->status.tracer_pid;
        send_settle(target, SEND_ZOMBIE);
        return;
    }
    if (order->signal == 0) {
        send_settle(target, SEND_PERMITTED);
        return;
    }
    target->result = SEND_SENT;
    target->is_settled = false;
    watch(batch, target);
}

void send_deliver(struct send_batch *batch, const struct send_order *order, bool is_escalation)
{
    batch->order = *order;
    batch->look_ms = 0;
    /* What ends ourselves comes after all else is done. */
    for (int is_self = 0; is_self <= 1; is_self++) {
        for (size_t i = 0; i < batch->count; i++) {
            struct send_target *target = batch->targets[i];
            if (!target->host && send_is_due(target, is_escalation) &&
                (target->id.pid == batch->asker.self) == is_self)
                deliver(batch, target);
        }
    }
}

/* ---- what came of it ---- */

/*
 * It blocks the signal, yet it is no longer pending: it asked for it. While
 * sigwait(3) waits the mask shows its set as unblocked, and while a handler
 * runs as blocked, so what was read before the signal counts too.
 */
static bool is_taken_though_blocked(const struct send_target *target, const struct status *status,
                                    int signal)
{
    const struct send_facts *facts = facts_of(target);
    bool was_blocked_by_all = true;
    for (size_t i = 0; i < facts->thread_count; i++)
        if (!signal_set_has(facts->threads[i].blocked, signal))
            was_blocked_by_all = false;
    bool can_only_be_itself =
        facts->process.threads == 1 && !signal_set_has(status->caught, signal);
    return signal_set_has(status->blocked, signal) &&
           (was_blocked_by_all || facts->is_in_sigwait || can_only_be_itself);
}

/* Of one whose first thread has ended: a living thread's. */
static char state_now(const struct send_target *target, const struct process *now)
{
    char path[64];
    struct status status;
    pid_t tid = ending_of(now).kind == ENDING_FIRST_THREAD
                    ? procfs_living_thread(target->handle.proc_fd)
                    : 0;
    (void)snprintf(path, sizeof(path), "task/%d/status", (int)tid);
    bool is_read = tid > 0 && send_read_status(target->handle.proc_fd, path, &status) == 0;
    return is_read ? status.state : now->state;
}

static char state_before(const struct send_target *target)
{
    const struct send_facts *facts = facts_of(target);
    bool is_leaderless = ending_of(&facts->process).kind == ENDING_FIRST_THREAD;
    return is_leaderless ? forecast_living_state(facts->threads, facts->thread_count)
                         : facts->process.state;
}

static enum send_result outcome(const struct send_target *target, int signal,
                                const struct process *now, const struct status *status)
{
    char state = state_now(target, now);
    /* A fatal signal that was chosen to be delivered leaves SIGKILL pending in each thread. */
    bool is_dying = signal_set_has(status->pending, SIGKILL);
    if (is_dying || signal_set_has(status->pending | status->shared_pending, signal))
        return !is_dying && signal_set_has(status->blocked, signal) ? SEND_PENDING : SEND_STUCK;

    enum signal_action action = signal_default_action(signal);
    bool is_caught = signal_set_has(status->caught, signal);
    if (action == SIGNAL_CONTINUES && state_before(target) == 'T' && state != 'T')
        return SEND_CONTINUED;
    if (action == SIGNAL_STOPS && !is_caught && state == 'T')
        return SEND_STOPPED;
    if (is_caught)
        return is_taken_though_blocked(target, status, signal) ? SEND_TAKEN : SEND_CAUGHT;
    if (signal_set_has(status->ignored, signal) || action == SIGNAL_IS_IGNORED ||
        action == SIGNAL_CONTINUES)
        return SEND_IGNORED;
    return is_taken_though_blocked(target, status, signal) ? SEND_TAKEN : SEND_SENT;
}

/* By a signal that was pending while it was stopped: its end comes a moment after it woke. */
static bool ends_on_wake(const struct send_batch *batch, const struct send_target *target)
{
    struct forecast forecast = send_foresee(batch, target, batch->order.signal, false);
    return forecast.pending_signal != 0 && forecast_effect_ends(forecast.effect);
}

static bool is_final(const struct send_batch *batch, const struct send_target *target)
{
    const struct send_order *order = &batch->order;
    switch (target->result) {
    case SEND_STOPPED:
    case SEND_IGNORED:
        return true;
    case SEND_CONTINUED:
        return !order->waits_for_end && !ends_on_wake(batch, target);
    case SEND_CAUGHT:
    case SEND_TAKEN:
        return !order->waits_for_end;
    default:
        return false;
    }
}

static void look(const struct send_batch *batch, struct send_target *target)
{
    char comm[64];
    struct process now;
    struct status status;
    int r = handle_read_process(&target->handle, comm, &now);
    if (r == -ESRCH) {
        ended(batch, target, false);
        return;
    }
    if (r < 0)
        return;
    if (now.pgid == -1) { /* waited for: the kernel is taking it apart, its PPID is 0 by now */
        ended(batch, target, false);
        return;
    }
    target->state = now.state;
    target->ppid = now.ppid;
    if (process_is_over(&now)) {
        ended(batch, target, true);
        return;
    }
    target->live_threads = ending_of(&now).live_threads;
    if (send_read_status(target->handle.proc_fd, "status", &status) < 0 ||
        !(status.known & STATUS_HAS_SIGNALS))
        return;
    target->result = outcome(target, batch->order.signal, &now, &status);
    target->is_settled = is_final(batch, target);
}

/* Who waits for a zombie may change, and then it is gone. */
static void look_at_zombie(struct send_target *target)
{
    char comm[64];
    struct process now;
    int r = handle_read_process(&target->handle, comm, &now);
    if (r == -ESRCH || (r == 0 && now.pgid == -1)) {
        target->is_zombie = false;
        target->state = '\0';
        if (target->exit_status == EXIT_UNKNOWN)
            (void)handle_exit_status(&target->handle, &target->exit_status);
    } else if (r == 0) {
        target->ppid = now.ppid;
        read_tracer(target);
    }
}

size_t send_look_at_zombies(struct send_batch *batch)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct send_target *target = batch->targets[i];
        if (!target->host && target->is_zombie)
            look_at_zombie(target);
        count += target->is_zombie;
    }
    return count;
}

bool send_step(struct send_batch *batch, uint64_t *ret_next_ns)
{
    bool is_done = true;
    for (size_t i = 0; i < batch->count; i++) {
        struct send_target *target = batch->targets[i];
        if (!target->host && target->was_sent && !target->is_settled)
            look(batch, target);
        is_done = is_done && (target->is_settled || !target->was_sent);
    }
    batch->look_ms = batch->look_ms == 0                    ? FIRST_LOOK_MS
                     : batch->look_ms * 2 < SLOWEST_LOOK_MS ? batch->look_ms * 2
                                                            : SLOWEST_LOOK_MS;
    if (ret_next_ns)
        *ret_next_ns = batch->look_ms * NS_PER_MS;
    return is_done;
}

int send_poll_fd(const struct send_batch *batch)
{
    return batch->epoll_fd < 0 ? -EBADF : batch->epoll_fd;
}

void send_finish(struct send_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct send_target *target = batch->targets[i];
        if (target->host || !target->was_sent || target->is_settled)
            continue;
        unwatch(batch, target);
        send_settle(target, target->result == SEND_SENT ? SEND_UNCHANGED : target->result);
    }
    (void)send_look_at_zombies(batch);
}

void send_wait(struct send_batch *batch, uint64_t timeout_ns)
{
    uint64_t deadline = clock_boot_ns() + timeout_ns, next_ns;
    while (!send_step(batch, &next_ns)) {
        uint64_t now = clock_boot_ns();
        if (now >= deadline)
            break;
        if (next_ns > deadline - now)
            next_ns = deadline - now;
        struct pollfd ended_fd = {.fd = batch->epoll_fd, .events = POLLIN};
        struct timespec timeout = {.tv_sec = (time_t)(next_ns / NS_PER_SEC),
                                   .tv_nsec = (long)(next_ns % NS_PER_SEC)};
        (void)ppoll(&ended_fd, 1, &timeout, NULL);
    }
    send_finish(batch);
}

/* ---- the event ---- */

void send_event(const struct send_target *target, int signal, struct event *ret_event)
{
    *ret_event = (struct event){
        .kind = EVENT_SIGNAL,
        .source = EVENT_FROM_SELF,
        .mono_ns = clock_boot_ns(),
        .time_ns = clock_real_ns(),
        .id = target->id,
        .ppid = target->ppid,
        .exit_status = EXIT_UNKNOWN,
        .signal = signal,
        .sender = getpid(),
    };
    _Static_assert(sizeof(ret_event->comm) == sizeof(target->comm), "the same bound");
    memcpy(ret_event->comm, target->comm, sizeof(target->comm));
}
