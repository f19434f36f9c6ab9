/*
 * state: what the running screen is made of. Private to app/.
 *
 * A turn of the loop (app.c): wait; take in what the feed has; ask it for a
 * snapshot when the delay is over; compose and draw (frame.c); do what a key asked for (intents.c).
 */
#ifndef REAPTOP_APP_STATE_H
#define REAPTOP_APP_STATE_H

#include "pane.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/helper.h"
#include "reaptop/cli/options.h"
#include "reaptop/cli/progress.h"
#include "reaptop/control/child.h"
#include "reaptop/control/send.h"
#include "reaptop/lab/lab.h"
#include "reaptop/lab/play.h"
#include "reaptop/lab/program_run.h"
#include "reaptop/model/life.h"
#include "reaptop/model/meters.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/feed_live.h"
#include "reaptop/source/read_meters.h"
#include "reaptop/source/reader.h"
#include "reaptop/source/recording.h"
#include "reaptop/view/screen.h"
#include "reaptop/view/ui.h"
#include "score.h"

enum {
    SCORE_NOTE_SIZE = 24
};

/* A running experiment, and what it said. */
struct lab_pane {
    struct lab *lab; /* NULL: none runs */
    size_t index;    /* of scene.experiments */
    struct lab_message *messages;
    size_t message_count, message_capacity;
    uint32_t step;                  /* the one announced last */
    int predictions[LAB_STEPS_MAX]; /* choice + 1; 0: none was made */
    bool has_news;                  /* scroll to what was said last */
    bool waits;                     /* for a key */
    bool is_finished;
    pid_t follow_pid;  /* to be selected; 0: nobody */
    pid_t plumbing[2]; /* guard and host, which are no part of it; 0: not known yet */
    pid_t *roots;      /* what the host has forked or adopted, for the tree */
    size_t root_count, root_capacity;
    struct document document;
    struct choice *choices; /* all experiments, for the list */
    struct score_board board;
    char (*notes)[SCORE_NOTE_SIZE]; /* of the choices */
    enum lab_result *results;       /* of each choice, since reaptop began; LAB_NOT_REACHED: none */
};

/* A run of the experiment's program, and the line of it that is shown. */
struct program_pane {
    struct program_run *run; /* NULL: none */
    bool has_ended;          /* its lines are shown */
    size_t at;               /* of its trace's lines */
};

/* The free bench, and what was done on it. */
struct play_pane {
    struct play *play; /* NULL: it is not open */
    struct play_report *reports;
    size_t report_count, report_capacity;
    char keys[PLAY_ACTION_COUNT + 1];
    struct document document;
};

/* A storm of events redraws the screen this often. */
#define NEWS_NS (100 * NS_PER_MS)

/* Command lines that were answered wait so long for the rest of them, a sweep for the inspector. */
#define ANSWERS_NS (20 * NS_PER_MS)

struct app {
    const struct options *options;

    struct replay *replay; /* NULL: this machine, live */
    struct feed *feed;     /* this machine, or the recording that is replayed */
    struct reader *reader; /* for files that can block; NULL in a replay */
    struct tree tree;
    struct tree lineage;               /* by birth; built only where both are shown */
    pid_t helpers[HELPERS_REMEMBERED]; /* left out of the trees */

    struct ui ui;
    struct scene scene;
    struct grid grid;
    const char *notices[1];

    struct pane_source pane; /* what the inspector shows */
    uint64_t mapping;        /* an address in the mapping chosen for Pages; 0: none */
    struct identity mapping_of;
    struct document prose; /* a tab of sentences, wrapped */

    struct send_batch *batch;     /* handles of the signal dialog's targets; NULL: none held */
    struct remote_signal *remote; /* where the targets are other machines'; NULL */
    size_t reported_count;        /* of the batch: how many outcomes were reported */
    bool *is_reported;
    struct send_order order; /* .signal 0: nothing was sent yet */
    size_t zombie_count;     /* of the batch, when it was reported last */
    uint64_t send_deadline_ns;
    uint64_t send_step_ns; /* when the next look at the outcomes is due */

    struct handle *tuned; /* of ui.tune.targets that could be opened */
    size_t tuned_count;

    struct child_list *children;
    struct choice *child_choices;   /* what `n` offers */
    struct own_child *own_children; /* as the scene shows them */
    size_t own_capacity;

