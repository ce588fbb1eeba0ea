// A hash map from byte strings to pointers: open addressing with linear
// probing and backward-shift deletion, so it needs no tombstones. Hashing is
// keyed by nothing: hosts must agree byte for byte. The table doubles at
// three quarters full and moves a part at each put, so no call takes longer the
// more entries there are. Iteration order is not part of any reply: sort first.
#ifndef RUNTIME_MAP_H
#define RUNTIME_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint64_t hash;
  void *value;  // NULL: the slot is free
} map_slot;

// Tells whether `value`, an entry of the map, has this key.
typedef bool (*map_equals)(const void *value, const void *key, size_t key_len);

typedef struct {
  map_slot *slots;  // NULL until the first put
  uint32_t mask;    // number of slots - 1
  uint32_t count;
  map_equals equals;
  map_slot *old;      // the table before it doubled, until all of it has moved; or NULL
  uint32_t old_mask;
  uint32_t moved;     // old[0 .. moved) holds nothing any more
} map;

// FNV-1a over the bytes, then a 64-bit finalizer (splitmix64's).
uint64_t map_hash(const void *bytes, size_t len);

void *map_get(const map *m, const void *key, size_t key_len);

// Makes sure that `more` puts cannot fail; false if memory is used up. Takes
// longer the more entries there are only where `more` doubles the table before
// the last doubling's part moves are done.
bool map_reserve(map *m, uint32_t more);

// Adds an entry whose key is not in the map; the map keeps the pointer. False
// if the table had to grow and could not.
bool map_put(map *m, const void *key, size_t key_len, void *value);

// Removes and returns the entry with this key, or NULL.
void *map_take(map *m, const void *key, size_t key_len);

// The next entry at or after slot *at (start with 0), or NULL at the end. The
// map must not change in between.
void *map_next(const map *m, uint32_t *at);

// Frees the table, not the entries.
void map_clear(map *m);

// The same map keyed by a 64-bit number: call ids, receipts.
void *map_get_u64(const map *m, uint64_t key);
bool map_put_u64(map *m, uint64_t key, void *value);
void *map_take_u64(map *m, uint64_t key);

#endif
