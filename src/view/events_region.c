#include <stdio.h>
#include <string.h>

#include "canvas.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"

/* "signals and tracing, of the experiment, of anna, of the selected and its descendants". */
static void describe_choice(const struct ui *ui, const struct scene *scene, struct strbuf *out)
{
    strbuf_puts(out, ui->events == EVENTS_ONE_KIND ? event_kind_name(ui->event_kind)
                                                   : event_group_title(ui->events));
    if (scene->roots_title)
        strbuf_printf(out, ", %s", scene->roots_title);
    if (ui->events_user)
        strbuf_printf(out, _(", of %s"), ui->events_user);
    if (ui->events_of_relatives)
        strbuf_puts(out, _(", of the selected and its descendants"));
}

static enum style style_of_event(enum event_kind kind)
{
    switch (kind) {
    case EVENT_FORK:
    case EVENT_EXEC:
        return STYLE_NEW;
    case EVENT_EXIT:
    case EVENT_REAP:
        return STYLE_DYING;
    case EVENT_ZOMBIE:
        return STYLE_ZOMBIE;
    case EVENT_ADOPT:
        return STYLE_INFERRED;
    case EVENT_SIGNAL:
    case EVENT_DELIVERY:
    case EVENT_OOM:
    case EVENT_COREDUMP:
        return STYLE_STRONG;
    case EVENT_NOTE:
        return STYLE_TITLE;
    case EVENT_LOST:
        return STYLE_ERROR;
    default:
        return STYLE_NORMAL;
    }
}

static void draw_title(const struct canvas *canvas)
{
    const struct ui *ui = canvas->ui;
    const struct event_log *log = canvas->scene->events;
    struct rect rect = canvas->layout.events_title;
    bool has_focus = ui->focus == REGION_EVENTS;
    grid_fill(canvas->grid, rect, STYLE_DIM, rule_char(canvas->scene));
    int col = rect.col + 2;
    _cleanup_(strbuf_done) struct strbuf title = STRBUF_INIT;
    strbuf_puts(&title, _(" Events: "));
    describe_choice(ui, canvas->scene, &title);
    strbuf_putc(&title, ' ');
    col += grid_text(canvas->grid, rect.row, col, rect.cols - 4,
                     has_focus ? STYLE_SELECTED : STYLE_TITLE, strbuf_text(&title), title.length);
    if (has_focus)
        col += grid_puts(canvas->grid, rect.row, col, rect.cols - col - 2, STYLE_DIM,
                         canvas->scene->ascii ? " <- -> " : " ← → ");
    struct life_losses losses =
        canvas->scene->life ? life_losses(canvas->scene->life) : (struct life_losses){0};
    if (losses.times > 0)
        col += grid_printf(canvas->grid, rect.row, col + 1, rect.cols - col - 3, STYLE_ERROR,
                           _(" %llu lost "), (unsigned long long)losses.events);
    if (log && log->dropped > 0)
        (void)grid_printf(canvas->grid, rect.row, col + 2, rect.cols - col - 4, STYLE_DIM,
                          _(" %llu older ones dropped "), (unsigned long long)log->dropped);
    if (has_focus) {
        canvas->grid->cursor_row = rect.row;
        canvas->grid->cursor_col = rect.col + 2;
    }
}

/* A line of the region: an event, and how many older ones like it stand for with it. */
struct event_line {
    const struct event *event;
    uint64_t serial;
    unsigned more;
};

static void describe_line(const struct event_line *line, struct strbuf *out)
{
    const struct event *event = line->event;
    if (line->more > 0 && event->kind == EVENT_FORK) {
        strbuf_printf(out, _("%d %s forked %u children, the last of them %d"),
                      (int)pid_local(event->ppid), event->comm, line->more + 1,
                      (int)pid_local(event->id.pid));
        return;
    }
    event_describe(event, out);
    if (line->more > 0)
        strbuf_printf(out,
                      ngettext(" (and %u like it before)", " (and %u like it before)", line->more),
                      line->more);
}

/* Of several machines, the one where it happened. */
static void add_host(const struct scene *scene, const struct event *event, struct strbuf *out)
{
    pid_t host = pid_host(event->id.pid);
    const char *name = snapshot_comm(scene->snapshot, host);
    if (*name)
        strbuf_printf(out, "%s: ", name);
}

