#include "lease.h"

#include "ledger.h"
#include "settings.h"
#include "stock.h"
#include "waiter.h"

static uint64_t expired;

uint64_t leases_expired(void) { return expired; }

bool lease_reserve(uint32_t count) { return ledger_reserve(count) && timer_reserve(count); }

void lease_grant(item *i, int64_t due, struct waiter *stream) {
  ledger_enter(i);
  i->attempts++;
  i->timer.kind = TIMER_LEASE;
  timer_set(&i->timer, due);
  stock.leased++;
  stock.leased_dead += i->dead;
  stock.leased_bytes += item_charge(i->id_size, i->data_size);
  if (stream) stream_lend(stream, i);
}

// Ends a lease, and gives the stream its credit back.
static void end(item *i) {
  ledger_strike(i);
  stock.leased--;
  stock.leased_dead -= i->dead;
  stock.leased_bytes -= item_charge(i->id_size, i->data_size);
  if (i->stream) stream_settle(i->stream, i);
}

void lease_ack(item *i) {
  end(i);
  item_free(i);
}

void lease_return(item *i, int64_t due) {
  uint32_t most = settings_now()->max_deliveries;
  end(i);
  i->dead = i->dead || (most && i->attempts >= most);
  if (due && !i->dead) {
    // Moves the lease's timer, or takes the place in the table that it left.
    i->timer.kind = TIMER_DELAY;
    timer_set(&i->timer, due);
    line_put(&stock.delayed, i);
    return;
  }
  timer_cancel(&i->timer);
  line_put(i->dead ? &stock.dead : &stock.returned, i);
}

void lease_expire(item *i) {
  expired++;
  lease_return(i, 0);
}

void delay_expire(item *i) {
  line_take(&stock.delayed, i);
  line_put(&stock.returned, i);
}

void lease_extend(item *i, int64_t due) { timer_set(&i->timer, due); }
