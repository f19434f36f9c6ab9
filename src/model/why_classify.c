#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/model/why.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef F_OFD_SETLKW
#define F_OFD_SETLKW 38
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

void why_evidence_done(struct why_evidence *evidence)
{
    free(evidence->tasks);
    arena_done(&evidence->strings);
    *evidence = WHY_EVIDENCE_INIT;
}

struct why_task *why_evidence_add(struct why_evidence *evidence)
{
    if (evidence->count >= WHY_TASKS_MAX) {
        evidence->is_bounded = true;
        return NULL;
    }
    if (array_reserve(&evidence->tasks, &evidence->capacity, evidence->count + 1) < 0)
        return NULL;
    struct why_task *task = &evidence->tasks[evidence->count++];
    *task = (struct why_task){.exit_status = -1, .need = {.fd = -1}};
    return task;
}

const struct why_task *why_evidence_find(const struct why_evidence *evidence, pid_t tid)
{
    for (size_t i = 0; i < evidence->count; i++)
        if (evidence->tasks[i].tid == tid)
            return &evidence->tasks[i];
    return NULL;
}

/* ---- by system call ---- */

static int32_t argument_int(const struct why_task *task, int index)
{
    return (int32_t)(uint32_t)task->syscall.arguments[index];
}

static void need_fd(const struct why_task *task, enum why_kind kind, int argument,
                    struct why_need *need)
{
    need->kind = kind;
    need->fd = argument_int(task, argument);
}

static void need_poll(const struct why_task *task, struct why_need *need, bool has_timeout)
{
    need->kind = WHY_POLL;
    need->address = task->syscall.arguments[0];
    need->length = task->syscall.arguments[1];
    need->has_timeout = has_timeout;
}

static void need_select(const struct why_task *task, struct why_need *need)
{
    const uint64_t *arguments = task->syscall.arguments;
    *need = (struct why_need){.kind = WHY_POLL,
                              .fd = -1,
                              .is_select = true,
                              .length = arguments[0] & UINT32_MAX,
                              .address = arguments[1],
                              .address_2 = arguments[2],
                              .address_3 = arguments[3],
                              .has_timeout = arguments[4] != 0};
}

static void need_child(const struct why_task *task, struct why_need *need)
{
    need->kind = WHY_CHILD;
    if (task->syscall.number == SYS_wait4) {
        int32_t pid = argument_int(task, 0);
        need->is_group = pid == 0 || pid < -1;
        need->id = pid == 0 ? task->pgid : pid < -1 ? -(int64_t)pid : pid;
        return;
    }
    switch (argument_int(task, 0)) {
    case P_PID:
        need->id = argument_int(task, 1);
        break;
    case P_PGID:
        need->is_group = true;
        need->id = argument_int(task, 1) ? argument_int(task, 1) : task->pgid;
        break;
    case P_PIDFD:
        need->fd = argument_int(task, 1);
        need->id = -1;
        break;
    default:
        need->id = -1;
    }
}

static void need_futex(const struct why_task *task, struct why_need *need)
{
    need->kind = WHY_FUTEX;
    need->address = task->syscall.arguments[0];
    need->operation = (uint32_t)task->syscall.arguments[1];
    need->has_timeout = task->syscall.arguments[3] != 0;
}

static void need_fcntl(const struct why_task *task, struct why_need *need)
{
    int command = argument_int(task, 1);
    if (command == F_SETLKW || command == F_OFD_SETLKW)
        need_fd(task, WHY_LOCK, 0, need);
}

static void need_open(const struct why_task *task, int path, struct why_need *need)
{
    bool is_fifo =
        task->wchan_access == ACCESS_OK &&
        (strcmp(task->wchan, "wait_for_partner") == 0 || strcmp(task->wchan, "fifo_open") == 0);
    need->kind = is_fifo ? WHY_OPEN_FIFO : WHY_OPEN;
    need->address = task->syscall.arguments[path];
    need->dirfd = path == 0 ? AT_FDCWD : argument_int(task, 0);
    need->operation = (uint32_t)task->syscall.arguments[path + 1];
}

static void need_ipc(const struct why_task *task, enum why_kind kind, struct why_need *need)
{
    need->kind = kind;
    need->id = argument_int(task, 0);
    if (kind == WHY_SEMAPHORE) {
        need->address = task->syscall.arguments[1];
        need->length = task->syscall.arguments[2];
    }
}