    struct lab_pane lab;
    struct program_pane program;
    struct play_pane play;
    pid_t lab_root;

    int signal_fd;
    uint64_t next_sweep_ns;
    uint64_t sweeps;
    bool wants_sweep; /* now, whatever the delay says */
    bool is_sweeping;
    uint64_t drawn_ns;
    uint64_t draw_ns;     /* with has_news: it is drawn then */
    struct meters meters; /* while they are shown: scene.meters */
    struct meter_source meter_source;
    bool is_scanning; /* what the filter or the order asks for is not known of all yet */
    bool scan_waits;  /* … and the reader has to answer first */
    bool has_scanned; /* some was read that the rows were not yet ordered by */
    bool lacks_cells; /* of the rows on the screen some are not read yet */
    uint64_t scanned; /* `sweeps` when it began */
    bool has_answers; /* command lines that the rows were not yet filled with */
    bool has_news;    /* events or answers came: draw soon, but not for each of a storm */
    bool is_stale;    /* what is on the screen is not what would be composed now */
    bool is_quitting;
    int status;
};

/* For ui_message(): a replay's clock is the recording's, so there it stays until a key. */
static inline uint64_t said_ns(const struct app *app)
{
    return app->replay ? 0 : clock_boot_ns();
}

static inline struct snapshot *app_snapshot(struct app *app)
{
    return feed_snapshot(app->feed);
}

static inline struct life *app_life(const struct app *app)
{
    return feed_life(app->feed);
}

/* ---- replay.c: steps through a recording's feed ---- */

/* Makes app->replay and app->feed. What feed_open_from() fails with. */
int replay_open(struct app *app, const char *name, struct error *error);
void replay_free(struct replay *replay);

/* Its first refresh, waited for. -EBADMSG, -ENODATA: what feed_look() says. */
int replay_begin(struct app *app, struct error *error);

/* "1/8", "1/2", "2" … "64": how fast it is played from the begin. -EINVAL. */
int replay_set_speed(struct app *app, const char *text);

/* Stays where a long jump has come to. False: there is none. */
bool replay_end_way(struct app *app);

/* How long that takes at the speed that is played. */
uint64_t replay_scaled_ns(const struct app *app, uint64_t ns);

/*
 * Steps to the next refresh, waited for, whatever the clock says. False: it has ended, or the
 * progress was stopped.
 */
bool replay_next(struct app *app, struct progress *progress);

/* What is wrong with its end; NULL: nothing, or it has not ended. Owned by the replay. */
const char *replay_cut(const struct app *app);

/* What is due: a refresh, or a piece of the way to where it shall go. */
void replay_turn(struct app *app);

/* Until replay_turn() has something to do; -1: nothing but a key or the descriptor. */
int replay_wait_ms(const struct app *app);

/* Whether the feed's descriptors are to be waited for. */
bool replay_is_reading(const struct app *app);

/* An action of GROUP_REPLAY; what was typed as a time (recording_parse_time(); -EINVAL). */
void replay_act(struct app *app, enum action action);
int replay_go_to(struct app *app, const char *time);

/* Puts "replay 14:03:07 37% x2 held" into the scene. */
void replay_show_place(struct app *app);

/* ---- replay_pane.c ---- */

/* Appends what the recording holds for that tab. */
void replay_pane(struct app *app, enum tab tab, struct identity id, struct document *doc);

/* ---- frame.c ---- */

enum {
    EVENTS_KEPT = 8192,
    LIVES_KEPT = 4096
};

/* How long the new and the dead stay marked. */
uint64_t frame_linger_ns(const struct app *app);

/*
 * Asks for a snapshot; takes in what the feed has, events or a snapshot, about
 * 15 ms long. Until the snapshot is whole all goes on with the one before.
 */
void frame_begin_sweep(struct app *app);
void frame_receive(struct app *app);

/* Whether the kernel reports events or only sweeps do, into the scene. */
void frame_name_source(struct app *app);

/* Asks for the kernel's signal tracepoints, or closes them, as the settings say. */
void frame_set_trace(struct app *app);

/* Orders the newest snapshot again: folding, filter, sort or shape changed. */
void frame_rebuild(struct app *app);

/* The reader has answers: takes them in. */
void frame_take_answers(struct app *app);

/* The inspector's worker has something, or should be asked. */
void frame_tend_pane(struct app *app);

