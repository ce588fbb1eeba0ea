// Names of members and topics, ordered by their bytes. Every list in a reply
// and every tie in a decision goes by this order.
#ifndef REBALANCE_NAME_H
#define REBALANCE_NAME_H

#include <stdint.h>

#include "../runtime/codec.h"
#include "../runtime/memory.h"

// Negative, 0 or positive, as memcmp; a prefix comes first.
static inline int name_compare(codec_view a, codec_view b) {
  uint32_t shorter = a.size < b.size ? a.size : b.size;
  int order = memcmp(a.data, b.data, shorter);
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

#endif
