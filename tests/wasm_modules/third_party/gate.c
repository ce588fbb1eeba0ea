// A module by a third party: written against ABI.md and interlock.h alone,
// with protobuf read and written by hand and all of its state in fixed arrays.
#include "wire.h"

INTERLOCK_ABI_V1()

enum { MOST_WAITERS = 64, MOST_STREAMS = 16 };
#define NS_PER_MS 1000000

static uint8_t metrics[128];

// A call that waits for the gate, in the order of arrival.
enum waiter_state { WAITING, PASSED, TIMED_OUT };
struct waiter {
  uint64_t call;
  uint64_t number;  // of its passage, once it passed
  int64_t until;
  enum waiter_state state;
};

enum stream_kind { FREE, WATCH, COUNT, ECHO, FLOOD };
struct stream {
  uint64_t call;
  uint64_t next;  // WATCH: the event it gets next; FLOOD: the number it gets next
  uint64_t end;   // WATCH, FLOOD: ends before this one; 0: never
  uint32_t messages;
  enum stream_kind kind;
};

static struct waiter waiters[MOST_WAITERS];
static uint32_t waiting;
static struct stream streams[MOST_STREAMS];
// Event n opened the gate if n is odd: the gate begins closed, and openings
// and closings take turns. So the count of events is all there is to keep.
static uint64_t events;
static uint64_t passed;
static int64_t close_at = INTERLOCK_NEVER;
static bool stuck;

static bool is_open(void) { return events & 1; }

// What waits to be said: true when all of it was.

static bool flush_waiters(void) {
  uint32_t kept = 0;
  bool done = true;
  for (uint32_t i = 0; i < waiting; i++) {
    struct waiter *waiter = &waiters[i];
    bool room = has_room(64);
    if (waiter->state == PASSED && room) {
      answer_number(waiter->call, waiter->number);
    } else if (waiter->state == TIMED_OUT && room) {
      fail(waiter->call, INTERLOCK_DEADLINE_EXCEEDED, REASON_TIMED_OUT, "the gate stayed closed");
    } else {
      done &= waiter->state == WAITING;
      waiters[kept++] = *waiter;
    }
  }
  waiting = kept;
  return done;
}

static bool flush_stream(struct stream *stream) {
  uint64_t until = stream->kind == WATCH ? events : UINT64_MAX;
  if (stream->end && stream->end - 1 < until) until = stream->end - 1;
  for (; stream->next <= until; stream->next++) {
    if (!has_room(64)) return false;
    uint8_t *end = put_number(payload(), 1, stream->next);
    if (stream->kind == WATCH) end = put_number(end, 2, stream->next & 1);
    emit(stream->call, INTERLOCK_OK, INTERLOCK_MESSAGE, end);
  }
  if (!stream->end || stream->next < stream->end) return true;
  if (!has_room(0)) return false;
  emit(stream->call, INTERLOCK_OK, INTERLOCK_FINAL, payload());
  stream->kind = FREE;
  return true;
}

static int64_t next_deadline(void) {
  int64_t next = close_at;
  for (uint32_t i = 0; i < waiting; i++)
    if (waiters[i].until < next) next = waiters[i].until;
  return next;
}

// Ends an entry: says what there is to say, and when to come back.
static void finish(void) {
  bool done = flush_waiters();
  for (uint32_t i = 0; i < MOST_STREAMS; i++)
    if (streams[i].kind == WATCH || streams[i].kind == FLOOD) done &= flush_stream(&streams[i]);
  control.deadline = done && !stuck ? next_deadline() : 0;
}

static struct stream *find_stream(uint64_t call) {
  for (uint32_t i = 0; i < MOST_STREAMS; i++)
    if (streams[i].kind != FREE && streams[i].call == call) return &streams[i];
  return NULL;
}

static struct stream *add_stream(uint64_t call, enum stream_kind kind, uint64_t next, uint64_t end) {
  for (uint32_t i = 0; i < MOST_STREAMS; i++) {
    if (streams[i].kind != FREE) continue;
    streams[i] = (struct stream){call, next, end, 0, kind};
    return &streams[i];
  }
  refuse(call, INTERLOCK_RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS", "the gate has no room for a stream");
  return NULL;
}

// The ABI.

INTERLOCK_EXPORT("interlock_control") interlock_control_block *interlock_control(void) {
  control.outbox = (uint32_t)(uintptr_t)outbox;
  control.inbox = (uint32_t)(uintptr_t)inbox;
  return &control;
}

INTERLOCK_EXPORT("interlock_buffer") uint8_t *interlock_buffer(uint32_t size) {
  return size <= BUFFER_BYTES ? buffer : NULL;
}

INTERLOCK_EXPORT("interlock_tick") void interlock_tick(int64_t now) {
  control.outbox_len = 0;
  if (close_at <= now) {
    close_at = INTERLOCK_NEVER;
    if (is_open()) events++;
  }
  for (uint32_t i = 0; i < waiting; i++)
    if (waiters[i].state == WAITING && waiters[i].until <= now) waiters[i].state = TIMED_OUT;
  finish();
}

INTERLOCK_EXPORT("interlock_cancel") void interlock_cancel(uint64_t call, int32_t reason, int64_t now) {
  (void)reason, (void)now;
  control.outbox_len = 0;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < waiting; i++)
    if (waiters[i].call != call) waiters[kept++] = waiters[i];
  waiting = kept;
  struct stream *stream = find_stream(call);
  if (stream) stream->kind = FREE;
  finish();
}

