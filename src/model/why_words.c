#include "why_words.h"

#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

enum {
    OBJECTS_REPORTED = 6
};

const char *why_say(const struct why_words *words, const char *text)
{
    return words->is_translated ? gettext(text) : text;
}

#define say(text) why_say(words, N_(text))

/* ---- what a task waits for ---- */

static const struct descriptor *only_descriptor(const struct why_task *task)
{
    if (task->object_count == 0 || !access_has_value(task->objects[0].access))
        return NULL;
    return &task->objects[0].descriptor;
}

static void name_descriptor(const struct descriptor *descriptor, struct strbuf *out)
{
    if (descriptor->detail && descriptor->detail->has_socket)
        socket_describe(&descriptor->detail->socket, out);
    else
        strbuf_puts(out, descriptor->target ? descriptor->target : "?");
}

static void append_object(const struct why_words *words, const struct why_task *task,
                          struct strbuf *out)
{
    const struct descriptor *descriptor = only_descriptor(task);
    if (!descriptor) {
        strbuf_printf(out, say("its descriptor %d"), task->need.fd);
        return;
    }
    name_descriptor(descriptor, out);
    strbuf_printf(out, say(" (its descriptor %d)"), descriptor->fd);
}

static void wait_read(const struct why_words *words, const struct why_task *task,
                      struct strbuf *out)
{
    const struct descriptor *descriptor = only_descriptor(task);
    if (task->need.from_wchan) {
        strbuf_printf(out, say("data; the kernel function it sleeps in is %s"), task->wchan);
        return;
    }
    switch (descriptor ? descriptor->type : DESCRIPTOR_UNKNOWN) {
    case DESCRIPTOR_TTY:
        if (task->tpgid > 0 && task->pgid != task->tpgid)
            strbuf_puts(out, say("a line on its terminal, while in the background: "));
        else
            strbuf_puts(out, say("somebody to type on its terminal: "));
        break;
    case DESCRIPTOR_PIPE:
    case DESCRIPTOR_FIFO:
        strbuf_puts(out, say("data in the empty pipe "));
        break;
    case DESCRIPTOR_SOCKET:
        strbuf_puts(out, say("data on the socket "));
        break;
    case DESCRIPTOR_EVENTFD:
        strbuf_puts(out, say("the counter of an eventfd to be raised: "));
        break;
    case DESCRIPTOR_TIMERFD:
        strbuf_puts(out, say("a timer to expire: "));
        break;
    case DESCRIPTOR_SIGNALFD:
        strbuf_puts(out, say("one of a signalfd's signals: "));
        break;
    case DESCRIPTOR_INOTIFY:
    case DESCRIPTOR_FANOTIFY:
        strbuf_puts(out, say("something to happen to the files it watches: "));
        break;
    default:
        strbuf_puts(out, say("data from "));
    }
    append_object(words, task, out);
}

static void wait_write(const struct why_words *words, const struct why_task *task,
                       struct strbuf *out)
{
    const struct descriptor *descriptor = only_descriptor(task);
    if (task->need.from_wchan) {
        strbuf_printf(out, say("room to write; the kernel function it sleeps in is %s"),
                      task->wchan);
        return;
    }
    if (descriptor && (descriptor->type == DESCRIPTOR_PIPE || descriptor->type == DESCRIPTOR_FIFO))
        strbuf_puts(out, say("room in the full pipe "));
    else if (descriptor && descriptor->type == DESCRIPTOR_SOCKET)
        strbuf_puts(out, say("the other side to read what it sends on the socket "));
    else
        strbuf_puts(out, say("what it writes to be taken by "));
    append_object(words, task, out);
}

static void wait_open_fifo(const struct why_words *words, const struct why_task *task,
                           struct strbuf *out)
{
    enum {
        ACCESS_MODE = 3
    };
    bool is_write = (task->need.operation & ACCESS_MODE) == 1;
    if (task->path[0] == '\0')
        strbuf_puts(out, say("somebody to open the other side of a FIFO"));
    else
        strbuf_printf(out,
                      is_write ? say("somebody to open the FIFO %s for reading")
                               : say("somebody to open the FIFO %s for writing"),
                      task->path);
}

