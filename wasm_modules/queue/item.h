// An item that is not in the ring: leased, given back, delayed or dead.
#ifndef QUEUE_ITEM_H
#define QUEUE_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../runtime/timers.h"
#include "fresh.h"

struct waiter;

// Kinds of timers in this module.
enum timer_kind { TIMER_LEASE, TIMER_DELAY, TIMER_WAIT, TIMER_DEDUPE };

typedef struct item {
  // Free for whoever holds the item: subtrees of a line, or neighbours among
  // the leased items of a stream.
  struct item *left;
  struct item *right;
  timer timer;            // TIMER_LEASE while leased, TIMER_DELAY while delayed
  uint64_t sequence;
  uint64_t receipt;       // of the lease in force; 0: none
  struct waiter *stream;  // the Subscribe whose credit it takes, or NULL
  uint32_t attempts;      // deliveries so far
  uint32_t data_size;
  uint8_t id_size;
  bool dead;              // a dead letter, leased or not
  uint8_t bytes[];        // id, then data
} item;

// A copy on the heap, in nobody's hands; NULL if memory is used up.
item *item_new(const ring_item *from);
item *item_from_fresh(const fresh_item *from);

void item_free(item *i);

#endif
