#include <criterion/criterion.h>
#include <stdlib.h>

#include "reaptop/base/sort.h"

enum {
    COUNT = 1000
};

struct keys {
    uint32_t of[COUNT];
    size_t compared;
};

static int compare_keys(const void *a, const void *b, void *context)
{
    struct keys *keys = context;
    uint32_t left = keys->of[*(const uint32_t *)a], right = keys->of[*(const uint32_t *)b];
    keys->compared++;
    return (left > right) - (left < right);
}

/* Of all counts up to COUNT: in order, and what is equal as it was. */
static void expect_sorted(struct keys *keys, size_t count)
{
    uint32_t indexes[COUNT + 1], scratch[COUNT + 1];
    for (uint32_t i = 0; i < count; i++)
        indexes[i] = i;
    indexes[count] = scratch[count] = UINT32_MAX;
    keys->compared = 0;
    sort_indexes(indexes, count, scratch, compare_keys, keys);
    for (size_t i = 1; i < count; i++) {
        uint32_t left = keys->of[indexes[i - 1]], right = keys->of[indexes[i]];
        cr_assert(left < right || (left == right && indexes[i - 1] < indexes[i]), "%zu of %zu", i,
                  count);
    }
    cr_assert_eq(indexes[count], UINT32_MAX);
    cr_assert_eq(scratch[count], UINT32_MAX);
}

Test(sort, any_order_of_any_length)
{
    struct keys keys;
    unsigned seed = 7;
    for (size_t count = 0; count <= 70; count++)
        for (unsigned kinds = 1; kinds < 100; kinds += 7) {
            for (size_t i = 0; i < count; i++)
                keys.of[i] = (seed = seed * 1103515245 + 12345) / 65536 % kinds;
            expect_sorted(&keys, count);
        }
    for (size_t i = 0; i < COUNT; i++)
        keys.of[i] = (uint32_t)(COUNT - i);
    expect_sorted(&keys, COUNT);
}

Test(sort, what_is_in_order_is_looked_at_once)
{
    struct keys keys;
    for (uint32_t i = 0; i < COUNT; i++)
        keys.of[i] = i / 3;
    expect_sorted(&keys, COUNT);
    cr_expect_eq(keys.compared, COUNT - 1);
    keys.of[COUNT - 1] = 0;
    expect_sorted(&keys, COUNT);
    cr_expect_lt(keys.compared, 3 * COUNT);
}
