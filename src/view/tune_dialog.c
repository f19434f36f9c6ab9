#include "tune_dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "move.h"
#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

enum {
    NICE_VALUES = TUNING_NICE_MOST - TUNING_NICE_LEAST + 1,
    IO_BEST_EFFORT_AT = 1, /* behind "none" */
    IO_IDLE_AT = IO_BEST_EFFORT_AT + TUNING_IO_LEVELS,
    IO_REALTIME_AT,
    IO_VALUES = IO_REALTIME_AT + TUNING_IO_LEVELS,
    RT_PRIORITY_MOST = 99
};

static const enum scheduling_policy policies[] = {POLICY_OTHER, POLICY_BATCH, POLICY_IDLE,
                                                  POLICY_RR, POLICY_FIFO};

/* ---- the values ---- */

/* The processor of a line; the first line stands for all. */
static unsigned cpu_at(const struct tune_dialog *dialog, size_t at)
{
    unsigned cpu = 0;
    for (size_t left = at; cpu < TUNING_CPUS_MAX; cpu++)
        if (cpu_mask_has(&dialog->facts.online, cpu) && --left == 0)
            break;
    return cpu;
}

size_t tune_dialog_length(const struct tune_dialog *dialog)
{
    switch (dialog->kind) {
    case TUNING_NICE:
        return NICE_VALUES;
    case TUNING_AFFINITY:
        return cpu_mask_count(&dialog->facts.online) + 1;
    case TUNING_IO:
        return IO_VALUES;
    default:
        return ELEMENTS(policies);
    }
}

struct tuning tune_dialog_wanted(const struct tune_dialog *dialog, size_t at)
{
    struct tuning want = dialog->facts.now;
    bool is_realtime;
    switch (dialog->kind) {
    case TUNING_NICE:
        want.nice = TUNING_NICE_LEAST + (int32_t)at;
        break;
    case TUNING_AFFINITY:
        want.cpus = dialog->cpus;
        break;
    case TUNING_IO:
        want.io_class = at < IO_BEST_EFFORT_AT ? IO_CLASS_NONE
                        : at < IO_IDLE_AT      ? IO_CLASS_BEST_EFFORT
                        : at == IO_IDLE_AT     ? IO_CLASS_IDLE
                                               : IO_CLASS_REALTIME;
        want.io_level = want.io_class == IO_CLASS_BEST_EFFORT ? (int32_t)at - IO_BEST_EFFORT_AT
                        : want.io_class == IO_CLASS_REALTIME  ? (int32_t)at - IO_REALTIME_AT
                                                              : 0;
        break;
    default:
        want.policy = (int32_t)policies[at < ELEMENTS(policies) ? at : 0];
        is_realtime = want.policy == POLICY_RR || want.policy == POLICY_FIFO;
        want.rt_priority = is_realtime ? dialog->rt_priority : 0;
    }
    return want;
}

/* Where the value that it has now stands. */
static size_t at_present(const struct tune_dialog *dialog)
{
    size_t count = tune_dialog_length(dialog);
    for (size_t at = 0; dialog->kind != TUNING_AFFINITY && at < count; at++) {
        struct tuning value = tune_dialog_wanted(dialog, at);
        if (tuning_is_same(dialog->kind, &value, &dialog->facts.now))
            return at;
    }
    return 0;
}

void tune_dialog_describe(const struct tune_dialog *dialog, size_t at, struct strbuf *out)
{
    struct tuning value = tune_dialog_wanted(dialog, at);
    if (dialog->kind != TUNING_AFFINITY)
        tuning_describe(dialog->kind, &value, out);
    else if (at == 0)
        strbuf_puts(out, _("all"));
    else
        strbuf_printf(out, "[%c] CPU %u",
                      cpu_mask_has(&dialog->cpus, cpu_at(dialog, at)) ? 'x' : ' ',
                      cpu_at(dialog, at));
}

/* ---- opening ---- */

static void add_target(struct tune_dialog *dialog, struct identity id)
{
    if (array_reserve(&dialog->targets, &dialog->capacity, dialog->count + 1) == 0)
        dialog->targets[dialog->count++] = id;
}

ACT_FUNCTION(act_tune)
{
    static const enum tuning_kind kinds[ACTION_COUNT] = {
        [ACTION_NICE_LESS] = TUNING_NICE,    [ACTION_NICE_MORE] = TUNING_NICE,
        [ACTION_AFFINITY] = TUNING_AFFINITY, [ACTION_IO_PRIORITY] = TUNING_IO,
        [ACTION_POLICY] = TUNING_POLICY,
    };
    struct tune_dialog *dialog = &ui->tune;
    if (!ui_push(ui, MODAL_TUNE))
        return NO_INTENT;
    tune_dialog_done(dialog);
    dialog->kind = kinds[action];
    dialog->step = action == ACTION_NICE_MORE ? 1 : action == ACTION_NICE_LESS ? -1 : 0;
    dialog->rt_priority = 1;
    if (ui->tagged.count == 0)
        add_target(dialog, ui->cursor);
    for (size_t i = 0; i < ui->tagged.count; i++)
        add_target(dialog, ui->tagged.ids[i]);
    const struct process *first =
        dialog->count > 0 ? snapshot_find_identity(scene->snapshot, dialog->targets[0]) : NULL;
    ui_copy_names(first, dialog->comm, dialog->user);
    return INTENT(.kind = INTENT_TUNE_OPEN);
}

