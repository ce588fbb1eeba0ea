// Ack, Nack and Extend: what a consumer says of items by their receipts.
#ifndef QUEUE_RECEIPT_H
#define QUEUE_RECEIPT_H

#include <stdint.h>

#include "gen/queue.h"

void receipts_ack(uint64_t call, const AckRequest *m, int64_t now);
void receipts_nack(uint64_t call, const NackRequest *m, int64_t now);
void receipts_extend(uint64_t call, const ExtendRequest *m, int64_t now);

#endif
