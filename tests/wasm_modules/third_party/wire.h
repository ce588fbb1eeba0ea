// The bytes of the gate: its inbox and outbox, and protobuf by hand.
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "interlock.h"

enum { INBOX_BYTES = 512, BUFFER_BYTES = 32768, OUTBOX_BYTES = 36864 };
enum { REASON_INVALID_PROTO = 1, REASON_TIMED_OUT = 27 };

static uint8_t inbox[INBOX_BYTES];
static uint8_t buffer[BUFFER_BYTES];
static _Alignas(8) uint8_t outbox[OUTBOX_BYTES];

static interlock_control_block control = {
    .deadline = INTERLOCK_NEVER,
    .outbox = 0,
    .inbox_size = INBOX_BYTES,
};

// Protobuf, the little of it that the requests use.

struct request {
  bool has_instance;
  uint64_t number;      // field 2 as a varint
  const uint8_t *data;  // field 2 as bytes
  uint32_t size;
};

static const uint8_t *message(uint32_t size) { return size > INBOX_BYTES ? buffer : inbox; }

static const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, uint64_t *value) {
  *value = 0;
  for (uint32_t shift = 0; at < end && shift < 64; shift += 7) {
    *value |= (uint64_t)(*at & 0x7f) << shift;
    if (*at++ < 0x80) return at;
  }
  return NULL;
}

static bool decode(uint32_t size, struct request *request) {
  const uint8_t *at = message(size), *end = at + size;
  *request = (struct request){0};
  while (at < end) {
    uint64_t tag, value;
    if (!(at = read_varint(at, end, &tag))) return false;
    uint32_t wire = tag & 7;
    if (wire != 0 && wire != 2) return false;
    if (!(at = read_varint(at, end, &value))) return false;
    if (wire == 2 && value > (uint64_t)(end - at)) return false;
    if (tag == (1 << 3 | 2)) request->has_instance = true;
    if (tag == (2 << 3 | 0)) request->number = value;
    if (tag == (2 << 3 | 2)) request->data = at, request->size = (uint32_t)value;
    if (wire == 2) at += value;
  }
  return true;
}

static uint8_t *put_varint(uint8_t *at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
  *at++ = (uint8_t)value;
  return at;
}

static uint8_t *put_number(uint8_t *at, uint32_t field, uint64_t value) {
  return value ? put_varint(put_varint(at, field << 3), value) : at;
}

static uint8_t *put_bytes(uint8_t *at, uint32_t field, const void *data, uint32_t size) {
  if (!size) return at;
  at = put_varint(put_varint(at, field << 3 | 2), size);
  __builtin_memcpy(at, data, size);
  return at + size;
}

static uint8_t *put_text(uint8_t *at, uint32_t field, const char *text) {
  uint32_t size = 0;
  while (text[size]) size++;
  return put_bytes(at, field, text, size);
}

// The outbox.

static bool has_room(uint32_t payload) {
  return control.outbox_len + sizeof(interlock_record) + payload + 8 <= OUTBOX_BYTES;
}

// Where the payload of the next record goes.
static uint8_t *payload(void) { return outbox + control.outbox_len + sizeof(interlock_record); }

static void emit(uint64_t call, uint16_t status, uint16_t flags, const uint8_t *end) {
  uint32_t size = (uint32_t)(end - payload());
  *(interlock_record *)(outbox + control.outbox_len) = (interlock_record){call, size, status, flags};
  control.outbox_len += (uint32_t)sizeof(interlock_record) + ((size + 7) & ~7u);
}

static void answer(uint64_t call, const uint8_t *end) {
  emit(call, INTERLOCK_OK, INTERLOCK_FINAL | INTERLOCK_MESSAGE, end);
}

static void answer_number(uint64_t call, uint64_t number) {
  answer(call, put_number(payload(), 1, number));
}

static void fail(uint64_t call, uint16_t status, uint32_t reason, const char *text) {
  uint8_t *at = put_text(put_number(payload(), 1, reason), 2, text);
  emit(call, status, INTERLOCK_FINAL, at);
}

// A reason that is the gate's own.
static void refuse(uint64_t call, uint16_t status, const char *reason, const char *text) {
  emit(call, status, INTERLOCK_FINAL, put_text(put_text(payload(), 2, text), 4, reason));
}

// Begins an entry with a message; false if it was answered.
static bool begin(uint64_t call, uint32_t size, struct request *request) {
  control.outbox_len = 0;
  if (decode(size, request)) return true;
  fail(call, INTERLOCK_INVALID_ARGUMENT, REASON_INVALID_PROTO, "the request does not decode");
  return false;
}

#endif
