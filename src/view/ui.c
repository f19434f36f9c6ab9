#include "reaptop/view/ui.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "ui_private.h"

void ui_init(struct ui *ui)
{
    *ui = (struct ui){
        .rows = 24,
        .cols = 80,
        .settings = {.mouse = true,
                     .delay_ns = NS_PER_SEC,
                     .shows_events = true,
                     .meters = {1, 2, 3, 4, 5, 6}},
        .column = COLUMN_COMMAND,
        .event = EVENT_NEWEST,
    };
}

void signal_dialog_done(struct signal_dialog *dialog)
{
    free(dialog->targets);
    edit_done(&dialog->filter);
    document_done(&dialog->report);
    *dialog = (struct signal_dialog){0};
}

void tune_dialog_done(struct tune_dialog *dialog)
{
    free(dialog->targets);
    *dialog = (struct tune_dialog){0};
}

static void ended_done(struct ended_list *ended)
{
    edit_done(&ended->filter);
    free(ended->rows);
    free(ended->marks);
    *ended = (struct ended_list){0};
}

void ui_done(struct ui *ui)
{
    identity_set_done(&ui->folded);
    identity_set_done(&ui->tagged);
    free(ui->search);
    free(ui->text_search);
    free(ui->filter_text);
    free(ui->filter_before);
    filter_free(ui->filter);
    free(ui->user);
    free(ui->events_user);
    edit_done(&ui->prompt);
    for (int i = 0; i < PROMPT_COUNT; i++)
        edit_history_done(&ui->history[i]);
    signal_dialog_done(&ui->signal_dialog);
    document_done(&ui->text);
    ended_done(&ui->ended);
    tune_dialog_done(&ui->tune);
    strbuf_done(&ui->copied);
    for (size_t i = 0; i < ui->name_count; i++)
        free(ui->names[i]);
    free(ui->names);
    ui_init(ui);
}

void ui_resize(struct ui *ui, int rows, int cols)
{
    ui->rows = rows > 0 ? rows : 0;
    ui->cols = cols > 0 ? cols : 0;
}

bool ui_shows_threads(const struct ui *ui)
{
    return ui->settings.shows_threads || (ui->lab_is_shown && ui->lab_has_threads);
}

void ui_tree_options(const struct ui *ui, struct tree_options *ret_options)
{
    *ret_options = (struct tree_options){
        .shape = ui->settings.shape,
        .sort = ui->settings.sort,
        .is_inverted = ui->settings.is_inverted,
        .shows_threads = ui_shows_threads(ui),
        .shows_kernel = ui->settings.shows_kernel,
        .filter = ui->filter,
        .folded = &ui->folded,
    };
}

/* ---- small questions ---- */

enum {
    PID_MAX_SHOWN = 4194303 /* proc(5) pid_max */
};

pid_t scene_pid_max(const struct scene *scene)
{
    const struct snapshot *snapshot = scene->snapshot;
    pid_t last = snapshot->count > 0 ? snapshot->processes[snapshot->count - 1].id.pid : 1;
    return pid_host(last) > 0 ? PID_MAX_SHOWN : last; /* of several machines: any */
}

const struct process *row_process(const struct scene *scene, uint32_t row)
{
    if (row >= scene->tree->count)
        return NULL;
    return &scene->snapshot->processes[scene->tree->rows[row].process];
}

const char *ui_search_text(const struct ui *ui)
{
    const struct modal *modal = ui_modal(ui);
    if (modal && modal->kind == MODAL_PROMPT && modal->prompt == PROMPT_SEARCH &&
        ui->prompt.text.length > 0 && !ui->search_is_of_text)
        return strbuf_text(&ui->prompt.text);
    return ui->search;
}

bool ui_wants_argv(const struct ui *ui)
{
    return ui_search_text(ui) || filter_reads_argv(ui->filter) || ui->settings.sort == FIELD_ARGV;
}

enum {
    EVENTS_SCREEN_ROWS = 24, /* on a lower screen the tree has the rows */
    LAB_TREE_PERCENT = 30,
    LAB_EVENTS_SCREEN_ROWS = 36 /* on a lower screen the experiment's sights have the rows */
};

bool ui_wants_subtrees(const struct ui *ui)
{
    const struct column_set *set = &ui->settings.columns;
    bool wants = ui->folded.count > 0 || field_is_of_subtree(ui->settings.sort) ||
                 filter_reads_subtrees(ui->filter);
    for (int i = 0; i < set->count; i++)
        wants |= field_is_of_subtree(columns[set->choices[i].column].field);
    return wants;
}

