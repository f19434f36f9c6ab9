/*
 * action_keys: which key does what, in each profile, with what a person's
 * configuration says instead.
 */
#include <string.h>

#include "reaptop/base/gettext.h"
#include "reaptop/view/actions.h"
#include "ui_private.h"

const char *key_profile_name(enum key_profile profile)
{
    static const char *const names[PROFILE_COUNT] = {
        [PROFILE_DEFAULT] = "default",
        [PROFILE_VIM] = "vim",
        [PROFILE_HTOP] = "htop",
    };
    return names[profile];
}

const char *action_group_title(enum action_group group)
{
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_MOVE] = N_("Move"),       [GROUP_LOOK] = N_("Inspect"),
        [GROUP_FIND] = N_("Find"),       [GROUP_SHAPE] = N_("List"),
        [GROUP_ACT] = N_("Act"),         [GROUP_REPLAY] = N_("Replay"),
        [GROUP_PROGRAM] = N_("Program"),
    };
    return _(titles[group]);
}

enum action action_from_name(const char *name)
{
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
        if (strcmp(actions[action].name, name) == 0)
            return (enum action)action;
    return ACTION_NONE;
}

/* ---- keys ---- */

static const struct key *keys_of(const struct settings *settings, enum action action)
{
    const struct key_override *own = &settings->own_keys[action];
    return own->is_set ? own->keys : actions[action].keys[settings->profile];
}

/*
 * Among the configuration's own keys (is_own), or the profile's: what the key does where these
 * conditions hold; at best an action that needs one of them.
 */
static enum action find_key(const struct settings *settings, bool is_own, unsigned holds,
                            struct key key)
{
    enum action usual = ACTION_NONE, lacking = ACTION_NONE;
    for (int at = ACTION_NONE + 1; at < ACTION_COUNT; at++) {
        enum action action = (enum action)at;
        unsigned needs = actions[action].flags & ACTION_CONDITIONS;
        if (settings->own_keys[action].is_set != is_own)
            continue;
        const struct key *keys = keys_of(settings, action);
        for (int i = 0; i < ACTION_KEYS_MAX && keys[i].kind != KEY_NONE; i++) {
            if (!key_is_same(keys[i], key))
                continue;
            if (needs & holds)
                return action;
            if (needs && !lacking)
                lacking = action;
            if (!needs && !usual)
                usual = action;
        }
    }
    return usual ? usual : lacking;
}

enum action action_of_key(const struct settings *settings, unsigned holds, struct key key)
{
    if (key.kind == KEY_NONE)
        return ACTION_NONE;
    enum action own = find_key(settings, true, holds, key);
    return own ? own : find_key(settings, false, holds, key);
}

size_t action_keys_list(const struct settings *settings, enum action action,
                        struct key ret_keys[static ACTION_KEYS_MAX])
{
    size_t count = 0;
    const struct key *keys = keys_of(settings, action);
    unsigned needs = actions[action].flags & ACTION_CONDITIONS;
    for (int i = 0; i < ACTION_KEYS_MAX && keys[i].kind != KEY_NONE; i++)
        if (action_of_key(settings, needs, keys[i]) == action)
            ret_keys[count++] = keys[i];
    return count;
}

void action_keys(const struct settings *settings, enum action action, struct strbuf *out)
{
    struct key keys[ACTION_KEYS_MAX];
    size_t count = action_keys_list(settings, action, keys);
    for (size_t i = 0; i < count; i++) {
        char name[KEY_NAME_SIZE];
        strbuf_printf(out, "%s%s", i > 0 ? " " : "", key_label(keys[i], name));
    }
}

/* ---- doing it ---- */

/* The same, of what changes something on other machines; a process must be selected too. */
static const char *remote_refusal(const struct scene *scene, enum action action)
{
    if (!scene->has_control)
        return _("Other machines are only looked at: with --control signals can be sent there");
    if (action != ACTION_SIGNAL)
        return _("On other machines only signals can be sent: the rest is done there");
    return NULL;
}

const char *action_refusal(const struct ui *ui, const struct scene *scene, enum action action)
{
    unsigned flags = actions[action].flags;
    const char *refusal = NULL;
    if ((flags & ACTION_CHANGES) && scene->is_remote)
        refusal = remote_refusal(scene, action);
    if (refusal)
        return refusal;
    if ((flags & ACTION_CHANGES) && scene->replay && !scene->is_remote)
        return _("This is a recording: what is in it cannot be changed any more");
    if ((flags & ACTION_CHANGES) && scene->is_readonly)
        return _("Read-only: nothing can be signalled, started or changed");
    if ((flags & ACTION_NEEDS_REPLAY) && !scene->replay)
        return _(
            "This goes through a recording: reaptop record makes one, reaptop replay shows it");
    /* An experiment's first step is there before any of its processes. */
    bool is_of_lab = action == ACTION_INSPECT && lab_is_visible(ui, scene);
    if ((flags & ACTION_NEEDS_PROCESS) && !is_of_lab && !ui_selected(ui, scene))
        return ui->is_cursor_lost ? _("The selected process has ended: choose another")
                                  : _("No process is selected");
    if ((flags & ACTION_NEEDS_TREE) && ui->settings.shape == TREE_FLAT)
        return _("The flat list has no branches: t shows the tree");
    return NULL;
}

struct intent ui_action(struct ui *ui, enum action action, const struct scene *scene)
{
    if (action <= ACTION_NONE || action >= ACTION_COUNT)
        return NO_INTENT;
    const char *refusal = action_refusal(ui, scene, action);
    if (!refusal)
        return actions[action].act(ui, scene, action);
    ui_notice(ui, scene, SEVERITY_WARNING, "%s", refusal);
    return NO_INTENT;
}
