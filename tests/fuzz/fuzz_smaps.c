#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/source/parse_smaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct mapping_list *list, const char *text, size_t size, size_t piece)
{
    struct smaps_parser parser = {.list = list};
    for (size_t at = 0; at < size; at += piece)
        if (smaps_feed(&parser, text + at, size - at < piece ? size - at : piece) != 0)
            break;
    (void)smaps_finish(&parser);
}

static void expect_alike(const struct mapping_list *a, const struct mapping_list *b)
{
    if (a->count != b->count || a->bad_lines != b->bad_lines || a->cut_paths != b->cut_paths ||
        a->total.known != b->total.known)
        abort();
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].start != b->items[i].start || a->items[i].kind != b->items[i].kind ||
            a->items[i].figures.known != b->items[i].figures.known ||
            a->items[i].flags != b->items[i].flags ||
            (i > 0 && a->items[i].start < a->items[i - 1].end))
            abort();
}

/* The first byte says in pieces of which size; that must make no difference. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct mapping_list whole = MAPPING_LIST_INIT, pieces = MAPPING_LIST_INIT;
    parse(&whole, (const char *)data + 1, size - 1, size);
    parse(&pieces, (const char *)data + 1, size - 1, (size_t)data[0] + 1);
    expect_alike(&whole, &pieces);
    (void)mapping_list_diff(&whole, &pieces);
    if (pieces.gone_count != 0)
        abort();
    mapping_list_done(&whole);
    mapping_list_done(&pieces);
    return 0;
}
