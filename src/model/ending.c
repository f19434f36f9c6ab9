#include "reaptop/model/ending.h"

#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"

struct ending ending_from(char state, uint32_t threads, pid_t ppid, pid_t tracer)
{
    if (state == 'X')
        return (struct ending){.kind = ENDING_DEAD};
    if (state != 'Z')
        return (struct ending){.kind = ENDING_NONE};
    if (threads > 1)
        return (struct ending){.kind = ENDING_FIRST_THREAD, .live_threads = threads - 1};
    bool is_tracer = tracer > 0 && tracer != ppid;
    return (struct ending){
        .kind = ENDING_ZOMBIE, .waiter = is_tracer ? tracer : ppid, .is_tracer = is_tracer};
}

struct ending ending_of(const struct process *process)
{
    if (process->is_ended)
        return (struct ending){.kind = ENDING_REAPED};
    return ending_from(process->state, process->threads, process->ppid, process->tracer);
}

bool process_is_over(const struct process *process)
{
    struct ending ending = ending_of(process);
    return ending_is_over(&ending);
}

void ending_describe(const struct ending *ending, struct strbuf *out)
{
    switch (ending->kind) {
    case ENDING_NONE:
        break;
    case ENDING_FIRST_THREAD:
        strbuf_printf(out, _("its first thread has ended, %u live on"), ending->live_threads);
        break;
    case ENDING_ZOMBIE:
        if (ending->is_tracer)
            strbuf_printf(out, _("zombie; tracer %d has not collected it"),
                          pid_local(ending->waiter));
        else if (ending->waiter > 0)
            strbuf_printf(out, _("zombie; parent %d has not collected it"),
                          pid_local(ending->waiter));
        else
            strbuf_puts(out,
                        _("zombie; its parent, outside this PID namespace, has not collected it"));
        break;
    case ENDING_DEAD:
        strbuf_puts(out, _("dead, being removed"));
        break;
    case ENDING_REAPED:
        strbuf_puts(out, _("reaped"));
        break;
    }
}

enum removal ending_removal(pid_t parent, bool is_observed, bool is_autoreaped)
{
    if (parent <= 0)
        return REMOVAL_NOT_SEEN;
    if (is_observed)
        return REMOVAL_WAITED;
    return is_autoreaped ? REMOVAL_AUTOREAPED : REMOVAL_INFERRED;
}

const char *ending_removal_name(enum removal removal)
{
    static const char *const names[] = {[REMOVAL_NOT_SEEN] = "not_seen",
                                        [REMOVAL_WAITED] = "waited",
                                        [REMOVAL_INFERRED] = "inferred",
                                        [REMOVAL_AUTOREAPED] = "autoreaped"};
    return names[removal];
}

void ending_describe_removal(enum removal removal, pid_t parent, struct strbuf *out)
{
    switch (removal) {
    case REMOVAL_NOT_SEEN:
        strbuf_puts(out, _("is gone; who reaped it was not seen"));
        break;
    case REMOVAL_WAITED:
        strbuf_printf(out, _("was reaped by %d"), (int)pid_local(parent));
        break;
    case REMOVAL_INFERRED:
        strbuf_printf(out, _("was reaped by %d (inferred: its parent then)"),
                      (int)pid_local(parent));
        break;
    case REMOVAL_AUTOREAPED:
        strbuf_printf(out, _("is gone: its parent %d ignores SIGCHLD"), (int)pid_local(parent));
        break;
    }
}

void ending_describe_zombie(pid_t parent, pid_t tracer, struct strbuf *out)
{
    if (tracer > 0 && tracer != parent)
        strbuf_printf(out, _("is a zombie until its tracer %d, then %d, collects it"),
                      (int)pid_local(tracer), (int)pid_local(parent));
    else if (parent > 0)
        strbuf_printf(out, _("is a zombie until %d collects it"), (int)pid_local(parent));
    else
        strbuf_puts(out, _("is a zombie until its parent collects it"));
}

pid_t ending_next_leaderless(const struct snapshot *snapshot, size_t *at)
{
    while (*at < snapshot->count) {
        const struct process *process = &snapshot->processes[(*at)++];
        if (process->state == 'Z' && !process_is_thread(process) &&
            ending_of(process).kind == ENDING_FIRST_THREAD)
            return process->id.pid;
    }
    return 0;
}
