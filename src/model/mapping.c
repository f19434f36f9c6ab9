#include "reaptop/model/mapping.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

static_assert(FIGURE_COUNT <= 32, "figures.known has a bit for each");

const struct figure_info figures[FIGURE_COUNT] = {
    [FIGURE_SIZE] = {"Size", "size_kib", N_("address space, touched or not")},
    [FIGURE_PAGE_SIZE] = {"KernelPageSize", "page_size_kib", N_("the kernel's page size here")},
    [FIGURE_MMU_PAGE_SIZE] = {"MMUPageSize", "mmu_page_size_kib",
                              N_("the page size the processor uses here")},
    [FIGURE_RSS] = {"Rss", "rss_kib", N_("in memory now")},
    [FIGURE_PSS] = {"Pss", "pss_kib", N_("in memory, each page divided among those that map it")},
    [FIGURE_PSS_DIRTY] = {"Pss_Dirty", "pss_dirty_kib", N_("the dirty part of Pss")},
    [FIGURE_PSS_ANON] = {"Pss_Anon", "pss_anon_kib", N_("the anonymous part of Pss")},
    [FIGURE_PSS_FILE] = {"Pss_File", "pss_file_kib", N_("the part of Pss that files back")},
    [FIGURE_PSS_SHMEM] = {"Pss_Shmem", "pss_shmem_kib", N_("the shared-memory part of Pss")},
    [FIGURE_SHARED_CLEAN] = {"Shared_Clean", "shared_clean_kib",
                             N_("mapped by others too, unmodified")},
    [FIGURE_SHARED_DIRTY] = {"Shared_Dirty", "shared_dirty_kib",
                             N_("mapped by others too, modified")},
    [FIGURE_PRIVATE_CLEAN] = {"Private_Clean", "private_clean_kib",
                              N_("mapped here only, unmodified")},
    [FIGURE_PRIVATE_DIRTY] = {"Private_Dirty", "private_dirty_kib",
                              N_("mapped here only, modified")},
    [FIGURE_REFERENCED] = {"Referenced", "referenced_kib", N_("marked as lately accessed")},
    [FIGURE_ANONYMOUS] = {"Anonymous", "anonymous_kib", N_("without a file behind it")},
    [FIGURE_KSM] = {"KSM", "ksm_kib", N_("merged with equal pages by KSM")},
    [FIGURE_LAZY_FREE] = {"LazyFree", "lazy_free_kib", N_("freed when memory is short")},
    [FIGURE_ANON_HUGE] = {"AnonHugePages", "anon_huge_kib", N_("anonymous, in huge pages")},
    [FIGURE_SHMEM_PMD] = {"ShmemPmdMapped", "shmem_pmd_kib", N_("shared memory, in huge pages")},
    [FIGURE_FILE_PMD] = {"FilePmdMapped", "file_pmd_kib", N_("file pages, in huge pages")},
    [FIGURE_SHARED_HUGETLB] = {"Shared_Hugetlb", "shared_hugetlb_kib",
                               N_("hugetlbfs, mapped by others too; not in Rss")},
    [FIGURE_PRIVATE_HUGETLB] = {"Private_Hugetlb", "private_hugetlb_kib",
                                N_("hugetlbfs, mapped here only; not in Rss")},
    [FIGURE_SWAP] = {"Swap", "swap_kib", N_("swapped out")},
    [FIGURE_SWAP_PSS] = {"SwapPss", "swap_pss_kib",
                         N_("swapped out, divided among those that share it")},
    [FIGURE_LOCKED] = {"Locked", "locked_kib", N_("locked into memory")},
};

