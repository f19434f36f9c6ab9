/*
 * array: room for one more in a heap array that its owner declares plainly.
 *
 *     struct row *rows = NULL;
 *     size_t count = 0, capacity = 0;
 *     int r = array_reserve(&rows, &capacity, count + 1);
 *     if (r < 0)
 *         return r;
 *     rows[count++] = row;
 */
#ifndef REAPTOP_BASE_ARRAY_H
#define REAPTOP_BASE_ARRAY_H

#include <stddef.h>

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Makes *items hold at least `needed` elements; it grows by half, a large one by an eighth, so
 * that n appends cost O(n). On failure (-ENOMEM, also where the size would overflow) the array is
 * as it was. New elements are zeroed.
 */
int array_reserve_sized(void *items, size_t *capacity, size_t needed, size_t element_size);

#define array_reserve(items, capacity, needed)                                                     \
    array_reserve_sized((items), (capacity), (needed), sizeof(**(items)))

#endif
