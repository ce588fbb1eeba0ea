// Generated from interlock/queue/v1/queue.proto by build/codec; do not edit.
#include "queue.h"

static bool ConfigureRequest_read(codec_view message, uint32_t depth, ConfigureRequest *out, codec_error *error);
static bool ConfigureRequest_rules(const ConfigureRequest *in, codec_error *error);
static bool ConfigureResponse_read(codec_view message, uint32_t depth, ConfigureResponse *out, codec_error *error);
static bool Item_read(codec_view message, uint32_t depth, Item *out, codec_error *error);
static bool Item_rules(const Item *in, codec_error *error);
static bool PushRequest_read(codec_view message, uint32_t depth, PushRequest *out, codec_error *error);
static bool PushRequest_rules(const PushRequest *in, codec_error *error);
static bool PushResponse_read(codec_view message, uint32_t depth, PushResponse *out, codec_error *error);
static bool PopRequest_read(codec_view message, uint32_t depth, PopRequest *out, codec_error *error);
static bool PopRequest_rules(const PopRequest *in, codec_error *error);
static bool Delivery_read(codec_view message, uint32_t depth, Delivery *out, codec_error *error);
static bool PopResponse_read(codec_view message, uint32_t depth, PopResponse *out, codec_error *error);
static bool AckRequest_read(codec_view message, uint32_t depth, AckRequest *out, codec_error *error);
static bool AckRequest_rules(const AckRequest *in, codec_error *error);
static bool AckResponse_read(codec_view message, uint32_t depth, AckResponse *out, codec_error *error);
static bool NackRequest_read(codec_view message, uint32_t depth, NackRequest *out, codec_error *error);
static bool NackRequest_rules(const NackRequest *in, codec_error *error);
static bool NackResponse_read(codec_view message, uint32_t depth, NackResponse *out, codec_error *error);
static bool ExtendRequest_read(codec_view message, uint32_t depth, ExtendRequest *out, codec_error *error);
static bool ExtendRequest_rules(const ExtendRequest *in, codec_error *error);
static bool ExtendResponse_read(codec_view message, uint32_t depth, ExtendResponse *out, codec_error *error);
static bool SubscribeRequest_read(codec_view message, uint32_t depth, SubscribeRequest *out, codec_error *error);
static bool SubscribeRequest_rules(const SubscribeRequest *in, codec_error *error);
static bool SubscribeResponse_read(codec_view message, uint32_t depth, SubscribeResponse *out, codec_error *error);
static bool StatsRequest_read(codec_view message, uint32_t depth, StatsRequest *out, codec_error *error);
static bool StatsRequest_rules(const StatsRequest *in, codec_error *error);
static bool StatsResponse_read(codec_view message, uint32_t depth, StatsResponse *out, codec_error *error);
static bool PurgeRequest_read(codec_view message, uint32_t depth, PurgeRequest *out, codec_error *error);
static bool PurgeRequest_rules(const PurgeRequest *in, codec_error *error);
static bool PurgeResponse_read(codec_view message, uint32_t depth, PurgeResponse *out, codec_error *error);
static bool CloseRequest_read(codec_view message, uint32_t depth, CloseRequest *out, codec_error *error);
static bool CloseRequest_rules(const CloseRequest *in, codec_error *error);
static bool CloseResponse_read(codec_view message, uint32_t depth, CloseResponse *out, codec_error *error);

static bool Overflow_is_defined(int32_t value) {
  switch (value) {
    case 0:
    case 1:
    case 2:
    case 3:
      return true;
    default:
      return false;
  }
}

