#include "waits.h"

#include <stddef.h>

#include "../runtime/heap.h"
#include "../runtime/map.h"
#include "../runtime/memory.h"
#include "../runtime/outbox.h"
#include "gen/counter.h"
#include "keys.h"

struct watch;

typedef struct waiter {
  struct waiter *next;  // in its watch, or among those that are woken
  struct waiter *previous;
  struct waiter *older;  // in order of calls, of all keys
  struct waiter *newer;
  struct watch *watch;
  uint64_t call;
  value_range range;
  int64_t value;  // once woken: what it is told
  timer timer;    // not set once woken
} waiter;

// The waiters of one key, in order of their calls.
typedef struct watch {
  waiter *first;
  waiter *last;
  // At the last look the value was in no waiter's range. Of those whose range
  // lay above it `rise` is the least at_least, of those below it `fall` is the
  // greatest at_most: a value between the two is still in none, and an entry
  // that leaves one looks at no waiter. One that was cancelled may still count.
  int64_t rise;
  int64_t fall;
  struct watch *next_changed;
  bool changed;
  uint32_t size;
  uint8_t key[];
} watch;

static struct {
  map by_call;  // waiters, the woken ones included
  map by_key;   // watches
  waiter *oldest;
  waiter *newest;
  watch *changed;
  waiter *woken;  // in order of calls
  uint32_t timer_kind;
} waits;

static bool key_equals(const void *value, const void *key, size_t key_len) {
  const watch *w = value;
  return w->size == key_len && memcmp(w->key, key, key_len) == 0;
}

void waits_init(uint32_t timer_kind) {
  waits.timer_kind = timer_kind;
  waits.by_key.equals = key_equals;
}

uint32_t waits_count(void) { return waits.by_call.count; }

static int64_t value_of(const watch *w) {
  cell_key key = key_of((codec_view){w->key, w->size});
  return keys_value(&key);
}

static watch *watch_of(const cell_key *key) {
  watch *w = map_get(&waits.by_key, key->data, key->size);
  if (w) return w;
  w = heap_zalloc(sizeof(watch) + key->size);
  if (!w) return NULL;
  w->rise = INT64_MAX;
  w->fall = INT64_MIN;
  w->size = key->size;
  __builtin_memcpy(w->key, key->data, key->size);
  if (map_put(&waits.by_key, w->key, w->size, w)) return w;
  heap_free(w);
  return NULL;
}

static void drop_if_unused(watch *w) {
  if (w->first) return;
  map_take(&waits.by_key, w->key, w->size);
  heap_free(w);
}

static void append(watch *w, waiter *one) {
  one->watch = w;
  one->next = NULL;
  one->previous = w->last;
  *(w->last ? &w->last->next : &w->first) = one;
  w->last = one;
}

static void unlink(waiter *one) {
  watch *w = one->watch;
  *(one->previous ? &one->previous->next : &w->first) = one->next;
  *(one->next ? &one->next->previous : &w->last) = one->previous;
}

static void enlist(waiter *one) {
  one->older = waits.newest;
  *(waits.newest ? &waits.newest->newer : &waits.oldest) = one;
  waits.newest = one;
}

// The end of a waiter that is in no watch any more.
static void discard(waiter *one) {
  *(one->older ? &one->older->newer : &waits.oldest) = one->newer;
  *(one->newer ? &one->newer->older : &waits.newest) = one->older;
  map_take_u64(&waits.by_call, one->call);
  heap_free(one);
}

// Keeps what `rise` and `fall` promise for one more waiter.
static void bound(watch *w, value_range range, int64_t value) {
  if (value < range.at_least) {
    if (range.at_least < w->rise) w->rise = range.at_least;
  } else if (range.at_most > w->fall) {
    w->fall = range.at_most;
  }
}

bool waits_park(uint64_t call, const cell_key *key, value_range range, int64_t due) {
  if (!map_reserve(&waits.by_call, 1) || !timer_reserve(1)) return false;
  waiter *one = heap_zalloc(sizeof(waiter));
  if (!one) return false;
  watch *w = watch_of(key);
  if (!w) {
    heap_free(one);
    return false;
  }
  one->call = call;
  one->range = range;
  one->timer.kind = waits.timer_kind;
  append(w, one);
  enlist(one);
  bound(w, range, keys_value(key));
  map_put_u64(&waits.by_call, call, one);
  timer_set(&one->timer, due);
  return true;
}

