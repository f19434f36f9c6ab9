#include "filter_prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "move.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/snapshot.h"

enum {
    USERS_NAMED = 12,
    SYNCS_TO_TREE = 2 /* one at the key, one once the tree is built again */
};

void open_filter(struct ui *ui)
{
    free(ui->filter_before);
    ui->filter_before = ui->filter_text ? strdup(ui->filter_text) : NULL;
    ui->search_origin = ui->cursor;
    open_prompt(ui, PROMPT_FILTER, ui->filter_text ? ui->filter_text : "");
}

struct intent filter_typed(struct ui *ui, const struct scene *scene)
{
    struct error error = ERROR_INIT;
    const char *text = strbuf_text(&ui->prompt.text);
    if (ui_set_filter(ui, *text ? text : NULL, &error) < 0)
        return NO_INTENT; /* not yet one: Enter says what is wrong with it */
    if (*text)
        ui->seeks_match = SYNCS_TO_TREE;
    else
        ui->seeks_origin = SYNCS_TO_TREE;
    (void)scene;
    return INTENT(.kind = INTENT_REBUILD);
}

void seek_match(struct ui *ui, const struct scene *scene)
{
    if (ui->seeks_origin > 0 && --ui->seeks_origin == 0)
        ui_select(ui, ui->search_origin);
    if (ui->seeks_match == 0 || --ui->seeks_match > 0)
        return;
    for (uint32_t row = 0; row < scene->tree->count; row++)
        if (!scene->tree->rows[row].is_context) {
            move_tree_to(ui, scene, row);
            return;
        }
}

/* ---- the users that it names ---- */

static bool is_user(const struct scene *scene, const char *name)
{
    uid_t uid;
    return snapshot_find_user(scene->snapshot, name, &uid) ||
           name[strspn(name, "0123456789")] == '\0';
}

static void list_users(const struct scene *scene, struct strbuf *out)
{
    const char *names[USERS_NAMED];
    size_t count = snapshot_users(scene->snapshot, names, USERS_NAMED);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
}

static int check_users(const struct ui *ui, const struct scene *scene, struct error *error)
{
    const char *name;
    for (size_t i = 0; (name = filter_user(ui->filter, i)) != NULL; i++) {
        _cleanup_(strbuf_done) struct strbuf users = STRBUF_INIT;
        if (is_user(scene, name))
            continue;
        list_users(scene, &users);
        return error_set(error, -EINVAL, _("no process is of a user '%s'; there are: %s"), name,
                         strbuf_text(&users));
    }
    return 0;
}

/* ---- accepting and leaving ---- */

struct intent accept_filter(struct ui *ui, const struct scene *scene)
{
    struct error error = ERROR_INIT;
    const char *text = strbuf_text(&ui->prompt.text);
    int r = ui_set_filter(ui, *text ? text : NULL, &error);
    if (r == 0)
        r = check_users(ui, scene, &error);
    if (r < 0) {
        ui_notice(ui, scene, SEVERITY_ERROR, "%s", error.message);
        return NO_INTENT;
    }
    ui_pop(ui);
    return INTENT(.kind = INTENT_REBUILD);
}

struct intent leave_filter(struct ui *ui, const struct scene *scene)
{
    (void)scene;
    ui_pop(ui);
    (void)ui_set_filter(ui, ui->filter_before, NULL);
    ui->seeks_match = 0;
    ui->seeks_origin = SYNCS_TO_TREE;
    return INTENT(.kind = INTENT_REBUILD);
}
