// Those who watch the group, and the group as they and Describe see it.
#ifndef REBALANCE_WATCH_H
#define REBALANCE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

// A new watcher, owed the group as it is. False if memory is used up.
bool watch_add(uint64_t call);

// Forgets a watcher; a call that is none is left alone.
void watch_remove(uint64_t call);

// A generation is complete: all watchers are owed it.
void watch_owe(void);

// Sends what is owed, in the order the watchers came. False if it stopped: the
// outbox has a backlog.
bool watch_flush(int64_t now);

// Answers a Describe.
void watch_describe(uint64_t call, int64_t now);

#endif
