/*
 * details: all that the kernel reports of one process without walking its
 * memory: what `show`, the Life tab and the Signals tab are made of.
 *
 * Each piece has its own answer (enum access); a piece that could not be read
 * has no value, never 0. source/read_details.h fills the record from the live
 * kernel; details_relate() adds what only a snapshot knows.
 */
#ifndef REAPTOP_MODEL_DETAILS_H
#define REAPTOP_MODEL_DETAILS_H

#include <stddef.h>

#include "reaptop/base/arena.h"
#include "reaptop/model/access.h"
#include "reaptop/model/cgroup.h"
#include "reaptop/model/limits.h"
#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/status.h"

enum details_part {
    PART_STATUS,
    PART_ARGV,
    PART_EXE,
    PART_CWD,
    PART_ROOT,
    PART_CGROUP,
    PART_LIMITS,
    PART_IO,
    PART_OOM_SCORE,
    PART_OOM_ADJUST,
    PART_AUTOGROUP,
    PART_LOGIN_UID,
    PART_AUDIT_SESSION,
    PART_LABEL,
    PART_PERSONALITY,
    PART_TIMER_SLACK,
    PART_SCHEDSTAT,
    PART_CPUS,
    PART_MEMORY_NODES,
    PART_DESCRIPTORS,
    PART_NAMESPACES, /* the directory; each link has an access of its own */
    PART_COUNT
};

struct details_part_info {
    const char *key;       /* JSON: "exe" */
    const char *file;      /* below /proc/PID */
    const char *label;     /* N_() */
    enum access_need need; /* where it is denied */
};

extern const struct details_part_info details_parts[PART_COUNT];

/* ---- namespaces: /proc/PID/ns, namespaces(7) ---- */

enum {
    NAMESPACES_MAX = 12,
    SHARERS_KEPT = 8
};

struct namespace
{
    char type[24]; /* "pid", "pid_for_children" */
    enum access access;
    uint64_t inode;
    bool is_ours; /* reaptop is in it too */
    /* Filled by details_count_sharers(); others than the process itself. */
    bool has_sharers;
    uint32_t sharers;
    uint32_t not_looked_into; /* processes that would not let us see theirs */
    pid_t first_sharers[SHARERS_KEPT];
};

/* ---- family ---- */

enum {
    ANCESTORS_MAX = 64,
    CHILDREN_KEPT = 64
};

struct relative {
    pid_t pid;
    char state;
    const char *comm; /* raw bytes */
    const char *user;
};

/* ---- the record ---- */

struct details {
    /*
     * Its user, terminal's name and cpu_percent are known by details_relate(); its uid and
     * user are the real ones. Its arguments are those of PART_ARGV.
     */
    struct process process;
    pid_t read_of; /* the first thread has ended: the living one that the files were read of; else 0
                    */
    enum cgroup_freezer frozen; /* by its control group; not frozen where that could not be read */
    struct cgroup_quota quota;  /* of processor time, of its control group */
    int32_t exit_signal; /* what the parent gets when it ends; -1: unknown, 0: none (a thread) */
    uint64_t child_utime_ticks, child_stime_ticks; /* of children it waited for */
    uint64_t read_ns;    /* CLOCK_BOOTTIME at which all of it was read; 0: it was not read here */
    uint64_t started_ns; /* CLOCK_REALTIME */
    long ticks_per_second;

    bool is_recorded; /* by details_recorded(): of a recording, not of this machine now */
    int32_t
        utc_offset_s; /* of the machine's local time when it started; recorded: at the header's */

    enum access access[PART_COUNT];
    const char *text[PART_COUNT]; /* raw bytes, NUL-terminated; NULL where there is none */
    size_t length[PART_COUNT];

    struct status status;      /* PART_STATUS */
    struct limits limits;      /* PART_LIMITS */
    struct io_counters io;     /* PART_IO */
    uint32_t descriptor_count; /* PART_DESCRIPTORS */
    uint64_t run_ns, wait_ns;  /* PART_SCHEDSTAT: on a processor, waiting for one */
    struct namespace namespaces[NAMESPACES_MAX];
    uint32_t namespace_count;

    /* By details_relate(). */
    bool is_related;
    struct relative ancestors[ANCESTORS_MAX]; /* the parent first */
    uint32_t ancestor_count;
    struct relative children[CHILDREN_KEPT];
    uint32_t child_count; /* there may be more than were kept */
    uint32_t user_tasks;  /* tasks of the same real user, for LIMIT_PROCESSES */

    struct arena strings; /* owns every string above */
};

#define DETAILS_INIT ((struct details){0})

void details_done(struct details *details);

/*
 * Adds the family, the names of users and the processor use from a snapshot
 * that holds the process (identity_is_same). Pure. 0, -ESRCH where the
 * snapshot does not have it, -ENOMEM.
 */
int details_relate(struct details *details, const struct snapshot *snapshot);

/*
 * What a row of a recorded snapshot holds: the parts that no sweep reads are
 * ACCESS_UNRECORDED. The family is added as by details_relate(). `ret_details`
 * is empty before. -ENOMEM.
 */
int details_recorded(const struct process *process, const struct snapshot *snapshot,
                     long ticks_per_second, struct details *ret_details);

/*
 * Whether those groups of status (enum status_known) are there, and why not: a zombie and a
 * kernel thread have no memory, an older kernel does not print them all.
 */
enum access details_status_access(const struct details *details, uint32_t groups);

/* Sets of status that are shown alike, as text and as JSON. Each ends with a NULL key. */
struct status_figure {
    const char *key;   /* JSON: "rss_peak_kib" */
    const char *label; /* N_() */
    size_t offset;     /* of an uint64_t in struct status */
    uint32_t group;    /* STATUS_HAS_…: known where that is */
};

extern const struct status_figure status_memory[];       /* KiB */
extern const struct status_figure status_signal_sets[];  /* signal_set */
extern const struct status_figure status_capabilities[]; /* bits of capability.h */

static inline uint64_t status_value(const struct status *status, const struct status_figure *figure)
{
    return *(const uint64_t *)((const char *)status + figure->offset);
}

/* The access of a part for people: what it needs is said where it is denied. Appends. */
void details_describe_access(const struct details *details, enum details_part part,
                             struct strbuf *out);

/* How much of a limit is in use, where that is known: false. */
bool details_limit_use(const struct details *details, enum limit_kind kind, uint64_t *ret_used);

#endif
