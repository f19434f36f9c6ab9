#include "evidence_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "evidence_task.h"
#include "own_tables.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/read_files.h"

enum {
    OWN_SOCKETS_LOOKED_AT = 4096,
};

/* ---- sockets and descriptors ---- */

static uint64_t network_inode(int pid_fd)
{
    struct stat status;
    return fstatat(pid_fd, "ns/net", &status, 0) == 0 ? status.st_ino : 0;
}

/* NULL where they cannot be read, or after too many namespaces. */
static const struct socket_table *sockets_of(struct facts *facts, int pid_fd)
{
    uint64_t inode = network_inode(pid_fd);
    for (size_t i = 0; i < facts->network_count; i++)
        if (facts->networks[i].inode == inode)
            return &facts->networks[i].sockets;
    if (facts->network_count >= NETWORKS_MAX)
        return NULL;
    struct network *network = &facts->networks[facts->network_count];
    *network = (struct network){.inode = inode};
    if (sockets_read(pid_fd, &network->sockets) < 0) {
        socket_table_done(&network->sockets);
        return NULL;
    }
    facts->network_count++;
    return &network->sockets;
}

static struct why_object *add_object(struct facts *facts, struct why_task *task, int fd,
                                     uint32_t events)
{
    if (task->object_count >= WHY_OBJECTS_MAX) {
        task->object_more++;
        return NULL;
    }
    if (!task->objects) {
        task->objects = arena_alloc(facts->strings, WHY_OBJECTS_MAX * sizeof(struct why_object));
        if (!task->objects)
            return NULL;
    }
    struct why_object *object = &task->objects[task->object_count++];
    *object = (struct why_object){.fd = fd, .events = events};
    return object;
}

/* Reads the descriptor and who is at its other end. */
static int fill_object(struct facts *facts, struct why_task *task, int pid_fd,
                       struct why_object *object)
{
    int r = files_read_one(facts->reader, evidence_task_process(task), pid_fd, object->fd,
                           facts->strings, &object->descriptor);
    object->access = access_from_errno(r, task->state);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return 0;
    if (own_tables_has(task->id.pid, task->tid))
        object->descriptor.tid = task->tid;
    const struct socket_table *sockets = NULL;
    if (object->descriptor.type == DESCRIPTOR_SOCKET) {
        sockets = sockets_of(facts, pid_fd);
        if (!sockets ||
            (!sockets->has_unix_peers && socket_find(sockets, object->descriptor.inode) &&
             socket_find(sockets, object->descriptor.inode)->family == SOCKET_UNIX))
            task->sockets_access = ACCESS_UNSUPPORTED;
    }
    r = files_attach(&facts->peers, sockets, task->id.pid, facts->strings, &object->descriptor);
    if (object->descriptor.peers_access == ACCESS_OK && object->descriptor.peer_count == 0)
        task->not_looked_into = facts->peers.not_looked_into;
    return r;
}

static int gather_fd(struct facts *facts, struct why_task *task, int fd, uint32_t events)
{
    struct why_object *object = add_object(facts, task, fd, events);
    if (!object)
        return 0;
    _cleanup_close_ int pid_fd = procfs_open_process(task->id.pid, task->tid);
    if (pid_fd < 0) {
        object->access = ACCESS_GONE;
        return 0;
    }
    return fill_object(facts, task, pid_fd, object);
}

int facts_gather_descriptor(struct facts *facts, struct why_task *task)
{
    return gather_fd(facts, task, task->wait.fd, 0);
}

/* ---- several descriptors ---- */

void facts_keep_memory_access(struct why_task *task, ssize_t got)
{
    task->wait.memory_access = access_from_errno(got < 0 ? (int)got : 0, task->state);
}