static void need_splice(const struct why_task *task, struct why_need *need)
{
    bool is_full = task->wchan_access == ACCESS_OK && strstr(task->wchan, "writ");
    need_fd(task, is_full ? WHY_WRITE : WHY_READ, is_full ? 2 : 0, need);
}

/* What the wait is about, where the call's number says so. */
static void need_of_syscall(const struct why_task *task, struct why_need *need)
{
    const uint64_t *arguments = task->syscall.arguments;
    switch (task->syscall.number) {
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
    case SYS_preadv:
    case SYS_preadv2:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_tee:
        need_fd(task, WHY_READ, 0, need);
        break;
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_sendfile:
    case SYS_vmsplice:
        need_fd(task, WHY_WRITE, 0, need);
        break;
    case SYS_splice:
        need_splice(task, need);
        break;
    case SYS_accept:
    case SYS_accept4:
        need_fd(task, WHY_ACCEPT, 0, need);
        break;
    case SYS_connect:
        need_fd(task, WHY_CONNECT, 0, need);
        need->address = arguments[1];
        need->length = arguments[2];
        break;
    case SYS_openat:
#ifdef SYS_openat2
    case SYS_openat2:
#endif
        need_open(task, 1, need);
        break;
#ifdef SYS_open
    case SYS_open:
    case SYS_creat:
        need_open(task, 0, need);
        break;
#endif
#ifdef SYS_poll
    case SYS_poll:
        need_poll(task, need, argument_int(task, 2) >= 0);
        break;
#endif
    case SYS_ppoll:
        need_poll(task, need, arguments[2] != 0);
        break;
#ifdef SYS_select
    case SYS_select:
#endif
    case SYS_pselect6:
        need_select(task, need);
        break;
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
        need_fd(task, WHY_EPOLL, 0, need);
        need->has_timeout = argument_int(task, 3) >= 0;
        break;
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
        need_fd(task, WHY_EPOLL, 0, need);
        need->has_timeout = arguments[3] != 0;
        break;
#endif
    case SYS_wait4:
    case SYS_waitid:
        need_child(task, need);
        break;
#ifdef SYS_vfork
    case SYS_vfork:
#endif
    case SYS_clone:
#ifdef SYS_clone3
    case SYS_clone3:
#endif
        if (task->state == 'D')
            need->kind = WHY_VFORK;
        break;
    case SYS_futex:
        need_futex(task, need);
        break;
#ifdef SYS_futex_wait
    case SYS_futex_wait:
        need->kind = WHY_FUTEX;
        need->address = arguments[0];
        break;
#endif
#ifdef SYS_futex_waitv
    case SYS_futex_waitv:
        need->kind = WHY_FUTEX;
        break;
#endif
    case SYS_flock:
        need_fd(task, WHY_LOCK, 0, need);
        break;
    case SYS_fcntl:
        need_fcntl(task, need);
        break;
    case SYS_semop:
    case SYS_semtimedop:
        need_ipc(task, WHY_SEMAPHORE, need);
        break;
    case SYS_msgrcv:
        need_ipc(task, WHY_MSG_RECEIVE, need);
        break;
    case SYS_msgsnd:
        need_ipc(task, WHY_MSG_SEND, need);
        break;
    case SYS_mq_timedreceive:
        need_fd(task, WHY_MQ_RECEIVE, 0, need);
        need->has_timeout = arguments[4] != 0;
        break;
    case SYS_mq_timedsend:
        need_fd(task, WHY_MQ_SEND, 0, need);
        need->has_timeout = arguments[4] != 0;
        break;
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
        need->kind = WHY_TIMER;
        break;
#ifdef SYS_pause
    case SYS_pause:
#endif
    case SYS_rt_sigsuspend:
        need->kind = WHY_SIGNAL;
        break;
    case SYS_rt_sigtimedwait:
        need->kind = WHY_SIGNAL;
        need->address = arguments[0];
        need->has_timeout = arguments[2] != 0;
        break;
    case SYS_io_uring_enter:
        need_fd(task, WHY_IO_URING, 0, need);
        break;
    default:
        break;
    }
}

/* ---- by the kernel function it sleeps in ---- */

