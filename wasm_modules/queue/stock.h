// All the items of the queue, and what they take of its capacity.
#ifndef QUEUE_STOCK_H
#define QUEUE_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "item.h"
#include "line.h"
#include "ring.h"

// Every item is in exactly one place: among the fresh (fresh.h), in a line, or
// leased. lease.c and batch.c move items; others only look.
extern struct stock {
  line returned;         // visible, on the heap: given back or due; goes before the fresh
  line delayed;          // each with its TIMER_DELAY
  line dead;             // dead letters, unleased
  uint32_t leased;       // dead letters included
  uint32_t leased_dead;
  uint64_t leased_bytes;
  item *trash;           // purged, and not given back to the heap yet
  uint64_t last_sequence;
  uint64_t dropped;      // by OVERFLOW_DROP_OLDEST, ever
  bool closed;           // nothing is pushed any more
} stock;

// Items that a Pop could take now; items of all kinds; what they take of capacity_bytes.
uint64_t stock_visible(void);
uint64_t stock_items(void);
uint64_t stock_bytes(void);

// Whether a Pop, of dead letters or not, could still find something one day
// without another Push.
bool stock_may_yield(bool dead);

// Whether an item with this charge fits now; whether it would if all that is
// not leased were gone.
bool stock_fits(uint32_t charge);
bool stock_could_fit(uint32_t charge);

// Appends an item that fits, visible at once or at `due` (0: at once), and
// gives it its sequence. False if memory is used up.
bool stock_add(ring_item *from, int64_t due);

// Forgets the oldest item that is not leased. False if there is none.
bool stock_drop_oldest(void);

// Forgets the visible and the delayed items, or the dead letters. Their memory
// is given back by stock_sweep, an item at a time: there may be too many for
// one entry. No timer of theirs fires before, as nothing else happens before.
uint64_t stock_purge(bool dead);

// Gives back the memory of a purged item. False: there is none.
bool stock_sweep(void);

#endif
