#include "evidence_task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cursor.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/evidence.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/parse_syscall.h"
#include "reaptop/source/procfs.h"

enum {
    SMALL_LIMIT = 4096,
    STACK_LIMIT = 16384,
    STAT_FIELD_EXIT = 52,
};

/* Field 52 of a stopped task is the signal that stopped it; parse_stat() keeps ends only. */
static int32_t stop_signal_of(const char *text, size_t length)
{
    const char *close = memrchr(text, ')', length);
    struct cursor rest, word;
    if (!close)
        return 0;
    rest = cursor_of(close + 1, length - (size_t)(close + 1 - text));
    while (rest.end > rest.at && rest.end[-1] == '\n')
        rest.end--;
    for (int field = 3; cursor_word(&rest, &word); field++) {
        int32_t number;
        if (field == STAT_FIELD_EXIT && cursor_int(&word, &number) && number > 0 &&
            number <= SIGNAL_MAX)
            return number;
    }
    return 0;
}

static int read_stat(int fd, struct why_task *task)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct stat_line line;
    int r = procfs_read(fd, "stat", STAT_TEXT_LIMIT, &text);
    if (r < 0)
        return r == -ENOENT ? -ESRCH : r;
    r = parse_stat(strbuf_text(&text), text.length, &line);
    if (r < 0)
        return r;
    task->id.start_ticks = line.start_ticks;
    task->state = line.state;
    task->ppid = line.ppid;
    task->pgid = line.pgid;
    task->sid = line.sid;
    task->tpgid = line.tpgid;
    task->threads = line.threads;
    task->is_kernel = line.flags & STAT_KERNEL_THREAD;
    task->is_exiting = (line.flags & STAT_EXITING) && !state_is_dead(line.state);
    task->processor = line.processor;
    task->exit_status = line.exit_status;
    memcpy(task->comm, line.comm, sizeof(task->comm));
    if (line.state == 'T')
        task->stop_signal = stop_signal_of(strbuf_text(&text), text.length);
    return 0;
}

static void read_status(int fd, struct why_task *task)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct status status;
    if (procfs_read(fd, "status", STATUS_TEXT_LIMIT, &text) < 0 ||
        parse_status(strbuf_text(&text), text.length, &status) < 0)
        return;
    if (status.tgid != task->tid) /* what stat gave is when the thread began, not its process */
        task->id.start_ticks = 0;
    task->id.pid = status.tgid;
    if (status.known & STATUS_HAS_TRACER)
        task->tracer = status.tracer_pid;
    if (status.known & STATUS_HAS_NSPID && status.ns_pid_count > 1)
        task->pid_namespaces = status.ns_pid_count - 1;
    task->is_namespace_init =
        task->pid_namespaces > 0 && status.ns_pid[status.ns_pid_count - 1] == 1;
    if (status.known & STATUS_HAS_SIGNALS) {
        task->has_signals = true;
        task->pending = status.pending | status.shared_pending;
        task->blocked = status.blocked;
        task->ignored = status.ignored;
        task->caught = status.caught;
    }
}

static enum access read_by_reader(struct reader *reader, const struct why_task *task,
                                  const char *name, size_t limit, struct strbuf *out)
{
    char path[READER_NAME_SIZE];
    struct identity id = {.pid = task->id.pid};
    (void)snprintf(path, sizeof(path), "task/%d/%s", task->tid, name);
    int r = reader_read(reader, id, path, 0, limit, EVIDENCE_TIMEOUT_NS, out);
    return r == 1 ? ACCESS_TRUNCATED : access_from_errno(r, task->state);
}

static void read_syscall(struct reader *reader, struct why_task *task)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct syscall_record record = {0};
    enum access access = read_by_reader(reader, task, "syscall", SMALL_LIMIT, &text);
    /* A kernel without HAVE_ARCH_TRACEHOOK does not have the file. */
    if (access == ACCESS_EMPTY)
        access = ACCESS_UNSUPPORTED;
    if (access == ACCESS_OK && parse_syscall(strbuf_text(&text), text.length, &record) < 0)
        access = ACCESS_FAILED;
    record.access = access;
    task->syscall = record;
}

/* EMPTY where it is "0"; what that says is known when syscall was read. */
static void read_wchan(int fd, struct why_task *task)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    task->wchan[0] = '\0';
    int r = procfs_read(fd, "wchan", sizeof(task->wchan) - 1, &text);
    task->wchan_access = r == 1 ? ACCESS_OK : access_from_errno(r, task->state);
    if (r == -ENOENT)
        task->wchan_access = ACCESS_UNSUPPORTED;
    if (r < 0)
        return;
    if (strcmp(strbuf_text(&text), "0") == 0 || text.length == 0) {
        task->wchan_access = ACCESS_EMPTY;
        return;
    }
    memcpy(task->wchan, strbuf_text(&text), text.length);
    task->wchan[text.length] = '\0';
}

