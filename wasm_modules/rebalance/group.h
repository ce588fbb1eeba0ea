// The group: its generations, and when one is complete.
//
//   EMPTY --first Join--> REBALANCING --all joined, or time is up--> STABLE
//   STABLE --a member comes, changes, leaves or dies--> REBALANCING
//   REBALANCING --complete, with something revoked--> REBALANCING
#ifndef REBALANCE_GROUP_H
#define REBALANCE_GROUP_H

#include "member.h"

enum {
  // What a timer is of.
  TIMER_SESSION = 1,
  TIMER_GATHER,
  TIMER_DEADLINE,
  // Timers of the group itself.
  GROUP_TIMERS = 2,
  // How long the first members of an empty group wait for another one to come,
  // and how long at most in all. See README.md for why.
  GATHER_QUIET_MS = 200,
  GATHER_MOST_MS = 1000,
  DEFAULT_SESSION_MS = 10000,
  DEFAULT_REBALANCE_MS = 3000,
};

typedef struct {
  bool rebalancing;
  // The latest complete one; 0: none yet.
  uint64_t generation;
  // Members with a parked Join.
  uint32_t joined;
  // When the rebalance began, in ns since the epoch.
  int64_t started;
  // When the first members of an empty group have waited long enough; 0 in
  // every other rebalance.
  int64_t gathered;
  int64_t gather_end;
  timer gather;
  timer deadline;
  // Since the instance was made, for interlock_metrics.
  uint64_t rebalances;
  uint64_t moves;
  uint64_t revoked;
} group_record;

extern group_record group;

// A value of GroupState.
uint32_t group_state(void);

// Where a member comes from, as group_join sees it.
typedef struct {
  member *member;
  uint64_t call;
  claims *claims;  // the group's from now on
  bool is_new;
} joining;

// Parks a Join, starting a rebalance if none runs, and completes the generation
// if nobody is missing any more.
void group_join(const joining *j, int64_t now);

// Answers a Join that changes nothing in a stable group.
void group_answer(const joining *j, int64_t now);

// Removes a member that left or whose session ended.
void group_remove(member *m, int64_t now);

// A parked Join lost its caller: the member has not joined any more.
void group_unpark(member *m, int64_t now);

// One of the group's own timers is due.
void group_gathered(int64_t now);
void group_deadline(int64_t now);

#endif
