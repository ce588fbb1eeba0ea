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

// How many bytes two texts begin with alike, if the first `from` of them are.
static uint32_t alike(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t size) {
  for (; from + 8 <= size; from += 8) {
    uint64_t left, right;
    __builtin_memcpy(&left, a + from, 8);
    __builtin_memcpy(&right, b + from, 8);
    if (left != right) return from + (uint32_t)__builtin_ctzll(left ^ right) / 8;
  }
  while (from < size && a[from] == b[from]) from++;
  return from;
}

// Negative, 0 or positive: the node's key against the one sought, which begin
// alike. `*common` bytes are known to be; afterwards it is how many are.
static int compare(const order_node *node, const sought *key, uint32_t *common) {
  uint32_t size = node->cell->key_size < key->size ? node->cell->key_size : key->size;
  if (node->prefix != key->prefix) {
    uint32_t same = (uint32_t)__builtin_clzll(node->prefix ^ key->prefix) / 8;
    *common = same < size ? same : size;
    return node->prefix < key->prefix ? -1 : 1;
  }
  const uint8_t *bytes = counter_cell_key(node->cell);
  *common = alike(bytes, key->data, *common, size);
  if (*common < size) return bytes[*common] < key->data[*common] ? -1 : 1;
  return (node->cell->key_size > key->size) - (node->cell->key_size < key->size);
}

// Fills `links` with the link, on each level, behind the last node that is
// less than the key (not greater, if `after`). Whatever lies between two keys
// begins with all that these begin with alike, so what is known of the nodes
// left and right of the way need not be compared again (Manber and Myers,
// "Suffix arrays", 1993): keys with a long beginning in common cost no more.
static void find_links(order *o, const sought *key, bool after, order_node **links[ORDER_LEVELS]) {
  order_node **next = o->first;
  const order_node *bound = NULL;
  uint32_t left = 0, right = 0;
  for (uint32_t level = ORDER_LEVELS; level-- > 0;) {
    while (next[level] != bound) {
      order_node *node = next[level];
      uint32_t common = left < right ? left : right;
      if (compare(node, key, &common) >= (after ? 1 : 0)) {
        bound = node;
        right = common;
        break;
      }
      next = node->next;
      left = common;
    }
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

order_node *order_seek(order *o, const uint8_t *key, uint32_t size, bool after) {
  sought wanted = sought_for(key, size);
  order_node **links[ORDER_LEVELS];
  find_links(o, &wanted, after, links);
  return *links[0];
}
