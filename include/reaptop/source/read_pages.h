/*
 * pages: what stands behind the pages of a process, read through the reader
 * process, with the map count and kernel flags of each frame where they may be
 * read (/proc/kpagecount and /proc/kpageflags are root's).
 *
 *     struct pages *pages;
 *     int r = pages_new(reader, id, start, end, &kpages, take, data, &pages);
 *     … each reader_pump() calls `take`, until pages_step(pages) is true
 *     pages_free(pages);
 */
#ifndef REAPTOP_SOURCE_PAGES_H
#define REAPTOP_SOURCE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/model/identity.h"
#include "reaptop/model/page.h"
#include "reaptop/source/reader.h"

/* How long each piece may take before it counts as blocked. */
#define PAGES_TIMEOUT_NS UINT64_C(4000000000)

/* The two files about frames. They do not block: no target's lock is in them. */
struct kpages {
    int count_fd, flags_fd;
    enum access access; /* ACCESS_DENIED for most of us; the reads are then left out */
};

void kpages_open(struct kpages *kpages);
void kpages_done(struct kpages *kpages);

/*
 * Takes pages in address order: runs of pages that are alike. Anything but 0
 * ends the reading. It is called from reader_pump() and must not call the
 * reader.
 */
typedef int pages_take(const struct page_run *run, void *data);

struct pages;

/*
 * Begins to read [start, end), multiples of the page size. `kpages` may be
 * NULL; it, the reader and `data` must outlive the reading. -EINVAL, -ENOMEM,
 * -ENOBUFS.
 */
int pages_new(struct reader *reader, struct identity id, uint64_t start, uint64_t end,
              const struct kpages *kpages, pages_take *take, void *data, struct pages **ret_pages);
void pages_free(struct pages *pages);

/* True when all was given to `take`. Never waits. */
bool pages_step(struct pages *pages);

/*
 * Once pages_step() was true: ACCESS_OK; ACCESS_GONE and ACCESS_ZOMBIE where the
 * process ended before or meanwhile (absent pages then mean nothing);
 * ACCESS_EMPTY for a kernel thread; what else kept it from being read.
 * `ret_status`, which may be NULL, gets 0 or what `take` returned.
 */
enum access pages_access(const struct pages *pages, int *ret_status);

/*
 * Reads and waits, at most some seconds where the target blocks. 0, what
 * `take` returned, or a negative errno as pages_new() has it; *ret_access as
 * pages_access().
 */
int pages_read(struct reader *reader, struct identity id, uint64_t start, uint64_t end,
               const struct kpages *kpages, pages_take *take, void *data, enum access *ret_access);

#endif
