// What a module in C needs beside interlock.h: the control block with its inbox
// and outbox, and protobuf. README.md says how to use it. It allocates nothing:
// the outbox is fixed, so a module asks interlock_has_room before each record
// that is not the first of its entry, and asks for another tick where there is
// none. Include it in one source file.
#ifndef INTERLOCK_MODULE_H
#define INTERLOCK_MODULE_H

#include <stdbool.h>

#include "interlock.h"

#ifndef INTERLOCK_INBOX_BYTES  // no less than max_message_bytes of the contract
#define INTERLOCK_INBOX_BYTES 8192
#endif
#ifndef INTERLOCK_OUTBOX_BYTES
#define INTERLOCK_OUTBOX_BYTES 16384
#endif

INTERLOCK_ABI_V1()

static uint8_t interlock_inbox[INTERLOCK_INBOX_BYTES];
static _Alignas(8) uint8_t interlock_outbox[INTERLOCK_OUTBOX_BYTES];
static interlock_control_block interlock_block = {
    .deadline = INTERLOCK_NEVER,
    .inbox_size = INTERLOCK_INBOX_BYTES,
};

INTERLOCK_EXPORT("interlock_control") interlock_control_block *interlock_control(void) {
  interlock_block.outbox = (uint32_t)(uintptr_t)interlock_outbox;
  interlock_block.inbox = (uint32_t)(uintptr_t)interlock_inbox;
  return &interlock_block;
}

// Every message that the contract allows fits the inbox.
INTERLOCK_EXPORT("interlock_buffer") uint8_t *interlock_buffer(uint32_t size) {
  (void)size;
  return 0;
}

// Requests. A walk over the fields of the message:
//   struct interlock_reader r = interlock_read(size);
//   while (interlock_next(&r)) if (interlock_is(&r, 2, INTERLOCK_VARINT)) wait_ms = (uint32_t)r.value;
//   if (r.malformed) ...
// Groups, which proto3 does not have, count as malformed.

enum interlock_wire { INTERLOCK_VARINT = 0, INTERLOCK_FIXED64 = 1, INTERLOCK_BYTES = 2, INTERLOCK_FIXED32 = 5 };

struct interlock_reader {
  const uint8_t *at, *end;
  uint32_t field;        // its number
  uint32_t wire;         // its interlock_wire
  uint64_t value;        // of a number; of bytes, how many
  const uint8_t *bytes;  // in the inbox: gone with the entry
  bool malformed;
};

static inline struct interlock_reader interlock_read(uint32_t size) {
  return (struct interlock_reader){.at = interlock_inbox, .end = interlock_inbox + size};
}

static inline bool interlock_read_varint(struct interlock_reader *r, uint64_t *value) {
  *value = 0;
  for (uint32_t shift = 0; r->at < r->end && shift < 64; shift += 7) {
    uint8_t byte = *r->at++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

static inline bool interlock_read_field(struct interlock_reader *r) {
  uint64_t tag;
  if (!interlock_read_varint(r, &tag) || tag > UINT32_MAX || tag >> 3 == 0) return false;
  r->field = (uint32_t)tag >> 3;
  r->wire = (uint32_t)tag & 7;
  if (r->wire == INTERLOCK_VARINT) return interlock_read_varint(r, &r->value);
  if (r->wire == INTERLOCK_BYTES) {
    if (!interlock_read_varint(r, &r->value) || r->value > (uint64_t)(r->end - r->at)) return false;
    r->bytes = r->at;
    r->at += r->value;
    return true;
  }
  uint32_t size = r->wire == INTERLOCK_FIXED64 ? 8 : 4;
  if ((r->wire != INTERLOCK_FIXED64 && r->wire != INTERLOCK_FIXED32) || r->end - r->at < (int32_t)size) return false;
  r->value = 0;
  __builtin_memcpy(&r->value, r->at, size);
  r->at += size;
  return true;
}

static inline bool interlock_next(struct interlock_reader *r) {
  if (r->malformed || r->at == r->end) return false;
  r->malformed = !interlock_read_field(r);
  return !r->malformed;
}

static inline bool interlock_is(const struct interlock_reader *r, uint32_t field, uint32_t wire) {
  return r->field == field && r->wire == wire;
}

// Records. Open one, put the fields of its message, close it. A field of the
// default value is not written, as in proto3.

static uint8_t *interlock_payload;  // of the open record: where its next byte goes

static inline bool interlock_has_room(uint32_t payload) {
  return interlock_block.outbox_len + sizeof(interlock_record) + payload + 8 <= INTERLOCK_OUTBOX_BYTES;
}

static inline void interlock_open(uint64_t call, uint16_t status, uint16_t flags) {
  if (!interlock_has_room(0)) __builtin_trap();
  interlock_record *head = (interlock_record *)(void *)(interlock_outbox + interlock_block.outbox_len);
  *head = (interlock_record){.call = call, .status = status, .flags = flags};
  interlock_payload = (uint8_t *)(head + 1);
}

static inline void interlock_close(void) {
  interlock_record *head = (interlock_record *)(void *)(interlock_outbox + interlock_block.outbox_len);
  head->size = (uint32_t)(interlock_payload - (uint8_t *)(head + 1));
  while ((interlock_payload - interlock_outbox) % 8) *interlock_payload++ = 0;
  interlock_block.outbox_len = (uint32_t)(interlock_payload - interlock_outbox);
}

static inline void interlock_put(const void *bytes, uint32_t size) {
  uint8_t *end = interlock_outbox + INTERLOCK_OUTBOX_BYTES;
  if (size > (uint32_t)(end - interlock_payload)) __builtin_trap();
  __builtin_memcpy(interlock_payload, bytes, size);
  interlock_payload += size;
}

static inline void interlock_put_varint(uint64_t value) {
  uint8_t bytes[10];
  uint32_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = (uint8_t)(value | 0x80);
  bytes[size++] = (uint8_t)value;
  interlock_put(bytes, size);
}

static inline void interlock_put_number(uint32_t field, uint64_t value) {
  if (!value) return;
  interlock_put_varint(field << 3 | INTERLOCK_VARINT);
  interlock_put_varint(value);
}

static inline void interlock_put_bytes(uint32_t field, const void *bytes, uint32_t size) {
  if (!size) return;
  interlock_put_varint(field << 3 | INTERLOCK_BYTES);
  interlock_put_varint(size);
  interlock_put(bytes, size);
}

static inline void interlock_put_text(uint32_t field, const char *text) {
  uint32_t size = 0;
  while (text[size]) size++;
  interlock_put_bytes(field, text, size);
}

// Ends a call with an interlock.v1.Error: one of the project's reasons, or, with
// reason 0, a name of the module's own.
static inline void interlock_fail(uint64_t call, enum interlock_code status, uint32_t reason, const char *own,
                                  const char *message) {
  interlock_open(call, (uint16_t)status, INTERLOCK_FINAL);
  interlock_put_number(1, reason);
  interlock_put_text(2, message);
  interlock_put_text(4, own);
  interlock_close();
}

#endif
