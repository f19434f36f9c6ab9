#include <stdio.h>
#include <string.h>

#include "canvas.h"
#include "places.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/view/linear.h"

/* ---- headings ---- */

/* The heading has room for the arrow of the order. */
static bool shows_order(const struct ui *ui, const struct column_place *place)
{
    return ui->settings.sort == columns[place->column].field &&
           (int)strlen(columns[place->column].title) < place->cols;
}

static const char *order_arrow(const struct canvas *canvas)
{
    const struct settings *settings = &canvas->ui->settings;
    bool is_descending = fields[settings->sort].is_descending != settings->is_inverted;
    return canvas->scene->ascii ? (is_descending ? "v" : "^") : (is_descending ? "▾" : "▴");
}

static void draw_heading(const struct canvas *canvas, const struct column_place *place)
{
    const struct ui *ui = canvas->ui;
    const struct column_info *column = &columns[place->column];
    struct rect rect = {canvas->layout.headings.row, place->col, 1, place->cols};
    int title_cols = (int)strlen(column->title);
    int shown = title_cols < place->cols ? title_cols : place->cols;
    int col = column->is_left ? place->col : place->col + place->cols - shown;
    (void)grid_puts(canvas->grid, rect.row, col, shown, STYLE_HEADING, column->title);

    if (shows_order(ui, place)) {
        int at = column->is_left ? col + shown : col - 1;
        (void)grid_puts(canvas->grid, rect.row, at, 1, STYLE_STRONG, order_arrow(canvas));
    }
    if (ui->column == place->column && ui->column != COLUMN_COMMAND && ui->focus == REGION_TREE)
        grid_restyle(canvas->grid, rect, STYLE_UNFOCUSED);
}

/* What is being read of the processes for the filter, the order and the columns, and its price. */
static void add_scan(const struct scan *scan, struct strbuf *badges)
{
    if (scan->what)
        strbuf_printf(badges, _("  reading %s: %zu of %zu"), scan->what, scan->known, scan->rows);
    else if (scan->cost_ns >= NS_PER_MS)
        strbuf_printf(badges, _("  reading takes %u ms"), (unsigned)(scan->cost_ns / NS_PER_MS));
    if (scan->denied > 0)
        strbuf_printf(badges, _("  %zu denied"), scan->denied);
}

/* What changes the meaning of the rows stands beside the headings. */
static void draw_badges(const struct canvas *canvas, int after, bool names_order, size_t left_out)
{
    const struct ui *ui = canvas->ui;
    _cleanup_(strbuf_done) struct strbuf badges = STRBUF_INIT;
    if (names_order)
        strbuf_printf(&badges, _("  sort %s%s"), fields[ui->settings.sort].name,
                      order_arrow(canvas));
    if (left_out > 0)
        strbuf_printf(&badges, ngettext("  +%zu column", "  +%zu columns", left_out), left_out);
    if (ui->settings.shape == TREE_FLAT)
        strbuf_printf(&badges, "  %s", _("flat"));
    if (ui->settings.shape == TREE_BY_ORIGINAL_PARENT)
        strbuf_printf(&badges, "  %s", _("by birth"));
    if (ui->tagged.count > 0)
        strbuf_printf(&badges, _("  %zu tagged"), ui->tagged.count);
    if (ui->user)
        strbuf_printf(&badges, _("  user %s"), ui->user);
    if (ui->filter_text)
        strbuf_printf(&badges, _("  filter %s"), ui->filter_text);
    add_scan(&canvas->scene->scan, &badges);
    if (ui->is_following)
        strbuf_printf(&badges, "  %s", _("following"));
    if (ui->is_paused)
        strbuf_printf(&badges, "  %s", _("PAUSED"));
    struct rect row = canvas->layout.headings;
    int cols = (int)text_width(strbuf_text(&badges), badges.length);
    int room = row.col + row.cols - after;
    if (cols > room)
        cols = room;
    if (cols > 0)
        (void)grid_text(canvas->grid, row.row, row.col + row.cols - cols, cols, STYLE_WARNING,
                        strbuf_text(&badges), badges.length);
}

