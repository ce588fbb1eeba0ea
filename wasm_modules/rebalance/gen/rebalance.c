// Generated from interlock/rebalance/v1/rebalance.proto by build/codec; do not edit.
#include "rebalance.h"

static bool Topic_read(codec_view message, uint32_t depth, Topic *out, codec_error *error);
static bool Topic_rules(const Topic *in, codec_error *error);
static bool TopicPartitions_read(codec_view message, uint32_t depth, TopicPartitions *out, codec_error *error);
static bool TopicPartitions_rules(const TopicPartitions *in, codec_error *error);
static bool JoinRequest_read(codec_view message, uint32_t depth, JoinRequest *out, codec_error *error);
static bool JoinRequest_rules(const JoinRequest *in, codec_error *error);
static bool JoinResponse_read(codec_view message, uint32_t depth, JoinResponse *out, codec_error *error);
static bool HeartbeatRequest_read(codec_view message, uint32_t depth, HeartbeatRequest *out, codec_error *error);
static bool HeartbeatRequest_rules(const HeartbeatRequest *in, codec_error *error);
static bool HeartbeatResponse_read(codec_view message, uint32_t depth, HeartbeatResponse *out, codec_error *error);
static bool LeaveRequest_read(codec_view message, uint32_t depth, LeaveRequest *out, codec_error *error);
static bool LeaveRequest_rules(const LeaveRequest *in, codec_error *error);
static bool LeaveResponse_read(codec_view message, uint32_t depth, LeaveResponse *out, codec_error *error);
static bool CheckGenerationRequest_read(codec_view message, uint32_t depth, CheckGenerationRequest *out, codec_error *error);
static bool CheckGenerationRequest_rules(const CheckGenerationRequest *in, codec_error *error);
static bool CheckGenerationResponse_read(codec_view message, uint32_t depth, CheckGenerationResponse *out, codec_error *error);
static bool DescribeRequest_read(codec_view message, uint32_t depth, DescribeRequest *out, codec_error *error);
static bool DescribeRequest_rules(const DescribeRequest *in, codec_error *error);
static bool Member_read(codec_view message, uint32_t depth, Member *out, codec_error *error);
static bool DescribeResponse_read(codec_view message, uint32_t depth, DescribeResponse *out, codec_error *error);
static bool WatchRequest_read(codec_view message, uint32_t depth, WatchRequest *out, codec_error *error);
static bool WatchRequest_rules(const WatchRequest *in, codec_error *error);
static bool WatchResponse_read(codec_view message, uint32_t depth, WatchResponse *out, codec_error *error);
static bool BackoffRequest_read(codec_view message, uint32_t depth, BackoffRequest *out, codec_error *error);
static bool BackoffRequest_rules(const BackoffRequest *in, codec_error *error);
static bool BackoffResponse_read(codec_view message, uint32_t depth, BackoffResponse *out, codec_error *error);

