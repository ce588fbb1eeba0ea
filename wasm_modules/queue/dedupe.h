// The ids of items that were pushed within dedupe_window_ms.
#ifndef QUEUE_DEDUPE_H
#define QUEUE_DEDUPE_H

#include <stdbool.h>
#include <stdint.h>

#include "../runtime/codec.h"
#include "../runtime/timers.h"

// The most that all remembered ids may take of the heap, so that a long window
// starves neither leases nor replies. Beyond it pushes of new ids are refused:
// forgetting early would break the promise.
#define DEDUPE_BYTES_MAX (32u << 20)

bool dedupe_knows(codec_view id);

// An id on its way to being known.
typedef struct known known;

// Makes ready to remember an id that is not known until `expiry`, which never
// falls from one call to the next. NULL if memory, or the share of it, is used up.
known *dedupe_prepare(codec_view id, int64_t expiry);

// Remembers it, which cannot fail; or lets it be. One of the two comes next.
void dedupe_enter(known *k);
void dedupe_discard(known *k);

// Called when the timer of kind TIMER_DEDUPE fires: forgets the oldest id.
void dedupe_expire(void);

#endif
