#include "reaptop/source/evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "cursor.h"
#include "evidence_task.h"
#include "read_cgroup.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/source/fdinfo.h"
#include "reaptop/source/parse_fdinfo.h"
#include "reaptop/source/parse_locks.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/peers.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/read_files.h"
#include "reaptop/source/read_sockets.h"

enum {
    NETWORKS_MAX = 4,
    CHILDREN_LIMIT = 64 * 1024, /* bytes of one children file */
    OWN_SOCKETS_LOOKED_AT = 4096,
    LOCK_CANDIDATES = 256,
    SEMAPHORE_OPERATIONS = 16,
};

struct network {
    uint64_t inode; /* of /proc/PID/ns/net; 0: not readable */
    struct socket_table sockets;
};

struct evidence {
    struct reader *reader;
    struct why_evidence why;
    struct peers peers;
    struct cgroup_mounts cgroups;
    struct network networks[NETWORKS_MAX];
    size_t network_count;
    size_t next;       /* the task whose facts are gathered next */
    bool has_siblings; /* the other threads of the first were added */
    uint8_t depth[WHY_TASKS_MAX];
    uint64_t cpu_ns[WHY_TASKS_MAX]; /* first look of those that run */
    uint64_t looked_ns[WHY_TASKS_MAX];
};

static struct why_task *task_at(struct evidence *e, size_t index)
{
    return &e->why.tasks[index];
}

/* ---- sockets and descriptors ---- */

static uint64_t network_inode(int pid_fd)
{
    struct stat status;
    return fstatat(pid_fd, "ns/net", &status, 0) == 0 ? status.st_ino : 0;
}

/* NULL where they cannot be read, or after too many namespaces. */
static const struct socket_table *sockets_of(struct evidence *e, int pid_fd)
{
    uint64_t inode = network_inode(pid_fd);
    for (size_t i = 0; i < e->network_count; i++)
        if (e->networks[i].inode == inode)
            return &e->networks[i].sockets;
    if (e->network_count >= NETWORKS_MAX)
        return NULL;
    struct network *network = &e->networks[e->network_count];
    *network = (struct network){.inode = inode};
    if (sockets_read(pid_fd, &network->sockets) < 0) {
        socket_table_done(&network->sockets);
        return NULL;
    }
    e->network_count++;
    return &network->sockets;
}

static struct why_object *add_object(struct evidence *e, struct why_task *task, int fd,
                                     uint32_t events)
{
    if (task->object_count >= WHY_OBJECTS_MAX) {
        task->object_more++;
        return NULL;
    }
    if (!task->objects) {
        task->objects = arena_alloc(&e->why.strings, WHY_OBJECTS_MAX * sizeof(struct why_object));
        if (!task->objects)
            return NULL;
    }
    struct why_object *object = &task->objects[task->object_count++];
    *object = (struct why_object){.fd = fd, .events = events};
    return object;
}

/* Reads the descriptor and who is at its other end. */
static int fill_object(struct evidence *e, struct why_task *task, int pid_fd,
                       struct why_object *object)
{
    int r = files_read_one(e->reader, task->id, pid_fd, object->fd, &e->why.strings,
                           &object->descriptor);
    object->access = access_from_errno(r, task->state);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return 0;
    const struct socket_table *sockets = NULL;
    if (object->descriptor.type == DESCRIPTOR_SOCKET) {
        sockets = sockets_of(e, pid_fd);
        if (!sockets ||
            (!sockets->has_unix_peers && socket_find(sockets, object->descriptor.inode) &&
             socket_find(sockets, object->descriptor.inode)->family == SOCKET_UNIX))
            task->sockets_access = ACCESS_UNSUPPORTED;
    }
    r = files_attach(&e->peers, sockets, task->id.pid, &e->why.strings, &object->descriptor);
    if (object->descriptor.peers_access == ACCESS_OK && object->descriptor.peer_count == 0)
        task->not_looked_into = e->peers.not_looked_into;
    return r;
}

static int gather_fd(struct evidence *e, struct why_task *task, int fd, uint32_t events)
{
    struct why_object *object = add_object(e, task, fd, events);
    if (!object)
        return 0;
    _cleanup_close_ int pid_fd = procfs_open_living(task->id.pid);
    if (pid_fd < 0) {
        object->access = ACCESS_GONE;
        return 0;
    }
    return fill_object(e, task, pid_fd, object);
}

/* ---- several descriptors ---- */

