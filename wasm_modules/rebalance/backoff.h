// How long to wait before a retry.
#ifndef REBALANCE_BACKOFF_H
#define REBALANCE_BACKOFF_H

#include "../runtime/codec.h"

// d = 2^retry x 100 ms, at most 10,000 ms; half of it, and of the other half as
// much as the hash of the names and `retry` picks: between d / 2 and d.
//
// This is "equal jitter" (M. Brooker, "Exponential backoff and jitter", AWS
// architecture blog, 2015). "Full jitter", 0 to d, does a little less work in
// all when each try draws anew. Here the draw is a hash, and a member whose
// hashes happen to be near 0 would retry at once several times in a row, each
// time it has the same trouble. The half that is certain bounds the retries
// that any member makes.
uint32_t backoff_ms(codec_view instance, codec_view member, uint32_t retry);

// The wait before joining a rebalance: as before the first retry, 50 to 100 ms,
// but picked anew in each generation, so that no member is always the last.
uint32_t backoff_join_ms(codec_view instance, codec_view member, uint64_t generation);

#endif
