/*
 * The terminal's side, on a real pseudo-terminal: a child draws what it is
 * told by keys, the test plays the terminal with libvterm.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include "reaptop/base/clock.h"
#include "reaptop/term/term.h"

enum {
    ROWS = 24,
    COLS = 80,
    DEADLINE_MS = 10000,
    STATUS_REFUSED = 42,
    STATUS_EMERGENCY = 43,
};

/* ---- the child ---- */

static void describe(struct key key, char *text, size_t size)
{
    char name[KEY_NAME_SIZE];
    if (key.kind == KEY_MOUSE_EVENT)
        (void)snprintf(text, size, "mouse %d at %d,%d", (int)key.mouse, key.row, key.col);
    else
        (void)snprintf(text, size, "key %s", key_label(key, name));
}

/* Rows that replace one another: halves of wide characters fall on whole ones and on blanks. */
static const char *const wide_rows[] = {
    "[中文中文]", "[a中文中]", "[中文中文x]",   "[ab]",
    "[a文b文c]",  "[文]中文",  "[e\xcc\x81中]", "[中文中文]",
};

enum {
    WIDE_ROWS = sizeof(wide_rows) / sizeof(wide_rows[0])
};

static size_t wide_row;

static void draw(struct grid *grid, const char *last)
{
    int rows, cols;
    term_size(&rows, &cols);
    (void)grid_resize(grid, rows, cols);
    (void)grid_printf(grid, 0, 0, cols, STYLE_NORMAL, "size %dx%d", rows, cols);
    (void)grid_puts(grid, 1, 0, cols, STYLE_NORMAL, last);
    (void)grid_puts(grid, 2, 0, cols, STYLE_SELECTED, "selected");
    (void)grid_puts(grid, 3, 0, cols, STYLE_NORMAL, "wide 中文 e\xcc\x81 end");
    grid_fill(grid, (struct rect){4, 0, 1, 10}, STYLE_DIM, L'─');
    (void)grid_puts(grid, 5, 0, cols, STYLE_NORMAL, wide_rows[wide_row % WIDE_ROWS]);
    (void)grid_puts(grid, rows - 1, cols - 3, 3, STYLE_NORMAL, "end");
    grid->cursor_row = 2;
    grid->cursor_col = 5;
    term_draw(grid);
}

static volatile sig_atomic_t has_new_size;

static void on_winch(int signal_number)
{
    (void)signal_number;
    has_new_size = 1;
}

static void wait_for_input(void)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    int r = poll(&fd, 1, DEADLINE_MS);
    if (r == 0 || (r < 0 && errno != EINTR))
        _exit(STATUS_REFUSED);
}

static void suspend(void)
{
    char byte;
    term_suspend();
    (void)!write(STDOUT_FILENO, "away\r\n", 6);
    (void)!read(STDIN_FILENO, &byte, 1);
    term_resume();
}

static void obey(struct key key, struct grid *grid, char *last, size_t size)
{
    describe(key, last, size);
    if (key_is_same(key, KEY_CHAR('q'))) {
        term_stop();
        _exit(0); /* what the runner holds is none of the child's leaks */
    }
    if (key_is_same(key, KEY_CHAR('!'))) {
        term_emergency_restore();
        _exit(STATUS_EMERGENCY);
    }
    if (key_is_same(key, KEY_CHAR('z')))
        suspend();
    if (key_is_same(key, KEY_CHAR('w')))
        wide_row++;
    if (key_is_same(key, KEY_CHAR('r')))
        term_redraw();
    for (int i = 0; key_is_same(key, KEY_CHAR('n')) && i < 200; i++)
        draw(grid, last);
}

static void run_child(const struct term_options *options)
{
    struct error error = ERROR_INIT;
    struct grid grid = GRID_INIT;
    struct sigaction action = {.sa_handler = on_winch};
    char last[80] = "none";
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)sigaction(SIGWINCH, &action, NULL);
    (void)setlocale(LC_ALL, "C.UTF-8");
    if (term_start(options, &error) < 0) {
        (void)printf("refused: %s\r\n", error.message);
        (void)fflush(stdout);
        _exit(STATUS_REFUSED);
    }
    for (;;) {
        struct key key;
        if (has_new_size) {
            has_new_size = 0;
            term_resize();
        }
        draw(&grid, last);
        wait_for_input();
        while (term_read_key(&key))
            obey(key, &grid, last, sizeof(last));
    }
}

