// A TypeScript consumer of the demo: a plain gRPC client, made of the stubs
// that protoc generates from protos/ and nothing else of Interlock.
//
//     node dist/main.js HOST:PORT NAME
//
// It says what happens on standard output, one JSON object a line, and ends
// when its standard input does: so it never outlives the demo, however that ends.

import { Client, credentials } from "@grpc/grpc-js";

import { Consumer, type Say } from "./consumer.js";
import { Member } from "./member.js";

const say: Say = (event, what) => {
  process.stdout.write(`${JSON.stringify({ event, ...what })}\n`);
};

function endOfInput(): AbortSignal {
  const stop = new AbortController();
  process.stdin.resume().once("close", () => stop.abort());
  return stop.signal;
}

async function run(target: string, name: string): Promise<void> {
  const client = new Client(target, credentials.createInsecure());
  try {
    await new Consumer(client, new Member(client, name), say).run(endOfInput());
  } finally {
    client.close();
    process.stdin.destroy();
  }
}

const [target, name, ...more] = process.argv.slice(2);
if (target === undefined || name === undefined || more.length > 0) {
  console.error("usage: node dist/main.js HOST:PORT NAME");
  process.exitCode = 2;
} else {
  // Nobody reads any more: the demo is over, and standard input says so too.
  process.stdout.on("error", () => {});
  await run(target, name);
}
