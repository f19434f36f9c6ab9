#include "reaptop/source/who.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cursor.h"
#include "own_tables.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/model/descriptor.h"
#include "reaptop/model/lock.h"
#include "reaptop/source/parse_locks.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/read_sockets.h"
#include "users.h"

enum {
    CGROUP_LIMIT = 16 << 10,
    MAPS_LIMIT = 64 << 20,
};

/* What a link's text must be; of a port there is one for each of its sockets. */
struct wanted {
    const char *text;
    const char *how;
    const char *asked;
};

struct search {
    struct reader *reader;
    struct who_result *result;
    struct users *users;
    struct wanted *links; /* by text */
    size_t link_count, link_capacity;
    const char **paths; /* of them, those that are paths: mapped, cwd, root and exe too */
    size_t path_count, path_capacity;
    struct lock_table locks; /* read where a path is asked for */
    struct file_id {
        uint64_t inode;
        uint32_t major, minor;
    } * files; /* of the paths, in their order; inode 0: it is not there */
    size_t file_capacity;
    const char **units;
    size_t unit_count, unit_capacity;
    pid_t pid; /* looked into now */
    pid_t tid; /* of its threads that whose own table is searched; 0: the process's */
    int pid_fd;
    bool is_unread; /* something of it could not be read */
};

void who_done(struct who_result *result)
{
    free(result->holders);
    arena_done(&result->strings);
    *result = (struct who_result){0};
}

/* ---- what is asked for ---- */

static int want_link(struct search *search, const char *text, const char *how, const char *asked)
{
    if (!text || !how ||
        array_reserve(&search->links, &search->link_capacity, search->link_count + 1) < 0)
        return -ENOMEM;
    search->links[search->link_count++] = (struct wanted){text, how, asked};
    return 0;
}

static int want_path(struct search *search, const char *word)
{
    char real[PATH_MAX];
    const char *path = realpath(word, real) ? real : word;
    const char *kept = arena_strdup(&search->result->strings, path);
    if (!kept || array_reserve(&search->paths, &search->path_capacity, search->path_count + 1) < 0)
        return -ENOMEM;
    struct stat about;
    struct file_id file = {0};
    if (stat(kept, &about) == 0)
        file = (struct file_id){about.st_ino, major(about.st_dev), minor(about.st_dev)};
    if (array_reserve(&search->files, &search->file_capacity, search->path_count + 1) < 0)
        return -ENOMEM;
    search->files[search->path_count] = file;
    search->paths[search->path_count++] = kept;
    return want_link(search, kept, "open", word);
}

static int want_socket(struct search *search, const struct socket *socket, const char *word)
{
    _cleanup_(strbuf_done) struct strbuf how = STRBUF_INIT;
    char text[48];
    socket_describe(socket, &how);
    (void)snprintf(text, sizeof(text), "socket:[%llu]", (unsigned long long)socket->inode);
    return want_link(search, arena_strdup(&search->result->strings, text),
                     arena_strdup(&search->result->strings, strbuf_text(&how)), word);
}

static int want_port(struct search *search, const char *word, enum socket_family family,
                     uint16_t port)
{
    struct socket_table table = SOCKET_TABLE_INIT;
    _cleanup_close_ int fd = procfs_open_process(getpid(), 0);
    int r = fd < 0 ? fd : sockets_read(fd, &table);
    for (size_t i = 0; r == 0 && i < table.count; i++) {
        const struct socket *socket = &table.sockets[i];
        bool is_inet = socket->family == SOCKET_TCP || socket->family == SOCKET_UDP;
        bool is_family = family == SOCKET_UNKNOWN ? is_inet : socket->family == family;
        if (is_family && socket->local.port == port && socket->inode != 0)
            r = want_socket(search, socket, word);
    }
    socket_table_done(&table);
    return r;
}

static int want_unit(struct search *search, const char *name)
{
    if (array_reserve(&search->units, &search->unit_capacity, search->unit_count + 1) < 0)
        return -ENOMEM;
    search->units[search->unit_count++] = name;
    return 0;
}

