#include "reaptop/model/why.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "why_table.h"

#define say(text) why_say(build->is_translated, N_(text))

void why_chain_done(struct why_chain *chain)
{
    arena_done(&chain->strings);
    *chain = (struct why_chain){0};
}

/* ---- links ---- */

static struct why_link *add_link(struct why_build *build, pid_t tid, const struct why_holder *via,
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

static void describe_task(struct why_build *build, const struct why_task *task,
                          struct why_link *link)
{
    struct strbuf waits_for = STRBUF_INIT, evidence = STRBUF_INIT;
    const struct why_text to = {&waits_for, build->is_translated};
    const struct why_row *row = why_row(task);
    link->pid = task->id.pid;
    link->tid = task->tid;
    link->state = task->state;
    link->kind = task->wait.kind;
    link->was_looked_into = task->state != '\0';
    if (!link->was_looked_into)
        return;
    const char *comm = arena_strdup(&build->chain->strings, task->comm);
    link->comm = comm ? comm : "";
    why_words_wait(&to, task);
    why_words_evidence(task, &evidence);
    link->waits_for = why_keep(build, &waits_for);
    link->evidence = why_keep(build, &evidence);
    if (row->is_inferred && row->is_inferred(task))
        link->certainty = WHY_INFERRED;
}

static void describe_relation(struct why_build *build, const struct why_task *waiter,
                              const struct why_holder *via, struct why_link *link)
{
    struct strbuf relation = STRBUF_INIT, act = STRBUF_INIT;
    why_words_relation(&(struct why_text){&relation, build->is_translated}, via);
    why_words_act(&(struct why_text){&act, build->is_translated}, waiter, via);
    link->relation = why_keep(build, &relation);
    link->act = why_keep(build, &act);
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
static int find_above(const struct why_build *build, int from, pid_t tid, enum why_role role)
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
    return may_be_interrupted(task) || task->wait.has_timeout || why_row(task)->has_way_out ||
           task->not_looked_into > 0 || (is_any && holders + task->found_more > 1) ||
           task->object_count > 1;
}

static void close_circle(struct why_build *build, struct why_link *last)
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
            why_note(build, last,
                     may_be_interrupted(task)
                         ? say("a circular wait, but a signal that it catches ends the wait of %d")
                         : say("a circular wait, but %d has another way out"),
                     task->tid);
            return;
        }
    }
    last->closes_circle = true;
    build->chain->verdict = WHY_VERDICT_CIRCLE;
}

static bool was_reported(const struct why_build *build, const struct why_link *link)
{
    for (size_t i = 0; i < build->chain->count; i++) {
        const struct why_link *other = &build->chain->links[i];
        if (other != link && other->tid == link->tid && other->was_looked_into)
            return true;
    }
    return false;
}

static void visit(struct why_build *build, pid_t tid, const struct why_holder *via, int from);

static void visit_holders(struct why_build *build, const struct why_task *task, int index)
{
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    uint32_t count = why_holders(task, holders, &is_any);
    struct why_link *link = &build->chain->links[index];
    why_remark_holders(build, task, count, link);
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

static void visit(struct why_build *build, pid_t tid, const struct why_holder *via, int from)
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
    why_remarks(build, task, link);
    visit_holders(build, task, index);
}

/* In front of a lock, or held up where no handler of its process gets it out. */
static bool is_held_up(const struct why_task *task)
{
    enum why_futex_kind futex = why_futex_kind(task);
    switch (task->wait.kind) {
    case WHY_LOCK:
    case WHY_TRACED:
    case WHY_SECCOMP:
    case WHY_FUSE:
    case WHY_LEASE:
    case WHY_EXEC:
    case WHY_USERFAULT:
    case WHY_DISK:
        return true;
    default:
        return futex == FUTEX_IS_MUTEX || futex == FUTEX_IS_PI;
    }
}

