/*
 * The task iterator: a BPF program that the kernel runs for each task while a
 * descriptor of it is read, and that writes a struct task_record of it. It does
 * what fs/proc/array.c does for /proc/PID/stat, without a file for each task
 * and without text; its loader is task_iterator.c.
 *
 * The structures below name only what is read. Their offsets are those of the
 * running kernel: preserve_access_index has the loader look them up (CO-RE).
 */

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

/* In this order: bpf_helpers.h needs the types above. */
#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "task_record.h"

typedef _Bool bool;

enum {
    false,
    true
};

#define NULL ((void *)0)

/* ---- the kernel's side ---- */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
    struct list_head *next;
};

struct pid_namespace {
    unsigned int level;
};

struct upid {
    int nr;
    struct pid_namespace *ns;
};

struct pid {
    unsigned int level;
    struct upid numbers[1];
};

enum pid_type {
    PIDTYPE_PID,
    PIDTYPE_TGID,
    PIDTYPE_PGID,
    PIDTYPE_SID,
    PIDTYPE_MAX
};

struct tty_driver {
    int major;
    int minor_start;
};

struct tty_struct {
    int index;
    struct tty_driver *driver;
    struct {
        struct pid *pgrp;
    } ctrl;
};

struct prev_cputime {
    __u64 utime;
    __u64 stime;
};

struct signal_struct {
    int nr_threads;
    struct list_head thread_head;
    int group_exit_code;
    unsigned int flags;
    struct pid *pids[PIDTYPE_MAX];
    struct tty_struct *tty;
    struct {
        struct {
            struct {
                unsigned int sequence;
            } seqcount;
        } seqcount;
    } stats_lock;
    __u64 utime;
    __u64 stime;
    struct prev_cputime prev_cputime;
    unsigned long min_flt;
    unsigned long maj_flt;
    unsigned long long sum_sched_runtime;
};

struct percpu_counter {
    __s64 count;
};

struct mm_struct {
    unsigned long total_vm;
    struct percpu_counter rss_stat[4];
};

/* Before Linux 6.2. */
struct mm_rss_stat___before_6_2 {
    struct {
        long counter;
    } count[4];
};

struct mm_struct___before_6_2 {
    struct mm_rss_stat___before_6_2 rss_stat;
};

typedef struct {
    unsigned int val;
} kuid_t;

struct cred {
    kuid_t uid;
    kuid_t euid;
};

struct sched_entity {
    __u64 sum_exec_runtime;
};

struct thread_info {
    __u32 cpu;
};

struct sighand_struct;

struct task_struct {
    struct thread_info thread_info;
    unsigned int __state;
    unsigned int flags;
    unsigned int ptrace;
    int prio;
    int static_prio;
    unsigned int rt_priority;
    struct sched_entity se;
    unsigned int policy;
    struct mm_struct *mm;
    int exit_state;
    int exit_code;
    int pid;
    int tgid;
    struct task_struct *real_parent;
    struct task_struct *parent;
    struct pid *thread_pid;
    struct list_head thread_node;
    void *worker_private;
    __u64 utime;
    __u64 stime;
    struct prev_cputime prev_cputime;
    __u64 start_boottime;
    unsigned long min_flt;
    unsigned long maj_flt;
    const struct cred *real_cred;
    char comm[TASK_RECORD_COMM];
    struct signal_struct *signal;
    struct sighand_struct *sighand;
};

/* The processor's place before it was in thread_info everywhere. */
struct task_struct___cpu {
    unsigned int cpu;
};

struct kthread {
    void *data;
    char *full_name;
};

struct work_struct;

struct worker {
    struct work_struct *current_work;
    char desc[32];
};

struct seq_file;

struct bpf_iter_meta {
    struct seq_file *seq;
};

struct bpf_iter__task {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
};

#pragma clang attribute pop

enum {
    PF_WQ_WORKER = 0x00000020,
    PF_KTHREAD = 0x00200000,
    SIGNAL_STOP_STOPPED = 0x00000001,
    SIGNAL_GROUP_EXIT = 0x00000004,
    MM_FILEPAGES = 0,
    MM_ANONPAGES = 1,
    MM_SHMEMPAGES = 3,
    PID_LEVELS = 32, /* MAX_PID_NS_LEVEL */
    THREADS_MOST = 1 << 22,
    ATTEMPTS = 3 /* at sums that no thread's end falls into */
};

/* Since Linux 6.2. */
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

/* Set by the reader: 1: threads besides leaders too. */
int with_threads;

/*
 * Set before it is loaded, so that only one way is verified. The reader is in
 * the first PID namespace, whose numbers every task has; the kernel has
 * bpf_rdonly_cast().
 */
const volatile bool is_first_namespace = true;
const volatile bool has_cast = true;

/* ---- numbers in the reader's PID namespace: pid_nr_ns() ---- */

struct reader {
    unsigned int level;
    struct pid_namespace *ns;
};

static __always_inline void *upid_at(const struct pid *pid, unsigned int level)
{
    return (char *)pid + bpf_core_field_offset(struct pid, numbers) +
           (level & (PID_LEVELS - 1)) * bpf_core_type_size(struct upid);
}

