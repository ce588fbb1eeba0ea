// Where linear memory begins and ends, and comparing it: the only part of the
// runtime that knows wasm. Compiled for anything else, as the unit tests do,
// the three functions are the test's to provide.
#ifndef RUNTIME_MEMORY_H
#define RUNTIME_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Freestanding, so <string.h> is not there. Copying, moving and setting are
// __builtin_memcpy, __builtin_memmove and __builtin_memset, which the compiler
// turns into memory.copy and memory.fill.
int memcmp(const void *a, const void *b, size_t size);

#define MEMORY_PAGE 65536u

#ifdef __wasm__

// Put by the linker behind the stack and all static data.
extern uint8_t __heap_base;

static inline uint8_t *memory_start(void) { return &__heap_base; }

// Bytes from memory_start() to the end of linear memory.
static inline size_t memory_size(void) {
  return __builtin_wasm_memory_size(0) * (size_t)MEMORY_PAGE - (size_t)&__heap_base;
}

static inline bool memory_grow(size_t pages) {
  return __builtin_wasm_memory_grow(0, pages) != (size_t)-1;
}

#else

uint8_t *memory_start(void);
size_t memory_size(void);
bool memory_grow(size_t pages);

#endif
#endif
