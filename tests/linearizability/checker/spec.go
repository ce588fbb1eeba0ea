package main

import (
	"github.com/anishathalye/porcupine"
)

// spec is a sequential object: what a module would answer if calls came one at a time.
type spec interface {
	// messages returns a new request and a new answer of a method; nil for a method it does not know.
	messages(method string) (ask, answer any)
	// reads says that a call changes nothing.
	reads(c *call) bool
	// refuse says why a call is not one atomic step, so that no sequential object can judge it; "" if it is.
	refuse(c *call) string
	// expand returns the operations that a call stands for: nearly always itself.
	expand(operation porcupine.Operation) []porcupine.Operation
	// parts returns histories that can be judged alone: one may be linearized whatever the others do.
	parts(history []porcupine.Operation) [][]porcupine.Operation

	start() any
	// step returns the state after a call that got this answer, or why it cannot get it. An
	// unknown answer (nil) is always possible. It never changes the state that it is given.
	step(state any, c *call, answer any) (next any, why string)
	equal(a, b any) bool
	hash(state any) uint64
	show(state any) string
}

var specs = map[string]spec{"counter": counter{}, "queue": queue{}, "rebalance": group{}}

// model is a spec as Porcupine wants it.
func model(of spec) porcupine.Model {
	return porcupine.Model{
		Init: of.start,
		Step: func(state, input, output any) (bool, any) {
			next, why := of.step(state, input.(*call), output)
			return why == "", next
		},
		Equal:             of.equal,
		Hash:              of.hash,
		DescribeOperation: describe,
		DescribeState:     of.show,
	}
}

// byInstance keeps together what names one instance; instances have nothing in common.
func byInstance(history []porcupine.Operation) [][]porcupine.Operation {
	return grouped(history, func(o porcupine.Operation) string { return o.Input.(*call).instance })
}

// grouped keeps together the operations of one name, in the order of the names' first.
func grouped(history []porcupine.Operation, name func(porcupine.Operation) string) [][]porcupine.Operation {
	places := map[string]int{}
	var parts [][]porcupine.Operation
	for _, operation := range history {
		key := name(operation)
		place, known := places[key]
		if !known {
			place = len(parts)
			places[key] = place
			parts = append(parts, nil)
		}
		parts[place] = append(parts[place], operation)
	}
	return parts
}

// alone is what expand returns for a call that is one operation.
func alone(operation porcupine.Operation) []porcupine.Operation {
	return []porcupine.Operation{operation}
}

// begun is the answer of the first of two operations, which nobody sees.
type begun struct{}

// twice is what expand returns for a call that acts at two moments: two operations over its
// interval. That the second needs the first is for the step to say.
func twice(operation porcupine.Operation) []porcupine.Operation {
	first, second := operation, operation
	answered := *operation.Input.(*call)
	answered.second = true
	second.Input = &answered
	if operation.Output != nil {
		first.Output = begun{}
	}
	return []porcupine.Operation{first, second}
}
