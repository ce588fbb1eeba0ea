#include "timers.h"

#include <stddef.h>

#include "../abi/interlock.h"
#include "heap.h"

enum { ROOM_MIN = 16 };
// Of timers: half of the largest block of the heap, in pointers.
#define ROOM_MAX (1u << 27)

static struct {
  timer **table;  // table[0 .. count): a binary heap, earliest first
  uint32_t count;
  uint32_t room;
  uint64_t orders;  // given out so far
} timers;

static bool earlier(const timer *a, const timer *b) {
  return a->due != b->due ? a->due < b->due : a->order < b->order;
}

// place is 1-based: parent p/2, children 2p and 2p+1.
static timer *at_place(uint32_t place) { return timers.table[place - 1]; }

static void put_at(uint32_t place, timer *t) {
  timers.table[place - 1] = t;
  t->place = place;
}

static void sift_up(uint32_t place, timer *t) {
  while (place > 1 && earlier(t, at_place(place / 2))) {
    put_at(place, at_place(place / 2));
    place /= 2;
  }
  put_at(place, t);
}

static void sift_down(uint32_t place, timer *t) {
  while (2 * place <= timers.count) {
    uint32_t child = 2 * place;
    if (child < timers.count && earlier(at_place(child + 1), at_place(child))) child++;
    if (!earlier(at_place(child), t)) break;
    put_at(place, at_place(child));
    place = child;
  }
  put_at(place, t);
}

bool timer_reserve(uint32_t more) {
  uint64_t wanted = (uint64_t)timers.count + more;
  if (wanted <= timers.room) return true;
  uint32_t room = timers.room ? timers.room : ROOM_MIN;
  while (room < wanted) {
    if (room >= ROOM_MAX) return false;
    room *= 2;
  }
  timer **table = heap_resize(timers.table, (size_t)room * sizeof(timer *));
  if (!table) return false;
  timers.table = table;
  timers.room = room;
  return true;
}

bool timer_set(timer *t, int64_t due) {
  timer_cancel(t);
  if (!timer_reserve(1)) return false;
  t->due = due;
  t->order = timers.orders++;
  sift_up(++timers.count, t);
  return true;
}

void timer_cancel(timer *t) {
  if (!t->place) return;
  uint32_t place = t->place;
  t->place = 0;
  timer *last = timers.table[--timers.count];
  if (last == t) return;
  if (place > 1 && earlier(last, at_place(place / 2))) {
    sift_up(place, last);
  } else {
    sift_down(place, last);
  }
}

timer *timer_take_due(int64_t now) {
  if (!timers.count || timers.table[0]->due > now) return NULL;
  timer *t = timers.table[0];
  timer_cancel(t);
  return t;
}

int64_t timer_next(void) { return timers.count ? timers.table[0]->due : INTERLOCK_NEVER; }
