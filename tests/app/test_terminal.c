/* The pseudo-terminal that the tests of the screen stand on, with a shell as the program. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/terminal.h"

static struct terminal *start(const char *script)
{
    struct terminal *t = terminal_start(&(struct terminal_options){
        .rows = 10, .cols = 40, .argv = (const char *[]){"/bin/sh", "-c", script, NULL}});
    cr_assert_not_null(t);
    return t;
}

Test(terminal, shows_text_style_and_cursor)
{
    struct terminal *t = start("printf 'one\\r\\n\\033[7mtw\\303\\266\\033[m'; read x; exit 3");
    cr_assert(terminal_wait_text(t, "twö"));
    cr_expect_eq(terminal_find(t, "one"), 0);
    cr_expect(terminal_cell(t, 1, 0).reverse);
    cr_expect_not(terminal_cell(t, 0, 0).reverse);
    int row, col;
    bool visible;
    terminal_cursor(t, &row, &col, &visible);
    cr_expect_eq(row, 1);
    cr_expect_eq(col, 3);
    cr_expect(visible);
    terminal_send(t, "\r");
    cr_expect_eq(terminal_wait_end(t), 3);
    terminal_free(t);
}

Test(terminal, reports_the_alternate_screen_and_changed_modes)
{
    struct terminal *t = start("stty raw -echo; printf '\\033[?1049h\\033[?1000h in'; read x;"
                               "printf '\\033[?1000l\\033[?1049l out'; read x");
    cr_assert(terminal_wait_text(t, "in"));
    cr_expect(terminal_is_alternate(t));
    cr_expect(terminal_has_mouse(t));
    cr_expect_not(terminal_modes_restored(t));
    terminal_send(t, "\n");
    cr_assert(terminal_wait_text(t, "out"));
    cr_expect_not(terminal_is_alternate(t));
    cr_expect_not(terminal_has_mouse(t));
    terminal_send(t, "\n");
    cr_expect_eq(terminal_wait_end(t), 0);
    /* The modes outlive the program, so that what it left behind can be told. */
    cr_expect_not(terminal_modes_restored(t));
    terminal_free(t);
}

Test(terminal, resizes)
{
    struct terminal *t = start("trap 'stty size' WINCH; echo ready; while :; do read x; done");
    cr_assert(terminal_wait_text(t, "ready"));
    cr_expect(terminal_resize(t, 20, 77));
    terminal_send(t, "\r");
    cr_expect(terminal_wait_text(t, "20 77"));
    terminal_free(t);
}

Test(terminal, reports_a_stop_and_continues)
{
    struct terminal *t = start("echo ready; kill -STOP $$; echo again; exit 4");
    cr_assert(terminal_wait_stop(t));
    cr_expect_eq(terminal_find(t, "again"), -1);
    cr_assert(terminal_continue(t));
    cr_expect_eq(terminal_wait_end(t), 4);
    cr_expect(terminal_find(t, "again") > 0);
    terminal_free(t);
}

Test(terminal, a_lost_terminal_ends_what_is_read_from_it)
{
    struct terminal *t = start("echo ready; read x || exit 5");
    cr_assert(terminal_wait_text(t, "ready"));
    terminal_hang_up(t);
    cr_expect_eq(terminal_wait_end(t), 5);
    terminal_free(t);
}

Test(terminal, closes_descriptors_and_sets_the_environment)
{
    const char *script = "[ -e /proc/self/fd/0 ] && echo open || echo closed; echo \"<$TERM$ADD>\"";
    struct terminal *t = terminal_start(
        &(struct terminal_options){.rows = 10,
                                   .cols = 40,
                                   .argv = (const char *[]){"/bin/sh", "-c", script, NULL},
                                   .env = (const char *[]){"TERM", "ADD=more", NULL},
                                   .closed_fds = 1U << 0});
    cr_assert_not_null(t);
    cr_expect_eq(terminal_wait_end(t), 0);
    cr_expect(terminal_find(t, "closed") >= 0);
    cr_expect(terminal_find(t, "<more>") >= 0, "%s", terminal_text(t));
    terminal_free(t);
}
