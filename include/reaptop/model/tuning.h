/*
 * tuning: how a process is scheduled and what may be changed of it: nice value,
 * processors, I/O priority, scheduling policy. The values, their words, the
 * command that would do it, and the forecast: who may, what changes, what does
 * not (sched(7), setpriority(2), sched_setaffinity(2), ioprio_set(2),
 * sched_setscheduler(2)). Pure.
 */
#ifndef REAPTOP_MODEL_TUNING_H
#define REAPTOP_MODEL_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/strbuf.h"

enum tuning_kind {
    TUNING_NICE,
    TUNING_AFFINITY,
    TUNING_IO,
    TUNING_POLICY,
    TUNING_COUNT
};

enum {
    TUNING_CPUS_MAX = 1024,
    TUNING_NICE_LEAST = -20,
    TUNING_NICE_MOST = 19,
    TUNING_IO_LEVELS = 8, /* 0 is served first */
};

enum io_class {
    IO_CLASS_NONE, /* follows the nice value */
    IO_CLASS_REALTIME,
    IO_CLASS_BEST_EFFORT,
    IO_CLASS_IDLE
};

/* Numbers as sched(7) has them. */
enum scheduling_policy {
    POLICY_OTHER = 0,
    POLICY_FIFO = 1,
    POLICY_RR = 2,
    POLICY_BATCH = 3,
    POLICY_IDLE = 5,
    POLICY_DEADLINE = 6,
};

/* "other", "fifo", "rr", "batch", "idle", "deadline", "ext"; NULL: new to us. As sched(7). */
const char *policy_name(int32_t policy);

struct cpu_mask {
    uint64_t bits[TUNING_CPUS_MAX / 64];
};

/* All four; what is wanted differs from what is in `kind` alone. */
struct tuning {
    int32_t nice;
    struct cpu_mask cpus;
    enum io_class io_class;
    int32_t io_level;
    int32_t policy;
    int32_t rt_priority; /* 1…99 for FIFO and RR, else 0 */
};

/* What the forecast is made from, read when the dialog opens. */
struct tuning_facts {
    struct tuning now;
    struct cpu_mask online;  /* the machine's processors; none: not known */
    struct cpu_mask allowed; /* what its cpuset leaves; none: not known */
    uid_t ruid, euid;
    uid_t our_euid;
    bool has_ids;
    bool we_have_sys_nice; /* CAP_SYS_NICE */
    bool is_kernel;
    bool is_zombie;
    bool has_limits;
    uint64_t limit_nice, limit_rt_priority; /* RLIMIT_NICE (20 - nice), RLIMIT_RTPRIO; soft */
    bool has_autogroup;                     /* autogroups are on and it is in one */
    int32_t autogroup_nice;
    uint32_t threads;
};

bool cpu_mask_has(const struct cpu_mask *mask, unsigned cpu);
void cpu_mask_set(struct cpu_mask *mask, unsigned cpu, bool is_in);
size_t cpu_mask_count(const struct cpu_mask *mask);

/* "0,2-5" as cpuset(7) has lists; "none". */
void cpu_mask_describe(const struct cpu_mask *mask, struct strbuf *out);

/* The same way back; -EINVAL, -ERANGE beyond TUNING_CPUS_MAX. */
int cpu_mask_parse(const char *text, size_t length, struct cpu_mask *ret_mask);

/* "nice value", translated. Static. */
const char *tuning_title(enum tuning_kind kind);

/* "5", "0,2-3", "best-effort 4", "fifo 10". */
void tuning_describe(enum tuning_kind kind, const struct tuning *tuning, struct strbuf *out);
bool tuning_is_same(enum tuning_kind kind, const struct tuning *a, const struct tuning *b);

/* "renice -n 5 -p 812": the command that would do it to all threads or to the first. */
void tuning_command(enum tuning_kind kind, const struct tuning *want, pid_t pid, bool all_threads,
                    struct strbuf *out);

/*
 * Appends sentences, each with its own line end: first whether it will be
 * allowed, then what changes and what does not. False: the kernel will refuse.
 */
bool tuning_forecast(enum tuning_kind kind, const struct tuning_facts *facts,
                     const struct tuning *want, bool all_threads, struct strbuf *out);

#endif
