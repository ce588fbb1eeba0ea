#include "dedupe.h"

#include <stddef.h>

#include "../runtime/heap.h"
#include "../runtime/map.h"
#include "../runtime/memory.h"
#include "item.h"

typedef struct known {
  struct known *older;
  struct known *newer;
  int64_t expiry;
  uint8_t id_size;
  uint8_t id[];
} known;

// In order of expiry, which is the order of remembering. One timer serves all:
// it is set for the oldest.
static struct {
  map by_id;
  known *oldest;
  known *newest;
  uint32_t bytes;
  timer timer;
} ids;

static bool known_equals(const void *value, const void *key, size_t key_len) {
  const known *k = value;
  return k->id_size == key_len && memcmp(k->id, key, key_len) == 0;
}

bool dedupe_knows(codec_view id) {
  if (!ids.by_id.count) return false;
  return map_get(&ids.by_id, id.data, id.size) != NULL;
}

static void unlink(known *k) {
  *(k->older ? &k->older->newer : &ids.oldest) = k->newer;
  *(k->newer ? &k->newer->older : &ids.newest) = k->older;
}

static void forget(known *k) {
  unlink(k);
  map_take(&ids.by_id, k->id, k->id_size);
  ids.bytes -= (uint32_t)sizeof(known) + k->id_size;
  heap_free(k);
}

bool dedupe_remember(codec_view id, int64_t expiry) {
  uint32_t size = (uint32_t)sizeof(known) + id.size;
  if (size > DEDUPE_BYTES_MAX - ids.bytes) return false;
  ids.by_id.equals = known_equals;
  known *k = heap_alloc(size);
  if (!k) return false;
  *k = (known){.older = ids.newest, .expiry = expiry, .id_size = (uint8_t)id.size};
  __builtin_memcpy(k->id, id.data, id.size);
  ids.timer.kind = TIMER_DEDUPE;
  if ((!ids.oldest && !timer_set(&ids.timer, expiry)) || !map_put(&ids.by_id, k->id, k->id_size, k)) {
    if (!ids.oldest) timer_cancel(&ids.timer);
    heap_free(k);
    return false;
  }
  *(ids.newest ? &ids.newest->newer : &ids.oldest) = k;
  ids.newest = k;
  ids.bytes += size;
  return true;
}

void dedupe_take_back(void) {
  forget(ids.newest);
  if (!ids.oldest) timer_cancel(&ids.timer);
}

void dedupe_expire(void) {
  forget(ids.oldest);
  // The table has room for it: this timer has just left it.
  if (ids.oldest) timer_set(&ids.timer, ids.oldest->expiry);
}
