#include "watch.h"

#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/heap.h"
#include "../runtime/outbox.h"
#include "group.h"
#include "reply.h"

enum {
  // Tags, lengths and numbers of a Member, of a Topic, and of the whole.
  MEMBER_HEAD = 32,
  TOPIC_HEAD = 16,
  GROUP_HEAD = 32,
};

typedef struct {
  uint64_t call;
  bool owed;
} watcher;

static struct {
  watcher *at;
  uint32_t count;
  uint32_t room;
  bool pending;
  uint32_t next;  // the first that may be owed a message
} watchers;

static void owe(uint32_t from) {
  for (uint32_t i = from; i < watchers.count; i++) watchers.at[i].owed = true;
  if (!watchers.pending || from < watchers.next) watchers.next = from;
  watchers.pending = true;
}

bool watch_add(uint64_t call) {
  if (watchers.count == watchers.room) {
    uint32_t room = watchers.room ? 2 * watchers.room : 8;
    watcher *grown = heap_resize(watchers.at, room * sizeof *grown);
    if (!grown) return false;
    watchers.at = grown;
    watchers.room = room;
  }
  watchers.at[watchers.count++] = (watcher){.call = call};
  owe(watchers.count - 1);
  return true;
}

void watch_remove(uint64_t call) {
  for (uint32_t i = 0; i < watchers.count; i++) {
    if (watchers.at[i].call != call) continue;
    watchers.count--;
    __builtin_memmove(&watchers.at[i], &watchers.at[i + 1], (watchers.count - i) * sizeof(watcher));
    return;
  }
}

void watch_owe(void) { owe(0); }

static uint32_t members_size(void) {
  uint32_t size = GROUP_HEAD;
  for (uint32_t i = 0; i < members.count; i++) {
    size += MEMBER_HEAD + members.at[i]->name_size + reply_spots_size(reply_assigned(members.at[i]));
  }
  return size;
}

// Rounded up: a session that has not ended has time left.
static uint32_t session_left_ms(const member *m, int64_t now) {
  if (m->call) return m->session_ms;
  return (uint32_t)((m->session.due - now + 999999) / 1000000);
}

static void put_members(codec_writer *w, int64_t now, uint8_t *(*open)(codec_writer *w)) {
  for (uint32_t i = 0; i < members.count; i++) {
    const member *m = members.at[i];
    uint8_t *mark = open(w);
    Member_put_name(w, member_name(m));
    Member_put_weight(w, m->weight);
    reply_put_spots(w, reply_assigned(m), Member_open_assigned);
    Member_put_session_left_ms(w, session_left_ms(m, now));
    codec_close(w, mark);
  }
}

static bool send(watcher *to, uint32_t size, int64_t now) {
  if (!outbox_has_room(size)) return false;
  codec_writer *w = outbox_open(to->call, INTERLOCK_MESSAGE, size);
  WatchResponse_put_state(w, (GroupState)group_state());
  WatchResponse_put_generation(w, group.generation);
  put_members(w, now, WatchResponse_open_members);
  outbox_close();
  to->owed = false;
  return true;
}

bool watch_flush(int64_t now) {
  if (!watchers.pending) return true;
  uint32_t size = members_size();
  uint32_t written = 0;
  for (; watchers.next < watchers.count; watchers.next++) {
    watcher *to = &watchers.at[watchers.next];
    if (!to->owed) continue;
    if (written > REPLY_FLUSH_BYTES) outbox_backlog = true;
    if (outbox_backlog || !send(to, size, now)) return false;
    written += size;
  }
  watchers.pending = false;
  return true;
}

void watch_describe(uint64_t call, int64_t now) {
  uint32_t size = members_size();
  for (uint32_t i = 0; i < topics.count; i++) size += TOPIC_HEAD + topics.at[i]->name_size;
  if (!outbox_has_room(size)) {
    outbox_backlog = false;
    outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, REASON_OUT_OF_MEMORY, "No memory for the reply.", NULL);
    return;
  }
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, size);
  DescribeResponse_put_state(w, (GroupState)group_state());
  DescribeResponse_put_generation(w, group.generation);
  put_members(w, now, DescribeResponse_open_members);
  for (uint32_t i = 0; i < topics.count; i++) {
    // Nobody names it any more; it waits to be swept.
    if (!topics.at[i]->size) continue;
    uint8_t *mark = DescribeResponse_open_topics(w);
    Topic_put_name(w, topic_name(topics.at[i]));
    Topic_put_partitions(w, topics.at[i]->size);
    codec_close(w, mark);
  }
  outbox_close();
}
