#include "heap.h"

#include "memory.h"

// Blocks lie one behind the other from the heap's start to the end of memory;
// the last one is an empty one in use, the fence. Blocks are named by their
// offset from the heap's start, so that the layout does not depend on the size
// of a pointer; offset 0 is no block.
typedef struct {
  uint32_t size;    // of the payload, a multiple of 8; bit 0: the block is free
  uint32_t before;  // the block that ends where this one begins, 0 for the first
} block_head;

// The payload of a free block begins with this.
typedef struct {
  uint32_t next;
  uint32_t previous;
} free_links;

enum {
  FREE_BIT = 1,
  HEAD = sizeof(block_head),
  PAYLOAD_MIN = sizeof(free_links),
  FIRST_BLOCK = 8,

  // A size class is a power of two cut into 16: a block is at most 1/16 larger
  // than was asked for. Sizes below 128 have a class for each multiple of 8.
  COLUMN_BITS = 4,
  COLUMNS = 1 << COLUMN_BITS,
  SMALL_BITS = COLUMN_BITS + 3,
  ROWS = 31 - SMALL_BITS + 1,
};

// Sizes stay below 2^31, so that rounding one up cannot overflow.
#define SIZE_LIMIT ((size_t)1 << 30)

static struct {
  uint32_t fence;                  // 0: the heap has not begun
  uint32_t used;                   // bytes, heads included, the fence not
  uint32_t clean;                  // from here on no payload was ever given out: all is 0 but heads and links
  uint32_t rows;                   // bit r: columns[r] is not 0
  uint32_t columns[ROWS];          // bit c of row r: lists[r][c] is not empty
  uint32_t lists[ROWS][COLUMNS];   // first free block of each class
} heap;

static block_head *head_at(uint32_t block) { return (block_head *)(void *)(memory_start() + block); }
static free_links *links_at(uint32_t block) { return (free_links *)(void *)(memory_start() + block + HEAD); }
static uint32_t size_of(uint32_t block) { return head_at(block)->size & ~(uint32_t)FREE_BIT; }
static bool is_free(uint32_t block) { return head_at(block)->size & FREE_BIT; }
static uint32_t behind(uint32_t block) { return block + HEAD + size_of(block); }
static uint32_t block_of(const void *payload) {
  return (uint32_t)((const uint8_t *)payload - memory_start()) - HEAD;
}
static void *payload_of(uint32_t block) { return memory_start() + block + HEAD; }

static uint32_t top_bit(uint32_t value) { return 31 - (uint32_t)__builtin_clz(value); }

typedef struct {
  uint32_t row;
  uint32_t column;
} size_class;

// The class that holds blocks of exactly this size, and some larger.
static size_class class_of(uint32_t size) {
  if (size < (1u << SMALL_BITS)) return (size_class){0, size / 8};
  uint32_t top = top_bit(size);
  return (size_class){top - SMALL_BITS + 1, (size >> (top - COLUMN_BITS)) & (COLUMNS - 1)};
}

// Rounds up to where a class begins: every block from there on is large enough.
static uint32_t round_to_class(uint32_t size) {
  if (size < (1u << SMALL_BITS)) return size;
  uint32_t step = 1u << (top_bit(size) - COLUMN_BITS);
  return (size + step - 1) & ~(step - 1);
}

static void list_add(uint32_t block) {
  size_class c = class_of(size_of(block));
  uint32_t first = heap.lists[c.row][c.column];
  *links_at(block) = (free_links){.next = first, .previous = 0};
  if (first) links_at(first)->previous = block;
  heap.lists[c.row][c.column] = block;
  heap.columns[c.row] |= 1u << c.column;
  heap.rows |= 1u << c.row;
  head_at(block)->size |= FREE_BIT;
}

static void list_remove(uint32_t block) {
  size_class c = class_of(size_of(block));
  free_links links = *links_at(block);
  if (links.next) links_at(links.next)->previous = links.previous;
  if (links.previous) {
    links_at(links.previous)->next = links.next;
  } else {
    heap.lists[c.row][c.column] = links.next;
    if (!links.next) heap.columns[c.row] &= ~(1u << c.column);
    if (!heap.columns[c.row]) heap.rows &= ~(1u << c.row);
  }
  head_at(block)->size &= ~(uint32_t)FREE_BIT;
}

// A free block of at least `size` bytes, or 0: the first of the size's own
// class if that one will do, so that a block which was just given back is
// taken again; otherwise two bit scans, for a class all of whose blocks do.
static uint32_t list_find(uint32_t size) {
  size_class c = class_of(size);
  uint32_t first = heap.lists[c.row][c.column];
  if (first && size_of(first) >= size) return first;
  c = class_of(round_to_class(size));
  uint32_t columns = heap.columns[c.row] & (~0u << c.column);
  if (!columns) {
    uint32_t rows = heap.rows & (~0u << c.row << 1);
    if (!rows) return 0;
    c.row = (uint32_t)__builtin_ctz(rows);
    columns = heap.columns[c.row];
  }
  return heap.lists[c.row][__builtin_ctz(columns)];
}

// Makes the block behind, which is in no list, part of this one. Its head and
// links are wiped, to keep what heap.clean promises.
static void absorb(uint32_t block, uint32_t next) {
  uint32_t size = HEAD + size_of(next);
  __builtin_memset(head_at(next), 0, HEAD + PAYLOAD_MIN);
  head_at(block)->size += size;
  head_at(behind(block))->before = block;
}

