/*
 * tune_screen: draws the dialog of nice value, processors, I/O priority or
 * policy.
 */
#include <stdio.h>
#include <string.h>

#include "modal_place.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "tune_dialog.h"

static void draw_subject(const struct canvas *canvas, struct rect row)
{
    const struct tune_dialog *dialog = &canvas->ui->tune;
    _cleanup_(document_done) struct document line = DOCUMENT_INIT;
    _cleanup_(strbuf_done) struct strbuf now = STRBUF_INIT;
    document_begin(&line, 0);
    document_add(&line, STYLE_STRONG, "%d ", (int)(dialog->count > 0 ? dialog->targets[0].pid : 0));
    document_add_text(&line, STYLE_STRONG, dialog->comm, strlen(dialog->comm));
    document_add(&line, STYLE_NORMAL, "  ");
    document_add_text(&line, STYLE_NORMAL, dialog->user, strlen(dialog->user));
    if (dialog->is_ready) {
        tuning_describe(dialog->kind, &dialog->facts.now, &now);
        document_add(&line, STYLE_NORMAL, _("  now %s"), strbuf_text(&now));
    }
    if (dialog->count > 1)
        document_add(&line, STYLE_TAGGED,
                     ngettext("  and %zu more tagged", "  and %zu more tagged",
                              (unsigned long)(dialog->count - 1)),
                     dialog->count - 1);
    document_draw(&line, canvas->grid, row, 0, 0, -1);
}

/* The forecast and the command, below the list. */
static void draw_forecast(const struct canvas *canvas, const struct modal *modal, struct rect rect)
{
    const struct tune_dialog *dialog = &canvas->ui->tune;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, command = STRBUF_INIT;
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT, wrapped = DOCUMENT_INIT;
    struct tuning want = tune_dialog_wanted(dialog, modal->list.at);
    bool is_allowed =
        tuning_forecast(dialog->kind, &dialog->facts, &want, dialog->all_threads, &text);
    tuning_command(dialog->kind, &want, dialog->count > 0 ? dialog->targets[0].pid : 0,
                   dialog->all_threads, &command);
    document_begin(&doc, 0);
    document_add(&doc, STYLE_LABEL, "%s", _("as: "));
    document_add(&doc, STYLE_STRONG, "%s", strbuf_text(&command));
    for (const char *line = strbuf_text(&text); *line;) {
        size_t length = strcspn(line, "\n");
        document_begin(&doc, 0);
        document_add_text(&doc, is_allowed ? STYLE_NORMAL : STYLE_WARNING, line, length);
        line += length + (line[length] == '\n');
    }
    document_wrap(&doc, (size_t)rect.cols, &wrapped);
    grid_fill(canvas->grid, (struct rect){rect.row, rect.col, 1, rect.cols}, STYLE_DIM,
              rule_char(canvas->scene));
    rect.row++;
    rect.rows--;
    document_draw(&wrapped, canvas->grid, rect, 0, 0, -1);
}

void draw_tune(const struct canvas *canvas, const struct modal *modal)
{
    const struct tune_dialog *dialog = &canvas->ui->tune;
    struct rect rect = modal_rect(canvas->ui, canvas->scene, modal);
    struct rect list = modal_list_rect(canvas->ui, canvas->scene, modal);
    char title[64];
    (void)snprintf(title, sizeof(title), "%s%s", tuning_title(dialog->kind),
                   dialog->all_threads ? _(" of all threads") : "");
    draw_frame(canvas, rect, title);
    draw_subject(canvas, (struct rect){rect.row + 1, list.col, 1, list.cols});
    if (!dialog->is_ready)
        return;
    for (int i = 0; i < list.rows && modal->list.top + (size_t)i < tune_dialog_length(dialog);
         i++) {
        size_t at = modal->list.top + (size_t)i;
        struct rect row = {list.row + i, list.col, 1, list.cols};
        _cleanup_(strbuf_done) struct strbuf value = STRBUF_INIT;
        struct tuning wanted = tune_dialog_wanted(dialog, at);
        tune_dialog_describe(dialog, at, &value);
        int col =
            grid_puts(canvas->grid, row.row, row.col, row.cols, STYLE_STRONG, strbuf_text(&value));
        if (dialog->kind != TUNING_AFFINITY &&
            tuning_is_same(dialog->kind, &wanted, &dialog->facts.now))
            (void)grid_puts(canvas->grid, row.row, row.col + col + 2, row.cols - col - 2,
                            STYLE_GOOD, _("now"));
        draw_list_row(canvas, row, at == modal->list.at);
    }
    int below = list.row + list.rows;
    draw_forecast(canvas, modal,
                  (struct rect){below, list.col, rect.row + rect.rows - 1 - below, list.cols});
}
