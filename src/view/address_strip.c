#include "reaptop/view/address_strip.h"

#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

enum {
    SMALLEST_PAGE_BITS = 12,
    WEIGHT_ONE = 16 /* weights count in sixteenths, so that integers do */
};

/* The binary logarithm in sixteenths: whole part from the highest bit, the rest linear. */
static uint64_t log2_weight(uint64_t pages)
{
    if (pages <= 1)
        return 0;
    unsigned whole = 63U - (unsigned)__builtin_clzll(pages);
    uint64_t rest = pages - (UINT64_C(1) << whole);
    unsigned shift = whole > 4 ? whole - 4 : 0;
    uint64_t part = whole > 4 ? rest >> shift : rest << (4 - whole);
    return (uint64_t)whole * WEIGHT_ONE + part;
}

static uint64_t mapping_weight(const struct mapping *mapping)
{
    return 2 * WEIGHT_ONE + log2_weight((mapping->end - mapping->start) >> SMALLEST_PAGE_BITS);
}

static uint64_t gap_weight(uint64_t bytes)
{
    return bytes == 0 ? 0 : WEIGHT_ONE + log2_weight(bytes >> SMALLEST_PAGE_BITS) / 8;
}

static uint64_t gap_before(const struct mapping_list *list, size_t i)
{
    return i == 0 ? 0 : list->items[i].start - list->items[i - 1].end;
}

static uint64_t total_weight(const struct mapping_list *list)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < list->count; i++)
        sum += gap_weight(gap_before(list, i)) + mapping_weight(&list->items[i]);
    return sum;
}

/* Lays segments one behind the other; each cell keeps the letter that fills most of it. */
struct painter {
    struct strip *strip;
    uint64_t total;                     /* weight of everything */
    uint64_t at;                        /* weight laid so far */
    uint64_t filled[STRIP_COLUMNS_MAX]; /* by the letter that is in the cell */
};

/* A cell is `total` wide and a weight `columns`, so that no division loses anything. */
static void paint(struct painter *painter, char letter, uint64_t weight, bool is_marked)
{
    uint64_t columns = painter->strip->columns;
    uint64_t start = painter->at * columns, end = (painter->at + weight) * columns;
    painter->at += weight;
    for (uint64_t cell = start / painter->total; cell < columns && cell * painter->total < end;
         cell++) {
        uint64_t from = cell * painter->total, to = from + painter->total;
        uint64_t overlap = (end < to ? end : to) - (start > from ? start : from);
        if (overlap > painter->filled[cell] || is_marked) {
            painter->filled[cell] = is_marked ? UINT64_MAX : overlap;
            painter->strip->cells[cell] = letter;
        }
        painter->strip->is_marked[cell] |= is_marked;
    }
}

void address_strip(const struct mapping_list *list, size_t columns, size_t selected,
                   struct strip *ret_strip)
{
    struct painter painter = {.strip = ret_strip, .total = total_weight(list)};
    ret_strip->columns = columns < STRIP_COLUMNS_MAX ? columns : STRIP_COLUMNS_MAX;
    memset(ret_strip->cells, STRIP_GAP, sizeof(ret_strip->cells));
    memset(ret_strip->is_marked, 0, sizeof(ret_strip->is_marked));
    for (size_t i = 0; i < list->count; i++) {
        const struct mapping *mapping = &list->items[i];
        paint(&painter, STRIP_GAP, gap_weight(gap_before(list, i)), false);
        paint(&painter, mapping_kinds[mapping->kind].letter, mapping_weight(mapping),
              i == selected);
    }
}

static enum style letter_style(char letter)
{
    if (letter == STRIP_GAP)
        return STYLE_DIM;
    return letter == mapping_kinds[MAPPING_GUARD].letter ? STYLE_UNKNOWN : STYLE_BAR;
}

static void add_cells(const struct strip *strip, struct document *doc)
{
    document_begin(doc, 0);
    for (size_t i = 0; i < strip->columns; i++)
        document_add_text(doc, letter_style(strip->cells[i]), &strip->cells[i], 1);
}

static void add_caret(const struct strip *strip, struct document *doc)
{
    document_begin(doc, 0);
    for (size_t i = 0; i < strip->columns; i++)
        document_add(doc, STYLE_STRONG, strip->is_marked[i] ? "^" : " ");
}

static void add_legend(const struct mapping_list *list, size_t columns, struct document *doc)
{
    bool is_there[MAPPING_KIND_COUNT] = {false};
    for (size_t i = 0; i < list->count; i++)
        is_there[list->items[i].kind] = true;
    document_begin(doc, 0);
    for (size_t kind = 0; kind < MAPPING_KIND_COUNT; kind++)
        if (is_there[kind])
            document_add_legend(doc, columns, letter_style(mapping_kinds[kind].letter),
                                mapping_kinds[kind].letter, mapping_kinds[kind].name);
    document_add_legend(doc, columns, STYLE_DIM, STRIP_GAP, _("nothing mapped"));
}

static void add_scale(const struct mapping_list *list, size_t columns, struct document *doc)
{
    _cleanup_(document_done) struct document scale = DOCUMENT_INIT;
    document_begin(&scale, 0);
    document_add(&scale, STYLE_DIM,
                 _("from 0x%llx on; widths grow with the logarithm of the size, gaps an eighth as "
                   "much"),
                 (unsigned long long)list->items[0].start);
    document_wrap(&scale, columns, doc);
}

void address_strip_add(const struct mapping_list *list, size_t columns, size_t selected,
                       struct document *doc)
{
    if (list->count == 0)
        return;
    struct strip strip;
    address_strip(list, columns, selected, &strip);
    add_cells(&strip, doc);
    if (selected < list->count)
        add_caret(&strip, doc);
    add_scale(list, columns, doc);
    add_legend(list, columns, doc);
}
