#include "item.h"

#include "../runtime/heap.h"

static item *item_blank(uint64_t sequence, uint32_t id_size, uint32_t data_size) {
  item *i = heap_alloc(sizeof(item) + id_size + data_size);
  if (i) *i = (item){.sequence = sequence, .id_size = (uint8_t)id_size, .data_size = data_size};
  return i;
}

item *item_new(const ring_item *from) {
  item *i = item_blank(from->sequence, from->id_size, from->data_size);
  if (!i) return NULL;
  __builtin_memcpy(i->bytes, from->id, from->id_size);
  __builtin_memcpy(i->bytes + from->id_size, from->data, from->data_size);
  return i;
}

item *item_from_fresh(const fresh_item *from) {
  const ring_view *view = &from->view;
  item *i = item_blank(view->sequence, view->id_size, view->data_size);
  if (i) ring_read(from->in, view, 0, i->bytes, view->id_size + view->data_size);
  return i;
}

void item_free(item *i) {
  timer_cancel(&i->timer);
  heap_free(i);
}
