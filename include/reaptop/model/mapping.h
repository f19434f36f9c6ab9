/*
 * mapping: what a process has in its address space, one record for each line
 * of /proc/PID/maps (proc(5)), with the figures that smaps
 * (proc(5)) adds where they were asked for.
 *
 * A list stays in address order, as the kernel gives it; sorting yields an
 * order beside it, so that comparing two lists needs no second sort.
 */
#ifndef REAPTOP_MODEL_MAPPING_H
#define REAPTOP_MODEL_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/arena.h"
#include "reaptop/model/access.h"

/* The figures of one smaps paragraph, in KiB each. */
enum figure {
    FIGURE_SIZE, /* known from the addresses too, so always known */
    FIGURE_PAGE_SIZE,
    FIGURE_MMU_PAGE_SIZE,
    FIGURE_RSS,
    FIGURE_PSS, /* Rss, each page divided by how many map it; cut down to whole KiB */
    FIGURE_PSS_DIRTY,
    FIGURE_PSS_ANON, /* smaps_rollup only, as are the two below */
    FIGURE_PSS_FILE,
    FIGURE_PSS_SHMEM,
    FIGURE_SHARED_CLEAN,
    FIGURE_SHARED_DIRTY,
    FIGURE_PRIVATE_CLEAN,
    FIGURE_PRIVATE_DIRTY,
    FIGURE_REFERENCED,
    FIGURE_ANONYMOUS,
    FIGURE_KSM,
    FIGURE_LAZY_FREE,
    FIGURE_ANON_HUGE,
    FIGURE_SHMEM_PMD,
    FIGURE_FILE_PMD,
    FIGURE_SHARED_HUGETLB,
    FIGURE_PRIVATE_HUGETLB,
    FIGURE_SWAP,
    FIGURE_SWAP_PSS,
    FIGURE_LOCKED,
    FIGURE_COUNT
};

struct figure_info {
    const char *smaps;   /* the kernel's word: "Shared_Clean" */
    const char *key;     /* JSON's: "shared_clean_kib" */
    const char *summary; /* N_(): one line */
};

/* In the order in which the kernel prints them. */
extern const struct figure_info figures[FIGURE_COUNT];

struct figures {
    uint32_t known; /* bit (1 << figure): kib[figure] was read; the others are no figures */
    uint64_t kib[FIGURE_COUNT];
};

static inline bool figure_is_known(const struct figures *set, enum figure figure)
{
    return (set->known >> figure & 1) != 0;
}

static inline void figure_set(struct figures *set, enum figure figure, uint64_t kib)
{
    set->known |= UINT32_C(1) << figure;
    set->kib[figure] = kib;
}

/*
 * Private (clean and dirty) or shared, as parts of Rss: false, where a part of it
 * is unknown. Huge pages of hugetlbfs are no part of Rss and a figure of their own
 * (proc(5)): 0 where the kernel reports none.
 */
bool figures_private(const struct figures *set, uint64_t *ret_kib);
bool figures_shared(const struct figures *set, uint64_t *ret_kib);
uint64_t figures_hugetlb(const struct figures *set);

/* What a mapping is for, concluded from its name, permissions and neighbour. */
enum mapping_kind {
    MAPPING_TEXT,      /* private and executable, of a file */
    MAPPING_DATA,      /* private and writable, of a file */
    MAPPING_BSS,       /* anonymous, directly behind a file's data */
    MAPPING_HEAP,      /* [heap]: what brk(2) moves */
    MAPPING_STACK,     /* [stack]: the first thread's */
    MAPPING_ANONYMOUS, /* other private memory without a file */
    MAPPING_FILE,      /* private, readable at most, of a file */
    MAPPING_SHARED,    /* MAP_SHARED, of a file or of shared memory */
    MAPPING_VDSO,      /* code that the kernel lends */
    MAPPING_VVAR,      /* data that it lends */
    MAPPING_VSYSCALL,
    MAPPING_GUARD,   /* private, no access at all: a guard or a reserve */
    MAPPING_HUGETLB, /* of hugetlbfs, private or shared: no figure of Rss and Pss counts it */
    MAPPING_KIND_COUNT
};

struct mapping_kind_info {
    const char *name;    /* "text": JSON's and the table's word */
    char letter;         /* in the strip; no two alike */
    const char *summary; /* N_(): one line */
};

extern const struct mapping_kind_info mapping_kinds[MAPPING_KIND_COUNT];

/* From its neighbour alone: it may be anonymous memory that came to lie there, or hold some. */
static inline bool mapping_kind_is_inferred(enum mapping_kind kind)
{
    return kind == MAPPING_BSS;
}

