#include "reaptop/view/settings.h"

#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

static const char *const profile_words[] = {"default", "vim", "htop", NULL};
static const char *const theme_words[] = {"auto",       "dark", "light",    "contrast",
                                          "colorblind", "mono", "terminal", NULL};
static const char *const theme_titles[] = {
    N_("auto: by the terminal's background"),
    N_("dark"),
    N_("light"),
    N_("high contrast"),
    N_("colour-blind safe"),
    N_("mono"),
    N_("the terminal's own"),
};
static const char *const color_words[] = {"auto", "mono", "8", "16", "256", NULL};
static const char *const color_titles[] = {
    N_("auto: as many as the terminal has"), N_("none"), "8", "16", "256",
};
static const char *const shape_words[] = {"parent", "original", "flat", NULL};
static const char *const shape_titles[] = {
    N_("tree by parent"),
    N_("tree by original parent"),
    N_("flat list"),
};
static const char *const place_words[] = {"auto", "beside", "below", "over", "off", NULL};
static const char *const place_titles[] = {
    N_("beside the tree where there is room"),
    N_("beside the tree"),
    N_("below the tree"),
    N_("over the tree"),
    N_("off"),
};
/* A meter's place among them, the topmost is 1. */
static const char *const meter_words[] = {"off", "1", "2", "3", "4", "5", "6", NULL};
static const char *const meter_titles[] = {
    N_("off"), N_("1, the topmost"), "2", "3", "4", "5", "6",
};
static const char *const switch_words[] = {"no", "yes", NULL};
static const char *const switch_titles[] = {N_("no"), N_("yes")};

#define AT(member)       offsetof(struct settings, member)
#define A_SWITCH(member) SETTING_SWITCH, AT(member), switch_words, switch_titles
#define A_METER(kind)                                                                              \
    SETTING_CHOICE, AT(meters[kind]), meter_words, meter_titles, 0, false, INTENT_NONE

/* clang-format off */
const struct setting_info settings_table[] = {
    {"keys", N_("keys"), SETTING_CHOICE, AT(profile), profile_words, NULL,
     0, false, INTENT_NONE},
    {"theme", N_("theme"), SETTING_CHOICE, AT(theme), theme_words, theme_titles,
     0, false, INTENT_SETTINGS},
    {"color", N_("number of colours"), SETTING_CHOICE, AT(color), color_words, color_titles,
     0, false, INTENT_SETTINGS},
    {"ascii", N_("ASCII only"), A_SWITCH(ascii), 0, false, INTENT_SETTINGS},
    {"mouse", N_("mouse"), A_SWITCH(mouse), 0, false, INTENT_SETTINGS},
    {"delay", N_("refresh every"), SETTING_TIME, AT(delay_ns), NULL, NULL,
     0, false, INTENT_SETTINGS},
    {"tree", N_("order"), SETTING_CHOICE, AT(shape), shape_words, shape_titles,
     0, false, INTENT_REBUILD},
    {"sort", N_("sort by"), SETTING_FIELD, AT(sort), NULL, NULL, 0, false, INTENT_REBUILD},
    {"columns", N_("columns"), SETTING_COLUMNS, AT(columns), NULL, NULL, 0, false, INTENT_NONE},
    {"inspector", N_("inspector"), SETTING_CHOICE, AT(inspector), place_words, place_titles,
     0, false, INTENT_NONE},
    {"divider-beside", N_("the tree's share beside it"), SETTING_PERCENT, AT(beside_percent), NULL, NULL,
     0, false, INTENT_NONE},
    {"divider-below", N_("the tree's share above it"), SETTING_PERCENT, AT(below_percent), NULL, NULL,
     0, false, INTENT_NONE},
    {"invert", N_("reverse the order"), A_SWITCH(is_inverted), 0, false, INTENT_REBUILD},
    {"threads", N_("threads"), A_SWITCH(shows_threads), 0, false, INTENT_SWEEP},
    {"kernel-threads", N_("kernel threads"), A_SWITCH(shows_kernel), 0, false, INTENT_REBUILD},
    {"paths", N_("paths of programs in COMMAND"), A_SWITCH(shows_paths), 0, false, INTENT_NONE},
    {"plain-command", N_("COMMAND without the name before it"), A_SWITCH(shows_plain_command),
     0, false, INTENT_NONE},
    {"helpers", N_("reaptop's own helpers"), A_SWITCH(shows_helpers), 0, false, INTENT_REBUILD},
    {"events", N_("events"), A_SWITCH(shows_events), 0, false, INTENT_NONE},
    {"lab-score", N_("keep the lab's score"), A_SWITCH(keeps_score), 0, false, INTENT_SETTINGS},
    {"linear", N_("one process a line, no boxes"), A_SWITCH(linear), 0, false, INTENT_REBUILD},
    {NULL, N_("who signals whom (tracepoints, root)"), A_SWITCH(traces_signals),
     0, true, INTENT_SETTINGS},
    {NULL, N_("adopt orphaned descendants (subreaper)"), A_SWITCH(is_subreaper),
     ACTION_CHANGES, true, INTENT_SETTINGS},
    {"meters", N_("meters of the machine"), A_SWITCH(shows_meters), 0, false, INTENT_SWEEP},
    {"meter-processors", N_("meter: each processor"), A_METER(METER_PROCESSORS)},
    {"meter-cpu", N_("meter: processor time"), A_METER(METER_CPU)},
    {"meter-memory", N_("meter: memory"), A_METER(METER_MEMORY)},
    {"meter-pressure", N_("meter: pressure"), A_METER(METER_PRESSURE)},
    {"meter-disk", N_("meter: storage"), A_METER(METER_DISK)},
    {"meter-network", N_("meter: network"), A_METER(METER_NETWORK)},
};
/* clang-format on */

_Static_assert(sizeof(enum key_profile) == sizeof(int), "choices are kept as ints");
_Static_assert(sizeof(enum color_mode) == sizeof(int), "choices are kept as ints");
_Static_assert(sizeof(enum tree_shape) == sizeof(int), "choices are kept as ints");
_Static_assert(sizeof(enum field) == sizeof(int), "choices are kept as ints");
_Static_assert(sizeof(enum inspector_place) == sizeof(int), "choices are kept as ints");
_Static_assert(ELEMENTS(meter_titles) == METER_KIND_COUNT + 1, "a title for each kind of meter");

size_t settings_count(void)
{
    return ELEMENTS(settings_table);
}

void *setting_place(struct settings *settings, const struct setting_info *setting)
{
    return (char *)settings + setting->offset;
}

int setting_get(const struct settings *settings, const struct setting_info *setting)
{
    const char *place = (const char *)settings + setting->offset;
    int value;
    if (setting->kind == SETTING_SWITCH)
        return *(const bool *)place;
    memcpy(&value, place, sizeof(value));
    return value;
}

void setting_set(struct settings *settings, const struct setting_info *setting, int value)
{
    if (setting->kind == SETTING_SWITCH)
        *(bool *)setting_place(settings, setting) = value != 0;
    else
        memcpy(setting_place(settings, setting), &value, sizeof(value));
}
