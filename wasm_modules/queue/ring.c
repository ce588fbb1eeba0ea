#include "ring.h"

// A slot's word: lap (20 bits) | owner (20) | state (2) | units (22). The lap
// is that of the position that claimed it last, 1 for the first, so zeroed
// memory is a ring whose slots were claimed in a lap before the first. Laps
// are counted modulo 2^20, as are positions >> slots_log2 (at most 2^20 slots
// and 40 bits of position), so both wrap at the same time. A word deceives a
// producer only if it stands still between its load and its CAS while the ring
// goes round 2^20 times.
enum {
  STATE_CLAIMED = 1,  // its owner is writing the payload
  STATE_READY = 2,    // the payload is whole
  STATE_VOID = 3,     // its owner died; there is no payload
};

#define UNIT_BYTES 8u
#define UNITS_BITS 22
#define OWNER_SHIFT 24
#define LAP_SHIFT 44
#define LAP_MASK ((1u << 20) - 1)
#define MARK_SHIFT 24
#define MARK_UNITS ((1u << MARK_SHIFT) - 1)
#define POSITION_MASK ((UINT64_C(1) << 40) - 1)

// An item's head in the payload area: two units, before id and data.
#define HEAD_UNITS 2u

static uint64_t position_of(ring_mark m) { return m >> MARK_SHIFT; }
static uint32_t unit_of(ring_mark m) { return (uint32_t)m & MARK_UNITS; }

static ring_mark mark_after(ring_mark m, uint32_t units) {
  return (position_of(m) + 1) << MARK_SHIFT | ((unit_of(m) + units) & MARK_UNITS);
}

static uint32_t lap_of(uint64_t word) { return (uint32_t)(word >> LAP_SHIFT); }
static uint32_t state_of(uint64_t word) { return (uint32_t)(word >> UNITS_BITS) & 3u; }
static uint32_t units_of(uint64_t word) { return (uint32_t)word & ((1u << UNITS_BITS) - 1); }
static uint32_t owner_of(uint64_t word) { return (uint32_t)(word >> OWNER_SHIFT) & LAP_MASK; }

static uint64_t with_state(uint64_t word, uint32_t state) {
  return (word & ~(UINT64_C(3) << UNITS_BITS)) | (uint64_t)state << UNITS_BITS;
}

// The lap that the slot at this position carries once it is claimed.
static uint32_t lap_at(const ring *r, ring_mark m) {
  return (uint32_t)((position_of(m) >> r->slots_log2) + 1) & LAP_MASK;
}

static uint64_t *slot_at(const ring *r, ring_mark m) {
  uint64_t *slots = (uint64_t *)(uintptr_t)(r + 1);
  return &slots[position_of(m) & ((UINT64_C(1) << r->slots_log2) - 1)];
}

static uint8_t *payload(const ring *r) {
  return (uint8_t *)(uintptr_t)(r + 1) + (sizeof(uint64_t) << r->slots_log2);
}

static uint32_t units_for(uint64_t id_size, uint64_t data_size) {
  return HEAD_UNITS + (uint32_t)((id_size + data_size + UNIT_BYTES - 1) / UNIT_BYTES);
}

uint32_t ring_item_bytes(uint32_t id_size, uint32_t data_size) {
  return units_for(id_size, data_size) * UNIT_BYTES;
}

size_t ring_footprint(uint32_t bytes) {
  return sizeof(ring) + bytes / 32 * sizeof(uint64_t) + bytes;
}

void ring_init(ring *r, uint32_t bytes) {
  uint32_t slots = bytes / 32;
  *r = (ring){.slots_log2 = (uint32_t)__builtin_ctz(slots), .units = bytes / UNIT_BYTES};
  __builtin_memset(slot_at(r, 0), 0, slots * sizeof(uint64_t));
}

