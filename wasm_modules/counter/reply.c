#include "reply.h"

#include "../gen/interlock.h"
#include "../runtime/outbox.h"

codec_writer *reply_open(uint64_t call, uint32_t bound) {
  if (outbox_has_room(bound)) return outbox_open(call, INTERLOCK_FINAL | INTERLOCK_MESSAGE, bound);
  // The call gets an error instead; there is nothing to come back for.
  outbox_backlog = false;
  return 0;
}

void reply_no_memory(uint64_t call, const char *field) {
  outbox_error(call, INTERLOCK_RESOURCE_EXHAUSTED, REASON_OUT_OF_MEMORY,
               "the instance's memory is used up; nothing was changed", field);
}

static char *append(char *to, const char *text) {
  while (*text) *to++ = *text++;
  return to;
}

const char *reply_field(char *out, const char *list, uint32_t at, const char *member) {
  char digits[10];
  uint32_t count = 0;
  do digits[count++] = (char)('0' + at % 10);
  while (at /= 10);
  char *to = append(out, list);
  *to++ = '[';
  while (count) *to++ = digits[--count];
  *to++ = ']';
  if (member) {
    *to++ = '.';
    to = append(to, member);
  }
  *to = 0;
  return out;
}