static int gather_pollfds(struct facts *facts, struct why_task *task)
{
    struct pollfd fds[WHY_OBJECTS_MAX];
    uint64_t count = task->wait.length;
    task->wait.access = ACCESS_OK;
    if (count == 0)
        return 0;
    if (count > WHY_OBJECTS_MAX) {
        task->object_more =
            (uint32_t)(count - WHY_OBJECTS_MAX < UINT32_MAX ? count - WHY_OBJECTS_MAX : UINT32_MAX);
        count = WHY_OBJECTS_MAX;
    }
    ssize_t got = evidence_task_memory(facts->reader, task, task->wait.address, fds,
                                       (size_t)count * sizeof(fds[0]), sizeof(fds[0]));
    facts_keep_memory_access(task, got);
    task->wait.access = task->wait.memory_access;
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(fds[0]); i++) {
        if (fds[i].fd < 0)
            continue;
        int r = gather_fd(facts, task, fds[i].fd, (uint16_t)fds[i].events);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool read_set(struct facts *facts, struct why_task *task, uint64_t address, fd_set *ret_set)
{
    FD_ZERO(ret_set);
    if (address == 0)
        return true;
    uint64_t length = task->wait.length;
    size_t bits = length < FD_SETSIZE ? (size_t)length : FD_SETSIZE;
    size_t bytes = (bits + 63) / 64 * 8;
    ssize_t got = evidence_task_memory(facts->reader, task, address, ret_set, bytes, bytes);
    facts_keep_memory_access(task, got);
    task->wait.access = task->wait.memory_access;
    return got >= 0;
}

static int gather_select(struct facts *facts, struct why_task *task)
{
    fd_set in, out, except;
    const uint64_t *sets = task->wait.poll.sets;
    task->wait.access = ACCESS_OK;
    if (!read_set(facts, task, sets[0], &in) || !read_set(facts, task, sets[1], &out) ||
        !read_set(facts, task, sets[2], &except))
        return 0;
    for (int fd = 0; fd < FD_SETSIZE && (uint64_t)fd < task->wait.length; fd++) {
        uint32_t events = (FD_ISSET(fd, &in) ? (uint32_t)EPOLLIN : 0) |
                          (FD_ISSET(fd, &out) ? (uint32_t)EPOLLOUT : 0) |
                          (FD_ISSET(fd, &except) ? (uint32_t)EPOLLPRI : 0);
        int r = events ? gather_fd(facts, task, fd, events) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static int gather_polled(struct facts *facts, struct why_task *task)
{
    return task->wait.poll.is_select ? gather_select(facts, task) : gather_pollfds(facts, task);
}

static int gather_epoll(struct facts *facts, struct why_task *task)
{
    _cleanup_close_ int pid_fd = procfs_open_process(task->id.pid, task->tid);
    struct descriptor epoll;
    int r = pid_fd < 0 ? pid_fd
                       : files_read_one(facts->reader, evidence_task_process(task), pid_fd,
                                        task->wait.fd, facts->strings, &epoll);
    task->wait.access = r < 0 ? access_from_errno(r, task->state) : epoll.access;
    if (r == -ENOMEM)
        return r;
    if (r < 0 || !epoll.detail)
        return 0;
    for (uint32_t i = 0; i < epoll.detail->watch_count; i++) {
        r = gather_fd(facts, task, epoll.detail->watches[i].fd, epoll.detail->watches[i].events);
        if (r < 0)
            return r;
    }
    task->object_more += epoll.detail->watch_more;
    return 0;
}

void facts_add_found(struct why_task *task, pid_t pid, enum why_role role, int fd, bool is_inferred)
{
    for (uint32_t i = 0; i < task->found_count; i++)
        if (task->found[i].pid == pid)
            return;
    if (task->found_count >= WHY_HOLDERS_MAX) {
        task->found_more++;
        return;
    }
    task->found[task->found_count++] =
        (struct why_holder){.pid = pid, .role = role, .fd = fd, .is_inferred = is_inferred};
}

/* ---- paths and addresses in its memory ---- */

int facts_gather_path(struct facts *facts, struct why_task *task)
{
    char *path = task->wait.path;
    ssize_t got = evidence_task_memory(facts->reader, task, task->wait.address, path,
                                       sizeof(task->wait.path) - 1, 1);
    facts_keep_memory_access(task, got);
    path[got > 0 ? got : 0] = '\0';
    return 0;
}

/* An abstract name is as long as it was given; /proc/net/unix writes '@' for each NUL. */
static void copy_unix_name(char *out, const char *name, size_t length)
{
    memcpy(out, name, length);
    out[length] = '\0';
    for (size_t i = 0; name[0] == '\0' && i < length; i++)
        if (name[i] == '\0')
            out[i] = '@';
}

static int gather_connect(struct facts *facts, struct why_task *task)
{
    struct sockaddr_un address = {0};
    char *path = task->wait.path;
    uint64_t length = task->wait.length;
    int r = facts_gather_descriptor(facts, task);
    if (r < 0 || task->wait.address == 0)
        return r;
    size_t size = length < sizeof(address) ? (size_t)length : sizeof(address);
    if (size <= sizeof(sa_family_t) ||
        evidence_task_memory(facts->reader, task, task->wait.address, &address, size, size) < 0 ||
        address.sun_family != AF_UNIX)
        return 0;
    copy_unix_name(path, address.sun_path, size - offsetof(struct sockaddr_un, sun_path));

    _cleanup_close_ int pid_fd = procfs_open_process(task->id.pid, task->tid);
    const struct socket_table *sockets = pid_fd >= 0 ? sockets_of(facts, pid_fd) : NULL;
    const struct socket *listener = sockets ? socket_find_path(sockets, path) : NULL;
    size_t count = 0;
    const struct peer_entry *entries =
        listener ? peers_find(&facts->peers, PEER_SOCKET, listener->inode, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        facts_add_found(task, peers_task(&entries[i]), WHY_ROLE_LISTENER, entries[i].fd, false);
    return 0;
}

static int gather_signals(struct facts *facts, struct why_task *task)
{
    uint64_t address = task->wait.address, set;
    if (address == 0 ||
        evidence_task_memory(facts->reader, task, address, &set, sizeof(set), sizeof(set)) < 0)
        return 0;
    task->wait.signals.set = set;
    task->wait.signals.has_set = true;
    return 0;
}

/* What an uninterruptible call works on, where it names a descriptor. */
int facts_gather_call(struct facts *facts, struct why_task *task)
{
    const struct syscall_shape *shape =
        syscall_is_readable(&task->syscall) ? syscall_shape(task->syscall.number) : NULL;
    if (!shape || shape->arguments[0].kind != ARGUMENT_FD)
        return 0;
    return gather_fd(facts, task, (int32_t)(uint32_t)task->syscall.arguments[0], 0);
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

static void gather_work(struct facts *facts, struct why_task *task)
{
    char target[PATH_MAX + 1];
    _cleanup_close_ int pid_fd = procfs_open_process(task->id.pid, task->tid);
    int fd = pid_fd < 0 ? -1 : openat(pid_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *fds = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    for (int i = 0; fds && i < OWN_SOCKETS_LOOKED_AT && (entry = readdir(fds)) != NULL; i++) {
        ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, PATH_MAX);
        if (length < 8 || memcmp(target, "socket:[", 8) != 0)
            continue;
        target[length] = '\0';
        const struct socket_table *sockets = sockets_of(facts, pid_fd);
        if (!sockets)
            return;
        look_at_own_socket(sockets, target, task);
    }
    if (!fds)
        (void)fd_close(fd);
}

/* ---- one row for what a kind of wait calls for ---- */

static const struct {
    facts_gatherer *gather;
    bool needs_peers;     /* the descriptors of all processes, where the call names one */
    bool needs_arguments; /* nothing is known where the call was not readable */
} rows[WHY_FACTS_COUNT] = {
    [WHY_FACTS_DESCRIPTOR] = {facts_gather_descriptor, true, true},
    [WHY_FACTS_POLLED] = {gather_polled, true, true},
    [WHY_FACTS_EPOLL] = {gather_epoll, true, true},
    [WHY_FACTS_LISTENER] = {gather_connect, true, true},
    [WHY_FACTS_CHILD] = {facts_gather_child, true, false},
    [WHY_FACTS_VFORK_CHILD] = {facts_gather_vfork_child, false, false},
    [WHY_FACTS_THREADS] = {facts_gather_threads, false, false},
    [WHY_FACTS_FUTEX] = {facts_gather_futex, false, false},
    [WHY_FACTS_LOCK] = {facts_gather_lock, true, false},
    [WHY_FACTS_SEMAPHORE] = {facts_gather_semaphore, false, false},
    [WHY_FACTS_QUEUE] = {facts_gather_queue, false, false},
    [WHY_FACTS_PATH] = {facts_gather_path, false, true},
    [WHY_FACTS_SIGNALS] = {gather_signals, false, false},
    [WHY_FACTS_LEFT] = {facts_gather_left, false, false},
    [WHY_FACTS_LEASE] = {facts_gather_lease, false, false},
    [WHY_FACTS_FUSE] = {facts_gather_fuse, true, false},
    [WHY_FACTS_CALL] = {facts_gather_call, true, false},
};

/* Whether the descriptors of all processes are to be read: a wait for children has none. */
static bool needs_peers(const struct why_task *task)
{
    enum why_facts which = why_facts_of(task->wait.kind);
    return rows[which].needs_peers && !task->wait.from_wchan &&
           (which != WHY_FACTS_CHILD || task->wait.fd >= 0);
}

int facts_gather(struct facts *facts, struct why_task *task, bool is_first)
{
    enum why_facts which = why_facts_of(task->wait.kind);
    if (needs_peers(task) && !facts->has_peers) {
        if (peers_read(&facts->peers) == -ENOMEM)
            return -ENOMEM;
        facts->has_peers = true;
    }
    if (is_first && !task->is_kernel && task->state != 'Z')
        gather_work(facts, task);
    if (!rows[which].gather || (rows[which].needs_arguments && task->wait.from_wchan))
        return 0;
    return rows[which].gather(facts, task);
}

void facts_init(struct facts *facts, struct reader *reader, struct arena *strings)
{
    *facts = (struct facts){.reader = reader, .strings = strings, .peers = PEERS_INIT};
    facts->peers.reader = reader;
}

void facts_done(struct facts *facts)
{
    for (size_t i = 0; i < facts->network_count; i++)
        socket_table_done(&facts->networks[i].sockets);
    peers_done(&facts->peers);
}
