/*
 * ended: the list of the lately dead, newest first, and the life of each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/view/life_tab.h"

enum {
    PID_COL = 0,
    NAME_COL = 9,
    PARENT_COL = 26,
    AGO_COL = 50,
    LIVED_COL = 59,
    END_COL = 68,
    TIME_COLS = 8
};

void ended_done(struct ended_list *ended)
{
    edit_done(&ended->filter);
    free(ended->rows);
    free(ended->marks);
    *ended = (struct ended_list){0};
}

/* ---- which of them ---- */

static void describe(const struct history *history, struct strbuf *out)
{
    strbuf_printf(out, "%d %s %d %s ", (int)history->id.pid, history->comm,
                  (int)history->born_of.id.pid, history->born_of.comm);
    exit_status_describe(history->exit_status, out);
}

static bool passes(const struct ended_list *ended, const struct history *history)
{
    if (ended->filter.text.length == 0)
        return true;
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    describe(history, &words);
    return strcasestr(strbuf_text(&words), strbuf_text(&ended->filter.text)) != NULL;
}

static bool add(struct ended_list *ended, const struct history *history)
{
    if (array_reserve(&ended->rows, &ended->row_capacity, ended->count + 1) < 0 ||
        array_reserve(&ended->marks, &ended->mark_capacity, ended->count + 1) < 0)
        return false;
    ended->rows[ended->count] = history;
    ended->marks[ended->count++] =
        (struct ended_mark){.id = history->id, .ended_ns = history->ended_ns};
    return true;
}

static void collect(struct ended_list *ended, const struct life *life)
{
    ended->count = 0;
    const struct history *history = life ? life_newest_ended(life) : NULL;
    for (; history; history = life_older_ended(history))
        if (passes(ended, history) && !add(ended, history))
            return;
}

static size_t find(const struct ended_list *ended, struct ended_mark mark, size_t otherwise)
{
    for (size_t i = 0; i < ended->count; i++)
        if (ended->marks[i].id.pid == mark.id.pid && ended->marks[i].ended_ns == mark.ended_ns)
            return i;
    return otherwise;
}

void ended_sync(struct ui *ui, const struct scene *scene, struct modal *modal)
{
    struct ended_list *ended = &ui->ended;
    size_t at = modal->list.at;
    bool had_one = at < ended->count;
    struct ended_mark mark = had_one ? ended->marks[at] : (struct ended_mark){0};
    collect(ended, scene->life);
    size_t now = had_one ? find(ended, mark, at) : at;
    modal->list.top += now - at; /* the page stays, too */
    modal->list.at = now;
}

void ended_open(struct ui *ui, const struct scene *scene)
{
    struct modal *modal = ui_push(ui, MODAL_ENDED);
    if (!modal)
        return;
    edit_set(&ui->ended.filter, "");
    collect(&ui->ended, scene->life);
}

/* ---- keys ---- */

void ended_show(struct ui *ui, const struct scene *scene, const struct history *history)
{
    _cleanup_(document_done) struct document life = DOCUMENT_INIT;
    _cleanup_(document_done) struct document wrapped = DOCUMENT_INIT;
    char title[UI_MESSAGE_SIZE];
    (void)snprintf(title, sizeof(title), "%d %s", (int)history->id.pid, history->comm);
    life_tab(&life, history, scene->mono_ns, scene->utc_offset_s);
    document_wrap(&life, (size_t)(ui->cols > 8 ? ui->cols - 4 : 4), &wrapped);
    ui_show_text(ui, title, &wrapped);
}

struct intent ended_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    struct ended_list *ended = &ui->ended;
    ended_sync(ui, scene, modal); /* what was heard meanwhile may have let old lives go */
    struct rect rect = modal_list_rect(ui, scene, modal);
    if (key_is_same(key, KEY_NAMED(KEY_IS_ESCAPE))) {
        ui_pop(ui);
    } else if (key_is_same(key, KEY_NAMED(KEY_IS_ENTER))) {
        if (modal->list.at < ended->count)
            ended_show(ui, scene, ended->rows[modal->list.at]);
    } else if (!list_key(&modal->list, key, ended->count,
                         (size_t)(rect.rows > 0 ? rect.rows : 1)) &&
               edit_key(&ended->filter, key)) {
        modal->list = (struct list_state){0};
        collect(ended, scene->life);
    }
    return NO_INTENT;
}

/* ---- drawing ---- */

static void draw_at(const struct canvas *canvas, struct rect row, int col, int cols,
                    enum style style, const char *text)
{
    int left = row.cols - col < cols ? row.cols - col : cols;
    if (left > 0)
        (void)grid_puts(canvas->grid, row.row, row.col + col, left, style, text);
}

static void draw_headings(const struct canvas *canvas, struct rect row)
{
    draw_at(canvas, row, PID_COL, NAME_COL, STYLE_HEADING, "PID");
    draw_at(canvas, row, NAME_COL, PARENT_COL - NAME_COL, STYLE_HEADING, _("NAME"));
    draw_at(canvas, row, PARENT_COL, AGO_COL - PARENT_COL, STYLE_HEADING, _("CHILD OF"));
    draw_at(canvas, row, AGO_COL, TIME_COLS, STYLE_HEADING, _("AGO"));
    draw_at(canvas, row, LIVED_COL, TIME_COLS, STYLE_HEADING, _("LIVED"));
    draw_at(canvas, row, END_COL, row.cols, STYLE_HEADING, _("END"));
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
    (void)snprintf(pid, sizeof(pid), "%d", (int)history->id.pid);
    (void)snprintf(parent, sizeof(parent), "%d %s", (int)history->born_of.id.pid,
                   history->born_of.comm);
    format_age(now_ns > history->ended_ns ? now_ns - history->ended_ns : 0, ago);
    format_lived(history, lived);
    exit_status_describe(history->exit_status, &end);
    draw_at(canvas, row, PID_COL, NAME_COL - 1, STYLE_NORMAL, pid);
    draw_at(canvas, row, NAME_COL, PARENT_COL - NAME_COL - 1, STYLE_STRONG,
            history->comm[0] ? history->comm : "?");
    draw_at(canvas, row, PARENT_COL, AGO_COL - PARENT_COL - 1, STYLE_DIM, parent);
    draw_at(canvas, row, AGO_COL, TIME_COLS, STYLE_NORMAL, ago);
    draw_at(canvas, row, LIVED_COL, TIME_COLS, STYLE_NORMAL, lived);
    draw_at(canvas, row, END_COL, row.cols, STYLE_DYING, strbuf_text(&end));
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
                                                      : _("None has ended yet"));
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
