// The latch, in AssemblyScript.
import { begin, fail, Flags, NEVER, Reader, Record, setDeadline, Status, Wire } from "./interlock";

// The entry file's exports are the module's: the glue's stand here too.
export { interlock_abi_v1, interlock_buffer, interlock_control } from "./interlock";

// interlock.v1.Reason
const REASON_INVALID_PROTO = 1;
const REASON_TIMED_OUT = 27;

const NS_PER_MS: i64 = 1_000_000;

class Waiter {
  constructor(
    public call: u64,
    public until: i64,
  ) {}
}

// In order of arrival. The contract's max_parked_calls bounds them.
let waiters: Waiter[] = [];
let isOpen = false;
let openings: u64 = 0;
let closeAt: i64 = NEVER;

function answer(call: u64): Record {
  return new Record(call, Status.OK, Flags.FINAL | Flags.MESSAGE);
}

// Begins an entry with a message, whose field 2, where it has one, is a time in
// ms; -1 if it was answered.
function decode(call: u64, size: u32): i64 {
  begin();
  let milliseconds: u32 = 0;
  const request = new Reader(size);
  while (request.next()) {
    if (request.is(2, Wire.VARINT)) milliseconds = u32(request.value);
  }
  if (!request.malformed) return milliseconds;
  fail(call, Status.INVALID_ARGUMENT, REASON_INVALID_PROTO, "", "the request does not decode");
  return -1;
}

// Ends an entry: says when the module wants to be back.
function finish(): void {
  let next = closeAt;
  for (let i = 0; i < waiters.length; i++) next = min(next, waiters[i].until);
  setDeadline(next);
}

// The methods

export function Wait(call: u64, size: u32, now: i64): void {
  const waitMs = decode(call, size);
  if (waitMs < 0) return;
  if (isOpen) {
    answer(call).number(1, openings).close();
    return;
  }
  waiters.push(new Waiter(call, now + waitMs * NS_PER_MS));
  finish();
}

export function Open(call: u64, size: u32, now: i64): void {
  const forMs = decode(call, size);
  if (forMs < 0) return;
  if (isOpen) {
    fail(call, Status.FAILED_PRECONDITION, 0, "ALREADY_OPEN", "the latch is open already");
    return;
  }
  isOpen = true;
  openings++;
  closeAt = forMs ? now + forMs * NS_PER_MS : NEVER;
  answer(call).number(1, openings).number(2, waiters.length).close();
  for (let i = 0; i < waiters.length; i++) answer(waiters[i].call).number(1, openings).close();
  waiters = [];
  finish();
}

export function Close(call: u64, size: u32, now: i64): void {
  if (decode(call, size) < 0) return;
  answer(call).number(1, u64(isOpen)).close();
  isOpen = false;
  closeAt = NEVER;
  finish();
}

export function Peek(call: u64, size: u32, now: i64): void {
  if (decode(call, size) < 0) return;
  answer(call).number(1, u64(isOpen)).number(2, waiters.length).number(3, openings).close();
}

export function Break(call: u64, size: u32, now: i64): void {
  isOpen = true;
  throw new Error("the latch is broken");
}

// What a host enters besides

export function interlock_tick(now: i64): void {
  begin();
  if (closeAt <= now) {
    isOpen = false;
    closeAt = NEVER;
  }
  const kept: Waiter[] = [];
  for (let i = 0; i < waiters.length; i++) {
    const waiter = waiters[i];
    if (waiter.until > now) kept.push(waiter);
    else fail(waiter.call, Status.DEADLINE_EXCEEDED, REASON_TIMED_OUT, "", "the latch stayed closed");
  }
  waiters = kept;
  finish();
}

export function interlock_cancel(call: u64, reason: i32, now: i64): void {
  begin();
  for (let i = 0; i < waiters.length; i++) {
    if (waiters[i].call != call) continue;
    waiters.splice(i, 1);
    break;
  }
  finish();
}
