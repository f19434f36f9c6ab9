#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "themes.h"

/* ---- every style can be read on every background that its theme is for ---- */

/* xterm's first sixteen, its cube and its greys. */
static void rgb_of(int color, double rgb[3])
{
    static const int first[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                  0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                  0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
    static const int steps[6] = {0, 95, 135, 175, 215, 255};
    if (color < 16) {
        for (int i = 0; i < 3; i++)
            rgb[i] = first[color] >> (16 - 8 * i) & 0xff;
    } else if (color < 232) {
        rgb[0] = steps[(color - 16) / 36];
        rgb[1] = steps[(color - 16) / 6 % 6];
        rgb[2] = steps[(color - 16) % 6];
    } else {
        rgb[0] = rgb[1] = rgb[2] = 8 + 10 * (color - 232);
    }
}

/* WCAG's relative luminance and ratio, without its threshold for the darkest. */
static double luminance(int color)
{
    double rgb[3];
    rgb_of(color, rgb);
    for (int i = 0; i < 3; i++) {
        double part = rgb[i] / 255;
        rgb[i] = part * part * (0.7 + 0.3 * part); /* close to the power of 2.2 */
    }
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

static double ratio(int a, int b)
{
    double one = luminance(a) + 0.05, other = luminance(b) + 0.05;
    return one > other ? one / other : other / one;
}

static void expect_readable(enum theme theme, bool is_light, int background, double least_256,
                            double least_16)
{
    for (int style = 0; style < STYLE_COUNT; style++) {
        const struct look *look = theme_look(theme, is_light, (enum style)style);
        int behind_256 = look->background_256 < 0 ? background : look->background_256;
        int behind_16 = look->background_16 < 0 ? background : look->background_16;
        if (look->in_256 >= 0)
            cr_expect_geq(ratio(look->in_256, behind_256), least_256, "%s of theme %d: %.1f",
                          style_name((enum style)style), theme, ratio(look->in_256, behind_256));
        if (look->in_16 >= 0)
            cr_expect_geq(ratio(look->in_16, behind_16), least_16, "%s of theme %d in 16: %.1f",
                          style_name((enum style)style), theme, ratio(look->in_16, behind_16));
    }
}

Test(themes, can_be_read)
{
    expect_readable(THEME_DARK, false, 0, 4.5, 3);
    expect_readable(THEME_LIGHT, true, 15, 4.5, 3);
    expect_readable(THEME_CONTRAST, false, 15, 7, 7);
    expect_readable(THEME_COLORBLIND, false, 0, 4.5, 3);
    expect_readable(THEME_COLORBLIND, true, 15, 4.5, 3);
}

Test(themes, every_style_has_a_name_and_a_look)
{
    for (int style = 0; style < STYLE_COUNT; style++) {
        cr_assert_not_null(style_name((enum style)style), "style %d", style);
        for (int theme = 0; theme < THEME_COUNT; theme++) {
            const struct look *look = theme_look((enum theme)theme, false, (enum style)style);
            cr_expect(look->in_256 != look->background_256 || look->in_256 < 0, "%s in theme %d",
                      style_name((enum style)style), theme);
        }
    }
}

/* What is selected differs by more than colour where there is none. */
Test(themes, mono_marks_what_is_selected)
{
    cr_expect_neq(theme_mono(STYLE_SELECTED), theme_mono(STYLE_NORMAL));
    cr_expect_neq(theme_mono(STYLE_UNFOCUSED), theme_mono(STYLE_NORMAL));
    cr_expect_eq(theme_look(THEME_AUTO, true, STYLE_KEY),
                 theme_look(THEME_LIGHT, false, STYLE_KEY));
}

/* ---- the terminal's answer ---- */

static enum background_verdict take(struct background *background, const char *bytes)
{
    enum background_verdict verdict = BACKGROUND_HELD;
    for (; *bytes; bytes++)
        verdict = background_take(background, *bytes);
    return verdict;
}

Test(background, answers_are_taken)
{
    static const struct {
        const char *answer;
        bool is_light;
    } answers[] = {
        {"\033]11;rgb:ffff/ffff/ffff\033\\", true},
        {"\033]11;rgb:0000/0000/0000\a", false},
        {"\033]11;rgb:1e/1e/2e\033\\", false},
        {"\033]11;rgb:fd/f6/e3\a", true},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct background background = {.is_asked = true};
        cr_expect_eq(take(&background, answers[i].answer), BACKGROUND_DONE);
        cr_expect_eq(background.is_light, answers[i].is_light, "%zu", i);
        cr_expect_eq(background.length, 0);
        cr_expect_not(background.is_asked);
    }
}

Test(background, keys_are_given_back)
{
    static const char *const keys[] = {"k", "\033[A", "\033]k", "\033]11;rgb:xy", "\033]12"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct background background = {.is_asked = true};
        const char *at = keys[i];
        while (background_take(&background, *at) == BACKGROUND_HELD)
            at++;
        cr_expect_eq(background.length, (size_t)(at - keys[i]) + 1);
        cr_expect_eq(memcmp(background.held, keys[i], background.length), 0, "%zu", i);
    }
}

Test(background, an_answer_without_an_end_is_given_up)
{
    struct background background = {.is_asked = true};
    (void)take(&background, "\033]11;rgb:");
    enum background_verdict verdict = BACKGROUND_HELD;
    for (int i = 0; i < 1000 && verdict == BACKGROUND_HELD; i++)
        verdict = background_take(&background, 'f');
    cr_expect_eq(verdict, BACKGROUND_NOT_MINE);
    cr_expect_lt(background.length, sizeof(background.held));
}

Test(background, the_environment_may_tell)
{
    bool is_light = false;
    setenv("COLORFGBG", "0;15", 1);
    cr_expect(background_from_environment(&is_light) && is_light);
    setenv("COLORFGBG", "15;default;0", 1);
    cr_expect(background_from_environment(&is_light) && !is_light);
    setenv("COLORFGBG", "nonsense", 1);
    cr_expect_not(background_from_environment(&is_light));
}