static void mark(watch *w) {
  if (w->changed) return;
  w->changed = true;
  w->next_changed = waits.changed;
  waits.changed = w;
}

void waits_changed(const uint8_t *key, uint32_t size) {
  if (!waits.by_key.count) return;
  watch *w = map_get(&waits.by_key, key, size);
  if (w) mark(w);
}

void waits_changed_all(void) {
  watch *w;
  for (uint32_t at = 0; (w = map_next(&waits.by_key, &at));) mark(w);
}

// Takes the waiters that the value satisfies off a watch, as a list in order
// of calls.
static waiter *wake(watch *w) {
  int64_t value = value_of(w);
  if (w->fall < value && value < w->rise) return NULL;
  waiter *first = NULL;
  waiter **end = &first;
  w->rise = INT64_MAX;
  w->fall = INT64_MIN;
  for (waiter *one = w->first, *next; one; one = next) {
    next = one->next;
    if (!range_holds(one->range, value)) {
      bound(w, one->range, value);
      continue;
    }
    unlink(one);
    timer_cancel(&one->timer);
    one->value = value;
    one->next = NULL;
    *end = one;
    end = &one->next;
  }
  return first;
}

static waiter *merge(waiter *a, waiter *b) {
  waiter *first = NULL;
  waiter **end = &first;
  while (a && b) {
    waiter **lower = a->call < b->call ? &a : &b;
    *end = *lower;
    end = &(*lower)->next;
    *lower = (*lower)->next;
  }
  *end = a ? a : b;
  return first;
}

// Wakes the waiters of all watches that changed. A bottom-up merge sort: runs[i]
// is empty or made of 2^i watches' lists, so n waiters take n log(watches) steps.
static waiter *wake_changed(void) {
  waiter *runs[32] = {0};
  while (waits.changed) {
    watch *w = waits.changed;
    waits.changed = w->next_changed;
    w->changed = false;
    waiter *run = wake(w);
    drop_if_unused(w);
    uint32_t i = 0;
    for (; run && runs[i]; i++) {
      run = merge(runs[i], run);
      runs[i] = NULL;
    }
    if (run) runs[i] = run;
  }
  waiter *all = NULL;
  for (uint32_t i = 0; i < 32; i++) all = merge(all, runs[i]);
  return all;
}

static void answer(waiter *one, bool reached) {
  codec_writer *w = outbox_open(one->call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, WAITS_REPLY_MAX);
  WaitResponse_put_value(w, one->value);
  WaitResponse_put_reached(w, reached);
  outbox_close();
  discard(one);
}

void waits_settle(void) {
  if (waits.changed) waits.woken = merge(waits.woken, wake_changed());
  while (waits.woken && outbox_has_room(WAITS_REPLY_MAX)) {
    waiter *one = waits.woken;
    waits.woken = one->next;
    answer(one, true);
  }
}

void waits_expire(timer *t) {
  waiter *one = TIMER_OWNER(t, waiter, timer);
  watch *w = one->watch;
  one->value = value_of(w);
  unlink(one);
  drop_if_unused(w);
  answer(one, false);
}

// A call that is woken but found no room yet is not in a watch any more.
static bool take_woken(waiter *one) {
  waiter **link = &waits.woken;
  while (*link && *link != one) link = &(*link)->next;
  if (!*link) return false;
  *link = one->next;
  return true;
}

void waits_cancel(uint64_t call) {
  waiter *one = map_get_u64(&waits.by_call, call);
  if (!one) return;
  timer_cancel(&one->timer);
  if (!take_woken(one)) {
    unlink(one);
    drop_if_unused(one->watch);
  }
  discard(one);
}

bool waits_next(waits_cursor *at, waits_parked *out) {
  const waiter *one = at->next ? at->next : waits.oldest;
  if (at->through || !one) return false;
  at->next = one->newer;
  at->through = !one->newer;
  *out = (waits_parked){
      .call = one->call,
      .key = {one->watch->key, one->watch->size},
      .range = one->range,
      .due = one->timer.due,
  };
  return true;
}
