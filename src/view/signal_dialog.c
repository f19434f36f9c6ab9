#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "reaptop/model/target_list.h"
#include "signal_dialog.h"
#include "ui_private.h"

enum {
    SIGNAL_TERM = 15,
    TARGETS_NAMED = 4, /* as many are named one by one; then they are counted */
};

const char *signal_dialog_scope_title(enum signal_scope scope)
{
    static const char *const titles[SCOPE_COUNT] = {
        [SCOPE_ONE] = N_("this process"), [SCOPE_SUBTREE] = N_("its subtree"),
        [SCOPE_GROUP] = N_("its group"),  [SCOPE_SESSION] = N_("its session"),
        [SCOPE_TAGGED] = N_("tagged"),
    };
    return _(titles[scope]);
}

/* ---- targets ---- */

void ui_copy_names(const struct process *process, char comm[static EVENT_COMM_SIZE],
                   char user[static DIALOG_USER_SIZE])
{
    (void)snprintf(comm, EVENT_COMM_SIZE, "%s", process ? process->comm : "?");
    (void)snprintf(user, DIALOG_USER_SIZE, "%s", process && process->user ? process->user : "?");
}

static struct dialog_target target_from(const struct scene *scene, const struct process *process)
{
    struct dialog_target target = {
        .id = process->id, .state = process->state, .state_now = process->state};
    ui_copy_names(process, target.comm, target.user);
    (void)snprintf(target.host, sizeof(target.host), "%s", process->host ? process->host : "");
    target.word = target.word_now = process_state_word(process);
    const struct process *self = snapshot_find(scene->snapshot, scene->self_pid);
    struct signal_asker asker = {.self = scene->self_pid, .parent = self ? self->ppid : 0};
    target.verdict = signal_policy_judge(process, asker, &target.reason);
    return target;
}

static int list_scope(const struct ui *ui, const struct scene *scene, struct target_list *list)
{
    const struct signal_dialog *dialog = &ui->signal_dialog;
    switch (dialog->scope) {
    case SCOPE_TAGGED:
        for (size_t i = 0; i < ui->tagged.count; i++)
            if (target_list_add(list, ui->tagged.ids[i]) < 0)
                return -1;
        return 0;
    case SCOPE_GROUP:
        return (int)target_list_add_sharers(list, scene->snapshot, dialog->pgid, TARGET_GROUP);
    case SCOPE_SESSION:
        return (int)target_list_add_sharers(list, scene->snapshot, dialog->sid, TARGET_SESSION);
    case SCOPE_SUBTREE:
        return (int)target_list_expand(list, scene->snapshot, dialog->origin.id.pid,
                                       TARGET_SUBTREE);
    default:
        return 0;
    }
}

/* The processes of the scope as they are now. */
void signal_dialog_fill(struct ui *ui, const struct scene *scene, enum signal_scope scope)
{
    struct signal_dialog *dialog = &ui->signal_dialog;
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    dialog->scope = scope;
    dialog->count = 0;
    if (list_scope(ui, scene, &list) < 0 ||
        array_reserve(&dialog->targets, &dialog->capacity, list.count + 1) < 0)
        return;
    if (scope == SCOPE_ONE)
        dialog->targets[dialog->count++] = dialog->origin;
    for (size_t i = 0; i < list.count; i++) {
        const struct process *process = snapshot_find_identity(scene->snapshot, list.ids[i]);
        if (process)
            dialog->targets[dialog->count++] = target_from(scene, process);
    }
}

/* The scope has somebody in it. */
bool signal_dialog_has_scope(const struct ui *ui, enum signal_scope scope)
{
    switch (scope) {
    case SCOPE_TAGGED:
        return ui->tagged.count > 0;
    case SCOPE_GROUP:
        return ui->signal_dialog.pgid > 0;
    case SCOPE_SESSION:
        return ui->signal_dialog.sid > 0;
    default:
        return true;
    }
}

size_t signal_dialog_ready_count(const struct signal_dialog *dialog)
{
    size_t count = 0;
    for (size_t i = 0; i < dialog->count; i++)
        if (dialog->targets[i].verdict != SIGNAL_REFUSED)
            count++;
    return count;
}

/* A target keeps its identity: a newcomer under its PID never takes its place. */
static void sync_target(struct dialog_target *target, const struct scene *scene)
{
    const struct process *process = snapshot_find_identity(scene->snapshot, target->id);
    target->state_now = process && !process->is_ended ? process->state : '\0';
    target->word_now = target->state_now ? process_state_word(process) : NULL;
    if (target->state_now == '\0' && target->verdict != SIGNAL_REFUSED) {
        target->verdict = SIGNAL_REFUSED;
        target->reason = _("it has ended");
    }
}

void signal_dialog_sync(struct ui *ui, const struct scene *scene)
{
    if (!ui_has_signal_dialog(ui))
        return;
    sync_target(&ui->signal_dialog.origin, scene);
    for (size_t i = 0; i < ui->signal_dialog.count; i++)
        sync_target(&ui->signal_dialog.targets[i], scene);
}

/* ---- the list of signals ---- */

static bool signal_passes(const struct signal_info *signal, const char *typed)
{
    char number[8];
    if (strncasecmp(typed, "SIG", 3) == 0 && !strcasestr(signal->name, typed))
        typed += 3;
    (void)snprintf(number, sizeof(number), "%d", signal->number);
    return strncmp(number, typed, strlen(typed)) == 0 || strcasestr(signal->name, typed);
}

