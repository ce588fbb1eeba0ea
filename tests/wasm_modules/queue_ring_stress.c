// ring.c under real threads: producers that die between claim and publish,
// consumers that take the seat over from others that die in the middle of a
// pop. Checks that no item is lost or comes twice, and that those of each
// producer come in order. Prints what happened; the exit status is the verdict.
//
//   queue_ring_stress PRODUCERS CONSUMERS ITEMS RING_BYTES
//
// Includes ring.c to reach its steps: dying is stopping behind one of them.
#include "../../wasm_modules/queue/ring.c"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { PRODUCERS_MAX = 16, PAYLOAD_MAX = 200 };

static ring *shared;
static uint32_t producers, consumers, items;
static uint32_t next_producer = 1;                 // owners are used once; producers' are below 2^20
static uint32_t next_consumer = 1;
static uint64_t taken[PRODUCERS_MAX];              // items of each producer that were popped
static uint32_t failures, buried_total, died_total, takeovers;
static uint32_t finished;                          // consumers stop when all items were popped
static uint32_t dead_consumer;                     // an owner that died in the seat, or 0

static void fail(const char *what) {
  if (__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED) < 10) fprintf(stderr, "%s\n", what);
}

static uint32_t next_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33);
}

static uint32_t new_owner(uint32_t *next) { return __atomic_fetch_add(next, 1, __ATOMIC_RELAXED); }

// Every byte of an item's data follows from its producer and number.
static uint8_t byte_of(uint32_t producer, uint64_t number, uint32_t at) {
  return (uint8_t)(producer * 31 + number * 7 + at);
}

static uint32_t size_of(uint64_t number) { return 8 + (uint32_t)(number * 37 % (PAYLOAD_MAX - 8)); }

