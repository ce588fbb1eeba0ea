// What every entry of the module ends with.
#ifndef REBALANCE_REBALANCE_H
#define REBALANCE_REBALANCE_H

#include <stdbool.h>
#include <stdint.h>

// Sends what is owed, as far as it fits, and closes the outbox.
void rebalance_end_entry(int64_t now);

#endif