struct layout ui_layout(const struct ui *ui, const struct scene *scene)
{
    struct layout_wishes wishes = {
        .notices = (int)scene->notice_count,
        .meters = meters_rows(&ui->settings, scene, ui->cols),
        .place = ui->settings.linear ? PLACE_OVER : ui->settings.inspector,
        .tree_cols =
            column_set_cols(&ui->settings.columns, scene_pid_max(scene)) + LAYOUT_COMMAND_COLS,
        .beside_percent = ui->settings.beside_percent,
        .below_percent = ui->settings.below_percent,
        .has_inspector = ui->has_inspector,
        .has_lineage = ui->has_lineage && !ui->settings.linear,
        .has_events = ui->settings.shows_events && (ui->rows >= EVENTS_SCREEN_ROWS ||
                                                    ui->focus == REGION_EVENTS || scene->has_notes),
        .has_notes = scene->has_notes,
        .events_focused = ui->focus == REGION_EVENTS,
        .is_linear = ui->settings.linear,
    };
    struct layout layout = layout_compute(ui->rows, ui->cols, &wishes);
    if (!lab_is_visible(ui, scene) || layout.is_split || wishes.place != PLACE_AUTO)
        return layout;
    /* An experiment is read beside what it does: its processes keep some rows. */
    wishes.place = PLACE_BELOW;
    wishes.below_percent = LAB_TREE_PERCENT;
    wishes.has_events =
        wishes.has_events && (ui->rows >= LAB_EVENTS_SCREEN_ROWS || wishes.events_focused);
    return layout_compute(ui->rows, ui->cols, &wishes);
}

size_t tree_columns(const struct ui *ui, const struct scene *scene,
                    struct column_place ret_places[static COLUMN_COUNT])
{
    return column_set_fit(&ui->settings.columns, ui_layout(ui, scene).tree.cols,
                          scene_pid_max(scene), ret_places, NULL);
}

uint32_t ui_sort_parts(const struct ui *ui)
{
    return field_part_bit(ui->settings.sort);
}

uint32_t ui_shown_parts(const struct ui *ui, const struct scene *scene)
{
    struct column_place places[COLUMN_COUNT];
    size_t count = tree_columns(ui, scene, places);
    uint32_t parts = 0;
    for (size_t i = 0; i < count; i++)
        parts |= field_part_bit(columns[places[i].column].field);
    return parts;
}

const struct process *ui_selected(const struct ui *ui, const struct scene *scene)
{
    if (identity_is_nobody(ui->cursor) || scene->tree->count == 0)
        return NULL;
    return snapshot_find_identity(scene->snapshot, ui->cursor);
}

struct identity ui_compared(const struct ui *ui)
{
    for (size_t i = 0; i < ui->tagged.count; i++)
        if (!identity_is_same(ui->tagged.ids[i], ui->cursor))
            return ui->tagged.ids[i];
    return NOBODY;
}

void ui_visible(const struct ui *ui, const struct scene *scene, uint32_t *ret_first,
                uint32_t *ret_count)
{
    struct layout layout = ui_layout(ui, scene);
    uint32_t count = (uint32_t)scene->tree->count;
    uint32_t rows = (uint32_t)(layout.tree.rows > 0 ? layout.tree.rows : 0);
    uint32_t first = ui->top < count ? ui->top : count;
    *ret_first = first;
    *ret_count = count - first < rows ? count - first : rows;
}

bool lab_is_visible(const struct ui *ui, const struct scene *scene)
{
    return ui->lab_is_shown && scene->lab;
}

bool ui_wants_tab(const struct ui *ui, const struct scene *scene, enum tab *ret_tab,
                  struct identity *ret_id)
{
    struct layout layout = ui_layout(ui, scene);
    if (layout.inspector.rows <= 0 || lab_is_visible(ui, scene) || identity_is_nobody(ui->cursor))
        return false;
    *ret_tab = ui->tab;
    *ret_id = ui->cursor;
    return true;
}

const struct document *shown_document(const struct ui *ui, const struct scene *scene)
{
    if (lab_is_visible(ui, scene))
        return scene->lab;
    if (!identity_is_same(scene->inspected, ui->cursor))
        return NULL;
    return scene->panes[ui->tab].document;
}

