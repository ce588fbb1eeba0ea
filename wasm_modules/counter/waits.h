// Parked Wait calls. They look at values at the end of each entry: a value that
// was there only within an entry is not seen. Of all that an entry wakes, the
// calls that came first are answered first.
#ifndef COUNTER_WAITS_H
#define COUNTER_WAITS_H

#include "../runtime/codec.h"
#include "../runtime/timers.h"
#include "cells.h"

typedef struct {
  int64_t at_least;
  int64_t at_most;
} value_range;

static inline bool range_holds(value_range range, int64_t value) {
  return range.at_least <= value && value <= range.at_most;
}

void waits_init(uint32_t timer_kind);

// Parked calls.
uint32_t waits_count(void);

// Parks a call whose range does not hold the key's value, until `due`. False,
// and nothing done, if memory is used up.
bool waits_park(uint64_t call, const cell_key *key, value_range range, int64_t due);

// Says that the value of a key may have changed in this entry, or of all keys.
void waits_changed(const uint8_t *key, uint32_t size);
void waits_changed_all(void);

// Wakes and answers; the last thing in every entry, before outbox_end. What
// finds no room in the outbox stays for the tick that comes of it.
void waits_settle(void);

// Answers the waiter of this timer, which is taken: its time is up. There is
// room in the outbox for WAITS_REPLY_MAX.
void waits_expire(timer *t);

// Forgets a call, without an answer.
void waits_cancel(uint64_t call);

// Parked calls in order of their ids: zero the cursor first. False at the end.
typedef struct {
  const struct waiter *next;
  bool through;
} waits_cursor;

typedef struct {
  uint64_t call;
  codec_view key;
  value_range range;
  int64_t due;
} waits_parked;

bool waits_next(waits_cursor *at, waits_parked *out);

// Bytes of a WaitResponse: a varint of 10, a bool, two tags.
#define WAITS_REPLY_MAX 13u

#endif
