// The latch, in C: no library, no heap.
#include "interlock_module.h"

// interlock.v1.Reason
enum { REASON_INVALID_PROTO = 1, REASON_TIMED_OUT = 27 };
// The contract's max_parked_calls, and the call past them that a host enters before it cancels it.
enum { MOST_WAITERS = 1001, LARGEST_ANSWER = 64 };
#define NS_PER_MS 1000000

// In order of arrival. One that was answered stays until the outbox had room for its answer.
enum fate { WAITING, RELEASED, TIMED_OUT };
struct waiter {
  uint64_t call;
  int64_t until;
  enum fate fate;
};

static struct waiter waiters[MOST_WAITERS];
static uint32_t count;
static bool is_open;
static uint64_t openings;
static int64_t close_at = INTERLOCK_NEVER;

static void answer(uint64_t call, uint64_t first, uint64_t second, uint64_t third) {
  interlock_open(call, INTERLOCK_OK, INTERLOCK_FINAL | INTERLOCK_MESSAGE);
  interlock_put_number(1, first);
  interlock_put_number(2, second);
  interlock_put_number(3, third);
  interlock_close();
}

static void tell(const struct waiter *waiter) {
  if (waiter->fate == RELEASED) {
    answer(waiter->call, openings, 0, 0);
  } else {
    interlock_fail(waiter->call, INTERLOCK_DEADLINE_EXCEEDED, REASON_TIMED_OUT, "", "the latch stayed closed");
  }
}

// Ends an entry: answers whom it can, and says when it wants to be back.
static void finish(void) {
  int64_t next = close_at;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    struct waiter waiter = waiters[i];
    if (waiter.fate != WAITING && interlock_has_room(LARGEST_ANSWER)) {
      tell(&waiter);
      continue;
    }
    int64_t due = waiter.fate == WAITING ? waiter.until : 0;
    if (due < next) next = due;
    waiters[kept++] = waiter;
  }
  count = kept;
  interlock_block.deadline = next;
}

// Begins an entry with a message, whose field 2, where it has one, is a time; false if it was answered.
static bool begin(uint64_t call, uint32_t size, uint32_t *milliseconds) {
  interlock_block.outbox_len = 0;
  *milliseconds = 0;
  struct interlock_reader r = interlock_read(size);
  while (interlock_next(&r)) {
    if (interlock_is(&r, 2, INTERLOCK_VARINT)) *milliseconds = (uint32_t)r.value;
  }
  if (!r.malformed) return true;
  interlock_fail(call, INTERLOCK_INVALID_ARGUMENT, REASON_INVALID_PROTO, "", "the request does not decode");
  return false;
}

// The methods

INTERLOCK_EXPORT("Wait") void Wait(uint64_t call, uint32_t size, int64_t now) {
  uint32_t milliseconds;
  if (!begin(call, size, &milliseconds)) return;
  if (is_open) {
    answer(call, openings, 0, 0);
    return;
  }
  if (count == MOST_WAITERS) __builtin_trap();
  waiters[count++] = (struct waiter){call, now + (int64_t)milliseconds * NS_PER_MS, WAITING};
  finish();
}

INTERLOCK_EXPORT("Open") void Open(uint64_t call, uint32_t size, int64_t now) {
  uint32_t milliseconds;
  if (!begin(call, size, &milliseconds)) return;
  if (is_open) {
    interlock_fail(call, INTERLOCK_FAILED_PRECONDITION, 0, "ALREADY_OPEN", "the latch is open already");
    return;
  }
  is_open = true;
  close_at = milliseconds ? now + (int64_t)milliseconds * NS_PER_MS : INTERLOCK_NEVER;
  answer(call, ++openings, count, 0);
  for (uint32_t i = 0; i < count; i++) waiters[i].fate = RELEASED;
  finish();
}

INTERLOCK_EXPORT("Close") void Close(uint64_t call, uint32_t size, int64_t now) {
  (void)now;
  uint32_t milliseconds;
  if (!begin(call, size, &milliseconds)) return;
  answer(call, is_open, 0, 0);
  is_open = false;
  close_at = INTERLOCK_NEVER;
  finish();
}

INTERLOCK_EXPORT("Peek") void Peek(uint64_t call, uint32_t size, int64_t now) {
  (void)now;
  uint32_t milliseconds;
  if (begin(call, size, &milliseconds)) answer(call, is_open, count, openings);
}

INTERLOCK_EXPORT("Break") void Break(uint64_t call, uint32_t size, int64_t now) {
  (void)call, (void)size, (void)now;
  is_open = true;
  __builtin_trap();
}

// What a host enters besides

INTERLOCK_EXPORT("interlock_tick") void interlock_tick(int64_t now) {
  interlock_block.outbox_len = 0;
  if (close_at <= now) {
    is_open = false;
    close_at = INTERLOCK_NEVER;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (waiters[i].fate == WAITING && waiters[i].until <= now) waiters[i].fate = TIMED_OUT;
  }
  finish();
}

INTERLOCK_EXPORT("interlock_cancel") void interlock_cancel(uint64_t call, uint32_t reason, int64_t now) {
  (void)reason, (void)now;
  interlock_block.outbox_len = 0;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (waiters[i].call != call) waiters[kept++] = waiters[i];
  }
  count = kept;
  finish();
}
