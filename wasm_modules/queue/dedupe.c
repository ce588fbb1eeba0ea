#include "dedupe.h"

#include <stddef.h>

#include "../runtime/heap.h"
#include "../runtime/map.h"
#include "../runtime/memory.h"
#include "item.h"

struct known {
  struct known *next;   // in its bucket
  struct known *newer;  // in order of expiry, which is the order of remembering
  int64_t expiry;
  uint32_t hash;
  uint8_t id_size;
  uint8_t id[];
};

// Linear hashing (W. Litwin, "Linear hashing: a new tool for file and table
// addressing", 1980): the table grows by one bucket an id, so no push pays for
// moving a hundred thousand of them, as one would in a table that doubles.
// Buckets never go away; there are as many as ids were known at the same time.
#define PAGE_BITS 10
#define PAGE_BUCKETS (1u << PAGE_BITS)
#define PAGES 1024u

static struct {
  known **pages[PAGES];
  uint32_t buckets;
  uint32_t count;  // of ids
  uint32_t bytes;  // of the heap
  known *oldest;
  known *newest;
  timer timer;  // one for all: of the oldest
} ids;

static known **bucket_at(uint32_t number) {
  return &ids.pages[number >> PAGE_BITS][number & (PAGE_BUCKETS - 1)];
}

// The highest power of two that is not above the number.
static uint32_t power_below(uint32_t number) { return 1u << (31 - __builtin_clz(number)); }

// A bucket beyond a power of two has its share of the one that lies as far
// before it; where it is not there yet, that one still holds all.
static known **bucket_of(uint32_t hash) {
  uint32_t power = power_below(ids.buckets);
  uint32_t number = hash & (2 * power - 1);
  return bucket_at(number < ids.buckets ? number : number - power);
}

static known **find(codec_view id, uint32_t hash) {
  known **at = bucket_of(hash);
  while (*at && !((*at)->hash == hash && (*at)->id_size == id.size && !memcmp((*at)->id, id.data, id.size)))
    at = &(*at)->next;
  return at;
}

bool dedupe_knows(codec_view id) {
  return ids.count && *find(id, (uint32_t)map_hash(id.data, id.size)) != NULL;
}

// One more bucket, filled with its share of the one it splits. False if there
// is no memory, or no page, for it.
static bool add_bucket(void) {
  uint32_t page = ids.buckets >> PAGE_BITS;
  if (page == PAGES) return false;
  if (!ids.pages[page]) {
    ids.pages[page] = heap_zalloc(PAGE_BUCKETS * sizeof(known *));
    if (!ids.pages[page]) return false;
  }
  uint32_t added = ids.buckets++;
  if (!added) return true;
  known **from = bucket_at(added - power_below(added));
  known **to = bucket_at(added);
  while (*from) {
    known *k = *from;
    if (bucket_of(k->hash) != to) {
      from = &k->next;
      continue;
    }
    *from = k->next;
    k->next = *to;
    *to = k;
  }
  return true;
}

known *dedupe_prepare(codec_view id, int64_t expiry) {
  if (sizeof(known) + id.size > DEDUPE_BYTES_MAX - ids.bytes) return NULL;
  if (ids.count == ids.buckets && !add_bucket()) return NULL;
  if (!ids.oldest && !timer_reserve(1)) return NULL;
  known *k = heap_alloc(sizeof(known) + id.size);
  if (!k) return NULL;
  *k = (known){.expiry = expiry, .hash = (uint32_t)map_hash(id.data, id.size), .id_size = (uint8_t)id.size};
  __builtin_memcpy(k->id, id.data, id.size);
  return k;
}

void dedupe_discard(known *k) { heap_free(k); }

void dedupe_enter(known *k) {
  known **bucket = bucket_of(k->hash);
  k->next = *bucket;
  *bucket = k;
  ids.timer.kind = TIMER_DEDUPE;
  if (!ids.oldest) timer_set(&ids.timer, k->expiry);
  *(ids.newest ? &ids.newest->newer : &ids.oldest) = k;
  ids.newest = k;
  ids.count++;
  ids.bytes += (uint32_t)sizeof(known) + k->id_size;
}

// The timer fires for the oldest alone: what is due with it fires behind it.
void dedupe_expire(void) {
  known *k = ids.oldest;
  *find((codec_view){k->id, k->id_size}, k->hash) = k->next;
  ids.oldest = k->newer;
  if (!ids.oldest) ids.newest = NULL;
  ids.count--;
  ids.bytes -= (uint32_t)sizeof(known) + k->id_size;
  heap_free(k);
  // The table of timers has room for it: this one has just left it.
  if (ids.oldest) timer_set(&ids.timer, ids.oldest->expiry);
}
