#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "reaptop/base/text.h"
#include "reaptop/view/htop_keys.h"
#include "reaptop/view/ui.h"

static struct settings settings_of(int profile)
{
    return (struct settings){.profile = (enum key_profile)profile};
}

Test(actions, every_key_does_one_thing_in_each_profile)
{
    for (int profile = 0; profile < PROFILE_COUNT; profile++)
        for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
            const struct settings settings = settings_of(profile);
            const struct key *keys = actions[action].keys[profile];
            unsigned needs = actions[action].flags & ACTION_CONDITIONS;
            for (int i = 0; i < ACTION_KEYS_MAX && keys[i].kind != KEY_NONE; i++) {
                enum action found = action_of_key(&settings, needs, keys[i]);
                cr_expect_eq((int)found, action, "%s in profile %d is taken by %s",
                             actions[action].name, profile, actions[found].name);
            }
        }
}

Test(actions, a_key_may_do_something_else_for_a_zombie_and_in_a_replay)
{
    const struct settings settings = settings_of(PROFILE_DEFAULT);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR('w')), ACTION_COMMAND_LINE);
    cr_expect_eq(action_of_key(&settings, ACTION_NEEDS_ZOMBIE, KEY_CHAR('w')), ACTION_REAP);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR('p')), ACTION_PATHS);
    cr_expect_eq(action_of_key(&settings, ACTION_NEEDS_REPLAY, KEY_CHAR('p')), ACTION_PLAY);
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR('@')), ACTION_GO_TO_TIME,
                 "which says that it needs a recording");
}

Test(actions, the_configuration_goes_before_the_profile)
{
    struct settings settings = settings_of(PROFILE_VIM);
    settings.own_keys[ACTION_FILES] = (struct key_override){true, {KEY_CHAR('l'), KEY_FN(11)}};
    struct strbuf keys = STRBUF_INIT;
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR('l')), ACTION_FILES);
    action_keys(&settings, ACTION_RIGHT, &keys);
    cr_expect_str_eq(strbuf_text(&keys), "Right");
    strbuf_clear(&keys);
    action_keys(&settings, ACTION_FILES, &keys);
    cr_expect_str_eq(strbuf_text(&keys), "l F11");
    strbuf_done(&keys);
    settings.own_keys[ACTION_FILES] = (struct key_override){.is_set = true};
    cr_expect_eq(action_of_key(&settings, 0, KEY_CHAR('l')), ACTION_RIGHT);
}

/* ---- htop ---- */

Test(actions, the_htop_profile_gives_each_key_what_it_does_in_htop)
{
    const struct settings settings = settings_of(PROFILE_HTOP);
    for (size_t row = 0; row < htop_keys_count(); row++)
        for (int i = 0; i < HTOP_KEYS_MAX && htop_keys[row].keys[i].kind != KEY_NONE; i++) {
            char name[KEY_NAME_SIZE];
            struct key key = htop_keys[row].keys[i];
            enum action found = action_of_key(&settings, 0, key);
            cr_expect_eq(htop_key_find(key), &htop_keys[row], "%s stands in one row",
                         key_label(key, name));
            if (htop_keys[row].action)
                cr_expect_eq(found, htop_keys[row].action, "%s is %s", key_label(key, name),
                             found ? actions[found].name : "nothing");
            else
                cr_expect_not_null(htop_keys[row].instead, "%s", key_label(key, name));
        }
}

/* Every value of enum action has its row, and every row says what it does. */
Test(actions, every_row_has_a_function)
{
    cr_expect_null(actions[ACTION_NONE].act);
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        cr_expect_not_null(actions[action].name, "action %d has no row", action);
        cr_expect(actions[action].act != NULL, "%s has no function", actions[action].name);
    }
}

Test(actions, each_has_a_name_and_a_help_that_fits)
{
    cr_assert(setlocale(LC_ALL, "C.UTF-8"));
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        cr_assert_not_null(actions[action].name);
        cr_assert_not_null(actions[action].help);
        cr_expect_leq(text_width(actions[action].help, strlen(actions[action].help)), 61,
                      "%s is too long for the help at 80 columns", actions[action].name);
        for (int other = action + 1; other < ACTION_COUNT; other++)
            cr_expect_str_neq(actions[action].name, actions[other].name);
    }
}

/* Of replay's own keys, or of all others. */
static void expect_places(bool is_replays)
{
    int taken[ACTION_COUNT + 1] = {0}, most = 0;
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        int place = actions[action].footer;
        cr_expect_eq(place > 0, actions[action].label[0] != '\0', "%s", actions[action].name);
        if ((actions[action].group == GROUP_REPLAY) != is_replays)
            continue;
        taken[place]++;
        most = place > most ? place : most;
    }
    cr_expect_gt(most, 0);
    for (int place = 1; place <= most; place++)
        cr_expect_eq(taken[place], 1, "place %d", place);
}

