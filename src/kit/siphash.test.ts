import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SipHash } from "./index.ts";

// Reference outputs of SipHash-2-4-64 for the key 00 01 … 0f and the messages "", 00, 00 01, 00 01 02, …
// (Aumasson, Bernstein: reference implementation, vectors.h), as bytes in little-endian order.
const VECTORS: readonly string[] = [
  "310e0edd47db6f72",
  "fd67dc93c539f874",
  "5a4fa9d909806c0d",
  "2d7efbd796666785",
  "b7877127e09427cf",
  "8da699cd64557618",
  "cee3fe586e46c9cb",
  "37d1018bf50002ab",
  "6224939a79f5f593",
  "b0e4a90bdf82009e",
  "f3b9dd94c5bb5d7a",
  "a7ad6b22462fb3f4",
  "fbe50e86bc8f1e75",
  "903d84c02756ea14",
  "eef27a8e90ca23f7",
  "e545be4961ca29a1",
];

const KEY = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;

function hex(hash: SipHash): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(hash.low, 0);
  bytes.writeUInt32LE(hash.high, 4);
  return bytes.toString("hex");
}

describe("SipHash-2-4", () => {
  for (const [length, expected] of VECTORS.entries()) {
    test(`reference vector of ${length} bytes`, () => {
      const hash = new SipHash(KEY);
      const text = String.fromCharCode(...Array.from({ length }, (_, i) => i));
      const low = hash.hash(text);
      assert.equal(hex(hash), expected);
      assert.equal(low, hash.low);
      assert.ok(low >= 0 && Number.isInteger(low));
    });
  }

  test("another key gives another hash", () => {
    const one = new SipHash(KEY);
    const other = new SipHash([1, 2, 3, 4]);
    assert.notEqual(one.hash("z9hG4bK"), other.hash("z9hG4bK"));
  });

  test("one instance hashes many texts without remembering the one before", () => {
    const hash = new SipHash(KEY);
    const first = hash.hash("a84b4c76e66710@pc33.atlanta.com");
    hash.hash("something else that is longer than eight bytes");
    assert.equal(hash.hash("a84b4c76e66710@pc33.atlanta.com"), first);
  });
});