/* The first thread may be idle while others of its process are held up. */
static void visit_siblings(struct why_build *build)
{
    const struct why_task *first = &build->evidence->tasks[0];
    for (size_t i = 1; i < build->evidence->count; i++) {
        const struct why_task *task = &build->evidence->tasks[i];
        struct why_holder via = {.pid = task->tid, .role = WHY_ROLE_THREAD};
        if (task->id.pid == first->id.pid && task->state != '\0' && is_held_up(task) &&
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

/* A terminal: who waits for a person to type is not stuck. */
static bool is_terminal(const struct why_object *object)
{
    return access_has_value(object->access) &&
           (object->descriptor.type == DESCRIPTOR_TTY ||
            (object->descriptor.target && strcmp(object->descriptor.target, "/dev/tty") == 0));
}

static enum why_verdict judge_server(const struct why_task *task)
{
    bool listens = false, asks = why_row(task)->is_service;
    for (uint32_t i = 0; i < task->object_count; i++)
        listens = listens || is_listener(&task->objects[i]);
    bool has_work = task->listeners_pending > 0 || task->sockets_unread > 0;
    if (task->object_count > 0 && is_terminal(&task->objects[0]))
        return WHY_VERDICT_NONE;
    if (has_work && (!asks || !listens))
        return WHY_VERDICT_STUCK;
    if (asks && listens && !has_work)
        return WHY_VERDICT_IDLE;
    return WHY_VERDICT_NONE;
}

static const char *conclude_circle(struct why_build *build)
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
    return why_keep(build, &text);
}

/*
 * Whoever is found at the end of the chain need not act where the wait ends
 * otherwise too: by its timeout, or by one of several descriptors that another
 * has, or nobody.
 */
static bool has_choice(const struct why_task *task)
{
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any, is_unheld = false;
    uint32_t count = why_holders(task, holders, &is_any);
    for (uint32_t i = 0; i < task->object_count; i++)
        is_unheld = is_unheld || task->objects[i].descriptor.peer_count == 0;
    return task->wait.has_timeout || (task->object_count > 1 && (count > 1 || is_unheld));
}

/* The link that waits for nobody in particular, going down the first of each's holders; -1: none.
 */
static int find_choice(const struct why_build *build)
{
    int at = 0;
    for (size_t i = 1; i < build->chain->count; i++) {
        const struct why_task *task =
            why_evidence_find(build->evidence, build->chain->links[at].tid);
        if (task && has_choice(task))
            return at;
        if (build->chain->links[i].from == at && build->chain->links[i].circle_to < 0)
            at = (int)i;
    }
    return -1;
}

static const char *conclude_choice(struct why_build *build)
{
    struct strbuf text = STRBUF_INIT;
    const struct why_task *task = &build->evidence->tasks[0];
    const struct why_link *next = &build->chain->links[1];
    if (task->object_count > 1)
        strbuf_puts(&text,
                    task->wait.has_timeout
                        ? say("no one process must act: any of its descriptors ends the wait, or "
                              "its timeout")
                        : say("no one process must act: any of its descriptors ends the wait"));
    else if (next->act && next->circle_to < 0)
        strbuf_printf(&text, say("its timeout ends the wait at the latest; before that, %d %s %s"),
                      next->tid, next->comm, next->act);
    else
        strbuf_puts(&text, say("no action needed: its timeout will wake it"));
    return why_keep(build, &text);
}

static const struct why_link *find_actor(const struct why_build *build, int choice)
{
    if (why_table[build->chain->links[0].kind].is_direct)
        return &build->chain->links[1];
    if (choice > 0)
        return &build->chain->links[choice];
    for (size_t i = 0; i < build->chain->count; i++)
        if (build->chain->links[i].must_act && build->chain->links[i].act)
            return &build->chain->links[i];
    return NULL;
}

/* Its end is waited for, which comes where its first thread returns from main(). */
static bool is_of_end(enum why_role role)
{
    return role == WHY_ROLE_CHILD || role == WHY_ROLE_TRACED || role == WHY_ROLE_WATCHED ||
           role == WHY_ROLE_LEFT;
}

/* It is waited for what any of its threads can do, whatever its first one waits for. */
static bool may_act_in_any_thread(const struct why_build *build, const struct why_link *link)
{
    const struct why_task *task = why_evidence_find(build->evidence, link->tid);
    return link->act && task && task->threads > 1 && !is_of_thread(link->role) &&
           (!is_of_end(link->role) || task->wait.kind == WHY_ZOMBIE_LEADER);
}

/* Who is found behind the first thread of such a process need not act: the process must. */
static void lift_acts(const struct why_build *build)
{
    struct why_link *links = build->chain->links;
    for (size_t i = 0; i < build->chain->count; i++) {
        int actor = (int)i;
        for (int at = links[i].from; at > 0; at = links[at].from)
            if (may_act_in_any_thread(build, &links[at]))
                actor = at;
        if (!links[i].must_act || actor == (int)i)
            continue;
        links[i].must_act = false;
        links[actor].must_act = true;
    }
}

/* The process's own first thread waits for all of them. */
static bool must_all_end(const struct why_build *build, const struct why_link *link)
{
    const struct why_task *first = &build->evidence->tasks[0];
    return first->wait.kind == WHY_ZOMBIE_LEADER && link->role == WHY_ROLE_THREAD &&
           link->from == 0 && first->threads > 2;
}

static const char *conclude_who(struct why_build *build)
{
    struct strbuf text = STRBUF_INIT;
    int choice = find_choice(build);
    if (choice == 0)
        return conclude_choice(build);
    const struct why_link *link = find_actor(build, choice);
    if (!link || !link->act)
        return NULL;
    if (must_all_end(build, link))
        strbuf_printf(&text, say("its %u other threads must end"),
                      build->evidence->tasks[0].threads - 1);
    else
        strbuf_printf(&text, "%d %s %s", link->tid, link->comm, link->act);
    return why_keep(build, &text);
}

static const char *conclude(struct why_build *build, const struct why_task *first)
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
        if (why_row(first)->nobody)
            strbuf_puts(&text, why_say(build->is_translated, why_row(first)->nobody));
        break;
    }
    return why_keep(build, &text);
}

int why_build(const struct why_evidence *evidence, bool is_translated, struct why_chain *chain)
{
    struct why_build build = {.evidence = evidence, .chain = chain, .is_translated = is_translated};
    if (evidence->count == 0)
        return 0;
    chain->is_bounded = evidence->is_bounded;
    visit(&build, evidence->tasks[0].tid, NULL, -1);
    visit_siblings(&build);
    lift_acts(&build);
    if (chain->verdict == WHY_VERDICT_INTERRUPTIBLE && chain->links[1].circle_to != 0)
        chain->verdict = WHY_VERDICT_NONE; /* others are in that circle: who acts is reported */
    if (chain->verdict == WHY_VERDICT_NONE)
        chain->verdict = judge_server(&evidence->tasks[0]);
    chain->conclusion = conclude(&build, &evidence->tasks[0]);
    return chain->error;
}
