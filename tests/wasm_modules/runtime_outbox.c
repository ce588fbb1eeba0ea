// A module that exercises the outbox: the first byte of a message says what it
// does with the rest.
#include "../../wasm_modules/runtime/heap.h"
#include "../../wasm_modules/runtime/outbox.h"
#include "../../wasm_modules/runtime/timers.h"

static timer alarm;
static uint32_t owed;  // records of 1,000 bytes that found no room yet

static void echo(uint64_t call, const uint8_t *message, uint32_t size) {
  if (!outbox_has_room(size)) {
    outbox_backlog = false;
    outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, 41, "no room", 0);
    return;
  }
  codec_writer *w = outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, size);
  __builtin_memcpy(w->at, message, size);
  w->at += size;
  outbox_close();
}

static void pay(void) {
  for (; owed > 0 && outbox_has_room(1000); owed--) {
    codec_writer *w = outbox_open(owed, INTERLOCK_MESSAGE, 1000);
    __builtin_memset(w->at, (int)(owed & 0xFF), 1000);
    w->at += 1000;
    outbox_close();
  }
}

static uint64_t number_of(const uint8_t *bytes) {
  uint64_t value;
  __builtin_memcpy(&value, bytes, sizeof value);
  return value;
}

INTERLOCK_EXPORT("Do") void Do(uint64_t call, uint32_t size, int64_t now) {
  (void)now;
  outbox_begin();
  const uint8_t *message = inbox_message(size);
  codec_error error = {.field = "items[3].id", .what = "must be short"};
  switch (message[0]) {
    case 'e': echo(call, message, size); break;
    case 'o': owed = (uint32_t)number_of(message + 1); pay(); break;
    case 'i': outbox_invalid(call, &error); break;
    case 'x': outbox_error(call, INTERLOCK_ABORTED, 0, (const char *)message + 1, "f"); break;
    case 'a': outbox_open(call, INTERLOCK_FINAL, 8); outbox_abandon(); outbox_final_empty(call); break;
    case 't': timer_set(&alarm, (int64_t)number_of(message + 1)); break;
    case 's': outbox_stream_end(call); break;
    default: __builtin_trap();
  }
  outbox_end();
}

INTERLOCK_EXPORT("interlock_tick") void tick(int64_t now) {
  outbox_begin();
  pay();
  timer_take_due(now);
  outbox_end();
}

INTERLOCK_EXPORT("used") uint32_t used(void) { return (uint32_t)heap_used(); }
