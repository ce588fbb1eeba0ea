#include "keys.h"

#include "../abi/interlock.h"
#include "../runtime/heap.h"
#include "../runtime/map.h"

enum { FIRST_CELLS = 64 };
// 2^23 cells are 512 MiB.
#define TABLE_CELLS_MAX (1u << 23)

typedef struct store {
  cell_tables tables;
  void *blocks[CELL_TABLES_MAX];    // of the heap, where the tables lie
  uint32_t filled[CELL_TABLES_MAX];  // cells of each table that are not FREE
  order order;
  uint32_t count;
  struct store *next;  // among the stores left behind
} store;

// The keys of now; NULL until the first one, and after keys_forget_all.
static store *keys;

// Stores that were emptied at once, until keys_reclaim is through with them.
static store *left_behind;

// Set, from the first key on: to NEVER while nothing is left behind.
static timer reclaim;

void keys_init(uint32_t timer_kind) { reclaim.kind = timer_kind; }

cell_key key_of(codec_view text) {
  return (cell_key){text.data, text.size, map_hash(text.data, text.size)};
}

uint32_t keys_count(void) { return keys ? keys->count : 0; }
order_node *keys_seek(codec_view key, bool after) {
  return keys ? order_seek(&keys->order, key.data, key.size, after) : NULL;
}
counter_cell *keys_find(const cell_key *key) { return keys ? counter_find_cell(&keys->tables, key) : NULL; }

int64_t keys_value(const cell_key *key) {
  const counter_cell *cell = keys_find(key);
  return cell ? counter_get_cell(cell) : 0;
}

static bool add_table(uint32_t cells) {
  uint32_t number = keys->tables.count;
  void *block = heap_zalloc((size_t)cells * sizeof(counter_cell) + 63);
  if (!block) return false;
  uintptr_t aligned = ((uintptr_t)block + 63) & ~(uintptr_t)63;
  keys->blocks[number] = block;
  keys->filled[number] = 0;
  keys->tables.table[number] = (cell_table){(counter_cell *)aligned, cells - 1};
  __atomic_store_n(&keys->tables.count, number + 1, __ATOMIC_RELEASE);
  return true;
}

// A table of four times the newest one's cells, or as large as there is room for.
static bool grow(void) {
  uint32_t number = keys->tables.count;
  if (number == CELL_TABLES_MAX) return false;
  uint32_t cells = number ? (keys->tables.table[number - 1].mask + 1) * 4 : FIRST_CELLS;
  if (cells > TABLE_CELLS_MAX) cells = TABLE_CELLS_MAX;
  for (; cells >= FIRST_CELLS; cells /= 2) {
    if (add_table(cells)) return true;
  }
  return false;
}

// A cell of table `number` that a new key may have: the first DEAD one on its
// way, or the FREE one that ends it unless the table is three quarters full.
static counter_cell *vacancy_in(uint32_t number, const cell_key *key) {
  const cell_table *table = &keys->tables.table[number];
  for (uint32_t i = (uint32_t)key->hash & table->mask;; i = (i + 1) & table->mask) {
    counter_cell *cell = &table->cells[i];
    if (cell->state == CELL_DEAD) return cell;
    if (cell->state == CELL_LIVE) continue;
    if (keys->filled[number] >= table->mask / 4 * 3) return NULL;
    keys->filled[number]++;
    return cell;
  }
}

static counter_cell *vacancy(const cell_key *key) {
  for (uint32_t i = keys->tables.count; i > 0; i--) {
    counter_cell *cell = vacancy_in(i - 1, key);
    if (cell) return cell;
  }
  return grow() ? vacancy_in(keys->tables.count - 1, key) : NULL;
}

// The number of the table that a cell lies in.
static uint32_t table_of(const counter_cell *cell) {
  uint32_t number = keys->tables.count - 1;
  while (cell < keys->tables.table[number].cells ||
         cell > keys->tables.table[number].cells + keys->tables.table[number].mask) {
    number--;
  }
  return number;
}

// Makes a cell DEAD, or FREE if the way of no search leads through it: then
// the DEAD ones right before it end no way either. Without this, keys that
// come and go would fill the tables.
static void vacate(counter_cell *cell) {
  uint32_t number = table_of(cell);
  const cell_table *table = &keys->tables.table[number];
  uint32_t i = (uint32_t)(cell - table->cells);
  __atomic_store_n(&cell->state, CELL_DEAD, __ATOMIC_RELEASE);
  if (table->cells[(i + 1) & table->mask].state != CELL_FREE) return;
  for (; table->cells[i].state == CELL_DEAD; i = (i - 1) & table->mask) {
    table->cells[i].state = CELL_FREE;
    keys->filled[number]--;
  }
}

static bool write_key(counter_cell *cell, const cell_key *key) {
  uint8_t *bytes = cell->key.bytes;
  if (key->size > CELL_KEY_INLINE) {
    bytes = heap_alloc(key->size);
    if (!bytes) return false;
    cell->key.beside = bytes;
  }
  __builtin_memcpy(bytes, key->data, key->size);
  cell->key_size = key->size;
  cell->hash = key->hash;
  return true;
}

static void free_key(const counter_cell *cell) {
  if (cell->key_size > CELL_KEY_INLINE) heap_free((void *)(uintptr_t)cell->key.beside);
}

// Finds a place for the timer now, so that forgetting all keys cannot fail.
static bool begin(void) {
  if (!reclaim.place && !timer_set(&reclaim, INTERLOCK_NEVER)) return false;
  keys = heap_zalloc(sizeof(store));
  return keys != NULL;
}

counter_cell *keys_claim(const cell_key *key, bool *created) {
  counter_cell *cell = keys_find(key);
  *created = !cell;
  if (cell) return cell;
  if (!keys && !begin()) return NULL;
  cell = vacancy(key);
  if (!cell) return NULL;
  if (!write_key(cell, key)) {
    vacate(cell);
    return NULL;
  }
  __atomic_store_n(&cell->value, 0, __ATOMIC_RELAXED);
  if (!order_add(&keys->order, cell)) {
    free_key(cell);
    vacate(cell);
    return NULL;
  }
  keys->count++;
  __atomic_store_n(&cell->state, CELL_LIVE, __ATOMIC_RELEASE);
  return cell;
}

void keys_forget(counter_cell *cell) {
  order_remove(&keys->order, cell);
  vacate(cell);
  free_key(cell);
  keys->count--;
}

void keys_forget_all(int64_t now) {
  if (!keys) return;
  keys->next = left_behind;
  left_behind = keys;
  keys = NULL;
  timer_set(&reclaim, now + RECLAIM_PAUSE_NS);
}

// Gives back a node's memory and its key's, or, behind the last node, the
// store's own.
static void reclaim_one(store *s) {
  order_node *node = s->order.first[0];
  if (node) {
    s->order.first[0] = node->next[0];
    free_key(node->cell);
    heap_free(node);
    return;
  }
  left_behind = s->next;
  for (uint32_t i = 0; i < s->tables.count; i++) heap_free(s->blocks[i]);
  heap_free(s);
}

void keys_reclaim(int64_t now) {
  for (uint32_t part = 0; left_behind && part < RECLAIM_PART; part++) reclaim_one(left_behind);
  timer_set(&reclaim, left_behind ? now + RECLAIM_PAUSE_NS : INTERLOCK_NEVER);
}
