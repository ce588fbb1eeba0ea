#include "order.h"
#include "share.h"

typedef struct {
  member *member;
  uint32_t claim;  // bit 31: it holds more than its share rounded down; below: the remainder
  uint32_t place;  // among the class's members, by name
} candidate;

// Those that would lose a partition without one more come first, then the
// largest remainder, then the name.
static int more_entitled(const void *a, const void *b) {
  const candidate *x = a;
  const candidate *y = b;
  return x->claim != y->claim ? x->claim > y->claim : x->place < y->place;
}

// A. Hamilton's method of largest remainders, but for who is served first.
void share_set_quotas(const member_class *c) {
  static candidate candidates[MAX_MEMBERS];
  uint32_t count = 0;
  uint32_t rest = c->load;
  for (uint32_t i = 0; i < c->member_count; i++) {
    member *m = shares.class_members[c->first_member + i];
    uint64_t product = (uint64_t)c->load * m->weight;
    m->quota = (uint32_t)(product / c->weight);
    rest -= m->quota;
    uint32_t remainder = (uint32_t)(product % c->weight);
    uint32_t would_lose = m->keeps > m->quota;
    if (remainder) candidates[count++] = (candidate){m, remainder | would_lose << 31, i};
  }
  order_sort(candidates, count, sizeof *candidates, more_entitled);
  for (uint32_t i = 0; i < rest; i++) candidates[i].member->quota++;
}
