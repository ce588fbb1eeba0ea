#include "fresh.h"

#include <stddef.h>

#include "../runtime/heap.h"

typedef struct segment {
  struct segment *newer;
  uint64_t reserved;  // keeps the ring on a multiple of 8
  ring ring;
} segment;

static struct {
  segment *oldest;
  segment *newest;
  uint32_t count;
  uint64_t bytes;
} chain;

uint32_t fresh_count(void) { return chain.count; }
uint64_t fresh_bytes(void) { return chain.bytes; }

static bool add_segment(const ring_item *item) {
  uint32_t bytes = chain.newest ? ring_bytes(&chain.newest->ring) * 2 : RING_BYTES_MIN;
  while (bytes < ring_item_bytes(item->id_size, item->data_size)) bytes *= 2;
  if (bytes > RING_BYTES_MAX) bytes = RING_BYTES_MAX;
  segment *s = heap_alloc(offsetof(segment, ring) + ring_footprint(bytes));
  if (!s) return false;
  s->newer = NULL;
  ring_init(&s->ring, bytes);
  *(chain.newest ? &chain.newest->newer : &chain.oldest) = s;
  chain.newest = s;
  return true;
}

bool fresh_push(const ring_item *item) {
  while (!chain.newest || !ring_push(&chain.newest->ring, 0, item)) {
    if (!add_segment(item)) return false;
  }
  chain.count++;
  chain.bytes += item_charge(item->id_size, item->data_size);
  return true;
}

fresh_cursor fresh_begin(void) {
  return (fresh_cursor){chain.oldest, chain.oldest ? ring_head(&chain.oldest->ring) : 0};
}

bool fresh_next(fresh_cursor *c, fresh_item *out) {
  while (c->in) {
    out->in = &c->in->ring;
    if (ring_peek(out->in, &c->at, &out->view)) return true;
    if (!c->in->newer) return false;
    c->in = c->in->newer;
    c->at = ring_head(&c->in->ring);
  }
  return false;
}

static void free_segments_before(const segment *kept) {
  while (chain.oldest != kept) {
    segment *emptied = chain.oldest;
    chain.oldest = emptied->newer;
    heap_free(emptied);
  }
}

void fresh_take(const fresh_cursor *c, uint32_t count, uint64_t bytes) {
  free_segments_before(c->in);
  if (c->in) ring_commit(&c->in->ring, ring_head(&c->in->ring), c->at);
  chain.count -= count;
  chain.bytes -= bytes;
}

void fresh_clear(void) {
  free_segments_before(NULL);
  chain.newest = NULL;
  chain.count = 0;
  chain.bytes = 0;
}
