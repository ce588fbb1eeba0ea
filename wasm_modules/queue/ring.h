// A bounded ring of variable-length items for many producers and one consumer
// at a time. It holds what was pushed and never delivered.
//
// After D. Vyukov's bounded MPMC queue (1024cores.net): a power-of-two array of
// slots, each with a word that says which lap it belongs to. It differs in two
// ways, both because a process may be killed at any instruction. A slot is
// claimed by a CAS on its own word, which names the owner and the room taken;
// the tail is only moved afterwards, by whoever comes by (as in M. Michael and
// M. Scott, "Simple, fast, and practical non-blocking and blocking concurrent
// queue algorithms", 1996). So a dead producer leaves its name and the exact
// extent of what it held, and ring_bury gives that back. And the consumer
// writes no slot: its one store is the head.
//
// Nothing here needs a heap, a mutable global or memory.grow, and there are no
// pointers in the ring: it may be mapped at other addresses by other processes.
#ifndef QUEUE_RING_H
#define QUEUE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A place between two items: position (40 bits) << 24 | unit (24 bits). A unit
// is 8 bytes of the payload area. Both parts only grow, modulo their width, and
// are one word so that one CAS moves both.
typedef uint64_t ring_mark;

// Positions and units of the ring. Each word that is written often has a cache
// line of its own.
typedef struct {
  // log2 of the number of slots. Constant after ring_init.
  uint32_t slots_log2;
  // Units of payload, a power of two. Constant after ring_init.
  uint32_t units;
  // Who may call ring_peek and ring_commit: an owner's number, 0 nobody.
  // Advice that keeps consumers from copying the same item; what makes an item
  // leave once is the CAS on `head`.
  uint32_t seat;
  uint32_t reserved;
  uint8_t pad_seat[48];
  // The next place to claim, or one that a producer claimed without having
  // moved the tail yet: the slot at `tail` then carries the tail's lap already.
  // Anyone may move it on by one, by the units that this slot's word names.
  ring_mark tail;
  uint8_t pad_tail[56];
  // The first place whose item was not popped. Slots before it, and their
  // units, are free. It never passes a slot that is claimed only.
  ring_mark head;
  uint8_t pad_head[56];
} ring;

_Static_assert(sizeof(ring) == 192, "three cache lines");

// What ring_push appends.
typedef struct {
  uint64_t sequence;
  const uint8_t *id;
  const uint8_t *data;
  uint32_t id_size;
  uint32_t data_size;
} ring_item;

// What ring_peek found. The item stays where it is until ring_commit.
typedef struct {
  uint64_t sequence;
  uint32_t id_size;
  uint32_t data_size;
  uint32_t unit;  // of the item's first byte in the payload area
} ring_view;

// One payload is at most this many bytes, id and data together.
#define RING_PAYLOAD_MAX ((1u << 22) * 8u - 32u)

// Smallest and largest payload area.
#define RING_BYTES_MIN 4096u
#define RING_BYTES_MAX (1u << 25)

// Bytes that an item takes of the payload area.
uint32_t ring_item_bytes(uint32_t id_size, uint32_t data_size);

// Bytes of memory for a ring whose payload area has `bytes`, a power of two
// between the two bounds. There is a slot for each 32 bytes.
size_t ring_footprint(uint32_t bytes);

// Makes an empty ring out of memory aligned to 8. Before it is shared.
void ring_init(ring *r, uint32_t bytes);

// Bytes of the payload area.
uint32_t ring_bytes(const ring *r);

// Appends. False: the ring is full, and nothing changed. `owner` (below 2^20)
// is who to bury if it dies on the way.
bool ring_push(ring *r, uint32_t owner, const ring_item *item);

// Takes the consumer's seat from `from`: 0 if it is free, or an owner known to
// be dead. False: somebody else has it.
bool ring_take_seat(ring *r, uint32_t owner, uint32_t from);

ring_mark ring_head(const ring *r);

// Looks at the item at `at` and moves `at` behind it. False: none is there yet.
bool ring_peek(const ring *r, ring_mark *at, ring_view *out);

// Copies an item's id and data, in this order and without a gap; `skip` bytes
// of them are left out at the front.
void ring_read(const ring *r, const ring_view *item, uint32_t skip, uint8_t *to, uint32_t size);

// Takes what lies between `from`, the head, and `to`, a mark from ring_peek.
// False: another consumer took it, and what was copied must be thrown away.
bool ring_commit(ring *r, ring_mark from, ring_mark to);

// Gives up what a dead owner claimed and did not publish. Returns how many
// claims there were (0 or 1 for an owner with one thread).
uint32_t ring_bury(ring *r, uint32_t owner);

#endif
