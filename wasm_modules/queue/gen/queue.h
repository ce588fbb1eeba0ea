// Generated from interlock/queue/v1/queue.proto by build/codec; do not edit.
#ifndef GEN_QUEUE_H
#define GEN_QUEUE_H

#include "../../runtime/codec_read.h"
#include "../../runtime/codec_write.h"

enum {
  OVERFLOW_UNSPECIFIED = 0,
  OVERFLOW_WAIT = 1,
  OVERFLOW_REJECT = 2,
  OVERFLOW_DROP_OLDEST = 3,
};
typedef int32_t Overflow;

typedef struct {
  codec_view instance;
  uint64_t capacity_bytes;
  uint64_t max_items;
  Overflow overflow;
  uint32_t lease_ms;
  uint32_t max_deliveries;
  uint32_t dedupe_window_ms;
} ConfigureRequest;
#define ConfigureRequest_INSTANCE_FIELD 1
#define ConfigureRequest_CAPACITY_BYTES_FIELD 2
#define ConfigureRequest_MAX_ITEMS_FIELD 3
#define ConfigureRequest_OVERFLOW_FIELD 4
#define ConfigureRequest_LEASE_MS_FIELD 5
#define ConfigureRequest_MAX_DELIVERIES_FIELD 6
#define ConfigureRequest_DEDUPE_WINDOW_MS_FIELD 7

typedef struct {
  uint64_t capacity_bytes;
  uint64_t max_items;
  Overflow overflow;
  uint32_t lease_ms;
  uint32_t max_deliveries;
  uint32_t dedupe_window_ms;
} ConfigureResponse;
#define ConfigureResponse_CAPACITY_BYTES_FIELD 1
#define ConfigureResponse_MAX_ITEMS_FIELD 2
#define ConfigureResponse_OVERFLOW_FIELD 3
#define ConfigureResponse_LEASE_MS_FIELD 4
#define ConfigureResponse_MAX_DELIVERIES_FIELD 5
#define ConfigureResponse_DEDUPE_WINDOW_MS_FIELD 6

typedef struct {
  codec_view data;
  codec_view id;
  uint32_t delay_ms;
} Item;
#define Item_DATA_FIELD 1
#define Item_ID_FIELD 2
#define Item_DELAY_MS_FIELD 3

typedef struct {
  codec_view instance;
  codec_repeated items;  // of Item
  uint32_t wait_ms;
} PushRequest;
#define PushRequest_INSTANCE_FIELD 1
#define PushRequest_ITEMS_FIELD 2
#define PushRequest_WAIT_MS_FIELD 3

typedef struct {
  uint32_t accepted;
  uint32_t duplicates;
  uint64_t first_sequence;
} PushResponse;
#define PushResponse_ACCEPTED_FIELD 1
#define PushResponse_DUPLICATES_FIELD 2
#define PushResponse_FIRST_SEQUENCE_FIELD 3

typedef struct {
  codec_view instance;
  uint32_t max_items;
  uint32_t wait_ms;
  uint32_t lease_ms;
  codec_repeated ack;  // of uint64_t
  bool dead_letters;
} PopRequest;
#define PopRequest_INSTANCE_FIELD 1
#define PopRequest_MAX_ITEMS_FIELD 2
#define PopRequest_WAIT_MS_FIELD 3
#define PopRequest_LEASE_MS_FIELD 4
#define PopRequest_ACK_FIELD 5
#define PopRequest_DEAD_LETTERS_FIELD 6

typedef struct {
  codec_view data;
  codec_view id;
  uint64_t sequence;
  uint64_t receipt;
  uint32_t attempt;
} Delivery;
#define Delivery_DATA_FIELD 1
#define Delivery_ID_FIELD 2
#define Delivery_SEQUENCE_FIELD 3
#define Delivery_RECEIPT_FIELD 4
#define Delivery_ATTEMPT_FIELD 5

typedef struct {
  codec_repeated items;  // of Delivery
} PopResponse;
#define PopResponse_ITEMS_FIELD 1

typedef struct {
  codec_view instance;
  codec_repeated receipts;  // of uint64_t
} AckRequest;
#define AckRequest_INSTANCE_FIELD 1
#define AckRequest_RECEIPTS_FIELD 2

typedef struct {
  uint32_t acked;
  codec_repeated unknown;  // of uint64_t
} AckResponse;
#define AckResponse_ACKED_FIELD 1
#define AckResponse_UNKNOWN_FIELD 2

