#include "state.h"

#include <stddef.h>

#include "../runtime/heap.h"
#include "gen/counter.h"
#include "keys.h"
#include "once.h"
#include "waits.h"

// The most that an element takes beside its text: tag and length, those of the
// text, and its numbers, of at most 10 bytes each with a tag.
#define VALUE_BYTES(text) (8u + (text) + 11u)
#define WAITING_BYTES(text) (8u + (text) + 4u * 11u)

static uint8_t *saved;

void state_release(void) {
  heap_free(saved);
  saved = NULL;
}

static order_node *first_key(void) { return keys_seek(codec_text(""), false); }

static codec_view key_in(const order_node *node) {
  return (codec_view){counter_cell_key(node->cell), node->cell->key_size};
}

static size_t bound(void) {
  size_t bytes = 0;
  for (const order_node *node = first_key(); node; node = node->next[0]) {
    bytes += VALUE_BYTES(node->cell->key_size);
  }
  for (const once_id *id = once_oldest(); id; id = id->next) bytes += VALUE_BYTES(id->size);
  waits_cursor at = {0};
  waits_parked parked;
  while (waits_next(&at, &parked)) bytes += WAITING_BYTES(parked.key.size);
  return bytes;
}

static void put_keys(codec_writer *w) {
  for (const order_node *node = first_key(); node; node = node->next[0]) {
    uint8_t *mark = CounterState_open_values(w);
    KeyValue_put_key(w, key_in(node));
    KeyValue_put_value(w, counter_get_cell(node->cell));
    codec_close(w, mark);
  }
}

static void put_once(codec_writer *w) {
  for (const once_id *id = once_oldest(); id; id = id->next) {
    uint8_t *mark = CounterState_open_once(w);
    CounterState_Once_put_id(w, (codec_view){id->bytes, id->size});
    CounterState_Once_put_due_ns(w, id->due);
    codec_close(w, mark);
  }
}

static void put_waiting(codec_writer *w) {
  waits_cursor at = {0};
  waits_parked parked;
  while (waits_next(&at, &parked)) {
    uint8_t *mark = CounterState_open_waiting(w);
    CounterState_Waiting_put_call(w, parked.call);
    CounterState_Waiting_put_key(w, parked.key);
    CounterState_Waiting_put_at_least(w, parked.range.at_least);
    CounterState_Waiting_put_at_most(w, parked.range.at_most);
    CounterState_Waiting_put_due_ns(w, parked.due);
    codec_close(w, mark);
  }
}

codec_view state_save(void) {
  state_release();
  size_t bytes = bound();
  saved = heap_alloc(bytes);
  if (!saved) return (codec_view){0};
  codec_writer w = {saved, saved + bytes};
  put_keys(&w);
  put_once(&w);
  put_waiting(&w);
  return (codec_view){saved, (uint32_t)(w.at - saved)};
}

static enum interlock_code load_keys(const CounterState *state) {
  codec_cursor at = codec_walk(state->values);
  KeyValue value;
  while (CounterState_next_values(&at, &value)) {
    cell_key key = key_of(value.key);
    bool created;
    counter_cell *cell = keys_claim(&key, &created);
    if (!cell) return INTERLOCK_RESOURCE_EXHAUSTED;
    if (!created) return INTERLOCK_INVALID_ARGUMENT;
    counter_cas_cell(cell, 0, value.value, &value.value);
  }
  return INTERLOCK_OK;
}

static enum interlock_code load_once(const CounterState *state) {
  codec_cursor at = codec_walk(state->once);
  CounterState_Once id;
  for (int64_t due = INT64_MIN; CounterState_next_once(&at, &id); due = id.due_ns) {
    if (id.due_ns < due || once_known(id.id)) return INTERLOCK_INVALID_ARGUMENT;
    if (!once_add(id.id, id.due_ns)) return INTERLOCK_RESOURCE_EXHAUSTED;
  }
  return INTERLOCK_OK;
}

static enum interlock_code load_waiting(const CounterState *state) {
  codec_cursor at = codec_walk(state->waiting);
  CounterState_Waiting parked;
  for (uint64_t call = 0; CounterState_next_waiting(&at, &parked); call = parked.call) {
    cell_key key = key_of(parked.key);
    value_range range = {parked.at_least, parked.at_most};
    if (parked.call <= call || range_holds(range, keys_value(&key))) return INTERLOCK_INVALID_ARGUMENT;
    if (!waits_park(parked.call, &key, range, parked.due_ns)) return INTERLOCK_RESOURCE_EXHAUSTED;
  }
  return INTERLOCK_OK;
}

enum interlock_code state_load(const uint8_t *message, uint32_t size) {
  CounterState state = {0};
  codec_error error;
  if (keys_count() || once_count() || waits_count()) return INTERLOCK_FAILED_PRECONDITION;
  if (!CounterState_decode(message, size, &state, &error)) return INTERLOCK_INVALID_ARGUMENT;
  enum interlock_code code = load_keys(&state);
  if (code == INTERLOCK_OK) code = load_once(&state);
  return code == INTERLOCK_OK ? load_waiting(&state) : code;
}
