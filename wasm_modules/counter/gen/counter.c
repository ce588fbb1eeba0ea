// Generated from interlock/counter/v1/counter.proto by build/codec; do not edit.
#include "counter.h"

static bool Addition_read(codec_view message, uint32_t depth, Addition *out, codec_error *error);
static bool Addition_rules(const Addition *in, codec_error *error);
static bool AddRequest_read(codec_view message, uint32_t depth, AddRequest *out, codec_error *error);
static bool AddRequest_rules(const AddRequest *in, codec_error *error);
static bool Added_read(codec_view message, uint32_t depth, Added *out, codec_error *error);
static bool AddResponse_read(codec_view message, uint32_t depth, AddResponse *out, codec_error *error);
static bool GetRequest_read(codec_view message, uint32_t depth, GetRequest *out, codec_error *error);
static bool GetRequest_rules(const GetRequest *in, codec_error *error);
static bool KeyValue_read(codec_view message, uint32_t depth, KeyValue *out, codec_error *error);
static bool GetResponse_read(codec_view message, uint32_t depth, GetResponse *out, codec_error *error);
static bool CompareAndSetRequest_read(codec_view message, uint32_t depth, CompareAndSetRequest *out, codec_error *error);
static bool CompareAndSetRequest_rules(const CompareAndSetRequest *in, codec_error *error);
static bool CompareAndSetResponse_read(codec_view message, uint32_t depth, CompareAndSetResponse *out, codec_error *error);
static bool ResetRequest_read(codec_view message, uint32_t depth, ResetRequest *out, codec_error *error);
static bool ResetRequest_rules(const ResetRequest *in, codec_error *error);
static bool ResetResponse_read(codec_view message, uint32_t depth, ResetResponse *out, codec_error *error);
static bool ListRequest_read(codec_view message, uint32_t depth, ListRequest *out, codec_error *error);
static bool ListRequest_rules(const ListRequest *in, codec_error *error);
static bool ListResponse_read(codec_view message, uint32_t depth, ListResponse *out, codec_error *error);
static bool WaitRequest_read(codec_view message, uint32_t depth, WaitRequest *out, codec_error *error);
static bool WaitRequest_rules(const WaitRequest *in, codec_error *error);
static bool WaitResponse_read(codec_view message, uint32_t depth, WaitResponse *out, codec_error *error);
static bool CounterState_read(codec_view message, uint32_t depth, CounterState *out, codec_error *error);
static bool CounterState_Once_read(codec_view message, uint32_t depth, CounterState_Once *out, codec_error *error);
static bool CounterState_Waiting_read(codec_view message, uint32_t depth, CounterState_Waiting *out, codec_error *error);

