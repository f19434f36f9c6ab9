#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "choices.h"
#include "columns_dialog.h"
#include "copy.h"
#include "ended.h"
#include "filter_prompt.h"
#include "modal.h"
#include "modal_place.h"
#include "move.h"
#include "palette.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"
#include "reaptop/model/snapshot.h"
#include "search_text.h"
#include "setup.h"
#include "signal_dialog.h"
#include "tune_dialog.h"

static bool is_key(struct key key, enum key_special name)
{
    return key_is_same(key, KEY_NAMED(name));
}

/* ---- prompts ---- */

static struct intent accept_search(struct ui *ui, const struct scene *scene)
{
    const char *text = strbuf_text(&ui->prompt.text);
    char *copy = *text ? strdup(text) : NULL;
    free(ui->search);
    ui->search = copy;
    ui_pop(ui);
    const struct process *found = ui_selected(ui, scene);
    if (!copy || (found && process_matches(found, copy)))
        ui->is_searching = false;
    return NO_INTENT;
}

static struct intent accept_text(struct ui *ui, enum intent_kind kind)
{
    ui_pop(ui);
    (void)snprintf(ui->intent_text, sizeof(ui->intent_text), "%s", strbuf_text(&ui->prompt.text));
    if (ui->intent_text[strspn(ui->intent_text, " ")] == '\0')
        return NO_INTENT;
    return INTENT(.kind = kind, .text = ui->intent_text);
}

static struct intent accept_prompt(struct ui *ui, const struct scene *scene)
{
    enum prompt_kind kind = ui_modal(ui)->prompt;
    edit_history_add(&ui->history[kind], strbuf_text(&ui->prompt.text));
    switch (kind) {
    case PROMPT_FILTER:
        return accept_filter(ui, scene);
    case PROMPT_COMMAND:
        return accept_text(ui, INTENT_SPAWN);
    case PROMPT_TIME:
        return accept_text(ui, INTENT_TIME);
    case PROMPT_SEARCH:
    case PROMPT_COUNT:
        break;
    }
    if (!ui->search_is_of_text)
        return accept_search(ui, scene);
    search_text_accept(ui);
    return NO_INTENT;
}

static struct intent leave_prompt(struct ui *ui, const struct scene *scene)
{
    if (ui_modal(ui)->prompt == PROMPT_FILTER)
        return leave_filter(ui, scene);
    if (ui_modal(ui)->prompt == PROMPT_SEARCH && ui->search_is_of_text) {
        search_text_leave(ui, scene);
        return NO_INTENT;
    }
    if (ui_modal(ui)->prompt == PROMPT_SEARCH) {
        uint32_t origin = tree_find(scene->tree, scene->snapshot, ui->search_origin);
        if (origin != ROW_NONE)
            move_tree_to(ui, scene, origin);
        ui->is_searching = false;
    }
    ui_pop(ui);
    return NO_INTENT;
}

static bool prompt_history_key(struct ui *ui, struct key key, enum prompt_kind kind)
{
    if (!is_key(key, KEY_IS_UP) && !is_key(key, KEY_IS_DOWN))
        return false;
    (void)edit_history_step(&ui->history[kind], &ui->prompt, is_key(key, KEY_IS_UP) ? -1 : 1);
    return true;
}

static struct intent prompt_key(struct ui *ui, struct key key, const struct scene *scene)
{
    enum prompt_kind kind = ui_modal(ui)->prompt;
    if (is_key(key, KEY_IS_ESCAPE)) {
        return leave_prompt(ui, scene);
    } else if (is_key(key, KEY_IS_ENTER)) {
        return accept_prompt(ui, scene);
    } else if (kind == PROMPT_SEARCH &&
               (key_is_same(key, KEY_FN(3)) || key_is_same(key, KEY_CTRL('N')))) {
        if (ui->search_is_of_text)
            search_text_again(ui, scene, 1);
        else
            search_again(ui, scene, 1);
        ui->search_origin = ui->cursor;
    } else if (prompt_history_key(ui, key, kind) || edit_key(&ui->prompt, key)) {
        if (kind == PROMPT_SEARCH && ui->search_is_of_text)
            search_text_typed(ui, scene);
        else if (kind == PROMPT_SEARCH)
            search_typed(ui, scene);
        if (kind == PROMPT_FILTER)
            return filter_typed(ui, scene);
    }
    return NO_INTENT;
}

/* ---- choices ---- */

static struct intent choose_user(struct ui *ui, const struct scene *scene, size_t at)
{
    struct error error = ERROR_INIT;
    if (ui_set_user(ui, at == 0 ? NULL : ui->names[at - 1], &error) < 0)
        ui_notice(ui, scene, SEVERITY_ERROR, "%s", error.message);
    return INTENT(.kind = INTENT_REBUILD);
}