static int gather_pollfds(struct evidence *e, struct why_task *task)
{
    struct pollfd fds[WHY_OBJECTS_MAX];
    uint64_t count = task->need.length;
    if (count == 0) {
        task->objects_access = ACCESS_OK;
        return 0;
    }
    if (count > WHY_OBJECTS_MAX) {
        task->object_more =
            (uint32_t)(count - WHY_OBJECTS_MAX < UINT32_MAX ? count - WHY_OBJECTS_MAX : UINT32_MAX);
        count = WHY_OBJECTS_MAX;
    }
    ssize_t got = evidence_task_memory(e->reader, task, task->need.address, fds,
                                       (size_t)count * sizeof(fds[0]), sizeof(fds[0]));
    task->memory_access = task->objects_access =
        access_from_errno(got < 0 ? (int)got : 0, task->state);
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(fds[0]); i++) {
        if (fds[i].fd < 0)
            continue;
        int r = gather_fd(e, task, fds[i].fd, (uint16_t)fds[i].events);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool read_set(struct evidence *e, struct why_task *task, uint64_t address, fd_set *ret_set)
{
    FD_ZERO(ret_set);
    if (address == 0)
        return true;
    size_t bits = task->need.length < FD_SETSIZE ? (size_t)task->need.length : FD_SETSIZE;
    size_t bytes = (bits + 63) / 64 * 8;
    ssize_t got = evidence_task_memory(e->reader, task, address, ret_set, bytes, bytes);
    task->objects_access = access_from_errno(got < 0 ? (int)got : 0, task->state);
    return got >= 0;
}

static int gather_select(struct evidence *e, struct why_task *task)
{
    fd_set in, out, except;
    task->objects_access = ACCESS_OK;
    if (!read_set(e, task, task->need.address, &in) ||
        !read_set(e, task, task->need.address_2, &out) ||
        !read_set(e, task, task->need.address_3, &except))
        return 0;
    for (int fd = 0; fd < FD_SETSIZE && (uint64_t)fd < task->need.length; fd++) {
        uint32_t events = (FD_ISSET(fd, &in) ? (uint32_t)EPOLLIN : 0) |
                          (FD_ISSET(fd, &out) ? (uint32_t)EPOLLOUT : 0) |
                          (FD_ISSET(fd, &except) ? (uint32_t)EPOLLPRI : 0);
        int r = events ? gather_fd(e, task, fd, events) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static int gather_epoll(struct evidence *e, struct why_task *task)
{
    _cleanup_close_ int pid_fd = procfs_open_living(task->id.pid);
    struct descriptor epoll;
    int r = pid_fd < 0 ? pid_fd
                       : files_read_one(e->reader, task->id, pid_fd, task->need.fd, &e->why.strings,
                                        &epoll);
    task->objects_access = r < 0 ? access_from_errno(r, task->state) : epoll.access;
    if (r == -ENOMEM)
        return r;
    if (r < 0 || !epoll.detail)
        return 0;
    for (uint32_t i = 0; i < epoll.detail->watch_count; i++) {
        r = gather_fd(e, task, epoll.detail->watches[i].fd, epoll.detail->watches[i].events);
        if (r < 0)
            return r;
    }
    task->object_more += epoll.detail->watch_more;
    return 0;
}

/* ---- children and threads ---- */

static void add_found(struct why_task *task, pid_t pid, enum why_role role, int fd,
                      bool is_inferred)
{
    for (uint32_t i = 0; i < task->found_count; i++)
        if (task->found[i].pid == pid)
            return;
    if (task->found_count >= WHY_HOLDERS_MAX) {
        task->found_more++;
        return;
    }
    task->found[task->found_count++] = (struct why_holder){
        .pid = pid, .role = role, .fd = fd, .held_fd = -1, .is_inferred = is_inferred};
}

static void consider_child(struct why_task *task, pid_t pid, enum why_role role)
{
    struct stat_line line;
    const struct why_need *need = &task->need;
    bool is_any = need->kind != WHY_CHILD || need->from_wchan || (!need->is_group && need->id < 0);
    if (!is_any && !need->is_group && need->id != pid)
        return;
    if (procfs_read_stat_of(pid, &line) < 0 || line.ppid != task->id.pid ||
        (need->kind == WHY_CHILD && need->is_group && line.pgid != need->id))
        return;
    add_found(task, pid, role, -1, false);
}

/* task/TID/children; false: this kernel has none (CONFIG_PROC_CHILDREN). */
static bool children_of_thread(struct why_task *task, pid_t tid, enum why_role role)
{
    char name[64];
    int32_t pid;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(name, sizeof(name), "/proc/%d/task/%d/children", task->id.pid, tid);
    if (procfs_read(AT_FDCWD, name, CHILDREN_LIMIT, &text) < 0)
        return false;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length);
    while (cursor_int(&rest, &pid))
        consider_child(task, pid, role);
    return true;
}

static void children_by_sweep(struct why_task *task, enum why_role role)
{
    _cleanup_dir_ DIR *proc = opendir("/proc");
    struct dirent *entry;
    int64_t pid;
    while (proc && (entry = readdir(proc)) != NULL)
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) == 0)
            consider_child(task, (pid_t)pid, role);
}

