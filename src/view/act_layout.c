/*
 * act_layout: where the inspector stands and how much room it has, and
 * whether the meters are shown.
 */
#include "act.h"
#include "reaptop/base/gettext.h"

enum {
    DIVIDER_STEP = 5 /* percent */
};

/* What came of it, as there may be no room for what was asked for. */
static const char *describe_place(const struct ui *ui, const struct layout *layout)
{
    switch (ui->settings.inspector) {
    case PLACE_AUTO:
        return layout->is_split ? _("Inspector: beside the tree, as the width allows it")
                                : _("Inspector: by itself; here it opens over the tree with Enter");
    case PLACE_BESIDE:
        return layout->is_split ? _("Inspector: beside the tree")
                                : _("Inspector: beside the tree, for which there is no room here");
    case PLACE_BELOW:
        return layout->is_split ? _("Inspector: below the tree")
                                : _("Inspector: below the tree, for which there is no room here");
    case PLACE_OVER:
        return _("Inspector: over the tree, with Enter");
    default:
        return _("Inspector: off");
    }
}

ACT_FUNCTION(act_layout)
{
    ui->settings.inspector =
        (enum inspector_place)(((int)ui->settings.inspector + 1) % PLACE_COUNT);
    if (!lab_is_visible(ui, scene))
        ui->has_inspector = false;
    if (ui->focus == REGION_INSPECTOR && !ui->has_inspector)
        ui->focus = REGION_TREE;
    struct layout layout = ui_layout(ui, scene);
    ui_notice(ui, scene, SEVERITY_INFO, "%s", describe_place(ui, &layout));
    return NO_INTENT;
}

void set_divider(struct ui *ui, const struct layout *layout, int percent)
{
    int least = LAYOUT_PERCENT_LEAST, most = LAYOUT_PERCENT_MOST;
    percent = percent < least ? least : percent > most ? most : percent;
    if (layout->is_below)
        ui->settings.below_percent = percent;
    else
        ui->settings.beside_percent = percent;
}

ACT_FUNCTION(act_divider)
{
    struct layout layout = ui_layout(ui, scene);
    int percent = layout_percent(&layout);
    if (percent == 0) {
        ui_notice(ui, scene, SEVERITY_INFO,
                  _("There is no divider: V puts the inspector beside or below the tree"));
        return NO_INTENT;
    }
    percent = (percent + DIVIDER_STEP / 2) / DIVIDER_STEP * DIVIDER_STEP;
    set_divider(ui, &layout,
                percent + (action == ACTION_DIVIDER_ON ? DIVIDER_STEP : -DIVIDER_STEP));
    return NO_INTENT;
}

/* Read from the next refresh on. */
ACT_FUNCTION(act_meters)
{
    ui->settings.shows_meters = !ui->settings.shows_meters;
    return INTENT(.kind = INTENT_SWEEP);
}