/* ---- the terminal ---- */

static pid_t child = -1;
static int master = -1;
static VTerm *vterm;
static VTermScreen *screen;
static size_t bytes;
static bool is_alternate;
static struct strbuf written; /* all of it, raw */
static struct termios modes_before;

static int on_property(VTermProp property, VTermValue *value, void *data)
{
    (void)data;
    if (property == VTERM_PROP_ALTSCREEN)
        is_alternate = value->boolean;
    return 1;
}

/* libvterm reads only the first of several modes in one sequence. */
static bool has_mouse(void)
{
    const char *on = NULL, *off = NULL;
    for (const char *at = strbuf_text(&written); (at = strstr(at, "1000")) != NULL; at += 4) {
        const char *end = at + strspn(at, "0123456789;");
        *(*end == 'h' ? &on : &off) = at;
    }
    return on > off;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void start(const struct term_options *options, const char *name)
{
    struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
    vterm = vterm_new(ROWS, COLS);
    vterm_set_utf8(vterm, 1);
    screen = vterm_obtain_screen(vterm);
    vterm_screen_enable_altscreen(screen, 1);
    vterm_screen_set_callbacks(screen, &callbacks, NULL);
    vterm_screen_reset(screen, 1);
    child = forkpty(&master, NULL, NULL, &size);
    cr_assert_geq(child, 0);
    if (child == 0) {
        (void)unsetenv("NO_COLOR");
        (void)(name ? setenv("TERM", name, 1) : unsetenv("TERM"));
        run_child(options);
        _exit(0);
    }
    (void)fcntl(master, F_SETFL, O_NONBLOCK);
    (void)tcgetattr(master, &modes_before);
}

/* Reads what has come; false at the end of the terminal. */
static bool take(int wait_ms)
{
    char buffer[4096];
    struct pollfd fd = {.fd = master, .events = POLLIN};
    (void)poll(&fd, 1, wait_ms);
    ssize_t length = read(master, buffer, sizeof(buffer));
    if (length > 0) {
        (void)vterm_input_write(vterm, buffer, (size_t)length);
        bytes += (size_t)length;
        strbuf_append(&written, buffer, (size_t)length);
    }
    return length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR));
}

static const char *row_text(int row)
{
    static char text[4 * 512];
    int rows, cols;
    vterm_get_size(vterm, &rows, &cols);
    VTermRect rect = {.start_row = row, .end_row = row + 1, .start_col = 0, .end_col = cols};
    size_t length = vterm_screen_get_text(screen, text, sizeof(text) - 1, rect);
    text[length] = '\0';
    return text;
}

static bool await_text(int row, const char *expected)
{
    uint64_t deadline = clock_boot_ns() + DEADLINE_MS * NS_PER_MS;
    while (!strstr(row_text(row), expected)) {
        if (clock_boot_ns() > deadline || !take(100)) {
            fprintf(stderr, "row %d is: %s\n", row, row_text(row));
            return false;
        }
    }
    return true;
}

