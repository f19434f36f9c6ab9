#include "reaptop/view/pages_tab.h"

#include <inttypes.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/view/maps_tab.h"

enum {
    GRID_COLUMNS = 48, /* fits beside a tree */
    GRID_COLUMNS_MAX = 256,
    TEXT_COLUMNS = 80,
    WORD_COLS = 11,
    GRID_GROUP = 8,  /* cells between two blanks */
    ROWS_MAX = 16384 /* what a document is to hold; the rest is counted */
};

/* ---- line by line ---- */

void pages_tab_add_mapping(struct document *doc, const struct mapping *mapping)
{
    document_heading(doc, "%012" PRIx64 "-%012" PRIx64 " %s ", mapping->start, mapping->end,
                     mapping->perms);
    maps_tab_add_kind(mapping->kind, STYLE_TITLE, doc);
    document_add(doc, STYLE_TITLE, " ");
    document_add_text(doc, STYLE_TITLE, mapping->path, mapping->path_length);
}

void pages_tab_add_titles(struct document *doc)
{
    document_begin(doc, 2);
    document_add(doc, STYLE_HEADING, "%-16s %12s  %-11s %-12s %8s  %s", "ADDRESS", "PAGES", "STATE",
                 "FRAME", "MAPPED", "FLAGS");
}

static void add_frame(struct document *doc, const struct page_run *run)
{
    uint64_t pfn;
    if (page_frame(run->entry, &pfn))
        document_add(doc, STYLE_NORMAL, " 0x%-10" PRIx64, pfn);
    else if (page_is_hidden(run->entry))
        document_add(doc, STYLE_UNKNOWN, " %-12s", "hidden");
    else
        document_add(doc, STYLE_DIM, " %-12s", "-");
    if (run->has_map_count)
        document_add(doc, STYLE_NORMAL, " %8" PRIu64, run->map_count);
    else
        document_add(doc, STYLE_UNKNOWN, " %8s", "-");
}

static void add_words(struct document *doc, const struct page_run *run, enum access frames)
{
    _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
    if (run->has_flags)
        page_flags_append(&names, run->flags, ",");
    else if ((run->entry & PAGEMAP_PRESENT) && !page_is_hidden(run->entry) &&
             !access_has_value(frames))
        strbuf_puts(&names, access_word(frames));
    document_add(doc, STYLE_DIM, "  %s", strbuf_text(&names));
    if (run->entry & PAGEMAP_SOFT_DIRTY)
        document_add(doc, STYLE_NORMAL, " soft-dirty");
    if (run->entry & PAGEMAP_UFFD_WP)
        document_add(doc, STYLE_NORMAL, " uffd-wp");
}

/* A word of WORD_COLS cells, in any language. */
static void add_word(struct document *doc, enum style style, const char *word)
{
    size_t width = text_width(word, strlen(word));
    document_add(doc, style, "%s%*s", word, width < WORD_COLS ? (int)(WORD_COLS - width) : 0, "");
}

void pages_tab_add_run(struct document *doc, const struct page_run *run, enum access frames)
{
    enum page_state state = page_state(run);
    document_begin(doc, 2);
    document_add(doc, STYLE_NORMAL, "%012" PRIx64 "     %12" PRIu64 "  ", run->address, run->count);
    add_word(doc, state == PAGE_ABSENT ? STYLE_DIM : STYLE_STRONG, _(page_states[state].name));
    if (state == PAGE_ABSENT)
        return;
    add_frame(doc, run);
    add_words(doc, run, frames);
}

/* ---- sums ---- */

static void add_count(struct document *doc, const char *name, uint64_t count, uint64_t page_size)
{
    if (count == 0)
        return;
    document_begin(doc, 2);
    add_word(doc, STYLE_LABEL, name);
    document_add(doc, STYLE_NORMAL, " %12" PRIu64 " %14" PRIu64 " KiB", count,
                 count * (page_size / 1024));
}

static void add_hidden(struct document *doc, const struct page_counts *counts, enum access frames)
{
    if (counts->hidden > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN,
                     _("%" PRIu64 " frame numbers are hidden, and with them map counts and kernel "
                       "flags: those need CAP_SYS_ADMIN. Present, swapped, file and exclusive are "
                       "what the kernel tells without."),
                     counts->hidden);
    } else if (counts->present > 0 && !access_has_value(frames)) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN, _("map counts and kernel flags (/proc/kpage…): %s"),
                     access_sentence(frames));
    }
}