size_t signal_dialog_list(const struct signal_dialog *dialog,
                          const struct signal_info **ret_signals)
{
    size_t count = 0;
    const char *typed = strbuf_text(&dialog->filter.text);
    for (size_t i = 0; i < signals_count() && count < SIGNAL_MAX; i++)
        if (signal_passes(&signals[i], typed))
            ret_signals[count++] = &signals[i];
    return count;
}

/* After the list or the cursor changed: which signal it is now. */
void signal_dialog_settle(struct signal_dialog *dialog)
{
    const struct signal_info *list[SIGNAL_MAX];
    size_t count = signal_dialog_list(dialog, list);
    if (dialog->list.at >= count)
        dialog->list.at = count > 0 ? count - 1 : 0;
    dialog->signal = count > 0 ? list[dialog->list.at]->number : 0;
}

/* Puts the cursor on that signal, or on the first. An exact match of what was typed wins. */
void signal_dialog_select(struct signal_dialog *dialog, int signal)
{
    const struct signal_info *list[SIGNAL_MAX];
    size_t count = signal_dialog_list(dialog, list);
    int typed =
        dialog->filter.text.length > 0 ? signal_from_text(strbuf_text(&dialog->filter.text)) : -1;
    dialog->list = (struct list_state){0};
    for (size_t i = 0; i < count; i++)
        if (list[i]->number == signal)
            dialog->list.at = i;
    for (size_t i = 0; typed > 0 && i < count; i++)
        if (list[i]->number == typed)
            dialog->list.at = i;
    signal_dialog_settle(dialog);
}

/* ---- opening ---- */

struct intent signal_dialog_open(struct ui *ui, const struct scene *scene)
{
    const struct process *process = ui_selected(ui, scene);
    if (!ui_push(ui, MODAL_SIGNAL))
        return NO_INTENT;
    signal_dialog_done(&ui->signal_dialog);
    ui->signal_dialog.origin = target_from(scene, process);
    ui->signal_dialog.pgid = process->pgid;
    ui->signal_dialog.sid = process->sid;
    signal_dialog_fill(ui, scene, ui->tagged.count > 0 ? SCOPE_TAGGED : SCOPE_ONE);
    signal_dialog_select(&ui->signal_dialog, SIGNAL_TERM);
    return INTENT(.kind = INTENT_HOLD);
}

/* ---- what is said ---- */

static void add_target(struct document *doc, const struct dialog_target *target)
{
    document_begin(doc, 0);
    if (target->host[0] != '\0') {
        document_add_text(doc, STYLE_STRONG, target->host, strlen(target->host));
        document_add(doc, STYLE_STRONG, " ");
    }
    document_add(doc, STYLE_STRONG, "%d ", (int)pid_local(target->id.pid));
    document_add_text(doc, STYLE_STRONG, target->comm, strlen(target->comm));
    document_add(doc, STYLE_NORMAL, "  ");
    document_add_text(doc, STYLE_NORMAL, target->user, strlen(target->user));
    document_add(doc, style_of_state(target->state), "  %c %s", target->state, target->word);
    if (target->state_now != '\0' && target->word_now != target->word)
        document_add(doc, style_of_state(target->state_now), _(", now %c %s"), target->state_now,
                     target->word_now);
    if (target->reason)
        document_add(doc, target->verdict == SIGNAL_ASKS_AGAIN ? STYLE_WARNING : STYLE_ERROR,
                     "  %s", target->reason);
}

void signal_dialog_target_document(const struct ui *ui, const struct scene *scene,
                                   struct document *doc)
{
    const struct signal_dialog *dialog = &ui->signal_dialog;
    size_t ready = signal_dialog_ready_count(dialog);
    if (dialog->scope == SCOPE_ONE) {
        add_target(doc, dialog->count > 0 ? &dialog->targets[0] : &dialog->origin);
        return;
    }
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG,
                 ngettext("%zu process", "%zu processes", (unsigned long)dialog->count),
                 dialog->count);
    /* Those that ended after it was sent did get it: the report says what became of them. */
    if (ready < dialog->count && dialog->phase != SIGNAL_DIALOG_WATCHING)
        document_add(doc, STYLE_WARNING, _(", %zu of them get nothing"), dialog->count - ready);
    document_add(doc, STYLE_DIM, ": ");
    size_t named = dialog->count > TARGETS_NAMED ? TARGETS_NAMED : dialog->count;
    for (size_t i = 0; i < named; i++) {
        const struct dialog_target *target = &dialog->targets[i];
        document_add(doc, STYLE_NORMAL, "%s%d ", i > 0 ? ", " : "", (int)pid_local(target->id.pid));
        document_add_text(doc, STYLE_NORMAL, target->comm, strlen(target->comm));
    }
    if (named < dialog->count)
        document_add(doc, STYLE_DIM, " %s", scene->ascii ? ".." : "…");
}

void signal_dialog_forecast_document(const struct ui *ui, const struct scene *scene,
                                     struct document *doc)
{
    const struct signal_dialog *dialog = &ui->signal_dialog;
    if (dialog->signal == 0 || dialog->count == 0)
        return;
    const struct dialog_target *target = &dialog->targets[0];
    for (size_t i = 0; i < dialog->count && target->verdict == SIGNAL_REFUSED; i++)
        target = &dialog->targets[i];
    if (target->verdict == SIGNAL_REFUSED) {
        document_begin(doc, 0);
        document_add(doc, STYLE_ERROR, _("nothing would be sent: %s"),
                     target->reason ? target->reason : "");
    } else if (scene->forecast) {
        scene->forecast(scene->forecast_data, target->id, dialog->signal, doc);
    }
}
