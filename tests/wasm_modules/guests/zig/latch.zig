//! The latch, in Zig.
const std = @import("std");
const interlock = @import("interlock.zig");

const allocator = std.heap.wasm_allocator;

// interlock.v1.Reason
const Reason = struct {
    const invalid_proto = 1;
    const timed_out = 27;
};

const Waiter = struct { call: u64, until: i64 };

/// In order of arrival. The contract's max_parked_calls bounds them.
var waiters: std.ArrayList(Waiter) = .empty;
var is_open = false;
var openings: u64 = 0;
var close_at = interlock.never;

fn answer(call: u64, fields: []const u64) void {
    const record = interlock.Record.open(call, .ok, interlock.Flags.final | interlock.Flags.message);
    for (fields, 1..) |value, number| record.number(@intCast(number), value);
    record.close();
}

/// Begins an entry with a message, whose field 2, where it has one, is a time in ms; null if it was answered.
fn begin(call: u64, size: u32) ?u32 {
    interlock.begin();
    return decode(size) catch {
        interlock.fail(call, .{
            .status = .invalid_argument,
            .reason = Reason.invalid_proto,
            .text = "the request does not decode",
        });
        return null;
    };
}

fn decode(size: u32) !u32 {
    var milliseconds: u32 = 0;
    var reader = interlock.Reader{ .left = interlock.message(size) };
    while (try reader.next()) |field| {
        if (field.number == 2 and field.value == .varint) milliseconds = @truncate(field.value.varint);
    }
    return milliseconds;
}

fn later(now: i64, milliseconds: u32) i64 {
    return now + milliseconds * interlock.ns_per_ms;
}

/// Ends an entry: says when the module wants to be back.
fn finish() void {
    var next = close_at;
    for (waiters.items) |waiter| next = @min(next, waiter.until);
    interlock.setDeadline(next);
}

// The methods

export fn Wait(call: u64, size: u32, now: i64) void {
    const wait_ms = begin(call, size) orelse return;
    if (is_open) return answer(call, &.{openings});
    waiters.append(allocator, .{ .call = call, .until = later(now, wait_ms) }) catch @panic("out of memory");
    finish();
}

export fn Open(call: u64, size: u32, now: i64) void {
    const for_ms = begin(call, size) orelse return;
    if (is_open) return interlock.fail(call, .{
        .status = .failed_precondition,
        .own = "ALREADY_OPEN",
        .text = "the latch is open already",
    });
    is_open = true;
    openings += 1;
    close_at = if (for_ms == 0) interlock.never else later(now, for_ms);
    answer(call, &.{ openings, waiters.items.len });
    for (waiters.items) |waiter| answer(waiter.call, &.{openings});
    waiters.clearRetainingCapacity();
    finish();
}

export fn Close(call: u64, size: u32, _: i64) void {
    _ = begin(call, size) orelse return;
    answer(call, &.{@intFromBool(is_open)});
    is_open = false;
    close_at = interlock.never;
    finish();
}

export fn Peek(call: u64, size: u32, _: i64) void {
    _ = begin(call, size) orelse return;
    answer(call, &.{ @intFromBool(is_open), waiters.items.len, openings });
}

export fn Break(_: u64, _: u32, _: i64) void {
    is_open = true;
    @panic("the latch is broken");
}

// What a host enters besides

export fn interlock_tick(now: i64) void {
    interlock.begin();
    if (close_at <= now) {
        is_open = false;
        close_at = interlock.never;
    }
    var kept: usize = 0;
    for (waiters.items) |waiter| {
        if (waiter.until > now) {
            waiters.items[kept] = waiter;
            kept += 1;
        } else interlock.fail(waiter.call, .{
            .status = .deadline_exceeded,
            .reason = Reason.timed_out,
            .text = "the latch stayed closed",
        });
    }
    waiters.shrinkRetainingCapacity(kept);
    finish();
}

export fn interlock_cancel(call: u64, _: u32, _: i64) void {
    interlock.begin();
    for (waiters.items, 0..) |waiter, place| {
        if (waiter.call != call) continue;
        _ = waiters.orderedRemove(place);
        break;
    }
    finish();
}
