#include "modal_place.h"

#include "choices.h"
#include "columns_dialog.h"
#include "help_screen.h"
#include "palette.h"
#include "reaptop/base/cleanup.h"
#include "setup.h"
#include "signal_dialog.h"
#include "tune_dialog.h"

enum {
    SIGNAL_DIALOG_COLS = 96,
    SIGNAL_DIALOG_ROWS = 40,
    SIGNAL_DIALOG_FORECAST_ROWS = 5,
    ENDED_ABOVE = 3, /* title, filter, headings */
    LIST_COLS = 76,
    PALETTE_ROWS = 24,
    TUNE_ROWS = 22,
    TUNE_FORECAST_ROWS = 9,
};

size_t modal_length(const struct ui *ui, const struct scene *scene, const struct modal *modal)
{
    _cleanup_(document_done) struct document help = DOCUMENT_INIT;
    const struct signal_info *list[SIGNAL_MAX];
    uint16_t numbers[PALETTE_MOST];
    switch (modal->kind) {
    case MODAL_HELP:
        help_document(ui, scene, (size_t)ui->cols, &help);
        return help.line_count;
    case MODAL_TEXT:
        return ui->text.line_count;
    case MODAL_SIGNAL:
        return signal_dialog_list(&ui->signal_dialog, list);
    case MODAL_CHOICE:
        return choice_count(ui, scene, modal->choice);
    case MODAL_SETUP:
        return setup_count();
    case MODAL_COLUMNS:
        return COLUMNS_DIALOG_COUNT;
    case MODAL_ENDED:
        return ui->ended.count;
    case MODAL_PALETTE:
        return palette_list(ui, numbers);
    case MODAL_TUNE:
        return tune_dialog_length(&ui->tune);
    case MODAL_PROMPT:
    case MODAL_CONFIRM:
        break;
    }
    return 0;
}

struct rect modal_rect(const struct ui *ui, const struct scene *scene, const struct modal *modal)
{
    struct rect screen = {0, 0, ui->rows - 1, ui->cols};
    switch (modal->kind) {
    case MODAL_HELP:
    case MODAL_TEXT:
    case MODAL_ENDED:
        return screen;
    case MODAL_SIGNAL:
        return rect_centre(screen, SIGNAL_DIALOG_ROWS, SIGNAL_DIALOG_COLS + 2 * MODAL_MARGIN_COLS);
    case MODAL_TUNE:
        return rect_centre(screen, TUNE_ROWS, LIST_COLS + 2 * MODAL_MARGIN_COLS);
    case MODAL_PALETTE:
        return rect_centre(screen, PALETTE_ROWS, SIGNAL_DIALOG_COLS + 2 * MODAL_MARGIN_COLS);
    case MODAL_CHOICE:
    case MODAL_SETUP:
    case MODAL_COLUMNS:
        return rect_centre(screen, (int)modal_length(ui, scene, modal) + 4,
                           LIST_COLS + 2 * MODAL_MARGIN_COLS);
    case MODAL_PROMPT:
    case MODAL_CONFIRM:
        break;
    }
    return (struct rect){ui->rows - 1, 0, 1, ui->cols};
}

struct rect modal_list_rect(const struct ui *ui, const struct scene *scene,
                            const struct modal *modal)
{
    struct rect rect = modal_rect(ui, scene, modal);
    int above = modal->kind == MODAL_HELP || modal->kind == MODAL_TEXT ? 1 : 2, below = 1;
    if (modal->kind == MODAL_ENDED)
        above = ENDED_ABOVE;
    if (modal->kind == MODAL_SIGNAL) {
        above = SIGNAL_DIALOG_ABOVE;
        below = 1 + (rect.rows >= 20 ? SIGNAL_DIALOG_FORECAST_ROWS : 2);
    }
    if (modal->kind == MODAL_TUNE)
        below = 1 + (rect.rows >= 20 ? TUNE_FORECAST_ROWS : 5);
    rect.row += above;
    rect.rows -= above + below;
    rect.col += MODAL_MARGIN_COLS;
    rect.cols -= 2 * MODAL_MARGIN_COLS;
    return rect;
}

size_t modal_list_rows(const struct ui *ui, const struct scene *scene, const struct modal *modal)
{
    int rows = modal_list_rect(ui, scene, modal).rows;
    return rows > 0 ? (size_t)rows : 1;
}

bool choice_is_heading(const struct ui *ui, const struct scene *scene, const struct modal *modal,
                       size_t at)
{
    return at < choice_count(ui, scene, modal->choice) &&
           choice_get(ui, scene, modal->choice, at).is_heading;
}

void choice_settle(const struct ui *ui, const struct scene *scene, struct modal *modal, int step)
{
    struct list_state *list = &modal->list;
    size_t count = choice_count(ui, scene, modal->choice);
    if (choice_is_heading(ui, scene, modal, list->at))
        list->at =
            list->at == 0 || (step > 0 && list->at + 1 < count) ? list->at + 1 : list->at - 1;
    list_clamp(list, count, modal_list_rows(ui, scene, modal));
    if (list->top == list->at && list->at > 0 && choice_is_heading(ui, scene, modal, list->at - 1))
        list->top--;
}
