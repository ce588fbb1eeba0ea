// The Interlock ABI, version 1, for C. ABI.md explains it with worked bytes;
// this header only names its parts. It needs no library and no other header
// than the compiler's own.
#ifndef INTERLOCK_H
#define INTERLOCK_H

#include <stdint.h>

// Exports a function under its ABI name.
#define INTERLOCK_EXPORT(name) __attribute__((export_name(name), visibility("default")))

// The marker export: its name is the version.
#define INTERLOCK_ABI_V1() \
  INTERLOCK_EXPORT("interlock_abi_v1") void interlock_abi_v1(void) {}

// A deadline that never comes.
#define INTERLOCK_NEVER INT64_MAX

// What the host reads after every entry. Its address is asked for once.
typedef struct {
  int64_t deadline;     // when the module next wants a tick, in ns since the epoch
  uint32_t outbox;      // address of the records
  uint32_t outbox_len;  // their length in bytes; the module resets it at the start of an entry
  uint32_t inbox;       // address that the host writes a message to
  uint32_t inbox_size;  // the largest message it may write there without interlock_buffer
  uint64_t reserved;    // 0
} interlock_control_block;

_Static_assert(sizeof(interlock_control_block) == 32, "the control block is 32 bytes");

// Precedes each payload in the outbox; the payload is padded to 8 bytes.
typedef struct {
  uint64_t call;    // the call it answers; 0 is nobody's
  uint32_t size;    // bytes of payload, padding not counted
  uint16_t status;  // an interlock_code
  uint16_t flags;   // interlock_flag bits
} interlock_record;

_Static_assert(sizeof(interlock_record) == 16, "a record's head is 16 bytes");

enum interlock_flag {
  INTERLOCK_FINAL = 1,    // the call ends with this record
  INTERLOCK_MESSAGE = 2,  // the payload is a reply message
  INTERLOCK_EVENT = 4,    // the payload is a line of log
};

// gRPC status codes.
enum interlock_code {
  INTERLOCK_OK = 0,
  INTERLOCK_CANCELLED = 1,
  INTERLOCK_UNKNOWN = 2,
  INTERLOCK_INVALID_ARGUMENT = 3,
  INTERLOCK_DEADLINE_EXCEEDED = 4,
  INTERLOCK_NOT_FOUND = 5,
  INTERLOCK_ALREADY_EXISTS = 6,
  INTERLOCK_PERMISSION_DENIED = 7,
  INTERLOCK_RESOURCE_EXHAUSTED = 8,
  INTERLOCK_FAILED_PRECONDITION = 9,
  INTERLOCK_ABORTED = 10,
  INTERLOCK_OUT_OF_RANGE = 11,
  INTERLOCK_UNIMPLEMENTED = 12,
  INTERLOCK_INTERNAL = 13,
  INTERLOCK_UNAVAILABLE = 14,
  INTERLOCK_DATA_LOSS = 15,
  INTERLOCK_UNAUTHENTICATED = 16,
};

// Why interlock_cancel is called.
enum interlock_cancel_reason {
  INTERLOCK_CANCEL_DEADLINE = 1,
  INTERLOCK_CANCEL_DISCONNECT = 2,
  INTERLOCK_CANCEL_RESTART = 3,
  INTERLOCK_CANCEL_SHUTDOWN = 4,
  INTERLOCK_CANCEL_OPERATOR = 5,
};

#endif
