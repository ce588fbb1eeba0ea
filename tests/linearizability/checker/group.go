package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// group is interlock.rebalance.v1.RebalanceService, as far as it is one object that acts at one
// moment: members come and go, generations follow one another, and the fence lets through whom
// the latest complete one assigned. Who gets what within a generation is left open (any share
// that gives no partition to two), and so is what time does: sessions and rebalances must
// outlive the history.
//
// A Join acts twice: when it comes, the member gives up what it does not claim; when it is
// answered, a generation is complete. So it is two operations over the same interval, the
// second of which needs the first.
type group struct{}

type (
	topicPartitions struct {
		Topic      string   `json:"topic"`
		Partitions []uint32 `json:"partitions"`
	}
	joinRequest struct {
		Member string            `json:"member"`
		Owned  []topicPartitions `json:"owned"`
	}
	joinResponse struct {
		Generation uint64            `json:"generation,string"`
		Assigned   []topicPartitions `json:"assigned"`
		Revoke     []topicPartitions `json:"revoke"`
	}
	heartbeatRequest struct {
		Member     string `json:"member"`
		Generation uint64 `json:"generation,string"`
	}
	heartbeatResponse struct {
		State      string `json:"state"`
		Generation uint64 `json:"generation,string"`
	}
	leaveRequest struct {
		Member string `json:"member"`
	}
	leaveResponse struct{}
	checkRequest  struct {
		Member     string            `json:"member"`
		Generation uint64            `json:"generation,string"`
		Partitions []topicPartitions `json:"partitions"`
	}
	checkResponse    struct{}
	describeRequest  struct{}
	describeResponse struct {
		Generation uint64 `json:"generation,string"`
		Members    []struct {
			Name     string            `json:"name"`
			Assigned []topicPartitions `json:"assigned"`
		} `json:"members"`
	}
)

func (group) messages(method string) (ask, answer any) {
	switch method {
	case "Join":
		return &joinRequest{}, &joinResponse{}
	case "Heartbeat":
		return &heartbeatRequest{}, &heartbeatResponse{}
	case "Leave":
		return &leaveRequest{}, &leaveResponse{}
	case "CheckGeneration":
		return &checkRequest{}, &checkResponse{}
	case "Describe":
		return &describeRequest{}, &describeResponse{}
	}
	return nil, nil
}

func (group) reads(c *call) bool {
	return c.Method == "Heartbeat" || c.Method == "CheckGeneration" || c.Method == "Describe"
}

func (group) refuse(*call) string                                   { return "" }
func (group) parts(h []porcupine.Operation) [][]porcupine.Operation { return byInstance(h) }
func (group) start() any                                            { return crew{} }

func (group) expand(o porcupine.Operation) []porcupine.Operation {
	if _, joins := o.Input.(*call).ask.(*joinRequest); joins {
		return twice(o)
	}
	return alone(o)
}

func (group) step(state any, c *call, answer any) (any, string) {
	s := state.(crew)
	switch ask := c.ask.(type) {
	case *joinRequest:
		if !c.second {
			return s.begin(c, ask), ""
		}
		return s.join(c, ask, answer)
	case *heartbeatRequest:
		return s.beat(ask, answer)
	case *leaveRequest:
		return s.leave(ask, answer)
	case *checkRequest:
		return s.check(ask, answer)
	default:
		return s.describe(answer)
	}
}

func (group) equal(a, b any) bool {
	one, other := a.(crew), b.(crew)
	return one.generation == other.generation && one.passed == other.passed &&
		maps.EqualFunc(one.members, other.members, member.equal) &&
		maps.EqualFunc(one.kept, other.kept, maps.Equal)
}

func (group) hash(state any) uint64 {
	s := state.(crew)
	sum := s.generation << 16
	for name, m := range s.members {
		sum += uint64(len(name)) + uint64(len(m.sure))<<4 + uint64(len(m.parked))<<10
	}
	return sum
}

func (group) show(state any) string {
	s := state.(crew)
	var members []string
	for _, name := range slices.Sorted(maps.Keys(s.members)) {
		m := s.members[name]
		may := "what nobody saw"
		if m.may != nil {
			may = fmt.Sprint(m.may.sorted())
		}
		members = append(members, fmt.Sprintf("%s has %v of %s, %d parked", name, m.sure.sorted(), may, len(m.parked)))
	}
	later := ""
	if s.passed {
		later = " or later"
	}
	return fmt.Sprintf("generation %d%s: %s", s.generation, later, strings.Join(members, "; "))
}