const struct pane_state *shown_pane(const struct ui *ui)
{
    return ui->lab_is_shown ? &ui->lab : &ui->panes[ui->tab];
}

bool ui_has_signal_dialog(const struct ui *ui)
{
    for (size_t i = 0; i < ui->modal_count; i++)
        if (ui->modals[i].kind == MODAL_SIGNAL)
            return true;
    return false;
}

/* ---- telling ---- */

static void set_message(struct ui *ui, enum severity severity, uint64_t mono_ns, const char *format,
                        va_list arguments) __attribute__((format(printf, 4, 0)));

static void set_message(struct ui *ui, enum severity severity, uint64_t mono_ns, const char *format,
                        va_list arguments)
{
    (void)vsnprintf(ui->message, sizeof(ui->message), format, arguments);
    ui->severity = severity;
    ui->message_ns = mono_ns;
}

void ui_message(struct ui *ui, enum severity severity, uint64_t mono_ns, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_message(ui, severity, mono_ns, format, arguments);
    va_end(arguments);
}

void ui_notice(struct ui *ui, const struct scene *scene, enum severity severity, const char *format,
               ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_message(ui, severity, scene->mono_ns, format, arguments);
    va_end(arguments);
}

enum style severity_style(enum severity severity)
{
    switch (severity) {
    case SEVERITY_GOOD:
        return STYLE_GOOD;
    case SEVERITY_WARNING:
        return STYLE_WARNING;
    case SEVERITY_ERROR:
        return STYLE_ERROR;
    case SEVERITY_INFO:
        break;
    }
    return STYLE_NORMAL;
}

void ui_report(struct ui *ui, enum severity severity, uint64_t mono_ns, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (!ui_has_signal_dialog(ui)) {
        ui_message(ui, severity, mono_ns, "%s", line);
        return;
    }
    document_begin(&ui->signal_dialog.report, 0);
    document_add(&ui->signal_dialog.report, severity_style(severity), "%s", line);
}

void ui_report_clear(struct ui *ui)
{
    document_clear(&ui->signal_dialog.report);
}

void ui_close_signal_dialog(struct ui *ui)
{
    const struct modal *modal = ui_modal(ui);
    if (modal && modal->kind == MODAL_SIGNAL && ui->signal_dialog.phase == SIGNAL_DIALOG_WATCHING)
        ui_pop(ui);
}

void ui_target_held(struct ui *ui, size_t index, uint64_t inode)
{
    if (index < ui->signal_dialog.count)
        ui->signal_dialog.targets[index].id.inode = inode;
}

void ui_target_gone(struct ui *ui, size_t index, const char *reason)
{
    if (index >= ui->signal_dialog.count)
        return;
    struct dialog_target *target = &ui->signal_dialog.targets[index];
    target->verdict = SIGNAL_REFUSED;
    target->state_now = '\0';
    target->reason = reason;
}

void ui_select(struct ui *ui, struct identity id)
{
    ui->cursor = id;
    ui->is_revealing = true;
}

void ui_show_lab(struct ui *ui)
{
    ui->lab_is_shown = true;
    ui->has_inspector = true;
    ui->focus = REGION_INSPECTOR;
    ui->lab = (struct pane_state){0};
    ui->lab_lines = 0;
}

void ui_show_text(struct ui *ui, const char *title, struct document *document)
{
    document_done(&ui->text);
    ui->text = *document;
    *document = DOCUMENT_INIT;
    (void)snprintf(ui->text_title, sizeof(ui->text_title), "%s", title);
    (void)ui_push(ui, MODAL_TEXT);
}

/* ---- filter ---- */

/* Expression and user together; NULL text: nothing is filtered. */
static int join_filter(const char *expression, const char *user, struct strbuf *out)
{
    if (expression && *expression)
        strbuf_printf(out, user ? "(%s)" : "%s", expression);
    if (user)
        strbuf_printf(out, "%suser=%s", out->length > 0 ? " and " : "", user);
    return out->error;
}