static void draw_headings(const struct canvas *canvas, const struct column_place *places,
                          size_t count, size_t left_out)
{
    struct rect row = canvas->layout.headings;
    bool names_order = true;
    if (canvas->scene->linear) {
        int cols = grid_printf(canvas->grid, row.row, row.col, row.cols, STYLE_HEADING,
                               ngettext("%zu process", "%zu processes", canvas->scene->tree->count),
                               canvas->scene->tree->count);
        draw_badges(canvas, row.col + cols, true, 0);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        draw_heading(canvas, &places[i]);
        names_order &= !shows_order(canvas->ui, &places[i]);
    }
    draw_badges(canvas, places[count - 1].col + 8, names_order, left_out);
}

/* ---- COMMAND ---- */

/* Adds text with what the search found marked in it. */
static void add_searched(const struct ui *ui, struct document *doc, enum style style,
                         const char *text)
{
    const char *needle = ui_search_text(ui);
    const char *found = needle && *needle ? strcasestr(text, needle) : NULL;
    while (found) {
        document_add_text(doc, style, text, (size_t)(found - text));
        document_add_text(doc, STYLE_MATCH, found, strlen(needle));
        text = found + strlen(needle);
        found = strcasestr(text, needle);
    }
    document_add_text(doc, style, text, strlen(text));
}

/*
 * The tree's lines before a name. Of a deep row only the lowest levels are
 * drawn, and how many stand above them is given as a number.
 */
static void add_guides(const struct canvas *canvas, struct document *doc, uint32_t row, int cols)
{
    const struct tree *tree = canvas->scene->tree;
    bool ascii = canvas->scene->ascii;
    uint32_t depth = tree->rows[row].depth, at = row;
    uint32_t levels = guide_levels(depth, cols);
    bool is_last[GUIDES_MOST] = {false};
    for (uint32_t level = levels; level > 0 && at != ROW_NONE; level--) {
        is_last[level - 1] = tree->rows[at].is_last;
        at = tree->rows[at].parent_row;
    }
    if (depth > levels)
        document_add(doc, STYLE_DIM, "%s%u ", ellipsis(canvas->scene), depth - levels);
    for (uint32_t level = 0; level < levels; level++) {
        bool is_own = level + 1 == levels;
        const char *guide =
            is_own ? (ascii ? (is_last[level] ? "`- " : "|- ") : (is_last[level] ? "└─ " : "├─ "))
                   : (is_last[level] ? "   "
                      : ascii        ? "|  "
                                     : "│  ");
        document_add(doc, STYLE_DIM, "%s", guide);
    }
}

/* "812 sh"; the comm is left out where it is unknown. */
static void add_relatives(struct document *doc, enum style style, pid_t pid, const char *comm)
{
    document_add(doc, style, "%d", (int)pid_local(pid));
    if (!*comm)
        return;
    document_add(doc, style, " ");
    document_add_text(doc, style, comm, strlen(comm));
}

static void add_ended(const struct scene *scene, struct document *doc,
                      const struct process *process)
{
    const struct history *life = scene->life ? life_find(scene->life, process->id) : NULL;
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    if (life && life->exit_status != EXIT_UNKNOWN)
        exit_status_describe(life->exit_status, &words);
    document_add(doc, STYLE_DYING, "  %s", _("ended"));
    if (words.length > 0)
        document_add(doc, STYLE_DYING, ": %s", strbuf_text(&words));
}

static void add_adoption(const struct scene *scene, struct document *doc,
                         const struct process *process)
{
    const struct history *life = scene->life ? life_find(scene->life, process->id) : NULL;
    if (!life || life->adopted_from.id.pid == 0)
        return;
    document_add(doc, STYLE_INFERRED, _("  was child of "));
    add_relatives(doc, STYLE_INFERRED, life->adopted_from.id.pid, life->adopted_from.comm);
    document_add(doc, STYLE_INFERRED, _(", adopted by "));
    add_relatives(doc, STYLE_INFERRED, process->ppid,
                  snapshot_comm(scene->snapshot, process->ppid));
}

