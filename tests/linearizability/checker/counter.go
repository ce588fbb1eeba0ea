package main

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"

	"github.com/anishathalye/porcupine"
)

// counter is interlock.counter.v1.CounterService without List.
type counter struct{}

type (
	addRequest struct {
		Adds []struct {
			Key   string `json:"key"`
			Delta int64  `json:"delta,string"`
			Once  string `json:"once"`
		} `json:"adds"`
	}
	added struct {
		Key     string `json:"key"`
		Value   int64  `json:"value,string"`
		Applied bool   `json:"applied"`
	}
	addResponse struct {
		Values []added `json:"values"`
	}
	getRequest struct {
		Keys []string `json:"keys"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value int64  `json:"value,string"`
	}
	getResponse struct {
		Values []keyValue `json:"values"`
	}
	casRequest struct {
		Key      string `json:"key"`
		Expected int64  `json:"expected,string"`
		Value    int64  `json:"value,string"`
	}
	casResponse struct {
		Swapped bool  `json:"swapped"`
		Value   int64 `json:"value,string"`
	}
	resetRequest struct {
		Keys []string `json:"keys"`
	}
	resetResponse struct {
		Reset uint64 `json:"reset,string"`
	}
	waitRequest struct {
		Key     string `json:"key"`
		AtLeast *int64 `json:"at_least,string"`
		AtMost  *int64 `json:"at_most,string"`
	}
	waitResponse struct {
		Value   int64 `json:"value,string"`
		Reached bool  `json:"reached"`
	}
)

// counts is its state: the keys that exist, and the `once` ids that were applied. The ten
// minutes after which an id is forgotten are longer than a history.
type counts struct {
	values map[string]int64
	once   map[string]bool
}

func (counter) messages(method string) (ask, answer any) {
	switch method {
	case "Add":
		return &addRequest{}, &addResponse{}
	case "Get":
		return &getRequest{}, &getResponse{}
	case "CompareAndSet":
		return &casRequest{}, &casResponse{}
	case "Reset":
		return &resetRequest{}, &resetResponse{}
	case "Wait":
		return &waitRequest{}, &waitResponse{}
	}
	return nil, nil
}

func (counter) expand(o porcupine.Operation) []porcupine.Operation    { return alone(o) }
func (counter) start() any                                            { return counts{} }
func (counter) show(state any) string                                 { return fmt.Sprint(state.(counts).values) }
func (counter) parts(h []porcupine.Operation) [][]porcupine.Operation { return byKeys(h) }

func (counter) reads(c *call) bool { return c.Method == "Get" || c.Method == "Wait" }

func (counter) refuse(c *call) string {
	if ask, ok := c.ask.(*resetRequest); ok && len(ask.Keys) == 0 {
		return "a Reset of all keys would link them all"
	}
	return ""
}

func (counter) equal(a, b any) bool {
	one, other := a.(counts), b.(counts)
	return maps.Equal(one.values, other.values) && maps.Equal(one.once, other.once)
}

func (counter) hash(state any) uint64 {
	var sum uint64
	for key, value := range state.(counts).values {
		h := fnv.New64a()
		fmt.Fprint(h, key, value)
		sum ^= h.Sum64()
	}
	return sum
}

func (counter) step(state any, c *call, answer any) (any, string) {
	s := state.(counts)
	switch ask := c.ask.(type) {
	case *addRequest:
		return s.add(ask, answer)
	case *getRequest:
		return s, s.get(ask, answer)
	case *casRequest:
		return s.compareAndSet(ask, answer)
	case *resetRequest:
		return s.reset(ask, answer)
	default:
		return s, s.wait(ask.(*waitRequest), answer)
	}
}

func (s counts) add(ask *addRequest, answer any) (counts, string) {
	next := counts{values: maps.Clone(s.values), once: s.once}
	var expected []added
	for _, one := range ask.Adds {
		applies := one.Once == "" || !next.once[one.Once]
		value := next.values[one.Key]
		if applies {
			if overflows(value, one.Delta) {
				return s, differs(answer, reason("OVERFLOW"))
			}
			value += one.Delta
			next.set(one.Key, value)
			next.know(one.Once)
		}
		expected = append(expected, added{one.Key, value, applies})
	}
	if response, ok := answer.(*addResponse); ok && slices.Equal(response.Values, expected) {
		return next, ""
	}
	return next, differs(answer, expected)
}

func overflows(value, delta int64) bool {
	return delta > 0 && value > math.MaxInt64-delta || delta < 0 && value < math.MinInt64-delta
}

func (s *counts) set(key string, value int64) {
	if s.values == nil {
		s.values = map[string]int64{}
	}
	s.values[key] = value
}

func (s *counts) know(once string) {
	if once == "" {
		return
	}
	known := maps.Clone(s.once)
	if known == nil {
		known = map[string]bool{}
	}
	known[once] = true
	s.once = known
}

func (s counts) get(ask *getRequest, answer any) string {
	var expected []keyValue
	for _, key := range ask.Keys {
		expected = append(expected, keyValue{key, s.values[key]})
	}
	if response, ok := answer.(*getResponse); ok && slices.Equal(response.Values, expected) {
		return ""
	}
	return differs(answer, expected)
}

func (s counts) compareAndSet(ask *casRequest, answer any) (counts, string) {
	next, expected := s, casResponse{Value: s.values[ask.Key]}
	if expected.Value == ask.Expected {
		next.values = maps.Clone(s.values)
		next.set(ask.Key, ask.Value)
		expected = casResponse{Swapped: true, Value: ask.Value}
	}
	if response, ok := answer.(*casResponse); ok && *response == expected {
		return next, ""
	}
	return next, differs(answer, expected)
}

func (s counts) reset(ask *resetRequest, answer any) (counts, string) {
	next := counts{values: maps.Clone(s.values), once: s.once}
	for _, key := range ask.Keys {
		delete(next.values, key)
	}
	expected := resetResponse{Reset: uint64(len(s.values) - len(next.values))}
	if response, ok := answer.(*resetResponse); ok && *response == expected {
		return next, ""
	}
	return next, differs(answer, expected)
}

func (s counts) wait(ask *waitRequest, answer any) string {
	value := s.values[ask.Key]
	within := (ask.AtLeast == nil || value >= *ask.AtLeast) && (ask.AtMost == nil || value <= *ask.AtMost)
	expected := waitResponse{Value: value, Reached: within}
	if response, ok := answer.(*waitResponse); ok && *response == expected {
		return ""
	}
	return differs(answer, expected)
}

// differs says what the model would have answered; "" where nobody knows what was answered, or it was that.
func differs(answer, expected any) string {
	if answer == nil || answer == expected {
		return ""
	}
	return fmt.Sprintf("it would answer %+v", expected)
}
