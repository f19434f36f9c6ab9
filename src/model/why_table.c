#include "why_table.h"

#include <string.h>
#include <sys/syscall.h>

/* ---- the system calls of each kind ---- */

/* The last one ends the list. */
#define LAST_CALL                                                                                  \
    {                                                                                              \
        .number = -1                                                                               \
    }
#define CALLS(...)                                                                                 \
    .calls = (const struct why_call[])                                                             \
    {                                                                                              \
        __VA_ARGS__, LAST_CALL                                                                     \
    }

static const struct why_call write_calls[] = {
    {SYS_write, .fd = 1},    {SYS_writev, .fd = 1},   {SYS_pwrite64, .fd = 1},
    {SYS_pwritev, .fd = 1},  {SYS_pwritev2, .fd = 1}, {SYS_sendto, .fd = 1},
    {SYS_sendmsg, .fd = 1},  {SYS_sendmmsg, .fd = 1}, {SYS_sendfile, .fd = 1},
    {SYS_vmsplice, .fd = 1}, {SYS_splice, .fd = 3},   LAST_CALL,
};

static const struct why_call read_calls[] = {
    {SYS_read, .fd = 1},
    {SYS_readv, .fd = 1},
    {SYS_pread64, .fd = 1},
    {SYS_preadv, .fd = 1},
    {SYS_preadv2, .fd = 1},
    {SYS_recvfrom, .fd = 1},
    {SYS_recvmsg, .fd = 1},
    {SYS_recvmmsg, .fd = 1},
    {SYS_tee, .fd = 1},
    {SYS_splice, .fd = 1},
    LAST_CALL,
};

static const struct why_call open_calls[] = {
    {SYS_openat, .address = 2, .flags = 3},
#ifdef SYS_openat2
    {SYS_openat2, .address = 2},
#endif
#ifdef SYS_open
    {SYS_open, .address = 1, .flags = 2},
    {SYS_creat, .address = 1},
#endif
    LAST_CALL,
};

static const struct why_call poll_calls[] = {
#ifdef SYS_poll
    {SYS_poll, .address = 1, .length = 2, .timeout_ms = 3},
#endif
    {SYS_ppoll, .address = 1, .length = 2, .timeout = 3},
#ifdef SYS_select
    {SYS_select, .length = 1, .timeout = 5, .take = why_take_select},
#endif
    {SYS_pselect6, .length = 1, .timeout = 5, .take = why_take_select},
    LAST_CALL,
};

static const struct why_call epoll_calls[] = {
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, .fd = 1, .timeout_ms = 4},
#endif
    {SYS_epoll_pwait, .fd = 1, .timeout_ms = 4},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, .fd = 1, .timeout = 4},
#endif
    LAST_CALL,
};

static const struct why_call vfork_calls[] = {
#ifdef SYS_vfork
    {.number = SYS_vfork},
#endif
    {.number = SYS_clone},
#ifdef SYS_clone3
    {.number = SYS_clone3},
#endif
    LAST_CALL,
};

static const struct why_call futex_calls[] = {
    {SYS_futex, .address = 1, .flags = 2, .id = 3, .timeout = 4},
#ifdef SYS_futex_wait
    {SYS_futex_wait, .address = 1, .id = 2},
#endif
#ifdef SYS_futex_waitv
    {.number = SYS_futex_waitv},
#endif
    LAST_CALL,
};

static const struct why_call exec_calls[] = {
    {.number = SYS_execve},
    {.number = SYS_execveat},
    LAST_CALL,
};

static const struct why_call signal_calls[] = {
#ifdef SYS_pause
    {.number = SYS_pause},
#endif
    {.number = SYS_rt_sigsuspend},
    {SYS_rt_sigtimedwait, .address = 1, .timeout = 3},
    LAST_CALL,
};

/* ---- the table ---- */

