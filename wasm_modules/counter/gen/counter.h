// Generated from interlock/counter/v1/counter.proto by build/codec; do not edit.
#ifndef GEN_COUNTER_H
#define GEN_COUNTER_H

#include "../../runtime/codec_read.h"
#include "../../runtime/codec_write.h"

typedef struct {
  codec_view key;
  int64_t delta;
  codec_view once;
} Addition;
#define Addition_KEY_FIELD 1
#define Addition_DELTA_FIELD 2
#define Addition_ONCE_FIELD 3

typedef struct {
  codec_view instance;
  codec_repeated adds;  // of Addition
} AddRequest;
#define AddRequest_INSTANCE_FIELD 1
#define AddRequest_ADDS_FIELD 2

typedef struct {
  codec_view key;
  int64_t value;
  bool applied;
} Added;
#define Added_KEY_FIELD 1
#define Added_VALUE_FIELD 2
#define Added_APPLIED_FIELD 3

typedef struct {
  codec_repeated values;  // of Added
} AddResponse;
#define AddResponse_VALUES_FIELD 1

typedef struct {
  codec_view instance;
  codec_repeated keys;  // of codec_view
} GetRequest;
#define GetRequest_INSTANCE_FIELD 1
#define GetRequest_KEYS_FIELD 2

typedef struct {
  codec_view key;
  int64_t value;
} KeyValue;
#define KeyValue_KEY_FIELD 1
#define KeyValue_VALUE_FIELD 2

typedef struct {
  codec_repeated values;  // of KeyValue
} GetResponse;
#define GetResponse_VALUES_FIELD 1

typedef struct {
  codec_view instance;
  codec_view key;
  int64_t expected;
  int64_t value;
} CompareAndSetRequest;
#define CompareAndSetRequest_INSTANCE_FIELD 1
#define CompareAndSetRequest_KEY_FIELD 2
#define CompareAndSetRequest_EXPECTED_FIELD 3
#define CompareAndSetRequest_VALUE_FIELD 4

typedef struct {
  bool swapped;
  int64_t value;
} CompareAndSetResponse;
#define CompareAndSetResponse_SWAPPED_FIELD 1
#define CompareAndSetResponse_VALUE_FIELD 2

typedef struct {
  codec_view instance;
  codec_repeated keys;  // of codec_view
} ResetRequest;
#define ResetRequest_INSTANCE_FIELD 1
#define ResetRequest_KEYS_FIELD 2

typedef struct {
  uint64_t reset;
} ResetResponse;
#define ResetResponse_RESET_FIELD 1

typedef struct {
  codec_view instance;
  codec_view prefix;
  uint32_t page_size;
  codec_view page_token;
} ListRequest;
#define ListRequest_INSTANCE_FIELD 1
#define ListRequest_PREFIX_FIELD 2
#define ListRequest_PAGE_SIZE_FIELD 3
#define ListRequest_PAGE_TOKEN_FIELD 4

typedef struct {
  codec_repeated values;  // of KeyValue
  codec_view next_page_token;
} ListResponse;
#define ListResponse_VALUES_FIELD 1
#define ListResponse_NEXT_PAGE_TOKEN_FIELD 2

typedef struct {
  codec_view instance;
  codec_view key;
  bool has_at_least;
  int64_t at_least;
  bool has_at_most;
  int64_t at_most;
  uint32_t wait_ms;
} WaitRequest;
#define WaitRequest_INSTANCE_FIELD 1
#define WaitRequest_KEY_FIELD 2
#define WaitRequest_AT_LEAST_FIELD 3
#define WaitRequest_AT_MOST_FIELD 4
#define WaitRequest_WAIT_MS_FIELD 5

typedef struct {
  int64_t value;
  bool reached;
} WaitResponse;
#define WaitResponse_VALUE_FIELD 1
#define WaitResponse_REACHED_FIELD 2

