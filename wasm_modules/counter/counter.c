// The entries of the counter module. Each begins with outbox_begin, answers its
// own call, wakes whoever waited for what it changed, and ends with outbox_end.
#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/outbox.h"
#include "../runtime/pace.h"
#include "../runtime/timers.h"
#include "addition.h"
#include "gen/counter.h"
#include "keys.h"
#include "listing.h"
#include "once.h"
#include "reply.h"
#include "state.h"
#include "waits.h"

#define NS_PER_MS 1000000

enum timer_kind { TIMER_WAIT, TIMER_ONCE, TIMER_RECLAIM };

static void settle(void) {
  state_release();
  waits_settle();
}

static void end(void) {
  settle();
  outbox_end();
}

// What one entry does grows with its message; so much of it stays far within
// the entry's budget, whatever the keys are and wherever they belong.
#define REQUEST_BYTES_MAX 262144u

static bool too_large(uint64_t call, int32_t size) {
  if ((uint32_t)size <= REQUEST_BYTES_MAX) return false;
  outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, REASON_MESSAGE_TOO_LARGE,
               "a request of counter has at most 262,144 bytes; nothing was changed", NULL);
  return true;
}

// Decodes the entry's message into `request`, or answers what is wrong with it
// and ends the entry.
#define BEGIN(Type, call, size, request)                                                  \
  Type request = {0};                                                                     \
  outbox_begin();                                                                         \
  pace_begin(PACE_STEPS);                                                                 \
  if (too_large(call, size)) {                                                            \
    end();                                                                                \
    return;                                                                               \
  }                                                                                       \
  codec_error error;                                                                      \
  if (!Type##_decode(inbox_message((uint32_t)size), (uint32_t)size, &request, &error)) {  \
    outbox_invalid(call, &error);                                                         \
    end();                                                                                \
    return;                                                                               \
  }

// The timers' kinds are written here, not by initialisers, so that the module
// has no mutable initialised data. A counter has no settings of its own.
INTERLOCK_EXPORT("interlock_configure") int32_t configure(int32_t size, int64_t now) {
  (void)now;
  waits_init(TIMER_WAIT);
  once_init(TIMER_ONCE);
  keys_init(TIMER_RECLAIM);
  interlock_InstanceConfig config = {0};
  codec_error error;
  const uint8_t *message = inbox_message((uint32_t)size);
  bool decodes = interlock_InstanceConfig_decode(message, (uint32_t)size, &config, &error);
  return decodes && !config.config.size ? INTERLOCK_OK : INTERLOCK_INVALID_ARGUMENT;
}

INTERLOCK_EXPORT("Add") void Add(uint64_t call, int32_t size, int64_t now) {
  BEGIN(AddRequest, call, size, request)
  add_all(call, &request, (uint32_t)size, now);
  end();
}

static void put_values(codec_writer *w, const GetRequest *request) {
  codec_cursor at = codec_walk(request->keys);
  codec_view text;
  while (GetRequest_next_keys(&at, &text)) {
    cell_key key = key_of(text);
    uint8_t *mark = GetResponse_open_values(w);
    KeyValue_put_key(w, text);
    KeyValue_put_value(w, keys_value(&key));
    codec_close(w, mark);
  }
}

INTERLOCK_EXPORT("Get") void Get(uint64_t call, int32_t size, int64_t now) {
  (void)now;
  BEGIN(GetRequest, call, size, request)
  codec_writer *w = reply_open(call, REPLY_VALUES_MAX((uint32_t)size, request.keys.count));
  if (w) {
    put_values(w, &request);
    outbox_close();
  } else {
    reply_no_memory(call, NULL);
  }
  end();
}

// A key that is not there is 0, and comes to be only if it is set.
static bool compare_and_set(const CompareAndSetRequest *request, bool *swapped, int64_t *value) {
  cell_key key = key_of(request->key);
  counter_cell *cell = keys_find(&key);
  *swapped = false;
  *value = 0;
  if (!cell && request->expected != 0) return true;
  bool created;
  if (!cell && !(cell = keys_claim(&key, &created))) return false;
  *swapped = counter_cas_cell(cell, request->expected, request->value, value);
  if (*swapped) waits_changed(request->key.data, request->key.size);
  return true;
}

INTERLOCK_EXPORT("CompareAndSet") void CompareAndSet(uint64_t call, int32_t size, int64_t now) {
  (void)now;
  BEGIN(CompareAndSetRequest, call, size, request)
  bool swapped;
  int64_t value;
  if (compare_and_set(&request, &swapped, &value)) {
    codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, 13);
    CompareAndSetResponse_put_swapped(w, swapped);
    CompareAndSetResponse_put_value(w, value);
    outbox_close();
  } else {
    reply_no_memory(call, "key");
  }
  end();
}

