#include "addition.h"

#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/heap.h"
#include "../runtime/outbox.h"
#include "keys.h"
#include "once.h"
#include "reply.h"
#include "waits.h"

// What one addition did, so that it can be undone.
typedef struct {
  counter_cell *cell;  // NULL: its `once` was known
  once_id *once;       // remembered for it, or NULL
  int64_t delta;
  bool created;  // the cell was made for it
} step;

enum outcome { DONE, WOULD_OVERFLOW, NO_MEMORY };

// Requests of so few additions need no memory to be undone.
#define STEPS_STATIC 16u
static step steps_static[STEPS_STATIC];

// Undone in reverse order, so that the value it leaves is in range and the
// `once` it takes back is the newest. Where other processes add meanwhile,
// subtracting is what keeps theirs.
static void undo(const step *s) {
  if (s->cell) __atomic_fetch_sub(&s->cell->value, s->delta, __ATOMIC_SEQ_CST);
  if (s->created) keys_forget(s->cell);
  if (s->once) once_take_back(s->once);
}

static enum outcome apply(const Addition *addition, const cell_key *key, int64_t now, step *s,
                          int64_t *value) {
  *s = (step){.delta = addition->delta};
  if (addition->once.size) {
    s->once = once_add(addition->once, now + ONCE_WINDOW_NS);
    if (!s->once) return NO_MEMORY;
  }
  counter_cell *cell = keys_claim(key, &s->created);
  if (cell && counter_add_cell(cell, addition->delta, value)) {
    s->cell = cell;
    return DONE;
  }
  if (s->once) once_take_back(s->once);
  return cell ? WOULD_OVERFLOW : NO_MEMORY;
}

static void put_added(codec_writer *w, codec_view key, int64_t value, bool applied) {
  uint8_t *mark = AddResponse_open_values(w);
  Added_put_key(w, key);
  Added_put_value(w, value);
  Added_put_applied(w, applied);
  codec_close(w, mark);
}

// Applies the additions in order and writes what each left behind. On failure
// `*done` of them are applied, and the next one is at fault.
static enum outcome apply_all(const AddRequest *request, int64_t now, step *steps, uint32_t *done,
                              codec_writer *w) {
  codec_cursor at = codec_walk(request->adds);
  Addition addition;
  for (*done = 0; AddRequest_next_adds(&at, &addition); ++*done) {
    cell_key key = key_of(addition.key);
    int64_t value;
    bool known = addition.once.size && once_known(addition.once);
    if (known) {
      steps[*done] = (step){0};
      value = keys_value(&key);
    } else {
      enum outcome outcome = apply(&addition, &key, now, &steps[*done], &value);
      if (outcome != DONE) return outcome;
    }
    put_added(w, addition.key, value, !known);
  }
  return DONE;
}

static void refuse(uint64_t call, enum outcome outcome, uint32_t at) {
  char field[32];
  if (outcome == WOULD_OVERFLOW) {
    outbox_error(call, INTERLOCK_OUT_OF_RANGE, REASON_OVERFLOW,
                 "the counter would leave the range of 64 bits; nothing was added",
                 reply_field(field, "adds", at, "key"));
  } else {
    reply_no_memory(call, reply_field(field, "adds", at, 0));
  }
}

// Answers the call, within `bound` bytes; false if there is no memory for it.
static bool answer(uint64_t call, const AddRequest *request, int64_t now, step *steps, uint32_t bound) {
  codec_writer *w = reply_open(call, bound);
  if (!w) return false;
  uint32_t done;
  enum outcome outcome = apply_all(request, now, steps, &done, w);
  if (outcome != DONE) {
    outbox_abandon();
    for (uint32_t i = done; i > 0; i--) undo(&steps[i - 1]);
    refuse(call, outcome, done);
    return true;
  }
  outbox_close();
  for (uint32_t i = 0; i < done; i++) {
    if (steps[i].cell) waits_changed(counter_cell_key(steps[i].cell), steps[i].cell->key_size);
  }
  return true;
}

void add_all(uint64_t call, const AddRequest *request, uint32_t size, int64_t now) {
  uint32_t count = request->adds.count;
  step *steps = count <= STEPS_STATIC ? steps_static : heap_alloc(count * sizeof(step));
  if (!steps || !answer(call, request, now, steps, REPLY_VALUES_MAX(size, count))) reply_no_memory(call, NULL);
  if (steps != steps_static) heap_free(steps);
}