static void wait_connect(const struct why_words *words, const struct why_task *task,
                         struct strbuf *out)
{
    const struct descriptor *descriptor = only_descriptor(task);
    if (task->path[0] != '\0') {
        strbuf_printf(out, say("room among the connections that %s has not accepted"), task->path);
        return;
    }
    strbuf_puts(out, say("an answer to its connection: "));
    if (descriptor)
        append_object(words, task, out);
}

/* "4 (IN) pipe:[123], 5 (IN) …". */
static void append_objects(const struct why_words *words, const struct why_task *task,
                           struct strbuf *out)
{
    for (uint32_t i = 0; i < task->object_count && i < OBJECTS_REPORTED; i++) {
        const struct why_object *object = &task->objects[i];
        strbuf_printf(out, "%s%d", i == 0 ? " " : ", ", object->fd);
        if (object->events != 0) {
            strbuf_puts(out, " (");
            epoll_events_append(out, object->events);
            strbuf_putc(out, ')');
        }
        if (access_has_value(object->access)) {
            strbuf_putc(out, ' ');
            name_descriptor(&object->descriptor, out);
        }
    }
    uint32_t more = task->object_more;
    if (task->object_count > OBJECTS_REPORTED)
        more += task->object_count - OBJECTS_REPORTED;
    if (more > 0)
        strbuf_printf(out, say(" and %u more"), more);
}

static void wait_any(const struct why_words *words, const struct why_task *task, struct strbuf *out)
{
    if (task->object_count > 0) {
        strbuf_puts(out, say("something to happen on any of its descriptors"));
        append_objects(words, task, out);
    } else if (access_has_value(task->objects_access)) {
        strbuf_puts(out, say("no descriptor at all: only time or a signal can end it"));
    } else {
        strbuf_puts(out, say("something to happen on descriptors that could not be read"));
    }
    if (task->need.has_timeout)
        strbuf_puts(out, say(", or a timeout"));
}

static void wait_child(const struct why_words *words, const struct why_task *task,
                       struct strbuf *out)
{
    uint32_t children = task->found_count + task->found_more;
    if (task->need.from_wchan)
        strbuf_puts(out, say("a child of it to change state"));
    else if (task->need.is_group)
        strbuf_printf(out, say("a child of it in process group %" PRId64 " to change state"),
                      task->need.id);
    else if (task->need.id > 0)
        strbuf_printf(out, say("its child %" PRId64 " to change state"), task->need.id);
    else
        strbuf_printf(out, say("any of its children to change state (%u of them)"), children);
}

static void wait_futex(const struct why_words *words, const struct why_task *task,
                       struct strbuf *out)
{
    switch (why_futex_kind(task)) {
    case FUTEX_IS_MUTEX:
    case FUTEX_IS_PI:
        strbuf_printf(out, say("the mutex at 0x%" PRIx64 " (a futex)"), task->need.address);
        break;
    case FUTEX_IS_JOIN:
        strbuf_printf(out, say("thread %u to end (a join on the futex at 0x%" PRIx64 ")"),
                      task->futex[0], task->need.address);
        break;
    case FUTEX_IS_SEMAPHORE:
        strbuf_printf(out,
                      task->futex_is_shared
                          ? say("the POSIX semaphore at 0x%" PRIx64 ", in shared memory, to be "
                                "posted")
                          : say("the POSIX semaphore at 0x%" PRIx64 " to be posted"),
                      task->need.address);
        break;
    case FUTEX_IS_UNKNOWN:
        if (task->need.address == 0)
            strbuf_puts(out, say("a futex: a lock, a condition or a thread's end"));
        else
            strbuf_printf(out,
                          say("the futex at 0x%" PRIx64 ": a condition, or a lock of a kind that "
                              "does not name its owner"),
                          task->need.address);
        break;
    }
    if (task->need.has_timeout)
        strbuf_puts(out, say(", or a timeout"));
}

