#include "reaptop/control/send.h"
#include "reaptop/model/process.h"
#include "reaptop/source/freezer.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/epoll.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/vfork_wait.h"
#include "send_private.h"

enum {
    THREADS_READ_MAX = 256, /* of one target; the forecast says when there are more */
    FIRST_LOOK_MS = 1,
    SLOWEST_LOOK_MS = 50,
};

/* What forecasts are made from, as it was just before the last signal. */
struct send_facts {
    struct process process; /* comm is the target's */
    struct status status;
    bool has_status;
    struct forecast_thread *threads; /* as in struct forecast_target */
    size_t thread_count, dead_threads;
    bool is_exiting, is_in_sigwait, is_in_vfork;
    enum cgroup_freezer frozen;
    enum group_orphaned group;
};

/* Every target of a batch is the first member of one of these. */
struct send_member {
    struct send_target target;
    struct send_facts facts;
};

static struct send_facts *facts_of(const struct send_target *target)
{
    return &((struct send_member *)target)->facts;
}

struct send_batch {
    struct send_target **targets; /* apart, so that they stay where they are */
    size_t count, capacity;
    struct identity_set known;
    struct target_list subtree; /* the members of subtrees, for send_add_descendants() */
    bool is_forced;
    struct signal_asker asker;
    struct forecast_sender sender;
    struct send_order order;
    int epoll_fd;
    uint64_t look_ms; /* until the next look */
};

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

/* ---- facts ---- */

bool send_was_pending(const struct send_target *target, int signal)
{
    const struct send_facts *before = facts_of(target);
    return signal < SIGRTMIN && before->has_status &&
           signal_set_has(before->status.pending | before->status.shared_pending, signal);
}

bool send_was_traced(const struct send_target *target)
{
    return facts_of(target)->process.state == 't';
}

bool send_was_orphaned(const struct send_target *target)
{
    return facts_of(target)->group == GROUP_ORPHANED;
}

static int read_status(int dir_fd, const char *path, struct status *ret_status)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = procfs_read(dir_fd, path, STATUS_TEXT_LIMIT, &text);
    return r < 0 ? r : parse_status(strbuf_text(&text), text.length, ret_status);
}

/* The thread waits in a kernel function of that name, as task/TID/wchan has it. */
static bool is_waiting_in(int dir_fd, const char *tid, const char *function)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    char path[64];
    (void)snprintf(path, sizeof(path), "task/%.20s/wchan", tid);
    return procfs_read(dir_fd, path, 128, &text) >= 0 && strstr(strbuf_text(&text), function);
}

static int add_thread(struct send_facts *facts, size_t *capacity, int dir_fd, const char *tid)
{
    char path[64];
    struct status status;
    (void)snprintf(path, sizeof(path), "task/%.20s/status", tid);
    if (read_status(dir_fd, path, &status) < 0 || !(status.known & STATUS_HAS_SIGNALS))
        return 0;
    if (state_is_dead(status.state)) {
        facts->dead_threads++;
        return 0;
    }
    int r = array_reserve(&facts->threads, capacity, facts->thread_count + 1);
    if (r < 0)
        return r;
    facts->threads[facts->thread_count++] =
        (struct forecast_thread){.pending = status.pending,
                                 .blocked = status.blocked,
                                 .tracer_pid = status.tracer_pid,
                                 .state = status.state,
                                 .is_first = status.pid == status.tgid};
    if (is_waiting_in(dir_fd, tid, "sigtimedwait"))
        facts->is_in_sigwait = true;
    return 0;
}

