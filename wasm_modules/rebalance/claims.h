// What a member says that it still works on, as its last Join named it.
#ifndef REBALANCE_CLAIMS_H
#define REBALANCE_CLAIMS_H

#include "topic.h"

typedef struct {
  uint32_t count;
  spot at[];  // sorted, each once
} claims;

#endif
