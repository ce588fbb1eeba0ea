package main

import (
	"context"
	"fmt"
	"time"

	counterv1 "interlock.dev/demo/gen/interlock/counter/v1"
	queuev1 "interlock.dev/demo/gen/interlock/queue/v1"
)

// idle is how long a consumer waits when no partition had anything.
const idle = 50 * time.Millisecond

// consumer leases batches from the partitions that the group gave it, and
// counts their words. demo/consumer.py does the same with the Python binding.
type consumer struct {
	queues   queuev1.QueueServiceClient
	counters counterv1.CounterServiceClient
	member   *member
}

// run works until stop is done, then leaves the group. A batch in hand is
// finished first: calls have deadlines of their own.
func (c *consumer) run(ctx, stop context.Context) error {
	if err := c.member.join(ctx); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	say(event{Event: "joined"})
	for stop.Err() == nil {
		worked, err := c.round(ctx, stop)
		if err != nil {
			return err
		}
		if !worked {
			select {
			case <-stop.Done():
			case <-time.After(idle):
			}
		}
	}
	return c.member.leave(ctx)
}

// round takes one batch of each partition; it tells whether there was one.
func (c *consumer) round(ctx, stop context.Context) (bool, error) {
	worked := false
	if err := c.member.keepUp(ctx); err != nil {
		return false, fmt.Errorf("heartbeat: %w", err)
	}
	for _, partition := range c.member.assigned {
		if err := c.member.keepUp(ctx); err != nil {
			return false, fmt.Errorf("heartbeat: %w", err)
		}
		if stop.Err() != nil || !c.member.has(partition) {
			continue
		}
		found, err := c.workOn(ctx, partition)
		if err != nil {
			return false, fmt.Errorf("%s: %w", queueName(partition), err)
		}
		worked = worked || found
	}
	return worked, nil
}

func (c *consumer) workOn(ctx context.Context, partition uint32) (bool, error) {
	items, err := c.pop(ctx, partition)
	if reasonOf(err) == reasonClosed {
		return false, nil // nothing left, and nothing comes
	}
	if err != nil || len(items) == 0 {
		return false, err
	}
	if err := c.member.check(ctx, partition); fenced(err) {
		// Another's by now. Counting it would do no harm, but it is not ours to do.
		return false, c.giveBack(ctx, partition, items)
	} else if err != nil {
		return false, err
	}
	known, err := c.add(ctx, items)
	if err != nil {
		return false, err
	}
	if again := redelivered(items); again > 0 {
		say(event{Event: "again", Partition: partition, Items: again, Known: known})
	}
	return true, c.ack(ctx, partition, items)
}

func (c *consumer) pop(ctx context.Context, partition uint32) ([]*queuev1.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	reply, err := c.queues.Pop(ctx, &queuev1.PopRequest{
		Instance: queueName(partition), MaxItems: batch, LeaseMs: milliseconds(lease),
	})
	return reply.GetItems(), err
}

// add adds the words of a batch and returns how many additions were known.
func (c *consumer) add(ctx context.Context, items []*queuev1.Delivery) (int, error) {
	var adds [shards][]*counterv1.Addition
	for _, item := range items {
		for shard, more := range additions(item.GetId(), count(item.GetData())) {
			adds[shard] = append(adds[shard], more...)
		}
	}
	known := 0
	for shard, left := range adds {
		for len(left) > 0 {
			part := left[:min(len(left), mostAdds)]
			left = left[len(part):]
			found, err := c.addTo(ctx, shard, part)
			if err != nil {
				return 0, err
			}
			known += found
		}
	}
	return known, nil
}

func (c *consumer) addTo(ctx context.Context, shard int, adds []*counterv1.Addition) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	reply, err := c.counters.Add(ctx, &counterv1.AddRequest{Instance: shardName(shard), Adds: adds})
	known := 0
	for _, added := range reply.GetValues() {
		if !added.GetApplied() {
			known++
		}
	}
	return known, err
}

// ack ends the leases one by one: the calls of Ack in /metrics are then the
// items, by language. A lease that ran out meanwhile is no failure: somebody
// gets the item again, and adds nothing.
func (c *consumer) ack(ctx context.Context, partition uint32, items []*queuev1.Delivery) error {
	for _, item := range items {
		ctx, cancel := context.WithTimeout(ctx, grace)
		_, err := c.queues.Ack(ctx, &queuev1.AckRequest{
			Instance: queueName(partition), Receipts: []uint64{item.GetReceipt()},
		})
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *consumer) giveBack(ctx context.Context, partition uint32, items []*queuev1.Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	request := &queuev1.NackRequest{Instance: queueName(partition)}
	for _, item := range items {
		request.Receipts = append(request.Receipts, item.GetReceipt())
	}
	_, err := c.queues.Nack(ctx, request)
	return err
}

func redelivered(items []*queuev1.Delivery) int {
	again := 0
	for _, item := range items {
		if item.GetAttempt() > 1 {
			again++
		}
	}
	return again
}
