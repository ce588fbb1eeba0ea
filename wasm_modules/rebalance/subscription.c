#include "subscription.h"

#include "../runtime/heap.h"
#include "../runtime/map.h"

static subscription *subscriptions;
static uint32_t interest_count;

// Topics hash by their names and not by their places, which shift.
static void hash_interests(const interest *interests, uint32_t count, uint64_t *all, uint64_t *only_topics) {
  uint64_t parts[3] = {0, 0, 0};
  uint64_t names[2] = {0, 0};
  for (uint32_t i = 0; i < count; i++) {
    uint64_t name = map_hash(interests[i].topic->name, interests[i].topic->name_size);
    names[1] = parts[1] = name;
    parts[2] = interests[i].partitions;
    names[0] = map_hash(names, sizeof names);
    parts[0] = map_hash(parts, sizeof parts);
  }
  *all = parts[0];
  *only_topics = names[0];
}

static bool same_interests(const subscription *s, const interest *interests, uint32_t count) {
  if (s->count != count) return false;
  for (uint32_t i = 0; i < count; i++) {
    if (s->interests[i].topic != interests[i].topic) return false;
    if (s->interests[i].partitions != interests[i].partitions) return false;
  }
  return true;
}

subscription *subscription_take(const interest *interests, uint32_t count) {
  uint64_t hash;
  uint64_t topics_hash;
  hash_interests(interests, count, &hash, &topics_hash);
  for (subscription *s = subscriptions; s; s = s->next) {
    if (s->hash == hash && same_interests(s, interests, count)) {
      s->members++;
      return s;
    }
  }
  subscription *s = heap_zalloc(sizeof *s + count * sizeof *interests);
  if (!s) return NULL;
  *s = (subscription){.next = subscriptions, .hash = hash, .topics_hash = topics_hash, .members = 1, .count = count};
  for (uint32_t i = 0; i < count; i++) s->interests[i] = interests[i];
  subscriptions = s;
  interest_count += count;
  return s;
}

void subscription_drop(subscription *s) {
  if (!s || --s->members) return;
  subscription **link = &subscriptions;
  while (*link != s) link = &(*link)->next;
  *link = s->next;
  interest_count -= s->count;
  heap_free(s);
}

bool subscription_same_topics(const subscription *a, const subscription *b) {
  if (a == b) return true;
  if (a->count != b->count) return false;
  for (uint32_t i = 0; i < a->count; i++) {
    if (a->interests[i].topic != b->interests[i].topic) return false;
  }
  return true;
}

uint32_t subscription_size_topics(const subscription *except) {
  for (uint32_t i = 0; i < topics.count; i++) topics.at[i]->size = 0;
  uint32_t total = 0;
  for (const subscription *s = subscriptions; s; s = s->next) {
    if (s == except && s->members == 1) continue;
    for (uint32_t i = 0; i < s->count; i++) {
      topic *t = s->interests[i].topic;
      uint32_t partitions = s->interests[i].partitions;
      if (partitions <= t->size) continue;
      total += partitions - t->size;
      t->size = partitions;
    }
  }
  return total;
}

void subscription_mark_topics(void) {
  for (const subscription *s = subscriptions; s; s = s->next) {
    for (uint32_t i = 0; i < s->count; i++) s->interests[i].topic->mark = 1;
  }
}

uint32_t subscription_interests(void) { return interest_count; }
