#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/view/settings.h"

static struct fixture *s;

static void set_up(void)
{
    s = fixture_new(24, 80);
}

static void tear_down(void)
{
    fixture_free(s);
}

TestSuite(settings, .init = set_up, .fini = tear_down);

Test(settings, every_row_is_whole)
{
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting_info *setting = &settings_table[i];
        cr_assert_not_null(setting->help, "row %zu", i);
        bool has_words = setting->kind == SETTING_CHOICE || setting->kind == SETTING_SWITCH;
        cr_expect_eq(setting->words != NULL, has_words, "%s", setting->help);
        for (int word = 0; setting->titles && setting->words[word]; word++)
            cr_expect_not_null(setting->titles[word], "%s", setting->help);
        for (size_t other = i + 1; other < settings_count(); other++) {
            cr_expect_neq(setting->offset, settings_table[other].offset, "%s", setting->help);
            cr_expect(!setting->name || !settings_table[other].name ||
                          strcmp(setting->name, settings_table[other].name) != 0,
                      "%s", setting->name);
        }
    }
}

/* Each line of the dialog changes its own setting, and back. */
Test(settings, each_line_changes_one_value_and_back)
{
    for (size_t i = 0; i < settings_count(); i++) {
        struct settings before = s->ui.settings;
        fixture_press(s, "<F2>");
        for (size_t down = 0; down < i; down++)
            fixture_press(s, "<Down>");
        fixture_press(s, "<Right>");
        cr_expect_neq(memcmp(&before, &s->ui.settings, sizeof(before)), 0, "%s",
                      settings_table[i].help);
        fixture_press(s, "<Left><Esc>");
        cr_expect_eq(memcmp(&before, &s->ui.settings, sizeof(before)), 0, "%s",
                     settings_table[i].help);
    }
}
