// The service's entries, but for Join and CheckGeneration, which have files of
// their own.
#include "rebalance.h"

#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/outbox.h"
#include "backoff.h"
#include "gen/rebalance.h"
#include "group.h"
#include "reply.h"
#include "watch.h"

// Replies before what watchers see, so that no watcher knows first.
static bool flush(int64_t now) { return reply_flush() && watch_flush(now); }

void rebalance_end_entry(int64_t now) {
  flush(now);
  outbox_end();
}

// A group has no settings: its members bring them.
INTERLOCK_EXPORT("interlock_configure") int32_t interlock_configure(uint32_t size, int64_t now) {
  (void)size;
  (void)now;
  return INTERLOCK_OK;
}

static void unknown_member(uint64_t call) {
  outbox_error(call, INTERLOCK_NOT_FOUND, REASON_UNKNOWN_MEMBER, "The group has no such member: Join first.", "member");
}

static void heartbeat(uint64_t call, const HeartbeatRequest *request, int64_t now) {
  member *m = member_find(request->member);
  if (!m) {
    unknown_member(call);
    return;
  }
  member_beat(m, now);
  bool join = group.rebalancing || request->generation != group.generation;
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, 32);
  HeartbeatResponse_put_state(w, join ? GROUP_STATE_REBALANCE_IN_PROGRESS : GROUP_STATE_STABLE);
  HeartbeatResponse_put_generation(w, group.generation);
  if (join) {
    HeartbeatResponse_put_backoff_ms(w, backoff_join_ms(request->instance, request->member, group.generation));
  }
  outbox_close();
}

INTERLOCK_EXPORT("Heartbeat") void Heartbeat(uint64_t call, uint32_t size, int64_t now) {
  outbox_begin();
  HeartbeatRequest request;
  codec_error error;
  if (HeartbeatRequest_decode(inbox_message(size), size, &request, &error)) {
    heartbeat(call, &request, now);
  } else {
    outbox_invalid(call, &error);
  }
  rebalance_end_entry(now);
}

static void leave(uint64_t call, const LeaveRequest *request, int64_t now) {
  member *m = member_find(request->member);
  if (!m) {
    unknown_member(call);
    return;
  }
  outbox_final_empty(call);
  if (m->call) reply_superseded(m->call);
  group_remove(m, now);
}

INTERLOCK_EXPORT("Leave") void Leave(uint64_t call, uint32_t size, int64_t now) {
  outbox_begin();
  LeaveRequest request;
  codec_error error;
  if (LeaveRequest_decode(inbox_message(size), size, &request, &error)) {
    leave(call, &request, now);
  } else {
    outbox_invalid(call, &error);
  }
  rebalance_end_entry(now);
}

INTERLOCK_EXPORT("Describe") void Describe(uint64_t call, uint32_t size, int64_t now) {
  outbox_begin();
  DescribeRequest request;
  codec_error error;
  if (DescribeRequest_decode(inbox_message(size), size, &request, &error)) {
    watch_describe(call, now);
  } else {
    outbox_invalid(call, &error);
  }
  outbox_end();
}

INTERLOCK_EXPORT("Watch") void Watch(uint64_t call, uint32_t size, int64_t now) {
  outbox_begin();
  WatchRequest request;
  codec_error error;
  if (!WatchRequest_decode(inbox_message(size), size, &request, &error)) {
    outbox_invalid(call, &error);
  } else if (!watch_add(call)) {
    outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, REASON_OUT_OF_MEMORY, "No memory for a watcher.", NULL);
  }
  rebalance_end_entry(now);
}

INTERLOCK_EXPORT("Backoff") void Backoff(uint64_t call, uint32_t size, int64_t now) {
  (void)now;
  outbox_begin();
  BackoffRequest request;
  codec_error error;
  if (BackoffRequest_decode(inbox_message(size), size, &request, &error)) {
    codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, 8);
    BackoffResponse_put_delay_ms(w, backoff_ms(request.instance, request.member, request.retry));
    outbox_close();
  } else {
    outbox_invalid(call, &error);
  }
  outbox_end();
}

INTERLOCK_EXPORT("interlock_cancel") void interlock_cancel(uint64_t call, uint32_t reason, int64_t now) {
  (void)reason;
  outbox_begin();
  member *m = member_parked(call);
  if (m) {
    group_unpark(m, now);
  } else {
    watch_remove(call);
  }
  rebalance_end_entry(now);
}

static void fire(timer *t, int64_t now) {
  switch (t->kind) {
    case TIMER_SESSION:
      group_remove(TIMER_OWNER(t, member, session), now);
      break;
    case TIMER_GATHER:
      group_gathered(now);
      break;
    default:
      group_deadline(now);
  }
}

INTERLOCK_EXPORT("interlock_tick") void interlock_tick(int64_t now) {
  outbox_begin();
  // What one timer caused is sent before the next one changes what is sent.
  for (timer *t; flush(now) && (t = timer_take_due(now));) fire(t, now);
  outbox_end();
}
