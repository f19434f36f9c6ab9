/*
 * replay: steps through a recording's feed by the recording's clock, so that the
 * same recording gives the same screens. A jump back starts at a checkpoint, or
 * at the beginning, and reads forward: the lives then remember what they
 * remembered there. A long jump is read in pieces, and Esc or any key of the
 * replay's ends it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoints.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/source/feed_hosts.h"
#include "reaptop/source/feed_recording.h"
#include "state.h"

enum goal {
    GOAL_NONE,
    GOAL_REFRESH, /* so many were taken */
    GOAL_TIME,    /* CLOCK_REALTIME */
    GOAL_MOMENT,  /* CLOCK_BOOTTIME */
    GOAL_EVENT,   /* of the process `of`, from event `target` of the log on */
    GOAL_SHOWN,   /* that the events region shows, likewise */
    GOAL_DEATH,   /* of `of` */
};

enum {
    SPEED_LEAST = -3,      /* an eighth */
    SPEED_MOST = 6,        /* 64 times as fast */
    LONG_GAP_INTERVALS = 5 /* is reported: nothing is broken, nothing was recorded */
};

#define PIECE_NS    (20 * NS_PER_MS) /* and a frame: a key waits for both */
#define LONG_GAP_NS (5 * NS_PER_SEC) /* likewise; what is shorter is over before it is read */
#define LATE_NS     NS_PER_SEC       /* what it is behind by more is not made up for */

struct replay {
    struct recording_place place; /* behind the refresh that is shown; without its snapshot */
    uint64_t refreshes;
    uint64_t before_ns; /* CLOCK_BOOTTIME of the refresh before */
    uint64_t latest_ns; /* the latest CLOCK_REALTIME of any so far */
    struct checkpoints checkpoints;

    bool is_begun;    /* the first step is planned */
    int speed;        /* a power of two */
    uint64_t next_ns; /* when the next step is due, on this machine's clock */
    enum goal goal;
    uint64_t target;
    struct identity of;
    struct identity cursor; /* where it was left on the way: elsewhere, it was moved */
    bool has_ended;
    char ending[640]; /* what is wrong with its end; "": nothing */
    char where[128];
};

int replay_open(struct app *app, const char *name, struct error *error)
{
    const struct feed_memory memory = {
        .events = EVENTS_KEPT, .ended = LIVES_KEPT, .interval_ns = app->options->delay_ns};
    app->replay = calloc(1, sizeof(*app->replay));
    if (!app->replay)
        return error_set_errno(error, -ENOMEM, "%s", name);
    return feed_open_from(name, &memory, &app->feed, error);
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    checkpoints_done(&replay->checkpoints);
    free(replay);
}

static bool is_pipe(const struct app *app)
{
    return recording_fd(feed_recording(app->feed)) >= 0;
}

/* While the replay is held a pipe's writer has to wait. */
bool replay_is_reading(const struct app *app)
{
    const struct replay *replay = app->replay;
    return !replay->has_ended && (replay->goal != GOAL_NONE || !ui_is_paused(&app->ui));
}

static void say(struct app *app, enum severity severity, const char *text)
{
    ui_message(&app->ui, severity, 0, "%s", text);
    app->is_stale = true;
}

/* What is shown on the way: keys meet the refresh that is there, not one that is gone. */
static void show(struct app *app)
{
    frame_rebuild(app);
    app->replay->cursor = app->ui.cursor;
}

/*
 * The way is gone, or cannot be gone on: whoever was selected is selected again,
 * if there, unless the cursor was moved meanwhile.
 */
static void arrive(struct app *app)
{
    struct replay *replay = app->replay;
    if (identity_is_same(app->ui.cursor, replay->cursor) &&
        snapshot_find_identity(app_snapshot(app), replay->of))
        ui_select(&app->ui, replay->of);
    replay->goal = GOAL_NONE;
    replay->of = NOBODY;
    frame_rebuild(app);
}

/* ---- one refresh ---- */

static void note_position(struct app *app)
{
    struct recording_place *place = &app->replay->place;
    const struct recording *recording = feed_recording(app->feed);
    place->position = recording_position(recording_reader(recording), &place->line);
}

