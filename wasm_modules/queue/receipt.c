#include "receipt.h"

#include "../runtime/heap.h"
#include "../runtime/outbox.h"
#include "lease.h"
#include "ledger.h"
#include "refusal.h"
#include "settings.h"

// The three requests have their receipts in the same field, the three replies
// a count in field 1 and the unknown receipts in field 2: one function reads
// and writes for all.
_Static_assert(AckRequest_RECEIPTS_FIELD == NackRequest_RECEIPTS_FIELD &&
                   AckRequest_RECEIPTS_FIELD == ExtendRequest_RECEIPTS_FIELD,
               "one field number");
_Static_assert(AckResponse_ACKED_FIELD == NackResponse_NACKED_FIELD &&
                   AckResponse_ACKED_FIELD == ExtendResponse_EXTENDED_FIELD &&
                   AckResponse_UNKNOWN_FIELD == NackResponse_UNKNOWN_FIELD &&
                   AckResponse_UNKNOWN_FIELD == ExtendResponse_UNKNOWN_FIELD,
               "one field number");

// The most that a reply takes besides its unknown receipts, and each of them.
#define REPLY_HEAD_MAX 12u
#define REPLY_RECEIPT_MAX 10u

// Does `settle` to each item whose receipt is in force, and answers with their
// number and with the other receipts. An item may be settled once in a request.
static void each(uint64_t call, codec_repeated receipts, void (*settle)(item *i, int64_t due), int64_t due) {
  uint64_t *unknown = heap_alloc(receipts.count * sizeof(uint64_t));
  uint32_t room = REPLY_HEAD_MAX + receipts.count * REPLY_RECEIPT_MAX;
  if (!unknown || !outbox_has_room(room)) {
    heap_free(unknown);
    return refuse_for_memory(call);
  }
  uint32_t known_count = 0;
  uint32_t unknown_count = 0;
  uint64_t receipt;
  codec_cursor at = codec_walk(receipts);
  while (AckRequest_next_receipts(&at, &receipt)) {
    item *i = ledger_find(receipt);
    if (i) {
      settle(i, due);
      known_count++;
    } else {
      unknown[unknown_count++] = receipt;
    }
  }
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, room);
  AckResponse_put_acked(w, known_count);
  AckResponse_put_unknown(w, unknown, unknown_count);
  outbox_close();
  heap_free(unknown);
}

static void ack(item *i, int64_t due) {
  (void)due;
  lease_ack(i);
}

void receipts_ack(uint64_t call, const AckRequest *m, int64_t now) { each(call, m->receipts, ack, now); }

void receipts_nack(uint64_t call, const NackRequest *m, int64_t now) {
  each(call, m->receipts, lease_return, m->delay_ms ? now + m->delay_ms * MS : 0);
}

void receipts_extend(uint64_t call, const ExtendRequest *m, int64_t now) {
  uint32_t lease_ms = m->lease_ms ? m->lease_ms : settings_now()->lease_ms;
  each(call, m->receipts, lease_extend, now + lease_ms * MS);
}
