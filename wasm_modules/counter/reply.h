// What the answers of all entries have in common.
#ifndef COUNTER_REPLY_H
#define COUNTER_REPLY_H

#include "../runtime/codec.h"

// The most bytes that an Added or a KeyValue with this key takes in its reply:
// tag and length, the key with its own, a value of 10 bytes, a bool.
#define REPLY_VALUE_MAX(key_size) (4u + (4u + (key_size)) + 11u + 2u)

// The most that a reply takes which gives back the keys of a request of `size`
// bytes, `count` of them at most: they are in the request already. The proto
// allows 1,024 of 1,024 bytes, so such a reply always fits a message.
#define REPLY_VALUES_MAX(size, count) ((size) + (count) * REPLY_VALUE_MAX(0u))

// Opens a unary answer to this entry's own call, of at most `bound` bytes;
// NULL if there is no memory for it.
codec_writer *reply_open(uint64_t call, uint32_t bound);

// RESOURCE_EXHAUSTED/OUT_OF_MEMORY.
void reply_no_memory(uint64_t call, const char *field);

// Writes "<list>[<at>].<member>" to `out`, of at least 32 bytes; without a
// member "<list>[<at>]". Both names are short.
const char *reply_field(char *out, const char *list, uint32_t at, const char *member);

#endif
