/*
 * Every key is pressed in every region, in each profile, live and in a replay:
 * it does what the table of actions says or says why not; none is silent.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/view/htop_keys.h"

static const char *const regions[] = {
    "",                    /* the tree */
    "815<Enter>",          /* the inspector */
    "815<Enter>5",         /* another pane */
    "815E",                /* the events */
    "815t",                /* the flat list */
    "821",                 /* on a zombie */
    "815\\state=R<Enter>", /* filtered */
};

enum {
    SPECIALS = KEY_SPECIAL_COUNT,
    FUNCTIONS = 24,
    CONTROLS = 31,
    CHARACTERS = 95,
    KEYS = SPECIALS + FUNCTIONS + CONTROLS + CHARACTERS + 1
};

static struct key key_at(int at)
{
    if (at < SPECIALS)
        return KEY_NAMED(at);
    at -= SPECIALS;
    if (at < FUNCTIONS)
        return KEY_FN(at + 1);
    at -= FUNCTIONS;
    if (at < CONTROLS)
        return KEY_CTRL('A' + at);
    at -= CONTROLS;
    return KEY_CHAR(at < CHARACTERS ? ' ' + at : 0xe9);
}

static void press(struct fixture *s, struct key key)
{
    s->intent = ui_key(&s->ui, key, &s->scene);
    fixture_rebuild(s);
    s->scene.inspected = s->ui.cursor;
    (void)fixture_screen(s);
}

/* In this region of a machine or a recording. */
static struct fixture *stage(int profile, const char *replay, const char *way)
{
    struct fixture *s = fixture_new(24, 80);
    fixture_village(s);
    fixture_tick(s);
    fixture_press(s, way);
    s->ui.settings.profile = (enum key_profile)profile;
    s->scene.replay = replay;
    s->ui.message[0] = '\0';
    return s;
}

static bool is_told(struct fixture *s, struct key key)
{
    if (s->ui.focus == REGION_INSPECTOR && key.kind == KEY_CHARACTER && key.code > '0' &&
        key.code <= '9')
        return (uint32_t)s->ui.tab == key.code - '1';
    return action_of_key(&s->ui.settings, s->scene.replay ? ACTION_NEEDS_REPLAY : 0, key) ||
           s->ui.message[0] != '\0';
}

static void press_everywhere(int profile, const char *replay, const char *way)
{
    for (int i = 0; i < KEYS; i++) {
        char name[KEY_NAME_SIZE];
        struct fixture *s = stage(profile, replay, way);
        bool has_name = *key_label(key_at(i), name) != '\0';
        press(s, key_at(i));
        cr_expect(!has_name || is_told(s, key_at(i)), "'%s' after '%s' in profile %d is silent",
                  name, way, profile);
        fixture_free(s);
    }
}

Test(every_key, is_answered_in_every_region, .timeout = 600)
{
    for (int profile = 0; profile < PROFILE_COUNT; profile++)
        for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
            press_everywhere(profile, NULL, regions[i]);
            press_everywhere(profile, "replay", regions[i]);
        }
}

/* In dialogs keys are text; none of them may break anything, and Esc leaves in the end. */
Test(every_key, does_no_harm_in_a_dialog, .timeout = 600)
{
    static const char *const dialogs[] = {"?", "k", "/", "\\", "s", "u",
                                          "n", "L", "S", "x",  "w", ":"};
    for (size_t i = 0; i < sizeof(dialogs) / sizeof(dialogs[0]); i++)
        for (int k = 0; k < KEYS; k++) {
            struct fixture *s = stage(PROFILE_DEFAULT, NULL, "815");
            fixture_press(s, dialogs[i]);
            cr_assert_gt(s->ui.modal_count, 0, "%s opens a dialog", dialogs[i]);
            press(s, key_at(k));
            fixture_press(s, "<Esc><Esc><Esc><Esc>");
            cr_expect_eq(s->ui.modal_count, 0, "%s", dialogs[i]);
            fixture_free(s);
        }
}

Test(every_key, of_htop_is_explained_where_it_does_nothing_here)
{
    struct fixture *s = stage(PROFILE_DEFAULT, NULL, "");
    fixture_press(s, "b");
    cr_expect(fixture_shows(s, "b is htop's key to show the stack of the process"), "%s",
              s->ui.message);
    s->ui.settings.profile = PROFILE_VIM;
    fixture_press(s, "X");
    cr_expect(fixture_shows(s, "X has no meaning here: ? lists the keys, : all actions"), "%s",
              s->ui.message);
    fixture_free(s);
}
