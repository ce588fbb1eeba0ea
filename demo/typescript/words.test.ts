import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { shardOf, shards } from "./job.js";
import { count } from "./words.js";

// The same cases are tested in Python, by tests/demo/test_words.py. The working folder is the package.
const cases = JSON.parse(readFileSync("../go/testdata/words.json", "utf8")) as Record<
  string,
  [string, Record<string, number>]
>;

for (const [name, [text, wanted]] of Object.entries(cases)) {
  test(`count: ${name}`, () => {
    const found = Array.from(count(Buffer.from(text)), ([word, times]) => [word, Number(times)]);
    assert.deepEqual(Object.fromEntries(found), wanted);
  });
}

test("shards", () => {
  // CRC-32 of "123456789" is 0xCBF43926, its check value.
  assert.equal(shardOf("123456789"), 0xcbf43926 % shards);
});
