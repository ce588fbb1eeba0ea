// The live cells in byte order of their keys: a skip list (Pugh, "Skip lists:
// a probabilistic alternative to balanced trees", 1990). A node's height comes
// from its key's hash, so that every host builds the same list. Only the owner
// uses it.
#ifndef COUNTER_ORDER_H
#define COUNTER_ORDER_H

#include "cells.h"

// A quarter of the nodes of each level are in the next: enough for 4^12 keys.
#define ORDER_LEVELS 12u

typedef struct order_node {
  counter_cell *cell;
  uint64_t prefix;  // the key's first 8 bytes, big-endian: most comparisons need no more
  struct order_node *next[];
} order_node;

typedef struct {
  order_node *first[ORDER_LEVELS];
} order;

// Adds a live cell whose key is not in the list; false if memory is used up.
bool order_add(order *o, counter_cell *cell);

void order_remove(order *o, const counter_cell *cell);

// The first node whose key is not less than `key`, or greater than it if
// `after`; NULL if there is none. The rest follows along next[0].
order_node *order_seek(order *o, const uint8_t *key, uint32_t size, bool after);

#endif
