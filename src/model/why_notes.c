#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/model/event.h"
#include "why_table.h"

#define say(text) why_say(build->is_translated, N_(text))

const char *why_keep(struct why_build *build, struct strbuf *text)
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

void why_note(struct why_build *build, struct why_link *link, const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list arguments;
    if (link->note_count >= WHY_NOTES_MAX)
        return;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    const char *kept = why_keep(build, &text);
    if (kept)
        link->notes[link->note_count++] = kept;
}

static const char *why_need(const struct why_build *build, enum access_need need)
{
    return why_say(build->is_translated, access_need_text(need));
}

static void note_unread(struct why_build *build, const struct why_task *task, struct why_link *link)
{
    bool sleeps = task->state == 'S' || task->state == 'D';
    if (sleeps && !task->is_kernel && task->syscall.access == ACCESS_DENIED)
        why_note(build, link, say("its system call could not be read: %s"),
                 why_need(build, ACCESS_NEED_PTRACE));
    else if (sleeps && !task->is_kernel && task->syscall.access == ACCESS_BLOCKED)
        why_note(build, link,
                 say("its system call could not be read: the read blocks, so it was given up"));
    else if (sleeps && !task->is_kernel && task->syscall.access == ACCESS_OK &&
             syscall_is_foreign(&task->syscall))
        why_note(build, link,
                 say("it is a 32-bit program: its system call's number is not decoded"));
    if (sleeps && task->syscall.access == ACCESS_UNRECORDED)
        why_note(build, link,
                 say("a recording holds states, not system calls and descriptors: what a sleeper "
                     "waits for is not in it"));
    if (task->object_count > 0 && task->objects[0].access == ACCESS_DENIED)
        why_note(build, link, say("its descriptors could not be read: %s"),
                 why_need(build, ACCESS_NEED_PTRACE));
    if (task->wait.memory_access == ACCESS_DENIED)
        why_note(build, link, say("its memory could not be read: %s"),
                 why_need(build, ACCESS_NEED_ATTACH));
    enum why_facts facts = why_row(task)->facts;
    if ((facts == WHY_FACTS_SEMAPHORE || facts == WHY_FACTS_QUEUE) &&
        task->wait.access == ACCESS_DENIED)
        why_note(build, link,
                 say("the state of the System V object could not be read: needs read "
                     "permission on it"));
    if (task->sockets_access == ACCESS_UNSUPPORTED)
        why_note(build, link,
                 say("the other ends of UNIX sockets could not be asked for: another "
                     "network namespace needs CAP_SYS_ADMIN"));
}

static void note_ends(struct why_build *build, const struct why_task *task, uint32_t holders,
                      struct why_link *link)
{
    if (why_row(task)->ends != why_ends_other_ends)
        return;
    const struct why_object *object = task->object_count == 1 ? &task->objects[0] : NULL;
    bool is_pipe =
        object && access_has_value(object->access) &&
        (object->descriptor.type == DESCRIPTOR_PIPE || object->descriptor.type == DESCRIPTOR_FIFO);
    if (holders == 0 && is_pipe)
        why_note(build, link, say("nobody that could be looked into holds the other end"));
    if (task->not_looked_into > 0)
        why_note(build, link, say("%u processes could not be looked into for the other end: %s"),
                 task->not_looked_into, why_need(build, ACCESS_NEED_OTHERS));
}

void why_remark_zombie(struct why_build *build, const struct why_task *task, struct why_link *link)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (task->exit_status == EXIT_UNKNOWN) {
        why_note(build, link, say("how it ended is hidden: %s"),
                 why_need(build, ACCESS_NEED_PTRACE));
        return;
    }
    exit_status_describe(task->exit_status, &text);
    why_note(build, link, say("how it ended: %s; a signal changes nothing any more"),
             strbuf_text(&text));
}

