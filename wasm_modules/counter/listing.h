// List: pages of keys in byte order.
#ifndef COUNTER_LISTING_H
#define COUNTER_LISTING_H

#include "gen/counter.h"

// Answers the call.
void list_page(uint64_t call, const ListRequest *request);

#endif
