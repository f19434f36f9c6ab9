#include "privilege_table.h"

#include <string.h>

#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/privilege.h"
#include "reaptop/cli/command.h"

/* Between two of a list stands a comma, between the two lists a semicolon. */
static void add(struct strbuf *out, size_t start, size_t list, const char *name)
{
    if (out->length > start)
        strbuf_puts(out, out->length > list ? ", " : "; ");
    strbuf_puts(out, name);
}

void privilege_table_holders(struct strbuf *out, int capability)
{
    const uint64_t bit = PRIVILEGE(capability);
    size_t start = out->length;
    if (PRIVILEGES_SCREEN & bit)
        add(out, start, start,
            PRIVILEGES_SCREEN_READONLY & bit ? _("the screen")
                                             : _("the screen, not with --readonly"));
    for (const struct command *command = commands; command->name; command++)
        if (command->privileges & bit)
            add(out, start, start, command->name);
    size_t list = out->length;
    for (size_t i = 0; i < HELPER_KIND_COUNT; i++)
        if (helper_kinds[i].privileges & bit)
            add(out, start, list, _(helper_kinds[i].name));
}

void privilege_table_names(struct strbuf *out, uint64_t kept)
{
    size_t start = out->length;
    for (const struct privilege_info *info = privileges; info->name; info++)
        if (kept & PRIVILEGE(info->capability))
            add(out, start, start, info->name + strlen("CAP_"));
    if (out->length == start)
        strbuf_puts(out, "none");
}
