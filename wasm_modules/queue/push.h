// Pushes: what is accepted, what waits, what is answered.
#ifndef QUEUE_PUSH_H
#define QUEUE_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/queue.h"
#include "waiter.h"

void push_begin(uint64_t call, const PushRequest *m, int64_t now);

// Accepts what fits now of the parked pushes, in order, and answers those that
// are complete. Whether any item was accepted.
bool push_serve_parked(int64_t now);

// Answers a parked push with what was accepted so far.
void push_finish_parked(waiter *w);

#endif