static bool is_inode(const char *word, const char *start)
{
    size_t length = strlen(start);
    const char *digits = word + length;
    return strncmp(word, start, length) == 0 && *digits != '\0' && *digits != ']' &&
           strcmp(digits + strspn(digits, "0123456789"), "]") == 0;
}

static int take_word(struct search *search, const char *word, struct error *error)
{
    static const struct {
        const char *start;
        enum socket_family family;
    } ports[] = {{":", SOCKET_UNKNOWN}, {"tcp/", SOCKET_TCP}, {"udp/", SOCKET_UDP}};
    int64_t port;
    for (size_t i = 0; i < ELEMENTS(ports); i++)
        if (strncmp(word, ports[i].start, strlen(ports[i].start)) == 0 &&
            number_parse(word + strlen(ports[i].start), 1, UINT16_MAX, &port) == 0)
            return want_port(search, word, ports[i].family, (uint16_t)port);
    if (*word == '/')
        return want_path(search, word);
    if (is_inode(word, "pipe:[") || is_inode(word, "socket:["))
        return want_link(search, word, "open", word);
    if (strncmp(word, "unit:", 5) == 0 && word[5] != '\0')
        return want_unit(search, word);
    return error_set(error, -EINVAL,
                     _("'%s' names nothing: :PORT, tcp/PORT, udp/PORT, /path, pipe:[N], "
                       "socket:[N] or unit:NAME"),
                     word);
}

static int compare_wanted(const void *a, const void *b)
{
    return strcmp(((const struct wanted *)a)->text, ((const struct wanted *)b)->text);
}

/* ---- who has it ---- */

static void read_comm(int pid_fd, char *ret_comm)
{
    struct stat_line line;
    ret_comm[0] = '\0';
    if (procfs_read_stat(pid_fd, &line) == 0)
        (void)snprintf(ret_comm, WHO_COMM_SIZE, "%s", line.comm);
}

static int add_holder(struct search *search, int fd, const char *how, const char *asked)
{
    struct who_result *result = search->result;
    struct stat about;
    if (array_reserve(&result->holders, &result->capacity, result->count + 1) < 0)
        return -ENOMEM;
    if (fstat(search->pid_fd, &about) < 0)
        return 0; /* gone */
    struct who_holder holder = {
        .pid = search->pid, .uid = about.st_uid, .fd = fd, .how = how, .asked = asked};
    holder.user = users_name(search->users, about.st_uid);
    if (!holder.user)
        return -ENOMEM;
    read_comm(search->pid_fd, holder.comm);
    result->holders[result->count++] = holder;
    return 0;
}

/* Of a thread that has a descriptor table of its own (CLONE_FILES); NULL without memory. */
static const char *how_of_thread(struct search *search, const char *how)
{
    char text[WHO_COMM_SIZE * 2];
    (void)snprintf(text, sizeof(text), _("%.80s (thread %d)"), how, (int)search->tid);
    return arena_strdup(&search->result->strings, text);
}

/* The links of one text: a port and an inode may ask for the same socket. */
static int add_link(struct search *search, const char *target, int fd)
{
    const struct wanted key = {.text = target};
    const struct wanted *found =
        search->link_count > 0
            ? bsearch(&key, search->links, search->link_count, sizeof(key), compare_wanted)
            : NULL;
    if (!found)
        return 0;
    const char *how = search->tid > 0 ? how_of_thread(search, found->how) : found->how;
    return how ? add_holder(search, fd, how, found->asked) : -ENOMEM;
}

/*
 * A process that is gone or has no such thing has nothing of what is asked for. Of any other that
 * could not be read that is not known; it is counted once.
 */
static void note_unread(struct search *search, int error)
{
    if (error >= 0 || error == -ENOENT || error == -ESRCH || search->is_unread)
        return;
    search->is_unread = true;
    if (search->result->not_looked_into++ == 0)
        search->result->error = error;
}

