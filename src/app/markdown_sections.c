#include <signal.h>
#include <string.h>

#include "doc_sections.h"
#include "htop_row.h"
#include "mdoc.h"
#include "privilege_table.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/privilege.h"
#include "reaptop/cli/command.h"
#include "reaptop/view/actions.h"

static void markdown_cell(struct strbuf *out, const char *text)
{
    for (text = translated(text); *text; text++) {
        if (strchr("|<>*_", *text))
            strbuf_putc(out, '\\');
        strbuf_putc(out, *text);
    }
}

/* Keys as `k` `F9`, or its name in the palette where it has none: a code span may hold a backslash,
 * and a bar is escaped for the table. */
static void markdown_keys_of(struct strbuf *out, enum action action)
{
    for (int i = 0; i < ACTION_KEYS_MAX; i++) {
        struct key key = actions[action].keys[PROFILE_DEFAULT][i];
        char name[KEY_NAME_SIZE];
        if (key.kind == KEY_NONE && i == 0)
            strbuf_printf(out, "`: %s`", actions[action].name);
        if (key.kind == KEY_NONE)
            return;
        const char *label = key_label(key, name);
        strbuf_printf(out, "%s`%s%s`", i > 0 ? " " : "", *label == '|' ? "\\" : "", label);
    }
}

static void markdown_keys(struct strbuf *out)
{
    strbuf_puts(out, _("| keys | what they do |\n|---|---|\n"));
    for (int group = 0; group < GROUP_COUNT; group++) {
        strbuf_printf(out, "| **%s** | |\n",
                      translated(action_group_title((enum action_group)group)));
        for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
            if ((int)actions[action].group != group || !actions[action].name)
                continue;
            strbuf_puts(out, "| ");
            markdown_keys_of(out, (enum action)action);
            strbuf_puts(out, " | ");
            markdown_cell(out, actions[action].help);
            strbuf_puts(out, " |\n");
        }
    }
}

static void markdown_htop(struct strbuf *out)
{
    strbuf_puts(out, _("| key | in htop | here | instead |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < htop_keys_count(); i++) {
        _cleanup_(htop_row_done) struct htop_row row = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
        if (!htop_row(&htop_keys[i], &row))
            continue;
        strbuf_puts(out, "| ");
        markdown_cell(out, strbuf_text(&row.keys));
        strbuf_puts(out, " | ");
        markdown_cell(out, htop_keys[i].meaning);
        strbuf_puts(out, " | ");
        markdown_cell(out, strbuf_text(&row.here));
        strbuf_puts(out, " | ");
        markdown_cell(out, strbuf_text(&row.does_it));
        strbuf_puts(out, " |\n");
    }
}

static void markdown_commands(struct strbuf *out)
{
    strbuf_puts(out, _("| command | what it does |\n|---|---|\n"));
    for (const struct command *command = commands; command->name; command++) {
        strbuf_printf(out, "| `%s%s", command->name,
                      command->arguments && *command->arguments ? " " : "");
        for (const char *at = command->arguments ? command->arguments : ""; *at; at++) {
            if (*at == '|')
                strbuf_putc(out, '\\');
            strbuf_putc(out, *at);
        }
        strbuf_puts(out, "` | ");
        markdown_cell(out, command->summary);
        strbuf_puts(out, " |\n");
    }
}

/* "its socket is closed, 3000 ms; SIGTERM, 5000 ms; SIGKILL, 1000 ms" */
static void markdown_limits(struct strbuf *out, const struct helper_info *info)
{
    if (info->end)
        strbuf_printf(out, "%s", info->end);
    const char *between = info->end ? "; else " : "";
    if (info->close_ms > 0)
        strbuf_printf(out, "%sits socket is closed: %u ms", between, info->close_ms);
    if (info->term_ms > 0)
        strbuf_printf(out, "%sSIGTERM: %u ms", info->close_ms > 0 ? ", " : between, info->term_ms);
    if (info->kill_ms > 0)
        strbuf_printf(out, "%sSIGKILL: %u ms", info->close_ms + info->term_ms > 0 ? ", " : between,
                      info->kill_ms);
}

static void markdown_helpers(struct strbuf *out)
{
    static const char *const places[] = {
        [HELPER_APART] = "a session of its own, standard streams /dev/null",
        [HELPER_IN_TERMINAL] = "a process group of its own, the terminal",
        [HELPER_BESIDE] = "its starter's session, group and standard streams",
    };
    static const char *const kept_signals[] = {
        [HELPER_SIGNALS_DEFAULT] = "signals at their defaults",
        [HELPER_SIGNALS_BLOCKED] = "all signals blocked",
        [HELPER_SIGNALS_KEPT] = "its starter's signals",
    };
    strbuf_puts(out, "| helper | started by | what for | how it ends, and its limit | when its "
                     "starter dies | what it has | capabilities it keeps |\n"
                     "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < HELPER_KIND_COUNT; i++) {
        const struct helper_info *info = &helper_kinds[i];
        strbuf_printf(out, "| %s | %s | %s | ", info->name, info->starter, info->purpose);
        markdown_limits(out, info);
        strbuf_printf(out, " | %s | %s; %s; %s | ",
                      info->death_signal == SIGKILL   ? "SIGKILL"
                      : info->death_signal == SIGTERM ? "SIGTERM"
                                                      : "it sees that, and ends",
                      places[info->place], kept_signals[info->signals],
                      info->keeps_descriptors ? "all descriptors"
                      : info->socket_type     ? "no descriptor but its socket"
                                              : "no descriptor");
        privilege_table_names(out, info->privileges);
        strbuf_puts(out, info->has_reserve ? "; all others in reserve |\n" : " |\n");
    }
}

static void markdown_privileges(struct strbuf *out)
{
    strbuf_puts(out, "| capability | what needs it | who keeps it |\n|---|---|---|\n");
    for (const struct privilege_info *info = privileges; info->name; info++) {
        strbuf_printf(out, "| %s | %s | ", info->name, info->purpose);
        privilege_table_holders(out, info->capability);
        strbuf_puts(out, " |\n");
    }
}

const struct doc_section markdown_sections[] = {
    {"commands", markdown_commands},
    {"keys", markdown_keys},
    {"htop", markdown_htop},
    {"helpers", markdown_helpers},
    {"privileges", markdown_privileges},
    {NULL, NULL},
};
