#include "settings.h"

#include "stock.h"
#include "waiter.h"

#define CAPACITY_DEFAULT 1048576u
#define LEASE_MS_DEFAULT 30000u

static settings in_force;

// Filled in at the first look and not by an initialiser, so that the module
// has no mutable initialised data.
const settings *settings_now(void) {
  if (!in_force.capacity_bytes) {
    in_force.capacity_bytes = CAPACITY_DEFAULT;
    in_force.overflow = OVERFLOW_WAIT;
    in_force.lease_ms = LEASE_MS_DEFAULT;
  }
  return &in_force;
}

// What is in force, overlaid with the fields that the request sets.
static settings overlaid(const ConfigureRequest *wanted) {
  settings s = *settings_now();
  if (wanted->capacity_bytes) s.capacity_bytes = wanted->capacity_bytes;
  if (wanted->max_items) s.max_items = wanted->max_items;
  if (wanted->overflow) s.overflow = (uint32_t)wanted->overflow;
  if (wanted->lease_ms) s.lease_ms = wanted->lease_ms;
  if (wanted->max_deliveries) s.max_deliveries = wanted->max_deliveries;
  if (wanted->dedupe_window_ms) s.dedupe_window_ms = wanted->dedupe_window_ms;
  return s;
}

static const char *disagreement(const settings *a, const settings *b) {
  if (a->capacity_bytes != b->capacity_bytes) return "capacity_bytes";
  if (a->max_items != b->max_items) return "max_items";
  if (a->overflow != b->overflow) return "overflow";
  if (a->lease_ms != b->lease_ms) return "lease_ms";
  if (a->max_deliveries != b->max_deliveries) return "max_deliveries";
  if (a->dedupe_window_ms != b->dedupe_window_ms) return "dedupe_window_ms";
  return NULL;
}

// The bound that the queue is beyond already. A parked Push was told that its
// items fit, so the bytes may not shrink while one waits.
static const char *beyond(const settings *s) {
  bool shrinks = s->capacity_bytes < in_force.capacity_bytes;
  if (s->capacity_bytes < stock_bytes() || (shrinks && waiters.pushes.first)) return "capacity_bytes";
  if (s->max_items && s->max_items < stock_items()) return "max_items";
  return NULL;
}

// A request that sets nothing asks what is in force, and binds nobody.
static bool sets_anything(const ConfigureRequest *r) {
  return r->capacity_bytes || r->max_items || r->overflow || r->lease_ms || r->max_deliveries || r->dedupe_window_ms;
}

const char *settings_apply(const ConfigureRequest *wanted, const char **what) {
  settings next = overlaid(wanted);
  if (in_force.configured) {
    *what = "the queue is configured otherwise already";
    return disagreement(&in_force, &next);
  }
  *what = "the queue holds more than that already";
  const char *field = beyond(&next);
  if (field) return field;
  next.configured = sets_anything(wanted);
  in_force = next;
  return NULL;
}
