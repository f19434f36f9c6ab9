#include "why_table.h"

#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>

#include "reaptop/base/array.h"

const char *why_say(bool is_translated, const char *text)
{
    return is_translated ? gettext(text) : text;
}

#define say(text) why_say(to->is_translated, N_(text))

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

void why_say_object(const struct why_text *to, const struct why_task *task)
{
    const struct descriptor *descriptor = only_descriptor(task);
    if (descriptor) {
        name_descriptor(descriptor, to->out);
        strbuf_printf(to->out, say(" (its descriptor %d)"), descriptor->fd);
    } else if (task->wait.fd >= 0) {
        strbuf_printf(to->out, say("its descriptor %d"), task->wait.fd);
    } else {
        strbuf_puts(to->out, say("a descriptor that could not be read"));
    }
}

static bool is_pipe(const struct descriptor *descriptor)
{
    return descriptor->type == DESCRIPTOR_PIPE || descriptor->type == DESCRIPTOR_FIFO;
}

void why_say_read(const struct why_text *to, const struct why_task *task)
{
    static const char *const sentences[DESCRIPTOR_TYPE_COUNT] = {
        [DESCRIPTOR_TTY] = N_("somebody to type on its terminal: "),
        [DESCRIPTOR_PIPE] = N_("data in the empty pipe "),
        [DESCRIPTOR_FIFO] = N_("data in the empty pipe "),
        [DESCRIPTOR_SOCKET] = N_("data on the socket "),
        [DESCRIPTOR_EVENTFD] = N_("the counter of an eventfd to be raised: "),
        [DESCRIPTOR_TIMERFD] = N_("a timer to expire: "),
        [DESCRIPTOR_SIGNALFD] = N_("one of a signalfd's signals: "),
        [DESCRIPTOR_INOTIFY] = N_("something to happen to the files it watches: "),
        [DESCRIPTOR_FANOTIFY] = N_("something to happen to the files it watches: "),
    };
    const struct descriptor *descriptor = only_descriptor(task);
    enum descriptor_type type = descriptor ? descriptor->type : DESCRIPTOR_UNKNOWN;
    if (task->wait.from_wchan) {
        strbuf_printf(to->out, say("data; the kernel function it sleeps in is %s"), task->wchan);
        return;
    }
    if (type == DESCRIPTOR_TTY && task->tpgid > 0 && task->pgid != task->tpgid)
        strbuf_puts(to->out, say("a line on its terminal, while in the background: "));
    else
        strbuf_puts(to->out, sentences[type] ? why_say(to->is_translated, sentences[type])
                                             : say("data from "));
    why_say_object(to, task);
}

void why_say_write(const struct why_text *to, const struct why_task *task)
{
    const struct descriptor *descriptor = only_descriptor(task);
    if (task->wait.from_wchan) {
        strbuf_printf(to->out, say("room to write; the kernel function it sleeps in is %s"),
                      task->wchan);
        return;
    }
    if (descriptor && is_pipe(descriptor))
        strbuf_puts(to->out, say("room in the full pipe "));
    else if (descriptor && descriptor->type == DESCRIPTOR_SOCKET)
        strbuf_puts(to->out, say("the other side to read what it sends on the socket "));
    else
        strbuf_puts(to->out, say("what it writes to be taken by "));
    why_say_object(to, task);
}

void why_say_open_fifo(const struct why_text *to, const struct why_task *task)
{
    enum {
        ACCESS_MODE = 3
    };
    bool is_write = (task->wait.flags & ACCESS_MODE) == 1;
    if (task->wait.path[0] == '\0')
        strbuf_puts(to->out, say("somebody to open the other side of a FIFO"));
    else
        strbuf_printf(to->out,
                      is_write ? say("somebody to open the FIFO %s for reading")
                               : say("somebody to open the FIFO %s for writing"),
                      task->wait.path);
}

void why_say_open(const struct why_text *to, const struct why_task *task)
{
    const char *path = task->wait.path;
    strbuf_printf(to->out, say("%s to be opened"), path[0] ? path : say("a file"));
}

void why_say_connect(const struct why_text *to, const struct why_task *task)
{
    if (task->wait.path[0] != '\0') {
        strbuf_printf(to->out, say("room among the connections that %s has not accepted"),
                      task->wait.path);
        return;
    }
    strbuf_puts(to->out, say("an answer to its connection: "));
    why_say_object(to, task);
}