static const struct {
    const char *start; /* of the function's name */
    enum why_kind kind;
} sleeps[] = {
    {"do_freezer_trap", WHY_FROZEN},
    {"__refrigerator", WHY_FROZEN},
    {"pipe_read", WHY_READ},
    {"anon_pipe_read", WHY_READ},
    {"fifo_pipe_read", WHY_READ},
    {"pipe_write", WHY_WRITE},
    {"anon_pipe_write", WHY_WRITE},
    {"fifo_pipe_write", WHY_WRITE},
    {"n_tty_read", WHY_READ},
    {"unix_stream_read", WHY_READ},
    {"unix_stream_data_wait", WHY_READ},
    {"sk_wait_data", WHY_READ},
    {"eventfd_read", WHY_READ},
    {"inotify_read", WHY_READ},
    {"signalfd_dequeue", WHY_READ},
    {"timerfd_read", WHY_READ},
    {"sock_alloc_send_pskb", WHY_WRITE},
    {"sk_stream_wait_memory", WHY_WRITE},
    {"inet_csk_accept", WHY_ACCEPT},
    {"unix_accept", WHY_ACCEPT},
    {"unix_wait_for_peer", WHY_CONNECT},
    {"wait_for_partner", WHY_OPEN_FIFO},
    {"do_wait", WHY_CHILD},
    {"kernel_clone", WHY_VFORK}, /* _do_fork before Linux 5.10 */
    {"_do_fork", WHY_VFORK},
    {"wait_for_vfork_done", WHY_VFORK},
    {"futex_", WHY_FUTEX},
    {"ep_poll", WHY_EPOLL},
    {"do_epoll_wait", WHY_EPOLL},
    {"do_sys_poll", WHY_POLL},
    {"do_poll", WHY_POLL},
    {"poll_schedule_timeout", WHY_POLL},
    {"do_select", WHY_POLL},
    {"locks_lock_inode_wait", WHY_LOCK},
    {"flock_lock_inode_wait", WHY_LOCK},
    {"fcntl_setlk", WHY_LOCK},
    {"do_semtimedop", WHY_SEMAPHORE},
    {"ksys_semtimedop", WHY_SEMAPHORE},
    {"__do_semtimedop", WHY_SEMAPHORE},
    {"do_msgrcv", WHY_MSG_RECEIVE},
    {"do_msgsnd", WHY_MSG_SEND},
    {"do_nanosleep", WHY_TIMER},
    {"hrtimer_nanosleep", WHY_TIMER},
    {"sigsuspend", WHY_SIGNAL},
    {"do_sigtimedwait", WHY_SIGNAL},
    {"__do_sys_pause", WHY_SIGNAL},
    {"__x64_sys_pause", WHY_SIGNAL},
    {"__arm64_sys_pause", WHY_SIGNAL},
    {"io_cqring_wait", WHY_IO_URING},
};

static enum why_kind kind_of_wchan(const struct why_task *task)
{
    if (task->wchan_access != ACCESS_OK)
        return WHY_UNKNOWN;
    for (size_t i = 0; i < ELEMENTS(sleeps); i++)
        if (strncmp(task->wchan, sleeps[i].start, strlen(sleeps[i].start)) == 0)
            return sleeps[i].kind;
    return WHY_UNKNOWN;
}

static enum why_kind kind_of_state(const struct why_task *task)
{
    switch (task->state) {
    case 'Z':
    case 'X':
        return task->threads > 1 ? WHY_ZOMBIE_LEADER : WHY_ZOMBIE;
    case 'T':
        return WHY_STOPPED;
    case 't':
        return WHY_TRACED;
    case 'R':
        return task->is_throttled ? WHY_THROTTLED : WHY_RUNNING;
    case 'I':
        return WHY_KERNEL_IDLE;
    default:
        return WHY_UNKNOWN;
    }
}

/*
 * A call that a stop interrupted goes on as restart_syscall(2): the other
 * registers still hold what the call was made with, for a futex at least.
 */
static void need_of_restart(const struct why_task *task, enum why_kind slept, struct why_need *need)
{
    if (slept == WHY_FUTEX)
        need_futex(task, need);
    else if (slept == WHY_POLL)
        need_poll(task, need, true);
    else
        need->kind = slept;
}

