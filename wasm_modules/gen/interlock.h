// Generated from interlock/v1/contract.proto, interlock/v1/error.proto by build/codec; do not edit.
#ifndef GEN_INTERLOCK_H
#define GEN_INTERLOCK_H

#include "../runtime/codec_read.h"
#include "../runtime/codec_write.h"

enum {
  DURABILITY_UNSPECIFIED = 0,
  DURABILITY_EPHEMERAL = 1,
  DURABILITY_ASYNC = 2,
  DURABILITY_DURABLE = 3,
};
typedef int32_t interlock_Durability;

enum {
  REASON_UNSPECIFIED = 0,
  REASON_INVALID_PROTO = 1,
  REASON_INSTANCE_MISSING = 2,
  REASON_INSTANCE_INVALID = 3,
  REASON_STREAM_EMPTY = 4,
  REASON_INSTANCE_CHANGED = 5,
  REASON_MESSAGE_TOO_LARGE = 6,
  REASON_UNKNOWN_METHOD = 7,
  REASON_NOT_FOUND = 8,
  REASON_UNAUTHENTICATED = 9,
  REASON_PERMISSION_DENIED = 10,
  REASON_REQUEST_ID_REUSED = 11,
  REASON_CONFIG_CONFLICT = 20,
  REASON_FENCED = 21,
  REASON_CLOSED = 22,
  REASON_UNKNOWN_MEMBER = 23,
  REASON_OVERFLOW = 24,
  REASON_ITEM_TOO_LARGE = 25,
  REASON_PAGE_TOKEN_INVALID = 26,
  REASON_TIMED_OUT = 27,
  REASON_SUPERSEDED = 28,
  REASON_TOO_MANY_PARKED = 40,
  REASON_OUT_OF_MEMORY = 41,
  REASON_TOO_MANY_INSTANCES = 42,
  REASON_SLOW_CONSUMER = 43,
  REASON_TRAP = 60,
  REASON_NO_PROGRESS = 61,
  REASON_PARKED_READ = 62,
  REASON_MODULE_FAULT = 64,
  REASON_START_FAILED = 63,
  REASON_INSTANCE_RESTARTED = 80,
  REASON_INSTANCE_FAILED = 81,
  REASON_SHUTTING_DOWN = 82,
  REASON_INSTANCE_DELETED = 83,
  REASON_JOURNAL_FAILED = 84,
  REASON_CALLER_GONE = 85,
  REASON_DATA_LOCKED = 86,
  REASON_DATA_DAMAGED = 87,
};
typedef int32_t interlock_Reason;

typedef struct {
  uint64_t max_memory;
  uint32_t max_message_bytes;
  uint32_t max_parked_calls;
  uint64_t max_parked_bytes;
  uint32_t entry_budget_ms;
  uint32_t stream_window;
} interlock_Limits;
#define interlock_Limits_MAX_MEMORY_FIELD 1
#define interlock_Limits_MAX_MESSAGE_BYTES_FIELD 2
#define interlock_Limits_MAX_PARKED_CALLS_FIELD 3
#define interlock_Limits_MAX_PARKED_BYTES_FIELD 4
#define interlock_Limits_ENTRY_BUDGET_MS_FIELD 5
#define interlock_Limits_STREAM_WINDOW_FIELD 6

typedef struct {
  uint32_t abi;
  codec_view package;
  codec_view service;
  codec_view summary;
  bool has_limits;
  interlock_Limits limits;
  interlock_Durability durability;
  codec_repeated direct;  // of codec_view
} interlock_Contract;
#define interlock_Contract_ABI_FIELD 1
#define interlock_Contract_PACKAGE_FIELD 2
#define interlock_Contract_SERVICE_FIELD 3
#define interlock_Contract_SUMMARY_FIELD 4
#define interlock_Contract_LIMITS_FIELD 5
#define interlock_Contract_DURABILITY_FIELD 6
#define interlock_Contract_DIRECT_FIELD 7

