/*
 * ui: the interface's state and the pure function that changes it. Keyed on
 * identity, never on a row. A frame goes like this:
 *
 *     ui_tree_options(ui, &options);          how to build the tree
 *     tree_build(…), fill a struct scene
 *     ui_sync(ui, &scene);                    the cursor finds its process again
 *     ui_visible(ui, &scene, &first, &count)  whose second tier is wanted
 *     ui_wants_tab(ui, &tab)                  which pane is wanted, of whom
 *     screen_compose(ui, &scene, &grid);      view/screen.h
 *     term_draw(&grid);
 *
 * and a key: `intent = ui_key(ui, key, &scene)`, then do what the intent says.
 * Nothing here reads a file or a clock.
 */
#ifndef REAPTOP_VIEW_UI_H
#define REAPTOP_VIEW_UI_H

#include "reaptop/model/filter.h"
#include "reaptop/model/mapping.h"
#include "reaptop/model/signal_policy.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/tree.h"
#include "reaptop/model/tuning.h"
#include "reaptop/view/actions.h"
#include "reaptop/view/column_set.h"
#include "reaptop/view/columns.h"
#include "reaptop/view/edit.h"
#include "reaptop/view/scene.h"
#include "reaptop/view/screen_layout.h"

enum region {
    REGION_TREE,
    REGION_INSPECTOR,
    REGION_EVENTS,
};

enum severity {
    SEVERITY_INFO,
    SEVERITY_GOOD,
    SEVERITY_WARNING,
    SEVERITY_ERROR,
};

/* What the impure side has to do after a key. */
enum intent_kind {
    INTENT_NONE,    /* draw again, no more */
    INTENT_REBUILD, /* what ui_tree_options() gives has changed */
    INTENT_SWEEP,   /* as REBUILD, and threads came or went: sweep again */
    INTENT_QUIT,
    INTENT_REDRAW,  /* repaint everything: the terminal was disturbed */
    INTENT_SUSPEND, /* SIGTSTP to ourselves */
    INTENT_HOLD,    /* ui->signal_dialog.targets is new: open a handle to each, drop former ones */
    INTENT_SEND, /* `signal` to ui->signal_dialog.targets that are not refused; ui_report() the rest
                  */
    INTENT_RELEASE,  /* the signal dialog closed: drop the handles */
    INTENT_SPAWN,    /* fork and exec the command line `text` */
    INTENT_CHILD,    /* start the ready-made child scene.children[index] */
    INTENT_REAP,     /* wait for our own child `pid` */
    INTENT_MANUAL,   /* open the manual page `text`: "signal(7)", or a program's name */
    INTENT_LAB,      /* start scene.experiments[index] */
    INTENT_LAB_STEP, /* the running experiment's next step; `index` is predicted, SIZE_MAX: none */
    INTENT_LAB_KEY,  /* one of scene.lab_keys, in `index`, for the play child `pid` */
    INTENT_LAB_END,  /* leave it; it cleans up */
    INTENT_LINE,     /* Enter on a pane's line without a link: `tab`, `mark` */
    INTENT_SETTINGS, /* ui->settings changed: mouse, colour, delay, subreaper */
    INTENT_REPLAY,   /* `index`: an enum action of GROUP_REPLAY */
    INTENT_TIME,     /* go to the time `text` in the recording */
    INTENT_COPY,     /* `text` to the clipboard */
    INTENT_COPY_TO_FILE, /* `text` to a file */
    INTENT_TUNE_OPEN,    /* ui->tune.targets are new: open handles, read, ui_tune_ready() */
    INTENT_TUNE,         /* ui->tune.want to all of them */
    INTENT_TUNE_CLOSE,   /* drop the handles */
    INTENT_SAVE,         /* write ui->settings to the configuration */
};

struct intent {
    enum intent_kind kind;
    int signal;
    pid_t pid;
    size_t index;
    enum tab tab;
    uint64_t mark;
    const char *text; /* borrowed from ui until the next ui_key() */
};

