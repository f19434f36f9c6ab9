/*
 * replay: a recording in the kernel's place. Each refresh goes the way that a
 * sweep goes, with the recording's clock, so that the same recording gives the
 * same screens. Going back is going forward from the beginning: what the lives
 * remember is then what it was. A long way is gone piece by piece, and any key
 * of the replay's ends it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "state.h"

enum goal {
    GOAL_NONE,
    GOAL_REFRESH, /* so many were taken */
    GOAL_TIME,    /* CLOCK_REALTIME */
    GOAL_MOMENT,  /* CLOCK_BOOTTIME */
    GOAL_EVENT,   /* of the process `of`, from event `target` of the log on */
    GOAL_DEATH,   /* of `of` */
};

enum {
    SPEED_LEAST = -3, /* an eighth */
    SPEED_MOST = 6    /* 64 times as fast */
};

#define PIECE_NS (50 * NS_PER_MS)

struct replay {
    struct recording *recording;
    uint64_t refreshes;
    uint64_t before_ns; /* CLOCK_BOOTTIME of the refresh before */
    int speed;          /* a power of two */
    uint64_t next_ns;   /* when the next step is due, on this machine's clock */
    enum goal goal;
    uint64_t target;
    struct identity of;
    bool has_ended;
    char ending[256]; /* what is wrong with its end; "": nothing */
    char where[128];
};

int replay_new(struct replay **ret_replay, const char *name, struct error *error)
{
    struct replay *replay = calloc(1, sizeof(*replay));
    if (!replay)
        return error_set_errno(error, -ENOMEM, "%s", name);
    int r = recording_open(name, &replay->recording, error);
    if (r < 0) {
        free(replay);
        return r;
    }
    *ret_replay = replay;
    return 0;
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    recording_close(replay->recording);
    free(replay);
}

const struct recording_header *replay_header(const struct replay *replay)
{
    return recording_header(recording_reader(replay->recording));
}

uint64_t replay_interval_ns(const struct replay *replay)
{
    return replay_header(replay)->interval_ns;
}

static bool is_pipe(const struct replay *replay)
{
    return recording_fd(replay->recording) >= 0;
}

/* While it is held a pipe's writer has to wait. */
int replay_fd(const struct app *app)
{
    const struct replay *replay = app->replay;
    bool is_wanted = replay->goal != GOAL_NONE || !ui_is_paused(&app->ui);
    return replay->has_ended || !is_wanted ? -1 : recording_fd(replay->recording);
}

static void say(struct app *app, enum severity severity, const char *text)
{
    ui_message(&app->ui, severity, 0, "%s", text);
    app->is_stale = true;
}

/* The way is gone, or cannot be gone on: whoever was selected is selected again, if there. */
static void arrive(struct app *app)
{
    struct replay *replay = app->replay;
    if (snapshot_find_identity(app_snapshot(app), replay->of))
        ui_select(&app->ui, replay->of);
    replay->goal = GOAL_NONE;
    replay->of = NOBODY;
    frame_rebuild(app);
}

/* ---- one refresh ---- */

static int take_refresh(struct app *app)
{
    struct replay *replay = app->replay;
    struct snapshot *previous = app_snapshot(app), *next = &app->snapshots[!app->newest];
    snapshot_done(next);
    int r = snapshot_copy(recording_snapshot(recording_reader(replay->recording)), next);
    if (r == 0)
        r = life_update(app->life, previous, next, NULL, 0);
    if (r == 0)
        r = life_add_ended(app->life, next, frame_linger_ns(app));
    if (r < 0)
        return r;
    replay->before_ns = previous->mono_ns;
    replay->refreshes++;
    app->newest = !app->newest;
    app->sweeps++;
    return 0;
}

static void take_events(struct app *app)
{
    size_t count;
    const struct event *events = recording_events(recording_reader(app->replay->recording), &count);
    life_hear(app->life, events, count);
}

static void take_end(struct app *app, const struct error *error)
{
    struct replay *replay = app->replay;
    replay->has_ended = true;
    (void)snprintf(replay->ending, sizeof(replay->ending), "%s", error->message);
    arrive(app);
    say(app, error->code < 0 ? SEVERITY_ERROR : SEVERITY_INFO,
        error->code < 0 ? replay->ending : _("The recording ends here"));
}

