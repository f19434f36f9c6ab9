#include "reaptop/model/why.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/event.h"
#include "why_words.h"

struct build {
    const struct why_evidence *evidence;
    struct why_chain *chain;
    struct why_words words;
};

#define say(text) why_say(&build->words, N_(text))

void why_chain_done(struct why_chain *chain)
{
    arena_done(&chain->strings);
    *chain = (struct why_chain){0};
}

const char *why_kind_name(enum why_kind kind)
{
    static const char *const names[WHY_KIND_COUNT] = {
        [WHY_UNKNOWN] = "unknown",
        [WHY_RUNNING] = "running",
        [WHY_ZOMBIE] = "zombie",
        [WHY_ZOMBIE_LEADER] = "zombie_leader",
        [WHY_STOPPED] = "stopped",
        [WHY_TRACED] = "traced",
        [WHY_READ] = "read",
        [WHY_WRITE] = "write",
        [WHY_ACCEPT] = "accept",
        [WHY_CONNECT] = "connect",
        [WHY_OPEN_FIFO] = "open_fifo",
        [WHY_OPEN] = "open",
        [WHY_POLL] = "poll",
        [WHY_EPOLL] = "epoll",
        [WHY_CHILD] = "child",
        [WHY_VFORK] = "vfork",
        [WHY_FUTEX] = "futex",
        [WHY_LOCK] = "lock",
        [WHY_SEMAPHORE] = "semaphore",
        [WHY_MSG_RECEIVE] = "msg_receive",
        [WHY_MSG_SEND] = "msg_send",
        [WHY_MQ_RECEIVE] = "mq_receive",
        [WHY_MQ_SEND] = "mq_send",
        [WHY_TIMER] = "timer",
        [WHY_SIGNAL] = "signal",
        [WHY_IO_URING] = "io_uring",
        [WHY_FROZEN] = "frozen",
        [WHY_THROTTLED] = "throttled",
        [WHY_DISK] = "uninterruptible",
        [WHY_KERNEL_IDLE] = "kernel_idle",
    };
    return names[kind];
}

/* ---- sentences into the chain ---- */

/* Moves the text into the chain's own memory; NULL for an empty one or without memory. */
static const char *keep(struct build *build, struct strbuf *text)
{
    const char *kept = NULL;
    if (text->error < 0)
        build->chain->error = text->error;
    else if (text->length > 0) {
        kept = arena_strndup(&build->chain->strings, text->data, text->length);
        if (!kept)
            build->chain->error = -ENOMEM;
    }
    strbuf_done(text);
    return kept;
}

static void note(struct build *build, struct why_link *link, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct build *build, struct why_link *link, const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list arguments;
    if (link->note_count >= WHY_NOTES_MAX)
        return;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    const char *kept = keep(build, &text);
    if (kept)
        link->notes[link->note_count++] = kept;
}

/* ---- notes ---- */

static void note_unread(struct build *build, const struct why_task *task, struct why_link *link)
{
    bool sleeps = task->state == 'S' || task->state == 'D';
    if (sleeps && !task->is_kernel && task->syscall.access == ACCESS_DENIED)
        note(build, link,
             say("its system call could not be read: that needs ptrace access (its user, or "
                 "CAP_SYS_PTRACE)"));
    else if (sleeps && !task->is_kernel && task->syscall.access == ACCESS_OK &&
             syscall_is_foreign(&task->syscall))
        note(build, link, say("it is a 32-bit program: its system call's number is not decoded"));
    if (sleeps && task->syscall.access == ACCESS_UNRECORDED)
        note(build, link,
             say("a recording holds states, not system calls and descriptors: what a sleeper "
                 "waits for is not in it"));
    if (task->object_count > 0 && task->objects[0].access == ACCESS_DENIED)
        note(build, link, say("its descriptors could not be read: that needs ptrace access"));
    if (task->memory_access == ACCESS_DENIED)
        note(build, link, say("its memory could not be read: that needs ptrace access"));
    if (task->ipc_access == ACCESS_DENIED)
        note(build, link,
             say("the state of the System V object could not be read: needs read "
                 "permission on it"));
    if (task->sockets_access == ACCESS_UNSUPPORTED)
        note(build, link,
             say("the other ends of UNIX sockets could not be asked for: another "
                 "network namespace needs CAP_SYS_ADMIN"));
}

