#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cursor.h"
#include "extras.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/base/text.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/syscall_names.h"
#include "reaptop/source/parse_details.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/parse_syscall.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/quick_state.h"
#include "reaptop/source/read_sockets.h"

enum {
    SMALL_LIMIT = 4096,
    CGROUP_LIMIT = 64 << 10,
    LIST_LIMIT = 1 << 20, /* of what the descriptors of one process refer to */
    ENVIRON_LIMIT = 128 << 10,
};

struct reading {
    struct extra_record *record;
    struct extra_tables *tables;
    int dir_fd;
    char state;
    struct strbuf text;
};

void extra_record_done(struct extra_record *record)
{
    for (size_t i = 0; i < EXTRA_PART_COUNT; i++)
        free(record->texts[i].bytes);
}

static void keep_access(struct extra_record *record, enum extra_part part, enum access access)
{
    record->extra.access[part] = (unsigned char)access;
    record->read_ns[part] = clock_boot_ns();
}

/* An empty text is none. */
static enum access keep_text(struct extra_record *record, enum extra_part part, const char *bytes,
                             size_t size)
{
    struct part_text *text = &record->texts[part];
    free(take_pointer(text->bytes));
    text->size = size;
    if (size == 0)
        return ACCESS_OK;
    text->bytes = malloc(size + 1);
    if (!text->bytes)
        return ACCESS_FAILED;
    memcpy(text->bytes, bytes, size);
    text->bytes[size] = '\0';
    return ACCESS_OK;
}

/* The file's text without its last newline. */
static int read_text(struct reading *reading, const char *name, size_t limit)
{
    int r = procfs_read(reading->dir_fd, name, limit, &reading->text);
    while (r >= 0 && reading->text.length > 0 &&
           (reading->text.data[reading->text.length - 1] == '\n' ||
            reading->text.data[reading->text.length - 1] == '\0'))
        reading->text.length--;
    return r;
}

static enum access answer(const struct reading *reading, int r)
{
    return r > 0 ? ACCESS_TRUNCATED : access_from_errno(r, reading->state);
}

/* ---- the small files ---- */

/* "0::/path": version 2's, but where it says no more than "/", systemd's own hierarchy or the
   first. */
static struct cursor choose_group(const struct strbuf *text)
{
    struct cursor rest = cursor_of(strbuf_text(text), text->length), line;
    struct cursor chosen = {0};
    int rank = 0;
    while (cursor_line(&rest, &line)) {
        const char *first = memchr(line.at, ':', (size_t)(line.end - line.at));
        const char *second = first ? memchr(first + 1, ':', (size_t)(line.end - first - 1)) : NULL;
        if (!second)
            continue;
        struct cursor names = {first + 1, second}, path = {second + 1, line.end};
        int own = cursor_is(path, "/")               ? 1
                  : names.at == names.end            ? 4
                  : cursor_is(names, "name=systemd") ? 3
                                                     : 2;
        if (own > rank) {
            rank = own;
            chosen = path;
        }
    }
    return chosen;
}

static enum access read_cgroup(struct reading *reading)
{
    int r = read_text(reading, "cgroup", CGROUP_LIMIT);
    if (r < 0)
        return answer(reading, r);
    struct cursor path = choose_group(&reading->text);
    return keep_text(reading->record, EXTRA_CGROUP, path.at, (size_t)(path.end - path.at));
}

static enum access read_quota(struct reading *reading)
{
    struct cgroup_quota quota;
    int r = procfs_read(reading->dir_fd, "cgroup", CGROUP_LIMIT, &reading->text);
    if (r < 0)
        return answer(reading, r);
    if (quota_table_find(&reading->tables->quotas, &reading->text, &quota) < 0)
        return ACCESS_FAILED;
    reading->record->extra.throttled_percent = cgroup_throttled_percent(&quota);
    return quota.period_us > 0 ? ACCESS_OK : ACCESS_EMPTY;
}

static enum access known(const struct status *status, enum status_known what)
{
    return status->known & what ? ACCESS_OK : ACCESS_UNSUPPORTED;
}

static void take_status(struct extra *extra, const struct status *status)
{
    extra->shared_kib = status->rss_file_kib + status->rss_shmem_kib;
    extra->private_kib = status->rss_anon_kib;
    extra->swap_kib = status->vm_swap_kib;
    extra->voluntary_switches = status->voluntary_switches;
    extra->involuntary_switches = status->involuntary_switches;
    extra->signals[SIGNALS_PENDING] = status->pending | status->shared_pending;
    extra->signals[SIGNALS_BLOCKED] = status->blocked;
    extra->signals[SIGNALS_IGNORED] = status->ignored;
    extra->signals[SIGNALS_CAUGHT] = status->caught;
}