static void add_fate(const struct scene *scene, struct document *doc, const struct process *process)
{
    if (process->is_ended) {
        add_ended(scene, doc, process);
        return;
    }
    struct ending ending = ending_of(process);
    if (ending.kind == ENDING_FIRST_THREAD && !process_is_thread(process))
        document_add(doc, STYLE_ZOMBIE, _(" <first thread ended, %u live on>"),
                     ending.live_threads);
    else if (process->state == 'Z')
        document_add(doc, STYLE_ZOMBIE, " <defunct>");
    if (ending.kind == ENDING_ZOMBIE && !process_is_thread(process) && ending.waiter > 0) {
        document_add(doc, STYLE_ZOMBIE,
                     ending.is_tracer ? _(", held by its tracer ") : _(", child of "));
        add_relatives(doc, STYLE_ZOMBIE, ending.waiter,
                      snapshot_comm(scene->snapshot, ending.waiter));
    }
    add_adoption(scene, doc, process);
}

/*
 * The arguments behind argv[0] where that says what comm says; else, or where paths are asked
 * for and it has one, the whole line.
 */
static const char *arguments_of(const struct process *process, bool shows_paths)
{
    const char *argv = process->argv;
    size_t first = strcspn(argv, " "), comm = strlen(process->comm);
    const char *slash = memrchr(argv, '/', first);
    size_t base = slash ? (size_t)(slash + 1 - argv) : argv[0] == '-'; /* "-bash": a login shell */
    bool is_same = first - base == comm && memcmp(argv + base, process->comm, comm) == 0;
    if (!is_same || (shows_paths && slash))
        return argv;
    return argv[first] == ' ' ? argv + first + 1 : argv + first;
}

static void add_argv(const struct ui *ui, const struct scene *scene, struct document *doc,
                     const struct process *process, enum style style)
{
    if (access_has_value(process->argv_access) && process->argv) {
        const char *arguments = arguments_of(process, ui->settings.shows_paths);
        if (*arguments)
            document_add(doc, style, arguments == process->argv ? "  " : " ");
        add_searched(ui, doc, style, arguments);
        if (process->argv_access == ACCESS_TRUNCATED)
            document_add(doc, STYLE_UNKNOWN, "%s (%s)", ellipsis(scene), _("truncated"));
        return;
    }
    switch (process->argv_access) {
    case ACCESS_DENIED:
    case ACCESS_BLOCKED:
    case ACCESS_FAILED:
        document_add(doc, STYLE_UNKNOWN, _("  (command line: %s)"),
                     access_word(process->argv_access));
        break;
    default:
        break;
    }
}

/* The command line as the process has it; false: it has none. */
static bool add_plain_command(const struct ui *ui, struct document *doc,
                              const struct process *process, enum style style)
{
    if (!process_command_line(process))
        return false;
    size_t first = strcspn(process->argv, " ");
    const char *slash = memrchr(process->argv, '/', first);
    add_searched(ui, doc, style, slash && !ui->settings.shows_paths ? slash + 1 : process->argv);
    return true;
}

/*
 * "[+12 34.5% 1.2G] ": how many are folded away, and what they and it use together; "[+2 match …"
 * with a filter, so that what it finds is not missed in there.
 */
static void add_folded(struct document *doc, const struct ui *ui, const struct tree_row *row,
                       const struct process *process)
{
    char memory[COLUMN_TEXT_SIZE];
    document_add(doc, STYLE_STRONG, "[+%u", row->descendants);
    if (ui->filter)
        document_add(doc, STYLE_STRONG, _(" match"));
    if (process->subtree_count > 0 && process->subtree_cpu_percent >= 0)
        document_add(doc, STYLE_DIM, " %.1f%%", (double)process->subtree_cpu_percent);
    if (process->subtree_count > 0) {
        format_kib((uint64_t)process->subtree_rss_kib, memory);
        document_add(doc, STYLE_DIM, " %s", memory);
    }
    document_add(doc, STYLE_STRONG, "] ");
}

