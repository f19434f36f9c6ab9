#include "reaptop/model/page.h"

#include <errno.h>
#include <stdlib.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

/* linux/kernel-page-flags.h, and the kernel's own bits above 32. */
enum {
    KPF_DIRTY_BIT = 4,
    KPF_HUGE_BIT = 17,
    KPF_ZERO_BIT = 24
};

const struct page_state_info page_states[PAGE_STATE_COUNT] = {
    [PAGE_ABSENT] = {N_("absent"), '.', N_("never touched, or given back")},
    [PAGE_GUARDED] = {N_("guard"), 'g', N_("a guard page: touching it is SIGSEGV")},
    [PAGE_SWAPPED] = {N_("swapped"), 's', N_("swapped out")},
    [PAGE_ZERO] = {N_("zero"), 'z', N_("read but never written: the kernel's page of zeros")},
    [PAGE_HUGE] = {N_("huge"), 'h', N_("part of a huge page")},
    [PAGE_EXCLUSIVE] = {N_("exclusive"), 'e', N_("anonymous, mapped here only")},
    [PAGE_SHARED] = {N_("shared"), 'm', N_("anonymous, mapped more than once, as after fork")},
    [PAGE_FILE] = {N_("file"), 'f', N_("of a file or shared memory, mapped here only")},
    [PAGE_FILE_SHARED] = {N_("file-shared"), 'c',
                          N_("of a file or shared memory, mapped more than once")},
};

const struct page_flag_info page_flags[] = {
    {0, "locked", N_("locked, as while it is read or written")},
    {1, "error", N_("an I/O error occurred")},
    {2, "referenced", N_("accessed since it was last looked at")},
    {3, "uptodate", N_("its contents are valid")},
    {4, "dirty", N_("modified: to be written back")},
    {5, "lru", N_("on one of the lists that reclaim takes from")},
    {6, "active", N_("on the list of the recently used")},
    {7, "slab", N_("the kernel's own allocator has it")},
    {8, "writeback", N_("being written out")},
    {9, "reclaim", N_("to be freed soon")},
    {10, "buddy", N_("free")},
    {11, "mmap", N_("mapped by a process")},
    {12, "anonymous", N_("no file behind it")},
    {13, "swapcache", N_("has a place in swap")},
    {14, "swapbacked", N_("goes to swap when memory is short")},
    {15, "compound_head", N_("the first of a compound page")},
    {16, "compound_tail", N_("a later part of a compound page")},
    {17, "huge", N_("a page of hugetlbfs")},
    {18, "unevictable", N_("cannot be reclaimed: locked, for example")},
    {19, "hwpoison", N_("the memory itself is damaged")},
    {20, "nopage", N_("there is no frame")},
    {21, "ksm", N_("merged with equal pages")},
    {22, "thp", N_("part of a transparent huge page")},
    {23, "offline", N_("logically offline, as a balloon's")},
    {24, "zero_page", N_("the page of zeros")},
    {25, "idle", N_("not accessed since it was marked idle")},
    {26, "pgtable", N_("holds a page table")},
    {32, "reserved", N_("reserved: not to be touched by reclaim")},
    {33, "mlocked", N_("locked by mlock(2)")},
    {34, "owner_2", N_("its owner's second flag")},
    {35, "private", N_("its owner keeps data with it")},
    {36, "private_2", N_("its owner keeps more data with it")},
    {37, "owner_private", N_("its owner's flag")},
    {38, "arch", N_("the architecture's flag")},
    {39, "uncached", N_("not cached by the processor")},
    {40, "softdirty", N_("written since clear_refs")},
    {41, "arch_2", N_("the architecture's second flag")},
    {42, "arch_3", N_("the architecture's third flag")},
    {0, NULL, NULL},
};

static bool has_flag(const struct page_run *run, unsigned bit)
{
    return run->has_flags && (run->flags >> bit & 1) != 0;
}

enum page_state page_state(const struct page_run *run)
{
    uint64_t entry = run->entry;
    if (entry & PAGEMAP_GUARD)
        return PAGE_GUARDED;
    if (entry & PAGEMAP_SWAPPED)
        return PAGE_SWAPPED;
    if (!(entry & PAGEMAP_PRESENT))
        return PAGE_ABSENT;
    if ((run->extra & PAGE_EXTRA_ZERO) || has_flag(run, KPF_ZERO_BIT))
        return PAGE_ZERO;
    if ((run->extra & PAGE_EXTRA_HUGE) || has_flag(run, KPF_HUGE_BIT))
        return PAGE_HUGE;
    if (entry & PAGEMAP_FILE)
        return entry & PAGEMAP_EXCLUSIVE ? PAGE_FILE : PAGE_FILE_SHARED;
    return entry & PAGEMAP_EXCLUSIVE ? PAGE_EXCLUSIVE : PAGE_SHARED;
}

/* Modified: the frame's flags say so, or else the soft-dirty bit. */
static bool is_dirty(const struct page_run *run)
{
    if (!(run->entry & PAGEMAP_PRESENT))
        return false;
    return run->has_flags ? has_flag(run, KPF_DIRTY_BIT) : (run->entry & PAGEMAP_SOFT_DIRTY) != 0;
}