const struct mapping_kind_info mapping_kinds[MAPPING_KIND_COUNT] = {
    [MAPPING_TEXT] = {"text", 'T', N_("code of a program or library")},
    [MAPPING_DATA] = {"data", 'D', N_("a file's private, writable copy")},
    [MAPPING_BSS] = {"bss", 'B',
                     N_("zeroed variables behind a file's data (inferred: next to it)")},
    [MAPPING_HEAP] = {"heap", 'H', N_("what brk(2) grows")},
    [MAPPING_STACK] = {"stack", 'S', N_("the first thread's stack")},
    [MAPPING_ANONYMOUS] = {"anonymous", 'a', N_("private memory without a file")},
    [MAPPING_FILE] = {"file", 'f', N_("read-only contents of a file")},
    [MAPPING_SHARED] = {"shared", 's', N_("memory that writes share with others")},
    [MAPPING_VDSO] = {"vdso", 'v', N_("code the kernel lends to every process")},
    [MAPPING_VVAR] = {"vvar", 'k', N_("the kernel's data for the vdso")},
    [MAPPING_VSYSCALL] = {"vsyscall", 'y', N_("the old way into the vdso's calls")},
    [MAPPING_GUARD] = {"guard", 'G', N_("no access: a guard or a reserve")},
    [MAPPING_HUGETLB] = {"hugetlb", 'L', N_("huge pages of hugetlbfs: not in RSS, PSS, PRIVATE")},
};

const struct mapping_flag_info mapping_flags[] = {
    {"rd", N_("readable")},
    {"wr", N_("writable")},
    {"ex", N_("executable")},
    {"sh", N_("shared")},
    {"mr", N_("may be made readable")},
    {"mw", N_("may be made writable")},
    {"me", N_("may be made executable")},
    {"ms", N_("may be shared")},
    {"gd", N_("grows down, as a stack does")},
    {"pf", N_("page frames without struct page")},
    {"dw", N_("writing to the file was disabled")},
    {"lo", N_("locked into memory")},
    {"io", N_("a device's memory")},
    {"sr", N_("read in sequence, says madvise")},
    {"rr", N_("read at random, says madvise")},
    {"dc", N_("not copied on fork")},
    {"de", N_("cannot grow by mremap")},
    {"ac", N_("counted against the commit limit")},
    {"nr", N_("no swap space is reserved")},
    {"ht", N_("huge pages of hugetlbfs")},
    {"sf", N_("synchronous page faults")},
    {"nl", N_("non-linear")},
    {"ar", N_("specific to this architecture")},
    {"wf", N_("wiped on fork")},
    {"dd", N_("left out of core dumps")},
    {"sd", N_("watched for soft-dirty pages")},
    {"mm", N_("mixed: with and without struct page")},
    {"hg", N_("huge pages wanted, says madvise")},
    {"nh", N_("huge pages not wanted, says madvise")},
    {"mg", N_("may be merged by KSM")},
    {"bt", N_("guarded branch targets")},
    {"mt", N_("memory tagging")},
    {"um", N_("userfaultfd sees missing pages")},
    {"uw", N_("userfaultfd sees writes")},
    {"ui", N_("userfaultfd sees minor faults")},
    {"ss", N_("a shadow stack")},
    {"sl", N_("sealed: cannot be changed")},
    {"dp", N_("may be dropped when memory is short")},
    {"gu", N_("may hold guard pages")},
    {"lf", N_("locked as its pages are touched")},
    {"", NULL},
};
static_assert(ELEMENTS(mapping_flags) <= 65, "mapping.flags has a bit for each");

static bool figure_adds_up(enum figure figure)
{
    return figure != FIGURE_PAGE_SIZE && figure != FIGURE_MMU_PAGE_SIZE;
}

/*
 * Adds `one` to `sum`. A figure of the sum stays known only while every part
 * had it; an empty sum (`is_first`) takes over what the first part knows.
 * Page sizes are not added up. Sums stop at UINT64_MAX.
 */
