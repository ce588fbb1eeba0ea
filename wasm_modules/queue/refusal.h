// The errors of a queue.
#ifndef QUEUE_REFUSAL_H
#define QUEUE_REFUSAL_H

#include <stdint.h>

// FAILED_PRECONDITION/CLOSED
void refuse_closed(uint64_t call);

// RESOURCE_EXHAUSTED/OUT_OF_MEMORY
void refuse_for_memory(uint64_t call);

// INVALID_ARGUMENT/ITEM_TOO_LARGE for items[index] of a Push
void refuse_too_large(uint64_t call, uint32_t index);

// FAILED_PRECONDITION/CONFIG_CONFLICT
void refuse_conflict(uint64_t call, const char *field, const char *what);

#endif
