#include "stock.h"

#include "fresh.h"
#include "settings.h"

struct stock stock;

uint64_t stock_visible(void) { return (uint64_t)fresh_count() + stock.returned.count; }

uint64_t stock_items(void) {
  return stock_visible() + stock.delayed.count + stock.dead.count + stock.leased;
}

uint64_t stock_bytes(void) {
  return fresh_bytes() + stock.returned.bytes + stock.delayed.bytes + stock.dead.bytes + stock.leased_bytes;
}

bool stock_may_yield(bool dead) {
  if (dead) return stock_items() > 0;
  return stock_visible() + stock.delayed.count + stock.leased > stock.leased_dead;
}

static bool within(uint64_t bytes, uint64_t items, uint32_t charge) {
  const settings *s = settings_now();
  return bytes + charge <= s->capacity_bytes && (!s->max_items || items < s->max_items);
}

bool stock_fits(uint32_t charge) { return within(stock_bytes(), stock_items(), charge); }
bool stock_could_fit(uint32_t charge) { return within(stock.leased_bytes, stock.leased, charge); }

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
  if (!(due ? add_delayed(from, due) : fresh_push(from))) return false;
  stock.last_sequence++;
  return true;
}

static bool drop_fresh(void) {
  fresh_item oldest;
  fresh_cursor at = fresh_begin();
  if (!fresh_next(&at, &oldest)) return false;
  fresh_take(&at, 1, item_charge(oldest.view.id_size, oldest.view.data_size));
  return true;
}

static uint64_t fresh_sequence(void) {
  fresh_item oldest;
  fresh_cursor at = fresh_begin();
  return fresh_next(&at, &oldest) ? oldest.view.sequence : UINT64_MAX;
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
  line_take(from, oldest);
  item_free(oldest);
  return true;
}

uint64_t stock_purge(bool dead) {
  uint64_t purged = dead ? stock.dead.count : stock_visible() + stock.delayed.count;
  if (dead) {
    line_dump(&stock.dead, &stock.trash);
  } else {
    line_dump(&stock.returned, &stock.trash);
    line_dump(&stock.delayed, &stock.trash);
    fresh_clear();
  }
  return purged;
}

bool stock_sweep(void) {
  item *i = trash_take(&stock.trash);
  if (i) item_free(i);
  return i != NULL;
}
