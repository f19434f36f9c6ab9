#include <string.h>

#include "act.h"
#include "move.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"

enum {
    SIDEWAYS_COLS = 8
};

static size_t step_within(size_t at, int64_t step, size_t count)
{
    if (count == 0)
        return 0;
    if (step < 0)
        return (uint64_t)-step > at ? 0 : at - (size_t)-step;
    return (uint64_t)step >= count - at ? count - 1 : at + (size_t)step;
}

bool list_key(struct list_state *list, struct key key, size_t count, size_t rows)
{
    int64_t page = rows > 1 ? (int64_t)rows - 1 : 1;
    if (key.kind != KEY_SPECIAL)
        return false;
    switch (key.code) {
    case KEY_IS_UP:
        list->at = step_within(list->at, -1, count);
        break;
    case KEY_IS_DOWN:
        list->at = step_within(list->at, 1, count);
        break;
    case KEY_IS_PAGE_UP:
        list->at = step_within(list->at, -page, count);
        break;
    case KEY_IS_PAGE_DOWN:
        list->at = step_within(list->at, page, count);
        break;
    case KEY_IS_HOME:
        list->at = 0;
        break;
    case KEY_IS_END:
        list->at = count > 0 ? count - 1 : 0;
        break;
    default:
        return false;
    }
    list_clamp(list, count, rows);
    return true;
}

static bool find_entry(struct list_state *list, size_t from, size_t count, const char *typed,
                       bool anywhere, entry_matches matches, const void *context)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = (from + i) % count;
        if (matches(context, at, typed, anywhere)) {
            list->at = at;
            return true;
        }
    }
    return false;
}

void list_typed(struct list_state *list, char *typed, size_t size, size_t count, uint32_t letter,
                entry_matches matches, const void *context)
{
    size_t length = strlen(typed);
    if (letter < ' ' || letter > '~' || size < 2)
        return;
    if (length > 0 && length + 1 < size) {
        typed[length] = (char)letter;
        typed[length + 1] = '\0';
        if (find_entry(list, list->at, count, typed, false, matches, context) ||
            find_entry(list, list->at, count, typed, true, matches, context))
            return;
    }
    typed[0] = (char)letter;
    typed[1] = '\0';
    (void)find_entry(list, list->at + 1, count, typed, false, matches, context);
}

/* ---- the tree ---- */

void move_tree_to(struct ui *ui, const struct scene *scene, uint32_t row)
{
    const struct process *process = row_process(scene, row);
    if (!process)
        return;
    ui->row = row;
    ui->cursor = process->id;
    ui->is_following = false;
}

void move_tree(struct ui *ui, const struct scene *scene, int64_t rows)
{
    if (scene->tree->count > 0)
        move_tree_to(ui, scene, (uint32_t)step_within(ui->row, rows, scene->tree->count));
}

/* The cell to the left or right; at COMMAND the line itself moves. */
static void move_sideways(struct ui *ui, const struct scene *scene, int step)
{
    struct column_place places[COLUMN_COUNT];
    size_t count = tree_columns(ui, scene, places), at = 0;
    if (ui->column == COLUMN_COMMAND && step > 0) {
        ui->left += SIDEWAYS_COLS;
        return;
    }
    if (ui->column == COLUMN_COMMAND && ui->left > 0) {
        ui->left = ui->left > SIDEWAYS_COLS ? ui->left - SIDEWAYS_COLS : 0;
        return;
    }
    while (at + 1 < count && places[at].column != ui->column)
        at++;
    ui->column = places[step_within(at, step, count)].column;
}

static void move_in_tree(struct ui *ui, const struct scene *scene, enum action action)
{
    int rows = ui_layout(ui, scene).tree.rows;
    int64_t page = rows > 1 ? rows - 1 : 1;
    switch (action) {
    case ACTION_UP:
        move_tree(ui, scene, -1);
        break;
    case ACTION_DOWN:
        move_tree(ui, scene, 1);
        break;
    case ACTION_PAGE_UP:
        move_tree(ui, scene, -page);
        break;
    case ACTION_PAGE_DOWN:
        move_tree(ui, scene, page);
        break;
    case ACTION_FIRST:
        move_tree(ui, scene, INT64_MIN / 2);
        break;
    case ACTION_LAST:
        move_tree(ui, scene, INT64_MAX / 2);
        break;
    case ACTION_LEFT:
        move_sideways(ui, scene, -1);
        break;
    case ACTION_RIGHT:
        move_sideways(ui, scene, 1);
        break;
    default:
        break;
    }
}

/* ---- the inspector ---- */

void move_pane(struct ui *ui, const struct scene *scene, int64_t lines)
{
    const struct document *doc = shown_document(ui, scene);
    struct pane_state *pane = lab_is_visible(ui, scene) ? &ui->lab : &ui->panes[ui->tab];
    if (!doc || doc->line_count == 0)
        return;
    pane->line = step_within(pane->line < doc->line_count ? pane->line : doc->line_count - 1, lines,
                             doc->line_count);
    pane->mark = doc->lines[pane->line].mark;
}

