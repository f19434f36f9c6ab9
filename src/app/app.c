#include "reaptop/app/app.h"
#include "reaptop/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cast.h"
#include "config.h"
#include "config_keys.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/cli/command.h"
#include "reaptop/source/trace.h"
#include "reaptop/term/term.h"
#include "remote_signal.h"
#include "state.h"

enum own_option {
    REPLAY_AT,
    REPLAY_SPEED,
    REPLAY_ASCIICAST,
    REPLAY_SIZE,
};

enum {
    CAST_ROWS = 30,
    CAST_COLS = 100,
    FAILED_POLL_MS = 10 /* until the next poll(2) is tried */
};

#define LINEAR_DELAY_NS (5 * NS_PER_SEC)

/* ---- signals to ourselves ---- */

/* Taken from a descriptor in the loop, so that none interrupts a half-done frame. */
static const int looped_signals[] = {SIGHUP,   SIGINT,  SIGQUIT, SIGTERM,
                                     SIGWINCH, SIGTSTP, SIGCONT, SIGCHLD};

/* Faults of our own: the terminal comes back, then the signal does what it does. */
static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};

static void die_of_fault(int signal_number)
{
    term_emergency_restore();
    (void)raise(signal_number); /* SA_RESETHAND: the default action now */
}

static void catch_faults(void)
{
    static char stack[64 * 1024];
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
    (void)sigaltstack(&alternative, NULL);
    struct sigaction action = {.sa_handler = die_of_fault,
                               .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};
    for (size_t i = 0; i < ELEMENTS(fatal_signals); i++)
        (void)sigaction(fatal_signals[i], &action, NULL);
}

static void never_runs(int signal_number)
{
    (void)signal_number;
}

