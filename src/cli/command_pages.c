#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "json_stream.h"
#include "operand.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/progress.h"
#include "reaptop/source/read_maps.h"
#include "reaptop/source/read_pages.h"
#include "reaptop/view/pages_tab.h"

enum {
    PID_DIGITS_MAX = 7,      /* the kernel's PIDs end at 4194304; maps prints no shorter address */
    FLUSH_BYTES = 64 * 1024, /* of text, between two writes */
    HOLE_PAGES = 512         /* absent pages from which on JSON gives them as one */
};

/* What is asked for: some of a process's pages, or what it shares with a peer. */
struct question {
    struct identity id;
    struct identity peer; /* NOBODY: none */
    bool has_start, has_end;
    uint64_t start, end;
};

struct work {
    struct reader *reader;
    struct kpages kpages;
    struct mapping_list list; /* of the process */
    struct page_counts counts;
    enum access access; /* of its pages */
    uint64_t page_size;

    const struct mapping *mapping; /* the one whose pages are printed now */
    struct document doc;           /* text not written yet */
    bool is_json;
    struct json_stream stream;
    int status; /* exit status of a write that failed */

    struct progress progress;
    uint64_t pages_wanted; /* of all mappings that are to be read */
};

static void work_done(struct work *work)
{
    kpages_done(&work->kpages);
    mapping_list_done(&work->list);
    document_done(&work->doc);
    reader_free(work->reader);
}

/* ---- operands ---- */

static bool is_pid(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= PID_DIGITS_MAX && strspn(text, "0123456789") == length;
}

static int take_range(const char *text, struct question *question)
{
    _cleanup_free_ char *copy = strdup(text);
    char *dash = copy ? strchr(copy, '-') : NULL;
    if (!copy)
        return -ENOMEM;
    if (dash)
        *dash++ = '\0';
    if (number_parse_hex(copy, &question->start) < 0 ||
        (dash && number_parse_hex(dash, &question->end) < 0))
        return -EINVAL;
    question->has_start = true;
    question->has_end = dash != NULL;
    return dash && question->end <= question->start ? -EINVAL : 0;
}

static int take_operands(int argc, char **argv, struct question *question)
{
    char *only[] = {argv[0], argv[1], NULL};
    if (argc < 2 || argc > 3)
        return command_usage_error(argv[0],
                                   _("needs a PID: reaptop pages PID [START[-END] | PID2]"));
    int status = operand_process(2, only, &question->id);
    if (status != EXIT_DONE || argc == 2)
        return status;
    if (is_pid(argv[2])) {
        only[1] = argv[2];
        return operand_process(2, only, &question->peer);
    }
    if (take_range(argv[2], question) < 0)
        return command_usage_error(
            argv[0],
            _("%s: neither a PID nor addresses: reaptop pages PID [START[-END] | PID2], addresses "
              "in hexadecimal as maps prints them"),
            argv[2]);
    return EXIT_DONE;
}

/* ---- text ---- */

static int flush(struct work *work, size_t least)
{
    if (work->doc.text.length < least)
        return 0;
    work->status = output_document(&work->doc);
    document_clear(&work->doc);
    return work->status == EXIT_DONE ? 0 : -EIO;
}

static int print_text(struct work *work, const struct mapping *mapping, const struct page_run *run)
{
    if (mapping != work->mapping) {
        pages_tab_add_mapping(&work->doc, mapping);
        pages_tab_add_titles(&work->doc);
        work->mapping = mapping;
    }
    pages_tab_add_run(&work->doc, run, work->kpages.access);
    return flush(work, FLUSH_BYTES);
}

/* ---- JSON ---- */

static json_t *json_page_flags(uint64_t flags)
{
    json_t *array = json_array();
    for (unsigned bit = 0; bit < 64; bit++)
        if (flags >> bit & 1) {
            _cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;
            page_flags_append(&name, UINT64_C(1) << bit, "");
            json_add(array, json_text(strbuf_text(&name), name.length));
        }
    return array;
}

/* Where there is no frame there is nothing to be had; where it is hidden, there would be. */
static enum access frame_access(const struct work *work, const struct page_run *page)
{
    if (!(page->entry & PAGEMAP_PRESENT))
        return ACCESS_EMPTY;
    if (page_is_hidden(page->entry))
        return ACCESS_DENIED;
    return work->kpages.access == ACCESS_OK ? ACCESS_FAILED : work->kpages.access;
}

