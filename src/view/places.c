#include <string.h>

#include "places.h"
#include "reaptop/base/gettext.h"

/* A letter rather than an F-key: it is shorter, and no terminal keeps it for itself. */
struct key footer_key(const struct settings *settings, enum action action)
{
    struct key keys[ACTION_KEYS_MAX] = {{.kind = KEY_NONE}};
    size_t count = action_keys_list(settings, action, keys);
    for (size_t i = 0; i < count; i++)
        if (keys[i].kind == KEY_CHARACTER)
            return keys[i];
    return keys[0];
}

static enum action footer_action(int place, bool is_of_replay)
{
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
        if (actions[action].footer == place &&
            (actions[action].group == GROUP_REPLAY) == is_of_replay)
            return (enum action)action;
    return ACTION_NONE;
}

/* In a replay its own keys stand behind the first. */
static size_t footer_actions(bool in_replay, enum action ret_actions[static FOOTER_ITEMS_MAX])
{
    size_t count = 0;
    enum action action;
    for (int place = 1; (action = footer_action(place, false)) != ACTION_NONE; place++) {
        if (count < FOOTER_ITEMS_MAX)
            ret_actions[count++] = action;
        for (int of_replay = 1; in_replay && place == 1 && count < FOOTER_ITEMS_MAX; of_replay++) {
            if ((action = footer_action(of_replay, true)) == ACTION_NONE)
                break;
            ret_actions[count++] = action;
        }
    }
    return count;
}

struct region_key {
    enum action action;
    const char *label; /* N_(): what it means there */
};

/* What the keys do in the region that has the focus; ACTION_NONE ends. */
static const struct region_key inspector_keys[] = {
    {ACTION_HELP, N_("Help")},     {ACTION_LEAVE, N_("Tree")},
    {ACTION_INSPECT, N_("Go to")}, {ACTION_NEXT_TAB, N_("Next tab")},
    {ACTION_WHY, N_("Why")},       {ACTION_SIGNAL, N_("Signal")},
    {ACTION_LAYOUT, N_("Layout")}, {ACTION_MANUAL, N_("Manual")},
    {ACTION_QUIT, N_("Quit")},     {ACTION_NONE, NULL},
};
static const struct region_key events_keys[] = {
    {ACTION_HELP, N_("Help")},     {ACTION_LEAVE, N_("Tree")},
    {ACTION_INSPECT, N_("Go to")}, {ACTION_FILTER, N_("Kind")},
    {ACTION_USER, N_("User")},     {ACTION_TAG_SUBTREE, N_("Descendants")},
    {ACTION_EVENTS, N_("Off")},    {ACTION_QUIT, N_("Quit")},
    {ACTION_NONE, NULL},
};

static const char *footer_label(const struct ui *ui, enum action action)
{
    const struct region_key *keys = ui->focus == REGION_EVENTS ? events_keys : inspector_keys;
    for (; ui->focus != REGION_TREE && keys->action != ACTION_NONE; keys++)
        if (keys->action == action)
            return _(keys->label);
    return _(actions[action].label);
}

/* The region's own; those of a replay behind them. */
static size_t region_actions(const struct ui *ui, bool in_replay,
                             enum action ret_actions[static FOOTER_ITEMS_MAX])
{
    if (ui->focus == REGION_TREE)
        return footer_actions(in_replay, ret_actions);
    const struct region_key *keys = ui->focus == REGION_EVENTS ? events_keys : inspector_keys;
    size_t count = 0;
    enum action action;
    for (; keys->action != ACTION_NONE; keys++)
        ret_actions[count++] = keys->action;
    for (int place = 1; in_replay && (action = footer_action(place, true)) != ACTION_NONE; place++)
        ret_actions[count++] = action;
    return count;
}

size_t footer_items(const struct ui *ui, bool in_replay, int cols, struct footer_item *ret_items)
{
    enum action shown[FOOTER_ITEMS_MAX];
    size_t count = 0, wanted = region_actions(ui, in_replay, shown);
    int col = 0;
    for (; count < wanted; count++) {
        enum action action = shown[count];
        char name[KEY_NAME_SIZE];
        const char *label = footer_label(ui, action);
        const char *key = key_label(footer_key(&ui->settings, action), name);
        int width = (int)(strlen(key) + 1 + text_width(label, strlen(label)));
        if (col + width > cols)
            break;
        ret_items[count] = (struct footer_item){action, label, col, width};
        col += width + 2;
    }
    return count;
}

const char *tab_title(enum tab tab)
{
    static const char *const titles[TAB_COUNT] = {
        [TAB_LIFE] = N_("Life"),
        [TAB_WHY] = N_("Why"),
        [TAB_MAPS] = N_("Maps"),
        [TAB_PAGES] = N_("Pages"),
        [TAB_SIGNALS] = N_("Signals"),
        [TAB_FILES] = N_("Files"),
        [TAB_THREADS] = N_("Threads"),
        [TAB_KERNEL] = N_("Kernel"),
        [TAB_ENVIRONMENT] = N_("Environment"),
    };
    return _(titles[tab]);
}

static int title_cols(enum tab tab)
{
    const char *title = tab_title(tab);
    return (int)text_width(title, strlen(title));
}

/* Tabs before this one are left out, so that the chosen one is on the line. */
static int first_tab(const struct ui *ui, int cols)
{
    int first = (int)ui->tab, used = title_cols(ui->tab);
    while (first > 0 && used + title_cols((enum tab)(first - 1)) + 1 <= cols) {
        first--;
        used += title_cols((enum tab)first) + 1;
    }
    return first;
}

void tab_place(const struct ui *ui, const struct scene *scene, struct rect tabs, enum tab tab,
               int *ret_col, int *ret_cols)
{
    (void)scene;
    int titles = 0;
    for (int i = 0; i < TAB_COUNT; i++)
        titles += title_cols((enum tab)i);
    int gap = (tabs.cols - titles) / TAB_COUNT;
    gap = gap < 1 ? 1 : gap > 3 ? 3 : gap;
    bool fits = titles + gap * (TAB_COUNT - 1) <= tabs.cols;
    int first = fits ? 0 : first_tab(ui, tabs.cols), col = tabs.col;
    for (int i = first; i < (int)tab; i++)
        col += title_cols((enum tab)i) + gap;
    int room = tabs.col + tabs.cols - col;
    *ret_col = col;
    *ret_cols = (int)tab < first || room <= 0 ? 0 : title_cols(tab) < room ? title_cols(tab) : room;
}

enum {
    NAME_COLS_LEAST = 12,
    DEPTH_NUMBER_LEVELS = 2, /* what "…994 " takes instead */
};

uint32_t guide_levels(uint32_t depth, int cols)
{
    int most = (cols - NAME_COLS_LEAST) / GUIDE_COLS;
    most = most < 1 ? 1 : most > GUIDES_MOST ? GUIDES_MOST : most;
    if (depth <= (uint32_t)most)
        return depth;
    return most > DEPTH_NUMBER_LEVELS ? (uint32_t)most - DEPTH_NUMBER_LEVELS : 1;
}
