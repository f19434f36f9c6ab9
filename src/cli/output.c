#include "reaptop/cli/output.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/io.h"
#include "reaptop/cli/command.h"

int output_text(const struct strbuf *text)
{
    if (text->error < 0)
        return command_fail(EXIT_FAULT, "%s", strerror(-text->error));
    int r = io_write(STDOUT_FILENO, strbuf_text(text), text->length);
    if (r < 0 && r != -EPIPE)
        return command_fail(EXIT_FAULT, _("standard output: %s"), strerror(-r));
    return EXIT_DONE;
}

/* Columns of the terminal behind standard output; 0: it is none. */
static size_t terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int output_document(const struct document *document)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    document_print(document, &text, terminal_columns());
    if (document->error < 0 && text.error == 0)
        text.error = document->error;
    return output_text(&text);
}

int output_refusal(const char *command, pid_t pid, const struct document *document)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    document_print(document, &text, 0);
    const char *line = strbuf_text(&text);
    return command_fail(EXIT_FAULT, "%s: %d: %.*s", command, (int)pid, (int)strcspn(line, "\n"),
                        line);
}