static __always_inline struct reader reader_of(void)
{
    struct reader reader = {0};
    if (is_first_namespace)
        return reader;
    const struct task_struct *current = bpf_get_current_task_btf();
    reader.level = current->thread_pid->level;
    bpf_probe_read_kernel(&reader.ns, sizeof(reader.ns),
                          (char *)upid_at(current->thread_pid, reader.level) +
                              bpf_core_field_offset(struct upid, ns));
    return reader;
}

static __always_inline int number_in(const struct reader *reader, const struct pid *pid)
{
    if (!pid)
        return 0;
    if (is_first_namespace)
        return pid->numbers[0].nr;
    if (reader->level > pid->level)
        return 0;
    struct upid upid = {0};
    bpf_probe_read_kernel(&upid, sizeof(upid), upid_at(pid, reader->level));
    return upid.ns == reader->ns ? upid.nr : 0;
}

/* ---- the parts of a record ---- */

static __always_inline void fill_numbers(struct task_record *record, const struct task_struct *task)
{
    const struct signal_struct *signal = task->signal;
    const struct reader reader = reader_of();
    record->tid = number_in(&reader, task->thread_pid);
    record->tgid = number_in(&reader, signal->pids[PIDTYPE_TGID]);
    record->pgid = number_in(&reader, signal->pids[PIDTYPE_PGID]);
    record->sid = number_in(&reader, signal->pids[PIDTYPE_SID]);
    record->ppid = number_in(&reader, task->real_parent->signal->pids[PIDTYPE_TGID]);
    record->tracer = task->ptrace ? number_in(&reader, task->parent->thread_pid) : 0;

    const struct tty_struct *tty = signal->tty;
    record->tpgid = -1;
    if (!tty)
        return;
    unsigned int minor = (unsigned int)(tty->driver->minor_start + tty->index) & 0xfffff;
    unsigned int major = (unsigned int)tty->driver->major;
    int tpgid = number_in(&reader, tty->ctrl.pgrp);
    if (signal->tty != tty) /* let go meanwhile: what was read may be of its memory's next use */
        return;
    record->tty = (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
    record->tpgid = tpgid;
}

static __always_inline void fill_scheduling(struct task_record *record,
                                            const struct task_struct *task)
{
    record->static_priority = task->static_prio;
    record->priority = task->prio;
    record->rt_priority = task->rt_priority;
    record->policy = task->policy;
    const struct task_struct___cpu *other = (const void *)task;
    if (bpf_core_field_exists(task->thread_info.cpu))
        record->processor = task->thread_info.cpu;
    else if (bpf_core_field_exists(other->cpu))
        record->processor = other->cpu;
}

/* get_mm_rss() is of the approximate counters, and so is stat. */
static __always_inline void fill_memory(struct task_record *record, const struct task_struct *task)
{
    const struct mm_struct *mm = task->mm;
    if (!mm || (task->flags & PF_KTHREAD))
        return;
    record->virtual_pages = mm->total_vm;
    const struct mm_struct___before_6_2 *before = (const void *)mm;
    if (bpf_core_field_exists(before->rss_stat.count)) {
        record->file_pages = before->rss_stat.count[MM_FILEPAGES].counter;
        record->anonymous_pages = before->rss_stat.count[MM_ANONPAGES].counter;
        record->shared_pages = before->rss_stat.count[MM_SHMEMPAGES].counter;
    } else {
        record->file_pages = mm->rss_stat[MM_FILEPAGES].count;
        record->anonymous_pages = mm->rss_stat[MM_ANONPAGES].count;
        record->shared_pages = mm->rss_stat[MM_SHMEMPAGES].count;
    }
}

/* ---- times and faults: a task's own, or the sum of all that the process has and had ---- */

static __always_inline void add_task(struct task_record *record, const struct task_struct *task)
{
    record->utime_ns += task->utime;
    record->stime_ns += task->stime;
    record->runtime_ns += task->se.sum_exec_runtime;
    record->minor_faults += task->min_flt;
    record->major_faults += task->maj_flt;
}

static __always_inline void set_ended(struct task_record *record,
                                      const struct signal_struct *signal)
{
    record->utime_ns = signal->utime;
    record->stime_ns = signal->stime;
    record->runtime_ns = signal->sum_sched_runtime;
    record->minor_faults = signal->min_flt;
    record->major_faults = signal->maj_flt;
}

struct walk {
    struct task_record *record;
    struct list_head *head;
    struct list_head *at;
};

static long add_next(__u32 index, void *data)
{
    (void)index;
    struct walk *walk = data;
    if (!walk->at || walk->at == walk->head)
        return 1;
    const struct task_struct *task =
        (void *)((char *)walk->at - bpf_core_field_offset(struct task_struct, thread_node));
    walk->record->utime_ns += BPF_CORE_READ(task, utime);
    walk->record->stime_ns += BPF_CORE_READ(task, stime);
    walk->record->runtime_ns += BPF_CORE_READ(task, se.sum_exec_runtime);
    walk->record->minor_faults += BPF_CORE_READ(task, min_flt);
    walk->record->major_faults += BPF_CORE_READ(task, maj_flt);
    walk->at = BPF_CORE_READ(task, thread_node.next);
    return 0;
}

static __always_inline unsigned int sequence_of(const struct signal_struct *signal)
{
    return bpf_core_field_exists(signal->stats_lock.seqcount.seqcount.sequence)
               ? signal->stats_lock.seqcount.seqcount.sequence
               : 0;
}

/* A thread that ends hands its sums to `signal`; it must be counted neither twice nor never. */
static __always_inline void add_threads(struct task_record *record,
                                        const struct signal_struct *signal)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        unsigned int sequence = sequence_of(signal);
        struct walk walk = {.record = record, .head = (void *)&signal->thread_head};
        set_ended(record, signal);
        walk.at = BPF_CORE_READ(signal, thread_head.next);
        bpf_loop(THREADS_MOST, add_next, &walk, 0);
        if ((sequence & 1) == 0 && sequence_of(signal) == sequence)
            return;
    }
}