typedef struct {
  codec_view instance;
  codec_repeated receipts;  // of uint64_t
  uint32_t delay_ms;
} NackRequest;
#define NackRequest_INSTANCE_FIELD 1
#define NackRequest_RECEIPTS_FIELD 2
#define NackRequest_DELAY_MS_FIELD 3

typedef struct {
  uint32_t nacked;
  codec_repeated unknown;  // of uint64_t
} NackResponse;
#define NackResponse_NACKED_FIELD 1
#define NackResponse_UNKNOWN_FIELD 2

typedef struct {
  codec_view instance;
  codec_repeated receipts;  // of uint64_t
  uint32_t lease_ms;
} ExtendRequest;
#define ExtendRequest_INSTANCE_FIELD 1
#define ExtendRequest_RECEIPTS_FIELD 2
#define ExtendRequest_LEASE_MS_FIELD 3

typedef struct {
  uint32_t extended;
  codec_repeated unknown;  // of uint64_t
} ExtendResponse;
#define ExtendResponse_EXTENDED_FIELD 1
#define ExtendResponse_UNKNOWN_FIELD 2

typedef struct {
  codec_view instance;
  uint32_t credit;
  uint32_t lease_ms;
} SubscribeRequest;
#define SubscribeRequest_INSTANCE_FIELD 1
#define SubscribeRequest_CREDIT_FIELD 2
#define SubscribeRequest_LEASE_MS_FIELD 3

typedef struct {
  codec_repeated items;  // of Delivery
} SubscribeResponse;
#define SubscribeResponse_ITEMS_FIELD 1

typedef struct {
  codec_view instance;
} StatsRequest;
#define StatsRequest_INSTANCE_FIELD 1

typedef struct {
  uint64_t depth;
  uint64_t leased;
  uint64_t delayed;
  uint64_t dead;
  uint64_t bytes;
  uint64_t waiters;
} StatsResponse;
#define StatsResponse_DEPTH_FIELD 1
#define StatsResponse_LEASED_FIELD 2
#define StatsResponse_DELAYED_FIELD 3
#define StatsResponse_DEAD_FIELD 4
#define StatsResponse_BYTES_FIELD 5
#define StatsResponse_WAITERS_FIELD 6

typedef struct {
  codec_view instance;
  bool dead_letters;
} PurgeRequest;
#define PurgeRequest_INSTANCE_FIELD 1
#define PurgeRequest_DEAD_LETTERS_FIELD 2

typedef struct {
  uint64_t purged;
} PurgeResponse;
#define PurgeResponse_PURGED_FIELD 1

typedef struct {
  codec_view instance;
} CloseRequest;
#define CloseRequest_INSTANCE_FIELD 1

typedef struct {
  uint8_t unused;  // C has no empty structs
} CloseResponse;

bool ConfigureRequest_decode(const uint8_t *data, uint32_t size, ConfigureRequest *out, codec_error *error);
bool ConfigureResponse_decode(const uint8_t *data, uint32_t size, ConfigureResponse *out, codec_error *error);
bool Item_decode(const uint8_t *data, uint32_t size, Item *out, codec_error *error);
bool PushRequest_decode(const uint8_t *data, uint32_t size, PushRequest *out, codec_error *error);
bool PushResponse_decode(const uint8_t *data, uint32_t size, PushResponse *out, codec_error *error);
bool PopRequest_decode(const uint8_t *data, uint32_t size, PopRequest *out, codec_error *error);
bool Delivery_decode(const uint8_t *data, uint32_t size, Delivery *out, codec_error *error);
bool PopResponse_decode(const uint8_t *data, uint32_t size, PopResponse *out, codec_error *error);
bool AckRequest_decode(const uint8_t *data, uint32_t size, AckRequest *out, codec_error *error);
bool AckResponse_decode(const uint8_t *data, uint32_t size, AckResponse *out, codec_error *error);
bool NackRequest_decode(const uint8_t *data, uint32_t size, NackRequest *out, codec_error *error);
bool NackResponse_decode(const uint8_t *data, uint32_t size, NackResponse *out, codec_error *error);
bool ExtendRequest_decode(const uint8_t *data, uint32_t size, ExtendRequest *out, codec_error *error);
bool ExtendResponse_decode(const uint8_t *data, uint32_t size, ExtendResponse *out, codec_error *error);
bool SubscribeRequest_decode(const uint8_t *data, uint32_t size, SubscribeRequest *out, codec_error *error);
bool SubscribeResponse_decode(const uint8_t *data, uint32_t size, SubscribeResponse *out, codec_error *error);
bool StatsRequest_decode(const uint8_t *data, uint32_t size, StatsRequest *out, codec_error *error);
bool StatsResponse_decode(const uint8_t *data, uint32_t size, StatsResponse *out, codec_error *error);
bool PurgeRequest_decode(const uint8_t *data, uint32_t size, PurgeRequest *out, codec_error *error);
bool PurgeResponse_decode(const uint8_t *data, uint32_t size, PurgeResponse *out, codec_error *error);
bool CloseRequest_decode(const uint8_t *data, uint32_t size, CloseRequest *out, codec_error *error);
bool CloseResponse_decode(const uint8_t *data, uint32_t size, CloseResponse *out, codec_error *error);

