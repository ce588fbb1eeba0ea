// Generated from interlock/v1/contract.proto, interlock/v1/error.proto by build/codec; do not edit.
#include "interlock.h"

static bool interlock_Limits_read(codec_view message, uint32_t depth, interlock_Limits *out, codec_error *error);
static bool interlock_Contract_read(codec_view message, uint32_t depth, interlock_Contract *out, codec_error *error);
static bool interlock_InstanceConfig_read(codec_view message, uint32_t depth, interlock_InstanceConfig *out, codec_error *error);
static bool interlock_ModuleMetrics_read(codec_view message, uint32_t depth, interlock_ModuleMetrics *out, codec_error *error);
static bool interlock_ModuleMetrics_Value_read(codec_view message, uint32_t depth, interlock_ModuleMetrics_Value *out, codec_error *error);
static bool interlock_Error_read(codec_view message, uint32_t depth, interlock_Error *out, codec_error *error);

static bool interlock_Limits_read(codec_view message, uint32_t depth, interlock_Limits *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // max_memory
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_memory", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_memory = (uint64_t)raw;
        break;
      case 16:  // max_message_bytes
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_message_bytes", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_message_bytes = (uint32_t)raw;
        break;
      case 24:  // max_parked_calls
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_parked_calls", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_parked_calls = (uint32_t)raw;
        break;
      case 32:  // max_parked_bytes
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_parked_bytes", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_parked_bytes = (uint64_t)raw;
        break;
      case 40:  // entry_budget_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "entry_budget_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->entry_budget_ms = (uint32_t)raw;
        break;
      case 48:  // stream_window
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "stream_window", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->stream_window = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool interlock_Limits_decode(const uint8_t *data, uint32_t size, interlock_Limits *out, codec_error *error) {
  *out = (interlock_Limits){0};
  return interlock_Limits_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool interlock_Contract_read(codec_view message, uint32_t depth, interlock_Contract *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  codec_view view;
  while (at < to) {
    const uint8_t *start = at;
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // abi
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "abi", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->abi = (uint32_t)raw;
        break;
      case 18:  // package
        at = codec_read_bytes(at, to, &out->package);
        if (!at) return codec_refuse(error, "package", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->package)) return codec_refuse(error, "package", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 26:  // service
        at = codec_read_bytes(at, to, &out->service);
        if (!at) return codec_refuse(error, "service", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->service)) return codec_refuse(error, "service", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 34:  // summary
        at = codec_read_bytes(at, to, &out->summary);
        if (!at) return codec_refuse(error, "summary", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->summary)) return codec_refuse(error, "summary", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 42:  // limits
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "limits", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!interlock_Limits_read(view, depth - 1, &out->limits, error)) return codec_within(error, "limits", CODEC_NO_INDEX);
        out->has_limits = true;
        break;
      case 48:  // durability
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "durability", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->durability = (int32_t)raw;
        break;
      case 58:  // direct
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "direct", out->direct.count, CODEC_CUT_OFF);
        if (!codec_is_utf8(view)) return codec_refuse(error, "direct", out->direct.count, CODEC_NOT_UTF8);
        codec_found(&out->direct, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool interlock_Contract_decode(const uint8_t *data, uint32_t size, interlock_Contract *out, codec_error *error) {
  *out = (interlock_Contract){0};
  return interlock_Contract_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool interlock_InstanceConfig_read(codec_view message, uint32_t depth, interlock_InstanceConfig *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // name
        at = codec_read_bytes(at, to, &out->name);
        if (!at) return codec_refuse(error, "name", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->name)) return codec_refuse(error, "name", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 18:  // config
        at = codec_read_bytes(at, to, &out->config);
        if (!at) return codec_refuse(error, "config", CODEC_NO_INDEX, CODEC_CUT_OFF);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool interlock_InstanceConfig_decode(const uint8_t *data, uint32_t size, interlock_InstanceConfig *out, codec_error *error) {
  *out = (interlock_InstanceConfig){0};
  return interlock_InstanceConfig_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool interlock_ModuleMetrics_read(codec_view message, uint32_t depth, interlock_ModuleMetrics *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  codec_view view;
  while (at < to) {
    const uint8_t *start = at;
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // values
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "values", out->values.count, CODEC_CUT_OFF);
        {
          interlock_ModuleMetrics_Value element = {0};
          if (!interlock_ModuleMetrics_Value_read(view, depth - 1, &element, error)) return codec_within(error, "values", out->values.count);
        }
        codec_found(&out->values, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool interlock_ModuleMetrics_decode(const uint8_t *data, uint32_t size, interlock_ModuleMetrics *out, codec_error *error) {
  *out = (interlock_ModuleMetrics){0};
  return interlock_ModuleMetrics_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool interlock_ModuleMetrics_Value_read(codec_view message, uint32_t depth, interlock_ModuleMetrics_Value *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // name
        at = codec_read_bytes(at, to, &out->name);
        if (!at) return codec_refuse(error, "name", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->name)) return codec_refuse(error, "name", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 16:  // value
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "value", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->value = (int64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool interlock_ModuleMetrics_Value_decode(const uint8_t *data, uint32_t size, interlock_ModuleMetrics_Value *out, codec_error *error) {
  *out = (interlock_ModuleMetrics_Value){0};
  return interlock_ModuleMetrics_Value_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool interlock_Error_read(codec_view message, uint32_t depth, interlock_Error *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // reason
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "reason", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->reason = (int32_t)raw;
        break;
      case 18:  // message
        at = codec_read_bytes(at, to, &out->message);
        if (!at) return codec_refuse(error, "message", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->message)) return codec_refuse(error, "message", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 26:  // field
        at = codec_read_bytes(at, to, &out->field);
        if (!at) return codec_refuse(error, "field", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->field)) return codec_refuse(error, "field", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 34:  // module_reason
        at = codec_read_bytes(at, to, &out->module_reason);
        if (!at) return codec_refuse(error, "module_reason", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->module_reason)) return codec_refuse(error, "module_reason", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool interlock_Error_decode(const uint8_t *data, uint32_t size, interlock_Error *out, codec_error *error) {
  *out = (interlock_Error){0};
  return interlock_Error_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}
