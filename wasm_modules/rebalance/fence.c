// CheckGeneration: whether a member may still act for partitions.
#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/outbox.h"
#include "bounds.h"
#include "gen/rebalance.h"
#include "group.h"
#include "reply.h"
#include "sentence.h"

static void fence(uint64_t call, const char *why, const char *field) {
  outbox_error(call, INTERLOCK_FAILED_PRECONDITION, REASON_FENCED, why, field);
}

// Why a member may not act for a partition: who has it decides what a person
// looks for next.
static const char *objection(const member *m, const topic *t, uint32_t number) {
  const partition *p = t && number < t->entries ? &t->partitions[number] : NULL;
  if (!p) return "The group does not know";
  if (!p->holder) return "Nobody is assigned";
  if (p->holder != m) return "Another member holds";
  return p->revoking ? "The member was told to give up" : "The member was not assigned";
}

static void fence_partition(uint64_t call, const member *m, codec_view name, uint32_t number, sentence *field) {
  sentence s = {.size = 0};
  sentence_add(&s, objection(m, topic_find(name), number));
  sentence_add(&s, " partition ");
  sentence_add_number(&s, number);
  sentence_add(&s, " of ");
  sentence_add_name(&s, name);
  sentence_add(&s, ".");
  fence(call, s.text, field->text);
}

// Whether all partitions of one topic are the member's; if not, the call is
// answered.
static bool check_topic(uint64_t call, const member *m, const TopicPartitions *named, uint32_t place) {
  topic *t = topic_find(named->topic);
  codec_cursor at = codec_walk(named->partitions);
  uint32_t number;
  for (uint32_t i = 0; TopicPartitions_next_partitions(&at, &number); i++) {
    if (t && member_owns(m, (spot){t, number})) continue;
    sentence field = {.size = 0};
    sentence_add(&field, "partitions[");
    sentence_add_number(&field, place);
    sentence_add(&field, "].partitions[");
    sentence_add_number(&field, i);
    sentence_add(&field, "]");
    fence_partition(call, m, named->topic, number, &field);
    return false;
  }
  return true;
}

static void fence_generation(uint64_t call, uint64_t theirs) {
  sentence s = {.size = 0};
  sentence_add(&s, "Generation ");
  sentence_add_number(&s, theirs);
  sentence_add(&s, " is not the group's latest, ");
  sentence_add_number(&s, group.generation);
  sentence_add(&s, ", or the member was not part of it.");
  fence(call, s.text, "generation");
}

static void check(uint64_t call, const CheckGenerationRequest *request) {
  const member *m = member_find(request->member);
  if (!m) {
    fence(call, "The group has no such member.", "member");
    return;
  }
  if (!m->generation || request->generation != m->generation) {
    fence_generation(call, request->generation);
    return;
  }
  codec_cursor at = codec_walk(request->partitions);
  TopicPartitions named;
  uint64_t count = 0;
  while (CheckGenerationRequest_next_partitions(&at, &named)) count += named.partitions.count;
  if (count > MAX_PARTITIONS) {
    outbox_error(call, INTERLOCK_INVALID_ARGUMENT, REASON_INVALID_PROTO,
                 "partitions must name at most 10,000 of them.", "partitions");
    return;
  }
  at = codec_walk(request->partitions);
  for (uint32_t place = 0; CheckGenerationRequest_next_partitions(&at, &named); place++) {
    if (!check_topic(call, m, &named, place)) return;
  }
  outbox_final_empty(call);
}

INTERLOCK_EXPORT("CheckGeneration") void CheckGeneration(uint64_t call, uint32_t size, int64_t now) {
  (void)now;
  outbox_begin();
  CheckGenerationRequest request;
  codec_error error;
  if (reply_too_large(call, size)) {
    // It is answered.
  } else if (CheckGenerationRequest_decode(inbox_message(size), size, &request, &error)) {
    check(call, &request);
  } else {
    outbox_invalid(call, &error);
  }
  outbox_end();
}