static int take_refresh(struct app *app)
{
    struct replay *replay = app->replay;
    int r = feed_take(app->feed);
    struct snapshot *snapshot = app_snapshot(app);
    if (r == 0)
        r = life_add_ended(app_life(app), snapshot, frame_linger_ns(app));
    if (r < 0)
        return r;
    replay->place.header = *feed_header(app->feed);
    note_position(app);
    replay->before_ns = feed_previous(app->feed)->mono_ns;
    replay->refreshes++;
    if (snapshot->time_ns > replay->latest_ns)
        replay->latest_ns = snapshot->time_ns;
    app->sweeps++;
    return 0;
}

static void keep_checkpoint(struct app *app)
{
    struct replay *replay = app->replay;
    if (is_pipe(app) || replay->refreshes % CHECKPOINT_EVERY != 0)
        return;
    const struct checkpoint here = {
        .refreshes = replay->refreshes,
        .before_ns = replay->before_ns,
        .latest_ns = replay->latest_ns,
        .place = replay->place,
        .life = app_life(app),
        .snapshot = *app_snapshot(app),
    };
    checkpoints_keep(&replay->checkpoints, &here);
}

static void take_end(struct app *app, const struct error *error)
{
    struct replay *replay = app->replay;
    replay->has_ended = true;
    note_position(app);
    (void)snprintf(replay->ending, sizeof(replay->ending), "%s", error->message);
    arrive(app);
    say(app, error->code < 0 ? SEVERITY_ERROR : SEVERITY_INFO,
        error->code < 0 ? replay->ending : _("The recording ends here"));
}

/* Reads until a refresh is whole: true; false: nothing more has come, or it ended. */
static bool look_ahead(struct app *app)
{
    struct error error = ERROR_INIT;
    if (app->replay->has_ended)
        return false;
    int item = feed_look(app->feed, false, &error);
    if (item < 0 || item == FEED_END)
        take_end(app, &error);
    return item == FEED_SNAPSHOT;
}

static bool step(struct app *app)
{
    struct error error = ERROR_INIT;
    if (!look_ahead(app))
        return false;
    int r = take_refresh(app);
    if (r == 0) {
        keep_checkpoint(app);
        return true;
    }
    (void)error_set_errno(&error, r, "%s", _("the recording"));
    take_end(app, &error);
    return false;
}

/* Other machines are asked, and answer or do not within their own time. */
static int look_first(struct app *app, struct error *error)
{
    struct progress progress;
    if (!feed_recording(app->feed))
        return feed_look(app->feed, true, error);
    progress_begin(&progress, "replay", PROGRESS_KIB);
    int item = progress_look(&progress, app->feed, error);
    return progress_end(&progress) ? -EINTR : item;
}

/* -EINTR: Ctrl-C ended it before the first refresh. */
int replay_begin(struct app *app, struct error *error)
{
    int item = look_first(app, error);
    if (item < 0)
        return item;
    if (item == FEED_END)
        return error_set(error, -ENODATA, _("the recording holds nothing"));
    int r = take_refresh(app);
    frame_name_source(app);
    return r < 0 ? error_set_errno(error, r, "%s", _("the recording")) : 0;
}

bool replay_next(struct app *app, struct progress *progress)
{
    struct error error = ERROR_INIT;
    if (app->replay->has_ended)
        return false;
    int item = progress_look(progress, app->feed, &error);
    bool is_there = item == FEED_SNAPSHOT;
    if (progress->is_stopped)
        return false;
    if (is_there)
        is_there = step(app);
    else
        take_end(app, &error);
    frame_rebuild(app);
    return is_there;
}

const char *replay_cut(const struct app *app)
{
    return app->replay->ending[0] ? app->replay->ending : NULL;
}

int replay_set_speed(struct app *app, const char *text)
{
    bool is_slow = strncmp(text, "1/", 2) == 0;
    int64_t factor;
    if (number_parse(is_slow ? text + 2 : text, 1, 1 << SPEED_MOST, &factor) < 0 ||
        (factor & (factor - 1)) != 0)
        return -EINVAL;
    int power = __builtin_ctz((unsigned)factor);
    if (is_slow && -power < SPEED_LEAST)
        return -EINVAL;
    app->replay->speed = is_slow ? -power : power;
    return 0;
}

