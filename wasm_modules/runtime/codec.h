// The part of the protobuf codec that all messages share. The rest is
// generated from the descriptors: for a module whose proto is
// protos/interlock/queue/v1/queue.proto it is wasm_modules/queue/gen/queue.h,
// and for the messages of interlock.v1 wasm_modules/gen/interlock.h, where each
// name begins with interlock_.
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
//   uint8_t *M_open_<field>(codec_writer *w);        packed scalars that come one by one (at least one):
//   void M_add_<field>(codec_writer *w, T value);    open, add each, then codec_close(w, mark)
//   #define M_<FIELD>_FIELD <number>, and constants for enums
// The members of a oneof share their room; `<oneof>_case` holds the number of
// the one that is set, M_<FIELD>_FIELD, or 0. Fields are put in the order of
// their numbers: then the bytes are those of the reference implementation's
// deterministic serialisation.
#ifndef RUNTIME_CODEC_H
#define RUNTIME_CODEC_H

#include <stdbool.h>
#include <stdint.h>

// A string or bytes value: a view into the message it was decoded from.
typedef struct {
  const uint8_t *data;
  uint32_t size;
} codec_view;

// The most singular sub-messages, one in the other, around a repeated field.
#define CODEC_WAY_MAX 4

// A repeated field: from its first occurrence to behind its last, other fields
// in between, and the number of its elements (packed ones counted singly).
//
// A singular sub-message may come in several parts, which merge, so a repeated
// field inside it may lie in several stretches. Then `way` holds the tags that
// lead to it, 0 behind the last, and the stretch is one of the outer message.
typedef struct {
  const uint8_t *from;
  const uint8_t *to;
  uint32_t count;
  const uint32_t *way;  // NULL: all elements are in one stretch of their own message
} codec_repeated;

typedef struct {
  const uint8_t *at;
  const uint8_t *to;
  const uint8_t *packed_to;  // the end of the packed run that it came by last; NULL before the first
  const uint32_t *way;       // as in codec_repeated
  uint32_t level;            // how far along `way` the cursor is
  const uint8_t *ends[CODEC_WAY_MAX];  // of the messages along `way`, to `level`
} codec_cursor;

static inline codec_cursor codec_walk(codec_repeated field) {
  codec_cursor at;
  at.at = field.from;
  at.to = field.way ? field.from : field.to;
  at.packed_to = 0;
  at.way = field.way;
  at.level = 0;
  at.ends[0] = field.to;
  return at;
}

// The next element of the field with this tag, in its unpacked form: what the
// generated M_next_<field> call.
bool codec_next_bytes(codec_cursor *at, uint32_t tag, codec_view *out);
bool codec_next_number(codec_cursor *at, uint32_t tag, uint64_t *out);

// Where and why a message was refused. `field` is the path of the field at
// fault, "items[3].id", empty if it is none of the message's; `what` is a
// sentence: "id must be at most 255 bytes long."
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
static inline uint32_t codec_varint_size(uint64_t value) {
  // ceil(bits / 7) for the 1 to 64 bits of value | 1, without a division.
  return (uint32_t)((63 - __builtin_clzll(value | 1)) * 9 + 73) / 64;
}

static inline uint32_t codec_bytes_size(uint32_t field_number, uint32_t length) {
  return codec_varint_size((uint64_t)field_number << 3) + codec_varint_size(length) + length;
}

// A view of a text that ends with a 0 byte.
codec_view codec_text(const char *text);

bool codec_view_equals(codec_view a, codec_view b);

#endif
