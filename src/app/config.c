#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_colors.h"
#include "config_keys.h"
#include "own_file.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/base/own_path.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/view/settings.h"

#define SYSTEM_FILE "/etc/reaptop/reaptop.conf"

enum {
    DELAY_LEAST_MS = 50
};

/* ---- what a line may say ---- */

static int word_index(const char *const *words, const char *value)
{
    for (int i = 0; words[i]; i++)
        if (strcasecmp(words[i], value) == 0)
            return i;
    return -EINVAL;
}

static void describe_columns(struct strbuf *out)
{
    for (int preset = 0; preset < PRESET_COUNT; preset++)
        strbuf_printf(out, "%s, ", column_preset_name((enum column_preset)preset));
    strbuf_puts(out, _("or columns such as pid,user:12,rss with a width behind a colon; "
                       "+ before the first adds to those of the line before"));
}

/* What the setting takes, for a complaint. */
static void describe_form(const struct setting_info *setting, struct strbuf *out)
{
    if (setting->kind == SETTING_TIME)
        strbuf_puts(out, _("a time of at least 50ms, such as 1.5s"));
    if (setting->kind == SETTING_FIELD)
        strbuf_puts(out, _("a column's name, such as cpu"));
    if (setting->kind == SETTING_COLUMNS)
        describe_columns(out);
    if (setting->kind == SETTING_PERCENT)
        strbuf_printf(out, _("%d to %d, in percent, or auto"), LAYOUT_PERCENT_LEAST,
                      LAYOUT_PERCENT_MOST);
    for (size_t i = 0; setting->words && setting->words[i]; i++)
        strbuf_printf(out, "%s%s", i > 0 ? ", " : "", setting->words[i]);
}

const char *config_setting(size_t index, struct strbuf *form)
{
    if (!settings_table[index].name)
        return NULL;
    strbuf_printf(form, "%s: ", _(settings_table[index].help));
    describe_form(&settings_table[index], form);
    return settings_table[index].name;
}

/* 0: auto. */
static int parse_percent(const char *text)
{
    int64_t percent = 0;
    if (strcasecmp(text, "auto") == 0)
        return 0;
    int r = number_parse(text, LAYOUT_PERCENT_LEAST, LAYOUT_PERCENT_MOST, &percent);
    return r < 0 ? r : (int)percent;
}

static int apply(const struct setting_info *setting, const char *value_text,
                 struct settings *settings)
{
    uint64_t ns = 0;
    if (setting->kind == SETTING_COLUMNS)
        return column_set_parse(value_text, setting_place(settings, setting), NULL);
    int value = setting->kind == SETTING_FIELD     ? field_from_name(value_text)
                : setting->kind == SETTING_PERCENT ? parse_percent(value_text)
                : setting->kind == SETTING_TIME    ? number_parse_time(value_text, &ns)
                                                   : word_index(setting->words, value_text);
    if (value < 0 || (setting->kind == SETTING_TIME && ns < DELAY_LEAST_MS * NS_PER_MS))
        return -EINVAL;
    if (setting->kind == SETTING_TIME)
        memcpy(setting_place(settings, setting), &ns, sizeof(ns));
    else
        setting_set(settings, setting, value);
    return 0;
}

/* ---- reading ---- */

#define KEYS_SECTION   "keys" /* every section but these is as good as none */
#define COLORS_SECTION "colors"

struct reading {
    struct settings *settings;
    struct error *error;
};

/* inih's handler: 0 tells it that the line is wrong. */
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    if (strcmp(section, KEYS_SECTION) == 0)
        return config_keys_line(reading->settings, name, value, reading->error) == 0;
    if (strcmp(section, COLORS_SECTION) == 0)
        return config_colors_line(reading->settings, name, value, reading->error) == 0;
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting_info *setting = &settings_table[i];
        if (!setting->name || strcmp(setting->name, name) != 0)
            continue;
        if (apply(setting, value, reading->settings) == 0)
            return 1;
        _cleanup_(strbuf_done) struct strbuf form = STRBUF_INIT;
        describe_form(setting, &form);
        if (reading->error && reading->error->code == 0)
            (void)error_set(reading->error, -EINVAL, _("%.32s: invalid value '%.32s': expected %s"),
                            name, value, strbuf_text(&form));
        return 0;
    }
    if (reading->error && reading->error->code == 0)
        (void)error_set(reading->error, -EINVAL, _("%.32s: there is no such setting"), name);
    return 0;
}

int config_parse(const char *text, size_t length, const char *file, struct settings *settings,
                 struct error *error)
{
    struct error complaint = ERROR_INIT;
    struct reading reading = {.settings = settings, .error = &complaint};
    _cleanup_free_ char *copy = strndup(text, length);
    if (!copy)
        return error_set_errno(error, -ENOMEM, "%s", file);

