/*
 * parts: what the files of the interface share among themselves: state is
 * changed by ui.c, move.c, act.c, modal.c, send.c and mouse.c; drawn by
 * header.c, rows.c, inspector.c, events.c, footer.c and dialogs.c.
 */
#ifndef REAPTOP_VIEW_PARTS_H
#define REAPTOP_VIEW_PARTS_H

#include "reaptop/view/ui.h"

struct canvas;

#define NO_INTENT   ((struct intent){.kind = INTENT_NONE})
#define INTENT(...) ((struct intent){__VA_ARGS__})

/* ---- ui.c ---- */

/* A translated sentence on the status line; a shorter ui_message(). */
void report(struct ui *ui, const struct scene *scene, enum severity severity, const char *format,
            ...) __attribute__((format(printf, 4, 5)));

/* The largest number the PID column must hold. */
pid_t scene_pid_max(const struct scene *scene);

/* What is searched for now, be it still typed; NULL: nothing. */
const char *ui_search_text(const struct ui *ui);

/* Shows only that user's processes; NULL: all. -EINVAL with `error` told. */
int ui_set_user(struct ui *ui, const char *user, struct error *error);

/* NULL behind the last row. */
const struct process *row_process(const struct scene *scene, uint32_t row);

/* The document that the inspector's place shows, or NULL; with its state. */
const struct document *shown_document(const struct ui *ui, const struct scene *scene);
const struct pane_state *shown_pane(const struct ui *ui);
bool lab_is_visible(const struct ui *ui, const struct scene *scene);

/* Keeps a list's cursor inside `count` and on a page of `rows`. */
void list_clamp(struct list_state *list, size_t count, size_t rows);

/* ---- move.c ---- */

void move_tree(struct ui *ui, const struct scene *scene, int64_t rows);
void move_tree_to(struct ui *ui, const struct scene *scene, uint32_t row);
void move_pane(struct ui *ui, const struct scene *scene, int64_t lines);
void move_events(struct ui *ui, const struct scene *scene, int64_t events);
/* The action is one of moving: done in the region that has the focus. */
bool move_by_action(struct ui *ui, const struct scene *scene, enum action action);
/* Moves a list by an arrow, page, Home or End key; false for any other key. */
bool list_key(struct list_state *list, struct key key, size_t count, size_t rows);

bool process_matches(const struct process *process, const char *needle);
/* The next row that matches, from `from` on in the direction, round the end; ROW_NONE. */
uint32_t search_from(const struct scene *scene, const char *needle, uint32_t from, int step);
/* From where the prompt was opened to what it says now, or said when it was accepted. */
void search_typed(struct ui *ui, const struct scene *scene);
void search_again(struct ui *ui, const struct scene *scene, int step);
void type_pid(struct ui *ui, const struct scene *scene, uint32_t digit);

/* ---- events.c ---- */

const char *event_group_title(enum event_group group);

/* ---- modal.c ---- */

struct modal *ui_push(struct ui *ui, enum modal_kind kind);
void ui_pop(struct ui *ui);
const struct modal *ui_modal(const struct ui *ui);
struct intent modal_key(struct ui *ui, struct key key, const struct scene *scene);

void open_prompt(struct ui *ui, enum prompt_kind kind, const char *text);
void open_choice(struct ui *ui, const struct scene *scene, enum choice_kind kind);
size_t choice_count(const struct ui *ui, const struct scene *scene, enum choice_kind kind);
struct choice choice_get(const struct ui *ui, const struct scene *scene, enum choice_kind kind,
                         size_t index);
/* Off a heading, in the direction of the step; the heading above stays in sight. */
void choice_settle(const struct ui *ui, const struct scene *scene, struct modal *modal, int step);
const char *choice_title(enum choice_kind kind);
const char *prompt_label(enum prompt_kind kind);

size_t setup_count(void);
const char *setup_title(size_t index);
/* The setting's value in words; "" for what is not a value. */
void setup_value(const struct ui *ui, size_t index, struct strbuf *out);

/* Everything the keys do, and what the selected cell means. */
void help_document(const struct ui *ui, const struct scene *scene, size_t cols,
                   struct document *doc);

