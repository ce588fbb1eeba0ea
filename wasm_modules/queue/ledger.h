// Which item a receipt stands for. A receipt is a slot of the ledger (20 bits)
// and how often that slot was used before (44 bits), so that none is ever given
// twice, finding an item takes one look, and growing moves nothing.
#ifndef QUEUE_LEDGER_H
#define QUEUE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "item.h"

// Makes sure that this many more items can be entered; false if memory is used up.
bool ledger_reserve(uint32_t count);

// Gives the item a receipt, and the slot that was freed last.
void ledger_enter(item *i);

// Ends the item's receipt.
void ledger_strike(item *i);

// The item under a receipt in force, or NULL.
item *ledger_find(uint64_t receipt);

#endif
