#include "reaptop/source/pagemap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/model/page.h"

/* linux/fs.h has these from 6.7 on (guards from 6.16); ours, for older headers. */
struct scan_region {
    uint64_t start, end;
    uint64_t categories;
};

struct scan_arguments {
    uint64_t size, flags;
    uint64_t start, end, walk_end;
    uint64_t regions, region_count, max_pages;
    uint64_t category_inverted, category_mask, category_any_mask, return_mask;
};

#define SCAN_REQUEST _IOWR('f', 16, struct scan_arguments)

enum {
    SCAN_PRESENT = 1 << 3,
    SCAN_SWAPPED = 1 << 4,
    SCAN_ZERO = 1 << 5,
    SCAN_HUGE = 1 << 6,
    SCAN_GUARD = 1 << 8,
    SCAN_REGIONS = 512
};

struct walk {
    int fd;
    uint64_t page_size;
    uint64_t at, end;
    pagemap_take *take;
    void *data;
    uint64_t hole; /* where pages not given yet begin; == at where there are none */
    bool has_guards;
    uint64_t *entries;           /* PAGEMAP_SPAN_MAX of them */
    struct scan_region *regions; /* SCAN_REGIONS of them */
};

static int give_hole(struct walk *walk, uint64_t end)
{
    struct pagemap_span span = {.address = walk->hole,
                                .count = (end - walk->hole) / walk->page_size};
    walk->hole = end;
    return span.count > 0 ? walk->take(&span, walk->data) : 0;
}

static bool are_absent(const uint64_t *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!page_is_absent(entries[i]))
            return false;
    return true;
}