static DIR *open_table(struct search *search, int pid_fd)
{
    int fd = openat(pid_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *fds = fd < 0 ? NULL : fdopendir(fd);
    if (!fds) {
        note_unread(search, -errno);
        (void)fd_close(fd);
    }
    return fds;
}

static int search_table(struct search *search, int pid_fd)
{
    _cleanup_dir_ DIR *fds = open_table(search, pid_fd);
    const struct dirent *entry;
    while (fds && (errno = 0, entry = readdir(fds)) != NULL) {
        char target[PATH_MAX + 1];
        int64_t number;
        ssize_t length;
        if (number_parse(entry->d_name, 0, INT_MAX, &number) < 0 ||
            (length = readlinkat(dirfd(fds), entry->d_name, target, PATH_MAX)) <= 0)
            continue;
        target[length] = '\0';
        int r = add_link(search, target, (int)number);
        if (r < 0)
            return r;
    }
    if (fds)
        note_unread(search, -errno);
    return 0;
}

/* The process's table, and those that threads of it have for themselves. */
static int search_descriptors(struct search *search, pid_t living)
{
    pid_t tids[OWN_TABLES_MAX];
    int r = search_table(search, search->pid_fd);
    size_t count = r < 0 ? 0 : own_tables_find(search->pid, living, tids);
    for (size_t i = 0; r == 0 && i < count; i++) {
        _cleanup_close_ int pid_fd = procfs_open_process(search->pid, tids[i]);
        search->tid = tids[i];
        r = pid_fd < 0 ? 0 : search_table(search, pid_fd);
    }
    search->tid = 0;
    return r;
}

static int search_places(struct search *search)
{
    static const char *const places[] = {"exe", "cwd", "root"};
    _cleanup_(strbuf_done) struct strbuf target = STRBUF_INIT;
    for (size_t i = 0; search->path_count > 0 && i < ELEMENTS(places); i++) {
        int r = procfs_readlink(search->pid_fd, places[i], &target);
        note_unread(search, r);
        if (r < 0)
            continue;
        for (size_t p = 0; p < search->path_count; p++)
            if (strcmp(strbuf_text(&target), search->paths[p]) == 0 &&
                add_holder(search, -1, places[i], search->paths[p]) < 0)
                return -ENOMEM;
    }
    return 0;
}

/* Is there a line of maps that ends in the path? */
static bool is_mapped(const struct strbuf *maps, const char *path)
{
    struct cursor rest = cursor_of(strbuf_text(maps), maps->length), line;
    size_t length = strlen(path);
    while (cursor_line(&rest, &line)) {
        const char *slash = memchr(line.at, '/', (size_t)(line.end - line.at));
        if (slash && (size_t)(line.end - slash) == length && memcmp(slash, path, length) == 0)
            return true;
    }
    return false;
}

static int search_mappings(struct search *search)
{
    _cleanup_(strbuf_done) struct strbuf maps = STRBUF_INIT;
    const struct identity id = {.pid = search->pid};
    if (search->path_count == 0)
        return 0;
    int r = reader_read(search->reader, id, "maps", 0, MAPS_LIMIT, READER_TIMEOUT_NS, &maps);
    note_unread(search, r);
    if (r < 0)
        return 0;
    for (size_t p = 0; p < search->path_count; p++)
        if (is_mapped(&maps, search->paths[p]) &&
            add_holder(search, -1, "mapped", search->paths[p]) < 0)
            return -ENOMEM;
    return 0;
}

/* A component of the path of its control group: "…/system.slice/cron.service". */
static bool is_in_unit(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
        const char *end = at + length;
        if (strncmp(end, ".service", 8) == 0 || strncmp(end, ".scope", 6) == 0)
            end = strchr(end, '.') + (end[2] == 'e' ? 8 : 6);
        if (at > text && at[-1] == '/' && (*end == '/' || *end == '\n' || *end == '\0'))
            return true;
    }
    return false;
}

static int search_units(struct search *search)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (search->unit_count == 0)
        return 0;
    int r = procfs_read(search->pid_fd, "cgroup", CGROUP_LIMIT, &text);
    note_unread(search, r);
    if (r < 0)
        return 0;
    for (size_t u = 0; u < search->unit_count; u++)
        if (is_in_unit(strbuf_text(&text), search->units[u] + strlen("unit:")) &&
            add_holder(search, -1, "unit", search->units[u]) < 0)
            return -ENOMEM;
    return 0;
}

