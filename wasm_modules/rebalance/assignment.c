#include "assignment.h"

#include <stddef.h>

#include "share.h"

typedef void (*visit)(partition *p, share *s);

// Visits each partition that has a target, in the order of spots.
static void each_kept(visit visit) {
  for (uint32_t place = 0; place < topics.count; place++) {
    topic *t = topics.at[place];
    share_look_at(place);
    for (uint32_t i = 0; i < t->size; i++) {
      partition *p = &t->partitions[i];
      if (p->target) visit(p, share_of(p->target->class_number));
    }
  }
}

static void lose(partition *p, share *s) {
  p->target->keeps--;
  p->target = NULL;
  s->keeps--;
}

// Where both the member and its class have too many, one loss mends both.
static void lose_twice_too_many(partition *p, share *s) {
  if (s->keeps > s->given && p->target->keeps > p->target->quota) lose(p, s);
}

// A member with `had` partitions and a smaller quota loses them evenly spread
// over what it holds (as J. Bresenham's line spreads its steps), so that the
// one that gets them gets a mix of topics.
static void lose_over_quota(partition *p, share *s) {
  member *m = p->target;
  if (m->had <= m->quota) return;
  uint64_t at = m->seen++;
  if ((at + 1) * m->quota / m->had == at * m->quota / m->had) lose(p, s);
}

static void lose_over_share(partition *p, share *s) {
  if (s->keeps > s->given) lose(p, s);
}

static void take_back(void) {
  if (shares.class_count > 1) each_kept(lose_twice_too_many);
  for (uint32_t i = 0; i < members.count; i++) {
    members.at[i]->had = members.at[i]->keeps;
    members.at[i]->seen = 0;
  }
  each_kept(lose_over_quota);
  if (shares.class_count > 1) each_kept(lose_over_share);
}

// Ties the members of a class that lack partitions into a ring, by name.
static void make_ring(member_class *c) {
  c->last_served = NULL;
  member *first = NULL;
  for (uint32_t i = 0; i < c->member_count; i++) {
    member *m = shares.class_members[c->first_member + i];
    if (m->keeps >= m->quota) continue;
    if (c->last_served) {
      c->last_served->next = m;
    } else {
      first = m;
    }
    c->last_served = m;
  }
  if (first) c->last_served->next = first;
}

// The members of a ring are served in turn, so each gets a mix of topics; one
// that has its quota leaves the ring.
static member *serve_next(member_class *c) {
  member *m = c->last_served->next;
  if (++m->keeps < m->quota) {
    c->last_served = m;
  } else {
    c->last_served->next = m->next;
  }
  return m;
}

static void give_out(const topic *t) {
  uint32_t at = 0;
  for (uint32_t i = shares.topic_first[t->place]; i < shares.topic_first[t->place + 1]; i++) {
    share *s = &shares.shares[shares.by_topic[i]];
    for (; s->keeps < s->given; s->keeps++) {
      while (t->partitions[at].target) at++;
      t->partitions[at].target = serve_next(&shares.classes[s->class_number]);
    }
  }
}

void assignment_make(void) {
  share_begin();
  share_balance();
  for (uint32_t i = 0; i < shares.class_count; i++) share_set_quotas(&shares.classes[i]);
  take_back();
  for (uint32_t i = 0; i < shares.class_count; i++) make_ring(&shares.classes[i]);
  for (uint32_t place = 0; place < topics.count; place++) give_out(topics.at[place]);
}

static void apply(partition *p, assignment_outcome *outcome) {
  if (p->holder && p->holder != p->target) {
    bool before = p->revoking && p->last == p->holder->key;
    outcome->revoked += !before;
    outcome->pending++;
    p->revoking = true;
  } else {
    p->holder = p->target;
    p->revoking = false;
    outcome->moves += p->holder && p->last && p->last != p->holder->key;
  }
  p->last = p->holder ? p->holder->key : 0;
  if (p->holder) p->holder->held_count++;
}

// Sorts what is held by member, and by spot for each: counted by apply.
static void list_held(void) {
  uint32_t first = 0;
  for (uint32_t i = 0; i < members.count; i++) {
    members.at[i]->held_first = first;
    first += members.at[i]->held_count;
    members.at[i]->held_count = 0;
  }
  for (uint32_t place = 0; place < topics.count; place++) {
    topic *t = topics.at[place];
    for (uint32_t i = 0; i < t->entries; i++) {
      member *m = t->partitions[i].holder;
      if (m) held[m->held_first + m->held_count++] = (spot){t, i};
    }
  }
}

assignment_outcome assignment_apply(void) {
  assignment_outcome outcome = {0};
  for (uint32_t i = 0; i < members.count; i++) members.at[i]->held_count = 0;
  for (uint32_t place = 0; place < topics.count; place++) {
    topic *t = topics.at[place];
    for (uint32_t i = 0; i < t->entries; i++) apply(&t->partitions[i], &outcome);
  }
  list_held();
  return outcome;
}