static void wait_lock(const struct why_words *words, const struct why_task *task,
                      struct strbuf *out)
{
    if (task->lock_access == ACCESS_OK)
        strbuf_printf(out, say("a %s lock on "), lock_kind_name(task->lock.kind));
    else
        strbuf_puts(out, say("a lock on "));
    if (task->need.from_wchan)
        strbuf_puts(out, say("a file"));
    else
        append_object(words, task, out);
}

static void wait_semaphore(const struct why_words *words, const struct why_task *task,
                           struct strbuf *out)
{
    if (task->ipc_access != ACCESS_OK) {
        strbuf_puts(out, say("a System V semaphore"));
        return;
    }
    if (task->semaphore_operation == 0)
        strbuf_printf(out, say("semaphore %d of set %" PRId64 " to become 0; it is %d"),
                      task->semaphore_number, task->need.id, task->semaphore_value);
    else
        strbuf_printf(
            out,
            say("semaphore %d of set %" PRId64 " to be raised: it is %d, and %d is to be taken"),
            task->semaphore_number, task->need.id, task->semaphore_value,
            -task->semaphore_operation);
}

static void wait_queue(const struct why_words *words, const struct why_task *task, bool is_send,
                       struct strbuf *out)
{
    strbuf_printf(out,
                  is_send ? say("room in the message queue %" PRId64)
                          : say("a message in the queue %" PRId64),
                  task->need.id);
    if (task->ipc_access == ACCESS_OK)
        strbuf_printf(out, say(" (%" PRIu64 " messages, %" PRIu64 " bytes are in it)"),
                      task->queue_messages, task->queue_bytes);
}

static void wait_mqueue(const struct why_words *words, const struct why_task *task, bool is_send,
                        struct strbuf *out)
{
    strbuf_puts(out, is_send ? say("room in the full message queue ")
                             : say("a message in the empty queue "));
    append_object(words, task, out);
    if (task->need.has_timeout)
        strbuf_puts(out, say(", or a timeout"));
}

static void append_signals(signal_set set, struct strbuf *out)
{
    const char *separator = "";
    for (int number = 1; number <= SIGNAL_MAX; number++) {
        if (!signal_set_has(set, number))
            continue;
        strbuf_printf(out, "%s%s", separator, signal_name(number));
        separator = " ";
    }
}

static void wait_signal(const struct why_words *words, const struct why_task *task,
                        struct strbuf *out)
{
    if (task->has_signals_waited) {
        strbuf_puts(out, say("one of the signals "));
        append_signals(task->signals_waited, out);
    } else {
        strbuf_puts(out, say("any signal that it does not block"));
    }
    if (task->need.has_timeout)
        strbuf_puts(out, say(", or a timeout"));
}

static void wait_running(const struct why_words *words, const struct why_task *task,
                         struct strbuf *out)
{
    if (task->has_schedule && task->run_delta_ns > 0)
        strbuf_printf(out, say("nothing: it runs on processor %d"), task->processor);
    else if (task->has_schedule && task->wait_delta_ns > 0)
        strbuf_printf(out, say("a processor: it is ready and waits in the queue of processor %d"),
                      task->processor);
    else
        strbuf_printf(out, say("nothing: it runs, or is ready to, on processor %d"),
                      task->processor);
}

