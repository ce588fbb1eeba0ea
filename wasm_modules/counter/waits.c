#include "waits.h"

#include <stddef.h>

#include "../runtime/heap.h"
#include "../runtime/map.h"
#include "../runtime/memory.h"
#include "../runtime/outbox.h"
#include "../runtime/pace.h"
#include "gen/counter.h"
#include "keys.h"

struct watch;

typedef struct waiter {
  struct waiter *next;  // in its watch; once woken its children in the heap of those
  struct waiter *previous;
  struct waiter *older;  // in order of calls, of all keys
  struct waiter *newer;
  struct watch *watch;  // NULL once it is woken
  uint64_t call;
  uint32_t rank;  // once woken: see meld
  bool gone;      // once woken: cancelled, and only in the heap still
  value_range range;
  int64_t value;  // once woken: what it is told
  timer timer;    // not set once woken
} waiter;

typedef struct ring {
  struct ring *next;
  struct ring *previous;
} ring;

// The waiters of one key, in order of their calls.
typedef struct watch {
  ring ring;  // first, so that a ring's address is its watch's; in waits.quiet or waits.changed
  waiter *first;
  waiter *last;
  waiter *at;   // while they are looked at: the next one
  bool begun;   // whether they are being looked at
  // At the last look the value was in no waiter's range. Of those whose range
  // lay above it `rise` is the least at_least, of those below it `fall` is the
  // greatest at_most: a value between the two is still in none, and an entry
  // that leaves one looks at no waiter. One that was cancelled may still count.
  int64_t rise;
  int64_t fall;
  uint32_t size;
  uint8_t key[];
} watch;

static struct {
  map by_call;  // waiters, the woken ones included
  map by_key;   // watches
  waiter *oldest;
  waiter *newest;
  ring quiet;     // watches whose value is what it was at their last look
  ring changed;   // the others; only the first may be begun
  waiter *woken;  // a heap, the earliest call first
  uint32_t timer_kind;
} waits;

static void ring_init(ring *head) { *head = (ring){head, head}; }

static void ring_take(ring *one) {
  one->previous->next = one->next;
  one->next->previous = one->previous;
}

static void ring_put(ring *head, ring *one) {
  *one = (ring){head, head->previous};
  head->previous->next = one;
  head->previous = one;
}

static bool key_equals(const void *value, const void *key, size_t key_len) {
  const watch *w = value;
  return w->size == key_len && memcmp(w->key, key, key_len) == 0;
}

void waits_init(uint32_t timer_kind) {
  waits.timer_kind = timer_kind;
  waits.by_key.equals = key_equals;
  ring_init(&waits.quiet);
  ring_init(&waits.changed);
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
  if (!map_put(&waits.by_key, w->key, w->size, w)) {
    heap_free(w);
    return NULL;
  }
  ring_put(&waits.quiet, &w->ring);
  return w;
}

static void drop_if_unused(watch *w) {
  if (w->first) return;
  ring_take(&w->ring);
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
  if (w->at == one) w->at = one->next;
  *(one->previous ? &one->previous->next : &w->first) = one->next;
  *(one->next ? &one->next->previous : &w->last) = one->previous;
}

static void enlist(waiter *one) {
  one->older = waits.newest;
  *(waits.newest ? &waits.newest->newer : &waits.oldest) = one;
  waits.newest = one;
}