static bool Topic_read(codec_view message, uint32_t depth, Topic *out, codec_error *error) {
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
      case 16:  // partitions
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "partitions", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->partitions = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool Topic_rules(const Topic *in, codec_error *error) {
  if (in->name.size < 1) return codec_refuse(error, "name", CODEC_NO_INDEX, "must be at least 1 byte long");
  if (in->name.size > 249) return codec_refuse(error, "name", CODEC_NO_INDEX, "must be at most 249 bytes long");
  if (in->partitions > UINT64_C(10000)) return codec_refuse(error, "partitions", CODEC_NO_INDEX, "must be at most 10000");
  return true;
}

bool Topic_decode(const uint8_t *data, uint32_t size, Topic *out, codec_error *error) {
  *out = (Topic){0};
  return Topic_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && Topic_rules(out, error);
}

static bool TopicPartitions_read(codec_view message, uint32_t depth, TopicPartitions *out, codec_error *error) {
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
      case 10:  // topic
        at = codec_read_bytes(at, to, &out->topic);
        if (!at) return codec_refuse(error, "topic", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->topic)) return codec_refuse(error, "topic", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 16:  // partitions
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "partitions", out->partitions.count, CODEC_CUT_OFF);
        codec_found(&out->partitions, start, at, 1);
        break;
      case 18: {  // partitions, packed
        at = codec_read_bytes(at, to, &view);
        int64_t count = at ? codec_count_packed(view, CODEC_VARINT) : -1;
        if (count < 0) return codec_refuse(error, "partitions", out->partitions.count, CODEC_CUT_OFF);
        codec_found(&out->partitions, start, at, (uint32_t)count);
        break;
      }
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool TopicPartitions_rules(const TopicPartitions *in, codec_error *error) {
  if (in->topic.size < 1) return codec_refuse(error, "topic", CODEC_NO_INDEX, "must be at least 1 byte long");
  if (in->topic.size > 249) return codec_refuse(error, "topic", CODEC_NO_INDEX, "must be at most 249 bytes long");
  if (in->partitions.count > 10000) return codec_refuse(error, "partitions", CODEC_NO_INDEX, "must have at most 10000 elements");
  {
    uint32_t value;
    codec_cursor partitions_at = codec_walk(in->partitions);
    for (uint32_t i = 0; TopicPartitions_next_partitions(&partitions_at, &value); i++) {
      if (value > UINT64_C(9999)) return codec_refuse(error, "partitions", i, "must be at most 9999");
    }
  }
  return true;
}

bool TopicPartitions_decode(const uint8_t *data, uint32_t size, TopicPartitions *out, codec_error *error) {
  *out = (TopicPartitions){0};
  return TopicPartitions_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && TopicPartitions_rules(out, error);
}

static bool JoinRequest_read(codec_view message, uint32_t depth, JoinRequest *out, codec_error *error) {
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
      case 18:  // member
        at = codec_read_bytes(at, to, &out->member);
        if (!at) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->member)) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 26:  // topics
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "topics", out->topics.count, CODEC_CUT_OFF);
        {
          Topic element = {0};
          if (!Topic_read(view, depth - 1, &element, error) || !Topic_rules(&element, error)) return codec_within(error, "topics", out->topics.count);
        }
        codec_found(&out->topics, start, at, 1);
        break;
      case 34:  // owned
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "owned", out->owned.count, CODEC_CUT_OFF);
        {
          TopicPartitions element = {0};
          if (!TopicPartitions_read(view, depth - 1, &element, error) || !TopicPartitions_rules(&element, error)) return codec_within(error, "owned", out->owned.count);
        }
        codec_found(&out->owned, start, at, 1);
        break;
      case 40:  // weight
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "weight", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->weight = (uint32_t)raw;
        break;
      case 48:  // session_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "session_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->session_ms = (uint32_t)raw;
        break;
      case 56:  // rebalance_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "rebalance_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->rebalance_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool JoinRequest_rules(const JoinRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->member.size < 1) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at least 1 byte long");
  if (in->member.size > 255) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at most 255 bytes long");
  if (in->topics.count > 1000) return codec_refuse(error, "topics", CODEC_NO_INDEX, "must have at most 1000 elements");
  if (in->owned.count > 1000) return codec_refuse(error, "owned", CODEC_NO_INDEX, "must have at most 1000 elements");
  if (in->weight > UINT64_C(1000)) return codec_refuse(error, "weight", CODEC_NO_INDEX, "must be at most 1000");
  if (in->session_ms > UINT64_C(3600000)) return codec_refuse(error, "session_ms", CODEC_NO_INDEX, "must be at most 3600000");
  if (in->rebalance_ms > UINT64_C(3600000)) return codec_refuse(error, "rebalance_ms", CODEC_NO_INDEX, "must be at most 3600000");
  return true;
}

bool JoinRequest_decode(const uint8_t *data, uint32_t size, JoinRequest *out, codec_error *error) {
  *out = (JoinRequest){0};
  return JoinRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && JoinRequest_rules(out, error);
}

static bool JoinResponse_read(codec_view message, uint32_t depth, JoinResponse *out, codec_error *error) {
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
      case 8:  // generation
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "generation", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->generation = (uint64_t)raw;
        break;
      case 18:  // assigned
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "assigned", out->assigned.count, CODEC_CUT_OFF);
        {
          TopicPartitions element = {0};
          if (!TopicPartitions_read(view, depth - 1, &element, error) || !TopicPartitions_rules(&element, error)) return codec_within(error, "assigned", out->assigned.count);
        }
        codec_found(&out->assigned, start, at, 1);
        break;
      case 26:  // revoke
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "revoke", out->revoke.count, CODEC_CUT_OFF);
        {
          TopicPartitions element = {0};
          if (!TopicPartitions_read(view, depth - 1, &element, error) || !TopicPartitions_rules(&element, error)) return codec_within(error, "revoke", out->revoke.count);
        }
        codec_found(&out->revoke, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool JoinResponse_decode(const uint8_t *data, uint32_t size, JoinResponse *out, codec_error *error) {
  *out = (JoinResponse){0};
  return JoinResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool HeartbeatRequest_read(codec_view message, uint32_t depth, HeartbeatRequest *out, codec_error *error) {
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
      case 18:  // member
        at = codec_read_bytes(at, to, &out->member);
        if (!at) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->member)) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // generation
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "generation", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->generation = (uint64_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool HeartbeatRequest_rules(const HeartbeatRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->member.size < 1) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at least 1 byte long");
  if (in->member.size > 255) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at most 255 bytes long");
  return true;
}

bool HeartbeatRequest_decode(const uint8_t *data, uint32_t size, HeartbeatRequest *out, codec_error *error) {
  *out = (HeartbeatRequest){0};
  return HeartbeatRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && HeartbeatRequest_rules(out, error);
}

static bool HeartbeatResponse_read(codec_view message, uint32_t depth, HeartbeatResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // state
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "state", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->state = (int32_t)raw;
        break;
      case 16:  // generation
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "generation", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->generation = (uint64_t)raw;
        break;
      case 24:  // backoff_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "backoff_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->backoff_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool HeartbeatResponse_decode(const uint8_t *data, uint32_t size, HeartbeatResponse *out, codec_error *error) {
  *out = (HeartbeatResponse){0};
  return HeartbeatResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool LeaveRequest_read(codec_view message, uint32_t depth, LeaveRequest *out, codec_error *error) {
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
      case 18:  // member
        at = codec_read_bytes(at, to, &out->member);
        if (!at) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->member)) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool LeaveRequest_rules(const LeaveRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->member.size < 1) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at least 1 byte long");
  if (in->member.size > 255) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at most 255 bytes long");
  return true;
}

