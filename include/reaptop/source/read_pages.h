/*
 * read_pages: what stands behind the pages of a process, read through the reader
 * process, with the map count and kernel flags of each frame where they may be
 * read (/proc/kpagecount and /proc/kpageflags are root's).
 */
#ifndef REAPTOP_SOURCE_READ_PAGES_H
#define REAPTOP_SOURCE_READ_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/base/clock.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/page.h"
#include "reaptop/source/reader.h"

/* How long each piece may take before it counts as blocked. */
#define PAGES_TIMEOUT_NS (4 * NS_PER_SEC)

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

/*
 * Reads [start, end), multiples of the page size, and waits, at most some seconds
 * where the target blocks. `kpages` may be NULL. 0, what `take` returned, -EINVAL,
 * -ENOMEM, -ENOBUFS. *ret_access: ACCESS_OK; ACCESS_GONE and ACCESS_ZOMBIE where
 * the process ended before or meanwhile (absent pages then mean nothing);
 * ACCESS_EMPTY for a kernel thread; what else kept it from being read.
 */
int pages_read(struct reader *reader, struct identity id, uint64_t start, uint64_t end,
               const struct kpages *kpages, pages_take *take, void *data, enum access *ret_access);

/*
 * Reads what is mapped of [start, end), and gives it part by part with the mapping it
 * lies in, never NULL. Great holes between mappings are left out, smaller ones are read
 * over. Returns and *ret_access as pages_read(), or that of the list where nothing was
 * read. Ends where the access is not ACCESS_OK.
 */
int pages_read_mapped(struct reader *reader, struct identity id, const struct mapping_list *list,
                      uint64_t start, uint64_t end, const struct kpages *kpages,
                      page_part_take *take, void *data, enum access *ret_access);

/* How many pages of [start, end) are mapped. */
uint64_t pages_mapped(const struct mapping_list *list, uint64_t start, uint64_t end);

/* Called with the number of pages that were read, of so many that are mapped; false ends the
 * reading. */
struct pages_progress {
    bool (*step)(void *data, size_t done, size_t total);
    void *data;
};

enum {
    PAGES_STOPPED = 1 /* by the progress: no errno */
};

/* The present pages among them are added to `refs`. `progress` may be NULL. Or PAGES_STOPPED. */
int pages_gather(struct reader *reader, struct identity id, const struct mapping_list *list,
                 uint64_t start, uint64_t end, const struct kpages *kpages,
                 const struct pages_progress *progress, struct page_refs *refs,
                 enum access *ret_access);

#endif