// Joins a block, in no list, with its free neighbours and lists the whole.
static void merge_and_list(uint32_t block) {
  uint32_t next = behind(block);
  if (is_free(next)) {
    list_remove(next);
    absorb(block, next);
  }
  uint32_t before = head_at(block)->before;
  if (before && is_free(before)) {
    list_remove(before);
    absorb(before, block);
    block = before;
  }
  list_add(block);
}

// Cuts a block, in no list, down to `size` if the rest can be a block.
static void trim(uint32_t block, uint32_t size) {
  uint32_t whole = size_of(block);
  if (whole < size + HEAD + PAYLOAD_MIN) return;
  head_at(block)->size = size;
  uint32_t rest = behind(block);
  *head_at(rest) = (block_head){.size = whole - size - HEAD, .before = block};
  head_at(behind(rest))->before = rest;
  merge_and_list(rest);
}

static void place_fence(uint32_t before) {
  heap.fence = (uint32_t)(memory_size() & ~(size_t)7) - HEAD;
  *head_at(heap.fence) = (block_head){.size = 0, .before = before};
}

// The heap begins with what linear memory has behind the static data. Less
// than two blocks of it is not worth beginning: then memory grows first.
static bool begin(void) {
  while (memory_size() < FIRST_BLOCK + 2 * HEAD + PAYLOAD_MIN) {
    if (!memory_grow(1)) return false;
  }
  place_fence(FIRST_BLOCK);
  *head_at(FIRST_BLOCK) = (block_head){.size = heap.fence - FIRST_BLOCK - HEAD, .before = 0};
  list_add(FIRST_BLOCK);
  return true;
}

// Grows linear memory for a block of `size` bytes; the old fence becomes the
// new block's head. An eighth of the heap at least, so that a heap that grows
// for long makes few calls to the host; by no more than it needs when the
// limit is near.
static bool grow_for(uint32_t size) {
  size_t need = ((size_t)size + HEAD + MEMORY_PAGE - 1) / MEMORY_PAGE;
  size_t amortised = memory_size() / 8 / MEMORY_PAGE;
  if (memory_size() + need * MEMORY_PAGE > 2 * SIZE_LIMIT) return false;
  if (!(amortised > need && memory_grow(amortised)) && !memory_grow(need)) return false;
  uint32_t block = heap.fence;
  place_fence(block);
  head_at(block)->size = heap.fence - block - HEAD;
  merge_and_list(block);
  return true;
}

// Counts a block as in use, from `old` bytes of payload to what it has now.
static void claim(uint32_t block, uint32_t old) {
  heap.used += size_of(block) - old;
  if (behind(block) > heap.clean) heap.clean = behind(block);
}

void *heap_alloc(size_t size) {
  if (size > SIZE_LIMIT) return NULL;
  if (!heap.fence && !begin()) return NULL;
  uint32_t wanted = ((uint32_t)size + 7) & ~7u;
  if (wanted < PAYLOAD_MIN) wanted = PAYLOAD_MIN;
  uint32_t block = list_find(wanted);
  if (!block) {
    if (!grow_for(round_to_class(wanted))) return NULL;
    block = list_find(wanted);
  }
  list_remove(block);
  trim(block, wanted);
  heap.used += HEAD;
  claim(block, 0);
  return payload_of(block);
}

// Leaves alone what was never given out, so that a large table costs only the
// pages that are used of it.
void *heap_zalloc(size_t size) {
  uint32_t clean = heap.clean;
  void *memory = heap_alloc(size);
  if (!memory) return NULL;
  uint32_t block = block_of(memory);
  uint32_t whole = size_of(block);
  uint32_t dirty = clean > block + HEAD ? clean - block - HEAD : 0;
  if (dirty < PAYLOAD_MIN) dirty = PAYLOAD_MIN;
  __builtin_memset(memory, 0, dirty < whole ? dirty : whole);
  return memory;
}

void heap_free(void *memory) {
  if (!memory) return;
  uint32_t block = block_of(memory);
  heap.used -= HEAD + size_of(block);
  merge_and_list(block);
}

// Whether the block behind is free and large enough to grow into.
static bool grow_in_place(uint32_t block, uint32_t size) {
  uint32_t next = behind(block);
  if (!is_free(next) || size_of(block) + HEAD + size_of(next) < size) return false;
  list_remove(next);
  absorb(block, next);
  return true;
}

void *heap_resize(void *memory, size_t size) {
  if (!memory) return heap_alloc(size);
  if (size > SIZE_LIMIT) return NULL;
  uint32_t block = block_of(memory);
  uint32_t old = size_of(block);
  uint32_t wanted = ((uint32_t)size + 7) & ~7u;
  if (wanted < PAYLOAD_MIN) wanted = PAYLOAD_MIN;
  if (wanted <= old || grow_in_place(block, wanted)) {
    trim(block, wanted);
    claim(block, old);
    return memory;
  }
  void *moved = heap_alloc(size);
  if (!moved) return NULL;
  __builtin_memcpy(moved, memory, old);
  heap_free(memory);
  return moved;
}

size_t heap_used(void) { return heap.used; }