bool LeaveRequest_decode(const uint8_t *data, uint32_t size, LeaveRequest *out, codec_error *error) {
  *out = (LeaveRequest){0};
  return LeaveRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && LeaveRequest_rules(out, error);
}

static bool LeaveResponse_read(codec_view message, uint32_t depth, LeaveResponse *out, codec_error *error) {
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

bool LeaveResponse_decode(const uint8_t *data, uint32_t size, LeaveResponse *out, codec_error *error) {
  *out = (LeaveResponse){0};
  return LeaveResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool CheckGenerationRequest_read(codec_view message, uint32_t depth, CheckGenerationRequest *out, codec_error *error) {
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
      case 18:  // member
        at = codec_read_bytes(at, to, &out->member);
        if (!at) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->member)) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // generation
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "generation", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->generation = (uint64_t)raw;
        break;
      case 34:  // partitions
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "partitions", out->partitions.count, CODEC_CUT_OFF);
        {
          TopicPartitions element = {0};
          if (!TopicPartitions_read(view, depth - 1, &element, error) || !TopicPartitions_rules(&element, error)) return codec_within(error, "partitions", out->partitions.count);
        }
        codec_found(&out->partitions, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool CheckGenerationRequest_rules(const CheckGenerationRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->member.size < 1) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at least 1 byte long");
  if (in->member.size > 255) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at most 255 bytes long");
  if (in->partitions.count > 1000) return codec_refuse(error, "partitions", CODEC_NO_INDEX, "must have at most 1000 elements");
  return true;
}

bool CheckGenerationRequest_decode(const uint8_t *data, uint32_t size, CheckGenerationRequest *out, codec_error *error) {
  *out = (CheckGenerationRequest){0};
  return CheckGenerationRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && CheckGenerationRequest_rules(out, error);
}

