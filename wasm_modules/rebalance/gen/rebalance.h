// Generated from interlock/rebalance/v1/rebalance.proto by build/codec; do not edit.
#ifndef GEN_REBALANCE_H
#define GEN_REBALANCE_H

#include "../../runtime/codec_read.h"
#include "../../runtime/codec_write.h"

enum {
  GROUP_STATE_UNSPECIFIED = 0,
  GROUP_STATE_STABLE = 1,
  GROUP_STATE_REBALANCE_IN_PROGRESS = 2,
  GROUP_STATE_EMPTY = 3,
};
typedef int32_t GroupState;

typedef struct {
  codec_view name;
  uint32_t partitions;
} Topic;
#define Topic_NAME_FIELD 1
#define Topic_PARTITIONS_FIELD 2

typedef struct {
  codec_view topic;
  codec_repeated partitions;  // of uint32_t
} TopicPartitions;
#define TopicPartitions_TOPIC_FIELD 1
#define TopicPartitions_PARTITIONS_FIELD 2

typedef struct {
  codec_view instance;
  codec_view member;
  codec_repeated topics;  // of Topic
  codec_repeated owned;  // of TopicPartitions
  uint32_t weight;
  uint32_t session_ms;
  uint32_t rebalance_ms;
} JoinRequest;
#define JoinRequest_INSTANCE_FIELD 1
#define JoinRequest_MEMBER_FIELD 2
#define JoinRequest_TOPICS_FIELD 3
#define JoinRequest_OWNED_FIELD 4
#define JoinRequest_WEIGHT_FIELD 5
#define JoinRequest_SESSION_MS_FIELD 6
#define JoinRequest_REBALANCE_MS_FIELD 7

typedef struct {
  uint64_t generation;
  codec_repeated assigned;  // of TopicPartitions
  codec_repeated revoke;  // of TopicPartitions
} JoinResponse;
#define JoinResponse_GENERATION_FIELD 1
#define JoinResponse_ASSIGNED_FIELD 2
#define JoinResponse_REVOKE_FIELD 3

typedef struct {
  codec_view instance;
  codec_view member;
  uint64_t generation;
} HeartbeatRequest;
#define HeartbeatRequest_INSTANCE_FIELD 1
#define HeartbeatRequest_MEMBER_FIELD 2
#define HeartbeatRequest_GENERATION_FIELD 3

typedef struct {
  GroupState state;
  uint64_t generation;
  uint32_t backoff_ms;
} HeartbeatResponse;
#define HeartbeatResponse_STATE_FIELD 1
#define HeartbeatResponse_GENERATION_FIELD 2
#define HeartbeatResponse_BACKOFF_MS_FIELD 3

typedef struct {
  codec_view instance;
  codec_view member;
} LeaveRequest;
#define LeaveRequest_INSTANCE_FIELD 1
#define LeaveRequest_MEMBER_FIELD 2

typedef struct {
  uint8_t unused;  // C has no empty structs
} LeaveResponse;

typedef struct {
  codec_view instance;
  codec_view member;
  uint64_t generation;
  codec_repeated partitions;  // of TopicPartitions
} CheckGenerationRequest;
#define CheckGenerationRequest_INSTANCE_FIELD 1
#define CheckGenerationRequest_MEMBER_FIELD 2
#define CheckGenerationRequest_GENERATION_FIELD 3
#define CheckGenerationRequest_PARTITIONS_FIELD 4

typedef struct {
  uint8_t unused;  // C has no empty structs
} CheckGenerationResponse;

typedef struct {
  codec_view instance;
} DescribeRequest;
#define DescribeRequest_INSTANCE_FIELD 1

typedef struct {
  codec_view name;
  uint32_t weight;
  codec_repeated assigned;  // of TopicPartitions
  uint32_t session_left_ms;
} Member;
#define Member_NAME_FIELD 1
#define Member_WEIGHT_FIELD 2
#define Member_ASSIGNED_FIELD 3
#define Member_SESSION_LEFT_MS_FIELD 4

typedef struct {
  GroupState state;
  uint64_t generation;
  codec_repeated members;  // of Member
  codec_repeated topics;  // of Topic
} DescribeResponse;
#define DescribeResponse_STATE_FIELD 1
#define DescribeResponse_GENERATION_FIELD 2
#define DescribeResponse_MEMBERS_FIELD 3
#define DescribeResponse_TOPICS_FIELD 4

