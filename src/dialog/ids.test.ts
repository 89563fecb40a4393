import assert from "node:assert/strict";
import { test } from "node:test";
import { SipHash } from "../kit/index.ts";
import { seededRandom } from "../testing/index.ts";
import { IdMint } from "./cookie.ts";
import { callIdHash, dbIdOf, entryOf, formatDid, parseDbId, parseDid, roundTableSize } from "./ids.ts";

test("case 1: the cookie 6ae.4b38d013 and the table id 16106950329268 are the same dialog", () => {
  assert.equal(formatDid(3750, 822969268), "6ae.4b38d013");
  assert.equal(dbIdOf(3750, 822969268), 16106950329268n);
  assert.deepEqual(parseDid("6ae.4b38d013"), { entry: 3750, id: 822969268 });
  assert.deepEqual(parseDid("6AE.4B38D013"), { entry: 3750, id: 822969268 });
  assert.deepEqual(parseDbId("16106950329268"), { entry: 3750, id: 822969268 });
  assert.equal(formatDid(entryOf("1-2345@127.0.0.1", 4096), 0x1a2b3c), "edb.c3b2a1");
  assert.equal(formatDid(0, 0), "0.0");
  assert.equal(formatDid(0xffffffff, 0xffffffff), "ffffffff.ffffffff");
});

test("a captured cookie and its captured table id agree", () => {
  assert.deepEqual(parseDid("09e.6e045b84"), parseDbId("16012857917670"));
  assert.equal(formatDid(...numbers("16012857917670")), "09e.6e045b84");
  assert.deepEqual(parseDid("32b.0b70a861"), parseDbId("12245329905584"));
});

test("what is not a cookie names nothing: empty halves, overflow, other characters (1.3)", () => {
  for (const text of ["", ".", "a.", ".a", "a", "g.1", "1.g", "123456789.1", "1.123456789", "1.2.3", " 1.2", "1.2 "]) {
    assert.equal(parseDid(text), undefined, text);
  }
  for (const text of ["", "-1", "1.2", "18446744073709551616", "999999999999999999999", "0x1"])
    assert.equal(parseDbId(text), undefined, text);
  assert.deepEqual(parseDbId("18446744073709551615"), { entry: 0xffffffff, id: 0xffffffff });
});

test("case 2: Call-IDs hash as OpenSIPS hashes them (1.2)", () => {
  const vectors: readonly [string, number, number, number][] = [
    ["a", 109, 109, 109],
    ["abc@host", 3536959878, 2438, 390],
    ["1-2345@127.0.0.1", 3393457118, 3038, 990],
    ["5291231-testing@127.0.0.1", 3029596716, 2604, 556],
    ["Y2IwYjQ2YmE2ZDg5MWVkNDNkZGIwZjAzNGM1ZDY", 3194524003, 355, 355],
  ];
  for (const [callId, unmasked, at4096, at1024] of vectors) {
    assert.equal(callIdHash(callId), unmasked, callId);
    assert.equal(entryOf(callId, 4096), at4096, callId);
    assert.equal(entryOf(callId, 1024), at1024, callId);
  }
  assert.equal(entryOf("35b8519118@127.0.0.1", 4096), 3728, "captured");
  assert.equal(entryOf("0e23fc76f9@127.0.0.1", 4096), 2851, "captured");
});

test("table sizes are rounded down to a power of two (0.1)", () => {
  assert.deepEqual([0, 1, 2, 3, 1000, 4096, 5000].map(roundTableSize), [1, 1, 2, 2, 512, 4096, 4096]);
});

test("ids of a bucket do not repeat, look random and carry the node number (decision 13)", () => {
  const mint = new IdMint(4, 130, new SipHash([1, 2, 3, 4]), seededRandom(7));
  assert.equal(mint.node, 2);
  const seen = new Set<number>();
  let ascending = 0;
  let last = 0;
  for (let i = 0; i < 20_000; i++) {
    const id = mint.next(3);
    assert.equal(Math.floor(id / 2 ** 25), 2);
    assert.ok(id >= 0 && id < 2 ** 32);
    if (id > last) ascending++;
    last = id;
    seen.add(id);
  }
  assert.equal(seen.size, 20_000);
  assert.ok(ascending > 9_000 && ascending < 11_000, `${ascending} of 20000 steps went up`);
});

test("another secret, another order; another bucket, another order", () => {
  const one = new IdMint(2, 1, new SipHash([1, 2, 3, 4]), seededRandom(7));
  const two = new IdMint(2, 1, new SipHash([1, 2, 3, 5]), seededRandom(7));
  assert.notEqual(one.next(0), two.next(0));
  const drawn = new IdMint(1, undefined, new SipHash([1, 2, 3, 4]), seededRandom(8));
  assert.ok(drawn.node >= 0 && drawn.node < 128);
});

function numbers(dbId: string): [number, number] {
  const parsed = parseDbId(dbId);
  assert.ok(parsed !== undefined);
  return [parsed.entry, parsed.id];
}
