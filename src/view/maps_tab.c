#include "reaptop/view/maps_tab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/view/address_strip.h"

enum {
    STRIP_COLUMNS = 72,
    LABEL_COLUMNS = 18,
    ADDRESS_COLUMNS = 12, /* of a user's; the vsyscall page has more */
    AMOUNT_DIGITS_MAX = 20
};

enum amount {
    AMOUNT_SIZE,
    AMOUNT_RSS,
    AMOUNT_PSS,
    AMOUNT_PRIVATE,
    AMOUNT_SHARED,
    AMOUNT_SWAP,
    AMOUNT_HUGETLB, /* a column of its own where there are any */
    AMOUNT_COUNT
};

static const char *const amount_titles[AMOUNT_COUNT] = {"SIZE",   "RSS",  "PSS",    "PRIVATE",
                                                        "SHARED", "SWAP", "HUGETLB"};

static bool amount_of(enum amount amount, const struct figures *set, uint64_t *ret_kib)
{
    static const enum figure plain[AMOUNT_COUNT] = {[AMOUNT_SIZE] = FIGURE_SIZE,
                                                    [AMOUNT_RSS] = FIGURE_RSS,
                                                    [AMOUNT_PSS] = FIGURE_PSS,
                                                    [AMOUNT_SWAP] = FIGURE_SWAP};
    if (amount == AMOUNT_PRIVATE)
        return figures_private(set, ret_kib);
    if (amount == AMOUNT_SHARED)
        return figures_shared(set, ret_kib);
    if (amount == AMOUNT_HUGETLB) {
        *ret_kib = figures_hugetlb(set);
        return figure_is_known(set, FIGURE_PRIVATE_HUGETLB);
    }
    if (!figure_is_known(set, plain[amount]))
        return false;
    *ret_kib = set->kib[plain[amount]];
    return true;
}

/* Columns wide enough for the sums are wide enough for all: panes are narrow. */
struct widths {
    int columns[AMOUNT_COUNT];
    enum amount count; /* of the columns shown */
};

static int digits(uint64_t value)
{
    int count = 1;
    for (; value >= 10; value /= 10)
        count++;
    return count;
}

static void widen(struct widths *widths, const struct figures *set)
{
    for (enum amount amount = 0; amount < AMOUNT_COUNT; amount++) {
        uint64_t kib;
        int wanted = amount_of(amount, set, &kib) ? digits(kib) : 1;
        if (wanted > widths->columns[amount])
            widths->columns[amount] = wanted;
    }
}

static struct widths find_widths(const struct mapping_list *list)
{
    struct widths widths = {.count = AMOUNT_HUGETLB};
    for (size_t i = 0; i < list->count; i++)
        if (figures_hugetlb(&list->items[i].figures) > 0)
            widths.count = AMOUNT_COUNT;
    for (enum amount amount = 0; amount < AMOUNT_COUNT; amount++)
        widths.columns[amount] = (int)strlen(amount_titles[amount]);
    widen(&widths, &list->total);
    widen(&widths, &list->rollup);
    /* A sum may be unknown where its parts are not. */
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].figures.known & ~list->total.known)
            widen(&widths, &list->items[i].figures);
    return widths;
}

static void add_amounts(const struct figures *set, const struct widths *widths,
                        struct document *doc)
{
    char text[AMOUNT_COUNT * (AMOUNT_DIGITS_MAX + 2)];
    size_t length = 0;
    for (enum amount amount = 0; amount < widths->count; amount++) {
        uint64_t kib;
        char *at = text + length;
        size_t room = sizeof(text) - length;
        int written = amount_of(amount, set, &kib)
                          ? snprintf(at, room, "%*" PRIu64 " ", widths->columns[amount], kib)
                          : snprintf(at, room, "%*s ", widths->columns[amount], "-");
        length += (size_t)written;
    }
    document_add_text(doc, STYLE_NORMAL, text, length);
}

static void add_amount_titles(const struct widths *widths, struct document *doc)
{
    for (enum amount amount = 0; amount < widths->count; amount++)
        document_add(doc, STYLE_HEADING, "%*s ", widths->columns[amount], amount_titles[amount]);
}

/* ---- what stands in place of the figures ---- */

static void add_unavailable(struct document *doc, const char *what, enum access access)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_UNKNOWN, "%s: %s", what, access_sentence(access));
}

static bool is_asked_and_missing(enum access access)
{
    return access != ACCESS_UNREAD && !access_has_value(access);
}

