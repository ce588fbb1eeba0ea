// The numbers that a host exports, summed over groups.
#include "../abi/interlock.h"
#include "../gen/interlock.h"
#include "group.h"

enum { METRICS_MAX = 256 };

static void put(codec_writer *w, const char *name, uint64_t value) {
  uint8_t *mark = interlock_ModuleMetrics_open_values(w);
  interlock_ModuleMetrics_Value_put_name(w, codec_text(name));
  interlock_ModuleMetrics_Value_put_value(w, (int64_t)value);
  codec_close(w, mark);
}

INTERLOCK_EXPORT("interlock_metrics") int64_t interlock_metrics(void) {
  static uint8_t bytes[METRICS_MAX];
  codec_writer w = {bytes, bytes + sizeof bytes};
  put(&w, "members", members.count);
  put(&w, "generation", group.generation);
  put(&w, "rebalances", group.rebalances);
  put(&w, "moves", group.moves);
  put(&w, "revoked", group.revoked);
  put(&w, "parked_joins", group.joined);
  return (int64_t)((uint64_t)(uintptr_t)bytes << 32 | (uint64_t)(w.at - bytes));
}