static DIR *open_threads(pid_t pid)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "/proc/%d/task", pid);
    return opendir(name);
}

static void gather_children(struct why_task *task, enum why_role role)
{
    _cleanup_dir_ DIR *threads = open_threads(task->id.pid);
    struct dirent *entry;
    int64_t tid;
    bool is_reported = false;
    while (threads && (entry = readdir(threads)) != NULL)
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) == 0)
            is_reported = children_of_thread(task, (pid_t)tid, role) || is_reported;
    if (!is_reported)
        children_by_sweep(task, role);
}

/* A waited pidfd names its process. */
static int gather_child(struct evidence *e, struct why_task *task)
{
    if (task->need.fd < 0) {
        gather_children(task, WHY_ROLE_CHILD);
        return 0;
    }
    int r = gather_fd(e, task, task->need.fd, 0);
    if (r == 0 && task->object_count > 0 && task->objects[0].descriptor.detail)
        add_found(task, task->objects[0].descriptor.detail->pidfd_pid, WHY_ROLE_CHILD, -1, false);
    return r;
}

static void gather_threads(struct why_task *task)
{
    _cleanup_dir_ DIR *threads = open_threads(task->id.pid);
    struct dirent *entry;
    int64_t tid;
    while (threads && (entry = readdir(threads)) != NULL)
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) == 0 && tid != task->id.pid)
            add_found(task, (pid_t)tid, WHY_ROLE_THREAD, -1, false);
}

/* ---- futexes ---- */

/* The process that a task belongs to; 0: there is none. */
static pid_t process_of(pid_t tid)
{
    struct why_task owner = {0};
    _cleanup_close_ int fd = procfs_open_process(tid, 0);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (tid <= 0 || fd < 0 || procfs_read(fd, "status", 4096, &text) < 0)
        return 0;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length), line;
    while (cursor_line(&rest, &line))
        if (cursor_take(&line, "Tgid:") && cursor_int(&line, &owner.id.pid))
            return owner.id.pid;
    return 0;
}

/* A semaphore has no owner; whoever maps the memory that it lies in can post it. */
static void gather_sharers(struct evidence *e, struct why_task *task)
{
    pid_t pids[WHY_HOLDERS_MAX];
    bool is_bounded = false;
    if (!task->futex_is_shared || why_futex_kind(task) != FUTEX_IS_SEMAPHORE)
        return;
    size_t count = evidence_task_mappers(e->reader, task, task->need.address, pids, ELEMENTS(pids),
                                         &is_bounded);
    for (size_t i = 0; i < count; i++)
        add_found(task, pids[i], WHY_ROLE_SEMAPHORE_SHARER, -1, true);
    if (is_bounded)
        task->found_more++;
}

static void gather_futex(struct evidence *e, struct why_task *task)
{
    if (task->need.address == 0)
        return;
    ssize_t got = evidence_task_memory(e->reader, task, task->need.address, task->futex,
                                       sizeof(task->futex), sizeof(task->futex[0]));
    task->memory_access = access_from_errno(got < 0 ? (int)got : 0, task->state);
    if (got < 0)
        return;
    task->futex_words = (uint32_t)((size_t)got / sizeof(task->futex[0]));
    /* In a PID namespace of its own a program's TIDs are not ours. */
    if (task->pid_namespaces > 0)
        return;
    pid_t owner = process_of((pid_t)(task->futex[2] & FUTEX_TID_MASK));
    task->futex_owner_lives = owner != 0;
    task->futex_owner_is_ours = owner == task->id.pid;
    task->futex_word_lives =
        task->futex[0] <= INT_MAX && process_of((pid_t)task->futex[0]) == task->id.pid;
    task->futex_is_shared = !(task->need.operation & FUTEX_PRIVATE_FLAG) && task->futex_words > 2 &&
                            task->futex[2] == FUTEX_PRIVATE_FLAG;
    gather_sharers(e, task);
}

