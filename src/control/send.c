#include "reaptop/control/send.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"
#include "send_facts.h"
#include "send_private.h"

/* How a member came into the batch. */
struct membership {
    enum target_scope scope;
    pid_t number; /* of the group, the session or the subtree's root */
    uint64_t swept_ns;
    bool is_late; /* a newborn: its parent's number may have changed hands since we opened it */
};

/* ---- life of a batch ---- */

static bool has_cap_kill(void)
{
    cap_flag_value_t value = CAP_CLEAR;
    cap_t capabilities = cap_get_proc();
    if (!capabilities)
        return false;
    (void)cap_get_flag(capabilities, CAP_KILL, CAP_EFFECTIVE, &value);
    (void)cap_free(capabilities);
    return value == CAP_SET;
}

int send_new(bool is_forced, struct send_batch **ret_batch)
{
    struct send_batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return -ENOMEM;
    batch->is_forced = is_forced;
    batch->asker = target_asker();
    batch->sender = (struct forecast_sender){
        .pid = getpid(),
        .sid = getsid(0),
        .uid = getuid(),
        .euid = geteuid(),
        .has_cap_kill = has_cap_kill(),
    };
    batch->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    *ret_batch = batch;
    return 0;
}

static void target_done(struct send_target *target)
{
    handle_done(&target->handle);
    free(facts_of(target)->threads);
    facts_of(target)->threads = NULL;
    facts_of(target)->thread_count = 0;
}

static void target_free(struct send_target *target)
{
    target_done(target);
    free(target);
}

void send_free(struct send_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++)
        target_free(batch->targets[i]);
    free(batch->targets);
    identity_set_done(&batch->known);
    target_list_done(&batch->subtree);
    (void)fd_close(batch->epoll_fd);
    free(batch);
}

size_t send_count(const struct send_batch *batch)
{
    return batch->count;
}

const struct send_target *send_at(const struct send_batch *batch, size_t index)
{
    return index < batch->count ? batch->targets[index] : NULL;
}

/* ---- adding ---- */

void send_settle(struct send_target *target, enum send_result result)
{
    target->result = result;
    target->is_settled = true;
}

/* Keeps the reason, gives the descriptors back. */
void send_give_up(struct send_target *target, enum send_result result)
{
    send_settle(target, result);
    target_done(target);
}

static uint64_t start_ns(uint64_t ticks)
{
    uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
    return ticks / per_second * NS_PER_SEC + ticks % per_second * NS_PER_SEC / per_second;
}

/*
 * A process that had the number when the sweep began and has it now has had it
 * all the while. Start times are cut to ticks: within the last one a successor
 * could look the same.
 */
static bool is_older_than(const struct send_target *target, uint64_t swept_ns)
{
    return start_ns(target->handle.id.start_ticks) + start_ns(2) < swept_ns;
}

static bool has_parent_in_batch(const struct send_batch *batch, const struct send_target *target)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct send_target *parent = batch->targets[i];
        char state;
        if (parent->id.pid == target->ppid && handle_is_open(&parent->handle) &&
            handle_state(&parent->handle, &state) == 0)
            return true;
    }
    return false;
}

static bool is_still_member(const struct send_batch *batch, const struct send_target *target,
                            const struct membership *membership)
{
    const struct process *process = &facts_of(target)->process;
    switch (membership->scope) {
    case TARGET_GROUP:
        return process->pgid == membership->number;
    case TARGET_SESSION:
        return process->sid == membership->number;
    case TARGET_SUBTREE:
        if (!membership->is_late && is_older_than(target, membership->swept_ns))
            return true;
        return target->id.pid == membership->number || has_parent_in_batch(batch, target);
    case TARGET_PROCESS:
        break;
    }
    return true;
}

static void mark_left(struct send_target *target, enum target_scope scope)
{
    (void)error_set(&target->error, -ESRCH, "%s",
                    scope == TARGET_GROUP     ? _("it left the process group")
                    : scope == TARGET_SESSION ? _("it left the session")
                                              : _("it is no longer in the subtree"));
    send_give_up(target, SEND_LEFT);
}

static void judge(const struct send_batch *batch, struct send_target *target)
{
    const char *reason;
    enum signal_verdict verdict =
        signal_policy_judge(&facts_of(target)->process, batch->asker, &reason);
    if (verdict == SIGNAL_ALLOWED || (verdict == SIGNAL_ASKS_AGAIN && batch->is_forced))
        return;
    (void)error_set(&target->error, -EPERM, "%s", reason);
    target->needs_yes = verdict == SIGNAL_ASKS_AGAIN;
    send_settle(target, SEND_REFUSED);
}

