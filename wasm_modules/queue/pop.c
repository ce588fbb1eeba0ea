#include "pop.h"

#include "../runtime/outbox.h"
#include "batch.h"
#include "lease.h"
#include "ledger.h"
#include "refusal.h"
#include "serve.h"
#include "settings.h"
#include "stock.h"

// Settles what the caller has done with, and lets those go on who waited for
// the room. Receipts without a lease are passed over: their items were settled
// before, or come again.
static void acknowledge(const PopRequest *m, int64_t now) {
  codec_cursor at = codec_walk(m->ack);
  uint64_t receipt;
  while (PopRequest_next_ack(&at, &receipt)) {
    item *i = ledger_find(receipt);
    if (i) lease_ack(i);
  }
  if (m->ack.count) serve(now);
}

static demand demand_of(const PopRequest *m) {
  uint32_t items = m->max_items ? m->max_items : 1;
  return (demand){
      .max_items = items < BATCH_ITEMS_MAX ? items : BATCH_ITEMS_MAX,
      .lease_ms = m->lease_ms,
      .dead = m->dead_letters,
  };
}

static void park_pop(uint64_t call, const demand *d, int64_t due) {
  waiter_list *list = d->dead ? &waiters.dead_consumers : &waiters.consumers;
  waiter *w = waiter_park(list, WAITER_POP, call, due);
  if (!w) return refuse_for_memory(call);
  w->demand = *d;
}

void pop_begin(uint64_t call, const PopRequest *m, int64_t now) {
  acknowledge(m, now);
  demand d = demand_of(m);
  // Others wait although there are items only if the outbox is full.
  bool first = !(d.dead ? waiters.dead_consumers : waiters.consumers).first;
  switch (first ? batch_send(call, &d, NULL, now) : BATCH_NOTHING) {
    case BATCH_SENT:
      return;
    case BATCH_NO_MEMORY:
      return refuse_for_memory(call);
    case BATCH_NO_ROOM:
      return park_pop(call, &d, now + m->wait_ms * MS);
    case BATCH_NOTHING:
      break;
  }
  if (stock.closed && !stock_may_yield(d.dead)) return refuse_closed(call);
  if (m->wait_ms || outbox_backlog) return park_pop(call, &d, now + m->wait_ms * MS);
  outbox_final_empty(call);
}

void subscribe_begin(uint64_t call, const SubscribeRequest *m, int64_t now) {
  (void)now;  // what is there already is sent at the end of the entry, by serve
  if (stock.closed && !stock_may_yield(false)) return refuse_closed(call);
  waiter *w = waiter_park(&waiters.consumers, WAITER_STREAM, call, 0);
  if (!w) return refuse_for_memory(call);
  uint32_t lease_ms = m->lease_ms ? m->lease_ms : settings_now()->lease_ms;
  w->demand = (demand){.max_items = m->credit, .lease_ms = lease_ms};
}

void pop_forget(waiter *w) {
  while (w->lent_items) lease_return(w->lent_items, 0);
  waiter_free(w);
}
