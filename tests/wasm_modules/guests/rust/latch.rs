//! The latch, in Rust.
mod interlock;

use interlock::{Encoder, Error, Fields, Malformed, Status, Value, NEVER};
use std::sync::{Mutex, MutexGuard};

// interlock.v1.Reason
const REASON_INVALID_PROTO: u64 = 1;
const REASON_TIMED_OUT: u64 = 27;

const NS_PER_MS: i64 = 1_000_000;

struct Waiter {
    call: u64,
    until: i64,
}

struct Latch {
    /// In order of arrival. The contract's max_parked_calls bounds them.
    waiters: Vec<Waiter>,
    is_open: bool,
    openings: u64,
    close_at: i64,
}

static LATCH: Mutex<Latch> = Mutex::new(Latch { waiters: Vec::new(), is_open: false, openings: 0, close_at: NEVER });

impl Latch {
    /// Ends an entry: says when the module wants to be back.
    fn finish(&self) {
        let until = self.waiters.iter().map(|waiter| waiter.until);
        interlock::set_deadline(until.fold(self.close_at, i64::min));
    }

    fn answer_opening(&self, call: u64) {
        interlock::answer(call, Encoder::default().number(1, self.openings));
    }

    fn close(&mut self) {
        self.is_open = false;
        self.close_at = NEVER;
    }
}

fn enter() -> MutexGuard<'static, Latch> {
    interlock::begin();
    LATCH.lock().unwrap()
}

/// Begins an entry with a message, whose field 2, where it has one, is a time in ms; None if it was answered.
fn begin(call: u64, size: u32) -> Option<(MutexGuard<'static, Latch>, u32)> {
    let latch = enter();
    match decode(&interlock::request(size)) {
        Ok(milliseconds) => Some((latch, milliseconds)),
        Err(Malformed) => {
            let message = "the request does not decode";
            let error = Error { reason: REASON_INVALID_PROTO, message, ..Error::default() };
            interlock::fail(call, Status::InvalidArgument, error);
            None
        }
    }
}

fn decode(request: &[u8]) -> Result<u32, Malformed> {
    let mut milliseconds = 0;
    for field in Fields(request) {
        if let (2, Value::Varint(value)) = field? {
            milliseconds = value as u32;
        }
    }
    Ok(milliseconds)
}

fn later(now: i64, milliseconds: u32) -> i64 {
    now + i64::from(milliseconds) * NS_PER_MS
}

// The methods, by the names that the proto gives them.

#[export_name = "Wait"]
pub extern "C" fn wait(call: u64, size: u32, now: i64) {
    let (mut latch, wait_ms) = match begin(call, size) {
        Some(entry) => entry,
        None => return,
    };
    if latch.is_open {
        return latch.answer_opening(call);
    }
    latch.waiters.push(Waiter { call, until: later(now, wait_ms) });
    latch.finish();
}

#[export_name = "Open"]
pub extern "C" fn open(call: u64, size: u32, now: i64) {
    let (mut latch, for_ms) = match begin(call, size) {
        Some(entry) => entry,
        None => return,
    };
    if latch.is_open {
        let error = Error { own: "ALREADY_OPEN", message: "the latch is open already", ..Error::default() };
        return interlock::fail(call, Status::FailedPrecondition, error);
    }
    latch.is_open = true;
    latch.openings += 1;
    latch.close_at = if for_ms == 0 { NEVER } else { later(now, for_ms) };
    let released = std::mem::take(&mut latch.waiters);
    interlock::answer(call, Encoder::default().number(1, latch.openings).number(2, released.len() as u64));
    for waiter in released {
        latch.answer_opening(waiter.call);
    }
    latch.finish();
}

#[export_name = "Close"]
pub extern "C" fn close(call: u64, size: u32, _now: i64) {
    let (mut latch, _) = match begin(call, size) {
        Some(entry) => entry,
        None => return,
    };
    interlock::answer(call, Encoder::default().number(1, latch.is_open.into()));
    latch.close();
    latch.finish();
}

#[export_name = "Peek"]
pub extern "C" fn peek(call: u64, size: u32, _now: i64) {
    let (latch, _) = match begin(call, size) {
        Some(entry) => entry,
        None => return,
    };
    let waiting = latch.waiters.len() as u64;
    let reply = Encoder::default().number(1, latch.is_open.into()).number(2, waiting).number(3, latch.openings);
    interlock::answer(call, reply);
}

#[export_name = "Break"]
pub extern "C" fn break_(_call: u64, _size: u32, _now: i64) {
    enter().is_open = true;
    panic!("the latch is broken");
}

// What a host enters besides

#[no_mangle]
pub extern "C" fn interlock_tick(now: i64) {
    let mut latch = enter();
    if latch.close_at <= now {
        latch.close();
    }
    latch.waiters.retain(|waiter| {
        if waiter.until <= now {
            let message = "the latch stayed closed";
            let error = Error { reason: REASON_TIMED_OUT, message, ..Error::default() };
            interlock::fail(waiter.call, Status::DeadlineExceeded, error);
        }
        waiter.until > now
    });
    latch.finish();
}

#[no_mangle]
pub extern "C" fn interlock_cancel(call: u64, _reason: u32, _now: i64) {
    let mut latch = enter();
    latch.waiters.retain(|waiter| waiter.call != call);
    latch.finish();
}
