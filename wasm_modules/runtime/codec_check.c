// What a decoder checks of values, and how it says what is wrong.
#include "codec_read.h"

// The length of the multi-byte character at `at`, or 0 if it is malformed:
// cut off, longer than it need be, a surrogate, or above U+10FFFF (the table of
// well-formed sequences in the Unicode standard, 3-7).
static uint32_t character_size(const uint8_t *at, size_t left) {
  uint8_t first = at[0];
  uint32_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (!size || left < size) return 0;
  uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (at[1] < low || at[1] > high) return 0;
  for (uint32_t i = 2; i < size; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  return size;
}

bool codec_is_utf8(codec_view text) {
  const uint8_t *at = text.data;
  const uint8_t *to = at + text.size;
  while (at < to) {
    uint64_t eight;
    while (to - at >= 8 && (__builtin_memcpy(&eight, at, 8), !(eight & 0x8080808080808080u))) at += 8;
    while (at < to && *at < 0x80) at++;
    if (at == to) return true;
    uint32_t size = character_size(at, (size_t)(to - at));
    if (!size) return false;
    at += size;
  }
  return true;
}

bool codec_is_name(codec_view text) {
  if (text.size == 0 || text.size > 127) return false;
  for (uint32_t i = 0; i < text.size; i++) {
    uint8_t c = text.data[i];
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) continue;
    if (i && (c == '.' || c == '_' || c == '-')) continue;
    return false;
  }
  return true;
}

// Text that ends where its buffer does, cut if need be.
typedef struct {
  char *at;
  char *last;  // where the closing 0 goes at the latest
} text;

static void add(text *to, const char *from) {
  while (*from && to->at < to->last) *to->at++ = *from++;
  *to->at = 0;
}

static void add_place(text *to, const char *name, uint32_t index) {
  char digits[12];
  char *digit = digits + sizeof(digits) - 1;
  add(to, name);
  if (index == CODEC_NO_INDEX) return;
  *digit = 0;
  do {
    *--digit = (char)('0' + index % 10);
    index /= 10;
  } while (index);
  add(to, "[");
  add(to, digit);
  add(to, "]");
}

static text field_of(codec_error *error) { return (text){error->field, error->field + sizeof(error->field) - 1}; }

static text what_of(codec_error *error) { return (text){error->what, error->what + sizeof(error->what) - 1}; }

bool codec_refuse(codec_error *error, const char *name, uint32_t index, const char *says) {
  text field = field_of(error);
  text what = what_of(error);
  add_place(&field, name, index);
  add_place(&what, name, index);
  add(&what, " ");
  add(&what, says);
  add(&what, ".");
  return false;
}

static bool refuse_whole(codec_error *error, const char *says) {
  text what = what_of(error);
  error->field[0] = 0;
  add(&what, says);
  return false;
}

bool codec_refuse_unknown(codec_error *error) {
  return refuse_whole(error, "The message is malformed: a tag, or a field that is not known, does not decode.");
}

bool codec_refuse_depth(codec_error *error) { return refuse_whole(error, "The message is nested too deep."); }

bool codec_within(codec_error *error, const char *name, uint32_t index) {
  char inner[sizeof(error->field)];
  __builtin_memcpy(inner, error->field, sizeof(inner));
  text field = field_of(error);
  add_place(&field, name, index);
  if (inner[0]) add(&field, ".");
  add(&field, inner);
  return false;
}