static void append_objects(const struct why_text *to, const struct why_task *task)
{
    for (uint32_t i = 0; i < task->object_count && i < WHY_OBJECTS_REPORTED; i++) {
        const struct why_object *object = &task->objects[i];
        strbuf_printf(to->out, "%s%d", i == 0 ? " " : ", ", object->fd);
        if (object->events != 0) {
            strbuf_puts(to->out, " (");
            epoll_events_append(to->out, object->events);
            strbuf_putc(to->out, ')');
        }
        if (access_has_value(object->access)) {
            strbuf_putc(to->out, ' ');
            name_descriptor(&object->descriptor, to->out);
        }
    }
    uint32_t more = task->object_more;
    if (task->object_count > WHY_OBJECTS_REPORTED)
        more += task->object_count - WHY_OBJECTS_REPORTED;
    if (more > 0)
        strbuf_printf(to->out, say(" and %u more"), more);
}

void why_say_any(const struct why_text *to, const struct why_task *task)
{
    if (task->object_count > 0) {
        strbuf_puts(to->out, say("something to happen on any of its descriptors"));
        append_objects(to, task);
    } else if (access_has_value(task->wait.access)) {
        strbuf_puts(to->out, say("no descriptor at all: only time or a signal can end it"));
    } else {
        strbuf_puts(to->out, say("something to happen on descriptors that could not be read"));
    }
}

void why_say_child(const struct why_text *to, const struct why_task *task)
{
    uint32_t children = task->found_count + task->found_more;
    bool is_tracer = task->found_count > 0 && task->found[0].role == WHY_ROLE_TRACED;
    if (task->wait.from_wchan)
        strbuf_puts(to->out, say("a child of it to change state"));
    else if (is_tracer && task->wait.child.id > 0)
        strbuf_printf(to->out, say("process %" PRId64 ", which it traces, to change state"),
                      task->wait.child.id);
    else if (is_tracer)
        strbuf_printf(to->out, say("any process that it traces to change state (%u of them)"),
                      children);
    else if (task->wait.child.is_group)
        strbuf_printf(to->out, say("a child of it in process group %" PRId64 " to change state"),
                      task->wait.child.id);
    else if (task->wait.child.id > 0)
        strbuf_printf(to->out, say("its child %" PRId64 " to change state"), task->wait.child.id);
    else
        strbuf_printf(to->out, say("any of its children to change state (%u of them)"), children);
}

void why_say_futex(const struct why_text *to, const struct why_task *task)
{
    const struct why_futex *futex = &task->wait.futex;
    switch (why_futex_kind(task)) {
    case FUTEX_IS_MUTEX:
    case FUTEX_IS_PI:
        strbuf_printf(to->out, say("the mutex at 0x%" PRIx64 " (a futex)"), task->wait.address);
        break;
    case FUTEX_IS_JOIN:
        strbuf_printf(to->out, say("thread %u to end (a join on the futex at 0x%" PRIx64 ")"),
                      (unsigned)why_futex_joined(futex), task->wait.address);
        break;
    case FUTEX_IS_SEMAPHORE:
        strbuf_printf(to->out,
                      futex->is_shared
                          ? say("the POSIX semaphore at 0x%" PRIx64 ", in shared memory, to be "
                                "posted")
                          : say("the POSIX semaphore at 0x%" PRIx64 " to be posted"),
                      task->wait.address);
        break;
    case FUTEX_IS_UNKNOWN:
        if (task->wait.address == 0)
            strbuf_puts(to->out, say("a futex: a lock, a condition or a thread's end"));
        else
            strbuf_printf(to->out,
                          say("the futex at 0x%" PRIx64 ": a condition, or a lock of a kind that "
                              "does not name its owner"),
                          task->wait.address);
        break;
    }
}

void why_say_lock(const struct why_text *to, const struct why_task *task)
{
    if (task->wait.access == ACCESS_OK)
        strbuf_printf(to->out, say("a %s lock on "), lock_kind_name(task->wait.lock.kind));
    else
        strbuf_puts(to->out, say("a lock on "));
    if (task->wait.from_wchan)
        strbuf_puts(to->out, say("a file"));
    else
        why_say_object(to, task);
}

void why_say_semaphore(const struct why_text *to, const struct why_task *task)
{
    if (task->wait.access != ACCESS_OK)
        strbuf_puts(to->out, say("a System V semaphore"));
    else if (task->wait.semaphore.operation == 0)
        strbuf_printf(to->out, say("semaphore %d of set %d to become 0; it is %d"),
                      task->wait.semaphore.number, task->wait.number, task->wait.semaphore.value);
    else
        strbuf_printf(to->out,
                      say("semaphore %d of set %d to be raised: it is %d, and %d is to be taken"),
                      task->wait.semaphore.number, task->wait.number, task->wait.semaphore.value,
                      -task->wait.semaphore.operation);
}

