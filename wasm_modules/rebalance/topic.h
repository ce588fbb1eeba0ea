// The topics of a group and their partitions.
#ifndef REBALANCE_TOPIC_H
#define REBALANCE_TOPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "../runtime/codec.h"
#include "bounds.h"

typedef struct member member;

// One partition. While `holder` is set nobody else is assigned it.
typedef struct {
  // Who was assigned it and has not given it up, or claims it from before this
  // coordinator knew of it; NULL: it is free.
  member *holder;
  // Who the assignment being made gives it to; NULL: nobody.
  member *target;
  // The key of the member that held it when the latest generation completed; 0: none.
  uint64_t last;
  // That generation told `last` to give it up.
  bool revoking;
} partition;

typedef struct {
  partition *partitions;
  // Entries in `partitions`: at least `size`, and up to the last one held.
  uint32_t entries;
  // How many partitions there are: the largest number that a member names.
  uint32_t size;
  // Where it stands in `topics`: comparing places compares names.
  uint32_t place;
  // A scratch mark of whoever walks the topics.
  uint32_t mark;
  uint32_t name_size;
  uint8_t name[];
} topic;

// A partition by its topic and number.
typedef struct {
  topic *topic;
  uint32_t number;
} spot;

// All topics, by name, and their entries together.
typedef struct {
  topic *at[MAX_TOPICS];
  uint32_t count;
  uint32_t entries;
} topic_table;

extern topic_table topics;

static inline codec_view topic_name(const topic *t) { return (codec_view){t->name, t->name_size}; }

// The entry of a spot, or NULL if the group keeps none for it.
static inline partition *spot_entry(spot s) {
  return s.number < s.topic->entries ? &s.topic->partitions[s.number] : 0;
}

static inline int spot_before(spot a, spot b) {
  return a.topic->place != b.topic->place ? a.topic->place < b.topic->place : a.number < b.number;
}

static inline bool spot_same(spot a, spot b) { return a.topic == b.topic && a.number == b.number; }

// Sorts by topic and number, and drops what stands there twice. Returns how
// many are left.
uint32_t spot_sort(spot *spots, uint32_t count);

topic *topic_find(codec_view name);

// The topic of this name, made with no partitions if it is new. NULL: there
// are MAX_TOPICS already, or memory is used up.
topic *topic_add(codec_view name);

// Makes sure of entries for `size` partitions; false if memory is used up.
bool topic_reserve(topic *t, uint32_t size);

// Gives back, in every topic, the entries behind its partitions that nobody holds.
void topic_trim_all(void);

// Forgets the topics whose mark is 0.
void topic_sweep(void);

#endif
