#include "copy.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"

enum copy_kind {
    COPY_PID,
    COPY_COMMAND_LINE,
    COPY_LINE,
    COPY_PANE,
    COPY_FILE,
    COPY_COUNT
};

size_t copy_count(void)
{
    return COPY_COUNT;
}

struct choice copy_choice(const struct ui *ui, const struct scene *scene, size_t index)
{
    static const struct {
        const char *name, *summary;
    } choices[COPY_COUNT] = {
        [COPY_PID] = {N_("pid"), N_("its PID")},
        [COPY_COMMAND_LINE] = {N_("command line"), N_("its command line")},
        [COPY_LINE] = {N_("line"), N_("the selected line of the pane")},
        [COPY_PANE] = {N_("pane"), N_("the whole pane")},
        [COPY_FILE] = {N_("file"), N_("the whole pane into a file")},
    };
    struct choice choice = {.name = _(choices[index].name), .summary = _(choices[index].summary)};
    const struct process *process = ui_selected(ui, scene);
    if (index == COPY_COMMAND_LINE && !(process && process_command_line(process)))
        choice.refusal = _("it has none, or it could not be read");
    if (index >= COPY_LINE &&
        (!shown_document(ui, scene) || ui_layout(ui, scene).inspector.rows <= 0))
        choice.refusal = _("no pane is shown: Enter shows one");
    return choice;
}

/* One line of it, or all. */
static void print_pane(const struct ui *ui, const struct scene *scene, bool is_whole,
                       struct strbuf *out)
{
    const struct document *doc = shown_document(ui, scene);
    _cleanup_(strbuf_done) struct strbuf all = STRBUF_INIT;
    size_t line = shown_pane(ui)->line;
    document_print(doc, &all, 0);
    const char *at = strbuf_text(&all);
    for (; !is_whole && line > 0 && strchr(at, '\n'); line--)
        at = strchr(at, '\n') + 1;
    strbuf_append(out, at, is_whole ? strlen(at) : strcspn(at, "\n"));
}

struct intent copy_accept(struct ui *ui, const struct scene *scene, size_t index)
{
    const char *command_line = NULL;
    strbuf_clear(&ui->copied);
    switch (index) {
    case COPY_PID:
        strbuf_printf(&ui->copied, "%d", (int)pid_local(ui->cursor.pid));
        break;
    case COPY_COMMAND_LINE:
        command_line = process_command_line(ui_selected(ui, scene));
        text_append_visible(&ui->copied, command_line, strlen(command_line), SIZE_MAX);
        break;
    default:
        print_pane(ui, scene, index != COPY_LINE, &ui->copied);
    }
    return INTENT(.kind = index == COPY_FILE ? INTENT_COPY_TO_FILE : INTENT_COPY,
                  .text = strbuf_text(&ui->copied));
}