typedef struct {
  codec_view name;
  codec_view config;
} interlock_InstanceConfig;
#define interlock_InstanceConfig_NAME_FIELD 1
#define interlock_InstanceConfig_CONFIG_FIELD 2

typedef struct {
  codec_repeated values;  // of interlock_ModuleMetrics_Value
} interlock_ModuleMetrics;
#define interlock_ModuleMetrics_VALUES_FIELD 1

typedef struct {
  codec_view name;
  int64_t value;
} interlock_ModuleMetrics_Value;
#define interlock_ModuleMetrics_Value_NAME_FIELD 1
#define interlock_ModuleMetrics_Value_VALUE_FIELD 2

typedef struct {
  interlock_Reason reason;
  codec_view message;
  codec_view field;
  codec_view module_reason;
} interlock_Error;
#define interlock_Error_REASON_FIELD 1
#define interlock_Error_MESSAGE_FIELD 2
#define interlock_Error_FIELD_FIELD 3
#define interlock_Error_MODULE_REASON_FIELD 4

bool interlock_Limits_decode(const uint8_t *data, uint32_t size, interlock_Limits *out, codec_error *error);
bool interlock_Contract_decode(const uint8_t *data, uint32_t size, interlock_Contract *out, codec_error *error);
bool interlock_InstanceConfig_decode(const uint8_t *data, uint32_t size, interlock_InstanceConfig *out, codec_error *error);
bool interlock_ModuleMetrics_decode(const uint8_t *data, uint32_t size, interlock_ModuleMetrics *out, codec_error *error);
bool interlock_ModuleMetrics_Value_decode(const uint8_t *data, uint32_t size, interlock_ModuleMetrics_Value *out, codec_error *error);
bool interlock_Error_decode(const uint8_t *data, uint32_t size, interlock_Error *out, codec_error *error);

static inline void interlock_Limits_put_max_memory(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void interlock_Limits_put_max_message_bytes(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void interlock_Limits_put_max_parked_calls(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void interlock_Limits_put_max_parked_bytes(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 32, (uint64_t)value);
}

static inline void interlock_Limits_put_entry_budget_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 40, (uint64_t)value);
}

static inline void interlock_Limits_put_stream_window(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 48, (uint64_t)value);
}

static inline bool interlock_Contract_next_direct(codec_cursor *at, codec_view *out) {
  return codec_next_bytes(at, 58, out);
}

static inline void interlock_Contract_put_abi(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline void interlock_Contract_put_package(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void interlock_Contract_put_service(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 26, value);
}

static inline void interlock_Contract_put_summary(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 34, value);
}

static inline uint8_t * interlock_Contract_open_limits(codec_writer *w) {
  return codec_open(w, 42);
}

static inline void interlock_Contract_put_durability(codec_writer *w, interlock_Durability value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 48, (uint64_t)(int64_t)value);
}

static inline void interlock_Contract_put_direct(codec_writer *w, codec_view value) {
  codec_put_bytes(w, 58, value);
}

static inline void interlock_InstanceConfig_put_name(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void interlock_InstanceConfig_put_config(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline bool interlock_ModuleMetrics_next_values(codec_cursor *at, interlock_ModuleMetrics_Value *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 10, &view) &&
         interlock_ModuleMetrics_Value_decode(view.data, view.size, out, &error);
}

static inline uint8_t * interlock_ModuleMetrics_open_values(codec_writer *w) {
  return codec_open(w, 10);
}

static inline void interlock_ModuleMetrics_Value_put_name(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void interlock_ModuleMetrics_Value_put_value(codec_writer *w, int64_t value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 16, (uint64_t)(int64_t)value);
}

static inline void interlock_Error_put_reason(codec_writer *w, interlock_Reason value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 8, (uint64_t)(int64_t)value);
}

static inline void interlock_Error_put_message(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void interlock_Error_put_field(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 26, value);
}

static inline void interlock_Error_put_module_reason(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 34, value);
}

#endif