Test(actions, footer_places_are_taken_once_and_without_a_gap)
{
    expect_places(false);
    expect_places(true);
}

/* Every F-key has a letter: some terminals keep F1, F10 and F11 for themselves. */
Test(actions, every_function_key_has_a_letter)
{
    for (int profile = 0; profile < PROFILE_COUNT; profile++)
        for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
            bool has_function = false, has_letter = false;
            if (action == ACTION_SEARCH_PREVIOUS)
                continue; /* S-F3 beside a control key */
            for (int i = 0; i < ACTION_KEYS_MAX; i++) {
                has_function |= actions[action].keys[profile][i].kind == KEY_FUNCTION;
                has_letter |= actions[action].keys[profile][i].kind == KEY_CHARACTER;
            }
            cr_expect(!has_function || has_letter, "%s", actions[action].name);
        }
}

Test(actions, keys_that_users_rely_on)
{
    const struct settings default_keys = settings_of(PROFILE_DEFAULT);
    const struct settings vim_keys = settings_of(PROFILE_VIM);
    static const struct {
        struct key key;
        enum action action;
    } usual[] = {
        {{.kind = KEY_CHARACTER, .code = 'k'}, ACTION_SIGNAL},
        {{.kind = KEY_FUNCTION, .code = 9}, ACTION_SIGNAL},
        {{.kind = KEY_CHARACTER, .code = 'j'}, ACTION_DOWN},
        {{.kind = KEY_CHARACTER, .code = ' '}, ACTION_TAG},
        {{.kind = KEY_CHARACTER, .code = 'c'}, ACTION_TAG_SUBTREE},
        {{.kind = KEY_CHARACTER, .code = 'U'}, ACTION_UNTAG},
        {{.kind = KEY_CHARACTER, .code = 't'}, ACTION_TREE},
        {{.kind = KEY_FUNCTION, .code = 5}, ACTION_TREE},
        {{.kind = KEY_FUNCTION, .code = 6}, ACTION_SORT},
        {{.kind = KEY_CHARACTER, .code = 'K'}, ACTION_KERNEL},
        {{.kind = KEY_CHARACTER, .code = '\\'}, ACTION_FILTER},
        {{.kind = KEY_CONTROL, .code = 'L'}, ACTION_REDRAW},
        {{.kind = KEY_FUNCTION, .code = 10}, ACTION_QUIT},
        {{.kind = KEY_CHARACTER, .code = 'h'}, ACTION_HELP},
        {{.kind = KEY_CHARACTER, .code = 'M'}, ACTION_SORT_MEMORY},
        {{.kind = KEY_CHARACTER, .code = 'P'}, ACTION_SORT_CPU},
        {{.kind = KEY_CHARACTER, .code = 'T'}, ACTION_SORT_TIME},
        {{.kind = KEY_CHARACTER, .code = 'N'}, ACTION_SORT_PID},
        {{.kind = KEY_CHARACTER, .code = 'e'}, ACTION_ENVIRONMENT},
        {{.kind = KEY_CHARACTER, .code = 'l'}, ACTION_FILES},
        {{.kind = KEY_CHARACTER, .code = '\x01'}, ACTION_NONE},
    };
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        cr_expect_eq(action_of_key(&default_keys, 0, usual[i].key), usual[i].action, "%zu", i);
    cr_expect_eq(action_of_key(&vim_keys, 0, KEY_CHAR('k')), ACTION_UP);
    cr_expect_eq(action_of_key(&vim_keys, 0, KEY_CHAR('K')), ACTION_SIGNAL);
}

Test(actions, keys_have_names)
{
    char name[KEY_NAME_SIZE];
    struct strbuf out = STRBUF_INIT;
    cr_expect_str_eq(key_label(KEY_CHAR(' '), name), "Space");
    cr_expect_str_eq(key_label(KEY_CTRL('L'), name), "Ctrl-L");
    cr_expect_str_eq(key_label(KEY_NAMED(KEY_IS_PAGE_DOWN), name), "PgDn");
    cr_expect_str_eq(key_label(KEY_CHAR(0x10ffff), name), "U+10FFFF");
    cr_expect_str_eq(key_label((struct key){.kind = KEY_NONE}, name), "");
    const struct settings settings = settings_of(PROFILE_DEFAULT);
    action_keys(&settings, ACTION_SIGNAL, &out);
    cr_expect_str_eq(strbuf_text(&out), "k F9");
    strbuf_done(&out);
}