static uint64_t reset_all(int64_t now) {
  uint64_t count = keys_count();
  keys_forget_all(now);
  waits_changed_all();
  return count;
}

static uint64_t reset_named(const ResetRequest *request) {
  codec_cursor at = codec_walk(request->keys);
  codec_view text;
  uint64_t count = 0;
  while (ResetRequest_next_keys(&at, &text)) {
    cell_key key = key_of(text);
    counter_cell *cell = keys_find(&key);
    if (!cell) continue;
    keys_forget(cell);
    waits_changed(text.data, text.size);
    count++;
  }
  return count;
}

INTERLOCK_EXPORT("Reset") void Reset(uint64_t call, int32_t size, int64_t now) {
  BEGIN(ResetRequest, call, size, request)
  uint64_t count = request.keys.count ? reset_named(&request) : reset_all(now);
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, 11);
  ResetResponse_put_reset(w, count);
  outbox_close();
  end();
}

INTERLOCK_EXPORT("List") void List(uint64_t call, int32_t size, int64_t now) {
  (void)now;
  BEGIN(ListRequest, call, size, request)
  list_page(call, &request);
  end();
}

static void wait(uint64_t call, const WaitRequest *request, int64_t now) {
  value_range range = {
      request->has_at_least ? request->at_least : INT64_MIN,
      request->has_at_most ? request->at_most : INT64_MAX,
  };
  if (range.at_least > range.at_most) {
    outbox_error(call, INTERLOCK_INVALID_ARGUMENT, REASON_INVALID_PROTO,
                 "no value is within these bounds: at_most is below at_least", "at_most");
    return;
  }
  cell_key key = key_of(request->key);
  int64_t value = keys_value(&key);
  bool reached = range_holds(range, value);
  if (reached || !request->wait_ms) {
    codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, WAITS_REPLY_MAX);
    WaitResponse_put_value(w, value);
    WaitResponse_put_reached(w, reached);
    outbox_close();
  } else if (!waits_park(call, &key, range, now + (int64_t)request->wait_ms * NS_PER_MS)) {
    reply_no_memory(call, NULL);
  }
}

INTERLOCK_EXPORT("Wait") void Wait(uint64_t call, int32_t size, int64_t now) {
  BEGIN(WaitRequest, call, size, request)
  wait(call, &request, now);
  end();
}

INTERLOCK_EXPORT("interlock_cancel") void cancel(uint64_t call, int32_t reason, int64_t now) {
  (void)reason, (void)now;
  outbox_begin();
  pace_begin(PACE_STEPS);
  waits_cancel(call);
  end();
}

INTERLOCK_EXPORT("interlock_tick") void tick(int64_t now) {
  outbox_begin();
  pace_begin(PACE_STEPS);
  waits_settle();
  while (timer_next() <= now && pace_goes_on() && outbox_has_room(WAITS_REPLY_MAX)) {
    pace_spend(1);
    timer *due = timer_take_due(now);
    switch (due->kind) {
      case TIMER_WAIT: waits_expire(due); break;
      case TIMER_ONCE: once_expire(now); break;
      default: keys_reclaim(now); break;
    }
  }
  settle();
  pace_end_tick();
  outbox_end();
}

static void put_metric(codec_writer *w, const char *name, int64_t value) {
  uint8_t *mark = interlock_ModuleMetrics_open_values(w);
  interlock_ModuleMetrics_Value_put_name(w, codec_text(name));
  interlock_ModuleMetrics_Value_put_value(w, value);
  codec_close(w, mark);
}

INTERLOCK_EXPORT("interlock_metrics") uint64_t metrics(void) {
  static uint8_t message[96];
  codec_writer w = {message, message + sizeof message};
  put_metric(&w, "keys", keys_count());
  put_metric(&w, "waiters", waits_count());
  put_metric(&w, "once_ids", once_count());
  return (uint64_t)(uintptr_t)message << 32 | (uint64_t)(w.at - message);
}

INTERLOCK_EXPORT("interlock_state") uint64_t state(void) {
  codec_view message = state_save();
  return (uint64_t)(uintptr_t)message.data << 32 | message.size;
}

INTERLOCK_EXPORT("interlock_load") int32_t load(int32_t size, int64_t now) {
  (void)now;
  outbox_begin();
  pace_begin(PACE_STEPS);
  int32_t code = (int32_t)state_load(inbox_message((uint32_t)size), (uint32_t)size);
  end();
  return code;
}
