/*
 * fixture: a machine of our own making, taken through ticks, and an interface
 * looking at it. Nothing here knows the kernel or a terminal.
 *
 *     struct fixture *s = fixture_new(24, 80);
 *     fixture_add(s, 1, 0, 'S', "init");       what the next tick will hold
 *     fixture_tick(s);                         snapshot, life, tree, sync
 *     fixture_press(s, "j");                   as a person types it
 *     cr_assert(fixture_shows(s, "init"));
 */
#ifndef TESTS_VIEW_FIXTURE_H
#define TESTS_VIEW_FIXTURE_H

#include "reaptop/view/screen.h"

struct fixture {
    struct ui ui;
    struct scene scene;
    struct snapshot now, next;
    struct tree tree, lineage;
    struct life *life;
    struct grid grid;
    struct strbuf text;
    struct intent intent; /* of the last key */
    struct document panes[TAB_COUNT];
};

struct fixture *fixture_new(int rows, int cols);
void fixture_free(struct fixture *fixture);

/* A process in the next tick, alike in all but what is said; more can be set in what comes back. */
struct process *fixture_add(struct fixture *fixture, pid_t pid, pid_t ppid, char state,
                            const char *comm);
/* The same with a command line. */
struct process *fixture_add_argv(struct fixture *fixture, pid_t pid, pid_t ppid, char state,
                                 const char *comm, const char *argv);
/* The next tick holds what the last one held. */
void fixture_keep(struct fixture *fixture);
/* Not that one, though. */
void fixture_drop(struct fixture *fixture, pid_t pid);

/* A second goes by. */
void fixture_tick(struct fixture *fixture);
/* The tree again, from the same snapshot. */
void fixture_rebuild(struct fixture *fixture);

/*
 * Types: letters as they are, "<Enter>", "<F9>", "<C-L>" for the others; what an
 * intent asks of the tree is done. Returns the last intent's kind.
 */
enum intent_kind fixture_press(struct fixture *fixture, const char *keys);
void fixture_mouse(struct fixture *fixture, enum key_mouse mouse, int row, int col);

/* The composed screen as text; valid until the next call. */
const char *fixture_screen(struct fixture *fixture);
bool fixture_shows(struct fixture *fixture, const char *text);
/* The line that holds the text, or -1. */
int fixture_row_of(struct fixture *fixture, const char *text);

/* The PID under the cursor; 0: none. */
pid_t fixture_cursor(const struct fixture *fixture);

/*
 * The screen is what tests/view/screens/NAME.txt holds. With REAPTOP_UPDATE_SCREENS
 * set the file is written instead.
 */
void fixture_expect(struct fixture *fixture, const char *name);

/* init, kthreadd, a shell with a pipeline, a daemon, a zombie; for most tests enough. */
void fixture_village(struct fixture *fixture);

#endif
