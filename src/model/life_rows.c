/*
 * life_rows: what is kept of a process's newest row, for when it is gone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "life_private.h"
#include "reaptop/base/array.h"
#include "reaptop/model/process.h"

/* ---- users' names ---- */

enum {
    USERS_MAX = UINT16_MAX
};

static const char *user_name(const struct life *life, uint16_t user)
{
    return user < life->user_count ? life->users[user] : "";
}

/* 0 where there is no room for one more. */
static uint16_t add_user(struct life *life, const char *name)
{
    if (life->user_count >= USERS_MAX ||
        array_reserve(&life->users, &life->user_capacity, life->user_count + 2) < 0)
        return 0;
    if (life->user_count == 0 && (life->users[0] = strdup("")))
        life->user_count = 1;
    char *copy = life->user_count > 0 ? strdup(name) : NULL;
    if (!copy)
        return 0;
    life->users[life->user_count] = copy;
    return (uint16_t)life->user_count++;
}

static uint16_t find_user(struct life *life, const char *name)
{
    for (size_t i = 0; i < life->user_count; i++)
        if (strcmp(life->users[i], name) == 0)
            return (uint16_t)i;
    return add_user(life, name);
}

void life_free_users(struct life *life)
{
    for (size_t i = 0; i < life->user_count; i++)
        free(life->users[i]);
    free(life->users);
    life->users = NULL;
    life->user_count = life->user_capacity = 0;
}

int life_copy_users(const struct life *life, struct life *copy)
{
    copy->users = NULL;
    copy->user_count = copy->user_capacity = 0;
    for (size_t i = 1; i < life->user_count; i++)
        if (add_user(copy, life->users[i]) != i)
            return -ENOMEM;
    return 0;
}

size_t life_user_bytes(const struct life *life)
{
    size_t sum = life->user_capacity * sizeof(*life->users);
    for (size_t i = 0; i < life->user_count; i++)
        sum += strlen(life->users[i]) + 1;
    return sum;
}

/* ---- rows ---- */

void life_keep_row(struct life *life, struct record *record, const struct process *process)
{
    const char *user = process->user ? process->user : "";
    record->last = (struct last_row){
        .utime_ticks = process->utime_ticks,
        .stime_ticks = process->stime_ticks,
        .virtual_kib = process->virtual_kib,
        .rss_kib = process->rss_kib,
        .minor_faults = process->minor_faults,
        .major_faults = process->major_faults,
        .ppid = process->ppid,
        .pgid = process->pgid,
        .sid = process->sid,
        .tpgid = process->tpgid,
        .tracer = process->tracer,
        .tty = process->tty,
        .threads = process->threads,
        .processor = process->processor,
        .exit_status = process->exit_status,
        .uid = process->uid,
        .real_uid = process->real_uid,
        .priority = (int16_t)process->priority,
        .nice = (int8_t)process->nice,
        .rt_priority = (int8_t)process->rt_priority,
        .policy = (int8_t)process->policy,
        .state = process->state,
        .is_kernel = process->is_kernel,
        .has_execed = process->has_execed,
        .has_real_uid = process->has_real_uid,
        .ignores_sigchld = process->ignores_sigchld,
    };
    if (strcmp(user_name(life, record->user), user) != 0)
        record->user = find_user(life, user);
}

/* How old it was when it was seen last. */
static uint64_t age_ns(const struct record *record)
{
    uint64_t seen_ns = record->history.last_sample_ns;
    return record->start_ns > 0 && seen_ns > record->start_ns ? seen_ns - record->start_ns : 0;
}

static void fill_row(const struct record *record, struct process *row)
{
    const struct last_row *last = &record->last;
    row->utime_ticks = last->utime_ticks;
    row->stime_ticks = last->stime_ticks;
    row->virtual_kib = last->virtual_kib;
    row->rss_kib = last->rss_kib;
    row->minor_faults = last->minor_faults;
    row->major_faults = last->major_faults;
    row->ppid = last->ppid;
    row->pgid = last->pgid;
    row->sid = last->sid;
    row->tpgid = last->tpgid;
    row->tracer = last->tracer;
    row->tty = last->tty;
    row->threads = last->threads;
    row->processor = last->processor;
    row->exit_status = last->exit_status;
    row->uid = last->uid;
    row->real_uid = last->real_uid;
    row->priority = last->priority;
    row->nice = last->nice;
    row->rt_priority = last->rt_priority;
    row->policy = last->policy;
    row->is_kernel = last->is_kernel;
    row->has_execed = last->has_execed;
    row->has_real_uid = last->has_real_uid;
    row->ignores_sigchld = last->ignores_sigchld;
    row->start_ns = record->start_ns;
    row->age_ns = age_ns(record);
}

int life_add_row(const struct life *life, const struct record *record, struct snapshot *snapshot)
{
    const char *comm = record->history.comm;
    struct process *row = snapshot_add(snapshot);
    if (!row)
        return -ENOMEM;
    fill_row(record, row);
    row->id = record->history.id;
    row->tgid = row->id.pid;
    row->is_ended = true;
    row->state = 'X';
    row->comm = arena_strdup(&snapshot->strings, comm[0] ? comm : "?");
    row->user = arena_strdup(&snapshot->strings, user_name(life, record->user));
    return 0;
}
