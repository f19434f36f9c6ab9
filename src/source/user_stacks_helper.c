#include "user_stacks_helper.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/base/privilege.h"
#include "reaptop/base/sort.h"
#include "reaptop/source/parse_maps.h"
#include "reaptop/source/procfs.h"
#include "unwind.h"

enum {
    STACK_COPY_MAX = 256 * 1024, /* of each thread */
    RED_ZONE = 128,              /* below the stack pointer, and in use (x86-64's ABI) */
    MODULES_MAX = 1024,
    MAPS_LIMIT = 16 * 1024 * 1024,
    VDSO_MAX = 1024 * 1024,
    EVENT_OF_STOP = 128 /* PTRACE_EVENT_STOP, which not every C library's header has */
};

/* What cannot be stopped is not waited for longer: for one thread, and for all together. */
#define STOP_NS     (500 * NS_PER_MS)
#define STOP_ALL_NS (2 * NS_PER_SEC)

struct stopped {
    struct unwind_thread copy;
    enum stack_end end; /* STACK_WHOLE: it was copied */
};

struct gathering {
    struct identity id;
    int process_fd, living_fd; /* /proc/PID, and a directory that has its memory and root */
    struct strbuf maps;
    struct stopped *threads;
    size_t count, capacity, left_out;
    struct unwind_module *modules;
    size_t module_count, module_capacity;
    uint64_t held_ns, wait_ns; /* spent on waiting for stops */
    int fd;                    /* where records go */
};

/* ---- sending ---- */

static void put_text(char to[STACK_TEXT_SIZE], const char *text, bool keeps_end)
{
    size_t length = text ? strlen(text) : 0, most = STACK_TEXT_SIZE - 1;
    if (length <= most)
        memcpy(to, text ? text : "", length + 1);
    else if (keeps_end)
        memcpy(to, text + length - most, most + 1);
    else
        (void)snprintf(to, STACK_TEXT_SIZE, "%.*s...", (int)most - 3, text);
}

static void send_record(const struct gathering *all, const struct stack_record *record)
{
    if (send(all->fd, record, sizeof(*record), MSG_NOSIGNAL) < 0)
        _exit(0);
}

static void send_done(const struct gathering *all, int status)
{
    const struct stack_record record = {.kind = STACK_RECORD_DONE,
                                        .status = status,
                                        .address = all->held_ns,
                                        .offset = all->left_out};
    send_record(all, &record);
}

/* ---- the process's mappings ---- */

typedef bool take_mapping(struct gathering *all, const struct maps_line *line, void *data);

static void each_mapping(struct gathering *all, take_mapping *take, void *data)
{
    const char *text = strbuf_text(&all->maps), *end = text + all->maps.length;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        struct maps_line line;
        if (parse_maps_line(text, length, &line) == 0 && !take(all, &line, data))
            return;
        text += length + 1;
    }
}

/* The kernel's image of the vdso, which no file has. */
static int copy_vdso(const struct gathering *all, const struct maps_line *line)
{
    size_t length = (size_t)(line->end - line->start);
    _cleanup_free_ char *bytes = length <= VDSO_MAX ? malloc(length) : NULL;
    struct iovec to = {bytes, length}, from = {(void *)(uintptr_t)line->start, length};
    if (!bytes || process_vm_readv(all->id.pid, &to, 1, &from, 1, 0) != (ssize_t)length)
        return -EBADF;
    int fd = memfd_create("vdso", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, bytes, length) != (ssize_t)length)
        fd = fd_close(fd);
    return fd;
}

/*
 * The mapped file, seen from the process's own root; -1 where it is another by now. It is looked
 * at before it is opened, since opening a device may do something.
 */
