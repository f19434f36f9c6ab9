#include "cast.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/io.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/term/ansi.h"

enum {
    ROWS_MOST = 500,
    COLS_MOST = 1000,
    TIME_DIGITS = 12
};

struct cast {
    int fd;
    const char *name;
    struct term_options options;
    struct grid drawn;
    uint64_t begin_ns; /* CLOCK_BOOTTIME of the first refresh */
    struct progress progress;
};

int cast_parse_size(const char *text, int *ret_rows, int *ret_cols)
{
    const char *cross = strchr(text, 'x');
    char cols_text[8];
    int64_t rows, cols;
    if (!cross || (size_t)(cross - text) >= sizeof(cols_text))
        return -EINVAL;
    memcpy(cols_text, text, (size_t)(cross - text));
    cols_text[cross - text] = '\0';
    if (number_parse(cols_text, LAYOUT_COLS_LEAST, COLS_MOST, &cols) < 0 ||
        number_parse(cross + 1, LAYOUT_ROWS_LEAST, ROWS_MOST, &rows) < 0)
        return -EINVAL;
    *ret_rows = (int)rows;
    *ret_cols = (int)cols;
    return 0;
}

/* A line of JSON; takes the value over. */
static int write_line(const struct cast *cast, json_t *value)
{
    _cleanup_free_ char *text =
        value ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(TIME_DIGITS)) : NULL;
    json_decref(value);
    if (!text)
        return -ENOMEM;
    int r = io_write(cast->fd, text, strlen(text));
    return r < 0 ? r : io_write(cast->fd, "\n", 1);
}

static int write_header(const struct cast *cast, const struct app *app, const char *title)
{
    uint64_t started_ns = feed_header(app->feed)->started_ns;
    return write_line(cast, json_pack("{si,si,si,sI,ss,s{ss}}", "version", 2, "width", app->ui.cols,
                                      "height", app->ui.rows, "timestamp",
                                      (json_int_t)(started_ns / NS_PER_SEC), "title", title, "env",
                                      "TERM", "xterm-256color"));
}

/* Nothing where the refresh changed nothing on the screen. */
static int write_frame(struct cast *cast, struct app *app)
{
    _cleanup_(strbuf_done) struct strbuf bytes = STRBUF_INIT;
    uint64_t at_ns = replay_scaled_ns(app, app_snapshot(app)->mono_ns - cast->begin_ns);
    frame_tend_pane(app);
    replay_show_place(app);
    if (!frame_compose(app))
        return 0;
    ansi_draw(&cast->options, &app->grid, cast->drawn.cells ? &cast->drawn : NULL, &bytes);
    if (bytes.error < 0 || bytes.length == 0)
        return bytes.error;
    int r = write_line(cast, json_pack("[fss%]", (double)at_ns / (double)NS_PER_SEC, "o",
                                       strbuf_text(&bytes), bytes.length));
    return r < 0 ? r : grid_copy(&cast->drawn, &app->grid);
}

static int write_frames(struct cast *cast, struct app *app, const char *title)
{
    int r = write_header(cast, app, title);
    cast->begin_ns = app_snapshot(app)->mono_ns;
    frame_rebuild(app);
    do
        r = r < 0 ? r : write_frame(cast, app);
    while (r == 0 && replay_next(app, &cast->progress));
    return r < 0 ? r : write_frame(cast, app);
}

static int open_cast(struct cast *cast)
{
    if (strcmp(cast->name, "-") == 0) {
        cast->fd = STDOUT_FILENO;
        return EXIT_DONE;
    }
    cast->fd =
        open(cast->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);
    if (cast->fd >= 0)
        return EXIT_DONE;
    if (errno == EEXIST)
        return command_fail(EXIT_USAGE,
                            _("replay: --asciicast: %s exists: it is not written over; take "
                              "another name or remove it"),
                            cast->name);
    return command_fail(EXIT_FAULT, "replay: %s: %s", cast->name, strerror(errno));
}

int cast_write(struct app *app, const char *name, const char *title)
{
    struct cast cast = {.name = name, .options = app_term_options(app)};
    int status = open_cast(&cast);
    if (status != EXIT_DONE)
        return status;
    progress_begin(&cast.progress, "replay", PROGRESS_KIB);
    int r = write_frames(&cast, app, title);
    bool is_stopped = progress_end(&cast.progress);
    grid_done(&cast.drawn);
    if (cast.fd != STDOUT_FILENO)
        cast.fd = fd_close(cast.fd);
    if (r < 0)
        return command_fail(EXIT_FAULT, "replay: %s: %s", name, strerror(-r));
    if (is_stopped)
        return EXIT_INTERRUPTED;
    const char *cut = replay_cut(app);
    return cut ? command_fail(EXIT_FAULT, "replay: %s", cut) : EXIT_DONE;
}
