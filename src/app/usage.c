#include "reaptop/app/help.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/output.h"
#include "reaptop/view/document.h"

enum {
    NAME_COLUMNS = 26,
    PARAGRAPH_COLUMNS = 80
};

static void add_entry(struct strbuf *out, const char *name, const char *summary)
{
    int columns = (int)text_width(name, strlen(name));
    strbuf_printf(out, "  %s", name);
    if (columns >= NAME_COLUMNS)
        strbuf_printf(out, "\n  %-*s", NAME_COLUMNS, "");
    else
        strbuf_printf(out, "%*s", NAME_COLUMNS - columns, "");
    strbuf_printf(out, " %s\n", _(summary));
}

/* Of the common options those that this command follows. */
static bool is_accepted(const struct command *command, const struct option_info *info)
{
    if (info->letter == '\0') /* the screen's, and `tree` has a linear form, too */
        return strcmp(info->name, "linear") == 0 && strcmp(command->name, "tree") == 0;
    return !command->accepts || !strchr(OPTIONS_SELECTIVE, info->letter) ||
           strchr(command->accepts, info->letter);
}

static void add_options(struct strbuf *out, const struct option_info *table,
                        const struct command *command)
{
    for (const struct option_info *info = table; info->name; info++) {
        if (command && !is_accepted(command, info))
            continue;
        char name[64];
        char letter[] = {'-', info->letter, ',', ' ', '\0'};
        (void)snprintf(name, sizeof(name), "%s--%s%s%s", info->letter ? letter : "    ", info->name,
                       info->argument ? "=" : "", info->argument ? _(info->argument) : "");
        add_entry(out, name, info->summary);
    }
}

static void add_paragraph(struct strbuf *out, const char *text)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    document_begin(&doc, 0);
    document_add_text(&doc, STYLE_NORMAL, text, strlen(text));
    strbuf_putc(out, '\n');
    document_print(&doc, out, PARAGRAPH_COLUMNS);
}

int help_program(void)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, _("usage: reaptop [OPTION]... [COMMAND [ARG]...]\n\n"
                        "Shows the life of processes, looks inside them, signals the right one.\n"
                        "Without a command: the screen (press ? there for its keys).\n\n"
                        "Commands:\n"));
    for (const struct command *command = commands; command->name; command++) {
        char name[128];
        (void)snprintf(name, sizeof(name), "%s %s", command->name, command->arguments);
        add_entry(&out, name, command->summary);
    }
    strbuf_puts(&out, _("\nOptions:\n"));
    add_options(&out, option_table, NULL);
    strbuf_puts(&out, _("\nreaptop COMMAND --help tells more; so does man reaptop.\n"));
    return output_text(&out);
}

int help_command(const struct command *command)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    strbuf_printf(&out, _("usage: reaptop %s %s\n\n%s\n"), command->name, command->arguments,
                  _(command->summary));
    if (command->details)
        add_paragraph(&out, _(command->details));
    if (command->options) {
        strbuf_puts(&out, _("\nIts own options:\n"));
        add_options(&out, command->options, NULL);
    }
    strbuf_puts(&out, command->options ? _("\nOthers:\n") : _("\nOptions:\n"));
    add_options(&out, option_table, command);
    return output_text(&out);
}

int help_version(void)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, "reaptop " REAPTOP_VERSION "\n");
    return output_text(&out);
}
