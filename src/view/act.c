#include "act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"
#include "ended.h"
#include "filter_prompt.h"
#include "move.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"
#include "reaptop/model/process.h"
#include "reaptop/model/target_list.h"
#include "search_text.h"
#include "signal_dialog.h"

/* ---- looking ---- */

/* With the focus in it; where it is off, how to have it. */
static void open_inspector(struct ui *ui, const struct scene *scene)
{
    if (ui->settings.inspector == PLACE_OFF) {
        ui_notice(ui, scene, SEVERITY_INFO, _("The inspector is off: V shows it"));
        return;
    }
    ui->has_inspector = true;
    ui->lab_is_shown = false;
    ui->focus = REGION_INSPECTOR;
}

static void go_to_pid(struct ui *ui, const struct scene *scene, pid_t pid)
{
    const struct process *process = snapshot_find(scene->snapshot, pid);
    if (!process) {
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d is not there (any more)"), (int)pid);
        return;
    }
    ui->is_following = false;
    ui_select(ui, process->id);
    ui_notice(ui, scene, SEVERITY_INFO, "%d %s", (int)pid, process->comm);
}

/* Enter on a line of the inspector. */
static struct intent enter_line(struct ui *ui, const struct scene *scene)
{
    if (lab_is_visible(ui, scene) && scene->lab_waits)
        return INTENT(.kind = INTENT_LAB_STEP, .index = SIZE_MAX);
    const struct document *doc = shown_document(ui, scene);
    const struct pane_state *pane = shown_pane(ui);
    if (!doc || pane->line >= doc->line_count)
        return NO_INTENT;
    const struct document_line *line = &doc->lines[pane->line];
    if (line->link > 0)
        go_to_pid(ui, scene, line->link);
    else if (line->mark != 0 && !lab_is_visible(ui, scene))
        return INTENT(.kind = INTENT_LINE, .tab = ui->tab, .mark = line->mark);
    else
        ui_notice(ui, scene, SEVERITY_INFO, _("This line has nothing to open"));
    return NO_INTENT;
}

static void enter_event(struct ui *ui, const struct scene *scene)
{
    const struct event_log *log = scene->events;
    uint64_t oldest = log ? log->total - log->count : 0;
    if (!log || ui->event == EVENT_NEWEST || ui->event < oldest || ui->event >= log->total) {
        ui_notice(ui, scene, SEVERITY_INFO, _("Choose an event first: Up goes back in time"));
        return;
    }
    const struct event *event = event_log_get(log, (size_t)(ui->event - oldest));
    const struct history *life = scene->life ? life_find(scene->life, event->id) : NULL;
    if (life && life->ended_ns != 0)
        ended_show(ui, scene, life);
    else
        go_to_pid(ui, scene, event->id.pid);
}

ACT_FUNCTION(act_inspect)
{
    if (ui->focus == REGION_INSPECTOR)
        return enter_line(ui, scene);
    if (ui->focus == REGION_EVENTS)
        enter_event(ui, scene);
    else
        open_inspector(ui, scene);
    return NO_INTENT;
}

ACT_FUNCTION(act_tab)
{
    int step = action == ACTION_NEXT_TAB ? 1 : -1;
    bool was_shown = ui_layout(ui, scene).inspector.rows > 0 && !lab_is_visible(ui, scene);
    if (was_shown)
        ui->tab = (enum tab)(((int)ui->tab + TAB_COUNT + step) % TAB_COUNT);
    ui->lab_is_shown = false;
    if (ui_layout(ui, scene).inspector.rows <= 0)
        open_inspector(ui, scene);
    return NO_INTENT;
}

ACT_FUNCTION(act_why)
{
    ui->tab = TAB_WHY;
    ui->lab_is_shown = false;
    if (ui_layout(ui, scene).inspector.rows <= 0)
        open_inspector(ui, scene);
    return NO_INTENT;
}

ACT_FUNCTION(act_events)
{
    if (ui->focus == REGION_EVENTS) {
        ui->settings.shows_events = false;
        ui->focus = REGION_TREE;
        return NO_INTENT;
    }
    ui->settings.shows_events = true;
    ui->focus = REGION_EVENTS;
    if (ui_layout(ui, scene).events_title.rows == 0) {
        ui->focus = REGION_TREE;
        ui_notice(ui, scene, SEVERITY_WARNING, _("The screen is too low for the events"));
    }
    return NO_INTENT;
}

ACT_FUNCTION(act_ended)
{
    ended_open(ui, scene);
    return NO_INTENT;
}

ACT_FUNCTION(act_follow)
{
    ui->is_following = !ui->is_following;
    if (ui->is_following)
        ui_notice(ui, scene, SEVERITY_INFO, _("%d is followed until the cursor is moved"),
                  (int)pid_local(ui->cursor.pid));
    return NO_INTENT;
}

