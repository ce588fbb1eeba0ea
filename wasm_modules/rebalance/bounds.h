// How large a group may be. A Join that would go past one of these is refused,
// so that a rebalance always fits one entry's budget and a reply always fits
// one message: the largest, Describe's with every partition alone under a
// topic name of 249 bytes, takes 3.2 MB.
#ifndef REBALANCE_BOUNDS_H
#define REBALANCE_BOUNDS_H

enum {
  MAX_MEMBERS = 1000,
  MAX_TOPICS = 1000,
  // Of all topics together.
  MAX_PARTITIONS = 10000,
  // Partitions that the group keeps an entry for: those above, and those that
  // are still held although their topic shrank or lost its last subscriber.
  MAX_ENTRIES = 2 * MAX_PARTITIONS,
  // Topics over all different subscriptions of a group.
  MAX_INTERESTS = 10000,
  // Partitions that one Join may claim.
  MAX_CLAIMS = MAX_PARTITIONS,
};

#endif