static void add_counts(struct document *doc, const struct page_counts *counts, uint64_t page_size)
{
    add_count(doc, _("all"), counts->total, page_size);
    add_count(doc, _("present"), counts->present, page_size);
    add_count(doc, _("exclusive"), counts->exclusive, page_size);
    add_count(doc, _("file"), counts->file, page_size);
    add_count(doc, _("huge"), counts->huge, page_size);
    add_count(doc, _("zero"), counts->zero, page_size);
    add_count(doc, _("dirty"), counts->dirty, page_size);
    add_count(doc, _("swapped"), counts->swapped, page_size);
    add_count(doc, _("guard"), counts->guard, page_size);
}

void pages_tab_add_summary(struct document *doc, const struct page_counts *counts,
                           uint64_t page_size, enum access access, bool is_kernel,
                           enum access frames)
{
    if (access != ACCESS_OK) {
        document_begin(doc, 0);
        if (is_kernel)
            document_add(doc, STYLE_NORMAL, "%s", _("a kernel thread: it has no address space"));
        else
            document_add(doc, STYLE_UNKNOWN, access == ACCESS_DENIED ? "%s: %s" : "%s",
                         access_sentence(access), access_need_sentence(ACCESS_NEED_MEMORY));
        if (counts->total == 0)
            return;
    }
    document_heading(doc, "%s", access == ACCESS_OK ? _("Pages") : _("Pages read so far"));
    add_counts(doc, counts, page_size);
    add_hidden(doc, counts, frames);
}

/* ---- the grid ---- */

struct grid_state {
    const struct pages_tab *tab;
    struct document *doc;
    uint64_t columns, page_size;
    uint64_t base; /* address of the first row */
    size_t rows;
    uint64_t quiet; /* rows of absent pages not drawn yet */
};

static uint64_t row_bytes(const struct grid_state *grid)
{
    return grid->columns * grid->page_size;
}

static enum style cell_style(enum page_state state)
{
    static const enum style styles[PAGE_STATE_COUNT] = {
        [PAGE_ABSENT] = STYLE_DIM,      [PAGE_GUARDED] = STYLE_WARNING,
        [PAGE_SWAPPED] = STYLE_STOPPED, [PAGE_ZERO] = STYLE_DIM,
        [PAGE_HUGE] = STYLE_STRONG,     [PAGE_EXCLUSIVE] = STYLE_GOOD,
        [PAGE_SHARED] = STYLE_CHANGED,  [PAGE_FILE] = STYLE_BAR,
        [PAGE_FILE_SHARED] = STYLE_BAR,
    };
    return styles[state];
}

static void add_legend(struct document *doc, size_t columns)
{
    document_begin(doc, 0);
    for (size_t state = 0; state < PAGE_STATE_COUNT; state++)
        document_add_legend(doc, columns, cell_style((enum page_state)state),
                            page_states[state].letter, _(page_states[state].name));
    document_add_legend(doc, columns, STYLE_STRONG, 'E', _("a capital: dirty"));
}

static void add_cell(struct grid_state *grid, uint64_t column, uint64_t address)
{
    const struct page_run *run = page_list_find(grid->tab->pages, address);
    char letter = run ? page_letter(run) : '?';
    if (column > 0 && column % GRID_GROUP == 0)
        document_add(grid->doc, STYLE_NORMAL, " ");
    document_add_text(grid->doc, run ? cell_style(page_state(run)) : STYLE_UNKNOWN, &letter, 1);
}

/* Runs of the selected row's pages, those alike together. */
static void add_row_details(struct grid_state *grid, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end;) {
        const struct page_run *run = page_list_find(grid->tab->pages, at);
        if (!run)
            return;
        uint64_t first = (at - run->address) / grid->page_size;
        uint64_t run_end = run->address + run->count * grid->page_size;
        uint64_t stop = run_end < end ? run_end : end;
        struct page_run part = page_run_at(run, first, grid->page_size);
        part.count = (stop - at) / grid->page_size;
        pages_tab_add_run(grid->doc, &part, grid->tab->pages->frames_access);
        document_add(grid->doc, STYLE_DIM, "  %s", _(page_states[page_state(&part)].summary));
        at = stop;
    }
}

