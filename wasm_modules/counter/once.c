#include "once.h"

#include <stddef.h>

#include "../abi/interlock.h"
#include "../runtime/heap.h"
#include "../runtime/map.h"
#include "../runtime/memory.h"

// All ids live equally long, so the order of adding is the order of forgetting.
static struct {
  map known;
  once_id *oldest;
  once_id *newest;
  timer timer;  // set while there is a place for it: at the oldest's due, or NEVER
} once;

static bool equals(const void *value, const void *key, size_t key_len) {
  const once_id *id = value;
  return id->size == key_len && memcmp(id->bytes, key, key_len) == 0;
}

void once_init(uint32_t timer_kind) {
  once.timer.kind = timer_kind;
  once.known.equals = equals;
}

uint32_t once_count(void) { return once.known.count; }
const once_id *once_oldest(void) { return once.oldest; }
bool once_known(codec_view id) { return map_get(&once.known, id.data, id.size) != NULL; }

static void set_timer(void) { timer_set(&once.timer, once.oldest ? once.oldest->due : INTERLOCK_NEVER); }

once_id *once_add(codec_view text, int64_t due) {
  if (once.known.count >= ONCE_MAX) return NULL;
  if (!once.timer.place && !timer_set(&once.timer, INTERLOCK_NEVER)) return NULL;
  once_id *id = heap_alloc(sizeof(once_id) + text.size);
  if (!id) return NULL;
  *id = (once_id){.previous = once.newest, .due = due, .size = text.size};
  __builtin_memcpy(id->bytes, text.data, text.size);
  if (!map_put(&once.known, id->bytes, id->size, id)) {
    heap_free(id);
    return NULL;
  }
  if (once.newest) {
    once.newest->next = id;
    once.newest = id;
  } else {
    once.oldest = once.newest = id;
    set_timer();
  }
  return id;
}

static void forget(once_id *id) {
  map_take(&once.known, id->bytes, id->size);
  *(id->previous ? &id->previous->next : &once.oldest) = id->next;
  *(id->next ? &id->next->previous : &once.newest) = id->previous;
  heap_free(id);
}

void once_take_back(once_id *id) {
  forget(id);
  set_timer();
}

void once_expire(int64_t now) {
  for (uint32_t part = 0; part < ONCE_PART; part++) {
    if (!once.oldest || once.oldest->due > now) break;
    forget(once.oldest);
  }
  // The timer was just taken, so there is a place for it.
  set_timer();
  if (once.timer.due <= now) timer_set(&once.timer, now + 1);
}
