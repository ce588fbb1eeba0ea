// Chains: a heavy class gives a partition of one topic to a class that gives
// one of another topic to a lighter class, and so on.
#include "order.h"
#include "share.h"

// How a class that the search reached can give towards its start: a partition
// of the topic of `from` to the class of `to`.
typedef struct {
  share *from;
  share *to;
} link;

static struct {
  link links[MAX_MEMBERS];
  bool class_seen[MAX_MEMBERS];
  bool topic_seen[MAX_TOPICS];
  uint32_t queue[MAX_MEMBERS];
  uint32_t queued;
  uint32_t by_load[MAX_MEMBERS];
} search;

static int lighter(const void *a, const void *b) {
  return share_lighter(&shares.classes[*(const uint32_t *)a], &shares.classes[*(const uint32_t *)b]);
}

// Passes one partition along the chain from a class to where the search began.
static void pass(uint32_t from, uint32_t to) {
  share_set_load(&shares.classes[from], shares.classes[from].load - 1);
  share_set_load(&shares.classes[to], shares.classes[to].load + 1);
  while (from != to) {
    search.links[from].from->given--;
    search.links[from].to->given++;
    from = search.links[from].to->class_number;
  }
}

// Reaches the classes that can give a partition of `to`'s topic. Returns
// whether one of them was heavy enough, and passed one on to `start`.
static bool reach_givers(share *to, uint32_t start) {
  search.topic_seen[to->place] = true;
  for (uint32_t i = shares.topic_first[to->place]; i < shares.topic_first[to->place + 1]; i++) {
    share *from = &shares.shares[shares.by_topic[i]];
    shares.work++;
    if (!from->given || search.class_seen[from->class_number]) continue;
    search.class_seen[from->class_number] = true;
    search.links[from->class_number] = (link){from, to};
    search.queue[search.queued++] = from->class_number;
    if (share_improves(&shares.classes[from->class_number], &shares.classes[start])) {
      pass(from->class_number, start);
      return true;
    }
  }
  return false;
}

// Searches breadth first, so the chain found is a shortest one and moves least.
// What an earlier search in vain has seen is passed over: it began at a lighter
// class, and what could not improve on that cannot improve on this.
static bool improve(uint32_t start) {
  if (search.class_seen[start]) return false;
  search.class_seen[start] = true;
  search.queue[0] = start;
  search.queued = 1;
  for (uint32_t at = 0; at < search.queued; at++) {
    const member_class *c = &shares.classes[search.queue[at]];
    for (uint32_t i = 0; i < c->wants->count; i++) {
      share *to = &shares.shares[c->first_share + i];
      if (!search.topic_seen[to->place] && reach_givers(to, start)) return true;
    }
    shares.work += c->wants->count;
  }
  return false;
}

// A chain changed the loads of its two ends only: insertion sort has little to do.
static void restore_order(void) {
  uint32_t *by_load = search.by_load;
  for (uint32_t i = 1; i < shares.class_count; i++) {
    for (uint32_t at = i; at && lighter(&by_load[at], &by_load[at - 1]); at--) {
      uint32_t kept = by_load[at];
      by_load[at] = by_load[at - 1];
      by_load[at - 1] = kept;
      shares.work++;
    }
  }
  shares.work += shares.class_count;
}

static bool improve_any(void) {
  __builtin_memset(search.class_seen, 0, sizeof search.class_seen);
  __builtin_memset(search.topic_seen, 0, sizeof search.topic_seen);
  for (uint32_t i = 0; i < shares.class_count; i++) {
    if (improve(search.by_load[i])) return true;
  }
  return false;
}

void share_chains(void) {
  for (uint32_t i = 0; i < shares.class_count; i++) search.by_load[i] = i;
  order_sort(search.by_load, shares.class_count, sizeof(uint32_t), lighter);
  while (shares.work < SHARE_WORK_MAX && improve_any()) restore_order();
}