INTERLOCK_EXPORT("interlock_half_close") void interlock_half_close(uint64_t call, int64_t now) {
  (void)now;
  control.outbox_len = 0;
  struct stream *stream = find_stream(call);
  if (stream && stream->kind == COUNT) answer_number(call, stream->messages);
  if (stream && stream->kind == ECHO) emit(call, INTERLOCK_OK, INTERLOCK_FINAL, payload());
  if (stream && (stream->kind == COUNT || stream->kind == ECHO)) stream->kind = FREE;
  finish();
}

static uint8_t *put_metric(uint8_t *at, const char *name, uint64_t value) {
  uint8_t entry[48];
  uint8_t *end = put_number(put_text(entry, 1, name), 2, value);
  return put_bytes(at, 1, entry, (uint32_t)(end - entry));
}

INTERLOCK_EXPORT("interlock_metrics") uint64_t interlock_metrics(void) {
  uint8_t *at = put_metric(metrics, "open", is_open());
  at = put_metric(at, "waiting", waiting);
  at = put_metric(at, "passed", passed);
  return (uint64_t)(uintptr_t)metrics << 32 | (uint64_t)(at - metrics);
}

// The methods.

#define METHOD(name) \
  INTERLOCK_EXPORT(#name) void method_##name(uint64_t call, uint32_t size, int64_t now)
#define BEGIN          \
  struct request request; \
  (void)now;           \
  if (!begin(call, size, &request)) return finish()

METHOD(Open) {
  BEGIN;
  if (is_open()) {
    refuse(call, INTERLOCK_FAILED_PRECONDITION, "ALREADY_OPEN", "the gate is open already");
    return finish();
  }
  events++;
  uint32_t released = 0;
  for (uint32_t i = 0; i < waiting; i++) {
    if (waiters[i].state != WAITING) continue;
    waiters[i].state = PASSED;
    waiters[i].until = INTERLOCK_NEVER;
    waiters[i].number = ++passed;
    released++;
  }
  close_at = request.number ? now + (int64_t)request.number * NS_PER_MS : INTERLOCK_NEVER;
  answer_number(call, released);
  finish();
}

METHOD(Close) {
  BEGIN;
  if (is_open()) events++;
  close_at = INTERLOCK_NEVER;
  answer(call, payload());
  finish();
}

METHOD(Pass) {
  BEGIN;
  if (is_open()) {
    answer_number(call, ++passed);
  } else if (waiting == MOST_WAITERS) {
    refuse(call, INTERLOCK_RESOURCE_EXHAUSTED, "CROWDED", "too many calls wait at the gate");
  } else {
    int64_t until = now + (int64_t)(uint32_t)request.number * NS_PER_MS;
    waiters[waiting++] = (struct waiter){call, 0, until, WAITING};
  }
  finish();
}

METHOD(Peek) {
  BEGIN;
  uint32_t watching = 0;
  for (uint32_t i = 0; i < MOST_STREAMS; i++) watching += streams[i].kind == WATCH;
  uint8_t *at = put_number(payload(), 1, is_open());
  at = put_number(put_number(at, 2, waiting), 3, passed);
  answer(call, put_number(at, 4, watching));
  finish();
}

METHOD(Watch) {
  BEGIN;
  uint64_t next = events + 1;
  add_stream(call, WATCH, next, request.number ? next + request.number : 0);
  finish();
}

METHOD(Flood) {
  BEGIN;
  add_stream(call, FLOOD, 1, request.number + 1);
  finish();
}

METHOD(Count) {
  BEGIN;
  struct stream *stream = find_stream(call);
  if (!stream) stream = add_stream(call, COUNT, 0, 0);
  if (stream) stream->messages++;
  finish();
}

METHOD(Echo) {
  BEGIN;
  struct stream *stream = find_stream(call);
  if (!stream) stream = add_stream(call, ECHO, 0, 0);
  if (stream) {
    uint8_t *at = put_number(payload(), 1, ++stream->messages);
    emit(call, INTERLOCK_OK, INTERLOCK_MESSAGE, put_bytes(at, 2, request.data, request.size));
  }
  finish();
}

// The faults.

METHOD(Loop) {
  (void)call, (void)size, (void)now;
  for (volatile uint32_t turns = 0;; turns++) {
  }
}

METHOD(Trap) {
  BEGIN;
  events++;  // half-applied: nobody may ever see it
  __builtin_trap();
}

METHOD(Grow) {
  BEGIN;
  while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1) {
  }
  answer_number(call, (uint64_t)__builtin_wasm_memory_size(0) << 16);
  finish();
}

METHOD(Stall) {
  BEGIN;
  finish();
}

METHOD(BadOutbox) {
  BEGIN;
  interlock_record *first = (interlock_record *)outbox;
  if (request.number == 1) answer_number(call + 1000, 1);
  if (request.number == 2) emit(call, INTERLOCK_OK, INTERLOCK_MESSAGE, payload());
  answer(call, payload());
  finish();
  if (request.number == 3) answer(call, payload());
  if (request.number == 4) first->size = 4096;
  if (request.number == 5) control.outbox_len = 8;
  if (request.number == 6) control.outbox = 0xfffffff0;
  if (request.number == 7) first->status = 99;
  if (request.number == 8) {
    stuck = true;
    control.deadline = 0;
  }
}
