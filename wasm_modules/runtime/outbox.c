#include "outbox.h"

#include <stddef.h>

#include "heap.h"
#include "timers.h"

INTERLOCK_ABI_V1()

enum {
  HEAD = sizeof(interlock_record),
  OUTBOX_STATIC = 65536,
  REASON_INVALID_PROTO = 1,  // interlock.v1.Reason
};

static uint8_t inbox_static[INBOX_SIZE] __attribute__((aligned(8)));
static uint8_t outbox_static[OUTBOX_STATIC] __attribute__((aligned(8)));

static interlock_control_block control;
bool outbox_backlog;

static struct {
  uint8_t *memory;    // outbox_static, or a block of the heap; control.outbox is its address
  uint32_t capacity;  // of memory, a multiple of 8
  uint8_t *message;   // what interlock_buffer lent, until the entry that reads it ends; or NULL
  bool message_read;  // inbox_message handed it out in this entry
  interlock_record *open;  // the head of the record being written, or NULL
  codec_writer writer;     // over the payload of `open`
} box;

static uint32_t address_of(const void *memory) { return (uint32_t)(uintptr_t)memory; }

static void use_static_outbox(void) {
  box.memory = outbox_static;
  box.capacity = OUTBOX_STATIC;
  control.outbox = address_of(outbox_static);
}

// Filled in here and not by an initialiser, so that the module has no mutable
// initialised data. A host that restored an instance may ask again: what is
// set is left alone.
INTERLOCK_EXPORT("interlock_control") int32_t interlock_control(void) {
  if (!control.inbox) {
    control.deadline = INTERLOCK_NEVER;
    control.inbox = address_of(inbox_static);
    control.inbox_size = INBOX_SIZE;
    use_static_outbox();
  }
  return (int32_t)address_of(&control);
}

// Lends at most one message. How large a request may be is the contract's to
// say and the host's to check; what interlock_load brings may be larger. Ticks
// may come before the entry that reads it; a second call takes an unread one
// back.
INTERLOCK_EXPORT("interlock_buffer") int32_t interlock_buffer(int32_t size) {
  heap_free(box.message);
  box.message = NULL;
  box.message_read = false;
  box.message = heap_alloc((uint32_t)size);
  return (int32_t)address_of(box.message);
}

const uint8_t *inbox_message(uint32_t size) {
  if (size <= INBOX_SIZE) return inbox_static;
  if (!box.message) __builtin_trap();
  box.message_read = true;
  return box.message;
}

void outbox_begin(void) {
  if (box.memory != outbox_static) {
    heap_free(box.memory);
    use_static_outbox();
  }
  control.outbox_len = 0;
  outbox_backlog = false;
}

void outbox_end(void) {
  if (box.message_read) {
    heap_free(box.message);
    box.message = NULL;
    box.message_read = false;
  }
  control.deadline = outbox_backlog ? 0 : timer_next();
}

static bool move_outbox(uint32_t capacity) {
  uint8_t *memory = heap_alloc(capacity);
  if (!memory) return false;
  __builtin_memcpy(memory, box.memory, control.outbox_len);
  if (box.memory != outbox_static) heap_free(box.memory);
  box.memory = memory;
  box.capacity = capacity;
  control.outbox = address_of(memory);
  return true;
}

// Whether the outbox holds, or was made to hold, `more` bytes. Doubles, so an
// entry moves it at most log2(OUTBOX_MAX / OUTBOX_STATIC) = 7 times.
static bool make_room(uint32_t more) {
  uint32_t wanted = control.outbox_len + more;
  if (wanted <= box.capacity) return true;
  if (wanted > OUTBOX_MAX) return false;
  uint32_t capacity = box.capacity;
  while (capacity < wanted) capacity *= 2;
  return move_outbox(capacity) || move_outbox((wanted + 7) & ~7u);
}

static uint32_t record_size(uint32_t payload) { return HEAD + ((payload + 7) & ~7u); }

bool outbox_has_room(uint32_t payload) {
  const uint32_t reserve = record_size(OUTBOX_ERROR_MAX);
  if (payload <= OUTBOX_MAX / 2 && make_room(record_size(payload) + reserve)) return true;
  outbox_backlog = true;
  return false;
}

bool outbox_is_empty(void) { return control.outbox_len == 0; }

// Opens a record in room that is there, or in the reserve. Anything else is a
// bug of the module.
static codec_writer *open_record(uint64_t call, uint16_t status, uint16_t flags, uint32_t payload_max) {
  if (box.open || payload_max > OUTBOX_MAX / 2 || !make_room(record_size(payload_max))) __builtin_trap();
  box.open = (interlock_record *)(void *)(box.memory + control.outbox_len);
  *box.open = (interlock_record){.call = call, .status = status, .flags = flags};
  uint8_t *payload = (uint8_t *)(box.open + 1);
  box.writer = (codec_writer){payload, payload + payload_max};
  return &box.writer;
}

codec_writer *outbox_open(uint64_t call, uint16_t flags, uint32_t payload_max) {
  return open_record(call, INTERLOCK_OK, flags, payload_max);
}

void outbox_close(void) {
  box.open->size = (uint32_t)(box.writer.at - (uint8_t *)(box.open + 1));
  while (((uintptr_t)box.writer.at & 7) != 0) *box.writer.at++ = 0;
  control.outbox_len += record_size(box.open->size);
  box.open = NULL;
}

void outbox_abandon(void) { box.open = NULL; }

void outbox_final_empty(uint64_t call) {
  open_record(call, INTERLOCK_OK, INTERLOCK_FINAL | INTERLOCK_MESSAGE, 0);
  outbox_close();
}

void outbox_stream_end(uint64_t call) {
  open_record(call, INTERLOCK_OK, INTERLOCK_FINAL, 0);
  outbox_close();
}

// Fields of interlock.v1.Error, written by hand so that the runtime needs no
// generated code.
static void put_varint(codec_writer *w, uint32_t value) {
  while (value >= 0x80) {
    *w->at++ = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  *w->at++ = (uint8_t)value;
}

// Cuts a text that is too long at a whole UTF-8 character.
static uint32_t text_size(const char *text) {
  uint32_t size = 0;
  while (text[size] && size < OUTBOX_TEXT_MAX) size++;
  if (text[size]) {
    while (size && ((uint8_t)text[size] & 0xC0) == 0x80) size--;
  }
  return size;
}

static void put_text(codec_writer *w, uint8_t tag, const char *text) {
  if (!text || !text[0]) return;
  uint32_t size = text_size(text);
  *w->at++ = tag;
  put_varint(w, size);
  __builtin_memcpy(w->at, text, size);
  w->at += size;
}

void outbox_error(uint64_t call, enum interlock_code code, uint32_t reason,
                  const char *message, const char *field) {
  codec_writer *w = open_record(call, (uint16_t)code, INTERLOCK_FINAL, OUTBOX_ERROR_MAX);
  if (reason) {
    *w->at++ = 0x08;
    put_varint(w, reason);
  }
  put_text(w, 0x12, message);
  put_text(w, 0x1A, field);
  outbox_close();
}

void outbox_invalid(uint64_t call, const codec_error *error) {
  outbox_error(call, INTERLOCK_INVALID_ARGUMENT, REASON_INVALID_PROTO, error->what, error->field);
}