/* Takes what comes until a refresh is whole: true; false: nothing more has come, or it ended. */
static bool step(struct app *app)
{
    struct replay *replay = app->replay;
    struct error error = ERROR_INIT;
    while (!replay->has_ended) {
        int item = recording_read(replay->recording, false, &error);
        if (item == RECORDING_EVENTS) {
            take_events(app);
        } else if (item == RECORDING_SNAPSHOT) {
            int r = take_refresh(app);
            if (r == 0)
                return true;
            (void)error_set_errno(&error, r, "%s", _("the recording"));
            take_end(app, &error);
        } else if (item == RECORDING_NEEDS_MORE) {
            return false;
        } else if (item != RECORDING_HEADER) {
            take_end(app, &error);
        }
    }
    return false;
}

int replay_begin(struct app *app, struct error *error)
{
    struct replay *replay = app->replay;
    int item;
    while ((item = recording_read(replay->recording, true, error)) > 0) {
        if (item == RECORDING_EVENTS)
            take_events(app);
        else if (item == RECORDING_END)
            return error_set(error, -ENODATA, _("the recording holds nothing"));
        else if (item == RECORDING_SNAPSHOT)
            break;
    }
    if (item < 0)
        return item;
    app->scene.event_source = replay_header(replay)->has_kernel_events
                                  ? _("kernel (proc connector)")
                                  : _("polling: short lives may be missed");
    replay->next_ns = clock_boot_ns() + replay_interval_ns(replay);
    return take_refresh(app);
}

/* ---- back to the beginning ---- */

static int begin_again(struct app *app)
{
    struct replay *replay = app->replay;
    const struct snapshot nothing = SNAPSHOT_INIT;
    struct life *life = life_new(EVENTS_KEPT, LIVES_KEPT);
    int r = life ? recording_return(replay->recording, 0, 0, &nothing) : -ENOMEM;
    if (r < 0) {
        life_free(life);
        return r;
    }
    life_free(app->life);
    app->life = life;
    app->scene.life = NULL;
    app->scene.events = NULL;
    snapshot_done(&app->snapshots[!app->newest]);
    replay->refreshes = 0;
    replay->before_ns = 0;
    replay->has_ended = false;
    replay->ending[0] = '\0';

    /* What is on the screen stays in `newest` until the first refresh is there. */
    struct snapshot shown = *app_snapshot(app);
    struct error error = ERROR_INIT;
    *app_snapshot(app) = SNAPSHOT_INIT;
    r = replay_begin(app, &error);
    snapshot_done(&shown);
    frame_rebuild(app);
    return r;
}

static void go(struct app *app, enum goal goal, uint64_t target)
{
    app->replay->goal = goal;
    app->replay->target = target;
    app->ui.is_paused = true;
}

static void go_back(struct app *app, enum goal goal, uint64_t target)
{
    if (is_pipe(app->replay)) {
        say(app, SEVERITY_WARNING,
            _("What came down a pipe is not kept: record it to a file to go back in it"));
        return;
    }
    int r = begin_again(app);
    if (r < 0)
        say(app, SEVERITY_ERROR, strerror(-r));
    else
        go(app, goal, target);
}

/* ---- the way to where it shall go ---- */

static bool has_event_since(const struct app *app, struct identity id, uint64_t serial)
{
    const struct event_log *log = life_log(app->life);
    uint64_t oldest = log->total - log->count;
    for (uint64_t i = serial < oldest ? oldest : serial; i < log->total; i++)
        if (identity_is_same(event_log_get(log, (size_t)(i - oldest))->id, id))
            return true;
    return false;
}

static uint64_t death_ns(const struct app *app, struct identity id)
{
    const struct biography *biography = life_find(app->life, id);
    if (!biography)
        return 0;
    return biography->zombie_ns ? biography->zombie_ns : biography->ended_ns;
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
        return has_event_since(app, replay->of, replay->target);
    case GOAL_DEATH:
        return death_ns(app, replay->of) > 0;
    }
    return true;
}

static void go_on(struct app *app)
{
    struct replay *replay = app->replay;
    uint64_t until = clock_boot_ns() + PIECE_NS;
    while (replay->goal != GOAL_NONE && clock_boot_ns() < until) {
        if (is_there(app))
            arrive(app);
        else if (!step(app))
            break;
    }
}