static const struct {
    const char *start;
    const char *words;
} depths[] = {
    {"request_wait_answer", N_("an answer of the daemon of a FUSE file system")},
    {"__fuse", N_("an answer of the daemon of a FUSE file system")},
    {"fuse_", N_("an answer of the daemon of a FUSE file system")},
    {"rpc_wait", N_("an answer of an NFS server")},
    {"nfs", N_("an answer of an NFS server")},
    {"p9_client", N_("an answer of a 9P server")},
    {"cifs", N_("an answer of an SMB server")},
    {"folio_wait", N_("a page of a file to come from its disk")},
    {"wait_on_page", N_("a page of a file to come from its disk")},
    {"__lock_page", N_("a page of a file to come from its disk")},
    {"io_schedule", N_("a disk")},
    {"blk_", N_("a disk")},
    {"bio_", N_("a disk")},
    {"submit_bio_wait", N_("a disk")},
    {"jbd2", N_("the journal of its file system")},
    {"xlog", N_("the journal of its file system")},
    {"wb_wait", N_("dirty pages to be written out")},
    {"balance_dirty_pages", N_("dirty pages to be written out")},
    {"rwsem_down", N_("a lock inside the kernel")},
    {"__mutex_lock", N_("a lock inside the kernel")},
    {"mutex_lock", N_("a lock inside the kernel")},
    {"down", N_("a lock inside the kernel")},
    {"exit_mm", N_("its threads to write a core dump")},
    {"coredump", N_("its threads to write a core dump")},
    {"msleep", N_("a driver that gives its device time")},
    {"synchronize_rcu", N_("all processors to pass a quiet state (RCU)")},
    {"kernel_clone", N_("its vfork child")},
};

static const char *words_of_depth(const char *function)
{
    for (size_t i = 0; i < ELEMENTS(depths); i++)
        if (strncmp(function, depths[i].start, strlen(depths[i].start)) == 0)
            return depths[i].words;
    return NULL;
}

static void wait_disk(const struct why_words *words, const struct why_task *task,
                      struct strbuf *out)
{
    const char *known = task->wchan_access == ACCESS_OK ? words_of_depth(task->wchan) : NULL;
    if (!known && task->stack_access == ACCESS_OK)
        known = words_of_depth(task->stack_top);
    if (known)
        strbuf_printf(out, say("%s, without being interruptible"), why_say(words, known));
    else
        strbuf_puts(out, say("something inside the kernel, without being interruptible"));
    if (task->object_count > 0) {
        strbuf_puts(out, say("; it is at work on "));
        append_object(words, task, out);
    }
}

static void wait_stopped(const struct why_words *words, const struct why_task *task,
                         struct strbuf *out)
{
    strbuf_puts(out, say("SIGCONT"));
    if (task->stop_signal > 0)
        strbuf_printf(out, say("; SIG%s stopped it"), signal_name(task->stop_signal));
}

static void wait_unknown(const struct why_words *words, const struct why_task *task,
                         struct strbuf *out)
{
    const char *call = task->syscall.access == ACCESS_OK && task->syscall.place == SYSCALL_INSIDE &&
                               !syscall_is_foreign(&task->syscall)
                           ? syscall_name(task->syscall.number)
                           : NULL;
    if (call)
        strbuf_printf(out, say("something in the system call %s"), call);
    else if (task->wchan_access == ACCESS_OK && task->wchan[0])
        strbuf_printf(out, say("something in the kernel function %s"), task->wchan);
    else
        strbuf_puts(out, task->syscall.access == ACCESS_UNRECORDED
                             ? say("something that was not recorded")
                             : say("something that could not be read"));
}

