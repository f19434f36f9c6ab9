#include "reaptop/source/read_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/pagemap.h"
#include "reaptop/source/quick_state.h"

enum {
    FRAMES_AT_ONCE = 64
};

struct pages {
    struct reader *reader;
    struct identity id;
    const struct kpages *kpages;
    pages_take *take;
    void *data;
    uint64_t page_size;
    struct page_run run; /* not given yet: the next page may continue it; count 0: none */
    bool was_ended;      /* by take, with `status` */
    int status;
    enum access access;
};

void kpages_open(struct kpages *kpages)
{
    kpages->count_fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
    int error = kpages->count_fd < 0 ? -errno : 0;
    kpages->flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
    if (error == 0 && kpages->flags_fd < 0)
        error = -errno;
    /* Without CONFIG_PROC_PAGE_MONITOR there are no such files. */
    kpages->access = error == -ENOENT ? ACCESS_UNSUPPORTED : access_from_errno(error, '\0');
}

void kpages_done(struct kpages *kpages)
{
    kpages->count_fd = fd_close(kpages->count_fd);
    kpages->flags_fd = fd_close(kpages->flags_fd);
}

static size_t read_words(int fd, uint64_t index, uint64_t *words, size_t count)
{
    ssize_t got = pread(fd, words, count * sizeof(*words), (off_t)(index * sizeof(*words)));
    return got > 0 ? (size_t)got / sizeof(*words) : 0;
}

/* ---- spans become runs ---- */

static int give_run(struct pages *pages)
{
    struct page_run run = pages->run;
    pages->run.count = 0;
    return run.count > 0 ? pages->take(&run, pages->data) : 0;
}

static int add_run(struct pages *pages, const struct page_run *next)
{
    if (pages->run.count > 0 && page_run_extend(&pages->run, next, pages->page_size))
        return 0;
    int r = give_run(pages);
    pages->run = *next;
    return r;
}

/* How many entries from the first on have frames that follow one another. */
static size_t count_following(const uint64_t *entries, size_t count, uint64_t *ret_pfn)
{
    uint64_t pfn, next;
    if (!page_frame(entries[0], &pfn))
        return 0;
    *ret_pfn = pfn;
    size_t n = 1;
    while (n < count && n < FRAMES_AT_ONCE && page_frame(entries[n], &next) && next == pfn + n)
        n++;
    return n;
}

/* Pages whose frames are known and follow one another, so that two reads do for all. */
static int add_frames(struct pages *pages, const struct pagemap_span *span, uint64_t first,
                      size_t count, uint64_t pfn)
{
    uint64_t counts[FRAMES_AT_ONCE] = {0}, flags[FRAMES_AT_ONCE] = {0};
    size_t have_counts = 0, have_flags = 0;
    if (pages->kpages && pages->kpages->access == ACCESS_OK) {
        have_counts = read_words(pages->kpages->count_fd, pfn, counts, count);
        have_flags = read_words(pages->kpages->flags_fd, pfn, flags, count);
    }
    for (size_t i = 0; i < count; i++) {
        struct page_run page = {.address = span->address + (first + i) * pages->page_size,
                                .count = 1,
                                .entry = span->entries[first + i],
                                .extra = span->extra,
                                .has_map_count = i < have_counts,
                                .has_flags = i < have_flags};
        page.map_count = page.has_map_count ? counts[i] : 0;
        page.flags = page.has_flags ? flags[i] : 0;
        int r = add_run(pages, &page);
        if (r != 0)
            return r;
    }
    return 0;
}

static int add_entry(struct pages *pages, const struct pagemap_span *span, uint64_t i)
{
    struct page_run page = {.address = span->address + i * pages->page_size, .count = 1};
    if (!page_is_absent(span->entries[i])) {
        page.entry = span->entries[i];
        page.extra = span->extra;
    }
    return add_run(pages, &page);
}

static int take_span(const struct pagemap_span *span, void *data)
{
    struct pages *pages = data;
    int r = 0;
    if (!span->entries) {
        struct page_run hole = {.address = span->address, .count = span->count};
        return add_run(pages, &hole);
    }
    for (uint64_t i = 0; i < span->count && r == 0;) {
        uint64_t pfn = 0;
        size_t following = count_following(&span->entries[i], (size_t)(span->count - i), &pfn);
        r = following > 0 ? add_frames(pages, span, i, following, pfn) : add_entry(pages, span, i);
        i += following > 0 ? following : 1;
    }
    return r;
}

static int take_bytes(void *data, const char *bytes, size_t length)
{
    struct pages *pages = data;
    int r = pagemap_unpack(bytes, length, take_span, pages);
    if (r != 0) {
        pages->was_ended = true;
        pages->status = r;
    }
    return r;
}

/* ---- the reading ---- */

