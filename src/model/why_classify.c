#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "why_table.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef F_OFD_SETLKW
#define F_OFD_SETLKW 38
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

void why_evidence_done(struct why_evidence *evidence)
{
    free(evidence->tasks);
    arena_done(&evidence->strings);
    *evidence = WHY_EVIDENCE_INIT;
}

struct why_task *why_evidence_add(struct why_evidence *evidence)
{
    if (evidence->count >= WHY_TASKS_MAX) {
        evidence->is_bounded = true;
        return NULL;
    }
    if (array_reserve(&evidence->tasks, &evidence->capacity, evidence->count + 1) < 0)
        return NULL;
    struct why_task *task = &evidence->tasks[evidence->count++];
    *task = (struct why_task){.exit_status = -1, .wait = {.fd = -1}};
    return task;
}

const struct why_task *why_evidence_find(const struct why_evidence *evidence, pid_t tid)
{
    for (size_t i = 0; i < evidence->count; i++)
        if (evidence->tasks[i].tid == tid)
            return &evidence->tasks[i];
    return NULL;
}

/* ---- by its state ---- */

bool why_is_leader_of_others(const struct why_task *task)
{
    return task->threads > 1 && task->tid == task->id.pid;
}

bool why_is_throttled(const struct why_task *task)
{
    return task->is_throttled;
}

bool why_awaits_lab(const struct why_task *task)
{
    return task->awaits_lab;
}

bool why_is_kernel_idle(const struct why_task *task)
{
    return task->state == 'I' || (task->is_kernel && !strchr("RD", task->state));
}

bool why_is_uninterruptible(const struct why_task *task)
{
    return task->state == 'D';
}

/* A program that waits inside the kernel, as far as its state says. */
static bool sleeps(const struct why_task *task)
{
    return !task->is_kernel && task->state != 'R';
}

bool why_is_running(const struct why_task *task)
{
    return task->state == 'R' || (sleeps(task) && task->syscall.access == ACCESS_OK &&
                                  task->syscall.place == SYSCALL_RUNNING);
}

bool why_always(const struct why_task *task)
{
    (void)task;
    return true;
}

/* ---- by the kernel function it sleeps in ---- */

/* A compiler's copy of a function has a suffix: ".isra.0". */
bool why_names(const char *places, const char *function)
{
    for (const char *place = places; place && *place; place += strspn(place, " ")) {
        size_t length = strcspn(place, " ");
        bool is_beginning = place[length - 1] == '*';
        if (is_beginning ? strncmp(function, place, length - 1) == 0
                         : strncmp(function, place, length) == 0 &&
                               (function[length] == '\0' || function[length] == '.'))
            return true;
        place += length;
    }
    return false;
}

static bool is_at_any(const struct why_task *task, const char *places)
{
    return task->wchan_access == ACCESS_OK && why_names(places, task->wchan);
}

/* The group's own files decide: the function a frozen task sleeps in differs by kernel. */
bool why_is_frozen(const struct why_task *task)
{
    return sleeps(task) && (task->cgroup.freezer != CGROUP_NOT_FROZEN ||
                            is_at_any(task, "do_freezer_trap __refrigerator"));
}

/* Behind a signal's default action the call that it slept in is still to be read. */
bool why_is_exiting(const struct why_task *task)
{
    return task->is_exiting && !task->is_kernel;
}

bool why_is_ending_init(const struct why_task *task)
{
    return task->is_exiting && task->is_namespace_init &&
           is_at_any(task, "zap_pid_ns_processes do_wait");
}

bool why_is_in_userfault(const struct why_task *task)
{
    return sleeps(task) && is_at_any(task, "handle_userfault");
}

bool why_is_in_seccomp(const struct why_task *task)
{
    return sleeps(task) && is_at_any(task, "seccomp_do_user_notification __seccomp_filter");
}

bool why_is_in_fuse(const struct why_task *task)
{
    return sleeps(task) && is_at_any(task, "request_wait_answer");
}