static bool needs_other_ends(const struct why_task *task)
{
    switch (task->need.kind) {
    case WHY_READ:
    case WHY_WRITE:
    case WHY_POLL:
    case WHY_EPOLL:
    case WHY_CONNECT:
    case WHY_OPEN_FIFO:
    case WHY_MQ_RECEIVE:
    case WHY_MQ_SEND:
        return true;
    default:
        return false;
    }
}

static void note_ends(struct build *build, const struct why_task *task, uint32_t holders,
                      struct why_link *link)
{
    if (!needs_other_ends(task))
        return;
    const struct why_object *object = task->object_count == 1 ? &task->objects[0] : NULL;
    bool is_pipe =
        object && access_has_value(object->access) &&
        (object->descriptor.type == DESCRIPTOR_PIPE || object->descriptor.type == DESCRIPTOR_FIFO);
    if (holders == 0 && is_pipe)
        note(build, link, say("nobody that could be looked into holds the other end"));
    if (task->not_looked_into > 0)
        note(build, link,
             say("%u processes could not be looked into for the other end: needs ptrace access"),
             task->not_looked_into);
}

static void note_exit_status(struct build *build, const struct why_task *task,
                             struct why_link *link)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (task->exit_status == EXIT_UNKNOWN) {
        note(build, link, say("how it ended is hidden: that needs ptrace access"));
        return;
    }
    exit_status_describe(task->exit_status, &text);
    note(build, link, say("how it ended: %s; a signal changes nothing any more"),
         strbuf_text(&text));
}

/* What the parent of a zombie does about its dead children. */
static void note_parent(struct build *build, const struct why_task *parent, struct why_link *link)
{
    if (parent->pid_namespaces == 0 && parent->id.pid == 1)
        note(build, link, say("PID 1 waits for everything it adopts; this should not last"));
    if (parent->has_signals) {
        if (signal_set_has(parent->blocked, SIGCHLD))
            note(build, link,
                 signal_set_has(parent->pending, SIGCHLD)
                     ? say("it blocks SIGCHLD, and one is pending: it was told and does not look")
                     : say("it blocks SIGCHLD: nothing tells it that a child died"));
        else if (signal_set_has(parent->ignored, SIGCHLD))
            note(build, link,
                 say("it ignores SIGCHLD, but did not yet when the child died, or another thread "
                     "or a tracer holds the zombie: it must wait for it all the same"));
        else if (signal_set_has(parent->caught, SIGCHLD))
            note(build, link, say("it handles SIGCHLD, but its handler did not wait for this one"));
        else
            note(build, link,
                 say("SIGCHLD is at its default there: nothing runs when a child dies"));
    }
    if (parent->need.kind == WHY_CHILD && !parent->need.from_wchan)
        note(build, link, say("it is waiting for a child right now"));
    note(build, link,
         say("were it to end, the zombie would go to the nearest subreaper or to init, which "
             "reaps it"));
}

static void note_threads(struct build *build, const struct why_task *task, struct why_link *link)
{
    if (task->threads > 1 && task->need.kind != WHY_ZOMBIE_LEADER && task->tid == task->id.pid)
        note(build, link, say("it has %u threads; this is the first of them, another may act"),
             task->threads);
}

static void note_stopped(struct build *build, const struct why_task *task, struct why_link *link)
{
    if (task->need.kind != WHY_STOPPED)
        return;
    if (task->stop_signal == SIGTTIN)
        note(build, link, say("it read from its terminal while in the background"));
    else if (task->stop_signal == SIGTTOU)
        note(build, link, say("it wrote to its terminal while in the background"));
    note(build, link, say("to continue it: kill -CONT %d, or fg in its shell"), task->id.pid);
    if (task->has_signals && task->pending != 0)
        note(build, link, say("signals are pending: they are delivered once it goes on"));
}

