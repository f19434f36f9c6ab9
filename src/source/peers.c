#include "reaptop/source/peers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mounts.h"
#include "own_tables.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/number.h"
#include "reaptop/source/fdinfo.h"
#include "reaptop/source/parse_fdinfo.h"
#include "reaptop/source/procfs.h"

enum {
    SMALL_FDINFO_LIMIT = 4096,
};

/* The process whose descriptors are read, or looked at again. */
struct place {
    struct reader *reader;
    pid_t pid;
    pid_t tid; /* as in struct peer */
    int pid_fd;
};

void peers_done(struct peers *peers)
{
    free(peers->entries);
    *peers = PEERS_INIT;
}

uint64_t peers_path_number(const char *path)
{
    /* FNV-1a, 64 bits. */
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
    return hash;
}

static int compare_entries(const void *a, const void *b)
{
    const struct peer_entry *one = a, *other = b;
    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    if (one->number != other->number)
        return one->number < other->number ? -1 : 1;
    if (one->pid != other->pid)
        return one->pid < other->pid ? -1 : 1;
    if (one->tid != other->tid)
        return one->tid < other->tid ? -1 : 1;
    return (one->fd > other->fd) - (one->fd < other->fd);
}

/* `target`: the text of its link, NULL where it is not known. */
static bool fdinfo_number(const struct place *place, int fd, const char *target, const char *name,
                          uint64_t *ret_number)
{
    const struct identity whoever = {.pid = place->pid};
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    return fdinfo_read(place->reader, whoever, place->pid_fd, fd, target, SMALL_FDINFO_LIMIT,
                       &text) >= 0 &&
           parse_fdinfo_number(strbuf_text(&text), text.length, name, ret_number);
}

/* What the link's text stands for in the index; false: nothing that has another end. */
static bool entry_of_target(const struct place *place, const char *target, struct peer_entry *entry)
{
    bool is_path;
    switch (descriptor_type_of_target(target, &is_path)) {
    case DESCRIPTOR_PIPE:
        entry->kind = PEER_PIPE;
        return descriptor_target_inode(target, "pipe", &entry->number);
    case DESCRIPTOR_SOCKET:
        entry->kind = PEER_SOCKET;
        return descriptor_target_inode(target, "socket", &entry->number);
    case DESCRIPTOR_EVENTFD:
        entry->kind = PEER_EVENTFD;
        return fdinfo_number(place, entry->fd, target, "eventfd-id", &entry->number);
    case DESCRIPTOR_PTMX:
        entry->kind = PEER_PTMX;
        return fdinfo_number(place, entry->fd, target, "tty-index", &entry->number);
    default:
        entry->kind = PEER_PATH;
        entry->number = peers_path_number(target);
        return is_path;
    }
}