/* A process that ended meanwhile has no page any more, and pagemap does not say why. */
static enum access judge(const struct pages *pages, int status)
{
    struct quick_state now = {0};
    int r = quick_state(pages->id, &now);
    if (r < 0)
        return access_from_errno(r, '\0');
    if (now.has_ended)
        return ACCESS_ZOMBIE;
    if (now.is_kernel)
        return ACCESS_EMPTY;
    return access_from_errno(status, '\0');
}

static bool is_answered(struct pages *pages)
{
    struct reader_answer answer;
    if (reader_collect(pages->reader, pages, &answer) == 0)
        return false;
    strbuf_done(&answer.bytes);
    pages->access = judge(pages, pages->was_ended ? 0 : answer.status);
    if (!pages->was_ended && answer.status == 0)
        pages->status = give_run(pages);
    return true;
}

int pages_read(struct reader *reader, struct identity id, uint64_t start, uint64_t end,
               const struct kpages *kpages, pages_take *take, void *data, enum access *ret_access)
{
    uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE), tag;
    if (start >= end || start % page_size != 0 || end % page_size != 0)
        return -EINVAL;
    struct pages pages = {.reader = reader,
                          .id = id,
                          .kpages = kpages,
                          .take = take,
                          .data = data,
                          .page_size = page_size};
    struct reader_request request = {.id = id,
                                     .offset = start,
                                     .limit = (size_t)(end - start),
                                     .timeout_ns = PAGES_TIMEOUT_NS,
                                     .take = take_bytes,
                                     .data = &pages};
    int r = reader_submit_pages(reader, &pages, &request, &tag);
    if (r < 0)
        return r;
    while (!is_answered(&pages)) {
        struct pollfd ready = {.fd = reader_fd(reader), .events = POLLIN};
        (void)poll(&ready, 1, -1); /* the reader's own deadlines end it */
        reader_pump(reader);
    }
    *ret_access = pages.access;
    return pages.status;
}

/* ---- what is mapped ---- */

#define JOIN_BYTES (UINT64_C(64) << 20) /* a smaller hole between mappings is read over */

struct mapped {
    const struct mapping_list *list;
    uint64_t page_size;
    page_part_take *take;
    void *data;
};

static int take_part(const struct mapping *mapping, const struct page_run *part, void *data)
{
    struct mapped *mapped = data;
    return mapping ? mapped->take(mapping, part, mapped->data) : 0;
}

static int take_run(const struct page_run *run, void *data)
{
    struct mapped *mapped = data;
    return page_run_split(mapped->list, run, mapped->page_size, take_part, mapped);
}

int pages_read_mapped(struct reader *reader, struct identity id, const struct mapping_list *list,
                      uint64_t start, uint64_t end, const struct kpages *kpages,
                      page_part_take *take, void *data, enum access *ret_access)
{
    struct mapped mapped = {list, (uint64_t)sysconf(_SC_PAGESIZE), take, data};
    enum access access = list->access;
    int r = 0;
    for (size_t i = mapping_list_index(list, start);
         access_has_value(list->access) && i < list->count && list->items[i].start < end;) {
        uint64_t from = list->items[i].start > start ? list->items[i].start : start;
        uint64_t to = list->items[i].end;
        for (i++; i < list->count && list->items[i].start - to < JOIN_BYTES; i++)
            to = list->items[i].end;
        r = pages_read(reader, id, from, to < end ? to : end, kpages, take_run, &mapped, &access);
        if (r != 0 || access != ACCESS_OK)
            break;
    }
    *ret_access = access;
    return r;
}

uint64_t pages_mapped(const struct mapping_list *list, uint64_t start, uint64_t end)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        uint64_t from = list->items[i].start > start ? list->items[i].start : start;
        uint64_t to = list->items[i].end < end ? list->items[i].end : end;
        bytes += to > from ? to - from : 0;
    }
    return bytes / (uint64_t)sysconf(_SC_PAGESIZE);
}

struct gathering {
    struct page_refs *refs;
    uint64_t page_size;
    const struct pages_progress *progress; /* NULL: nobody is told */
    uint64_t done, total;
};

static int gather_part(const struct mapping *mapping, const struct page_run *part, void *data)
{
    struct gathering *gathering = data;
    const struct pages_progress *progress = gathering->progress;
    gathering->done += part->count;
    int r = page_refs_add(gathering->refs, mapping, part, gathering->page_size);
    if (r == 0 && progress &&
        !progress->step(progress->data, (size_t)gathering->done, (size_t)gathering->total))
        return PAGES_STOPPED;
    return r;
}

int pages_gather(struct reader *reader, struct identity id, const struct mapping_list *list,
                 uint64_t start, uint64_t end, const struct kpages *kpages,
                 const struct pages_progress *progress, struct page_refs *refs,
                 enum access *ret_access)
{
    struct gathering gathering = {.refs = refs,
                                  .page_size = (uint64_t)sysconf(_SC_PAGESIZE),
                                  .progress = progress,
                                  .total = pages_mapped(list, start, end)};
    return pages_read_mapped(reader, id, list, start, end, kpages, gather_part, &gathering,
                             ret_access);
}