/* Locks that name their process; what an open file holds by itself (OFD) names none. */
static int search_locks(struct search *search)
{
    for (size_t i = 0; i < search->locks.count; i++) {
        const struct lock *lock = &search->locks.locks[i];
        for (size_t p = 0; lock->pid == search->pid && p < search->path_count; p++) {
            const struct file_id *file = &search->files[p];
            if (file->inode != lock->inode || file->major != lock->major ||
                file->minor != lock->minor)
                continue;
            _cleanup_(strbuf_done) struct strbuf how = STRBUF_INIT;
            strbuf_puts(&how, lock->is_waiting ? "waits for lock: " : "lock: ");
            lock_describe(lock, &how);
            const char *kept = arena_strdup(&search->result->strings, strbuf_text(&how));
            if (!kept || add_holder(search, -1, kept, search->paths[p]) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

static void read_locks(struct search *search)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (search->path_count > 0 &&
        procfs_read(AT_FDCWD, "/proc/locks", LOCKS_TEXT_LIMIT, &text) >= 0)
        (void)parse_locks(strbuf_text(&text), text.length, &search->locks);
}

static int search_process(struct search *search, pid_t pid)
{
    struct stat_line line;
    _cleanup_close_ int pid_fd = procfs_open_living(pid);
    search->is_unread = false;
    note_unread(search, pid_fd);
    /* Not us and our helper. */
    if (pid_fd < 0 || pid == getpid() || procfs_read_stat(pid_fd, &line) < 0 ||
        line.ppid == getpid())
        return 0;
    search->pid = pid;
    search->pid_fd = pid_fd;
    search->result->processes++;
    int r = search->link_count > 0 ? search_descriptors(search, line.pid) : 0;
    if (r == 0)
        r = search_places(search);
    if (r == 0)
        r = search_mappings(search);
    if (r == 0)
        r = search_locks(search);
    return r < 0 ? r : search_units(search);
}

static int list_processes(pid_t **ret_pids, size_t *ret_count)
{
    _cleanup_dir_ DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t capacity = 0;
    int r = proc ? 0 : -errno;
    while (r == 0 && (entry = readdir(proc)) != NULL) {
        int64_t pid;
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) < 0)
            continue;
        r = array_reserve(ret_pids, &capacity, *ret_count + 1);
        if (r == 0)
            (*ret_pids)[(*ret_count)++] = (pid_t)pid;
    }
    return r;
}

static int search_all(struct search *search, const struct who_progress *progress)
{
    _cleanup_free_ pid_t *pids = NULL;
    size_t count = 0;
    int r = list_processes(&pids, &count);
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (progress && !progress->step(progress->data, i, count))
            break;
        r = search_process(search, pids[i]);
    }
    return r;
}

static int compare_holders(const void *a, const void *b)
{
    const struct who_holder *one = a, *other = b;
    if (one->pid != other->pid)
        return one->pid < other->pid ? -1 : 1;
    return (one->fd > other->fd) - (one->fd < other->fd);
}

int who_find(struct reader *reader, char *const *words, size_t count,
             const struct who_progress *progress, struct who_result *ret_result,
             struct error *error)
{
    struct who_result result = {0};
    struct search search = {.reader = reader, .result = &result, .users = users_new()};
    int r = search.users ? 0 : -ENOMEM;
    if (r == 0)
        users_begin(search.users, &result.strings);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = take_word(&search, words[i], error);
    if (search.link_count > 0)
        qsort(search.links, search.link_count, sizeof(search.links[0]), compare_wanted);
    read_locks(&search);
    if (r == 0)
        r = search_all(&search, progress);
    if (r == 0 && result.count > 0)
        qsort(result.holders, result.count, sizeof(result.holders[0]), compare_holders);
    free(search.links);
    free(search.paths);
    free(search.files);
    lock_table_done(&search.locks);
    free(search.units);
    users_free(search.users);
    if (r < 0) {
        who_done(&result);
        return error->code < 0 ? r : error_set_errno(error, r, "/proc");
    }
    *ret_result = result;
    return 0;
}