static void add_remarks(const struct maps_tab *tab, struct document *doc)
{
    const struct mapping_list *list = tab->list;
    if (is_asked_and_missing(list->figures_access))
        add_unavailable(doc, "smaps", list->figures_access);
    if (is_asked_and_missing(list->rollup_access))
        add_unavailable(doc, "smaps_rollup", list->rollup_access);
    if (list->access == ACCESS_TRUNCATED) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING,
                     _("only the first %zu mappings: the sums are of these alone"), list->count);
    }
    if (list->bad_lines > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING, _("%zu lines were not understood and are left out"),
                     list->bad_lines);
    }
    if (list->cut_paths > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING, _("%zu paths were too long and are cut"), list->cut_paths);
    }
}

/* ---- sums ---- */

static void add_sum(struct document *doc, enum style style, const char *name, size_t count,
                    const struct figures *sum, const struct widths *widths)
{
    document_begin(doc, 0);
    document_add(doc, style, "%-13s", name);
    if (count != SIZE_MAX)
        document_add(doc, STYLE_NORMAL, "%7zu ", count);
    else
        document_add(doc, STYLE_NORMAL, "%7s ", "");
    add_amounts(sum, widths, doc);
}

static void add_groups(const struct mapping_list *list, const struct widths *widths,
                       struct document *doc)
{
    struct mapping_group groups[MAPPING_KIND_COUNT];
    mapping_list_group(list, groups);
    document_heading(doc, _("What it is for (KiB)"));
    document_begin(doc, 0);
    document_add(doc, STYLE_HEADING, "%-13s%7s ", "KIND", "COUNT");
    add_amount_titles(widths, doc);
    for (size_t kind = 0; kind < MAPPING_KIND_COUNT; kind++) {
        if (groups[kind].count == 0)
            continue;
        add_sum(doc, STYLE_LABEL, mapping_kinds[kind].name, groups[kind].count, &groups[kind].total,
                widths);
        document_add(doc, STYLE_DIM, " %s", _(mapping_kinds[kind].summary));
    }
    add_sum(doc, STYLE_STRONG, "total", list->count, &list->total, widths);
    if (access_has_value(list->rollup_access)) {
        add_sum(doc, STYLE_STRONG, "smaps_rollup", SIZE_MAX, &list->rollup, widths);
        document_add(doc, STYLE_DIM, " %s",
                     _("the kernel's own sum; it cuts Pss to KiB once, not for each mapping"));
    }
}

/* ---- one mapping ---- */

static const char *mark_text(enum mapping_mark mark)
{
    static const char *const texts[] = {[MAPPING_SAME] = "  ",
                                        [MAPPING_NEW] = "+ ",
                                        [MAPPING_CHANGED] = "~ ",
                                        [MAPPING_GONE] = "- "};
    return texts[mark];
}

static enum style mark_style(enum mapping_mark mark)
{
    static const enum style styles[] = {[MAPPING_SAME] = STYLE_NORMAL,
                                        [MAPPING_NEW] = STYLE_NEW,
                                        [MAPPING_CHANGED] = STYLE_CHANGED,
                                        [MAPPING_GONE] = STYLE_DYING};
    return styles[mark];
}

void maps_tab_add_kind(enum mapping_kind kind, enum style style, struct document *doc)
{
    document_add(doc, style, "%s", mapping_kinds[kind].name);
    if (mapping_kind_is_inferred(kind))
        document_add(doc, STYLE_INFERRED, "%s", _(" (inferred)"));
}

/* The path, or where there is none what it is. */
static void add_name(const struct mapping *mapping, struct document *doc)
{
    if (mapping->path_length > 0)
        document_add_text(doc, STYLE_NORMAL, mapping->path, mapping->path_length);
    else
        maps_tab_add_kind(mapping->kind, STYLE_DIM, doc);
}

static void add_mapping(const struct mapping *mapping, bool has_marks, const struct widths *widths,
                        struct document *doc)
{
    document_begin(doc, 0);
    document_mark(doc, maps_tab_mark(mapping->start));
    if (has_marks)
        document_add(doc, mark_style(mapping->mark), "%s", mark_text(mapping->mark));
    document_add(doc, mark_style(mapping->mark), "%0*" PRIx64 " %s ", ADDRESS_COLUMNS,
                 mapping->start, mapping->perms);
    add_amounts(&mapping->figures, widths, doc);
    document_add(doc, STYLE_LABEL, "%c ", mapping_kinds[mapping->kind].letter);
    add_name(mapping, doc);
    if (mapping->mark == MAPPING_CHANGED && mapping->rss_change_kib != 0)
        document_add(doc, STYLE_CHANGED, " (Rss %+" PRId64 ")", mapping->rss_change_kib);
}

