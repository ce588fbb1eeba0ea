#include "member.h"

#include <stddef.h>

#include "../runtime/heap.h"
#include "../runtime/map.h"
#include "group.h"
#include "name.h"

member_table members;
spot held[MAX_ENTRIES];

// The place of the first member whose name is not before `name`.
static uint32_t lower_bound(codec_view name) {
  uint32_t from = 0;
  uint32_t to = members.count;
  while (from < to) {
    uint32_t middle = (from + to) / 2;
    if (name_compare(member_name(members.at[middle]), name) < 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

member *member_find(codec_view name) {
  uint32_t place = lower_bound(name);
  if (place == members.count) return NULL;
  member *m = members.at[place];
  return name_compare(member_name(m), name) == 0 ? m : NULL;
}

member *member_parked(uint64_t call) {
  for (uint32_t i = 0; i < members.count; i++) {
    if (members.at[i]->call == call) return members.at[i];
  }
  return NULL;
}

member *member_add(codec_view name) {
  // All sessions and the group's timers: setting them cannot fail later.
  if (!timer_reserve(members.count + 1 + GROUP_TIMERS)) return NULL;
  member *m = heap_zalloc(sizeof *m + name.size);
  if (!m) return NULL;
  m->key = map_hash(name.data, name.size);
  m->session.kind = TIMER_SESSION;
  m->name_size = name.size;
  __builtin_memcpy(m->name, name.data, name.size);
  uint32_t place = lower_bound(name);
  __builtin_memmove(&members.at[place + 1], &members.at[place], (members.count - place) * sizeof(member *));
  members.at[place] = m;
  members.count++;
  return m;
}

static void release(const member *m, const spot *spots, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    partition *p = spot_entry(spots[i]);
    if (p && p->holder == m) p->holder = NULL;
  }
}

static void release_all(member *m) {
  release(m, held + m->held_first, m->held_count);
  if (m->claims) release(m, m->claims->at, m->claims->count);
}

void member_remove(member *m) {
  release_all(m);
  timer_cancel(&m->session);
  subscription_drop(m->wants);
  heap_free(m->claims);
  uint32_t place = lower_bound(member_name(m));
  members.count--;
  __builtin_memmove(&members.at[place], &members.at[place + 1], (members.count - place) * sizeof(member *));
  heap_free(m);
}

void member_claim(member *m, claims *claims) {
  release_all(m);
  heap_free(m->claims);
  m->claims = claims;
  for (uint32_t i = 0; i < claims->count; i++) {
    partition *p = spot_entry(claims->at[i]);
    if (!p) continue;
    bool mine = p->last == m->key && (!p->holder || p->holder->key != p->last);
    if (!p->holder || mine) p->holder = m;
  }
}

void member_beat(member *m, int64_t now) {
  if (m->call) return;
  // Reserved by member_add.
  if (!timer_set(&m->session, now + (int64_t)m->session_ms * 1000000)) __builtin_trap();
}
