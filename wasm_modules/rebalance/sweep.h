// Forgetting topics that nothing refers to any more.
#ifndef REBALANCE_SWEEP_H
#define REBALANCE_SWEEP_H

// Sets every topic to its right size, gives back entries behind it that nobody
// holds, and forgets topics that no member names, claims or holds.
void sweep_topics(void);

#endif