static inline void ConfigureRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void ConfigureRequest_put_capacity_bytes(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void ConfigureRequest_put_max_items(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void ConfigureRequest_put_overflow(codec_writer *w, Overflow value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 32, (uint64_t)(int64_t)value);
}

static inline void ConfigureRequest_put_lease_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 40, (uint64_t)value);
}

static inline void ConfigureRequest_put_max_deliveries(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 48, (uint64_t)value);
}

static inline void ConfigureRequest_put_dedupe_window_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 56, (uint64_t)value);
}

static inline void ConfigureResponse_put_capacity_bytes(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void ConfigureResponse_put_max_items(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void ConfigureResponse_put_overflow(codec_writer *w, Overflow value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 24, (uint64_t)(int64_t)value);
}

static inline void ConfigureResponse_put_lease_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 32, (uint64_t)value);
}

static inline void ConfigureResponse_put_max_deliveries(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 40, (uint64_t)value);
}

static inline void ConfigureResponse_put_dedupe_window_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 48, (uint64_t)value);
}

static inline void Item_put_data(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void Item_put_id(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void Item_put_delay_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline bool PushRequest_next_items(codec_cursor *at, Item *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 18, &view) &&
         Item_decode(view.data, view.size, out, &error);
}

static inline void PushRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline uint8_t * PushRequest_open_items(codec_writer *w) {
  return codec_open(w, 18);
}

static inline void PushRequest_put_wait_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void PushResponse_put_accepted(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void PushResponse_put_duplicates(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void PushResponse_put_first_sequence(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline bool PopRequest_next_ack(codec_cursor *at, uint64_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 40, &raw)) return false;
  *out = (uint64_t)raw;
  return true;
}

static inline void PopRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void PopRequest_put_max_items(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void PopRequest_put_wait_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void PopRequest_put_lease_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 32, (uint64_t)value);
}

static inline uint8_t * PopRequest_open_ack(codec_writer *w) {
  return codec_open(w, 42);
}
static inline void PopRequest_add_ack(codec_writer *w, uint64_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void PopRequest_put_ack(codec_writer *w, const uint64_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = PopRequest_open_ack(w);
  for (uint32_t i = 0; i < count; i++) PopRequest_add_ack(w, values[i]);
  codec_close(w, mark);
}

static inline void PopRequest_put_dead_letters(codec_writer *w, bool value) {
  if ((uint64_t)value) codec_put_varint(w, 48, (uint64_t)value);
}

static inline void Delivery_put_data(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void Delivery_put_id(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void Delivery_put_sequence(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void Delivery_put_receipt(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 32, (uint64_t)value);
}

static inline void Delivery_put_attempt(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 40, (uint64_t)value);
}

static inline bool PopResponse_next_items(codec_cursor *at, Delivery *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 10, &view) &&
         Delivery_decode(view.data, view.size, out, &error);
}

static inline uint8_t * PopResponse_open_items(codec_writer *w) {
  return codec_open(w, 10);
}

static inline bool AckRequest_next_receipts(codec_cursor *at, uint64_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 16, &raw)) return false;
  *out = (uint64_t)raw;
  return true;
}