static void send_keys(const char *keys)
{
    cr_assert_eq(write(master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* The exit status, once the child has ended and all is read. */
static int await_end(void)
{
    uint64_t deadline = clock_boot_ns() + DEADLINE_MS * NS_PER_MS;
    int status = -1;
    while (take(100) && clock_boot_ns() < deadline)
        ;
    if (waitpid(child, &status, 0) == child)
        child = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void teardown(void)
{
    if (child > 0) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    if (master >= 0)
        (void)close(master);
    if (vterm)
        vterm_free(vterm);
    strbuf_done(&written);
}

TestSuite(term, .fini = teardown);

static const struct term_options plain = {.mouse = true};

/* ---- tests ---- */

Test(term, draws_cells_styles_and_cursor)
{
    VTermPos cursor;
    VTermScreenCell cell;
    start(&plain, "xterm-256color");
    cr_assert(await_text(0, "size 24x80"));
    cr_assert(await_text(ROWS - 1, "end"));
    cr_assert(await_text(3, "wide 中文 e\xcc\x81 end"));
    cr_assert(await_text(4, "──────────"));
    cr_expect(is_alternate);
    vterm_screen_get_cell(screen, (VTermPos){2, 0}, &cell);
    cr_expect_not(VTERM_COLOR_IS_DEFAULT_BG(&cell.bg), "the selected row is seen");
    cr_assert(await_text(2, "selected"));
    send_keys("x");
    cr_assert(await_text(1, "key x"));
    vterm_state_get_cursorpos(vterm_obtain_state(vterm), &cursor);
    cr_expect(cursor.row == 2 && cursor.col == 5, "%d,%d", cursor.row, cursor.col);
    send_keys("q");
    cr_expect_eq(await_end(), 0);
    cr_expect_not(is_alternate);
    cr_expect_not(has_mouse());
}

Test(term, keys_are_decoded)
{
    static const struct {
        const char *typed, *label;
    } keys[] = {
        {"\033OA", "key Up"},       {"\033OD", "key Left"}, {"\033[5~", "key PgUp"},
        {"\033OH", "key Home"},     {"\033OP", "key F1"},   {"\033[20~", "key F9"},
        {"\033[21~", "key F10"},    {"\t", "key Tab"},      {"\033[Z", "key S-Tab"},
        {"\r", "key Enter"},        {"\177", "key BkSp"},   {"\033[3~", "key Del"},
        {" ", "key Space"},         {"\f", "key Ctrl-L"},   {"\\", "key \\"},
        {"\xc3\xa9", "key U+00E9"}, {"\033", "key Esc"},    {"*", "key *"},
    };
    start(&plain, "xterm-256color");
    cr_assert(await_text(1, "none"));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        send_keys(keys[i].typed);
        cr_expect(await_text(1, keys[i].label), "%s", keys[i].label);
    }
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, the_mouse_is_decoded)
{
    start(&plain, "xterm-256color");
    cr_assert(await_text(1, "none"));
    cr_expect(has_mouse());
    send_keys("\033[<0;11;6M\033[<0;11;6m");
    cr_expect(await_text(1, "mouse 0 at 5,10"));
    send_keys("\033[<65;3;4M");
    cr_expect(await_text(1, "mouse 3 at 3,2"));
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, without_a_mouse_none_is_asked_for)
{
    start(&(struct term_options){.mouse = false}, "xterm-256color");
    cr_assert(await_text(1, "none"));
    cr_expect_not(has_mouse());
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, what_did_not_change_is_not_written)
{
    start(&plain, "xterm-256color");
    cr_assert(await_text(1, "none"));
    send_keys("a");
    cr_assert(await_text(1, "key a"));
    size_t before = bytes;
    send_keys("n");
    cr_assert(await_text(1, "key n"));
    send_keys("b");
    cr_assert(await_text(1, "key b"));
    cr_expect_lt(bytes - before, 300, "%zu bytes for 200 frames alike", bytes - before);
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, wide_characters_are_replaced_whole)
{
    start(&plain, "xterm-256color");
    for (size_t i = 0; i < WIDE_ROWS; i++) {
        cr_expect(await_text(5, wide_rows[i]), "%zu: %s", i, wide_rows[i]);
        send_keys("w");
    }
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, follows_the_size)
{
    static const struct {
        unsigned short rows, cols;
    } sizes[] = {{40, 120}, {10, 40}, {1, 1}, {2, 500}, {24, 80}};
    char expected[32];
    start(&plain, "xterm-256color");
    cr_assert(await_text(0, "size 24x80"));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct winsize size = {.ws_row = sizes[i].rows, .ws_col = sizes[i].cols};
        /* libvterm 0.3 does not survive a screen of one column; the program must. */
        vterm_set_size(vterm, sizes[i].rows > 2 ? sizes[i].rows : 2,
                       sizes[i].cols > 2 ? sizes[i].cols : 2);
        cr_assert_eq(ioctl(master, TIOCSWINSZ, &size), 0);
        send_keys("s"); /* a signal alone may come before the child waits again */
        (void)snprintf(expected, sizeof(expected), "size %dx%d", sizes[i].rows, sizes[i].cols);
        expected[sizes[i].cols < 12 ? sizes[i].cols : 12] = '\0';
        cr_expect(await_text(0, expected), "%s", expected);
    }
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, lends_the_terminal_and_takes_it_back)
{
    start(&plain, "xterm-256color");
    cr_assert(await_text(0, "size"));
    send_keys("z");
    cr_assert(await_text(0, "away"));
    cr_expect_not(is_alternate);
    cr_expect_not(has_mouse());
    send_keys("\n");
    cr_assert(await_text(0, "size 24x80"), "all of it is drawn again");
    cr_assert(await_text(1, "key z"));
    cr_expect(is_alternate);
    cr_expect(has_mouse());
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, an_emergency_gives_everything_back)
{
    struct termios modes;
    start(&plain, "xterm-256color");
    cr_assert(await_text(0, "size"));
    cr_assert(is_alternate && has_mouse());
    cr_assert_eq(tcgetattr(master, &modes), 0);
    cr_expect_neq(modes.c_lflag, modes_before.c_lflag);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    send_keys("!");
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    child = -1;
    cr_expect_eq(WEXITSTATUS(status), STATUS_EMERGENCY);
    cr_assert(await_text(0, ""));
    uint64_t deadline = clock_boot_ns() + DEADLINE_MS * NS_PER_MS;
    while ((is_alternate || has_mouse()) && clock_boot_ns() < deadline)
        (void)take(100);
    cr_expect_not(is_alternate);
    cr_expect_not(has_mouse());
    cr_assert_eq(tcgetattr(slave, &modes), 0);
    cr_expect_eq(modes.c_lflag, modes_before.c_lflag);
    cr_expect_eq(modes.c_iflag, modes_before.c_iflag);
    cr_expect_eq(modes.c_oflag, modes_before.c_oflag);
    (void)close(slave);
}

Test(term, monochrome_still_shows_what_is_selected)
{
    VTermScreenCell cell;
    start(&(struct term_options){.color = COLOR_MODE_MONO}, "xterm-256color");
    cr_assert(await_text(2, "selected"));
    cr_assert(await_text(ROWS - 1, "end"));
    vterm_screen_get_cell(screen, (VTermPos){2, 0}, &cell);
    cr_expect(cell.attrs.reverse);
    cr_expect(VTERM_COLOR_IS_DEFAULT_FG(&cell.fg));
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, ascii_draws_lines_with_dashes)
{
    start(&(struct term_options){.ascii = true}, "xterm-256color");
    cr_assert(await_text(4, "----------"));
    send_keys("q");
    cr_expect_eq(await_end(), 0);
}

Test(term, terminals_that_cannot_are_refused_with_a_sentence)
{
    static const char *const names[] = {NULL, "", "dumb", "no-such-terminal"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct termios modes;
        start(&plain, names[i]);
        cr_expect(await_text(0, "refused: "), "%s", names[i] ? names[i] : "(unset)");
        cr_expect(strstr(row_text(0), "TERM") != NULL, "%s", row_text(0));
        cr_assert_eq(tcgetattr(master, &modes), 0);
        cr_expect_eq(modes.c_lflag, modes_before.c_lflag);
        cr_expect_eq(await_end(), STATUS_REFUSED);
        (void)close(master);
        vterm_free(vterm);
        master = -1;
        vterm = NULL;
    }
}

Test(term, what_is_no_terminal_is_refused)
{
    struct error error = ERROR_INIT;
    int saved = dup(STDIN_FILENO), null = open("/dev/null", O_RDWR);
    (void)dup2(null, STDIN_FILENO);
    cr_expect_eq(term_start(&plain, &error), -ENOTTY);
    cr_expect_neq(error.message[0], '\0');
    (void)dup2(saved, STDIN_FILENO);
    (void)close(saved);
    (void)close(null);
    /* Nothing was started: these do nothing. */
    term_stop();
    term_suspend();
    term_resume();
    term_emergency_restore();
}
