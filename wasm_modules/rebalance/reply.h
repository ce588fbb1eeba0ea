// Answers to Joins, and the way partitions are written in every reply.
#ifndef REBALANCE_REPLY_H
#define REBALANCE_REPLY_H

#include "gen/rebalance.h"
#include "member.h"

// A list of spots in a reply: some of what a member holds or claims.
typedef struct {
  const spot *at;
  uint32_t count;
  const member *member;
  bool owned;  // those that it may work on, or else all others
} spot_list;

// No more bytes than this take the fields that reply_put_spots writes.
uint32_t reply_spots_size(spot_list list);

// Writes a TopicPartitions for each topic, in the field that `open` opens.
void reply_put_spots(codec_writer *w, spot_list list, uint8_t *(*open)(codec_writer *w));

// What a member may work on.
spot_list reply_assigned(const member *m);

// Some members have a call owed: reply_flush has something to do.
void reply_owe(void);

// Answers what is owed, by the members' names. False if it stopped: the outbox
// has a backlog.
bool reply_flush(void);

// Refuses a request of more bytes than any has whose lists keep their bounds:
// reading the rest of it would take longer than an entry has.
bool reply_too_large(uint64_t call, uint32_t size);

// Tells a parked Join that another one took its place.
void reply_superseded(uint64_t call);

// An entry writes about this much at most before it leaves the rest to a tick,
// to stay within its budget.
#define REPLY_FLUSH_BYTES (1u << 20)

#endif