static int open_and_read(struct send_target *target)
{
    int r = handle_open(target->id, &target->handle, &target->error);
    if (r < 0)
        return r;
    target->id = target->handle.id;
    r = send_read_facts(target);
    return r < 0 ? error_set_errno(&target->error, r, _("process %d"), target->id.pid) : 0;
}

static void prepare(const struct send_batch *batch, struct send_target *target,
                    const struct membership *membership, const struct snapshot *snapshot)
{
    int r = open_and_read(target);
    if (r < 0) {
        send_give_up(target, r == -ESRCH ? SEND_GONE : r == -ENOTUNIQ ? SEND_REFUSED : SEND_FAILED);
        return;
    }
    const struct process *process = &facts_of(target)->process;
    if (snapshot)
        facts_of(target)->group = forecast_group(snapshot, process->pgid, process->sid);
    if (is_still_member(batch, target, membership))
        judge(batch, target);
    else
        mark_left(target, membership->scope);
}

static struct send_target *target_new(struct identity id)
{
    struct send_member *member = calloc(1, sizeof(*member));
    if (!member)
        return NULL;
    member->target =
        (struct send_target){.handle = HANDLE_INIT, .id = id, .exit_status = EXIT_UNKNOWN};
    return &member->target;
}

/* Takes the target over, also where it fails. */
static int append(struct send_batch *batch, struct send_target *target)
{
    int r = identity_set_has(&batch->known, target->id)
                ? -EEXIST
                : array_reserve(&batch->targets, &batch->capacity, batch->count + 1);
    if (r == 0)
        r = identity_set_add(&batch->known, target->id);
    if (r < 0) {
        target_free(target);
        return r == -EEXIST ? 0 : r;
    }
    batch->targets[batch->count++] = target;
    return 1;
}

/* 1 where it was added, 0 where it is there already, -ENOMEM. */
static int add_member(struct send_batch *batch, struct identity id,
                      const struct membership *membership, const struct snapshot *snapshot)
{
    struct send_target *target = target_new(id);
    if (!target)
        return -ENOMEM;
    prepare(batch, target, membership, snapshot);
    return append(batch, target);
}

int send_add(struct send_batch *batch, struct identity id, const struct snapshot *snapshot)
{
    static const struct membership alone = {.scope = TARGET_PROCESS};
    int r = add_member(batch, id, &alone, snapshot);
    return r < 0 ? r : 0;
}

int send_add_remote(struct send_batch *batch, struct identity id, const char *comm,
                    const char *host)
{
    struct send_target *target = target_new(id);
    if (!target)
        return -ENOMEM;
    target->host = host;
    (void)snprintf(target->comm, sizeof(target->comm), "%s", comm);
    int r = append(batch, target);
    return r < 0 ? r : 0;
}

void send_note(struct send_batch *batch, size_t index, const struct send_target *seen)
{
    struct send_target *target = batch->targets[index];
    target->result = seen->result;
    target->is_settled = seen->is_settled;
    target->was_sent = seen->was_sent;
    target->state = seen->state;
    target->exit_status = seen->exit_status;
    target->is_zombie = seen->is_zombie;
    target->ppid = seen->ppid;
    target->tracer = seen->tracer;
    target->live_threads = seen->live_threads;
    target->needs_yes = seen->needs_yes;
    target->error = seen->error;
}

/* A line of the report for a target that names nobody. */
static int add_nobody(struct send_batch *batch, struct target wanted, enum target_scope scope,
                      int code)
{
    struct send_target *target =
        target_new((struct identity){.pid = wanted.pid, .inode = wanted.inode});
    if (!target)
        return -ENOMEM;

    /* It may be a thread's number, and then we can say whose. */
    int r = code == -ESRCH ? handle_open(target->id, &target->handle, &target->error) : 0;
    if (code == -EINVAL)
        (void)error_set(&target->error, code,
                        _("it has no process group or session in this PID namespace"));
    else if (r == -ESRCH && scope == TARGET_GROUP)
        (void)error_set(&target->error, code, _("there is no process group %d"), wanted.pid);
    else if (r == -ESRCH && scope == TARGET_SESSION)
        (void)error_set(&target->error, code, _("there is no session %d"), wanted.pid);
    else if (r == 0)
        (void)error_set(&target->error, code, _("process %d is gone"), wanted.pid);
    send_give_up(target, code == -EINVAL || r == -ENOTUNIQ ? SEND_REFUSED : SEND_GONE);
    r = append(batch, target);
    return r < 0 ? r : code;
}

