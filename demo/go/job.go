package main

import (
	"fmt"
	"hash/crc32"
	"time"

	counterv1 "interlock.dev/demo/gen/interlock/counter/v1"
)

// The job's names and numbers, as in demo/job.py.
const (
	group      = "words"
	topic      = "lines"
	partitions = 12
	shards     = 8
	batch      = 16  // items of one Pop
	mostAdds   = 512 // additions of one Add
	lease      = 3 * time.Second
	session    = 3 * time.Second
	rebalance  = 3 * time.Second
)

func queueName(partition uint32) string { return fmt.Sprintf("%s-%d", topic, partition) }

func shardName(shard int) string { return fmt.Sprintf("words-%d", shard) }

func shardOf(word string) int { return int(crc32.ChecksumIEEE([]byte(word)) % shards) }

func milliseconds(d time.Duration) uint32 { return uint32(d.Milliseconds()) }

// additions returns what an item adds to each counter. The once of an addition
// is the item's id and the word: however often the item is delivered, to
// whomever, it counts once.
func additions(item string, counts map[string]int64) [shards][]*counterv1.Addition {
	var adds [shards][]*counterv1.Addition
	for word, number := range counts {
		shard := shardOf(word)
		addition := &counterv1.Addition{Key: word, Delta: number, Once: item + "/" + word}
		adds[shard] = append(adds[shard], addition)
	}
	return adds
}
