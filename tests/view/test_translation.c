#include <criterion/criterion.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/view/actions.h"
#include "reaptop/view/explain.h"
#include "reaptop/view/settings.h"

/*
 * What a translation must fit into: the places of a screen of 80 columns. A place that
 * shortens the English text may shorten the translation.
 */

static const char *const languages[] = {"zh_CN"};

/* The catalogues beside the directory of the test programs; a build without msgfmt(1) has none. */
static void use_language(const char *language)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/locale"));
    cr_assert_gt(length, 0);
    path[length] = '\0';
    for (int up = 0; up < 2; up++)
        *strrchr(path, '/') = '\0';
    strcat(path, "/locale");
    cr_assert_eq(setenv("LANGUAGE", language, 1), 0);
    (void)setlocale(LC_ALL, "C.UTF-8");
    gettext_begin(path);
    if (strcmp(_("yes"), "yes") == 0)
        cr_skip("there is no catalogue, or this C library does not look at LANGUAGE in C.UTF-8");
}

static void setup(void)
{
    (void)setlocale(LC_ALL, "C.UTF-8");
}

TestSuite(translation, .init = setup, .fini = gettext_end);

static struct fixture *village(int rows, int cols)
{
    struct fixture *s = fixture_new(rows, cols);
    fixture_village(s);
    fixture_tick(s);
    return s;
}

static size_t count(const char *text, const char *what)
{
    size_t found = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + strlen(what), what))
        found++;
    return found;
}

/* Keys that open what the view fills by itself. */
static const char *const views[] = {"", "<Enter>", "?", "<F2>", "A", "<F6>", ":", "k", "E", "/mak"};

static size_t cuts_of(const char *keys, int rows)
{
    struct fixture *s = village(rows, 80);
    fixture_press(s, keys);
    size_t cuts = count(fixture_screen(s), "…");
    fixture_free(s);
    return cuts;
}

Test(translation, no_view_cuts_more_than_in_english)
{
    size_t english[ELEMENTS(views)];
    for (size_t i = 0; i < ELEMENTS(views); i++)
        english[i] = cuts_of(views[i], 200);
    for (size_t l = 0; l < ELEMENTS(languages); l++) {
        use_language(languages[l]);
        for (size_t i = 0; i < ELEMENTS(views); i++)
            cr_expect_leq(cuts_of(views[i], 200), english[i], "%s: %s", languages[l], views[i]);
    }
}

/* Keys with their words in the footer; two blanks stand between them. */
static size_t footer_items_shown(const char *keys)
{
    struct fixture *s = village(24, 80);
    fixture_press(s, keys);
    char *last = NULL, *screen = strdup(fixture_screen(s));
    for (char *line = strtok(screen, "\n"); line; line = strtok(NULL, "\n"))
        last = line;
    size_t items = last ? count(last, "  ") : 0;
    free(screen);
    fixture_free(s);
    return items;
}

Test(translation, the_footer_says_as_much_as_in_english)
{
    size_t tree = footer_items_shown(""), inspector = footer_items_shown("<Enter>");
    cr_assert_gt(tree, 5);
    for (size_t l = 0; l < ELEMENTS(languages); l++) {
        use_language(languages[l]);
        cr_expect_geq(footer_items_shown(""), tree, "%s", languages[l]);
        cr_expect_geq(footer_items_shown("<Enter>"), inspector, "%s", languages[l]);
    }
}

Test(translation, settings_and_tabs_are_whole)
{
    for (size_t l = 0; l < ELEMENTS(languages); l++) {
        use_language(languages[l]);
        struct fixture *s = village(100, 80);
        fixture_press(s, "<Enter>");
        for (int tab = 0; tab < TAB_COUNT; tab++)
            cr_expect(fixture_shows(s, tab_title((enum tab)tab)), "%s", tab_title((enum tab)tab));
        fixture_press(s, "<Esc><F2>");
        for (size_t i = 0; i < settings_count(); i++)
            cr_expect(settings_table[i].is_live || fixture_shows(s, _(settings_table[i].help)),
                      "%s: %s", languages[l], _(settings_table[i].help));
        fixture_free(s);
    }
}

Test(translation, help_of_every_action_is_whole)
{
    for (size_t l = 0; l < ELEMENTS(languages); l++) {
        use_language(languages[l]);
        struct fixture *s = village(250, 80);
        fixture_press(s, "?");
        for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
            cr_expect(fixture_shows(s, _(actions[action].help)), "%s: %s", languages[l],
                      _(actions[action].help));
        fixture_free(s);
    }
}

Test(translation, the_diagram_of_states_keeps_its_shape)
{
    for (size_t l = 0; l < ELEMENTS(languages); l++) {
        use_language(languages[l]);
        struct document doc = {0};
        struct strbuf out = STRBUF_INIT;
        explain_diagram(&doc, '\0');
        document_print(&doc, &out, 0);
        /* What is right of the words begins in one column: a box's edge. */
        char *text = strbuf_take(&out);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            const char *right = strstr(line + 5, " +-------+");
            if (right && line[4] != ' ')
                cr_expect_eq(text_width(line, (size_t)(right - line)), 48, "%s", line);
        }
        free(text);
        document_done(&doc);
    }
}
