// Add: all additions of a request, or none.
#ifndef COUNTER_ADDITION_H
#define COUNTER_ADDITION_H

#include "gen/counter.h"

// Answers the call, whose request has `size` bytes.
void add_all(uint64_t call, const AddRequest *request, uint32_t size, int64_t now);

#endif
