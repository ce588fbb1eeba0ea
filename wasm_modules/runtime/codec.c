#include "codec.h"

#include "codec_read.h"
#include "codec_write.h"

void codec_close(codec_writer *w, uint8_t *mark) {
  uint32_t size = (uint32_t)(w->at - mark);
  uint32_t more = codec_varint_size(size) - 1;
  if (more) {
    codec_take(w, more);
    __builtin_memmove(mark + more, mark, size);
  }
  codec_writer length = {mark - 1, mark + more};
  codec_write_varint(&length, size);
}

codec_view codec_text(const char *text) {
  uint32_t size = 0;
  while (text[size]) size++;
  return (codec_view){(const uint8_t *)text, size};
}

bool codec_view_equals(codec_view a, codec_view b) {
  if (a.size != b.size) return false;
  for (uint32_t i = 0; i < a.size; i++) {
    if (a.data[i] != b.data[i]) return false;
  }
  return true;
}

const uint8_t *codec_read_long_varint(const uint8_t *at, const uint8_t *to, uint64_t *out) {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 70 && at < to; shift += 7) {
    uint8_t byte = *at++;
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) {
      *out = value;
      return at;
    }
  }
  return NULL;
}

// A varint of at most five bytes, as tags and lengths are.
static const uint8_t *read_short_varint(const uint8_t *at, const uint8_t *to, uint64_t max, uint32_t *out) {
  uint64_t value;
  const uint8_t *end = codec_read_varint(at, to, &value);
  if (!end || end - at > 5 || value > max) return NULL;
  *out = (uint32_t)value;
  return end;
}

const uint8_t *codec_read_long_tag(const uint8_t *at, const uint8_t *to, uint32_t *out) {
  return read_short_varint(at, to, UINT32_MAX, out);
}

const uint8_t *codec_read_bytes(const uint8_t *at, const uint8_t *to, codec_view *out) {
  uint32_t size;
  at = read_short_varint(at, to, INT32_MAX, &size);
  if (!at || size > (size_t)(to - at)) return NULL;
  *out = (codec_view){at, size};
  return at + size;
}

// Recursive with codec_skip, at most CODEC_DEPTH deep.
static const uint8_t *skip_group(const uint8_t *at, const uint8_t *to, uint32_t end_tag, uint32_t depth) {
  if (!depth) return NULL;
  while (at && at < to) {
    uint32_t tag;
    at = codec_read_tag(at, to, &tag);
    if (!at || tag == end_tag) return at;
    at = codec_skip(at, to, tag, depth - 1);
  }
  return NULL;
}

const uint8_t *codec_skip(const uint8_t *at, const uint8_t *to, uint32_t tag, uint32_t depth) {
  uint64_t number;
  codec_view view;
  if (tag < 8) return NULL;
  switch (tag & 7) {
    case CODEC_VARINT:
      return codec_read_varint(at, to, &number);
    case CODEC_FIXED64:
      return codec_read_fixed64(at, to, &number);
    case CODEC_BYTES:
      return codec_read_bytes(at, to, &view);
    case CODEC_GROUP:
      return skip_group(at, to, tag + 1, depth);
    case CODEC_FIXED32:
      return codec_read_fixed32(at, to, &number);
    default:
      return NULL;
  }
}

int64_t codec_count_packed(codec_view run, uint32_t wire_type) {
  if (wire_type != CODEC_VARINT) {
    uint32_t each = wire_type == CODEC_FIXED32 ? 4 : 8;
    return run.size % each ? -1 : (int64_t)(run.size / each);
  }
  int64_t count = 0;
  uint64_t number;
  for (const uint8_t *at = run.data, *to = at + run.size; at < to; count++) {
    at = codec_read_varint(at, to, &number);
    if (!at) return -1;
  }
  return count;
}
