/*
 * page: what stands behind each page of an address space, from
 * /proc/PID/pagemap, and of each frame, from /proc/kpagecount and
 * /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst).
 *
 * A page's frame number needs CAP_SYS_ADMIN. Without it the kernel writes 0
 * there: that is "hidden", and not frame 0.
 */
#ifndef REAPTOP_MODEL_PAGE_H
#define REAPTOP_MODEL_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/mapping.h"

/* Bits of a pagemap entry; 0–54 are the frame, or what is swapped where. */
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_SOFT_DIRTY                                                                         \
    (UINT64_C(1) << 55)                       /* written since clear_refs; if the kernel has it    \
                                               */
#define PAGEMAP_EXCLUSIVE (UINT64_C(1) << 56) /* mapped once only */
#define PAGEMAP_UFFD_WP   (UINT64_C(1) << 57) /* userfaultfd write-protects it */
#define PAGEMAP_GUARD     (UINT64_C(1) << 58) /* a guard page by madvise (6.15+) */
#define PAGEMAP_FILE      (UINT64_C(1) << 61) /* of a file, or shared memory */
#define PAGEMAP_SWAPPED   (UINT64_C(1) << 62)
#define PAGEMAP_PRESENT   (UINT64_C(1) << 63)

/* Bits of struct page_run's `extra`: what PAGEMAP_SCAN (6.7+) adds. */
enum {
    PAGE_EXTRA_HUGE = 1 << 0, /* mapped by a huge page table entry */
    PAGE_EXTRA_ZERO = 1 << 1, /* the kernel's page of zeros */
};

/*
 * One page, or several in a row that are alike. Alike means: the same bits,
 * map count and flags, with frames that are hidden or follow one another;
 * swapped pages are alike wherever in swap they are.
 */
struct page_run {
    uint64_t address; /* of the first page, bytes */
    uint64_t count;   /* pages */
    uint64_t entry;   /* the first page's pagemap entry */
    uint64_t extra;   /* PAGE_EXTRA_… */
    bool has_map_count;
    bool has_flags;
    uint64_t map_count; /* how often the frame is mapped: /proc/kpagecount */
    uint64_t flags;     /* its KPF_… bits: /proc/kpageflags */
};

/* Nothing is behind it: neither a frame nor swap nor a guard. */
static inline bool page_is_absent(uint64_t entry)
{
    return (entry & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED | PAGEMAP_GUARD)) == 0;
}

static inline bool page_is_hidden(uint64_t entry)
{
    return (entry & PAGEMAP_PRESENT) && (entry & PAGEMAP_FRAME) == 0;
}

/* The frame number; false where there is none or it is hidden. */
static inline bool page_frame(uint64_t entry, uint64_t *ret_pfn)
{
    if (!(entry & PAGEMAP_PRESENT) || page_is_hidden(entry))
        return false;
    *ret_pfn = entry & PAGEMAP_FRAME;
    return true;
}

/* What a page is in a word and in a cell; the first that fits. */
enum page_state {
    PAGE_ABSENT,
    PAGE_GUARDED,
    PAGE_SWAPPED,
    PAGE_ZERO,
    PAGE_HUGE,
    PAGE_EXCLUSIVE,   /* anonymous, mapped here only */
    PAGE_SHARED,      /* anonymous, mapped more than once */
    PAGE_FILE,        /* of a file or shared memory, mapped here only */
    PAGE_FILE_SHARED, /* the same, mapped more than once */
    PAGE_STATE_COUNT
};

struct page_state_info {
    const char *name;    /* "exclusive" */
    char letter;         /* lower case; a dirty page's is the capital */
    const char *summary; /* N_() */
};

extern const struct page_state_info page_states[PAGE_STATE_COUNT];

enum page_state page_state(const struct page_run *run);

/* The cell for one page of it: a state's letter. */
char page_letter(const struct page_run *run);

/* /proc/kpageflags' bits. */
struct page_flag_info {
    unsigned bit;
    const char *name;    /* "referenced", as page-types(1) has it */
    const char *summary; /* N_() */
};

/* Ascending bit; ends with a NULL name. */
extern const struct page_flag_info page_flags[];

/* The names of the bits that are set, "bit41" for an unknown one, with `separator` between. */
void page_flags_append(struct strbuf *out, uint64_t flags, const char *separator);

/* Adds `next` to `run` if it continues it alike. */
bool page_run_extend(struct page_run *run, const struct page_run *next, uint64_t page_size);