char page_letter(const struct page_run *run)
{
    char letter = page_states[page_state(run)].letter;
    return is_dirty(run) && letter >= 'a' ? (char)(letter - 'a' + 'A') : letter;
}

static const char *flag_name(unsigned bit)
{
    for (const struct page_flag_info *flag = page_flags; flag->name; flag++)
        if (flag->bit == bit)
            return flag->name;
    return NULL;
}

void page_flags_append(struct strbuf *out, uint64_t flags, const char *separator)
{
    const char *between = "";
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(flags >> bit & 1))
            continue;
        const char *name = flag_name(bit);
        strbuf_puts(out, between);
        if (name)
            strbuf_puts(out, name);
        else
            strbuf_printf(out, "bit%u", bit);
        between = separator;
    }
}

#define PAGE_STATE_BITS (~PAGEMAP_FRAME)

/* Where `next` begins, the frame that follows the run's last; swap slots need not follow. */
static bool entry_follows(const struct page_run *run, const struct page_run *next)
{
    uint64_t pfn, next_pfn;
    if ((run->entry & PAGE_STATE_BITS) != (next->entry & PAGE_STATE_BITS))
        return false;
    if (!page_frame(run->entry, &pfn))
        return !page_frame(next->entry, &next_pfn);
    return page_frame(next->entry, &next_pfn) && next_pfn == pfn + run->count;
}

bool page_run_extend(struct page_run *run, const struct page_run *next, uint64_t page_size)
{
    if (next->address != run->address + run->count * page_size || !entry_follows(run, next) ||
        next->extra != run->extra || next->has_map_count != run->has_map_count ||
        next->map_count != run->map_count || next->has_flags != run->has_flags ||
        next->flags != run->flags)
        return false;
    run->count += next->count;
    return true;
}

struct page_run page_run_at(const struct page_run *run, uint64_t i, uint64_t page_size)
{
    struct page_run page = *run;
    uint64_t pfn;
    page.address += i * page_size;
    page.count = 1;
    if (page_frame(run->entry, &pfn))
        page.entry += i;
    return page;
}

/* The part of `run` from `from` on, up to `to`; both are page bounds inside of it. */
static struct page_run run_part(const struct page_run *run, uint64_t from, uint64_t to,
                                uint64_t page_size)
{
    struct page_run part = page_run_at(run, (from - run->address) / page_size, page_size);
    part.count = (to - from) / page_size;
    return part;
}

int page_run_split(const struct mapping_list *list, const struct page_run *run, uint64_t page_size,
                   page_part_take *take, void *data)
{
    uint64_t at = run->address, end = run->address + run->count * page_size;
    size_t i = mapping_list_index(list, at);
    while (at < end) {
        const struct mapping *next = i < list->count ? &list->items[i] : NULL;
        const struct mapping *inside = next && next->start <= at ? next : NULL;
        uint64_t bound = inside ? inside->end : next ? next->start : end;
        uint64_t stop = bound < end ? bound : end;
        struct page_run part = run_part(run, at, stop, page_size);
        int r = take(inside, &part, data);
        if (r != 0)
            return r;
        at = stop;
        i += inside ? 1 : 0;
    }
    return 0;
}

void page_counts_add(struct page_counts *counts, const struct page_run *run)
{
    uint64_t entry = run->entry;
    counts->total += run->count;
    if (entry & PAGEMAP_GUARD)
        counts->guard += run->count;
    if (entry & PAGEMAP_SWAPPED)
        counts->swapped += run->count;
    if (!(entry & PAGEMAP_PRESENT))
        return;
    enum page_state state = page_state(run);
    counts->present += run->count;
    counts->exclusive += entry & PAGEMAP_EXCLUSIVE ? run->count : 0;
    counts->file += entry & PAGEMAP_FILE ? run->count : 0;
    counts->huge += state == PAGE_HUGE ? run->count : 0;
    counts->zero += state == PAGE_ZERO ? run->count : 0;
    counts->hidden += page_is_hidden(entry) ? run->count : 0;
    counts->dirty += is_dirty(run) ? run->count : 0;
}

void page_list_done(struct page_list *list)
{
    free(list->runs);
    *list = PAGE_LIST_INIT;
}

int page_list_add(struct page_list *list, const struct page_run *run)
{
    page_counts_add(&list->counts, run);
    if (list->is_cut ||
        (list->count > 0 && page_run_extend(&list->runs[list->count - 1], run, list->page_size)))
        return 0;
    if (list->count == PAGE_LIST_MAX) {
        list->is_cut = true;
        return 0;
    }
    if (array_reserve(&list->runs, &list->capacity, list->count + 1) < 0)
        return -ENOMEM;
    list->runs[list->count++] = *run;
    return 0;
}

const struct page_run *page_list_find(const struct page_list *list, uint64_t address)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct page_run *run = &list->runs[middle];
        if (run->address + run->count * list->page_size <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->runs[low].address <= address ? &list->runs[low] : NULL;
}

