// The ids of additions that are applied once: each is known for 10 minutes.
// An id that cannot be remembered is refused, never another one forgotten.
#ifndef COUNTER_ONCE_H
#define COUNTER_ONCE_H

#include "../runtime/codec.h"
#include "../runtime/timers.h"

#define ONCE_WINDOW_NS 600000000000
// Ids at the same time: 437 a second, for as long as one likes.
#define ONCE_MAX 262144u
// Ids that one tick forgets. Of more that are due at one time, each part is
// forgotten a nanosecond after the part before.
#define ONCE_PART 4096u

typedef struct once_id {
  struct once_id *next;
  struct once_id *previous;
  int64_t due;  // when it is forgotten
  uint32_t size;
  uint8_t bytes[];
} once_id;

// Tells the timer of this window from others.
void once_init(uint32_t timer_kind);

uint32_t once_count(void);

bool once_known(codec_view id);

// Remembers an id that is not known until `due`, which never falls from one
// call to the next; NULL if the window or memory is full.
once_id *once_add(codec_view id, int64_t due);

// Takes back the id that was added last.
void once_take_back(once_id *id);

// Forgets what is due: for its timer.
void once_expire(int64_t now);

// The oldest id, or NULL; the rest follows along `next`.
const once_id *once_oldest(void);

#endif
