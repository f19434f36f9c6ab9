#include "setup.h"

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/field.h"
#include "reaptop/view/settings.h"

size_t setup_count(void)
{
    return settings_count() + 1;
}

bool setup_is_command(size_t index)
{
    return index == settings_count();
}

bool setup_is_columns(size_t index)
{
    return !setup_is_command(index) && settings_table[index].kind == SETTING_COLUMNS;
}

const char *setup_title(size_t index)
{
    return setup_is_command(index) ? _("Save these settings") : _(settings_table[index].help);
}

void setup_value(const struct ui *ui, size_t index, struct strbuf *out)
{
    if (setup_is_command(index))
        return;
    const struct setting_info *setting = &settings_table[index];
    if (setting->kind == SETTING_TIME) {
        strbuf_printf(out, "%.1f s", (double)ui->settings.delay_ns / NS_PER_SEC);
        return;
    }
    if (setting->kind == SETTING_COLUMNS) {
        column_set_print(&ui->settings.columns, out);
        return;
    }
    int value = setting_get(&ui->settings, setting);
    if (setting->kind == SETTING_PERCENT) {
        if (value > 0)
            strbuf_printf(out, "%d%%", value);
        else
            strbuf_puts(out, _("auto"));
        return;
    }
    strbuf_puts(out, setting->kind == SETTING_FIELD ? fields[value].name
                     : setting->titles              ? _(setting->titles[value])
                                                    : setting->words[value]);
}

static uint64_t step_delay(uint64_t delay_ns, int step)
{
    static const uint64_t delays_ms[] = {100, 200, 500, 1000, 1500, 2000, 3000, 5000, 10000, 60000};
    size_t at = 0;
    while (at + 1 < ELEMENTS(delays_ms) && delays_ms[at] * NS_PER_MS < delay_ns)
        at++;
    if (step > 0 && at + 1 < ELEMENTS(delays_ms))
        at++;
    else if (step < 0 && at > 0)
        at--;
    return delays_ms[at] * NS_PER_MS;
}

enum {
    PERCENT_STEP = 5
};

/* Round: by itself, the least, and on to the most. */
static int step_percent(int percent, int step)
{
    if (percent == 0)
        return step > 0 ? LAYOUT_PERCENT_LEAST : LAYOUT_PERCENT_MOST;
    percent += step * PERCENT_STEP;
    return percent < LAYOUT_PERCENT_LEAST || percent > LAYOUT_PERCENT_MOST ? 0 : percent;
}

static int value_count(const struct setting_info *setting)
{
    int count = 0;
    while (setting->kind != SETTING_FIELD && setting->words[count])
        count++;
    return setting->kind == SETTING_FIELD ? FIELD_COUNT : count;
}

const char *setup_refusal(const struct scene *scene, const struct setting_info *setting)
{
    if (setting->is_live && scene->replay)
        return _("A recording has nothing to set here");
    if ((setting->flags & ACTION_CHANGES) && scene->is_readonly)
        return _("Read-only: nothing can be signalled, started or changed");
    return NULL;
}

struct intent setup_change(struct ui *ui, const struct scene *scene, size_t index, int step)
{
    if (setup_is_command(index))
        return INTENT(.kind = INTENT_SAVE);
    const struct setting_info *setting = &settings_table[index];
    const char *refusal = setup_refusal(scene, setting);
    if (refusal) {
        ui_notice(ui, scene, SEVERITY_WARNING, "%s", refusal);
        return NO_INTENT;
    }
    if (setting->kind == SETTING_TIME) {
        ui->settings.delay_ns = step_delay(ui->settings.delay_ns, step);
    } else if (setting->kind == SETTING_COLUMNS) {
        column_set_step(&ui->settings.columns, step);
    } else if (setting->kind == SETTING_PERCENT) {
        int percent = setting_get(&ui->settings, setting);
        setting_set(&ui->settings, setting, step_percent(percent, step));
    } else {
        int count = value_count(setting), value = setting_get(&ui->settings, setting);
        setting_set(&ui->settings, setting, (value + count + step) % count);
    }
    return INTENT(.kind = setting->applied);
}
