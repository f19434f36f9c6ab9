#include "reaptop/base/sort.h"

#include <string.h>

/* The two halves are in order; the lower one moves to `scratch` and both come back merged. */
static void merge(uint32_t *indexes, size_t middle, size_t count, uint32_t *scratch,
                  sort_compare *compare, void *context)
{
    memcpy(scratch, indexes, middle * sizeof(*indexes));
    size_t low = 0, high = middle, to = 0;
    while (low < middle && high < count)
        indexes[to++] =
            compare(&scratch[low], &indexes[high], context) <= 0 ? scratch[low++] : indexes[high++];
    memcpy(&indexes[to], &scratch[low], (middle - low) * sizeof(*indexes));
}

/* As deep as the binary logarithm of `count`. */
void sort_indexes(uint32_t *indexes, size_t count, uint32_t *scratch, sort_compare *compare,
                  void *context)
{
    if (count < 2)
        return;
    size_t middle = count / 2;
    sort_indexes(indexes, middle, scratch, compare, context);
    sort_indexes(indexes + middle, count - middle, scratch, compare, context);
    if (compare(&indexes[middle - 1], &indexes[middle], context) > 0)
        merge(indexes, middle, count, scratch, compare, context);
}