static void play(struct app *app)
{
    struct replay *replay = app->replay;
    uint64_t now = clock_boot_ns(), until = now + PIECE_NS;
    bool has_stepped = false;
    if (is_pipe(replay)) {
        /* As it comes, and the newest of it where more has come. */
        while (clock_boot_ns() < until && step(app))
            has_stepped = true;
    } else if (now >= replay->next_ns) {
        uint64_t interval = replay_interval_ns(replay);
        replay->next_ns =
            now + (replay->speed < 0 ? interval << -replay->speed : interval >> replay->speed);
        has_stepped = step(app);
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
    if (replay->goal != GOAL_NONE && !is_pipe(replay))
        return 0;
    if (replay->has_ended || ui_is_paused(&app->ui) || is_pipe(replay))
        return -1;
    uint64_t now = clock_boot_ns(), left = replay->next_ns > now ? replay->next_ns - now : 0;
    return left > 3600 * NS_PER_SEC ? 3600 * 1000 : (int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

/* ---- keys ---- */

static void change_speed(struct app *app, int change)
{
    struct replay *replay = app->replay;
    int speed = replay->speed + change;
    if (is_pipe(replay)) {
        say(app, SEVERITY_INFO, _("What comes down a pipe is shown as it comes"));
        return;
    }
    if (speed >= SPEED_LEAST && speed <= SPEED_MOST)
        replay->speed = speed;
    replay->next_ns = 0;
    frame_rebuild(app);
}

static void go_to_event_before(struct app *app)
{
    const struct event_log *log = life_log(app->life);
    for (size_t i = log->count; i-- > 0;) {
        const struct event *event = event_log_get(log, i);
        if (!identity_is_same(event->id, app->replay->of) ||
            event->mono_ns > app->replay->before_ns)
            continue;
        go_back(app, GOAL_MOMENT, event->mono_ns);
        return;
    }
    say(app, SEVERITY_INFO, _("It has no event before this"));
}

static void go_to_birth(struct app *app)
{
    const struct biography *biography = life_find(app->life, app->replay->of);
    if (!biography)
        say(app, SEVERITY_INFO, _("Nothing is remembered of its birth"));
    else
        go_back(app, GOAL_MOMENT, biography->born_ns);
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
        go_back(app, GOAL_MOMENT, ns);
    else
        go_forward(app, GOAL_DEATH, 0);
}

/* Pressed again on the way, it leads one farther. */
static void step_back(struct app *app, uint64_t from)
{
    if (from > 1)
        go_back(app, GOAL_REFRESH, from - 1);
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
        go_forward(app, GOAL_REFRESH, from + 1);
        break;
    case ACTION_STEP_BACK:
        step_back(app, from);
        break;
    case ACTION_FASTER:
    case ACTION_SLOWER:
        change_speed(app, action == ACTION_FASTER ? 1 : -1);
        break;
    case ACTION_NEXT_EVENT:
        go_forward(app, GOAL_EVENT, life_log(app->life)->total);
        break;
    case ACTION_PREVIOUS_EVENT:
        go_to_event_before(app);
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

int replay_go_to(struct app *app, const char *time)
{
    uint64_t ns, now_ns = app_snapshot(app)->time_ns;
    app->replay->of = app->ui.cursor;
    if (recording_parse_time(time, now_ns, replay_header(app->replay)->utc_offset_s, &ns) < 0)
        return -EINVAL;
    if (ns < now_ns)
        go_back(app, GOAL_TIME, ns);
    else
        go_forward(app, GOAL_TIME, ns);
    return 0;
}

/* ---- where we are ---- */

const char *replay_where(struct app *app)
{
    struct replay *replay = app->replay;
    const struct recording_header *header = replay_header(replay);
    int64_t local = (int64_t)(app_snapshot(app)->time_ns / NS_PER_SEC) + header->utc_offset_s;
    int second = (int)(((local % 86400) + 86400) % 86400);
    uint64_t size = recording_size(replay->recording), line;
    uint64_t at = recording_position(recording_reader(replay->recording), &line);
    char place[32] = "", speed[16] = "";
    const char *how = ui_is_paused(&app->ui) ? _(" held") : "";
    if (replay->has_ended)
        how = replay->ending[0] ? _(" cut") : _(" end");
    if (size > 0)
        (void)snprintf(place, sizeof(place), " %u%%",
                       (unsigned)(at >= size ? 100 : (double)at * 100 / (double)size));
    if (replay->speed != 0)
        (void)snprintf(speed, sizeof(speed), replay->speed > 0 ? " x%d" : " x1/%d",
                       1 << abs(replay->speed));
    (void)snprintf(replay->where, sizeof(replay->where), "%s %02d:%02d:%02d%s%s%s",
                   is_pipe(replay) ? _("pipe") : _("replay"), second / 3600, second / 60 % 60,
                   second % 60, place, speed, how);
    return replay->where;
}
