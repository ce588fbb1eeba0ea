package main

import "testing"

func TestGroup(t *testing.T) {
	const both = `
		1 0 9 Join {"member":"a"} {"generation":"1","assigned":[{"topic":"t","partitions":[0]}]}
		2 0 9 Join {"member":"b"} {"generation":"1","assigned":[{"topic":"t","partitions":[1]}]}`
	run(t, group{}, []planted{
		{"two members", true, both + `
			1 10 11 CheckGeneration {"member":"a","generation":"1","partitions":[{"topic":"t","partitions":[0]}]} {}
			1 10 11 CheckGeneration {"member":"a","generation":"1","partitions":[{"topic":"t","partitions":[1]}]} FENCED
			1 12 13 Heartbeat {"member":"a","generation":"1"} {"state":"GROUP_STATE_STABLE","generation":"1"}
			1 14 15 Leave {"member":"a"} {}
			1 16 17 CheckGeneration {"member":"a","generation":"1","partitions":[{"topic":"t","partitions":[0]}]} FENCED
			1 18 19 Leave {"member":"a"} UNKNOWN_MEMBER
			2 20 21 CheckGeneration {"member":"b","generation":"1","partitions":[{"topic":"t","partitions":[1]}]} {}`},
		{"what is given up moves one generation later", true, `
			1 0 9 Join {"member":"a"} {"generation":"1","assigned":[{"topic":"t","partitions":[0,1]}]}
			2 10 30 Join {"member":"b"} {"generation":"2"}
			1 20 30 Join {"member":"a","owned":[{"topic":"t","partitions":[0,1]}]} {"generation":"2","assigned":[{"topic":"t","partitions":[0]}],"revoke":[{"topic":"t","partitions":[1]}]}
			1 31 40 Join {"member":"a","owned":[{"topic":"t","partitions":[0]}]} {"generation":"3","assigned":[{"topic":"t","partitions":[0]}]}
			2 31 40 Join {"member":"b"} {"generation":"3","assigned":[{"topic":"t","partitions":[1]}]}
			1 41 42 Describe {} {"generation":"3","members":[{"name":"a","assigned":[{"topic":"t","partitions":[0]}]},{"name":"b","assigned":[{"topic":"t","partitions":[1]}]}]}`},
		{"a join nobody saw completes a generation", true, both + `
			1 10 11 Join {"member":"a"} ?
			2 10 12 Join {"member":"b"} ?
			2 20 21 CheckGeneration {"member":"b","generation":"1","partitions":[{"topic":"t","partitions":[1]}]} FENCED
			2 22 23 Heartbeat {"member":"b","generation":"2"} {"state":"GROUP_STATE_STABLE","generation":"2"}`},
		{"one partition, two members", false, `
			1 0 9 Join {"member":"a"} {"generation":"1","assigned":[{"topic":"t","partitions":[0]}]}
			2 0 9 Join {"member":"b"} {"generation":"1","assigned":[{"topic":"t","partitions":[0]}]}`},
		{"assigned before it was given up", false, `
			1 0 9 Join {"member":"a"} {"generation":"1","assigned":[{"topic":"t","partitions":[0,1]}]}
			2 10 30 Join {"member":"b"} {"generation":"2","assigned":[{"topic":"t","partitions":[1]}]}
			1 20 30 Join {"member":"a","owned":[{"topic":"t","partitions":[0,1]}]} {"generation":"2","assigned":[{"topic":"t","partitions":[0]}],"revoke":[{"topic":"t","partitions":[1]}]}`},
		{"complete without a member", false, both + `
			1 10 11 Join {"member":"a"} {"generation":"2","assigned":[{"topic":"t","partitions":[0]}]}`},
		{"stale read", false, both + `
			1 10 11 Heartbeat {"member":"a","generation":"1"} {"state":"GROUP_STATE_STABLE","generation":"0"}`},
		{"a generation forgotten", false, both + `
			1 10 11 CheckGeneration {"member":"a","generation":"1","partitions":[{"topic":"t","partitions":[0]}]} FENCED`},
		{"a member forgotten", false, both + `
			1 10 11 Heartbeat {"member":"a","generation":"1"} UNKNOWN_MEMBER`},
		{"a stale member commits", false, both + `
			1 10 19 Join {"member":"a"} {"generation":"2","assigned":[{"topic":"t","partitions":[0]}]}
			2 10 19 Join {"member":"b"} {"generation":"2","assigned":[{"topic":"t","partitions":[1]}]}
			1 20 21 CheckGeneration {"member":"a","generation":"1","partitions":[{"topic":"t","partitions":[0]}]} {}`},
		{"a member commits what it left", false, both + `
			1 10 11 Leave {"member":"a"} {}
			1 12 13 CheckGeneration {"member":"a","generation":"1","partitions":[{"topic":"t","partitions":[0]}]} {}`},
		{"one generation, two assignments", false, `
			1 0 9 Join {"member":"a"} {"generation":"1","assigned":[{"topic":"t","partitions":[0]}]}
			1 10 11 Join {"member":"a"} {"generation":"1","assigned":[{"topic":"t","partitions":[1]}]}`},
		{"double apply", false, `
			1 0 9 Join {"member":"a"} {"generation":"1","assigned":[{"topic":"t","partitions":[0]}]}
			1 10 11 Leave {"member":"a"} {}
			2 20 21 Join {"member":"b"} {"generation":"4","assigned":[{"topic":"t","partitions":[0]}]}`},
	})
}