static void choose_event_user(struct ui *ui, const struct scene *scene, const char *name)
{
    free(ui->events_user);
    ui->events_user = NULL;
    ui->event = EVENT_NEWEST;
    if (name && snapshot_find_user(scene->snapshot, name, &ui->events_uid))
        ui->events_user = strdup(name);
    else if (name)
        ui_notice(ui, scene, SEVERITY_WARNING, _("No process of %s is there any more"), name);
}

static void choose_event_kind(struct ui *ui, size_t at)
{
    ui->event = EVENT_NEWEST;
    ui->events = at < EVENTS_GROUP_COUNT ? (enum event_group)at : EVENTS_ONE_KIND;
    if (ui->events == EVENTS_ONE_KIND)
        ui->event_kind = (enum event_kind)(at - EVENTS_GROUP_COUNT);
}

static struct intent accept_choice(struct ui *ui, const struct scene *scene)
{
    const struct modal *modal = ui_modal(ui);
    enum choice_kind kind = modal->choice;
    size_t at = modal->list.at;
    if (at >= choice_count(ui, scene, kind))
        return NO_INTENT;
    struct choice choice = choice_get(ui, scene, kind, at);
    if (choice.refusal) {
        ui_notice(ui, scene, SEVERITY_WARNING, "%s: %s", choice.name, choice.refusal);
        return NO_INTENT;
    }
    ui_pop(ui);
    switch (kind) {
    case CHOICE_SORT:
        ui->settings.sort = (enum field)at;
        return INTENT(.kind = INTENT_REBUILD);
    case CHOICE_USER:
        return choose_user(ui, scene, at);
    case CHOICE_EVENT_USER:
        choose_event_user(ui, scene, at == 0 ? NULL : ui->names[at - 1]);
        return NO_INTENT;
    case CHOICE_EVENT_KIND:
        choose_event_kind(ui, at);
        return NO_INTENT;
    case CHOICE_CHILD:
        if (at > 0)
            return INTENT(.kind = INTENT_CHILD, .index = at - 1);
        open_prompt(ui, PROMPT_COMMAND, "");
        return NO_INTENT;
    case CHOICE_COPY:
        return copy_accept(ui, scene, at);
    case CHOICE_LAB:
        break;
    }
    return INTENT(.kind = INTENT_LAB, .index = at);
}

struct choices {
    const struct ui *ui;
    const struct scene *scene;
    enum choice_kind kind;
};

/* An entry_matches: by its name, and anywhere in its summary too. */
static bool choice_matches(const void *context, size_t at, const char *typed, bool anywhere)
{
    const struct choices *choices = context;
    struct choice choice = choice_get(choices->ui, choices->scene, choices->kind, at);
    if (choice.is_heading)
        return false;
    if (!anywhere)
        return strncasecmp(choice.name, typed, strlen(typed)) == 0;
    return strcasestr(choice.name, typed) || (choice.summary && strcasestr(choice.summary, typed));
}

/* On to the first below the next heading, or back to the first of this one or the one before. */
static void choice_turn(const struct ui *ui, const struct scene *scene, struct modal *modal,
                        bool is_forward)
{
    size_t count = choice_count(ui, scene, modal->choice), at = modal->list.at;
    if (is_forward) {
        do
            at++;
        while (at < count && !choice_is_heading(ui, scene, modal, at));
    } else {
        if (at > 1 && choice_is_heading(ui, scene, modal, at - 1))
            at -= 2;
        while (at > 0 && !choice_is_heading(ui, scene, modal, at))
            at--;
    }
    if (choice_is_heading(ui, scene, modal, at))
        modal->list.at = at + 1;
}

static struct intent choice_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    size_t rows = modal_list_rows(ui, scene, modal);
    size_t count = choice_count(ui, scene, modal->choice), was = modal->list.at;
    struct choices choices = {ui, scene, modal->choice};
    if (is_key(key, KEY_IS_ESCAPE)) {
        ui_pop(ui);
    } else if (is_key(key, KEY_IS_ENTER)) {
        return accept_choice(ui, scene);
    } else if (is_key(key, KEY_IS_LEFT) || is_key(key, KEY_IS_RIGHT)) {
        choice_turn(ui, scene, modal, is_key(key, KEY_IS_RIGHT));
    } else if (is_key(key, KEY_IS_BACKSPACE)) {
        size_t length = strlen(modal->typed);
        modal->typed[length > 0 ? length - 1 : 0] = '\0';
    } else if (list_key(&modal->list, key, count, rows)) {
        modal->typed[0] = '\0';
    } else if (key.kind == KEY_CHARACTER) {
        list_typed(&modal->list, modal->typed, sizeof(modal->typed), count, key.code,
                   choice_matches, &choices);
    }
    if (ui_modal(ui) == modal)
        choice_settle(ui, scene, modal, modal->list.at >= was ? 1 : -1);
    return NO_INTENT;
}

/* ---- a yes or no ---- */

