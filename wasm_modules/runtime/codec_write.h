// Writing the wire format: for generated encoders. A put writes a tag and a
// value, a write only the value.
#ifndef RUNTIME_CODEC_WRITE_H
#define RUNTIME_CODEC_WRITE_H

#include <stddef.h>

#include "codec.h"

// Where the next `size` bytes go.
static inline uint8_t *codec_take(codec_writer *w, size_t size) {
  if ((size_t)(w->end - w->at) < size) __builtin_trap();
  uint8_t *at = w->at;
  w->at += size;
  return at;
}

static inline void codec_write_varint(codec_writer *w, uint64_t value) {
  uint8_t *at = codec_take(w, codec_varint_size(value));
  while (value >= 0x80) {
    *at++ = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  *at = (uint8_t)value;
}

static inline void codec_write_fixed32(codec_writer *w, uint64_t value) {
  uint32_t bits = (uint32_t)value;
  __builtin_memcpy(codec_take(w, 4), &bits, 4);
}

static inline void codec_write_fixed64(codec_writer *w, uint64_t value) {
  __builtin_memcpy(codec_take(w, 8), &value, 8);
}

static inline void codec_put_varint(codec_writer *w, uint32_t tag, uint64_t value) {
  codec_write_varint(w, tag);
  codec_write_varint(w, value);
}

static inline void codec_put_fixed32(codec_writer *w, uint32_t tag, uint64_t value) {
  codec_write_varint(w, tag);
  codec_write_fixed32(w, value);
}

static inline void codec_put_fixed64(codec_writer *w, uint32_t tag, uint64_t value) {
  codec_write_varint(w, tag);
  codec_write_fixed64(w, value);
}

static inline void codec_put_bytes(codec_writer *w, uint32_t tag, codec_view value) {
  codec_write_varint(w, tag);
  codec_write_varint(w, value.size);
  if (value.size) __builtin_memcpy(codec_take(w, value.size), value.data, value.size);
}

// Begins a field whose length codec_close will know, and leaves one byte for it.
static inline uint8_t *codec_open(codec_writer *w, uint32_t tag) {
  codec_write_varint(w, tag);
  codec_take(w, 1);
  return w->at;
}

static inline uint64_t codec_float_bits(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  return bits;
}

static inline uint64_t codec_double_bits(double value) {
  uint64_t bits;
  __builtin_memcpy(&bits, &value, 8);
  return bits;
}

static inline uint64_t codec_zigzag32(int32_t value) {
  return ((uint32_t)value << 1) ^ (uint32_t)(value >> 31);
}

static inline uint64_t codec_zigzag64(int64_t value) { return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63); }

#endif