void ui_tune_ready(struct ui *ui, const struct tuning_facts *facts)
{
    struct tune_dialog *dialog = &ui->tune;
    struct modal *modal = ui->modal_count > 0 ? &ui->modals[ui->modal_count - 1] : NULL;
    if (!modal || modal->kind != MODAL_TUNE)
        return;
    dialog->facts = *facts;
    dialog->is_ready = true;
    dialog->cpus = facts->now.cpus;
    if (facts->now.rt_priority > 0)
        dialog->rt_priority = facts->now.rt_priority;
    int64_t at = (int64_t)at_present(dialog) + dialog->step;
    int64_t last = (int64_t)tune_dialog_length(dialog) - 1;
    modal->list.at = (size_t)(at < 0 ? 0 : at > last ? last : at);
}

void ui_tune_close(struct ui *ui)
{
    const struct modal *modal = ui_modal(ui);
    if (modal && modal->kind == MODAL_TUNE)
        ui_pop(ui);
}

/* ---- keys ---- */

static void toggle_cpu(struct tune_dialog *dialog, size_t at)
{
    if (at == 0)
        dialog->cpus = dialog->facts.online;
    else
        cpu_mask_set(&dialog->cpus, cpu_at(dialog, at),
                     !cpu_mask_has(&dialog->cpus, cpu_at(dialog, at)));
}

/* "-5" and "12" choose a nice value. */
static bool type_nice(struct tune_dialog *dialog, struct key key, struct list_state *list)
{
    if (key.kind != KEY_CHARACTER)
        return false;
    if (key.code == '-') {
        dialog->is_negative = true;
        dialog->typed = 0;
        return true;
    }
    if (key.code < '0' || key.code > '9')
        return false;
    int typed = dialog->typed * 10 + (int)(key.code - '0');
    int value = dialog->is_negative ? -typed : typed;
    if (value < TUNING_NICE_LEAST || value > TUNING_NICE_MOST) {
        typed = (int)(key.code - '0');
        value = dialog->is_negative ? -typed : typed;
    }
    dialog->typed = typed;
    list->at = (size_t)(value - TUNING_NICE_LEAST);
    return true;
}

static bool value_key(struct ui *ui, struct key key, struct list_state *list)
{
    struct tune_dialog *dialog = &ui->tune;
    enum action action = action_of_key(&ui->settings, 0, key);
    bool is_right = key_is_same(key, KEY_NAMED(KEY_IS_RIGHT));
    if (dialog->kind == TUNING_NICE) {
        if (type_nice(dialog, key, list))
            return true;
        if (action == ACTION_NICE_MORE && list->at + 1 < NICE_VALUES)
            list->at++;
        if (action == ACTION_NICE_LESS && list->at > 0)
            list->at--;
        return action == ACTION_NICE_MORE || action == ACTION_NICE_LESS;
    }
    if (dialog->kind == TUNING_AFFINITY && key_is_same(key, KEY_CHAR(' '))) {
        toggle_cpu(dialog, list->at);
        return true;
    }
    if (dialog->kind == TUNING_POLICY && (is_right || key_is_same(key, KEY_NAMED(KEY_IS_LEFT)))) {
        int32_t priority = dialog->rt_priority + (is_right ? 1 : -1);
        dialog->rt_priority = priority < 1                  ? 1
                              : priority > RT_PRIORITY_MOST ? RT_PRIORITY_MOST
                                                            : priority;
        return true;
    }
    return false;
}

struct intent tune_dialog_key(struct ui *ui, struct key key, size_t rows)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    struct tune_dialog *dialog = &ui->tune;
    enum action action = action_of_key(&ui->settings, 0, key);
    if (action == ACTION_LEAVE || action == ACTION_QUIT) {
        ui_pop(ui);
        return INTENT(.kind = INTENT_TUNE_CLOSE);
    }
    if (!dialog->is_ready)
        return NO_INTENT;
    if (key_is_same(key, KEY_NAMED(KEY_IS_ENTER))) {
        dialog->want = tune_dialog_wanted(dialog, modal->list.at);
        return INTENT(.kind = INTENT_TUNE);
    }
    if (key_is_same(key, KEY_NAMED(KEY_IS_TAB)) || key_is_same(key, KEY_NAMED(KEY_IS_BACK_TAB)))
        dialog->all_threads = !dialog->all_threads;
    else if (!value_key(ui, key, &modal->list))
        (void)list_key(&modal->list, key, tune_dialog_length(dialog), rows);
    return NO_INTENT;
}
