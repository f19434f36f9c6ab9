/*
 * scenery: a machine of our own making, taken through ticks, and an interface
 * looking at it. Nothing here knows the kernel or a terminal.
 *
 *     struct scenery *s = scenery_new(24, 80);
 *     scenery_add(s, 1, 0, 'S', "init");       what the next tick will hold
 *     scenery_tick(s);                         snapshot, life, tree, sync
 *     scenery_press(s, "j");                   as a person types it
 *     cr_assert(scenery_shows(s, "init"));
 */
#ifndef TESTS_VIEW_SCENERY_H
#define TESTS_VIEW_SCENERY_H

#include "reaptop/view/screen.h"

struct scenery {
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

struct scenery *scenery_new(int rows, int cols);
void scenery_free(struct scenery *scenery);

/* A process in the next tick, alike in all but what is said; more can be set in what comes back. */
struct process *scenery_add(struct scenery *scenery, pid_t pid, pid_t ppid, char state,
                            const char *comm);
/* The same with a command line. */
struct process *scenery_add_argv(struct scenery *scenery, pid_t pid, pid_t ppid, char state,
                                 const char *comm, const char *argv);
/* The next tick holds what the last one held. */
void scenery_keep(struct scenery *scenery);
/* Not that one, though. */
void scenery_drop(struct scenery *scenery, pid_t pid);

/* A second goes by. */
void scenery_tick(struct scenery *scenery);
/* The tree again, from the same snapshot. */
void scenery_rebuild(struct scenery *scenery);

/*
 * Types: letters as they are, "<Enter>", "<F9>", "<C-L>" for the others; what an
 * intent asks of the tree is done. Returns the last intent's kind.
 */
enum intent_kind scenery_press(struct scenery *scenery, const char *keys);
void scenery_mouse(struct scenery *scenery, enum key_mouse mouse, int row, int col);

/* The composed screen as text; valid until the next call. */
const char *scenery_screen(struct scenery *scenery);
bool scenery_shows(struct scenery *scenery, const char *text);
/* The line that holds the text, or -1. */
int scenery_row_of(struct scenery *scenery, const char *text);

/* The PID under the cursor; 0: none. */
pid_t scenery_cursor(const struct scenery *scenery);

/*
 * The screen is what tests/view/screens/NAME.txt holds. With REAPTOP_UPDATE_SCREENS
 * set the file is written instead.
 */
void scenery_expect(struct scenery *scenery, const char *name);

/* init, kthreadd, a shell with a pipeline, a daemon, a zombie; for most tests enough. */
void scenery_village(struct scenery *scenery);

#endif