typedef struct {
  codec_repeated values;  // of KeyValue
  codec_repeated once;  // of CounterState_Once
  codec_repeated waiting;  // of CounterState_Waiting
} CounterState;
#define CounterState_VALUES_FIELD 1
#define CounterState_ONCE_FIELD 2
#define CounterState_WAITING_FIELD 3

typedef struct {
  codec_view id;
  int64_t due_ns;
} CounterState_Once;
#define CounterState_Once_ID_FIELD 1
#define CounterState_Once_DUE_NS_FIELD 2

typedef struct {
  uint64_t call;
  codec_view key;
  int64_t at_least;
  int64_t at_most;
  int64_t due_ns;
} CounterState_Waiting;
#define CounterState_Waiting_CALL_FIELD 1
#define CounterState_Waiting_KEY_FIELD 2
#define CounterState_Waiting_AT_LEAST_FIELD 3
#define CounterState_Waiting_AT_MOST_FIELD 4
#define CounterState_Waiting_DUE_NS_FIELD 5

bool Addition_decode(const uint8_t *data, uint32_t size, Addition *out, codec_error *error);
bool AddRequest_decode(const uint8_t *data, uint32_t size, AddRequest *out, codec_error *error);
bool Added_decode(const uint8_t *data, uint32_t size, Added *out, codec_error *error);
bool AddResponse_decode(const uint8_t *data, uint32_t size, AddResponse *out, codec_error *error);
bool GetRequest_decode(const uint8_t *data, uint32_t size, GetRequest *out, codec_error *error);
bool KeyValue_decode(const uint8_t *data, uint32_t size, KeyValue *out, codec_error *error);
bool GetResponse_decode(const uint8_t *data, uint32_t size, GetResponse *out, codec_error *error);
bool CompareAndSetRequest_decode(const uint8_t *data, uint32_t size, CompareAndSetRequest *out, codec_error *error);
bool CompareAndSetResponse_decode(const uint8_t *data, uint32_t size, CompareAndSetResponse *out, codec_error *error);
bool ResetRequest_decode(const uint8_t *data, uint32_t size, ResetRequest *out, codec_error *error);
bool ResetResponse_decode(const uint8_t *data, uint32_t size, ResetResponse *out, codec_error *error);
bool ListRequest_decode(const uint8_t *data, uint32_t size, ListRequest *out, codec_error *error);
bool ListResponse_decode(const uint8_t *data, uint32_t size, ListResponse *out, codec_error *error);
bool WaitRequest_decode(const uint8_t *data, uint32_t size, WaitRequest *out, codec_error *error);
bool WaitResponse_decode(const uint8_t *data, uint32_t size, WaitResponse *out, codec_error *error);
bool CounterState_decode(const uint8_t *data, uint32_t size, CounterState *out, codec_error *error);
bool CounterState_Once_decode(const uint8_t *data, uint32_t size, CounterState_Once *out, codec_error *error);
bool CounterState_Waiting_decode(const uint8_t *data, uint32_t size, CounterState_Waiting *out, codec_error *error);

static inline void Addition_put_key(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void Addition_put_delta(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 16, (uint64_t)(int64_t)value);
}

static inline void Addition_put_once(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 26, value);
}

static inline bool AddRequest_next_adds(codec_cursor *at, Addition *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 18, &view) &&
         Addition_decode(view.data, view.size, out, &error);
}

static inline void AddRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline uint8_t * AddRequest_open_adds(codec_writer *w) {
  return codec_open(w, 18);
}

static inline void Added_put_key(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void Added_put_value(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 16, (uint64_t)(int64_t)value);
}

static inline void Added_put_applied(codec_writer *w, bool value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline bool AddResponse_next_values(codec_cursor *at, Added *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 10, &view) &&
         Added_decode(view.data, view.size, out, &error);
}

static inline uint8_t * AddResponse_open_values(codec_writer *w) {
  return codec_open(w, 10);
}