/* Three parts: a kernel thread and a zombie have no memory, and have switched. */
static enum access read_status(struct reading *reading)
{
    struct extra_record *record = reading->record;
    struct status status;
    int r = procfs_read(reading->dir_fd, "status", STATUS_TEXT_LIMIT, &reading->text);
    if (r >= 0)
        r = parse_status(strbuf_text(&reading->text), reading->text.length, &status);
    if (r < 0) {
        keep_access(record, EXTRA_SWITCHES, answer(reading, r));
        keep_access(record, EXTRA_SIGNALS, answer(reading, r));
        return answer(reading, r);
    }
    take_status(&record->extra, &status);
    keep_access(record, EXTRA_SWITCHES, known(&status, STATUS_HAS_SWITCHES));
    keep_access(record, EXTRA_SIGNALS, known(&status, STATUS_HAS_SIGNALS));
    return status.known & STATUS_HAS_MEMORY ? ACCESS_OK
           : state_is_dead(reading->state)  ? ACCESS_ZOMBIE
                                            : ACCESS_EMPTY;
}

static enum access read_switches(struct reading *reading)
{
    keep_access(reading->record, EXTRA_MEMORY, read_status(reading));
    return (enum access)reading->record->extra.access[EXTRA_SWITCHES];
}

static enum access read_signals(struct reading *reading)
{
    keep_access(reading->record, EXTRA_MEMORY, read_status(reading));
    return (enum access)reading->record->extra.access[EXTRA_SIGNALS];
}

static enum access read_oom(struct reading *reading)
{
    int64_t score;
    int r = read_text(reading, "oom_score", SMALL_LIMIT);
    if (r < 0)
        return answer(reading, r);
    strbuf_putc(&reading->text, '\0');
    if (number_parse(strbuf_text(&reading->text), INT32_MIN, INT32_MAX, &score) < 0)
        return ACCESS_FAILED;
    reading->record->extra.oom_score = (int32_t)score;
    return ACCESS_OK;
}

static enum access read_syscall_record(struct reading *reading, struct syscall_record *record)
{
    int r = procfs_read(reading->dir_fd, "syscall", SMALL_LIMIT, &reading->text);
    if (r >= 0)
        r = parse_syscall(strbuf_text(&reading->text), reading->text.length, record);
    record->access = answer(reading, r);
    return record->access;
}

static enum access read_wchan(struct reading *reading)
{
    int r = read_text(reading, "wchan", SMALL_LIMIT);
    if (r < 0)
        return answer(reading, r);
    bool is_zero = reading->text.length == 1 && reading->text.data[0] == '0';
    if (!is_zero)
        return keep_text(reading->record, EXTRA_WCHAN, strbuf_text(&reading->text),
                         reading->text.length);
    struct syscall_record record = {0};
    (void)read_syscall_record(reading, &record);
    return wchan_zero_access(reading->state, &record);
}

static enum access read_syscall(struct reading *reading)
{
    struct syscall_record record = {0};
    char number[32];
    enum access access = read_syscall_record(reading, &record);
    if (access != ACCESS_OK)
        return access;
    if (record.place != SYSCALL_INSIDE)
        return ACCESS_EMPTY;
    const char *name = syscall_is_foreign(&record) ? NULL : syscall_name(record.number);
    (void)snprintf(number, sizeof(number), "%lld", (long long)record.number);
    name = name ? name : number;
    return keep_text(reading->record, EXTRA_SYSCALL, name, strlen(name));
}

static double rate(uint64_t then, uint64_t now, uint64_t ns)
{
    return now < then ? RATE_UNKNOWN
                      : (double)(now - then) / 1024.0 * (double)NS_PER_SEC / (double)ns;
}

static enum access read_io(struct reading *reading)
{
    struct extra_record *record = reading->record;
    struct io_counters io;
    int r = procfs_read(reading->dir_fd, "io", SMALL_LIMIT, &reading->text);
    if (r >= 0)
        r = parse_io(strbuf_text(&reading->text), reading->text.length, &io);
    if (r < 0)
        return answer(reading, r);
    uint64_t now_ns = clock_boot_ns();
    record->extra.io_read_kib = io.read_bytes / 1024;
    record->extra.io_write_kib = io.written_bytes / 1024;
    record->extra.io_read_kib_per_second = record->extra.io_write_kib_per_second = RATE_UNKNOWN;
    if (record->io_ns > 0 && now_ns > record->io_ns) {
        uint64_t ns = now_ns - record->io_ns;
        record->extra.io_read_kib_per_second = rate(record->io_read_bytes, io.read_bytes, ns);
        record->extra.io_write_kib_per_second = rate(record->io_write_bytes, io.written_bytes, ns);
    }
    record->io_read_bytes = io.read_bytes;
    record->io_write_bytes = io.written_bytes;
    record->io_ns = now_ns;
    return ACCESS_OK;
}

