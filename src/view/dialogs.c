#include <stdio.h>
#include <string.h>

#include "canvas.h"
#include "choices.h"
#include "columns_dialog.h"
#include "help_screen.h"
#include "modal_place.h"
#include "palette.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "setup.h"
#include "signal_dialog.h"
#include "tune_dialog.h"

enum {
    CHOICE_NAME_COLS = 18,
    SETUP_TITLE_COLS = 40,
    COLUMNS_SUMMARY_COL = 21,
};

/* ---- texts ---- */

static void draw_reading(const struct canvas *canvas, const struct modal *modal, const char *title,
                         const struct document *doc)
{
    struct rect rect = modal_rect(canvas->ui, canvas->scene, modal);
    draw_frame(canvas, rect, title);
    struct rect list = modal_list_rect(canvas->ui, canvas->scene, modal);
    size_t found = canvas->ui->search_is_of_text ? canvas->ui->text_found : SIZE_MAX;
    document_draw(doc, canvas->grid, list, modal->list.top, 0,
                  found < doc->line_count ? (ssize_t)found : -1);
    if (doc->line_count > (size_t)(list.rows > 0 ? list.rows : 0)) {
        size_t last = modal->list.top + (size_t)list.rows;
        (void)grid_printf(canvas->grid, rect.row + rect.rows - 1, rect.col + rect.cols - 20, 18,
                          STYLE_DIM, " %zu/%zu ", last < doc->line_count ? last : doc->line_count,
                          doc->line_count);
    }
}

static void draw_help(const struct canvas *canvas, const struct modal *modal)
{
    _cleanup_(document_done) struct document help = DOCUMENT_INIT;
    help_document(canvas->ui, canvas->scene, (size_t)canvas->ui->cols, &help);
    draw_reading(canvas, modal, _("Help"), &help);
}

/* ---- lists ---- */

static void draw_choice(const struct canvas *canvas, const struct modal *modal)
{
    const struct scene *scene = canvas->scene;
    struct rect rect = modal_list_rect(canvas->ui, scene, modal);
    size_t count = choice_count(canvas->ui, scene, modal->choice);
    char title[128];
    (void)snprintf(title, sizeof(title), "%s%s%s", choice_title(modal->choice),
                   modal->typed[0] ? ": " : "", modal->typed);
    draw_frame(canvas, modal_rect(canvas->ui, scene, modal), title);
    if (count == 0)
        (void)grid_puts(canvas->grid, rect.row, rect.col, rect.cols, STYLE_DIM, _("There is none"));
    for (int i = 0; i < rect.rows && modal->list.top + (size_t)i < count; i++) {
        size_t at = modal->list.top + (size_t)i;
        struct choice choice = choice_get(canvas->ui, scene, modal->choice, at);
        struct rect row = {rect.row + i, rect.col, 1, rect.cols};
        if (choice.is_heading) {
            (void)grid_puts(canvas->grid, row.row, row.col, row.cols, STYLE_TITLE, choice.name);
            continue;
        }
        enum style style = choice.refusal ? STYLE_DIM : STYLE_STRONG;
        const char *summary = choice.refusal ? choice.refusal : choice.summary;
        int name = grid_puts(canvas->grid, row.row, row.col, row.cols, style, choice.name);
        int col = name < CHOICE_NAME_COLS ? CHOICE_NAME_COLS : name + 2;
        if (summary)
            draw_cut(canvas, row.row, row.col + col, row.cols - col,
                     choice.refusal ? STYLE_UNKNOWN : STYLE_NORMAL, summary);
        if (choice.note) {
            int cols = (int)text_width(choice.note, strlen(choice.note));
            (void)grid_puts(canvas->grid, row.row, row.col + row.cols - cols, cols, STYLE_GOOD,
                            choice.note);
        }
        draw_list_row(canvas, row, at == modal->list.at);
    }
}

static void draw_setup(const struct canvas *canvas, const struct modal *modal)
{
    struct rect rect = modal_list_rect(canvas->ui, canvas->scene, modal);
    draw_frame(canvas, modal_rect(canvas->ui, canvas->scene, modal), _("Setup"));
    for (int i = 0; i < rect.rows && modal->list.top + (size_t)i < setup_count(); i++) {
        size_t at = modal->list.top + (size_t)i;
        _cleanup_(strbuf_done) struct strbuf value = STRBUF_INIT;
        struct rect row = {rect.row + i, rect.col, 1, rect.cols};
        setup_value(canvas->ui, at, &value);
        (void)grid_puts(canvas->grid, row.row, row.col, row.cols, STYLE_NORMAL, setup_title(at));
        (void)grid_puts(canvas->grid, row.row, row.col + SETUP_TITLE_COLS,
                        row.cols - SETUP_TITLE_COLS, STYLE_STRONG, strbuf_text(&value));
        draw_list_row(canvas, row, at == modal->list.at);
    }
}

