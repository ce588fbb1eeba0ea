// Command latch is the latch, in Go.
package main

import (
	"log"
	"slices"

	"acme.example/latch/interlock"
)

// interlock.v1.Reason
const (
	reasonInvalidProto = 1
	reasonTimedOut     = 27
)

const nsPerMs = 1_000_000

type waiter struct {
	call  uint64
	until int64
}

var (
	// In order of arrival. The contract's max_parked_calls bounds them.
	waiters  []waiter
	isOpen   bool
	openings uint64
	closeAt  = interlock.Never
)

// main is never called: a reactor only answers.
func main() {}

// begin starts an entry with a message, whose field 2, where it has one, is a
// time in ms; false if it was answered.
func begin(call uint64, size uint32) (milliseconds uint32, ok bool) {
	interlock.Begin()
	request := interlock.Decode(interlock.Request(size))
	for request.Next() {
		if request.Field == 2 && request.Wire == interlock.Varint {
			milliseconds = uint32(request.Value)
		}
	}
	if request.Malformed {
		interlock.Fail(call, interlock.Error{
			Status:  interlock.InvalidArgument,
			Reason:  reasonInvalidProto,
			Message: "the request does not decode",
		})
		return 0, false
	}
	return milliseconds, true
}

// finish ends an entry: it says when the module wants to be back.
func finish() {
	next := closeAt
	for _, w := range waiters {
		next = min(next, w.until)
	}
	interlock.SetDeadline(next)
}

func answerOpening(call uint64) {
	interlock.Answer(call, interlock.Encoder{}.Number(1, openings))
}

// The methods

//go:wasmexport Wait
func wait(call uint64, size uint32, now int64) {
	waitMs, ok := begin(call, size)
	if !ok {
		return
	}
	if isOpen {
		answerOpening(call)
		return
	}
	waiters = append(waiters, waiter{call, now + int64(waitMs)*nsPerMs})
	finish()
}

//go:wasmexport Open
func open(call uint64, size uint32, now int64) {
	forMs, ok := begin(call, size)
	if !ok {
		return
	}
	if isOpen {
		interlock.Fail(call, interlock.Error{
			Status:  interlock.FailedPrecondition,
			Own:     "ALREADY_OPEN",
			Message: "the latch is open already",
		})
		return
	}
	isOpen = true
	openings++
	closeAt = interlock.Never
	if forMs != 0 {
		closeAt = now + int64(forMs)*nsPerMs
	}
	interlock.Answer(call, interlock.Encoder{}.Number(1, openings).Number(2, uint64(len(waiters))))
	for _, w := range waiters {
		answerOpening(w.call)
	}
	waiters = waiters[:0]
	finish()
}

//go:wasmexport Close
func closeLatch(call uint64, size uint32, _ int64) {
	if _, ok := begin(call, size); !ok {
		return
	}
	interlock.Answer(call, interlock.Encoder{}.Bool(1, isOpen))
	isOpen = false
	closeAt = interlock.Never
	finish()
}

//go:wasmexport Peek
func peek(call uint64, size uint32, _ int64) {
	if _, ok := begin(call, size); !ok {
		return
	}
	waiting := uint64(len(waiters))
	interlock.Answer(call, interlock.Encoder{}.Bool(1, isOpen).Number(2, waiting).Number(3, openings))
}

//go:wasmexport Break
func breakLatch(_ uint64, _ uint32, _ int64) {
	isOpen = true
	log.Panicf("latch %d is broken", openings+1)
}

// What a host enters besides

//go:wasmexport interlock_tick
func tick(now int64) {
	interlock.Begin()
	if closeAt <= now {
		isOpen = false
		closeAt = interlock.Never
	}
	waiters = slices.DeleteFunc(waiters, func(w waiter) bool {
		if w.until > now {
			return false
		}
		interlock.Fail(w.call, interlock.Error{
			Status:  interlock.DeadlineExceeded,
			Reason:  reasonTimedOut,
			Message: "the latch stayed closed",
		})
		return true
	})
	finish()
}

//go:wasmexport interlock_cancel
func cancel(call uint64, _ uint32, _ int64) {
	interlock.Begin()
	waiters = slices.DeleteFunc(waiters, func(w waiter) bool { return w.call == call })
	finish()
}
