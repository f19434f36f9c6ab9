#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "private.h"
#include "reaptop/base/gettext.h"
#include "reaptop/term/term.h"

/* After our own headers: curses and terminfo make macros of everyday words. */
#include <curses.h>
#include <term.h>

static struct {
    struct termios modes;
    bool has_modes;
    char bytes[256];
    size_t length;
    volatile sig_atomic_t is_armed;
} rescue;

int rescue_check(struct error *error)
{
    if (!isatty(STDOUT_FILENO))
        return error_set(error, -ENOTTY,
                         _("standard output is not a terminal; for text use: reaptop tree"));
    if (!isatty(STDIN_FILENO))
        return error_set(error, -ENOTTY,
                         _("standard input is not a terminal; for text use: reaptop tree"));

    const char *name = getenv("TERM");
    if (!name || *name == '\0')
        return error_set(
            error, -EINVAL,
            _("TERM is not set; set it to the terminal's name, such as xterm-256color"));
    int found;
    if (setupterm(name, STDOUT_FILENO, &found) != OK)
        return error_set(error, -EINVAL,
                         _("TERM=%.40s is not known here; try TERM=xterm, or use: reaptop tree"),
                         name);
    if (!cursor_address || !clear_screen)
        return error_set(error, -EINVAL,
                         _("TERM=%.40s cannot move its cursor; for text use: reaptop tree"), name);
    return 0;
}

static int keep_byte(int byte)
{
    if (rescue.length < sizeof(rescue.bytes))
        rescue.bytes[rescue.length++] = (char)byte;
    return byte;
}

static void keep_sequence(const char *sequence)
{
    if (sequence)
        (void)tputs(sequence, 1, keep_byte);
}

void rescue_prepare(void)
{
    rescue.has_modes = tcgetattr(STDIN_FILENO, &rescue.modes) == 0;
    rescue.length = 0;
    /* Mouse reporting in every form that curses may have asked for. */
    if (key_mouse)
        keep_sequence("\033[?1000l\033[?1002l\033[?1003l\033[?1006l");
    keep_sequence(exit_attribute_mode);
    keep_sequence(orig_pair);
    keep_sequence(keypad_local);
    keep_sequence(cursor_normal);
    keep_sequence(exit_ca_mode);
    /* newterm(3x) reads the description once more and would forget this one. */
    (void)del_curterm(cur_term);
}

bool term_is_lost(void)
{
    struct termios modes;
    return tcgetattr(STDIN_FILENO, &modes) < 0;
}

void rescue_arm(bool is_armed)
{
    rescue.is_armed = is_armed;
}

void term_emergency_restore(void)
{
    if (!rescue.is_armed)
        return;
    rescue.is_armed = 0;
    int saved = errno;
    (void)!write(STDOUT_FILENO, rescue.bytes, rescue.length);
    if (rescue.has_modes)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
    errno = saved;
}