/* Rows and columns that a modal wants inside its frame, and how many it has to scroll. */
size_t modal_length(const struct ui *ui, const struct scene *scene, const struct modal *modal);
/* Where it stands, and where its list does. */
struct rect modal_rect(const struct ui *ui, const struct scene *scene, const struct modal *modal);
struct rect modal_list_rect(const struct ui *ui, const struct scene *scene,
                            const struct modal *modal);
/* A clean patch between two rules, the title in the upper one. */
void draw_frame(const struct canvas *canvas, struct rect rect, const char *title);
/* Marks a list's selected row, and puts the cursor there. */
void draw_list_row(const struct canvas *canvas, struct rect row, bool is_selected);

/* ---- signal_dialog.c ---- */

struct intent signal_dialog_open(struct ui *ui, const struct scene *scene);
struct intent signal_dialog_key(struct ui *ui, struct key key, const struct scene *scene);
void signal_dialog_sync(struct ui *ui, const struct scene *scene);
void signal_dialog_done(struct signal_dialog *dialog);
/* The signals that pass the filter; `ret_signals` has room for SIGNAL_MAX. */
size_t signal_dialog_list(const struct signal_dialog *dialog,
                          const struct signal_info **ret_signals);
/* After the list or its cursor changed: which signal it is now. */
void signal_dialog_settle(struct signal_dialog *dialog);
/* Targets that can still get a signal. */
size_t signal_dialog_ready_count(const struct signal_dialog *dialog);
const char *signal_dialog_scope_title(enum signal_scope scope);
/* What stands above the list of signals: the targets. And below it: the forecast. */
void signal_dialog_target_document(const struct ui *ui, const struct scene *scene,
                                   struct document *doc);
void signal_dialog_forecast_document(const struct ui *ui, const struct scene *scene,
                                     struct document *doc);

/* ---- ended.c ---- */

void ended_open(struct ui *ui, const struct scene *scene);
struct intent ended_key(struct ui *ui, struct key key, const struct scene *scene);
/* The life of one that is not in the tree any more, as a text to read. */
void ended_show(struct ui *ui, const struct scene *scene, const struct history *history);
/* Collects them anew; the selected one stays selected. */
void ended_sync(struct ui *ui, const struct scene *scene, struct modal *modal);
void ended_done(struct ended_list *ended);
void draw_ended(const struct canvas *canvas, const struct modal *modal);

/* ---- mouse.c ---- */

struct intent mouse_key(struct ui *ui, struct key key, const struct scene *scene);

/* ---- where things stand on a line, for drawing and for the mouse ---- */

struct footer_item {
    enum action action;
    int col, cols;
};
enum {
    FOOTER_ITEMS_MAX = 32
};
size_t footer_items(const struct ui *ui, bool in_replay, int cols, struct footer_item *ret_items);

/* Columns of each tab's title in the tab line: [first, last). */
void tab_place(const struct ui *ui, const struct scene *scene, struct rect tabs, enum tab tab,
               int *ret_col, int *ret_cols);

/* The columns that the tree shows. */
size_t tree_columns(const struct ui *ui, const struct scene *scene,
                    struct column_place ret_places[static COLUMN_COUNT]);

enum {
    GUIDE_COLS = 3
};
/* How many levels of the tree's lines a row gets, so that its name stays in sight. */
uint32_t guide_levels(uint32_t depth, int cols);

/* ---- drawing ---- */

struct canvas {
    const struct ui *ui;
    const struct scene *scene;
    struct grid *grid;
    struct layout layout;
};

void draw_header(const struct canvas *canvas);
void draw_tree(const struct canvas *canvas);
void draw_inspector(const struct canvas *canvas);
void draw_events(const struct canvas *canvas);
void draw_footer(const struct canvas *canvas);
void draw_modal(const struct canvas *canvas, const struct modal *modal);

/* "…" or "..". */
const char *ellipsis(const struct scene *scene);

/* A sentence of ours; where it is wider than `cols` its last cell says so. */
void draw_cut(const struct canvas *canvas, int row, int col, int cols, enum style style,
              const char *text);
/* A horizontal rule's character. */
wchar_t rule_char(const struct scene *scene);
enum style severity_style(enum severity severity);

#endif
