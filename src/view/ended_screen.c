/*
 * ended_screen: draws the list of the recently ended processes.
 */
#include <stdio.h>

#include "canvas.h"
#include "modal_place.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

/* Where each begins. At 80 columns the end of a life has the 20 that its sentences need. */
struct places {
    int name, parent, ago, lived, end;
};

enum {
    WIDE_COLS = 96
};

static struct places places_in(int cols)
{
    return cols < WIDE_COLS ? (struct places){8, 24, 41, 48, 56}
                            : (struct places){9, 26, 50, 59, 68};
}

static void draw_at(const struct canvas *canvas, struct rect row, int col, int cols,
                    enum style style, const char *text)
{
    int left = row.cols - col < cols ? row.cols - col : cols;
    if (left > 0)
        (void)grid_puts(canvas->grid, row.row, row.col + col, left, style, text);
}

static void draw_headings(const struct canvas *canvas, struct rect row)
{
    struct places at = places_in(row.cols);
    draw_at(canvas, row, 0, at.name - 1, STYLE_HEADING, "PID");
    draw_at(canvas, row, at.name, at.parent - at.name - 1, STYLE_HEADING, _("NAME"));
    draw_at(canvas, row, at.parent, at.ago - at.parent - 1, STYLE_HEADING, _("CHILD OF"));
    draw_at(canvas, row, at.ago, at.lived - at.ago - 1, STYLE_HEADING, _("AGO"));
    draw_at(canvas, row, at.lived, at.end - at.lived - 1, STYLE_HEADING, _("LIVED"));
    draw_at(canvas, row, at.end, row.cols, STYLE_HEADING, _("END"));
}

/* A life that began before we looked was longer than what we saw of it. */
static void format_lived(const struct history *history, char ret_text[static COLUMN_TEXT_SIZE + 1])
{
    uint64_t end_ns = history->zombie_ns ? history->zombie_ns : history->ended_ns;
    ret_text[0] = '>';
    format_age(end_ns > history->born_ns ? end_ns - history->born_ns : 0,
               history->was_seen_born ? ret_text : ret_text + 1);
}

static void draw_one(const struct canvas *canvas, struct rect row, const struct history *history)
{
    _cleanup_(strbuf_done) struct strbuf end = STRBUF_INIT;
    char pid[16], parent[EVENT_COMM_SIZE + 16], ago[COLUMN_TEXT_SIZE];
    char lived[COLUMN_TEXT_SIZE + 1];
    uint64_t now_ns = canvas->scene->mono_ns;
    (void)snprintf(pid, sizeof(pid), "%d", (int)pid_local(history->id.pid));
    (void)snprintf(parent, sizeof(parent), "%d %s", (int)pid_local(history->born_of.id.pid),
                   history->born_of.comm);
    format_age(now_ns > history->ended_ns ? now_ns - history->ended_ns : 0, ago);
    format_lived(history, lived);
    exit_status_describe(history->exit_status, &end);
    struct places at = places_in(row.cols);
    draw_at(canvas, row, 0, at.name - 1, STYLE_NORMAL, pid);
    draw_at(canvas, row, at.name, at.parent - at.name - 1, STYLE_STRONG,
            history->comm[0] ? history->comm : "?");
    draw_at(canvas, row, at.parent, at.ago - at.parent - 1, STYLE_DIM, parent);
    draw_at(canvas, row, at.ago, at.lived - at.ago - 1, STYLE_NORMAL, ago);
    draw_at(canvas, row, at.lived, at.end - at.lived - 1, STYLE_NORMAL, lived);
    draw_at(canvas, row, at.end, row.cols, STYLE_DYING, strbuf_text(&end));
}

void draw_ended(const struct canvas *canvas, const struct modal *modal)
{
    const struct ended_list *ended = &canvas->ui->ended;
    struct rect rect = modal_rect(canvas->ui, canvas->scene, modal);
    struct rect list = modal_list_rect(canvas->ui, canvas->scene, modal);
    draw_frame(canvas, rect, _("Ended processes"));
    int col = list.col + grid_puts(canvas->grid, rect.row + 1, list.col, list.cols, STYLE_LABEL,
                                   _("Search: "));
    int cursor_col = edit_draw(&ended->filter, canvas->grid, rect.row + 1, col,
                               list.col + list.cols - col, STYLE_NORMAL);
    draw_headings(canvas, (struct rect){rect.row + 2, list.col, 1, list.cols});
    if (ended->count == 0)
        (void)grid_puts(canvas->grid, list.row, list.col, list.cols, STYLE_DIM,
                        ended->filter.text.length > 0 ? _("No ended process matches")
                                                      : _("No process has ended yet"));
    for (int i = 0; i < list.rows && modal->list.top + (size_t)i < ended->count; i++) {
        size_t at = modal->list.top + (size_t)i;
        struct rect row = {list.row + i, list.col, 1, list.cols};
        draw_one(canvas, row, ended->rows[at]);
        draw_list_row(canvas, row, at == modal->list.at);
    }
    if (ended->filter.text.length > 0) {
        canvas->grid->cursor_row = rect.row + 1;
        canvas->grid->cursor_col = cursor_col;
    }
}
