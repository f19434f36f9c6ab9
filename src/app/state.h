/*
 * state: what the running screen is made of. Private to app/.
 *
 * A turn of the loop (app.c): wait; take in what sources heard; sweep when the
 * delay is over; compose and draw (frame.c); do what a key asked for (act.c).
 */
#ifndef REAPTOP_APP_STATE_H
#define REAPTOP_APP_STATE_H

#include "pane.h"
#include "reaptop/base/clock.h"
#include "reaptop/cli/options.h"
#include "reaptop/control/child.h"
#include "reaptop/control/send.h"
#include "reaptop/model/life.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/live.h"
#include "reaptop/source/reader.h"
#include "reaptop/view/screen.h"
#include "reaptop/view/ui.h"

struct app {
    const struct options *options;

    struct live *live;
    struct reader *reader; /* for files that can block */
    struct life *life;
    struct snapshot snapshots[2]; /* this sweep's and the former one's */
    int newest;
    struct tree tree;
    struct event *heard; /* since the last sweep, oldest first */
    size_t heard_count, heard_capacity;
    uint64_t heard_lost; /* that found no room */

    struct ui ui;
    struct scene scene;
    struct grid grid;

    struct pane_source pane; /* what the inspector shows */

    struct send_batch *batch; /* handles of the signal dialog's targets; NULL: none held */
    size_t reported_count;    /* of the batch: how many outcomes were told */
    bool *is_reported;
    int sent_signal; /* 0: nothing was sent yet */
    uint64_t send_deadline_ns;
    uint64_t send_step_ns; /* when the next look at the outcomes is due */

    struct child_list *children;
    struct choice *child_choices;   /* what `n` offers */
    struct own_child *own_children; /* as the scene shows them */
    size_t own_capacity;

    int signal_fd;
    uint64_t next_sweep_ns;
    uint64_t sweeps;
    bool wants_sweep; /* now, whatever the delay says */
    bool is_stale;    /* what is on the screen is not what would be composed now */
    bool is_quitting;
    int status;
};

static inline struct snapshot *app_snapshot(struct app *app)
{
    return &app->snapshots[app->newest];
}

/* ---- frame.c ---- */

/* Sweeps, brings every life up to date and rebuilds the tree. */
void frame_sweep(struct app *app);

/* Orders the newest snapshot again: folding, filter, sort or shape changed. */
void frame_rebuild(struct app *app);

/* The reader has answers: takes them in. */
void frame_take_answers(struct app *app);

/* The inspector's worker has something, or should be asked. */
void frame_tend_pane(struct app *app);

/* Composes and draws, if anything is stale. */
void frame_draw(struct app *app);

/* An event that a source told; bounded, what finds no room is counted as lost. */
void frame_hear(struct app *app, const struct event *event);

/* ---- signal.c: the signal dialog's handles, and what came of a signal ---- */

/* Opens a handle to each of ui->send.targets; they are held until released. */
void signal_hold(struct app *app);
void signal_send(struct app *app, int signal);

/* The dialog closed: the handles go, once all that was sent is reported. */
void signal_release(struct app *app);
void signal_done(struct app *app);

/* Looks at outcomes that are due and reports them. */
void signal_step(struct app *app);

/* Something was sent and its outcomes are not all told. */
bool signal_is_watching(const struct app *app);

/* scene.forecast: `data` is the app. */
void signal_forecast(const void *data, struct identity target, int signal, struct document *doc);

/* ---- children.c ---- */

int children_init(struct app *app);
void children_done(struct app *app);

/* Puts them into the scene. */
void children_show(struct app *app);

/* As a subreaper: takes the orphans that came to us onto the list. */
void children_adopt(struct app *app);

void children_spawn(struct app *app, const char *line);
void children_grow(struct app *app, size_t index);
void children_reap(struct app *app, pid_t pid);

/* ---- act.c ---- */

void act(struct app *app, const struct intent *intent);

/* scene.explain: what a term means. */
bool act_explain(const char *topic, struct document *doc);

#endif