// Copies into the payload area from byte `offset` of its endless unrolling on,
// in two pieces where the area ends.
static void area_write(ring *r, uint64_t offset, const uint8_t *from, uint32_t size) {
  uint32_t area = r->units * UNIT_BYTES;
  uint32_t at = (uint32_t)offset & (area - 1);
  uint32_t first = size < area - at ? size : area - at;
  __builtin_memcpy(payload(r) + at, from, first);
  if (first < size) __builtin_memcpy(payload(r), from + first, size - first);
}

static void area_read(const ring *r, uint64_t offset, uint8_t *to, uint32_t size) {
  uint32_t area = r->units * UNIT_BYTES;
  uint32_t at = (uint32_t)offset & (area - 1);
  uint32_t first = size < area - at ? size : area - at;
  __builtin_memcpy(to, payload(r) + at, first);
  if (first < size) __builtin_memcpy(to + first, payload(r), size - first);
}

static uint64_t *head_unit(const ring *r, uint32_t unit) {
  return (uint64_t *)(uintptr_t)payload(r) + (unit & (r->units - 1));
}

enum room { ROOM_ENOUGH, ROOM_FULL, ROOM_STALE };

// Whether `units` more fit behind `tail`, and a slot. The caller loaded `tail`
// before this loads the head, and both only grow: if there is no room behind
// this tail, there was none behind the true one when the head was loaded. A
// head beyond `tail` says that it is stale. The acquire pairs with the release
// in ring_commit: the consumer had read these units before it freed them.
static enum room room_behind(const ring *r, ring_mark tail, uint32_t units) {
  ring_mark head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
  uint64_t slots = UINT64_C(1) << r->slots_log2;
  uint64_t slots_used = (position_of(tail) - position_of(head)) & POSITION_MASK;
  uint32_t units_used = (unit_of(tail) - unit_of(head)) & MARK_UNITS;
  if (slots_used > slots) return ROOM_STALE;
  return slots_used < slots && units <= r->units - units_used ? ROOM_ENOUGH : ROOM_FULL;
}

