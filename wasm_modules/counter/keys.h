// The keys of an instance: tables of cells with the order beside them, owned
// and grown by service entries alone. As many keys as memory holds.
#ifndef COUNTER_KEYS_H
#define COUNTER_KEYS_H

#include "../runtime/codec.h"
#include "../runtime/timers.h"
#include "cells.h"
#include "order.h"

cell_key key_of(codec_view text);

// Tells the timer of keys_reclaim from others.
void keys_init(uint32_t timer_kind);

// How many keys there are.
uint32_t keys_count(void);

counter_cell *keys_find(const cell_key *key);

// The value of a key; 0 if there is none of that name.
int64_t keys_value(const cell_key *key);

// The key's cell, made with the value 0 if it was not there: then `*created`
// is set. NULL, and nothing done, if memory is used up.
counter_cell *keys_claim(const cell_key *key, bool *created);

// Forgets a key.
void keys_forget(counter_cell *cell);

// Forgets all keys, however many, in bounded time. Their memory comes back a
// part at a time: one when the timer fires, until nothing is left behind.
void keys_forget_all(int64_t now);
void keys_reclaim(int64_t now);

// Keys of one part, and the time from one to the next.
#define RECLAIM_PART 2048u
#define RECLAIM_PAUSE_NS 1000000

// The first node, in byte order, whose key is not less than `key`, or greater
// than it if `after`; NULL at the end. The rest follows along next[0].
order_node *keys_seek(codec_view key, bool after);

#endif