static void add_flags(const struct mapping *mapping, struct document *doc)
{
    const char *between = "";
    document_field(doc, 4, LABEL_COLUMNS, "VmFlags", STYLE_NORMAL, "%s", "");
    for (unsigned bit = 0; *mapping_flags[bit].code; bit++)
        if (mapping->flags >> bit & 1) {
            document_add(doc, STYLE_NORMAL, "%s%s", between, _(mapping_flags[bit].summary));
            document_add(doc, STYLE_DIM, " (%s)", mapping_flags[bit].code);
            between = ", ";
        }
    for (size_t i = 0; i < MAPPING_UNKNOWN_FLAGS_MAX && mapping->unknown_flags[i][0]; i++) {
        document_add(doc, STYLE_UNKNOWN, "%s", between);
        document_add_text(doc, STYLE_UNKNOWN, mapping->unknown_flags[i], 2);
        document_add(doc, STYLE_UNKNOWN, " (%s)", _("unknown here"));
        between = ", ";
    }
}

static void add_details(const struct mapping *mapping, struct document *doc)
{
    document_field(doc, 4, LABEL_COLUMNS, _("addresses"), STYLE_NORMAL, "0x%" PRIx64 "-0x%" PRIx64,
                   mapping->start, mapping->end);
    document_field(doc, 4, LABEL_COLUMNS, mapping_kinds[mapping->kind].name, STYLE_NORMAL, "%s",
                   _(mapping_kinds[mapping->kind].summary));
    if (mapping->inode != 0)
        document_field(doc, 4, LABEL_COLUMNS, _("file"), STYLE_NORMAL,
                       _("device %x:%x, inode %" PRIu64 ", from byte 0x%" PRIx64 " on%s"),
                       mapping->device_major, mapping->device_minor, mapping->inode,
                       mapping->offset, mapping->is_deleted ? _("; its name is gone") : "");
    if (mapping->has_flags)
        add_flags(mapping, doc);
    for (enum figure f = FIGURE_PAGE_SIZE; f < FIGURE_COUNT; f++) {
        if (!figure_is_known(&mapping->figures, f) || mapping->figures.kib[f] == 0)
            continue;
        document_field(doc, 4, LABEL_COLUMNS, figures[f].smaps, STYLE_NORMAL, "%10" PRIu64 " ",
                       mapping->figures.kib[f]);
        document_add(doc, STYLE_DIM, "%s", _(figures[f].summary));
    }
}

/* Its details bear its mark, so that the cursor may go through them. */
static void add_selected(const struct mapping *mapping, struct document *doc)
{
    size_t line = doc->line_count;
    add_details(mapping, doc);
    for (; line < doc->line_count; line++)
        doc->lines[line].mark = maps_tab_mark(mapping->start);
}

static void add_titles(const struct maps_tab *tab, const struct widths *widths,
                       struct document *doc)
{
    document_heading(doc, _("Mappings, by %s (KiB)"), mapping_sort_name(tab->sort));
    document_begin(doc, 0);
    document_add(doc, STYLE_HEADING, "%s%-*s %s ", tab->has_marks ? "  " : "", ADDRESS_COLUMNS,
                 "ADDRESS", "PERM");
    add_amount_titles(widths, doc);
    document_add(doc, STYLE_HEADING, "K PATH");
}

static void add_mappings(const struct maps_tab *tab, size_t selected, const struct widths *widths,
                         struct document *doc)
{
    const struct mapping_list *list = tab->list;
    _cleanup_free_ size_t *order = calloc(list->count + 1, sizeof(*order));
    if (!order) {
        doc->error = -ENOMEM;
        return;
    }
    mapping_list_order(list, tab->sort, order);
    add_titles(tab, widths, doc);
    for (size_t i = 0; i < list->count; i++) {
        add_mapping(&list->items[order[i]], tab->has_marks, widths, doc);
        if (order[i] == selected)
            add_selected(&list->items[selected], doc);
    }
    for (size_t i = 0; tab->has_marks && i < list->gone_count; i++)
        add_mapping(&list->gone[i], true, widths, doc);
}

void maps_tab_build(const struct maps_tab *tab, struct document *doc)
{
    const struct mapping_list *list = tab->list;
    if (list->count == 0) {
        document_begin(doc, 0);
        if (list->is_kernel)
            document_add(doc, STYLE_NORMAL, "%s", _("a kernel thread: it has no address space"));
        else
            document_add(doc, STYLE_UNKNOWN, "%s", access_sentence(list->access));
        if (list->access == ACCESS_DENIED)
            document_add(doc, STYLE_UNKNOWN, ": %s", access_need_sentence(ACCESS_NEED_MEMORY));
        return;
    }
    const struct mapping *found = tab->has_selected ? mapping_list_find(list, tab->selected) : NULL;
    size_t selected = found ? (size_t)(found - list->items) : SIZE_MAX;
    address_strip_add(list, tab->columns > 0 ? tab->columns : STRIP_COLUMNS, selected, doc);
    add_remarks(tab, doc);
    const struct widths widths = find_widths(list);
    add_groups(list, &widths, doc);
    add_mappings(tab, selected, &widths, doc);
}