/* "[<0>] do_wait+0x53/0x120": the function's name of the first line. */
static void keep_stack_top(const char *text, size_t length, struct why_task *task)
{
    struct cursor rest = cursor_of(text, length), line, word;
    if (!cursor_line(&rest, &line) || !cursor_word(&line, &word) || !cursor_word(&line, &word))
        return;
    size_t size = 0;
    while (word.at + size < word.end && word.at[size] != '+')
        size++;
    if (size >= sizeof(task->stack_top))
        size = sizeof(task->stack_top) - 1;
    memcpy(task->stack_top, word.at, size);
    task->stack_top[size] = '\0';
}

static void read_stack(struct reader *reader, struct why_task *task, struct strbuf *stack)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    task->stack_access = read_by_reader(reader, task, "stack", STACK_LIMIT, &text);
    if (task->stack_access == ACCESS_EMPTY)
        task->stack_access = ACCESS_UNSUPPORTED;
    if (!access_has_value(task->stack_access))
        return;
    keep_stack_top(strbuf_text(&text), text.length, task);
    if (stack) {
        strbuf_clear(stack);
        strbuf_append(stack, strbuf_text(&text), text.length);
    }
}

static int look_at_wait(int fd, struct reader *reader, struct why_task *task)
{
    int r = read_stat(fd, task);
    if (r < 0)
        return r;
    read_wchan(fd, task);
    if (state_is_dead(task->state))
        task->syscall.access = task->wchan_access = ACCESS_ZOMBIE;
    else if (task->is_kernel)
        task->syscall.access = ACCESS_EMPTY; /* the file would say "0 0x0 0x0 …" */
    else
        read_syscall(reader, task);
    return 0;
}

int evidence_task_read(struct reader *reader, pid_t tid, struct why_task *task,
                       struct strbuf *stack)
{
    _cleanup_close_ int fd = procfs_open_process(tid, 0);
    task->tid = tid;
    task->id.pid = tid;
    if (fd < 0)
        return fd;
    int r = look_at_wait(fd, reader, task);
    if (r == 0 && wait_is_torn(task->state, task->wchan_access == ACCESS_OK, &task->syscall))
        r = look_at_wait(fd, reader, task);
    if (r < 0)
        return r;
    if (task->wchan_access == ACCESS_EMPTY)
        task->wchan_access = wchan_zero_access(task->state, &task->syscall);
    read_status(fd, task);
    if (state_is_dead(task->state))
        task->stack_access = ACCESS_ZOMBIE;
    else if (stack || task->state == 'D')
        read_stack(reader, task, stack);
    task->wait = why_classify(task);
    return 0;
}

ssize_t evidence_task_memory(struct reader *reader, const struct why_task *task, uint64_t address,
                             void *bytes, size_t size, size_t least)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct identity id = {.pid = task->id.pid};
    const uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    size_t to_page_end = (size_t)(page_size - address % page_size);
    int r = reader_read(reader, id, "mem", address, size, EVIDENCE_TIMEOUT_NS, &text);
    if (r == -EIO && to_page_end < size && to_page_end >= least)
        r = reader_read(reader, id, "mem", address, to_page_end, EVIDENCE_TIMEOUT_NS, &text);
    if (r < 0)
        return r;
    if (text.length < least)
        return -EIO;
    memcpy(bytes, strbuf_text(&text), text.length < size ? text.length : size);
    return (ssize_t)(text.length < size ? text.length : size);
}

int evidence_task_cpu_time(const struct why_task *task, uint64_t *ret_ns)
{
    if (task->threads == 1 && task->tid == task->id.pid) {
        clockid_t clock;
        if (clock_getcpuclockid(task->tid, &clock) != 0)
            return -ESRCH;
        *ret_ns = clock_ns(clock);
        return 0;
    }
    /* The kernel keeps a thread's clock for its own process; its schedstat lags by a tick. */
    _cleanup_close_ int fd = procfs_open_process(task->id.pid, task->tid);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (fd < 0)
        return fd;
    int r = procfs_read(fd, "schedstat", SMALL_LIMIT, &text);
    if (r < 0)
        return r;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length);
    return cursor_number(&rest, 10, ret_ns) ? 0 : -EBADMSG;
}