void why_say_queue(const struct why_text *to, const struct why_task *task)
{
    strbuf_printf(to->out,
                  why_row(task)->is_write ? say("room in the message queue %d")
                                          : say("a message in the queue %d"),
                  task->wait.number);
    if (task->wait.access == ACCESS_OK)
        strbuf_printf(to->out, say(" (%" PRIu64 " messages, %" PRIu64 " bytes are in it)"),
                      task->wait.queue.messages, task->wait.queue.bytes);
}

void why_say_signal(const struct why_text *to, const struct why_task *task)
{
    if (task->wait.signals.has_set) {
        strbuf_puts(to->out, say("one of the signals "));
        signal_set_append(task->wait.signals.set, to->out);
    } else {
        strbuf_puts(to->out, say("any signal that it does not block"));
    }
}

void why_say_exiting(const struct why_text *to, const struct why_task *task)
{
    if (why_is_ending_init(task))
        strbuf_puts(to->out, say("all other processes of its PID namespace to end and be waited "
                                 "for: it is their init, and ends itself"));
    else if (task->wchan_access == ACCESS_OK)
        strbuf_printf(to->out, say("its own end, which has begun; the kernel names the place %s"),
                      task->wchan);
    else
        strbuf_puts(to->out, say("its own end, which has begun"));
}

void why_say_fuse(const struct why_text *to, const struct why_task *task)
{
    strbuf_puts(to->out, say("an answer of the daemon of a FUSE file system"));
    if (task->object_count > 0) {
        strbuf_puts(to->out, say(": it is at work on "));
        why_say_object(to, task);
    }
}

void why_say_lease(const struct why_text *to, const struct why_task *task)
{
    const char *file = task->wait.path[0] ? task->wait.path : say("a file");
    strbuf_printf(to->out,
                  say("a lease on %s to be given up; the kernel takes it away after "
                      "/proc/sys/fs/lease-break-time seconds"),
                  file);
}

void why_say_running(const struct why_text *to, const struct why_task *task)
{
    if (task->wait.processor.run_ns > 0)
        strbuf_printf(to->out, say("nothing: it runs on processor %d"), task->processor);
    else if (task->wait.processor.wait_ns > 0)
        strbuf_printf(to->out,
                      say("a processor: it is ready and waits in the queue of processor %d"),
                      task->processor);
    else
        strbuf_printf(to->out, say("nothing: it runs, or is ready to, on processor %d"),
                      task->processor);
}

void why_say_zombie(const struct why_text *to, const struct why_task *task)
{
    bool is_thread = task->tid != task->id.pid;
    if (task->state == 'X' || (is_thread && task->tracer == 0))
        strbuf_puts(to->out, say("nothing: it is dead, its remains are going"));
    else if (is_thread)
        strbuf_puts(to->out, say("its tracer to collect it: it is a dead thread"));
    else if (task->tracer > 0 && task->tracer != task->ppid)
        strbuf_puts(to->out, say("its tracer to collect it: it is dead"));
    else if (task->ppid == 0)
        strbuf_puts(to->out,
                    say("its parent, outside this PID namespace, to collect it: it is dead"));
    else
        strbuf_puts(to->out, say("its parent to collect it: it is dead"));
}

void why_say_stopped(const struct why_text *to, const struct why_task *task)
{
    strbuf_puts(to->out, say("SIGCONT"));
    if (task->stop_signal > 0)
        strbuf_printf(to->out, say("; SIG%s stopped it"), signal_name(task->stop_signal));
}

static const struct {
    const char *places, *words;
} depths[] = {
    {"request_wait_answer __fuse* fuse_*", N_("an answer of the daemon of a FUSE file system")},
    {"rpc_wait* nfs*", N_("an answer of an NFS server")},
    {"p9_client*", N_("an answer of a 9P server")},
    {"cifs*", N_("an answer of an SMB server")},
    {"folio_wait* wait_on_page* __lock_page*", N_("a page of a file to come from its disk")},
    {"io_schedule* blk_* bio_* submit_bio_wait", N_("a disk")},
    {"jbd2* xlog*", N_("the journal of its file system")},
    {"wb_wait* balance_dirty_pages*", N_("dirty pages to be written out")},
    {"rwsem_down* __mutex_lock* mutex_lock* down*", N_("a lock inside the kernel")},
    {"exit_mm* coredump*", N_("its threads to write a core dump")},
    {"msleep*", N_("a driver that gives its device time")},
    {"synchronize_rcu*", N_("all processors to pass a quiet state (RCU)")},
    {"kernel_clone", N_("its vfork child")},
};

static const char *words_of_depth(const char *function)
{
    for (size_t i = 0; i < ELEMENTS(depths); i++)
        if (why_names(depths[i].places, function))
            return depths[i].words;
    return NULL;
}

