#include <stdio.h>
#include <string.h>

#include "canvas.h"
#include "places.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

/* ---- keys ---- */

static void draw_keys(const struct canvas *canvas)
{
    struct footer_item items[FOOTER_ITEMS_MAX];
    int row = canvas->layout.footer.row;
    size_t count =
        footer_items(canvas->ui, canvas->scene->replay != NULL, canvas->layout.footer.cols, items);
    for (size_t i = 0; i < count; i++) {
        char name[KEY_NAME_SIZE];
        /* What cannot be done now stays, dimmed; pressed, it says why. */
        bool can = !action_refusal(canvas->ui, canvas->scene, items[i].action);
        int col = items[i].col, end = col + items[i].cols;
        const char *key = key_label(footer_key(&canvas->ui->settings, items[i].action), name);
        col += grid_puts(canvas->grid, row, col, end - col, can ? STYLE_KEY : STYLE_DIM, key);
        (void)grid_puts(canvas->grid, row, col + 1, end - col - 1, can ? STYLE_NORMAL : STYLE_DIM,
                        items[i].label);
    }
}

/* ---- dialogs ---- */

static const char *prompt_label(enum prompt_kind kind)
{
    static const char *const labels[PROMPT_COUNT] = {
        [PROMPT_SEARCH] = N_("Search: "),
        [PROMPT_FILTER] = N_("Filter: "),
        [PROMPT_COMMAND] = N_("Run: "),
        [PROMPT_TIME] = N_("Go to (14:03, 14:03:07, +30s, -5m): "),
    };
    return _(labels[kind]);
}

/* "Enter send  Esc leave": the first word of each part, two blanks apart, is a key. */
static void draw_hint(const struct canvas *canvas, const char *hint)
{
    struct rect rect = canvas->layout.footer;
    int col = 0;
    while (*hint) {
        const char *gap = strstr(hint, "  ");
        size_t length = gap ? (size_t)(gap - hint) : strlen(hint);
        size_t key = strcspn(hint, " ");
        key = key < length ? key : length;
        col += grid_text(canvas->grid, rect.row, col, rect.cols - col, STYLE_KEY, hint, key);
        col += grid_text(canvas->grid, rect.row, col, rect.cols - col, STYLE_NORMAL, hint + key,
                         length - key);
        col += 2;
        hint += gap ? length + 2 : length;
    }
}

static const char *signal_dialog_hint(const struct ui *ui)
{
    switch (ui->signal_dialog.phase) {
    case SIGNAL_DIALOG_CHOOSING:
        return _("Enter send  Tab to whom  a-z find by name or number  Up/Down choose  Esc leave");
    case SIGNAL_DIALOG_CONFIRMING:
        return _("y send it  n do not");
    case SIGNAL_DIALOG_WATCHING:
        break;
    }
    return ui->settings.profile == PROFILE_VIM ? _("Esc leave  K another signal")
                                               : _("Esc leave  k another signal");
}

static const char *modal_hint(const struct ui *ui, const struct modal *modal)
{
    switch (modal->kind) {
    case MODAL_SIGNAL:
        return signal_dialog_hint(ui);
    case MODAL_SETUP:
        return _("Up/Down choose  Enter change  Left/Right change  Esc leave");
    case MODAL_COLUMNS:
        return _("Space show or hide  Left/Right order  +/- width  a-z find  Tab sets  Esc leave");
    case MODAL_CHOICE:
        if (modal->choice == CHOICE_LAB)
            return _("Type to find  Up/Down move  Left/Right by chapters  Enter choose  Esc leave");
        return _("Type to find  Up/Down move  Enter choose  Esc leave");
    case MODAL_TUNE:
        return ui->tune.kind == TUNING_AFFINITY
                   ? _("Space allow or not  Enter set it  Tab all threads  Esc leave")
               : ui->tune.kind == TUNING_POLICY
                   ? _("Up/Down choose  Left/Right priority  Enter set it  Tab all threads  Esc "
                       "leave")
                   : _("Up/Down choose  Enter set it  Tab all threads  Esc leave");
    case MODAL_PALETTE:
        return _("Type a name  Tab complete  Up/Down choose  Enter do it  Esc leave");
    case MODAL_ENDED:
        return _("Type to search  Up/Down move  Enter its life  Esc leave");
    default:
        return _("Up/Down scroll  PgUp/PgDn by pages  / search  Esc leave");
    }
}

/* What does not fit beside a prompt stands in the rows above it. */
static void draw_message_above(const struct canvas *canvas)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT, wrapped = DOCUMENT_INIT;
    const char *message = canvas->ui->message;
    struct rect rect = canvas->layout.footer;
    document_begin(&doc, 0);
    document_add_text(&doc, severity_style(canvas->ui->severity), message, strlen(message));
    document_wrap(&doc, (size_t)rect.cols, &wrapped);
    int rows = (int)wrapped.line_count < rect.row / 2 ? (int)wrapped.line_count : rect.row / 2;
    rect = (struct rect){rect.row - rows, rect.col, rows, rect.cols};
    grid_fill(canvas->grid, rect, STYLE_NORMAL, L' ');
    document_draw(&wrapped, canvas->grid, rect, 0, 0, -1);
}

