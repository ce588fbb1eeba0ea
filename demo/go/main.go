// Command demo is a Go consumer of the demo: a plain gRPC client, made of the
// stubs that protoc generates from protos/ and nothing else of Interlock.
//
//	demo HOST:PORT NAME
//
// It says what happens on standard output, one JSON object a line, and ends
// when its standard input does: so it never outlives the demo, however that ends.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	counterv1 "interlock.dev/demo/gen/interlock/counter/v1"
	queuev1 "interlock.dev/demo/gen/interlock/queue/v1"
	rebalancev1 "interlock.dev/demo/gen/interlock/rebalance/v1"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: demo HOST:PORT NAME")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(target, name string) error {
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	c := &consumer{
		queues:   queuev1.NewQueueServiceClient(connection),
		counters: counterv1.NewCounterServiceClient(connection),
		member:   &member{client: rebalancev1.NewRebalanceServiceClient(connection), name: name},
	}
	stop, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return c.run(context.Background(), stop)
}

// event is one line for whoever started the program.
type event struct {
	Event     string `json:"event"`
	Partition uint32 `json:"partition"`
	Items     int    `json:"items"`
	Known     int    `json:"known"`
}

func say(what event) {
	// Nobody reads any more: the demo is over, and standard input says so too.
	_ = json.NewEncoder(os.Stdout).Encode(what)
}
