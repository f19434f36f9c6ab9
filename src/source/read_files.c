#include "reaptop/source/read_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "mounts.h"
#include "own_tables.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/libc.h"
#include "reaptop/base/number.h"
#include "reaptop/source/fdinfo.h"
#include "reaptop/source/parse_fdinfo.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/read_sockets.h"

struct files {
    struct descriptor_table table;
    struct mounts mounts;
    struct socket_table sockets;
    struct peers peers;
    int pid_fd;
    DIR *fds;
    bool has_sockets;
    pid_t own_tables[OWN_TABLES_MAX]; /* threads that have one, still to be listed */
    size_t own_count;
    pid_t tid; /* whose table is listed now; 0: the process's */
};

/* ---- one descriptor ---- */

static int keep_target(int pid_fd, int fd, struct arena *arena, struct descriptor *descriptor)
{
    char path[32];
    char target[PATH_MAX];
    (void)snprintf(path, sizeof(path), "fd/%d", fd);
    ssize_t length = readlinkat(pid_fd, path, target, sizeof(target));
    if (length < 0)
        return errno == ENOENT ? -EBADF : -errno;
    descriptor->target = arena_strndup(arena, target, (size_t)length);
    return descriptor->target ? 0 : -ENOMEM;
}

static int keep_fdinfo(struct reader *reader, struct identity id, int pid_fd, struct arena *arena,
                       struct descriptor *descriptor)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = fdinfo_read(reader, id, pid_fd, descriptor->fd, descriptor->target, FDINFO_TEXT_LIMIT,
                        &text);
    descriptor->access = r == 1 ? ACCESS_TRUNCATED : access_from_errno(r, '\0');
    if (r < 0)
        return 0;
    return parse_fdinfo(strbuf_text(&text), text.length, arena, descriptor);
}

static enum descriptor_type type_of_mode(mode_t mode, enum descriptor_type known)
{
    if (known != DESCRIPTOR_FILE)
        return known;
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return DESCRIPTOR_DIRECTORY;
    case S_IFIFO:
        return DESCRIPTOR_FIFO;
    case S_IFBLK:
        return DESCRIPTOR_BLOCK_DEVICE;
    case S_IFCHR:
        return DESCRIPTOR_CHAR_DEVICE;
    case S_IFSOCK:
        return DESCRIPTOR_SOCKET;
    default:
        return DESCRIPTOR_FILE;
    }
}

/*
 * A path may name a file of any kind. On a file system that may ask a server,
 * even fstat can wait for ever: there O_DIRECTORY is all we go by.
 */
static void find_type_of_path(int pid_fd, const struct mounts *mounts,
                              struct descriptor *descriptor)
{
    const struct mount_place *mount = mounts_find(mounts, descriptor->mount_id);
    if (mount) {
        descriptor->major = mount->major;
        descriptor->minor = mount->minor;
    }
    if (mount && !mount->may_ask_a_server) {
        char path[32];
        struct libc_status status = {0};
        (void)snprintf(path, sizeof(path), "fd/%d", descriptor->fd);
        if (libc_statx(pid_fd, path, &status) == 0) {
            descriptor->type = type_of_mode(status.mode, descriptor->type);
            if (descriptor->inode == 0)
                descriptor->inode = status.inode;
            return;
        }
    }
    if (descriptor->type != DESCRIPTOR_FILE)
        return;
    descriptor->is_type_inferred = true;
    if (descriptor->flags & O_DIRECTORY)
        descriptor->type = DESCRIPTOR_DIRECTORY;
    else if (mounts->count > 0 && !mount && !strchr(descriptor->target + 1, '/'))
        /* The kernel's own mount, with a name of one part: mq_open(3). */
        descriptor->type = DESCRIPTOR_MQUEUE;
}

static int read_descriptor(struct reader *reader, struct identity id, int pid_fd, int fd,
                           const struct mounts *mounts, struct arena *arena,
                           struct descriptor *ret_descriptor)
{
    struct descriptor descriptor = {.fd = fd, .mount_id = -1};
    int r = keep_target(pid_fd, fd, arena, &descriptor);
    if (r < 0)
        return r;
    r = keep_fdinfo(reader, id, pid_fd, arena, &descriptor);
    if (r < 0)
        return r;