/* ---- back ---- */

/* Takes over `life` and `shown`, also where it fails. */
static int go_back(struct app *app, const struct recording_place *place, struct life *life,
                   struct snapshot *shown)
{
    int r = feed_go_back(app->feed, place, life, shown);
    if (r < 0) {
        life_free(life);
        snapshot_done(shown);
        return r;
    }
    app->scene.life = NULL;
    app->scene.events = NULL;
    app->replay->has_ended = false;
    app->replay->ending[0] = '\0';
    return 0;
}

static int begin_again(struct app *app)
{
    struct replay *replay = app->replay;
    struct snapshot nothing = SNAPSHOT_INIT;
    const struct recording_place begin = {.snapshot = &nothing};
    struct life *life = life_new(EVENTS_KEPT, LIVES_KEPT);
    struct error error = ERROR_INIT;
    int r = life ? go_back(app, &begin, life, &nothing) : -ENOMEM;
    if (r < 0)
        return r;
    replay->refreshes = 0;
    replay->before_ns = replay->latest_ns = 0;
    return replay_begin(app, &error);
}

static int return_to(struct app *app, const struct checkpoint *checkpoint)
{
    struct replay *replay = app->replay;
    struct recording_place place = checkpoint->place;
    _cleanup_(snapshot_done) struct snapshot swept = SNAPSHOT_INIT;
    struct snapshot shown = SNAPSHOT_INIT;
    struct life *life = life_copy(checkpoint->life, EVENTS_KEPT);
    int r = life ? checkpoint_swept(checkpoint, &swept) : -ENOMEM;
    place.snapshot = &swept;
    if (r == 0)
        r = snapshot_copy(&checkpoint->snapshot, &shown);
    if (r < 0)
        life_free(life);
    else
        r = go_back(app, &place, life, &shown);
    if (r < 0)
        return r;
    replay->place = checkpoint->place;
    replay->refreshes = checkpoint->refreshes;
    replay->before_ns = checkpoint->before_ns;
    replay->latest_ns = checkpoint->latest_ns;
    return 0;
}

static void go(struct app *app, enum goal goal, uint64_t target)
{
    app->replay->goal = goal;
    app->replay->target = target;
    app->replay->cursor = app->ui.cursor;
    app->ui.is_paused = true;
}

/* A refresh from which the way to the goal leads forward only. */
static bool is_before(enum goal goal, uint64_t target, uint64_t refreshes, uint64_t mono_ns,
                      uint64_t latest_ns)
{
    switch (goal) {
    case GOAL_REFRESH:
        return refreshes <= target;
    case GOAL_TIME:
        return latest_ns < target;
    default:
        return mono_ns <= target;
    }
}

static const struct checkpoint *find_checkpoint(const struct replay *replay, enum goal goal,
                                                uint64_t target)
{
    const struct checkpoints *checkpoints = &replay->checkpoints;
    for (size_t i = checkpoints->count; i > 0; i--) {
        const struct checkpoint *checkpoint = &checkpoints->all[i - 1];
        if (is_before(goal, target, checkpoint->refreshes, checkpoint->snapshot.mono_ns,
                      checkpoint->latest_ns))
            return checkpoint;
    }
    return NULL;
}

/* To a place that is known: from where we are, or from the nearest that was kept before it. */
static void go_to(struct app *app, enum goal goal, uint64_t target)
{
    struct replay *replay = app->replay;
    bool is_ahead =
        is_before(goal, target, replay->refreshes, app_snapshot(app)->mono_ns, replay->latest_ns);
    const struct checkpoint *nearest = find_checkpoint(replay, goal, target);
    if (is_ahead && (!nearest || nearest->refreshes <= replay->refreshes)) {
        if (replay->has_ended)
            say(app, SEVERITY_INFO,
                replay->ending[0] ? replay->ending : _("The recording ends here"));
        else
            go(app, goal, target);
        return;
    }
    if (is_pipe(app)) {
        say(app, SEVERITY_WARNING,
            _("What came down a pipe is not kept: record it to a file to go back in it"));
        return;
    }
    int r = nearest ? return_to(app, nearest) : begin_again(app);
    if (r < 0)
        say(app, SEVERITY_ERROR, strerror(-r));
    else
        go(app, goal, target);
    show(app);
}

