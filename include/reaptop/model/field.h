/*
 * field: the named values of a process, once. Filters, sorting, JSON, the
 * columns and `explain` all speak of these.
 */
#ifndef REAPTOP_MODEL_FIELD_H
#define REAPTOP_MODEL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/model/access.h"
#include "reaptop/model/extra.h"

struct process;

enum field {
    FIELD_PID,
    FIELD_PPID,
    FIELD_PGID,
    FIELD_SID,
    FIELD_TGID,
    FIELD_TTY,
    FIELD_STATE,
    FIELD_COMM,
    FIELD_ARGV,
    FIELD_UID,
    FIELD_USER,
    FIELD_THREADS,
    FIELD_NICE,
    FIELD_PRIORITY,
    FIELD_RT_PRIORITY,
    FIELD_POLICY,
    FIELD_PROCESSOR,
    FIELD_CPU_PERCENT,
    FIELD_TIME_TICKS,
    FIELD_RSS_KIB,
    FIELD_MEMORY_PERCENT,
    FIELD_VIRTUAL_KIB,
    FIELD_MINOR_FAULTS,
    FIELD_MAJOR_FAULTS,
    FIELD_START_TICKS,
    FIELD_AGE_SECONDS,
    FIELD_SUBTREE_CPU,
    FIELD_SUBTREE_RSS,
    FIELD_HOST,
    /* From here on: read only where they are shown, filtered or sorted by (model/extra.h). */
    FIELD_SHARED_KIB,
    FIELD_PRIVATE_KIB,
    FIELD_SWAP_KIB,
    FIELD_PSS_KIB,
    FIELD_IO_READ_RATE,
    FIELD_IO_WRITE_RATE,
    FIELD_IO_READ_KIB,
    FIELD_IO_WRITE_KIB,
    FIELD_CONTEXT_SWITCHES,
    FIELD_VOLUNTARY_SWITCHES,
    FIELD_INVOLUNTARY_SWITCHES,
    FIELD_PENDING,
    FIELD_BLOCKED,
    FIELD_IGNORED,
    FIELD_CAUGHT,
    FIELD_OOM_SCORE,
    FIELD_DESCRIPTORS,
    FIELD_WCHAN,
    FIELD_SYSCALL,
    FIELD_CGROUP,
    FIELD_UNIT,
    FIELD_CONTAINER,
    FIELD_THROTTLED_PERCENT,
    FIELD_NAMESPACES,
    FIELD_EXE,
    FIELD_CWD,
    FIELD_SECURITY,
    FIELD_PORT,
    FIELD_FILE,
    FIELD_ENVIRONMENT,
    FIELD_COUNT,
    FIELD_EXTRA_FIRST = FIELD_SHARED_KIB
};

enum value_type {
    VALUE_UNKNOWN, /* could not be read */
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_LIST, /* of texts, each with a NUL behind it: what is compared is compared with each */
};

struct value {
    enum value_type type;
    int64_t integer;
    double real;
    const char *text; /* belongs to the process's snapshot, or static */
    size_t size;      /* of a list, its NULs counted */
};

struct field_info {
    const char *name;  /* as JSON and filters have it: "rss_kib" */
    const char *alias; /* what people type: "rss"; NULL: none */
    enum value_type type;
    bool is_descending;  /* sorted with the largest first, as top does */
    const char *summary; /* N_(): one line */
    const char *origin;  /* "/proc/PID/stat field 24" */
    const char *manual;  /* "proc(5)" */
    bool is_in_json;     /* of tree and show; unknown: null with its reason */
};

extern const struct field_info fields[FIELD_COUNT];

/* The field of that name or alias (case does not count), or -EINVAL. */
int field_from_name(const char *name);

/* What has to be read for it besides a sweep; EXTRA_NONE. */
enum extra_part field_part(enum field field);

/* EXTRA_BIT() of that; 0: the sweep has it. */
uint32_t field_part_bit(enum field field);

/* Of an extra's field: what became of reading it; of any other: ACCESS_OK. */
enum access field_access(enum field field, const struct process *process);

/* Its value is the whole branch's, and unknown before snapshot_subtrees(). */
static inline bool field_is_of_subtree(enum field field)
{
    return field == FIELD_SUBTREE_CPU || field == FIELD_SUBTREE_RSS;
}

struct value field_value(enum field field, const struct process *process);

/* < 0, 0, > 0 in ascending order; unknown values come last. */
int field_compare(enum field field, const struct process *a, const struct process *b);

#endif
