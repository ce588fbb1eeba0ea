// A heap for modules: two-level segregated fit (Masmano, Ripoll, Crespo and
// Real, "TLSF: a new dynamic memory allocator for real-time systems", 2004).
// Allocation and release take a bounded number of steps, whatever the heap
// holds, so an entry's time does not depend on its instance's age.
#ifndef RUNTIME_HEAP_H
#define RUNTIME_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Memory of at least `size` bytes, aligned to 8, not zeroed; NULL if linear
// memory cannot grow that far. The heap starts at __heap_base and grows memory
// by need, so an idle instance touches none of it.
void *heap_alloc(size_t size);

// As heap_alloc, zeroed.
void *heap_zalloc(size_t size);

// Gives memory back; NULL is allowed.
void heap_free(void *memory);

// Moves to a block of another size; NULL leaves the old block as it was.
void *heap_resize(void *memory, size_t size);

// Bytes in use, block heads included.
size_t heap_used(void);

#endif