static int open_signal_fd(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < ELEMENTS(looped_signals); i++)
        (void)sigaddset(&set, looped_signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    /*
     * Where SIGTSTP is at its default, curses takes it over and ignores it while
     * it draws, and a pending signal that becomes ignored is lost (signal(7)).
     */
    (void)sigaction(SIGTSTP, &(struct sigaction){.sa_handler = never_runs}, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* Stops like any job, and comes back with the screen as it was. */
static void suspend(struct app *app)
{
    term_suspend();
    (void)raise(SIGSTOP);
    term_resume();
    term_size(&app->ui.rows, &app->ui.cols);
    ui_resize(&app->ui, app->ui.rows, app->ui.cols);
    app->wants_sweep = true; /* one that was going on is begun again */
    if (app->is_sweeping)
        frame_begin_sweep(app);
}

static void take_signal(struct app *app, int signal_number)
{
    int rows, cols;
    switch (signal_number) {
    case SIGWINCH:
    case SIGCONT:
        term_resize();
        term_size(&rows, &cols);
        ui_resize(&app->ui, rows, cols);
        frame_rebuild(app);
        break;
    case SIGTSTP:
        suspend(app);
        break;
    case SIGCHLD:
        app->wants_sweep = true;
        break;
    default:
        app->is_quitting = true;
    }
}

static void take_signals(struct app *app)
{
    struct signalfd_siginfo info;
    ssize_t got;
    while ((got = read(app->signal_fd, &info, sizeof(info))) == (ssize_t)sizeof(info))
        take_signal(app, (int)info.ssi_signo);
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        app->is_quitting = true; /* nothing but SIGKILL would end it */
}

/* ---- keys ---- */

static void take_key(struct app *app, struct key key)
{
    debug(DEBUG_VIEW, "key"); /* what was typed is nobody's business */
    if (key.kind == KEY_RESIZED) {
        ui_resize(&app->ui, key.row, key.col);
        frame_rebuild(app);
        return;
    }
    bool is_escape = key_is_same(key, KEY_NAMED(KEY_IS_ESCAPE));
    if (is_escape && app->replay && app->ui.modal_count == 0 && replay_end_way(app))
        return;
    bool wanted_argv = ui_wants_argv(&app->ui);
    struct intent intent = ui_key(&app->ui, key, &app->scene);
    if (!wanted_argv && ui_wants_argv(&app->ui))
        app->has_answers = true; /* what was read for other rows; the frame asks for the rest */
    app->is_stale = true;
    intent_act(app, &intent);
}

static void take_keys(struct app *app)
{
    struct key key;
    while (!app->is_quitting && term_read_key(&key))
        take_key(app, key);
}

/* ---- the loop ---- */

static bool is_sweep_due(const struct app *app)
{
    if (app->is_sweeping)
        return false;
    return app->wants_sweep || (!ui_is_paused(&app->ui) && clock_boot_ns() >= app->next_sweep_ns);
}

/* The sooner of two waits; -1: for ever. */
static int sooner_ms(int one, int other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

static int signal_wait_ms(const struct app *app)
{
    uint64_t now = clock_boot_ns();
    if (!signal_is_watching(app))
        return -1;
    return now >= app->send_step_ns ? 0 : (int)((app->send_step_ns - now) / NS_PER_MS) + 1;
}

static int wait_ms(const struct app *app)
{
    if (app->replay)
        return app->wants_sweep ? 0 : sooner_ms(replay_wait_ms(app), signal_wait_ms(app));
    if (is_sweep_due(app) || scan_is_due(app))
        return 0;
    uint64_t now = clock_boot_ns(), due = UINT64_MAX;
    if (!app->is_sweeping && !ui_is_paused(&app->ui))
        due = app->next_sweep_ns;
    if (signal_is_watching(app) && app->send_step_ns < due)
        due = app->send_step_ns;
    if (app->has_news && app->draw_ns < due)
        due = app->draw_ns;
    if (due == UINT64_MAX)
        return -1;
    return now >= due ? 0 : (int)((due - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* What the loop waits for. */
enum listened {
    LISTEN_KEYS,
    LISTEN_SIGNALS,
    LISTEN_READER,
    LISTEN_CHILDREN,
    LISTEN_LAB,
    LISTEN_PANE,   /* taken in each turn: frame_tend_pane() */
    LISTEN_BATCH,  /* likewise: signal_step() */
    LISTEN_REMOTE, /* likewise */
    LISTEN_FEED,   /* it and those behind it, likewise: frame_receive() */
    LISTEN_MOST = LISTEN_FEED + FEED_FDS_MOST
};

/* Returns how many; *ret_is_due: the feed does not want to wait. */
static size_t fill_listened(const struct app *app, struct pollfd fds[static LISTEN_MOST],
                            bool *ret_is_due)
{
    const int wanted[LISTEN_FEED] = {
        [LISTEN_KEYS] = STDIN_FILENO,
        [LISTEN_SIGNALS] = app->signal_fd,
        [LISTEN_READER] = app->reader ? reader_fd(app->reader) : -1,
        [LISTEN_CHILDREN] = child_poll_fd(app->children),
        [LISTEN_LAB] = lab_pane_fd(app),
        [LISTEN_PANE] = app->pane.is_asked ? app->pane.worker.fd : -1,
        [LISTEN_BATCH] = signal_is_watching(app) ? send_poll_fd(app->batch) : -1,
        [LISTEN_REMOTE] = remote_signal_fd(app->remote),
    };
    for (size_t i = 0; i < LISTEN_FEED; i++)
        fds[i] = (struct pollfd){.fd = wanted[i], .events = POLLIN};
    bool is_listened = !app->replay || replay_is_reading(app);
    size_t count = is_listened ? feed_fds(app->feed, &fds[LISTEN_FEED], ret_is_due) : 0;
    *ret_is_due = !app->replay && *ret_is_due; /* else replay_wait_ms() says it */
    return LISTEN_FEED + count;
}

/*
 * A poll(2) that fails is no reason to lose the screen. Where each one does, signals and the loss
 * of the terminal still end it, and it does not spin.
 */
static void listen_without_poll(struct app *app)
{
    const struct timespec pause = {.tv_nsec = (long)(FAILED_POLL_MS * NS_PER_MS)};
    take_signals(app);
    if (term_is_lost())
        app->is_quitting = true;
    if (!app->is_quitting)
        (void)nanosleep(&pause, NULL);
}

static void wait_and_listen(struct app *app)
{
    struct pollfd fds[LISTEN_MOST];
    bool is_due = false;
    size_t count = fill_listened(app, fds, &is_due);
    if (poll(fds, count, is_due ? 0 : wait_ms(app)) < 0) {
        listen_without_poll(app);
        return;
    }
    if (fds[LISTEN_KEYS].revents & (POLLHUP | POLLERR | POLLNVAL)) {
        /* getch() would fail for ever without a word: the terminal is lost. */
        app->is_quitting = true;
        return;
    }
    if (fds[LISTEN_SIGNALS].revents & POLLIN)
        take_signals(app);
    if (fds[LISTEN_READER].revents & POLLIN)
        frame_take_answers(app);
    if (fds[LISTEN_CHILDREN].revents & POLLIN && child_refresh(app->children) > 0)
        app->wants_sweep = true;
    if (fds[LISTEN_LAB].revents & (POLLIN | POLLHUP))
        lab_pane_take(app);
    if (fds[LISTEN_KEYS].revents & POLLIN)
        take_keys(app);
}

static void tend_feed(struct app *app)
{
    if (is_sweep_due(app))
        frame_begin_sweep(app);
    frame_receive(app);
}

/* There is nothing to press a key at before it. */
static void sweep_first(struct app *app)
{
    frame_begin_sweep(app);
    while (app->is_sweeping) {
        struct pollfd fds[FEED_FDS_MOST];
        bool is_due;
        size_t count = feed_fds(app->feed, fds, &is_due);
        (void)poll(fds, count, is_due ? 0 : -1);
        frame_receive(app);
    }
    if (!app->scene.snapshot) /* it failed, and the screen says why: no process is known yet */
        frame_rebuild(app);
}

static void run_loop(struct app *app)
{
    if (app->replay) {
        replay_show_place(app);
        frame_rebuild(app);
    } else {
        sweep_first(app);
    }
    while (!app->is_quitting) {
        if (app->replay)
            replay_turn(app);
        else
            tend_feed(app);
        signal_step(app);
        frame_scan(app);
        frame_tend_pane(app);
        if (app->replay)
            replay_show_place(app);
        frame_draw(app);
        if (app->options->iterations > 0 && app->sweeps >= app->options->iterations)
            return;
        wait_and_listen(app);
    }
}

/* ---- beginning and end ---- */

/* A configuration that is wrong somewhere costs that setting, not the start. */
static void load_settings(struct app *app)
{
    struct error error = ERROR_INIT;
    _cleanup_(strbuf_done) struct strbuf clashes = STRBUF_INIT;
    if (config_load(&app->ui.settings, &error) < 0)
        ui_message(&app->ui, SEVERITY_WARNING, said_ns(app), "%s", error.message);
    config_keys_clashes(&app->ui.settings, &clashes);
    if (error.code == 0 && clashes.length > 0)
        ui_message(&app->ui, SEVERITY_WARNING, said_ns(app), "reaptop.conf: %s",
                   strbuf_text(&clashes));
}

/* An order that stays, and less often: each change is read aloud. */
static void begin_linear(struct settings *settings, const struct options *options)
{
    settings->shape = TREE_FLAT;
    settings->is_inverted = false;
    if (!options->has_sort)
        settings->sort = FIELD_PID;
    if (!options->has_delay && settings->delay_ns < LINEAR_DELAY_NS)
        settings->delay_ns = LINEAR_DELAY_NS;
}

static void apply_options(struct app *app)
{
    const struct options *options = app->options;
    struct settings *settings = &app->ui.settings;
    if (options->has_delay)
        settings->delay_ns = options->delay_ns;
    if (options->has_sort)
        settings->sort = options->sort;
    settings->ascii |= options->ascii;
    settings->linear |= options->linear;
    if (settings->linear)
        begin_linear(settings, options);
    settings->mouse &= !options->no_mouse;
    if (options->color == COLOR_NEVER)
        settings->color = COLOR_MODE_MONO;
    else if (options->color == COLOR_ALWAYS)
        settings->color = COLOR_MODE_8;

    _cleanup_(strbuf_done) struct strbuf expression = STRBUF_INIT;
    options_filter_expression(options, &expression);
    if (expression.length > 0)
        (void)ui_set_filter(&app->ui, strbuf_text(&expression), NULL);
}

static void app_done(struct app *app)
{
    term_stop();
    app->signal_fd = fd_close(app->signal_fd);
    signal_done(app);
    tune_close(app);
    pane_done(&app->pane);
    document_done(&app->prose);
    lab_pane_done(app);
    play_pane_done(app);
    children_done(app);
    ui_done(&app->ui);
    meters_done(&app->meters);
    meter_source_done(&app->meter_source);
    grid_done(&app->grid);
    tree_done(&app->tree);
    tree_done(&app->lineage);
    reader_free(app->reader);
    feed_close(app->feed);
    replay_free(app->replay);
    helper_settle();
}

/* Where the inspector will be shown its worker is forked now, while there is little to copy. */
static void prepare_pane(struct app *app)
{
    struct winsize size;
    struct snapshot nothing_yet = SNAPSHOT_INIT;
    const struct scene scene = {.snapshot = &nothing_yet};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return;
    ui_resize(&app->ui, size.ws_row, size.ws_col);
    if (ui_layout(&app->ui, &scene).inspector.rows > 0)
        pane_prepare(&app->pane);
}

static int open_feed(struct app *app, struct error *error)
{
    const struct feed_live_options options = {
        .memory = {.events = EVENTS_KEPT, .ended = LIVES_KEPT}, .has_events = true};
    if (!app->scene.is_readonly)
        trace_clean();
    prepare_pane(app);
    int r = reader_new(&app->reader, error);
    if (r == 0)
        r = feed_live_open(&options, &app->feed, error);
    if (r == 0)
        frame_name_source(app);
    return r;
}

static int begin_replay(struct app *app)
{
    struct error error = ERROR_INIT;
    const char *at = app->options->own[REPLAY_AT], *speed = app->options->own[REPLAY_SPEED];
    int r = replay_begin(app, &error);
    if (r == -EINTR)
        return EXIT_INTERRUPTED; /* which was said */
    if (r < 0)
        return command_fail(EXIT_FAULT, "replay: %s", error.message);
    /* A lesson's threads are among its roles: they are rows, too. */
    app->ui.settings.shows_threads |=
        feed_header(app->feed)->has_notes && feed_header(app->feed)->has_threads;
    if (at && replay_go_to(app, at) < 0)
        return command_usage_error("replay", _("--at: invalid value '%s': expected %s"), at,
                                   recording_time_forms());
    if (speed && replay_set_speed(app, speed) < 0)
        return command_usage_error("replay", _("--speed: invalid value '%s': expected %s"), speed,
                                   _("1/8, 1/4, 1/2, 1, 2, 4 … 64"));
    return EXIT_DONE;
}

/* All that needs no terminal. */
static int app_prepare(struct app *app)
{
    struct error error = ERROR_INIT;
    load_settings(app);
    apply_options(app);
    app->scene.is_readonly = app->options->readonly;
    app->scene.is_remote = app->options->remote != NULL;
    app->scene.has_control = app->options->control;
    if (!app->replay && open_feed(app, &error) < 0)
        return command_fail(EXIT_FAULT, "%s", error.message);
    app->signal_fd = open_signal_fd();
    int r = app->signal_fd < 0 ? app->signal_fd : children_init(app);
    if (r == 0)
        r = lab_pane_init(app);
    if (r < 0)
        return command_fail(EXIT_FAULT, _("it cannot start: %s"), strerror(-r));
    return app->replay ? begin_replay(app) : EXIT_DONE;
}

static void set_scene(struct app *app, int rows, int cols)
{
    ui_resize(&app->ui, rows, cols);
    app->scene.ticks_per_second = feed_header(app->feed)->ticks_per_second;
    app->scene.self_pid = app->replay ? 0 : getpid();
    app->scene.forecast = signal_forecast;
    app->scene.forecast_data = app;
    app->scene.explain = act_explain;
    app->scene.is_helper = app->replay ? NULL : helper_was;
}

static int app_start(struct app *app)
{
    struct error error = ERROR_INIT;
    int rows, cols;
    ui_init(&app->ui);
    if (term_prepare(&error) < 0)
        return command_usage_error(NULL, "%s", error.message);
    int status = app_prepare(app);
    if (status != EXIT_DONE)
        return status;
    const struct term_options options = app_term_options(app);
    if (term_start(&options, &error) < 0)
        return command_usage_error(NULL, "%s", error.message);
    catch_faults();
    term_size(&rows, &cols);
    set_scene(app, rows, cols);
    return EXIT_DONE;
}

static int run_app(struct app *app)
{
    int status = app_start(app);
    if (status == EXIT_DONE)
        run_loop(app);
    return status == EXIT_DONE ? app->status : status;
}

int app_run(const struct options *options)
{
    _cleanup_(app_done) struct app app = {
        .options = options, .pane = PANE_SOURCE_INIT, .signal_fd = -EBADF};
    return run_app(&app);
}

/* The recording comes through standard input: keys come from the terminal itself. */
static int take_keys_from_terminal(void)
{
    _cleanup_close_ int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    return fd < 0 || dup2(fd, STDIN_FILENO) < 0 ? -errno : 0;
}

static int check_terminal(bool is_pipe)
{
    if (!isatty(STDOUT_FILENO))
        return command_usage_error("replay", _("standard output is no terminal: reaptop tree and "
                                               "reaptop events read a recording with --from"));
    if (is_pipe && isatty(STDIN_FILENO))
        return command_usage_error("replay", _("standard input is a terminal, not a recording"));
    return EXIT_DONE;
}

/* The screen of a terminal that is not there, kept for a player. */
static int run_cast(struct app *app, const char *name)
{
    const char *size = app->options->own[REPLAY_SIZE];
    const char *slash = strrchr(name, '/');
    int rows = CAST_ROWS, cols = CAST_COLS;
    if (size && cast_parse_size(size, &rows, &cols) < 0)
        return command_usage_error("replay", _("--size: invalid value '%s': expected %s"), size,
                                   _("columns and rows, such as 100x30, from 40x10 to 1000x500"));
    ui_init(&app->ui);
    int status = app_prepare(app);
    if (status != EXIT_DONE)
        return status;
    set_scene(app, rows, cols);
    return cast_write(app, app->options->own[REPLAY_ASCIICAST], slash ? slash + 1 : name);
}

static int check_cast(const struct options *options, bool is_pipe)
{
    if (options->own[REPLAY_ASCIICAST] && (is_pipe || options->own[REPLAY_AT]))
        return command_usage_error("replay", _("--asciicast is of a whole recording in a file: "
                                               "replay --asciicast FILE RECORDING"));
    if (!options->own[REPLAY_ASCIICAST] && options->own[REPLAY_SIZE])
        return command_usage_error("replay",
                                   _("--size is for --asciicast: a terminal has its own"));
    return EXIT_DONE;
}

int app_replay(const struct options *options, int argc, char **argv)
{
    struct error error = ERROR_INIT;
    _cleanup_(app_done) struct app app = {
        .options = options, .pane = PANE_SOURCE_INIT, .signal_fd = -EBADF};
    if (argc != 2)
        return command_usage_error("replay", _("it takes one FILE, or - for standard input"));
    bool is_pipe = strcmp(argv[1], "-") == 0;
    const char *cast = options->own[REPLAY_ASCIICAST];
    int status = check_cast(options, is_pipe);
    if (status == EXIT_DONE && !cast)
        status = check_terminal(is_pipe);
    if (status != EXIT_DONE)
        return status;
    if (replay_open(&app, argv[1], &error) < 0)
        return command_fail(EXIT_FAULT, "replay: %s", error.message);
    if (cast)
        return run_cast(&app, argv[1]);
    int r = is_pipe ? take_keys_from_terminal() : 0;
    return r < 0 ? command_fail(EXIT_FAULT, "replay: /dev/tty: %s", strerror(-r)) : run_app(&app);
}