void why_say_disk(const struct why_text *to, const struct why_task *task)
{
    bool has_wchan = task->wchan_access == ACCESS_OK;
    const char *known = has_wchan ? words_of_depth(task->wchan) : NULL;
    if (!known && task->stack_access == ACCESS_OK)
        known = words_of_depth(task->stack_top);
    if (known)
        strbuf_printf(to->out, say("%s, without being interruptible"),
                      why_say(to->is_translated, known));
    else if (has_wchan)
        strbuf_printf(to->out,
                      say("unknown: the kernel names the place %s, which is not known here; no "
                          "signal interrupts it"),
                      task->wchan);
    else
        strbuf_puts(to->out, say("something inside the kernel, without being interruptible"));
    if (task->object_count > 0) {
        strbuf_puts(to->out, say("; it is at work on "));
        why_say_object(to, task);
    }
}

/* Whatever the kernel names is said, and that it tells us nothing. */
void why_say_unknown(const struct why_text *to, const struct why_task *task)
{
    const char *call =
        syscall_is_readable(&task->syscall) ? syscall_record_name(&task->syscall) : NULL;
    bool has_wchan = task->wchan_access == ACCESS_OK && task->wchan[0];
    if (call && has_wchan)
        strbuf_printf(to->out,
                      say("unknown: in the system call %s the kernel names the place %s, which is "
                          "not known here"),
                      call, task->wchan);
    else if (call)
        strbuf_printf(to->out, say("unknown: it is in the system call %s, which is not known here"),
                      call);
    else if (has_wchan)
        strbuf_printf(to->out,
                      say("unknown: the kernel names the place %s, which is not known here"),
                      task->wchan);
    else
        strbuf_puts(to->out, task->syscall.access == ACCESS_UNRECORDED
                                 ? say("something that was not recorded")
                                 : say("something that could not be read"));
}

void why_words_wait(const struct why_text *to, const struct why_task *task)
{
    const struct why_row *row = why_row(task);
    if (row->sentence)
        strbuf_puts(to->out, why_say(to->is_translated, row->sentence));
    if (row->words)
        row->words(to, task);
    if (task->wait.has_timeout)
        strbuf_puts(to->out, say(", or a timeout"));
}

/* ---- who holds it, and what ends it ---- */

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
    [WHY_ROLE_TRACED] = {N_("is traced by it"), N_("must stop, end or change state"), false},
    [WHY_ROLE_VFORK_CHILD] = {N_("is its vfork child"), N_("must exec or exit"), false},
    [WHY_ROLE_PARENT] = {N_("is its parent"), N_("must call wait()"), false},
    [WHY_ROLE_THREAD] = {N_("is a thread of it that lives on"), N_("must end"), false},
    [WHY_ROLE_OTHER_THREAD] = {N_("is a thread of the same process"), N_("must end"), false},
    [WHY_ROLE_LEFT] = {N_("is left in the PID namespace"), N_("must end and be collected"), false},
    [WHY_ROLE_FUSE_DAEMON] = {N_("serves a FUSE file system (its descriptor %d)"),
                              N_("must answer, if the file is of its file system"), true},
    [WHY_ROLE_LEASE_OWNER] = {N_("has a lease that it was asked to give up"),
                              N_("must give up the lease, if it is that file's"), false},
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

void why_words_relation(const struct why_text *to, const struct why_holder *holder)
{
    const char *relation = roles[holder->role].relation;
    if (!relation)
        return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (roles[holder->role].has_fd)
        strbuf_printf(to->out, why_say(to->is_translated, relation), holder->fd);
    else
        strbuf_puts(to->out, why_say(to->is_translated, relation));
#pragma GCC diagnostic pop
}

void why_words_act(const struct why_text *to, const struct why_task *waiter,
                   const struct why_holder *holder)
{
    bool is_shared = holder->role == WHY_ROLE_SOCKET_PEER || holder->role == WHY_ROLE_SHARER;
    if (is_shared && why_row(waiter)->is_write)
        strbuf_puts(to->out, say("must read from it"));
    else if (holder->role == WHY_ROLE_TERMINAL && why_row(waiter)->is_write)
        strbuf_puts(to->out, say("must read what is written, or pass on Ctrl-Q if it was stopped"));
    else if (holder->role == WHY_ROLE_TRACER && waiter->wait.kind == WHY_ZOMBIE)
        strbuf_puts(to->out, say("must call wait() first, or detach"));
    else if (roles[holder->role].act)
        strbuf_puts(to->out, why_say(to->is_translated, roles[holder->role].act));
}