bool why_breaks_lease(const struct why_task *task)
{
    return is_at_any(task, "__break_lease");
}

bool why_waits_for_threads(const struct why_task *task)
{
    return is_at_any(task, "de_thread begin_new_exec");
}

/* ---- by its system call ---- */

static int32_t argument_int(const struct why_task *task, int index)
{
    return (int32_t)(uint32_t)task->syscall.arguments[index];
}

bool why_opens_fifo(const struct why_task *task)
{
    return is_at_any(task, "wait_for_partner fifo_open");
}

bool why_sets_lock(const struct why_task *task)
{
    int command = argument_int(task, 1);
    return task->syscall.number != SYS_fcntl || command == F_SETLKW || command == F_OFD_SETLKW;
}

/* splice(2) waits for either side. */
bool why_writes(const struct why_task *task)
{
    return task->syscall.number != SYS_splice ||
           (task->wchan_access == ACCESS_OK && strstr(task->wchan, "writ"));
}

void why_take_select(const struct why_task *task, struct why_wait *wait)
{
    wait->poll.is_select = true;
    wait->length &= UINT32_MAX;
    memcpy(wait->poll.sets, &task->syscall.arguments[1], sizeof(wait->poll.sets));
}

void why_take_child(const struct why_task *task, struct why_wait *wait)
{
    bool is_wait4 = task->syscall.number == SYS_wait4;
    int64_t id = argument_int(task, is_wait4 ? 0 : 1);
    int type = argument_int(task, 0);
    if (is_wait4) { /* what waitid(2) has a type for, it has a number for */
        type = id == -1 ? P_ALL : id > 0 ? P_PID : P_PGID;
        id = type == P_PGID ? -id : id;
    }
    wait->child.id = -1;
    wait->child.is_group = type == P_PGID;
    if (type == P_PID || type == P_PGID)
        wait->child.id = type == P_PGID && id == 0 ? task->pgid : id;
    else if (type == P_PIDFD)
        wait->fd = (int)id;
}

/* Arguments are counted from 1; 0: there is none such, and it is 0. */
static uint64_t argument(const struct why_task *task, uint8_t which)
{
    return which > 0 ? task->syscall.arguments[which - 1] : 0;
}

static void take_call(const struct why_task *task, const struct why_call *call,
                      struct why_wait *wait)
{
    wait->fd = call->fd > 0 ? argument_int(task, call->fd - 1) : -1;
    wait->address = argument(task, call->address);
    wait->length = argument(task, call->length);
    wait->flags = (uint32_t)argument(task, call->flags);
    wait->number = (int32_t)(uint32_t)argument(task, call->id);
    wait->has_timeout = argument(task, call->timeout) != 0 ||
                        (call->timeout_ms > 0 && argument_int(task, call->timeout_ms - 1) >= 0);
    if (call->take)
        call->take(task, wait);
}

/* ---- the first row that recognises it ---- */

static bool has_call(const struct why_row *row, const struct why_task *task, struct why_wait *wait)
{
    for (const struct why_call *call = row->calls; call && call->number >= 0; call++)
        if (call->number == task->syscall.number && (!row->fits || row->fits(task))) {
            take_call(task, call, wait);
            return true;
        }
    return false;
}

/*
 * A call that a stop interrupted goes on as restart_syscall(2): the other
 * registers still hold what the call was made with, for a futex at least.
 */
static bool is_restarted(const struct why_row *row, const struct why_task *task,
                         struct why_wait *wait)
{
    if (!is_at_any(task, row->places))
        return false;
    if (wait->kind == WHY_FUTEX || wait->kind == WHY_POLL)
        take_call(task, &row->calls[0], wait);
    wait->has_timeout = wait->has_timeout || wait->kind == WHY_POLL;
    return true;
}

