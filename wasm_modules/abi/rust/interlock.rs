//! What a module in Rust needs: the control block with its inbox and outbox, and protobuf. README.md says how to use it.
//!
//! One thread and one entry at a time: a module keeps its state in a `Mutex` of its own, which is never contended. The
//! outbox grows with what an entry says, so it is never full. Running out of memory aborts, which is a trap.
#![allow(dead_code)] // a module uses what it needs

use std::cell::UnsafeCell;

/// A deadline that does not come.
pub const NEVER: i64 = i64::MAX;

/// gRPC codes, as many as a module is likely to use.
#[derive(Clone, Copy)]
#[repr(u16)]
pub enum Status {
    Ok = 0,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
}

/// What a record is: bits of the ABI.
pub mod flags {
    pub const FINAL: u16 = 1;
    pub const MESSAGE: u16 = 2;
    pub const EVENT: u16 = 4;
}

const INBOX_BYTES: usize = 1024;

#[repr(C)]
struct ControlBlock {
    deadline: i64,
    outbox: u32,
    outbox_len: u32,
    inbox: u32,
    inbox_size: u32,
    reserved: u64,
}

struct Ports {
    control: ControlBlock,
    inbox: [u8; INBOX_BYTES],
    larger: Vec<u8>, // where a message that does not fit the inbox goes
    outbox: Vec<u8>,
}

/// What the host reads and writes between entries: so it is no `Mutex`'s to guard.
struct Shared(UnsafeCell<Ports>);

// A wasm module without shared memory has one thread.
unsafe impl Sync for Shared {}

static PORTS: Shared = Shared(UnsafeCell::new(Ports {
    control: ControlBlock { deadline: NEVER, outbox: 0, outbox_len: 0, inbox: 0, inbox_size: 0, reserved: 0 },
    inbox: [0; INBOX_BYTES],
    larger: Vec::new(),
    outbox: Vec::new(),
}));

fn with_ports<R>(use_: impl FnOnce(&mut Ports) -> R) -> R {
    // Every caller is in this file and none of them nests.
    use_(unsafe { &mut *PORTS.0.get() })
}

#[no_mangle]
pub extern "C" fn interlock_abi_v1() {}

#[no_mangle]
pub extern "C" fn interlock_control() -> u32 {
    with_ports(|ports| {
        ports.control.inbox = ports.inbox.as_ptr() as u32;
        ports.control.inbox_size = INBOX_BYTES as u32;
        &ports.control as *const ControlBlock as u32
    })
}

#[no_mangle]
pub extern "C" fn interlock_buffer(size: u32) -> u32 {
    with_ports(|ports| {
        ports.larger.resize(ports.larger.len().max(size as usize), 0);
        ports.larger.as_ptr() as u32
    })
}

/// Starts an entry: call it first in every export that a host enters.
pub fn begin() {
    with_ports(|ports| {
        ports.outbox.clear();
        ports.control.outbox_len = 0;
    })
}

/// Says when the module next wants a tick.
pub fn set_deadline(deadline: i64) {
    with_ports(|ports| ports.control.deadline = deadline)
}

/// A copy of this entry's message.
pub fn request(size: u32) -> Vec<u8> {
    let size = size as usize;
    with_ports(|ports| if size > INBOX_BYTES { ports.larger[..size].to_vec() } else { ports.inbox[..size].to_vec() })
}

/// Adds a record to the outbox.
pub fn emit(call: u64, status: Status, flags: u16, payload: &[u8]) {
    with_ports(|ports| {
        let outbox = &mut ports.outbox;
        outbox.extend_from_slice(&call.to_le_bytes());
        outbox.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        outbox.extend_from_slice(&(status as u16).to_le_bytes());
        outbox.extend_from_slice(&flags.to_le_bytes());
        outbox.extend_from_slice(payload);
        outbox.resize((outbox.len() + 7) & !7, 0);
        ports.control.outbox = outbox.as_ptr() as u32;
        ports.control.outbox_len = outbox.len() as u32;
    })
}

/// Ends a unary call with its reply.
pub fn answer(call: u64, reply: Encoder) {
    emit(call, Status::Ok, flags::FINAL | flags::MESSAGE, &reply.0)
}

/// An interlock.v1.Error: `reason` is one of the project's, or 0 and `own` a name of the module's.
#[derive(Default)]
pub struct Error<'a> {
    pub reason: u64,
    pub own: &'a str,
    pub message: &'a str,
}

/// Ends a call with an error.
pub fn fail(call: u64, status: Status, error: Error) {
    let payload = Encoder::default().number(1, error.reason).text(2, error.message).text(4, error.own);
    emit(call, status, flags::FINAL, &payload.0)
}

/// A message that is being written. A field of the default value is not written, as in proto3.
#[derive(Default)]
pub struct Encoder(Vec<u8>);

impl Encoder {
    pub fn number(mut self, field: u32, value: u64) -> Self {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
        self
    }

    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        if !value.is_empty() {
            self.varint(u64::from(field) << 3 | 2);
            self.varint(value.len() as u64);
            self.0.extend_from_slice(value);
        }
        self
    }

    pub fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// A field's value, by how it is written.
pub enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The request does not decode.
pub struct Malformed;

/// The fields of a message, each with its number. Groups, which proto3 does not have, count as malformed.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        Some(self.field())
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u32, Value<'a>), Malformed> {
        let tag = u32::try_from(self.varint()?).map_err(|_| Malformed)?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let size = self.varint()?;
                Value::Bytes(self.take(size)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed),
        };
        if tag >> 3 == 0 {
            return Err(Malformed);
        }
        Ok((tag >> 3, value))
    }

    fn take(&mut self, size: u64) -> Result<&'a [u8], Malformed> {
        if size > self.0.len() as u64 {
            return Err(Malformed);
        }
        let (taken, left) = self.0.split_at(size as usize);
        self.0 = left;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N as u64)?.try_into().map_err(|_| Malformed)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for place in 0..10 {
            let [byte] = self.array::<1>()?;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }
}
