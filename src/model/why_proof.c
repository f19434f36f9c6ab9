#include <inttypes.h>
#include <string.h>

#include "why_table.h"

static void append_objects_read(const struct why_task *task, uint32_t limit, struct strbuf *out)
{
    for (uint32_t i = 0; i < task->object_count && i < limit; i++) {
        const struct why_object *object = &task->objects[i];
        if (access_has_value(object->access))
            strbuf_printf(out, "; /proc/%d/fd/%d: %s", task->id.pid, object->fd,
                          object->descriptor.target ? object->descriptor.target : "?");
    }
}

static void proof_objects(const struct why_task *task, struct strbuf *out)
{
    append_objects_read(task, WHY_OBJECTS_REPORTED, out);
}

void why_proof_epoll(const struct why_task *task, struct strbuf *out)
{
    append_objects_read(task, 1, out);
    strbuf_printf(out, "; /proc/%d/fdinfo/%d: tfd", task->id.pid, task->wait.fd);
}

void why_proof_path(const struct why_task *task, struct strbuf *out)
{
    if (access_has_value(task->wait.memory_access))
        strbuf_printf(out, "; its memory at 0x%" PRIx64, task->wait.address);
}

void why_proof_futex(const struct why_task *task, struct strbuf *out)
{
    enum {
        WORDS_REPORTED = 5
    };
    const struct why_futex *futex = &task->wait.futex;
    if (!access_has_value(task->wait.memory_access))
        return;
    strbuf_printf(out, "; its memory at 0x%" PRIx64, task->wait.address);
    for (uint32_t i = 0; i < futex->word_count && i < WORDS_REPORTED; i++)
        strbuf_printf(out, "%s%u", i == 0 ? ": " : " ", futex->words[i]);
}

void why_proof_lock(const struct why_task *task, struct strbuf *out)
{
    const struct lock *lock = &task->wait.lock;
    proof_objects(task, out);
    if (task->wait.access == ACCESS_OK)
        strbuf_printf(out, "; /proc/locks: %" PRIu64 ": %02x:%02x:%" PRIu64, lock->number,
                      lock->major, lock->minor, lock->inode);
}

void why_proof_traced(const struct why_task *task, struct strbuf *out)
{
    strbuf_printf(out, "; /proc/%d/status: TracerPid: %d", task->tid, task->tracer);
}

void why_proof_running(const struct why_task *task, struct strbuf *out)
{
    if (task->wait.processor.is_known)
        strbuf_puts(out, "; its CPU time, read twice");
}

void why_proof_throttled(const struct why_task *task, struct strbuf *out)
{
    strbuf_printf(out, "; %s; cpu.stat: nr_throttled, read twice", task->cgroup.quota_file);
}

static void proof_wchan(const struct why_task *task, struct strbuf *out)
{
    if (task->wchan_access == ACCESS_OK && task->wchan[0] && task->syscall.access == ACCESS_OK)
        strbuf_printf(out, "; /proc/%d/wchan: %s", task->tid, task->wchan);
}

void why_proof_wchan(const struct why_task *task, struct strbuf *out)
{
    proof_wchan(task, out);
}

/* Its last call would be misread: it is in none any more. */
void why_proof_exiting(const struct why_task *task, struct strbuf *out)
{
    strbuf_printf(out, "; /proc/%d/stat: flags: PF_EXITING", task->tid);
}

void why_proof_lease(const struct why_task *task, struct strbuf *out)
{
    why_proof_path(task, out);
    proof_wchan(task, out);
    if (task->found_count > 0)
        strbuf_puts(out, "; /proc/locks: LEASE BREAKING");
}

void why_proof_frozen(const struct why_task *task, struct strbuf *out)
{
    if (task->cgroup.freezer == CGROUP_NOT_FROZEN)
        proof_wchan(task, out);
    else
        strbuf_printf(out, "; /proc/%d/cgroup; %s", task->tid,
                      task->cgroup.freezer == CGROUP_FROZEN_V1 ? "freezer.state: FROZEN"
                                                               : "cgroup.events: frozen 1");
}

void why_proof_disk(const struct why_task *task, struct strbuf *out)
{
    proof_wchan(task, out);
    proof_objects(task, out);
}

/* The state is in all of it; the rest as far as it was read. */
static void append_place(const struct why_task *task, struct strbuf *out)
{
    if (task->syscall.access == ACCESS_OK && task->syscall.place == SYSCALL_INSIDE &&
        task->wait.kind != WHY_EXITING && strchr("SD", task->state)) {
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

void why_words_evidence(const struct why_task *task, struct strbuf *out)
{
    const struct why_row *row = why_row(task);
    append_place(task, out);
    if (row->source)
        strbuf_printf(out, "; %s", row->source);
    else if (row->proof)
        row->proof(task, out);
    else
        proof_objects(task, out);
}

/* ---- what is concluded, not observed ---- */

bool why_futex_is_inferred(const struct why_task *task)
{
    return why_futex_kind(task) != FUTEX_IS_PI;
}

bool why_running_is_inferred(const struct why_task *task)
{
    return task->wait.processor.is_known && task->wait.processor.run_ns == 0 &&
           task->wait.processor.wait_ns == 0;
}

bool why_disk_is_inferred(const struct why_task *task)
{
    return task->wchan_access != ACCESS_OK;
}
