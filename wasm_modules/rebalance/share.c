// Loads are balanced by the least sum of load^2 / weight, a separable convex
// cost: a state that no move along a path improves is optimal (N. Harvey, R.
// Ladner, L. Lovasz and T. Tamir, "Semi-matchings for bipartite graphs and load
// balancing", 2006, for the weights that are equal). Starting from what is held
// keeps moves few, as in Kafka's sticky assignor (KIP-54).
#include "share.h"

#include <stddef.h>

#include "order.h"

share_table shares;

share *share_of(uint32_t class_number, const topic *t) {
  const member_class *c = &shares.classes[class_number];
  int32_t index = subscription_index(c->wants, t);
  return index < 0 ? NULL : &shares.shares[c->first_share + (uint32_t)index];
}

static uint32_t class_of(const subscription *wants) {
  for (uint32_t i = 0; i < shares.class_count; i++) {
    if (subscription_same_topics(shares.classes[i].wants, wants)) return i;
  }
  shares.classes[shares.class_count] = (member_class){.wants = wants, .first_share = shares.share_count};
  for (uint32_t i = 0; i < wants->count; i++) {
    shares.shares[shares.share_count++] = (share){.class_number = shares.class_count};
  }
  return shares.class_count++;
}

static void sort_members_into_classes(void) {
  for (uint32_t i = 0; i < members.count; i++) {
    member *m = members.at[i];
    bool same = i && members.at[i - 1]->wants == m->wants;
    m->class_number = same ? members.at[i - 1]->class_number : class_of(m->wants);
    m->keeps = 0;
    shares.classes[m->class_number].weight += m->weight;
    shares.classes[m->class_number].member_count++;
  }
  uint32_t first = 0;
  for (uint32_t i = 0; i < shares.class_count; i++) {
    shares.classes[i].first_member = first;
    first += shares.classes[i].member_count;
    shares.classes[i].member_count = 0;
  }
  for (uint32_t i = 0; i < members.count; i++) {
    member_class *c = &shares.classes[members.at[i]->class_number];
    shares.class_members[c->first_member + c->member_count++] = members.at[i];
  }
}

static void list_by_topic(void) {
  uint32_t *first = shares.topic_first;
  for (uint32_t t = 0; t <= topics.count; t++) first[t] = 0;
  for (uint32_t c = 0; c < shares.class_count; c++) {
    const subscription *wants = shares.classes[c].wants;
    for (uint32_t i = 0; i < wants->count; i++) first[wants->interests[i].topic->place]++;
  }
  for (uint32_t t = 1; t <= topics.count; t++) first[t] += first[t - 1];
  // Filled from behind, so that each topic's classes stand in their order.
  for (uint32_t c = shares.class_count; c-- > 0;) {
    const subscription *wants = shares.classes[c].wants;
    for (uint32_t i = 0; i < wants->count; i++) {
      shares.by_topic[--first[wants->interests[i].topic->place]] = shares.classes[c].first_share + i;
    }
  }
}

static void keep_held(topic *t) {
  for (uint32_t i = 0; i < t->entries; i++) {
    partition *p = &t->partitions[i];
    share *s = p->holder && i < t->size ? share_of(p->holder->class_number, t) : NULL;
    p->target = s ? p->holder : NULL;
    if (!s) continue;
    s->keeps++;
    s->given++;
    p->holder->keeps++;
    shares.classes[s->class_number].load++;
  }
}

void share_begin(void) {
  shares.class_count = 0;
  shares.share_count = 0;
  shares.work = 0;
  sort_members_into_classes();
  list_by_topic();
  for (uint32_t t = 0; t < topics.count; t++) keep_held(topics.at[t]);
}

// Whether `a` would be less loaded than `b` if each got one more.
static bool lighter(const share *a, const share *b) {
  const member_class *x = &shares.classes[a->class_number];
  const member_class *y = &shares.classes[b->class_number];
  uint64_t left = (2ull * x->load + 1) * y->weight;
  uint64_t right = (2ull * y->load + 1) * x->weight;
  return left != right ? left < right : a->class_number < b->class_number;
}

static share *heap[MAX_MEMBERS];

static void sink(uint32_t at, uint32_t count) {
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && lighter(heap[child + 1], heap[child])) child++;
    if (!lighter(heap[child], heap[at])) return;
    share *kept = heap[at];
    heap[at] = heap[child];
    heap[child] = kept;
    at = child;
  }
}

// Gives a topic's free partitions, one by one, to the lightest class.
static void give_free(uint32_t place) {
  uint32_t first = shares.topic_first[place];
  uint32_t count = shares.topic_first[place + 1] - first;
  uint32_t free_partitions = topics.at[place]->size;
  for (uint32_t i = 0; i < count; i++) {
    heap[i] = &shares.shares[shares.by_topic[first + i]];
    free_partitions -= heap[i]->given;
  }
  if (!count || !free_partitions) return;
  for (uint32_t i = count / 2; i-- > 0;) sink(i, count);
  for (; free_partitions; free_partitions--) {
    heap[0]->given++;
    shares.classes[heap[0]->class_number].load++;
    sink(0, count);
  }
}

// How many partitions can go one after the other, each of them an improvement.
static uint32_t improving_moves(const member_class *from, const member_class *to) {
  uint64_t left = (2ull * from->load + 1) * to->weight;
  uint64_t right = 2ull * to->load * from->weight;
  return (uint32_t)((left + from->weight - right - 1) / (2 * (from->weight + to->weight)));
}

// Moves a topic's partitions from its heaviest class to its lightest while that
// improves. Returns whether any moved.
static bool level(uint32_t place) {
  uint32_t first = shares.topic_first[place];
  uint32_t end = shares.topic_first[place + 1];
  bool moved = false;
  while (end - first > 1 && shares.work < SHARE_WORK_MAX) {
    share *from = NULL;
    share *to = NULL;
    for (uint32_t i = first; i < end; i++) {
      share *s = &shares.shares[shares.by_topic[i]];
      if (s->given && (!from || lighter(from, s))) from = s;
      if (!to || lighter(s, to)) to = s;
    }
    shares.work += end - first;
    if (!from) break;
    member_class *heavy = &shares.classes[from->class_number];
    member_class *light = &shares.classes[to->class_number];
    if (!share_improves(heavy, light)) break;
    uint32_t amount = improving_moves(heavy, light);
    if (amount > from->given) amount = from->given;
    from->given -= amount;
    heavy->load -= amount;
    to->given += amount;
    light->load += amount;
    moved = true;
  }
  return moved;
}

static int fewer_classes(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a;
  uint32_t y = *(const uint32_t *)b;
  uint32_t left = shares.topic_first[x + 1] - shares.topic_first[x];
  uint32_t right = shares.topic_first[y + 1] - shares.topic_first[y];
  return left != right ? left < right : x < y;
}

void share_balance(void) {
  static uint32_t order[MAX_TOPICS];
  for (uint32_t t = 0; t < topics.count; t++) order[t] = t;
  // Topics that few can work on have the least choice, so they come first.
  order_sort(order, topics.count, sizeof *order, fewer_classes);
  for (uint32_t t = 0; t < topics.count; t++) give_free(order[t]);
  bool moved = shares.class_count > 1;
  while (moved && shares.work < SHARE_WORK_MAX) {
    moved = false;
    for (uint32_t t = 0; t < topics.count; t++) moved |= level(order[t]);
  }
  if (shares.class_count > 1) share_chains();
}
