// The items that were never delivered, in a chain of rings: what does not fit
// the newest goes to a ring of twice its size, and a ring that was emptied is
// given back. So a short queue keeps to a few pages however much it may hold,
// none of its items is ever moved, and one that stays long ends with one ring.
#ifndef QUEUE_FRESH_H
#define QUEUE_FRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

// A place between two items.
typedef struct {
  struct segment *in;  // NULL: nothing was ever pushed
  ring_mark at;
} fresh_cursor;

typedef struct {
  const ring *in;
  ring_view view;
} fresh_item;

// What an item takes of capacity_bytes besides its id and data, here or anywhere.
#define ITEM_CHARGE 48u

static inline uint32_t item_charge(uint32_t id_size, uint32_t data_size) {
  return id_size + data_size + ITEM_CHARGE;
}

// How many there are, and what they take of capacity_bytes.
uint32_t fresh_count(void);
uint64_t fresh_bytes(void);

// Appends. False if memory is used up.
bool fresh_push(const ring_item *item);

// Before the oldest item.
fresh_cursor fresh_begin(void);

// Looks at the item behind the cursor and moves the cursor on. False: that was all.
bool fresh_next(fresh_cursor *c, fresh_item *out);

// Takes the items that lie before the cursor: so many, of so many bytes.
void fresh_take(const fresh_cursor *c, uint32_t count, uint64_t bytes);

// Forgets all.
void fresh_clear(void);

#endif