static inline bool GetRequest_next_keys(codec_cursor *at, codec_view *out) {
  return codec_next_bytes(at, 18, out);
}

static inline void GetRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void GetRequest_put_keys(codec_writer *w, codec_view value) {
  codec_put_bytes(w, 18, value);
}

static inline void KeyValue_put_key(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void KeyValue_put_value(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 16, (uint64_t)(int64_t)value);
}

static inline bool GetResponse_next_values(codec_cursor *at, KeyValue *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 10, &view) &&
         KeyValue_decode(view.data, view.size, out, &error);
}

static inline uint8_t * GetResponse_open_values(codec_writer *w) {
  return codec_open(w, 10);
}

static inline void CompareAndSetRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void CompareAndSetRequest_put_key(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void CompareAndSetRequest_put_expected(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 24, (uint64_t)(int64_t)value);
}

static inline void CompareAndSetRequest_put_value(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 32, (uint64_t)(int64_t)value);
}

static inline void CompareAndSetResponse_put_swapped(codec_writer *w, bool value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void CompareAndSetResponse_put_value(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 16, (uint64_t)(int64_t)value);
}

static inline bool ResetRequest_next_keys(codec_cursor *at, codec_view *out) {
  return codec_next_bytes(at, 18, out);
}

static inline void ResetRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void ResetRequest_put_keys(codec_writer *w, codec_view value) {
  codec_put_bytes(w, 18, value);
}

static inline void ResetResponse_put_reset(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void ListRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void ListRequest_put_prefix(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void ListRequest_put_page_size(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void ListRequest_put_page_token(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 34, value);
}

static inline bool ListResponse_next_values(codec_cursor *at, KeyValue *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 10, &view) &&
         KeyValue_decode(view.data, view.size, out, &error);
}

static inline uint8_t * ListResponse_open_values(codec_writer *w) {
  return codec_open(w, 10);
}

static inline void ListResponse_put_next_page_token(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void WaitRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void WaitRequest_put_key(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void WaitRequest_put_at_least(codec_writer *w, int64_t value) {
  codec_put_varint(w, 24, (uint64_t)(int64_t)value);
}

static inline void WaitRequest_put_at_most(codec_writer *w, int64_t value) {
  codec_put_varint(w, 32, (uint64_t)(int64_t)value);
}

static inline void WaitRequest_put_wait_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 40, (uint64_t)value);
}

static inline void WaitResponse_put_value(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 8, (uint64_t)(int64_t)value);
}

static inline void WaitResponse_put_reached(codec_writer *w, bool value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline bool CounterState_next_values(codec_cursor *at, KeyValue *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 10, &view) &&
         KeyValue_decode(view.data, view.size, out, &error);
}

static inline bool CounterState_next_once(codec_cursor *at, CounterState_Once *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 18, &view) &&
         CounterState_Once_decode(view.data, view.size, out, &error);
}

static inline bool CounterState_next_waiting(codec_cursor *at, CounterState_Waiting *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 26, &view) &&
         CounterState_Waiting_decode(view.data, view.size, out, &error);
}

static inline uint8_t * CounterState_open_values(codec_writer *w) {
  return codec_open(w, 10);
}

static inline uint8_t * CounterState_open_once(codec_writer *w) {
  return codec_open(w, 18);
}

static inline uint8_t * CounterState_open_waiting(codec_writer *w) {
  return codec_open(w, 26);
}

static inline void CounterState_Once_put_id(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void CounterState_Once_put_due_ns(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 16, (uint64_t)(int64_t)value);
}

static inline void CounterState_Waiting_put_call(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void CounterState_Waiting_put_key(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void CounterState_Waiting_put_at_least(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 24, (uint64_t)(int64_t)value);
}

static inline void CounterState_Waiting_put_at_most(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 32, (uint64_t)(int64_t)value);
}

static inline void CounterState_Waiting_put_due_ns(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 40, (uint64_t)(int64_t)value);
}

#endif
