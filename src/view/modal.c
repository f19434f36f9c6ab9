#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"

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

static bool is_key(struct key key, enum key_special name)
{
    return key_is_same(key, KEY_NAMED(name));
}

/* ---- prompts ---- */

void open_prompt(struct ui *ui, enum prompt_kind kind, const char *text)
{
    struct modal *modal = ui_push(ui, MODAL_PROMPT);
    if (!modal)
        return;
    modal->prompt = kind;
    edit_set(&ui->prompt, text);
    ui->history[kind].at = ui->history[kind].count;
}

const char *prompt_label(enum prompt_kind kind)
{
    static const char *const labels[PROMPT_COUNT] = {
        [PROMPT_SEARCH] = N_("Search: "),
        [PROMPT_FILTER] = N_("Filter: "),
        [PROMPT_COMMAND] = N_("Run: "),
        [PROMPT_TIME] = N_("Go to (14:03, 14:03:07, +30s, -5m): "),
    };
    return _(labels[kind]);
}

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

/* A wrong expression stays to be put right. */
static struct intent accept_filter(struct ui *ui, const struct scene *scene)
{
    struct error error = ERROR_INIT;
    const char *text = strbuf_text(&ui->prompt.text);
    if (ui_set_filter(ui, *text ? text : NULL, &error) < 0) {
        report(ui, scene, SEVERITY_ERROR, "%s", error.message);
        return NO_INTENT;
    }
    ui_pop(ui);
    return INTENT(.kind = INTENT_REBUILD);
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
    return accept_search(ui, scene);
}

static void leave_prompt(struct ui *ui, const struct scene *scene)
{
    if (ui_modal(ui)->prompt == PROMPT_SEARCH) {
        uint32_t origin = tree_find(scene->tree, scene->snapshot, ui->search_origin);
        if (origin != ROW_NONE)
            move_tree_to(ui, scene, origin);
        ui->is_searching = false;
    }
    ui_pop(ui);
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
        leave_prompt(ui, scene);
    } else if (is_key(key, KEY_IS_ENTER)) {
        return accept_prompt(ui, scene);
    } else if (kind == PROMPT_SEARCH &&
               (key_is_same(key, KEY_FN(3)) || key_is_same(key, KEY_CTRL('N')))) {
        search_again(ui, scene, 1);
        ui->search_origin = ui->cursor;
    } else if (prompt_history_key(ui, key, kind) || edit_key(&ui->prompt, key)) {
        if (kind == PROMPT_SEARCH)
            search_typed(ui, scene);
    }
    return NO_INTENT;
}

/* ---- choices ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_users(struct ui *ui, const struct scene *scene)
{
    for (size_t i = 0; i < ui->name_count; i++)
        free(ui->names[i]);
    ui->name_count = 0;
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const char *user = scene->snapshot->processes[i].user;
        bool is_known = !user;
        for (size_t j = 0; j < ui->name_count && !is_known; j++)
            is_known = strcmp(ui->names[j], user) == 0;
        if (is_known || array_reserve(&ui->names, &ui->name_capacity, ui->name_count + 1) < 0)
            continue;
        ui->names[ui->name_count] = strdup(user);
        if (ui->names[ui->name_count])
            ui->name_count++;
    }
    if (ui->name_count > 1)
        qsort(ui->names, ui->name_count, sizeof(*ui->names), compare_names);
}

void open_choice(struct ui *ui, const struct scene *scene, enum choice_kind kind)
{
    struct modal *modal = ui_push(ui, MODAL_CHOICE);
    if (!modal)
        return;
    modal->choice = kind;
    if (kind == CHOICE_SORT)
        modal->list.at = ui->settings.sort;
    if (kind == CHOICE_EVENT_KIND)
        modal->list.at = ui->events == EVENTS_ONE_KIND ? EVENTS_GROUP_COUNT + ui->event_kind
                                                       : (size_t)ui->events;
    if (kind == CHOICE_USER || kind == CHOICE_EVENT_USER)
        collect_users(ui, scene);
    const char *user = kind == CHOICE_USER         ? ui->user
                       : kind == CHOICE_EVENT_USER ? ui->events_user
                                                   : NULL;
    for (size_t i = 0; user && i < ui->name_count; i++)
        if (strcmp(ui->names[i], user) == 0)
            modal->list.at = i + 1;
    choice_settle(ui, scene, modal, 1);
}

const char *choice_title(enum choice_kind kind)
{
    switch (kind) {
    case CHOICE_SORT:
        return _("Sort by");
    case CHOICE_USER:
        return _("Processes of");
    case CHOICE_EVENT_USER:
        return _("Events of processes of");
    case CHOICE_EVENT_KIND:
        return _("Events");
    case CHOICE_CHILD:
        return _("New child");
    case CHOICE_LAB:
        break;
    }
    return _("Experiment");
}

size_t choice_count(const struct ui *ui, const struct scene *scene, enum choice_kind kind)
{
    switch (kind) {
    case CHOICE_SORT:
        return FIELD_COUNT;
    case CHOICE_USER:
    case CHOICE_EVENT_USER:
        return ui->name_count + 1;
    case CHOICE_EVENT_KIND:
        return EVENTS_GROUP_COUNT + EVENT_LOST; /* which is shown in any case */
    case CHOICE_CHILD:
        return scene->child_choice_count + 1;
    case CHOICE_LAB:
        break;
    }
    return scene->experiment_count;
}