static void read_threads(struct send_facts *facts, int dir_fd)
{
    int task_fd = openat(dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *tasks = task_fd < 0 ? NULL : fdopendir(task_fd);
    if (!tasks)
        return;
    size_t capacity = 0;
    const struct dirent *entry;
    while ((entry = readdir(tasks)) && facts->thread_count < THREADS_READ_MAX)
        if (entry->d_name[0] != '.' && add_thread(facts, &capacity, dir_fd, entry->d_name) < 0)
            return;
}

static bool is_exiting(int dir_fd)
{
    struct stat_line line;
    return procfs_read_stat(dir_fd, &line) == 0 && !state_is_dead(line.state) &&
           (line.flags & STAT_EXITING) && line.threads <= 1;
}

/* -ESRCH: reaped meanwhile. The group's standing is kept: it comes from a snapshot. */
static int read_facts(struct send_target *target)
{
    struct send_facts fresh = {.group = facts_of(target)->group};
    int r = handle_read_process(&target->handle, target->comm, &fresh.process);
    if (r < 0)
        return r;
    r = read_status(target->handle.proc_fd, "status", &fresh.status);
    if (r == -ENOENT || r == -ESRCH)
        return -ESRCH;
    fresh.has_status = r == 0;
    if (fresh.has_status)
        fresh.process.uid = fresh.status.uid[1];
    if (!process_is_over(&fresh.process) && !fresh.process.is_kernel)
        read_threads(&fresh, target->handle.proc_fd);
    fresh.is_exiting = is_exiting(target->handle.proc_fd);
    if (fresh.process.state == 'D')
        fresh.is_in_vfork = vfork_is_awaited(target->handle.proc_fd, target->id.pid);
    fresh.frozen = cgroup_freezer_read(target->handle.proc_fd);

    free(facts_of(target)->threads);
    *facts_of(target) = fresh;
    target->state = fresh.process.state;
    target->ppid = fresh.process.ppid;
    return 0;
}

/* ---- adding ---- */

static void settle(struct send_target *target, enum send_result result)
{
    target->result = result;
    target->is_settled = true;
}

/* Keeps the reason, gives the descriptors back. */
static void give_up(struct send_target *target, enum send_result result)
{
    settle(target, result);
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

static void refuse_stranger(struct send_target *target, enum target_scope scope)
{
    (void)error_set(&target->error, -ESRCH, "%s",
                    scope == TARGET_GROUP     ? _("it left the process group")
                    : scope == TARGET_SESSION ? _("it left the session")
                                              : _("it is no longer in the subtree"));
    give_up(target, SEND_LEFT);
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
    settle(target, SEND_REFUSED);
}

static int open_and_read(struct send_target *target)
{
    int r = handle_open(target->id, &target->handle, &target->error);
    if (r < 0)
        return r;
    target->id = target->handle.id;
    r = read_facts(target);
    return r < 0 ? error_set_errno(&target->error, r, _("process %d"), target->id.pid) : 0;
}

static void prepare(const struct send_batch *batch, struct send_target *target,
                    const struct membership *membership, const struct snapshot *snapshot)
{
    int r = open_and_read(target);
    if (r < 0) {
        give_up(target, r == -ESRCH ? SEND_GONE : r == -ENOTUNIQ ? SEND_REFUSED : SEND_FAILED);
        return;
    }
    const struct process *process = &facts_of(target)->process;
    if (snapshot)
        facts_of(target)->group = forecast_group(snapshot, process->pgid, process->sid);
    if (is_still_member(batch, target, membership))
        judge(batch, target);
    else
        refuse_stranger(target, membership->scope);
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
    give_up(target, code == -EINVAL || r == -ENOTUNIQ ? SEND_REFUSED : SEND_GONE);
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
        if (!target->host && target->result == SEND_READY && read_facts(target) == -ESRCH) {
            (void)error_set(&target->error, -ESRCH, _("process %d is gone"), target->id.pid);
            give_up(target, SEND_GONE);
        }
    }
}

struct forecast send_forecast(const struct send_batch *batch, size_t index, int signal,
                              bool by_sigqueue)
{
    const struct send_target *target = batch->targets[index];
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
        .group = facts->group,
    };
    return forecast_signal(&subject, &batch->sender, signal, by_sigqueue);
}

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
    if (read_status(target->handle.proc_fd, "status", &status) == 0)
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
    settle(target, SEND_ENDED);
}

static void failed(const struct send_batch *batch, struct send_target *target, int code)
{
    if (code != -ESRCH)
        settle(target, SEND_FAILED);
    else if (target->was_sent)
        ended(batch, target, false);
    else
        give_up(target, SEND_GONE);
}

static void deliver(const struct send_batch *batch, struct send_target *target)
{
    const struct send_order *order = &batch->order;
    int r = read_facts(target);
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
        settle(target, SEND_ZOMBIE);
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
    bool is_read = tid > 0 && read_status(target->handle.proc_fd, path, &status) == 0;
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

static bool is_final(enum send_result result, const struct send_order *order)
{
    switch (result) {
    case SEND_STOPPED:
    case SEND_IGNORED:
        return true;
    case SEND_CONTINUED: /* a signal that was pending may end it now */
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
    if (read_status(target->handle.proc_fd, "status", &status) < 0 ||
        !(status.known & STATUS_HAS_SIGNALS))
        return;
    target->result = outcome(target, batch->order.signal, &now, &status);
    target->is_settled = is_final(target->result, &batch->order);
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
        settle(target, target->result == SEND_SENT ? SEND_UNCHANGED : target->result);
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