static int open_module(const struct gathering *all, const char *path, const struct maps_line *line)
{
    char below[PATH_MAX + sizeof("root")];
    struct stat status;
    if (strcmp(path, "[vdso]") == 0)
        return copy_vdso(all, line);
    if (path[0] != '/' || (size_t)snprintf(below, sizeof(below), "root%s", path) >= sizeof(below) ||
        fstatat(all->living_fd, below, &status, 0) < 0 || !S_ISREG(status.st_mode) ||
        status.st_ino != line->inode)
        return -EBADF;
    int fd = openat(all->living_fd, below, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)))
        fd = fd_close(fd);
    return fd;
}

/* Where the file begins: its first mapping, whatever that may be used for. */
struct module_search {
    uint64_t inode, base;
    char path[PATH_MAX];
};

static bool add_module(struct gathering *all, const struct maps_line *line, void *data)
{
    struct module_search *last = data;
    if (line->path_length == 0 || line->path_length >= sizeof(last->path))
        return true;
    if (strncmp(last->path, line->path, line->path_length) != 0 ||
        last->path[line->path_length] != '\0') {
        memcpy(last->path, line->path, line->path_length);
        last->path[line->path_length] = '\0';
        last->base = line->start - line->offset;
    }
    if (line->perms[2] != 'x')
        return true;
    struct unwind_module *former =
        all->module_count > 0 ? &all->modules[all->module_count - 1] : NULL;
    if (former && former->base == last->base && strcmp(former->path, last->path) == 0) {
        former->end = line->end;
        return true;
    }
    if (all->module_count >= MODULES_MAX ||
        array_reserve(&all->modules, &all->module_capacity, all->module_count + 1) < 0)
        return false;
    char *path = strdup(last->path);
    if (!path)
        return false;
    all->modules[all->module_count++] = (struct unwind_module){.base = last->base,
                                                               .start = line->start,
                                                               .end = line->end,
                                                               .path = path,
                                                               .fd = open_module(all, path, line)};
    return true;
}

struct stack_search {
    uint64_t address, end; /* of the mapping that the address is in; 0: none */
};

static bool find_stack(struct gathering *all, const struct maps_line *line, void *data)
{
    struct stack_search *search = data;
    (void)all;
    if (search->address < line->start || search->address >= line->end)
        return true;
    search->end = line->end;
    return false;
}

/* ---- one thread ---- */

#ifdef __x86_64__

/* In the order of DWARF's numbers. -ENOEXEC: of another kind than ours. */
static int copy_registers(pid_t tid, uint64_t registers[static UNWIND_REGISTERS])
{
    struct user_regs_struct user;
    struct iovec part = {&user, sizeof(user)};
    if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &part) < 0)
        return -errno;
    if (part.iov_len != sizeof(user) ||
        user.cs != 0x33) /* a 32-bit segment in compatibility mode */
        return -ENOEXEC;
    const uint64_t values[UNWIND_REGISTERS] = {
        user.rax, user.rdx, user.rcx, user.rbx, user.rsi, user.rdi, user.rbp, user.rsp, user.r8,
        user.r9,  user.r10, user.r11, user.r12, user.r13, user.r14, user.r15, user.rip};
    memcpy(registers, values, sizeof(values));
    return 0;
}

#else

static int copy_registers(pid_t tid, uint64_t registers[static UNWIND_REGISTERS])
{
    (void)tid, (void)registers;
    return -ENOEXEC;
}

#endif

static void copy_stack(struct gathering *all, struct unwind_thread *copy)
{
    struct stack_search search = {.address = copy->registers[UNWIND_SP]};
    each_mapping(all, find_stack, &search);
    if (search.end == 0)
        return;
    uint64_t start = search.address - RED_ZONE, whole = search.end - start;
    size_t length = whole < STACK_COPY_MAX ? (size_t)whole : STACK_COPY_MAX;
    copy->stack = malloc(length);
    struct iovec to = {copy->stack, length}, from = {(void *)(uintptr_t)start, length};
    ssize_t got = copy->stack ? process_vm_readv(copy->tid, &to, 1, &from, 1, 0) : 0;
    copy->stack_start = start;
    copy->stack_length = got > 0 ? (size_t)got : 0;
}

