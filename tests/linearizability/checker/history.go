package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/anishathalye/porcupine"
)

const (
	// longestLine bounds a line of a history, in bytes: more than a message may have.
	longestLine = 8 << 20
	// never is when a call ends that has no answer: it may be applied at any moment, or not at all.
	never int64 = math.MaxInt64
)

// record is one line of a history: one call of one client.
type record struct {
	Client int    `json:"client"`
	Method string `json:"method"`
	// Ask and Answer are proto JSON. No answer: see Error.
	Ask    json.RawMessage `json:"ask"`
	Answer json.RawMessage `json:"answer"`
	// Error is the reason of an error that the module answered. Neither an answer nor an
	// error: nobody knows whether the call was applied.
	Error string `json:"error"`
	// Began and Ended are nanoseconds of one monotonic clock.
	Began int64 `json:"began"`
	Ended int64 `json:"ended"`
}

// call is a record as a spec reads it: the input of a porcupine.Operation. Its output is a
// pointer to the method's answer, a reason, or nil where nobody knows.
type call struct {
	record
	instance string
	ask      any
	// second marks the second of the two operations that some calls are; see twice.
	second bool
}

// reason is the answer of a call that the module refused.
type reason string

// read turns the lines of a history into operations.
func read(from io.Reader, of spec) ([]porcupine.Operation, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, longestLine)
	var operations []porcupine.Operation
	for number := 1; lines.Scan(); number++ {
		more, err := parse(lines.Bytes(), of)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		operations = append(operations, more...)
	}
	return operations, lines.Err()
}

func parse(line []byte, of spec) ([]porcupine.Operation, error) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, err
	}
	ask, answer := of.messages(r.Method)
	if ask == nil {
		return nil, fmt.Errorf("the model has no method %q", r.Method)
	}
	var named struct {
		Instance string `json:"instance"`
	}
	for _, into := range []any{ask, &named} {
		if err := json.Unmarshal(r.Ask, into); err != nil {
			return nil, err
		}
	}
	output, err := outputOf(r, answer)
	if err != nil {
		return nil, err
	}
	c := &call{record: r, instance: named.Instance, ask: ask}
	if why := of.refuse(c); why != "" {
		return nil, fmt.Errorf("%s is not one step: %s", r.Method, why)
	}
	operation := porcupine.Operation{ClientId: r.Client, Input: c, Call: r.Began, Output: output, Return: r.Ended}
	if output == nil {
		if of.reads(c) {
			return nil, nil // nobody knows what it saw: it says nothing, and makes the search longer
		}
		operation.Return = never
	}
	return of.expand(operation), nil
}

func outputOf(r record, answer any) (any, error) {
	switch {
	case r.Answer != nil && string(r.Answer) != "null":
		return answer, json.Unmarshal(r.Answer, answer)
	case r.Error != "":
		return reason(r.Error), nil
	default:
		return nil, nil
	}
}
