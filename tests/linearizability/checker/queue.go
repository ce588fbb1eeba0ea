package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// queue is interlock.queue.v1.QueueService without what time does: no delays, and leases that
// outlive the history.
type queue struct{}

type (
	configureRequest struct {
		MaxItems uint64 `json:"max_items,string"`
	}
	configureResponse struct{}
	pushRequest       struct {
		Items []struct {
			Data []byte `json:"data"`
			ID   string `json:"id"`
		} `json:"items"`
		WaitMs uint32 `json:"wait_ms"`
	}
	pushResponse struct {
		Accepted      int    `json:"accepted"`
		Duplicates    int    `json:"duplicates"`
		FirstSequence uint64 `json:"first_sequence,string"`
	}
	popRequest struct {
		MaxItems int      `json:"max_items"`
		WaitMs   uint32   `json:"wait_ms"`
		LeaseMs  uint32   `json:"lease_ms"`
		Ack      receipts `json:"ack"`
	}
	delivery struct {
		Data     []byte `json:"data"`
		ID       string `json:"id"`
		Sequence uint64 `json:"sequence,string"`
		Receipt  uint64 `json:"receipt,string"`
		Attempt  uint32 `json:"attempt"`
	}
	popResponse struct {
		Items []delivery `json:"items"`
	}
	ackRequest struct {
		Receipts receipts `json:"receipts"`
	}
	ackResponse struct {
		Acked   int      `json:"acked"`
		Unknown receipts `json:"unknown"`
	}
	nackRequest struct {
		Receipts receipts `json:"receipts"`
	}
	nackResponse struct {
		Nacked  int      `json:"nacked"`
		Unknown receipts `json:"unknown"`
	}
	statsRequest  struct{}
	statsResponse struct {
		Depth  uint64 `json:"depth,string"`
		Leased uint64 `json:"leased,string"`
	}
	purgeRequest  struct{}
	purgeResponse struct {
		Purged uint64 `json:"purged,string"`
	}
)

func (queue) messages(method string) (ask, answer any) {
	switch method {
	case "Configure":
		return &configureRequest{}, &configureResponse{}
	case "Push":
		return &pushRequest{}, &pushResponse{}
	case "Pop":
		return &popRequest{}, &popResponse{}
	case "Ack":
		return &ackRequest{}, &ackResponse{}
	case "Nack":
		return &nackRequest{}, &nackResponse{}
	case "Stats":
		return &statsRequest{}, &statsResponse{}
	case "Purge":
		return &purgeRequest{}, &purgeResponse{}
	}
	return nil, nil
}

func (queue) reads(c *call) bool { return c.Method == "Stats" }

// refuse names the call that acts at any number of moments.
func (queue) refuse(c *call) string {
	if ask, pushes := c.ask.(*pushRequest); pushes && ask.WaitMs > 0 && len(ask.Items) > 1 {
		return "its items come in one by one as there is room"
	}
	return ""
}

func (queue) parts(h []porcupine.Operation) [][]porcupine.Operation { return byInstance(h) }
func (queue) start() any                                            { return stock{next: 1} }

// expand makes two operations of a Pop that acknowledges: what it acknowledges makes room, a Push
// that waits may come in there, and the Pop takes what that brought.
func (queue) expand(o porcupine.Operation) []porcupine.Operation {
	if ask, pops := o.Input.(*call).ask.(*popRequest); pops && len(ask.Ack) > 0 {
		return twice(o)
	}
	return alone(o)
}

func (queue) step(state any, c *call, answer any) (any, string) {
	s := state.(stock)
	switch ask := c.ask.(type) {
	case *configureRequest:
		if ask.MaxItems > 0 {
			s.limit = int(ask.MaxItems)
		}
		return s, ""
	case *pushRequest:
		if s.limit > 0 && len(ask.Items) > 1 {
			return s, "the model cannot judge it: its items come in one by one, and pops may come between"
		}
		return s.push(ask, answer)
	case *popRequest:
		if len(ask.Ack) > 0 && !c.second {
			s, _ = s.strike(ask.Ack)
			return s, ""
		}
		return s.pop(ask, answer)
	case *ackRequest:
		return s.ack(ask, answer)
	case *nackRequest:
		return s.nack(ask, answer)
	case *statsRequest:
		return s, s.stats(answer)
	default:
		return s.purge(answer)
	}
}

func (queue) equal(a, b any) bool {
	one, other := a.(stock), b.(stock)
	return one.next == other.next && one.hidden == other.hidden && one.limit == other.limit &&
		slices.Equal(one.visible, other.visible) && maps.Equal(one.leased, other.leased) &&
		maps.Equal(one.known, other.known)
}

func (queue) hash(state any) uint64 {
	s := state.(stock)
	sum := s.next*31 + uint64(s.hidden)
	for _, i := range s.visible {
		sum = sum*1099511628211 + i.sequence<<8 + uint64(i.attempts)
	}
	for receipt := range s.leased {
		sum ^= receipt * 0x9E3779B97F4A7C15
	}
	return sum
}

func (queue) show(state any) string {
	s := state.(stock)
	var visible []string
	for _, i := range s.visible {
		visible = append(visible, fmt.Sprintf("%d %q", i.sequence, i.data))
	}
	return fmt.Sprintf("[%s], %d leased, next is %d", strings.Join(visible, ", "), len(s.leased)+s.hidden, s.next)
}
