/*
 * snapshot: the machine at one moment. An array of processes sorted by PID
 * (threads, where asked for, sit in it under their TID), the machine's totals,
 * and what could not be seen. The snapshot owns every string in it.
 *
 * A row takes PROCESS_BYTES, its name and, where it was filled in, its command line twice; the
 * array has room for an eighth more. The screen holds three: what is shown, what is being read,
 * and what the next sweep is compared with.
 */
#ifndef REAPTOP_MODEL_SNAPSHOT_H
#define REAPTOP_MODEL_SNAPSHOT_H

#include <stddef.h>

#include "reaptop/base/arena.h"
#include "reaptop/model/identity.h"

struct process;

/* A share of a processor before there are two sweeps to compare, or where counters went backwards.
 */
#define CPU_UNKNOWN (-1.0)

/* Of 64-bit machines. */
#define PROCESS_BYTES 248

struct machine {
    char host[65];
    char kernel[65];     /* uname(2) release */
    uint32_t processors; /* online */
    uint64_t uptime_ns;
    double load[3];          /* /proc/loadavg; < 0: unknown */
    double cpu_user_percent; /* of all processors, since the previous sweep; CPU_UNKNOWN */
    double cpu_system_percent;
    double cpu_iowait_percent;
    uint64_t memory_total_kib; /* 0: unknown (proc(5) meminfo) */
    uint64_t memory_available_kib;
    uint64_t swap_total_kib;
    uint64_t swap_free_kib;
};

struct snapshot {
    struct process *processes; /* ascending id.pid, no two alike */
    size_t count;
    size_t capacity;
    struct machine machine;
    uint64_t mono_ns;   /* CLOCK_BOOTTIME at the sweep */
    uint64_t time_ns;   /* CLOCK_REALTIME at the sweep */
    bool has_threads;   /* swept with threads */
    const char *notice; /* "hidepid hides other users' processes"; NULL: sees all */
    struct arena strings;
};

#define SNAPSHOT_INIT ((struct snapshot){0})

void snapshot_done(struct snapshot *snapshot);

/* Empties it for the next sweep, with the memory of the array and of the strings. */
void snapshot_clear(struct snapshot *snapshot);

/*
 * Appends a zeroed process and returns it, or NULL without memory. Appends may
 * come in any order; call snapshot_finish() after the last.
 */
struct process *snapshot_add(struct snapshot *snapshot);

/* Sorts by PID and drops doubles (a task that a racing sweep listed twice). */
void snapshot_finish(struct snapshot *snapshot);

/* The task with that PID or TID, or NULL. O(log n). */
struct process *snapshot_find(const struct snapshot *snapshot, pid_t pid);

/* As snapshot_find, but only if it is still the same process. */
struct process *snapshot_find_identity(const struct snapshot *snapshot, struct identity id);

/*
 * The names of the users that have processes, each once, in the order of the PIDs:
 * the first `most`, borrowed from the snapshot. Returns how many.
 */
size_t snapshot_users(const struct snapshot *snapshot, const char **ret_names, size_t most);
/* False: no process is that user's. */
bool snapshot_find_user(const struct snapshot *snapshot, const char *name, uid_t *ret_uid);

/* The task's identity, or NOBODY. */
struct identity snapshot_identity(const struct snapshot *snapshot, pid_t pid);

/*
 * The next child of `ppid` (no thread, none that ended) from the index `*at` on, which is
 * moved behind it, or NULL. A loop begins with 0.
 */
const struct identity *snapshot_next_child(const struct snapshot *snapshot, pid_t ppid, size_t *at);

/*
 * A hash of what a sweep shows of the process, and of the numbers and states of its children:
 * another one where anything of it changed since. 0: the process is not there.
 */
uint64_t snapshot_motion(const struct snapshot *snapshot, struct identity id);

/* The name of the process under that number; "" where there is none. */
const char *snapshot_comm(const struct snapshot *snapshot, pid_t pid);

/* The PID or TID of the next from *at on that is in that state; 0: none. */
pid_t snapshot_next_in_state(const struct snapshot *snapshot, char state, size_t *at);

/* A recording holds nothing of model/extra.h: whoever asks for it learns that. */
void snapshot_mark_unrecorded(struct snapshot *snapshot);

/* Its command line (process.argv), where it could be read and is not empty; NULL. */
const char *process_command_line(const struct process *process);

enum {
    STATE_LETTERS = 128,
    STATE_LIVES_ON = 1 /* in the place of Z, where the first thread alone has ended */
};

/* Adds the processes (no threads, none that ended) by the letter of their state; [0] counts all. */
void snapshot_count_states(const struct snapshot *snapshot, size_t counts[static STATE_LETTERS]);

/* Bytes of memory that its rows and their strings take. */
size_t snapshot_size(const struct snapshot *snapshot);

/* Removes the rows of processes that ended (life_add_ended()). */
void snapshot_drop_ended(struct snapshot *snapshot);

/* A deep copy into an empty snapshot, without what is behind `extra`. -ENOMEM. */
int snapshot_copy(const struct snapshot *snapshot, struct snapshot *ret_copy);

/*
 * Fills memory_percent of `next`, and its cpu_percent from the difference to `previous` (which may
 * be empty: CPU_UNKNOWN then). A counter that went backwards gives CPU_UNKNOWN; a value above 100 ×
 * the threads or processors it has is capped there. Pure.
 */
void snapshot_cpu(const struct snapshot *previous, struct snapshot *next, long ticks_per_second);

/*
 * Fills subtree_cpu_percent, subtree_rss_kib and subtree_count of every process; those of a PPID
 * circle (only a recording can hold one) keep less. Pure; O(n log n). -ENOMEM.
 */
int snapshot_subtrees(struct snapshot *snapshot);

#endif
