package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// planted is a small history and what is to be found in it. Each line is "client began ended
// method request answer", where the answer is JSON, an error's reason, or "?".
type planted struct {
	name    string
	right   bool
	history string
}

// lines returns the history as a recorder would write it; its calls name one instance.
func (p planted) lines(t *testing.T) []byte {
	t.Helper()
	var written bytes.Buffer
	for text := range strings.Lines(strings.TrimSpace(p.history)) {
		var r record
		var ask, answer string
		text = strings.TrimSpace(text)
		if _, err := fmt.Sscan(text, &r.Client, &r.Began, &r.Ended, &r.Method, &ask, &answer); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		r.Ask = json.RawMessage(ask)
		switch {
		case answer == "?":
		case strings.HasPrefix(answer, "{"):
			r.Answer = json.RawMessage(answer)
		default:
			r.Error = answer
		}
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		written.Write(append(line, '\n'))
	}
	return written.Bytes()
}

func run(t *testing.T, of spec, cases []planted) {
	t.Helper()
	for _, p := range cases {
		t.Run(p.name, func(t *testing.T) {
			history, err := read(bytes.NewReader(p.lines(t)), of)
			if err != nil {
				t.Fatal(err)
			}
			right := true
			for _, part := range of.parts(history) {
				if porcupine.CheckOperationsTimeout(model(of), part, time.Minute) == porcupine.Illegal {
					right = false
					t.Log(explain(part, of))
				}
			}
			if right != p.right {
				t.Errorf("right: %v, want %v", right, p.right)
			}
		})
	}
}

func TestCounter(t *testing.T) {
	run(t, counter{}, []planted{
		{"in turn", true, `
			1 0 1 Add {"adds":[{"key":"k","delta":"2"}]} {"values":[{"key":"k","value":"2","applied":true}]}
			2 2 3 Get {"keys":["k"]} {"values":[{"key":"k","value":"2"}]}
			1 4 5 CompareAndSet {"key":"k","expected":"2","value":"9"} {"swapped":true,"value":"9"}
			2 6 7 Reset {"keys":["k","other"]} {"reset":"1"}
			2 8 9 Wait {"key":"k","at_most":"0"} {"value":"0","reached":true}`},
		{"at the same time", true, `
			1 0 9 Add {"adds":[{"key":"k","delta":"1"}]} {"values":[{"key":"k","value":"2","applied":true}]}
			2 1 8 Add {"adds":[{"key":"k","delta":"1"}]} {"values":[{"key":"k","value":"1","applied":true}]}
			3 2 7 Get {"keys":["k"]} {"values":[{"key":"k","value":"1"}]}`},
		{"an addition nobody saw, seen later", true, `
			1 0 1 Add {"adds":[{"key":"k","delta":"1"}]} ?
			2 5 6 Get {"keys":["k"]} {"values":[{"key":"k","value":"0"}]}
			2 7 8 Get {"keys":["k"]} {"values":[{"key":"k","value":"1"}]}`},
		{"stale read", false, `
			1 0 1 Add {"adds":[{"key":"k","delta":"1"}]} {"values":[{"key":"k","value":"1","applied":true}]}
			2 2 3 Get {"keys":["k"]} {"values":[{"key":"k","value":"0"}]}`},
		{"an addition seen, and unseen again", false, `
			1 0 9 Add {"adds":[{"key":"k","delta":"1"}]} ?
			2 1 2 Get {"keys":["k"]} {"values":[{"key":"k","value":"1"}]}
			2 3 4 Get {"keys":["k"]} {"values":[{"key":"k","value":"0"}]}`},
		{"lost addition", false, `
			1 0 1 Add {"adds":[{"key":"k","delta":"1"}]} {"values":[{"key":"k","value":"1","applied":true}]}
			2 2 3 Add {"adds":[{"key":"k","delta":"1"}]} {"values":[{"key":"k","value":"1","applied":true}]}`},
		{"double apply", false, `
			1 0 1 Add {"adds":[{"key":"k","delta":"1"}]} ?
			2 2 3 Get {"keys":["k"]} {"values":[{"key":"k","value":"2"}]}`},
		{"an id applied twice", false, `
			1 0 1 Add {"adds":[{"key":"k","delta":"1","once":"x"}]} {"values":[{"key":"k","value":"1","applied":true}]}
			1 2 3 Add {"adds":[{"key":"k","delta":"1","once":"x"}]} {"values":[{"key":"k","value":"2","applied":true}]}`},
		{"half of an addition", false, `
			1 0 9 Add {"adds":[{"key":"a","delta":"1"},{"key":"b","delta":"1"}]} ?
			2 1 2 Get {"keys":["a","b"]} {"values":[{"key":"a","value":"1"},{"key":"b","value":"0"}]}`},
		{"two swaps of one value", false, `
			1 0 9 CompareAndSet {"key":"k","expected":"0","value":"1"} {"swapped":true,"value":"1"}
			2 0 9 CompareAndSet {"key":"k","expected":"0","value":"2"} {"swapped":true,"value":"2"}`},
		{"a swap that should have been", false, `
			1 0 9 CompareAndSet {"key":"k","expected":"0","value":"1"} {"swapped":false,"value":"0"}`},
		{"an overflow that is none", false, `
			1 0 1 Add {"adds":[{"key":"k","delta":"1"}]} OVERFLOW`},
		{"overflow", true, `
			1 0 1 Add {"adds":[{"key":"k","delta":"9223372036854775807"}]} ?
			1 2 3 Add {"adds":[{"key":"k","delta":"1"}]} OVERFLOW`},
	})
}

