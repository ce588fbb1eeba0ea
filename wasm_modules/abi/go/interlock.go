// Package interlock is what a module in Go needs: the control block with its
// inbox and outbox, and protobuf (wire.go). README.md says how to use it.
//
// The outbox grows with what an entry says, so it is never full. Go's collector
// moves nothing, so an address that the host was given stays.
package interlock

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Never is a deadline that does not come.
const Never int64 = math.MaxInt64

// Status is a gRPC code; these are the ones that a module is likely to use.
type Status uint16

const (
	OK                 Status = 0
	InvalidArgument    Status = 3
	DeadlineExceeded   Status = 4
	NotFound           Status = 5
	ResourceExhausted  Status = 8
	FailedPrecondition Status = 9
)

// Flags say what a record is.
type Flags uint16

const (
	Final   Flags = 1 << iota // the call ends with this record
	Message                   // the payload is a reply message
	Event                     // the payload is a line of log
)

// The host reads it after every entry.
var control = struct {
	deadline    int64
	outbox      uint32
	outboxBytes uint32
	inbox       uint32
	inboxBytes  uint32
	reserved    uint64
}{deadline: Never}

var (
	inbox  [1024]byte
	larger []byte // where a message that does not fit the inbox goes
	outbox = make([]byte, 0, 4096)
)

//go:wasmexport interlock_abi_v1
func marker() {}

//go:wasmexport interlock_control
func controlBlock() unsafe.Pointer {
	control.inbox, control.inboxBytes = address(inbox[:]), uint32(len(inbox))
	return unsafe.Pointer(&control)
}

//go:wasmexport interlock_buffer
func buffer(size uint32) uint32 {
	if int(size) > len(larger) {
		larger = make([]byte, size)
	}
	return address(larger)
}

func address(bytes []byte) uint32 {
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
}

// Begin starts an entry: call it first in every export that a host enters.
func Begin() {
	outbox = outbox[:0]
	control.outboxBytes = 0
}

// SetDeadline says when the module next wants a tick.
func SetDeadline(deadline int64) { control.deadline = deadline }

// Request is the message of this entry; it is gone with the entry.
func Request(size uint32) []byte {
	if int(size) > len(inbox) {
		return larger[:size]
	}
	return inbox[:size]
}

// Emit adds a record to the outbox.
func Emit(call uint64, status Status, flags Flags, payload []byte) {
	outbox = binary.LittleEndian.AppendUint64(outbox, call)
	outbox = binary.LittleEndian.AppendUint32(outbox, uint32(len(payload)))
	outbox = binary.LittleEndian.AppendUint16(outbox, uint16(status))
	outbox = binary.LittleEndian.AppendUint16(outbox, uint16(flags))
	outbox = append(outbox, payload...)
	for len(outbox)%8 != 0 {
		outbox = append(outbox, 0)
	}
	control.outbox, control.outboxBytes = address(outbox), uint32(len(outbox))
}

// Answer ends a unary call with its reply.
func Answer(call uint64, reply Encoder) { Emit(call, OK, Final|Message, reply) }

// Error is an interlock.v1.Error: Reason is one of the project's, or 0 and Own a
// name of the module's.
type Error struct {
	Status  Status
	Reason  uint64
	Own     string
	Message string
}

// Fail ends a call with an error.
func Fail(call uint64, failure Error) {
	payload := Encoder{}.Number(1, failure.Reason).Text(2, failure.Message).Text(4, failure.Own)
	Emit(call, failure.Status, Final, payload)
}