/* How many entries came, 0 at the end of the file, or a negative errno. */
static ssize_t read_entries(const struct walk *walk, uint64_t address, uint64_t *entries,
                            size_t count)
{
    off_t offset = (off_t)(address / walk->page_size * sizeof(*entries));
    ssize_t got;
    do
        got = pread(walk->fd, entries, count * sizeof(*entries), offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -errno;
    return (size_t)got % sizeof(*entries) == 0 ? got / (ssize_t)sizeof(*entries) : -EIO;
}

/* Gives [walk->at, end) from the file; absent stretches are left to the hole that is open. */
static int give_entries(struct walk *walk, uint64_t end, uint64_t extra)
{
    uint64_t *entries = walk->entries;
    while (walk->at < end) {
        uint64_t left = (end - walk->at) / walk->page_size;
        size_t wanted = left < PAGEMAP_SPAN_MAX ? (size_t)left : PAGEMAP_SPAN_MAX;
        ssize_t got = read_entries(walk, walk->at, entries, wanted);
        if (got < 0)
            return (int)got;
        if (got == 0) {
            walk->at = end;
            return 0;
        }
        uint64_t next = walk->at + (uint64_t)got * walk->page_size;
        if (!are_absent(entries, (size_t)got)) {
            struct pagemap_span span = {walk->at, (uint64_t)got, extra, entries};
            int r = give_hole(walk, walk->at);
            r = r == 0 ? walk->take(&span, walk->data) : r;
            if (r != 0)
                return r;
            walk->hole = next;
        }
        walk->at = next;
    }
    return 0;
}

static uint64_t extra_of(uint64_t categories)
{
    return (categories & SCAN_HUGE ? (uint64_t)PAGE_EXTRA_HUGE : 0) |
           (categories & SCAN_ZERO ? (uint64_t)PAGE_EXTRA_ZERO : 0);
}

/* Fills `regions` from walk->at on; how many, with where the kernel stopped. */
static int scan(struct walk *walk, struct scan_region *regions, uint64_t *ret_stop)
{
    uint64_t guard = walk->has_guards ? SCAN_GUARD : 0;
    struct scan_arguments arguments = {
        .size = sizeof(arguments),
        .start = walk->at,
        .end = walk->end,
        .regions = (uint64_t)(uintptr_t)regions,
        .region_count = SCAN_REGIONS,
        .category_any_mask = SCAN_PRESENT | SCAN_SWAPPED | guard,
        .return_mask = SCAN_PRESENT | SCAN_SWAPPED | SCAN_ZERO | SCAN_HUGE | guard,
    };
    int found;
    do
        found = ioctl(walk->fd, SCAN_REQUEST, &arguments);
    while (found < 0 && errno == EINTR);
    if (found < 0 && errno == EINVAL && walk->has_guards) {
        walk->has_guards = false;
        return scan(walk, regions, ret_stop);
    }
    if (found < 0)
        return -errno;
    *ret_stop = arguments.walk_end;
    return found;
}

static int walk_scanning(struct walk *walk)
{
    struct scan_region *regions = walk->regions;
    walk->has_guards = true;
    while (walk->at < walk->end) {
        uint64_t stop = walk->end;
        int found = scan(walk, regions, &stop);
        if (found < 0)
            return found;
        for (int i = 0; i < found; i++) {
            walk->at = regions[i].start;
            int r = give_entries(walk, regions[i].end, extra_of(regions[i].categories));
            if (r != 0)
                return r;
        }
        /* A kernel that makes no progress would have us here for ever. */
        if (found == 0 || stop <= walk->at)
            break;
        walk->at = stop;
    }
    walk->at = walk->end;
    return give_hole(walk, walk->end);
}

/* What is read into is on the heap: thread-local, every thread and every start would pay for it. */
static int begin_walk(int fd, uint64_t start, uint64_t end, pagemap_take *take, void *data,
                      struct walk *ret_walk)
{
    *ret_walk = (struct walk){.fd = fd,
                              .page_size = (uint64_t)sysconf(_SC_PAGESIZE),
                              .at = start,
                              .end = end,
                              .take = take,
                              .data = data,
                              .hole = start,
                              .entries = malloc(PAGEMAP_SPAN_MAX * sizeof(uint64_t)),
                              .regions = malloc(SCAN_REGIONS * sizeof(struct scan_region))};
    return ret_walk->entries && ret_walk->regions ? 0 : -ENOMEM;
}

static void walk_done(struct walk *walk)
{
    free(walk->entries);
    free(walk->regions);
}

int pagemap_walk_plainly(int pagemap_fd, uint64_t start, uint64_t end, pagemap_take *take,
                         void *data)
{
    _cleanup_(walk_done) struct walk walk;
    int r = begin_walk(pagemap_fd, start, end, take, data, &walk);
    if (r == 0)
        r = give_entries(&walk, end, 0);
    return r == 0 ? give_hole(&walk, end) : r;
}

int pagemap_walk(int pagemap_fd, uint64_t start, uint64_t end, pagemap_take *take, void *data)
{
    _cleanup_(walk_done) struct walk walk;
    int r = begin_walk(pagemap_fd, start, end, take, data, &walk);
    if (r < 0)
        return r;
    uint64_t first;
    if (read_entries(&walk, start, &first, 1) == 0) {
        /* No pages at all: a process that is gone, or an address above all that it has. */
        walk.at = end;
        return give_hole(&walk, end);
    }
    r = walk_scanning(&walk);
    bool has_no_scan = r == -ENOTTY || (r == -EINVAL && walk.hole == start);
    return has_no_scan ? pagemap_walk_plainly(pagemap_fd, start, end, take, data) : r;
}

/* ---- packing ---- */

struct packed_span {
    uint64_t address, count, extra;
    uint64_t entry_count; /* they follow; 0: a hole */
};

size_t pagemap_packed_size(const struct pagemap_span *span)
{
    return sizeof(struct packed_span) +
           (span->entries ? (size_t)span->count * sizeof(*span->entries) : 0);
}

size_t pagemap_pack(const struct pagemap_span *span, char *bytes)
{
    struct packed_span packed = {span->address, span->count, span->extra,
                                 span->entries ? span->count : 0};
    size_t size = pagemap_packed_size(span);
    memcpy(bytes, &packed, sizeof(packed));
    if (span->entries)
        memcpy(bytes + sizeof(packed), span->entries, size - sizeof(packed));
    return size;
}

int pagemap_unpack(const char *bytes, size_t length, pagemap_take *take, void *data)
{
    _cleanup_free_ uint64_t *entries = malloc(PAGEMAP_SPAN_MAX * sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    while (length > 0) {
        struct packed_span packed;
        if (length < sizeof(packed))
            return -EBADMSG;
        memcpy(&packed, bytes, sizeof(packed));
        bytes += sizeof(packed);
        length -= sizeof(packed);

        size_t size = (size_t)packed.entry_count * sizeof(*entries);
        if (packed.entry_count > PAGEMAP_SPAN_MAX || size > length ||
            (packed.entry_count > 0 && packed.entry_count != packed.count))
            return -EBADMSG;
        memcpy(entries, bytes, size);
        bytes += size;
        length -= size;

        struct pagemap_span span = {packed.address, packed.count, packed.extra,
                                    packed.entry_count > 0 ? entries : NULL};
        int r = take(&span, data);
        if (r != 0)
            return r;
    }
    return 0;
}
