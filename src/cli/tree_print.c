#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/process_json.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/view/linear.h"
#include "tree_lister.h"

/* The lines that join a row to its parent, the farthest ancestor first. */
static void add_guides(const struct lister *lister, const struct tree_row *row, struct strbuf *out)
{
    static const char *const drawn[2][2][2] = {
        {{"│  ", "   "}, {"├─ ", "└─ "}},
        {{"|  ", "   "}, {"|- ", "`- "}},
    };
    const struct tree_row *rows = lister->tree.rows;
    size_t start = out->length;
    for (bool is_own = true; row->parent_row != ROW_NONE;
         row = &rows[row->parent_row], is_own = false) {
        /* From the row upward, so each piece goes in front. */
        const char *piece = drawn[lister->ascii][is_own][row->is_last];
        size_t length = strlen(piece), tail = out->length - start;
        strbuf_puts(out, piece);
        if (out->error < 0)
            return;
        memmove(out->data + start + length, out->data + start, tail);
        memcpy(out->data + start, piece, length);
    }
}

static void add_cell(const struct lister *lister, size_t index, const char *text,
                     struct strbuf *out)
{
    bool is_left = columns[lister->shown[index]].is_left;
    size_t width = text_width(text, strlen(text)), room = (size_t)lister->widths[index];
    size_t blanks = width < room ? room - width : 0;
    if (!is_left)
        strbuf_repeat(out, ' ', blanks);
    text_append_visible(out, text, strlen(text), SIZE_MAX);
    if (is_left)
        strbuf_repeat(out, ' ', blanks);
    strbuf_putc(out, ' ');
}

/* In `text`, or the process's own. */
static const char *format_cell(const struct lister *lister, enum column column,
                               const struct process *process, char text[static COLUMN_TEXT_SIZE])
{
    enum style style;
    const struct recording_header *header = feed_header(lister->feed);
    const struct column_clock clock = {header->ticks_per_second,
                                       feed_snapshot(lister->feed)->time_ns, header->utc_offset_s};
    int cols = field_part(columns[column].field) == EXTRA_NONE ? 1 : COLUMN_TEXT_SIZE;
    return column_text(column, process, &clock, cols, text, &style);
}

/* As wide as its widest value, so that no value runs into the next. */
static void measure_columns(struct lister *lister)
{
    const struct snapshot *snapshot = feed_snapshot(lister->feed);
    for (size_t c = 0; c < lister->shown_count; c++) {
        const struct column_info *info = &columns[lister->shown[c]];
        int width = info->width, title = (int)strlen(info->title);
        if (title > width)
            width = title;
        for (size_t i = 0; i < lister->tree.count; i++) {
            char buffer[COLUMN_TEXT_SIZE];
            const char *text =
                format_cell(lister, lister->shown[c],
                            &snapshot->processes[lister->tree.rows[i].process], buffer);
            int cols = (int)text_width(text, strlen(text));
            width = cols > width ? cols : width;
        }
        lister->widths[c] = width;
    }
}

static void add_ending(const struct ending *ending, struct strbuf *out)
{
    strbuf_puts(out, ending->kind == ENDING_ZOMBIE ? " <defunct> (" : " (");
    ending_describe(ending, out);
    strbuf_putc(out, ')');
}

static void add_command(const struct process *process, struct strbuf *out)
{
    const char *comm = process->comm ? process->comm : "?";
    struct ending ending = ending_of(process);
    const char *command_line = process_command_line(process);
    if (command_line) {
        text_append_visible(out, command_line, strlen(command_line), SIZE_MAX);
        if (ending.kind != ENDING_NONE)
            add_ending(&ending, out);
        return;
    }
    strbuf_puts(out, process->is_kernel ? "[" : "");
    text_append_visible(out, comm, strlen(comm), SIZE_MAX);
    strbuf_puts(out, process->is_kernel ? "]" : "");
    if (ending.kind != ENDING_NONE)
        add_ending(&ending, out);
    else if (process->argv_access == ACCESS_BLOCKED)
        strbuf_puts(out, _(" (its command line blocks)"));
}

/* Appends the line, cut at the terminal's width. */
static void add_line(const struct lister *lister, const struct strbuf *line, struct strbuf *out)
{
    text_append_visible(out, strbuf_text(line), line->length, lister->cut);
    strbuf_putc(out, '\n');
}

int tree_print_text(struct lister *lister)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT, line = STRBUF_INIT;
    char text[COLUMN_TEXT_SIZE];
    measure_columns(lister);
    for (size_t c = 0; c < lister->shown_count; c++)
        add_cell(lister, c, columns[lister->shown[c]].title, &line);
    strbuf_puts(&line, columns[COLUMN_COMMAND].title);
    add_line(lister, &line, &out);
    for (size_t i = 0; i < lister->tree.count; i++) {
        const struct tree_row *row = &lister->tree.rows[i];
        const struct process *process = &feed_snapshot(lister->feed)->processes[row->process];
        strbuf_clear(&line);
        for (size_t c = 0; c < lister->shown_count; c++) {
            add_cell(lister, c, format_cell(lister, lister->shown[c], process, text), &line);
        }
        add_guides(lister, row, &line);
        add_command(process, &line);
        add_line(lister, &line, &out);
    }
    return output_text(&out);
}

int tree_print_linear(struct lister *lister)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    bool chosen = lister->options->own[TREE_COLUMNS] != NULL;
    int r = linear_list_add(&lister->linear, feed_snapshot(lister->feed), &lister->tree,
                            chosen ? lister->shown : linear_columns,
                            chosen ? lister->shown_count : linear_column_count,
                            sysconf(_SC_CLK_TCK), &out);
    return r < 0 ? command_fail(EXIT_FAULT, "tree: %s", strerror(-r)) : output_text(&out);
}

/* Context rows belong to the drawing alone: JSON has what was asked for. */
int tree_print_json(const struct lister *lister)
{
    const struct snapshot *snapshot = feed_snapshot(lister->feed);
    _cleanup_free_ bool *is_shown = calloc(snapshot->count + 1, sizeof(*is_shown));
    bool asked[FIELD_COUNT] = {false};
    if (!is_shown)
        return command_fail(EXIT_FAULT, "tree: %s", strerror(ENOMEM));
    for (size_t i = 0; i < lister->tree.count; i++)
        is_shown[lister->tree.rows[i].process] = !lister->tree.rows[i].is_context;
    for (size_t i = 0; lister->options->own[TREE_COLUMNS] && i < lister->shown_count; i++)
        asked[columns[lister->shown[i]].field] = true;
    return json_output(
        processes_json(snapshot, is_shown, feed_header(lister->feed)->ticks_per_second, asked));
}
