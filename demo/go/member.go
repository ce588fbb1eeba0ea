package main

import (
	"context"
	"slices"
	"time"

	rebalancev1 "interlock.dev/demo/gen/interlock/rebalance/v1"
)

// grace is how much longer than a call may wait in the module its deadline is.
const grace = 10 * time.Second

// member is this program's place in the group. It is used by one goroutine,
// between batches: so nothing is revoked while a batch of it is in hand.
type member struct {
	client     rebalancev1.RebalanceServiceClient
	name       string
	generation uint64
	assigned   []uint32
	beatAt     time.Time
}

func (m *member) has(partition uint32) bool { return slices.Contains(m.assigned, partition) }

// join enters the group, or answers a rebalance. What the group asks back is
// given up by joining again without it.
func (m *member) join(ctx context.Context) error {
	for {
		reply, err := m.askToJoin(ctx)
		if reasonOf(err) == reasonUnknownMember {
			m.assigned = nil // dropped while the call was parked: all may be another's
			continue
		}
		if err != nil {
			return err
		}
		m.generation = reply.GetGeneration()
		m.assigned = numbers(reply.GetAssigned())
		m.beatAt = time.Now().Add(min(session, rebalance) / 3)
		if len(reply.GetRevoke()) == 0 {
			return nil
		}
	}
}

func (m *member) askToJoin(ctx context.Context) (*rebalancev1.JoinResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, rebalance+grace)
	defer cancel()
	return m.client.Join(ctx, &rebalancev1.JoinRequest{
		Instance:    group,
		Member:      m.name,
		Topics:      []*rebalancev1.Topic{{Name: topic, Partitions: partitions}},
		Owned:       listed(m.assigned),
		SessionMs:   milliseconds(session),
		RebalanceMs: milliseconds(rebalance),
	})
}

// keepUp says that the member lives, when that is due, and joins again where
// the group asks for it.
func (m *member) keepUp(ctx context.Context) error {
	if time.Now().Before(m.beatAt) {
		return nil
	}
	m.beatAt = time.Now().Add(min(session, rebalance) / 3)
	reply, err := m.beat(ctx)
	if fenced(err) {
		m.assigned = nil
		return m.join(ctx)
	} else if err != nil {
		return err
	}
	stable := reply.GetState() == rebalancev1.GroupState_GROUP_STATE_STABLE
	if stable && reply.GetGeneration() == m.generation {
		return nil
	}
	time.Sleep(time.Duration(reply.GetBackoffMs()) * time.Millisecond)
	return m.join(ctx)
}

func (m *member) beat(ctx context.Context) (*rebalancev1.HeartbeatResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	return m.client.Heartbeat(ctx, &rebalancev1.HeartbeatRequest{
		Instance: group, Member: m.name, Generation: m.generation,
	})
}

// check returns an error unless the member may still act for a partition.
func (m *member) check(ctx context.Context, partition uint32) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	_, err := m.client.CheckGeneration(ctx, &rebalancev1.CheckGenerationRequest{
		Instance: group, Member: m.name, Generation: m.generation, Partitions: listed([]uint32{partition}),
	})
	return err
}

func (m *member) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	_, err := m.client.Leave(ctx, &rebalancev1.LeaveRequest{Instance: group, Member: m.name})
	if reasonOf(err) == reasonUnknownMember {
		return nil // dropped already
	}
	return err
}

func listed(partitions []uint32) []*rebalancev1.TopicPartitions {
	if len(partitions) == 0 {
		return nil
	}
	return []*rebalancev1.TopicPartitions{{Topic: topic, Partitions: partitions}}
}

func numbers(listed []*rebalancev1.TopicPartitions) []uint32 {
	var found []uint32
	for _, one := range listed {
		found = append(found, one.GetPartitions()...)
	}
	return found
}
