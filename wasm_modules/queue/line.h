// Items in order of sequence: a treap (R. Seidel and C. Aragon, "Randomized
// search trees", 1996) whose priorities are a hash of the sequence, so its
// shape depends on nothing but what it holds. Every operation takes O(log n)
// steps on average and no memory, so giving an item back cannot fail.
#ifndef QUEUE_LINE_H
#define QUEUE_LINE_H

#include "item.h"

typedef struct {
  item *root;
  uint32_t count;
  uint64_t bytes;  // that its items take of capacity_bytes
} line;

// The item must be in no line; its sequence must not be in this one.
void line_put(line *l, item *i);

// The item must be in this line.
void line_take(line *l, item *i);

// The item with the lowest sequence, or NULL.
item *line_first(const line *l);

// The item with the lowest sequence above this one, or NULL.
item *line_after(const line *l, uint64_t sequence);

// Empties the line. Its items, a tree still, go before those in *trash.
void line_dump(line *l, item **trash);

// Takes an item out of what line_dump made; NULL when there is none left.
item *trash_take(item **trash);

#endif
