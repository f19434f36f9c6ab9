/*
 * sort: a stable merge sort of indexes that costs little where they are nearly
 * in order already, as rows are from one refresh to the next.
 */
#ifndef REAPTOP_BASE_SORT_H
#define REAPTOP_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

/* As qsort_r(3)'s: two pointers to indexes. */
typedef int sort_compare(const void *a, const void *b, void *context);

/*
 * Sorts `count` indexes; `scratch` has room for as many. What is in order takes
 * `count` - 1 comparisons, and each that is not takes about two times `count` at most.
 */
void sort_indexes(uint32_t *indexes, size_t count, uint32_t *scratch, sort_compare *compare,
                  void *context);

#endif