static inline void AckRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline uint8_t * AckRequest_open_receipts(codec_writer *w) {
  return codec_open(w, 18);
}
static inline void AckRequest_add_receipts(codec_writer *w, uint64_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void AckRequest_put_receipts(codec_writer *w, const uint64_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = AckRequest_open_receipts(w);
  for (uint32_t i = 0; i < count; i++) AckRequest_add_receipts(w, values[i]);
  codec_close(w, mark);
}

static inline bool AckResponse_next_unknown(codec_cursor *at, uint64_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 16, &raw)) return false;
  *out = (uint64_t)raw;
  return true;
}

static inline void AckResponse_put_acked(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline uint8_t * AckResponse_open_unknown(codec_writer *w) {
  return codec_open(w, 18);
}
static inline void AckResponse_add_unknown(codec_writer *w, uint64_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void AckResponse_put_unknown(codec_writer *w, const uint64_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = AckResponse_open_unknown(w);
  for (uint32_t i = 0; i < count; i++) AckResponse_add_unknown(w, values[i]);
  codec_close(w, mark);
}

static inline bool NackRequest_next_receipts(codec_cursor *at, uint64_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 16, &raw)) return false;
  *out = (uint64_t)raw;
  return true;
}

static inline void NackRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline uint8_t * NackRequest_open_receipts(codec_writer *w) {
  return codec_open(w, 18);
}
static inline void NackRequest_add_receipts(codec_writer *w, uint64_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void NackRequest_put_receipts(codec_writer *w, const uint64_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = NackRequest_open_receipts(w);
  for (uint32_t i = 0; i < count; i++) NackRequest_add_receipts(w, values[i]);
  codec_close(w, mark);
}

static inline void NackRequest_put_delay_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline bool NackResponse_next_unknown(codec_cursor *at, uint64_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 16, &raw)) return false;
  *out = (uint64_t)raw;
  return true;
}

static inline void NackResponse_put_nacked(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline uint8_t * NackResponse_open_unknown(codec_writer *w) {
  return codec_open(w, 18);
}
static inline void NackResponse_add_unknown(codec_writer *w, uint64_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void NackResponse_put_unknown(codec_writer *w, const uint64_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = NackResponse_open_unknown(w);
  for (uint32_t i = 0; i < count; i++) NackResponse_add_unknown(w, values[i]);
  codec_close(w, mark);
}

static inline bool ExtendRequest_next_receipts(codec_cursor *at, uint64_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 16, &raw)) return false;
  *out = (uint64_t)raw;
  return true;
}

static inline void ExtendRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline uint8_t * ExtendRequest_open_receipts(codec_writer *w) {
  return codec_open(w, 18);
}
static inline void ExtendRequest_add_receipts(codec_writer *w, uint64_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void ExtendRequest_put_receipts(codec_writer *w, const uint64_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = ExtendRequest_open_receipts(w);
  for (uint32_t i = 0; i < count; i++) ExtendRequest_add_receipts(w, values[i]);
  codec_close(w, mark);
}

static inline void ExtendRequest_put_lease_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline bool ExtendResponse_next_unknown(codec_cursor *at, uint64_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 16, &raw)) return false;
  *out = (uint64_t)raw;
  return true;
}

static inline void ExtendResponse_put_extended(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline uint8_t * ExtendResponse_open_unknown(codec_writer *w) {
  return codec_open(w, 18);
}
static inline void ExtendResponse_add_unknown(codec_writer *w, uint64_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void ExtendResponse_put_unknown(codec_writer *w, const uint64_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = ExtendResponse_open_unknown(w);
  for (uint32_t i = 0; i < count; i++) ExtendResponse_add_unknown(w, values[i]);
  codec_close(w, mark);
}

static inline void SubscribeRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void SubscribeRequest_put_credit(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void SubscribeRequest_put_lease_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline bool SubscribeResponse_next_items(codec_cursor *at, Delivery *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 10, &view) &&
         Delivery_decode(view.data, view.size, out, &error);
}

static inline uint8_t * SubscribeResponse_open_items(codec_writer *w) {
  return codec_open(w, 10);
}

static inline void StatsRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void StatsResponse_put_depth(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void StatsResponse_put_leased(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void StatsResponse_put_delayed(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void StatsResponse_put_dead(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 32, (uint64_t)value);
}

static inline void StatsResponse_put_bytes(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 40, (uint64_t)value);
}

static inline void StatsResponse_put_waiters(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 48, (uint64_t)value);
}

static inline void PurgeRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void PurgeRequest_put_dead_letters(codec_writer *w, bool value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void PurgeResponse_put_purged(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void CloseRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

#endif
