//! What a module in Zig needs: the control block with its inbox and outbox, and protobuf. README.md says how to use it.
//! The outbox grows with what an entry says, so it is never full. Running out of memory traps.
const std = @import("std");
const allocator = std.heap.wasm_allocator;

pub const never: i64 = std.math.maxInt(i64);
pub const ns_per_ms: i64 = 1_000_000;

/// gRPC codes, as many as a module is likely to use.
pub const Status = enum(u16) {
    ok = 0,
    invalid_argument = 3,
    deadline_exceeded = 4,
    not_found = 5,
    resource_exhausted = 8,
    failed_precondition = 9,
    _,
};

/// What a record is: bits of the ABI.
pub const Flags = struct {
    pub const final: u16 = 1;
    pub const message: u16 = 2;
    pub const event: u16 = 4;
};

const ControlBlock = extern struct {
    deadline: i64 = never,
    outbox: u32 = 0,
    outbox_len: u32 = 0,
    inbox: u32 = 0,
    inbox_size: u32 = 0,
    reserved: u64 = 0,
};

const Head = extern struct { call: u64, size: u32, status: u16, flags: u16 };

comptime {
    std.debug.assert(@sizeOf(ControlBlock) == 32 and @sizeOf(Head) == 16);
}

var control: ControlBlock = .{};
var inbox: [1024]u8 = undefined;
var larger: []u8 = &.{}; // where a message that does not fit the inbox goes
var outbox: std.ArrayListAligned(u8, .@"8") = .empty;

export fn interlock_abi_v1() void {}

export fn interlock_control() *ControlBlock {
    control.inbox = @intFromPtr(&inbox);
    control.inbox_size = inbox.len;
    return &control;
}

export fn interlock_buffer(size: u32) ?[*]u8 {
    if (size > larger.len) {
        allocator.free(larger);
        larger = &.{};
        larger = allocator.alloc(u8, size) catch return null;
    }
    return larger.ptr;
}

/// Starts an entry: call it first in every export that a host enters.
pub fn begin() void {
    outbox.clearRetainingCapacity();
    control.outbox_len = 0;
}

/// When the module next wants a tick.
pub fn setDeadline(deadline: i64) void {
    control.deadline = deadline;
}

/// The message of this entry; gone with it.
pub fn message(size: u32) []const u8 {
    return if (size > inbox.len) larger[0..size] else inbox[0..size];
}

/// A record: open it, put the fields of its message, close it. A field of the default value is not written, as in proto3.
pub const Record = struct {
    start: usize,

    pub fn open(call: u64, status: Status, flags: u16) Record {
        const start = outbox.items.len;
        append(std.mem.asBytes(&Head{ .call = call, .size = 0, .status = @intFromEnum(status), .flags = flags }));
        return .{ .start = start };
    }

    pub fn close(self: Record) void {
        const size: u32 = @intCast(outbox.items.len - self.start - @sizeOf(Head));
        const head: *Head = @ptrCast(@alignCast(&outbox.items[self.start]));
        head.size = size;
        while (outbox.items.len % 8 != 0) append(&.{0});
        control.outbox = @intFromPtr(outbox.items.ptr);
        control.outbox_len = @intCast(outbox.items.len);
    }

    pub fn number(_: Record, field: u32, value: u64) void {
        if (value == 0) return;
        varint(field << 3);
        varint(value);
    }

    pub fn bytes(_: Record, field: u32, value: []const u8) void {
        if (value.len == 0) return;
        varint(field << 3 | 2);
        varint(value.len);
        append(value);
    }
};

fn varint(value: u64) void {
    var left = value;
    while (left >= 0x80) : (left >>= 7) append(&.{@as(u8, @truncate(left)) | 0x80});
    append(&.{@as(u8, @intCast(left))});
}

fn append(data: []const u8) void {
    outbox.appendSlice(allocator, data) catch @panic("out of memory");
}

/// An interlock.v1.Error: `reason` is one of the project's, or 0 and `own` a name of the module's.
pub const Failure = struct { status: Status, reason: u32 = 0, own: []const u8 = "", text: []const u8 };

/// Ends a call with an error.
pub fn fail(call: u64, failure: Failure) void {
    const record = Record.open(call, failure.status, Flags.final);
    record.number(1, failure.reason);
    record.bytes(2, failure.text);
    record.bytes(4, failure.own);
    record.close();
}

/// A field of a message: its number, and its value by wire type.
pub const Field = struct {
    number: u32,
    value: union(enum) { varint: u64, fixed64: u64, bytes: []const u8, fixed32: u32 },
};

/// Walks over the fields of a message. Groups, which proto3 does not have, count as malformed.
pub const Reader = struct {
    left: []const u8,

    pub fn next(self: *Reader) error{Malformed}!?Field {
        if (self.left.len == 0) return null;
        const tag = std.math.cast(u32, try self.readVarint()) orelse return error.Malformed;
        if (tag >> 3 == 0) return error.Malformed;
        return .{ .number = tag >> 3, .value = switch (tag & 7) {
            0 => .{ .varint = try self.readVarint() },
            1 => .{ .fixed64 = std.mem.readInt(u64, (try self.take(8))[0..8], .little) },
            2 => .{ .bytes = try self.take(try self.readVarint()) },
            5 => .{ .fixed32 = std.mem.readInt(u32, (try self.take(4))[0..4], .little) },
            else => return error.Malformed,
        } };
    }

    fn take(self: *Reader, size: u64) error{Malformed}![]const u8 {
        if (size > self.left.len) return error.Malformed;
        const taken = self.left[0..@intCast(size)];
        self.left = self.left[taken.len..];
        return taken;
    }

    fn readVarint(self: *Reader) error{Malformed}!u64 {
        var value: u64 = 0;
        for (0..10) |place| {
            const byte = (try self.take(1))[0];
            value |= @as(u64, byte & 0x7f) << @intCast(7 * place);
            if (byte < 0x80) return value;
        }
        return error.Malformed;
    }
};