    bool is_path;
    uint64_t inode;
    descriptor.type = descriptor_type_of_target(descriptor.target, &is_path);
    if (descriptor_target_inode(descriptor.target, "pipe", &inode) ||
        descriptor_target_inode(descriptor.target, "socket", &inode))
        descriptor.inode = inode;
    if (is_path)
        find_type_of_path(pid_fd, mounts, &descriptor);
    *ret_descriptor = descriptor;
    return 0;
}

/* Without ours where they cannot be read; it may be in a chroot, see mounts_add_own(). */
static int read_mounts(int pid_fd, struct mounts *mounts)
{
    int r = mounts_read(pid_fd, mounts);
    if (r < 0)
        return r;
    r = mounts_add_own(mounts);
    return r == -ENOMEM ? r : 0;
}

int files_read_one(struct reader *reader, struct identity id, int pid_fd, int fd,
                   struct arena *arena, struct descriptor *ret_descriptor)
{
    _cleanup_(mounts_done) struct mounts mounts = MOUNTS_INIT;
    int r = read_mounts(pid_fd, &mounts);
    if (r == -ENOMEM || r == -ESRCH)
        return r;
    return read_descriptor(reader, id, pid_fd, fd, &mounts, arena, ret_descriptor);
}

/* The detail is const to readers; the one who makes the record may still add to it. */
static struct descriptor_detail *own_detail(struct arena *arena, struct descriptor *descriptor)
{
    struct descriptor_detail *detail = arena_alloc(arena, sizeof(*detail));
    if (!detail)
        return NULL;
    *detail = descriptor->detail ? *descriptor->detail
                                 : (struct descriptor_detail){.eventfd_id = -1, .tty_index = -1};
    descriptor->detail = detail;
    return detail;
}

static int attach_socket(const struct socket_table *sockets, struct arena *arena,
                         struct descriptor *descriptor)
{
    const struct socket *one = socket_find(sockets, descriptor->inode);
    if (!one)
        return 0;
    struct descriptor_detail *detail = own_detail(arena, descriptor);
    if (!detail)
        return -ENOMEM;
    detail->socket = *one;
    detail->has_socket = true;
    if (one->path) {
        detail->socket.path = arena_strdup(arena, one->path);
        if (!detail->socket.path)
            return -ENOMEM;
    }
    return 0;
}

int files_attach(const struct peers *peers, const struct socket_table *sockets, pid_t pid,
                 struct arena *arena, struct descriptor *descriptor)
{
    if (sockets && descriptor->type == DESCRIPTOR_SOCKET) {
        int r = attach_socket(sockets, arena, descriptor);
        if (r < 0)
            return r;
    }
    struct peer found[PEERS_SHOWN];
    uint32_t count = 0, more = 0;
    descriptor->peers_access = peers_of(peers, sockets, pid, descriptor, found, &count, &more);
    descriptor->peer_more = more;
    if (count == 0)
        return 0;
    struct peer *kept = arena_alloc(arena, count * sizeof(found[0]));
    if (!kept)
        return -ENOMEM;
    memcpy(kept, found, count * sizeof(found[0]));
    descriptor->peers = kept;
    descriptor->peer_count = count;
    return 0;
}

/* ---- all of a process ---- */

static int check_identity(int pid_fd, struct identity id)
{
    struct stat_line line;
    int r = procfs_read_stat(pid_fd, &line);
    if (r < 0)
        return r;
    return id.start_ticks != 0 && line.start_ticks != id.start_ticks ? -ESRCH : line.state;
}