/* Composes app->grid, if anything is stale. False: nothing is, or there is no memory. */
bool frame_compose(struct app *app);

/* The same, and draws it. */
void frame_draw(struct app *app);

/* Goes on reading what the filter and the order ask for, for a moment. */
void frame_scan(struct app *app);

/* ---- scan.c: what is read of processes only where it is asked for ---- */

/* One step for the filter and the order; app->is_scanning: there is more to do. */
void scan_step(struct app *app);
/* The next step can be taken now. */
bool scan_is_due(const struct app *app);
/* One step for the cells of these rows; app->lacks_cells: some are left. */
void scan_visible(struct app *app, const uint32_t *indexes, size_t count);

/* ---- signal.c: the signal dialog's handles, and what came of a signal ---- */

/* Opens a handle to each of ui->signal_dialog.targets; they are held until released. */
void signal_hold(struct app *app);
void signal_send(struct app *app, int signal);

/* The dialog closed: the handles go, once all that was sent is reported. */
void signal_release(struct app *app);
void signal_done(struct app *app);

/* Looks at outcomes that are due and reports them. */
void signal_step(struct app *app);

/* Something was sent and its outcomes are not all reported. */
bool signal_is_watching(const struct app *app);

/* scene.forecast: `data` is the app. */
void signal_forecast(const void *data, struct identity target, int signal, struct document *doc);

/* ---- tune.c: the handles of the dialog of nice value and the like ---- */

/* Opens them and reads what the first has; what is wanted to each; drops them. */
void tune_open(struct app *app);
void tune_set(struct app *app);
void tune_close(struct app *app);

/* ---- children.c ---- */

int children_init(struct app *app);
void children_done(struct app *app);

/* Puts them into the scene. */
void children_show(struct app *app);

/* As a subreaper: takes the orphans that came to us onto the list. */
void children_adopt(struct app *app);

void children_spawn(struct app *app, const char *line);
void children_spawn_specimen(struct app *app, size_t index);
void children_reap(struct app *app, pid_t pid);

/* ---- lab_pane.c ---- */

int lab_pane_init(struct app *app);
/* Whether the score is kept may have changed. */
void lab_pane_settings(struct app *app);
void lab_pane_done(struct app *app);
void lab_pane_start(struct app *app, size_t index);
void lab_pane_end(struct app *app);

/* The next step, with that choice predicted (SIZE_MAX: none); once finished: again. */
void lab_pane_step(struct app *app, size_t choice);

/* Readable when the experiment said something; -1: nothing to wait for. */
int lab_pane_fd(const struct app *app);
void lab_pane_take(struct app *app);

/* While it is shown the tree holds its processes alone, below this one; 0: all. */
pid_t lab_pane_root(const struct app *app);

/*
 * What an experiment shows: the children of its host, and so their descendants;
 * before it has any, a PID that nobody has. NULL: none is shown. Owned by the pane.
 */
const pid_t *lab_pane_roots(struct app *app, size_t *ret_count);
void lab_pane_follow(struct app *app);

/* Once one of its processes in the tree has threads, they are rows for the rest of it. */
void lab_pane_note_threads(struct app *app);
void lab_pane_show(struct app *app);

/* ---- program_pane.c ---- */

/* One of the scene's lab_keys, while an experiment is shown: run its program, a line on, a line
 * back. */
void program_pane_key(struct app *app, char key);

/* Back to the experiment; a program that still runs is ended. */
void program_pane_end(struct app *app);

/* Are its lines shown instead of the narration? */
bool program_pane_is_shown(const struct app *app);
void program_pane_take(struct app *app);
void program_pane_show(struct app *app);

/* ---- play_pane.c ---- */

void play_pane_start(struct app *app);
void play_pane_end(struct app *app);
void play_pane_done(struct app *app);
/* Reads its reports. False: the bench has ended, the caller ends the pane. */
bool play_pane_take(struct app *app);

/* One of play_actions' keys, for that play child. */
void play_pane_key(struct app *app, char key, pid_t pid);
void play_pane_show(struct app *app);

/* ---- intents.c ---- */

/* As the settings have it; the sentences too are made plain where there is ASCII alone. */
struct term_options app_term_options(struct app *app);

void intent_act(struct app *app, const struct intent *intent);

/* scene.explain: what a term means. */
bool act_explain(const char *topic, struct document *doc);

#endif