/* Its details bear the row's mark, so that the cursor may go through them. */
static void add_selected(struct grid_state *grid, uint64_t start, uint64_t end)
{
    size_t line = grid->doc->line_count;
    pages_tab_add_titles(grid->doc);
    add_row_details(grid, start, end);
    for (; line < grid->doc->line_count; line++)
        grid->doc->lines[line].mark = pages_tab_mark(start);
}

static void add_row(struct grid_state *grid, uint64_t start)
{
    const struct mapping *mapping = grid->tab->mapping;
    uint64_t end = start + row_bytes(grid) < mapping->end ? start + row_bytes(grid) : mapping->end;
    document_begin(grid->doc, 0);
    document_mark(grid->doc, pages_tab_mark(start));
    document_add(grid->doc, STYLE_LABEL, "%012" PRIx64 " ", start);
    for (uint64_t column = 0; start + column * grid->page_size < end; column++)
        add_cell(grid, column, start + column * grid->page_size);
    if (grid->tab->has_selected && grid->tab->selected >= start && grid->tab->selected < end)
        add_selected(grid, start, end);
    grid->rows++;
}

static void add_quiet(struct grid_state *grid, uint64_t start)
{
    if (grid->quiet == 0)
        return;
    document_begin(grid->doc, 0);
    document_mark(grid->doc, pages_tab_mark(start - grid->quiet * row_bytes(grid)));
    document_add(grid->doc, STYLE_DIM, "%012" PRIx64 " %s: %" PRIu64 " %s",
                 start - grid->quiet * row_bytes(grid), _("absent"), grid->quiet * grid->columns,
                 _("pages"));
    grid->quiet = 0;
    grid->rows++;
}

/* The next row from `at` on that is not all absent, as far as the run that holds `at` tells. */
static uint64_t skip_absent(const struct grid_state *grid, uint64_t at)
{
    const struct page_run *run = page_list_find(grid->tab->pages, at);
    if (!run || !page_is_absent(run->entry))
        return at;
    uint64_t run_end = run->address + run->count * grid->page_size;
    uint64_t rows = (run_end - at) / row_bytes(grid);
    return at + rows * row_bytes(grid);
}

static uint64_t kept_end(const struct page_list *pages, uint64_t mapping_end)
{
    if (!pages->is_cut || pages->count == 0)
        return mapping_end;
    const struct page_run *last = &pages->runs[pages->count - 1];
    return last->address + last->count * pages->page_size;
}

static void add_grid(struct grid_state *grid)
{
    uint64_t end = kept_end(grid->tab->pages, grid->tab->mapping->end);
    uint64_t at = grid->base;
    while (at < end && grid->rows < ROWS_MAX) {
        uint64_t next = skip_absent(grid, at);
        grid->quiet += (next - at) / row_bytes(grid);
        at = next;
        add_quiet(grid, at);
        if (at < end)
            add_row(grid, at);
        at += row_bytes(grid);
    }
    if (at < end || end < grid->tab->mapping->end) {
        document_begin(grid->doc, 0);
        document_add(grid->doc, STYLE_WARNING,
                     _("what lies above 0x%" PRIx64 " is counted, but not drawn"),
                     at < end ? at : end);
    }
}

static void add_title(const struct mapping *mapping, struct document *doc)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_TITLE, "%012" PRIx64 "-%012" PRIx64 " %s ", mapping->start,
                 mapping->end, mapping->perms);
    maps_tab_add_kind(mapping->kind, STYLE_TITLE, doc);
    document_add(doc, STYLE_TITLE, " ");
    document_add_text(doc, STYLE_TITLE, mapping->path, mapping->path_length);
}

void pages_tab_add_progress(const struct mapping *mapping, const struct page_counts *counts,
                            uint64_t page_size, struct document *doc)
{
    add_title(mapping, doc);
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM, _("reading: %" PRIu64 " of %" PRIu64 " pages"), counts->total,
                 page_size > 0 ? (mapping->end - mapping->start) / page_size : 0);
    document_heading(doc, "%s", _("Pages read so far"));
    add_counts(doc, counts, page_size);
}