/* ---- file locks ---- */

/* The descriptor of that process through which the lock is held; -1. */
static int fd_that_holds(struct reader *reader, const struct peer_entry *entry,
                         const struct lock *lock)
{
    const struct identity whoever = {.pid = entry->pid};
    _cleanup_close_ int pid_fd = procfs_open_living(entry->pid);
    int held = -1;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_(arena_done) struct arena arena = ARENA_INIT;
    struct descriptor descriptor = {.fd = entry->fd, .mount_id = -1};
    if (pid_fd < 0 ||
        fdinfo_read(reader, whoever, pid_fd, entry->fd, NULL, FDINFO_TEXT_LIMIT, &text) < 0 ||
        parse_fdinfo(strbuf_text(&text), text.length, &arena, &descriptor) < 0 ||
        !descriptor.detail)
        return -1;
    for (uint32_t i = 0; i < descriptor.detail->lock_count; i++) {
        const struct lock *one = &descriptor.detail->locks[i];
        if (one->kind == lock->kind && one->start == lock->start && one->end == lock->end &&
            lock_overlaps(one, lock))
            held = entry->fd;
    }
    return held;
}

/*
 * flock and OFD locks belong to an open file, which a fork shares: whoever has
 * it open can release it, and the process that took it may be long gone.
 */
static void find_lock_holders(struct evidence *e, struct why_task *task,
                              const struct descriptor *descriptor)
{
    size_t count;
    const struct peer_entry *entries =
        peers_find(&e->peers, PEER_PATH,
                   peers_path_number(descriptor->target ? descriptor->target : ""), &count);
    for (size_t i = 0; i < count && i < LOCK_CANDIDATES; i++) {
        int fd = fd_that_holds(e->reader, &entries[i], &task->lock);
        if (fd >= 0)
            add_found(task, entries[i].pid, WHY_ROLE_LOCK_OWNER, fd, false);
    }
}

static const struct lock *find_own_wait(const struct lock_table *table, const struct why_task *task,
                                        const struct descriptor *descriptor)
{
    const struct lock *waiter = lock_find_waiter(table, task->id.pid, descriptor->inode);
    if (!waiter)
        waiter = lock_find_waiter(table, task->tid, descriptor->inode);
    /* An OFD lock's line names nobody: the file is what it is known by. */
    for (size_t i = 0; !waiter && i < table->count; i++) {
        const struct lock *one = &table->locks[i];
        if (one->is_waiting && one->kind == LOCK_OFD && descriptor->inode != 0 &&
            one->inode == descriptor->inode)
            waiter = one;
    }
    return waiter;
}

static int gather_lock(struct evidence *e, struct why_task *task)
{
    struct descriptor unknown = {.fd = -1};
    const struct descriptor *descriptor = &unknown;
    if (!task->need.from_wchan) {
        int r = gather_fd(e, task, task->need.fd, 0);
        if (r < 0)
            return r;
        if (task->object_count > 0 && access_has_value(task->objects[0].access))
            descriptor = &task->objects[0].descriptor;
    }
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    _cleanup_(lock_table_done) struct lock_table table = LOCK_TABLE_INIT;
    int r = procfs_read(AT_FDCWD, "/proc/locks", LOCKS_TEXT_LIMIT, &text);
    if (r >= 0)
        r = parse_locks(strbuf_text(&text), text.length, &table);
    task->lock_access = access_from_errno(r < 0 ? r : 0, '\0');
    if (r < 0)
        return r == -ENOMEM ? r : 0;

    const struct lock *waiter = find_own_wait(&table, task, descriptor);
    const struct lock *blocker = waiter ? lock_find_blocker(&table, waiter) : NULL;
    if (!blocker) {
        task->lock_access = ACCESS_EMPTY;
        return 0;
    }
    task->lock = *blocker;
    if (blocker->kind != LOCK_POSIX)
        find_lock_holders(e, task, descriptor);
    if (task->found_count == 0 && blocker->pid > 0)
        add_found(task, blocker->pid, WHY_ROLE_LOCK_OWNER, -1, blocker->kind != LOCK_POSIX);
    return 0;
}

/* ---- System V ---- */

