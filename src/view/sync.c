/*
 * sync: after a new snapshot the cursor finds its process again, and lists,
 * panes and dialogs follow what they show.
 */
#include <string.h>

#include "choices.h"
#include "ended.h"
#include "filter_prompt.h"
#include "modal_place.h"
#include "move.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "signal_dialog.h"

#define MESSAGE_LASTS_NS (8 * NS_PER_SEC)

/* True where a folded ancestor was unfolded. */
static bool unfold_ancestors(struct ui *ui, const struct scene *scene,
                             const struct process *process)
{
    bool has_unfolded = false;
    for (size_t steps = 0; process && steps <= scene->snapshot->count; steps++) {
        if (steps > 0 && identity_set_has(&ui->folded, process->id)) {
            identity_set_remove(&ui->folded, process->id);
            has_unfolded = true;
        }
        pid_t parent = process_is_thread(process) ? process->tgid : process->ppid;
        process = parent > 0 ? snapshot_find(scene->snapshot, parent) : NULL;
    }
    return has_unfolded;
}

/* Sent to a process that was born after the snapshot was begun: the next one may hold it. */
static bool is_awaiting_newborn(const struct ui *ui, const struct scene *scene)
{
    uint64_t tick_ns = NS_PER_SEC / (uint64_t)scene->ticks_per_second;
    uint64_t born_before_ns = (ui->cursor.start_ticks + 1) * tick_ns;
    return ui->is_revealing && born_before_ns > scene->snapshot->mono_ns && !ui_selected(ui, scene);
}

/*
 * The cursor stays on what has ended, whoever stands in its row or bears its
 * number now: a signal is for the process that was chosen or for none.
 */
static void lose_cursor(struct ui *ui, const struct scene *scene)
{
    const struct process *newcomer = snapshot_find(scene->snapshot, ui->cursor.pid);
    int pid = (int)pid_local(ui->cursor.pid);
    if (ui->is_cursor_lost)
        return;
    ui->is_cursor_lost = true;
    if (newcomer && newcomer->id.start_ticks > ui->cursor.start_ticks)
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d has ended; its PID is used again, by %s"), pid,
                  newcomer->comm);
    else if (scene->replay)
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d does not exist at this time"), pid);
    else if (ui->is_following)
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d has ended: no longer followed"), pid);
    else
        ui_notice(ui, scene, SEVERITY_INFO, _("%d has ended"), pid);
    ui->is_following = ui->is_following && scene->replay;
}

/* True: a branch was unfolded, the tree has to be built again. */
static bool settle_cursor(struct ui *ui, const struct scene *scene)
{
    uint32_t count = (uint32_t)scene->tree->count;
    if (is_awaiting_newborn(ui, scene)) {
        if (ui->row >= count)
            ui->row = count > 0 ? count - 1 : 0;
        return false;
    }
    bool is_revealing = ui->is_revealing;
    ui->is_revealing = false;
    if (count == 0) {
        ui->row = ui->top = 0;
        return false;
    }
    uint32_t row =
        identity_is_nobody(ui->cursor) ? 0 : tree_find(scene->tree, scene->snapshot, ui->cursor);
    const struct process *process = row == ROW_NONE ? ui_selected(ui, scene) : NULL;
    if (process && is_revealing && unfold_ancestors(ui, scene, process)) {
        ui->is_revealing = true;
        return true;
    }
    if (process && is_revealing)
        report_hidden(ui, scene, process);
    if (row == ROW_NONE && process)
        row = nearest_row(scene, process);
    if (row == ROW_NONE && !process) {
        lose_cursor(ui, scene);
        ui->row = ui->row < count ? ui->row : count - 1;
        return false;
    }
    ui->is_cursor_lost = false;
    ui->row = row == ROW_NONE ? (ui->row < count ? ui->row : count - 1) : row;
    ui->cursor = row_process(scene, ui->row)->id;
    return false;
}

static void settle_scroll(struct ui *ui, const struct scene *scene)
{
    uint32_t count = (uint32_t)scene->tree->count;
    struct layout layout = ui_layout(ui, scene);
    int shown = layout.tree.rows;
    uint32_t rows = (uint32_t)(shown > 0 ? shown : 1);
    if (shown <= 0)
        return;
    if (ui->is_following)
        ui->top = ui->row > rows / 2 ? ui->row - rows / 2 : 0;
    if (ui->row < ui->top)
        ui->top = ui->row;
    if (ui->row >= ui->top + rows)
        ui->top = ui->row - rows + 1;
    if (ui->top + rows > count)
        ui->top = count > rows ? count - rows : 0;
}