void why_words_wait(const struct why_words *words, const struct why_task *task, struct strbuf *out)
{
    switch (task->need.kind) {
    case WHY_RUNNING:
        wait_running(words, task, out);
        break;
    case WHY_ZOMBIE:
        strbuf_puts(out, task->state == 'X' ? say("nothing: it is dead, its remains are going")
                         : task->tracer > 0 && task->tracer != task->ppid
                             ? say("its tracer to wait for it: it is dead")
                             : say("its parent to wait for it: it is dead"));
        break;
    case WHY_ZOMBIE_LEADER:
        strbuf_puts(out, say("its other threads to end: its first thread has ended, they live on"));
        break;
    case WHY_STOPPED:
        wait_stopped(words, task, out);
        break;
    case WHY_TRACED:
        strbuf_puts(out, say("its tracer to let it go on"));
        break;
    case WHY_READ:
        wait_read(words, task, out);
        break;
    case WHY_WRITE:
        wait_write(words, task, out);
        break;
    case WHY_ACCEPT:
        strbuf_puts(out, say("a client to connect to "));
        append_object(words, task, out);
        break;
    case WHY_CONNECT:
        wait_connect(words, task, out);
        break;
    case WHY_OPEN_FIFO:
        wait_open_fifo(words, task, out);
        break;
    case WHY_OPEN:
        strbuf_printf(out, say("%s to be opened"), task->path[0] ? task->path : say("a file"));
        break;
    case WHY_POLL:
    case WHY_EPOLL:
        wait_any(words, task, out);
        break;
    case WHY_CHILD:
        wait_child(words, task, out);
        break;
    case WHY_VFORK:
        strbuf_puts(out, say("its vfork child to exec or exit: until then the child uses its "
                             "memory"));
        break;
    case WHY_FUTEX:
        wait_futex(words, task, out);
        break;
    case WHY_LOCK:
        wait_lock(words, task, out);
        break;
    case WHY_SEMAPHORE:
        wait_semaphore(words, task, out);
        break;
    case WHY_MSG_RECEIVE:
    case WHY_MSG_SEND:
        wait_queue(words, task, task->need.kind == WHY_MSG_SEND, out);
        break;
    case WHY_MQ_RECEIVE:
    case WHY_MQ_SEND:
        wait_mqueue(words, task, task->need.kind == WHY_MQ_SEND, out);
        break;
    case WHY_TIMER:
        strbuf_puts(out, say("time to pass: it sleeps until a moment that it chose"));
        break;
    case WHY_SIGNAL:
        wait_signal(words, task, out);
        break;
    case WHY_IO_URING:
        strbuf_puts(out, say("a request that it queued to be completed: "));
        append_object(words, task, out);
        break;
    case WHY_FROZEN:
        strbuf_puts(out, say("its cgroup to be thawed: it is frozen"));
        break;
    case WHY_THROTTLED:
        strbuf_puts(out, say("its cgroup's next share of processor time: the quota is used up"));
        break;
    case WHY_DISK:
        wait_disk(words, task, out);
        break;
    case WHY_KERNEL_IDLE:
        strbuf_puts(out, say("work: an idle thread of the kernel"));
        break;
    case WHY_UNKNOWN:
    case WHY_KIND_COUNT:
        wait_unknown(words, task, out);
        break;
    }
}

/* ---- where it is known from ---- */

static void evidence_of_objects(const struct why_task *task, struct strbuf *out)
{
    for (uint32_t i = 0; i < task->object_count && i < OBJECTS_REPORTED; i++) {
        const struct why_object *object = &task->objects[i];
        if (!access_has_value(object->access))
            continue;
        strbuf_printf(out, "; /proc/%d/fd/%d: %s", task->id.pid, object->fd,
                      object->descriptor.target ? object->descriptor.target : "?");
        if (task->need.kind == WHY_EPOLL)
            break;
    }
    if (task->need.kind == WHY_EPOLL)
        strbuf_printf(out, "; /proc/%d/fdinfo/%d: tfd", task->id.pid, task->need.fd);
}

static void evidence_of_memory(const struct why_task *task, struct strbuf *out)
{
    if (!access_has_value(task->memory_access))
        return;
    strbuf_printf(out, "; its memory at 0x%" PRIx64, task->need.address);
    for (uint32_t i = 0; i < task->futex_words && i < 5; i++)
        strbuf_printf(out, "%s%u", i == 0 ? ": " : " ", task->futex[i]);
}