static struct intent confirm_key(struct ui *ui, struct key key)
{
    enum confirm_kind kind = ui_modal(ui)->confirm;
    bool is_yes = key.kind == KEY_CHARACTER && (key.code == 'y' || key.code == 'Y');
    bool is_quit_again =
        kind == CONFIRM_QUIT && action_of_key(&ui->settings, 0, key) == ACTION_QUIT;
    ui_pop(ui);
    if (!is_yes && !is_quit_again)
        return NO_INTENT;
    if (kind == CONFIRM_LAB_END)
        ui->lab_is_shown = false;
    return INTENT(.kind = kind == CONFIRM_QUIT ? INTENT_QUIT : INTENT_LAB_END);
}

/* ---- texts to read ---- */

/* Moves what is shown by whole lines: `at` stays where the page is. */
static struct intent reading_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    size_t rows = modal_list_rows(ui, scene, modal);
    size_t length = modal_length(ui, scene, modal);
    enum action action = action_of_key(&ui->settings, ui_conditions(ui, scene), key);
    if (action == ACTION_LEAVE || action == ACTION_QUIT || action == ACTION_HELP ||
        action == ACTION_INSPECT) {
        ui->search_is_of_text = false;
        ui_pop(ui);
        return NO_INTENT;
    }
    if (action == ACTION_SEARCH) {
        search_open(ui, scene);
        return NO_INTENT;
    }
    if (action == ACTION_SEARCH_NEXT || action == ACTION_SEARCH_PREVIOUS) {
        search_text_again(ui, scene, action == ACTION_SEARCH_NEXT ? 1 : -1);
        return NO_INTENT;
    }
    if (action == ACTION_DOWN || key_is_same(key, KEY_CHAR(' ')))
        key = KEY_NAMED(action == ACTION_DOWN ? KEY_IS_DOWN : KEY_IS_PAGE_DOWN);
    else if (action == ACTION_UP)
        key = KEY_NAMED(KEY_IS_UP);
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        key = KEY_NAMED(action == ACTION_FIRST ? KEY_IS_HOME : KEY_IS_END);
    struct list_state list = {.at = modal->list.top};
    (void)list_key(&list, key, length > rows ? length - rows + 1 : 1, rows);
    modal->list.at = modal->list.top = list.at;
    return NO_INTENT;
}

/* ---- recently ended processes ---- */

static struct intent ended_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    struct ended_list *ended = &ui->ended;
    ended_sync(ui, scene, modal); /* what was received meanwhile may have let old lives go */
    if (key_is_same(key, KEY_NAMED(KEY_IS_ESCAPE))) {
        ui_pop(ui);
    } else if (key_is_same(key, KEY_NAMED(KEY_IS_ENTER))) {
        if (modal->list.at < ended->count)
            ended_show(ui, scene, ended->rows[modal->list.at]);
    } else if (!list_key(&modal->list, key, ended->count, modal_list_rows(ui, scene, modal)) &&
               edit_key(&ended->filter, key)) {
        modal->list = (struct list_state){0};
        ended_collect(ended, scene->life);
    }
    return NO_INTENT;
}

/* ---- setup ---- */

static struct intent setup_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    size_t setting = modal->list.at;
    enum action action = action_of_key(&ui->settings, ui_conditions(ui, scene), key);
    if (is_key(key, KEY_IS_ESCAPE) || action == ACTION_SETUP || action == ACTION_QUIT) {
        ui_pop(ui);
        return NO_INTENT;
    }
    if (list_key(&modal->list, key, setup_count(), modal_list_rows(ui, scene, modal)))
        return NO_INTENT;
    bool is_pressed = is_key(key, KEY_IS_ENTER) || key_is_same(key, KEY_CHAR(' '));
    if (setup_is_command(setting) && !is_pressed)
        return NO_INTENT;
    if (is_pressed && setup_is_columns(setting)) {
        columns_dialog_open(ui, scene, COLUMN_PID);
        return NO_INTENT;
    }
    if (is_pressed || is_key(key, KEY_IS_RIGHT))
        return setup_change(ui, scene, setting, 1);
    if (is_key(key, KEY_IS_LEFT))
        return setup_change(ui, scene, setting, -1);
    return NO_INTENT;
}

struct intent modal_key(struct ui *ui, struct key key, const struct scene *scene)
{
    switch (ui_modal(ui)->kind) {
    case MODAL_SIGNAL:
        return signal_dialog_key(ui, key, scene);
    case MODAL_PROMPT:
        return prompt_key(ui, key, scene);
    case MODAL_CHOICE:
        return choice_key(ui, key, scene);
    case MODAL_CONFIRM:
        return confirm_key(ui, key);
    case MODAL_SETUP:
        return setup_key(ui, key, scene);
    case MODAL_COLUMNS:
        return columns_dialog_key(ui, key, scene);
    case MODAL_ENDED:
        return ended_key(ui, key, scene);
    case MODAL_TUNE:
        return tune_dialog_key(ui, key, modal_list_rows(ui, scene, ui_modal(ui)));
    case MODAL_PALETTE:
        return palette_key(ui, key, scene, modal_list_rows(ui, scene, ui_modal(ui)));
    case MODAL_HELP:
    case MODAL_TEXT:
        break;
    }
    return reading_key(ui, key, scene);
}
