#include "stock.h"

#include "../runtime/heap.h"
#include "settings.h"

struct stock stock;

uint64_t stock_visible(void) { return (uint64_t)stock.fresh_count + stock.returned.count; }

uint64_t stock_items(void) {
  return stock_visible() + stock.delayed.count + stock.dead.count + stock.leased;
}

uint64_t stock_bytes(void) { return stock.bytes; }

bool stock_may_yield(bool dead) {
  if (dead) return stock_items() > 0;
  return stock_visible() + stock.delayed.count + stock.leased > stock.leased_dead;
}

static bool within(uint64_t bytes, uint64_t items, uint32_t charge) {
  const settings *s = settings_now();
  return bytes + charge <= s->capacity_bytes && (!s->max_items || items < s->max_items);
}

bool stock_fits(uint32_t charge) { return within(stock.bytes, stock_items(), charge); }
bool stock_could_fit(uint32_t charge) { return within(stock.leased_bytes, stock.leased, charge); }

// Replaces the ring by one with room for `more` bytes of payload. Doubling
// keeps a small queue small, and all moves together cost no more than twice
// the largest; the capacity in bytes is what bounds it.
static bool grow(uint32_t more) {
  uint32_t bytes = stock.fresh ? ring_bytes(stock.fresh) * 2 : RING_BYTES_MIN;
  while (bytes < more && bytes < RING_BYTES_MAX) bytes *= 2;
  if (bytes > RING_BYTES_MAX) return false;
  ring *larger = heap_alloc(ring_footprint(bytes));
  if (!larger) return false;
  ring_init(larger, bytes);
  if (stock.fresh) ring_copy(larger, stock.fresh);
  heap_free(stock.fresh);
  stock.fresh = larger;
  return true;
}

static bool add_fresh(const ring_item *from) {
  while (!stock.fresh || !ring_push(stock.fresh, 0, from)) {
    if (!grow(ring_item_bytes(from->id_size, from->data_size))) return false;
  }
  stock.fresh_count++;
  return true;
}

static bool add_delayed(const ring_item *from, int64_t due) {
  item *i = item_new(from);
  if (!i) return false;
  i->timer.kind = TIMER_DELAY;
  if (!timer_set(&i->timer, due)) {
    item_free(i);
    return false;
  }
  line_put(&stock.delayed, i);
  return true;
}

bool stock_add(ring_item *from, int64_t due) {
  from->sequence = stock.last_sequence + 1;
  if (!(due ? add_delayed(from, due) : add_fresh(from))) return false;
  stock.last_sequence++;
  stock.bytes += item_charge(from->id_size, from->data_size);
  return true;
}

void stock_release(uint32_t id_size, uint32_t data_size) { stock.bytes -= item_charge(id_size, data_size); }

static void drop_from(line *l, item *i) {
  line_take(l, i);
  stock_release(i->id_size, i->data_size);
  item_free(i);
}

static bool drop_fresh(void) {
  ring_view view;
  ring_mark head = ring_head(stock.fresh);
  ring_mark at = head;
  if (!ring_peek(stock.fresh, &at, &view) || !ring_commit(stock.fresh, head, at)) return false;
  stock.fresh_count--;
  stock_release(view.id_size, view.data_size);
  return true;
}

static uint64_t fresh_sequence(void) {
  ring_view view;
  if (!stock.fresh_count) return UINT64_MAX;
  ring_mark at = ring_head(stock.fresh);
  return ring_peek(stock.fresh, &at, &view) ? view.sequence : UINT64_MAX;
}

bool stock_drop_oldest(void) {
  line *lines[] = {&stock.returned, &stock.delayed, &stock.dead};
  line *from = NULL;
  item *oldest = NULL;
  uint64_t sequence = fresh_sequence();
  for (int l = 0; l < 3; l++) {
    item *first = line_first(lines[l]);
    if (!first || first->sequence > sequence) continue;
    sequence = first->sequence;
    oldest = first;
    from = lines[l];
  }
  if (sequence == UINT64_MAX) return false;
  stock.dropped++;
  if (!oldest) return drop_fresh();
  drop_from(from, oldest);
  return true;
}

static uint64_t purge_line(line *l) {
  uint64_t purged = l->count;
  while (l->root) drop_from(l, l->root);
  return purged;
}

uint64_t stock_purge(bool dead) {
  if (dead) return purge_line(&stock.dead);
  uint64_t purged = purge_line(&stock.returned) + purge_line(&stock.delayed);
  while (stock.fresh_count && drop_fresh()) purged++;
  return purged;
}
