#include "memory.h"

#ifdef __wasm__

static uint64_t eight(const uint8_t *at) {
  uint64_t word;
  __builtin_memcpy(&word, at, 8);
  return __builtin_bswap64(word);
}

// Otherwise the compiler may find that this loop is a memcmp, and call it.
__attribute__((no_builtin("memcmp", "bcmp"))) int memcmp(const void *a, const void *b, size_t size) {
  const uint8_t *left = a;
  const uint8_t *right = b;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t of_left = eight(left + i), of_right = eight(right + i);
    if (of_left != of_right) return of_left < of_right ? -1 : 1;
  }
  for (; i < size; i++) {
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return 0;
}

#endif
