/*
 * Every key is pressed in every region, in each profile, live and in a replay:
 * it does what the table of actions says or says why not; none is silent.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/view/htop_keys.h"

static const char *const regions[] = {
    "",           /* the tree */
    "815<Enter>", /* the inspector, and each of its panes */
    "815<Enter>2",
    "815<Enter>3",
    "815<Enter>4",
    "815<Enter>5",
    "815<Enter>6",
    "815<Enter>7",
    "815<Enter>8",
    "815<Enter>9",
    "815E",                /* the events */
    "815t",                /* the flat list */
    "821",                 /* on a zombie */
    "815\\state=R<Enter>", /* filtered */
};

/* The inspector over the tree, and beside it. */
static const struct size {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 180}};

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
static struct fixture *stage(struct size size, int profile, const char *replay, const char *way)
{
    struct fixture *s = fixture_new(size.rows, size.cols);
    fixture_village(s);
    fixture_tick(s);
    fixture_press(s, way);
    s->ui.settings.profile = (enum key_profile)profile;
    s->scene.replay = replay;
    s->ui.message[0] = '\0';
    return s;
}

/* Where the inspector stands beside the tree a digit shows its pane from there, too. */
static bool is_pane_key(struct fixture *s, struct key key)
{
    bool has_panes = s->ui.focus == REGION_INSPECTOR || ui_layout(&s->ui, &s->scene).is_split;
    return has_panes && key.kind == KEY_CHARACTER && key.code > '0' && key.code <= '9' &&
           (uint32_t)s->ui.tab == key.code - '1';
}

static bool is_told(struct fixture *s, struct key key)
{
    return is_pane_key(s, key) || s->ui.message[0] != '\0' ||
           action_of_key(&s->ui.settings, s->scene.replay ? ACTION_NEEDS_REPLAY : 0, key);
}

/* An experiment that waits for a prediction. */
static void show_lab(struct fixture *s, struct document *doc)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "What will happen?");
    s->scene.lab = doc;
    s->scene.lab_title = "zombie";
    s->scene.lab_waits = true;
    s->scene.lab_choice_count = 2;
    ui_show_lab(&s->ui);
    fixture_rebuild(s);
}

static void press_everywhere(struct size size, int profile, const char *replay, const char *way)
{
    for (int i = 0; i < KEYS; i++) {
        char name[KEY_NAME_SIZE];
        struct fixture *s = stage(size, profile, replay, way);
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
        for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
            for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
                press_everywhere(sizes[j], profile, NULL, regions[i]);
                press_everywhere(sizes[j], profile, "replay", regions[i]);
            }
}

/* A digit predicts, Enter goes on. */
static bool is_lab_key(struct key key)
{
    return key_is_same(key, KEY_NAMED(KEY_IS_ENTER)) ||
           (key.kind == KEY_CHARACTER && key.code >= '0' && key.code <= '9');
}

Test(every_key, is_answered_in_the_lab)
{
    for (int profile = 0; profile < PROFILE_COUNT; profile++)
        for (int i = 0; i < KEYS; i++) {
            char name[KEY_NAME_SIZE];
            struct document lab = DOCUMENT_INIT;
            struct fixture *s = stage(sizes[0], profile, NULL, "815");
            bool has_name = *key_label(key_at(i), name) != '\0';
            show_lab(s, &lab);
            s->ui.message[0] = '\0';
            press(s, key_at(i));
            cr_expect(!has_name || is_lab_key(key_at(i)) || is_told(s, key_at(i)),
                      "'%s' in the lab in profile %d is silent", name, profile);
            s->scene.lab = NULL;
            fixture_free(s);
            document_done(&lab);
        }
}

/* In dialogs keys are text; none of them may break anything, and Esc leaves in the end. */
Test(every_key, does_no_harm_in_a_dialog, .timeout = 600)
{
    static const char *const dialogs[] = {"?", "k", "/", "\\", "s", "u", "n",
                                          "L", "S", "x", "w",  ":", "A"};
    for (size_t i = 0; i < sizeof(dialogs) / sizeof(dialogs[0]); i++)
        for (int k = 0; k < KEYS; k++) {
            struct fixture *s = stage(sizes[0], PROFILE_DEFAULT, NULL, "815");
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
    struct fixture *s = stage(sizes[0], PROFILE_DEFAULT, NULL, "");
    fixture_press(s, "<F19>");
    cr_expect(fixture_shows(s, "S-F7 is htop's key to change the nice value of its autogroup"),
              "%s", s->ui.message);
    s->ui.settings.profile = PROFILE_VIM;
    fixture_press(s, "X");
    cr_expect(fixture_shows(s, "X has no meaning here: ? lists the keys, : all actions"), "%s",
              s->ui.message);
    fixture_free(s);
}
