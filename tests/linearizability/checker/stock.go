package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// stock is the state of a queue. Steps copy what they change.
type stock struct {
	// next is the sequence of the next item that is pushed.
	next uint64
	// visible is in the order in which items are popped: those that came back by sequence, then
	// those that were never delivered by sequence.
	visible []item
	leased  map[uint64]item
	// hidden counts the items leased by calls whose answer nobody saw: nobody has their receipts.
	hidden int
	known  map[string]bool
	// limit is the most items that may be here; 0: any number.
	limit int
}

type item struct {
	sequence uint64
	data, id string
	attempts uint32
}

func (s stock) room() int {
	if s.limit == 0 {
		return int(^uint(0) >> 1)
	}
	return s.limit - len(s.visible) - len(s.leased) - s.hidden
}

func (s stock) push(ask *pushRequest, answer any) (stock, string) {
	response, answered := answer.(*pushResponse)
	if answered && response.Accepted == 0 && s.room() <= 0 {
		return s, "" // full; or another push waited before it, which is only so where it is full
	}
	expected := pushResponse{}
	next := s
	next.visible = slices.Clone(s.visible)
	for _, one := range ask.Items {
		if one.ID != "" && next.known[one.ID] {
			expected.Accepted++
			expected.Duplicates++
			continue
		}
		if next.room() <= 0 {
			break
		}
		next.add(item{sequence: next.next, data: string(one.Data), id: one.ID})
		expected.Accepted++
		if expected.FirstSequence == 0 {
			expected.FirstSequence = next.next - 1
		}
	}
	if answered && *response == expected {
		return next, ""
	}
	return next, differs(answer, expected)
}

// add appends an item to visible, which is the caller's own.
func (s *stock) add(i item) {
	s.next++
	s.visible = append(s.visible, i)
	if i.id != "" {
		known := maps.Clone(s.known)
		if known == nil {
			known = map[string]bool{}
		}
		known[i.id] = true
		s.known = known
	}
}

func (s stock) pop(ask *popRequest, answer any) (stock, string) {
	for _, receipt := range ask.Ack {
		if _, leased := s.leased[receipt]; leased {
			return s, "it acknowledges first"
		}
	}
	count := min(max(ask.MaxItems, 1), len(s.visible))
	next := s
	next.visible = s.visible[count:]
	response, answered := answer.(*popResponse)
	if !answered {
		if ask.LeaseMs > 0 {
			next.hidden += count
		}
		return next, differs(answer, "items")
	}
	if len(response.Items) != count {
		return s, fmt.Sprintf("it would answer with %d items", count)
	}
	next.leased = maps.Clone(s.leased)
	for place, got := range response.Items {
		if why := next.deliver(s.visible[place], got, ask.LeaseMs > 0); why != "" {
			return s, why
		}
	}
	return next, ""
}

func (s *stock) deliver(i item, got delivery, leases bool) string {
	i.attempts++
	expected := delivery{[]byte(i.data), i.id, i.sequence, got.Receipt, i.attempts}
	if string(got.Data) != i.data || got.ID != i.id || got.Sequence != i.sequence || got.Attempt != i.attempts {
		return fmt.Sprintf("it would deliver %d %q, attempt %d", expected.Sequence, expected.Data, expected.Attempt)
	}
	if leases != (got.Receipt != 0) {
		return "a receipt stands for a lease, and only for one"
	}
	if !leases {
		return ""
	}
	if _, given := s.leased[got.Receipt]; given {
		return fmt.Sprintf("receipt %d is another lease's", got.Receipt)
	}
	if s.leased == nil {
		s.leased = map[uint64]item{}
	}
	s.leased[got.Receipt] = i
	return ""
}

// strike ends leases; returns the items that were leased, and the stock without them.
func (s stock) strike(receipts receipts) (stock, []item) {
	var struck []item
	if len(receipts) == 0 {
		return s, nil
	}
	leased := maps.Clone(s.leased)
	for _, receipt := range receipts {
		if i, known := leased[receipt]; known {
			struck = append(struck, i)
			delete(leased, receipt)
		}
	}
	s.leased = leased
	return s, struck
}

func (s stock) ack(ask *ackRequest, answer any) (stock, string) {
	next, struck := s.strike(ask.Receipts)
	response, answered := answer.(*ackResponse)
	if answered && response.Acked == len(struck) && len(response.Unknown) == len(ask.Receipts)-len(struck) {
		return next, ""
	}
	return next, differs(answer, ackResponse{Acked: len(struck)})
}

func (s stock) nack(ask *nackRequest, answer any) (stock, string) {
	next, struck := s.strike(ask.Receipts)
	next.visible = append(slices.Clone(s.visible), struck...)
	slices.SortFunc(next.visible, byTurn)
	response, answered := answer.(*nackResponse)
	if answered && response.Nacked == len(struck) && len(response.Unknown) == len(ask.Receipts)-len(struck) {
		return next, ""
	}
	return next, differs(answer, nackResponse{Nacked: len(struck)})
}

func byTurn(a, b item) int {
	if fresh := min(a.attempts, 1); fresh != min(b.attempts, 1) {
		return int(min(b.attempts, 1)) - int(fresh)
	}
	return int(int64(a.sequence) - int64(b.sequence))
}

func (s stock) stats(answer any) string {
	expected := statsResponse{uint64(len(s.visible)), uint64(len(s.leased) + s.hidden)}
	if response, ok := answer.(*statsResponse); ok && *response == expected {
		return ""
	}
	return differs(answer, expected)
}

func (s stock) purge(answer any) (stock, string) {
	next, expected := s, purgeResponse{uint64(len(s.visible))}
	next.visible = nil
	if response, ok := answer.(*purgeResponse); ok && *response == expected {
		return next, ""
	}
	return next, differs(answer, expected)
}

// receipts is a list of 64-bit numbers, which proto JSON writes as strings.
type receipts []uint64

func (r *receipts) UnmarshalJSON(data []byte) error {
	var texts []string
	if err := json.Unmarshal(data, &texts); err != nil {
		return err
	}
	for _, text := range texts {
		number, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return err
		}
		*r = append(*r, number)
	}
	return nil
}