static bool ConfigureRequest_read(codec_view message, uint32_t depth, ConfigureRequest *out, codec_error *error) {
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
      case 16:  // capacity_bytes
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "capacity_bytes", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->capacity_bytes = (uint64_t)raw;
        break;
      case 24:  // max_items
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_items", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_items = (uint64_t)raw;
        break;
      case 32:  // overflow
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "overflow", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->overflow = (int32_t)raw;
        break;
      case 40:  // lease_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "lease_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->lease_ms = (uint32_t)raw;
        break;
      case 48:  // max_deliveries
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_deliveries", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_deliveries = (uint32_t)raw;
        break;
      case 56:  // dedupe_window_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "dedupe_window_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->dedupe_window_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool ConfigureRequest_rules(const ConfigureRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->capacity_bytes > UINT64_C(33554432)) return codec_refuse(error, "capacity_bytes", CODEC_NO_INDEX, "must be at most 33554432");
  if (in->max_items > UINT64_C(4294967295)) return codec_refuse(error, "max_items", CODEC_NO_INDEX, "must be at most 4294967295");
  if (!Overflow_is_defined(in->overflow)) return codec_refuse(error, "overflow", CODEC_NO_INDEX, "must be one of the values that the proto names");
  return true;
}

bool ConfigureRequest_decode(const uint8_t *data, uint32_t size, ConfigureRequest *out, codec_error *error) {
  *out = (ConfigureRequest){0};
  return ConfigureRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && ConfigureRequest_rules(out, error);
}

static bool ConfigureResponse_read(codec_view message, uint32_t depth, ConfigureResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // capacity_bytes
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "capacity_bytes", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->capacity_bytes = (uint64_t)raw;
        break;
      case 16:  // max_items
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_items", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_items = (uint64_t)raw;
        break;
      case 24:  // overflow
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "overflow", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->overflow = (int32_t)raw;
        break;
      case 32:  // lease_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "lease_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->lease_ms = (uint32_t)raw;
        break;
      case 40:  // max_deliveries
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_deliveries", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_deliveries = (uint32_t)raw;
        break;
      case 48:  // dedupe_window_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "dedupe_window_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->dedupe_window_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool ConfigureResponse_decode(const uint8_t *data, uint32_t size, ConfigureResponse *out, codec_error *error) {
  *out = (ConfigureResponse){0};
  return ConfigureResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool Item_read(codec_view message, uint32_t depth, Item *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // data
        at = codec_read_bytes(at, to, &out->data);
        if (!at) return codec_refuse(error, "data", CODEC_NO_INDEX, CODEC_CUT_OFF);
        break;
      case 18:  // id
        at = codec_read_bytes(at, to, &out->id);
        if (!at) return codec_refuse(error, "id", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->id)) return codec_refuse(error, "id", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // delay_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "delay_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->delay_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool Item_rules(const Item *in, codec_error *error) {
  if (in->id.size > 255) return codec_refuse(error, "id", CODEC_NO_INDEX, "must be at most 255 bytes long");
  return true;
}

bool Item_decode(const uint8_t *data, uint32_t size, Item *out, codec_error *error) {
  *out = (Item){0};
  return Item_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && Item_rules(out, error);
}

static bool PushRequest_read(codec_view message, uint32_t depth, PushRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
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
      case 18:  // items
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "items", out->items.count, CODEC_CUT_OFF);
        {
          Item element = {0};
          if (!Item_read(view, depth - 1, &element, error) || !Item_rules(&element, error)) return codec_within(error, "items", out->items.count);
        }
        codec_found(&out->items, start, at, 1);
        break;
      case 24:  // wait_ms
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

static bool PushRequest_rules(const PushRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->items.count < 1) return codec_refuse(error, "items", CODEC_NO_INDEX, "must have at least 1 element");
  if (in->items.count > 4096) return codec_refuse(error, "items", CODEC_NO_INDEX, "must have at most 4096 elements");
  return true;
}

bool PushRequest_decode(const uint8_t *data, uint32_t size, PushRequest *out, codec_error *error) {
  *out = (PushRequest){0};
  return PushRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && PushRequest_rules(out, error);
}