union semaphore_argument {
    int value;
    struct semid_ds *status;
    unsigned short *array;
};

/* Semaphores and queues are asked for by identifier, in our own IPC namespace only. */
static bool shares_ipc_namespace(pid_t pid)
{
    char name[64];
    struct stat own, theirs;
    (void)snprintf(name, sizeof(name), "/proc/%d/ns/ipc", pid);
    return stat("/proc/self/ns/ipc", &own) == 0 && stat(name, &theirs) == 0 &&
           own.st_ino == theirs.st_ino && own.st_dev == theirs.st_dev;
}

static bool is_blocked(const struct sembuf *operation, int value)
{
    return operation->sem_op == 0 ? value != 0 : value + operation->sem_op < 0;
}

static void gather_semaphore(struct evidence *e, struct why_task *task)
{
    struct sembuf operations[SEMAPHORE_OPERATIONS];
    union semaphore_argument none = {0};
    int set = (int)task->need.id;
    if (task->need.from_wchan || !shares_ipc_namespace(task->id.pid)) {
        task->ipc_access = ACCESS_UNSUPPORTED;
        return;
    }
    size_t count =
        task->need.length < SEMAPHORE_OPERATIONS ? (size_t)task->need.length : SEMAPHORE_OPERATIONS;
    ssize_t got = evidence_task_memory(e->reader, task, task->need.address, operations,
                                       count * sizeof(operations[0]), sizeof(operations[0]));
    task->memory_access = access_from_errno(got < 0 ? (int)got : 0, task->state);
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(operations[0]); i++) {
        int number = operations[i].sem_num;
        int value = semctl(set, number, GETVAL, none);
        task->ipc_access = access_from_errno(value < 0 ? -errno : 0, '\0');
        if (value < 0)
            return;
        if (operations[i].sem_op > 0 || !is_blocked(&operations[i], value))
            continue;
        int pid = semctl(set, number, GETPID, none);
        task->semaphore_number = number;
        task->semaphore_operation = operations[i].sem_op;
        task->semaphore_value = value;
        task->ipc_last_pid = pid > 0 && pid != task->id.pid ? pid : 0;
        return;
    }
}

static void gather_queue(struct why_task *task)
{
    struct msqid_ds status;
    if (task->need.from_wchan || !shares_ipc_namespace(task->id.pid)) {
        task->ipc_access = ACCESS_UNSUPPORTED;
        return;
    }
    int r = msgctl((int)task->need.id, IPC_STAT, &status);
    task->ipc_access = access_from_errno(r < 0 ? -errno : 0, '\0');
    if (r < 0)
        return;
    pid_t last = task->need.kind == WHY_MSG_RECEIVE ? status.msg_lspid : status.msg_lrpid;
    task->ipc_last_pid = last != task->id.pid ? last : 0;
    task->queue_messages = status.msg_qnum;
    task->queue_bytes = status.__msg_cbytes;
}

/* ---- paths and addresses in its memory ---- */

static void gather_path(struct evidence *e, struct why_task *task)
{
    ssize_t got = evidence_task_memory(e->reader, task, task->need.address, task->path,
                                       sizeof(task->path) - 1, 1);
    task->memory_access = access_from_errno(got < 0 ? (int)got : 0, task->state);
    task->path[got > 0 ? got : 0] = '\0';
}

