// The logical state of an instance as a CounterState.
#ifndef COUNTER_STATE_H
#define COUNTER_STATE_H

#include "../abi/interlock.h"
#include "../runtime/codec.h"

// The message, in memory that the next entry gives back; NULL if there is no
// memory for it.
codec_view state_save(void);
void state_release(void);

// Fills an instance that is as it was made; on failure the host throws it away.
enum interlock_code state_load(const uint8_t *message, uint32_t size);

#endif
