// A module that does what its requests say. A script is a list of operations,
// each a letter and its operand, little-endian:
//   'O' u32 n, n bytes   append to the outbox as they are
//   'R' u32 n, n bytes   answer the call of this entry: FINAL|MESSAGE with this payload
//   'E' u32 n, n bytes   emit a non-final MESSAGE for the call of this entry
//   'D' i64              set the deadline
//   'L' u32 / 'A' u32    override the outbox's length / address at the end of this entry
//   'T' / 'C' / 'H' u32 n, n bytes   the script of the next ticks / cancels / half-closes
//   'X'                  trap
//   'W'                  loop for ever
//   'G'                  grow memory until it fails, then answer the pages it got as u32
//   'N'                  answer the time of this entry as i64
#include "../../../wasm_modules/abi/interlock.h"

INTERLOCK_ABI_V1()

enum { INBOX = 70000, OUTBOX = 200000, KEPT = 8192, LARGE = 90000 };

static interlock_control_block control;
static uint8_t inbox[INBOX], outbox[OUTBOX], large[LARGE];
static uint8_t on_tick[KEPT], on_cancel[KEPT], on_half_close[KEPT];
static uint32_t on_tick_size, on_cancel_size, on_half_close_size;
static uint32_t override_len, override_at;

INTERLOCK_EXPORT("interlock_control") uint32_t interlock_control(void) {
  control.deadline = INTERLOCK_NEVER;
  control.outbox = (uint32_t)outbox;
  control.inbox = (uint32_t)inbox;
  control.inbox_size = INBOX;
  return (uint32_t)&control;
}

// Refuses with the code in the configuration's first byte.
INTERLOCK_EXPORT("interlock_configure") int32_t interlock_configure(int32_t size, int64_t now) {
  (void)now;
  for (int32_t i = 0; i + 2 < size; i++)
    if (inbox[i] == 0x12 && inbox[i + 1] == 1) return inbox[i + 2];
  return 0;
}

INTERLOCK_EXPORT("interlock_buffer") uint32_t interlock_buffer(int32_t size) {
  return size <= LARGE ? (uint32_t)large : 0;
}

static uint32_t u32(const uint8_t *at) {
  uint32_t value;
  __builtin_memcpy(&value, at, 4);
  return value;
}

static void append(const void *bytes, uint32_t size) {
  __builtin_memcpy(outbox + control.outbox_len, bytes, size);
  control.outbox_len += size;
}

static void emit(int64_t call, uint16_t flags, const void *payload, uint32_t size) {
  interlock_record head = {(uint64_t)call, size, 0, flags};
  append(&head, sizeof head);
  append(payload, size);
  control.outbox_len = (control.outbox_len + 7) & ~7u;
}

static void keep(uint8_t *to, uint32_t *size, const uint8_t *bytes, uint32_t n) {
  __builtin_memcpy(to, bytes, n);
  *size = n;
}

static uint32_t grow_all(void) {
  while (__builtin_wasm_memory_grow(0, 1) != (__SIZE_TYPE__)-1) {
  }
  return (uint32_t)__builtin_wasm_memory_size(0);
}

// An operation with a counted operand.
static void counted(uint8_t op, int64_t call, const uint8_t *bytes, uint32_t n) {
  switch (op) {
    case 'O': append(bytes, n); break;
    case 'R': emit(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, bytes, n); break;
    case 'E': emit(call, INTERLOCK_MESSAGE, bytes, n); break;
    case 'T': keep(on_tick, &on_tick_size, bytes, n); break;
    case 'C': keep(on_cancel, &on_cancel_size, bytes, n); break;
    case 'H': keep(on_half_close, &on_half_close_size, bytes, n); break;
    default: __builtin_trap();
  }
}

static void run(int64_t call, int64_t now, const uint8_t *at, uint32_t size) {
  const uint8_t *end = at + size;
  control.outbox_len = 0;
  override_at = override_len = 0;
  while (at < end) {
    uint8_t op = *at++;
    uint32_t pages;
    switch (op) {
      case 'D': __builtin_memcpy(&control.deadline, at, 8); at += 8; break;
      case 'L': override_len = u32(at); at += 4; break;
      case 'A': override_at = u32(at); at += 4; break;
      case 'X': __builtin_trap();
      case 'W': for (;;) __asm__ volatile("");
      case 'G': pages = grow_all(); emit(call, 3, &pages, 4); break;
      case 'N': emit(call, 3, &now, 8); break;
      default: counted(op, call, at + 4, u32(at)); at += 4 + u32(at);
    }
  }
  control.outbox = override_at ? override_at : (uint32_t)outbox;
  if (override_len) control.outbox_len = override_len;
}

// Runs field 2 of the message; field 1 stands before it.
static void serve(int64_t call, int32_t size, int64_t now) {
  const uint8_t *at = size > INBOX ? large : inbox, *end = at + size;
  if (at < end && *at == 0x0A) at += 2 + at[1];
  uint32_t n = 0, shift = 0;
  if (at < end && *at++ == 0x12)
    for (uint8_t byte = 0x80; byte & 0x80; shift += 7) n |= ((byte = *at++) & 0x7Fu) << shift;
  run(call, now, at, n);
}

#define METHOD(name) \
  INTERLOCK_EXPORT(#name) void name(int64_t call, int32_t size, int64_t now) { serve(call, size, now); }
METHOD(Do)
METHOD(Look)
METHOD(Stream)
METHOD(Gather)
METHOD(Both)

INTERLOCK_EXPORT("interlock_tick") void interlock_tick(int64_t now) {
  static uint8_t script[KEPT];  // a script may name the next tick's
  __builtin_memcpy(script, on_tick, on_tick_size);
  run(0, now, script, on_tick_size);
}

INTERLOCK_EXPORT("interlock_cancel") void interlock_cancel(int64_t call, int32_t reason, int64_t now) {
  (void)reason;
  run(call, now, on_cancel, on_cancel_size);
}

INTERLOCK_EXPORT("interlock_half_close") void interlock_half_close(int64_t call, int64_t now) {
  run(call, now, on_half_close, on_half_close_size);
}