static void add_command(const struct canvas *canvas, struct document *doc, uint32_t row, int cols,
                        enum style base)
{
    const struct scene *scene = canvas->scene;
    const struct tree_row *tree_row = &scene->tree->rows[row];
    const struct process *process = row_process(scene, row);
    bool is_thread = process_is_thread(process);
    enum style name = base != STYLE_NORMAL ? base : is_thread ? STYLE_NORMAL : STYLE_STRONG;
    enum style arguments = base == STYLE_DYING ? base : STYLE_DIM;

    document_begin(doc, 0);
    add_guides(canvas, doc, row, cols);
    if (tree_row->is_folded)
        add_folded(doc, canvas->ui, tree_row, process);
    else if (tree_row->helpers > 0)
        document_add(doc, STYLE_DIM, "[+%u] ", tree_row->helpers);
    if (canvas->ui->settings.shows_plain_command &&
        add_plain_command(canvas->ui, doc, process, name)) {
        add_fate(scene, doc, process);
        return;
    }
    document_add(doc, name, "%s", process->is_kernel ? "[" : is_thread ? "{" : "");
    add_searched(canvas->ui, doc, name, process->comm);
    document_add(doc, name, "%s", process->is_kernel ? "]" : is_thread ? "}" : "");
    add_fate(scene, doc, process);
    if (!process->is_kernel && !is_thread)
        add_argv(canvas->ui, scene, doc, process, arguments);
}

/*
 * The whole row as a sentence: "tagged, 812 sleep <defunct>, zombie, PPID 700, USER root: sleep 9".
 */
static void add_linear(const struct canvas *canvas, struct document *doc, uint32_t row,
                       enum style base)
{
    const struct scene *scene = canvas->scene;
    const struct column_set *set = &canvas->ui->settings.columns;
    const struct process *process = row_process(scene, row);
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    enum column shown[COLUMN_COUNT];
    for (size_t i = 0; i < set->count; i++)
        shown[i] = (enum column)set->choices[i].column;
    document_begin(doc, 0);
    if (identity_set_has(&canvas->ui->tagged, process->id))
        document_add(doc, STYLE_TAGGED, "%s, ", _("tagged"));
    document_add(doc, base, "%d ", (int)pid_local(process->id.pid));
    if (scene->tree->rows[row].is_folded)
        add_folded(doc, canvas->ui, &scene->tree->rows[row], process);
    add_searched(canvas->ui, doc, base, process->comm);
    add_fate(scene, doc, process);
    linear_describe(process, set->count > 0 ? shown : linear_columns,
                    set->count > 0 ? set->count : linear_column_count, scene->ticks_per_second,
                    &words);
    document_add_text(doc, base, strbuf_text(&words), words.length);
    if (process->is_kernel || process_is_thread(process))
        return;
    bool has_argv = access_has_value(process->argv_access) && process->argv;
    const char *arguments = has_argv ? arguments_of(process, canvas->ui->settings.shows_paths) : "";
    if (*arguments) {
        document_add(doc, base, ": ");
        add_searched(canvas->ui, doc, base, arguments);
    } else if (!has_argv) {
        add_argv(canvas->ui, scene, doc, process, base);
    }
}

/* ---- rows ---- */

enum row_mark {
    MARK_NONE,
    MARK_NEW,
    MARK_CHANGED,
    MARK_ENDED,
};

static bool is_recent(const struct scene *scene, uint64_t then_ns)
{
    return then_ns != 0 && scene->mono_ns >= then_ns &&
           scene->mono_ns - then_ns <= scene->linger_ns;
}

static enum row_mark mark_of(const struct scene *scene, const struct process *process)
{
    if (process->is_ended)
        return MARK_ENDED;
    const struct history *life = scene->life ? life_find(scene->life, process->id) : NULL;
    if (!life)
        return MARK_NONE;
    if (life->was_seen_born && is_recent(scene, life->born_ns))
        return MARK_NEW;
    return is_recent(scene, life->changed_ns) ? MARK_CHANGED : MARK_NONE;
}

