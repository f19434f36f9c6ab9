/*
 * field: the named values of a process, once. Filters, sorting, JSON, the
 * columns and `explain` all speak of these.
 */
#ifndef REAPTOP_MODEL_FIELD_H
#define REAPTOP_MODEL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

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
    FIELD_VIRTUAL_KIB,
    FIELD_MINOR_FAULTS,
    FIELD_MAJOR_FAULTS,
    FIELD_START_TICKS,
    FIELD_AGE_SECONDS,
    FIELD_SUBTREE_CPU,
    FIELD_SUBTREE_RSS,
    FIELD_HOST,
    FIELD_COUNT
};

enum value_type {
    VALUE_UNKNOWN, /* could not be read */
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TEXT,
};

struct value {
    enum value_type type;
    int64_t integer;
    double real;
    const char *text; /* belongs to the process's snapshot, or static */
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

/* Its value is the whole branch's, and unknown before snapshot_subtrees(). */
static inline bool field_is_of_subtree(enum field field)
{
    return field == FIELD_SUBTREE_CPU || field == FIELD_SUBTREE_RSS;
}

struct value field_value(enum field field, const struct process *process);

/* < 0, 0, > 0 in ascending order; unknown values come last. */
int field_compare(enum field field, const struct process *a, const struct process *b);

#endif
