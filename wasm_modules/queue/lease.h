// Items that are in a consumer's hands until it settles them or their time is up.
#ifndef QUEUE_LEASE_H
#define QUEUE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "item.h"

// Leases that ran out, ever.
uint64_t leases_expired(void);

// Makes sure that this many more leases can be granted.
bool lease_reserve(uint32_t count);

// Leases an item that is in no line until `due`, under a new receipt; `stream`
// is the Subscribe that pays for it with its credit, or NULL.
void lease_grant(item *i, int64_t due, struct waiter *stream);

// The consumer is done with the item: it leaves the queue.
void lease_ack(item *i);

// The item goes back: to the dead letters if it came from there or was
// delivered as often as it may be, else to the visible items at `due` (0: at once).
void lease_return(item *i, int64_t due);

// The timer of kind TIMER_LEASE of this item fired.
void lease_expire(item *i);

// The timer of kind TIMER_DELAY of this item fired: it becomes visible.
void delay_expire(item *i);

// Makes a lease last until `due`.
void lease_extend(item *i, int64_t due);

#endif
