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

// How many there are.
uint32_t fresh_count(void);

// Appends. False if memory is used up.
bool fresh_push(const ring_item *item);

// Before the oldest item.
fresh_cursor fresh_begin(void);

// Looks at the item behind the cursor and moves the cursor on. False: that was all.
bool fresh_next(fresh_cursor *c, fresh_item *out);

// Takes the `count` items that lie before the cursor.
void fresh_take(const fresh_cursor *c, uint32_t count);

#endif