static void note_frozen(struct build *build, const struct why_task *task, struct why_link *link)
{
    bool is_v1 = task->cgroup.freezer == CGROUP_FROZEN_V1;
    if (task->cgroup.freezer == CGROUP_NOT_FROZEN) {
        if (task->need.kind == WHY_FROZEN)
            note(build, link,
                 say("whoever manages its cgroup must write 0 to cgroup.freeze, or THAWED to "
                     "freezer.state"));
        return;
    }
    if (task->need.kind != WHY_FROZEN)
        note(build, link, say("its cgroup is frozen too"));
    if (task->cgroup.freezer_file[0] == '\0')
        note(build, link, say("which group's file thaws it lies outside of what is mounted here"));
    else
        note(build, link, say("to thaw it, who may write the file: echo %s >%s"),
             is_v1 ? "THAWED" : "0", task->cgroup.freezer_file);
    note(build, link,
         is_v1 ? say("until then every signal stays pending, SIGKILL too")
               : say("until then a fatal signal ends it; every other one stays pending"));
}

static void note_quota(struct build *build, const struct why_task *task, struct why_link *link)
{
    if (task->need.kind == WHY_THROTTLED)
        note(build, link,
             say("%s allows %" PRIu64 " us in each %" PRIu64 " us; throttled in %" PRIu64
                 " of %" PRIu64 " periods so far"),
             task->cgroup.quota_file, task->cgroup.quota_us, task->cgroup.period_us,
             task->cgroup.throttled, task->cgroup.periods);
}

static void note_work(struct build *build, const struct why_task *task, struct why_link *link)
{
    if (task->listeners_pending > 0)
        note(build, link, say("%u connections wait until it accepts them"),
             task->listeners_pending);
    if (task->sockets_unread > 0)
        note(build, link, say("%u of its sockets hold data that it has not read"),
             task->sockets_unread);
}

static void note_more(struct build *build, const struct why_task *task, uint32_t holders,
                      struct why_link *link)
{
    uint32_t shown = holders < WHY_BRANCHES ? holders : WHY_BRANCHES;
    uint32_t more = holders - shown + task->found_more;
    if (more > 0)
        note(build, link, say("%u more that it waits for are not shown"), more);
}

/* ---- links ---- */

static struct why_link *add_link(struct build *build, pid_t tid, const struct why_holder *via,
                                 int from)
{
    struct why_chain *chain = build->chain;
    if (chain->count >= WHY_LINKS_MAX) {
        chain->is_bounded = true;
        return NULL;
    }
    struct why_link *link = &chain->links[chain->count++];
    *link = (struct why_link){.pid = tid,
                              .tid = tid,
                              .comm = "",
                              .from = from,
                              .depth = from < 0 ? 0 : chain->links[from].depth + 1,
                              .circle_to = -1,
                              .role = via ? via->role : WHY_ROLE_START};
    if (via && via->comm[0]) {
        const char *comm = arena_strdup(&chain->strings, via->comm);
        link->comm = comm ? comm : "";
    }
    return link;
}

static void describe_task(struct build *build, const struct why_task *task, struct why_link *link)
{
    struct strbuf waits_for = STRBUF_INIT, evidence = STRBUF_INIT;
    link->pid = task->id.pid;
    link->tid = task->tid;
    link->state = task->state;
    link->kind = task->need.kind;
    link->was_looked_into = task->state != '\0';
    if (!link->was_looked_into)
        return;
    const char *comm = arena_strdup(&build->chain->strings, task->comm);
    link->comm = comm ? comm : "";
    why_words_wait(&build->words, task, &waits_for);
    why_words_evidence(task, &evidence);
    link->waits_for = keep(build, &waits_for);
    link->evidence = keep(build, &evidence);
    link->certainty = why_words_certainty(task);
}

