#include <criterion/criterion.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/model/process.h"
#include "reaptop/view/column_set.h"
#include "reaptop/view/settings.h"

static struct column_set parsed(const char *text)
{
    struct column_set set = {0};
    struct error error = ERROR_INIT;
    cr_assert_eq(column_set_parse(text, &set, &error), 0, "%s: %s", text, error.message);
    return set;
}

static const char *printed(const struct column_set *set)
{
    static struct strbuf out;
    strbuf_clear(&out);
    column_set_print(set, &out);
    return strbuf_text(&out);
}

Test(column_set, is_printed_as_it_is_parsed)
{
    static const char *const texts[] = {"overview", "memory", "scheduling", "pid,user:12,cpu%",
                                        "rss"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct column_set set = parsed(texts[i]);
        cr_expect_str_eq(printed(&set), texts[i]);
    }
    struct column_set set = parsed("PID, thr rss_kib,pid,command");
    cr_expect_str_eq(printed(&set), "pid,thr,rss", "fields' names, doubles and COMMAND");
    struct error error = ERROR_INIT;
    cr_assert_eq(column_set_parse("+nice", &set, &error), 0);
    cr_expect_str_eq(printed(&set), "pid,thr,rss,ni");
}

Test(column_set, a_wrong_list_changes_nothing)
{
    static const struct {
        const char *text, *word;
    } wrong[] = {
        {"pid,shoe", "'shoe' is no column"},
        {"pid:0", "not '0'"},
        {"pid:61", "not '61'"},
        {"pid:x", "not 'x'"},
        {"", "no column"},
        {"command", "no column"},
        {"+", "no column"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct column_set set = {0}, before = set;
        struct error error = ERROR_INIT;
        cr_expect_eq(column_set_parse(wrong[i].text, &set, &error), -EINVAL, "%s", wrong[i].text);
        cr_expect(strstr(error.message, wrong[i].word), "%s: %s", wrong[i].text, error.message);
        cr_expect_eq(memcmp(&set, &before, sizeof(set)), 0);
    }
}

Test(column_set, every_column_fits_or_is_counted)
{
    struct column_set set = {0};
    for (int i = 0; i < COLUMN_COMMAND; i++)
        column_set_toggle(&set, (enum column)i);
    for (int cols = 1; cols <= 400; cols++) {
        struct column_place places[COLUMN_COUNT];
        size_t left_out, count = column_set_fit(&set, cols, 4194304, places, &left_out);
        cr_assert_eq(count + left_out, COLUMN_COUNT);
        cr_assert_geq(count, 2);
        cr_assert_eq(places[count - 1].column, COLUMN_COMMAND);
        if (cols >= 40)
            cr_assert_eq(places[count - 1].col + places[count - 1].cols, cols);
    }
}

Test(column_set, is_changed_in_place)
{
    struct column_set set = parsed("pid,user,rss");
    column_set_move(&set, COLUMN_RSS, -1);
    cr_expect_str_eq(printed(&set), "pid,rss,user");
    column_set_move(&set, COLUMN_PID, -1);
    column_set_move(&set, COLUMN_USER, 1);
    column_set_move(&set, COLUMN_NICE, 1);
    cr_expect_str_eq(printed(&set), "pid,rss,user");
    column_set_widen(&set, COLUMN_RSS, 5, 1);
    column_set_widen(&set, COLUMN_USER, COLUMN_WIDTH_LEAST, -1);
    cr_expect_str_eq(printed(&set), "pid,rss:6,user");
    column_set_toggle(&set, COLUMN_PID);
    column_set_toggle(&set, COLUMN_RSS);
    column_set_toggle(&set, COLUMN_USER);
    cr_expect_str_eq(printed(&set), "user", "the last one stays");
    struct column_set same = parsed("user");
    cr_expect_eq(memcmp(&set, &same, sizeof(set)), 0, "what is behind the end is zero");
}

/* ---- on the screen ---- */

static struct fixture *village(int rows, int cols)
{
    struct fixture *s = fixture_new(rows, cols);
    fixture_village(s);
    fixture_tick(s);
    return s;
}

Test(column_set, a_column_is_added_with_four_keys)
{
    struct fixture *s = village(24, 80);
    cr_expect_not(fixture_shows(s, "VIRT"));
    fixture_press(s, "Av <Esc>");
    cr_expect(fixture_shows(s, "VIRT"), "%s", fixture_screen(s));
    cr_expect(fixture_shows(s, "USER"), "those shown before are still there");
    fixture_press(s, "v");
    cr_expect_not(fixture_shows(s, "VIRT"), "v is the usual set again");
    fixture_free(s);
}

/* Each letter alone begins the name of another column; typed together they find this one. */
Test(column_set, a_column_is_found_by_its_name)
{
    static const struct {
        const char *keys;
        const char *title;
    } rows[] = {{"Avirt <Esc>", "VIRT"}, {"Aminflt <Esc>", "MINFLT"}, {"Aflt <Esc>", "MINFLT"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture *s = village(24, 100);
        fixture_press(s, "v");
        cr_expect_not(fixture_shows(s, rows[i].title));
        fixture_press(s, rows[i].keys);
        cr_expect(fixture_shows(s, rows[i].title), "%s:\n%s", rows[i].keys, fixture_screen(s));
        cr_expect(fixture_shows(s, "THR"), "%s: no other one is put away", rows[i].keys);
        fixture_free(s);
    }
}

Test(column_set, the_dialog_orders_and_widens)
{
    struct fixture *s = village(24, 80);
    fixture_press(s, "A");
    fixture_expect(s, "columns-80x24");
    fixture_press(s, "<Right>+++<Esc>");
    cr_expect(fixture_shows(s, "PPID     ▴PID"), "%s", fixture_screen(s));
    fixture_press(s, "Au <Esc>");
    cr_expect_not(fixture_shows(s, "USER"), "a shown one is put away");
    fixture_free(s);
}

Test(column_set, sets_have_a_key_each)
{
    static const char *const keys[] = {"v", "r", "d", "J", "Q", "f", "O"};
    for (int preset = 0; preset < PRESET_COUNT; preset++) {
        struct fixture *s = village(24, 80);
        fixture_press(s, keys[preset]);
        cr_expect_eq((int)column_preset_of(&s->ui.settings.columns), preset);
        fixture_free(s);
    }
}

Test(column_set, the_order_is_told_where_its_column_is_not_shown)
{
    struct fixture *s = village(24, 120);
    cr_expect_not(fixture_shows(s, "sort "));
    fixture_press(s, "r");
    s->ui.settings.sort = FIELD_CPU_PERCENT;
    fixture_rebuild(s);
    cr_expect(fixture_shows(s, "sort cpu_percent▾"), "%s", fixture_screen(s));
    fixture_free(s);
}

Test(column_set, columns_without_room_are_counted)
{
    struct fixture *s = village(24, 80);
    s->ui.settings.columns = parsed("pid,user:40,tty,start,elapsed");
    cr_expect(fixture_shows(s, "+2 columns"), "%s", fixture_screen(s));
    fixture_free(s);
}

Test(column_set, left_and_right_follow_the_order_on_the_screen)
{
    struct fixture *s = village(24, 80);
    s->ui.settings.columns = parsed("rss,pid");
    fixture_press(s, "<Left>");
    cr_expect_eq(s->ui.column, COLUMN_PID);
    fixture_press(s, "<Left>");
    cr_expect_eq(s->ui.column, COLUMN_RSS);
    fixture_press(s, "<Right><Right>");
    cr_expect_eq(s->ui.column, COLUMN_COMMAND);
    fixture_free(s);
}

Test(column_set, setup_opens_the_dialog)
{
    struct fixture *s = village(24, 80);
    fixture_press(s, "<F2>");
    for (size_t i = 0; settings_table[i].kind != SETTING_COLUMNS; i++)
        fixture_press(s, "<Down>");
    fixture_press(s, "<Enter>");
    cr_expect(fixture_shows(s, "┌─ Columns"), "%s", fixture_screen(s));
    fixture_press(s, "<Esc>");
    cr_expect(fixture_shows(s, "┌─ Setup"));
    fixture_free(s);
}
