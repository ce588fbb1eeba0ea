// What a module in AssemblyScript needs: the control block with its inbox and
// outbox, and protobuf. README.md says how to use it. The outbox grows with what
// an entry says, so it is never full; it lies beside the collector's heap, at an
// address that only growing changes.

/** A deadline that does not come. */
export const NEVER = i64.MAX_VALUE;

/** gRPC codes, as many as a module is likely to use. */
export enum Status {
  OK = 0,
  INVALID_ARGUMENT = 3,
  DEADLINE_EXCEEDED = 4,
  NOT_FOUND = 5,
  RESOURCE_EXHAUSTED = 8,
  FAILED_PRECONDITION = 9,
}

/** What a record is. */
export enum Flags {
  FINAL = 1,
  MESSAGE = 2,
  EVENT = 4,
}

@unmanaged
class ControlBlock {
  deadline: i64;
  outbox: u32;
  outboxBytes: u32;
  inbox: u32;
  inboxBytes: u32;
  reserved: u64;
}

const INBOX_BYTES: u32 = 1024;
const HEAD_BYTES: u32 = 16;

const control = changetype<ControlBlock>(memory.data(offsetof<ControlBlock>(), 8));
const inbox: usize = memory.data(1024);
let larger: usize = 0; // where a message that does not fit the inbox goes
let largerBytes: u32 = 0;
let outbox: usize = 0;
let outboxBytes: u32 = 0;
let end: u32 = 0; // of what is written to the outbox

export function interlock_abi_v1(): void {}

export function interlock_control(): usize {
  control.deadline = NEVER;
  control.inbox = u32(inbox);
  control.inboxBytes = INBOX_BYTES;
  return changetype<usize>(control);
}

export function interlock_buffer(size: u32): usize {
  if (size > largerBytes) {
    larger = larger ? heap.realloc(larger, size) : heap.alloc(size);
    largerBytes = size;
  }
  return larger;
}

/** Starts an entry: call it first in every export that a host enters. */
export function begin(): void {
  end = 0;
  control.outboxBytes = 0;
}

/** Says when the module next wants a tick. */
export function setDeadline(deadline: i64): void {
  control.deadline = deadline;
}

// Where the next bytes of the outbox go.
function room(bytes: u32): usize {
  if (end + bytes > outboxBytes) {
    outboxBytes = max(2 * outboxBytes, max(end + bytes, 4096));
    outbox = outbox ? heap.realloc(outbox, outboxBytes) : heap.alloc(outboxBytes);
  }
  end += bytes;
  return outbox + end - bytes;
}

/** A record: make one, put the fields of its message, close it. A field of the default value is not written. */
export class Record {
  private start: u32;

  constructor(call: u64, status: Status, flags: i32) {
    const head = room(HEAD_BYTES);
    this.start = end;
    store<u64>(head, call);
    store<u16>(head, u16(status), 12);
    store<u16>(head, u16(flags), 14);
  }

  number(field: u32, value: u64): Record {
    if (!value) return this;
    this.varint(field << 3);
    this.varint(value);
    return this;
  }

  bytes(field: u32, value: ArrayBuffer): Record {
    const size = value.byteLength;
    if (!size) return this;
    this.varint((field << 3) | 2);
    this.varint(size);
    memory.copy(room(size), changetype<usize>(value), size);
    return this;
  }

  text(field: u32, value: string): Record {
    return this.bytes(field, String.UTF8.encode(value));
  }

  close(): void {
    store<u32>(outbox + this.start - 8, end - this.start);
    const padding = -end & 7;
    memory.fill(room(padding), 0, padding);
    control.outbox = u32(outbox);
    control.outboxBytes = end;
  }

  private varint(value: u64): void {
    for (; value >= 0x80; value >>= 7) store<u8>(room(1), u8(value) | 0x80);
    store<u8>(room(1), u8(value));
  }
}

/** Ends a call with an interlock.v1.Error: one of the project's reasons, or 0 and a name of the module's own. */
export function fail(call: u64, status: Status, reason: u32, own: string, message: string): void {
  new Record(call, status, Flags.FINAL).number(1, reason).text(2, message).text(4, own).close();
}

/** How a field's value is written. */
export enum Wire {
  VARINT = 0,
  FIXED64 = 1,
  BYTES = 2,
  FIXED32 = 5,
}

/**
 * Walks over the fields of the entry's message:
 *
 *     const request = new Reader(size);
 *     while (request.next()) if (request.is(2, Wire.VARINT)) waitMs = u32(request.value);
 *     if (request.malformed) ...
 *
 * Groups, which proto3 does not have, count as malformed.
 */
export class Reader {
  field: u32 = 0;
  wire: u32 = 0;
  /** Of a number; of bytes, their address in the inbox: they are gone with the entry. */
  value: u64 = 0;
  /** How many bytes, of bytes. */
  size: u32 = 0;
  /** Why `next` was false. */
  malformed: bool = false;
  private at: usize;
  private to: usize;

  constructor(size: u32) {
    this.at = size > INBOX_BYTES ? larger : inbox;
    this.to = this.at + size;
  }

  next(): bool {
    if (this.malformed || this.at == this.to) return false;
    const tag = this.varint();
    this.field = u32(tag >> 3);
    this.wire = u32(tag & 7);
    if (tag > u32.MAX_VALUE || !this.field) this.malformed = true;
    if (this.wire == Wire.VARINT) {
      this.value = this.varint();
    } else if (this.wire == Wire.BYTES) {
      const size = this.varint();
      this.value = this.take(size);
      this.size = u32(size);
    } else if (this.wire == Wire.FIXED64) {
      const from = this.take(8);
      if (from) this.value = load<u64>(from);
    } else if (this.wire == Wire.FIXED32) {
      const from = this.take(4);
      if (from) this.value = load<u32>(from);
    } else {
      this.malformed = true;
    }
    return !this.malformed;
  }

  is(field: u32, wire: Wire): bool {
    return this.field == field && this.wire == wire;
  }

  // The address of the next bytes, or 0 where the message ends before them.
  private take(size: u64): usize {
    if (size > u64(this.to - this.at)) {
      this.malformed = true;
      return 0;
    }
    this.at += usize(size);
    return this.at - usize(size);
  }

  private varint(): u64 {
    let value: u64 = 0;
    for (let shift = 0; shift < 70 && this.at < this.to; shift += 7) {
      const byte = load<u8>(this.at++);
      value |= u64(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.malformed = true;
    return 0;
  }
}
