#include "line.h"

// SplitMix64's finalizer (G. Steele, D. Lea and C. Flood, 2014).
static uint64_t priority(const item *i) {
  uint64_t x = i->sequence + UINT64_C(0x9E3779B97F4A7C15);
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
  return x ^ x >> 31;
}

// Splits a tree into what comes before and behind a sequence.
static void split(item *tree, uint64_t sequence, item **before, item **behind) {
  while (tree) {
    if (tree->sequence < sequence) {
      *before = tree;
      before = &tree->right;
      tree = tree->right;
    } else {
      *behind = tree;
      behind = &tree->left;
      tree = tree->left;
    }
  }
  *before = NULL;
  *behind = NULL;
}

// One tree out of two, of which the first comes before the second.
static void merge(item *before, item *behind, item **tree) {
  while (before && behind) {
    if (priority(before) > priority(behind)) {
      *tree = before;
      tree = &before->right;
      before = before->right;
    } else {
      *tree = behind;
      tree = &behind->left;
      behind = behind->left;
    }
  }
  *tree = before ? before : behind;
}

void line_put(line *l, item *i) {
  uint64_t own = priority(i);
  item **at = &l->root;
  while (*at && priority(*at) > own) at = i->sequence < (*at)->sequence ? &(*at)->left : &(*at)->right;
  split(*at, i->sequence, &i->left, &i->right);
  *at = i;
  l->count++;
  l->bytes += item_charge(i->id_size, i->data_size);
}

void line_take(line *l, item *i) {
  item **at = &l->root;
  while (*at != i) at = i->sequence < (*at)->sequence ? &(*at)->left : &(*at)->right;
  merge(i->left, i->right, at);
  l->count--;
  l->bytes -= item_charge(i->id_size, i->data_size);
}

item *line_first(const line *l) {
  item *i = l->root;
  while (i && i->left) i = i->left;
  return i;
}

item *line_after(const line *l, uint64_t sequence) {
  item *found = NULL;
  for (item *i = l->root; i;) {
    if (i->sequence > sequence) {
      found = i;
      i = i->left;
    } else {
      i = i->right;
    }
  }
  return found;
}

void line_dump(line *l, item **trash) {
  item **leftmost = &l->root;
  while (*leftmost) leftmost = &(*leftmost)->left;
  *leftmost = *trash;
  *trash = l->root;
  *l = (line){0};
}

// Rotates the root to the right until it has nothing on its left: each edge is
// turned once, so the whole tree takes as many steps as it has items.
item *trash_take(item **trash) {
  item *root = *trash;
  while (root && root->left) {
    item *left = root->left;
    root->left = left->right;
    left->right = root;
    root = left;
  }
  if (root) *trash = root->right;
  return root;
}