static bool Addition_read(codec_view message, uint32_t depth, Addition *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // key
        at = codec_read_bytes(at, to, &out->key);
        if (!at) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->key)) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 16:  // delta
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "delta", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->delta = (int64_t)raw;
        break;
      case 26:  // once
        at = codec_read_bytes(at, to, &out->once);
        if (!at) return codec_refuse(error, "once", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->once)) return codec_refuse(error, "once", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool Addition_rules(const Addition *in, codec_error *error) {
  if (in->key.size > 1024) return codec_refuse(error, "key", CODEC_NO_INDEX, "must be at most 1024 bytes long");
  if (in->once.size > 255) return codec_refuse(error, "once", CODEC_NO_INDEX, "must be at most 255 bytes long");
  return true;
}

bool Addition_decode(const uint8_t *data, uint32_t size, Addition *out, codec_error *error) {
  *out = (Addition){0};
  return Addition_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && Addition_rules(out, error);
}

static bool AddRequest_read(codec_view message, uint32_t depth, AddRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  codec_view view;
  bool named = false;
  while (at < to) {
    const uint8_t *start = at;
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // instance
        at = codec_read_bytes(at, to, &out->instance);
        if (!at) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        if (named) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must not come twice");
        named = true;
        break;
      case 18:  // adds
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "adds", out->adds.count, CODEC_CUT_OFF);
        {
          Addition element = {0};
          if (!Addition_read(view, depth - 1, &element, error) || !Addition_rules(&element, error)) return codec_within(error, "adds", out->adds.count);
        }
        codec_found(&out->adds, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool AddRequest_rules(const AddRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->adds.count < 1) return codec_refuse(error, "adds", CODEC_NO_INDEX, "must have at least 1 element");
  if (in->adds.count > 1024) return codec_refuse(error, "adds", CODEC_NO_INDEX, "must have at most 1024 elements");
  return true;
}

bool AddRequest_decode(const uint8_t *data, uint32_t size, AddRequest *out, codec_error *error) {
  *out = (AddRequest){0};
  return AddRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && AddRequest_rules(out, error);
}

static bool Added_read(codec_view message, uint32_t depth, Added *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // key
        at = codec_read_bytes(at, to, &out->key);
        if (!at) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->key)) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 16:  // value
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "value", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->value = (int64_t)raw;
        break;
      case 24:  // applied
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "applied", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->applied = raw != 0;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool Added_decode(const uint8_t *data, uint32_t size, Added *out, codec_error *error) {
  *out = (Added){0};
  return Added_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool AddResponse_read(codec_view message, uint32_t depth, AddResponse *out, codec_error *error) {
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
          Added element = {0};
          if (!Added_read(view, depth - 1, &element, error)) return codec_within(error, "values", out->values.count);
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

bool AddResponse_decode(const uint8_t *data, uint32_t size, AddResponse *out, codec_error *error) {
  *out = (AddResponse){0};
  return AddResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool GetRequest_read(codec_view message, uint32_t depth, GetRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  codec_view view;
  bool named = false;
  while (at < to) {
    const uint8_t *start = at;
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // instance
        at = codec_read_bytes(at, to, &out->instance);
        if (!at) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        if (named) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must not come twice");
        named = true;
        break;
      case 18:  // keys
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "keys", out->keys.count, CODEC_CUT_OFF);
        if (!codec_is_utf8(view)) return codec_refuse(error, "keys", out->keys.count, CODEC_NOT_UTF8);
        codec_found(&out->keys, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool GetRequest_rules(const GetRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->keys.count < 1) return codec_refuse(error, "keys", CODEC_NO_INDEX, "must have at least 1 element");
  if (in->keys.count > 1024) return codec_refuse(error, "keys", CODEC_NO_INDEX, "must have at most 1024 elements");
  {
    codec_view value;
    codec_cursor keys_at = codec_walk(in->keys);
    for (uint32_t i = 0; GetRequest_next_keys(&keys_at, &value); i++) {
      if (value.size > 1024) return codec_refuse(error, "keys", i, "must be at most 1024 bytes long");
    }
  }
  return true;
}

bool GetRequest_decode(const uint8_t *data, uint32_t size, GetRequest *out, codec_error *error) {
  *out = (GetRequest){0};
  return GetRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && GetRequest_rules(out, error);
}

static bool KeyValue_read(codec_view message, uint32_t depth, KeyValue *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // key
        at = codec_read_bytes(at, to, &out->key);
        if (!at) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->key)) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_NOT_UTF8);
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

bool KeyValue_decode(const uint8_t *data, uint32_t size, KeyValue *out, codec_error *error) {
  *out = (KeyValue){0};
  return KeyValue_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool GetResponse_read(codec_view message, uint32_t depth, GetResponse *out, codec_error *error) {
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
          KeyValue element = {0};
          if (!KeyValue_read(view, depth - 1, &element, error)) return codec_within(error, "values", out->values.count);
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

bool GetResponse_decode(const uint8_t *data, uint32_t size, GetResponse *out, codec_error *error) {
  *out = (GetResponse){0};
  return GetResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool CompareAndSetRequest_read(codec_view message, uint32_t depth, CompareAndSetRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  bool named = false;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // instance
        at = codec_read_bytes(at, to, &out->instance);
        if (!at) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        if (named) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must not come twice");
        named = true;
        break;
      case 18:  // key
        at = codec_read_bytes(at, to, &out->key);
        if (!at) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->key)) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // expected
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "expected", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->expected = (int64_t)raw;
        break;
      case 32:  // value
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

static bool CompareAndSetRequest_rules(const CompareAndSetRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->key.size > 1024) return codec_refuse(error, "key", CODEC_NO_INDEX, "must be at most 1024 bytes long");
  return true;
}

bool CompareAndSetRequest_decode(const uint8_t *data, uint32_t size, CompareAndSetRequest *out, codec_error *error) {
  *out = (CompareAndSetRequest){0};
  return CompareAndSetRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && CompareAndSetRequest_rules(out, error);
}

static bool CompareAndSetResponse_read(codec_view message, uint32_t depth, CompareAndSetResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // swapped
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "swapped", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->swapped = raw != 0;
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

bool CompareAndSetResponse_decode(const uint8_t *data, uint32_t size, CompareAndSetResponse *out, codec_error *error) {
  *out = (CompareAndSetResponse){0};
  return CompareAndSetResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool ResetRequest_read(codec_view message, uint32_t depth, ResetRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  codec_view view;
  bool named = false;
  while (at < to) {
    const uint8_t *start = at;
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // instance
        at = codec_read_bytes(at, to, &out->instance);
        if (!at) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        if (named) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must not come twice");
        named = true;
        break;
      case 18:  // keys
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "keys", out->keys.count, CODEC_CUT_OFF);
        if (!codec_is_utf8(view)) return codec_refuse(error, "keys", out->keys.count, CODEC_NOT_UTF8);
        codec_found(&out->keys, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool ResetRequest_rules(const ResetRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->keys.count > 1024) return codec_refuse(error, "keys", CODEC_NO_INDEX, "must have at most 1024 elements");
  {
    codec_view value;
    codec_cursor keys_at = codec_walk(in->keys);
    for (uint32_t i = 0; ResetRequest_next_keys(&keys_at, &value); i++) {
      if (value.size > 1024) return codec_refuse(error, "keys", i, "must be at most 1024 bytes long");
    }
  }
  return true;
}

bool ResetRequest_decode(const uint8_t *data, uint32_t size, ResetRequest *out, codec_error *error) {
  *out = (ResetRequest){0};
  return ResetRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && ResetRequest_rules(out, error);
}

static bool ResetResponse_read(codec_view message, uint32_t depth, ResetResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // reset
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "reset", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->reset = (uint64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool ResetResponse_decode(const uint8_t *data, uint32_t size, ResetResponse *out, codec_error *error) {
  *out = (ResetResponse){0};
  return ResetResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool ListRequest_read(codec_view message, uint32_t depth, ListRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  bool named = false;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // instance
        at = codec_read_bytes(at, to, &out->instance);
        if (!at) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        if (named) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must not come twice");
        named = true;
        break;
      case 18:  // prefix
        at = codec_read_bytes(at, to, &out->prefix);
        if (!at) return codec_refuse(error, "prefix", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->prefix)) return codec_refuse(error, "prefix", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // page_size
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "page_size", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->page_size = (uint32_t)raw;
        break;
      case 34:  // page_token
        at = codec_read_bytes(at, to, &out->page_token);
        if (!at) return codec_refuse(error, "page_token", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->page_token)) return codec_refuse(error, "page_token", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool ListRequest_rules(const ListRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->prefix.size > 1024) return codec_refuse(error, "prefix", CODEC_NO_INDEX, "must be at most 1024 bytes long");
  if (in->page_size > UINT64_C(10000)) return codec_refuse(error, "page_size", CODEC_NO_INDEX, "must be at most 10000");
  if (in->page_token.size > 1100) return codec_refuse(error, "page_token", CODEC_NO_INDEX, "must be at most 1100 bytes long");
  return true;
}

bool ListRequest_decode(const uint8_t *data, uint32_t size, ListRequest *out, codec_error *error) {
  *out = (ListRequest){0};
  return ListRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && ListRequest_rules(out, error);
}

static bool ListResponse_read(codec_view message, uint32_t depth, ListResponse *out, codec_error *error) {
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
          KeyValue element = {0};
          if (!KeyValue_read(view, depth - 1, &element, error)) return codec_within(error, "values", out->values.count);
        }
        codec_found(&out->values, start, at, 1);
        break;
      case 18:  // next_page_token
        at = codec_read_bytes(at, to, &out->next_page_token);
        if (!at) return codec_refuse(error, "next_page_token", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->next_page_token)) return codec_refuse(error, "next_page_token", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool ListResponse_decode(const uint8_t *data, uint32_t size, ListResponse *out, codec_error *error) {
  *out = (ListResponse){0};
  return ListResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool WaitRequest_read(codec_view message, uint32_t depth, WaitRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  bool named = false;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // instance
        at = codec_read_bytes(at, to, &out->instance);
        if (!at) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        if (named) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must not come twice");
        named = true;
        break;
      case 18:  // key
        at = codec_read_bytes(at, to, &out->key);
        if (!at) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->key)) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // at_least
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "at_least", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->at_least = (int64_t)raw;
        out->has_at_least = true;
        break;
      case 32:  // at_most
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "at_most", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->at_most = (int64_t)raw;
        out->has_at_most = true;
        break;
      case 40:  // wait_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "wait_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->wait_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool WaitRequest_rules(const WaitRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->key.size > 1024) return codec_refuse(error, "key", CODEC_NO_INDEX, "must be at most 1024 bytes long");
  return true;
}

bool WaitRequest_decode(const uint8_t *data, uint32_t size, WaitRequest *out, codec_error *error) {
  *out = (WaitRequest){0};
  return WaitRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && WaitRequest_rules(out, error);
}

static bool WaitResponse_read(codec_view message, uint32_t depth, WaitResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // value
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "value", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->value = (int64_t)raw;
        break;
      case 16:  // reached
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "reached", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->reached = raw != 0;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool WaitResponse_decode(const uint8_t *data, uint32_t size, WaitResponse *out, codec_error *error) {
  *out = (WaitResponse){0};
  return WaitResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool CounterState_read(codec_view message, uint32_t depth, CounterState *out, codec_error *error) {
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
          KeyValue element = {0};
          if (!KeyValue_read(view, depth - 1, &element, error)) return codec_within(error, "values", out->values.count);
        }
        codec_found(&out->values, start, at, 1);
        break;
      case 18:  // once
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "once", out->once.count, CODEC_CUT_OFF);
        {
          CounterState_Once element = {0};
          if (!CounterState_Once_read(view, depth - 1, &element, error)) return codec_within(error, "once", out->once.count);
        }
        codec_found(&out->once, start, at, 1);
        break;
      case 26:  // waiting
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "waiting", out->waiting.count, CODEC_CUT_OFF);
        {
          CounterState_Waiting element = {0};
          if (!CounterState_Waiting_read(view, depth - 1, &element, error)) return codec_within(error, "waiting", out->waiting.count);
        }
        codec_found(&out->waiting, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool CounterState_decode(const uint8_t *data, uint32_t size, CounterState *out, codec_error *error) {
  *out = (CounterState){0};
  return CounterState_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool CounterState_Once_read(codec_view message, uint32_t depth, CounterState_Once *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // id
        at = codec_read_bytes(at, to, &out->id);
        if (!at) return codec_refuse(error, "id", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->id)) return codec_refuse(error, "id", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 16:  // due_ns
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "due_ns", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->due_ns = (int64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool CounterState_Once_decode(const uint8_t *data, uint32_t size, CounterState_Once *out, codec_error *error) {
  *out = (CounterState_Once){0};
  return CounterState_Once_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool CounterState_Waiting_read(codec_view message, uint32_t depth, CounterState_Waiting *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // call
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "call", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->call = (uint64_t)raw;
        break;
      case 18:  // key
        at = codec_read_bytes(at, to, &out->key);
        if (!at) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->key)) return codec_refuse(error, "key", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // at_least
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "at_least", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->at_least = (int64_t)raw;
        break;
      case 32:  // at_most
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "at_most", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->at_most = (int64_t)raw;
        break;
      case 40:  // due_ns
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "due_ns", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->due_ns = (int64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool CounterState_Waiting_decode(const uint8_t *data, uint32_t size, CounterState_Waiting *out, codec_error *error) {
  *out = (CounterState_Waiting){0};
  return CounterState_Waiting_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}
