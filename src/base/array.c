#include "reaptop/base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALLEST_CAPACITY = 16,
    LARGE = 64 * 1024 /* bytes: growing by half would waste too much, and realloc(3) moves pages */
};

int array_reserve_sized(void *items, size_t *capacity, size_t needed, size_t element_size)
{
    if (needed <= *capacity)
        return 0;

    size_t grown = *capacity + *capacity / (*capacity >= LARGE / element_size ? 8 : 2);
    if (grown < SMALLEST_CAPACITY)
        grown = SMALLEST_CAPACITY;
    if (grown < needed)
        grown = needed;

    if (grown > PTRDIFF_MAX / element_size)
        return -ENOMEM;

    void *old;
    memcpy(&old, items, sizeof(old));
    char *new = reallocarray(old, grown, element_size);
    if (!new)
        return -ENOMEM;

    memset(new + *capacity *element_size, 0, (grown - *capacity) * element_size);
    memcpy(items, &new, sizeof(new));
    *capacity = grown;
    return 0;
}