struct choice choice_get(const struct ui *ui, const struct scene *scene, enum choice_kind kind,
                         size_t index)
{
    switch (kind) {
    case CHOICE_SORT:
        return (struct choice){.name = fields[index].name, .summary = _(fields[index].summary)};
    case CHOICE_EVENT_KIND:
        return (struct choice){
            .name = index < EVENTS_GROUP_COUNT
                        ? event_group_title((enum event_group)index)
                        : event_kind_name((enum event_kind)(index - EVENTS_GROUP_COUNT))};
    case CHOICE_USER:
    case CHOICE_EVENT_USER:
        return (struct choice){.name = index == 0 ? _("everybody") : ui->names[index - 1]};
    case CHOICE_CHILD:
        if (index == 0)
            return (struct choice){.name = _("command"), .summary = _("a command line to type")};
        return scene->children[index - 1];
    case CHOICE_LAB:
        break;
    }
    return scene->experiments[index];
}

static struct intent choose_user(struct ui *ui, const struct scene *scene, size_t at)
{
    struct error error = ERROR_INIT;
    if (ui_set_user(ui, at == 0 ? NULL : ui->names[at - 1], &error) < 0)
        report(ui, scene, SEVERITY_ERROR, "%s", error.message);
    return INTENT(.kind = INTENT_REBUILD);
}

static void choose_event_user(struct ui *ui, const struct scene *scene, const char *name)
{
    free(ui->events_user);
    ui->events_user = NULL;
    ui->event = EVENT_NEWEST;
    for (size_t i = 0; name && i < scene->snapshot->count; i++) {
        const struct process *process = &scene->snapshot->processes[i];
        if (!process->user || strcmp(process->user, name) != 0)
            continue;
        ui->events_user = strdup(name);
        ui->events_uid = process->uid;
        return;
    }
    if (name)
        report(ui, scene, SEVERITY_WARNING, _("No process of %s is there any more"), name);
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
        report(ui, scene, SEVERITY_WARNING, "%s: %s", choice.name, choice.refusal);
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
    case CHOICE_LAB:
        break;
    }
    return INTENT(.kind = INTENT_LAB, .index = at);
}

/* A letter goes to the next entry that begins with it. */
static void choice_letter(struct ui *ui, const struct scene *scene, struct modal *modal,
                          uint32_t letter)
{
    size_t count = choice_count(ui, scene, modal->choice);
    for (size_t i = 1; i <= count; i++) {
        size_t at = (modal->list.at + i) % count;
        struct choice choice = choice_get(ui, scene, modal->choice, at);
        if (!choice.is_heading && (unsigned char)choice.name[0] == letter) {
            modal->list.at = at;
            return;
        }
    }
}

static bool is_heading(const struct ui *ui, const struct scene *scene, const struct modal *modal,
                       size_t at)
{
    return at < choice_count(ui, scene, modal->choice) &&
           choice_get(ui, scene, modal->choice, at).is_heading;
}

void choice_settle(const struct ui *ui, const struct scene *scene, struct modal *modal, int step)
{
    struct list_state *list = &modal->list;
    size_t count = choice_count(ui, scene, modal->choice);
    struct rect rect = modal_list_rect(ui, scene, modal);
    if (is_heading(ui, scene, modal, list->at))
        list->at =
            list->at == 0 || (step > 0 && list->at + 1 < count) ? list->at + 1 : list->at - 1;
    list_clamp(list, count, (size_t)(rect.rows > 0 ? rect.rows : 1));
    if (list->top == list->at && list->at > 0 && is_heading(ui, scene, modal, list->at - 1))
        list->top--;
}