static int gather_connect(struct evidence *e, struct why_task *task)
{
    struct sockaddr_un address = {0};
    int r = gather_fd(e, task, task->need.fd, 0);
    if (r < 0 || task->need.address == 0)
        return r;
    size_t size = task->need.length < sizeof(address) ? (size_t)task->need.length : sizeof(address);
    if (size <= sizeof(sa_family_t) ||
        evidence_task_memory(e->reader, task, task->need.address, &address, size, size) < 0 ||
        address.sun_family != AF_UNIX)
        return 0;

    size_t length = size - offsetof(struct sockaddr_un, sun_path);
    memcpy(task->path, address.sun_path, length);
    /* An abstract name is as long as it was given; /proc/net/unix writes '@' for each NUL. */
    for (size_t i = 0; task->path[0] == '\0' && i < length; i++)
        if (i > 0 && address.sun_path[i] == '\0')
            task->path[i] = '@';
    if (task->path[0] == '\0')
        task->path[0] = '@';
    task->path[length] = '\0';

    _cleanup_close_ int pid_fd = procfs_open_living(task->id.pid);
    const struct socket_table *sockets = pid_fd >= 0 ? sockets_of(e, pid_fd) : NULL;
    const struct socket *listener = sockets ? socket_find_path(sockets, task->path) : NULL;
    size_t count = 0;
    const struct peer_entry *entries =
        listener ? peers_find(&e->peers, PEER_SOCKET, listener->inode, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        add_found(task, entries[i].pid, WHY_ROLE_LISTENER, entries[i].fd, false);
    return 0;
}

static void gather_signals(struct evidence *e, struct why_task *task)
{
    uint64_t set;
    if (task->need.address == 0 || evidence_task_memory(e->reader, task, task->need.address, &set,
                                                        sizeof(set), sizeof(set)) < 0)
        return;
    task->signals_waited = set;
    task->has_signals_waited = true;
}

/* What an uninterruptible call works on, where it names a descriptor. */
static int gather_disk(struct evidence *e, struct why_task *task)
{
    if (task->syscall.access != ACCESS_OK || task->syscall.place != SYSCALL_INSIDE ||
        syscall_is_foreign(&task->syscall))
        return 0;
    const struct syscall_shape *shape = syscall_shape(task->syscall.number);
    if (!shape || shape->arguments[0].kind != ARGUMENT_FD)
        return 0;
    return gather_fd(e, task, (int32_t)(uint32_t)task->syscall.arguments[0], 0);
}

/* ---- work that waits for the one that was asked about ---- */

static void look_at_own_socket(const struct socket_table *sockets, const char *target,
                               struct why_task *task)
{
    uint64_t inode;
    const struct socket *one =
        descriptor_target_inode(target, "socket", &inode) ? socket_find(sockets, inode) : NULL;
    if (!one || !one->has_queues || one->rx_queue == 0)
        return;
    if (one->state == SOCKET_LISTEN)
        task->listeners_pending += one->rx_queue;
    else if (one->family == SOCKET_TCP || one->family == SOCKET_UNIX)
        task->sockets_unread++;
}

static void gather_work(struct evidence *e, struct why_task *task)
{
    char target[PATH_MAX + 1];
    _cleanup_close_ int pid_fd = procfs_open_living(task->id.pid);
    int fd = pid_fd < 0 ? -1 : openat(pid_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *fds = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    for (int i = 0; fds && i < OWN_SOCKETS_LOOKED_AT && (entry = readdir(fds)) != NULL; i++) {
        ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, PATH_MAX);
        if (length < 8 || memcmp(target, "socket:[", 8) != 0)
            continue;
        target[length] = '\0';
        const struct socket_table *sockets = sockets_of(e, pid_fd);
        if (!sockets)
            return;
        look_at_own_socket(sockets, target, task);
    }
    if (!fds)
        (void)fd_close(fd);
}

/* ---- steps ---- */

static bool needs_peers(const struct why_task *task)
{
    switch (task->need.kind) {
    case WHY_READ:
    case WHY_WRITE:
    case WHY_ACCEPT:
    case WHY_CONNECT:
    case WHY_POLL:
    case WHY_EPOLL:
    case WHY_LOCK:
    case WHY_MQ_RECEIVE:
    case WHY_MQ_SEND:
    case WHY_IO_URING:
    case WHY_DISK:
        return !task->need.from_wchan;
    case WHY_CHILD:
        return task->need.fd >= 0;
    default:
        return false;
    }
}

static int gather_facts(struct evidence *e, size_t index)
{
    struct why_task *task = task_at(e, index);
    if (index == 0 && !task->is_kernel && task->state != 'Z')
        gather_work(e, task);
    bool has_arguments = !task->need.from_wchan;
    switch (task->need.kind) {
    case WHY_READ:
    case WHY_WRITE:
    case WHY_ACCEPT:
    case WHY_MQ_RECEIVE:
    case WHY_MQ_SEND:
    case WHY_IO_URING:
        return has_arguments ? gather_fd(e, task, task->need.fd, 0) : 0;
    case WHY_CONNECT:
        return has_arguments ? gather_connect(e, task) : 0;
    case WHY_POLL:
        if (!has_arguments)
            return 0;
        return task->need.is_select ? gather_select(e, task) : gather_pollfds(e, task);
    case WHY_EPOLL:
        return has_arguments ? gather_epoll(e, task) : 0;
    case WHY_CHILD:
        return gather_child(e, task);
    case WHY_VFORK:
        gather_children(task, WHY_ROLE_VFORK_CHILD);
        return 0;
    case WHY_ZOMBIE_LEADER:
        gather_threads(task);
        return 0;
    case WHY_FUTEX:
        gather_futex(e, task);
        return 0;
    case WHY_LOCK:
        return gather_lock(e, task);
    case WHY_SEMAPHORE:
        gather_semaphore(e, task);
        return 0;
    case WHY_MSG_RECEIVE:
    case WHY_MSG_SEND:
        gather_queue(task);
        return 0;
    case WHY_OPEN_FIFO:
    case WHY_OPEN:
        if (has_arguments)
            gather_path(e, task);
        return 0;
    case WHY_SIGNAL:
        gather_signals(e, task);
        return 0;
    case WHY_DISK:
        return gather_disk(e, task);
    default:
        return 0;
    }
}

/* What its control groups do to it; a frozen one is seen as such whatever it slept in. */
static void look_at_cgroup(struct evidence *e, struct why_task *task)
{
    _cleanup_close_ int fd = -EBADF;
    if (task->is_kernel || task->state == 'Z' || task->state == 'X' ||
        (fd = procfs_open_process(task->id.pid, task->tid)) < 0)
        return;
    cgroup_mounts_read(&e->cgroups);
    cgroup_state_read(fd, &e->cgroups, &task->cgroup);
    task->need = why_classify(task);
}

/* A group that was throttled, or used up its time, since the first look. */
static void look_at_quota_again(struct evidence *e, struct why_task *task)
{
    struct cgroup_state now;
    _cleanup_close_ int fd = -EBADF;
    if (!task->cgroup.has_quota || task->run_delta_ns > 0 ||
        (fd = procfs_open_process(task->id.pid, task->tid)) < 0)
        return;
    cgroup_state_read(fd, &e->cgroups, &now);
    task->is_throttled = now.has_quota && now.throttled > 0 && now.periods > 0;
    if (task->is_throttled) {
        task->cgroup = now;
        task->need = why_classify(task);
    }
}

static void look_at_clock(struct evidence *e, size_t index)
{
    const struct why_task *task = task_at(e, index);
    if (task->need.kind == WHY_RUNNING && evidence_task_cpu_time(task, &e->cpu_ns[index]) == 0)
        e->looked_ns[index] = clock_ns(CLOCK_MONOTONIC);
}

/* Time that passed without a share of it means that it waits for its turn. */
static void look_at_clock_again(struct evidence *e, size_t index)
{
    struct why_task *task = task_at(e, index);
    uint64_t now;
    if (e->looked_ns[index] == 0 || evidence_task_cpu_time(task, &now) < 0)
        return;
    task->has_schedule = true;
    task->run_delta_ns = now > e->cpu_ns[index] ? now - e->cpu_ns[index] : 0;
    task->wait_delta_ns =
        task->run_delta_ns == 0 ? clock_ns(CLOCK_MONOTONIC) - e->looked_ns[index] : 0;
    look_at_quota_again(e, task);
}

static int add_task(struct evidence *e, pid_t tid, uint8_t depth)
{
    struct why_task *task = why_evidence_add(&e->why);
    if (!task)
        return e->why.is_bounded ? 0 : -ENOMEM;
    size_t index = e->why.count - 1;
    e->depth[index] = depth;
    int r = evidence_task_read(e->reader, tid, task, NULL);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        task->state = '\0';
    else {
        look_at_cgroup(e, task);
        look_at_clock(e, index);
    }
    return 0;
}

static int add_holders(struct evidence *e, size_t index)
{
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    uint8_t depth = e->depth[index];
    uint32_t count = why_holders(task_at(e, index), holders, &is_any);
    if (depth + 1 >= WHY_DEPTH_MAX)
        return 0;
    for (uint32_t i = 0; i < count && i < WHY_BRANCHES; i++) {
        if (why_evidence_find(&e->why, holders[i].pid))
            continue;
        int r = add_task(e, holders[i].pid, (uint8_t)(depth + 1));
        if (r < 0)
            return r;
    }
    return 0;
}

int evidence_new(struct reader *reader, struct identity id, pid_t tid,
                 struct evidence **ret_evidence)
{
    struct evidence *e = calloc(1, sizeof(*e));
    if (!e)
        return -ENOMEM;
    e->reader = reader;
    e->peers = PEERS_INIT;
    e->peers.reader = reader;
    int r = add_task(e, tid > 0 ? tid : id.pid, 0);
    const struct why_task *first = e->why.count > 0 ? &e->why.tasks[0] : NULL;
    if (r == 0 && (!first || first->state == '\0' ||
                   (id.start_ticks != 0 && tid <= 0 && first->id.start_ticks != id.start_ticks)))
        r = -ESRCH;
    if (r < 0) {
        evidence_free(e);
        return r;
    }
    *ret_evidence = e;
    return 0;
}

void evidence_free(struct evidence *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->network_count; i++)
        socket_table_done(&e->networks[i].sockets);
    peers_done(&e->peers);
    why_evidence_done(&e->why);
    free(e);
}

