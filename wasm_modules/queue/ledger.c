#include "ledger.h"

#include "../runtime/heap.h"

#define SLOT_BITS 20
#define PAGE_BITS 10
#define PAGE_SLOTS (1u << PAGE_BITS)
#define PAGES (1u << (SLOT_BITS - PAGE_BITS))

typedef struct {
  uint64_t receipt;    // given last; its item is struck out, or in force as `item` says
  item *item;          // NULL: free
  uint32_t next_free;  // of a free slot: its number + 1; 0: the last
} slot;

static struct {
  slot *pages[PAGES];
  uint32_t slots;       // that there is memory for
  uint32_t used;
  uint32_t never_used;  // slots from this one on, which are not linked
  uint32_t free;        // the first free slot's number + 1; 0: none but those never used
} ledger;

static slot *slot_at(uint32_t number) {
  return &ledger.pages[number >> PAGE_BITS][number & (PAGE_SLOTS - 1)];
}

bool ledger_reserve(uint32_t count) {
  while (ledger.slots - ledger.used < count) {
    uint32_t page = ledger.slots >> PAGE_BITS;
    if (page == PAGES) return false;
    ledger.pages[page] = heap_alloc(PAGE_SLOTS * sizeof(slot));
    if (!ledger.pages[page]) return false;
    ledger.slots += PAGE_SLOTS;
  }
  return true;
}

void ledger_enter(item *i) {
  uint32_t number;
  if (ledger.free) {
    number = ledger.free - 1;
    ledger.free = slot_at(number)->next_free;
  } else {
    number = ledger.never_used++;
    slot_at(number)->receipt = number;
  }
  slot *s = slot_at(number);
  s->receipt += UINT64_C(1) << SLOT_BITS;
  s->item = i;
  i->receipt = s->receipt;
  ledger.used++;
}

void ledger_strike(item *i) {
  uint32_t number = (uint32_t)i->receipt & ((1u << SLOT_BITS) - 1);
  slot *s = slot_at(number);
  s->item = NULL;
  s->next_free = ledger.free;
  ledger.free = number + 1;
  ledger.used--;
  i->receipt = 0;
}

item *ledger_find(uint64_t receipt) {
  uint32_t number = (uint32_t)receipt & ((1u << SLOT_BITS) - 1);
  if (number >= ledger.never_used) return NULL;
  slot *s = slot_at(number);
  return s->receipt == receipt ? s->item : NULL;
}