// Claims a slot and `units` of payload. False: full. On success *at is where,
// and *word what the slot holds now.
static bool claim(ring *r, uint32_t owner, uint32_t units, ring_mark *at, uint64_t *word) {
  for (;;) {
    // Acquire: a slot's word that is older than the tail would only cost another
    // round, as its lap tells.
    ring_mark tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
    uint64_t *slot = slot_at(r, tail);
    uint64_t old = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    uint32_t lap = lap_at(r, tail);
    if (lap_of(old) == lap) {
      // Claimed, and its producer slow or dead: move the tail for it. The units
      // come from the word that the CAS which claimed it wrote, so everybody
      // computes the same tail. Failing means that somebody did.
      __atomic_compare_exchange_n(&r->tail, &tail, mark_after(tail, units_of(old)), false, __ATOMIC_RELEASE,
                                  __ATOMIC_RELAXED);
      continue;
    }
    if (lap_of(old) != ((lap - 1) & LAP_MASK)) continue;  // the tail read is stale
    enum room room = room_behind(r, tail, units);
    if (room == ROOM_FULL) return false;
    if (room == ROOM_STALE) continue;
    // The claim. While the slot is in the lap before, nobody has claimed this
    // position, so `tail` is still the tail and its unit is where the free
    // units begin. It publishes no payload, so no order hangs on it: that the
    // units are free to write was learnt by the acquire in room_behind.
    *word = (uint64_t)lap << LAP_SHIFT | (uint64_t)owner << OWNER_SHIFT |
            (uint64_t)STATE_CLAIMED << UNITS_BITS | units;
    if (!__atomic_compare_exchange_n(slot, &old, *word, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
    *at = tail;
    __atomic_compare_exchange_n(&r->tail, &tail, mark_after(tail, units), false, __ATOMIC_RELEASE,
                                __ATOMIC_RELAXED);
    return true;
  }
}

// Writes head, id and data into units that are this producer's alone: claimed,
// and not read by the consumer before they are published. Plain stores.
static void fill(ring *r, uint32_t unit, const ring_item *item) {
  *head_unit(r, unit) = item->sequence;
  *head_unit(r, unit + 1) = (uint64_t)item->id_size << 32 | item->data_size;
  uint64_t at = ((uint64_t)unit + HEAD_UNITS) * UNIT_BYTES;
  area_write(r, at, item->id, item->id_size);
  area_write(r, at + item->id_size, item->data, item->data_size);
}

bool ring_push(ring *r, uint32_t owner, const ring_item *item) {
  uint32_t units = units_for(item->id_size, item->data_size);
  for (;;) {
    ring_mark at;
    uint64_t word;
    if (!claim(r, owner, units, &at, &word)) return false;
    fill(r, unit_of(at), item);
    // The commit point of push. Release: who sees READY sees the payload. A CAS
    // and not a store, because an owner may have been buried by mistake; then
    // the slot is void, the item is in no ring, and the push begins again.
    if (__atomic_compare_exchange_n(slot_at(r, at), &word, with_state(word, STATE_READY), false,
                                    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      return true;
  }
}

uint32_t ring_bytes(const ring *r) { return r->units * UNIT_BYTES; }

bool ring_take_seat(ring *r, uint32_t owner, uint32_t from) {
  return __atomic_compare_exchange_n(&r->seat, &from, owner, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

ring_mark ring_head(const ring *r) { return __atomic_load_n(&r->head, __ATOMIC_ACQUIRE); }

bool ring_peek(const ring *r, ring_mark *at, ring_view *out) {
  for (;;) {
    // Acquire pairs with the release in ring_push: the payload is visible.
    uint64_t word = __atomic_load_n(slot_at(r, *at), __ATOMIC_ACQUIRE);
    if (lap_of(word) != lap_at(r, *at) || state_of(word) == STATE_CLAIMED) return false;
    uint32_t unit = unit_of(*at);
    ring_mark after = mark_after(*at, units_of(word));
    if (state_of(word) == STATE_READY) {
      uint64_t sizes = *head_unit(r, unit + 1);
      *out = (ring_view){*head_unit(r, unit), (uint32_t)(sizes >> 32), (uint32_t)sizes, unit};
      // A consumer that lost its seat without knowing reads what producers
      // write again: sizes that do not match the slot's must not be believed.
      if (units_for(out->id_size, out->data_size) != units_of(word)) return false;
    }
    *at = after;
    if (state_of(word) == STATE_READY) return true;
  }
}

void ring_read(const ring *r, const ring_view *item, uint32_t skip, uint8_t *to, uint32_t size) {
  area_read(r, ((uint64_t)item->unit + HEAD_UNITS) * UNIT_BYTES + skip, to, size);
}

bool ring_commit(ring *r, ring_mark from, ring_mark to) {
  // The commit point of pop. Release: our reading of the payload comes before
  // the producers that the new head lets write over it. Exactly one CAS can
  // move the head away from `from`, so an item leaves once, even if a consumer
  // that was thought dead wakes up in the middle.
  return __atomic_compare_exchange_n(&r->head, &from, to, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

uint32_t ring_bury(ring *r, uint32_t owner) {
  uint32_t buried = 0;
  ring_mark start = ring_head(r);
  ring_mark at = start;
  for (;;) {
    uint64_t *slot = slot_at(r, at);
    uint64_t word = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (lap_of(word) != lap_at(r, at)) {
      // Not claimed yet: behind the last claim, and done. Or claimed again in a
      // later lap, because the consumer went past us: begin again where it is
      // now. What the owner claimed still lies ahead, as nobody gets past that.
      ring_mark head = ring_head(r);
      if (head == start) return buried;
      at = start = head;
      continue;
    }
    at = mark_after(at, units_of(word));
    if (state_of(word) != STATE_CLAIMED || owner_of(word) != owner) continue;
    if (__atomic_compare_exchange_n(slot, &word, with_state(word, STATE_VOID), false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
      buried++;
  }
}