static void move_in_pane(struct ui *ui, const struct scene *scene, enum action action)
{
    struct pane_state *pane = lab_is_visible(ui, scene) ? &ui->lab : &ui->panes[ui->tab];
    int rows = ui_layout(ui, scene).inspector.rows;
    int64_t page = rows > 1 ? rows - 1 : 1;
    switch (action) {
    case ACTION_UP:
        move_pane(ui, scene, -1);
        break;
    case ACTION_DOWN:
        move_pane(ui, scene, 1);
        break;
    case ACTION_PAGE_UP:
        move_pane(ui, scene, -page);
        break;
    case ACTION_PAGE_DOWN:
        move_pane(ui, scene, page);
        break;
    case ACTION_FIRST:
        move_pane(ui, scene, INT64_MIN / 2);
        break;
    case ACTION_LAST:
        move_pane(ui, scene, INT64_MAX / 2);
        break;
    case ACTION_LEFT:
        pane->left = pane->left > SIDEWAYS_COLS ? pane->left - SIDEWAYS_COLS : 0;
        break;
    case ACTION_RIGHT:
        pane->left += SIDEWAYS_COLS;
        break;
    default:
        break;
    }
}

/* ---- the events ---- */

/* The kept event with that serial; count where there is none. */
static size_t event_index(const struct event_log *log, uint64_t serial)
{
    uint64_t oldest = log->total - log->count;
    return serial >= oldest && serial < log->total ? (size_t)(serial - oldest) : log->count;
}

void move_events(struct ui *ui, const struct scene *scene, int64_t events)
{
    const struct event_log *log = scene->events;
    if (!log || log->count == 0)
        return;
    uint64_t oldest = log->total - log->count;
    size_t at = ui->event == EVENT_NEWEST ? log->count
                : ui->event < oldest      ? 0
                                          : event_index(log, ui->event);
    size_t found = at;
    int64_t left = events < 0 ? -events : events;
    while (left > 0 && (events < 0 ? at > 0 : at < log->count)) {
        at = events < 0 ? at - 1 : at + 1;
        if (at == log->count || ui_shows_event(ui, scene, event_log_get(log, at))) {
            found = at;
            left--;
        }
    }
    ui->event = found >= log->count ? EVENT_NEWEST : oldest + found;
}

static void move_in_events(struct ui *ui, const struct scene *scene, enum action action)
{
    int rows = ui_layout(ui, scene).events.rows;
    int64_t page = rows > 1 ? rows - 1 : 1;
    switch (action) {
    case ACTION_UP:
        move_events(ui, scene, -1);
        break;
    case ACTION_DOWN:
        move_events(ui, scene, 1);
        break;
    case ACTION_PAGE_UP:
        move_events(ui, scene, -page);
        break;
    case ACTION_PAGE_DOWN:
        move_events(ui, scene, page);
        break;
    case ACTION_FIRST:
        move_events(ui, scene, INT64_MIN / 2);
        break;
    case ACTION_LAST:
        ui->event = EVENT_NEWEST;
        break;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        if (ui->events == EVENTS_ONE_KIND)
            ui->events = EVENTS_ALL;
        else
            ui->events = (enum event_group)(
                ((int)ui->events + (action == ACTION_RIGHT ? 1 : EVENTS_GROUP_COUNT - 1)) %
                EVENTS_GROUP_COUNT);
        ui->event = EVENT_NEWEST;
        break;
    default:
        break;
    }
}

ACT_FUNCTION(act_move)
{
    switch (ui->focus) {
    case REGION_INSPECTOR:
        move_in_pane(ui, scene, action);
        break;
    case REGION_EVENTS:
        move_in_events(ui, scene, action);
        break;
    case REGION_TREE:
        move_in_tree(ui, scene, action);
        break;
    }
    return NO_INTENT;
}

enum {
    END_COLS = 48 /* of a long line, shown at its end */
};

static size_t end_of_line(size_t width)
{
    return width > END_COLS ? (width - END_COLS) / SIDEWAYS_COLS * SIDEWAYS_COLS : 0;
}

ACT_FUNCTION(act_line_end)
{
    bool is_start = action == ACTION_LINE_START;
    const struct process *process = ui_selected(ui, scene);
    const struct document *doc = shown_document(ui, scene);
    if (ui->focus == REGION_INSPECTOR && doc) {
        struct pane_state *pane = lab_is_visible(ui, scene) ? &ui->lab : &ui->panes[ui->tab];
        size_t width = 0;
        const struct document_line *line = &doc->lines[pane->line];
        for (size_t i = 0; pane->line < doc->line_count && i < line->span_count; i++)
            width += doc->spans[line->first_span + i].length;
        pane->left = is_start ? 0 : end_of_line(width);
    } else if (ui->focus == REGION_TREE) {
        const char *command_line = process ? process_command_line(process) : NULL;
        ui->column = COLUMN_COMMAND;
        ui->left = is_start || !command_line ? 0 : end_of_line(strlen(command_line));
    }
    return NO_INTENT;
}

/* ---- searching ---- */