/* EINVAL: no security module answers. */
static enum access read_security(struct reading *reading)
{
    int r = read_text(reading, "attr/current", SMALL_LIMIT);
    if (r == -EINVAL)
        return ACCESS_UNSUPPORTED;
    return r < 0 ? answer(reading, r)
                 : keep_text(reading->record, EXTRA_SECURITY, strbuf_text(&reading->text),
                             reading->text.length);
}

/* ---- links ---- */

static enum access read_link(struct reading *reading, enum extra_part part, const char *name)
{
    int r = procfs_readlink(reading->dir_fd, name, &reading->text);
    return r < 0 ? answer(reading, r)
                 : keep_text(reading->record, part, strbuf_text(&reading->text),
                             reading->text.length);
}

static enum access read_exe(struct reading *reading)
{
    return read_link(reading, EXTRA_EXE, "exe");
}

static enum access read_cwd(struct reading *reading)
{
    return read_link(reading, EXTRA_CWD, "cwd");
}

/* The kinds in which it is not where we are, joined by commas. */
static enum access read_namespaces(struct reading *reading)
{
    static const char *const kinds[] = {"cgroup", "ipc",  "mnt",  "net",
                                        "pid",    "time", "user", "uts"};
    _cleanup_(strbuf_done) struct strbuf own = STRBUF_INIT, list = STRBUF_INIT;
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        char own_path[64];
        (void)snprintf(own_path, sizeof(own_path), "/proc/self/ns/%s", kinds[i]);
        if (procfs_readlink(AT_FDCWD, own_path, &own) < 0)
            continue; /* this kernel does not have it */
        int r = procfs_readlink(reading->dir_fd, own_path + strlen("/proc/self/"), &reading->text);
        if (r < 0)
            return answer(reading, r);
        if (strcmp(strbuf_text(&own), strbuf_text(&reading->text)) != 0)
            strbuf_printf(&list, "%s%s", list.length > 0 ? "," : "", kinds[i]);
    }
    return keep_text(reading->record, EXTRA_NS, strbuf_text(&list), list.length);
}

/* ---- descriptors ---- */