static json_t *json_page(const struct work *work, const struct page_run *page)
{
    uint64_t pfn;
    enum access missing = frame_access(work, page);
    json_t *object = json_object();
    json_put(object, "address", json_address(page->address));
    json_put(object, "count", json_unsigned(page->count));
    json_put(object, "state", json_string(page_states[page_state(page)].name));
    json_put(object, "present", json_boolean(page->entry & PAGEMAP_PRESENT));
    json_put(object, "swapped", json_boolean(page->entry & PAGEMAP_SWAPPED));
    json_put(object, "file", json_boolean(page->entry & PAGEMAP_FILE));
    json_put(object, "exclusive", json_boolean(page->entry & PAGEMAP_EXCLUSIVE));
    json_put(object, "guard", json_boolean(page->entry & PAGEMAP_GUARD));
    json_put(object, "soft_dirty", json_boolean(page->entry & PAGEMAP_SOFT_DIRTY));
    if (page_frame(page->entry, &pfn))
        json_put(object, "pfn", json_unsigned(pfn));
    else
        json_unavailable(object, "pfn", missing);
    if (page->has_map_count)
        json_put(object, "map_count", json_unsigned(page->map_count));
    else
        json_unavailable(object, "map_count", missing);
    if (page->has_flags)
        json_put(object, "flags", json_page_flags(page->flags));
    else
        json_unavailable(object, "flags", missing);
    return object;
}

static int print_json(struct work *work, const struct page_run *run)
{
    if (page_is_absent(run->entry) && run->count >= HOLE_PAGES) {
        json_stream_add(&work->stream, json_page(work, run));
        return work->stream.error;
    }
    for (uint64_t i = 0; i < run->count && work->stream.error == 0; i++) {
        struct page_run page = page_run_at(run, i, work->page_size);
        json_stream_add(&work->stream, json_page(work, &page));
    }
    return work->stream.error;
}

/* ---- the reading ---- */

static int take_part(const struct mapping *mapping, const struct page_run *part, void *data)
{
    struct work *work = data;
    page_counts_add(&work->counts, part);
    int r = work->is_json ? print_json(work, part) : print_text(work, mapping, part);
    if (r == 0 &&
        !progress_step(&work->progress, (size_t)work->counts.total, (size_t)work->pages_wanted))
        return PAGES_STOPPED;
    return r;
}

/* What is printed on the terminal meanwhile says itself how far it is. */
static int read_range(struct work *work, const struct question *question)
{
    work->pages_wanted = pages_mapped(&work->list, question->start, question->end);
    progress_begin(&work->progress, "pages", PROGRESS_PAGES);
    work->progress.is_terminal &= isatty(STDOUT_FILENO) == 0;
    return pages_read_mapped(work->reader, question->id, &work->list, question->start,
                             question->end, &work->kpages, take_part, work, &work->access);
}

/* Replaces the list; EXIT_DONE, or what was wrong, reported. */
static int read_list(struct work *work, struct identity id)
{
    int r = maps_read(work->reader, id, MAPS_LINES, &work->list);
    if (r < 0)
        return command_fail(EXIT_FAULT, "pages: %d: %s", id.pid, strerror(-r));
    work->access = work->list.access;
    if (work->access == ACCESS_GONE)
        return command_fail(EXIT_NO_MATCH, "pages: %d: %s", id.pid, access_sentence(work->access));
    return EXIT_DONE;
}

static int open_work(struct work *work)
{
    struct error error = ERROR_INIT;
    *work = (struct work){.page_size = (uint64_t)sysconf(_SC_PAGESIZE), .kpages = {-1, -1, 0}};
    if (reader_new(&work->reader, &error) < 0)
        return command_fail(EXIT_FAULT, "pages: %s", error.message);
    kpages_open(&work->kpages);
    return EXIT_DONE;
}

/* A range in whole pages; the mapping that holds START where no END was given. */
static int settle_range(const struct work *work, struct question *question)
{
    uint64_t mask = work->page_size - 1, typed = question->start;
    if (!question->has_start) {
        question->start = 0;
        question->end = UINT64_MAX & ~mask;
        return EXIT_DONE;
    }
    question->start &= ~mask;
    if (question->has_end) {
        question->end =
            question->end > UINT64_MAX - mask ? UINT64_MAX & ~mask : (question->end + mask) & ~mask;
    } else {
        const struct mapping *mapping = mapping_list_find(&work->list, question->start);
        question->end = mapping ? mapping->end : question->start + work->page_size;
    }
    size_t i = mapping_list_index(&work->list, question->start);
    if (access_has_value(work->list.access) &&
        (i == work->list.count || work->list.items[i].start >= question->end))
        return command_fail(EXIT_NO_MATCH, _("pages: %d: nothing is mapped at 0x%" PRIx64),
                            question->id.pid, typed);
    return EXIT_DONE;
}

