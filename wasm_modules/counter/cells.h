// The cells of the counters, laid out so that several processes can map them:
// one process, the owner, runs service entries; the others only ever find a
// cell and operate on its value (design: shared placement). Everything below
// `state` was written before `state` was, so whoever sees a live cell sees all
// of it.
#ifndef COUNTER_CELLS_H
#define COUNTER_CELLS_H

#include <stdbool.h>
#include <stdint.h>

// Longer keys lie beside the table, in a block of the heap.
#define CELL_KEY_INLINE 40u

// 64-bit FNV-1a with a finalizer (runtime/map.h): `hash`, and the key it is of.
typedef struct {
  const uint8_t *data;
  uint32_t size;
  uint64_t hash;
} cell_key;

enum cell_state {
  CELL_FREE = 0,  // never used since its table began, or reclaimed: a search ends here
  CELL_LIVE = 1,  // holds a counter
  CELL_DEAD = 2,  // held one: a search goes on
};

typedef struct {
  // An enum cell_state. Only the owner stores it, with release order, as the
  // last step of claiming a cell: that store is the commit point of a key's
  // creation. FREE -> LIVE -> DEAD; DEAD -> LIVE or FREE only while no other
  // process is attached, because one may still be about to operate on `value`.
  uint32_t state;
  // Constant while the cell is LIVE or DEAD, as are `hash` and the key's bytes.
  uint32_t key_size;
  uint64_t hash;
  // Any process changes it, by compare-and-exchange only; the exchange that
  // succeeds is the commit point of the operation. In a DEAD cell it is
  // nobody's: an operation that lands there is ordered before the reset.
  int64_t value;
  union {
    uint8_t bytes[CELL_KEY_INLINE];  // key_size <= CELL_KEY_INLINE
    const uint8_t *beside;           // otherwise
  } key;
} counter_cell;

#ifdef __wasm__
_Static_assert(sizeof(counter_cell) == 64, "a cell fills a cache line");
#endif

// A power of two of cells, open addressing with linear probing. Constant once
// it is among a cell_tables' `count`; a quarter of its cells at least are FREE.
typedef struct {
  counter_cell *cells;
  uint32_t mask;
} cell_table;

// Growth adds a table and moves no cell, so that a cell's address is good for
// as long as its key is there. 64 cells at first, then four times as many as
// the last: seven tables for 262,144 cells; smaller ones when memory runs short.
#define CELL_TABLES_MAX 16u

typedef struct {
  cell_table table[CELL_TABLES_MAX];  // the first `count` are in use
  uint32_t count;                     // stored by the owner with release order, after the table
} cell_tables;

// The functions that direct exports will be made of: no mutable global, no
// locals whose address is taken (the shadow stack is one), no memory.grow.

const uint8_t *counter_cell_key(const counter_cell *cell);

// The live cell of a key, or NULL. Bounded by the cells of all tables; a few
// probes a table where hashes are not made to collide.
counter_cell *counter_find_cell(const cell_tables *tables, const cell_key *key);

int64_t counter_get_cell(const counter_cell *cell);

// Adds and leaves the new value in `value`; false, and nothing done, if it
// would overflow. Lock-free: a lost race means that another's add succeeded.
bool counter_add_cell(counter_cell *cell, int64_t delta, int64_t *value);

// Sets the value if it is `expected`; leaves the value after the call in `value`.
bool counter_cas_cell(counter_cell *cell, int64_t expected, int64_t wanted, int64_t *value);

#endif