/* What the configuration holds; the application applies it. */
enum theme {
    THEME_AUTO, /* dark or light, as the terminal's background is */
    THEME_DARK,
    THEME_LIGHT,
    THEME_CONTRAST,
    THEME_COLORBLIND,
    THEME_MONO,
    THEME_TERMINAL, /* its own palette and background */
    THEME_COUNT
};

/* In the configuration, instead of the theme's. Colours are 0…255, -1: the terminal's own. */
struct style_override {
    bool is_set;
    int front, background;
    unsigned attributes; /* enum look_attributes */
};

enum color_mode {
    COLOR_MODE_AUTO, /* what the terminal can, unless NO_COLOR */
    COLOR_MODE_MONO,
    COLOR_MODE_8,
    COLOR_MODE_16,
    COLOR_MODE_256,
    COLOR_MODE_COUNT
};

/* Of the machine, in rows of their own below its summary. */
enum meter_kind {
    METER_PROCESSORS, /* a bar for each */
    METER_CPU,
    METER_MEMORY,
    METER_PRESSURE,
    METER_DISK,
    METER_NETWORK,
    METER_KIND_COUNT
};

struct settings {
    enum key_profile profile;
    struct key_override own_keys[ACTION_COUNT];
    enum theme theme;
    struct style_override own_styles[STYLE_COUNT];
    enum color_mode color;
    bool ascii;
    bool linear; /* a process is a sentence, nothing stands beside another thing: view/linear.h */
    bool mouse;
    uint64_t delay_ns;
    enum tree_shape shape;
    enum field sort;
    struct column_set columns;
    enum inspector_place inspector;
    int beside_percent, below_percent; /* the tree's share where both are shown; 0: by itself */
    bool is_inverted;
    bool shows_threads;
    bool shows_kernel;
    bool shows_helpers; /* reaptop's own */
    bool shows_events;
    bool shows_meters;            /* those that are chosen: */
    int meters[METER_KIND_COUNT]; /* by enum meter_kind: its place from 1 on, 0: it is not shown */
    bool shows_paths;             /* of programs, in COMMAND */
    bool shows_plain_command; /* COMMAND is the command line alone, without the name before it */
    bool keeps_score;         /* the best predictions of each experiment, between runs */
    bool traces_signals; /* the kernel reports who signals whom; never saved: it is machine-wide */
    bool is_subreaper;   /* orphans of ours are adopted by reaptop; never saved */
};

/* A list on the screen: which entry is selected, which is at the top. */
struct list_state {
    size_t at;
    size_t top;
};

/* ---- the signal dialog ---- */

/* In the order of Tab, from the fewest processes to the most. */
enum signal_scope {
    SCOPE_ONE,
    SCOPE_SUBTREE,
    SCOPE_GROUP,
    SCOPE_SESSION,
    SCOPE_TAGGED, /* left out by Tab where nothing is tagged: the others keep their places */
    SCOPE_COUNT
};

enum signal_dialog_phase {
    SIGNAL_DIALOG_CHOOSING,
    SIGNAL_DIALOG_CONFIRMING, /* a second yes is asked for */
    SIGNAL_DIALOG_WATCHING,   /* sent; reports come in */
};

enum {
    DIALOG_USER_SIZE = 64
};

/* As it was when the dialog opened: what is shown is what gets the signal. */
struct dialog_target {
    struct identity id; /* the application may add the inode when it holds it */
    char comm[EVENT_COMM_SIZE];
    char user[DIALOG_USER_SIZE];
    char host[64];               /* the machine it is on; "": there is one only */
    char state;                  /* when the dialog opened */
    char state_now;              /* '\0': no longer in the table */
    const char *word, *word_now; /* for them, translated, static */
    enum signal_verdict verdict;
    const char *reason; /* translated, static: of the verdict; NULL */
};