static void draw_prompt(const struct canvas *canvas, const struct modal *modal)
{
    struct rect rect = canvas->layout.footer;
    const char *label = prompt_label(modal->prompt);
    int col = grid_puts(canvas->grid, rect.row, 0, rect.cols, STYLE_LABEL, label);
    int room = rect.cols - col, message = 0;
    if (canvas->ui->message[0] != '\0') {
        message = (int)text_width(canvas->ui->message, strlen(canvas->ui->message));
        if (message > room / 2) {
            draw_message_above(canvas);
            message = 0;
        }
        (void)grid_puts(canvas->grid, rect.row, rect.cols - message, message,
                        severity_style(canvas->ui->severity), canvas->ui->message);
        message += 1;
    }
    canvas->grid->cursor_row = rect.row;
    canvas->grid->cursor_col =
        edit_draw(&canvas->ui->prompt, canvas->grid, rect.row, col, room - message, STYLE_NORMAL);
}

static void draw_question(const struct canvas *canvas, const struct modal *modal)
{
    struct rect rect = canvas->layout.footer;
    size_t children = canvas->scene->own_child_count;
    int col;
    if (modal->confirm == CONFIRM_QUIT)
        col = grid_printf(canvas->grid, rect.row, 0, rect.cols, STYLE_WARNING,
                          ngettext("%zu child of reaptop is still there. Quit? y/n ",
                                   "%zu children of reaptop are still there. Quit? y/n ",
                                   (unsigned long)children),
                          children);
    else
        col = grid_puts(canvas->grid, rect.row, 0, rect.cols, STYLE_WARNING,
                        _("End the experiment and clean up after it? y/n "));
    canvas->grid->cursor_row = rect.row;
    canvas->grid->cursor_col = col;
}

static const char *lab_hint(const struct scene *scene)
{
    if (scene->lab_is_program)
        return _("n next line  p line before  r run it again  Enter back  Esc end the experiment");
    if (!scene->lab_waits)
        return _("Up/Down scroll  Esc end the experiment");
    if (scene->lab_keys)
        return scene->lab_choice_count > 0
                   ? _("1-9 predict  Enter go on  r run its program  Up/Down scroll  Esc end it")
                   : _("Enter again  r run its program  L another  Up/Down scroll  Esc end it");
    return scene->lab_choice_count > 0
               ? _("1-9 predict and go on  Enter go on  Up/Down scroll  Esc end the experiment")
               : _("Enter run it again  L another  Up/Down scroll  Esc end the experiment");
}

/* Bytes of the longest run of words that is no wider than `cols`; all where there is no blank. */
static size_t words_that_fit(const char *text, int cols)
{
    size_t fit = 0;
    for (size_t i = 0; text[i] != '\0'; i++)
        if (text[i] == ' ' && text_width(text, i) <= (size_t)cols)
            fit = i;
    return fit > 0 ? fit : strlen(text);
}

/* A sentence that is too long takes the row above the footer as well. */
static void draw_message(const struct canvas *canvas)
{
    const char *message = canvas->ui->message;
    enum style style = severity_style(canvas->ui->severity);
    struct rect rect = canvas->layout.footer;
    if (rect.row > 0 && text_width(message, strlen(message)) > (size_t)rect.cols) {
        size_t length = words_that_fit(message, rect.cols);
        grid_fill(canvas->grid, (struct rect){rect.row - 1, rect.col, 1, rect.cols}, STYLE_NORMAL,
                  L' ');
        (void)grid_text(canvas->grid, rect.row - 1, 0, rect.cols, style, message, length);
        message += length;
        message += *message == ' ';
    }
    (void)grid_puts(canvas->grid, rect.row, 0, rect.cols, style, message);
}

void draw_footer(const struct canvas *canvas)
{
    const struct ui *ui = canvas->ui;
    const struct modal *modal = ui_modal(ui);
    if (modal && modal->kind == MODAL_PROMPT)
        draw_prompt(canvas, modal);
    else if (modal && modal->kind == MODAL_CONFIRM)
        draw_question(canvas, modal);
    else if (ui->message[0] != '\0')
        draw_message(canvas);
    else if (modal)
        draw_hint(canvas, modal_hint(ui, modal));
    else if (ui->focus == REGION_INSPECTOR && lab_is_visible(ui, canvas->scene))
        draw_hint(canvas, lab_hint(canvas->scene));
    else
        draw_keys(canvas);
}