static bool is_recognised(const struct why_row *row, const struct why_task *task,
                          struct why_wait *wait)
{
    if (row->states || row->is)
        return (!row->states || memchr(row->states, task->state, strlen(row->states))) &&
               (!row->is || row->is(task));
    if (!sleeps(task))
        return false;
    if (!syscall_is_readable(&task->syscall)) {
        wait->from_wchan = is_at_any(task, row->places);
        return wait->from_wchan;
    }
    return task->syscall.number == SYS_restart_syscall ? is_restarted(row, task, wait)
                                                       : has_call(row, task, wait);
}

struct why_wait why_classify(const struct why_task *task)
{
    struct why_wait wait;
    memset(&wait, 0, sizeof(wait)); /* an initialiser leaves the rest of a union as it is */
    wait.fd = -1;
    for (wait.kind = WHY_UNKNOWN + 1; wait.kind < WHY_KIND_COUNT; wait.kind++)
        if (is_recognised(&why_table[wait.kind], task, &wait))
            return wait;
    wait.kind = WHY_UNKNOWN;
    return wait;
}

/* ---- futexes ---- */

static bool is_pi(uint32_t command)
{
    return command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2;
}

/* { lock, count, owner, users, kind }: lock is 2 while somebody waits, or the TID where robust. */
static bool looks_like_mutex(const struct why_wait *wait, uint32_t command)
{
    const struct why_futex *futex = &wait->futex;
    const uint32_t *words = futex->words;
    if ((command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET) || futex->word_count < 5)
        return false;
    bool is_plain = wait->number == 2 && words[0] == 2;
    bool is_robust = (words[0] & FUTEX_WAITERS) && (words[0] & FUTEX_TID_MASK) == words[2];
    bool is_private = wait->flags & FUTEX_PRIVATE_FLAG;
    return (is_plain || is_robust) && words[2] != 0 && futex->owner_lives &&
           (futex->owner_is_ours || !is_private) && words[3] < (1U << 20) && words[4] < 0x400;
}

/* { value, waiters, private }: a value of 0 with somebody waiting. */
static bool looks_like_semaphore(const struct why_wait *wait, uint32_t command)
{
    const struct why_futex *futex = &wait->futex;
    const uint32_t *words = futex->words;
    return command == FUTEX_WAIT_BITSET && futex->word_count >= 3 && wait->number == 0 &&
           words[0] == 0 && words[1] >= 1 && words[1] < (1U << 20) &&
           (words[2] == 0 || words[2] == FUTEX_PRIVATE_FLAG);
}

/*
 * pthread_join(3): the word is what the kernel clears and wakes at the thread's end
 * (set_tid_address(2)), and that it wakes among all processes' waiters, so the wait is no private
 * one. The word is the thread's TID, or since glibc 2.43 a small state that is kept in the thread's
 * record.
 */
static bool looks_like_join(const struct why_wait *wait)
{
    const struct why_futex *futex = &wait->futex;
    uint32_t word = futex->words[0];
    if (word != (uint32_t)wait->number || word == 0)
        return false;
    return (futex->word_lives && word > 2) ||
           (futex->record_of > 0 && word <= 3 && !(wait->flags & FUTEX_PRIVATE_FLAG));
}

pid_t why_futex_joined(const struct why_futex *futex)
{
    return futex->record_of > 0 ? futex->record_of : (pid_t)(futex->words[0] & FUTEX_TID_MASK);
}

enum why_futex_kind why_futex_kind(const struct why_task *task)
{
    const struct why_wait *wait = &task->wait;
    const struct why_futex *futex = &wait->futex;
    if (wait->kind != WHY_FUTEX || !access_has_value(wait->memory_access) || futex->word_count == 0)
        return FUTEX_IS_UNKNOWN;
    uint32_t command = wait->flags & (uint32_t)FUTEX_CMD_MASK;
    if (is_pi(command))
        return FUTEX_IS_PI;
    if (looks_like_mutex(wait, command))
        return FUTEX_IS_MUTEX;
    if (looks_like_join(wait))
        return FUTEX_IS_JOIN;
    if (looks_like_semaphore(wait, command))
        return FUTEX_IS_SEMAPHORE;
    return FUTEX_IS_UNKNOWN;
}
