// The RPCs of QueueService, under their own names.
#include "../abi/interlock.h"
#include "../runtime/outbox.h"
#include "../runtime/pace.h"
#include "gen/queue.h"
#include "pop.h"
#include "push.h"
#include "receipt.h"
#include "refusal.h"
#include "serve.h"
#include "settings.h"
#include "stock.h"
#include "waiter.h"

// For this entry's own call: more steps than one message can ask for.
#define PACE_OWN_STEPS 16384

// An entry for `Method` that decodes its request and calls `begin`, which
// answers or parks; then whatever became possible is done for other calls.
#define ENTRY(Method, begin)                                                       \
  INTERLOCK_EXPORT(#Method) void entry_##Method(int64_t call, int32_t size, int64_t now) { \
    Method##Request m;                                                             \
    codec_error error;                                                             \
    outbox_begin();                                                                \
    pace_begin(PACE_OWN_STEPS);                                                    \
    if (Method##Request_decode(inbox_message((uint32_t)size), (uint32_t)size, &m, &error)) \
      begin((uint64_t)call, &m, now);                                              \
    else                                                                           \
      outbox_invalid((uint64_t)call, &error);                                      \
    pace_begin(PACE_STEPS);                                                        \
    serve(now);                                                                    \
    outbox_end();                                                                  \
  }

// ConfigureResponse and StatsResponse: six integers of at most 64 bits.
#define NUMBERS_MAX 72u

static void configure_begin(uint64_t call, const ConfigureRequest *m, int64_t now) {
  (void)now;
  const char *what;
  const char *field = settings_apply(m, &what);
  if (field) return refuse_conflict(call, field, what);
  const settings *s = settings_now();
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, NUMBERS_MAX);
  ConfigureResponse_put_capacity_bytes(w, s->capacity_bytes);
  ConfigureResponse_put_max_items(w, s->max_items);
  ConfigureResponse_put_overflow(w, (Overflow)s->overflow);
  ConfigureResponse_put_lease_ms(w, s->lease_ms);
  ConfigureResponse_put_max_deliveries(w, s->max_deliveries);
  ConfigureResponse_put_dedupe_window_ms(w, s->dedupe_window_ms);
  outbox_close();
}

static void stats_begin(uint64_t call) {
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, NUMBERS_MAX);
  StatsResponse_put_depth(w, stock_visible());
  StatsResponse_put_leased(w, stock.leased);
  StatsResponse_put_delayed(w, stock.delayed.count);
  StatsResponse_put_dead(w, stock.dead.count);
  StatsResponse_put_bytes(w, stock_bytes());
  StatsResponse_put_waiters(w, waiters.count);
  outbox_close();
}

static void purge_begin(uint64_t call, const PurgeRequest *m, int64_t now) {
  (void)now;
  uint64_t purged = stock_purge(m->dead_letters);
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, NUMBERS_MAX);
  PurgeResponse_put_purged(w, purged);
  outbox_close();
}

static void close_begin(uint64_t call, const CloseRequest *m, int64_t now) {
  (void)m;
  (void)now;
  stock.closed = true;
  outbox_final_empty(call);
}

ENTRY(Configure, configure_begin)
ENTRY(Push, push_begin)
ENTRY(Pop, pop_begin)
ENTRY(Ack, receipts_ack)
ENTRY(Nack, receipts_nack)
ENTRY(Extend, receipts_extend)
ENTRY(Subscribe, subscribe_begin)
ENTRY(Purge, purge_begin)
ENTRY(Close, close_begin)

// A read: nothing of the queue may change, so nobody else is served.
INTERLOCK_EXPORT("Stats") void entry_Stats(int64_t call, int32_t size, int64_t now) {
  (void)now;
  StatsRequest m;
  codec_error error;
  outbox_begin();
  if (StatsRequest_decode(inbox_message((uint32_t)size), (uint32_t)size, &m, &error))
    stats_begin((uint64_t)call);
  else
    outbox_invalid((uint64_t)call, &error);
  outbox_end();
}
