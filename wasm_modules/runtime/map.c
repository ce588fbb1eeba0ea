#include "map.h"

#include "heap.h"

enum { SLOTS_MIN = 8 };
// Of slots: 2^26 of 16 bytes are 1 GiB, the largest block of the heap.
#define SLOTS_MAX (1u << 26)

// The finalizer of splitmix64 (Steele, Lea and Flood, 2014), a bijection.
static uint64_t mix(uint64_t h) {
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
  return h ^ (h >> 31);
}

uint64_t map_hash(const void *bytes, size_t len) {
  const uint8_t *at = bytes;
  uint64_t h = 0xCBF29CE484222325u;
  for (size_t i = 0; i < len; i++) h = (h ^ at[i]) * 0x100000001B3u;
  return mix(h);
}

static uint32_t limit_of(uint32_t slots) { return slots / 4 * 3; }

// The first free slot from the hash's own on. One is always free, so it ends.
static void insert(map_slot *slots, uint32_t mask, map_slot entry) {
  uint32_t i = (uint32_t)entry.hash & mask;
  while (slots[i].value) i = (i + 1) & mask;
  slots[i] = entry;
}

bool map_reserve(map *m, uint32_t more) {
  uint32_t slots = m->slots ? m->mask + 1 : SLOTS_MIN;
  uint64_t wanted = (uint64_t)m->count + more;
  if (m->slots && wanted <= limit_of(slots)) return true;
  while (wanted > limit_of(slots)) {
    if (slots >= SLOTS_MAX) return false;
    slots *= 2;
  }
  map_slot *moved = heap_zalloc((size_t)slots * sizeof(map_slot));
  if (!moved) return false;
  for (uint32_t i = 0; m->slots && i <= m->mask; i++) {
    if (m->slots[i].value) insert(moved, slots - 1, m->slots[i]);
  }
  heap_free(m->slots);
  m->slots = moved;
  m->mask = slots - 1;
  return true;
}

// The slot of an entry, or NULL. Without `key` the hash is the key: mix() is a
// bijection, so equal hashes of numbers are equal numbers.
static map_slot *find(const map *m, uint64_t hash, const void *key, size_t key_len) {
  if (!m->slots) return NULL;
  for (uint32_t i = (uint32_t)hash & m->mask; m->slots[i].value; i = (i + 1) & m->mask) {
    map_slot *slot = &m->slots[i];
    if (slot->hash == hash && (!key || m->equals(slot->value, key, key_len))) return slot;
  }
  return NULL;
}

// Frees a slot and moves the entries behind it up, each as far as its own hash
// allows, so that no search meets a gap (Knuth, TAOCP 3, 6.4, algorithm R).
static void *remove_slot(map *m, map_slot *slot) {
  void *value = slot->value;
  uint32_t gap = (uint32_t)(slot - m->slots);
  for (uint32_t i = (gap + 1) & m->mask; m->slots[i].value; i = (i + 1) & m->mask) {
    uint32_t home = (uint32_t)m->slots[i].hash & m->mask;
    if (((i - home) & m->mask) < ((i - gap) & m->mask)) continue;
    m->slots[gap] = m->slots[i];
    gap = i;
  }
  m->slots[gap] = (map_slot){0};
  m->count--;
  return value;
}

static bool put(map *m, uint64_t hash, void *value) {
  if (!map_reserve(m, 1)) return false;
  insert(m->slots, m->mask, (map_slot){hash, value});
  m->count++;
  return true;
}

// An empty key may come with a NULL pointer; find() takes NULL for "no key".
static const void *bytes_or_empty(const void *key) { return key ? key : ""; }

void *map_get(const map *m, const void *key, size_t key_len) {
  map_slot *slot = find(m, map_hash(key, key_len), bytes_or_empty(key), key_len);
  return slot ? slot->value : NULL;
}

bool map_put(map *m, const void *key, size_t key_len, void *value) {
  return put(m, map_hash(key, key_len), value);
}

void *map_take(map *m, const void *key, size_t key_len) {
  map_slot *slot = find(m, map_hash(key, key_len), bytes_or_empty(key), key_len);
  return slot ? remove_slot(m, slot) : NULL;
}

void *map_next(const map *m, uint32_t *at) {
  while (m->slots && *at <= m->mask) {
    void *value = m->slots[(*at)++].value;
    if (value) return value;
  }
  return NULL;
}

void map_clear(map *m) {
  heap_free(m->slots);
  *m = (map){.equals = m->equals};
}

void *map_get_u64(const map *m, uint64_t key) {
  map_slot *slot = find(m, mix(key), NULL, 0);
  return slot ? slot->value : NULL;
}

bool map_put_u64(map *m, uint64_t key, void *value) { return put(m, mix(key), value); }

void *map_take_u64(map *m, uint64_t key) {
  map_slot *slot = find(m, mix(key), NULL, 0);
  return slot ? remove_slot(m, slot) : NULL;
}