const struct why_evidence *evidence_why(const struct evidence *evidence)
{
    return &evidence->why;
}

static int gather_queue_of_tasks(struct evidence *e, uint64_t deadline_ns)
{
    for (; e->next < e->why.count; e->next++) {
        if (deadline_ns != 0 && clock_ns(CLOCK_MONOTONIC) >= deadline_ns)
            return 1;
        struct why_task *task = task_at(e, e->next);
        if (task->state == '\0')
            continue;
        if (needs_peers(task) && !e->peers.is_complete) {
            int r = peers_step(&e->peers, deadline_ns);
            if (r > 0 || r == -ENOMEM)
                return r;
            e->peers.is_complete = true;
        }
        int r = gather_facts(e, e->next);
        if (r == 0)
            r = add_holders(e, e->next);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Its other threads, for locks among them. What they lead to has its room left. */
static int add_siblings(struct evidence *e)
{
    const struct why_task *first = task_at(e, 0);
    pid_t pid = first->id.pid;
    if (first->threads <= 1 || first->tid != pid)
        return 0;
    _cleanup_dir_ DIR *threads = open_threads(pid);
    struct dirent *entry;
    int64_t tid;
    for (int i = 0; threads && i < WHY_SIBLINGS_MAX && (entry = readdir(threads)) != NULL;) {
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) < 0 ||
            why_evidence_find(&e->why, (pid_t)tid))
            continue;
        int r = add_task(e, (pid_t)tid, 0);
        if (r < 0)
            return r;
        i++;
    }
    return 0;
}

