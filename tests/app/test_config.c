#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "config_keys.h"

static char home[64];

static void make_home(void)
{
    strcpy(home, "/tmp/reaptop-config.XXXXXX");
    cr_assert_not_null(mkdtemp(home));
    setenv("XDG_CONFIG_HOME", home, 1);
}

static void remove_home(void)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/reaptop/reaptop.conf", home);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/reaptop", home);
    (void)rmdir(path);
    (void)rmdir(home);
}

TestSuite(config, .init = make_home, .fini = remove_home);

static struct settings defaults(void)
{
    return (struct settings){.mouse = true, .delay_ns = 1000000000};
}

static int parse(const char *text, struct settings *settings, struct error *error)
{
    return config_parse(text, strlen(text), "f", settings, error);
}

Test(config, what_is_saved_is_loaded)
{
    struct settings settings = defaults(), loaded = defaults();
    settings.profile = PROFILE_VIM;
    settings.color = COLOR_MODE_16;
    settings.shape = TREE_FLAT;
    settings.sort = FIELD_RSS_KIB;
    settings.delay_ns = 2500000000;
    settings.mouse = false;
    settings.shows_threads = true;
    struct error error = ERROR_INIT;
    cr_assert_eq(config_save(&settings, &error), 0, "%s", error.message);
    cr_assert_eq(config_load(&loaded, &error), 0, "%s", error.message);
    cr_expect_eq(memcmp(&settings, &loaded, sizeof(settings)), 0);

    struct stat info;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/reaptop/reaptop.conf", home);
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0600);
}

/* More than a line of the file can hold. */
Test(config, every_column_is_saved_and_loaded)
{
    struct settings settings = defaults(), loaded = defaults();
    struct error error = ERROR_INIT;
    for (int i = COLUMN_COMMAND - 1; i >= 0; i--) {
        column_set_toggle(&settings.columns, (enum column)i);
        column_set_widen(&settings.columns, (enum column)i, 20, 1);
    }
    cr_assert_eq(config_save(&settings, &error), 0, "%s", error.message);
    cr_assert_eq(config_load(&loaded, &error), 0, "%s", error.message);
    cr_expect_eq(memcmp(&settings.columns, &loaded.columns, sizeof(loaded.columns)), 0);

    settings.columns = column_preset(PRESET_MEMORY);
    cr_assert_eq(config_save(&settings, &error), 0);
    cr_assert_eq(config_load(&loaded, &error), 0);
    cr_expect_eq((int)column_preset_of(&loaded.columns), PRESET_MEMORY);
}

Test(config, a_wrong_line_costs_that_line)
{
    struct settings settings = defaults();
    struct error error = ERROR_INIT;
    cr_expect_eq(parse("ascii = yes\ndelay = 1y\nmouse = no\n", &settings, &error), -EINVAL);
    cr_expect(strstr(error.message, "f:2: delay: invalid value '1y'"), "%s", error.message);
    cr_expect(settings.ascii);
    cr_expect_eq(settings.delay_ns, 1000000000);
    cr_expect_not(settings.mouse, "what follows still counts");
}

Test(config, keys_are_given_anew_and_saved)
{
    struct settings settings = defaults(), loaded = defaults();
    struct error error = ERROR_INIT;
    cr_assert_eq(
        parse("[keys]\nfiles = Ctrl-O U+003B\nkernel=none\ntag = = , S-F3\n", &settings, &error), 0,
        "%s", error.message);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CTRL('O')), ACTION_FILES);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR(';')), ACTION_FILES);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR('=')), ACTION_TAG);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR(',')), ACTION_TAG);
    cr_expect_eq(action_of_key(&settings, 0, KEY_FN(15)), ACTION_TAG);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR('l')), ACTION_NONE);
    cr_assert_eq(config_save(&settings, &error), 0, "%s", error.message);
    cr_assert_eq(config_load(&loaded, &error), 0, "%s", error.message);
    for (int action = 0; action < ACTION_COUNT; action++) {
        const struct key_override *one = &settings.own_keys[action];
        const struct key_override *other = &loaded.own_keys[action];
        cr_expect_eq(one->is_set, other->is_set);
        for (int key = 0; key < ACTION_KEYS_MAX; key++)
            cr_expect(key_is_same(one->keys[key], other->keys[key]));
    }
}

