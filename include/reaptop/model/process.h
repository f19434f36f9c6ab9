/*
 * process: one task as one sweep saw it. A plain value: strings belong to the
 * snapshot it is in.
 *
 * Tier one (every task, every sweep) is what /proc/PID/stat and the owner of
 * /proc/PID show. Tier two (only rows that are shown) adds the command line
 * and the real user. Tier three (only what a column shows, or a filter or the
 * order asks for) is behind `extra`. Nothing else lives here; the panes have
 * records of their own.
 */
#ifndef REAPTOP_MODEL_PROCESS_H
#define REAPTOP_MODEL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/model/access.h"
#include "reaptop/model/extra.h"
#include "reaptop/model/identity.h"

struct process {
    struct identity id; /* pid is the TID for a thread's row */
    pid_t tgid;         /* the thread group's leader; == id.pid for a process */
    pid_t ppid;         /* 0: parent outside the PID namespace, or the idle task */
    pid_t pgid;
    pid_t sid;
    pid_t tpgid;     /* the terminal's foreground group; -1: no terminal */
    uint32_t tty;    /* device number as in stat field 7; 0: none */
    char state;      /* R S D T t X Z P I, or what the kernel said */
    bool is_kernel;  /* PF_KTHREAD in stat field 9 */
    bool has_execed; /* PF_FORKNOEXEC is clear in stat field 9: it runs an image of its own */
    bool is_ended;   /* reaped: kept in view for a moment after its end */
    uint32_t subtree_count; /* with its descendants; 0: snapshot_subtrees() was not called */
    const char *comm;       /* ≤ 15 bytes for user tasks; any byte but NUL */
    const char *tty_name;   /* "pts/3"; NULL: none */
    const char *host;     /* where it runs, as --host has it; NULL: not known, there is one only */
    uint32_t threads;     /* in the group */
    int32_t nice;         /* -20…19 */
    int32_t priority;     /* stat field 18 */
    int32_t rt_priority;  /* 1…99 for SCHED_FIFO and SCHED_RR, else 0 */
    int32_t policy;       /* sched(7): 0 other, 1 fifo, 2 rr, 3 batch, 5 idle, 6 deadline */
    int32_t processor;    /* last ran on */
    uint64_t utime_ticks; /* _SC_CLK_TCK */
    uint64_t stime_ticks;
    uint64_t virtual_kib;
    uint64_t rss_kib;
    uint64_t minor_faults;
    uint64_t major_faults;
    uint64_t start_ns; /* CLOCK_BOOTTIME at the beginning of its start tick; 0: unknown */
    uint64_t age_ns;   /* since its start, at the sweep */
    float cpu_percent; /* of one processor, since the previous sweep; CPU_UNKNOWN */
    pid_t tracer;      /* TracerPid, read of zombies only; 0: none, or not read */
    bool has_real_uid;
    bool ignores_sigchld; /* read whenever a child of it has ended; false: not, or not read
                           */
    int32_t exit_status;  /* stat field 52, as waitpid(2) gives it; -1 where hidden */

    uid_t uid;             /* the owner of /proc/PID (effective); tier two: the real one */
    uid_t real_uid;        /* with has_real_uid: the sweep read it too */
    float subtree_rss_kib; /* of it and all its descendants, with subtree_count > 0 */
    uint32_t arguments_size;
    const char *user; /* its name, or the number as text */

    enum access argv_access;   /* ACCESS_UNREAD until tier two */
    float subtree_cpu_percent; /* likewise; CPU_UNKNOWN where nobody's is known */
    /* Arguments joined by one space each, quoted where they hold blanks; valid with
       access_has_value. */
    const char *argv;
    /* The same as /proc/PID/cmdline has them, a NUL between two. NULL in copies and recordings. */
    const char *arguments;     /* arguments_size bytes */
    const struct extra *extra; /* tier three; NULL: nothing of it was read */
    float memory_percent;      /* rss_kib of the machine's memory; 0 with an rss_kib: unknown */
};

static inline bool process_is_thread(const struct process *process)
{
    return process->tgid != process->id.pid;
}

#endif
