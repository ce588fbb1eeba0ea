#include "serve.h"

#include "../runtime/pace.h"
#include "batch.h"
#include "pop.h"
#include "push.h"
#include "refusal.h"
#include "stock.h"
#include "waiter.h"

// Serves one parked consumer. False: it has to wait on, or the outbox is full.
static bool serve_one(waiter *w, int64_t now) {
  bool stream = w->kind == WAITER_STREAM;
  demand d = w->demand;
  d.max_items -= w->lent;
  uint64_t before = stock_visible() + stock.dead.count;
  switch (batch_send(w->call, &d, stream ? w : NULL, now)) {
    case BATCH_NOTHING:
    case BATCH_NO_ROOM:
      return false;
    case BATCH_NO_MEMORY:
      if (!outbox_has_room(OUTBOX_ERROR_MAX)) return false;
      refuse_for_memory(w->call);
      pop_forget(w);
      return true;
    case BATCH_SENT:
      break;
  }
  pace_spend((uint32_t)(before - stock_visible() - stock.dead.count));
  if (stream)
    stream_requeue(w);
  else
    waiter_free(w);
  return true;
}

static bool serve_list(waiter_list *list, int64_t now) {
  bool served = false;
  while (list->first && pace_goes_on() && serve_one(list->first, now)) served = true;
  return served;
}

bool serve_consumers(int64_t now) {
  bool live = serve_list(&waiters.consumers, now);
  return serve_list(&waiters.dead_consumers, now) || live;
}

// Ends the calls of a list, as many as there is room for.
static void dismiss(waiter_list *list, void (*end)(waiter *w)) {
  while (list->first && pace_goes_on() && outbox_has_room(OUTBOX_ERROR_MAX)) {
    pace_spend(1);
    end(list->first);
  }
}

static void dismiss_consumer(waiter *w) {
  refuse_closed(w->call);
  waiter_free(w);
}

static void sweep(void) {
  while (stock.trash && pace_goes_on() && stock_sweep()) pace_spend(1);
}

void serve(int64_t now) {
  sweep();
  bool moved = true;
  while (moved && !outbox_backlog) {
    moved = push_serve_parked(now);
    moved = serve_consumers(now) || moved;
  }
  if (!stock.closed) return;
  dismiss(&waiters.pushes, push_finish_parked);
  if (!stock_may_yield(false)) dismiss(&waiters.consumers, dismiss_consumer);
  if (!stock_may_yield(true)) dismiss(&waiters.dead_consumers, dismiss_consumer);
}