Test(config, colours_are_given_anew_and_saved)
{
    struct settings settings = defaults(), loaded = defaults();
    struct error error = ERROR_INIT;
    cr_assert_eq(parse("theme = light\n[colors]\nzombie = 203 bold underline\n"
                       "selected = black on 15\ndim = default dim\n",
                       &settings, &error),
                 0, "%s", error.message);
    cr_expect_eq(settings.theme, THEME_LIGHT);
    cr_expect_eq(settings.own_styles[STYLE_ZOMBIE].front, 203);
    cr_expect_eq(settings.own_styles[STYLE_SELECTED].background, 15);
    cr_expect_eq(settings.own_styles[STYLE_DIM].attributes, LOOK_DIM);
    cr_assert_eq(config_save(&settings, &error), 0, "%s", error.message);
    cr_assert_eq(config_load(&loaded, &error), 0, "%s", error.message);
    for (int style = 0; style < STYLE_COUNT; style++) {
        const struct style_override *one = &settings.own_styles[style];
        const struct style_override *other = &loaded.own_styles[style];
        cr_expect_eq(one->is_set, other->is_set);
        cr_expect_eq(one->front, other->front);
        cr_expect_eq(one->background, other->background);
        cr_expect_eq(one->attributes, other->attributes);
    }
}

Test(config, clashes_of_keys_are_told)
{
    struct settings settings = defaults();
    struct error error = ERROR_INIT;
    struct strbuf clashes = STRBUF_INIT;
    cr_expect_eq(parse("[keys]\nfiles = k\nsignal = k\n", &settings, &error), -EINVAL);
    cr_expect(strstr(error.message, "f:3: signal: k is given to files already"), "%s",
              error.message);
    config_keys_clashes(&settings, &clashes);
    cr_expect_str_eq(strbuf_text(&clashes), "", "F9 is left to the signal");
    error = ERROR_INIT;
    cr_expect_eq(parse("[keys]\nfiles = x\n", &settings, &error), 0);
    config_keys_clashes(&settings, &clashes);
    cr_expect_str_eq(strbuf_text(&clashes), "x is files now: ended has no key");
    strbuf_clear(&clashes);
    cr_expect_eq(parse("[keys]\nended = none\n", &settings, &error), 0);
    config_keys_clashes(&settings, &clashes);
    cr_expect_str_eq(strbuf_text(&clashes), "", "it was meant");
    strbuf_done(&clashes);
}

Test(config, hostile_text)
{
    static const char *const texts[] = {"colour = red\n",
                                        "[[[[\n",
                                        "=\n",
                                        "\x1b]52;c;x\x07 = 1\n",
                                        "sort = shoe\n",
                                        "ascii\n",
                                        "keys = VIMM\n",
                                        "[keys]\nfly = x\n",
                                        "[colors]\nzombie = pink\n",
                                        "[colors]\nfly = 1\n",
                                        "[colors]\ndim = 1 on\n",
                                        "[colors]\ndim = 256\n",
                                        "[keys]\nfiles = \n",
                                        "[keys]\nfiles = F99\n",
                                        "[keys]\nfiles = Ctrl-\n",
                                        "[keys]\nfiles = a b c d e f g\n",
                                        "columns = pid,shoe\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct settings settings = defaults(), before = defaults();
        struct error error = ERROR_INIT;
        cr_expect_eq(parse(texts[i], &settings, &error), -EINVAL, "'%s'", texts[i]);
        cr_expect_eq(memcmp(&settings, &before, sizeof(settings)), 0, "'%s'", texts[i]);
        cr_expect(strlen(error.message) > 0);
    }
    struct settings settings = defaults();
    cr_expect_eq(config_parse("a\0b", 3, "f", &settings, NULL), -EINVAL);
}

Test(config, what_is_no_file_is_reported_and_not_waited_for)
{
    char path[128];
    struct settings settings = defaults();
    struct error error = ERROR_INIT;
    (void)snprintf(path, sizeof(path), "%s/reaptop", home);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/reaptop/reaptop.conf", home);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(config_load(&settings, &error), -EINVAL);
    cr_expect(strstr(error.message, "reaptop.conf"), "%s", error.message);
}

Test(config, a_huge_file_is_refused)
{
    char path[128];
    struct settings settings = defaults();
    struct error error = ERROR_INIT;
    (void)snprintf(path, sizeof(path), "%s/reaptop", home);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/reaptop/reaptop.conf", home);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, 1 << 20), 0);
    close(fd);
    cr_expect_eq(config_load(&settings, &error), -EFBIG);
}

Test(config, none_is_no_complaint)
{
    struct settings settings = defaults();
    struct error error = ERROR_INIT;
    cr_expect_eq(config_load(&settings, &error), 0, "%s", error.message);
}