bool process_matches(const struct process *process, const char *needle)
{
    const char *command_line = process_command_line(process);
    return strcasestr(process->comm, needle) || (command_line && strcasestr(command_line, needle));
}

/* The next row that matches, from `from` on, round the end; ROW_NONE. */
static uint32_t search_from(const struct scene *scene, const char *needle, uint32_t from)
{
    uint32_t count = (uint32_t)scene->tree->count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = (from + i) % count;
        if (process_matches(row_process(scene, row), needle))
            return row;
    }
    return ROW_NONE;
}

/* Of the rows' kind: what hides it is no setting and no filter. */
static bool may_be_shown(const struct ui *ui, const struct process *process)
{
    return (!process_is_thread(process) || ui_shows_threads(ui)) &&
           (!process->is_kernel || ui->settings.shows_kernel) &&
           (!ui->filter || filter_passes(ui->filter, process));
}

/*
 * The next match in the direction, round the end, folded ones among them: they
 * come behind the row that they are folded into. NULL: there is none.
 */
static const struct process *search_step(const struct ui *ui, const struct scene *scene,
                                         const char *needle, int step, bool *ret_is_round)
{
    const struct process *next = NULL, *first = NULL;
    uint64_t turn = step > 0 ? 0 : UINT64_MAX;
    uint64_t from = ((uint64_t)ui->row << 32) ^ turn, next_at = UINT64_MAX, first_at = UINT64_MAX;
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct process *process = &scene->snapshot->processes[i];
        uint32_t row = process_matches(process, needle) ? nearest_row(scene, process) : ROW_NONE;
        if (row == ROW_NONE || (row_process(scene, row) != process && !may_be_shown(ui, process)))
            continue;
        uint64_t at = (uint64_t)row << 32;
        at = (row_process(scene, row) == process ? at : at | (i + 1)) ^ turn;
        if (at > from && at <= next_at) {
            next = process;
            next_at = at;
        }
        if (at <= first_at) {
            first = process;
            first_at = at;
        }
    }
    *ret_is_round = !next;
    return next ? next : first;
}

/* No row matches, folded away or not: where is one that does? */
static void report_not_found(struct ui *ui, const struct scene *scene, const char *needle)
{
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct process *process = &scene->snapshot->processes[i];
        if (process_matches(process, needle) && report_hidden(ui, scene, process))
            return;
    }
    ui_notice(ui, scene, SEVERITY_WARNING, _("not found: %s"), needle);
}

void search_typed(struct ui *ui, const struct scene *scene)
{
    const struct modal *modal = ui_modal(ui);
    bool is_prompting = modal && modal->kind == MODAL_PROMPT && modal->prompt == PROMPT_SEARCH;
    const char *needle = is_prompting ? strbuf_text(&ui->prompt.text) : ui->search;
    uint32_t origin = tree_find(scene->tree, scene->snapshot, ui->search_origin);
    if (origin == ROW_NONE)
        origin = ui->row;
    uint32_t row = needle && *needle ? search_from(scene, needle, origin) : origin;
    ui->is_searching = scene->lacks_argv && (is_prompting || row == ROW_NONE);
    bool is_round;
    const struct process *folded =
        row == ROW_NONE ? search_step(ui, scene, needle, 1, &is_round) : NULL;
    if (folded) {
        ui_select(ui, folded->id);
        return;
    }
    if (row == ROW_NONE && !scene->lacks_argv)
        report_not_found(ui, scene, needle);
    if (row != ROW_NONE || is_prompting)
        move_tree_to(ui, scene, row == ROW_NONE ? origin : row);
}

void search_again(struct ui *ui, const struct scene *scene, int step)
{
    const char *needle = ui_search_text(ui);
    if (!needle) {
        ui_notice(ui, scene, SEVERITY_INFO, _("no search yet: / searches"));
        return;
    }
    bool is_round;
    const struct process *found = search_step(ui, scene, needle, step, &is_round);
    if (!found) {
        report_not_found(ui, scene, needle);
        return;
    }
    if (is_round)
        ui_notice(ui, scene, SEVERITY_INFO, _("search wrapped: %s"), needle);
    ui->is_following = false;
    ui_select(ui, found->id);
}

void type_pid(struct ui *ui, const struct scene *scene, uint32_t digit)
{
    ui->typed_pid = ui->typed_pid * 10 + (int64_t)(digit - '0');
    if (ui->typed_pid == 0 || ui->typed_pid > INT32_MAX) {
        ui_notice(ui, scene, SEVERITY_INFO, "%s",
                  ui->typed_pid == 0 ? _("Digits find a PID: none begins with 0")
                                     : _("No PID is that large"));
        ui->typed_pid = 0;
        return;
    }
    const struct process *process = snapshot_find(scene->snapshot, (pid_t)ui->typed_pid);
    if (!process) {
        ui_notice(ui, scene, SEVERITY_INFO, _("PID %lld: none so far"), (long long)ui->typed_pid);
        return;
    }
    ui_select(ui, process->id);
    ui->is_following = false;
    ui_notice(ui, scene, SEVERITY_INFO, _("PID %lld"), (long long)ui->typed_pid);
}
