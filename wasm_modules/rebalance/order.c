// After J. W. J. Williams, "Algorithm 232: Heapsort", 1964.
#include "order.h"

typedef struct {
  uint8_t *entries;
  uint32_t size;
  order_before before;
} run;

static void *entry(const run *r, uint32_t i) { return r->entries + (uint64_t)i * r->size; }

static void swap(const run *r, uint32_t a, uint32_t b) {
  uint8_t kept[ORDER_ENTRY_MAX];
  __builtin_memcpy(kept, entry(r, a), r->size);
  __builtin_memcpy(entry(r, a), entry(r, b), r->size);
  __builtin_memcpy(entry(r, b), kept, r->size);
}

// Restores the heap, largest first, below `at`.
static void sink(const run *r, uint32_t at, uint32_t count) {
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && r->before(entry(r, child), entry(r, child + 1))) child++;
    if (!r->before(entry(r, at), entry(r, child))) return;
    swap(r, at, child);
    at = child;
  }
}

static int is_sorted(const run *r, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    if (!r->before(entry(r, i - 1), entry(r, i))) return 0;
  }
  return 1;
}

void order_sort(void *entries, uint32_t count, uint32_t size, order_before before) {
  run r = {entries, size, before};
  // What clients send is nearly always sorted already.
  if (is_sorted(&r, count)) return;
  for (uint32_t i = count / 2; i-- > 0;) sink(&r, i, count);
  for (uint32_t i = count; i-- > 1;) {
    swap(&r, 0, i);
    sink(&r, 0, i);
  }
}