/* "[x] RSS       5  what it is": those shown come first, in their order. */
static void draw_columns(const struct canvas *canvas, const struct modal *modal)
{
    struct rect rect = modal_list_rect(canvas->ui, canvas->scene, modal);
    const struct column_set *set = &canvas->ui->settings.columns;
    enum column list[COLUMNS_DIALOG_COUNT];
    size_t shown = columns_dialog_list(canvas->ui, canvas->scene, list);
    draw_frame(canvas, modal_rect(canvas->ui, canvas->scene, modal), _("Columns"));
    for (int i = 0; i < rect.rows && modal->list.top + (size_t)i < COLUMNS_DIALOG_COUNT; i++) {
        size_t at = modal->list.top + (size_t)i;
        struct rect row = {rect.row + i, rect.col, 1, rect.cols};
        int chosen = column_set_find(set, list[at]);
        int width = chosen >= 0 ? set->choices[chosen].width : 0;
        if (width == 0)
            width = column_width(list[at], scene_pid_max(canvas->scene));
        (void)grid_printf(canvas->grid, row.row, row.col, row.cols,
                          at < shown ? STYLE_STRONG : STYLE_NORMAL, "%s %-12s %2d",
                          at < shown ? "[x]" : "[ ]", columns[list[at]].title, width);
        draw_cut(canvas, row.row, row.col + COLUMNS_SUMMARY_COL, row.cols - COLUMNS_SUMMARY_COL,
                 at < shown ? STYLE_NORMAL : STYLE_DIM, _(fields[columns[list[at]].field].summary));
        draw_list_row(canvas, row, at == modal->list.at);
    }
}

/* ---- the signal dialog ---- */

static enum style style_of_action(enum signal_action action)
{
    switch (action) {
    case SIGNAL_TERMINATES:
    case SIGNAL_DUMPS_CORE:
        return STYLE_DYING;
    case SIGNAL_STOPS:
        return STYLE_STOPPED;
    case SIGNAL_CONTINUES:
        return STYLE_GOOD;
    case SIGNAL_IS_IGNORED:
        break;
    }
    return STYLE_DIM;
}

static void draw_signals(const struct canvas *canvas, struct rect rect)
{
    const struct signal_dialog *dialog = &canvas->ui->signal_dialog;
    const struct signal_info *list[SIGNAL_MAX];
    size_t count = signal_dialog_list(dialog, list);
    if (count == 0)
        (void)grid_puts(canvas->grid, rect.row, rect.col, rect.cols, STYLE_WARNING,
                        _("No signal has this name or number"));
    for (int i = 0; i < rect.rows && dialog->list.top + (size_t)i < count; i++) {
        size_t at = dialog->list.top + (size_t)i;
        const struct signal_info *signal = list[at];
        struct rect row = {rect.row + i, rect.col, 1, rect.cols};
        (void)grid_printf(canvas->grid, row.row, row.col, 2, STYLE_NORMAL, "%2d", signal->number);
        (void)grid_puts(canvas->grid, row.row, row.col + 4, row.cols - 4, STYLE_STRONG,
                        signal->name);
        (void)grid_puts(canvas->grid, row.row, row.col + 15, row.cols - 15,
                        style_of_action(signal->action), signal_action_word(signal->action));
        draw_cut(canvas, row.row, row.col + 27, row.cols - 27, STYLE_NORMAL, _(signal->meaning));
        draw_list_row(canvas, row, at == dialog->list.at);
    }
}

static void draw_scopes(const struct canvas *canvas, int row, int col, int cols)
{
    const struct signal_dialog *dialog = &canvas->ui->signal_dialog;
    int end = col + cols;
    col += grid_puts(canvas->grid, row, col, end - col, STYLE_LABEL, _("to:"));
    for (int scope = 0; scope < SCOPE_COUNT; scope++) {
        bool is_chosen = (enum signal_scope)scope == dialog->scope;
        col += 1;
        col += grid_printf(canvas->grid, row, col, end - col, is_chosen ? STYLE_STRONG : STYLE_DIM,
                           is_chosen ? "[%s]" : " %s ",
                           signal_dialog_scope_title((enum signal_scope)scope));
    }
}

static void draw_forecast(const struct canvas *canvas, struct rect list, int bottom)
{
    const struct signal_dialog *dialog = &canvas->ui->signal_dialog;
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    struct rect rect = {list.row + list.rows, list.col, bottom - list.row - list.rows, list.cols};
    if (rect.rows <= 0)
        return;
    grid_fill(canvas->grid, (struct rect){rect.row, rect.col, 1, rect.cols}, STYLE_DIM,
              rule_char(canvas->scene));
    if (dialog->signal > 0)
        (void)grid_printf(canvas->grid, rect.row, rect.col + 2, rect.cols - 4, STYLE_TITLE,
                          _(" What SIG%s would do "), signal_name(dialog->signal));
    rect.row++;
    rect.rows--;
    _cleanup_(document_done) struct document wrapped = DOCUMENT_INIT;
    signal_dialog_forecast_document(canvas->ui, canvas->scene, &doc);
    document_wrap(&doc, (size_t)rect.cols, &wrapped);
    document_draw(&wrapped, canvas->grid, rect, 0, 0, -1);
}