/* ---- one process ---- */

static json_t *json_counts(const struct page_counts *counts)
{
    json_t *object = json_object();
    json_put(object, "pages", json_unsigned(counts->total));
    json_put(object, "present", json_unsigned(counts->present));
    json_put(object, "swapped", json_unsigned(counts->swapped));
    json_put(object, "exclusive", json_unsigned(counts->exclusive));
    json_put(object, "file", json_unsigned(counts->file));
    json_put(object, "guard", json_unsigned(counts->guard));
    json_put(object, "huge", json_unsigned(counts->huge));
    json_put(object, "zero", json_unsigned(counts->zero));
    json_put(object, "dirty", json_unsigned(counts->dirty));
    json_put(object, "frames_hidden", json_unsigned(counts->hidden));
    return object;
}

static json_t *json_head(const struct question *question)
{
    json_t *head = json_document("pages");
    json_put(head, "pid", json_integer(question->id.pid));
    json_put(head, "start_ticks", json_unsigned(question->id.start_ticks));
    return head;
}

static int show_json(struct work *work, const struct question *question)
{
    json_t *head = json_head(question);
    json_put(head, "page_size", json_unsigned(work->page_size));
    if (!access_has_value(work->list.access)) {
        json_unavailable(head, "pages", work->list.access);
        return json_output(head);
    }
    work->is_json = true;
    json_stream_begin(&work->stream, head, "pages");
    int r = read_range(work, question);
    json_t *tail = json_object();
    json_put(tail, "counts", json_counts(&work->counts));
    if (work->access != ACCESS_OK)
        json_put(tail, "pages_cut", json_string(access_word(work->access)));
    else if (r == PAGES_STOPPED)
        json_put(tail, "pages_cut", json_string("interrupted"));
    int status = json_stream_end(&work->stream, tail);
    bool is_stopped = progress_end(&work->progress);
    if (status == EXIT_DONE && is_stopped)
        return EXIT_INTERRUPTED;
    return status == EXIT_DONE && r < 0 && work->stream.error == 0
               ? command_fail(EXIT_FAULT, "pages: %s", strerror(-r))
               : status;
}

static int show_text(struct work *work, const struct question *question)
{
    int r = 0;
    bool is_stopped = false;
    if (access_has_value(work->list.access)) {
        r = read_range(work, question);
        (void)flush(work, 0);
        is_stopped = progress_end(&work->progress);
    }
    if (work->status != EXIT_DONE)
        return work->status;
    if (r < 0)
        return command_fail(EXIT_FAULT, "pages: %s", strerror(-r));
    pages_tab_add_summary(&work->doc, &work->counts, work->page_size, work->access,
                          work->list.is_kernel, work->kpages.access);
    if (work->counts.total == 0 && operand_status(work->access) == EXIT_FAULT)
        return output_refusal("pages", question->id.pid, &work->doc);
    (void)flush(work, 0);
    return work->status == EXIT_DONE && is_stopped ? EXIT_INTERRUPTED : work->status;
}

static int show_pages(struct work *work, struct question *question, bool is_json)
{
    int status = read_list(work, question->id);
    if (status == EXIT_DONE)
        status = settle_range(work, question);
    if (status != EXIT_DONE)
        return status;
    status = is_json ? show_json(work, question) : show_text(work, question);
    return status != EXIT_DONE ? status : operand_status(work->access);
}

/* ---- two processes ---- */

static int gather(struct work *work, struct identity id, struct page_refs *refs)
{
    int status = read_list(work, id);
    if (status != EXIT_DONE || !access_has_value(work->list.access))
        return status;
    const struct pages_progress steps = {progress_step, &work->progress};
    progress_begin(&work->progress, "pages", PROGRESS_PAGES);
    int r = pages_gather(work->reader, id, &work->list, 0, UINT64_MAX, &work->kpages, &steps, refs,
                         &work->access);
    (void)progress_end(&work->progress);
    return r < 0 ? command_fail(EXIT_FAULT, "pages: %d: %s", id.pid, strerror(-r)) : EXIT_DONE;
}

