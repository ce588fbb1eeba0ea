#include "backoff.h"

#include "../runtime/map.h"

enum { FIRST_MS = 100, MOST_MS = 10000, MOST_DOUBLINGS = 7, NAME_MAX = 255 };

// The hash of instance, 0, member, 0 and the number in 8 bytes, little-endian.
// Neither name has a 0 in its middle that could make two groups look alike.
static uint64_t draw(codec_view instance, codec_view member, uint64_t number) {
  uint8_t bytes[2 * (NAME_MAX + 1) + sizeof number] = {0};
  uint8_t *at = bytes;
  __builtin_memcpy(at, instance.data, instance.size);
  at += instance.size + 1;
  __builtin_memcpy(at, member.data, member.size);
  at += member.size + 1;
  __builtin_memcpy(at, &number, sizeof number);
  at += sizeof number;
  return map_hash(bytes, (uint32_t)(at - bytes));
}

static uint32_t jitter(uint32_t longest, uint64_t draw) {
  uint32_t half = longest / 2;
  return half + (uint32_t)(draw % (half + 1));
}

uint32_t backoff_ms(codec_view instance, codec_view member, uint32_t retry) {
  uint32_t longest = retry < MOST_DOUBLINGS ? (uint32_t)FIRST_MS << retry : MOST_MS;
  return jitter(longest, draw(instance, member, retry));
}

uint32_t backoff_join_ms(codec_view instance, codec_view member, uint64_t generation) {
  return jitter(FIRST_MS, draw(instance, member, generation));
}
