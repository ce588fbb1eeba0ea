#include "refusal.h"

#include "../runtime/outbox.h"
#include "../gen/interlock.h"

void refuse_closed(uint64_t call) {
  outbox_error(call, INTERLOCK_FAILED_PRECONDITION, REASON_CLOSED, "the queue is closed", NULL);
}

void refuse_for_memory(uint64_t call) {
  outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, REASON_OUT_OF_MEMORY, "the queue's memory is used up", NULL);
}

// "items[" index "]"
static void write_path(char path[24], uint32_t index) {
  char digits[10];
  uint32_t count = 0;
  do digits[count++] = (char)('0' + index % 10);
  while (index /= 10);
  __builtin_memcpy(path, "items[", 6);
  char *at = path + 6;
  while (count) *at++ = digits[--count];
  *at++ = ']';
  *at = 0;
}

void refuse_too_large(uint64_t call, uint32_t index) {
  char path[24];
  write_path(path, index);
  outbox_error(call, INTERLOCK_INVALID_ARGUMENT, REASON_ITEM_TOO_LARGE,
               "data, id and 48 bytes must fit capacity_bytes, and the item the largest message", path);
}

void refuse_conflict(uint64_t call, const char *field, const char *what) {
  outbox_error(call, INTERLOCK_FAILED_PRECONDITION, REASON_CONFIG_CONFLICT, what, field);
}