static void forget(waiter *one) {
  *(one->older ? &one->older->newer : &waits.oldest) = one->newer;
  *(one->newer ? &one->newer->older : &waits.newest) = one->older;
  map_take_u64(&waits.by_call, one->call);
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

void waits_changed(const uint8_t *key, uint32_t size) {
  if (!waits.by_key.count) return;
  watch *w = map_get(&waits.by_key, key, size);
  if (!w) return;
  w->begun = false;
  ring_take(&w->ring);
  ring_put(&waits.changed, &w->ring);
}

void waits_changed_all(void) {
  ring *quiet = &waits.quiet, *changed = &waits.changed;
  if (changed->next != changed) ((watch *)changed->next)->begun = false;
  if (quiet->next == quiet) return;
  quiet->next->previous = changed->previous;
  changed->previous->next = quiet->next;
  quiet->previous->next = changed;
  changed->previous = quiet->previous;
  ring_init(quiet);
}

// The woken waiters are a leftist heap (Crane, "Linear lists and priority
// queues as balanced binary trees", 1972): to meld two takes a number of steps
// that is logarithmic even at worst. `next` is the child of the higher rank.
static uint32_t rank_of(const waiter *one) { return one ? one->rank : 0; }

static waiter *meld(waiter *a, waiter *b) {
  if (!a || !b) return a ? a : b;
  if (b->call < a->call) {
    waiter *later = a;
    a = b;
    b = later;
  }
  waiter *melded = meld(a->previous, b);
  if (rank_of(melded) > rank_of(a->next)) {
    a->previous = a->next;
    a->next = melded;
  } else {
    a->previous = melded;
  }
  a->rank = rank_of(a->previous) + 1;
  return a;
}

static void wake(waiter *one, int64_t value) {
  unlink(one);
  timer_cancel(&one->timer);
  one->watch = NULL;
  one->value = value;
  one->next = one->previous = NULL;
  one->rank = 1;
  waits.woken = meld(waits.woken, one);
}

// To look up a key of so many bytes takes a step more.
#define LONG_KEY 256u

// Looks at the waiters of a watch, as far as this entry goes; whether at all.
static bool look(watch *w) {
  int64_t value = value_of(w);
  pace_spend(1 + w->size / LONG_KEY);
  if (!w->begun) {
    if (w->fall < value && value < w->rise) return true;
    w->begun = true;
    w->at = w->first;
    w->rise = INT64_MAX;
    w->fall = INT64_MIN;
  }
  while (w->at && pace_goes_on()) {
    waiter *one = w->at;
    w->at = one->next;
    pace_spend(1);
    if (range_holds(one->range, value))
      wake(one, value);
    else
      bound(w, one->range, value);
  }
  return !w->at;
}

static void answer(const waiter *one, bool reached) {
  codec_writer *w = outbox_open(one->call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, WAITS_REPLY_MAX);
  WaitResponse_put_value(w, one->value);
  WaitResponse_put_reached(w, reached);
  outbox_close();
}

// Nobody is answered before all that wake are found: they go in order of calls.
void waits_settle(void) {
  while (waits.changed.next != &waits.changed && pace_goes_on()) {
    watch *w = (watch *)waits.changed.next;
    if (!look(w)) break;
    w->begun = false;
    ring_take(&w->ring);
    ring_put(&waits.quiet, &w->ring);
    drop_if_unused(w);
  }
  if (waits.changed.next != &waits.changed) return;
  while (waits.woken && pace_goes_on() && outbox_has_room(WAITS_REPLY_MAX)) {
    waiter *one = waits.woken;
    waits.woken = meld(one->next, one->previous);
    pace_spend(1);
    if (!one->gone) {
      answer(one, true);
      forget(one);
    }
    heap_free(one);
  }
}

void waits_expire(timer *t) {
  waiter *one = TIMER_OWNER(t, waiter, timer);
  watch *w = one->watch;
  one->value = value_of(w);
  unlink(one);
  drop_if_unused(w);
  answer(one, false);
  forget(one);
  heap_free(one);
}

void waits_cancel(uint64_t call) {
  waiter *one = map_get_u64(&waits.by_call, call);
  if (!one) return;
  forget(one);
  one->gone = !one->watch;
  if (one->gone) return;  // where it is in the heap is not known
  timer_cancel(&one->timer);
  watch *w = one->watch;
  unlink(one);
  drop_if_unused(w);
  heap_free(one);
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
