#include "waiter.h"

#include "../runtime/heap.h"
#include "../runtime/map.h"

struct waiters waiters;

static map by_call;

static void append(waiter_list *list, waiter *w) {
  w->list = list;
  w->before = list->last;
  w->behind = NULL;
  *(list->last ? &list->last->behind : &list->first) = w;
  list->last = w;
}

static void leave(waiter *w) {
  if (!w->list) return;
  *(w->before ? &w->before->behind : &w->list->first) = w->behind;
  *(w->behind ? &w->behind->before : &w->list->last) = w->before;
  w->list = NULL;
}

waiter *waiter_park(waiter_list *list, enum waiter_kind kind, uint64_t call, int64_t due) {
  waiter *w = heap_zalloc(sizeof(waiter));
  if (!w) return NULL;
  w->call = call;
  w->kind = kind;
  w->timer.kind = TIMER_WAIT;
  if ((due && !timer_set(&w->timer, due)) || !map_put_u64(&by_call, call, w)) {
    timer_cancel(&w->timer);
    heap_free(w);
    return NULL;
  }
  append(list, w);
  waiters.count++;
  return w;
}

waiter *waiter_find(uint64_t call) { return map_get_u64(&by_call, call); }

void waiter_free(waiter *w) {
  leave(w);
  timer_cancel(&w->timer);
  map_take_u64(&by_call, w->call);
  waiters.count--;
  heap_free(w->push.copy);
  heap_free(w);
}

void stream_requeue(waiter *w) {
  leave(w);
  if (w->lent < w->demand.max_items) append(&waiters.consumers, w);
}

void stream_lend(waiter *w, item *i) {
  i->stream = w;
  i->left = NULL;
  i->right = w->lent_items;
  if (i->right) i->right->left = i;
  w->lent_items = i;
  w->lent++;
}

void stream_settle(waiter *w, item *i) {
  *(i->left ? &i->left->right : &w->lent_items) = i->right;
  if (i->right) i->right->left = i->left;
  i->stream = NULL;
  w->lent--;
  if (!w->list) append(&waiters.consumers, w);
}