struct signal_dialog {
    enum signal_dialog_phase phase;
    enum signal_scope scope;
    struct dialog_target origin; /* the process it was opened on */
    pid_t pgid, sid;             /* of the origin */
    struct dialog_target *targets;
    size_t count, capacity;
    struct edit filter;     /* narrows the list of signals by name or number */
    struct list_state list; /* among those that pass */
    int signal;             /* the one under the cursor, or chosen; 0: none passes */
    struct document report;
};

/* ---- the dialog of nice value, processors, I/O priority, policy ---- */

struct tune_dialog {
    enum tuning_kind kind;
    struct identity *targets; /* the facts are of the first */
    size_t count, capacity;
    char comm[EVENT_COMM_SIZE];
    char user[DIALOG_USER_SIZE];
    bool is_ready; /* the facts are there */
    struct tuning_facts facts;
    struct tuning want;   /* INTENT_TUNE */
    struct cpu_mask cpus; /* chosen so far */
    int32_t rt_priority;  /* for FIFO and RR */
    bool all_threads;
    int step; /* of the nice value, from the key that opened it */
    int typed;
    bool is_negative;
};

/* ---- the lately dead ---- */

/* Which of them: a number may have ended more than once. */
struct ended_mark {
    struct identity id;
    uint64_t ended_ns;
};

struct ended_list {
    struct edit filter;
    const struct history **rows; /* that pass, newest first; valid from ui_sync() to the frame */
    struct ended_mark *marks;    /* the same, to find them again */
    size_t count, row_capacity, mark_capacity;
};

/* ---- what may stand over the screen ---- */

enum modal_kind {
    MODAL_HELP,
    MODAL_TEXT, /* ui->text under ui->text_title */
    MODAL_SIGNAL,
    MODAL_PROMPT,
    MODAL_CHOICE,
    MODAL_CONFIRM,
    MODAL_SETUP,
    MODAL_COLUMNS,
    MODAL_ENDED, /* ui->ended */
    MODAL_PALETTE,
    MODAL_TUNE, /* ui->tune */
};

enum prompt_kind {
    PROMPT_SEARCH,
    PROMPT_FILTER,
    PROMPT_COMMAND,
    PROMPT_TIME,
    PROMPT_COUNT
};

enum choice_kind {
    CHOICE_SORT,
    CHOICE_USER,
    CHOICE_EVENT_USER, /* whose events are shown */
    CHOICE_EVENT_KIND,
    CHOICE_CHILD,
    CHOICE_COPY,
    CHOICE_LAB,
};

enum confirm_kind {
    CONFIRM_QUIT,    /* children of ours would be left */
    CONFIRM_LAB_END, /* an experiment runs */
};

struct modal {
    enum modal_kind kind;
    enum prompt_kind prompt;
    enum choice_kind choice;
    enum confirm_kind confirm;
    struct list_state list;
    char typed[16]; /* CHOICE, COLUMNS: what the entry is looked for by */
};

enum {
    UI_MODALS_MAX = 4,
    UI_MESSAGE_SIZE = 256
};

/* Of which kinds the events are that the events region shows. */
enum event_group {
    EVENTS_ALL,
    EVENTS_LIFE,    /* fork, exec, exit, zombie, reap, adopt */
    EVENTS_STATE,   /* state, comm and credentials */
    EVENTS_SIGNALS, /* signal, core dump, ptrace */
    EVENTS_GROUP_COUNT,
    EVENTS_ONE_KIND = EVENTS_GROUP_COUNT /* ui->event_kind */
};

/* "birth and death", translated. Static. */
const char *event_group_title(enum event_group group);

#define EVENT_NEWEST UINT64_MAX

/* Where one tab of the inspector stands. */
struct pane_state {
    size_t top, left;
    size_t line;   /* the selected one */
    uint64_t mark; /* its mark, to find it again when the document changed; 0: none */
};

struct ui {
    int rows, cols;
    struct settings settings;