func TestQueue(t *testing.T) {
	const one = `{"sequence":"1","data":"YQ==","id":"","receipt":"8","attempt":1}`
	const push = `Push {"items":[{"data":"YQ=="}]} {"accepted":1,"first_sequence":"1"}`
	run(t, queue{}, []planted{
		{"in turn", true, `
			1 0 1 ` + push + `
			2 2 3 Stats {} {"depth":"1","leased":"0"}
			2 4 5 Pop {"lease_ms":9} {"items":[` + one + `]}
			2 6 7 Nack {"receipts":["8"]} {"nacked":1}
			2 8 9 Pop {"max_items":7} {"items":[{"sequence":"1","data":"YQ==","receipt":"0","attempt":2}]}
			2 10 11 Ack {"receipts":["8"]} {"acked":0,"unknown":["8"]}`},
		{"a pop that waits", true, `
			2 0 9 Pop {"wait_ms":9} {"items":[{"sequence":"1","data":"YQ==","receipt":"0","attempt":1}]}
			1 5 8 ` + push},
		{"a push that waits for room", true, `
			1 0 1 Configure {"max_items":"1"} {}
			1 2 3 ` + push + `
			1 4 9 Push {"items":[{"data":"YQ=="}],"wait_ms":9} {"accepted":1,"first_sequence":"2"}
			2 5 8 Pop {} {"items":[{"sequence":"1","data":"YQ==","receipt":"0","attempt":1}]}`},
		{"a pop nobody saw", true, `
			1 0 1 ` + push + `
			2 2 3 Pop {"lease_ms":9} ?
			2 4 5 Pop {} {}
			2 6 7 Stats {} {"depth":"0","leased":"1"}`},
		{"an ack that lets a push in, whose item the same pop takes", true, `
			1 0 1 Configure {"max_items":"1"} {}
			1 2 3 ` + push + `
			2 4 5 Pop {"lease_ms":9} {"items":[` + one + `]}
			1 6 20 Push {"items":[{"data":"YQ=="}],"wait_ms":9} {"accepted":1,"first_sequence":"2"}
			2 8 9 Pop {"ack":["8"]} {"items":[{"sequence":"2","data":"YQ==","receipt":"0","attempt":1}]}`},
		{"popped by the pop that acknowledged it", false, `
			1 0 1 ` + push + `
			2 4 5 Pop {"lease_ms":9} {"items":[` + one + `]}
			2 8 9 Pop {"ack":["8"]} {"items":[{"sequence":"1","data":"YQ==","receipt":"0","attempt":2}]}`},
		{"lost push", false, `
			1 0 1 ` + push + `
			2 2 3 Pop {} {}`},
		{"lost push, lower sequence", false, `
			1 0 1 ` + push + `
			1 2 3 ` + push},
		{"duplicate pop", false, `
			1 0 1 ` + push + `
			2 2 9 Pop {"lease_ms":9} {"items":[` + one + `]}
			3 2 9 Pop {"lease_ms":9} {"items":[` + one + `]}`},
		{"popped after its ack", false, `
			1 0 1 ` + push + `
			2 2 3 Pop {"lease_ms":9} {"items":[` + one + `]}
			2 4 5 Ack {"receipts":["8"]} {"acked":1}
			2 6 7 Pop {} {"items":[{"sequence":"1","data":"YQ==","receipt":"0","attempt":2}]}`},
		{"lost ack", false, `
			1 0 1 ` + push + `
			2 2 3 Pop {"lease_ms":9} {"items":[` + one + `]}
			2 4 5 Ack {"receipts":["8"]} {"acked":1}
			2 6 7 Stats {} {"depth":"0","leased":"1"}`},
		{"double apply", false, `
			1 0 1 Push {"items":[{"data":"YQ=="}]} ?
			2 2 3 Stats {} {"depth":"2","leased":"0"}`},
		{"an id added twice", false, `
			1 0 1 Push {"items":[{"data":"YQ==","id":"x"}]} {"accepted":1,"first_sequence":"1"}
			1 2 3 Push {"items":[{"data":"YQ==","id":"x"}]} {"accepted":1,"first_sequence":"2"}`},
		{"out of order", false, `
			1 0 1 ` + push + `
			1 2 3 Push {"items":[{"data":"Yg=="}]} {"accepted":1,"first_sequence":"2"}
			2 4 5 Pop {} {"items":[{"sequence":"2","data":"Yg==","receipt":"0","attempt":1}]}`},
		{"more than it may hold", false, `
			1 0 1 Configure {"max_items":"1"} {}
			1 2 3 ` + push + `
			1 4 5 Push {"items":[{"data":"YQ=="}]} {"accepted":1,"first_sequence":"2"}`},
		{"refused though there is room", false, `
			1 0 1 Push {"items":[{"data":"YQ=="}]} {"accepted":0}`},
		{"stale read", false, `
			1 0 1 ` + push + `
			2 2 3 Stats {} {"depth":"0","leased":"0"}`},
	})
}

func TestPicture(t *testing.T) {
	p := planted{history: `
		1 0 1 Add {"adds":[{"key":"k","delta":"1"}]} {"values":[{"key":"k","value":"1","applied":true}]}
		2 2 3 Get {"keys":["k"]} {"values":[{"key":"k","value":"0"}]}`}
	history, err := read(bytes.NewReader(p.lines(t)), counter{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wrong.html")
	if code := judge(history, counter{}, time.Minute, path); code != exitWrong {
		t.Errorf("code %d", code)
	}
	if drawn, err := os.ReadFile(path); err != nil || !bytes.Contains(drawn, []byte("<html")) {
		t.Errorf("no picture: %v", err)
	}
}