static void figures_add(struct figures *sum, const struct figures *one, bool is_first)
{
    sum->known = is_first ? one->known : sum->known & one->known;
    for (enum figure f = 0; f < FIGURE_COUNT; f++) {
        if (!figure_adds_up(f) || !figure_is_known(sum, f)) {
            sum->known &= ~(UINT32_C(1) << f);
            sum->kib[f] = 0;
        } else if (__builtin_add_overflow(is_first ? 0 : sum->kib[f], one->kib[f], &sum->kib[f])) {
            sum->kib[f] = UINT64_MAX;
        }
    }
}

/* The sum of two figures that must be known. */
static bool figures_sum(const struct figures *set, enum figure a, enum figure b, uint64_t *ret_kib)
{
    if (!figure_is_known(set, a) || !figure_is_known(set, b))
        return false;
    if (__builtin_add_overflow(set->kib[a], set->kib[b], ret_kib))
        *ret_kib = UINT64_MAX;
    return true;
}

bool figures_private(const struct figures *set, uint64_t *ret_kib)
{
    return figures_sum(set, FIGURE_PRIVATE_CLEAN, FIGURE_PRIVATE_DIRTY, ret_kib);
}

bool figures_shared(const struct figures *set, uint64_t *ret_kib)
{
    return figures_sum(set, FIGURE_SHARED_CLEAN, FIGURE_SHARED_DIRTY, ret_kib);
}

uint64_t figures_hugetlb(const struct figures *set)
{
    uint64_t sum = 0;
    return figures_sum(set, FIGURE_PRIVATE_HUGETLB, FIGURE_SHARED_HUGETLB, &sum) ? sum : 0;
}

void mapping_list_done(struct mapping_list *list)
{
    free(list->items);
    free(list->gone);
    arena_done(&list->strings);
    *list = MAPPING_LIST_INIT;
}

void mapping_list_clear(struct mapping_list *list)
{
    struct mapping_list empty = {.items = list->items,
                                 .capacity = list->capacity,
                                 .gone = list->gone,
                                 .gone_capacity = list->gone_capacity};
    arena_done(&list->strings);
    *list = empty;
}

struct mapping *mapping_list_add(struct mapping_list *list)
{
    if (array_reserve(&list->items, &list->capacity, list->count + 1) < 0)
        return NULL;
    struct mapping *mapping = &list->items[list->count++];
    *mapping = (struct mapping){.path = ""};
    return mapping;
}

static bool ends_in(const char *bytes, size_t length, const char *end)
{
    size_t end_length = strlen(end);
    return length >= end_length && memcmp(bytes + length - end_length, end, end_length) == 0;
}

int mapping_set_path(struct mapping_list *list, struct mapping *mapping, const char *bytes,
                     size_t length)
{
    const char *path = "";
    if (length > 0) {
        path = arena_strndup(&list->strings, bytes, length);
        if (!path)
            return -ENOMEM;
    }
    mapping->path = path;
    mapping->path_length = (uint32_t)length;
    mapping->is_deleted = ends_in(bytes, length, " (deleted)");
    return 0;
}

/* Names in brackets are the kernel's own, but only where no file stands behind them. */
static bool has_name(const struct mapping *mapping, const char *start)
{
    return mapping->inode == 0 && strncmp(mapping->path, start, strlen(start)) == 0;
}

static enum mapping_kind classify_file(const struct mapping *mapping)
{
    if (mapping->perms[2] == 'x')
        return MAPPING_TEXT;
    return mapping->perms[1] == 'w' ? MAPPING_DATA : MAPPING_FILE;
}

static bool is_behind_data(const struct mapping *mapping, const struct mapping *previous)
{
    return previous && previous->end == mapping->start && previous->kind == MAPPING_DATA &&
           mapping->perms[1] == 'w' && mapping->path_length == 0;
}

/* Where VmFlags were not read, the name that mmap(2) with MAP_HUGETLB leaves tells. */
static bool is_hugetlb(const struct mapping *mapping)
{
    static const char anonymous[] = "/anon_hugepage";
    for (unsigned bit = 0; mapping->has_flags && *mapping_flags[bit].code; bit++)
        if (strcmp(mapping_flags[bit].code, "ht") == 0)
            return mapping->flags >> bit & 1;
    return strncmp(mapping->path, anonymous, strlen(anonymous)) == 0 &&
           (mapping->path[strlen(anonymous)] == '\0' || mapping->path[strlen(anonymous)] == ' ');
}