/* The i-th page of a run, as a run of one. i < run->count. */
struct page_run page_run_at(const struct page_run *run, uint64_t i, uint64_t page_size);

/* Takes part of a run and the mapping it lies in (NULL: none); anything but 0 ends it. */
typedef int page_part_take(const struct mapping *mapping, const struct page_run *part, void *data);

/* Cuts a run where mappings begin and end and gives the parts in order; 0 or what `take` gave. */
int page_run_split(const struct mapping_list *list, const struct page_run *run, uint64_t page_size,
                   page_part_take *take, void *data);

/* How many pages of each sort a range has. */
struct page_counts {
    uint64_t total, present, swapped, exclusive, file, guard, huge, zero, hidden, dirty;
};

void page_counts_add(struct page_counts *counts, const struct page_run *run);

enum {
    PAGE_LIST_MAX = 32768 /* runs */
};

/* Some pages in a row as runs, for a screen: bounded, and what is beyond is counted still. */
struct page_list {
    struct page_run *runs; /* ascending address, none alike with the next */
    size_t count, capacity;
    struct page_counts counts; /* of all pages, those of runs that were dropped too */
    uint64_t page_size;        /* bytes */
    bool is_cut;               /* there were more than PAGE_LIST_MAX runs */
    enum access access;        /* of the pages */
    enum access frames_access; /* of map counts and kernel flags */
};

#define PAGE_LIST_INIT ((struct page_list){0})

void page_list_done(struct page_list *list);

/* Appends a run that lies behind the last; page_size must be set. 0 or -ENOMEM. */
int page_list_add(struct page_list *list, const struct page_run *run);

/* The run that holds the address, or NULL. O(log n). */
const struct page_run *page_list_find(const struct page_list *list, uint64_t address);

/* A present page, identified by its frame, or where that is hidden by which page of which file it
 * is. */
struct page_ref {
    uint64_t inode;     /* 0: identified by its frame */
    uint64_t number;    /* the frame, or the page's index in the file */
    uint64_t address;   /* bytes */
    uint32_t device;    /* with the inode: major << 20 | minor */
    uint32_t map_count; /* of the frame; PAGE_COUNT_UNKNOWN */
};

enum {
    PAGE_REFS_MAX = 2 * 1024 * 1024 /* 8 GiB of 4 KiB pages */
};

#define PAGE_COUNT_UNKNOWN UINT32_MAX

/* The present pages of a process, at most PAGE_REFS_MAX of them. */
struct page_refs {
    struct page_ref *items;
    size_t count, capacity;
    uint64_t hidden;        /* present pages that neither a frame nor a file shows: not in it */
    uint64_t hidden_shared; /* those of them that are mapped more than once, by whomever */
    bool is_cut;            /* there were more than PAGE_REFS_MAX */
};

#define PAGE_REFS_INIT ((struct page_refs){0})

void page_refs_done(struct page_refs *refs);

/*
 * Adds the present pages of a run, which lies in `mapping` (NULL: unknown).
 * The kernel's page of zeros is left out: all share it and it means nothing.
 * 0, or -ENOMEM.
 */
int page_refs_add(struct page_refs *refs, const struct mapping *mapping, const struct page_run *run,
                  uint64_t page_size);

/* Pages in a row that stand in both processes. */
struct page_share {
    uint64_t address;      /* in the first process, bytes */
    uint64_t peer_address; /* in the second */
    uint64_t count;        /* pages; frames follow one another */
    uint64_t pfn;          /* of the first page; 0 where hidden */
    bool is_inferred;      /* no frame was seen: the same page of the same file is in both */
    uint32_t map_count;    /* of each frame; PAGE_COUNT_UNKNOWN */
};

struct page_shares {
    struct page_share *items; /* ascending address, then the peer's */
    size_t count, capacity;
    uint64_t pages;    /* of the first process that are in the second, each counted once */
    uint64_t inferred; /* how many of those were concluded */
};

#define PAGE_SHARES_INIT ((struct page_shares){0})

void page_shares_done(struct page_shares *shares);

/*
 * Fills an empty `shares` with the pages that stand in both; sorts both lists
 * by what shows their pages. What frames show is observed. What a file shows
 * is inferred from the page cache having one frame for each page of a file.
 * A page mapped many times in both gives one share for each place in the first
 * process. -ENOMEM.
 */
int page_shares_find(struct page_refs *a, struct page_refs *b, uint64_t page_size,
                     struct page_shares *shares);

#endif
