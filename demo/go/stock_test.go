package main

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	counterv1 "interlock.dev/demo/gen/interlock/counter/v1"
	queuev1 "interlock.dev/demo/gen/interlock/queue/v1"
	rebalancev1 "interlock.dev/demo/gen/interlock/rebalance/v1"
)

// dial connects to the daemon that tests/bindings/test_go.py runs.
func dial(t *testing.T) (context.Context, *grpc.ClientConn) {
	t.Helper()
	target := os.Getenv("INTERLOCK_TARGET")
	if target == "" {
		t.Skip("INTERLOCK_TARGET names no daemon")
	}
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx, connection
}

func must[T any](t *testing.T, reply T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func infoOf(t *testing.T, err error) *errdetails.ErrorInfo {
	t.Helper()
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	t.Fatalf("no ErrorInfo in %v", err)
	return nil
}

func TestQueue(t *testing.T) {
	ctx, connection := dial(t)
	queue := queuev1.NewQueueServiceClient(connection)
	items := []*queuev1.Item{{Data: []byte("one"), Id: "a"}, {Data: []byte("two"), Id: "b"}}
	pushed, err := queue.Push(ctx, &queuev1.PushRequest{Instance: "go", Items: items})
	if got := must(t, pushed, err).GetAccepted(); got != 2 {
		t.Fatalf("accepted %d", got)
	}
	popped, err := queue.Pop(ctx, &queuev1.PopRequest{Instance: "go", MaxItems: 9, LeaseMs: 60_000})
	var receipts []uint64
	for i, item := range must(t, popped, err).GetItems() {
		if item.GetId() != items[i].GetId() || string(item.GetData()) != string(items[i].GetData()) {
			t.Errorf("item %d is %v", i, item)
		}
		receipts = append(receipts, item.GetReceipt())
	}
	acked, err := queue.Ack(ctx, &queuev1.AckRequest{Instance: "go", Receipts: receipts})
	if got := must(t, acked, err).GetAcked(); got != 2 {
		t.Errorf("acked %d", got)
	}
}

func TestSubscribe(t *testing.T) {
	ctx, connection := dial(t)
	queue := queuev1.NewQueueServiceClient(connection)
	stream, err := queue.Subscribe(ctx, &queuev1.SubscribeRequest{Instance: "go-stream", Credit: 1})
	must(t, stream, err)
	item := &queuev1.Item{Data: []byte("sent")}
	_, err = queue.Push(ctx, &queuev1.PushRequest{Instance: "go-stream", Items: []*queuev1.Item{item}})
	must(t, item, err)
	reply, err := stream.Recv()
	if got := must(t, reply, err).GetItems(); len(got) != 1 || string(got[0].GetData()) != "sent" {
		t.Errorf("received %v", got)
	}
}

func TestCounterOnce(t *testing.T) {
	ctx, connection := dial(t)
	counter := counterv1.NewCounterServiceClient(connection)
	request := &counterv1.AddRequest{Instance: "go", Adds: []*counterv1.Addition{{Key: "k", Delta: 3, Once: "x"}}}
	for _, applied := range []bool{true, false} {
		reply, err := counter.Add(ctx, request)
		added := must(t, reply, err).GetValues()[0]
		if added.GetValue() != 3 || added.GetApplied() != applied {
			t.Errorf("added %v, want applied %v", added, applied)
		}
	}
}

func TestMember(t *testing.T) {
	ctx, connection := dial(t)
	m := &member{client: rebalancev1.NewRebalanceServiceClient(connection), name: "go-1"}
	if err := m.join(ctx); err != nil {
		t.Fatal(err)
	}
	if len(m.assigned) != partitions || !slices.IsSorted(m.assigned) {
		t.Errorf("assigned %v", m.assigned)
	}
	if err := m.check(ctx, 3); err != nil {
		t.Errorf("check: %v", err)
	}
	m.generation--
	if err := m.check(ctx, 3); !fenced(err) || status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a stale generation: %v", err)
	}
	if err := m.leave(ctx); err != nil {
		t.Fatal(err)
	}
	if err := m.check(ctx, 3); !fenced(err) {
		t.Errorf("one that left: %v", err)
	}
}

func TestErrorDetails(t *testing.T) {
	ctx, connection := dial(t)
	queue := queuev1.NewQueueServiceClient(connection)
	_, err := queue.Pop(ctx, &queuev1.PopRequest{})
	info := infoOf(t, err)
	if status.Code(err) != codes.InvalidArgument || info.GetReason() != "INSTANCE_MISSING" {
		t.Errorf("no instance: %v, %v", err, info)
	}
	if info.GetDomain() != "interlock" {
		t.Errorf("domain %q", info.GetDomain())
	}
	_, err = queue.Configure(ctx, &queuev1.ConfigureRequest{Instance: "go", CapacityBytes: 1 << 40})
	info = infoOf(t, err)
	if info.GetReason() != "INVALID_PROTO" || info.GetMetadata()["field"] != "capacity_bytes" {
		t.Errorf("too large: %v, %v", err, info)
	}
	_, err = queue.Close(ctx, &queuev1.CloseRequest{Instance: "go-closed"})
	must(t, queue, err)
	_, err = queue.Pop(ctx, &queuev1.PopRequest{Instance: "go-closed", WaitMs: 60_000})
	if reasonOf(err) != reasonClosed {
		t.Errorf("closed: %v", err)
	}
}

func TestDeadline(t *testing.T) {
	ctx, connection := dial(t)
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	queue := queuev1.NewQueueServiceClient(connection)
	_, err := queue.Pop(ctx, &queuev1.PopRequest{Instance: "go-empty", WaitMs: 60_000})
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a wait past the deadline: %v", err)
	}
}