/* `previous` is the one before it in address order; NULL: none. */
static enum mapping_kind classify(const struct mapping *mapping, const struct mapping *previous)
{
    if (is_hugetlb(mapping))
        return MAPPING_HUGETLB;
    if (has_name(mapping, "[vdso"))
        return MAPPING_VDSO;
    if (has_name(mapping, "[vvar"))
        return MAPPING_VVAR;
    if (has_name(mapping, "[vsyscall]"))
        return MAPPING_VSYSCALL;
    if (mapping->perms[3] == 's')
        return MAPPING_SHARED;
    if (has_name(mapping, "[heap]"))
        return MAPPING_HEAP;
    if (has_name(mapping, "[stack"))
        return MAPPING_STACK;
    if (strncmp(mapping->perms, "---", 3) == 0)
        return MAPPING_GUARD;
    if (mapping->inode != 0 || (mapping->path_length > 0 && mapping->path[0] != '['))
        return classify_file(mapping);
    return is_behind_data(mapping, previous) ? MAPPING_BSS : MAPPING_ANONYMOUS;
}

void mapping_list_finish(struct mapping_list *list)
{
    list->total = (struct figures){0};
    figure_set(&list->total, FIGURE_SIZE, 0);
    for (size_t i = 0; i < list->count; i++) {
        struct mapping *mapping = &list->items[i];
        mapping->kind = classify(mapping, i > 0 ? mapping - 1 : NULL);
        if (!figure_is_known(&mapping->figures, FIGURE_SIZE))
            figure_set(&mapping->figures, FIGURE_SIZE, (mapping->end - mapping->start) / 1024);
        figures_add(&list->total, &mapping->figures, i == 0);
    }
}

void mapping_list_group(const struct mapping_list *list, struct mapping_group *groups)
{
    for (size_t kind = 0; kind < MAPPING_KIND_COUNT; kind++)
        groups[kind] = (struct mapping_group){0};
    for (size_t i = 0; i < list->count; i++) {
        struct mapping_group *group = &groups[list->items[i].kind];
        figures_add(&group->total, &list->items[i].figures, group->count == 0);
        group->count++;
    }
}

size_t mapping_list_index(const struct mapping_list *list, uint64_t address)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct mapping *mapping_list_find(const struct mapping_list *list, uint64_t address)
{
    size_t index = mapping_list_index(list, address);
    if (index == list->count || list->items[index].start > address)
        return NULL;
    return &list->items[index];
}

struct sort_key {
    uint64_t value;
    size_t index;
};

