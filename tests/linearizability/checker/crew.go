package main

import (
	"fmt"
	"maps"
	"slices"
)

// crew is the state of a group, as far as answers tell it. Steps copy what they change.
type crew struct {
	// generation is the latest complete one that the history knows of.
	generation uint64
	// passed: a later generation may be complete, whose answers all went unseen.
	passed  bool
	members map[string]member
	// kept is what members still worked on when the generation was completed, by member: nobody
	// else may be assigned it in that generation.
	kept map[string]spots
}

// member is what is known of one: `sure` ⊆ what the fence lets it through for ⊆ `may`.
type member struct {
	sure spots
	// may is nil where its assignment in this generation was not seen.
	may spots
	// claims is what the last Join says that it works on.
	claims spots
	// parked are its Joins without an answer, by when they began.
	parked map[int64]bool
	// fresh: it was not part of a complete generation.
	fresh bool
}

// spots is a set of partitions, each written as topic and number.
type spots map[string]bool

func spotsOf(lists []topicPartitions) spots {
	all := spots{}
	for _, list := range lists {
		for _, number := range list.Partitions {
			all[fmt.Sprintf("%s/%d", list.Topic, number)] = true
		}
	}
	return all
}

func (s spots) sorted() []string { return slices.Sorted(maps.Keys(s)) }

func (s spots) within(other spots) bool {
	for spot := range s {
		if !other[spot] {
			return false
		}
	}
	return true
}

// and returns what is in both.
func (s spots) and(other spots) spots {
	both := spots{}
	for spot := range s {
		if other[spot] {
			both[spot] = true
		}
	}
	return both
}

func (s spots) meets(other spots) bool { return len(s.and(other)) > 0 }

func (m member) equal(other member) bool {
	return m.fresh == other.fresh && (m.may == nil) == (other.may == nil) && maps.Equal(m.sure, other.sure) &&
		maps.Equal(m.may, other.may) && maps.Equal(m.claims, other.claims) && maps.Equal(m.parked, other.parked)
}

// with returns a crew in which one member is changed.
func (s crew) with(name string, m member) crew {
	s.members = maps.Clone(s.members)
	if s.members == nil {
		s.members = map[string]member{}
	}
	s.members[name] = m
	return s
}

// begin is a Join's first moment: what the member does not claim, it has given up.
func (s crew) begin(c *call, ask *joinRequest) crew {
	m, known := s.members[ask.Member]
	if !known {
		m = member{fresh: true, may: spots{}}
	}
	// A group that is stable answers at once, and takes nothing away: `may` stays.
	m.claims = spotsOf(ask.Owned)
	m.sure = m.sure.and(m.claims)
	m.parked = maps.Clone(m.parked)
	if m.parked == nil {
		m.parked = map[int64]bool{}
	}
	m.parked[c.Began] = true
	return s.with(ask.Member, m)
}

// complete goes on to a generation whose assignment is not known yet.
func (s crew) complete(generation uint64) crew {
	before := s
	s.generation, s.passed = generation, false
	s.members, s.kept = map[string]member{}, map[string]spots{}
	for name, m := range before.members {
		s.kept[name] = m.sure.and(m.claims)
		m.fresh, m.sure, m.may = false, spots{}, nil
		s.members[name] = m
	}
	if before.passed || generation > before.generation+1 {
		s.kept = nil // what happened in between is not known
	}
	return s
}

// missing returns the members that hinder a generation from being complete.
func (s crew) missing() []string {
	var names []string
	for name, m := range s.members {
		if len(m.parked) == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// reach brings the crew to the generation of an answer, or says why no group can be there.
func (s crew) reach(generation uint64) (crew, string) {
	switch {
	case generation == s.generation:
		s.passed = false
		return s, ""
	case generation < s.generation:
		return s, fmt.Sprintf("generation %d is complete", s.generation)
	case !s.passed && generation > s.generation+1:
		return s, fmt.Sprintf("generation %d would be next", s.generation+1)
	case !s.passed && len(s.missing()) > 0:
		return s, fmt.Sprintf("generation %d waits for %v", generation, s.missing())
	}
	return s.complete(generation), ""
}

// join is a Join's second moment: its answer.
func (s crew) join(c *call, ask *joinRequest, answer any) (crew, string) {
	if !s.members[ask.Member].parked[c.Began] {
		return s, "its Join did not begin"
	}
	response, answered := answer.(*joinResponse)
	if !answered {
		if answer != nil {
			return s, differs(answer, "a generation")
		}
		s.passed = s.passed || len(s.missing()) == 0
		return s, ""
	}
	s, why := s.reach(response.Generation)
	if why != "" {
		return s, why
	}
	m := s.members[ask.Member]
	assigned := spotsOf(response.Assigned)
	if why := s.objection(ask.Member, assigned); why != "" {
		return s, why
	}
	if m.may != nil && !maps.Equal(m.may, assigned) {
		return s, fmt.Sprintf("%s was assigned %v in generation %d", ask.Member, m.may.sorted(), s.generation)
	}
	m.parked = maps.Clone(m.parked)
	delete(m.parked, c.Began)
	m.sure, m.may = assigned, assigned
	return s.with(ask.Member, m), ""
}

// objection says why a member cannot be assigned some partitions in this generation.
func (s crew) objection(name string, assigned spots) string {
	for other, m := range s.members {
		if other != name && m.sure.meets(assigned) {
			return fmt.Sprintf("%s has %v", other, m.sure.and(assigned).sorted())
		}
	}
	for other, kept := range s.kept {
		if _, there := s.members[other]; there && other != name && kept.meets(assigned) {
			return fmt.Sprintf("%s still works on %v", other, kept.and(assigned).sorted())
		}
	}
	return ""
}

func (s crew) leave(ask *leaveRequest, answer any) (crew, string) {
	_, there := s.members[ask.Member]
	if !there {
		return s, differs(answer, reason("UNKNOWN_MEMBER"))
	}
	if refused, is := answer.(reason); is {
		return s, fmt.Sprintf("%s is in the group: no %s", ask.Member, refused)
	}
	s.members = maps.Clone(s.members)
	delete(s.members, ask.Member)
	if len(s.members) == 0 {
		empty := s.complete(s.generation + 1) // a group that runs empty completes one too
		empty.passed = s.passed
		return empty, ""
	}
	return s, ""
}
