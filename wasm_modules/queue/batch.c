#include "batch.h"

#include "../runtime/outbox.h"
#include "delivery.h"
#include "lease.h"
#include "settings.h"
#include "stock.h"

// A reply that fits the outbox's static memory beside an error: what is tried
// where memory for a larger one is used up.
#define SMALL_REPLY 32768u

// How many items come from where, and the most that they take of a reply.
typedef struct {
  const demand *demand;
  line *from;  // where the demand looks first
  uint32_t from_line;
  uint32_t from_fresh;
  uint32_t bytes;
} batch;

// Counts an item of this size in, unless the reply would grow past `most`. The
// first one always goes in.
static bool takes(batch *b, uint32_t most, uint32_t id_size, uint32_t data_size) {
  uint32_t size = delivery_size_max(id_size, data_size);
  uint32_t count = b->from_line + b->from_fresh;
  if (count >= b->demand->max_items || (count && b->bytes + size > most)) return false;
  b->bytes += size;
  return true;
}

static batch plan(const demand *d, uint32_t most) {
  batch b = {.demand = d, .from = d->dead ? &stock.dead : &stock.returned};
  item *i = line_first(b.from);
  for (; i; i = line_after(b.from, i->sequence)) {
    if (!takes(&b, most, i->id_size, i->data_size)) return b;
    b.from_line++;
  }
  if (d->dead) return b;
  fresh_cursor at = fresh_begin();
  fresh_item next;
  while (fresh_next(&at, &next) && takes(&b, most, next.view.id_size, next.view.data_size)) b.from_fresh++;
  return b;
}

// Moves fresh items to the heap, linked behind *end by `right`; fewer if memory
// is used up on the way. Returns the new end.
static item **take_fresh(item **end, uint32_t count) {
  fresh_cursor at = fresh_begin();
  uint32_t taken = 0;
  uint64_t bytes = 0;
  for (; taken < count; taken++) {
    fresh_cursor behind = at;
    fresh_item next;
    item *i = fresh_next(&behind, &next) ? item_from_fresh(&next) : NULL;
    if (!i) break;
    at = behind;
    bytes += item_charge(i->id_size, i->data_size);
    *end = i;
    end = &i->right;
  }
  fresh_take(&at, taken, bytes);
  return end;
}

// Takes what is planned, or less if memory is used up, as a list in order.
static item *take(const batch *b) {
  item *first = NULL;
  item **end = &first;
  for (uint32_t n = 0; n < b->from_line; n++) {
    item *i = line_first(b->from);
    line_take(b->from, i);
    *end = i;
    end = &i->right;
  }
  if (b->from_fresh) end = take_fresh(end, b->from_fresh);
  *end = NULL;
  return first;
}

static void put_leased(codec_writer *w, item *taken, const demand *d, waiter *stream, int64_t now) {
  while (taken) {
    item *i = taken;
    taken = i->right;
    lease_grant(i, now + d->lease_ms * MS, stream);
    delivery_put(w, i);
  }
}

// At most once: the items leave the queue with the reply.
static void put_for_good(codec_writer *w, const batch *b) {
  for (uint32_t n = 0; n < b->from_line; n++) {
    item *i = line_first(b->from);
    line_take(b->from, i);
    i->attempts++;
    i->receipt = 0;
    delivery_put(w, i);
    item_free(i);
  }
  fresh_cursor at = fresh_begin();
  fresh_item next;
  uint64_t bytes = 0;
  for (uint32_t n = 0; n < b->from_fresh && fresh_next(&at, &next); n++) {
    delivery_put_fresh(w, &next);
    bytes += item_charge(next.view.id_size, next.view.data_size);
  }
  if (b->from_fresh) fresh_take(&at, b->from_fresh, bytes);
}

enum batch_outcome batch_send(uint64_t call, const demand *d, waiter *stream, int64_t now) {
  batch b = plan(d, stream ? STREAM_BATCH_BYTES : MESSAGE_MAX);
  if (!b.bytes) return BATCH_NOTHING;
  if (!outbox_has_room(b.bytes)) {
    if (!outbox_is_empty()) return BATCH_NO_ROOM;
    b = plan(d, SMALL_REPLY);
    if (!outbox_has_room(b.bytes)) return BATCH_NO_MEMORY;
  }
  item *taken = NULL;
  if (d->lease_ms) {
    if (!lease_reserve(b.from_line + b.from_fresh) || !(taken = take(&b))) return BATCH_NO_MEMORY;
  }
  uint16_t flags = stream ? INTERLOCK_MESSAGE : INTERLOCK_FINAL | INTERLOCK_MESSAGE;
  codec_writer *w = outbox_open(call, flags, b.bytes);
  if (taken)
    put_leased(w, taken, d, stream, now);
  else
    put_for_good(w, &b);
  outbox_close();
  return BATCH_SENT;
}
