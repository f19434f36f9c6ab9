/*
 * pagemap: walks /proc/PID/pagemap (8 bytes a page) in address order without
 * ever holding more than a piece of it. Where the kernel has PAGEMAP_SCAN
 * (Linux 6.7) only what is there is read, so that a sparse terabyte costs what
 * was touched of it; elsewhere holes are read through, and given as one.
 *
 * Any of it can block for ever on the target's memory lock: the reader's
 * helper calls it, nobody else (but tests, of themselves).
 */
#ifndef REAPTOP_SOURCE_PAGEMAP_H
#define REAPTOP_SOURCE_PAGEMAP_H

#include <stddef.h>
#include <stdint.h>

enum {
    PAGEMAP_SPAN_MAX = 4096 /* entries in one span */
};

/* Some pages in a row: a hole, or the entries of each. */
struct pagemap_span {
    uint64_t address;        /* of the first, bytes */
    uint64_t count;          /* pages; at most PAGEMAP_SPAN_MAX where there are entries */
    uint64_t extra;          /* PAGE_EXTRA_… of all of them; 0 where there is no PAGEMAP_SCAN */
    const uint64_t *entries; /* valid during the call; NULL: each page is absent */
};

/* Takes one span; anything but 0 ends the walk and is what it returns. */
typedef int pagemap_take(const struct pagemap_span *span, void *data);

/*
 * Gives every page of [start, end), both multiples of the page size, in spans
 * that touch. What lies behind the end of what pagemap speaks of (a vsyscall
 * page) is absent; so is all of a process that ended meanwhile, which the
 * caller must find out by itself. Returns 0, what `take` returned, or a
 * negative errno (-ENOMEM: it reads into 44 KiB of its own).
 */
int pagemap_walk(int pagemap_fd, uint64_t start, uint64_t end, pagemap_take *take, void *data);

/* As pagemap_walk, reading holes through, as on a kernel without PAGEMAP_SCAN. */
int pagemap_walk_plainly(int pagemap_fd, uint64_t start, uint64_t end, pagemap_take *take,
                         void *data);

/*
 * Spans on their way through a socket: packed behind one another. _pack needs
 * room for _packed_size() bytes and returns it. _unpack gives each span of
 * `length` bytes to `take`; -EBADMSG where they are no whole spans, -ENOMEM, else as
 * pagemap_walk.
 */
size_t pagemap_packed_size(const struct pagemap_span *span);
size_t pagemap_pack(const struct pagemap_span *span, char *bytes);
int pagemap_unpack(const char *bytes, size_t length, pagemap_take *take, void *data);

#endif