/* Is the snapshot's owner of the number the one with that inode? */
static int check_inode(const struct snapshot *snapshot, struct target target)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    const struct process *process = snapshot_find(snapshot, target.pid);
    if (!process)
        return -ESRCH;
    struct identity id = process->id;
    id.inode = target.inode;
    return handle_open(id, &handle, NULL);
}

static int add_listed(struct send_batch *batch, const struct target_list *list, size_t from,
                      const struct membership *membership, const struct snapshot *snapshot)
{
    int added = 0;
    for (size_t i = from; i < list->count; i++) {
        int r = add_member(batch, list->ids[i], membership, snapshot);
        if (r < 0)
            return r;
        added += r;
    }
    return added;
}

static pid_t number_of(const struct snapshot *snapshot, pid_t pid, enum target_scope scope)
{
    const struct process *process = snapshot_find(snapshot, pid);
    if (!process || scope == TARGET_SUBTREE)
        return pid;
    return scope == TARGET_GROUP ? process->pgid : process->sid;
}

int send_add_scope(struct send_batch *batch, struct target target, enum target_scope scope,
                   const struct snapshot *snapshot, uint64_t swept_ns)
{
    if (scope == TARGET_PROCESS)
        return send_add(batch, (struct identity){.pid = target.pid, .inode = target.inode},
                        snapshot);

    int r = target.inode != 0 ? check_inode(snapshot, target) : 0;
    if (r < 0)
        return add_nobody(batch, target, scope, -ESRCH);

    _cleanup_(target_list_done) struct target_list sharers = TARGET_LIST_INIT;
    struct target_list *list = scope == TARGET_SUBTREE ? &batch->subtree : &sharers;
    size_t before = list->count;
    ssize_t members = target_list_expand(list, snapshot, target.pid, scope);
    if (members == -ENOMEM)
        return -ENOMEM;
    if (members < 0)
        return add_nobody(batch, target, scope, (int)members);

    struct membership membership = {
        .scope = scope,
        .number = number_of(snapshot, target.pid, scope),
        .swept_ns = swept_ns,
    };
    r = add_listed(batch, list, before, &membership, snapshot);
    return r < 0 ? r : 0;
}

ssize_t send_add_descendants(struct send_batch *batch, const struct snapshot *snapshot,
                             uint64_t swept_ns)
{
    struct membership newborn = {.scope = TARGET_SUBTREE, .swept_ns = swept_ns, .is_late = true};
    size_t before = batch->subtree.count;
    ssize_t born = target_list_add_descendants(&batch->subtree, snapshot);
    return born < 0 ? born : add_listed(batch, &batch->subtree, before, &newborn, snapshot);
}

void send_refresh(struct send_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct send_target *target = batch->targets[i];
        if (!target->host && target->result == SEND_READY && send_read_facts(target) == -ESRCH) {
            (void)error_set(&target->error, -ESRCH, _("process %d is gone"), target->id.pid);
            send_give_up(target, SEND_GONE);
        }
    }
}

struct forecast send_foresee(const struct send_batch *batch, const struct send_target *target,
                             int signal, bool by_sigqueue)
{
    if (target->result == SEND_GONE || target->result == SEND_LEFT)
        return (struct forecast){.kind = FORECAST_GONE, .signal = signal, .pid = target->id.pid};

    const struct send_facts *facts = facts_of(target);
    struct forecast_target subject = {
        .process = &facts->process,
        .status = facts->has_status ? &facts->status : NULL,
        .threads = facts->threads,
        .thread_count = facts->thread_count,
        .dead_threads = facts->dead_threads,
        .is_exiting = facts->is_exiting,
        .is_in_sigwait = facts->is_in_sigwait,
        .is_in_vfork = facts->is_in_vfork,
        .frozen = facts->frozen,
        .quota = facts->quota,
        .group = facts->group,
    };
    return forecast_signal(&subject, &batch->sender, signal, by_sigqueue);
}

struct forecast send_forecast(const struct send_batch *batch, size_t index, int signal,
                              bool by_sigqueue)
{
    return send_foresee(batch, batch->targets[index], signal, by_sigqueue);
}