static enum style base_style(const struct canvas *canvas, uint32_t row, enum row_mark mark)
{
    const struct process *process = row_process(canvas->scene, row);
    if (mark == MARK_ENDED)
        return STYLE_DYING;
    if (identity_set_has(&canvas->ui->tagged, process->id))
        return STYLE_TAGGED;
    if (mark == MARK_NEW)
        return STYLE_NEW;
    if (canvas->scene->tree->rows[row].is_context || process->is_kernel)
        return STYLE_DIM;
    return STYLE_NORMAL;
}

static void draw_marks(const struct canvas *canvas, struct rect rect, const struct process *process,
                       enum row_mark mark)
{
    static const struct {
        const char *text;
        enum style style;
    } marks[] = {
        [MARK_NONE] = {" ", STYLE_NORMAL},
        [MARK_NEW] = {"+", STYLE_NEW},
        [MARK_CHANGED] = {"~", STYLE_CHANGED},
        [MARK_ENDED] = {"x", STYLE_DYING},
    };
    if (identity_set_has(&canvas->ui->tagged, process->id))
        (void)grid_puts(canvas->grid, rect.row, rect.col, 1, STYLE_TAGGED, "*");
    (void)grid_puts(canvas->grid, rect.row, rect.col + 1, 1, marks[mark].style, marks[mark].text);
}

static void draw_cell(const struct canvas *canvas, int row, const struct column_place *place,
                      const struct process *process, enum style base)
{
    char buffer[COLUMN_TEXT_SIZE];
    enum style style;
    const struct column_clock clock = {canvas->scene->ticks_per_second,
                                       canvas->scene->snapshot->time_ns,
                                       canvas->scene->utc_offset_s};
    const char *text = column_text(place->column, process, &clock, place->cols, buffer, &style);
    if (base != STYLE_NORMAL && place->column != COLUMN_STATE)
        style = base;
    size_t length = strlen(text), width = text_width(text, length);
    int cols = width < (size_t)place->cols ? (int)width : place->cols;
    int col = columns[place->column].is_left ? place->col : place->col + place->cols - cols;
    (void)grid_text(canvas->grid, row, col, cols, style, text, length);
    /* A name cut short says so. */
    if (width > (size_t)place->cols && columns[place->column].is_left && place->cols > 2)
        (void)grid_puts(canvas->grid, row, place->col + place->cols - 1, 1, STYLE_DIM, "+");
}

static void draw_columns(const struct canvas *canvas, struct rect rect, uint32_t row,
                         const struct column_place *places, size_t count, enum row_mark mark)
{
    const struct process *process = row_process(canvas->scene, row);
    enum style base = base_style(canvas, row, mark);
    draw_marks(canvas, rect, process, mark);
    for (size_t i = 0; i + 1 < count; i++)
        draw_cell(canvas, rect.row, &places[i], process, base);
}

static void draw_row(const struct canvas *canvas, struct rect rect, uint32_t row,
                     const struct column_place *places, size_t count, struct document *line)
{
    const struct ui *ui = canvas->ui;
    const struct process *process = row_process(canvas->scene, row);
    enum row_mark mark = mark_of(canvas->scene, process);
    const struct column_place *command = &places[count - 1];
    struct rect text = {rect.row, command->col, 1, command->cols};
    document_clear(line);
    if (canvas->scene->linear) {
        text = rect;
        add_linear(canvas, line, row, base_style(canvas, row, MARK_NONE));
    } else {
        draw_columns(canvas, rect, row, places, count, mark);
        add_command(canvas, line, row, command->cols, base_style(canvas, row, mark));
    }
    document_draw(line, canvas->grid, text, 0, ui->left, -1);

    if (!identity_is_same(process->id, ui->cursor))
        return;
    grid_restyle(canvas->grid, rect, ui->focus == REGION_TREE ? STYLE_SELECTED : STYLE_UNFOCUSED);
    if (ui->focus != REGION_TREE)
        return;
    canvas->grid->cursor_row = rect.row;
    canvas->grid->cursor_col = rect.col;
    for (size_t i = 0; i < count && !canvas->scene->linear; i++)
        if (places[i].column == ui->column && ui->column != COLUMN_COMMAND)
            canvas->grid->cursor_col = places[i].col;
}