static void draw_event(const struct canvas *canvas, struct rect row, const struct event_line *line,
                       bool is_selected)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    const struct event *event = line->event;
    char clock[CLOCK_TEXT_SIZE];
    enum style style = is_selected               ? STYLE_SELECTED
                       : event_is_notable(event) ? style_of_event(event->kind)
                                                 : STYLE_DIM;
    int col = row.col;
    if (is_selected)
        grid_fill(canvas->grid, row, STYLE_SELECTED, L' ');
    col +=
        grid_printf(canvas->grid, row.row, col, row.cols, is_selected ? STYLE_SELECTED : STYLE_DIM,
                    "%s  ", clock_text_ms(event->time_ns, canvas->scene->utc_offset_s, clock));
    add_host(canvas->scene, event, &sentence);
    describe_line(line, &sentence);
    (void)grid_text(canvas->grid, row.row, col, row.cols - (col - row.col), style,
                    strbuf_text(&sentence), sentence.length);
    if (is_selected) {
        canvas->grid->cursor_row = row.row;
        canvas->grid->cursor_col = row.col;
    }
}

/*
 * The index of the event on the bottom line: the newest, unless the selected
 * one would then be above the top.
 */
static size_t bottom_event(const struct canvas *canvas, const struct event_log *log)
{
    const struct ui *ui = canvas->ui;
    uint64_t oldest = log->total - log->count;
    if (ui->event == EVENT_NEWEST)
        return log->count - 1;
    size_t at = ui->event > oldest ? (size_t)(ui->event - oldest) : 0;
    int below = 0;
    for (size_t i = at; i < log->count; i++)
        if (ui_shows_event(ui, canvas->scene, event_log_get(log, i)) &&
            ++below == canvas->layout.events.rows)
            return i;
    return log->count - 1;
}

enum {
    EVENT_LINES_MOST = 256,
    FOLD_LOOK_BACK = 1024, /* events; a storm must not cost a frame more */
    FOLD_SECONDS = 60,
};

/* The line that the event repeats, or `count`. */
static size_t find_repeat(const struct event_line *lines, size_t count, const struct event *event)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i].event->mono_ns - event->mono_ns <= FOLD_SECONDS * NS_PER_SEC &&
            event_is_repeat(lines[i].event, event))
            return i;
    return count;
}

/*
 * The newest first, as many as there are rows. With the focus in the region each
 * event has its line, so that each can be chosen; else what is alike is folded.
 */
static size_t collect_lines(const struct canvas *canvas, struct event_line *lines, size_t rows)
{
    const struct event_log *log = canvas->scene->events;
    bool folds = canvas->ui->focus != REGION_EVENTS;
    uint64_t oldest = log->total - log->count;
    size_t count = 0, looked = 0;
    for (size_t i = bottom_event(canvas, log) + 1; i > 0 && looked < FOLD_LOOK_BACK; i--) {
        const struct event *event = event_log_get(log, i - 1);
        looked += folds;
        if (!ui_shows_event(canvas->ui, canvas->scene, event))
            continue;
        size_t same = folds ? find_repeat(lines, count, event) : count;
        if (same < count) {
            lines[same].more++;
            continue;
        }
        if (count == rows)
            break;
        lines[count++] = (struct event_line){event, oldest + i - 1, 0};
    }
    return count;
}

void draw_events(const struct canvas *canvas)
{
    const struct event_log *log = canvas->scene->events;
    struct rect rect = canvas->layout.events;
    if (rect.rows <= 0)
        return;
    if (canvas->layout.events_title.rows > 0)
        draw_title(canvas);
    if (!log || log->count == 0) {
        (void)grid_puts(canvas->grid, rect.row, rect.col + 2, rect.cols - 2, STYLE_DIM,
                        _("nothing has happened yet"));
        return;
    }
    struct event_line lines[EVENT_LINES_MOST];
    size_t rows = rect.rows > EVENT_LINES_MOST ? EVENT_LINES_MOST : (size_t)rect.rows;
    size_t count = collect_lines(canvas, lines, rows);
    for (size_t i = 0; i < count; i++) {
        bool is_selected =
            canvas->ui->focus == REGION_EVENTS && lines[i].serial == canvas->ui->event;
        int row = rect.row + rect.rows - 1 - (int)i;
        draw_event(canvas, (struct rect){row, rect.col, 1, rect.cols}, &lines[i], is_selected);
    }
}
