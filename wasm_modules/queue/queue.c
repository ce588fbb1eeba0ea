// A queue's life besides its RPCs: its birth, the passing of time, callers that
// go away, and its numbers.
#include "../abi/interlock.h"
#include "../runtime/heap.h"
#include "../runtime/outbox.h"
#include "../runtime/pace.h"
#include "../runtime/timers.h"
#include "dedupe.h"
#include "../gen/interlock.h"
#include "gen/queue.h"
#include "lease.h"
#include "pop.h"
#include "push.h"
#include "serve.h"
#include "settings.h"
#include "stock.h"
#include "waiter.h"

// Reads the host's configuration of this instance. It is a ConfigureRequest
// whose instance may be left out, as the host names it beside: then the name is
// put in front, so that the codec sees a whole request.
static bool read_config(const interlock_InstanceConfig *given, ConfigureRequest *m, uint8_t *memory) {
  codec_writer w = {memory, memory + given->name.size + given->config.size + 8};
  if (!given->config.size || given->config.data[0] != (ConfigureRequest_INSTANCE_FIELD << 3 | 2))
    ConfigureRequest_put_instance(&w, given->name);
  __builtin_memcpy(w.at, given->config.data, given->config.size);
  w.at += given->config.size;
  codec_error error;
  return ConfigureRequest_decode(memory, (uint32_t)(w.at - memory), m, &error);
}

static int32_t configure(const interlock_InstanceConfig *given) {
  if (!given->config.size) return INTERLOCK_OK;
  uint8_t *memory = heap_alloc(given->name.size + given->config.size + 8);
  if (!memory) return INTERLOCK_RESOURCE_EXHAUSTED;
  ConfigureRequest m;
  const char *what;
  bool good = read_config(given, &m, memory) && !settings_apply(&m, &what);
  heap_free(memory);
  return good ? INTERLOCK_OK : INTERLOCK_INVALID_ARGUMENT;
}

INTERLOCK_EXPORT("interlock_configure") int32_t interlock_configure(int32_t size, int64_t now) {
  (void)now;
  interlock_InstanceConfig given;
  codec_error error;
  outbox_begin();
  int32_t code = INTERLOCK_INVALID_ARGUMENT;
  if (interlock_InstanceConfig_decode(inbox_message((uint32_t)size), (uint32_t)size, &given, &error))
    code = configure(&given);
  outbox_end();
  return code;
}

// The wait of a parked Pop or Push is over: it gets what there is.
static void wait_expire(waiter *w) {
  if (w->kind == WAITER_PUSH) return push_finish_parked(w);
  outbox_final_empty(w->call);
  waiter_free(w);
}

// A call whose wait is over and that was not answered for want of room: the
// next tick's first. Its timer has fired, so it would lose its place if set anew.
static uint64_t postponed;

// A call whose wait ends at the same time as something it waits for arrives is
// served, not sent away empty. False: there was no room to find out.
static bool end_wait(uint64_t call, int64_t now) {
  serve(now);
  waiter *w = waiter_find(call);
  bool room = !w || (!outbox_backlog && outbox_has_room(OUTBOX_ERROR_MAX));
  postponed = room ? 0 : call;
  if (w && room) wait_expire(w);
  return room;
}

static bool fire(timer *t, int64_t now) {
  switch ((enum timer_kind)t->kind) {
    case TIMER_LEASE:
      lease_expire(TIMER_OWNER(t, item, timer));
      return true;
    case TIMER_DELAY:
      delay_expire(TIMER_OWNER(t, item, timer));
      return true;
    case TIMER_DEDUPE:
      dedupe_expire();
      return true;
    case TIMER_WAIT:
      return end_wait(TIMER_OWNER(t, waiter, timer)->call, now);
  }
  __builtin_unreachable();
}

INTERLOCK_EXPORT("interlock_tick") void interlock_tick(int64_t now) {
  outbox_begin();
  pace_begin(PACE_STEPS);
  bool room = !postponed || end_wait(postponed, now);
  while (room && timer_next() <= now && pace_goes_on()) {
    pace_spend(1);
    room = fire(timer_take_due(now), now);
  }
  serve(now);
  pace_end_tick();
  outbox_end();
}

INTERLOCK_EXPORT("interlock_cancel") void interlock_cancel(int64_t call, int32_t reason, int64_t now) {
  (void)reason;
  outbox_begin();
  waiter *w = waiter_find((uint64_t)call);
  if (w && w->kind == WAITER_PUSH)
    push_finish_parked(w);
  else if (w)
    pop_forget(w);
  pace_begin(PACE_STEPS);
  serve(now);
  outbox_end();
}

#define TEXT(literal) ((codec_view){(const uint8_t *)(literal), sizeof(literal) - 1})

static void put_value(codec_writer *w, codec_view name, uint64_t value) {
  uint8_t *mark = interlock_ModuleMetrics_open_values(w);
  interlock_ModuleMetrics_Value_put_name(w, name);
  interlock_ModuleMetrics_Value_put_value(w, (int64_t)value);
  codec_close(w, mark);
}

INTERLOCK_EXPORT("interlock_metrics") int64_t interlock_metrics(void) {
  static uint8_t memory[256];
  codec_writer w = {memory, memory + sizeof memory};
  put_value(&w, TEXT("depth"), stock_visible());
  put_value(&w, TEXT("leased"), stock.leased);
  put_value(&w, TEXT("delayed"), stock.delayed.count);
  put_value(&w, TEXT("dead"), stock.dead.count);
  put_value(&w, TEXT("bytes"), stock_bytes());
  put_value(&w, TEXT("waiters"), waiters.count);
  put_value(&w, TEXT("dropped"), stock.dropped);
  put_value(&w, TEXT("expired"), leases_expired());
  return (int64_t)((uint64_t)(uintptr_t)memory << 32 | (uint64_t)(w.at - memory));
}
