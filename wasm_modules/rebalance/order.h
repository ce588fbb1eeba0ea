// Sorting in place. Heapsort: no worst case that an attacker could choose, no
// memory, no recursion. It is not stable, so an order must have no ties.
#ifndef REBALANCE_ORDER_H
#define REBALANCE_ORDER_H

#include <stdint.h>

// Tells whether the entry at `a` comes before the entry at `b`.
typedef int (*order_before)(const void *a, const void *b);

// Sorts `count` entries of `size` bytes, at most ORDER_ENTRY_MAX.
#define ORDER_ENTRY_MAX 16u
void order_sort(void *entries, uint32_t count, uint32_t size, order_before before);

#endif
