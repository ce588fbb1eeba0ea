// The members of a group.
#ifndef REBALANCE_MEMBER_H
#define REBALANCE_MEMBER_H

#include "../runtime/timers.h"
#include "claims.h"
#include "subscription.h"

struct member {
  // The hash of its name, by which partitions remember it when it is gone.
  uint64_t key;
  // Its parked Join; 0: none. It has joined the generation being made if and
  // only if this is set.
  uint64_t call;
  // A Join that is being answered: the generation it waited for is complete.
  uint64_t owed;
  // The complete generation that it was part of last; 0: none yet.
  uint64_t generation;
  subscription *wants;
  // Of its last Join, until that is answered; NULL: none.
  claims *claims;
  // When its session ends. Not set while a Join is parked.
  timer session;
  uint32_t session_ms;
  uint32_t rebalance_ms;
  uint32_t weight;
  // Its stretch of `held`.
  uint32_t held_first;
  uint32_t held_count;
  // Scratch of the assignment, see assignment.h.
  uint32_t class_number;
  uint32_t keeps;
  uint32_t quota;
  uint32_t had;
  uint32_t seen;
  member *next;
  uint32_t name_size;
  uint8_t name[];
};

// All members, by name.
typedef struct {
  member *at[MAX_MEMBERS];
  uint32_t count;
} member_table;

extern member_table members;

// What each member held when the latest generation completed, by member, then
// by spot; what was revoked from it included.
extern spot held[MAX_ENTRIES];

static inline codec_view member_name(const member *m) { return (codec_view){m->name, m->name_size}; }

// Whether it holds this partition now, revoked or not.
static inline bool member_holds(const member *m, spot s) {
  const partition *p = spot_entry(s);
  return p && p->holder == m;
}

// Whether it may work on this partition, given that it knows the latest
// complete generation: it was assigned in it, not revoked, and not given up.
static inline bool member_owns(const member *m, spot s) {
  const partition *p = spot_entry(s);
  return p && p->holder == m && p->last == m->key && !p->revoking;
}

member *member_find(codec_view name);

// The member whose Join is parked under this call, or NULL.
member *member_parked(uint64_t call);

// A new member without a subscription. NULL if memory is used up; that there is
// room for one more is for the caller to know.
member *member_add(codec_view name);

// Gives up all that it holds and forgets it. Its call is the caller's to answer.
void member_remove(member *m);

// Takes what it claims in place of what it held: what it holds and does not
// claim is free from now on. A claim counts where nobody holds the partition,
// or where this member held it in the latest complete generation and whoever
// holds it now did not.
void member_claim(member *m, claims *claims);

// Its session lasts session_ms from `now`; while a Join is parked it has no end.
void member_beat(member *m, int64_t now);

#endif
