// Pops and subscriptions: calls that take items.
#ifndef QUEUE_POP_H
#define QUEUE_POP_H

#include <stdint.h>

#include "gen/queue.h"
#include "waiter.h"

void pop_begin(uint64_t call, const PopRequest *m, int64_t now);
void subscribe_begin(uint64_t call, const SubscribeRequest *m, int64_t now);

// Lets go of a parked Pop or Subscribe. What was leased to a stream is given
// back at once: its client is gone. Those deliveries count as attempts, or an
// item that kills its consumer would go round for ever.
void pop_forget(waiter *w);

#endif
