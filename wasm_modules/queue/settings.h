// What a queue may hold and how it treats what it holds.
#ifndef QUEUE_SETTINGS_H
#define QUEUE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/queue.h"

// Nanoseconds of a millisecond.
#define MS INT64_C(1000000)

typedef struct {
  uint64_t capacity_bytes;
  uint64_t max_items;  // 0: no such bound
  uint32_t overflow;   // an Overflow, never OVERFLOW_UNSPECIFIED
  uint32_t lease_ms;
  uint32_t max_deliveries;    // 0: no such end
  uint32_t dedupe_window_ms;  // 0: ids are not remembered
  bool configured;            // by a Configure or by the host's configuration
} settings;

// The settings in force. Read through this; changed by settings_apply only.
const settings *settings_now(void);

// Takes the fields of the request that are not 0. NULL, or the name of the
// field that disagrees with what was configured before, or with what the queue
// holds already; then nothing changed. `what` gets a sentence about it.
const char *settings_apply(const ConfigureRequest *wanted, const char **what);

#endif
