#include <linux/futex.h>
#include <string.h>
#include <sys/epoll.h>

#include "why_table.h"

static struct why_holder *add_holder(struct why_gathering *g, pid_t pid, enum why_role role)
{
    if (pid <= 0 || g->count >= WHY_HOLDERS_MAX)
        return NULL;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->out[i].pid == pid)
            return NULL;
    struct why_holder *holder = &g->out[g->count++];
    *holder = (struct why_holder){.pid = pid, .role = role, .fd = -1};
    return holder;
}

/* The other end's role for one who reads (or writes) here. */
static enum why_role role_of_peer(const struct descriptor *descriptor, const struct peer *peer,
                                  bool is_write)
{
    switch (peer->role) {
    case PEER_LISTENS:
        return WHY_ROLE_LISTENER;
    case PEER_MASTER:
    case PEER_SLAVE:
        return WHY_ROLE_TERMINAL;
    case PEER_SHARES:
        return WHY_ROLE_SHARER;
    default:
        break;
    }
    if (descriptor->type == DESCRIPTOR_SOCKET)
        return WHY_ROLE_SOCKET_PEER;
    return is_write ? WHY_ROLE_READER : WHY_ROLE_WRITER;
}

static void add_object(struct why_gathering *g, const struct why_object *object, bool is_write)
{
    if (!access_has_value(object->access))
        return;
    const struct descriptor *descriptor = &object->descriptor;
    for (uint32_t i = 0; i < descriptor->peer_count; i++) {
        const struct peer *peer = &descriptor->peers[i];
        bool is_useful = peer->role == PEER_BOTH || peer->role > PEER_BOTH ||
                         peer->role == (is_write ? PEER_READS : PEER_WRITES);
        if (!is_useful)
            continue;
        struct why_holder *holder = add_holder(g, peer->tid > 0 ? peer->tid : peer->pid,
                                               role_of_peer(descriptor, peer, is_write));
        if (!holder)
            continue;
        holder->fd = peer->fd;
        memcpy(holder->comm, peer->comm, sizeof(holder->comm));
    }
    if (descriptor->type == DESCRIPTOR_PIDFD && descriptor->detail)
        (void)add_holder(g, descriptor->detail->pidfd_pid, WHY_ROLE_WATCHED);
}

void why_ends_nobody(struct why_gathering *g, const struct why_task *task)
{
    (void)g;
    (void)task;
}

void why_ends_found(struct why_gathering *g, const struct why_task *task)
{
    for (uint32_t i = 0; i < task->found_count; i++) {
        const struct why_holder *found = &task->found[i];
        struct why_holder *holder = add_holder(g, found->pid, found->role);
        if (holder)
            *holder = *found;
    }
}

/* Those that the kernel names no more than as the last, or by a library's layout. */
static void add_inferred(struct why_gathering *g, pid_t pid, enum why_role role)
{
    struct why_holder *holder = add_holder(g, pid, role);
    if (holder)
        holder->is_inferred = true;
}

static bool is_of_lab(const struct why_object *object)
{
    return access_has_value(object->access) && descriptor_is_lab_plumbing(&object->descriptor);
}

bool why_is_led_by_lab(const struct why_task *task)
{
    uint32_t own = 0;
    for (uint32_t i = 0; i < task->object_count; i++)
        own += is_of_lab(&task->objects[i]);
    return own > 0 && own == task->object_count && task->object_more == 0;
}

void why_ends_other_ends(struct why_gathering *g, const struct why_task *task)
{
    for (uint32_t i = 0; i < task->object_count; i++)
        if (!is_of_lab(&task->objects[i])) /* what leads an experiment is no part of it */
            add_object(g, &task->objects[i],
                       why_row(task)->is_write || task->objects[i].events == EPOLLOUT);
    why_ends_found(g, task);
}

/* TID in the place where that kind keeps it; 0: none. */
static pid_t owner_of(const struct why_futex *futex, enum why_futex_kind kind)
{
    switch (kind) {
    case FUTEX_IS_JOIN:
        return why_futex_joined(futex);
    case FUTEX_IS_PI:
        return (pid_t)(futex->words[0] & FUTEX_TID_MASK);
    case FUTEX_IS_MUTEX:
        return (pid_t)(futex->words[2] & FUTEX_TID_MASK);
    default:
        return 0;
    }
}

void why_ends_futex(struct why_gathering *g, const struct why_task *task)
{
    enum why_futex_kind kind = why_futex_kind(task);
    pid_t owner = owner_of(&task->wait.futex, kind);
    if (kind == FUTEX_IS_PI) /* the kernel itself goes by that word */
        (void)add_holder(g, owner, WHY_ROLE_MUTEX_OWNER);
    else
        add_inferred(g, owner, kind == FUTEX_IS_JOIN ? WHY_ROLE_JOINED : WHY_ROLE_MUTEX_OWNER);
    why_ends_found(g, task);
}

void why_ends_semaphore(struct why_gathering *g, const struct why_task *task)
{
    if (task->wait.access == ACCESS_OK)
        add_inferred(g, task->wait.semaphore.last_pid, WHY_ROLE_SEMAPHORE_LAST);
}

void why_ends_queue(struct why_gathering *g, const struct why_task *task)
{
    if (task->wait.access == ACCESS_OK)
        add_inferred(g, task->wait.queue.last_pid,
                     why_row(task)->is_write ? WHY_ROLE_MSG_RECEIVER : WHY_ROLE_MSG_SENDER);
}

void why_ends_traced(struct why_gathering *g, const struct why_task *task)
{
    (void)add_holder(g, task->tracer, WHY_ROLE_TRACER);
}

void why_ends_zombie(struct why_gathering *g, const struct why_task *task)
{
    why_ends_traced(g, task);
    if (task->tid == task->id.pid) /* nobody else waits for a thread */
        (void)add_holder(g, task->ppid, WHY_ROLE_PARENT);
}

void why_ends_stopped(struct why_gathering *g, const struct why_task *task)
{
    why_ends_traced(g, task);
    add_inferred(g, task->ppid, WHY_ROLE_CONTINUER);
}

uint32_t why_holders(const struct why_task *task, struct why_holder *out, bool *ret_any)
{
    struct why_gathering g = {.out = out};
    why_row(task)->ends(&g, task);
    *ret_any = !why_row(task)->needs_all;
    return g.count;
}
