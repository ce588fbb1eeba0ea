// What a member can work on: a list of topics with the number of partitions it
// knows of. Most members of a group name the same list, so each different list
// is kept once.
#ifndef REBALANCE_SUBSCRIPTION_H
#define REBALANCE_SUBSCRIPTION_H

#include "topic.h"

typedef struct {
  topic *topic;
  uint32_t partitions;
} interest;

typedef struct subscription {
  struct subscription *next;
  uint64_t hash;         // of the topics and their partitions
  uint64_t topics_hash;  // of the topics alone
  uint32_t members;      // that have this list; at 0 it is freed
  uint32_t count;
  interest interests[];  // by topic
} subscription;

// The list with these interests, which are sorted by topic, each topic once:
// one that the group has, or a new one. The caller is counted in as a member.
// NULL if memory is used up.
subscription *subscription_take(const interest *interests, uint32_t count);

// Counts a member out; NULL is allowed.
void subscription_drop(subscription *s);

// Whether two lists name the same topics.
bool subscription_same_topics(const subscription *a, const subscription *b);

// Sets the size of every topic to the largest that a subscription names, one
// member's `except` left out unless it is NULL, and returns their sum.
uint32_t subscription_size_topics(const subscription *except);

// Marks every topic that a subscription names.
void subscription_mark_topics(void);

// Interests of all lists together.
uint32_t subscription_interests(void);

#endif