/* The descriptor's access mode, without fdinfo: the link's own permission bits. */
static void read_mode(int fds_fd, const char *name, struct peer_entry *entry)
{
    struct stat link;
    if (fstatat(fds_fd, name, &link, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    entry->can_read = link.st_mode & S_IRUSR;
    entry->can_write = link.st_mode & S_IWUSR;
}

static int add_descriptor(struct peers *peers, const struct place *place, int fds_fd,
                          const char *name)
{
    char target[PATH_MAX + 1];
    int64_t fd;
    if (number_parse(name, 0, INT_MAX, &fd) < 0)
        return 0;
    ssize_t length = readlinkat(fds_fd, name, target, PATH_MAX);
    if (length <= 0)
        return 0; /* closed meanwhile */
    target[length] = '\0';

    struct peer_entry entry = {.pid = place->pid, .tid = place->tid, .fd = (int32_t)fd};
    if (!entry_of_target(place, target, &entry))
        return 0;
    if (peers->count >= PEER_ENTRIES_LIMIT) {
        peers->is_truncated = true;
        return 0;
    }
    read_mode(fds_fd, name, &entry);
    if (array_reserve(&peers->entries, &peers->capacity, peers->count + 1) < 0)
        return -ENOMEM;
    peers->entries[peers->count++] = entry;
    return 0;
}

int peers_open(const struct peer_entry *entry)
{
    return entry->tid > 0 ? procfs_open_process(entry->pid, entry->tid)
                          : procfs_open_living(entry->pid);
}

/* Of a process, or of a thread that has a table of its own. False: it could not be opened. */
static int add_table(struct peers *peers, const struct place *place, bool *ret_is_open)
{
    int fd = openat(place->pid_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *fds = fd >= 0 ? fdopendir(fd) : NULL;
    *ret_is_open = fds != NULL;
    int r = 0;
    const struct dirent *entry;
    while (fds && r == 0 && (entry = readdir(fds)))
        r = add_descriptor(peers, place, dirfd(fds), entry->d_name);
    if (!fds)
        (void)fd_close(fd);
    return r;
}

static int add_own_tables(struct peers *peers, const struct place *process)
{
    struct stat_line line;
    pid_t tids[OWN_TABLES_MAX];
    size_t count = procfs_read_stat(process->pid_fd, &line) < 0
                       ? 0
                       : own_tables_find(process->pid, line.pid, tids);
    int r = 0;
    while (r == 0 && count > 0) {
        pid_t tid = tids[--count];
        bool is_open;
        _cleanup_close_ int pid_fd = procfs_open_process(process->pid, tid);
        const struct place place = {
            .reader = peers->reader, .pid = process->pid, .tid = tid, .pid_fd = pid_fd};
        r = pid_fd < 0 ? 0 : add_table(peers, &place, &is_open);
    }
    return r;
}

/* A process that is gone, or that may not be looked into, is no failure. */
static int add_process(struct peers *peers, pid_t pid)
{
    _cleanup_close_ int pid_fd = procfs_open_living(pid);
    const struct place place = {.reader = peers->reader, .pid = pid, .pid_fd = pid_fd};
    bool is_open;
    if (pid_fd < 0)
        return 0;
    int r = add_table(peers, &place, &is_open);
    if (!is_open) {
        peers->not_looked_into +=
            errno == EACCES || errno == EPERM || errno == EMFILE || errno == ENFILE;
        return 0;
    }
    peers->processes++;
    return r == 0 ? add_own_tables(peers, &place) : r;
}

int peers_read(struct peers *peers)
{
    _cleanup_dir_ DIR *proc = opendir("/proc");
    if (!proc)
        return -errno;
    const struct dirent *entry;
    while ((entry = readdir(proc))) {
        int64_t pid;
        int r =
            number_parse(entry->d_name, 1, INT_MAX, &pid) < 0 ? 0 : add_process(peers, (pid_t)pid);
        if (r < 0)
            return r;
    }
    if (peers->count > 0)
        qsort(peers->entries, peers->count, sizeof(peers->entries[0]), compare_entries);
    return 0;
}

const struct peer_entry *peers_find(const struct peers *peers, enum peer_kind kind, uint64_t number,
                                    size_t *ret_count)
{
    const struct peer_entry least = {.number = number, .kind = (uint8_t)kind, .fd = INT_MIN};
    size_t low = 0, high = peers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_entries(&peers->entries[middle], &least) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t count = 0;
    while (low + count < peers->count && peers->entries[low + count].kind == least.kind &&
           peers->entries[low + count].number == number)
        count++;
    *ret_count = count;
    return count > 0 ? &peers->entries[low] : NULL;
}

/* ---- the ends opposite to one descriptor ---- */

struct found {
    struct reader *reader;
    struct peer *out;
    uint32_t count, more;
};

static void read_comm(int pid_fd, char comm[static PEER_COMM_SIZE])
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (procfs_read(pid_fd, "comm", PEER_COMM_SIZE, &text) < 0 || text.length == 0)
        return;
    size_t length = text.length - (text.data[text.length - 1] == '\n');
    if (length >= PEER_COMM_SIZE)
        length = PEER_COMM_SIZE - 1;
    memcpy(comm, text.data, length);
    comm[length] = '\0';
}

/* Anybody can have the name: it must be the program that we are, too. */
static bool is_lab_helper(int pid_fd, const char *comm)
{
    struct stat own, theirs;
    return helper_is_lab_name(comm) && stat("/proc/self/exe", &own) == 0 &&
           fstatat(pid_fd, "exe", &theirs, 0) == 0 && own.st_dev == theirs.st_dev &&
           own.st_ino == theirs.st_ino;
}

/* Is it still what the index says? Its process may be gone and its number given anew. */
static bool is_still(const struct place *place, const struct peer_entry *entry, uint64_t file_inode)
{
    char path[32];
    struct peer_entry now = {.fd = entry->fd};
    _cleanup_(strbuf_done) struct strbuf target = STRBUF_INIT;
    (void)snprintf(path, sizeof(path), "fd/%d", entry->fd);
    if (procfs_readlink(place->pid_fd, path, &target) < 0 ||
        !entry_of_target(place, strbuf_text(&target), &now) || now.kind != entry->kind ||
        now.number != entry->number)
        return false;

    /* Two files may share a path: another mount, or one that was deleted. */
    uint64_t inode;
    return entry->kind != PEER_PATH || file_inode == 0 ||
           !fdinfo_number(place, entry->fd, strbuf_text(&target), "ino", &inode) ||
           inode == file_inode;
}

static void add_peer(struct found *found, const struct peer_entry *entry, enum peer_role role,
                     uint64_t file_inode)
{
    if (found->count >= PEERS_SHOWN) {
        found->more++;
        return;
    }
    _cleanup_close_ int pid_fd = peers_open(entry);
    const struct place place = {.reader = found->reader, .pid = entry->pid, .pid_fd = pid_fd};
    if (pid_fd < 0 || !is_still(&place, entry, file_inode))
        return;
    struct peer *peer = &found->out[found->count++];
    *peer = (struct peer){.pid = entry->pid, .tid = entry->tid, .fd = entry->fd, .role = role};
    read_comm(pid_fd, peer->comm);
    peer->is_lab_helper = is_lab_helper(pid_fd, peer->comm);
}

static enum peer_role role_of_mode(const struct peer_entry *entry)
{
    if (entry->can_read && entry->can_write)
        return PEER_BOTH;
    return entry->can_write ? PEER_WRITES : PEER_READS;
}

static bool is_descriptor(const struct peer_entry *entry, pid_t pid,
                          const struct descriptor *descriptor)
{
    return entry->pid == pid && entry->tid == descriptor->tid && entry->fd == descriptor->fd;
}

/* Of a pipe, FIFO or queue: those who write what we read, and read what we write. */
static void find_opposite(const struct peers *peers, enum peer_kind kind, uint64_t number,
                          pid_t pid, const struct descriptor *descriptor, struct found *found)
{
    size_t count;
    const struct peer_entry *entries = peers_find(peers, kind, number, &count);
    for (size_t i = 0; i < count; i++) {
        const struct peer_entry *entry = &entries[i];
        bool is_itself = is_descriptor(entry, pid, descriptor);
        bool is_opposite = (descriptor->can_read && entry->can_write) ||
                           (descriptor->can_write && entry->can_read);
        if (!is_itself && is_opposite)
            add_peer(found, entry, role_of_mode(entry), kind == PEER_PATH ? descriptor->inode : 0);
    }
}

/* All others who hold an object. */
static void find_all(const struct peers *peers, enum peer_kind kind, uint64_t number, pid_t pid,
                     const struct descriptor *descriptor, enum peer_role role, struct found *found)
{
    size_t count;
    const struct peer_entry *entries = peers_find(peers, kind, number, &count);
    for (size_t i = 0; i < count; i++)
        if (!is_descriptor(&entries[i], pid, descriptor))
            add_peer(found, &entries[i], role, 0);
}

static void find_socket(const struct peers *peers, const struct socket_table *sockets, pid_t pid,
                        const struct descriptor *descriptor, struct found *found)
{
    const struct socket *one = socket_find(sockets, descriptor->inode);
    if (!one)
        return;
    const struct socket *peer = socket_find_peer(sockets, one);
    enum peer_role role = PEER_BOTH;
    if (!peer || peer->inode == 0) {
        peer = socket_find_listener(sockets, one);
        role = PEER_LISTENS;
    }
    if (peer && peer->inode != 0)
        find_all(peers, PEER_SOCKET, peer->inode, pid, descriptor, role, found);
}

/*
 * Containers have pseudo-terminals of their own, numbered from 0 like ours. A
 * slave lies in its instance's file system; a master opened as /dev/ptmx is of
 * the instance at /dev/pts beside it. 0: not known.
 */
static uint64_t pty_instance(struct reader *reader, const struct peer_entry *entry)
{
    _cleanup_close_ int pid_fd = peers_open(entry);
    _cleanup_(mounts_done) struct mounts mounts = MOUNTS_INIT;
    const struct place where = {.reader = reader, .pid = entry->pid, .pid_fd = pid_fd};
    uint64_t id;
    if (pid_fd < 0 || mounts_read(pid_fd, &mounts) < 0 ||
        !fdinfo_number(&where, entry->fd, NULL, "mnt_id", &id) || id > INT32_MAX)
        return 0;
    const struct mount_place *place = mounts_find(&mounts, (int32_t)id);
    if (place && place->is_devpts)
        return (uint64_t)place->major << 32 | place->minor;
    return mounts_devpts(&mounts);
}

/* The other side of a pseudo-terminal, of the same instance as far as both are known. */
static void find_pty(const struct peers *peers, enum peer_kind kind, uint64_t number, pid_t pid,
                     const struct descriptor *descriptor, enum peer_role role, struct found *found)
{
    size_t count;
    const struct peer_entry *entries = peers_find(peers, kind, number, &count);
    const struct peer_entry here = {.pid = pid, .tid = descriptor->tid, .fd = descriptor->fd};
    uint64_t own = count > 0 ? pty_instance(peers->reader, &here) : 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t theirs = pty_instance(peers->reader, &entries[i]);
        if (own == 0 || theirs == 0 || own == theirs)
            add_peer(found, &entries[i], role, 0);
    }
}

static void find_master(const struct peers *peers, pid_t pid, const struct descriptor *descriptor,
                        struct found *found)
{
    int64_t index;
    static const char prefix[] = "/dev/pts/";
    if (strncmp(descriptor->target, prefix, strlen(prefix)) == 0 &&
        number_parse(descriptor->target + strlen(prefix), 0, INT_MAX, &index) == 0)
        find_pty(peers, PEER_PTMX, (uint64_t)index, pid, descriptor, PEER_MASTER, found);
}

static void find_slaves(const struct peers *peers, pid_t pid, const struct descriptor *descriptor,
                        struct found *found)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/dev/pts/%d", descriptor->detail->tty_index);
    find_pty(peers, PEER_PATH, peers_path_number(path), pid, descriptor, PEER_SLAVE, found);
}