static __always_inline void fill_sums(struct task_record *record, const struct task_struct *task)
{
    const struct signal_struct *signal = task->signal;
    if (task->pid != task->tgid) {
        add_task(record, task);
        record->shown_utime_ns = task->prev_cputime.utime;
        record->shown_stime_ns = task->prev_cputime.stime;
        return;
    }
    if (record->threads > 1) {
        add_threads(record, signal);
    } else {
        set_ended(record, signal);
        add_task(record, task);
    }
    record->shown_utime_ns = signal->prev_cputime.utime;
    record->shown_stime_ns = signal->prev_cputime.stime;
}

static __always_inline void fill_end(struct task_record *record, const struct task_struct *task)
{
    const struct signal_struct *signal = task->signal;
    record->exit_code = task->exit_code;
    if (task->pid == task->tgid && (signal->flags & (SIGNAL_GROUP_EXIT | SIGNAL_STOP_STOPPED)))
        record->exit_code = signal->group_exit_code;
}

/* ---- a kernel thread's name: proc_task_name() ---- */

/* What a worker of a queue does, or did last: "+events" behind its name; wq_worker_comm(). */
static __always_inline void add_work(struct task_record *record, const struct kthread *kthread,
                                     long length)
{
    const struct worker *worker = BPF_CORE_READ(kthread, data);
    char first = 0;
    bpf_core_read(&first, sizeof(first), &worker->desc);
    if (first == '\0' || length < 0 || length >= TASK_RECORD_NAME / 2)
        return;
    record->name[length] = BPF_CORE_READ(worker, current_work) ? '+' : '-';
    bpf_core_read_str(&record->name[length + 1], TASK_RECORD_NAME / 2 - 1, &worker->desc);
}

static __always_inline void fill_name(struct task_record *record, const struct task_struct *task)
{
    const struct kthread *kthread = task->worker_private;
    const char *full = BPF_CORE_READ(kthread, full_name);
    long size = full ? bpf_probe_read_kernel_str(record->name, sizeof(record->name), full)
                     : bpf_core_read_str(record->name, sizeof(record->comm), &task->comm);
    if ((task->flags & PF_WQ_WORKER) && size > 0)
        add_work(record, kthread, size - 1);
}

SEC("iter/task")
int write_task(struct bpf_iter__task *context)
{
    const struct task_struct *given = context->task, *task = given;
    struct seq_file *seq = context->meta->seq;
    if (!given)
        return 0;
    /*
     * For each pointer that is followed from a trusted one, the verifier looks
     * through all names of the kernel's types: a hundred milliseconds in all.
     */
    if (has_cast)
        task = bpf_rdonly_cast(given, bpf_core_type_id_kernel(struct task_struct));
    if ((task->pid != task->tgid && !with_threads))
        return 0;
    struct task_record record = {.size = __builtin_offsetof(struct task_record, name)};
    record.state = task->__state;
    record.exit_state = (unsigned int)task->exit_state;
    record.flags = task->flags;
    record.threads = task->signal->nr_threads;
    record.uid = record.flags & PF_KTHREAD ? 0 : task->real_cred->euid.val;
    record.real_uid = record.flags & PF_KTHREAD ? 0 : task->real_cred->uid.val;
    record.start_ns = task->start_boottime;
    fill_memory(&record, task);
    fill_numbers(&record, task);
    fill_scheduling(&record, task);
    fill_sums(&record, task);
    fill_end(&record, task);
    bpf_core_read_str(record.comm, sizeof(record.comm), &task->comm);
    /* It is being released: its numbers are not its own any more. */
    if (!task->sighand || record.tid <= 0)
        return 0;
    if (record.flags & PF_KTHREAD) {
        record.size = sizeof(record);
        fill_name(&record, task);
        bpf_seq_write(seq, &record, sizeof(record));
    } else {
        bpf_seq_write(seq, &record, __builtin_offsetof(struct task_record, name));
    }
    return 0;
}

/* Helpers for which the kernel asks a licence compatible with the GPL, as the MIT licence is. */
char license_text[] SEC("license") = "Dual MIT/GPL";