ACT_FUNCTION(act_pause)
{
    ui->is_paused = !ui->is_paused;
    if (ui->is_paused)
        ui_notice(ui, scene, SEVERITY_INFO, _("Updates are paused: Z resumes them"));
    return INTENT(.kind = ui->is_paused ? INTENT_NONE : INTENT_SWEEP);
}

ACT_FUNCTION(act_replay)
{
    if (action == ACTION_GO_TO_TIME) {
        open_prompt(ui, PROMPT_TIME, "");
        return NO_INTENT;
    }
    if (action == ACTION_PLAY) {
        ui->is_paused = !ui->is_paused;
        ui_notice(ui, scene, SEVERITY_INFO, "%s",
                  ui->is_paused ? _("Paused: p resumes") : _("Playing"));
    }
    return INTENT(.kind = INTENT_REPLAY, .index = action);
}

/* ---- finding ---- */

ACT_FUNCTION(act_search)
{
    search_open(ui, scene);
    return NO_INTENT;
}

ACT_FUNCTION(act_search_again)
{
    int step = action == ACTION_SEARCH_NEXT ? 1 : -1;
    if (search_is_of_text(ui, scene))
        search_text_again(ui, scene, step);
    else
        search_again(ui, scene, step);
    return NO_INTENT;
}

ACT_FUNCTION(act_filter)
{
    if (ui->focus == REGION_EVENTS)
        open_choice(ui, scene, CHOICE_EVENT_KIND);
    else
        open_filter(ui);
    return NO_INTENT;
}

ACT_FUNCTION(act_user)
{
    open_choice(ui, scene, ui->focus == REGION_EVENTS ? CHOICE_EVENT_USER : CHOICE_USER);
    return NO_INTENT;
}

/* Esc leaves the innermost thing that there is. */
ACT_FUNCTION(act_leave)
{
    if (ui->focus == REGION_INSPECTOR && lab_is_visible(ui, scene)) {
        struct modal *modal = ui_push(ui, MODAL_CONFIRM);
        if (modal)
            modal->confirm = CONFIRM_LAB_END;
    } else if (ui->focus != REGION_TREE) {
        if (ui->focus == REGION_INSPECTOR)
            ui->has_inspector = false;
        ui->focus =
            ui->focus == REGION_EVENTS && ui->has_inspector && !ui_layout(ui, scene).is_split
                ? REGION_INSPECTOR
                : REGION_TREE;
    } else if (ui->is_following) {
        ui->is_following = false;
    } else if (ui->search) {
        free(ui->search);
        ui->search = NULL;
    } else if (ui->filter) {
        (void)ui_set_filter(ui, NULL, NULL);
        (void)ui_set_user(ui, NULL, NULL);
        return INTENT(.kind = INTENT_REBUILD);
    } else {
        ui_notice(ui, scene, SEVERITY_INFO, _("Nothing to close: q quits"));
    }
    return NO_INTENT;
}

/* ---- shaping ---- */

/* By parent, by birth, and both side by side. */
static void turn_origin(struct ui *ui)
{
    bool was_by_birth = ui->settings.shape == TREE_BY_ORIGINAL_PARENT;
    bool was_both = ui->has_lineage;
    ui->has_lineage = was_by_birth;
    ui->settings.shape = was_by_birth || was_both ? TREE_BY_PARENT : TREE_BY_ORIGINAL_PARENT;
}

static void turn_flat(struct ui *ui)
{
    ui->has_lineage = false;
    ui->settings.shape = ui->settings.shape == TREE_FLAT ? TREE_BY_PARENT : TREE_FLAT;
}

ACT_FUNCTION(act_shape)
{
    static const char *const words[] = {
        [TREE_BY_PARENT] = N_("Tree: each process below its parent"),
        [TREE_BY_ORIGINAL_PARENT] = N_("Tree: orphans stay below the parent they were born of"),
        [TREE_FLAT] = N_("Flat list"),
    };
    if (action == ACTION_ORIGIN)
        turn_origin(ui);
    else
        turn_flat(ui);
    ui_notice(ui, scene, SEVERITY_INFO, "%s",
              ui->has_lineage ? _("Two trees: by parent, and beside it by birth")
                              : _(words[ui->settings.shape]));
    return INTENT(.kind = INTENT_REBUILD);
}