static void describe_relation(struct build *build, const struct why_task *waiter,
                              const struct why_holder *via, struct why_link *link)
{
    struct strbuf relation = STRBUF_INIT, act = STRBUF_INIT;
    why_words_relation(&build->words, via, &relation);
    why_words_act(&build->words, waiter, via, &act);
    link->relation = keep(build, &relation);
    link->act = keep(build, &act);
    if (via->is_inferred)
        link->certainty = WHY_INFERRED;
}

/* Roles that a thread is named for, not its process. */
static bool is_of_thread(enum why_role role)
{
    return role == WHY_ROLE_MUTEX_OWNER || role == WHY_ROLE_JOINED || role == WHY_ROLE_THREAD;
}

/*
 * Is it a link above this one? A process of several threads is not taken for
 * itself where another thread of it could act.
 */
static int find_above(const struct build *build, int from, pid_t tid, enum why_role role)
{
    for (int i = from; i >= 0; i = build->chain->links[i].from) {
        const struct why_link *link = &build->chain->links[i];
        if (link->tid != tid)
            continue;
        const struct why_task *task = why_evidence_find(build->evidence, tid);
        if (is_of_thread(role) || !task || task->threads <= 1)
            return i;
    }
    return -1;
}

/*
 * A handler that a signal would run ends an interruptible wait with EINTR (signal(7)).
 * Signals that a fault of the thread itself causes do not come to a sleeper, and the C
 * library's own two (32, 33) are not sent to a process from outside.
 */
static bool may_be_interrupted(const struct why_task *task)
{
    enum {
        LIBRARY_CANCEL = 32,
        LIBRARY_SETXID = 33
    };
    signal_set faults = signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) |
                        signal_bit(SIGFPE) | signal_bit(SIGTRAP) | signal_bit(SIGSYS) |
                        signal_bit(SIGABRT) | signal_bit(LIBRARY_CANCEL) |
                        signal_bit(LIBRARY_SETXID);
    bool is_lock = why_futex_kind(task) != FUTEX_IS_UNKNOWN;
    return task->has_signals && task->state == 'S' && !is_lock &&
           (task->caught & ~task->blocked & ~faults) != 0;
}

/* Can this task leave its wait other than through the one that it waits for? */
static bool has_way_out(const struct why_task *task, uint32_t holders, bool is_any)
{
    return may_be_interrupted(task) || task->need.has_timeout || task->need.kind == WHY_TIMER ||
           task->need.kind == WHY_RUNNING || task->not_looked_into > 0 ||
           (is_any && holders + task->found_more > 1) || task->object_count > 1 ||
           task->need.kind == WHY_ZOMBIE || task->need.kind == WHY_STOPPED;
}

static void close_circle(struct build *build, struct why_link *last)
{
    for (int i = last->from; i >= last->circle_to; i = build->chain->links[i].from) {
        const struct why_task *task =
            why_evidence_find(build->evidence, build->chain->links[i].tid);
        struct why_holder holders[WHY_HOLDERS_MAX];
        bool is_any;
        if (!task)
            return;
        uint32_t count = why_holders(task, holders, &is_any);
        if (has_way_out(task, count, is_any)) {
            if (may_be_interrupted(task) && build->chain->verdict == WHY_VERDICT_NONE)
                build->chain->verdict = WHY_VERDICT_INTERRUPTIBLE;
            note(build, last,
                 may_be_interrupted(task)
                     ? say("the waits close a circle here, but a signal that it catches ends the "
                           "wait of %d")
                     : say("the waits close a circle here, but %d has another way out"),
                 task->tid);
            return;
        }
    }
    last->closes_circle = true;
    build->chain->verdict = WHY_VERDICT_CIRCLE;
}

static bool was_reported(const struct build *build, const struct why_link *link)
{
    for (size_t i = 0; i < build->chain->count; i++) {
        const struct why_link *other = &build->chain->links[i];
        if (other != link && other->tid == link->tid && other->was_looked_into)
            return true;
    }
    return false;
}

