import { crc32 } from "node:zlib";

import { Addition } from "./gen/interlock/counter/v1/counter.js";

// The job's names and numbers, as in demo/job.py. Times are milliseconds.
export const group = "words";
export const topic = "lines";
export const partitions = 12;
export const shards = 8;
/** Items of one Pop. */
export const batch = 16;
/** Additions of one Add. */
export const mostAdds = 512;
export const lease = 3000;
export const session = 3000;
export const rebalance = 3000;

export const queueName = (partition: number): string => `${topic}-${partition}`;

export const shardName = (shard: number): string => `words-${shard}`;

export const shardOf = (word: string): number => crc32(word) % shards;

/**
 * What an item adds to each counter. The `once` of an addition is the item's
 * id and the word: however often the item is delivered, to whomever, it counts once.
 */
export function additions(item: string, counts: Map<string, bigint>): Addition[][] {
  const adds: Addition[][] = Array.from({ length: shards }, () => []);
  for (const [key, delta] of counts) {
    adds[shardOf(key)]?.push({ key, delta, once: `${item}/${key}` });
  }
  return adds;
}