/* 0: it is stopped, *ret_status as waitpid(2) has it; -ESRCH: it ended; -ETIMEDOUT. */
static int await_stop(struct gathering *all, pid_t tid, int *ret_status)
{
    uint64_t begin_ns = clock_boot_ns(), limit_ns = begin_ns + STOP_NS, now_ns = begin_ns;
    int r = -ETIMEDOUT;
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGCHLD);
    if (all->wait_ns > STOP_ALL_NS)
        limit_ns = begin_ns;
    for (;; now_ns = clock_boot_ns()) {
        pid_t got = waitpid(tid, ret_status, __WALL | WNOHANG);
        if (got == tid)
            r = WIFSTOPPED(*ret_status) ? 0 : -ESRCH;
        else if (got < 0 && errno != EINTR)
            r = -ESRCH;
        if (r != -ETIMEDOUT || now_ns >= limit_ns)
            break;
        const struct timespec left = {.tv_nsec = (long)(limit_ns - now_ns)};
        (void)sigtimedwait(&ends, NULL, &left);
    }
    all->wait_ns += now_ns - begin_ns;
    return r;
}

/* A signal that came instead of our stop is handed on to it. */
static void let_go(pid_t tid, int status)
{
    int event = status >> 16, signal = event == EVENT_OF_STOP ? 0 : WSTOPSIG(status);
    (void)ptrace(PTRACE_DETACH, tid, NULL, (void *)(intptr_t)signal);
}

static enum stack_end end_of_errno(int error)
{
    return error == -ESRCH       ? STACK_ENDED
           : error == -ETIMEDOUT ? STACK_NOT_STOPPED
           : error == -EPERM     ? STACK_DENIED
           : error == -ENOEXEC   ? STACK_FOREIGN
                                 : STACK_FAILED;
}

/* Its number may be another's by now: a directory that was opened before says whose it is. */
static bool is_of_process(const struct gathering *all, pid_t tid)
{
    char name[sizeof("task/2147483647")];
    (void)snprintf(name, sizeof(name), "task/%d", tid);
    return faccessat(all->process_fd, name, F_OK, 0) == 0;
}

static void stop_and_copy(struct gathering *all, struct stopped *thread)
{
    pid_t tid = thread->copy.tid;
    int status = 0, r = ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0 ? -errno : 0;
    if (r < 0) {
        thread->end =
            r == -EPERM && procfs_read_tracer_of(tid) > 0 ? STACK_TRACED : end_of_errno(r);
        return;
    }
    if (!is_of_process(all, tid))
        r = -ESRCH; /* who was seized is let go at our end, and was not stopped */
    uint64_t begin_ns = clock_boot_ns();
    if (r == 0 && ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
        r = -errno;
    if (r == 0)
        r = await_stop(all, tid, &status);
    if (r == 0) {
        r = copy_registers(tid, thread->copy.registers);
        if (r == 0)
            copy_stack(all, &thread->copy);
        let_go(tid, status);
        uint64_t held_ns = clock_boot_ns() - begin_ns;
        all->held_ns = held_ns > all->held_ns ? held_ns : all->held_ns;
    }
    thread->end = r < 0 ? end_of_errno(r) : STACK_WHOLE;
}

/* ---- the process ---- */

static int by_tid(const void *a, const void *b)
{
    const struct stopped *one = a, *other = b;
    return (one->copy.tid > other->copy.tid) - (one->copy.tid < other->copy.tid);
}

static int list_threads(struct gathering *all)
{
    int fd = openat(all->process_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    int64_t tid;
    if (!dir)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) < 0)
            continue;
        if (all->count >= USER_STACK_THREADS_MAX) {
            all->left_out++;
            continue;
        }
        int r = array_reserve(&all->threads, &all->capacity, all->count + 1);
        if (r < 0)
            return r;
        all->threads[all->count++] = (struct stopped){.copy.tid = (pid_t)tid};
    }
    qsort(all->threads, all->count, sizeof(*all->threads), by_tid);
    return all->count > 0 ? 0 : -ESRCH;
}