int evidence_step(struct evidence *e, uint64_t deadline_ns)
{
    int r = gather_queue_of_tasks(e, deadline_ns);
    if (r == 0 && !e->has_siblings) {
        e->has_siblings = true;
        r = add_siblings(e);
        if (r == 0)
            r = gather_queue_of_tasks(e, deadline_ns);
    }
    if (r != 0)
        return r;
    for (size_t i = 0; i < e->why.count; i++)
        look_at_clock_again(e, i);
    return 0;
}

/* The descriptors among a call's arguments, as far as they can be read. */
static int look_at_arguments(struct reader *reader, struct why_task *task, struct arena *arena)
{
    const struct syscall_shape *shape = syscall_shape(task->syscall.number);
    if (task->syscall.access != ACCESS_OK || task->syscall.place != SYSCALL_INSIDE || !shape ||
        syscall_is_foreign(&task->syscall))
        return 0;
    _cleanup_close_ int pid_fd = procfs_open_living(task->id.pid);
    if (pid_fd < 0)
        return 0;
    task->objects = arena_alloc(arena, SYSCALL_ARGUMENTS * sizeof(struct why_object));
    if (!task->objects)
        return -ENOMEM;
    for (int i = 0; i < SYSCALL_ARGUMENTS; i++) {
        if (shape->arguments[i].kind != ARGUMENT_FD)
            continue;
        struct why_object *object = &task->objects[task->object_count++];
        object->fd = (int32_t)(uint32_t)task->syscall.arguments[i];
        int r = files_read_one(reader, task->id, pid_fd, object->fd, arena, &object->descriptor);
        object->access = access_from_errno(r, task->state);
        if (r == -ENOMEM)
            return r;
    }
    return 0;
}

int evidence_look(struct reader *reader, struct identity id, pid_t tid, struct arena *arena,
                  struct why_task *ret_task, struct strbuf *stack)
{
    struct why_task task = {.exit_status = -1, .need = {.fd = -1}};
    int r = evidence_task_read(reader, tid > 0 ? tid : id.pid, &task, stack);
    if (r < 0)
        return r;
    if (id.start_ticks != 0 && tid <= 0 && task.id.start_ticks != id.start_ticks)
        return -ESRCH;
    r = look_at_arguments(reader, &task, arena);
    if (r == 0)
        *ret_task = task;
    return r;
}