struct why_need why_classify(const struct why_task *task)
{
    struct why_need need = {.kind = kind_of_state(task), .fd = -1};
    if (need.kind != WHY_UNKNOWN)
        return need;
    if (task->is_kernel) {
        need.kind = task->state == 'D' ? WHY_DISK : WHY_KERNEL_IDLE;
        return need;
    }

    /* The group's own files decide: the function a frozen task sleeps in differs by kernel. */
    if (task->cgroup.freezer != CGROUP_NOT_FROZEN) {
        need.kind = WHY_FROZEN;
        return need;
    }

    enum why_kind slept = kind_of_wchan(task);
    bool is_readable = task->syscall.access == ACCESS_OK && task->syscall.place == SYSCALL_INSIDE &&
                       !syscall_is_foreign(&task->syscall);
    if (slept == WHY_FROZEN)
        need.kind = slept;
    else if (is_readable && task->syscall.number == SYS_restart_syscall)
        need_of_restart(task, slept, &need);
    else if (is_readable)
        need_of_syscall(task, &need);
    else if (slept != WHY_UNKNOWN) {
        need.kind = slept;
        need.from_wchan = true;
    }
    if (need.kind == WHY_UNKNOWN && task->syscall.access == ACCESS_OK &&
        task->syscall.place == SYSCALL_RUNNING)
        need.kind = WHY_RUNNING;
    if (need.kind == WHY_UNKNOWN && task->state == 'D')
        need.kind = WHY_DISK;
    return need;
}

/* ---- futexes ---- */

static bool is_pi(uint32_t command)
{
    return command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2;
}

/* { lock, count, owner, users, kind }: lock is 2 while somebody waits, or the TID where robust. */
static bool looks_like_mutex(const struct why_task *task, uint32_t command)
{
    const uint32_t *words = task->futex;
    uint32_t value = (uint32_t)task->syscall.arguments[2];
    if ((command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET) || task->futex_words < 5)
        return false;
    bool is_plain = value == 2 && words[0] == 2;
    bool is_robust = (words[0] & FUTEX_WAITERS) && (words[0] & FUTEX_TID_MASK) == words[2];
    bool is_private = task->need.operation & FUTEX_PRIVATE_FLAG;
    return (is_plain || is_robust) && words[2] != 0 && task->futex_owner_lives &&
           (task->futex_owner_is_ours || !is_private) && words[3] < (1U << 20) && words[4] < 0x400;
}

/* { value, waiters, private }: a value of 0 with somebody waiting. */
static bool looks_like_semaphore(const struct why_task *task, uint32_t command)
{
    const uint32_t *words = task->futex;
    return command == FUTEX_WAIT_BITSET && task->futex_words >= 3 &&
           (uint32_t)task->syscall.arguments[2] == 0 && words[0] == 0 && words[1] >= 1 &&
           words[1] < (1U << 20) && (words[2] == 0 || words[2] == FUTEX_PRIVATE_FLAG);
}

enum why_futex why_futex_kind(const struct why_task *task)
{
    uint32_t command = task->need.operation & (uint32_t)FUTEX_CMD_MASK;
    if (task->need.kind != WHY_FUTEX || !access_has_value(task->memory_access) ||
        task->futex_words == 0)
        return FUTEX_IS_UNKNOWN;
    if (is_pi(command))
        return FUTEX_IS_PI;
    if (looks_like_mutex(task, command))
        return FUTEX_IS_MUTEX;
    if (task->futex_word_lives && task->futex[0] > 2 &&
        task->futex[0] == (uint32_t)task->syscall.arguments[2])
        return FUTEX_IS_JOIN;
    if (looks_like_semaphore(task, command))
        return FUTEX_IS_SEMAPHORE;
    return FUTEX_IS_UNKNOWN;
}

pid_t why_futex_owner(const struct why_task *task, enum why_futex kind)
{
    switch (kind) {
    case FUTEX_IS_PI:
    case FUTEX_IS_JOIN:
        return (pid_t)(task->futex[0] & FUTEX_TID_MASK);
    case FUTEX_IS_MUTEX:
        return (pid_t)(task->futex[2] & FUTEX_TID_MASK);
    default:
        return 0;
    }
}

/* ---- who can end the wait ---- */

struct gathering {
    struct why_holder *out;
    uint32_t count;
};

