// Who gets which partition: sticky (as many as balance allows stay where they
// are) and balanced to within one partition by weight.
#ifndef REBALANCE_ASSIGNMENT_H
#define REBALANCE_ASSIGNMENT_H

#include <stdint.h>

typedef struct {
  uint32_t pending;  // partitions that their holders must give up first
  uint32_t revoked;  // those of them that were not revoked before
  uint32_t moves;    // partitions that came to another member than their last
} assignment_outcome;

// Sets the target of every partition, for the members there are and what they
// hold. The topics' sizes are right.
void assignment_make(void);

// Gives each free partition to its target, revokes those that another member
// holds, and writes down who holds what.
assignment_outcome assignment_apply(void);

#endif
