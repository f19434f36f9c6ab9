/*
 * ui_private: the interface's state, as the files of view share it. It draws
 * nothing and acts on no key: drawing (canvas.h) and acting (act.c, move.c,
 * modal.c, mouse.c) both depend on it, neither on the other.
 */
#ifndef REAPTOP_VIEW_UI_PRIVATE_H
#define REAPTOP_VIEW_UI_PRIVATE_H

#include "reaptop/view/ui.h"

#define NO_INTENT   ((struct intent){.kind = INTENT_NONE})
#define INTENT(...) ((struct intent){__VA_ARGS__})

/* A translated sentence on the status line; a shorter ui_message(). */
void ui_notice(struct ui *ui, const struct scene *scene, enum severity severity, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
enum style severity_style(enum severity severity);

/* The largest number the PID column must hold. */
pid_t scene_pid_max(const struct scene *scene);

/* What is searched for now, be it still typed; NULL: nothing. */
const char *ui_search_text(const struct ui *ui);

/* Shows only that user's processes; NULL: all. -EINVAL with `error` set. */
int ui_set_user(struct ui *ui, const char *user, struct error *error);

/* NULL behind the last row. */
const struct process *row_process(const struct scene *scene, uint32_t row);

/* Its row or, where it is folded or filtered away, that of the nearest ancestor shown. */
uint32_t nearest_row(const struct scene *scene, const struct process *process);
/* Says what hides the process, a filter or a setting; false: nothing, it may be folded away. */
bool report_hidden(struct ui *ui, const struct scene *scene, const struct process *process);

/* Which of ACTION_CONDITIONS hold. */
unsigned ui_conditions(const struct ui *ui, const struct scene *scene);

/* What a dialog names a process by; "?" where it is NULL, or its user unknown. */
void ui_copy_names(const struct process *process, char comm[static EVENT_COMM_SIZE],
                   char user[static DIALOG_USER_SIZE]);

/* Of the selected process; '\0': there is none. */
char ui_selected_state(const struct ui *ui, const struct scene *scene);
/* How many rows the meters that are chosen would take in `cols` columns. */
int meters_rows(const struct settings *settings, const struct scene *scene, int cols);

/* The columns that the tree shows. */
size_t tree_columns(const struct ui *ui, const struct scene *scene,
                    struct column_place ret_places[static COLUMN_COUNT]);

/* The document that the inspector's place shows, or NULL; with its state. */
const struct document *shown_document(const struct ui *ui, const struct scene *scene);
const struct pane_state *shown_pane(const struct ui *ui);
bool lab_is_visible(const struct ui *ui, const struct scene *scene);

/* The tree's share of the screen, where the inspector stands beside or below it. */
void set_divider(struct ui *ui, const struct layout *layout, int percent);

/* Keeps a list's cursor inside `count` and on a page of `rows`. */
void list_clamp(struct list_state *list, size_t count, size_t rows);

/* Puts a dialog over the others; NULL where UI_MODALS_MAX stand already. */
struct modal *ui_push(struct ui *ui, enum modal_kind kind);
void ui_pop(struct ui *ui);
/* The uppermost dialog, or NULL. */
const struct modal *ui_modal(const struct ui *ui);
void open_prompt(struct ui *ui, enum prompt_kind kind, const char *text);
/* Frees what the dialog holds; it can be opened anew. */
void signal_dialog_done(struct signal_dialog *dialog);
void tune_dialog_done(struct tune_dialog *dialog);

#endif
