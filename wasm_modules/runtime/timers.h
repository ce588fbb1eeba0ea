// Deadlines of a module, in a binary heap that knows where each timer sits, so
// that cancelling one costs no search. Timers with equal times fire in the
// order they were set: replies must not depend on the heap's shape.
#ifndef RUNTIME_TIMERS_H
#define RUNTIME_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

// Embedded in whatever waits. Zero it before its first use.
typedef struct {
  int64_t due;     // ns since the epoch
  uint64_t order;  // of setting, to break ties
  uint32_t place;  // 1-based place in the heap; 0: not set
  uint32_t kind;   // the owner's: tells timers of different structs apart
} timer;

// Sets or moves a timer. False if the heap's table could not grow; then the
// timer is not set.
bool timer_set(timer *t, int64_t due);

// Forgets a timer; one that is not set is left alone.
void timer_cancel(timer *t);

// Takes the earliest timer that is due at `now`, or NULL.
timer *timer_take_due(int64_t now);

// When the earliest timer is due, or INTERLOCK_NEVER.
int64_t timer_next(void);

// Makes sure that `more` timers can be set; false if memory is used up.
bool timer_reserve(uint32_t more);

// The struct of type `type` whose member `member` is the timer `t`.
#define TIMER_OWNER(t, type, member) ((type *)((char *)(t) - offsetof(type, member)))

#endif
