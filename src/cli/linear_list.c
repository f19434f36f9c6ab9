#include "linear_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/view/linear.h"

void linear_list_done(struct linear_list *list)
{
    free(list->seen);
    *list = (struct linear_list){0};
}

/* Running, sleeping and waiting for a disk come and go all the time: only the others are reported.
 */
static char lasting_state(char state)
{
    return strchr("TtZXx", state) ? state : 'S';
}

/* A snapshot is sorted by PID. */
static int compare_rows(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void add_sentence(const struct process *process, const enum column *shown, size_t count,
                         long ticks_per_second, struct strbuf *out)
{
    struct strbuf line = STRBUF_INIT;
    struct ending ending = ending_of(process);
    strbuf_printf(&line, "%d %s", (int)pid_local(process->id.pid), process->comm);
    linear_describe(process, shown, count, ticks_per_second, &line);
    if (ending.kind != ENDING_NONE) {
        strbuf_puts(&line, ", ");
        ending_describe(&ending, &line);
    }
    const char *command_line = process_command_line(process);
    if (command_line)
        strbuf_printf(&line, ": %s", command_line);
    (void)text_append_visible(out, strbuf_text(&line), line.length, SIZE_MAX);
    strbuf_putc(out, '\n');
    strbuf_done(&line);
}

static void add_named(struct strbuf *out, pid_t pid, const char *comm)
{
    strbuf_printf(out, "%d ", (int)pid_local(pid));
    (void)text_append_visible(out, comm, strlen(comm), SIZE_MAX);
}

/* What became of one that was reported before; nothing where nothing did. */
static void add_changes(const struct linear_seen *before, const struct linear_seen *now,
                        struct strbuf *out)
{
    if (strcmp(before->comm, now->comm) != 0) {
        strbuf_puts(out, _("changed: "));
        add_named(out, now->id.pid, before->comm);
        strbuf_puts(out, _(", now "));
        (void)text_append_visible(out, now->comm, strlen(now->comm), SIZE_MAX);
        strbuf_putc(out, '\n');
    }
    bool is_same = lasting_state(before->state) == lasting_state(now->state) &&
                   (now->state != 'Z' || before->word == now->word);
    if (!is_same) {
        strbuf_puts(out, _("changed: "));
        add_named(out, now->id.pid, now->comm);
        strbuf_printf(out, _(", now %s\n"), now->word);
    }
    if (before->ppid != now->ppid) {
        strbuf_puts(out, _("changed: "));
        add_named(out, now->id.pid, now->comm);
        strbuf_printf(out, _(", parent now %d\n"), (int)pid_local(now->ppid));
    }
}

static void add_ended(const struct linear_seen *seen, struct strbuf *out)
{
    strbuf_puts(out, _("ended: "));
    add_named(out, seen->id.pid, seen->comm);
    strbuf_putc(out, '\n');
}

int linear_list_add(struct linear_list *list, const struct snapshot *snapshot,
                    const struct tree *tree, const enum column *shown, size_t shown_count,
                    long ticks_per_second, struct strbuf *out)
{
    struct linear_seen *now = calloc(tree->count + 1, sizeof(*now));
    _cleanup_free_ uint32_t *rows = calloc(tree->count + 1, sizeof(*rows));
    size_t at = 0;
    if (!now || !rows) {
        free(now);
        return -ENOMEM;
    }
    for (size_t i = 0; i < tree->count; i++)
        rows[i] = tree->rows[i].process;
    qsort(rows, tree->count, sizeof(*rows), compare_rows);
    for (size_t i = 0; i < tree->count; i++) {
        const struct process *process = &snapshot->processes[rows[i]];
        now[i] = (struct linear_seen){process->id, process->ppid, process->state,
                                      process_state_word(process), ""};
        (void)snprintf(now[i].comm, sizeof(now[i].comm), "%s", process->comm);
        while (at < list->count && list->seen[at].id.pid < process->id.pid)
            add_ended(&list->seen[at++], out);
        bool is_known = at < list->count && identity_is_same(list->seen[at].id, process->id);
        if (is_known) {
            add_changes(&list->seen[at++], &now[i], out);
            continue;
        }
        if (at < list->count && list->seen[at].id.pid == process->id.pid)
            add_ended(&list->seen[at++], out);
        strbuf_puts(out, list->has_begun ? _("new: ") : "");
        add_sentence(process, shown, shown_count, ticks_per_second, out);
    }
    while (at < list->count)
        add_ended(&list->seen[at++], out);
    free(list->seen);
    *list = (struct linear_list){.seen = now, .count = tree->count, .has_begun = true};
    return 0;
}
