#include "search_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "help_screen.h"
#include "modal_place.h"
#include "move.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

/* The dialog with a text to read, be the prompt over it or not; NULL: there is none. */
static struct modal *text_modal(struct ui *ui)
{
    size_t count = ui->modal_count;
    if (count > 0 && ui->modals[count - 1].kind == MODAL_PROMPT)
        count--;
    struct modal *modal = count > 0 ? &ui->modals[count - 1] : NULL;
    bool is_text = modal && (modal->kind == MODAL_HELP || modal->kind == MODAL_TEXT);
    return is_text ? modal : NULL;
}

bool search_is_of_text(const struct ui *ui, const struct scene *scene)
{
    const struct modal *modal = ui_modal(ui);
    if (modal && modal->kind == MODAL_PROMPT && ui->modal_count > 1)
        modal = &ui->modals[ui->modal_count - 2];
    if (modal && modal->kind != MODAL_PROMPT)
        return modal->kind == MODAL_HELP || modal->kind == MODAL_TEXT;
    return ui->focus == REGION_INSPECTOR && shown_document(ui, scene);
}

/* The text with the focus; *help is filled where it is made at each look. */
static const struct document *text_of(struct ui *ui, const struct scene *scene,
                                      struct document *help, size_t *ret_at)
{
    const struct modal *modal = text_modal(ui);
    if (!modal) {
        *ret_at = shown_pane(ui)->line;
        return shown_document(ui, scene);
    }
    *ret_at = modal->list.at;
    if (modal->kind == MODAL_TEXT)
        return &ui->text;
    help_document(ui, scene, (size_t)ui->cols, help);
    return help;
}

static bool line_has(const struct document *doc, size_t at, const char *needle)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    const struct document_line *line = &doc->lines[at];
    for (size_t i = 0; i < line->span_count; i++) {
        const struct document_span *span = &doc->spans[line->first_span + i];
        for (size_t b = 0; b < span->length; b++)
            if (doc->text.data[span->start + b] != '\0')
                strbuf_putc(&text, doc->text.data[span->start + b]);
    }
    return strcasestr(strbuf_text(&text), needle) != NULL;
}

/* The next line in that direction, round the end; SIZE_MAX: none. */
static size_t find_line(const struct document *doc, const char *needle, size_t from, int step)
{
    size_t count = doc->line_count;
    for (size_t i = 0; i < count; i++) {
        size_t at = (from + (step > 0 ? i : count - i)) % count;
        if (line_has(doc, at, needle))
            return at;
    }
    return SIZE_MAX;
}

static void go_to_line(struct ui *ui, const struct scene *scene, size_t line)
{
    struct modal *modal = text_modal(ui);
    if (!modal) {
        move_pane(ui, scene, (int64_t)line - (int64_t)shown_pane(ui)->line);
        return;
    }
    size_t length = modal_length(ui, scene, modal), rows = modal_list_rows(ui, scene, modal);
    size_t last = length > rows ? length - rows : 0;
    modal->list.at = modal->list.top = line < last ? line : last;
}

void search_open(struct ui *ui, const struct scene *scene)
{
    _cleanup_(document_done) struct document help = DOCUMENT_INIT;
    ui->search_origin = ui->cursor;
    ui->search_is_of_text = search_is_of_text(ui, scene);
    ui->text_found = SIZE_MAX;
    if (ui->search_is_of_text)
        (void)text_of(ui, scene, &help, &ui->text_origin);
    open_prompt(ui, PROMPT_SEARCH, "");
}

void search_text_typed(struct ui *ui, const struct scene *scene)
{
    _cleanup_(document_done) struct document help = DOCUMENT_INIT;
    size_t at;
    const struct document *doc = text_of(ui, scene, &help, &at);
    const char *needle = strbuf_text(&ui->prompt.text);
    if (!doc || doc->line_count == 0)
        return;
    size_t from = ui->text_origin < doc->line_count ? ui->text_origin : 0;
    size_t found = *needle ? find_line(doc, needle, from, 1) : from;
    if (found == SIZE_MAX)
        ui_notice(ui, scene, SEVERITY_WARNING, _("not found: %s"), needle);
    go_to_line(ui, scene, found == SIZE_MAX ? from : found);
    ui->text_found = found;
}

void search_text_again(struct ui *ui, const struct scene *scene, int step)
{
    _cleanup_(document_done) struct document help = DOCUMENT_INIT;
    size_t at;
    const struct document *doc = text_of(ui, scene, &help, &at);
    const struct modal *prompt = ui_modal(ui);
    const char *needle =
        prompt && prompt->kind == MODAL_PROMPT ? strbuf_text(&ui->prompt.text) : ui->text_search;
    if (!needle || *needle == '\0') {
        ui_notice(ui, scene, SEVERITY_INFO, _("no search yet: / searches"));
        return;
    }
    if (!doc || doc->line_count == 0)
        return;
    /* A page near the end does not begin with the line that was found. */
    if (text_modal(ui) && ui->text_found < doc->line_count && ui->text_found >= at)
        at = ui->text_found;
    size_t from = step > 0 ? (at + 1) % doc->line_count : at > 0 ? at - 1 : doc->line_count - 1;
    size_t found = find_line(doc, needle, from, step);
    if (found == SIZE_MAX) {
        ui_notice(ui, scene, SEVERITY_WARNING, _("not found: %s"), needle);
        return;
    }
    if (step > 0 ? found <= at : found >= at)
        ui_notice(ui, scene, SEVERITY_INFO, _("search wrapped: %s"), needle);
    go_to_line(ui, scene, found);
    ui->text_found = ui->text_origin = found;
}

void search_text_accept(struct ui *ui)
{
    const char *text = strbuf_text(&ui->prompt.text);
    free(ui->text_search);
    ui->text_search = *text ? strdup(text) : NULL;
    ui_pop(ui);
}

void search_text_leave(struct ui *ui, const struct scene *scene)
{
    go_to_line(ui, scene, ui->text_origin);
    ui_pop(ui);
}
