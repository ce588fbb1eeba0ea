// Sentences for errors, put together of words, names and numbers.
#ifndef REBALANCE_SENTENCE_H
#define REBALANCE_SENTENCE_H

#include "../runtime/codec.h"

// Ends in 0. What does not fit is left out; the longest name fits.
typedef struct {
  char text[512];
  uint32_t size;
} sentence;

void sentence_add(sentence *s, const char *words);
void sentence_add_name(sentence *s, codec_view name);
void sentence_add_number(sentence *s, uint64_t number);

#endif
