import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ByteRing, latin1 } from "./index.ts";

describe("the ring of records", () => {
  test("a story is read back from its last record to its first", () => {
    const ring = new ByteRing(4096);
    let last = 0;
    for (const text of ["INVITE", "180", "200", "ACK"]) last = ring.append(text, last);
    const story: string[] = [];
    for (let at = last; at !== 0; ) {
      const record = ring.read(at);
      assert.ok(record);
      story.push(latin1(record.bytes));
      at = record.previous;
    }
    assert.deepEqual(story, ["ACK", "200", "180", "INVITE"]);
  });

  test("positions that were never given out, or lie ahead, hold nothing", () => {
    const ring = new ByteRing(4096);
    const at = ring.append("one", 0);
    assert.equal(ring.read(0), undefined);
    assert.equal(ring.read(-8), undefined);
    assert.equal(ring.read(at + 8192), undefined);
  });

  test("a record too long for the ring is left out of the story, the story goes on", () => {
    const ring = new ByteRing(4096);
    const first = ring.append("first", 0);
    assert.equal(ring.append("x".repeat(400), first), first);
  });

  test("a record is either whole or gone, however often the ring has gone round", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { minLength: 1, maxLength: 400 }), (lengths) => {
        const ring = new ByteRing(4096);
        const kept: { at: number; text: string; end: number }[] = [];
        for (const [i, length] of lengths.entries()) {
          const text = String.fromCharCode(33 + (i % 90)).repeat(length);
          const at = ring.append(text, 0);
          kept.push({ at, text, end: ring.written });
        }
        for (const { at, text } of kept) {
          const record = ring.read(at);
          if (ring.written - at <= 4096) assert.equal(record === undefined ? "gone" : latin1(record.bytes), text);
          else assert.equal(record, undefined);
        }
      }),
      { numRuns: 200 },
    );
  });
});
