#include "palette.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "act.h"
#include "move.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"
#include "reaptop/view/settings.h"
#include "setup.h"

/* ---- what there is: the actions, the panes, the orders, the settings' values ---- */

/* How many values of a setting have a word of their own. */
static size_t word_count(const struct setting_info *setting)
{
    size_t count = 0;
    if (!setting->name || !setting->words)
        return 0;
    while (setting->words[count])
        count++;
    return count;
}

/* The number-th value of all settings; NULL where there are not so many. */
static const struct setting_info *setting_at(size_t number, size_t *ret_index, size_t *ret_value)
{
    for (size_t i = 0; i < settings_count(); i++) {
        size_t count = word_count(&settings_table[i]);
        if (number < count) {
            *ret_index = i;
            *ret_value = number;
            return &settings_table[i];
        }
        number -= count;
    }
    return NULL;
}

enum part {
    PART_ACTION,
    PART_PANE,
    PART_ORDER,
    PART_SETTING
};

/* Which part the number belongs to, and the number within it. */
static enum part part_of(size_t number, size_t *ret_within)
{
    static const size_t sizes[] = {ACTION_COUNT, TAB_COUNT, FIELD_COUNT};
    for (size_t part = 0; part < sizeof(sizes) / sizeof(sizes[0]); part++) {
        *ret_within = number;
        if (number < sizes[part])
            return (enum part)part;
        number -= sizes[part];
    }
    *ret_within = number;
    return PART_SETTING;
}

/* "" behind the last, and for the numbers that stand for nothing. */
static const char *name_of(size_t number, char ret_name[static PALETTE_NAME_SIZE])
{
    size_t within, index, value;
    const struct setting_info *setting;
    ret_name[0] = '\0';
    switch (part_of(number, &within)) {
    case PART_ACTION:
        if (within != ACTION_NONE)
            (void)snprintf(ret_name, PALETTE_NAME_SIZE, "%s", actions[within].name);
        break;
    case PART_PANE:
        (void)snprintf(ret_name, PALETTE_NAME_SIZE, "pane %s", tab_title((enum tab)within));
        break;
    case PART_ORDER:
        (void)snprintf(ret_name, PALETTE_NAME_SIZE, "sort %s", fields[within].name);
        break;
    case PART_SETTING:
        setting = setting_at(within, &index, &value);
        if (setting)
            (void)snprintf(ret_name, PALETTE_NAME_SIZE, "%s %s", setting->name,
                           setting->words[value]);
        break;
    }
    return ret_name;
}

static const char *help_of(size_t number)
{
    size_t within, index, value;
    const struct setting_info *setting;
    switch (part_of(number, &within)) {
    case PART_ACTION:
        return within == ACTION_NONE ? "" : _(actions[within].help);
    case PART_PANE:
        return _("show this pane of the inspector");
    case PART_ORDER:
        return _(fields[within].summary);
    case PART_SETTING:
        break;
    }
    setting = setting_at(within, &index, &value);
    return setting ? _(setting->help) : "";
}

struct palette_entry palette_get(const struct ui *ui, const struct scene *scene, size_t number)
{
    struct palette_entry entry = {.help = help_of(number)};
    size_t within;
    (void)name_of(number, entry.name);
    if (part_of(number, &within) == PART_ACTION) {
        entry.action = (enum action)within;
        entry.refusal = action_refusal(ui, scene, entry.action);
    }
    return entry;
}

/* ---- finding ---- */

enum {
    RANK_EXACT,
    RANK_BEGINS, /* the name begins with what is typed */
    RANK_WORD,   /* a word of it does */
    RANK_WITHIN,
    RANK_HELP,
    RANK_COUNT
};

static int rank_of(size_t number, const char *typed)
{
    char name[PALETTE_NAME_SIZE];
    size_t length = strlen(typed);
    if (*name_of(number, name) == '\0')
        return RANK_COUNT;
    if (strcasecmp(name, typed) == 0)
        return RANK_EXACT;
    if (strncasecmp(name, typed, length) == 0)
        return RANK_BEGINS;
    const char *found = strcasestr(name, typed);
    if (found && strchr(" -", found[-1]))
        return RANK_WORD;
    if (found)
        return RANK_WITHIN;
    return strcasestr(help_of(number), typed) ? RANK_HELP : RANK_COUNT;
}

