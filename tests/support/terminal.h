/*
 * terminal: a program under a pseudo-terminal, with libvterm as the screen.
 *
 * Between the test and the program stands a process of ours that behaves as a
 * shell does: it leads the session, so that the terminal and its modes outlive
 * the program and can be looked at afterwards, and it tells the test when the
 * program stops or ends.
 *
 *     struct terminal *t = terminal_start(&(struct terminal_options){
 *         .rows = 24, .cols = 80, .argv = (const char *[]){terminal_reaptop(), NULL}});
 *     cr_assert(terminal_wait_text(t, "PID"));
 *     terminal_send(t, "q");
 *     cr_assert_eq(terminal_wait_end(t), 0);
 *     terminal_free(t);
 *
 * No function sleeps: each waits for what it names, and gives up (false, -1)
 * after TERMINAL_DEADLINE_MS. Nothing here asserts; what failed is printed to
 * standard error with the screen as it then was.
 */
#ifndef TESTS_SUPPORT_TERMINAL_H
#define TESTS_SUPPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#define TERMINAL_DEADLINE_MS 60000

struct terminal;

struct terminal_options {
    int rows, cols;
    const char *const *argv; /* ends with NULL; argv[0] is a path */
    /*
     * Ends with NULL; "NAME=value" sets, "NAME" alone unsets. The rest is
     * small and fixed: TERM=xterm-256color, LANG=C.UTF-8, no configuration.
     */
    const char *const *env;
    unsigned closed_fds; /* bit N: the program starts with descriptor N closed */
    int stdout_fd;       /* > 0: the program's standard output instead of the terminal */
    uid_t uid;           /* > 0: the program runs as that user and group, if we are root */
    const char *cwd;     /* NULL: "/" */
};

/* What a cell of the screen looks like. */
struct terminal_cell {
    unsigned chars[6]; /* code points, 0 behind the last */
    int width;
    bool bold, reverse, underline;
    bool has_default_fg, has_default_bg;
};

/* The program under test: $REAPTOP, else build/reaptop. */
const char *terminal_reaptop(void);

/* NULL where it could not be started. */
struct terminal *terminal_start(const struct terminal_options *options);

/* Kills what is left of the program and of its session, reaps, frees. NULL is allowed. */
void terminal_free(struct terminal *t);

pid_t terminal_pid(const struct terminal *t);

/* What a person types, as bytes: "q", "\r", "\033[A" (see TERMINAL_UP …). */
bool terminal_send(struct terminal *t, const char *keys);

#define TERMINAL_UP        "\033OA"
#define TERMINAL_DOWN      "\033OB"
#define TERMINAL_RIGHT     "\033OC"
#define TERMINAL_LEFT      "\033OD"
#define TERMINAL_HOME      "\033OH"
#define TERMINAL_END       "\033OF"
#define TERMINAL_PAGE_UP   "\033[5~"
#define TERMINAL_PAGE_DOWN "\033[6~"
#define TERMINAL_ESCAPE    "\033"
#define TERMINAL_ENTER     "\r"
#define TERMINAL_F1        "\033OP"
#define TERMINAL_F9        "\033[20~"
#define TERMINAL_F10       "\033[21~"

/* SIGWINCH follows from the kernel. */
bool terminal_resize(struct terminal *t, int rows, int cols);

/* Waits until `predicate` holds; it is asked again after each output. */
bool terminal_wait(struct terminal *t, bool (*predicate)(struct terminal *t, const void *data),
                   const void *data);
bool terminal_wait_text(struct terminal *t, const char *text);
bool terminal_wait_no_text(struct terminal *t, const char *text);

/* Waits until the program stopped itself (Ctrl-Z); the shell has the foreground then. */
bool terminal_wait_stop(struct terminal *t);

/* As a shell's fg: foreground, then SIGCONT. */
bool terminal_continue(struct terminal *t);

/*
 * Waits until the program ended, and takes what it still wrote. Returns its
 * exit status, 128 + N for a signal, -1 where it did not end.
 */
int terminal_wait_end(struct terminal *t);
bool terminal_has_ended(const struct terminal *t);

/*
 * The terminal goes away, as a lost connection: both its ends are closed. The
 * kernel sends SIGHUP to the leader of the session, which is our shell and
 * keeps it to itself: the program has only what read and poll tell it.
 */
void terminal_hang_up(struct terminal *t);

/* Takes what there is to read now, without waiting. */
void terminal_drain(struct terminal *t);

/* Waits at most so long for output and takes it; false where there was none. */
bool terminal_read(struct terminal *t, int milliseconds);

/* The screen as lines, trailing blanks cut. Good until the next call. */
const char *terminal_text(struct terminal *t);
const char *terminal_row(struct terminal *t, int row);

/* First row that holds the text; -1: none. */
int terminal_find(struct terminal *t, const char *text);

struct terminal_cell terminal_cell(struct terminal *t, int row, int col);
void terminal_cursor(const struct terminal *t, int *ret_row, int *ret_col, bool *ret_visible);
bool terminal_is_alternate(const struct terminal *t);
bool terminal_has_mouse(const struct terminal *t);

/* All that the program wrote, at most the first 8 MiB; and how much that was. */
const char *terminal_raw(const struct terminal *t, size_t *ret_length);
size_t terminal_bytes(const struct terminal *t);

/* The line's modes before the program started, and now. */
void terminal_modes(const struct terminal *t, struct termios *ret_before, struct termios *ret_now);
bool terminal_modes_restored(const struct terminal *t);

#endif