void pages_tab_build(const struct pages_tab *tab, struct document *doc)
{
    const struct page_list *pages = tab->pages;
    size_t columns = tab->columns > 0 ? tab->columns : GRID_COLUMNS;
    struct grid_state grid = {.tab = tab,
                              .doc = doc,
                              .columns = columns < GRID_COLUMNS_MAX ? columns : GRID_COLUMNS_MAX,
                              .page_size = pages->page_size,
                              .base = tab->mapping->start};
    add_title(tab->mapping, doc);
    pages_tab_add_summary(doc, &pages->counts, pages->page_size, pages->access, false,
                          pages->frames_access);
    if (pages->count == 0 || pages->page_size == 0)
        return;
    document_heading(doc, _("One cell a page"));
    add_legend(doc, tab->text_columns > 0 ? tab->text_columns : TEXT_COLUMNS);
    add_grid(&grid);
}

/* ---- what two processes share ---- */

static void add_share(const struct pages_tab_shares *tab, const struct page_share *share,
                      struct document *doc)
{
    const struct mapping *mapping = mapping_list_find(tab->list, share->address);
    document_begin(doc, 2);
    document_add(doc, STYLE_NORMAL, "%012" PRIx64 " %012" PRIx64 " %10" PRIu64 " ", share->address,
                 share->peer_address, share->count);
    if (share->is_inferred)
        document_add(doc, STYLE_INFERRED, "%-12s", "inferred");
    else
        document_add(doc, STYLE_NORMAL, "0x%-10" PRIx64, share->pfn);
    if (share->map_count != PAGE_COUNT_UNKNOWN)
        document_add(doc, STYLE_NORMAL, " %8" PRIu32 "  ", share->map_count);
    else
        document_add(doc, STYLE_UNKNOWN, " %8s  ", "-");
    if (mapping && mapping->path_length > 0)
        document_add_text(doc, STYLE_NORMAL, mapping->path, mapping->path_length);
    else if (mapping)
        maps_tab_add_kind(mapping->kind, STYLE_LABEL, doc);
}

static bool add_unreadable(struct document *doc, pid_t pid, enum access access)
{
    if (access == ACCESS_OK)
        return false;
    document_begin(doc, 0);
    document_add(doc, STYLE_UNKNOWN, "%d: %s", pid, access_sentence(access));
    if (access == ACCESS_DENIED)
        document_add(doc, STYLE_UNKNOWN, ": %s", access_need_sentence(ACCESS_NEED_PTRACE));
    return true;
}

static void add_unreported(struct document *doc, pid_t pid, const struct page_refs *refs)
{
    if (refs->hidden > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN,
                     _("%d: %" PRIu64 " anonymous pages whose frames are hidden; %" PRIu64
                       " of them are mapped more than once, by whom cannot be told without "
                       "CAP_SYS_ADMIN"),
                     pid, refs->hidden, refs->hidden_shared);
    }
    if (refs->is_cut) {
        document_begin(doc, 0);
        document_add(doc, STYLE_WARNING, _("%d: only its first %zu pages were compared"), pid,
                     refs->count);
    }
}

void pages_tab_shares(const struct pages_tab_shares *tab, struct document *doc)
{
    bool is_missing = add_unreadable(doc, tab->pid, tab->access);
    is_missing |= add_unreadable(doc, tab->peer_pid, tab->peer_access);
    if (is_missing)
        return;
    const struct page_shares *shares = tab->shares;
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, _("%" PRIu64 " pages of %d (%" PRIu64 " KiB) are in %d too"),
                 shares->pages, tab->pid, shares->pages * (tab->page_size / 1024), tab->peer_pid);
    if (shares->inferred > 0)
        document_add(doc, STYLE_INFERRED,
                     _("; %" PRIu64 " of them inferred, from being the same page of the same file"),
                     shares->inferred);
    add_unreported(doc, tab->pid, tab->refs);
    add_unreported(doc, tab->peer_pid, tab->peer_refs);
    if (shares->count == 0)
        return;
    document_begin(doc, 2);
    document_add(doc, STYLE_HEADING, "%-12s %-12s %10s %-12s %8s  %s", "ADDRESS", "PEER", "PAGES",
                 "FRAME", "MAPPED", "MAPPING");
    for (size_t i = 0; i < shares->count; i++)
        add_share(tab, &shares->items[i], doc);
}
