import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";

import { ask, infoOf, isFenced, reasonOf } from "./call.js";
import { AddRequest, CounterServiceService as counters } from "./gen/interlock/counter/v1/counter.js";
import {
  AckRequest,
  CloseRequest,
  ConfigureRequest,
  PopRequest,
  PushRequest,
  QueueServiceService as queues,
  StatsRequest,
  SubscribeRequest,
  type SubscribeResponse,
} from "./gen/interlock/queue/v1/queue.js";
import { partitions } from "./job.js";
import { Member } from "./member.js";

const target = process.env["INTERLOCK_TARGET"];
assert.ok(target, "INTERLOCK_TARGET names the daemon: tests/bindings/test_typescript.py runs one");
const client = new Client(target, credentials.createInsecure());
after(() => client.close());

async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => assert.fail("the call went well"),
    (error: ServiceError) => error,
  );
}

test("queue", async () => {
  const instance = "ts";
  const items = [
    { data: Buffer.from("one"), id: "a" },
    { data: Buffer.from([0, 255]), id: "b" },
  ];
  assert.equal((await ask(client, queues.push, PushRequest.create({ instance, items }))).accepted, 2);
  const popped = await ask(client, queues.pop, PopRequest.create({ instance, maxItems: 9, leaseMs: 60_000 }));
  assert.deepEqual(
    popped.items.map(({ data, id }) => ({ data, id })),
    items,
  );
  const receipts = popped.items.map((item) => item.receipt);
  assert.equal((await ask(client, queues.ack, AckRequest.create({ instance, receipts }))).acked, 2);
});

test("batches", async () => {
  const instance = "ts-batch";
  // As many items as a message may have, in order, each with a receipt of its own.
  const items = Array.from({ length: 4096 }, (_, number) => ({ data: Buffer.from(`${number}`) }));
  const pushed = await ask(client, queues.push, PushRequest.create({ instance, items }));
  assert.deepEqual(pushed, { accepted: items.length, duplicates: 0, firstSequence: 1n });
  const taken: string[] = [];
  while (taken.length < items.length) {
    const popped = await ask(client, queues.pop, PopRequest.create({ instance, maxItems: 1000, leaseMs: 60_000 }));
    const receipts = popped.items.map((item) => item.receipt);
    assert.equal(new Set(receipts).size, Math.min(1000, items.length - taken.length));
    assert.deepEqual(await ask(client, queues.ack, AckRequest.create({ instance, receipts })), {
      acked: receipts.length,
      unknown: [],
    });
    taken.push(...popped.items.map((item) => item.data.toString()));
  }
  assert.deepEqual(taken, [...items.keys()].map(String));

  const tooMany = PushRequest.create({ instance, items: [...items, { data: Buffer.from("one more") }] });
  const refused = infoOf(await failureOf(ask(client, queues.push, tooMany)));
  assert.deepEqual([refused?.reason, refused?.metadata["field"]], ["INVALID_PROTO", "items"]);
});

test("subscribe", async () => {
  const instance = "ts-stream";
  const { path, requestSerialize, responseDeserialize } = queues.subscribe;
  const stream = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    SubscribeRequest.create({ instance, credit: 1 }),
    new Metadata(),
    { deadline: Date.now() + 60_000 },
  );
  stream.on("error", () => {}); // the cancellation below
  await ask(client, queues.push, PushRequest.create({ instance, items: [{ data: Buffer.from("sent") }] }));
  const [reply] = (await stream.take(1).toArray()) as SubscribeResponse[];
  stream.cancel();
  assert.deepEqual(
    reply?.items.map((item) => item.data.toString()),
    ["sent"],
  );
});

test("an addition applies once", async () => {
  const request = AddRequest.create({ instance: "ts", adds: [{ key: "k", delta: 3n, once: "x" }] });
  for (const applied of [true, false]) {
    const { values } = await ask(client, counters.add, request);
    assert.deepEqual(values, [{ key: "k", value: 3n, applied }]);
  }
});

test("64 bits are exact", async () => {
  // A number would round each of these to a neighbour.
  const receipts = [2n ** 53n + 1n, 2n ** 63n + 1n, 2n ** 64n - 1n];
  const acked = await ask(client, queues.ack, AckRequest.create({ instance: "ts", receipts }));
  assert.deepEqual(acked, { acked: 0, unknown: receipts });
  for (const delta of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const request = AddRequest.create({ instance: "ts", adds: [{ key: `${delta}`, delta }] });
    assert.equal((await ask(client, counters.add, request)).values[0]?.value, delta);
  }
});

test("member", async () => {
  const member = new Member(client, "ts-1");
  await member.join();
  assert.deepEqual(member.assigned, Array.from({ length: partitions }, (_, partition) => partition));
  await member.check(3);
  member.generation -= 1n;
  const stale = await failureOf(member.check(3));
  assert.ok(isFenced(stale));
  assert.equal(stale.code, status.FAILED_PRECONDITION);
  await member.leave();
  assert.ok(isFenced(await failureOf(member.check(3))));
});

test("error details", async () => {
  const nameless = await failureOf(ask(client, queues.pop, PopRequest.create({})));
  assert.equal(nameless.code, status.INVALID_ARGUMENT);
  assert.equal(infoOf(nameless)?.reason, "INSTANCE_MISSING");

  const large = ConfigureRequest.create({ instance: "ts", capacityBytes: 2n ** 40n });
  const refused = infoOf(await failureOf(ask(client, queues.configure, large)));
  assert.equal(refused?.reason, "INVALID_PROTO");
  assert.equal(refused.metadata["field"], "capacity_bytes");

  await ask(client, queues.close, CloseRequest.create({ instance: "ts-closed" }));
  const late = PopRequest.create({ instance: "ts-closed", waitMs: 60_000 });
  const closed = await failureOf(ask(client, queues.pop, late));
  assert.equal(reasonOf(closed), "CLOSED");
});

test("a parked call is forgotten at its deadline", { timeout: 60_000 }, async () => {
  const instance = "ts-empty";
  const popped = failureOf(ask(client, queues.pop, PopRequest.create({ instance, waitMs: 3_600_000 }), 3000));
  await waiting(instance, 1n);
  assert.equal((await popped).code, status.DEADLINE_EXCEEDED);
  await waiting(instance, 0n); // the daemon's clock may run out after the client's
});

test("a call that is taken back leaves its item to others", { timeout: 60_000 }, async () => {
  const instance = "ts-taken-back";
  const stop = new AbortController();
  const request = PopRequest.create({ instance, waitMs: 3_600_000 });
  const popped = failureOf(ask(client, queues.pop, request, 3_600_000, stop.signal));
  await waiting(instance, 1n);
  stop.abort();
  assert.equal((await popped).name, "AbortError");
  await waiting(instance, 0n);
  await ask(client, queues.push, PushRequest.create({ instance, items: [{ data: Buffer.from("kept") }] }));
  const { items } = await ask(client, queues.pop, PopRequest.create({ instance, maxItems: 1 }));
  assert.equal(items[0]?.data.toString(), "kept");

  const late = failureOf(ask(client, queues.pop, request, 3_600_000, stop.signal));
  assert.equal((await late).name, "AbortError", "given before the call, it is none");
});

/** Asks until so many calls are parked. */
async function waiting(instance: string, wanted: bigint): Promise<void> {
  for (;;) {
    const { waiters } = await ask(client, queues.stats, StatsRequest.create({ instance }));
    if (waiters === wanted) {
      return;
    }
  }
}
