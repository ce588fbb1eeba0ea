import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "@grpc/grpc-js";

import { ask, isFenced, reasonOf } from "./call.js";
import { AddRequest, type Addition, CounterServiceService as counters } from "./gen/interlock/counter/v1/counter.js";
import {
  AckRequest,
  type Delivery,
  NackRequest,
  PopRequest,
  QueueServiceService as queues,
} from "./gen/interlock/queue/v1/queue.js";
import { additions, batch, lease, mostAdds, queueName, shardName, shards } from "./job.js";
import type { Member } from "./member.js";
import { count } from "./words.js";

/** Milliseconds to wait when no partition had anything. */
const idle = 50;

export type Say = (event: string, what?: Record<string, number>) => void;

/**
 * Leases batches from the partitions that the group gave it, and counts their
 * words. demo/consumer.py does the same with the Python binding.
 */
export class Consumer {
  readonly #client: Client;
  readonly #member: Member;
  readonly #say: Say;

  constructor(client: Client, member: Member, say: Say) {
    this.#client = client;
    this.#member = member;
    this.#say = say;
  }

  /** Works until told to stop, then leaves the group. A batch in hand is finished first. */
  async run(stop: AbortSignal): Promise<void> {
    await this.#member.join();
    this.#say("joined");
    while (!stop.aborted) {
      if (!(await this.#round(stop))) {
        await sleep(idle, undefined, { signal: stop }).catch(() => {});
      }
    }
    await this.#member.leave();
  }

  /** Takes one batch of each partition; tells whether there was one. */
  async #round(stop: AbortSignal): Promise<boolean> {
    let worked = false;
    await this.#member.keepUp();
    for (const partition of this.#member.assigned) {
      await this.#member.keepUp();
      if (!stop.aborted && this.#member.assigned.includes(partition)) {
        worked = (await this.#workOn(partition)) || worked;
      }
    }
    return worked;
  }

  async #workOn(partition: number): Promise<boolean> {
    const items = await this.#pop(partition);
    if (items.length === 0) {
      return false;
    }
    try {
      await this.#member.check(partition);
    } catch (error) {
      if (!isFenced(error)) {
        throw error;
      }
      // Another's by now. Counting it would do no harm, but it is not ours to do.
      await this.#giveBack(partition, items);
      return false;
    }
    const known = await this.#add(items);
    const again = items.filter((item) => item.attempt > 1).length;
    if (again > 0) {
      this.#say("again", { partition, items: again, known });
    }
    await this.#ack(partition, items);
    return true;
  }

  async #pop(partition: number): Promise<Delivery[]> {
    const request = PopRequest.create({ instance: queueName(partition), maxItems: batch, leaseMs: lease });
    try {
      return (await ask(this.#client, queues.pop, request)).items;
    } catch (error) {
      if (reasonOf(error) === "CLOSED") {
        return []; // nothing left, and nothing comes
      }
      throw error;
    }
  }

  /** Adds the words of a batch; returns how many additions were known already. */
  async #add(items: Delivery[]): Promise<number> {
    const perItem = items.map((item) => additions(item.id, count(item.data)));
    let known = 0;
    for (let shard = 0; shard < shards; shard++) {
      const adds = perItem.flatMap((one) => one[shard] ?? []);
      for (let first = 0; first < adds.length; first += mostAdds) {
        known += await this.#addTo(shard, adds.slice(first, first + mostAdds));
      }
    }
    return known;
  }

  async #addTo(shard: number, adds: Addition[]): Promise<number> {
    const request = AddRequest.create({ instance: shardName(shard), adds });
    const reply = await ask(this.#client, counters.add, request);
    return reply.values.filter((added) => !added.applied).length;
  }

  /**
   * Ends the leases one by one: the calls of Ack in /metrics are then the
   * items, by language. A lease that ran out meanwhile is no failure: somebody
   * gets the item again, and adds nothing.
   */
  async #ack(partition: number, items: Delivery[]): Promise<void> {
    for (const { receipt } of items) {
      const request = AckRequest.create({ instance: queueName(partition), receipts: [receipt] });
      await ask(this.#client, queues.ack, request);
    }
  }

  async #giveBack(partition: number, items: Delivery[]): Promise<void> {
    const receipts = items.map((item) => item.receipt);
    await ask(this.#client, queues.nack, NackRequest.create({ instance: queueName(partition), receipts }));
  }
}