/* ---- the way to where it shall go ---- */

static bool is_wanted(struct app *app, enum goal goal, const struct event *event)
{
    if (goal == GOAL_EVENT)
        return identity_is_same(event->id, app->replay->of);
    app->scene.life = app_life(app);
    return ui_shows_event(&app->ui, &app->scene, event);
}

static void report_event(struct app *app, size_t index)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    const struct event_log *log = life_log(app_life(app));
    event_describe(event_log_get(log, index), &sentence);
    ui_message(&app->ui, SEVERITY_INFO, 0, "%s", strbuf_text(&sentence));
    if (app->ui.focus == REGION_EVENTS)
        app->ui.event = log->total - log->count + index;
}

/* The first event from that serial on which is wanted: its index in the log; else its count. */
static size_t find_event(struct app *app, uint64_t serial)
{
    const struct replay *replay = app->replay;
    const struct event_log *log = life_log(app_life(app));
    uint64_t oldest = log->total - log->count;
    size_t at = serial > oldest ? (size_t)(serial - oldest) : 0;
    for (; at < log->count; at++)
        if (is_wanted(app, replay->goal, event_log_get(log, at)))
            break;
    return at;
}

/* Tells which it is; where the events have the focus, it is selected. */
static bool is_event_there(struct app *app)
{
    struct replay *replay = app->replay;
    const struct event_log *log = life_log(app_life(app));
    size_t at = find_event(app, replay->target);
    if (at >= log->count) {
        replay->target = log->total; /* those were looked at */
        return false;
    }
    report_event(app, at);
    return true;
}

static uint64_t death_ns(const struct app *app, struct identity id)
{
    const struct history *history = life_find(app_life(app), id);
    if (!history)
        return 0;
    return history->zombie_ns ? history->zombie_ns : history->ended_ns;
}

static bool is_there(struct app *app)
{
    const struct replay *replay = app->replay;
    switch (replay->goal) {
    case GOAL_NONE:
        break;
    case GOAL_REFRESH:
        return replay->refreshes >= replay->target;
    case GOAL_TIME:
        return app_snapshot(app)->time_ns >= replay->target;
    case GOAL_MOMENT:
        return app_snapshot(app)->mono_ns >= replay->target;
    case GOAL_EVENT:
    case GOAL_SHOWN:
        return is_event_there(app);
    case GOAL_DEATH:
        return death_ns(app, replay->of) > 0;
    }
    return true;
}

static void go_on(struct app *app)
{
    struct replay *replay = app->replay;
    uint64_t until = clock_boot_ns() + PIECE_NS;
    bool has_stepped = false;
    while (replay->goal != GOAL_NONE && clock_boot_ns() < until) {
        if (is_there(app))
            arrive(app);
        else if (!step(app))
            break;
        else
            has_stepped = true;
    }
    if (has_stepped && replay->goal != GOAL_NONE)
        show(app);
}

/* The time between two refreshes as it was recorded, at the speed that is played. */
static uint64_t scaled(const struct replay *replay, uint64_t ns)
{
    const uint64_t most = UINT64_MAX / 4;
    if (replay->speed >= 0)
        return ns >> replay->speed;
    return ns > most >> -replay->speed ? most : ns << -replay->speed;
}

uint64_t replay_scaled_ns(const struct app *app, uint64_t ns)
{
    return scaled(app->replay, ns);
}

static void report_gap(struct app *app, uint64_t gap_ns)
{
    const struct recording_header *header = feed_header(app->feed);
    if (gap_ns < LONG_GAP_NS || gap_ns / LONG_GAP_INTERVALS < header->interval_ns)
        return;
    ui_message(&app->ui, SEVERITY_INFO, 0,
               _("Nothing was recorded for %llu s from here on: ] goes on behind it"),
               (unsigned long long)(gap_ns / NS_PER_SEC));
}