size_t palette_list(const struct ui *ui, uint16_t ret_list[static PALETTE_MOST])
{
    const char *typed = strbuf_text(&ui->prompt.text);
    size_t count = 0, all = (size_t)ACTION_COUNT + (size_t)TAB_COUNT + (size_t)FIELD_COUNT;
    for (size_t i = 0; i < settings_count(); i++)
        all += word_count(&settings_table[i]);
    for (int rank = RANK_EXACT; rank < RANK_COUNT; rank++)
        for (size_t number = 0; number < all && count < PALETTE_MOST; number++)
            if (rank_of(number, typed) == rank)
                ret_list[count++] = (uint16_t)number;
    return count;
}

static void palette_open(struct ui *ui)
{
    if (ui_push(ui, MODAL_PALETTE))
        edit_set(&ui->prompt, "");
}

/* ---- doing it ---- */

static struct intent set_value(struct ui *ui, const struct scene *scene, size_t within)
{
    size_t index, value;
    const struct setting_info *setting = setting_at(within, &index, &value);
    if (!setting)
        return NO_INTENT;
    const char *refusal = setup_refusal(scene, setting);
    if (refusal) {
        ui_notice(ui, scene, SEVERITY_WARNING, "%s", refusal);
        return NO_INTENT;
    }
    setting_set(&ui->settings, setting, (int)value);
    ui_notice(ui, scene, SEVERITY_GOOD, "%s: %s", _(setting->help),
              setting->titles ? _(setting->titles[value]) : setting->words[value]);
    return INTENT(.kind = setting->applied);
}

static struct intent do_entry(struct ui *ui, const struct scene *scene, size_t number)
{
    size_t within;
    switch (part_of(number, &within)) {
    case PART_ACTION:
        return ui_action(ui, (enum action)within, scene);
    case PART_PANE:
        open_tab(ui, (enum tab)within);
        return NO_INTENT;
    case PART_ORDER:
        return sort_by(ui, scene, (enum field)within);
    case PART_SETTING:
        break;
    }
    return set_value(ui, scene, within);
}

/* As far as all that begin with what is typed agree; the chosen one where that is no further. */
static void complete(struct ui *ui, const uint16_t *list, size_t count, size_t at)
{
    char common[PALETTE_NAME_SIZE] = "", name[PALETTE_NAME_SIZE];
    const char *typed = strbuf_text(&ui->prompt.text);
    for (size_t i = 0; i < count; i++) {
        if (rank_of(list[i], typed) > RANK_BEGINS)
            break;
        (void)name_of(list[i], name);
        size_t same = 0;
        while (i > 0 && common[same] != '\0' && common[same] == name[same])
            same++;
        (void)snprintf(common, sizeof(common), "%.*s", (int)(i > 0 ? same : strlen(name)), name);
    }
    if (strlen(common) <= strlen(typed) && at < count)
        (void)name_of(list[at], common);
    if (*common)
        edit_set(&ui->prompt, common);
}

static struct intent accept(struct ui *ui, const struct scene *scene, const uint16_t *list,
                            size_t count, size_t at)
{
    const char *typed = strbuf_text(&ui->prompt.text);
    bool is_time = scene->replay && *typed && strchr("+-0123456789", *typed);
    if (is_time || at >= count) {
        if (!is_time) {
            ui_notice(ui, scene, SEVERITY_WARNING, _("No action is named '%s'"), typed);
            return NO_INTENT;
        }
        (void)snprintf(ui->intent_text, sizeof(ui->intent_text), "%s", typed);
        ui_pop(ui);
        return INTENT(.kind = INTENT_TIME, .text = ui->intent_text);
    }
    ui_pop(ui);
    return do_entry(ui, scene, list[at]);
}

struct intent palette_key(struct ui *ui, struct key key, const struct scene *scene, size_t rows)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    uint16_t list[PALETTE_MOST];
    size_t count = palette_list(ui, list);
    if (key_is_same(key, KEY_NAMED(KEY_IS_ESCAPE))) {
        ui_pop(ui);
    } else if (key_is_same(key, KEY_NAMED(KEY_IS_ENTER))) {
        return accept(ui, scene, list, count, modal->list.at);
    } else if (key_is_same(key, KEY_NAMED(KEY_IS_TAB))) {
        complete(ui, list, count, modal->list.at);
        modal->list = (struct list_state){0};
    } else if (!list_key(&modal->list, key, count, rows) && edit_key(&ui->prompt, key)) {
        modal->list = (struct list_state){0};
    }
    return NO_INTENT;
}

ACT_FUNCTION(act_palette)
{
    palette_open(ui);
    return NO_INTENT;
}
