// Loads are balanced by the least sum of load^2 / weight, a separable convex
// cost: a state that no move along a path improves is optimal (N. Harvey, R.
// Ladner, L. Lovasz and T. Tamir, "Semi-matchings for bipartite graphs and load
// balancing", 2006, for the weights that are equal). Starting from what is held
// keeps moves few, as in Kafka's sticky assignor (KIP-54).
#include "share.h"

#include <stddef.h>

#include "order.h"

// What sorting a share is worth in looks.
#define SORT_WORK 4

share_table shares;

// For each class its share of the topic looked at last, among what earlier
// looks left: an entry counts only if the share says the same.
static struct {
  uint32_t place;
  uint32_t at[MAX_MEMBERS];
} look;

void share_look_at(uint32_t place) {
  look.place = place;
  for (uint32_t i = shares.topic_first[place]; i < shares.topic_first[place + 1]; i++) {
    look.at[shares.shares[shares.by_topic[i]].class_number] = shares.by_topic[i];
  }
}

share *share_of(uint32_t class_number) {
  uint32_t at = look.at[class_number];
  share *s = &shares.shares[at];
  return at < shares.share_count && s->class_number == class_number && s->place == look.place ? s : NULL;
}

static uint32_t class_of(const subscription *wants) {
  for (uint32_t i = 0; i < shares.class_count; i++) {
    const member_class *c = &shares.classes[i];
    if (c->topics_hash == wants->topics_hash && subscription_same_topics(c->wants, wants)) return i;
  }
  member_class *c = &shares.classes[shares.class_count];
  *c = (member_class){.wants = wants, .topics_hash = wants->topics_hash, .first_share = shares.share_count};
  for (uint32_t i = 0; i < wants->count; i++) {
    uint32_t place = wants->interests[i].topic->place;
    shares.shares[shares.share_count++] = (share){.class_number = shares.class_count, .place = place};
  }
  return shares.class_count++;
}

static void add_member(member_class *c, uint32_t weight) {
  bool even = !c->member_count || (c->parts == c->member_count && c->part_weight == weight);
  c->weight += weight;
  c->member_count++;
  c->parts = even ? c->member_count : 1;
  c->part_weight = even ? weight : c->weight;
}

static void sort_members_into_classes(void) {
  for (uint32_t i = 0; i < members.count; i++) {
    member *m = members.at[i];
    bool same = i && members.at[i - 1]->wants == m->wants;
    m->class_number = same ? members.at[i - 1]->class_number : class_of(m->wants);
    m->keeps = 0;
    add_member(&shares.classes[m->class_number], m->weight);
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
  for (uint32_t i = 0; i < shares.share_count; i++) first[shares.shares[i].place]++;
  for (uint32_t t = 1; t <= topics.count; t++) first[t] += first[t - 1];
  // Filled from behind, so that each topic's classes stand in their order.
  for (uint32_t i = shares.share_count; i-- > 0;) shares.by_topic[--first[shares.shares[i].place]] = i;
}

static void keep_held(topic *t) {
  share_look_at(t->place);
  for (uint32_t i = 0; i < t->entries; i++) {
    partition *p = &t->partitions[i];
    share *s = p->holder && i < t->size ? share_of(p->holder->class_number) : NULL;
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
  for (uint32_t i = 0; i < shares.class_count; i++) {
    share_set_load(&shares.classes[i], shares.classes[i].load);
  }
}

static bool lighter(const share *a, const share *b) {
  return share_lighter(&shares.classes[a->class_number], &shares.classes[b->class_number]);
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
    member_class *c = &shares.classes[heap[0]->class_number];
    share_set_load(c, c->load + 1);
    sink(0, count);
  }
}

// The shares of one topic, the lightest class first.
typedef struct {
  share *at[MAX_MEMBERS];
  uint32_t count;
  uint64_t load;    // of their classes together
  uint64_t weight;
} topic_shares;

static int lighter_share(const void *a, const void *b) { return lighter(*(share *const *)a, *(share *const *)b); }

static void sort_shares(topic_shares *sorted, uint32_t place) {
  uint32_t first = shares.topic_first[place];
  *sorted = (topic_shares){.count = shares.topic_first[place + 1] - first};
  for (uint32_t i = 0; i < sorted->count; i++) {
    sorted->at[i] = &shares.shares[shares.by_topic[first + i]];
    sorted->load += shares.classes[sorted->at[i]->class_number].load;
    sorted->weight += shares.classes[sorted->at[i]->class_number].weight;
  }
  order_sort(sorted->at, sorted->count, sizeof(share *), lighter_share);
  shares.work += SORT_WORK * sorted->count;
}

// How many partitions may go at once: until the giver is down to the mean load,
// or the taker up to it, but one in any case.
static uint32_t amount(const topic_shares *all, const share *giver, const share *taker) {
  const member_class *from = &shares.classes[giver->class_number];
  const member_class *to = &shares.classes[taker->class_number];
  int64_t over = (int64_t)from->load - (int64_t)((all->load * from->weight + all->weight - 1) / all->weight);
  int64_t under = (int64_t)(all->load * to->weight / all->weight) - (int64_t)to->load;
  int64_t least = over < under ? over : under;
  return least > 1 ? (uint32_t)least : 1;
}

// Whether the topic's heaviest class could give to its lightest.
static bool is_uneven(uint32_t place) {
  share *heavy = NULL;
  share *light = NULL;
  uint32_t end = shares.topic_first[place + 1];
  for (uint32_t i = shares.topic_first[place]; i < end; i++) {
    share *s = &shares.shares[shares.by_topic[i]];
    if (s->given && (!heavy || lighter(heavy, s))) heavy = s;
    if (!light || lighter(s, light)) light = s;
  }
  shares.work += end - shares.topic_first[place];
  return heavy && share_improves(&shares.classes[heavy->class_number], &shares.classes[light->class_number]);
}

// Moves partitions, `most` of them, while each improves. Returns whether any did.
static bool move(share *from, share *to, uint32_t most) {
  member_class *giver = &shares.classes[from->class_number];
  member_class *taker = &shares.classes[to->class_number];
  uint32_t count = 0;
  for (; count < most && from->given && share_improves(giver, taker); count++) {
    from->given--;
    share_set_load(giver, giver->load - 1);
    to->given++;
    share_set_load(taker, taker->load + 1);
  }
  return count;
}

// Moves a topic's partitions from its heavy classes to its light ones while
// that improves: the heaviest gives to the lightest, the second heaviest to the
// second lightest, and so on. Returns whether any moved.
static bool level(uint32_t place) {
  static topic_shares sorted;
  bool moved = false;
  while (shares.work < SHARE_WORK_MAX && is_uneven(place)) {
    sort_shares(&sorted, place);
    uint32_t light = 0;
    for (uint32_t heavy = sorted.count; heavy-- > light + 1;) {
      share *from = sorted.at[heavy];
      share *to = sorted.at[light];
      if (!from->given) continue;
      if (!move(from, to, amount(&sorted, from, to))) break;
      light++;
      moved = true;
    }
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