static void visit(struct build *build, pid_t tid, const struct why_holder *via, int from);

static void visit_holders(struct build *build, const struct why_task *task, int index)
{
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    uint32_t count = why_holders(task, holders, &is_any);
    struct why_link *link = &build->chain->links[index];
    note_ends(build, task, count, link);
    note_more(build, task, count, link);
    if (link->role == WHY_ROLE_CONTINUER) {
        link->must_act = true; /* what it waits for itself does not keep it from that */
        return;
    }
    if (count == 0) {
        link->must_act = link->from >= 0;
        return;
    }
    if (link->depth + 1 >= WHY_DEPTH_MAX) {
        build->chain->is_bounded = true;
        return;
    }
    for (uint32_t i = 0; i < count && i < WHY_BRANCHES; i++)
        visit(build, holders[i].pid, &holders[i], index);
}

static void visit(struct build *build, pid_t tid, const struct why_holder *via, int from)
{
    struct why_link *link = add_link(build, tid, via, from);
    if (!link)
        return;
    int index = (int)(link - build->chain->links);
    const struct why_task *task = why_evidence_find(build->evidence, tid);
    const struct why_task *waiter =
        from >= 0 ? why_evidence_find(build->evidence, build->chain->links[from].tid) : NULL;

    int above = find_above(build, from, tid, link->role);
    bool is_again = task && was_reported(build, &(struct why_link){.tid = tid});
    if (task)
        describe_task(build, task, link);
    if (via && waiter)
        describe_relation(build, waiter, via, link);
    if (above >= 0) {
        link->circle_to = above;
        close_circle(build, link);
        return;
    }
    if (!task || !link->was_looked_into || is_again) {
        link->must_act = from >= 0 && !is_again;
        return;
    }
    note_unread(build, task, link);
    note_threads(build, task, link);
    note_work(build, task, link);
    note_stopped(build, task, link);
    note_frozen(build, task, link);
    note_quota(build, task, link);
    if (task->need.kind == WHY_ZOMBIE)
        note_exit_status(build, task, link);
    if (link->role == WHY_ROLE_PARENT)
        note_parent(build, task, link);
    visit_holders(build, task, index);
}

static bool stands_before_lock(const struct why_task *task)
{
    enum why_futex futex = why_futex_kind(task);
    return task->need.kind == WHY_LOCK || futex == FUTEX_IS_MUTEX || futex == FUTEX_IS_PI;
}

/* The first thread may be idle while others of its process are locked up. */
static void visit_siblings(struct build *build)
{
    const struct why_task *first = &build->evidence->tasks[0];
    for (size_t i = 1; i < build->evidence->count; i++) {
        const struct why_task *task = &build->evidence->tasks[i];
        struct why_holder via = {.pid = task->tid, .role = WHY_ROLE_THREAD};
        if (task->id.pid == first->id.pid && task->state != '\0' && stands_before_lock(task) &&
            !was_reported(build, &(struct why_link){.tid = task->tid}))
            visit(build, task->tid, &via, -1);
    }
}

/* ---- the conclusion ---- */

static bool is_listener(const struct why_object *object)
{
    return access_has_value(object->access) && object->descriptor.detail &&
           object->descriptor.detail->has_socket &&
           object->descriptor.detail->socket.state == SOCKET_LISTEN;
}

static enum why_verdict judge_server(const struct why_task *task)
{
    bool listens = false, asks = task->need.kind == WHY_ACCEPT || task->need.kind == WHY_POLL ||
                                 task->need.kind == WHY_EPOLL;
    for (uint32_t i = 0; i < task->object_count; i++)
        listens = listens || is_listener(&task->objects[i]);
    bool has_work = task->listeners_pending > 0 || task->sockets_unread > 0;
    if (has_work && (!asks || !listens))
        return WHY_VERDICT_STUCK;
    if (asks && listens && !has_work)
        return WHY_VERDICT_IDLE;
    return WHY_VERDICT_NONE;
}

