package main

import (
	"encoding/json"
	"maps"
	"os"
	"testing"
)

// The same cases are tested in Python, by tests/demo/test_words.py.
func TestCount(t *testing.T) {
	data, err := os.ReadFile("testdata/words.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string][2]json.RawMessage
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for name, pair := range cases {
		t.Run(name, func(t *testing.T) {
			var text string
			var want map[string]int64
			if err := json.Unmarshal(pair[0], &text); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(pair[1], &want); err != nil {
				t.Fatal(err)
			}
			if got := count([]byte(text)); !maps.Equal(got, want) {
				t.Errorf("count(%q) = %v, want %v", text, got, want)
			}
		})
	}
}

func TestShardOf(t *testing.T) {
	// CRC-32 of "123456789" is 0xCBF43926, its check value.
	if got := shardOf("123456789"); got != 0xCBF43926%shards {
		t.Errorf("shardOf = %d", got)
	}
}
