/*
 * --linear: what a screen reader or a braille display is given. Each view is
 * opened and read: no box, no rule, no bar, nothing beside anything else, and
 * the cursor on what is selected.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "support/spawn.h"
#include "support/terminal.h"
#include "support/test_child.h"

enum {
    ROWS = 24,
    COLS = 100
};

static struct terminal *t;
static pid_t child;

static void be_named(void *argument)
{
    (void)argument;
    prctl(PR_SET_NAME, "linear-child");
    specimen_ready();
    specimen_stay();
}

static void set_up(void)
{
    char pid[16];
    child = specimen_start(be_named, NULL);
    cr_assert_gt(child, 0);
    (void)snprintf(pid, sizeof(pid), "%d", (int)child);
    t = terminal_start(&(struct terminal_options){
        .rows = ROWS,
        .cols = COLS,
        .argv = (const char *[]){terminal_reaptop(), "--linear", "-p", pid, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "linear-child, sleeping"));
}

static void tear_down(void)
{
    spawn_done();
    terminal_free(t);
    t = NULL;
    specimen_end(child);
}

TestSuite(linear, .init = set_up, .fini = tear_down);

/* Box drawing and block elements of Unicode, and their stand-ins in a row. */
static void expect_no_drawing(const char *view)
{
    static const char *const in_ascii[] = {"---", "___", "===", "|--", "`- ", "||"};
    for (int row = 0; row < ROWS; row++)
        for (int col = 0; col < COLS; col++) {
            unsigned point = terminal_cell(t, row, col).chars[0];
            cr_expect_not(point >= 0x2500 && point <= 0x259f, "%s: U+%04X in: %s", view, point,
                          terminal_row(t, row));
        }
    for (size_t i = 0; i < sizeof(in_ascii) / sizeof(*in_ascii); i++)
        cr_expect_eq(terminal_find(t, in_ascii[i]), -1, "%s: %s in: %s", view, in_ascii[i],
                     terminal_text(t));
}

static bool cursor_is_on(struct terminal *terminal, const void *text)
{
    int row, col;
    bool is_visible;
    terminal_cursor(terminal, &row, &col, &is_visible);
    return is_visible && strstr(terminal_row(terminal, row), text);
}

Test(linear, a_process_is_a_sentence_with_the_cursor_on_it)
{
    char sentence[80];
    (void)snprintf(sentence, sizeof(sentence), "%d linear-child, sleeping, PPID ", (int)child);
    cr_expect(terminal_wait_text(t, sentence));
    cr_expect(terminal_wait_text(t, "1 process"));
    cr_expect(terminal_wait(t, cursor_is_on, sentence), "%s", terminal_text(t));
    cr_expect_eq(strncmp(terminal_row(t, terminal_find(t, sentence)), sentence, strlen(sentence)),
                 0, "it begins in the first column");
    cr_expect_eq(terminal_find(t, "load "), -1, "what changes all the time is left out");
    expect_no_drawing("tree");
    terminal_send(t, " ");
    cr_expect(terminal_wait_text(t, "tagged, "), "in words");
}

/* The first mapping of a child under AddressSanitizer is its shadow, of which no page is there. */
#ifdef __SANITIZE_ADDRESS__
#define PAGES_SHOWS "absent: "
#else
#define PAGES_SHOWS "present"
#endif

Test(linear, every_view_is_read_without_drawing)
{
    static const struct {
        const char *keys, *shows, *back;
    } views[] = {
        {"\r1", "child of:", NULL},
        {"2", "linear-child", NULL},
        {"3", "KIND", NULL},
        {"4", PAGES_SHOWS, NULL},
        {"5", "blocked", NULL},
        {"6", "TYPE", NULL},
        {"7", "TID", NULL},
        {"8", "linear-child", NULL},
        {"9", "=", TERMINAL_ESCAPE},
        {"k", "What SIG", TERMINAL_ESCAPE},
        {"?", "up one row", TERMINAL_ESCAPE},
        {"L", "zombie", TERMINAL_ESCAPE},
        {":", "Tab", TERMINAL_ESCAPE},
        {"n", "Esc", TERMINAL_ESCAPE},
        {"u", "root", TERMINAL_ESCAPE},
        {"E", "Events:", "E"},
        {"#", "PSI", "#"},
        {"x", "CHILD OF", TERMINAL_ESCAPE},
        {"A", "parent", TERMINAL_ESCAPE},
        {"a", "CPU affinity", TERMINAL_ESCAPE},
        {"z", "its PID", TERMINAL_ESCAPE},
        {"\033OQ", "refresh every", TERMINAL_ESCAPE}, /* F2 */
    };
    for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
        terminal_send(t, views[i].keys);
        cr_expect(terminal_wait_text(t, views[i].shows), "%s: %s", views[i].keys, terminal_text(t));
        expect_no_drawing(views[i].shows);
        if (views[i].keys[0] != '\r' && !views[i].back)
            cr_expect_eq(terminal_find(t, ", sleeping, PPID"), -1, "nothing stands beside it");
        if (!views[i].back)
            continue;
        terminal_send(t, views[i].back);
        cr_assert(terminal_wait_text(t, ", sleeping, PPID"), "%s: %s", views[i].keys,
                  terminal_text(t));
    }
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
}