static DIR *open_fds(int pid_fd)
{
    int fd = pid_fd < 0 ? -EBADF : openat(pid_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *fds = fd >= 0 ? fdopendir(fd) : NULL;
    if (!fds)
        (void)fd_close(fd);
    return fds;
}

static void open_directory(struct files *files, char state)
{
    files->fds = open_fds(files->pid_fd);
    files->table.access = files->fds ? ACCESS_OK : access_from_errno(-errno, state);
    if (state_is_dead(state))
        files->table.access = ACCESS_ZOMBIE;
}

/* The directory of a living thread, where the first one has ended. */
static int open_process(struct files *files)
{
    struct stat_line line;
    _cleanup_close_ int pid_fd = procfs_open_process(files->table.id.pid, 0);
    int r = pid_fd < 0 ? pid_fd : check_identity(pid_fd, files->table.id);
    if (r < 0)
        return r;
    files->pid_fd = procfs_open_living(files->table.id.pid);
    if (files->pid_fd < 0 || procfs_read_stat(files->pid_fd, &line) < 0)
        return -ESRCH;
    open_directory(files, line.state);
    if (files->fds)
        files->own_count = own_tables_find(files->table.id.pid, line.pid, files->own_tables);
    return 0;
}

static int add_one(struct files *files, const char *name)
{
    int64_t fd;
    if (number_parse(name, 0, INT_MAX, &fd) < 0)
        return 0;
    files->table.total++;
    if (files->table.count >= FILES_LIMIT) {
        files->table.access = ACCESS_TRUNCATED;
        return 0;
    }
    struct descriptor read;
    int r = read_descriptor(files->peers.reader, files->table.id, files->pid_fd, (int)fd,
                            &files->mounts, &files->table.strings, &read);
    if (r == -ENOMEM)
        return r;
    if (r == -EBADF || r == -ESRCH) {
        files->table.total--; /* closed between the listing and the look */
        return 0;
    }
    if (r < 0)
        read = (struct descriptor){
            .fd = (int)fd, .mount_id = -1, .access = access_from_errno(r, '\0')};
    struct descriptor *added = descriptor_table_add(&files->table);
    if (!added)
        return -ENOMEM;
    *added = read;
    added->tid = files->tid;
    return 0;
}

/* Goes on with the next thread that has a table of its own; false: there is none. */
static bool open_own_table(struct files *files)
{
    while (files->own_count > 0) {
        pid_t tid = files->own_tables[--files->own_count];
        int pid_fd = procfs_open_process(files->table.id.pid, tid);
        DIR *fds = open_fds(pid_fd);
        if (!fds) { /* it has ended meanwhile */
            (void)fd_close(pid_fd);
            continue;
        }
        (void)closedir(files->fds);
        (void)fd_close(files->pid_fd);
        files->fds = fds;
        files->pid_fd = pid_fd;
        files->tid = tid;
        return true;
    }
    return false;
}

static int list_all(struct files *files)
{
    const struct dirent *entry;
    int r = read_mounts(files->pid_fd, &files->mounts);
    if (r == -ENOMEM)
        return r;
    do
        while ((entry = readdir(files->fds)))
            if ((r = add_one(files, entry->d_name)) < 0)
                return r;
    while (open_own_table(files));
    descriptor_table_finish(&files->table);
    r = sockets_read(files->pid_fd, &files->sockets);
    files->has_sockets = r == 0;
    return r == -ENOMEM ? r : 0;
}

static int attach_all(struct files *files)
{
    struct descriptor_table *table = &files->table;
    int r = table->count > 0 ? peers_read(&files->peers) : 0;
    table->not_looked_into = files->peers.not_looked_into;
    table->peers_truncated = files->peers.is_truncated;
    for (size_t i = 0; r == 0 && i < table->count; i++)
        r = files_attach(&files->peers, files->has_sockets ? &files->sockets : NULL, table->id.pid,
                         &table->strings, &table->descriptors[i]);
    return r;
}

static void files_done(struct files *files)
{
    if (files->fds)
        (void)closedir(files->fds);
    (void)fd_close(files->pid_fd);
    descriptor_table_done(&files->table);
    socket_table_done(&files->sockets);
    mounts_done(&files->mounts);
    peers_done(&files->peers);
}

int files_read(struct reader *reader, struct identity id, struct descriptor_table *table)
{
    _cleanup_(files_done) struct files files = {
        .table.id = id, .pid_fd = -EBADF, .peers = PEERS_INIT};
    files.peers.reader = reader;
    int r = open_process(&files);
    if (r == 0 && files.fds)
        r = list_all(&files);
    if (r == 0)
        r = attach_all(&files);
    if (r < 0)
        return r;
    descriptor_table_done(table);
    *table = files.table;
    files.table = DESCRIPTOR_TABLE_INIT;
    return 0;
}
