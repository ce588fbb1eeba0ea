#include "order.h"

#include "../runtime/heap.h"
#include "../runtime/memory.h"

static uint32_t height_of(const counter_cell *cell) {
  // Pairs of zero bits, of the half of the hash that the tables do not use.
  uint32_t zeros = (uint32_t)__builtin_ctz((uint32_t)(cell->hash >> 32) | 1u << 31);
  uint32_t height = 1 + zeros / 2;
  return height < ORDER_LEVELS ? height : ORDER_LEVELS;
}

typedef struct {
  const uint8_t *data;
  uint32_t size;
  uint64_t prefix;
} sought;

static sought sought_for(const uint8_t *data, uint32_t size) {
  uint64_t prefix = 0;
  __builtin_memcpy(&prefix, data, size < 8 ? size : 8);
  return (sought){data, size, __builtin_bswap64(prefix)};
}

// Negative, 0 or positive: the node's key against the one sought.
static int compare(const order_node *node, const sought *key) {
  if (node->prefix != key->prefix) return node->prefix < key->prefix ? -1 : 1;
  uint32_t size = node->cell->key_size;
  int found = memcmp(counter_cell_key(node->cell), key->data, size < key->size ? size : key->size);
  if (found) return found;
  return (size > key->size) - (size < key->size);
}

// Fills `links` with the link, on each level, behind the last node that is
// less than the key (not greater, if `after`).
static void find_links(order *o, const sought *key, bool after, order_node **links[ORDER_LEVELS]) {
  order_node **next = o->first;
  for (uint32_t level = ORDER_LEVELS; level-- > 0;) {
    while (next[level] && compare(next[level], key) < (after ? 1 : 0)) next = next[level]->next;
    links[level] = &next[level];
  }
}

bool order_add(order *o, counter_cell *cell) {
  uint32_t height = height_of(cell);
  order_node *node = heap_alloc(sizeof(order_node) + height * sizeof(order_node *));
  if (!node) return false;
  sought key = sought_for(counter_cell_key(cell), cell->key_size);
  order_node **links[ORDER_LEVELS];
  find_links(o, &key, false, links);
  node->cell = cell;
  node->prefix = key.prefix;
  for (uint32_t level = 0; level < height; level++) {
    node->next[level] = *links[level];
    *links[level] = node;
  }
  return true;
}

void order_remove(order *o, const counter_cell *cell) {
  sought key = sought_for(counter_cell_key(cell), cell->key_size);
  order_node **links[ORDER_LEVELS];
  find_links(o, &key, false, links);
  order_node *node = *links[0];
  for (uint32_t level = 0; level < ORDER_LEVELS && *links[level] == node; level++) {
    *links[level] = node->next[level];
  }
  heap_free(node);
}

order_node *order_seek(const order *o, const uint8_t *key, uint32_t size, bool after) {
  sought wanted = sought_for(key, size);
  order_node *const *next = o->first;
  for (uint32_t level = ORDER_LEVELS; level-- > 0;) {
    while (next[level] && compare(next[level], &wanted) < (after ? 1 : 0)) next = next[level]->next;
  }
  return next[0];
}
