// A run of letters, cut at 64. What a word is stands in demo/words.py: this must find the same ones.
const word = /[A-Za-z_]{1,64}/g;

/** Counts the words of a text. */
export function count(text: Buffer): Map<string, bigint> {
  const counts = new Map<string, bigint>();
  // As Latin-1 a byte is a character: a file in any encoding counts the same everywhere.
  for (const [found] of text.toString("latin1").matchAll(word)) {
    counts.set(found, (counts.get(found) ?? 0n) + 1n);
  }
  return counts;
}
