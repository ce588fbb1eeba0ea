// The items that one reply takes out of the queue.
#ifndef QUEUE_BATCH_H
#define QUEUE_BATCH_H

#include <stdint.h>

#include "waiter.h"

// The most items of one request or reply. With it an entry's time is bounded.
#define BATCH_ITEMS_MAX 4096u

// The most bytes of one message of a stream, if it has more than one item.
#define STREAM_BATCH_BYTES 65536u

enum batch_outcome {
  BATCH_SENT,
  BATCH_NOTHING,    // no item is there
  BATCH_NO_ROOM,    // the outbox is full: nothing was taken, outbox_backlog is set
  BATCH_NO_MEMORY,  // nothing was taken, and a later try may fare better
};

// Sends the oldest items there are, as many as `d` takes and a message holds,
// as one reply to the call. `stream` is the Subscribe that they are leased to,
// or NULL for a Pop.
enum batch_outcome batch_send(uint64_t call, const demand *d, waiter *stream, int64_t now);

#endif