ACT_FUNCTION(act_fold)
{
    const struct tree_row *row = ui->row < scene->tree->count ? &scene->tree->rows[ui->row] : NULL;
    if (!row)
        return NO_INTENT;
    if (action == ACTION_UNFOLD && !row->is_folded && row->helpers > 0) {
        ui->settings.shows_helpers = true;
    } else if (action == ACTION_UNFOLD) {
        identity_set_remove(&ui->folded, ui->cursor);
    } else if (action == ACTION_FOLD && row->has_children && !row->is_folded) {
        (void)identity_set_add(&ui->folded, ui->cursor);
    } else if (row->parent_row != ROW_NONE) {
        /* Nothing of its own to fold: the branch that it is in. */
        move_tree_to(ui, scene, row->parent_row);
        (void)identity_set_add(&ui->folded, ui->cursor);
    } else {
        ui_notice(ui, scene, SEVERITY_INFO,
                  action == ACTION_FOLD ? _("No children to fold")
                                        : _("It has no parent in the tree"));
    }
    return INTENT(.kind = INTENT_REBUILD);
}

ACT_FUNCTION(act_fold_all)
{
    if (ui->folded.count > 0) {
        identity_set_clear(&ui->folded);
        return INTENT(.kind = INTENT_REBUILD);
    }
    for (uint32_t i = 0; i < scene->tree->count; i++) {
        const struct tree_row *row = &scene->tree->rows[i];
        if (row->has_children && row->depth > 0)
            (void)identity_set_add(&ui->folded, row_process(scene, i)->id);
    }
    return INTENT(.kind = INTENT_REBUILD);
}

/* The lines of Maps have an order of their own. */
static bool sorts_maps(const struct ui *ui, const struct scene *scene)
{
    return ui->focus == REGION_INSPECTOR && ui->tab == TAB_MAPS && !lab_is_visible(ui, scene);
}

static struct intent step_maps_sort(struct ui *ui, const struct scene *scene, int step)
{
    ui->maps_sort =
        (enum mapping_sort)(((int)ui->maps_sort + MAPPING_SORT_COUNT + step) % MAPPING_SORT_COUNT);
    ui_notice(ui, scene, SEVERITY_INFO, _("Mappings sorted by %s"),
              mapping_sort_name(ui->maps_sort));
    return NO_INTENT;
}

ACT_FUNCTION(act_sort)
{
    if (sorts_maps(ui, scene))
        return step_maps_sort(ui, scene, 1);
    open_choice(ui, scene, CHOICE_SORT);
    return NO_INTENT;
}

ACT_FUNCTION(act_sort_step)
{
    int step = action == ACTION_SORT_RIGHT ? 1 : -1;
    struct column_place places[COLUMN_COUNT];
    size_t count = tree_columns(ui, scene, places), at = 0;
    if (sorts_maps(ui, scene))
        return step_maps_sort(ui, scene, step);
    if (count == 0)
        return NO_INTENT;
    while (at < count && columns[places[at].column].field != ui->settings.sort)
        at++;
    at = at == count ? 0 : (at + count + (size_t)(step > 0 ? 1 : count - 1)) % count;
    ui->settings.sort = columns[places[at].column].field;
    ui_notice(ui, scene, SEVERITY_INFO, _("Sorted by %s"), columns[places[at].column].title);
    return INTENT(.kind = INTENT_REBUILD);
}

ACT_FUNCTION(act_invert)
{
    ui->settings.is_inverted = !ui->settings.is_inverted;
    return INTENT(.kind = INTENT_REBUILD);
}

ACT_FUNCTION(act_threads)
{
    ui->settings.shows_threads = !ui->settings.shows_threads;
    ui_notice(ui, scene, SEVERITY_INFO, "%s",
              ui->settings.shows_threads ? _("Threads are shown") : _("Threads are not shown"));
    return INTENT(.kind = INTENT_SWEEP);
}

ACT_FUNCTION(act_kernel)
{
    ui->settings.shows_kernel = !ui->settings.shows_kernel;
    ui_notice(ui, scene, SEVERITY_INFO, "%s",
              ui->settings.shows_kernel ? _("Kernel threads are shown")
                                        : _("Kernel threads are not shown"));
    return INTENT(.kind = INTENT_REBUILD);
}

/* ---- acting ---- */

ACT_FUNCTION(act_tag)
{
    const struct process *process = ui_selected(ui, scene);
    if (process->is_ended)
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d has ended"), (int)pid_local(process->id.pid));
    else if (identity_set_has(&ui->tagged, ui->cursor))
        identity_set_remove(&ui->tagged, ui->cursor);
    else
        (void)identity_set_add(&ui->tagged, ui->cursor);
    move_tree(ui, scene, 1);
    return NO_INTENT;
}

ACT_FUNCTION(act_tag_subtree)
{
    if (ui->focus == REGION_EVENTS) {
        ui->events_of_relatives = !ui->events_of_relatives;
        ui->event = EVENT_NEWEST;
        return NO_INTENT;
    }
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    size_t count = 0;
    (void)target_list_expand(&list, scene->snapshot, ui->cursor.pid, TARGET_SUBTREE);
    for (size_t i = 0; i < list.count; i++)
        if (identity_set_add(&ui->tagged, list.ids[i]) == 0)
            count++;
    ui_notice(ui, scene, SEVERITY_INFO,
              ngettext("%zu process tagged", "%zu processes tagged", count), count);
    return NO_INTENT;
}