/* clang-format off */
const struct why_row why_table[WHY_KIND_COUNT] = {
    [WHY_UNKNOWN] = {
        .name = "unknown", .reference = "wchan",
        .ends = why_ends_nobody,
        .words = why_say_unknown, .is_inferred = why_always,
    },
    [WHY_ZOMBIE_LEADER] = {
        .name = "zombie_leader", .reference = "leader",
        .states = "ZX", .is = why_is_leader_of_others,
        .facts = WHY_FACTS_THREADS, .ends = why_ends_found,
        .sentence = N_("its other threads to end: its first thread has ended, they live on"),
    },
    [WHY_ZOMBIE] = {
        .name = "zombie", .reference = "zombie",
        .states = "ZX",
        .ends = why_ends_zombie,
        .words = why_say_zombie, .remark = why_remark_zombie,
        .is_direct = true, .has_way_out = true,
    },
    [WHY_STOPPED] = {
        .name = "stopped", .reference = "TASK_STOPPED",
        .states = "T",
        .ends = why_ends_stopped,
        .words = why_say_stopped, .remark = why_remark_stopped,
        .is_direct = true, .has_way_out = true,
    },
    [WHY_TRACED] = {
        .name = "traced", .reference = "tracer",
        .states = "t",
        .ends = why_ends_traced,
        .sentence = N_("its tracer to let it go on"), .proof = why_proof_traced, .is_direct = true,
    },
    [WHY_THROTTLED] = {
        .name = "throttled", .reference = "quota",
        .states = "R", .is = why_is_throttled,
        .ends = why_ends_nobody,
        .sentence = N_("its cgroup's next share of processor time: the quota is used up"),
        .nobody = N_("no action needed: its cgroup gets new CPU time in the next period"),
        .proof = why_proof_throttled, .is_inferred = why_always, .remark = why_remark_throttled,
    },
    [WHY_KERNEL_IDLE] = {
        .name = "kernel_idle", .reference = "kernel thread",
        .is = why_is_kernel_idle,
        .ends = why_ends_nobody,
        .sentence = N_("work: an idle thread of the kernel"),
    },
    [WHY_EXITING] = {
        .name = "exiting", .reference = "exit",
        .states = "S", .is = why_is_exiting,
        .facts = WHY_FACTS_LEFT, .ends = why_ends_found, .needs_all = true,
        .words = why_say_exiting, .proof = why_proof_exiting,
    },
    [WHY_FROZEN] = {
        .name = "frozen", .reference = "freezer",
        .is = why_is_frozen,
        .ends = why_ends_nobody,
        .sentence = N_("its cgroup to be thawed: it is frozen"),
        .nobody = N_("whoever froze its cgroup must thaw it"), .proof = why_proof_frozen,
    },
    [WHY_USERFAULT] = {
        .name = "userfault", .reference = "page fault",
        .is = why_is_in_userfault,
        .ends = why_ends_nobody,
        .sentence = N_("a page: it touched an address whose faults a program answers (userfaultfd)"),
        .nobody = N_("whoever reads its userfaultfd must supply the page"), .proof = why_proof_wchan,
    },
    [WHY_LAB_STEP] = {
        .name = "lab_step", .reference = "pipe",
        .states = "S", .is = why_awaits_lab,
        .ends = why_ends_nobody,
        .sentence = N_("the next word of the lab, whose experiment it is in"),
        .nobody = N_("no action needed: the lab wakes it in a coming step"),
        .has_way_out = true,
    },
    [WHY_SECCOMP] = {
        .name = "seccomp", .reference = "seccomp",
        .is = why_is_in_seccomp,
        .ends = why_ends_nobody,
        .sentence = N_("an answer to its system call: a seccomp filter handed it to a supervisor"),
        .nobody = N_("whoever reads the filter's notifications must answer"),
        .proof = why_proof_wchan,
    },
    [WHY_FUSE] = {
        .name = "fuse", .reference = "FUSE",
        .is = why_is_in_fuse,
        .facts = WHY_FACTS_FUSE, .ends = why_ends_found,
        .words = why_say_fuse,
        .nobody = N_("the daemon of the file system must answer"), .proof = why_proof_disk,
    },
    [WHY_WRITE] = {
        .name = "write", .reference = "file descriptor",
        .calls = write_calls, .fits = why_writes,
        .places = "pipe_write anon_pipe_write fifo_pipe_write sock_alloc_send_pskb "
                  "sk_stream_wait_memory",
        .facts = WHY_FACTS_DESCRIPTOR, .ends = why_ends_other_ends,
        .words = why_say_write, .is_write = true,
    },
    [WHY_READ] = {
        .name = "read", .reference = "file descriptor",
        .calls = read_calls,
        .places = "pipe_read anon_pipe_read fifo_pipe_read n_tty_read unix_stream_read* "
                  "unix_stream_data_wait sk_wait_data eventfd_read inotify_read signalfd_dequeue "
                  "timerfd_read*",
        .facts = WHY_FACTS_DESCRIPTOR, .ends = why_ends_other_ends,
        .words = why_say_read,
    },
    [WHY_ACCEPT] = {
        .name = "accept", .reference = "accept",
        CALLS({SYS_accept, .fd = 1}, {SYS_accept4, .fd = 1}),
        .places = "inet_csk_accept unix_accept",
        .facts = WHY_FACTS_DESCRIPTOR, .ends = why_ends_nobody,
        .sentence = N_("a client to connect to "), .words = why_say_object, .is_service = true,
    },
    [WHY_CONNECT] = {
        .name = "connect", .reference = "connect",
        CALLS({SYS_connect, .fd = 1, .address = 2, .length = 3}), .places = "unix_wait_for_peer",
        .facts = WHY_FACTS_LISTENER, .ends = why_ends_other_ends,
        .words = why_say_connect,
    },
    [WHY_OPEN_FIFO] = {
        .name = "open_fifo", .reference = "FIFO",
        .calls = open_calls, .fits = why_opens_fifo, .places = "wait_for_partner",
        .facts = WHY_FACTS_PATH, .ends = why_ends_other_ends,
        .words = why_say_open_fifo,
        .nobody = N_("whoever opens the FIFO's other side ends the wait"), .proof = why_proof_path,
    },
    [WHY_LEASE] = {
        .name = "lease", .reference = "lease",
        .calls = open_calls, .fits = why_breaks_lease, .places = "__break_lease",
        .facts = WHY_FACTS_LEASE, .ends = why_ends_found,
        .words = why_say_lease, .proof = why_proof_lease,
    },
    [WHY_OPEN] = {
        .name = "open", .reference = "file descriptor",
        .calls = open_calls,
        .facts = WHY_FACTS_PATH, .ends = why_ends_nobody,
        .words = why_say_open, .proof = why_proof_path, .is_inferred = why_always,
    },
    [WHY_POLL] = {
        .name = "poll", .reference = "poll",
        .calls = poll_calls, .places = "do_sys_poll do_poll poll_schedule_timeout do_select",
        .facts = WHY_FACTS_POLLED, .ends = why_ends_other_ends,
        .words = why_say_any, .is_service = true,
    },
    [WHY_EPOLL] = {
        .name = "epoll", .reference = "epoll",
        .calls = epoll_calls, .places = "ep_poll do_epoll_wait",
        .facts = WHY_FACTS_EPOLL, .ends = why_ends_other_ends,
        .words = why_say_any, .proof = why_proof_epoll, .is_service = true,
    },
    [WHY_CHILD] = {
        .name = "child", .reference = "wait",
        CALLS({SYS_wait4, .take = why_take_child}, {SYS_waitid, .take = why_take_child}),
        .places = "do_wait",
        .facts = WHY_FACTS_CHILD, .ends = why_ends_found,
        .words = why_say_child, .source = "PPid in /proc/*/stat",
    },
    [WHY_VFORK] = {
        .name = "vfork", .reference = "vfork",
        .calls = vfork_calls, .fits = why_is_uninterruptible,
        .places = "kernel_clone _do_fork wait_for_vfork_done",
        .facts = WHY_FACTS_VFORK_CHILD, .ends = why_ends_found,
        .sentence = N_("its vfork child to exec or exit: until then the child uses its memory"),
        .source = "PPid in /proc/*/stat",
    },
    [WHY_EXEC] = {
        .name = "exec", .reference = "exec",
        .calls = exec_calls, .fits = why_waits_for_threads, .places = "de_thread begin_new_exec",
        .facts = WHY_FACTS_THREADS, .ends = why_ends_found, .needs_all = true,
        .sentence = N_("the other threads of its process to end: only then the new program begins"),
        .proof = why_proof_wchan,
    },
    [WHY_FUTEX] = {
        .name = "futex", .reference = "futex",
        .calls = futex_calls, .places = "futex_*",
        .facts = WHY_FACTS_FUTEX, .ends = why_ends_futex,
        .words = why_say_futex, .proof = why_proof_futex, .is_inferred = why_futex_is_inferred,
    },
    [WHY_LOCK] = {
        .name = "lock", .reference = "file lock",
        CALLS({SYS_flock, .fd = 1}, {SYS_fcntl, .fd = 1}), .fits = why_sets_lock,
        .places = "locks_lock_inode_wait flock_lock_inode_wait fcntl_setlk*",
        .facts = WHY_FACTS_LOCK, .ends = why_ends_found, .needs_all = true,
        .words = why_say_lock, .proof = why_proof_lock,
    },
    [WHY_SEMAPHORE] = {
        .name = "semaphore", .reference = "semaphore",
        CALLS({SYS_semop, .id = 1, .address = 2, .length = 3},
              {SYS_semtimedop, .id = 1, .address = 2, .length = 3}),
        .places = "do_semtimedop ksys_semtimedop __do_semtimedop",
        .facts = WHY_FACTS_SEMAPHORE, .ends = why_ends_semaphore,
        .words = why_say_semaphore, .source = "semctl(2)",
    },
    [WHY_MSG_RECEIVE] = {
        .name = "msg_receive", .reference = "message queue",
        CALLS({SYS_msgrcv, .id = 1}), .places = "do_msgrcv",
        .facts = WHY_FACTS_QUEUE, .ends = why_ends_queue,
        .words = why_say_queue, .source = "/proc/sysvipc/msg",
    },
    [WHY_MSG_SEND] = {
        .name = "msg_send", .reference = "message queue",
        CALLS({SYS_msgsnd, .id = 1}), .places = "do_msgsnd",
        .facts = WHY_FACTS_QUEUE, .ends = why_ends_queue,
        .words = why_say_queue, .source = "/proc/sysvipc/msg", .is_write = true,
    },
    [WHY_MQ_RECEIVE] = {
        .name = "mq_receive", .reference = "message queue",
        CALLS({SYS_mq_timedreceive, .fd = 1, .timeout = 5}),
        .facts = WHY_FACTS_DESCRIPTOR, .ends = why_ends_other_ends,
        .sentence = N_("a message in the empty queue "), .words = why_say_object,
    },
    [WHY_MQ_SEND] = {
        .name = "mq_send", .reference = "message queue",
        CALLS({SYS_mq_timedsend, .fd = 1, .timeout = 5}),
        .facts = WHY_FACTS_DESCRIPTOR, .ends = why_ends_other_ends,
        .sentence = N_("room in the full message queue "), .words = why_say_object,
        .is_write = true,
    },
    [WHY_TIMER] = {
        .name = "timer", .reference = "sleeping",
        CALLS({.number = SYS_nanosleep}, {.number = SYS_clock_nanosleep}),
        .places = "do_nanosleep hrtimer_nanosleep",
        .ends = why_ends_nobody,
        .sentence = N_("its timer: it sleeps until a time that it set"),
        .nobody = N_("no action needed: its timer will wake it"), .has_way_out = true,
    },
    [WHY_SIGNAL] = {
        .name = "signal", .reference = "signal",
        .calls = signal_calls,
        .places = "sigsuspend do_sigtimedwait __do_sys_pause __x64_sys_pause __arm64_sys_pause",
        .facts = WHY_FACTS_SIGNALS, .ends = why_ends_nobody,
        .words = why_say_signal,
    },
    [WHY_IO_URING] = {
        .name = "io_uring", .reference = "io_uring",
        CALLS({SYS_io_uring_enter, .fd = 1}), .places = "io_cqring_wait*",
        .facts = WHY_FACTS_DESCRIPTOR, .ends = why_ends_found,
        .sentence = N_("a request that it queued to be completed: "), .words = why_say_object,
    },
    [WHY_RUNNING] = {
        .name = "running", .reference = "TASK_RUNNING",
        .is = why_is_running,
        .ends = why_ends_nobody,
        .words = why_say_running, .proof = why_proof_running,
        .is_inferred = why_running_is_inferred, .has_way_out = true,
    },
    [WHY_DISK] = {
        .name = "uninterruptible", .reference = "uninterruptible sleep",
        .states = "D",
        .facts = WHY_FACTS_CALL, .ends = why_ends_nobody,
        .words = why_say_disk, .proof = why_proof_disk, .is_inferred = why_disk_is_inferred,
    },
};
/* clang-format on */

const char *why_kind_name(enum why_kind kind)
{
    return why_table[kind].name;
}

static bool has_number(const struct why_row *row, int64_t number)
{
    for (const struct why_call *call = row->calls; call && call->number >= 0; call++)
        if (call->number == number)
            return true;
    return false;
}

bool why_calls_are_alike(int64_t one, int64_t other)
{
    for (size_t i = 0; i < WHY_KIND_COUNT; i++)
        if (has_number(&why_table[i], one) && has_number(&why_table[i], other))
            return true;
    return one == other;
}

const char *why_kind_reference(const char *name)
{
    for (size_t i = 0; i < WHY_KIND_COUNT; i++)
        if (strcmp(why_table[i].name, name) == 0)
            return why_table[i].reference;
    return NULL;
}

enum why_facts why_facts_of(enum why_kind kind)
{
    return why_table[kind].facts;
}
