// Reading the wire format: for generated decoders only. Each codec_read takes
// what it reads from between `at` and `to` and returns where that ends, or NULL
// if it is malformed or cut off. What is accepted is what the reference
// implementation accepts (protobuf's upb: wire/reader.h, wire/decode.c).
#ifndef RUNTIME_CODEC_READ_H
#define RUNTIME_CODEC_READ_H

#include <stddef.h>

#include "codec.h"

// How deep messages and groups may nest.
#define CODEC_DEPTH 100

// Each level of a message that may hold its own kind takes its struct of the
// stack: CODEC_DEPTH of them, with as much again for the calls, fit the 32 KiB
// that a module's stack has.
#ifdef __wasm__
#define CODEC_FITS_STACK(M) \
  _Static_assert(sizeof(M) * CODEC_DEPTH <= 16384, #M " is too large to hold its own kind")
#else
#define CODEC_FITS_STACK(M) _Static_assert(sizeof(M) > 0, #M)
#endif

enum { CODEC_VARINT = 0, CODEC_FIXED64 = 1, CODEC_BYTES = 2, CODEC_GROUP = 3, CODEC_GROUP_END = 4, CODEC_FIXED32 = 5 };

const uint8_t *codec_read_long_varint(const uint8_t *at, const uint8_t *to, uint64_t *out);
const uint8_t *codec_read_long_tag(const uint8_t *at, const uint8_t *to, uint32_t *out);

// At most ten bytes; bits above the 64th are dropped.
static inline const uint8_t *codec_read_varint(const uint8_t *at, const uint8_t *to, uint64_t *out) {
  if (at < to && *at < 0x80) {
    *out = *at;
    return at + 1;
  }
  return codec_read_long_varint(at, to, out);
}

// At most five bytes and 32 bits. Whether such a field can be is codec_skip's
// to say, where no field of the message has this tag.
static inline const uint8_t *codec_read_tag(const uint8_t *at, const uint8_t *to, uint32_t *out) {
  if (*at < 0x80) {
    *out = *at;
    return at + 1;
  }
  return codec_read_long_tag(at, to, out);
}

static inline const uint8_t *codec_read_fixed32(const uint8_t *at, const uint8_t *to, uint64_t *out) {
  uint32_t value;
  if (to - at < 4) return NULL;
  __builtin_memcpy(&value, at, 4);
  *out = value;
  return at + 4;
}

static inline const uint8_t *codec_read_fixed64(const uint8_t *at, const uint8_t *to, uint64_t *out) {
  if (to - at < 8) return NULL;
  __builtin_memcpy(out, at, 8);
  return at + 8;
}

// A length of at most five bytes, and that many bytes.
const uint8_t *codec_read_bytes(const uint8_t *at, const uint8_t *to, codec_view *out);

// The value of a field that the message does not have, whose tag was read
// last. NULL also for tags that cannot be: field 0, unknown wire types, the end
// of a group that did not begin.
const uint8_t *codec_skip(const uint8_t *at, const uint8_t *to, uint32_t tag, uint32_t depth);

// The number of elements in a packed run, or -1 if an element is cut off.
int64_t codec_count_packed(codec_view run, uint32_t wire_type);

bool codec_is_utf8(codec_view text);

// interlock.v1.FORMAT_NAME: [a-z0-9][a-z0-9._-]{0,126}
bool codec_is_name(codec_view text);

// Notes `count` elements of a repeated field between `from`, where their tag
// begins, and `to`.
static inline void codec_found(codec_repeated *field, const uint8_t *from, const uint8_t *to, uint32_t count) {
  if (!count) return;
  if (!field->count) field->from = from;
  field->to = to;
  field->count += count;
}

// Whether a repeated field has elements both in the part of a sub-message that
// begins at `part` and before it.
static inline bool codec_is_split(const codec_repeated *field, const uint8_t *part) {
  return field->count && field->from < part && field->to > part;
}

// After a part of a sub-message was read, up to `to`: where one of its repeated
// fields is split, turns it into a stretch of the outer message, which began at
// `begin`. One that began before that is split further out, too.
static inline void codec_merge(codec_repeated *field, const uint8_t *begin, const uint8_t *part, const uint8_t *to,
                               const uint32_t *way) {
  if (!codec_is_split(field, part)) return;
  if (field->from > begin) field->from = begin;
  field->to = to;
  field->way = way;
}

static inline float codec_float(uint64_t raw) {
  uint32_t bits = (uint32_t)raw;
  float value;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}

static inline double codec_double(uint64_t raw) {
  double value;
  __builtin_memcpy(&value, &raw, 8);
  return value;
}

static inline int32_t codec_unzigzag32(uint64_t raw) {
  uint32_t bits = (uint32_t)raw;
  return (int32_t)((bits >> 1) ^ (0 - (bits & 1)));
}

static inline int64_t codec_unzigzag64(uint64_t raw) { return (int64_t)((raw >> 1) ^ (0 - (raw & 1))); }

// All of these return false, so that a decoder can return what they return.
#define CODEC_NO_INDEX UINT32_MAX

// "<name> <says>." at the path <name>, or <name>[<index>].
bool codec_refuse(codec_error *error, const char *name, uint32_t index, const char *says);
// A field that the message does not have, or no field at all.
bool codec_refuse_unknown(codec_error *error);
bool codec_refuse_depth(codec_error *error);
// Puts the sub-message that holds the field at fault before its path.
bool codec_within(codec_error *error, const char *name, uint32_t index);

#define CODEC_CUT_OFF "is cut off or malformed"
#define CODEC_NOT_UTF8 "must be valid UTF-8"
#define CODEC_SPLIT "must come in one part"

#endif
