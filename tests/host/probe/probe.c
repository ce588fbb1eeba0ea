// One method for each way that a call can go: see probe.proto. It needs no
// codec: replies are requests said back, or two bytes of varint.
#include "../../../wasm_modules/abi/interlock.h"

enum { INBOX_SIZE = 1 << 20, OUTBOX_SIZE = 1 << 21, MOST_PARKED = 4096 };
enum kind { WAIT, WATCH, STREAM };

static uint8_t inbox[INBOX_SIZE];
static _Alignas(8) uint8_t outbox[OUTBOX_SIZE];
static interlock_control_block control = {.deadline = INTERLOCK_NEVER, .inbox_size = INBOX_SIZE};

static struct parked {
  int64_t call;
  enum kind kind;
} parked[MOST_PARKED];
static uint32_t parked_count;
static uint32_t cancelled_for;

// The last message of the one client stream that a test runs at a time.
static uint8_t collected[INBOX_SIZE];
static uint32_t collected_size;

INTERLOCK_ABI_V1()

INTERLOCK_EXPORT("interlock_control") interlock_control_block *probe_control(void) {
  control.inbox = (uint32_t)(uintptr_t)inbox;
  control.outbox = (uint32_t)(uintptr_t)outbox;
  return &control;
}

INTERLOCK_EXPORT("interlock_buffer") int32_t probe_buffer(int32_t size) {
  (void)size;
  return 0;
}

static void emit(int64_t call, uint16_t status, uint16_t flags, const uint8_t *data, uint32_t size) {
  interlock_record *record = (interlock_record *)(outbox + control.outbox_len);
  *record = (interlock_record){.call = (uint64_t)call, .size = size, .status = status, .flags = flags};
  __builtin_memcpy(record + 1, data, size);
  control.outbox_len += (uint32_t)sizeof *record + ((size + 7) & ~7u);
}

static void park(int64_t call, enum kind kind) {
  if (parked_count == MOST_PARKED) __builtin_trap();
  parked[parked_count++] = (struct parked){call, kind};
}

static void forget(uint32_t at) { parked[at] = parked[--parked_count]; }

static void answer_count(int64_t call) {
  uint8_t reply[5] = {0x08, (uint8_t)(parked_count | 0x80), (uint8_t)(parked_count >> 7), 0x10, (uint8_t)cancelled_for};
  emit(call, INTERLOCK_OK, INTERLOCK_FINAL | INTERLOCK_MESSAGE, reply, sizeof reply);
}

static void say_to_all(enum kind kind, uint16_t flags, const uint8_t *data, uint32_t size) {
  for (uint32_t i = parked_count; i-- > 0;) {
    if (parked[i].kind != kind) continue;
    emit(parked[i].call, INTERLOCK_OK, flags, data, size);
    if (flags & INTERLOCK_FINAL) forget(i);
  }
}

#define METHOD(name) \
  INTERLOCK_EXPORT(#name) void probe_##name(int64_t call, int32_t size, int64_t now)
#define ENTER() (void)now, (void)size, control.outbox_len = 0

METHOD(Echo) {
  ENTER();
  emit(call, INTERLOCK_OK, INTERLOCK_FINAL | INTERLOCK_MESSAGE, inbox, (uint32_t)size);
}

METHOD(Wait) {
  ENTER();
  park(call, WAIT);
}

METHOD(Release) {
  ENTER();
  say_to_all(WAIT, INTERLOCK_FINAL | INTERLOCK_MESSAGE, inbox, (uint32_t)size);
  answer_count(call);
}

METHOD(Watch) {
  ENTER();
  park(call, WATCH);
}

METHOD(Publish) {
  ENTER();
  say_to_all(WATCH, INTERLOCK_MESSAGE, inbox, (uint32_t)size);
  answer_count(call);
}

METHOD(Finish) {
  ENTER();
  say_to_all(WATCH, INTERLOCK_FINAL, inbox, 0);
  answer_count(call);
}

METHOD(Collect) {
  ENTER();
  if (collected_size == 0) park(call, STREAM);
  __builtin_memcpy(collected, inbox, (uint32_t)size);
  collected_size = (uint32_t)size;
}

METHOD(Chat) {
  ENTER();
  if (collected_size == 0) park(call, STREAM);
  collected_size = 1;
  emit(call, INTERLOCK_OK, INTERLOCK_MESSAGE, inbox, (uint32_t)size);
}

METHOD(Refuse) {
  ENTER();
  // interlock.v1.Error{message: "shut", field: "data", module_reason: "PROBE_SHUT"}
  static const char error[] = "\x12\x04shut\x1a\x04" "data\x22\x0aPROBE_SHUT";
  emit(call, INTERLOCK_FAILED_PRECONDITION, INTERLOCK_FINAL, (const uint8_t *)error, sizeof error - 1);
}

METHOD(Trap) {
  ENTER();
  (void)call;
  __builtin_trap();
}

METHOD(Spin) {
  ENTER();
  (void)call;
  for (volatile uint32_t turns = 0;; turns++) {
  }
}

METHOD(Parked) {
  ENTER();
  answer_count(call);
}

INTERLOCK_EXPORT("interlock_half_close") void probe_half_close(int64_t call, int64_t now) {
  (void)now;
  control.outbox_len = 0;
  for (uint32_t i = parked_count; i-- > 0;) {
    if (parked[i].call != call) continue;
    forget(i);
    // A Chat ends without a message; it left a size of 1, which no Collect does.
    uint16_t message = collected_size > 1 ? INTERLOCK_MESSAGE : 0;
    emit(call, INTERLOCK_OK, INTERLOCK_FINAL | message, collected, message ? collected_size : 0);
  }
  collected_size = 0;
}

// A Wait that shutdown ends is answered; the others are the host's to answer.
INTERLOCK_EXPORT("interlock_cancel") void probe_cancel(int64_t call, int32_t reason, int64_t now) {
  (void)now;
  control.outbox_len = 0;
  cancelled_for = (uint32_t)reason;
  for (uint32_t i = parked_count; i-- > 0;) {
    if (parked[i].call != call) continue;
    if (parked[i].kind == WAIT && reason == INTERLOCK_CANCEL_SHUTDOWN)
      emit(call, INTERLOCK_OK, INTERLOCK_FINAL | INTERLOCK_MESSAGE, outbox, 0);
    if (parked[i].kind == STREAM) collected_size = 0;
    forget(i);
  }
}

INTERLOCK_EXPORT("interlock_metrics") int64_t probe_metrics(void) {
  // interlock.v1.ModuleMetrics{values {name: "parked", value: n}}
  static uint8_t metrics[13] = "\x0a\x0b\x0a\x06parked\x10";
  metrics[11] = (uint8_t)(parked_count | 0x80);
  metrics[12] = (uint8_t)(parked_count >> 7);
  return (int64_t)(((uint64_t)(uintptr_t)metrics << 32) | sizeof metrics);
}