typedef struct {
  codec_view instance;
} WatchRequest;
#define WatchRequest_INSTANCE_FIELD 1

typedef struct {
  GroupState state;
  uint64_t generation;
  codec_repeated members;  // of Member
} WatchResponse;
#define WatchResponse_STATE_FIELD 1
#define WatchResponse_GENERATION_FIELD 2
#define WatchResponse_MEMBERS_FIELD 3

typedef struct {
  codec_view instance;
  codec_view member;
  uint32_t retry;
  codec_view cause;
} BackoffRequest;
#define BackoffRequest_INSTANCE_FIELD 1
#define BackoffRequest_MEMBER_FIELD 2
#define BackoffRequest_RETRY_FIELD 3
#define BackoffRequest_CAUSE_FIELD 4

typedef struct {
  uint32_t delay_ms;
} BackoffResponse;
#define BackoffResponse_DELAY_MS_FIELD 1

bool Topic_decode(const uint8_t *data, uint32_t size, Topic *out, codec_error *error);
bool TopicPartitions_decode(const uint8_t *data, uint32_t size, TopicPartitions *out, codec_error *error);
bool JoinRequest_decode(const uint8_t *data, uint32_t size, JoinRequest *out, codec_error *error);
bool JoinResponse_decode(const uint8_t *data, uint32_t size, JoinResponse *out, codec_error *error);
bool HeartbeatRequest_decode(const uint8_t *data, uint32_t size, HeartbeatRequest *out, codec_error *error);
bool HeartbeatResponse_decode(const uint8_t *data, uint32_t size, HeartbeatResponse *out, codec_error *error);
bool LeaveRequest_decode(const uint8_t *data, uint32_t size, LeaveRequest *out, codec_error *error);
bool LeaveResponse_decode(const uint8_t *data, uint32_t size, LeaveResponse *out, codec_error *error);
bool CheckGenerationRequest_decode(const uint8_t *data, uint32_t size, CheckGenerationRequest *out, codec_error *error);
bool CheckGenerationResponse_decode(const uint8_t *data, uint32_t size, CheckGenerationResponse *out, codec_error *error);
bool DescribeRequest_decode(const uint8_t *data, uint32_t size, DescribeRequest *out, codec_error *error);
bool Member_decode(const uint8_t *data, uint32_t size, Member *out, codec_error *error);
bool DescribeResponse_decode(const uint8_t *data, uint32_t size, DescribeResponse *out, codec_error *error);
bool WatchRequest_decode(const uint8_t *data, uint32_t size, WatchRequest *out, codec_error *error);
bool WatchResponse_decode(const uint8_t *data, uint32_t size, WatchResponse *out, codec_error *error);
bool BackoffRequest_decode(const uint8_t *data, uint32_t size, BackoffRequest *out, codec_error *error);
bool BackoffResponse_decode(const uint8_t *data, uint32_t size, BackoffResponse *out, codec_error *error);

static inline void Topic_put_name(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void Topic_put_partitions(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline bool TopicPartitions_next_partitions(codec_cursor *at, uint32_t *out) {
  uint64_t raw;
  if (!codec_next_number(at, 16, &raw)) return false;
  *out = (uint32_t)raw;
  return true;
}

static inline void TopicPartitions_put_topic(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline uint8_t * TopicPartitions_open_partitions(codec_writer *w) {
  return codec_open(w, 18);
}
static inline void TopicPartitions_add_partitions(codec_writer *w, uint32_t value) {
  codec_write_varint(w, (uint64_t)value);
}
static inline void TopicPartitions_put_partitions(codec_writer *w, const uint32_t *values, uint32_t count) {
  if (!count) return;
  uint8_t *mark = TopicPartitions_open_partitions(w);
  for (uint32_t i = 0; i < count; i++) TopicPartitions_add_partitions(w, values[i]);
  codec_close(w, mark);
}

static inline bool JoinRequest_next_topics(codec_cursor *at, Topic *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 26, &view) &&
         Topic_decode(view.data, view.size, out, &error);
}

static inline bool JoinRequest_next_owned(codec_cursor *at, TopicPartitions *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 34, &view) &&
         TopicPartitions_decode(view.data, view.size, out, &error);
}

static inline void JoinRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void JoinRequest_put_member(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline uint8_t * JoinRequest_open_topics(codec_writer *w) {
  return codec_open(w, 26);
}

static inline uint8_t * JoinRequest_open_owned(codec_writer *w) {
  return codec_open(w, 34);
}

static inline void JoinRequest_put_weight(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 40, (uint64_t)value);
}

static inline void JoinRequest_put_session_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 48, (uint64_t)value);
}