/* The size of the directory is their number since Linux 6.2, and 0 before. */
static enum access read_descriptor_count(struct reading *reading)
{
    struct stat about;
    uint32_t count = 0;
    int fd = openat(reading->dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *fds = fd < 0 ? NULL : fdopendir(fd);
    if (!fds)
        return answer(reading, -errno);
    if (fstat(fd, &about) == 0 && about.st_size > 0)
        count = (uint32_t)about.st_size;
    for (const struct dirent *entry; about.st_size == 0 && (entry = readdir(fds)) != NULL;)
        count += entry->d_name[0] != '.';
    reading->record->extra.descriptors = count;
    return ACCESS_OK;
}

static void read_ports_of_machine(struct port_table *ports)
{
    uint64_t now_ns = clock_boot_ns();
    if (ports->read_ns > 0 && now_ns - ports->read_ns < NS_PER_SEC)
        return;
    _cleanup_close_ int fd = procfs_open_process(getpid(), 0);
    ports->read_ns = now_ns;
    if (fd >= 0)
        (void)sockets_read(fd, &ports->sockets);
}

static bool has_entry(const struct strbuf *list, const char *entry)
{
    for (size_t at = 0; at < list->length; at += strlen(list->data + at) + 1)
        if (strcmp(list->data + at, entry) == 0)
            return true;
    return false;
}

static void add_port(const struct port_table *ports, const char *target, struct strbuf *list)
{
    struct cursor text = cursor_of(target, strlen(target));
    uint64_t inode;
    char port[16];
    if (!cursor_take(&text, "socket:[") || !cursor_number(&text, 10, &inode))
        return;
    const struct socket *found = socket_find(&ports->sockets, inode);
    if (!found || (found->family != SOCKET_TCP && found->family != SOCKET_UDP) ||
        found->local.port == 0)
        return;
    (void)snprintf(port, sizeof(port), "%u", (unsigned)found->local.port);
    if (!has_entry(list, port))
        strbuf_append(list, port, strlen(port) + 1);
}

/* Both lists from one pass. */
static enum access read_descriptors(struct reading *reading, enum extra_part wanted)
{
    _cleanup_(strbuf_done) struct strbuf files = STRBUF_INIT, ports = STRBUF_INIT;
    int fd = openat(reading->dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *fds = fd < 0 ? NULL : fdopendir(fd);
    if (!fds)
        return answer(reading, -errno);
    if (wanted == EXTRA_PORTS)
        read_ports_of_machine(&reading->tables->ports);
    for (const struct dirent *entry; files.length < LIST_LIMIT && (entry = readdir(fds)) != NULL;) {
        char target[PATH_MAX + 1];
        ssize_t length = readlinkat(fd, entry->d_name, target, PATH_MAX);
        if (length <= 0)
            continue;
        target[length] = '\0';
        strbuf_append(&files, target, (size_t)length + 1);
        if (wanted == EXTRA_PORTS)
            add_port(&reading->tables->ports, target, &ports);
    }
    ports.length -= ports.length > 0; /* the last NUL */
    files.length -= files.length > 0;
    bool is_whole = files.length < LIST_LIMIT && files.error == 0;
    enum access access = is_whole ? ACCESS_OK : ACCESS_TRUNCATED;
    if (wanted == EXTRA_PORTS &&
        keep_text(reading->record, EXTRA_PORTS, strbuf_text(&ports), ports.length) != ACCESS_OK)
        return ACCESS_FAILED;
    if (keep_text(reading->record, EXTRA_FILES, strbuf_text(&files), files.length) != ACCESS_OK)
        return ACCESS_FAILED;
    keep_access(reading->record, EXTRA_FILES, access);
    return access;
}

static enum access read_files(struct reading *reading)
{
    return read_descriptors(reading, EXTRA_FILES);
}

static enum access read_ports(struct reading *reading)
{
    return read_descriptors(reading, EXTRA_PORTS);
}

/* ---- the table ---- */

/* How each is read, by itself or by the reader, and for how long it is good. */
static const struct part_kind {
    enum access (*read)(struct reading *reading);
    const char *reader_file;
    size_t reader_limit;
    uint64_t good_ms;
} kinds[EXTRA_PART_COUNT] = {
    [EXTRA_CGROUP] = {read_cgroup, NULL, 0, 3000},
    [EXTRA_QUOTA] = {read_quota, NULL, 0, 500},
    [EXTRA_MEMORY] = {read_status, NULL, 0, 500},
    [EXTRA_SWITCHES] = {read_switches, NULL, 0, 500},
    [EXTRA_SIGNALS] = {read_signals, NULL, 0, 500},
    [EXTRA_OOM] = {read_oom, NULL, 0, 500},
    [EXTRA_WCHAN] = {read_wchan, NULL, 0, 300},
    [EXTRA_SYSCALL] = {read_syscall, NULL, 0, 300},
    [EXTRA_IO] = {read_io, NULL, 0, 500},
    [EXTRA_SECURITY] = {read_security, NULL, 0, 3000},
    [EXTRA_EXE] = {read_exe, NULL, 0, 2000},
    [EXTRA_CWD] = {read_cwd, NULL, 0, 2000},
    [EXTRA_NS] = {read_namespaces, NULL, 0, 3000},
    [EXTRA_FDS] = {read_descriptor_count, NULL, 0, 500},
    [EXTRA_FILES] = {read_files, NULL, 0, 3000},
    [EXTRA_PORTS] = {read_ports, NULL, 0, 3000},
    [EXTRA_ENVIRON] = {NULL, "environ", ENVIRON_LIMIT, 10000},
    [EXTRA_PSS] = {NULL, "smaps_rollup", SMALL_LIMIT, 5000},
};

void extra_read_part(struct extra_record *record, enum extra_part part, int dir_fd, char state,
                     struct extra_tables *tables)
{
    struct reading reading = {
        .record = record, .tables = tables, .dir_fd = dir_fd, .state = state, .text = STRBUF_INIT};
    (void)keep_text(record, part, NULL, 0);
    keep_access(record, part, kinds[part].read(&reading));
    strbuf_done(&reading.text);
}

const char *extra_reader_file(enum extra_part part)
{
    return kinds[part].reader_file;
}

size_t extra_reader_limit(enum extra_part part)
{
    return kinds[part].reader_limit;
}

uint64_t extra_part_good_ns(enum extra_part part)
{
    return kinds[part].good_ms * NS_PER_MS;
}

/* ---- answers of the reader ---- */

/* "Pss:   1234 kB" */
static enum access take_pss(struct extra_record *record, const struct strbuf *bytes)
{
    struct cursor rest = cursor_of(strbuf_text(bytes), bytes->length), line;
    while (cursor_line(&rest, &line))
        if (cursor_take(&line, "Pss:") && cursor_number(&line, 10, &record->extra.pss_kib))
            return ACCESS_OK;
    return ACCESS_EMPTY;
}

void extra_take_answer(struct extra_record *record, enum extra_part part, struct identity id,
                       int status, struct strbuf *bytes)
{
    enum access access = status > 0 ? ACCESS_TRUNCATED : quick_access(id, status);
    (void)keep_text(record, part, NULL, 0);
    if (access_has_value(access) && part == EXTRA_PSS)
        access = take_pss(record, bytes);
    else if (access_has_value(access) &&
             keep_text(record, part, strbuf_text(bytes),
                       text_trim_nuls(strbuf_text(bytes), bytes->length)) != ACCESS_OK)
        access = ACCESS_FAILED;
    keep_access(record, part, access);
}