static struct why_holder *add_holder(struct gathering *g, pid_t pid, enum why_role role)
{
    if (pid <= 0 || g->count >= WHY_HOLDERS_MAX)
        return NULL;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->out[i].pid == pid)
            return NULL;
    struct why_holder *holder = &g->out[g->count++];
    *holder = (struct why_holder){.pid = pid, .role = role, .fd = -1, .held_fd = -1};
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

static void add_object(struct gathering *g, const struct why_object *object, bool is_write)
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
        struct why_holder *holder =
            add_holder(g, peer->pid, role_of_peer(descriptor, peer, is_write));
        if (!holder)
            continue;
        holder->fd = peer->fd;
        holder->held_fd = descriptor->fd;
        memcpy(holder->comm, peer->comm, sizeof(holder->comm));
    }
    if (descriptor->type == DESCRIPTOR_PIDFD && descriptor->detail)
        (void)add_holder(g, descriptor->detail->pidfd_pid, WHY_ROLE_WATCHED);
}

static void add_futex(struct gathering *g, const struct why_task *task)
{
    enum why_futex kind = why_futex_kind(task);
    struct why_holder *holder =
        add_holder(g, why_futex_owner(task, kind),
                   kind == FUTEX_IS_JOIN ? WHY_ROLE_JOINED : WHY_ROLE_MUTEX_OWNER);
    /* PI: the kernel itself goes by that word. The others are a library's layout. */
    if (holder)
        holder->is_inferred = kind != FUTEX_IS_PI;
}

static void add_found(struct gathering *g, const struct why_task *task)
{
    for (uint32_t i = 0; i < task->found_count; i++) {
        const struct why_holder *found = &task->found[i];
        struct why_holder *holder = add_holder(g, found->pid, found->role);
        if (holder)
            *holder = *found;
    }
}

static void add_ipc(struct gathering *g, const struct why_task *task, enum why_role role)
{
    struct why_holder *holder = NULL;
    if (task->ipc_access == ACCESS_OK)
        holder = add_holder(g, task->ipc_last_pid, role);
    if (holder)
        holder->is_inferred = true;
}

static void add_continuer(struct gathering *g, const struct why_task *task)
{
    struct why_holder *holder = add_holder(g, task->ppid, WHY_ROLE_CONTINUER);
    if (holder)
        holder->is_inferred = true;
}

uint32_t why_holders(const struct why_task *task, struct why_holder *out, bool *ret_any)
{
    struct gathering g = {.out = out};
    *ret_any = true;
    switch (task->need.kind) {
    case WHY_READ:
    case WHY_WRITE:
    case WHY_CONNECT:
    case WHY_MQ_RECEIVE:
    case WHY_MQ_SEND:
    case WHY_OPEN_FIFO:
    case WHY_POLL:
    case WHY_EPOLL: {
        bool is_write = task->need.kind == WHY_WRITE || task->need.kind == WHY_MQ_SEND;
        for (uint32_t i = 0; i < task->object_count; i++)
            add_object(&g, &task->objects[i], is_write || task->objects[i].events == 4);
        add_found(&g, task);
        break;
    }
    case WHY_FUTEX:
        add_futex(&g, task);
        add_found(&g, task);
        break;
    case WHY_LOCK:
        *ret_any = false;
        add_found(&g, task);
        break;
    case WHY_SEMAPHORE:
        add_ipc(&g, task, WHY_ROLE_SEMAPHORE_LAST);
        break;
    case WHY_MSG_RECEIVE:
        add_ipc(&g, task, WHY_ROLE_MSG_SENDER);
        break;
    case WHY_MSG_SEND:
        add_ipc(&g, task, WHY_ROLE_MSG_RECEIVER);
        break;
    case WHY_CHILD:
    case WHY_VFORK:
    case WHY_ZOMBIE_LEADER:
    case WHY_IO_URING:
        add_found(&g, task);
        break;
    case WHY_ZOMBIE:
        (void)add_holder(&g, task->tracer, WHY_ROLE_TRACER);
        (void)add_holder(&g, task->ppid, WHY_ROLE_PARENT);
        break;
    case WHY_TRACED:
        (void)add_holder(&g, task->tracer, WHY_ROLE_TRACER);
        break;
    case WHY_STOPPED:
        (void)add_holder(&g, task->tracer, WHY_ROLE_TRACER);
        add_continuer(&g, task);
        break;
    default:
        break;
    }
    return g.count;
}