ACT_FUNCTION(act_untag)
{
    ui_notice(ui, scene, SEVERITY_INFO,
              ui->tagged.count > 0 ? _("Untagged") : _("Nothing is tagged"));
    identity_set_clear(&ui->tagged);
    return NO_INTENT;
}

ACT_FUNCTION(act_signal)
{
    return signal_dialog_open(ui, scene);
}

ACT_FUNCTION(act_new_child)
{
    open_choice(ui, scene, CHOICE_CHILD);
    return NO_INTENT;
}

static const struct own_child *find_own_child(const struct scene *scene, pid_t pid)
{
    for (size_t i = 0; i < scene->own_child_count; i++)
        if (scene->own_children[i].pid == pid)
            return &scene->own_children[i];
    return NULL;
}

ACT_FUNCTION(act_reap)
{
    const struct process *process = ui_selected(ui, scene);
    const struct own_child *child = find_own_child(scene, process->id.pid);
    if (child && child->is_zombie)
        return INTENT(.kind = INTENT_REAP, .pid = child->pid);
    if (child) {
        ui_notice(ui, scene, SEVERITY_WARNING, _("%d is alive: nothing to reap yet"),
                  (int)pid_local(child->pid));
        return NO_INTENT;
    }
    const struct process *parent = snapshot_find(scene->snapshot, process->ppid);
    ui_notice(ui, scene, SEVERITY_WARNING,
              _("%d is the child of %d %s: only its parent can reap it"),
              (int)pid_local(process->id.pid), (int)pid_local(process->ppid),
              parent ? parent->comm : "?");
    return NO_INTENT;
}

/* An experiment that is over makes room for the next; another is shown first. */
ACT_FUNCTION(act_lab)
{
    bool is_over = lab_is_visible(ui, scene) && scene->lab_waits && scene->lab_choice_count == 0;
    if (scene->lab && !is_over)
        ui_show_lab(ui);
    else
        open_choice(ui, scene, CHOICE_LAB);
    return NO_INTENT;
}

/* ---- the program ---- */

static const char *const tab_manuals[TAB_COUNT] = {
    [TAB_LIFE] = "proc(5)",        [TAB_WHY] = "proc(5)",        [TAB_MAPS] = "mmap(2)",
    [TAB_PAGES] = "proc(5)",       [TAB_SIGNALS] = "signal(7)",  [TAB_FILES] = "proc(5)",
    [TAB_THREADS] = "pthreads(7)", [TAB_KERNEL] = "syscalls(2)", [TAB_ENVIRONMENT] = "environ(7)",
};

/* A name that may be handed to man(1). */
static bool is_page_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    return *name && *name != '-' && *name != '.' && name[strspn(name, allowed)] == '\0';
}

ACT_FUNCTION(act_manual)
{
    const struct process *process = ui_selected(ui, scene);
    const char *page = "proc(5)";
    if (ui->focus == REGION_INSPECTOR && !lab_is_visible(ui, scene))
        page = tab_manuals[ui->tab];
    else if (ui->focus == REGION_TREE && ui->column != COLUMN_COMMAND)
        page = fields[columns[ui->column].field].manual;
    else if (ui->focus == REGION_TREE && process && !process->is_kernel)
        page = process->comm;
    if (page == (process ? process->comm : NULL) && !is_page_name(page)) {
        ui_notice(ui, scene, SEVERITY_WARNING, _("No manual page can have this name: %s"), page);
        return NO_INTENT;
    }
    (void)snprintf(ui->intent_text, sizeof(ui->intent_text), "%s", page);
    return INTENT(.kind = INTENT_MANUAL, .text = ui->intent_text);
}

ACT_FUNCTION(act_help)
{
    (void)ui_push(ui, MODAL_HELP);
    return NO_INTENT;
}

ACT_FUNCTION(act_setup)
{
    (void)ui_push(ui, MODAL_SETUP);
    return NO_INTENT;
}

ACT_FUNCTION(act_redraw)
{
    return INTENT(.kind = INTENT_REDRAW);
}

ACT_FUNCTION(act_suspend)
{
    return INTENT(.kind = INTENT_SUSPEND);
}

ACT_FUNCTION(act_quit)
{
    struct modal *modal = scene->own_child_count > 0 ? ui_push(ui, MODAL_CONFIRM) : NULL;
    if (!modal)
        return INTENT(.kind = INTENT_QUIT);
    modal->confirm = CONFIRM_QUIT;
    return NO_INTENT;
}