static const char *conclude_circle(struct build *build)
{
    struct strbuf text = STRBUF_INIT;
    const struct why_link *last = NULL;
    for (size_t i = 0; i < build->chain->count && !last; i++)
        if (build->chain->links[i].closes_circle)
            last = &build->chain->links[i];
    strbuf_puts(&text, say("deadlock: each waits for the next, and none can go on by itself:"));
    for (size_t i = 0; last && i < build->chain->count; i++) {
        const struct why_link *link = &build->chain->links[i];
        if (link >= &build->chain->links[last->circle_to] && link <= last)
            strbuf_printf(&text, "%s%d",
                          link == &build->chain->links[last->circle_to] ? " " : " → ", link->tid);
    }
    return keep(build, &text);
}

/* A dead, stopped or traced process waits for the next in the chain; others for the last. */
static bool is_direct(enum why_kind kind)
{
    return kind == WHY_ZOMBIE || kind == WHY_STOPPED || kind == WHY_TRACED;
}

static const char *conclude_who(struct build *build)
{
    struct strbuf text = STRBUF_INIT;
    const struct why_link *link = NULL;
    if (is_direct(build->chain->links[0].kind))
        link = &build->chain->links[1];
    for (size_t i = 0; i < build->chain->count && !link; i++)
        if (build->chain->links[i].must_act && build->chain->links[i].act)
            link = &build->chain->links[i];
    if (!link)
        return NULL;
    strbuf_printf(&text, "%d %s %s", link->tid, link->comm, link->act);
    return keep(build, &text);
}

static const char *conclude(struct build *build, const struct why_task *first)
{
    struct strbuf text = STRBUF_INIT;
    switch (build->chain->verdict) {
    case WHY_VERDICT_CIRCLE:
        return conclude_circle(build);
    case WHY_VERDICT_IDLE:
        strbuf_puts(&text, say("idle: it waits for work, and none is there"));
        break;
    case WHY_VERDICT_INTERRUPTIBLE:
        strbuf_puts(&text, say("idle, no deadlock: it waits on a descriptor whose other end it "
                               "holds itself, and a signal that it catches ends the wait"));
        break;
    case WHY_VERDICT_STUCK:
        strbuf_puts(&text, say("stuck: work waits for it, and it waits for something else"));
        break;
    case WHY_VERDICT_NONE:
        if (build->chain->count > 1)
            return conclude_who(build);
        if (first->need.kind == WHY_TIMER)
            strbuf_puts(&text, say("nobody must act: the time that it chose ends the wait"));
        else if (first->need.kind == WHY_FROZEN)
            strbuf_puts(&text, say("whoever froze its cgroup must thaw it"));
        else if (first->need.kind == WHY_THROTTLED)
            strbuf_puts(&text,
                        say("nobody must act: its cgroup gets new processor time in the next "
                            "period"));
        else if (first->need.kind == WHY_OPEN_FIFO)
            strbuf_puts(&text, say("whoever opens the FIFO's other side ends the wait"));
        break;
    }
    return keep(build, &text);
}

int why_build(const struct why_evidence *evidence, bool is_translated, struct why_chain *chain)
{
    struct build build = {
        .evidence = evidence, .chain = chain, .words = {.is_translated = is_translated}};
    if (evidence->count == 0)
        return 0;
    chain->is_bounded = evidence->is_bounded;
    visit(&build, evidence->tasks[0].tid, NULL, -1);
    visit_siblings(&build);
    if (chain->verdict == WHY_VERDICT_INTERRUPTIBLE && chain->links[1].circle_to != 0)
        chain->verdict = WHY_VERDICT_NONE; /* others are in that circle: who acts is told */
    if (chain->verdict == WHY_VERDICT_NONE)
        chain->verdict = judge_server(&evidence->tasks[0]);
    chain->conclusion = conclude(&build, &evidence->tasks[0]);
    return chain->error;
}
