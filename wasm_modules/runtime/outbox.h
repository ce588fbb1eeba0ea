// The control block, the inbox and the outbox of a module.
//
// The outbox starts at 64 KiB of static memory and moves to the heap when an
// entry needs more, up to OUTBOX_MAX; the host reads its address after every
// entry. A module that finds no room stops where it is, leaves outbox_backlog
// set, and is ticked again at the same time with an empty outbox.
#ifndef RUNTIME_OUTBOX_H
#define RUNTIME_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "../abi/interlock.h"
#include "codec.h"

// The largest message, either way: what the contract's default says.
#define MESSAGE_MAX 4128768u
// One largest message with its head, and room for many small ones.
#define OUTBOX_MAX (2u * 4194304u)
// A message longer than this is written to the heap, through interlock_buffer.
#define INBOX_SIZE 65536u
// What an error's message and its field are cut to, and the most its payload
// takes: reason 6, each text with its tag and length.
#define OUTBOX_TEXT_MAX 240u
#define OUTBOX_ERROR_MAX (6u + 2u * (3u + OUTBOX_TEXT_MAX))

// The first thing in every entry: empties the outbox and gives back what the
// last entry borrowed from the heap for it.
void outbox_begin(void);

// The last thing in every entry: writes the deadline, which is 0 while
// outbox_backlog is set and timer_next() otherwise.
void outbox_end(void);

// Set by a module that stopped for want of room, and by outbox_has_room when
// it says no. outbox_begin clears it.
extern bool outbox_backlog;

// Whether a record with this many bytes of payload fits. Grows the outbox if
// it must and can.
bool outbox_has_room(uint32_t payload);

// Whether this entry has emitted nothing yet.
bool outbox_is_empty(void);

// Opens a record; the payload is written through the writer that is returned,
// at most `payload_max` bytes, which outbox_has_room has allowed. Flags are
// interlock_flag bits.
codec_writer *outbox_open(uint64_t call, uint16_t flags, uint32_t payload_max);
void outbox_close(void);

// Takes back the record that is open, as if it had not been.
void outbox_abandon(void);

// A whole unary answer without fields, or the end of a stream. For a call that
// is not this entry's ask outbox_has_room(0) first.
void outbox_final_empty(uint64_t call);
void outbox_stream_end(uint64_t call);

// An error: status, reason, one sentence, and the field at fault (or NULL).
// Errors are short: room for one is always kept in reserve for each entry's
// own call. For any other call ask outbox_has_room(OUTBOX_ERROR_MAX) first; a
// record that finds neither room nor reserve traps.
void outbox_error(uint64_t call, enum interlock_code code, uint32_t reason,
                  const char *message, const char *field);

// The error of a message that did not decode: INVALID_ARGUMENT/INVALID_PROTO.
void outbox_invalid(uint64_t call, const codec_error *error);

// The message of the entry that runs: in the inbox, or where interlock_buffer
// put it.
const uint8_t *inbox_message(uint32_t size);

#endif