static bool PushResponse_read(codec_view message, uint32_t depth, PushResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // accepted
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "accepted", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->accepted = (uint32_t)raw;
        break;
      case 16:  // duplicates
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "duplicates", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->duplicates = (uint32_t)raw;
        break;
      case 24:  // first_sequence
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "first_sequence", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->first_sequence = (uint64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool PushResponse_decode(const uint8_t *data, uint32_t size, PushResponse *out, codec_error *error) {
  *out = (PushResponse){0};
  return PushResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool PopRequest_read(codec_view message, uint32_t depth, PopRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
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
      case 16:  // max_items
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "max_items", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->max_items = (uint32_t)raw;
        break;
      case 24:  // wait_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "wait_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->wait_ms = (uint32_t)raw;
        break;
      case 32:  // lease_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "lease_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->lease_ms = (uint32_t)raw;
        break;
      case 40:  // ack
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "ack", out->ack.count, CODEC_CUT_OFF);
        codec_found(&out->ack, start, at, 1);
        break;
      case 42: {  // ack, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "ack", out->ack.count, CODEC_CUT_OFF);
        codec_found(&out->ack, start, at, (uint32_t)count);
        break;
      }
      case 48:  // dead_letters
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "dead_letters", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->dead_letters = raw != 0;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool PopRequest_rules(const PopRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->ack.count > 4096) return codec_refuse(error, "ack", CODEC_NO_INDEX, "must have at most 4096 elements");
  return true;
}

bool PopRequest_decode(const uint8_t *data, uint32_t size, PopRequest *out, codec_error *error) {
  *out = (PopRequest){0};
  return PopRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && PopRequest_rules(out, error);
}

static bool Delivery_read(codec_view message, uint32_t depth, Delivery *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 10:  // data
        at = codec_read_bytes(at, to, &out->data);
        if (!at) return codec_refuse(error, "data", CODEC_NO_INDEX, CODEC_CUT_OFF);
        break;
      case 18:  // id
        at = codec_read_bytes(at, to, &out->id);
        if (!at) return codec_refuse(error, "id", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->id)) return codec_refuse(error, "id", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // sequence
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "sequence", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->sequence = (uint64_t)raw;
        break;
      case 32:  // receipt
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "receipt", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->receipt = (uint64_t)raw;
        break;
      case 40:  // attempt
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "attempt", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->attempt = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool Delivery_decode(const uint8_t *data, uint32_t size, Delivery *out, codec_error *error) {
  *out = (Delivery){0};
  return Delivery_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool PopResponse_read(codec_view message, uint32_t depth, PopResponse *out, codec_error *error) {
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
      case 10:  // items
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "items", out->items.count, CODEC_CUT_OFF);
        {
          Delivery element = {0};
          if (!Delivery_read(view, depth - 1, &element, error)) return codec_within(error, "items", out->items.count);
        }
        codec_found(&out->items, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool PopResponse_decode(const uint8_t *data, uint32_t size, PopResponse *out, codec_error *error) {
  *out = (PopResponse){0};
  return PopResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool AckRequest_read(codec_view message, uint32_t depth, AckRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
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
      case 16:  // receipts
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "receipts", out->receipts.count, CODEC_CUT_OFF);
        codec_found(&out->receipts, start, at, 1);
        break;
      case 18: {  // receipts, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "receipts", out->receipts.count, CODEC_CUT_OFF);
        codec_found(&out->receipts, start, at, (uint32_t)count);
        break;
      }
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool AckRequest_rules(const AckRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->receipts.count < 1) return codec_refuse(error, "receipts", CODEC_NO_INDEX, "must have at least 1 element");
  if (in->receipts.count > 4096) return codec_refuse(error, "receipts", CODEC_NO_INDEX, "must have at most 4096 elements");
  return true;
}

bool AckRequest_decode(const uint8_t *data, uint32_t size, AckRequest *out, codec_error *error) {
  *out = (AckRequest){0};
  return AckRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && AckRequest_rules(out, error);
}

static bool AckResponse_read(codec_view message, uint32_t depth, AckResponse *out, codec_error *error) {
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
      case 8:  // acked
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "acked", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->acked = (uint32_t)raw;
        break;
      case 16:  // unknown
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "unknown", out->unknown.count, CODEC_CUT_OFF);
        codec_found(&out->unknown, start, at, 1);
        break;
      case 18: {  // unknown, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "unknown", out->unknown.count, CODEC_CUT_OFF);
        codec_found(&out->unknown, start, at, (uint32_t)count);
        break;
      }
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool AckResponse_decode(const uint8_t *data, uint32_t size, AckResponse *out, codec_error *error) {
  *out = (AckResponse){0};
  return AckResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool NackRequest_read(codec_view message, uint32_t depth, NackRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
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
      case 16:  // receipts
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "receipts", out->receipts.count, CODEC_CUT_OFF);
        codec_found(&out->receipts, start, at, 1);
        break;
      case 18: {  // receipts, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "receipts", out->receipts.count, CODEC_CUT_OFF);
        codec_found(&out->receipts, start, at, (uint32_t)count);
        break;
      }
      case 24:  // delay_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "delay_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->delay_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool NackRequest_rules(const NackRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->receipts.count < 1) return codec_refuse(error, "receipts", CODEC_NO_INDEX, "must have at least 1 element");
  if (in->receipts.count > 4096) return codec_refuse(error, "receipts", CODEC_NO_INDEX, "must have at most 4096 elements");
  return true;
}

bool NackRequest_decode(const uint8_t *data, uint32_t size, NackRequest *out, codec_error *error) {
  *out = (NackRequest){0};
  return NackRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && NackRequest_rules(out, error);
}

static bool NackResponse_read(codec_view message, uint32_t depth, NackResponse *out, codec_error *error) {
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
      case 8:  // nacked
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "nacked", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->nacked = (uint32_t)raw;
        break;
      case 16:  // unknown
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "unknown", out->unknown.count, CODEC_CUT_OFF);
        codec_found(&out->unknown, start, at, 1);
        break;
      case 18: {  // unknown, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "unknown", out->unknown.count, CODEC_CUT_OFF);
        codec_found(&out->unknown, start, at, (uint32_t)count);
        break;
      }
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool NackResponse_decode(const uint8_t *data, uint32_t size, NackResponse *out, codec_error *error) {
  *out = (NackResponse){0};
  return NackResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool ExtendRequest_read(codec_view message, uint32_t depth, ExtendRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
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
      case 16:  // receipts
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "receipts", out->receipts.count, CODEC_CUT_OFF);
        codec_found(&out->receipts, start, at, 1);
        break;
      case 18: {  // receipts, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "receipts", out->receipts.count, CODEC_CUT_OFF);
        codec_found(&out->receipts, start, at, (uint32_t)count);
        break;
      }
      case 24:  // lease_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "lease_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->lease_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool ExtendRequest_rules(const ExtendRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->receipts.count < 1) return codec_refuse(error, "receipts", CODEC_NO_INDEX, "must have at least 1 element");
  if (in->receipts.count > 4096) return codec_refuse(error, "receipts", CODEC_NO_INDEX, "must have at most 4096 elements");
  return true;
}

bool ExtendRequest_decode(const uint8_t *data, uint32_t size, ExtendRequest *out, codec_error *error) {
  *out = (ExtendRequest){0};
  return ExtendRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && ExtendRequest_rules(out, error);
}

static bool ExtendResponse_read(codec_view message, uint32_t depth, ExtendResponse *out, codec_error *error) {
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
      case 8:  // extended
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "extended", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->extended = (uint32_t)raw;
        break;
      case 16:  // unknown
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "unknown", out->unknown.count, CODEC_CUT_OFF);
        codec_found(&out->unknown, start, at, 1);
        break;
      case 18: {  // unknown, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "unknown", out->unknown.count, CODEC_CUT_OFF);
        codec_found(&out->unknown, start, at, (uint32_t)count);
        break;
      }
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool ExtendResponse_decode(const uint8_t *data, uint32_t size, ExtendResponse *out, codec_error *error) {
  *out = (ExtendResponse){0};
  return ExtendResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool SubscribeRequest_read(codec_view message, uint32_t depth, SubscribeRequest *out, codec_error *error) {
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
      case 16:  // credit
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "credit", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->credit = (uint32_t)raw;
        break;
      case 24:  // lease_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "lease_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->lease_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool SubscribeRequest_rules(const SubscribeRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->credit < UINT64_C(1)) return codec_refuse(error, "credit", CODEC_NO_INDEX, "must be at least 1");
  if (in->credit > UINT64_C(4096)) return codec_refuse(error, "credit", CODEC_NO_INDEX, "must be at most 4096");
  return true;
}

bool SubscribeRequest_decode(const uint8_t *data, uint32_t size, SubscribeRequest *out, codec_error *error) {
  *out = (SubscribeRequest){0};
  return SubscribeRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && SubscribeRequest_rules(out, error);
}

static bool SubscribeResponse_read(codec_view message, uint32_t depth, SubscribeResponse *out, codec_error *error) {
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
      case 10:  // items
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "items", out->items.count, CODEC_CUT_OFF);
        {
          Delivery element = {0};
          if (!Delivery_read(view, depth - 1, &element, error)) return codec_within(error, "items", out->items.count);
        }
        codec_found(&out->items, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool SubscribeResponse_decode(const uint8_t *data, uint32_t size, SubscribeResponse *out, codec_error *error) {
  *out = (SubscribeResponse){0};
  return SubscribeResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool StatsRequest_read(codec_view message, uint32_t depth, StatsRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
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
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool StatsRequest_rules(const StatsRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  return true;
}

bool StatsRequest_decode(const uint8_t *data, uint32_t size, StatsRequest *out, codec_error *error) {
  *out = (StatsRequest){0};
  return StatsRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && StatsRequest_rules(out, error);
}

static bool StatsResponse_read(codec_view message, uint32_t depth, StatsResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // depth
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "depth", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->depth = (uint64_t)raw;
        break;
      case 16:  // leased
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "leased", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->leased = (uint64_t)raw;
        break;
      case 24:  // delayed
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "delayed", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->delayed = (uint64_t)raw;
        break;
      case 32:  // dead
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "dead", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->dead = (uint64_t)raw;
        break;
      case 40:  // bytes
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "bytes", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->bytes = (uint64_t)raw;
        break;
      case 48:  // waiters
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "waiters", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->waiters = (uint64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool StatsResponse_decode(const uint8_t *data, uint32_t size, StatsResponse *out, codec_error *error) {
  *out = (StatsResponse){0};
  return StatsResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool PurgeRequest_read(codec_view message, uint32_t depth, PurgeRequest *out, codec_error *error) {
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
      case 16:  // dead_letters
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "dead_letters", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->dead_letters = raw != 0;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool PurgeRequest_rules(const PurgeRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  return true;
}

bool PurgeRequest_decode(const uint8_t *data, uint32_t size, PurgeRequest *out, codec_error *error) {
  *out = (PurgeRequest){0};
  return PurgeRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && PurgeRequest_rules(out, error);
}

static bool PurgeResponse_read(codec_view message, uint32_t depth, PurgeResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // purged
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "purged", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->purged = (uint64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool PurgeResponse_decode(const uint8_t *data, uint32_t size, PurgeResponse *out, codec_error *error) {
  *out = (PurgeResponse){0};
  return PurgeResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool CloseRequest_read(codec_view message, uint32_t depth, CloseRequest *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
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
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool CloseRequest_rules(const CloseRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  return true;
}

bool CloseRequest_decode(const uint8_t *data, uint32_t size, CloseRequest *out, codec_error *error) {
  *out = (CloseRequest){0};
  return CloseRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && CloseRequest_rules(out, error);
}

static bool CloseResponse_read(codec_view message, uint32_t depth, CloseResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  (void)out;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool CloseResponse_decode(const uint8_t *data, uint32_t size, CloseResponse *out, codec_error *error) {
  *out = (CloseResponse){0};
  return CloseResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}
