#include "sentence.h"

void sentence_add_name(sentence *s, codec_view name) {
  uint32_t room = (uint32_t)sizeof s->text - 1 - s->size;
  uint32_t size = name.size < room ? name.size : room;
  __builtin_memcpy(s->text + s->size, name.data, size);
  s->size += size;
  s->text[s->size] = 0;
}

void sentence_add(sentence *s, const char *words) {
  uint32_t size = 0;
  while (words[size]) size++;
  sentence_add_name(s, (codec_view){(const uint8_t *)words, size});
}

void sentence_add_number(sentence *s, uint64_t number) {
  uint8_t digits[20];
  uint32_t at = sizeof digits;
  do {
    digits[--at] = (uint8_t)('0' + number % 10);
    number /= 10;
  } while (number);
  sentence_add_name(s, (codec_view){digits + at, (uint32_t)sizeof digits - at});
}