static void evidence_of_lock(const struct why_task *task, struct strbuf *out)
{
    if (task->lock_access == ACCESS_OK)
        strbuf_printf(out, "; /proc/locks: %" PRIu64 ": %02x:%02x:%" PRIu64, task->lock.number,
                      task->lock.major, task->lock.minor, task->lock.inode);
}

/* The state is in all of it; the rest as far as it was read. */
static void evidence_of_place(const struct why_task *task, struct strbuf *out)
{
    if (task->syscall.access == ACCESS_OK && task->syscall.place == SYSCALL_INSIDE &&
        strchr("SD", task->state)) {
        strbuf_printf(out, "/proc/%d/syscall: ", task->tid);
        syscall_append(out, &task->syscall);
        return;
    }
    if (task->wchan_access == ACCESS_OK && task->wchan[0] && strchr("SD", task->state)) {
        strbuf_printf(out, "/proc/%d/wchan: %s", task->tid, task->wchan);
        return;
    }
    strbuf_printf(out, "/proc/%d/stat: state %c", task->tid, task->state);
}

static void evidence_of_wchan(const struct why_task *task, struct strbuf *out)
{
    if (task->wchan_access == ACCESS_OK && task->wchan[0] && task->syscall.access == ACCESS_OK)
        strbuf_printf(out, "; /proc/%d/wchan: %s", task->tid, task->wchan);
}

void why_words_evidence(const struct why_task *task, struct strbuf *out)
{
    evidence_of_place(task, out);
    switch (task->need.kind) {
    case WHY_FUTEX:
    case WHY_OPEN_FIFO:
    case WHY_OPEN:
        evidence_of_memory(task, out);
        break;
    case WHY_LOCK:
        evidence_of_objects(task, out);
        evidence_of_lock(task, out);
        break;
    case WHY_CHILD:
    case WHY_VFORK:
        strbuf_puts(out, "; PPid in /proc/*/stat");
        break;
    case WHY_TRACED:
        strbuf_printf(out, "; /proc/%d/status: TracerPid: %d", task->tid, task->tracer);
        break;
    case WHY_SEMAPHORE:
        strbuf_puts(out, "; semctl(2)");
        break;
    case WHY_MSG_RECEIVE:
    case WHY_MSG_SEND:
        strbuf_puts(out, "; /proc/sysvipc/msg");
        break;
    case WHY_RUNNING:
        if (task->has_schedule)
            strbuf_puts(out, "; its CPU time, read twice");
        break;
    case WHY_THROTTLED:
        strbuf_printf(out, "; %s; cpu.stat: nr_throttled, read twice", task->cgroup.quota_file);
        break;
    case WHY_FROZEN:
        if (task->cgroup.freezer != CGROUP_NOT_FROZEN) {
            strbuf_printf(out, "; /proc/%d/cgroup; %s", task->tid,
                          task->cgroup.freezer == CGROUP_FROZEN_V1 ? "freezer.state: FROZEN"
                                                                   : "cgroup.events: frozen 1");
            break;
        }
        evidence_of_wchan(task, out);
        break;
    case WHY_DISK:
        evidence_of_wchan(task, out);
        evidence_of_objects(task, out);
        break;
    default:
        evidence_of_objects(task, out);
    }
}

/* ---- who is to blame, and what for ---- */