enum access peers_of(const struct peers *peers, const struct socket_table *sockets, pid_t pid,
                     const struct descriptor *descriptor, struct peer *out, uint32_t *ret_count,
                     uint32_t *ret_more)
{
    struct found found = {.reader = peers->reader, .out = out};
    enum access access = ACCESS_OK;
    const struct descriptor_detail *detail = descriptor->detail;

    switch (descriptor->type) {
    case DESCRIPTOR_PIPE:
        find_opposite(peers, PEER_PIPE, descriptor->inode, pid, descriptor, &found);
        break;
    case DESCRIPTOR_FIFO:
    case DESCRIPTOR_MQUEUE:
        find_opposite(peers, PEER_PATH, peers_path_number(descriptor->target), pid, descriptor,
                      &found);
        break;
    case DESCRIPTOR_SOCKET:
        if (!sockets)
            access = ACCESS_UNREAD;
        else
            find_socket(peers, sockets, pid, descriptor, &found);
        break;
    case DESCRIPTOR_EVENTFD:
        if (detail && detail->eventfd_id >= 0)
            find_all(peers, PEER_EVENTFD, (uint64_t)detail->eventfd_id, pid, descriptor,
                     PEER_SHARES, &found);
        else
            access = ACCESS_UNSUPPORTED;
        break;
    case DESCRIPTOR_TTY:
        find_master(peers, pid, descriptor, &found);
        break;
    case DESCRIPTOR_PTMX:
        if (detail && detail->tty_index >= 0)
            find_slaves(peers, pid, descriptor, &found);
        else
            access = ACCESS_UNSUPPORTED;
        break;
    default:
        access = ACCESS_EMPTY;
    }
    *ret_count = found.count;
    *ret_more = found.more;
    return access;
}