static int replace_filter(struct ui *ui, const char *expression, const char *user,
                          struct error *error)
{
    _cleanup_(strbuf_done) struct strbuf joined = STRBUF_INIT;
    _cleanup_free_ char *new_text = expression && *expression ? strdup(expression) : NULL;
    _cleanup_free_ char *new_user = user ? strdup(user) : NULL;
    struct filter *filter = NULL;
    int r = join_filter(expression, user, &joined);
    if (r == 0 && joined.length > 0)
        r = filter_parse(strbuf_text(&joined), &filter, error);
    if (r < 0)
        return r;
    filter_free(ui->filter);
    free(ui->filter_text);
    free(ui->user);
    ui->filter = filter;
    ui->filter_text = take_pointer(new_text);
    ui->user = take_pointer(new_user);
    return 0;
}

int ui_set_filter(struct ui *ui, const char *expression, struct error *error)
{
    /* Alone first: the column that an error names is then the one that was typed. */
    struct filter *alone = NULL;
    int r = expression ? filter_parse(expression, &alone, error) : 0;
    if (r < 0)
        return r;
    filter_free(alone);
    return replace_filter(ui, expression, ui->user, error);
}

int ui_set_user(struct ui *ui, const char *user, struct error *error)
{
    return replace_filter(ui, ui->filter_text, user, error);
}

/* ---- what is not among the rows ---- */

uint32_t nearest_row(const struct scene *scene, const struct process *process)
{
    for (size_t steps = 0; process && steps <= scene->snapshot->count; steps++) {
        uint32_t row = tree_find(scene->tree, scene->snapshot, process->id);
        if (row != ROW_NONE)
            return row;
        pid_t parent = process_is_thread(process) ? process->tgid : process->ppid;
        process = parent > 0 ? snapshot_find(scene->snapshot, parent) : NULL;
    }
    return ROW_NONE;
}

bool report_hidden(struct ui *ui, const struct scene *scene, const struct process *process)
{
    int pid = (int)pid_local(process->id.pid);
    const char *comm = process->comm;
    if (process_is_thread(process) && !ui_shows_threads(ui))
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d %s is hidden: threads are not shown"), pid,
                  comm);
    else if (process->is_kernel && !ui->settings.shows_kernel)
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d %s is hidden: kernel threads are not shown"),
                  pid, comm);
    else if (ui->user && !(process->user && strcmp(process->user, ui->user) == 0))
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d %s is hidden: only processes of %s are shown"),
                  pid, comm, ui->user);
    else if (ui->filter && !filter_passes(ui->filter, process))
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d %s is hidden by the filter %s"), pid, comm,
                  ui->filter_text ? ui->filter_text : "");
    else if (nearest_row(scene, process) == ROW_NONE)
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d %s is not among the processes shown here"),
                  pid, comm);
    else
        return false;
    return true;
}

/* ---- dialogs and lists ---- */

struct modal *ui_push(struct ui *ui, enum modal_kind kind)
{
    if (ui->modal_count == UI_MODALS_MAX)
        return NULL;
    struct modal *modal = &ui->modals[ui->modal_count++];
    *modal = (struct modal){.kind = kind};
    return modal;
}

void ui_pop(struct ui *ui)
{
    if (ui->modal_count > 0)
        ui->modal_count--;
}

const struct modal *ui_modal(const struct ui *ui)
{
    return ui->modal_count > 0 ? &ui->modals[ui->modal_count - 1] : NULL;
}

void open_prompt(struct ui *ui, enum prompt_kind kind, const char *text)
{
    struct modal *modal = ui_push(ui, MODAL_PROMPT);
    if (!modal)
        return;
    modal->prompt = kind;
    edit_set(&ui->prompt, text);
    ui->history[kind].at = ui->history[kind].count;
}

void list_clamp(struct list_state *list, size_t count, size_t rows)
{
    if (list->at >= count)
        list->at = count > 0 ? count - 1 : 0;
    if (list->at < list->top)
        list->top = list->at;
    if (rows > 0 && list->at >= list->top + rows)
        list->top = list->at - rows + 1;
    if (rows > 0 && list->top + rows > count)
        list->top = count > rows ? count - rows : 0;
}

unsigned ui_conditions(const struct ui *ui, const struct scene *scene)
{
    const struct process *process = ui_selected(ui, scene);
    return (scene->replay ? ACTION_NEEDS_REPLAY : 0) |
           (process && ending_of(process).kind == ENDING_ZOMBIE ? ACTION_NEEDS_ZOMBIE : 0);
}

char ui_selected_state(const struct ui *ui, const struct scene *scene)
{
    const struct process *process = ui_selected(ui, scene);
    return process ? process->state : '\0';
}