/* What the parent of a zombie does about its dead children. */
static void note_parent(struct why_build *build, const struct why_task *parent,
                        struct why_link *link)
{
    if (parent->pid_namespaces == 0 && parent->id.pid == 1)
        why_note(build, link, say("PID 1 waits for everything it adopts; this should not last"));
    if (parent->has_signals) {
        if (signal_set_has(parent->blocked, SIGCHLD))
            why_note(
                build, link,
                signal_set_has(parent->pending, SIGCHLD)
                    ? say("it blocks SIGCHLD, and one is pending: it was told and does not look")
                    : say("it blocks SIGCHLD: nothing tells it that a child died"));
        else if (signal_set_has(parent->ignored, SIGCHLD) && parent->wait.kind != WHY_EXITING)
            why_note(
                build, link,
                say("it ignores SIGCHLD, but did not yet when the child died, or another thread "
                    "or a tracer holds the zombie: it must call wait() all the same"));
        else if (signal_set_has(parent->caught, SIGCHLD))
            why_note(build, link,
                     say("it handles SIGCHLD, but its handler did not wait for this one"));
        else
            why_note(build, link,
                     say("SIGCHLD is at its default there: nothing runs when a child dies"));
    }
    if (parent->wait.kind == WHY_CHILD && !parent->wait.from_wchan)
        why_note(build, link, say("it is waiting for a child right now"));
    if (parent->wait.kind != WHY_EXITING)
        why_note(build, link,
                 say("were it to end, the zombie would go to the nearest subreaper or to init, "
                     "which reaps it"));
}

static void note_threads(struct why_build *build, const struct why_task *task,
                         struct why_link *link)
{
    bool is_of_all = task->wait.kind == WHY_STOPPED || task->wait.kind == WHY_FROZEN;
    if (task->threads > 1 && task->wait.kind != WHY_ZOMBIE_LEADER && !is_of_all &&
        task->tid == task->id.pid)
        why_note(build, link, say("it has %u threads; this is the first of them, another may act"),
                 task->threads);
}

void why_remark_stopped(struct why_build *build, const struct why_task *task, struct why_link *link)
{
    if (task->stop_signal == SIGTTIN)
        why_note(build, link, say("it read from its terminal while in the background"));
    else if (task->stop_signal == SIGTTOU)
        why_note(build, link, say("it wrote to its terminal while in the background"));
    why_note(build, link, say("to continue it: kill -CONT %d, or fg in its shell"), task->id.pid);
    if (task->has_signals && task->pending != 0)
        why_note(build, link, say("signals are pending: they are delivered once it goes on"));
}

static void note_frozen(struct why_build *build, const struct why_task *task, struct why_link *link)
{
    bool is_v1 = task->cgroup.freezer == CGROUP_FROZEN_V1;
    if (task->cgroup.freezer == CGROUP_NOT_FROZEN) {
        if (task->wait.kind == WHY_FROZEN)
            why_note(build, link,
                     say("whoever manages its cgroup must write 0 to cgroup.freeze, or THAWED to "
                         "freezer.state"));
        return;
    }
    if (task->wait.kind != WHY_FROZEN)
        why_note(build, link, say("its cgroup is frozen too"));
    if (task->cgroup.freezer_file[0] == '\0')
        why_note(build, link,
                 say("which group's file thaws it lies outside of what is mounted here"));
    else
        why_note(build, link, say("to thaw it, who may write the file: echo %s >%s"),
                 is_v1 ? "THAWED" : "0", task->cgroup.freezer_file);
    why_note(build, link,
             is_v1 ? say("until then every signal stays pending, SIGKILL too")
                   : say("until then a fatal signal ends it; every other one stays pending"));
}

void why_remark_throttled(struct why_build *build, const struct why_task *task,
                          struct why_link *link)
{
    why_note(build, link,
             say("%s allows %" PRIu64 " us in each %" PRIu64 " us; throttled in %" PRIu64
                 " of %" PRIu64 " periods so far"),
             task->cgroup.quota_file, task->cgroup.quota.quota_us, task->cgroup.quota.period_us,
             task->cgroup.quota.throttled, task->cgroup.quota.periods);
}

static void note_work(struct why_build *build, const struct why_task *task, struct why_link *link)
{
    if (task->listeners_pending > 0)
        why_note(build, link, say("%u connections wait until it accepts them"),
                 task->listeners_pending);
    if (task->sockets_unread > 0)
        why_note(build, link, say("%u of its sockets hold data that it has not read"),
                 task->sockets_unread);
}

void why_remarks(struct why_build *build, const struct why_task *task, struct why_link *link)
{
    note_unread(build, task, link);
    note_threads(build, task, link);
    note_work(build, task, link);
    if (why_row(task)->remark)
        why_row(task)->remark(build, task, link);
    note_frozen(build, task, link);
    if (link->role == WHY_ROLE_PARENT)
        note_parent(build, task, link);
}

void why_remark_holders(struct why_build *build, const struct why_task *task, uint32_t holders,
                        struct why_link *link)
{
    uint32_t shown = holders < WHY_BRANCHES ? holders : WHY_BRANCHES;
    uint32_t more = holders - shown + task->found_more;
    note_ends(build, task, holders, link);
    if (more > 0)
        why_note(build, link, say("%u more that it waits for are not shown"), more);
}