    int line = strlen(copy) < length ? -1 : ini_parse_string(copy, take_line, &reading);
    if (line == 0)
        return 0;
    if (line < 0)
        return error_set(error, -EINVAL, _("%s: it is not text"), file);
    if (complaint.code == 0)
        (void)error_set(&complaint, -EINVAL, _("not of the form name = value"));
    return error_set(error, -EINVAL, "%s:%d: %s", file, line, complaint.message);
}

static int load_file(const char *path, struct settings *settings, struct error *error)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = own_file_read(path, &text);
    if (r == -ENOENT || r == -ENOTDIR)
        return 0;
    if (r < 0)
        return error_set_errno(error, r, "%s", path);
    return config_parse(strbuf_text(&text), text.length, path, settings, error);
}

static char *file_path(void)
{
    return own_path("XDG_CONFIG_HOME", ".config", "reaptop.conf");
}

int config_load(struct settings *settings, struct error *error)
{
    struct error complaint = ERROR_INIT;
    int r = load_file(SYSTEM_FILE, settings, &complaint);
    _cleanup_free_ char *path = file_path();
    if (path) {
        int own = load_file(path, settings, r == 0 ? &complaint : NULL);
        r = r == 0 ? own : r;
    }
    if (r < 0 && error)
        *error = complaint;
    return r;
}

/* ---- writing ---- */

enum {
    COLUMNS_A_LINE = 10 /* inih takes 200 bytes */
};

/* A long list as several lines, of which each adds to the one before. */
static void write_columns(const char *name, const struct column_set *set, struct strbuf *out)
{
    if (column_preset_of(set) != PRESET_COUNT) {
        strbuf_printf(out, "%s = ", name);
        column_set_print(set, out);
        strbuf_putc(out, '\n');
        return;
    }
    for (int i = 0; i < set->count; i++) {
        bool is_first = i % COLUMNS_A_LINE == 0;
        if (is_first)
            strbuf_printf(out, "%s = %s", name, i > 0 ? "+" : "");
        else
            strbuf_putc(out, ',');
        column_set_print_choice(set->choices[i], out);
        if ((i + 1) % COLUMNS_A_LINE == 0 || i + 1 == set->count)
            strbuf_putc(out, '\n');
    }
}

static void write_setting(const struct settings *settings, const struct setting_info *setting,
                          struct strbuf *out)
{
    if (setting->kind == SETTING_COLUMNS) {
        write_columns(setting->name, &settings->columns, out);
        return;
    }
    strbuf_printf(out, "%s = ", setting->name);
    if (setting->kind == SETTING_TIME) {
        strbuf_printf(out, "%llums\n", (unsigned long long)(settings->delay_ns / NS_PER_MS));
        return;
    }
    int value = setting_get(settings, setting);
    if (setting->kind == SETTING_PERCENT && value > 0)
        strbuf_printf(out, "%d\n", value);
    else if (setting->kind == SETTING_PERCENT)
        strbuf_puts(out, "auto\n");
    else
        strbuf_printf(out, "%s\n",
                      setting->kind == SETTING_FIELD ? fields[value].name : setting->words[value]);
}

static void write_settings(const struct settings *settings, struct strbuf *out)
{
    strbuf_puts(out, "; reaptop's settings, as saved with F2.\n");
    for (size_t i = 0; i < settings_count(); i++)
        if (settings_table[i].name)
            write_setting(settings, &settings_table[i], out);
    config_keys_write(settings, out);
    config_colors_write(settings, out);
}

void config_print_sample(const struct settings *settings, struct strbuf *out)
{
    strbuf_puts(out, "; reaptop.conf(5): " SYSTEM_FILE ", and before it goes what each person has\n"
                     "; saved. Each line shows what holds where nothing is set.\n");
    for (size_t i = 0; i < settings_count(); i++) {
        _cleanup_(strbuf_done) struct strbuf form = STRBUF_INIT;
        if (!config_setting(i, &form))
            continue;
        strbuf_printf(out, "\n; %s\n; ", strbuf_text(&form));
        write_setting(settings, &settings_table[i], out);
    }
}

int config_save(const struct settings *settings, struct error *error)
{
    _cleanup_free_ char *path = file_path();
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (!path)
        return error_set(error, -ENOENT,
                         _("neither XDG_CONFIG_HOME nor HOME names a directory to save in"));
    write_settings(settings, &text);
    int r = own_file_write(path, &text);
    return r < 0 ? error_set_errno(error, r, "%s", path) : 0;
}