void page_refs_done(struct page_refs *refs)
{
    free(refs->items);
    *refs = PAGE_REFS_INIT;
}

/* False where nothing tells which page it is. */
static bool make_ref(const struct mapping *mapping, const struct page_run *page, uint64_t page_size,
                     struct page_ref *ret_ref)
{
    struct page_ref ref = {.address = page->address, .map_count = PAGE_COUNT_UNKNOWN};
    if (page_frame(page->entry, &ref.number)) {
        if (page->has_map_count && page->map_count < PAGE_COUNT_UNKNOWN)
            ref.map_count = (uint32_t)page->map_count;
    } else if (mapping && mapping->inode != 0 && (page->entry & PAGEMAP_FILE)) {
        ref.inode = mapping->inode;
        ref.device = mapping->device_major << 20 | mapping->device_minor;
        ref.number = (mapping->offset + (page->address - mapping->start)) / page_size;
    } else {
        return false;
    }
    *ret_ref = ref;
    return true;
}

int page_refs_add(struct page_refs *refs, const struct mapping *mapping, const struct page_run *run,
                  uint64_t page_size)
{
    if (!(run->entry & PAGEMAP_PRESENT) || page_state(run) == PAGE_ZERO)
        return 0;
    for (uint64_t i = 0; i < run->count; i++) {
        struct page_run page = page_run_at(run, i, page_size);
        struct page_ref ref;
        if (!make_ref(mapping, &page, page_size, &ref)) {
            refs->hidden++;
            refs->hidden_shared += page.entry & PAGEMAP_EXCLUSIVE ? 0 : 1;
        } else if (refs->count == PAGE_REFS_MAX) {
            refs->is_cut = true;
            return 0;
        } else {
            if (array_reserve(&refs->items, &refs->capacity, refs->count + 1) < 0)
                return -ENOMEM;
            refs->items[refs->count++] = ref;
        }
    }
    return 0;
}

void page_shares_done(struct page_shares *shares)
{
    free(shares->items);
    *shares = PAGE_SHARES_INIT;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* By what tells the page. */
static int compare_pages(const struct page_ref *a, const struct page_ref *b)
{
    if (a->inode != b->inode)
        return compare_numbers(a->inode, b->inode);
    if (a->device != b->device)
        return compare_numbers(a->device, b->device);
    return compare_numbers(a->number, b->number);
}

static int compare_refs(const void *left, const void *right)
{
    const struct page_ref *a = left, *b = right;
    int order = compare_pages(a, b);
    return order != 0 ? order : compare_numbers(a->address, b->address);
}

static int compare_shares(const void *left, const void *right)
{
    const struct page_share *a = left, *b = right;
    return compare_numbers(a->address, b->address);
}

static int add_share(struct page_shares *shares, const struct page_ref *a, const struct page_ref *b)
{
    if (array_reserve(&shares->items, &shares->capacity, shares->count + 1) < 0)
        return -ENOMEM;
    shares->items[shares->count++] = (struct page_share){
        .address = a->address,
        .peer_address = b->address,
        .count = 1,
        .pfn = a->inode == 0 ? a->number : 0,
        .is_inferred = a->inode != 0,
        .map_count = a->map_count,
    };
    shares->pages++;
    shares->inferred += a->inode != 0 ? 1 : 0;
    return 0;
}

static bool share_follows(const struct page_share *run, const struct page_share *next,
                          uint64_t page_size)
{
    return next->address == run->address + run->count * page_size &&
           next->peer_address == run->peer_address + run->count * page_size &&
           next->is_inferred == run->is_inferred && next->map_count == run->map_count &&
           next->pfn == (run->is_inferred ? 0 : run->pfn + run->count);
}

static void join_shares(struct page_shares *shares, uint64_t page_size)
{
    size_t kept = 0;
    if (shares->count > 1)
        qsort(shares->items, shares->count, sizeof(*shares->items), compare_shares);
    for (size_t i = 0; i < shares->count; i++) {
        const struct page_share *next = &shares->items[i];
        if (kept > 0 && share_follows(&shares->items[kept - 1], next, page_size))
            shares->items[kept - 1].count++;
        else
            shares->items[kept++] = *next;
    }
    shares->count = kept;
}

static void sort_refs(struct page_refs *refs)
{
    if (refs->count > 1)
        qsort(refs->items, refs->count, sizeof(*refs->items), compare_refs);
}

int page_shares_find(struct page_refs *a, struct page_refs *b, uint64_t page_size,
                     struct page_shares *shares)
{
    sort_refs(a);
    sort_refs(b);
    size_t j = 0;
    for (size_t i = 0; i < a->count; i++) {
        while (j < b->count && compare_pages(&b->items[j], &a->items[i]) < 0)
            j++;
        if (j == b->count)
            break;
        if (compare_pages(&a->items[i], &b->items[j]) != 0)
            continue;
        /* The peer's first place is left standing: the next of ours may be the same page. */
        int r = add_share(shares, &a->items[i], &b->items[j]);
        if (r < 0)
            return r;
    }
    join_shares(shares, page_size);
    return 0;
}
