#include "delivery.h"

#include "../runtime/codec_write.h"
#include "gen/queue.h"

// Both replies that carry deliveries have them in the same field, so one
// function writes for both.
_Static_assert(PopResponse_ITEMS_FIELD == SubscribeResponse_ITEMS_FIELD, "one field number");

void delivery_put(codec_writer *w, const item *i) {
  uint8_t *mark = PopResponse_open_items(w);
  Delivery_put_data(w, (codec_view){i->bytes + i->id_size, i->data_size});
  Delivery_put_id(w, (codec_view){i->bytes, i->id_size});
  Delivery_put_sequence(w, i->sequence);
  Delivery_put_receipt(w, i->receipt);
  Delivery_put_attempt(w, i->attempts);
  codec_close(w, mark);
}

// A bytes field out of a ring, where it may lie in two pieces.
static void put_bytes(codec_writer *w, uint32_t field, const fresh_item *i, uint32_t skip, uint32_t size) {
  if (!size) return;
  codec_write_varint(w, field << 3 | 2);
  codec_write_varint(w, size);
  ring_read(i->in, &i->view, skip, codec_take(w, size), size);
}

void delivery_put_fresh(codec_writer *w, const fresh_item *i) {
  uint8_t *mark = PopResponse_open_items(w);
  put_bytes(w, Delivery_DATA_FIELD, i, i->view.id_size, i->view.data_size);
  put_bytes(w, Delivery_ID_FIELD, i, 0, i->view.id_size);
  Delivery_put_sequence(w, i->view.sequence);
  Delivery_put_attempt(w, 1);
  codec_close(w, mark);
}