/* When the next one is due: it is read already, but not taken. */
static void plan_step(struct app *app)
{
    struct replay *replay = app->replay;
    uint64_t now = clock_boot_ns(), shown_ns = app_snapshot(app)->mono_ns;
    if (!look_ahead(app))
        return;
    uint64_t gap_ns = feed_ahead(app->feed)->mono_ns - shown_ns;
    uint64_t from = replay->next_ns + LATE_NS > now ? replay->next_ns : now;
    replay->next_ns = from + scaled(replay, gap_ns);
    report_gap(app, gap_ns);
}

static void play(struct app *app)
{
    struct replay *replay = app->replay;
    uint64_t now = clock_boot_ns(), until = now + PIECE_NS;
    bool has_stepped = false;
    if (is_pipe(app)) {
        /* As it comes, and the newest of it where more has come. */
        while (clock_boot_ns() < until && step(app))
            has_stepped = true;
    } else if (!replay->is_begun) {
        replay->is_begun = true;
        replay->next_ns = now;
        plan_step(app);
    } else if (now >= replay->next_ns) {
        has_stepped = step(app);
        if (has_stepped)
            plan_step(app);
    }
    if (has_stepped)
        frame_rebuild(app);
}

void replay_turn(struct app *app)
{
    struct replay *replay = app->replay;
    if (app->wants_sweep) {
        app->wants_sweep = false;
        frame_rebuild(app);
    }
    if (replay->goal != GOAL_NONE)
        go_on(app);
    else if (!ui_is_paused(&app->ui) && !replay->has_ended)
        play(app);
}