    enum region focus;
    bool has_inspector; /* opened; where it stands beside or below the tree it is always shown */
    bool has_lineage;   /* the tree by birth stands beside the tree by parent */
    enum tab tab;
    struct pane_state panes[TAB_COUNT];
    struct identity inspected;   /* whose pane states those are */
    struct pane_state lab;       /* of scene.lab */
    enum mapping_sort maps_sort; /* of the Maps tab's lines */
    struct identity stacks_of;   /* whose user-space stacks were asked for last; NOBODY */
    uint64_t stacks_ns;          /* and when, on the scene's clock */
    bool lab_is_shown;           /* instead of the tabs */
    bool lab_has_threads;        /* its processes have: they are rows, whatever the setting says */
    size_t lab_lines;            /* how many there were; at the end, new ones are followed */
    size_t lab_followed;         /* its line that was selected by following it */

    struct identity cursor; /* NOBODY: nothing selected yet */
    uint32_t row;           /* where it stood at the last ui_sync() */
    uint32_t top;           /* first row shown */
    enum column column;     /* the selected cell */
    size_t left;            /* columns of COMMAND scrolled away */
    bool is_dragging;       /* the divider, with the mouse */
    bool is_following, is_paused;
    bool is_cursor_lost; /* who was selected has ended; the cursor stays until it is moved */
    bool is_revealing;   /* the cursor was sent to one that may be folded away, or just created */
    uint64_t event;      /* serial of the selected event; EVENT_NEWEST */
    enum event_group events;       /* which are shown */
    enum event_kind event_kind;    /* EVENTS_ONE_KIND: this one */
    bool events_of_relatives;      /* of the selected one and who descends from it by birth only */
    char *events_user;             /* of this user's processes only; NULL: of everybody's */
    uid_t events_uid;              /* events_user's */
    int64_t typed_pid;             /* digits typed so far; 0: none */
    bool is_typing_pid;            /* a 0 began one: digits change no tab */
    struct identity search_origin; /* where the cursor was when the search prompt opened */
    bool is_searching;             /* until scene.lacks_argv is over: from there, once more */

    bool search_is_of_text; /* the search prompt is for a pane's or a text's lines */
    size_t text_origin;     /* the line that stood there when it opened */
    size_t text_found;      /* the line found last */
    char *text_search;      /* what was searched for in a text; NULL: nothing */

    struct identity_set folded, tagged;
    char *search;          /* NULL: none */
    char *filter_text;     /* NULL: none */
    char *filter_before;   /* what it was when its prompt opened; NULL: none */
    int seeks_match;       /* > 0: so many more ui_sync() and the cursor goes to the first match */
    int seeks_origin;      /* likewise, to where it was when the prompt opened */
    struct filter *filter; /* parsed filter_text and user */
    char *user;            /* only this user's processes; NULL: all */

    struct modal modals[UI_MODALS_MAX];
    size_t modal_count;
    struct edit prompt;
    struct edit_history history[PROMPT_COUNT];
    struct signal_dialog signal_dialog;
    struct tune_dialog tune;
    struct strbuf copied; /* what INTENT_COPY is about */
    struct ended_list ended;
    struct document text;
    char text_title[UI_MESSAGE_SIZE];
    char **names; /* what CHOICE_USER lists, sorted */
    size_t name_count, name_capacity;

    char message[UI_MESSAGE_SIZE];
    enum severity severity;
    uint64_t message_ns; /* when it was set, on the scene's clock; 0: stays until a key */

    char intent_text[EDIT_BYTES_MAX + 1];
};

/* Defaults; -ENOMEM never (nothing is allocated yet). */
void ui_init(struct ui *ui);
void ui_done(struct ui *ui);

void ui_resize(struct ui *ui, int rows, int cols);

/* Threads are rows: the setting, or an experiment that has some is shown. */
bool ui_shows_threads(const struct ui *ui);

/*
 * How the tree is to be built. Borrows from ui; valid until the next ui_key().
 * `roots` stay the caller's to set.
 */
void ui_tree_options(const struct ui *ui, struct tree_options *ret_options);

