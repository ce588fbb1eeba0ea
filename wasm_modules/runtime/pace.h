// How much one entry does before it leaves the rest to a tick at the same time,
// so that no entry runs into its budget however much falls due at once.
#ifndef RUNTIME_PACE_H
#define RUNTIME_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "outbox.h"

// Timers fired, calls answered, items sent: at most so many for others than
// the call that the entry brings. A step takes a microsecond or two at most.
#define PACE_STEPS 2048

extern int32_t pace_left;

static inline void pace_begin(int32_t steps) { pace_left = steps; }

// Whether there is still work to be done in this entry; if not, another tick
// at the same time will.
static inline bool pace_goes_on(void) {
  if (pace_left <= 0) outbox_backlog = true;
  return !outbox_backlog;
}

static inline void pace_spend(uint32_t steps) { pace_left -= (int32_t)steps; }

// The end of a tick. Where more is due than one entry does, the host ticks
// again at the same time; it wants to see that each such tick did something,
// and a record is what it sees.
void pace_end_tick(void);

#endif