/* VmFlags, which the kernel writes as two letters each. */
struct mapping_flag_info {
    char code[3];
    const char *summary; /* N_(): "may be written" */
};

/* Ends with an empty code; at most 64. Bit n of mapping.flags is the n-th. */
extern const struct mapping_flag_info mapping_flags[];

enum {
    MAPPING_UNKNOWN_FLAGS_MAX = 4
};

enum mapping_mark {
    MAPPING_SAME,
    MAPPING_NEW,
    MAPPING_CHANGED,
    MAPPING_GONE
};

struct mapping {
    uint64_t start; /* bytes; end is the first byte behind it */
    uint64_t end;
    uint64_t offset; /* into the file, bytes */
    uint64_t inode;  /* 0: no file */
    uint32_t device_major, device_minor;
    char perms[5]; /* "r-xp": the last is p private or s shared */
    /*
     * As the kernel prints it: a newline is \012 and any other byte stands for
     * itself, a backslash too, so what looks like \012 may be four characters
     * of a name. "" where there is none. Belongs to the list.
     */
    const char *path;
    uint32_t path_length;
    bool is_deleted; /* the path ends in " (deleted)": unlinked, or so named */
    enum mapping_kind kind;
    struct figures figures;
    bool has_flags;                                   /* VmFlags was there */
    uint64_t flags;                                   /* bits of mapping_flags */
    char unknown_flags[MAPPING_UNKNOWN_FLAGS_MAX][3]; /* others, as they are; "" ends them */
    enum mapping_mark mark;
    int64_t rss_change_kib; /* against the previous list, where both know it */
};

enum mapping_sort {
    MAPPING_BY_ADDRESS, /* lowest first; every other: largest first, unknown last */
    MAPPING_BY_RSS,
    MAPPING_BY_PSS,
    MAPPING_BY_SIZE,
    MAPPING_BY_SWAP,
    MAPPING_SORT_COUNT
};

struct mapping_group {
    size_t count;
    struct figures total;
};

struct mapping_list {
    struct mapping *items; /* ascending start */
    size_t count, capacity;
    struct mapping *gone; /* after mapping_list_diff: what the previous list had besides */
    size_t gone_count, gone_capacity;
    struct figures total;  /* of all items */
    struct figures rollup; /* smaps_rollup: the kernel's own sum, its Pss not cut for each line */
    enum access access;    /* of the lines: maps, or smaps where that was read */
    enum access figures_access; /* of smaps; ACCESS_UNREAD: only maps was asked for */
    enum access rollup_access;
    bool is_kernel;   /* a kernel thread: it has no address space, and that is no failure */
    size_t bad_lines; /* lines that are no mapping nor a figure; left out */
    size_t cut_paths; /* paths too long to keep whole */
    struct arena strings;
};

#define MAPPING_LIST_INIT ((struct mapping_list){0})

void mapping_list_done(struct mapping_list *list);

/* Empties it for the next reading. */
void mapping_list_clear(struct mapping_list *list);

/* Appends a zeroed mapping with an empty path; NULL without memory. */
struct mapping *mapping_list_add(struct mapping_list *list);

/* Gives the mapping a copy of the path (owned by the list) and sets is_deleted. -ENOMEM. */
int mapping_set_path(struct mapping_list *list, struct mapping *mapping, const char *bytes,
                     size_t length);

/* Sets each kind and the totals; call it after the last mapping was added. */
void mapping_list_finish(struct mapping_list *list);

/* The sum of each kind, `groups` having MAPPING_KIND_COUNT elements. */
void mapping_list_group(const struct mapping_list *list, struct mapping_group *groups);

/* The mapping that holds the address, or NULL. O(log n). */
const struct mapping *mapping_list_find(const struct mapping_list *list, uint64_t address);

/* The same for its index; the first mapping above where none holds it (count: none). */
size_t mapping_list_index(const struct mapping_list *list, uint64_t address);

/* Fills `order` (count elements) with indices in that order; ties go by address. */
void mapping_list_order(const struct mapping_list *list, enum mapping_sort sort, size_t *order);

/* "rss" and "rss_kib" alike; -EINVAL. */
int mapping_sort_from_name(const char *name);
const char *mapping_sort_name(enum mapping_sort sort);

/*
 * Marks what is new or changed in `next` and keeps in next->gone what only
 * `previous` has. A mapping is the same while it starts or ends where it did
 * and has the same file behind it: a heap that grew has changed, and is not
 * new. -ENOMEM: marks are right, but `gone` is short.
 */
int mapping_list_diff(const struct mapping_list *previous, struct mapping_list *next);

#endif
