#include "map.h"

#include "heap.h"

enum {
  SLOTS_MIN = 8,
  // Slots of the old table that a put moves. Two would be enough to be through
  // before the table doubles again.
  MOVE_PART = 8,
};
// Of slots: 2^26 of 16 bytes are 1 GiB, the largest block of the heap.
#define SLOTS_MAX (1u << 26)

// The value of a slot of the old table whose entry has left: searches go on.
static char left;

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

// Moves up to `part` slots of the old table, and frees it once all have moved.
static void move_part(map *m, uint32_t part) {
  for (; m->old && part > 0; part--) {
    map_slot *slot = &m->old[m->moved];
    if (slot->value && slot->value != &left) insert(m->slots, m->mask, *slot);
    // Free ones stay free: they are what ends a search.
    if (slot->value) slot->value = &left;
    if (m->moved++ < m->old_mask) continue;
    heap_free(m->old);
    m->old = NULL;
  }
}

bool map_reserve(map *m, uint32_t more) {
  uint32_t slots = m->slots ? m->mask + 1 : SLOTS_MIN;
  uint64_t wanted = (uint64_t)m->count + more;
  if (m->slots && wanted <= limit_of(slots)) return true;
  while (wanted > limit_of(slots)) {
    if (slots >= SLOTS_MAX) return false;
    slots *= 2;
  }
  map_slot *table = heap_zalloc((size_t)slots * sizeof(map_slot));
  if (!table) return false;
  move_part(m, UINT32_MAX);
  m->old = m->slots;
  m->old_mask = m->mask;
  m->moved = 0;
  m->slots = table;
  m->mask = slots - 1;
  return true;
}

// The slot of an entry in a table, or NULL. Without `key` the hash is the key:
// mix() is a bijection, so equal hashes of numbers are equal numbers.
static map_slot *find_in(const map *m, map_slot *slots, uint32_t mask, uint64_t hash, const void *key,
                         size_t key_len) {
  for (uint32_t i = (uint32_t)hash & mask; slots[i].value; i = (i + 1) & mask) {
    map_slot *slot = &slots[i];
    if (slot->hash != hash || slot->value == &left) continue;
    if (!key || m->equals(slot->value, key, key_len)) return slot;
  }
  return NULL;
}

static map_slot *find(const map *m, uint64_t hash, const void *key, size_t key_len) {
  map_slot *slot = m->slots ? find_in(m, m->slots, m->mask, hash, key, key_len) : NULL;
  return slot || !m->old ? slot : find_in(m, m->old, m->old_mask, hash, key, key_len);
}

// Frees a slot and moves the entries behind it up, each as far as its own hash
// allows, so that no search meets a gap (Knuth, TAOCP 3, 6.4, algorithm R).
static void *remove_slot(map *m, map_slot *slot) {
  void *value = slot->value;
  m->count--;
  if (m->old && slot >= m->old && slot <= m->old + m->old_mask) {
    slot->value = &left;
    return value;
  }
  uint32_t gap = (uint32_t)(slot - m->slots);
  for (uint32_t i = (gap + 1) & m->mask; m->slots[i].value; i = (i + 1) & m->mask) {
    uint32_t home = (uint32_t)m->slots[i].hash & m->mask;
    if (((i - home) & m->mask) < ((i - gap) & m->mask)) continue;
    m->slots[gap] = m->slots[i];
    gap = i;
  }
  m->slots[gap] = (map_slot){0};
  return value;
}

static bool put(map *m, uint64_t hash, void *value) {
  if (!map_reserve(m, 1)) return false;
  move_part(m, MOVE_PART);
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

// The old table's slots are numbered behind the new one's.
void *map_next(const map *m, uint32_t *at) {
  uint32_t slots = m->slots ? m->mask + 1 : 0;
  uint32_t end = slots + (m->old ? m->old_mask + 1 : 0);
  while (*at < end) {
    uint32_t i = (*at)++;
    void *value = i < slots ? m->slots[i].value : m->old[i - slots].value;
    if (value && value != &left) return value;
  }
  return NULL;
}

void map_clear(map *m) {
  heap_free(m->old);
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
