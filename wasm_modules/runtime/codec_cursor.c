// Walking repeated fields of messages that were checked: nothing here can be
// malformed any more.
#include "codec_read.h"

// Follows `way` to the next part of the message that holds the field, from the
// end of the part before. False behind the last.
static bool enter_part(codec_cursor *at) {
  for (;;) {
    if (at->at == at->ends[at->level]) {
      if (!at->level) return false;
      at->level--;
      continue;
    }
    uint32_t tag;
    codec_view part;
    at->at = codec_read_tag(at->at, at->ends[at->level], &tag);
    if (tag != at->way[at->level]) {
      at->at = codec_skip(at->at, at->ends[at->level], tag, CODEC_DEPTH);
      continue;
    }
    codec_read_bytes(at->at, at->ends[at->level], &part);
    at->at = part.data;
    if (at->way[at->level + 1]) {
      at->ends[++at->level] = part.data + part.size;
    } else {
      at->to = part.data + part.size;
      if (part.size) return true;
    }
  }
}

// Reads the next tag of the message that holds the field.
static bool next_tag(codec_cursor *at, uint32_t *tag) {
  if (at->at == at->to && !(at->way && enter_part(at))) return false;
  at->at = codec_read_tag(at->at, at->to, tag);
  return true;
}

bool codec_next_bytes(codec_cursor *at, uint32_t tag, codec_view *out) {
  uint32_t found;
  while (next_tag(at, &found)) {
    if (found == tag) {
      at->at = codec_read_bytes(at->at, at->to, out);
      return true;
    }
    at->at = codec_skip(at->at, at->to, found, CODEC_DEPTH);
  }
  return false;
}

static const uint8_t *read_number(const uint8_t *at, const uint8_t *to, uint32_t wire_type, uint64_t *out) {
  if (wire_type == CODEC_VARINT) return codec_read_varint(at, to, out);
  if (wire_type == CODEC_FIXED32) return codec_read_fixed32(at, to, out);
  return codec_read_fixed64(at, to, out);
}

bool codec_next_number(codec_cursor *at, uint32_t tag, uint64_t *out) {
  uint32_t packed_tag = (tag & ~7u) | CODEC_BYTES;
  for (;;) {
    uint32_t found;
    codec_view run;
    if (at->packed_to && at->at < at->packed_to) {
      at->at = read_number(at->at, at->packed_to, tag & 7, out);
      return true;
    }
    if (!next_tag(at, &found)) return false;
    if (found == tag) {
      at->at = read_number(at->at, at->to, tag & 7, out);
      return true;
    }
    if (found == packed_tag) {
      codec_read_bytes(at->at, at->to, &run);
      at->at = run.data;
      at->packed_to = run.data + run.size;
    } else {
      at->at = codec_skip(at->at, at->to, found, CODEC_DEPTH);
    }
  }
}
