#include "cells.h"

#include "../runtime/memory.h"

const uint8_t *counter_cell_key(const counter_cell *cell) {
  return cell->key_size <= CELL_KEY_INLINE ? cell->key.bytes : cell->key.beside;
}

static bool holds(const counter_cell *cell, const cell_key *key) {
  return cell->hash == key->hash && cell->key_size == key->size &&
         memcmp(counter_cell_key(cell), key->data, key->size) == 0;
}

static counter_cell *find_in(const cell_table *table, const cell_key *key) {
  for (uint32_t i = (uint32_t)key->hash & table->mask;; i = (i + 1) & table->mask) {
    counter_cell *cell = &table->cells[i];
    uint32_t state = __atomic_load_n(&cell->state, __ATOMIC_ACQUIRE);
    if (state == CELL_FREE) return 0;
    if (state == CELL_LIVE && holds(cell, key)) return cell;
  }
}

counter_cell *counter_find_cell(const cell_tables *tables, const cell_key *key) {
  // The newest table holds three quarters of all cells.
  for (uint32_t i = __atomic_load_n(&tables->count, __ATOMIC_ACQUIRE); i > 0; i--) {
    counter_cell *cell = find_in(&tables->table[i - 1], key);
    if (cell) return cell;
  }
  return 0;
}

int64_t counter_get_cell(const counter_cell *cell) { return __atomic_load_n(&cell->value, __ATOMIC_SEQ_CST); }

bool counter_add_cell(counter_cell *cell, int64_t delta, int64_t *value) {
  int64_t seen = __atomic_load_n(&cell->value, __ATOMIC_SEQ_CST);
  for (;;) {
    int64_t sum = (int64_t)((uint64_t)seen + (uint64_t)delta);
    // It overflowed if both terms have a sign that the sum has not.
    if (((seen ^ sum) & (delta ^ sum)) < 0) return false;
    int64_t old = __sync_val_compare_and_swap(&cell->value, seen, sum);
    if (old == seen) {
      *value = sum;
      return true;
    }
    seen = old;
  }
}

bool counter_cas_cell(counter_cell *cell, int64_t expected, int64_t wanted, int64_t *value) {
  int64_t old = __sync_val_compare_and_swap(&cell->value, expected, wanted);
  *value = old == expected ? wanted : old;
  return old == expected;
}
