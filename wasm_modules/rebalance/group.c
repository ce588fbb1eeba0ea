#include "group.h"

#include "../runtime/heap.h"
#include "assignment.h"
#include "reply.h"
#include "sweep.h"
#include "watch.h"

group_record group;

static const int64_t MS = 1000000;

uint32_t group_state(void) {
  if (!members.count) return GROUP_STATE_EMPTY;
  return group.rebalancing ? GROUP_STATE_REBALANCE_IN_PROGRESS : GROUP_STATE_STABLE;
}

// Room for both timers was reserved with the first member.
static void set_timer(timer *t, uint32_t kind, int64_t due) {
  t->kind = kind;
  if (!timer_set(t, due)) __builtin_trap();
}

// The rebalance waits as long as the most patient member wants.
static int64_t deadline(void) {
  uint32_t longest = 0;
  for (uint32_t i = 0; i < members.count; i++) {
    if (members.at[i]->rebalance_ms > longest) longest = members.at[i]->rebalance_ms;
  }
  return group.started + longest * MS;
}

static void begin(int64_t now) {
  group.rebalancing = true;
  group.started = now;
  group.rebalances++;
  set_timer(&group.deadline, TIMER_DEADLINE, deadline());
}

// The first members of an empty group wait for one another.
static void gather(int64_t now) {
  if (!group.gathered) group.gather_end = now + GATHER_MOST_MS * MS;
  group.gathered = now + GATHER_QUIET_MS * MS;
  if (group.gathered > group.gather_end) group.gathered = group.gather_end;
  set_timer(&group.gather, TIMER_GATHER, group.gathered);
}

static void end(void) {
  group.rebalancing = false;
  group.gathered = 0;
  timer_cancel(&group.gather);
  timer_cancel(&group.deadline);
}

static void complete(int64_t now) {
  end();
  group.generation++;
  group.joined = 0;
  sweep_topics();
  assignment_make();
  assignment_outcome outcome = assignment_apply();
  group.moves += outcome.moves;
  group.revoked += outcome.revoked;
  for (uint32_t i = 0; i < members.count; i++) {
    member *m = members.at[i];
    m->generation = group.generation;
    m->owed = m->call;
    m->call = 0;
    member_beat(m, now);
  }
  // What was revoked goes to its new member in a generation of its own, and
  // whoever does not come to give it up in time is dropped.
  if (outcome.pending) begin(now);
  reply_owe();
  watch_owe();
}

static void run_empty(void) {
  end();
  group.generation++;
  sweep_topics();
  watch_owe();
}

static void complete_if_all_joined(int64_t now) {
  if (!members.count) {
    run_empty();
  } else if (group.joined == members.count && now >= group.gathered) {
    complete(now);
  }
}

void group_join(const joining *j, int64_t now) {
  member *m = j->member;
  bool first = members.count == 1 && j->is_new;
  if (m->call) {
    reply_superseded(m->call);
  } else {
    group.joined++;
  }
  m->call = j->call;
  timer_cancel(&m->session);
  member_claim(m, j->claims);
  if (!group.rebalancing) begin(now);
  set_timer(&group.deadline, TIMER_DEADLINE, deadline());
  if (first || (group.gathered && j->is_new)) gather(now);
  complete_if_all_joined(now);
}

void group_answer(const joining *j, int64_t now) {
  member *m = j->member;
  heap_free(m->claims);
  m->claims = j->claims;
  m->owed = j->call;
  member_beat(m, now);
  reply_owe();
}

void group_remove(member *m, int64_t now) {
  if (m->call) group.joined--;
  member_remove(m);
  subscription_size_topics(NULL);
  if (members.count && !group.rebalancing) begin(now);
  if (members.count) set_timer(&group.deadline, TIMER_DEADLINE, deadline());
  complete_if_all_joined(now);
}

void group_unpark(member *m, int64_t now) {
  m->call = 0;
  group.joined--;
  member_beat(m, now);
}

void group_gathered(int64_t now) { complete_if_all_joined(now); }

void group_deadline(int64_t now) {
  for (uint32_t i = members.count; i-- > 0;) {
    if (!members.at[i]->call) member_remove(members.at[i]);
  }
  if (members.count) {
    complete(now);
  } else {
    run_empty();
  }
}
