#include "reply.h"

#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/heap.h"
#include "../runtime/outbox.h"

enum {
  // Tags and lengths of a TopicPartitions, and of the fixed fields around it.
  TOPIC_HEAD = 16,
  ANSWER_HEAD = 16,
  // A partition's number is below 10,000.
  NUMBER_SIZE = 2,
};

static struct {
  bool pending;
  uint32_t next;  // the first member that may be owed an answer
} replies;

static bool listed(const spot_list *list, uint32_t i) {
  return member_owns(list->member, list->at[i]) == list->owned;
}

uint32_t reply_spots_size(spot_list list) {
  uint32_t size = 0;
  const topic *last = NULL;
  for (uint32_t i = 0; i < list.count; i++) {
    if (list.at[i].topic != last) size += TOPIC_HEAD + list.at[i].topic->name_size;
    last = list.at[i].topic;
    size += NUMBER_SIZE;
  }
  return size;
}

// Writes the spots of one topic from `i` on; returns where they end.
static uint32_t put_topic(codec_writer *w, const spot_list *list, uint32_t i) {
  const topic *t = list->at[i].topic;
  TopicPartitions_put_topic(w, topic_name(t));
  uint8_t *mark = TopicPartitions_open_partitions(w);
  for (; i < list->count && list->at[i].topic == t; i++) {
    if (listed(list, i)) TopicPartitions_add_partitions(w, list->at[i].number);
  }
  codec_close(w, mark);
  return i;
}

void reply_put_spots(codec_writer *w, spot_list list, uint8_t *(*open)(codec_writer *w)) {
  for (uint32_t i = 0; i < list.count;) {
    if (!listed(&list, i)) {
      i++;
      continue;
    }
    uint8_t *mark = open(w);
    i = put_topic(w, &list, i);
    codec_close(w, mark);
  }
}

spot_list reply_assigned(const member *m) { return (spot_list){held + m->held_first, m->held_count, m, true}; }

void reply_owe(void) {
  replies.pending = true;
  replies.next = 0;
}

static uint32_t answer(member *m) {
  spot_list assigned = reply_assigned(m);
  spot_list revoke = {m->claims->at, m->claims->count, m, false};
  uint32_t size = ANSWER_HEAD + reply_spots_size(assigned) + reply_spots_size(revoke);
  if (!outbox_has_room(size)) return 0;
  codec_writer *w = outbox_open(m->owed, INTERLOCK_FINAL | INTERLOCK_MESSAGE, size);
  JoinResponse_put_generation(w, m->generation);
  reply_put_spots(w, assigned, JoinResponse_open_assigned);
  reply_put_spots(w, revoke, JoinResponse_open_revoke);
  outbox_close();
  m->owed = 0;
  heap_free(m->claims);
  m->claims = NULL;
  return size;
}

bool reply_flush(void) {
  if (!replies.pending) return true;
  uint32_t written = 0;
  for (; replies.next < members.count; replies.next++) {
    member *m = members.at[replies.next];
    if (!m->owed) continue;
    if (written > REPLY_FLUSH_BYTES) outbox_backlog = true;
    uint32_t size = outbox_backlog ? 0 : answer(m);
    if (!size) return false;
    written += size;
  }
  replies.pending = false;
  return true;
}

void reply_superseded(uint64_t call) {
  outbox_error(call, INTERLOCK_ABORTED, REASON_SUPERSEDED, "The member joined again or left.", NULL);
}

#define REQUEST_BYTES_MAX 655360u

bool reply_too_large(uint64_t call, uint32_t size) {
  if (size <= REQUEST_BYTES_MAX) return false;
  outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, REASON_MESSAGE_TOO_LARGE,
               "a request of rebalance has at most 655,360 bytes; nothing was changed", NULL);
  return true;
}
