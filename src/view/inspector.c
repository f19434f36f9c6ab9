#include <stdio.h>
#include <string.h>

#include "canvas.h"
#include "places.h"
#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

static void draw_tabs(const struct canvas *canvas)
{
    const struct ui *ui = canvas->ui;
    bool has_lab = lab_is_visible(ui, canvas->scene);
    for (int tab = 0; tab < TAB_COUNT; tab++) {
        int col, cols;
        tab_place(ui, canvas->scene, canvas->layout.tabs, (enum tab)tab, &col, &cols);
        bool is_chosen = (enum tab)tab == ui->tab && !has_lab;
        enum style style = !is_chosen                      ? STYLE_HEADING
                           : ui->focus == REGION_INSPECTOR ? STYLE_SELECTED
                                                           : STYLE_UNFOCUSED;
        (void)grid_puts(canvas->grid, canvas->layout.tabs.row, col, cols, style,
                        tab_title((enum tab)tab));
    }
}

/* ---- whom it is about ---- */

static void draw_subject(const struct canvas *canvas)
{
    static const enum column shown[] = {COLUMN_STATE, COLUMN_USER};
    const struct scene *scene = canvas->scene;
    struct grid *grid = canvas->grid;
    struct rect rect = canvas->layout.subject;
    char text[COLUMN_TEXT_SIZE];
    int col = rect.col, end = rect.col + rect.cols;
    if (lab_is_visible(canvas->ui, scene)) {
        (void)grid_puts(grid, rect.row, col, rect.cols, STYLE_TITLE,
                        scene->lab_title ? scene->lab_title : _("Experiment"));
        return;
    }
    const struct process *process = ui_selected(canvas->ui, scene);
    if (!process && canvas->ui->is_cursor_lost)
        (void)grid_printf(grid, rect.row, col, rect.cols, STYLE_WARNING, _("%d has ended"),
                          (int)pid_local(canvas->ui->cursor.pid));
    if (!process)
        return;
    col += grid_printf(grid, rect.row, col, end - col, STYLE_STRONG, "%d ",
                       (int)pid_local(canvas->ui->cursor.pid));
    col += grid_puts(grid, rect.row, col, end - col, STYLE_STRONG,
                     snapshot_comm(scene->snapshot, canvas->ui->cursor.pid));
    for (size_t i = 0; i < ELEMENTS(shown); i++) {
        enum style style =
            column_format(shown[i], process, scene->ticks_per_second, COLUMN_TEXT_SIZE, text);
        col += grid_printf(grid, rect.row, col, end - col, style, "  %s", text);
    }
}

/* "12/300", where there is more than fits. */
static void draw_position(const struct canvas *canvas, const struct document *doc)
{
    struct rect rect = canvas->layout.subject;
    if (doc->line_count <= (size_t)canvas->layout.inspector.rows)
        return;
    char text[48];
    int cols =
        snprintf(text, sizeof(text), " %zu/%zu", shown_pane(canvas->ui)->line + 1, doc->line_count);
    (void)grid_puts(canvas->grid, rect.row, rect.col + rect.cols - cols, cols, STYLE_DIM, text);
}

/* ---- the pane ---- */

static void draw_absence(const struct canvas *canvas, const struct pane *pane, bool is_current)
{
    struct rect rect = canvas->layout.inspector;
    enum access access = is_current ? pane->access : ACCESS_UNREAD;
    const char *text = access == ACCESS_UNREAD ? _("reading …") : access_sentence(access);
    (void)grid_puts(canvas->grid, rect.row, rect.col, rect.cols,
                    access == ACCESS_UNREAD ? STYLE_DIM : STYLE_UNKNOWN, text);
    if (is_current && pane->note && rect.rows > 1)
        (void)grid_puts(canvas->grid, rect.row + 1, rect.col, rect.cols, STYLE_DIM, pane->note);
}

static void draw_pane(const struct canvas *canvas, const struct document *doc)
{
    const struct ui *ui = canvas->ui;
    const struct pane_state *state = shown_pane(ui);
    struct rect rect = canvas->layout.inspector;
    bool has_focus = ui->focus == REGION_INSPECTOR;
    document_draw(doc, canvas->grid, rect, state->top, state->left,
                  has_focus ? (ssize_t)state->line : -1);
    if (has_focus && state->line >= state->top) {
        canvas->grid->cursor_row = rect.row + (int)(state->line - state->top);
        canvas->grid->cursor_col = rect.col;
    }
}

/* A pane that has something to show may still have a word to say about it. */
static void draw_note(const struct canvas *canvas, const struct pane *pane,
                      const struct document *doc)
{
    struct rect rect = canvas->layout.inspector;
    const char *note = pane->note                         ? pane->note
                       : pane->access == ACCESS_TRUNCATED ? access_sentence(pane->access)
                                                          : NULL;
    int row = rect.row + rect.rows - 1;
    if (note && doc->line_count < (size_t)rect.rows)
        (void)grid_puts(canvas->grid, row, rect.col, rect.cols, STYLE_UNKNOWN, note);
}

void draw_inspector(const struct canvas *canvas)
{
    const struct scene *scene = canvas->scene;
    struct rect divider = canvas->layout.divider;
    grid_fill(canvas->grid, divider, STYLE_DIM,
              canvas->layout.is_below || scene->linear ? rule_char(scene)
              : scene->ascii                           ? L'|'
                                                       : L'│');
    if (canvas->layout.inspector.rows <= 0)
        return;
    const struct document *doc = shown_document(canvas->ui, scene);
    draw_tabs(canvas);
    draw_subject(canvas);
    if (!doc && !lab_is_visible(canvas->ui, scene)) {
        draw_absence(canvas, &scene->panes[canvas->ui->tab],
                     identity_is_same(scene->inspected, canvas->ui->cursor));
        return;
    }
    draw_position(canvas, doc);
    draw_pane(canvas, doc);
    if (!lab_is_visible(canvas->ui, scene))
        draw_note(canvas, &scene->panes[canvas->ui->tab], doc);
}
