/*
 * ended: the list of the lately dead, newest first, and the life of each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ended.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/view/life_tab.h"
#include "ui_private.h"

/* ---- which of them ---- */

static void describe(const struct history *history, struct strbuf *out)
{
    strbuf_printf(out, "%d %s %d %s ", (int)pid_local(history->id.pid), history->comm,
                  (int)pid_local(history->born_of.id.pid), history->born_of.comm);
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

void ended_collect(struct ended_list *ended, const struct life *life)
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
    ended_collect(ended, scene->life);
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
    ended_collect(&ui->ended, scene->life);
}

void ended_show(struct ui *ui, const struct scene *scene, const struct history *history)
{
    _cleanup_(document_done) struct document life = DOCUMENT_INIT;
    _cleanup_(document_done) struct document wrapped = DOCUMENT_INIT;
    char title[UI_MESSAGE_SIZE];
    (void)snprintf(title, sizeof(title), "%d %s", (int)pid_local(history->id.pid), history->comm);
    life_tab(&life, history, scene->mono_ns, scene->utc_offset_s);
    document_wrap(&life, (size_t)(ui->cols > 8 ? ui->cols - 4 : 4), &wrapped);
    ui_show_text(ui, title, &wrapped);
}
