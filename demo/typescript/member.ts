import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "@grpc/grpc-js";

import { ask, grace, isFenced, reasonOf } from "./call.js";
import {
  CheckGenerationRequest,
  GroupState,
  HeartbeatRequest,
  JoinRequest,
  type JoinResponse,
  LeaveRequest,
  RebalanceServiceService as groups,
  type TopicPartitions,
} from "./gen/interlock/rebalance/v1/rebalance.js";
import { group, partitions, rebalance, session, topic } from "./job.js";

const beatEvery = Math.min(session, rebalance) / 3;

/**
 * This program's place in the group. It is used between batches, one call
 * after the other: so nothing is revoked while a batch of it is in hand.
 */
export class Member {
  assigned: number[] = [];
  generation = 0n;
  #beatAt = 0;
  readonly #client: Client;
  readonly #name: string;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /**
   * Enters the group, or answers a rebalance. What the group asks back is given
   * up by joining again without it.
   */
  async join(): Promise<void> {
    for (;;) {
      const reply = await this.#askToJoin();
      if (reply === undefined) {
        this.assigned = []; // dropped while the call was parked: all may be another's
        continue;
      }
      this.generation = reply.generation;
      this.assigned = reply.assigned.flatMap((one) => one.partitions);
      this.#beatAt = performance.now() + beatEvery;
      if (reply.revoke.length === 0) {
        return;
      }
    }
  }

  async #askToJoin(): Promise<JoinResponse | undefined> {
    const request = JoinRequest.create({
      instance: group,
      member: this.#name,
      topics: [{ name: topic, partitions }],
      owned: listed(this.assigned),
      sessionMs: session,
      rebalanceMs: rebalance,
    });
    try {
      return await ask(this.#client, groups.join, request, rebalance + grace);
    } catch (error) {
      if (reasonOf(error) === "UNKNOWN_MEMBER") {
        return undefined;
      }
      throw error;
    }
  }

  /** Says that the member lives, when that is due, and joins again where the group asks for it. */
  async keepUp(): Promise<void> {
    if (performance.now() < this.#beatAt) {
      return;
    }
    this.#beatAt = performance.now() + beatEvery;
    const request = { instance: group, member: this.#name, generation: this.generation };
    try {
      const reply = await ask(this.#client, groups.heartbeat, HeartbeatRequest.create(request));
      if (reply.state === GroupState.GROUP_STATE_STABLE && reply.generation === this.generation) {
        return;
      }
      await sleep(reply.backoffMs);
    } catch (error) {
      if (!isFenced(error)) {
        throw error;
      }
      this.assigned = [];
    }
    await this.join();
  }

  /** Throws unless the member may still act for a partition. */
  async check(partition: number): Promise<void> {
    const request = CheckGenerationRequest.create({
      instance: group,
      member: this.#name,
      generation: this.generation,
      partitions: listed([partition]),
    });
    await ask(this.#client, groups.checkGeneration, request);
  }

  async leave(): Promise<void> {
    try {
      await ask(this.#client, groups.leave, LeaveRequest.create({ instance: group, member: this.#name }));
    } catch (error) {
      if (reasonOf(error) !== "UNKNOWN_MEMBER") {
        throw error; // otherwise dropped already
      }
    }
  }
}

function listed(numbers: number[]): TopicPartitions[] {
  return numbers.length === 0 ? [] : [{ topic, partitions: numbers }];
}