static void draw_nothing(const struct canvas *canvas)
{
    struct rect rect = canvas->layout.tree;
    const char *why = canvas->ui->filter
                          ? _("No process matches the filter: \\ changes it, Esc removes it")
                          : _("No process to show");
    (void)grid_puts(canvas->grid, rect.row, rect.col + COLUMN_MARKS_COLS,
                    rect.cols - COLUMN_MARKS_COLS, STYLE_DIM, why);
}

/* The first of the rows shown, so that the selected process stands in their middle. */
static uint32_t lineage_top(const struct canvas *canvas, const struct tree *tree, uint32_t rows)
{
    uint32_t at = tree_find(tree, canvas->scene->snapshot, canvas->ui->cursor);
    uint32_t count = (uint32_t)tree->count;
    uint32_t last = count > rows ? count - rows : 0;
    uint32_t top = at == ROW_NONE || at < rows / 2 ? 0 : at - rows / 2;
    return top < last ? top : last;
}

/* The same processes by birth, beside the tree. */
static void draw_lineage(const struct canvas *canvas)
{
    struct rect rect = canvas->layout.lineage, headings = canvas->layout.lineage_headings;
    struct scene scene = *canvas->scene;
    if (rect.rows <= 0 || !scene.lineage)
        return;
    scene.tree = scene.lineage;
    const struct canvas beside = {canvas->ui, &scene, canvas->grid, canvas->layout};
    int pid_cols = column_width(COLUMN_PID, scene_pid_max(&scene));
    int command = rect.col + COLUMN_MARKS_COLS + pid_cols + 1;
    const struct column_place places[] = {
        {COLUMN_PID, rect.col + COLUMN_MARKS_COLS, pid_cols},
        {COLUMN_COMMAND, command, rect.col + rect.cols - command},
    };
    grid_restyle(canvas->grid, headings, STYLE_HEADING);
    (void)grid_puts(canvas->grid, headings.row, command, headings.col + headings.cols - command,
                    STYLE_HEADING, _("BY BIRTH"));

    _cleanup_(document_done) struct document line = DOCUMENT_INIT;
    uint32_t top = lineage_top(canvas, scene.tree, (uint32_t)rect.rows);
    for (int i = 0; i < rect.rows && top + (uint32_t)i < scene.tree->count; i++) {
        struct rect row = {rect.row + i, rect.col, 1, rect.cols};
        draw_row(&beside, row, top + (uint32_t)i, places, ELEMENTS(places), &line);
    }
}

void draw_tree(const struct canvas *canvas)
{
    struct rect rect = canvas->layout.tree;
    if (rect.rows <= 0)
        return;
    draw_lineage(canvas); /* first: the cursor belongs into the tree */
    struct column_place places[COLUMN_COUNT];
    size_t left_out;
    size_t count = column_set_fit(&canvas->ui->settings.columns, rect.cols,
                                  scene_pid_max(canvas->scene), places, &left_out);
    grid_restyle(canvas->grid, canvas->layout.headings, STYLE_HEADING);
    draw_headings(canvas, places, count, left_out);

    _cleanup_(document_done) struct document line = DOCUMENT_INIT;
    uint32_t first, shown;
    ui_visible(canvas->ui, canvas->scene, &first, &shown);
    for (uint32_t i = 0; i < shown; i++) {
        struct rect row = {rect.row + (int)i, rect.col, 1, rect.cols};
        draw_row(canvas, row, first + i, places, count, &line);
    }
    if (canvas->scene->tree->count == 0)
        draw_nothing(canvas);
}
