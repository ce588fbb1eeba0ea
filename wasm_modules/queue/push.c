#include "push.h"

#include "../runtime/heap.h"
#include "../runtime/outbox.h"
#include "../runtime/pace.h"
#include "batch.h"
#include "dedupe.h"
#include "delivery.h"
#include "refusal.h"
#include "serve.h"
#include "settings.h"
#include "stock.h"

// The most that a PushResponse takes: two uint32 and a uint64 with their tags.
#define PUSH_ANSWER_MAX 24u

enum admission { ADMITTED, ADMISSION_FULL, ADMISSION_NO_MEMORY };

// Makes room for an item: consumers that wait take what is there, and if the
// queue drops, the oldest goes. False if there is no more to be made.
static bool make_room(uint32_t charge, int64_t now) {
  if (serve_consumers(now)) return true;
  if (settings_now()->overflow != OVERFLOW_DROP_OLDEST) return false;
  return stock_could_fit(charge) && stock_drop_oldest();
}

static bool add(push_progress *p, const Item *m, int64_t now) {
  ring_item i = {
      .id = m->id.data, .id_size = m->id.size, .data = m->data.data, .data_size = m->data.size};
  if (!stock_add(&i, m->delay_ms ? now + m->delay_ms * MS : 0)) return false;
  if (!p->first_sequence) p->first_sequence = i.sequence;
  return true;
}

static enum admission admit(push_progress *p, const Item *m, int64_t now) {
  uint32_t window = m->id.size ? settings_now()->dedupe_window_ms : 0;
  if (window && dedupe_knows(m->id)) {
    p->duplicates++;
    return ADMITTED;
  }
  uint32_t charge = item_charge(m->id.size, m->data.size);
  while (!stock_fits(charge)) {
    if (!make_room(charge, now)) return ADMISSION_FULL;
  }
  if (!window) return add(p, m, now) ? ADMITTED : ADMISSION_NO_MEMORY;
  known *k = dedupe_prepare(m->id, now + window * MS);
  if (!k) return ADMISSION_NO_MEMORY;
  if (!add(p, m, now)) {
    dedupe_discard(k);
    return ADMISSION_NO_MEMORY;
  }
  dedupe_enter(k);
  return ADMITTED;
}

// Accepts items in order until one has to wait. ADMITTED: that was all.
static enum admission go_on(push_progress *p, int64_t now) {
  Item m;
  for (;;) {
    codec_cursor next = p->rest;
    if (!PushRequest_next_items(&next, &m)) return ADMITTED;
    enum admission a = admit(p, &m, now);
    if (a != ADMITTED) return a;
    p->rest = next;
    p->accepted++;
  }
}

static void answer(uint64_t call, const push_progress *p) {
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, PUSH_ANSWER_MAX);
  PushResponse_put_accepted(w, p->accepted);
  PushResponse_put_duplicates(w, p->duplicates);
  PushResponse_put_first_sequence(w, p->first_sequence);
  outbox_close();
}

static bool too_large(const Item *m) {
  uint64_t payload = (uint64_t)m->id.size + m->data.size;
  return payload + ITEM_CHARGE > settings_now()->capacity_bytes || payload + DELIVERY_OVERHEAD > MESSAGE_MAX;
}

// The place of the first item that can never be in this queue, or -1.
static int64_t find_too_large(const PushRequest *m) {
  codec_cursor at = codec_walk(m->items);
  // Most requests are smaller, as a whole, than one item may be.
  uint64_t bytes = (uint64_t)(m->items.to - m->items.from);
  if (bytes + ITEM_CHARGE <= settings_now()->capacity_bytes && bytes + DELIVERY_OVERHEAD <= MESSAGE_MAX) return -1;
  Item i;
  for (int64_t n = 0; PushRequest_next_items(&at, &i); n++) {
    if (too_large(&i)) return n;
  }
  return -1;
}

// Parks what is left of a push. False if memory is used up.
static bool park(uint64_t call, push_progress *p, const PushRequest *m, int64_t now) {
  uint32_t size = (uint32_t)(p->rest.to - p->rest.at);
  uint8_t *copy = heap_alloc(size);
  waiter *w = copy ? waiter_park(&waiters.pushes, WAITER_PUSH, call, now + m->wait_ms * MS) : NULL;
  if (!w) {
    heap_free(copy);
    return false;
  }
  __builtin_memcpy(copy, p->rest.at, size);
  w->push = *p;
  w->push.rest = codec_walk((codec_repeated){.from = copy, .to = copy + size});
  w->push.copy = copy;
  return true;
}

void push_begin(uint64_t call, const PushRequest *m, int64_t now) {
  if (stock.closed) return refuse_closed(call);
  int64_t misfit = find_too_large(m);
  if (misfit >= 0) return refuse_too_large(call, (uint32_t)misfit);
  push_progress p = {.rest = codec_walk(m->items)};
  // A push that waits goes before one that comes: order is per queue.
  enum admission a = waiters.pushes.first ? ADMISSION_FULL : go_on(&p, now);
  bool waits = a == ADMISSION_FULL && m->wait_ms && settings_now()->overflow != OVERFLOW_REJECT;
  if (waits && park(call, &p, m, now)) return;
  if (!p.accepted && (waits || a == ADMISSION_NO_MEMORY)) return refuse_for_memory(call);
  answer(call, &p);
}

void push_finish_parked(waiter *w) {
  if (!w->push.accepted && stock.closed)
    refuse_closed(w->call);
  else
    answer(w->call, &w->push);
  waiter_free(w);
}

static void finish_for_memory(waiter *w) {
  if (w->push.accepted) return push_finish_parked(w);
  refuse_for_memory(w->call);
  waiter_free(w);
}

bool push_serve_parked(int64_t now) {
  bool moved = false;
  while (!stock.closed && waiters.pushes.first && pace_goes_on()) {
    waiter *w = waiters.pushes.first;
    uint32_t before = w->push.accepted;
    enum admission a = go_on(&w->push, now);
    pace_spend(w->push.accepted - before + 1);
    moved = moved || w->push.accepted != before;
    // Without room for its answer it stays, complete, and is answered by a tick.
    if (a == ADMISSION_FULL || !outbox_has_room(OUTBOX_ERROR_MAX)) break;
    if (a == ADMISSION_NO_MEMORY)
      finish_for_memory(w);
    else
      push_finish_parked(w);
  }
  return moved;
}
