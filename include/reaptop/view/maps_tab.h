/*
 * maps_tab: a process's mappings as a document: what the address space looks
 * like, what each kind of mapping takes, and every mapping on a line of its
 * own, with its VmFlags in words under the selected one. Figures are KiB.
 */
#ifndef REAPTOP_VIEW_MAPS_TAB_H
#define REAPTOP_VIEW_MAPS_TAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/model/mapping.h"
#include "reaptop/view/document.h"

struct maps_tab {
    const struct mapping_list *list; /* after mapping_list_diff() its marks are shown */
    enum mapping_sort sort;
    bool has_selected;
    uint64_t selected; /* an address in the mapping whose details are wanted */
    size_t columns;    /* of the strip; 0: 72 */
    bool has_marks;    /* a column for new, changed, gone: there was a list before this one */
};

/*
 * Appends to the document. Every mapping's line and its details are marked
 * with maps_tab_mark(its start), so that the selection finds it again.
 */
void maps_tab_build(const struct maps_tab *tab, struct document *doc);

/* Appends the kind's name, and that it is inferred where it is. */
void maps_tab_add_kind(enum mapping_kind kind, enum style style, struct document *doc);

/* A line's mark for a mapping, never 0, and back. Starts are multiples of a page. */
static inline uint64_t maps_tab_mark(uint64_t start)
{
    return start | 1;
}

static inline uint64_t maps_tab_address(uint64_t mark)
{
    return mark & ~UINT64_C(1);
}

#endif