static inline void JoinRequest_put_rebalance_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 56, (uint64_t)value);
}

static inline bool JoinResponse_next_assigned(codec_cursor *at, TopicPartitions *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 18, &view) &&
         TopicPartitions_decode(view.data, view.size, out, &error);
}

static inline bool JoinResponse_next_revoke(codec_cursor *at, TopicPartitions *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 26, &view) &&
         TopicPartitions_decode(view.data, view.size, out, &error);
}

static inline void JoinResponse_put_generation(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

static inline uint8_t * JoinResponse_open_assigned(codec_writer *w) {
  return codec_open(w, 18);
}

static inline uint8_t * JoinResponse_open_revoke(codec_writer *w) {
  return codec_open(w, 26);
}

static inline void HeartbeatRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void HeartbeatRequest_put_member(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void HeartbeatRequest_put_generation(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void HeartbeatResponse_put_state(codec_writer *w, GroupState value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 8, (uint64_t)(int64_t)value);
}

static inline void HeartbeatResponse_put_generation(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline void HeartbeatResponse_put_backoff_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void LeaveRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void LeaveRequest_put_member(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline bool CheckGenerationRequest_next_partitions(codec_cursor *at, TopicPartitions *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 34, &view) &&
         TopicPartitions_decode(view.data, view.size, out, &error);
}

static inline void CheckGenerationRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void CheckGenerationRequest_put_member(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void CheckGenerationRequest_put_generation(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline uint8_t * CheckGenerationRequest_open_partitions(codec_writer *w) {
  return codec_open(w, 34);
}

static inline void DescribeRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline bool Member_next_assigned(codec_cursor *at, TopicPartitions *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 26, &view) &&
         TopicPartitions_decode(view.data, view.size, out, &error);
}

static inline void Member_put_name(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void Member_put_weight(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline uint8_t * Member_open_assigned(codec_writer *w) {
  return codec_open(w, 26);
}

static inline void Member_put_session_left_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 32, (uint64_t)value);
}

static inline bool DescribeResponse_next_members(codec_cursor *at, Member *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 26, &view) &&
         Member_decode(view.data, view.size, out, &error);
}

static inline bool DescribeResponse_next_topics(codec_cursor *at, Topic *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 34, &view) &&
         Topic_decode(view.data, view.size, out, &error);
}

static inline void DescribeResponse_put_state(codec_writer *w, GroupState value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 8, (uint64_t)(int64_t)value);
}

static inline void DescribeResponse_put_generation(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline uint8_t * DescribeResponse_open_members(codec_writer *w) {
  return codec_open(w, 26);
}

static inline uint8_t * DescribeResponse_open_topics(codec_writer *w) {
  return codec_open(w, 34);
}

static inline void WatchRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline bool WatchResponse_next_members(codec_cursor *at, Member *out) {
  codec_view view;
  codec_error error;
  return codec_next_bytes(at, 26, &view) &&
         Member_decode(view.data, view.size, out, &error);
}

static inline void WatchResponse_put_state(codec_writer *w, GroupState value) {
  if ((uint64_t)(int64_t)value) codec_put_varint(w, 8, (uint64_t)(int64_t)value);
}

static inline void WatchResponse_put_generation(codec_writer *w, uint64_t value) {
  if ((uint64_t)value) codec_put_varint(w, 16, (uint64_t)value);
}

static inline uint8_t * WatchResponse_open_members(codec_writer *w) {
  return codec_open(w, 26);
}

static inline void BackoffRequest_put_instance(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 10, value);
}

static inline void BackoffRequest_put_member(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 18, value);
}

static inline void BackoffRequest_put_retry(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 24, (uint64_t)value);
}

static inline void BackoffRequest_put_cause(codec_writer *w, codec_view value) {
  if (value.size) codec_put_bytes(w, 34, value);
}

static inline void BackoffResponse_put_delay_ms(codec_writer *w, uint32_t value) {
  if ((uint64_t)value) codec_put_varint(w, 8, (uint64_t)value);
}

#endif
