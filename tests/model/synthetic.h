/*
 * synthetic: snapshots made by hand, a process a call.
 */
#ifndef REAPTOP_TESTS_MODEL_SYNTHETIC_H
#define REAPTOP_TESTS_MODEL_SYNTHETIC_H

#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/model/field.h"
#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"

/* Adds a process with start time = pid; the caller may change it, then snapshot_finish(). */
static inline struct process *synthetic(struct snapshot *snapshot, pid_t pid, pid_t ppid,
                                        char state, const char *comm)
{
    struct process *process = snapshot_add(snapshot);
    process->id = (struct identity){.pid = pid, .start_ticks = (uint64_t)pid};
    process->tgid = pid;
    process->ppid = ppid;
    process->state = state;
    process->threads = 1;
    process->has_execed = true;
    process->comm = arena_strdup(&snapshot->strings, comm);
    process->user = arena_strdup(&snapshot->strings, "root");
    return process;
}

/* A value other than 0 for each field of a sweep: one that is added needs one here. */
static inline void synthetic_values(struct process *process)
{
    process->tgid = 11;
    process->pgid = 12;
    process->sid = 13;
    process->tty_name = "pts/14";
    process->uid = 15;
    process->threads = 16;
    process->nice = 17;
    process->priority = 18;
    process->rt_priority = 19;
    process->policy = 20;
    process->processor = 21;
    process->utime_ticks = 22;
    process->stime_ticks = 23;
    process->rss_kib = 24;
    process->virtual_kib = 25;
    process->minor_faults = 26;
    process->major_faults = 27;
}

static inline bool is_same_value(const struct value *a, const struct value *b)
{
    return a->type == b->type && a->integer == b->integer && a->real == b->real &&
           (a->text == b->text || (a->text && b->text && strcmp(a->text, b->text) == 0));
}

/* Expects that `kept` has each value of `written`, whose synthetic_values() are, but for the fields
   that are read on demand, and those of `is_left_out`. */
static inline void expect_every_value(const struct process *kept, const struct process *written,
                                      const bool is_left_out[FIELD_COUNT])
{
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        struct value is = field_value(field, kept), was = field_value(field, written);
        if (is_left_out[field] || field_part(field) != EXTRA_NONE)
            continue;
        cr_expect(was.integer != 0 || was.text, "%s: synthetic_values() has none",
                  fields[field].name);
        cr_expect(is_same_value(&is, &was), "%s is not kept", fields[field].name);
    }
}

#endif