int replay_wait_ms(const struct app *app)
{
    const struct replay *replay = app->replay;
    if (replay->goal != GOAL_NONE && !is_pipe(app))
        return 0;
    if (replay->has_ended || ui_is_paused(&app->ui) || is_pipe(app))
        return -1;
    uint64_t now = clock_boot_ns(), left = replay->next_ns > now ? replay->next_ns - now : 0;
    return left > 3600 * NS_PER_SEC ? 3600 * 1000 : (int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

/* ---- keys ---- */

static void change_speed(struct app *app, int change)
{
    struct replay *replay = app->replay;
    int speed = replay->speed + change;
    if (is_pipe(app)) {
        say(app, SEVERITY_INFO, _("What comes down a pipe is shown as it comes"));
        return;
    }
    if (speed >= SPEED_LEAST && speed <= SPEED_MOST) {
        uint64_t now = clock_boot_ns(), left = replay->next_ns > now ? replay->next_ns - now : 0;
        replay->speed = speed;
        replay->next_ns = now + (change > 0 ? left / 2 : left * 2);
    }
    frame_rebuild(app);
}

static void go_to_event_before(struct app *app, enum goal goal)
{
    const struct event_log *log = life_log(app_life(app));
    for (size_t i = log->count; i-- > 0;) {
        const struct event *event = event_log_get(log, i);
        if (event->mono_ns > app->replay->before_ns || !is_wanted(app, goal, event))
            continue;
        uint64_t mono_ns = event->mono_ns;
        report_event(app, i);
        go_to(app, GOAL_MOMENT, mono_ns);
        return;
    }
    say(app, SEVERITY_INFO,
        goal == GOAL_EVENT ? _("It has no event before this")
                           : _("No event of those that are shown is remembered before this"));
}

static void go_to_birth(struct app *app)
{
    const struct history *history = life_find(app_life(app), app->replay->of);
    if (!history)
        say(app, SEVERITY_INFO, _("Nothing is remembered of its birth"));
    else
        go_to(app, GOAL_MOMENT, history->born_ns);
}

/* Forward to what is not known yet: the end of the recording is the end of the way. */
static void go_forward(struct app *app, enum goal goal, uint64_t target)
{
    struct replay *replay = app->replay;
    if (replay->has_ended)
        say(app, SEVERITY_INFO, replay->ending[0] ? replay->ending : _("The recording ends here"));
    else
        go(app, goal, target);
}

static void go_to_death(struct app *app)
{
    uint64_t ns = death_ns(app, app->replay->of);
    if (ns > 0)
        go_to(app, GOAL_MOMENT, ns);
    else
        go_forward(app, GOAL_DEATH, 0);
}

/* Pressed again on the way, it leads one farther. */
static void step_back(struct app *app, uint64_t from)
{
    if (from > 1)
        go_to(app, GOAL_REFRESH, from - 1);
    else
        say(app, SEVERITY_INFO, _("The recording begins here"));
}

void replay_act(struct app *app, enum action action)
{
    struct replay *replay = app->replay;
    if (!replay)
        return;
    uint64_t from = replay->goal == GOAL_REFRESH ? replay->target : replay->refreshes;
    if (replay->goal == GOAL_NONE || identity_is_nobody(replay->of))
        replay->of = app->ui.cursor;
    replay->goal = GOAL_NONE; /* the way that is being gone ends */
    switch (action) {
    case ACTION_PLAY:
        replay->next_ns = 0;
        frame_rebuild(app);
        break;
    case ACTION_STEP:
        go_to(app, GOAL_REFRESH, from + 1);
        break;
    case ACTION_STEP_BACK:
        step_back(app, from);
        break;
    case ACTION_FASTER:
    case ACTION_SLOWER:
        change_speed(app, action == ACTION_FASTER ? 1 : -1);
        break;
    case ACTION_NEXT_EVENT:
        go_forward(app, GOAL_EVENT, life_log(app_life(app))->total);
        break;
    case ACTION_PREVIOUS_EVENT:
        go_to_event_before(app, GOAL_EVENT);
        break;
    case ACTION_NEXT_SHOWN:
        go_forward(app, GOAL_SHOWN, life_log(app_life(app))->total);
        break;
    case ACTION_PREVIOUS_SHOWN:
        go_to_event_before(app, GOAL_SHOWN);
        break;
    case ACTION_BIRTH:
        go_to_birth(app);
        break;
    case ACTION_DEATH:
        go_to_death(app);
        break;
    default:
        break;
    }
}

bool replay_end_way(struct app *app)
{
    if (app->replay->goal == GOAL_NONE)
        return false;
    arrive(app);
    say(app, SEVERITY_INFO, _("Ended on the way: this is how far it was read"));
    return true;
}

int replay_go_to(struct app *app, const char *time)
{
    uint64_t ns, now_ns = app_snapshot(app)->time_ns;
    app->replay->of = app->ui.cursor;
    if (recording_parse_time(time, now_ns, feed_header(app->feed)->utc_offset_s, &ns) < 0)
        return -EINVAL;
    go_to(app, GOAL_TIME, ns);
    return 0;
}

/* ---- where we are ---- */

static const char *place_word(const struct app *app)
{
    return app->options->remote ? _("hosts") : is_pipe(app) ? _("pipe") : _("replay");
}

void replay_show_place(struct app *app)
{
    struct replay *replay = app->replay;
    const struct recording_header *header = feed_header(app->feed);
    uint64_t size = recording_size(feed_recording(app->feed)), at = replay->place.position;
    char place[32] = "", speed[16] = "", clock[CLOCK_TEXT_SIZE];
    const char *how = ui_is_paused(&app->ui) ? _(" paused") : "";
    if (replay->goal != GOAL_NONE)
        how = _(" reading: Esc ends it");
    if (replay->has_ended)
        how = replay->ending[0] ? _(" cut") : _(" end");
    if (size > 0)
        (void)snprintf(place, sizeof(place), " %u%%",
                       (unsigned)(at >= size ? 100 : (double)at * 100 / (double)size));
    if (replay->speed != 0)
        (void)snprintf(speed, sizeof(speed), replay->speed > 0 ? " x%d" : " x1/%d",
                       1 << abs(replay->speed));
    (void)snprintf(replay->where, sizeof(replay->where), "%s %s%s%s%s", place_word(app),
                   clock_text(app_snapshot(app)->time_ns, header->utc_offset_s, clock), place,
                   speed, how);
    app->scene.replay = replay->where;
}
