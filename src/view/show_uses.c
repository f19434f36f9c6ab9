#include "show_uses.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/extra.h"
#include "reaptop/view/columns.h"

void show_format_size(uint64_t kib, char text[static 32])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double amount = (double)kib;
    size_t unit = 0;
    while (amount >= 10000 && unit + 1 < ELEMENTS(units)) {
        amount /= 1024;
        unit++;
    }
    if (unit == 0)
        (void)snprintf(text, 32, "%llu KiB", (unsigned long long)kib);
    else
        (void)snprintf(text, 32, "%.1f %s", amount, units[unit]);
}

void show_add_uses(struct document *doc, const struct details *details)
{
    const struct process *process = &details->process;
    char time[COLUMN_TEXT_SIZE], size[32];
    long rate = details->ticks_per_second > 0 ? details->ticks_per_second : 100;
    format_cpu_time(process->utime_ticks + process->stime_ticks, rate, time);
    show_format_size(process->rss_kib, size);
    document_field(doc, 0, SHOW_LABEL_COLS, _("uses"), STYLE_NORMAL, "%s", "");
    document_add(doc, STYLE_NORMAL, _("%s of processor time"), time);
    if (process->rss_kib > 0)
        document_add(doc, STYLE_NORMAL, _(", %s resident"), size);
    if (process->threads > 0)
        document_add(doc, STYLE_NORMAL, ngettext(", %u thread", ", %u threads", process->threads),
                     process->threads);
    if (access_has_value(details->access[PART_DESCRIPTORS]))
        document_add(doc, STYLE_NORMAL,
                     ngettext(", %u descriptor", ", %u descriptors", details->descriptor_count),
                     details->descriptor_count);
}

static void add_text(struct document *doc, const char *label, enum style style,
                     const struct strbuf *text)
{
    if (text->length == 0)
        return;
    document_field(doc, 0, SHOW_LABEL_COLS, label, STYLE_NORMAL, "%s", "");
    document_add_text(doc, style, strbuf_text(text), text->length);
}

/* Lines are "0::/path": the first whose path names one. */
void show_add_unit(struct document *doc, const struct details *details)
{
    _cleanup_(strbuf_done) struct strbuf all = STRBUF_INIT, unit = STRBUF_INIT,
                                         container = STRBUF_INIT;
    if (!access_has_value(details->access[PART_CGROUP]))
        return;
    strbuf_append(&all, details->text[PART_CGROUP], details->length[PART_CGROUP]);
    char *rest = all.data;
    for (char *line; rest && (line = strsep(&rest, "\n")) != NULL;) {
        if (unit.length == 0)
            cgroup_unit(line, &unit);
        if (container.length == 0)
            cgroup_container(line, &container);
    }
    add_text(doc, _("unit"), STYLE_NORMAL, &unit);
    add_text(doc, _("container"), STYLE_STRONG, &container);
}