static const struct {
    const char *relation; /* %d: its descriptor, where `has_fd` */
    const char *act;
    bool has_fd;
} roles[WHY_ROLE_COUNT] = {
    [WHY_ROLE_WRITER] = {N_("holds the write end (its descriptor %d)"),
                         N_("must write to it, or close it"), true},
    [WHY_ROLE_READER] = {N_("holds the read end (its descriptor %d)"), N_("must read from it"),
                         true},
    [WHY_ROLE_SOCKET_PEER] = {N_("holds the other end (its descriptor %d)"),
                              N_("must send something, or close it"), true},
    [WHY_ROLE_LISTENER] = {N_("listens there (its descriptor %d) and has not accepted it"),
                           N_("must accept the connection"), true},
    [WHY_ROLE_TERMINAL] = {N_("has the terminal's other side (its descriptor %d)"),
                           N_("must pass on what somebody types"), true},
    [WHY_ROLE_SHARER] = {N_("shares it (its descriptor %d)"), N_("must write to it"), true},
    [WHY_ROLE_WATCHED] = {N_("is the process that the pidfd is a handle of"), N_("must end"),
                          false},
    [WHY_ROLE_CHILD] = {N_("is its child"), N_("must end or change state"), false},
    [WHY_ROLE_VFORK_CHILD] = {N_("is its vfork child"), N_("must exec or exit"), false},
    [WHY_ROLE_PARENT] = {N_("is its parent"), N_("must wait for it"), false},
    [WHY_ROLE_THREAD] = {N_("is a thread of it that lives on"), N_("must end"), false},
    [WHY_ROLE_TRACER] = {N_("traces it"), N_("must let it go on, or detach"), false},
    [WHY_ROLE_CONTINUER] = {N_("is its parent"),
                            N_("or anybody else who may signal it must send SIGCONT"), false},
    [WHY_ROLE_MUTEX_OWNER] = {N_("holds the mutex"), N_("must unlock it"), false},
    [WHY_ROLE_JOINED] = {N_("is the thread whose end is waited for"), N_("must end"), false},
    [WHY_ROLE_LOCK_OWNER] = {N_("holds the lock that stands in the way"),
                             N_("must unlock the file, or close it"), false},
    [WHY_ROLE_SEMAPHORE_LAST] = {N_("changed the semaphore last"),
                                 N_("or another with access to it must raise it"), false},
    [WHY_ROLE_SEMAPHORE_SHARER] = {N_("maps the memory that holds the semaphore"),
                                   N_("must post it"), false},
    [WHY_ROLE_MSG_SENDER] = {N_("sent to the queue last"), N_("or another must send a message"),
                             false},
    [WHY_ROLE_MSG_RECEIVER] = {N_("received from the queue last"),
                               N_("or another must receive a message"), false},
};

void why_words_relation(const struct why_words *words, const struct why_holder *holder,
                        struct strbuf *out)
{
    const char *relation = roles[holder->role].relation;
    if (!relation)
        return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (roles[holder->role].has_fd)
        strbuf_printf(out, why_say(words, relation), holder->fd);
    else
        strbuf_puts(out, why_say(words, relation));
#pragma GCC diagnostic pop
}

void why_words_act(const struct why_words *words, const struct why_task *waiter,
                   const struct why_holder *holder, struct strbuf *out)
{
    bool is_write = waiter->need.kind == WHY_WRITE || waiter->need.kind == WHY_MQ_SEND;
    if (holder->role == WHY_ROLE_SOCKET_PEER && is_write)
        strbuf_puts(out, say("must read from it"));
    else if (holder->role == WHY_ROLE_TRACER && waiter->need.kind == WHY_ZOMBIE)
        strbuf_puts(out, say("must wait for it first, or detach"));
    else if (roles[holder->role].act)
        strbuf_puts(out, why_say(words, roles[holder->role].act));
}

enum why_certainty why_words_certainty(const struct why_task *task)
{
    switch (task->need.kind) {
    case WHY_UNKNOWN:
    case WHY_OPEN:
    case WHY_THROTTLED:
        return WHY_INFERRED;
    case WHY_FUTEX:
        return why_futex_kind(task) == FUTEX_IS_PI ? WHY_OBSERVED : WHY_INFERRED;
    case WHY_RUNNING:
        return task->has_schedule && task->run_delta_ns == 0 && task->wait_delta_ns == 0
                   ? WHY_INFERRED
                   : WHY_OBSERVED;
    case WHY_DISK:
        return task->wchan_access == ACCESS_OK ? WHY_OBSERVED : WHY_INFERRED;
    default:
        return WHY_OBSERVED;
    }
}