static void forget_dead(struct identity_set *set, const struct snapshot *snapshot)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct process *process = snapshot_find_identity(snapshot, set->ids[i]);
        if (process && !process->is_ended)
            set->ids[kept++] = set->ids[i];
    }
    set->count = kept;
}

/* The line with that mark nearest to where it was; the same line where there is none. */
static size_t find_mark(const struct document *doc, uint64_t mark, size_t line)
{
    for (size_t away = 0; away < doc->line_count; away++) {
        if (line >= away && line - away < doc->line_count && doc->lines[line - away].mark == mark)
            return line - away;
        if (line + away < doc->line_count && doc->lines[line + away].mark == mark)
            return line + away;
    }
    return line;
}

/*
 * A narration is followed as it grows, unless the reader has moved in it: to its
 * end, but not past what the last step has shown. The program below it is for scrolling to.
 */
static void follow_lab(struct ui *ui, const struct scene *scene, const struct document *doc,
                       size_t rows)
{
    size_t end = scene->lab_end > 0 ? scene->lab_end : doc->line_count;
    bool follows = ui->lab.line == ui->lab_followed || ui->lab.line + 1 >= ui->lab_lines;
    ui->lab_lines = doc->line_count;
    if (!follows || doc->line_count == 0)
        return;
    ui->lab.line = end - 1;
    if (scene->lab_anchor > 0 && scene->lab_anchor + rows < end) {
        ui->lab.top = scene->lab_anchor;
        ui->lab.line = scene->lab_anchor + (rows > 0 ? rows - 1 : 0);
    }
    ui->lab_followed = ui->lab.line;
}

static void settle_pane(struct ui *ui, const struct scene *scene)
{
    if (!identity_is_same(ui->inspected, ui->cursor)) {
        memset(ui->panes, 0, sizeof(ui->panes));
        ui->inspected = ui->cursor;
    }
    const struct document *doc = shown_document(ui, scene);
    if (!doc)
        return;
    struct pane_state *pane = lab_is_visible(ui, scene) ? &ui->lab : &ui->panes[ui->tab];
    int rows = ui_layout(ui, scene).inspector.rows;
    if (lab_is_visible(ui, scene))
        follow_lab(ui, scene, doc, (size_t)(rows > 0 ? rows : 0));
    else if (pane->mark != 0)
        pane->line = find_mark(doc, pane->mark, pane->line);
    struct list_state list = {.at = pane->line, .top = pane->top};
    list_clamp(&list, doc->line_count, (size_t)(rows > 0 ? rows : 0));
    pane->line = list.at;
    pane->top = list.top;
}

static void settle_focus(struct ui *ui, const struct scene *scene)
{
    struct layout layout = ui_layout(ui, scene);
    if (!scene->lab)
        ui->lab_is_shown = false;
    if (ui->focus == REGION_EVENTS && layout.events_title.rows == 0)
        ui->focus = REGION_TREE;
    if (ui->focus == REGION_TREE && ui->has_inspector && !layout.is_split)
        ui->focus = REGION_INSPECTOR;
    if (ui->focus == REGION_INSPECTOR && layout.inspector.rows <= 0)
        ui->focus = REGION_TREE;
}

static void settle_modals(struct ui *ui, const struct scene *scene)
{
    for (size_t i = 0; i < ui->modal_count; i++) {
        struct modal *modal = &ui->modals[i];
        if (modal->kind == MODAL_ENDED)
            ended_sync(ui, scene, modal);
        if (modal->kind == MODAL_CHOICE)
            choice_settle(ui, scene, modal, 1);
        struct list_state *list =
            modal->kind == MODAL_SIGNAL ? &ui->signal_dialog.list : &modal->list;
        list_clamp(list, modal_length(ui, scene, modal), modal_list_rows(ui, scene, modal));
    }
}

bool ui_sync(struct ui *ui, const struct scene *scene)
{
    settle_focus(ui, scene);
    if (ui->is_searching)
        search_typed(ui, scene);
    seek_match(ui, scene);
    bool wants_rebuild = settle_cursor(ui, scene);
    settle_scroll(ui, scene);
    settle_pane(ui, scene);
    forget_dead(&ui->tagged, scene->snapshot);
    forget_dead(&ui->folded, scene->snapshot);
    signal_dialog_sync(ui, scene);
    settle_modals(ui, scene);
    if (ui->message_ns != 0 && scene->mono_ns > ui->message_ns + MESSAGE_LASTS_NS)
        ui->message[0] = '\0';
    return wants_rebuild;
}
