// The runtime's data structures, compiled for the machine that runs the tests:
// one translation unit, so that their state can be reset and inspected. Linear
// memory is an array that grows up to a limit the test sets.
#include "../../wasm_modules/runtime/heap.c"
#include "../../wasm_modules/runtime/map.c"
#include "../../wasm_modules/runtime/timers.c"

#define ARENA_PAGES 1024u

static uint8_t arena[ARENA_PAGES * MEMORY_PAGE] __attribute__((aligned(65536)));
static size_t arena_size;
static size_t arena_limit;

uint8_t *memory_start(void) { return arena; }
size_t memory_size(void) { return arena_size; }

bool memory_grow(size_t pages) {
  if (arena_size + pages * MEMORY_PAGE > arena_limit) return false;
  arena_size += pages * MEMORY_PAGE;
  return true;
}

// `size` bytes of memory to begin with, at most `limit`; both in bytes.
void native_reset(size_t size, size_t limit) {
  __builtin_memset(&heap, 0, sizeof heap);
  __builtin_memset(&timers, 0, sizeof timers);
  __builtin_memset(arena, 0, arena_size);
  arena_size = size;
  arena_limit = limit;
}

static bool listed(uint32_t block) {
  size_class c = class_of(size_of(block));
  for (uint32_t at = heap.lists[c.row][c.column]; at; at = links_at(at)->next) {
    if (at == block) return true;
  }
  return false;
}

// What every operation must leave true of the heap; NULL, or what is not.
const char *native_heap_fault(void) {
  if (!heap.fence) return NULL;
  uint32_t used = 0;
  uint32_t before = 0;
  bool before_free = false;
  for (uint32_t block = FIRST_BLOCK; block != heap.fence; block = behind(block)) {
    if (block > heap.fence) return "a block runs past the fence";
    if (head_at(block)->before != before) return "a block does not know the one before it";
    if (is_free(block) && before_free) return "two free blocks lie side by side";
    if (is_free(block) && !listed(block)) return "a free block is in no list";
    if (!is_free(block)) used += HEAD + size_of(block);
    before_free = is_free(block);
    before = block;
  }
  if (head_at(heap.fence)->before != before) return "the fence does not know the last block";
  return used == heap.used ? NULL : "heap_used is wrong";
}

// A map of texts to themselves.
static bool text_equals(const void *value, const void *key, size_t key_len) {
  return __builtin_strlen(value) == key_len && __builtin_memcmp(value, key, key_len) == 0;
}

void native_map_init(map *m) { *m = (map){.equals = text_equals}; }
