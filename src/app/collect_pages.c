#include "collect.h"

#include <errno.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/read_maps.h"
#include "reaptop/source/read_pages.h"
#include "reaptop/view/pages_tab.h"

enum {
    CELLS_MIN = 8, /* a group of the grid */
    CELLS_MAX = 128,
    ADDRESS_COLUMNS = 13
};

/* A collection that takes longer says so often how far it is. */
#define PROGRESS_NS (500 * NS_PER_MS)

/* ---- how far it is ---- */

struct page_walk {
    int fd; /* the screen's end is behind it */
    uint64_t sent_ns;
    const struct mapping *mapping;
    struct page_list *pages;
    const struct document *whole; /* of the mapping, while another process's pages are compared */
    pid_t peer;
};

static bool is_time(struct page_walk *progress)
{
    uint64_t now_ns = clock_boot_ns();
    if (now_ns - progress->sent_ns < PROGRESS_NS)
        return false;
    progress->sent_ns = now_ns;
    return true;
}

static int send_partial(const struct page_walk *progress, const struct document *doc)
{
    static const char nothing[HELPER_TEXT_SIZE];
    return document_send(progress->fd, doc, ACCESS_OK, true, nothing);
}

/* False: nobody listens any more. */
static bool show_comparing(void *data, size_t done, size_t total)
{
    struct page_walk *progress = data;
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    if (!is_time(progress))
        return true;
    document_append_lines(&doc, progress->whole, 0, SIZE_MAX);
    document_begin(&doc, 0);
    document_add(&doc, STYLE_DIM, _("comparing with process %d: %zu of %zu pages"),
                 (int)progress->peer, done, total);
    return send_partial(progress, &doc) == 0;
}

/* ---- one mapping's pages ---- */

static int keep_run(const struct page_run *run, void *data)
{
    struct page_walk *progress = data;
    struct page_list *pages = progress->pages;
    int r = page_list_add(pages, run);
    if (r != 0 || !is_time(progress))
        return r;
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    pages_tab_add_progress(progress->mapping, &pages->counts, pages->page_size, &doc);
    return send_partial(progress, &doc);
}

/* The mapping that was chosen in Maps; without a choice the heap, else the first there is. */
static const struct mapping *chosen_mapping(const struct mapping_list *list, uint64_t address)
{
    const struct mapping *chosen = address ? mapping_list_find(list, address) : NULL;
    for (size_t i = 0; !chosen && i < list->count; i++)
        if (list->items[i].kind == MAPPING_HEAP)
            chosen = &list->items[i];
    return chosen ? chosen : list->count > 0 ? &list->items[0] : NULL;
}

/* As many cells as fit beside an address, with a blank after each eight. */
static size_t grid_columns(size_t columns)
{
    size_t groups =
        columns > ADDRESS_COLUMNS ? (columns - ADDRESS_COLUMNS + 1) / (CELLS_MIN + 1) : 0;
    size_t cells = groups > 0 ? groups * CELLS_MIN : CELLS_MIN;
    return cells < CELLS_MAX ? cells : CELLS_MAX;
}

static enum access show_mapping(struct reader *reader, const struct pane_request *request,
                                const struct kpages *kpages, const struct page_walk *progress,
                                struct document *doc)
{
    const struct mapping *mapping = progress->mapping;
    _cleanup_(page_list_done) struct page_list pages = PAGE_LIST_INIT;
    struct page_walk of_pages = *progress;
    of_pages.pages = &pages;
    pages.page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    int r = pages_read(reader, request->id, mapping->start, mapping->end, kpages, keep_run,
                       &of_pages, &pages.access);
    pages.frames_access = kpages->access;
    if (r < 0)
        return access_from_errno(r, '\0');

    const struct pages_tab tab = {
        .mapping = mapping,
        .pages = &pages,
        .columns = grid_columns(request->columns),
        .text_columns = request->columns,
        .has_selected = request->selected != 0,
        .selected = pages_tab_address(request->selected),
    };
    pages_tab_build(&tab, doc);
    return ACCESS_OK;
}

/* ---- which of them are in another process too ---- */

static int show_shares(struct reader *reader, const struct pane_request *request,
                       const struct mapping_list *list, const struct kpages *kpages,
                       struct page_walk *progress, struct document *doc)
{
    const struct mapping *mapping = progress->mapping;
    const struct pages_progress reports = {show_comparing, progress};
    _cleanup_(mapping_list_done) struct mapping_list peer_list = MAPPING_LIST_INIT;
    _cleanup_(page_refs_done) struct page_refs refs = PAGE_REFS_INIT, peer_refs = PAGE_REFS_INIT;
    _cleanup_(page_shares_done) struct page_shares shares = PAGE_SHARES_INIT;
    struct pages_tab_shares tab = {.pid = request->id.pid,
                                   .peer_pid = request->peer.pid,
                                   .refs = &refs,
                                   .peer_refs = &peer_refs,
                                   .shares = &shares,
                                   .list = list,
                                   .page_size = (uint64_t)sysconf(_SC_PAGESIZE)};
    progress->whole = doc;
    progress->peer = request->peer.pid;
    int r = maps_read(reader, request->peer, MAPS_LINES, &peer_list);
    if (r == 0)
        r = pages_gather(reader, request->peer, &peer_list, 0, UINT64_MAX, kpages, &reports,
                         &peer_refs, &tab.peer_access);
    if (r == 0)
        r = pages_gather(reader, request->id, list, mapping->start, mapping->end, kpages, &reports,
                         &refs, &tab.access);
    if (r == 0)
        r = page_shares_find(&refs, &peer_refs, tab.page_size, &shares);
    if (r < 0)
        return r;
    if (r == PAGES_STOPPED)
        return -EPIPE;
    document_heading(doc, _("This mapping's frames that the tagged process %d has too"),
                     (int)request->peer.pid);
    pages_tab_shares(&tab, doc);
    return 0;
}

static void show_hint(const struct pane_request *request, struct document *doc)
{
    _cleanup_(document_done) struct document hint = DOCUMENT_INIT;
    document_begin(&hint, 0);
    document_begin(&hint, 0);
    document_add(&hint, STYLE_DIM, "%s",
                 _("Enter on a line of Maps shows another mapping. Tag another process with Space: "
                   "which of these frames it has too is then told here."));
    document_wrap(&hint, request->columns, doc);
}

enum access pages_collect(struct reader *reader, const struct pane_request *request, int fd,
                          struct document *doc)
{
    _cleanup_(mapping_list_done) struct mapping_list list = MAPPING_LIST_INIT;
    int r = maps_read(reader, request->id, MAPS_LINES, &list);
    if (r < 0)
        return access_from_errno(r, '\0');
    const struct mapping *mapping = chosen_mapping(&list, request->address);
    if (!mapping && list.is_kernel) {
        const struct page_counts none = {0};
        pages_tab_add_summary(doc, &none, 0, list.access, true, ACCESS_EMPTY);
    }
    if (!mapping)
        return list.access;

    struct page_walk progress = {.fd = fd, .sent_ns = clock_boot_ns(), .mapping = mapping};
    struct kpages kpages;
    kpages_open(&kpages);
    enum access access = show_mapping(reader, request, &kpages, &progress, doc);
    if (access_has_value(access) && identity_is_nobody(request->peer))
        show_hint(request, doc);
    else if (access_has_value(access))
        r = show_shares(reader, request, &list, &kpages, &progress, doc);
    kpages_done(&kpages);
    return r < 0 ? access_from_errno(r, '\0') : access;
}
