package main

import (
	"fmt"
	"maps"
)

func (s crew) beat(ask *heartbeatRequest, answer any) (crew, string) {
	_, there := s.members[ask.Member]
	if !there {
		return s, differs(answer, reason("UNKNOWN_MEMBER"))
	}
	response, answered := answer.(*heartbeatResponse)
	if !answered {
		return s, differs(answer, "a state")
	}
	if response.State == "GROUP_STATE_STABLE" && response.Generation != ask.Generation {
		return s, "a member of another generation is told to join again"
	}
	return s.reach(response.Generation)
}

// check is the fence. What it lets through is the member's for sure from then on, until the
// member gives it up.
func (s crew) check(ask *checkRequest, answer any) (crew, string) {
	wanted := spotsOf(ask.Partitions)
	if answer == nil {
		return s, ""
	}
	if refused, is := answer.(reason); is {
		return s, s.mayRefuse(ask, wanted, refused)
	}
	s, why := s.reach(ask.Generation)
	if why != "" {
		return s, why
	}
	m, there := s.members[ask.Member]
	if !there || m.fresh {
		return s, fmt.Sprintf("%s is not part of generation %d", ask.Member, s.generation)
	}
	if m.may != nil && !wanted.within(m.may) {
		return s, fmt.Sprintf("%s was assigned %v, no more", ask.Member, m.may.sorted())
	}
	if why := s.objection(ask.Member, wanted); why != "" {
		return s, why
	}
	m.sure = maps.Clone(m.sure)
	maps.Copy(m.sure, wanted)
	return s.with(ask.Member, m), ""
}

// mayRefuse says why the fence would let a member through that was told FENCED.
func (s crew) mayRefuse(ask *checkRequest, wanted spots, refused reason) string {
	if refused != "FENCED" {
		return fmt.Sprintf("the fence does not answer %s", refused)
	}
	m, there := s.members[ask.Member]
	if s.passed || !there || m.fresh || m.may == nil || ask.Generation != s.generation || !wanted.within(m.sure) {
		return ""
	}
	return fmt.Sprintf("%s has %v in generation %d", ask.Member, m.sure.sorted(), s.generation)
}

func (s crew) describe(answer any) (crew, string) {
	response, answered := answer.(*describeResponse)
	if !answered {
		return s, differs(answer, "the group")
	}
	s, why := s.reach(response.Generation)
	if why != "" {
		return s, why
	}
	if len(response.Members) != len(s.members) {
		return s, fmt.Sprintf("the group has %d members", len(s.members))
	}
	all := spots{}
	for _, one := range response.Members {
		m, there := s.members[one.Name]
		assigned := spotsOf(one.Assigned)
		if !there || !m.sure.within(assigned) || m.may != nil && !assigned.within(m.may) || all.meets(assigned) {
			return s, fmt.Sprintf("%s has %v of %v", one.Name, m.sure.sorted(), m.may.sorted())
		}
		maps.Copy(all, assigned)
	}
	return s, ""
}
