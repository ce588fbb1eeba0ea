// Calls that are parked: pushes without room, pops without items, and streams.
#ifndef QUEUE_WAITER_H
#define QUEUE_WAITER_H

#include <stdbool.h>
#include <stdint.h>

#include "../runtime/codec.h"
#include "item.h"

enum waiter_kind { WAITER_PUSH, WAITER_POP, WAITER_STREAM };

// How far a Push has come.
typedef struct {
  codec_cursor rest;  // of the items that are not accepted yet
  uint32_t accepted;
  uint32_t duplicates;
  uint64_t first_sequence;
  uint8_t *copy;  // of the items, once the Push is parked: the inbox is the next call's
} push_progress;

// What a Pop or a Subscribe takes.
typedef struct {
  uint32_t max_items;
  uint32_t lease_ms;  // 0: at most once
  bool dead;
} demand;

typedef struct waiter {
  uint64_t call;
  struct waiter *before;  // in its list
  struct waiter *behind;
  struct waiter_list *list;  // NULL: a stream without credit, which waits for that first
  timer timer;               // TIMER_WAIT; not set for a stream
  enum waiter_kind kind;
  demand demand;         // of a Pop or a stream; max_items is a stream's credit
  push_progress push;    // of a Push
  uint32_t lent;         // leased items of a stream
  item *lent_items;      // linked by left and right
} waiter;

// Parked calls, the longest waiting first.
typedef struct waiter_list {
  waiter *first;
  waiter *last;
} waiter_list;

extern struct waiters {
  waiter_list pushes;
  waiter_list consumers;       // pops, and streams with credit
  waiter_list dead_consumers;  // pops of dead letters
  uint32_t count;              // streams without credit included
} waiters;

// Parks a call until `due` (0: for as long as it lasts) at the end of a list.
// NULL if memory is used up.
waiter *waiter_park(waiter_list *list, enum waiter_kind kind, uint64_t call, int64_t due);

// The waiter of a call, or NULL.
waiter *waiter_find(uint64_t call);

// Forgets a parked call; nothing may be lent to it.
void waiter_free(waiter *w);

// Puts a stream that was just served behind the others; one without credit is
// in no list until some comes back.
void stream_requeue(waiter *w);

// An item was leased to the stream, and is not any more.
void stream_lend(waiter *w, item *i);
void stream_settle(waiter *w, item *i);

#endif
