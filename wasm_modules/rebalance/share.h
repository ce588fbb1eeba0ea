// How many partitions of each topic each class of members gets. A class is all
// members that name the same topics; a group nearly always has one.
#ifndef REBALANCE_SHARE_H
#define REBALANCE_SHARE_H

#include "member.h"

typedef struct {
  const subscription *wants;
  uint64_t topics_hash;   // of `wants`
  uint64_t weight;        // of its members together
  uint32_t load;          // partitions given to it
  // Its load is seen as so many equal parts, one a member, each of this weight;
  // where the members' weights differ, as one part.
  uint32_t parts;
  uint64_t part_weight;
  // What the sum of load^2 / weight falls by when the fullest part gives one up,
  // and rises by when the emptiest takes one, times part_weight.
  uint64_t loss;
  uint64_t gain;
  uint32_t first_share;   // its shares, one a topic, in the order of `wants`
  uint32_t first_member;  // its members in class_members, by name
  uint32_t member_count;
  member *last_served;    // in the ring of those that lack partitions, see assignment.c
} member_class;

// What a class gets of a topic.
typedef struct {
  uint32_t class_number;
  uint32_t place;  // the topic's
  uint32_t keeps;  // partitions that its members hold and may keep
  uint32_t given;  // partitions that it is to have
} share;

typedef struct {
  member_class classes[MAX_MEMBERS];
  uint32_t class_count;
  member *class_members[MAX_MEMBERS];
  share shares[MAX_INTERESTS];
  uint32_t share_count;
  // The shares of the topic at place t: by_topic[topic_first[t] .. topic_first[t + 1] - 1].
  uint32_t by_topic[MAX_INTERESTS];
  uint32_t topic_first[MAX_TOPICS + 1];
  // Shares looked at so far: what bounds the search for better ones.
  uint32_t work;
} share_table;

extern share_table shares;

// Makes share_of answer for the topic at this place.
void share_look_at(uint32_t place);

// The share of a class in the topic looked at, or NULL if it does not name it.
share *share_of(uint32_t class_number);

// Sorts the members into classes, and makes each partition whose holder still
// names its topic a target of its holder: what is kept unless balance forbids.
void share_begin(void);

// Decides `given` of every share: free partitions go to the lightest class, and
// then as few as balance takes move from heavier classes to lighter ones.
void share_balance(void);

// Sets how many partitions a class has.
static inline void share_set_load(member_class *c, uint32_t load) {
  c->load = load;
  c->loss = load ? 2ull * ((load - 1) / c->parts) + 1 : 0;
  c->gain = 2ull * (load / c->parts) + 1;
}

// Whether moving a partition from one class to the other brings the loads per
// weight closer: whether the sum of load^2 / weight over all parts falls.
static inline bool share_improves(const member_class *from, const member_class *to) {
  return to->gain * from->part_weight < from->loss * to->part_weight;
}

// Whether one more partition would weigh less on one class than on the other.
static inline bool share_lighter(const member_class *a, const member_class *b) {
  uint64_t left = a->gain * b->part_weight;
  uint64_t right = b->gain * a->part_weight;
  if (left != right) return left < right;
  left = (2ull * a->load + 1) * b->weight;
  right = (2ull * b->load + 1) * a->weight;
  return left != right ? left < right : a < b;
}

// Lets partitions pass along chains of classes, where no two classes alone can
// improve.
void share_chains(void);

// Divides a class's load among its members by weight: each gets its part rounded
// down or up.
void share_set_quotas(const member_class *c);

// The search stops after this many looks; groups whose members name hundreds of
// different lists may end less than perfectly balanced.
#define SHARE_WORK_MAX 80000u

#endif