// The first half of claim(): the slot is taken and the tail not moved. False: it
// was not to be had at once.
static bool claim_and_leave_tail(uint32_t owner, uint32_t units) {
  ring_mark tail = __atomic_load_n(&shared->tail, __ATOMIC_ACQUIRE);
  uint64_t *slot = slot_at(shared, tail);
  uint64_t old = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
  uint32_t lap = lap_at(shared, tail);
  if (lap_of(old) != ((lap - 1) & LAP_MASK) || room_behind(shared, tail, units) != ROOM_ENOUGH) return false;
  uint64_t word = (uint64_t)lap << LAP_SHIFT | (uint64_t)owner << OWNER_SHIFT |
                  (uint64_t)STATE_CLAIMED << UNITS_BITS | units;
  return __atomic_compare_exchange_n(slot, &old, word, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

// Claims a slot as an owner of its own and dies: before the tail is moved, or
// with a part of the payload written. Its survivors bury it.
static void die_pushing(bool early) {
  uint32_t owner = new_owner(&next_producer);
  ring_mark at;
  uint64_t word;
  if (early) {
    if (!claim_and_leave_tail(owner, units_for(0, 64))) return;
  } else {
    if (!claim(shared, owner, units_for(0, 64), &at, &word)) return;
    *head_unit(shared, unit_of(at)) = UINT64_MAX;
  }
  __atomic_fetch_add(&died_total, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&buried_total, ring_bury(shared, owner), __ATOMIC_RELAXED);
}

static void *produce(void *argument) {
  uint32_t producer = (uint32_t)(uintptr_t)argument;
  uint32_t owner = new_owner(&next_producer);
  uint64_t random = producer + 1;
  uint8_t data[PAYLOAD_MAX];
  for (uint64_t number = 0; number < items; number++) {
    uint32_t size = size_of(number);
    for (uint32_t n = 0; n < size; n++) data[n] = byte_of(producer, number, n);
    uint8_t id[1] = {(uint8_t)producer};
    ring_item item = {.sequence = number, .id = id, .id_size = 1, .data = data, .data_size = size};
    while (!ring_push(shared, owner, &item)) sched_yield();
    if (next_random(&random) % 64 == 0) die_pushing(next_random(&random) % 2);
  }
  return NULL;
}

// Checks an item against what its producer must have pushed. Called by the one
// that popped it, in the order of pops.
static void check(const ring_view *view, const uint8_t *bytes) {
  uint32_t producer = bytes[0];
  if (view->id_size != 1 || producer >= producers) return fail("a payload is torn");
  if (view->sequence != taken[producer]) fail("an item is lost, doubled or out of order");
  taken[producer] = view->sequence + 1;
  if (view->data_size != size_of(view->sequence)) return fail("a size is torn");
  for (uint32_t n = 0; n < view->data_size; n++) {
    if (bytes[1 + n] != byte_of(producer, view->sequence, n)) return fail("data is torn");
  }
}

// A pop of up to `most` items. Copies, commits and only then checks, as an item
// is the consumer's only with the commit. Returns how many it took.
static uint32_t pop(uint32_t most) {
  static uint8_t bytes[8][1 + PAYLOAD_MAX];  // the seat's: one consumer at a time
  static ring_view views[8];
  ring_mark from = ring_head(shared);
  ring_mark to = from;
  uint32_t count = 0;
  while (count < most && ring_peek(shared, &to, &views[count])) {
    ring_view *v = &views[count];
    if (v->id_size + v->data_size > sizeof bytes[0]) {
      fail("a size is torn");
      return 0;
    }
    ring_read(shared, v, 0, bytes[count], v->id_size + v->data_size);
    count++;
  }
  if (!count) return 0;
  if (!ring_commit(shared, from, to)) {
    fail("a pop in the seat lost its commit");
    return 0;
  }
  for (uint32_t n = 0; n < count; n++) check(&views[n], bytes[n]);
  return count;
}

static bool all_popped(void) {
  for (uint32_t p = 0; p < producers; p++) {
    if (taken[p] < items) return false;
  }
  return true;
}

// Sits down, pops a little, and stands up or dies: with items peeked at and not
// committed, its number still in the seat, and known to be dead.
static void sit(uint32_t owner, uint64_t *random) {
  for (uint32_t n = next_random(random) % 50; n > 0; n--) pop(1 + next_random(random) % 8);
  if (all_popped()) __atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
  if (next_random(random) % 4) {
    if (!ring_take_seat(shared, 0, owner)) fail("the seat was taken from the living");
    return;
  }
  ring_mark at = ring_head(shared);
  ring_view view;
  ring_peek(shared, &at, &view);
  __atomic_store_n(&dead_consumer, owner, __ATOMIC_RELEASE);
}

static void *consume(void *argument) {
  uint64_t random = (uintptr_t)argument + 1000;
  while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
    uint32_t owner = new_owner(&next_consumer);  // one that died does not come back
    uint32_t dead = __atomic_load_n(&dead_consumer, __ATOMIC_ACQUIRE);
    bool seated = ring_take_seat(shared, owner, 0);
    if (!seated && dead && ring_take_seat(shared, owner, dead)) {
      __atomic_fetch_add(&takeovers, 1, __ATOMIC_RELAXED);
      seated = true;
    }
    if (seated)
      sit(owner, &random);
    else
      sched_yield();
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  producers = (uint32_t)atoi(arguments[1]);
  consumers = (uint32_t)atoi(arguments[2]);
  items = (uint32_t)atoi(arguments[3]);
  uint32_t bytes = (uint32_t)atoi(arguments[4]);
  if (producers > PRODUCERS_MAX) return 2;
  shared = aligned_alloc(64, (ring_footprint(bytes) + 63) & ~(size_t)63);
  ring_init(shared, bytes);
  // Not far from where positions and units wrap: both must stand it.
  ring_mark start = (POSITION_MASK - 1000) << MARK_SHIFT | (MARK_UNITS - 1000);
  start -= (position_of(start) & ((UINT64_C(1) << shared->slots_log2) - 1)) << MARK_SHIFT;
  start &= ~(uint64_t)(shared->units - 1);
  uint64_t lap_before = ((uint64_t)lap_at(shared, start) - 1) & LAP_MASK;
  for (uint32_t n = 0; n < bytes / 32; n++) slot_at(shared, 0)[n] = lap_before << LAP_SHIFT;
  shared->tail = shared->head = start;

  pthread_t threads[2 * PRODUCERS_MAX];
  for (uintptr_t n = 0; n < producers; n++) pthread_create(&threads[n], NULL, produce, (void *)n);
  for (uintptr_t n = 0; n < consumers; n++)
    pthread_create(&threads[producers + n], NULL, consume, (void *)n);
  for (uint32_t n = 0; n < producers + consumers; n++) pthread_join(threads[n], NULL);

  for (uint32_t p = 0; p < producers; p++) {
    if (taken[p] != items) fail("items are missing");
  }
  if (buried_total != died_total) fail("a dead producer was not buried");
  printf("%u popped, %u producers died, %u takeovers, %u failures\n", producers * items, died_total, takeovers,
         failures);
  return failures != 0;
}