static bool CheckGenerationResponse_read(codec_view message, uint32_t depth, CheckGenerationResponse *out, codec_error *error) {
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

bool CheckGenerationResponse_decode(const uint8_t *data, uint32_t size, CheckGenerationResponse *out, codec_error *error) {
  *out = (CheckGenerationResponse){0};
  return CheckGenerationResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool DescribeRequest_read(codec_view message, uint32_t depth, DescribeRequest *out, codec_error *error) {
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

static bool DescribeRequest_rules(const DescribeRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  return true;
}

bool DescribeRequest_decode(const uint8_t *data, uint32_t size, DescribeRequest *out, codec_error *error) {
  *out = (DescribeRequest){0};
  return DescribeRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && DescribeRequest_rules(out, error);
}

static bool Member_read(codec_view message, uint32_t depth, Member *out, codec_error *error) {
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
      case 10:  // name
        at = codec_read_bytes(at, to, &out->name);
        if (!at) return codec_refuse(error, "name", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->name)) return codec_refuse(error, "name", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 16:  // weight
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "weight", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->weight = (uint32_t)raw;
        break;
      case 26:  // assigned
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "assigned", out->assigned.count, CODEC_CUT_OFF);
        {
          TopicPartitions element = {0};
          if (!TopicPartitions_read(view, depth - 1, &element, error) || !TopicPartitions_rules(&element, error)) return codec_within(error, "assigned", out->assigned.count);
        }
        codec_found(&out->assigned, start, at, 1);
        break;
      case 32:  // session_left_ms
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "session_left_ms", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->session_left_ms = (uint32_t)raw;
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool Member_decode(const uint8_t *data, uint32_t size, Member *out, codec_error *error) {
  *out = (Member){0};
  return Member_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool DescribeResponse_read(codec_view message, uint32_t depth, DescribeResponse *out, codec_error *error) {
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
      case 8:  // state
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "state", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->state = (int32_t)raw;
        break;
      case 16:  // generation
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "generation", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->generation = (uint64_t)raw;
        break;
      case 26:  // members
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "members", out->members.count, CODEC_CUT_OFF);
        {
          Member element = {0};
          if (!Member_read(view, depth - 1, &element, error)) return codec_within(error, "members", out->members.count);
        }
        codec_found(&out->members, start, at, 1);
        break;
      case 34:  // topics
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "topics", out->topics.count, CODEC_CUT_OFF);
        {
          Topic element = {0};
          if (!Topic_read(view, depth - 1, &element, error) || !Topic_rules(&element, error)) return codec_within(error, "topics", out->topics.count);
        }
        codec_found(&out->topics, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool DescribeResponse_decode(const uint8_t *data, uint32_t size, DescribeResponse *out, codec_error *error) {
  *out = (DescribeResponse){0};
  return DescribeResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool WatchRequest_read(codec_view message, uint32_t depth, WatchRequest *out, codec_error *error) {
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

static bool WatchRequest_rules(const WatchRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  return true;
}

bool WatchRequest_decode(const uint8_t *data, uint32_t size, WatchRequest *out, codec_error *error) {
  *out = (WatchRequest){0};
  return WatchRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && WatchRequest_rules(out, error);
}

static bool WatchResponse_read(codec_view message, uint32_t depth, WatchResponse *out, codec_error *error) {
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
      case 8:  // state
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "state", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->state = (int32_t)raw;
        break;
      case 16:  // generation
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "generation", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->generation = (uint64_t)raw;
        break;
      case 26:  // members
        at = codec_read_bytes(at, to, &view);
        if (!at) return codec_refuse(error, "members", out->members.count, CODEC_CUT_OFF);
        {
          Member element = {0};
          if (!Member_read(view, depth - 1, &element, error)) return codec_within(error, "members", out->members.count);
        }
        codec_found(&out->members, start, at, 1);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

bool WatchResponse_decode(const uint8_t *data, uint32_t size, WatchResponse *out, codec_error *error) {
  *out = (WatchResponse){0};
  return WatchResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}

static bool BackoffRequest_read(codec_view message, uint32_t depth, BackoffRequest *out, codec_error *error) {
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
      case 18:  // member
        at = codec_read_bytes(at, to, &out->member);
        if (!at) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->member)) return codec_refuse(error, "member", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      case 24:  // retry
        at = codec_read_varint(at, to, &raw);
        if (!at) return codec_refuse(error, "retry", CODEC_NO_INDEX, CODEC_CUT_OFF);
        out->retry = (uint32_t)raw;
        break;
      case 34:  // cause
        at = codec_read_bytes(at, to, &out->cause);
        if (!at) return codec_refuse(error, "cause", CODEC_NO_INDEX, CODEC_CUT_OFF);
        if (!codec_is_utf8(out->cause)) return codec_refuse(error, "cause", CODEC_NO_INDEX, CODEC_NOT_UTF8);
        break;
      default:
        at = codec_skip(at, to, tag, depth - 1);
        if (!at) return codec_refuse_unknown(error);
    }
  }
  return true;
}

static bool BackoffRequest_rules(const BackoffRequest *in, codec_error *error) {
  if (!in->instance.size) return codec_refuse(error, "instance", CODEC_NO_INDEX, "is required");
  if (!codec_is_name(in->instance)) return codec_refuse(error, "instance", CODEC_NO_INDEX, "must match [a-z0-9][a-z0-9._-]{0,126}");
  if (in->member.size > 255) return codec_refuse(error, "member", CODEC_NO_INDEX, "must be at most 255 bytes long");
  if (in->cause.size > 255) return codec_refuse(error, "cause", CODEC_NO_INDEX, "must be at most 255 bytes long");
  return true;
}

bool BackoffRequest_decode(const uint8_t *data, uint32_t size, BackoffRequest *out, codec_error *error) {
  *out = (BackoffRequest){0};
  return BackoffRequest_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error) && BackoffRequest_rules(out, error);
}

static bool BackoffResponse_read(codec_view message, uint32_t depth, BackoffResponse *out, codec_error *error) {
  if (!depth) return codec_refuse_depth(error);
  const uint8_t *at = message.data;
  const uint8_t *to = at + message.size;
  uint64_t raw;
  while (at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at) return codec_refuse_unknown(error);
    switch (tag) {
      case 8:  // delay_ms
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

bool BackoffResponse_decode(const uint8_t *data, uint32_t size, BackoffResponse *out, codec_error *error) {
  *out = (BackoffResponse){0};
  return BackoffResponse_read((codec_view){data, size}, CODEC_DEPTH + 1, out, error);
}
