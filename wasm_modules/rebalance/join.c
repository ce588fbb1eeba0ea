// Join: reading the request, and refusing what would make the group too large.
#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/heap.h"
#include "../runtime/outbox.h"
#include "gen/rebalance.h"
#include "group.h"
#include "order.h"
#include "rebalance.h"
#include "reply.h"
#include "sentence.h"
#include "sweep.h"

// The topics of the request being read.
static struct {
  interest at[MAX_TOPICS];
  uint32_t count;
} named;

static bool refuse(uint64_t call, const char *field, const char *why) {
  outbox_error(call, INTERLOCK_INVALID_ARGUMENT, REASON_INVALID_PROTO, why, field);
  return false;
}

static bool refuse_memory(uint64_t call) {
  outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, REASON_OUT_OF_MEMORY, "The group's memory is used up.", NULL);
  return false;
}

static bool refuse_topic(uint64_t call, const char *field) {
  if (topics.count < MAX_TOPICS) return refuse_memory(call);
  return refuse(call, field, "The group would have more than 1,000 topics.");
}

static int by_topic(const void *a, const void *b) {
  return ((const interest *)a)->topic->place < ((const interest *)b)->topic->place;
}

static bool read_topics(uint64_t call, const JoinRequest *request) {
  named.count = 0;
  codec_cursor at = codec_walk(request->topics);
  for (Topic t; JoinRequest_next_topics(&at, &t);) {
    topic *found = topic_add(t.name);
    if (!found) return refuse_topic(call, "topics");
    named.at[named.count++] = (interest){found, t.partitions};
  }
  order_sort(named.at, named.count, sizeof *named.at, by_topic);
  for (uint32_t i = 1; i < named.count; i++) {
    if (named.at[i].topic != named.at[i - 1].topic) continue;
    sentence s = {.size = 0};
    sentence_add(&s, "Topic ");
    sentence_add_name(&s, topic_name(named.at[i].topic));
    sentence_add(&s, " stands there twice.");
    return refuse(call, "topics", s.text);
  }
  return true;
}

static uint64_t count_owned(const JoinRequest *request) {
  uint64_t count = 0;
  codec_cursor at = codec_walk(request->owned);
  for (TopicPartitions t; JoinRequest_next_owned(&at, &t);) count += t.partitions.count;
  return count;
}

// Returns the claims, or NULL once the request was refused.
static claims *read_claims(uint64_t call, const JoinRequest *request) {
  uint64_t count = count_owned(request);
  if (count > MAX_CLAIMS) {
    refuse(call, "owned", "owned must name at most 10,000 partitions.");
    return NULL;
  }
  claims *read = heap_zalloc(sizeof *read + (uint32_t)count * sizeof(spot));
  if (!read) refuse_memory(call);
  codec_cursor at = codec_walk(request->owned);
  for (TopicPartitions t; read && JoinRequest_next_owned(&at, &t);) {
    topic *found = topic_add(t.topic);
    if (!found) {
      refuse_topic(call, "owned");
      heap_free(read);
      return NULL;
    }
    codec_cursor numbers = codec_walk(t.partitions);
    for (uint32_t number; TopicPartitions_next_partitions(&numbers, &number);) {
      read->at[read->count++] = (spot){found, number};
    }
  }
  if (read) read->count = spot_sort(read->at, read->count);
  return read;
}

// The entries that the group would keep if it kept one for each partition.
static uint32_t entries_needed(void) {
  uint32_t needed = topics.entries;
  for (uint32_t i = 0; i < named.count; i++) {
    const topic *t = named.at[i].topic;
    if (t->size > t->entries) needed += t->size - t->entries;
  }
  return needed;
}

// Whether the group may take `wants` in place of what the member wanted before.
// Sets the topics' sizes as they then are, and makes room for them.
static bool admit(uint64_t call, const subscription *wants, const subscription *before) {
  uint32_t leaves = before && before->members == 1 ? before->count : 0;
  if (subscription_interests() - leaves > MAX_INTERESTS) {
    return refuse(call, "topics", "The group's members name more than 10,000 topics in lists that differ.");
  }
  if (subscription_size_topics(before) > MAX_PARTITIONS) {
    return refuse(call, "topics", "The group would have more than 10,000 partitions.");
  }
  if (entries_needed() > MAX_ENTRIES) topic_trim_all();
  if (entries_needed() > MAX_ENTRIES) {
    return refuse(call, "topics", "Too many partitions of topics that shrank are still held.");
  }
  for (uint32_t i = 0; i < wants->count; i++) {
    topic *t = wants->interests[i].topic;
    if (!topic_reserve(t, t->size)) return refuse_memory(call);
  }
  return true;
}

// Takes the settings of a request over; returns whether they differ in what
// the assignment depends on.
static bool settle(member *m, subscription *wants, const JoinRequest *request) {
  uint32_t weight = request->weight ? request->weight : 1;
  bool changed = m->wants != wants || m->weight != weight;
  subscription_drop(m->wants);
  m->wants = wants;
  m->weight = weight;
  m->session_ms = request->session_ms ? request->session_ms : DEFAULT_SESSION_MS;
  m->rebalance_ms = request->rebalance_ms ? request->rebalance_ms : DEFAULT_REBALANCE_MS;
  return changed;
}

static void enter(uint64_t call, const JoinRequest *request, subscription *wants, claims *claims, int64_t now) {
  member *m = member_find(request->member);
  joining j = {.member = m, .call = call, .claims = claims, .is_new = !m};
  if (!m) j.member = m = member_add(request->member);
  if (!m) {
    refuse_memory(call);
    subscription_drop(wants);
    heap_free(claims);
    return;
  }
  bool changed = settle(m, wants, request);
  if (changed || group.rebalancing) {
    group_join(&j, now);
  } else {
    group_answer(&j, now);
  }
}

static void join(uint64_t call, const JoinRequest *request, int64_t now) {
  const member *m = member_find(request->member);
  if (!m && members.count == MAX_MEMBERS) {
    refuse(call, "member", "The group has 1,000 members, as many as it may.");
    return;
  }
  // Before anything points at a topic that no member has named yet.
  if (topics.count + request->topics.count + request->owned.count > MAX_TOPICS) sweep_topics();
  if (!read_topics(call, request)) return;
  claims *claims = read_claims(call, request);
  if (!claims) return;
  subscription *wants = subscription_take(named.at, named.count);
  if (wants && admit(call, wants, m ? m->wants : NULL)) {
    enter(call, request, wants, claims, now);
    return;
  }
  if (!wants) refuse_memory(call);
  subscription_drop(wants);
  subscription_size_topics(NULL);
  heap_free(claims);
}

INTERLOCK_EXPORT("Join") void Join(uint64_t call, uint32_t size, int64_t now) {
  outbox_begin();
  JoinRequest request;
  codec_error error;
  if (reply_too_large(call, size)) {
    // It is answered.
  } else if (JoinRequest_decode(inbox_message(size), size, &request, &error)) {
    join(call, &request, now);
  } else {
    outbox_invalid(call, &error);
  }
  rebalance_end_entry(now);
}