static int compare_keys(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    if (a->value != b->value)
        return a->value > b->value ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static enum figure sort_figure(enum mapping_sort sort)
{
    static const enum figure by[MAPPING_SORT_COUNT] = {
        [MAPPING_BY_ADDRESS] = FIGURE_SIZE, [MAPPING_BY_RSS] = FIGURE_RSS,
        [MAPPING_BY_PSS] = FIGURE_PSS,      [MAPPING_BY_SIZE] = FIGURE_SIZE,
        [MAPPING_BY_SWAP] = FIGURE_SWAP,
    };
    return by[sort];
}

/* Unknown is 0, what is known its value and one: unknown comes last. */
static uint64_t sort_value(const struct mapping *mapping, enum figure figure)
{
    uint64_t kib = mapping->figures.kib[figure];
    if (!figure_is_known(&mapping->figures, figure))
        return 0;
    return kib < UINT64_MAX ? kib + 1 : kib;
}

void mapping_list_order(const struct mapping_list *list, enum mapping_sort sort, size_t *order)
{
    for (size_t i = 0; i < list->count; i++)
        order[i] = i;
    if (sort == MAPPING_BY_ADDRESS || list->count < 2)
        return;
    struct sort_key *keys = calloc(list->count, sizeof(*keys));
    if (!keys)
        return; /* without memory: by address, which is an order too */
    for (size_t i = 0; i < list->count; i++)
        keys[i] = (struct sort_key){sort_value(&list->items[i], sort_figure(sort)), i};
    qsort(keys, list->count, sizeof(*keys), compare_keys);
    for (size_t i = 0; i < list->count; i++)
        order[i] = keys[i].index;
    free(keys);
}

static const char *const sort_names[MAPPING_SORT_COUNT] = {
    [MAPPING_BY_ADDRESS] = "address", [MAPPING_BY_RSS] = "rss",   [MAPPING_BY_PSS] = "pss",
    [MAPPING_BY_SIZE] = "size",       [MAPPING_BY_SWAP] = "swap",
};

int mapping_sort_from_name(const char *name)
{
    size_t length = strlen(name);
    if (ends_in(name, length, "_kib"))
        length -= strlen("_kib");
    for (int sort = 0; sort < MAPPING_SORT_COUNT; sort++)
        if (strlen(sort_names[sort]) == length && strncmp(sort_names[sort], name, length) == 0)
            return sort;
    return -EINVAL;
}

const char *mapping_sort_name(enum mapping_sort sort)
{
    return sort_names[sort];
}

static bool has_same_file(const struct mapping *a, const struct mapping *b)
{
    return a->inode == b->inode && a->device_major == b->device_major &&
           a->device_minor == b->device_minor && strcmp(a->path, b->path) == 0;
}

static bool is_same(const struct mapping *a, const struct mapping *b)
{
    return (a->start == b->start || a->end == b->end) && has_same_file(a, b);
}

static bool has_changed(const struct mapping *a, const struct mapping *b)
{
    if (a->start != b->start || a->end != b->end || a->offset != b->offset ||
        strcmp(a->perms, b->perms) != 0)
        return true;
    uint32_t both = a->figures.known & b->figures.known;
    for (enum figure f = 0; f < FIGURE_COUNT; f++)
        if ((both >> f & 1) && a->figures.kib[f] != b->figures.kib[f])
            return true;
    return a->has_flags && b->has_flags && a->flags != b->flags;
}

static void mark_same(const struct mapping *before, struct mapping *now)
{
    now->mark = has_changed(before, now) ? MAPPING_CHANGED : MAPPING_SAME;
    if (figure_is_known(&before->figures, FIGURE_RSS) && figure_is_known(&now->figures, FIGURE_RSS))
        now->rss_change_kib =
            (int64_t)(now->figures.kib[FIGURE_RSS] - before->figures.kib[FIGURE_RSS]);
}

static int keep_gone(const struct mapping *before, struct mapping_list *next)
{
    if (array_reserve(&next->gone, &next->gone_capacity, next->gone_count + 1) < 0)
        return -ENOMEM;
    struct mapping gone = *before;
    gone.mark = MAPPING_GONE;
    int r = mapping_set_path(next, &gone, before->path, before->path_length);
    if (r < 0)
        return r;
    next->gone[next->gone_count++] = gone;
    return 0;
}

int mapping_list_diff(const struct mapping_list *previous, struct mapping_list *next)
{
    int result = 0;
    size_t p = 0, n = 0;
    next->gone_count = 0;
    while (p < previous->count || n < next->count) {
        const struct mapping *before = p < previous->count ? &previous->items[p] : NULL;
        struct mapping *now = n < next->count ? &next->items[n] : NULL;
        if (before && now && is_same(before, now)) {
            mark_same(before, now);
            p++;
            n++;
        } else if (!now || (before && before->end <= now->end)) {
            int r = keep_gone(before, next);
            result = r < 0 ? r : result;
            p++;
        } else {
            now->mark = MAPPING_NEW;
            n++;
        }
    }
    return result;
}
