#include "sweep.h"

#include <stddef.h>

#include "member.h"

static void mark(const spot *spots, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) spots[i].topic->mark = 1;
}

void sweep_topics(void) {
  subscription_size_topics(NULL);
  for (uint32_t i = 0; i < topics.count; i++) topics.at[i]->mark = 0;
  subscription_mark_topics();
  for (uint32_t i = 0; i < members.count; i++) {
    const member *m = members.at[i];
    mark(held + m->held_first, m->held_count);
    if (m->claims) mark(m->claims->at, m->claims->count);
  }
  topic_sweep();
  topic_trim_all();
}