/* On to the first below the next heading, or back to the first of this one or the one before. */
static void choice_turn(const struct ui *ui, const struct scene *scene, struct modal *modal,
                        bool is_forward)
{
    size_t count = choice_count(ui, scene, modal->choice), at = modal->list.at;
    if (is_forward) {
        do
            at++;
        while (at < count && !is_heading(ui, scene, modal, at));
    } else {
        if (at > 1 && is_heading(ui, scene, modal, at - 1))
            at -= 2;
        while (at > 0 && !is_heading(ui, scene, modal, at))
            at--;
    }
    if (is_heading(ui, scene, modal, at))
        modal->list.at = at + 1;
}

static struct intent choice_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    struct rect rect = modal_list_rect(ui, scene, modal);
    size_t count = choice_count(ui, scene, modal->choice), was = modal->list.at;
    size_t rows = (size_t)(rect.rows > 0 ? rect.rows : 1);
    if (is_key(key, KEY_IS_ESCAPE)) {
        ui_pop(ui);
    } else if (is_key(key, KEY_IS_ENTER)) {
        return accept_choice(ui, scene);
    } else if (is_key(key, KEY_IS_LEFT) || is_key(key, KEY_IS_RIGHT)) {
        choice_turn(ui, scene, modal, is_key(key, KEY_IS_RIGHT));
    } else if (!list_key(&modal->list, key, count, rows) && key.kind == KEY_CHARACTER) {
        choice_letter(ui, scene, modal, key.code);
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
        kind == CONFIRM_QUIT && action_of_key(ui->settings.profile, key) == ACTION_QUIT;
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
    struct rect rect = modal_list_rect(ui, scene, modal);
    size_t rows = (size_t)(rect.rows > 0 ? rect.rows : 1);
    size_t length = modal_length(ui, scene, modal);
    enum action action = action_of_key(ui->settings.profile, key);
    if (action == ACTION_LEAVE || action == ACTION_QUIT || action == ACTION_HELP ||
        action == ACTION_INSPECT) {
        ui_pop(ui);
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

/* ---- setup ---- */

enum setting {
    SETTING_PROFILE,
    SETTING_COLOR,
    SETTING_ASCII,
    SETTING_MOUSE,
    SETTING_DELAY,
    SETTING_SHAPE,
    SETTING_THREADS,
    SETTING_KERNEL,
    SETTING_EVENTS,
    SETTING_SCORE,
    SETTING_SIGNALS,
    SETTING_SUBREAPER,
    SETTING_SAVE,
    SETTING_COUNT
};

static const char *const setting_titles[SETTING_COUNT] = {
    [SETTING_PROFILE] = N_("keys"),
    [SETTING_COLOR] = N_("colours"),
    [SETTING_ASCII] = N_("ASCII only"),
    [SETTING_MOUSE] = N_("mouse"),
    [SETTING_DELAY] = N_("refresh every"),
    [SETTING_SHAPE] = N_("order"),
    [SETTING_THREADS] = N_("threads"),
    [SETTING_KERNEL] = N_("kernel threads"),
    [SETTING_EVENTS] = N_("events"),
    [SETTING_SCORE] = N_("keep the lab's score"),
    [SETTING_SIGNALS] = N_("who signals whom (tracepoints, root)"),
    [SETTING_SUBREAPER] = N_("adopt orphaned descendants (subreaper)"),
    [SETTING_SAVE] = N_("Save these settings"),
};

static const uint64_t delays_ms[] = {100, 200, 500, 1000, 1500, 2000, 3000, 5000, 10000, 60000};

size_t setup_count(void)
{
    return SETTING_COUNT;
}

const char *setup_title(size_t index)
{
    return _(setting_titles[index]);
}

static const char *yes_or_no(bool value)
{
    return value ? _("yes") : _("no");
}

void setup_value(const struct ui *ui, size_t index, struct strbuf *out)
{
    static const char *const colors[COLOR_MODE_COUNT] = {
        N_("what the terminal has"), N_("none"), "8", "16", "256",
    };
    static const char *const shapes[] = {
        N_("tree by parent"),
        N_("tree by original parent"),
        N_("flat list"),
    };
    const struct settings *settings = &ui->settings;
    switch ((enum setting)index) {
    case SETTING_PROFILE:
        strbuf_puts(out, key_profile_name(settings->profile));
        break;
    case SETTING_COLOR:
        strbuf_puts(out, _(colors[settings->color]));
        break;
    case SETTING_ASCII:
        strbuf_puts(out, yes_or_no(settings->ascii));
        break;
    case SETTING_MOUSE:
        strbuf_puts(out, yes_or_no(settings->mouse));
        break;
    case SETTING_DELAY:
        strbuf_printf(out, "%.1f s", (double)settings->delay_ns / 1e9);
        break;
    case SETTING_SHAPE:
        strbuf_puts(out, _(shapes[settings->shape]));
        break;
    case SETTING_THREADS:
        strbuf_puts(out, yes_or_no(settings->shows_threads));
        break;
    case SETTING_KERNEL:
        strbuf_puts(out, yes_or_no(settings->shows_kernel));
        break;
    case SETTING_EVENTS:
        strbuf_puts(out, yes_or_no(settings->shows_events));
        break;
    case SETTING_SCORE:
        strbuf_puts(out, yes_or_no(settings->keeps_score));
        break;
    case SETTING_SIGNALS:
        strbuf_puts(out, yes_or_no(settings->traces_signals));
        break;
    case SETTING_SUBREAPER:
        strbuf_puts(out, yes_or_no(settings->is_subreaper));
        break;
    case SETTING_SAVE:
    case SETTING_COUNT:
        break;
    }
}

static uint64_t step_delay(uint64_t delay_ns, int step)
{
    size_t at = 0;
    while (at + 1 < ELEMENTS(delays_ms) && delays_ms[at] * 1000000 < delay_ns)
        at++;
    if (step > 0 && at + 1 < ELEMENTS(delays_ms))
        at++;
    else if (step < 0 && at > 0)
        at--;
    return delays_ms[at] * 1000000;
}

static int step_round(int value, int step, int count)
{
    return (value + count + step) % count;
}

static struct intent change_setting(struct ui *ui, const struct scene *scene, enum setting setting,
                                    int step)
{
    struct settings *settings = &ui->settings;
    switch (setting) {
    case SETTING_PROFILE:
        settings->profile =
            (enum key_profile)step_round((int)settings->profile, step, PROFILE_COUNT);
        return NO_INTENT;
    case SETTING_COLOR:
        settings->color = (enum color_mode)step_round((int)settings->color, step, COLOR_MODE_COUNT);
        break;
    case SETTING_ASCII:
        settings->ascii = !settings->ascii;
        break;
    case SETTING_MOUSE:
        settings->mouse = !settings->mouse;
        break;
    case SETTING_DELAY:
        settings->delay_ns = step_delay(settings->delay_ns, step);
        break;
    case SETTING_SHAPE:
        settings->shape = (enum tree_shape)step_round((int)settings->shape, step, TREE_FLAT + 1);
        return INTENT(.kind = INTENT_REBUILD);
    case SETTING_THREADS:
        settings->shows_threads = !settings->shows_threads;
        return INTENT(.kind = INTENT_SWEEP);
    case SETTING_KERNEL:
        settings->shows_kernel = !settings->shows_kernel;
        return INTENT(.kind = INTENT_REBUILD);
    case SETTING_EVENTS:
        settings->shows_events = !settings->shows_events;
        return NO_INTENT;
    case SETTING_SCORE:
        settings->keeps_score = !settings->keeps_score;
        break;
    case SETTING_SIGNALS:
        settings->traces_signals = !settings->traces_signals && !scene->replay;
        break;
    case SETTING_SUBREAPER:
        if (scene->is_readonly || scene->replay) {
            report(ui, scene, SEVERITY_WARNING,
                   _("Read-only: nothing can be signalled, started or changed"));
            return NO_INTENT;
        }
        settings->is_subreaper = !settings->is_subreaper;
        break;
    case SETTING_SAVE:
        return INTENT(.kind = INTENT_SAVE);
    case SETTING_COUNT:
        return NO_INTENT;
    }
    return INTENT(.kind = INTENT_SETTINGS);
}

static struct intent setup_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    enum setting setting = (enum setting)modal->list.at;
    struct rect rect = modal_list_rect(ui, scene, modal);
    enum action action = action_of_key(ui->settings.profile, key);
    if (is_key(key, KEY_IS_ESCAPE) || action == ACTION_SETUP || action == ACTION_QUIT) {
        ui_pop(ui);
        return NO_INTENT;
    }
    if (list_key(&modal->list, key, SETTING_COUNT, (size_t)(rect.rows > 0 ? rect.rows : 1)))
        return NO_INTENT;
    bool is_pressed = is_key(key, KEY_IS_ENTER) || key_is_same(key, KEY_CHAR(' '));
    if (setting == SETTING_SAVE && !is_pressed)
        return NO_INTENT;
    if (is_pressed || is_key(key, KEY_IS_RIGHT))
        return change_setting(ui, scene, setting, 1);
    if (is_key(key, KEY_IS_LEFT))
        return change_setting(ui, scene, setting, -1);
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
    case MODAL_ENDED:
        return ended_key(ui, key, scene);
    case MODAL_HELP:
    case MODAL_TEXT:
        break;
    }
    return reading_key(ui, key, scene);
}
