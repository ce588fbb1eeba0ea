// Bringing together what waits with what it waits for.
#ifndef QUEUE_SERVE_H
#define QUEUE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

// Hands visible items and dead letters to parked consumers, the longest waiting
// first. Whether any was sent.
bool serve_consumers(int64_t now);

// Goes on with parked pushes and consumers until nothing moves, and lets go of
// those that wait for nothing any more. At the end of every entry.
void serve(int64_t now);

#endif
