#include "lease.h"

#include "../runtime/map.h"
#include "settings.h"
#include "stock.h"
#include "waiter.h"

static struct {
  map by_receipt;
  uint64_t last_receipt;
  uint64_t expired;
} leases;

uint64_t leases_expired(void) { return leases.expired; }

bool lease_reserve(uint32_t count) { return map_reserve(&leases.by_receipt, count) && timer_reserve(count); }

void lease_grant(item *i, int64_t due, struct waiter *stream) {
  i->receipt = ++leases.last_receipt;
  i->attempts++;
  i->timer.kind = TIMER_LEASE;
  timer_set(&i->timer, due);
  map_put_u64(&leases.by_receipt, i->receipt, i);
  stock.leased++;
  stock.leased_dead += i->dead;
  stock.leased_bytes += item_charge(i->id_size, i->data_size);
  if (stream) stream_lend(stream, i);
}

item *lease_find(uint64_t receipt) { return map_get_u64(&leases.by_receipt, receipt); }

// Ends a lease, and gives the stream its credit back.
static void end(item *i) {
  map_take_u64(&leases.by_receipt, i->receipt);
  i->receipt = 0;
  stock.leased--;
  stock.leased_dead -= i->dead;
  stock.leased_bytes -= item_charge(i->id_size, i->data_size);
  if (i->stream) stream_settle(i->stream, i);
}

void lease_ack(item *i) {
  end(i);
  stock_release(i->id_size, i->data_size);
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
  leases.expired++;
  lease_return(i, 0);
}

void delay_expire(item *i) {
  line_take(&stock.delayed, i);
  line_put(&stock.returned, i);
}

void lease_extend(item *i, int64_t due) { timer_set(&i->timer, due); }
