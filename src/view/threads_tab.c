#include "reaptop/view/threads_tab.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/tuning.h"
#include "reaptop/view/columns.h"

/* Where each column begins: what a thread does first, how it is scheduled behind it. */
enum {
    COL_TID = 0,
    COL_STATE = 9,
    COL_CPU = 11,
    COL_TIME = 18,
    COL_COMM = 28,
    COL_WAIT = 45,
    COL_PRIORITY = 80,
    COL_NICE = 85,
    COL_POLICY = 89,
    COL_PROCESSOR = 99,
    COL_VOLUNTARY = 103,
    COL_INVOLUNTARY = 112,
};

static void add_heading(struct document *doc)
{
    static const struct {
        size_t column;
        const char *title;
    } headings[] = {
        {COL_TID, N_("    TID")},        {COL_STATE, N_("S")},
        {COL_CPU, N_(" CPU%")},          {COL_TIME, N_("     TIME")},
        {COL_COMM, N_("NAME")},          {COL_WAIT, N_("WAITS IN")},
        {COL_PRIORITY, N_(" PRI")},      {COL_NICE, N_(" NI")},
        {COL_POLICY, N_("POLICY")},      {COL_PROCESSOR, N_("PSR")},
        {COL_VOLUNTARY, N_("     VOL")}, {COL_INVOLUNTARY, N_("   INVOL")},
    };
    document_begin(doc, 0);
    for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
        document_pad(doc, headings[i].column);
        document_add(doc, STYLE_HEADING, "%s", _(headings[i].title));
    }
}

static void add_count(struct document *doc, enum access access, uint64_t count)
{
    if (access_has_value(access))
        document_add(doc, STYLE_NORMAL, "%8llu", (unsigned long long)count);
    else
        document_add(doc, STYLE_UNKNOWN, "%8s", "?");
}

static void add_policy(struct document *doc, const struct task *task)
{
    const char *policy = policy_name(task->policy);
    if (policy && task->rt_priority > 0)
        document_add(doc, STYLE_WARNING, "%s %d", policy, (int)task->rt_priority);
    else if (policy)
        document_add(doc, STYLE_NORMAL, "%s", policy);
    else
        document_add(doc, STYLE_NORMAL, "%d", (int)task->policy);
}

static void add_syscall(struct document *doc, const struct syscall_record *record)
{
    if (!access_has_value(record->access) || record->place != SYSCALL_INSIDE)
        return;
    const char *name = syscall_record_name(record);
    if (name)
        document_add(doc, STYLE_STRONG, "%s ", name);
    else
        document_add(doc, STYLE_STRONG, _("call %lld "), (long long)record->number);
}

/* The system call, which the program knows of, and the kernel's function, which it does not. */
static void add_wait(struct document *doc, const struct task *task)
{
    add_syscall(doc, &task->syscall);
    if (access_has_value(task->wchan_access))
        document_add_text(doc, STYLE_NORMAL, task->wchan, strlen(task->wchan));
    else if (task->wchan_access != ACCESS_EMPTY && task->wchan_access != ACCESS_UNREAD)
        document_add(doc, STYLE_UNKNOWN, _("wchan: %s"), access_sentence(task->wchan_access));
}

static enum style tid_style(const struct task *task, const struct task_list *previous)
{
    return previous && !task_list_find(previous, task->tid) ? STYLE_NEW : STYLE_STRONG;
}

static enum style state_style(const struct task *task, const struct task_list *previous)
{
    const struct task *before = previous ? task_list_find(previous, task->tid) : NULL;
    return before && before->state != task->state ? STYLE_CHANGED : style_of_state(task->state);
}

/* Of one processor, since the refresh before. */
static void add_cpu(struct document *doc, const struct task *task, const struct task_list *list,
                    const struct task_list *previous)
{
    const struct task *before = previous ? task_list_find(previous, task->tid) : NULL;
    bool is_same = before && before->start_ticks == task->start_ticks && previous->read_ns > 0 &&
                   list->read_ns > previous->read_ns;
    uint64_t then = is_same ? before->utime_ticks + before->stime_ticks : 0;
    uint64_t now = task->utime_ticks + task->stime_ticks;
    if (!is_same || now < then) {
        document_add(doc, STYLE_UNKNOWN, "%5s", "n/a");
        return;
    }
    double seconds = clock_seconds(list->read_ns - previous->read_ns);
    double percent = 100.0 * (double)(now - then) / (double)list->ticks_per_second / seconds;
    document_add(doc, percent >= 50 ? STYLE_STRONG : STYLE_NORMAL, "%5.1f",
                 percent < 100 ? percent : 100.0);
}

static void add_task(struct document *doc, const struct task *task, const struct task_list *list,
                     const struct task_list *previous)
{
    char time[COLUMN_TEXT_SIZE];
    format_cpu_time(task->utime_ticks + task->stime_ticks, list->ticks_per_second, time);
    document_begin(doc, 0);
    document_mark(doc, (uint64_t)task->tid);
    document_add(doc, tid_style(task, previous), "%7d", (int)task->tid);
    document_pad(doc, COL_STATE);
    document_add_text(doc, state_style(task, previous), &task->state, 1);
    document_pad(doc, COL_CPU);
    add_cpu(doc, task, list, previous);
    document_pad(doc, COL_TIME);
    document_add(doc, STYLE_NORMAL, "%9s", time);
    document_pad(doc, COL_COMM);
    document_add_text(doc, STYLE_NORMAL, task->comm, strlen(task->comm));
    document_pad(doc, COL_WAIT);
    add_wait(doc, task);
    document_pad(doc, COL_PRIORITY);
    document_add(doc, STYLE_NORMAL, "%4d", (int)task->priority);
    document_pad(doc, COL_NICE);
    document_add(doc, STYLE_NORMAL, "%3d", (int)task->nice);
    document_pad(doc, COL_POLICY);
    add_policy(doc, task);
    document_pad(doc, COL_PROCESSOR);
    document_add(doc, STYLE_NORMAL, "%3d", (int)task->processor);
    document_pad(doc, COL_VOLUNTARY);
    add_count(doc, task->switches_access, task->voluntary_switches);
    document_pad(doc, COL_INVOLUNTARY);
    add_count(doc, task->switches_access, task->involuntary_switches);
}

static bool has_denied_wait(const struct task_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->tasks[i].wchan_access == ACCESS_DENIED)
            return true;
    return false;
}

void threads_tab(struct document *doc, const struct task_list *list,
                 const struct task_list *previous)
{
    if (list->access == ACCESS_TRUNCATED) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING, _("only the first %zu threads are shown"), list->count);
    }
    add_heading(doc);
    for (size_t i = 0; i < list->count; i++)
        add_task(doc, &list->tasks[i], list, previous);
    if (has_denied_wait(list)) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN, _("What they wait in: %s."),
                     access_need_sentence(ACCESS_NEED_PTRACE));
    }
}