/*
 * After a new snapshot and tree: the cursor finds its process (or, if it
 * ended, stays on it and says so), scrolling follows, tags of ended processes go, the
 * dialog's targets learn their state. True: branches were unfolded to show
 * what was to be selected; build the tree again and call again.
 */
bool ui_sync(struct ui *ui, const struct scene *scene);

/* What the key does; everything is settled afterwards as by ui_sync(). */
struct intent ui_key(struct ui *ui, struct key key, const struct scene *scene);

/* As if the action's key had been pressed with no dialog open. */
struct intent ui_action(struct ui *ui, enum action action, const struct scene *scene);

/* ---- what the application asks ---- */

struct layout ui_layout(const struct ui *ui, const struct scene *scene);

/* The tree's rows on the screen now. */
void ui_visible(const struct ui *ui, const struct scene *scene, uint32_t *ret_first,
                uint32_t *ret_count);

/* Whose pane is on the screen; false: none is, nothing need be read. */
bool ui_wants_tab(const struct ui *ui, const struct scene *scene, enum tab *ret_tab,
                  struct identity *ret_id);

/* Does the events region show it, of the kinds and processes that were chosen? */
bool ui_shows_event(const struct ui *ui, const struct scene *scene, const struct event *event);

/* The tagged process that the selected one's pages are compared with; NOBODY: none is tagged. */
struct identity ui_compared(const struct ui *ui);

/* Something looks at command lines of rows that are not shown: they are to be read. */
bool ui_wants_argv(const struct ui *ui);

/* Sums of branches are shown, or sorted or filtered by: snapshot_subtrees(). */
bool ui_wants_subtrees(const struct ui *ui);

/* What the order, and what the columns on the screen ask for besides a sweep: EXTRA_BIT() of each.
 */
uint32_t ui_sort_parts(const struct ui *ui);
uint32_t ui_shown_parts(const struct ui *ui, const struct scene *scene);

/* The selected process, or NULL. Belongs to the scene's snapshot. */
const struct process *ui_selected(const struct ui *ui, const struct scene *scene);

/* Whether the screen stands still until Z is pressed again. */
static inline bool ui_is_paused(const struct ui *ui)
{
    return ui->is_paused;
}

/* The dialog is open, and handles are held for ui->signal_dialog.targets. */
bool ui_has_signal_dialog(const struct ui *ui);

/* ---- what the application reports ---- */

/* The status line, until the next key or some seconds later. Untrusted bytes allowed. */
void ui_message(struct ui *ui, enum severity severity, uint64_t mono_ns, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Where it is open and says what came of a signal. */
void ui_close_signal_dialog(struct ui *ui);

/* What the first target of ui->tune has now. */
void ui_tune_ready(struct ui *ui, const struct tuning_facts *facts);

/* Where it is open. */
void ui_tune_close(struct ui *ui);

/* The report begins anew. */
void ui_report_clear(struct ui *ui);

/* A line in the signal dialog's report; on the status line where the dialog is closed. */
void ui_report(struct ui *ui, enum severity severity, uint64_t mono_ns, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The handle to targets[index] is open; its inode is known (0: this kernel has none). */
void ui_target_held(struct ui *ui, size_t index, uint64_t inode);

/* targets[index] cannot get the signal any more. `reason`: translated, static. */
void ui_target_gone(struct ui *ui, size_t index, const char *reason);

/*
 * Selects that process, wherever it is: ui_sync() unfolds and scrolls to it. One
 * that is younger than the snapshot is waited for: it is selected in the next.
 */
void ui_select(struct ui *ui, struct identity id);

/* Puts the running experiment's narration in the inspector's place, with the focus on it. */
void ui_show_lab(struct ui *ui);

/* Shows a text to read and scroll; takes the document's content over and leaves it empty. */
void ui_show_text(struct ui *ui, const char *title, struct document *document);

/* Sets filter and parses it; -EINVAL with `error` set leaves it as it was. NULL: none. */
int ui_set_filter(struct ui *ui, const char *expression, struct error *error);

#endif
