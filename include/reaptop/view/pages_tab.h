/*
 * pages_tab: the pages of a mapping as a document: a grid with one cell a page
 * and, for the selected row, what stands behind each of its pages. Rows where
 * nothing is there are drawn as one line, so that a sparse terabyte fits.
 *
 * The command line prints the parts below run by run instead, as they come.
 */
#ifndef REAPTOP_VIEW_PAGES_TAB_H
#define REAPTOP_VIEW_PAGES_TAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/model/page.h"
#include "reaptop/view/document.h"

struct pages_tab {
    const struct mapping *mapping; /* whose pages they are */
    const struct page_list *pages; /* all of the mapping's, as far as they were kept */
    size_t columns;                /* pages in a row of the grid; 0: 48 */
    size_t text_columns;           /* sentences wrap there; 0: 80 */
    bool has_selected;
    uint64_t selected; /* an address in the row whose pages are reported one by one */
};

/*
 * Appends to the document. A row's line and its details are marked with
 * pages_tab_mark(the address of its first page).
 */
void pages_tab_build(const struct pages_tab *tab, struct document *doc);

/* While the mapping's pages are read: how far that is, and the sums so far. Appends. */
void pages_tab_add_progress(const struct mapping *mapping, const struct page_counts *counts,
                            uint64_t page_size, struct document *doc);

static inline uint64_t pages_tab_mark(uint64_t address)
{
    return address | 1;
}

static inline uint64_t pages_tab_address(uint64_t mark)
{
    return mark & ~UINT64_C(1);
}

/* ---- line by line ---- */

/* A heading for a mapping. */
void pages_tab_add_mapping(struct document *doc, const struct mapping *mapping);
void pages_tab_add_titles(struct document *doc);

/* A run on a line. `frames`: whether map counts and flags could be had, and why not. */
void pages_tab_add_run(struct document *doc, const struct page_run *run, enum access frames);

/*
 * How many there are of each sort, and what was hidden and why. `access` other
 * than ACCESS_OK says that pages are missing from the counts.
 */
void pages_tab_add_summary(struct document *doc, const struct page_counts *counts,
                           uint64_t page_size, enum access access, bool is_kernel,
                           enum access frames);

/* ---- what two processes share ---- */

struct pages_tab_shares {
    pid_t pid, peer_pid;
    enum access access, peer_access;          /* of their pages */
    const struct page_refs *refs, *peer_refs; /* after page_shares_find() */
    const struct page_shares *shares;
    const struct mapping_list *list; /* the first process's, for the names of mappings */
    uint64_t page_size;
};

void pages_tab_shares(const struct pages_tab_shares *tab, struct document *doc);

#endif
