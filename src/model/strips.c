#include "reaptop/model/strips.h"

#include <string.h>

static void copy_name(char to[STRIP_COMM_SIZE], const char *from)
{
    size_t length = from ? strnlen(from, STRIP_COMM_SIZE - 1) : 0;
    if (length > 0)
        memcpy(to, from, length);
    to[length] = '\0';
}

/* A round's place in all strips, before anybody is seen in it. */
static void begin_round(struct strips *strips, char letter)
{
    for (size_t i = 0; i < strips->count; i++)
        strips->strips[i].samples[strips->rounds % STRIP_SAMPLES] = letter;
    strips->rounds++;
}

static void remove_at(struct strips *strips, size_t at)
{
    strips->count--;
    memmove(&strips->strips[at], &strips->strips[at + 1],
            (strips->count - at) * sizeof(strips->strips[0]));
}

/* Those of whom no letter is left. */
static void remove_empty(struct strips *strips)
{
    for (size_t i = strips->count; i > 0; i--)
        if (strips->rounds - strips->strips[i - 1].last_round > STRIP_SAMPLES)
            remove_at(strips, i - 1);
}

/* The first of that TID or a higher one. */
static size_t position(const struct strips *strips, pid_t tid)
{
    size_t at = 0;
    while (at < strips->count && strips->strips[at].tid < tid)
        at++;
    return at;
}

/* False where every strip is of a thread that lives. */
static bool make_room(struct strips *strips, const struct task_list *tasks)
{
    size_t oldest = strips->count;
    if (strips->count < STRIPS_MAX)
        return true;
    for (size_t i = 0; i < strips->count; i++) {
        const struct task *task = task_list_find(tasks, strips->strips[i].tid);
        bool has_ended = !task || task->start_ticks != strips->strips[i].start_ticks;
        if (has_ended && (oldest == strips->count ||
                          strips->strips[i].last_round < strips->strips[oldest].last_round))
            oldest = i;
    }
    if (oldest == strips->count)
        return false;
    remove_at(strips, oldest);
    return true;
}

static struct strip *add(struct strips *strips, const struct task *task,
                         const struct task_list *tasks)
{
    if (!make_room(strips, tasks))
        return NULL;
    size_t at = position(strips, task->tid);
    memmove(&strips->strips[at + 1], &strips->strips[at],
            (strips->count - at) * sizeof(strips->strips[0]));
    strips->count++;
    struct strip *strip = &strips->strips[at];
    *strip = (struct strip){.tid = task->tid, .start_ticks = task->start_ticks};
    memset(strip->samples, STRIP_ABSENT, sizeof(strip->samples));
    return strip;
}

static struct strip *find(struct strips *strips, const struct task *task)
{
    for (size_t i = position(strips, task->tid);
         i < strips->count && strips->strips[i].tid == task->tid; i++)
        if (strips->strips[i].start_ticks == task->start_ticks)
            return &strips->strips[i];
    return NULL;
}

static void see(struct strips *strips, const struct task *task, const struct task_list *tasks)
{
    struct strip *strip = find(strips, task);
    if (!strip)
        strip = add(strips, task, tasks);
    if (!strip) {
        strips->left_out++;
        return;
    }
    copy_name(strip->comm, task->comm);
    strip->samples[(strips->rounds - 1) % STRIP_SAMPLES] = task->state;
    strip->last_round = strips->rounds - 1;
}

static void note_time(struct strips *strips, uint64_t now_ns, uint64_t gap_ns)
{
    uint64_t passed_ns = now_ns > strips->last_ns ? now_ns - strips->last_ns : 0;
    if (strips->rounds > 0 && passed_ns > gap_ns) {
        begin_round(strips, STRIP_GAP);
    } else if (strips->rounds > 0) {
        strips->sampled_ns += passed_ns;
        strips->interval_count++;
    }
    strips->last_ns = now_ns;
}

void strips_sample(struct strips *strips, const struct task_list *tasks, uint64_t now_ns,
                   uint64_t gap_ns)
{
    if (!identity_is_same(strips->id, tasks->id))
        *strips = (struct strips){.id = tasks->id};
    note_time(strips, now_ns, gap_ns);
    begin_round(strips, STRIP_ABSENT);
    remove_empty(strips);
    strips->left_out = 0;
    for (size_t i = 0; i < tasks->count; i++)
        see(strips, &tasks->tasks[i], tasks);
}

size_t strips_letters(const struct strips *strips, const struct strip *strip, char *ret_letters,
                      size_t capacity)
{
    size_t kept = strips->rounds < STRIP_SAMPLES ? (size_t)strips->rounds : STRIP_SAMPLES;
    size_t count = kept < capacity ? kept : capacity;
    for (size_t i = 0; i < count; i++)
        ret_letters[i] = strip->samples[(strips->rounds - count + i) % STRIP_SAMPLES];
    return count;
}

uint64_t strips_interval_ns(const struct strips *strips)
{
    return strips->interval_count > 0 ? strips->sampled_ns / strips->interval_count : 0;
}
