// The part of the protobuf codec that all messages share. The rest is
// generated from the descriptors: for a module whose proto is
// protos/interlock/queue/v1/queue.proto it is wasm_modules/queue/gen/queue.h.
//
// Decoding copies nothing and allocates nothing: strings and bytes are views
// into the inbox, a repeated field is the stretch of the message that holds it
// and is walked with a cursor. A decoder checks the whole message first, sub-
// messages and validation rules included, so walking cannot fail.
//
// For a message M the generator writes
//   typedef struct {...} M;                          fields by their proto names; `has_<field>` where presence counts
//   bool M_decode(const uint8_t *data, uint32_t size, M *out, codec_error *error);
//   bool M_next_<field>(codec_cursor *at, T *out);   for a repeated field: cursor = codec_walk(m.<field>)
//   void M_put_<field>(codec_writer *w, T value);    singular: skips the default value; repeated: one element
//   void M_put_<field>(codec_writer *w, const T *values, uint32_t count);   packed repeated scalars
//   uint8_t *M_open_<field>(codec_writer *w);        a sub-message: put its fields, then codec_close(w, mark)
//   #define M_<FIELD>_FIELD <number>, and constants for enums
#ifndef RUNTIME_CODEC_H
#define RUNTIME_CODEC_H

#include <stdbool.h>
#include <stdint.h>

// A string or bytes value: a view into the message it was decoded from.
typedef struct {
  const uint8_t *data;
  uint32_t size;
} codec_view;

// A repeated field: from its first occurrence to behind its last, other fields
// in between, and the number of its elements (packed ones counted singly).
typedef struct {
  const uint8_t *from;
  const uint8_t *to;
  uint32_t count;
} codec_repeated;

typedef struct {
  const uint8_t *at;
  const uint8_t *to;
  const uint8_t *packed_to;  // within a packed run: its end; else NULL
} codec_cursor;

static inline codec_cursor codec_walk(codec_repeated field) {
  return (codec_cursor){field.from, field.to, 0};
}

// Where and why a message was refused. `field` is the path of the field at
// fault, "items[3].id"; `what` is a sentence about it.
typedef struct {
  char field[128];
  char what[128];
} codec_error;

// Writes a message from its first byte on. Running past `end` is a bug of the
// module, which asked for too little room: it traps.
typedef struct {
  uint8_t *at;
  uint8_t *end;
} codec_writer;

// Ends a sub-message that M_open_<field> began: writes its length in as few
// bytes as it takes and moves the payload up to it.
void codec_close(codec_writer *w, uint8_t *mark);

// Bytes that a varint takes; bytes that a string, bytes or message field of
// this number and length takes, tag and length included.
uint32_t codec_varint_size(uint64_t value);
uint32_t codec_bytes_size(uint32_t field_number, uint32_t length);

static inline codec_view codec_text(const char *text) {
  return (codec_view){(const uint8_t *)text, (uint32_t)__builtin_strlen(text)};
}

bool codec_view_equals(codec_view a, codec_view b);

#endif
