/*
 * state: what the running screen is made of. Private to app/.
 *
 * A turn of the loop (app.c): wait; take in what sources heard; sweep when the
 * delay is over; compose and draw (frame.c); do what a key asked for (act.c).
 */
#ifndef REAPTOP_APP_STATE_H
#define REAPTOP_APP_STATE_H

#include "reaptop/base/clock.h"
#include "reaptop/cli/options.h"
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
    const char *notices[2];

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

/* Composes and draws, if anything is stale. */
void frame_draw(struct app *app);

/* An event that a source told; bounded, what finds no room is counted as lost. */
void frame_hear(struct app *app, const struct event *event);

/* ---- act.c ---- */

void act(struct app *app, const struct intent *intent);

#endif
