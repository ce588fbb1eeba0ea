#include "topic.h"

#include "../runtime/heap.h"
#include "name.h"
#include "order.h"

topic_table topics;

static int before(const void *a, const void *b) { return spot_before(*(const spot *)a, *(const spot *)b); }

uint32_t spot_sort(spot *spots, uint32_t count) {
  // A repeated spot ties with itself, which is harmless: either may go.
  order_sort(spots, count, sizeof *spots, before);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!kept || !spot_same(spots[kept - 1], spots[i])) spots[kept++] = spots[i];
  }
  return kept;
}

// The place of the first topic whose name is not before `name`.
static uint32_t lower_bound(codec_view name) {
  uint32_t from = 0;
  uint32_t to = topics.count;
  while (from < to) {
    uint32_t middle = (from + to) / 2;
    if (name_compare(topic_name(topics.at[middle]), name) < 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

topic *topic_find(codec_view name) {
  uint32_t place = lower_bound(name);
  if (place == topics.count) return NULL;
  topic *t = topics.at[place];
  return name_compare(topic_name(t), name) == 0 ? t : NULL;
}

static void number_places(uint32_t from) {
  for (uint32_t i = from; i < topics.count; i++) topics.at[i]->place = i;
}

topic *topic_add(codec_view name) {
  topic *t = topic_find(name);
  if (t || topics.count == MAX_TOPICS) return t;
  t = heap_zalloc(sizeof *t + name.size);
  if (!t) return NULL;
  t->name_size = name.size;
  __builtin_memcpy(t->name, name.data, name.size);
  uint32_t place = lower_bound(name);
  __builtin_memmove(&topics.at[place + 1], &topics.at[place], (topics.count - place) * sizeof(topic *));
  topics.at[place] = t;
  topics.count++;
  number_places(place);
  return t;
}

bool topic_reserve(topic *t, uint32_t size) {
  if (size <= t->entries) return true;
  partition *grown = heap_resize(t->partitions, size * sizeof *grown);
  if (!grown) return false;
  __builtin_memset(grown + t->entries, 0, (size - t->entries) * sizeof *grown);
  topics.entries += size - t->entries;
  t->partitions = grown;
  t->entries = size;
  return true;
}

static void trim(topic *t) {
  uint32_t needed = t->entries;
  while (needed > t->size && !t->partitions[needed - 1].holder) needed--;
  topics.entries -= t->entries - needed;
  t->entries = needed;
}

void topic_trim_all(void) {
  for (uint32_t i = 0; i < topics.count; i++) trim(topics.at[i]);
}

void topic_sweep(void) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < topics.count; i++) {
    topic *t = topics.at[i];
    if (t->mark) {
      topics.at[kept++] = t;
      continue;
    }
    topics.entries -= t->entries;
    heap_free(t->partitions);
    heap_free(t);
  }
  topics.count = kept;
  number_places(0);
}
