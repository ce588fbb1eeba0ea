#include "memory.h"

#ifdef __wasm__

// Otherwise the compiler may find that this loop is a memcmp, and call it.
__attribute__((no_builtin("memcmp", "bcmp"))) int memcmp(const void *a, const void *b, size_t size) {
  const uint8_t *left = a;
  const uint8_t *right = b;
  for (size_t i = 0; i < size; i++) {
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return 0;
}

#endif
