package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// explainMost bounds each of the searches of an explanation: a shorter one is worth no more.
const explainMost = 2 * time.Second

// explain says where a history goes wrong, in as few calls as it can: the earliest answer that
// no order explains, and the furthest that an order gets without it. What comes after an answer
// cannot make it right, so the beginnings of a history that have an order can be halved for.
func explain(history []porcupine.Operation, of spec) string {
	answered := slices.DeleteFunc(slices.Clone(history), func(o porcupine.Operation) bool {
		return o.Output == nil || o.Output == begun{}
	})
	slices.SortFunc(answered, func(a, b porcupine.Operation) int { return int(a.Return - b.Return) })
	right, wrong := -1, len(answered)-1
	for wrong-right > 1 {
		middle := (right + wrong) / 2
		part := until(history, answered[middle].Return)
		if porcupine.CheckOperationsTimeout(model(of), part, explainMost) == porcupine.Illegal {
			wrong = middle
		} else {
			right = middle
		}
	}
	last := answered[wrong]
	return report(until(history, last.Return), last, of)
}

// until returns the beginning of a history: calls that had no answer by then have none.
func until(history []porcupine.Operation, moment int64) []porcupine.Operation {
	var part []porcupine.Operation
	for _, operation := range history {
		if operation.Call > moment {
			continue
		}
		if operation.Return > moment {
			operation.Output, operation.Return = nil, never
		}
		part = append(part, operation)
	}
	return part
}

func report(history []porcupine.Operation, last porcupine.Operation, of spec) string {
	var text strings.Builder
	fmt.Fprintf(&text, "NOT LINEARIZABLE: no order of the first %d operations on %s explains\n  %s\n",
		len(history), last.Input.(*call).instance, line(last))
	_, info := porcupine.CheckOperationsVerbose(model(of), history, explainMost)
	order := longest(info.PartialLinearizationsOperations()[0])
	state := of.start()
	for _, operation := range order {
		state, _ = of.step(state, operation.Input.(*call), operation.Output)
	}
	fmt.Fprintf(&text, "the longest order that holds has %d of them and comes to\n  %s\nafter\n", len(order), of.show(state))
	for _, operation := range order[max(0, len(order)-5):] {
		fmt.Fprintf(&text, "  %s\n", line(operation))
	}
	fmt.Fprint(&text, "and cannot go on with\n")
	for _, operation := range remaining(history, order) {
		if _, why := of.step(state, operation.Input.(*call), operation.Output); why != "" {
			fmt.Fprintf(&text, "  %s: %s\n", line(operation), why)
		}
	}
	return text.String()
}

func longest(orders [][]porcupine.Operation) []porcupine.Operation {
	var found []porcupine.Operation
	for _, order := range orders {
		if len(order) > len(found) {
			found = order
		}
	}
	return found
}

// remaining returns the operations that are not in an order and could come next: those that
// began before any other of them ended.
func remaining(history, order []porcupine.Operation) []porcupine.Operation {
	placed := map[*call]bool{}
	for _, operation := range order {
		placed[operation.Input.(*call)] = true
	}
	var left []porcupine.Operation
	first := never
	for _, operation := range history {
		if !placed[operation.Input.(*call)] {
			left = append(left, operation)
			first = min(first, operation.Return)
		}
	}
	return slices.DeleteFunc(left, func(o porcupine.Operation) bool { return o.Call > first })
}

// line writes an operation with its times, in milliseconds.
func line(o porcupine.Operation) string {
	ended := "…"
	if o.Return != never {
		ended = fmt.Sprintf("%.3f", float64(o.Return)/1e6)
	}
	return fmt.Sprintf("client %d, %.3f to %s ms: %s", o.ClientId, float64(o.Call)/1e6, ended, describe(o.Input, o.Output))
}