static void draw_second_yes(const struct canvas *canvas, struct rect list)
{
    const struct signal_dialog *dialog = &canvas->ui->signal_dialog;
    int row = list.row;
    (void)grid_printf(canvas->grid, row++, list.col, list.cols, STYLE_WARNING,
                      ngettext("Send SIG%s to %zu process?", "Send SIG%s to %zu processes?",
                               (unsigned long)signal_dialog_ready_count(dialog)),
                      signal_name(dialog->signal), signal_dialog_ready_count(dialog));
    for (size_t i = 0; i < dialog->count && row < list.row + list.rows - 2; i++) {
        const struct dialog_target *target = &dialog->targets[i];
        int col = list.col + 2;
        col += grid_printf(canvas->grid, row, col, 12, STYLE_STRONG, "%d ",
                           (int)pid_local(target->id.pid));
        col += grid_puts(canvas->grid, row, col, 24, STYLE_STRONG, target->comm);
        if (target->reason)
            (void)grid_printf(canvas->grid, row, col, list.col + list.cols - col, STYLE_WARNING,
                              "  %s", target->reason);
        row++;
    }
    (void)grid_puts(canvas->grid, row + 1, list.col, list.cols, STYLE_STRONG, _("Really? y/n"));
    canvas->grid->cursor_row = row + 1;
    canvas->grid->cursor_col = list.col;
}

/* The newest lines, where there are more than fit. */
static void draw_report(const struct canvas *canvas, struct rect rect)
{
    _cleanup_(document_done) struct document report = DOCUMENT_INIT;
    document_wrap(&canvas->ui->signal_dialog.report, (size_t)rect.cols, &report);
    size_t rows = (size_t)(rect.rows > 0 ? rect.rows : 0);
    size_t top = report.line_count > rows ? report.line_count - rows : 0;
    if (report.line_count == 0)
        (void)grid_printf(canvas->grid, rect.row, rect.col, rect.cols, STYLE_DIM,
                          _("SIG%s: waiting for what happens"),
                          signal_name(canvas->ui->signal_dialog.signal));
    document_draw(&report, canvas->grid, rect, top, 0, -1);
}

static void draw_signal_dialog(const struct canvas *canvas, const struct modal *modal)
{
    const struct ui *ui = canvas->ui;
    struct rect rect = modal_rect(ui, canvas->scene, modal);
    struct rect list = modal_list_rect(ui, canvas->scene, modal);
    _cleanup_(document_done) struct document targets = DOCUMENT_INIT;
    draw_frame(canvas, rect,
               ui->signal_dialog.phase == SIGNAL_DIALOG_WATCHING ? _("Signal sent")
                                                                 : _("Send a signal"));
    signal_dialog_target_document(ui, canvas->scene, &targets);
    document_draw(&targets, canvas->grid, (struct rect){rect.row + 1, list.col, 1, list.cols}, 0, 0,
                  -1);
    draw_scopes(canvas, rect.row + 2, list.col, list.cols);
    if (ui->signal_dialog.phase == SIGNAL_DIALOG_WATCHING) {
        draw_report(canvas, (struct rect){rect.row + 4, list.col, rect.rows - 5, list.cols});
        return;
    }
    if (ui->signal_dialog.phase == SIGNAL_DIALOG_CONFIRMING) {
        draw_second_yes(canvas, list);
        return;
    }
    int row = rect.row + SIGNAL_DIALOG_ABOVE - 1;
    int col =
        list.col + grid_puts(canvas->grid, row, list.col, list.cols, STYLE_LABEL, _("Signal: "));
    int cursor_col = edit_draw(&ui->signal_dialog.filter, canvas->grid, row, col,
                               list.col + list.cols - col, STYLE_NORMAL);
    draw_signals(canvas, list);
    draw_forecast(canvas, list, rect.row + rect.rows - 1);
    if (ui->signal_dialog.filter.text.length > 0) {
        canvas->grid->cursor_row = row;
        canvas->grid->cursor_col = cursor_col;
    }
}

void draw_modal(const struct canvas *canvas, const struct modal *modal)
{
    switch (modal->kind) {
    case MODAL_HELP:
        draw_help(canvas, modal);
        break;
    case MODAL_TEXT:
        draw_reading(canvas, modal, canvas->ui->text_title, &canvas->ui->text);
        break;
    case MODAL_SIGNAL:
        draw_signal_dialog(canvas, modal);
        break;
    case MODAL_CHOICE:
        draw_choice(canvas, modal);
        break;
    case MODAL_SETUP:
        draw_setup(canvas, modal);
        break;
    case MODAL_COLUMNS:
        draw_columns(canvas, modal);
        break;
    case MODAL_ENDED:
        draw_ended(canvas, modal);
        break;
    case MODAL_TUNE:
        draw_tune(canvas, modal);
        break;
    case MODAL_PALETTE:
        draw_palette(canvas, modal);
        break;
    case MODAL_PROMPT:
    case MODAL_CONFIRM:
        break;
    }
}
