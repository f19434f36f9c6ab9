#include "reaptop/term/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "private.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/libc.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/base/text.h"
#include "themes.h"

/* After our own headers: curses makes macros of everyday words. */
#include <curses.h>

enum {
    ESCAPE_DELAY_MS = 25,
    DRAIN_MS = 50
};

static struct {
    SCREEN *screen;
    bool is_prepared;
    bool is_started;
    struct term_options options;
    struct style_override own_styles[STYLE_COUNT];
    bool has_asked;
    bool is_light;     /* what the colours were made for */
    struct grid drawn; /* what the terminal shows */
    bool is_disturbed; /* it may show something else */
} term;

/* ---- beginning and end ---- */

static void set_mouse(bool is_on)
{
    (void)mouseinterval(0);
    (void)mousemask(
        is_on ? BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

/*
 * terminfo(5) has a cursor key in the keypad's mode alone, but a terminal may have left that
 * mode, or never have had it, and sends the other form then.
 */
static void define_cursor_keys(void)
{
    static const struct {
        char final;
        int code;
    } cursor_keys[] = {{'A', KEY_UP},   {'B', KEY_DOWN}, {'C', KEY_RIGHT},
                       {'D', KEY_LEFT}, {'H', KEY_HOME}, {'F', KEY_END}};
    for (size_t i = 0; i < ELEMENTS(cursor_keys); i++) {
        const char normal[] = {'\033', '[', cursor_keys[i].final, '\0'};
        const char application[] = {'\033', 'O', cursor_keys[i].final, '\0'};
        (void)define_key(normal, cursor_keys[i].code);
        (void)define_key(application, cursor_keys[i].code);
    }
}

static void set_modes(void)
{
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)intrflush(stdscr, FALSE);
    (void)keypad(stdscr, TRUE);
    define_cursor_keys();
    (void)nodelay(stdscr, TRUE);
    (void)set_escdelay(ESCAPE_DELAY_MS);
    (void)leaveok(newscr, FALSE);
    (void)typeahead(-1); /* else curses looks for keys, and flushes, after every few lines */
}

/*
 * ncurses flushes after each movement of the cursor until its first endwin(3x), for programs that
 * call mvcur(3x) themselves: a write(2) for each changed piece of a frame. From here on it is one.
 */
static void end_flushing(void)
{
    (void)endwin();
    (void)doupdate();
}

/*
 * What is drawn goes into newscr, what the terminal is to show, and stdscr is nothing but what keys
 * are read for: as large as the screen it would be a third copy of it (0.3 MiB of 50 x 200 cells).
 * What it was goes back to the kernel, as little of it would be used again.
 */
static void shrink_window(void)
{
    (void)wresize(stdscr, 1, 1);
    (void)untouchwin(stdscr);
    libc_trim();
}

int term_prepare(struct error *error)
{
    int r = rescue_check(error);
    if (r < 0)
        return r;
    rescue_prepare();
    restorer_start();
    term.is_prepared = true;
    return 0;
}

int term_start(const struct term_options *options, struct error *error)
{
    int r = term.is_prepared ? 0 : term_prepare(error);
    if (r < 0)
        return r;
    term.screen = newterm(NULL, stdout, stdin);
    if (!term.screen) {
        term_stop();
        return error_set(error, -EINVAL, _("the terminal cannot be started; use: reaptop tree"));
    }
    rescue_arm(true);
    (void)set_term(term.screen);
    shrink_window();
    set_modes();
    end_flushing();
    term.is_started = true;
    term.is_disturbed = true;
    term_set_options(options);
    restorer_report(true);
    return 0;
}

/* Once, where the theme goes by it; the console of Linux would print the question. */
static void ask_background(void)
{
    const char *name = getenv("TERM");
    bool can = name && strncmp(name, "linux", 5) != 0 && strncmp(name, "vt", 2) != 0;
    if (term.has_asked || !can || !theme_follows_background(term.options.theme))
        return;
    term.has_asked = true;
    keys_ask_background();
}

void term_set_options(const struct term_options *options)
{
    term.options = *options;
    if (!term.is_started)
        return;
    /* The table is copied: the caller's may change before the answer comes. */
    if (options->own_styles)
        memcpy(term.own_styles, options->own_styles, sizeof(term.own_styles));
    term.options.own_styles = options->own_styles ? term.own_styles : NULL;
    ask_background();
    term.is_light = keys_background_is_light();
    colors_init(&term.options, term.is_light);
    set_mouse(options->mouse);
    term.is_disturbed = true;
}

static void stop_restorer(void)
{
    if (term.is_prepared)
        restorer_stop();
    term.is_prepared = false;
}

void term_stop(void)
{
    if (!term.is_started) {
        stop_restorer();
        return;
    }
    set_mouse(false);
    keys_drain(DRAIN_MS);
    term.has_asked = false;
    restorer_report(false);
    (void)endwin();
    rescue_arm(false);
    stop_restorer();
    delscreen(term.screen);
    grid_done(&term.drawn);
    term.is_started = false;
}

void term_suspend(void)
{
    if (!term.is_started)
        return;
    set_mouse(false);
    restorer_report(false);
    (void)endwin();
    rescue_arm(false);
}

void term_resume(void)
{
    if (!term.is_started)
        return;
    rescue_arm(true);
    term_resize();
    (void)doupdate();
    set_mouse(term.options.mouse);
    restorer_report(true);
    term.is_disturbed = true;
}

/* ---- size ---- */

void term_size(int *ret_rows, int *ret_cols)
{
    *ret_rows = LINES;
    *ret_cols = COLS;
}

void term_resize(void)
{
    struct winsize size;
    if (!term.is_started || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return;
    /* ncurses 6.5 does not survive a screen of one cell; what is wider than the terminal is cut. */
    if (size.ws_row > 0 && size.ws_col > 0)
        (void)resize_term(size.ws_row > 1 ? size.ws_row : 2, size.ws_col > 1 ? size.ws_col : 2);
    shrink_window();
    term.is_disturbed = true;
}

/* ---- drawing ---- */

/* A character of our own in ASCII; other people's stay what they are. */
static wchar_t in_ascii(wchar_t c)
{
    char ascii = c < 0x80 ? '\0' : text_ascii_for((uint32_t)c);
    return ascii ? ascii : c;
}

static void put_cell(const struct grid *grid, int row, int col)
{
    wchar_t text[2 + TEXT_COMBINING_MAX] = {0};
    const struct grid_cell *cell = grid_at(grid, row, col);
    struct grid_marked marked = grid_chars(grid, cell);
    if (cell->point == 0)
        return; /* the right half of the wide character before it */
    memcpy(text, marked.chars, sizeof(marked.chars));
    if (term.options.ascii)
        text[0] = in_ascii(text[0]);

    unsigned long attributes;
    short pair;
    cchar_t cooked;
    colors_of((enum style)cell->style, &attributes, &pair);
    if (setcchar(&cooked, text, (attr_t)attributes, pair, NULL) != OK)
        (void)setcchar(&cooked, L"?", (attr_t)attributes, pair, NULL);
    (void)mvwadd_wch(newscr, row, col, &cooked);
}

/* The cell is, or was, the right half of a wide character: it goes with the one before. */
static bool is_half(const struct grid *grid, int row, int col)
{
    return grid_at(grid, row, col)->point == 0 || grid_at(&term.drawn, row, col)->point == 0;
}

/* The cells of one row that differ from what the terminal shows, wide characters whole. */
static void put_changes(const struct grid *grid, int row, int cols)
{
    for (int col = 0; col < cols; col++) {
        if (grid_is_same_cell(grid, &term.drawn, row, col))
            continue;
        int first = col;
        while (first > 0 && is_half(grid, row, first))
            first--;
        while (col + 1 < cols && is_half(grid, row, col + 1))
            col++;
        for (; first <= col; first++)
            put_cell(grid, row, first);
    }
}

static void put_rows(const struct grid *grid, bool all)
{
    int rows = grid->rows < LINES ? grid->rows : LINES;
    int cols = grid->cols < COLS ? grid->cols : COLS;
    for (int row = 0; row < rows; row++) {
        if (!all && !grid_is_same_row(grid, &term.drawn, row))
            put_changes(grid, row, cols);
        for (int col = 0; all && col < cols; col++)
            put_cell(grid, row, col);
    }
}

static void place_cursor(const struct grid *grid)
{
    bool is_shown = grid->cursor_row >= 0 && grid->cursor_row < LINES && grid->cursor_col < COLS;
    (void)curs_set(is_shown ? 1 : 0);
    if (is_shown)
        (void)wmove(newscr, grid->cursor_row, grid->cursor_col);
}

static void keep_drawn(const struct grid *grid)
{
    if (grid_copy(&term.drawn, grid) < 0)
        term.is_disturbed = true; /* nothing to compare with: draw all again next time */
}

void term_draw(const struct grid *grid)
{
    restorer_keep();
    if (!term.is_started)
        return;
    bool all = term.is_disturbed || grid->rows != term.drawn.rows || grid->cols != term.drawn.cols;
    if (all) {
        (void)werase(newscr);
        (void)clearok(newscr, term.is_disturbed);
    }
    put_rows(grid, all);
    place_cursor(grid);
    (void)doupdate();
    term.is_disturbed = false;
    keep_drawn(grid);
}

void term_redraw(void)
{
    term.is_disturbed = true;
}

bool term_read_key(struct key *ret_key)
{
    if (!term.is_started || !keys_read(ret_key))
        return false;
    if (ret_key->kind == KEY_NONE && term.is_light != keys_background_is_light()) {
        term.is_light = keys_background_is_light();
        colors_init(&term.options, term.is_light);
        term.is_disturbed = true;
    }
    return true;
}

/* ---- the clipboard ---- */

enum {
    COPY_MOST = 74994 /* bytes: in base64 as much as terminals take */
};

int term_copy(const char *text, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    if (length > COPY_MOST)
        return -E2BIG;
    strbuf_puts(&out, "\033]52;c;");
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t bits = (uint32_t)(unsigned char)text[i] << 16;
        bits |= left > 1 ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(unsigned char)text[i + 2] : 0;
        strbuf_putc(&out, digits[bits >> 18 & 63]);
        strbuf_putc(&out, digits[bits >> 12 & 63]);
        strbuf_putc(&out, left > 1 ? digits[bits >> 6 & 63] : '=');
        strbuf_putc(&out, left > 2 ? digits[bits & 63] : '=');
    }
    strbuf_puts(&out, "\a");
    if (!term.is_started || out.error < 0)
        return out.error < 0 ? out.error : -ENOTTY;
    return fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0 ? 0 : -EIO;
}