static json_t *json_share(const struct page_share *share)
{
    json_t *object = json_object();
    json_put(object, "address", json_address(share->address));
    json_put(object, "peer_address", json_address(share->peer_address));
    json_put(object, "count", json_unsigned(share->count));
    if (share->is_inferred)
        json_unavailable(object, "pfn", ACCESS_DENIED);
    else
        json_put(object, "pfn", json_unsigned(share->pfn));
    if (share->map_count == PAGE_COUNT_UNKNOWN)
        json_unavailable(object, "map_count", ACCESS_DENIED);
    else
        json_put(object, "map_count", json_unsigned(share->map_count));
    json_put(object, "certainty", json_string(share->is_inferred ? "inferred" : "observed"));
    return object;
}

static int show_shares_json(const struct question *question, const struct pages_tab_shares *tab)
{
    json_t *head = json_head(question);
    json_put(head, "peer_pid", json_integer(question->peer.pid));
    if (tab->access != ACCESS_OK || tab->peer_access != ACCESS_OK) {
        json_unavailable(head, "shared", tab->access != ACCESS_OK ? tab->access : tab->peer_access);
        return json_output(head);
    }
    struct json_stream stream;
    json_stream_begin(&stream, head, "shared");
    for (size_t i = 0; i < tab->shares->count; i++)
        json_stream_add(&stream, json_share(&tab->shares->items[i]));
    json_t *tail = json_object();
    json_put(tail, "shared_pages", json_unsigned(tab->shares->pages));
    json_put(tail, "inferred_pages", json_unsigned(tab->shares->inferred));
    json_put(tail, "hidden_pages", json_unsigned(tab->refs->hidden));
    json_put(tail, "peer_hidden_pages", json_unsigned(tab->peer_refs->hidden));
    if (tab->refs->is_cut || tab->peer_refs->is_cut)
        json_put(tail, "shared_cut", json_true());
    return json_stream_end(&stream, tail);
}

/* EXIT_FAULT, reported, where that process's pages could not be read. */
static int check_access(pid_t pid, enum access access)
{
    if (operand_status(access) != EXIT_FAULT)
        return EXIT_DONE;
    return command_fail(EXIT_FAULT, access == ACCESS_DENIED ? "pages: %d: %s: %s" : "pages: %d: %s",
                        (int)pid, access_sentence(access),
                        access_need_sentence(ACCESS_NEED_PTRACE));
}

static int show_shares_text(const struct pages_tab_shares *tab)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    pages_tab_shares(tab, &doc);
    return output_document(&doc);
}

static int show_shares(struct work *work, const struct question *question, bool is_json)
{
    _cleanup_(page_refs_done) struct page_refs refs = PAGE_REFS_INIT, peer_refs = PAGE_REFS_INIT;
    _cleanup_(page_shares_done) struct page_shares shares = PAGE_SHARES_INIT;
    struct pages_tab_shares tab = {.pid = question->id.pid,
                                   .peer_pid = question->peer.pid,
                                   .refs = &refs,
                                   .peer_refs = &peer_refs,
                                   .shares = &shares,
                                   .page_size = work->page_size,
                                   .list = &work->list};
    /* The peer first: the list that stays is the one whose paths are shown. */
    int status = gather(work, question->peer, &peer_refs);
    tab.peer_access = work->access;
    if (status == EXIT_DONE && work->progress.is_stopped)
        return EXIT_INTERRUPTED; /* of one of them alone nothing can be said */
    if (status == EXIT_DONE)
        status = gather(work, question->id, &refs);
    tab.access = work->access;
    if (status != EXIT_DONE)
        return status;
    int r = page_shares_find(&refs, &peer_refs, work->page_size, &shares);
    if (r < 0)
        return command_fail(EXIT_FAULT, "pages: %s", strerror(-r));
    if (!is_json && (check_access(tab.pid, tab.access) != EXIT_DONE ||
                     check_access(tab.peer_pid, tab.peer_access) != EXIT_DONE))
        return EXIT_FAULT;
    status = is_json ? show_shares_json(question, &tab) : show_shares_text(&tab);
    if (status != EXIT_DONE || work->progress.is_stopped)
        return status != EXIT_DONE ? status : EXIT_INTERRUPTED;
    return operand_status(tab.access != ACCESS_OK ? tab.access : tab.peer_access);
}

int command_pages(const struct options *options, int argc, char **argv)
{
    struct question question = {0};
    int status = take_operands(argc, argv, &question);
    if (status != EXIT_DONE)
        return status;
    _cleanup_(work_done) struct work work;
    status = open_work(&work);
    if (status != EXIT_DONE)
        return status;
    if (!identity_is_nobody(question.peer))
        return show_shares(&work, &question, options->json);
    return show_pages(&work, &question, options->json);
}