static int open_process(struct gathering *all)
{
    struct stat_line line;
    char name[sizeof("task/2147483647")];
    all->process_fd = procfs_open_same(all->id, &line);
    if (all->process_fd < 0)
        return all->process_fd;
    if (line.flags & STAT_KERNEL_THREAD)
        return -ENOEXEC;
    pid_t living = procfs_living_thread(all->process_fd);
    (void)snprintf(name, sizeof(name), "task/%d", living);
    all->living_fd = living > 0 ? openat(all->process_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                                : all->process_fd;
    int r =
        all->living_fd < 0 ? -errno : procfs_read(all->living_fd, "maps", MAPS_LIMIT, &all->maps);
    return r < 0 ? r : list_threads(all);
}

/* ---- the frames ---- */

struct frame_sender {
    const struct gathering *all;
    pid_t tid;
    size_t count;
};

static const char *module_at(const struct gathering *all, uint64_t address)
{
    for (size_t i = 0; i < all->module_count; i++)
        if (address >= all->modules[i].start && address < all->modules[i].end)
            return all->modules[i].path;
    return NULL;
}

static bool send_frame(void *data, uint64_t address, const char *symbol, uint64_t offset)
{
    struct frame_sender *sender = data;
    struct stack_record record = {.kind = STACK_RECORD_FRAME,
                                  .tid = sender->tid,
                                  .address = address,
                                  .offset = symbol ? offset : 0};
    if (sender->count >= USER_STACK_FRAMES_MAX)
        return false;
    sender->count++;
    put_text(record.symbol, symbol, false);
    put_text(record.module, module_at(sender->all, sender->count > 1 ? address - 1 : address),
             true);
    send_record(sender->all, &record);
    return true;
}

static void send_thread(const struct gathering *all, struct unwind *unwind,
                        const struct stopped *thread)
{
    struct frame_sender sender = {all, thread->copy.tid, 0};
    struct stack_record record = {.kind = STACK_RECORD_THREAD, .tid = thread->copy.tid};
    const char *reason = NULL;
    enum stack_end end = thread->end;
    if (end == STACK_WHOLE &&
        unwind_frames(unwind, &thread->copy, send_frame, &sender, &reason) < 0)
        end = STACK_BROKEN;
    if (end == STACK_WHOLE && sender.count >= USER_STACK_FRAMES_MAX)
        end = STACK_LONG;
    record.status = (int32_t)end;
    put_text(record.symbol, reason, false);
    send_record(all, &record);
}

/*
 * The files of another process are parsed after it was let go, and with no capability left: what
 * is in them may be made to mislead.
 */
static int gather(struct gathering *all)
{
    struct module_search last = {0};
    int r = open_process(all);
    if (r < 0)
        return r;
    for (size_t i = 0; i < all->count; i++)
        stop_and_copy(all, &all->threads[i]);
    each_mapping(all, add_module, &last);
    r = privileges_keep(PRIVILEGES_NONE, false);
    struct unwind *unwind = NULL;
    bool is_needed = false;
    for (size_t i = 0; i < all->count; i++)
        is_needed |= all->threads[i].end == STACK_WHOLE;
    if (r == 0 && is_needed)
        r = unwind_new(all->id.pid, all->modules, all->module_count, &unwind);
    for (size_t i = 0; r == 0 && i < all->count; i++)
        send_thread(all, unwind, &all->threads[i]);
    return r; /* the process ends, and with it all that it has */
}

void user_stacks_serve(void *argument, int fd, int extra_fd)
{
    struct gathering all = {.id = *(const struct identity *)argument, .fd = fd};
    sigset_t ends;
    (void)extra_fd;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGCHLD); /* a stop is told by it: sigtimedwait(2) takes it */
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    send_done(&all, gather(&all));
}
