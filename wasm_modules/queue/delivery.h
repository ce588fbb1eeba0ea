// The wire form of an item in a consumer's hands.
#ifndef QUEUE_DELIVERY_H
#define QUEUE_DELIVERY_H

#include <stdint.h>

#include "../runtime/codec.h"
#include "fresh.h"
#include "item.h"

// The most that a Delivery takes of a reply besides its id and data: tag and
// length of itself (5), of data (5) and id (3), sequence and receipt (11
// each), attempt (6).
#define DELIVERY_OVERHEAD 41u

static inline uint32_t delivery_size_max(uint32_t id_size, uint32_t data_size) {
  return id_size + data_size + DELIVERY_OVERHEAD;
}

// Writes the item as the next of a reply's `items`, as what its fields say now.
void delivery_put(codec_writer *w, const item *i);

// The same for an item in its ring, that nobody leases.
void delivery_put_fresh(codec_writer *w, const fresh_item *i);

#endif
