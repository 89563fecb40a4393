import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SipHash } from "../kit/index.ts";
import { BranchCodec, hashIndexOf, labelOf } from "./branch.ts";

const codec = new BranchCodec(new SipHash([1, 2, 3, 4]));

describe("branches (TM-6)", () => {
  test("cookie, hash index and label in reversed hex, branch index, keyed tag, loop hash", () => {
    const branch = codec.make(0x1a2b, 0x30f, 11, "call", 0xdeadbeef);
    assert.match(branch, /^z9hG4bKb2a1\.f03\.b\.[0-9a-f]{8}\.deadbeef$/);
    assert.equal(codec.make(0, 0, 0, "call", 0).slice(0, 12), "z9hG4bK0.0.0");
  });

  test("give back their loop hash for their own Call-ID only", () => {
    const branch = codec.make(77, 123456, 3, "call", 0x01020304);
    assert.equal(codec.loopHash(branch, "call"), 0x01020304);
    assert.equal(codec.loopHash(branch, "Call"), -1);
    assert.equal(new BranchCodec(new SipHash([1, 2, 3, 5])).loopHash(branch, "call"), -1);
  });

  test("any change of the signed part is seen", () => {
    const branch = codec.make(0xffff, 0x3fffffff, 12, "call", 0);
    for (let i = 7; i < branch.length - 9; i++) {
      const forged = `${branch.slice(0, i)}${branch[i] === "1" ? "2" : "1"}${branch.slice(i + 1)}`;
      assert.equal(codec.loopHash(forged, "call"), -1, forged);
    }
  });

  test("what is not of our making is refused, whatever it looks like", () => {
    for (const branch of [
      "",
      "z9hG4bK",
      "z9hG4bK.........................",
      "z9hG4bK1.2.3.0123456g.01234567",
      "z9hG4bK1.2.3.01234567.0123456",
    ]) {
      assert.equal(codec.loopHash(branch, "call"), -1);
    }
  });

  test("tell their label, and nothing else tells one", () => {
    for (const label of [0, 1, 0x30f, 0x3fffffff]) assert.equal(labelOf(codec.make(0xabc, label, 3, "call", 0)), label);
    for (const branch of [
      "",
      "z9hG4bK",
      "z9hG4bK1",
      "z9hG4bK1.",
      "z9hG4bK1..2.",
      "z9hG4bK1.g.2.",
      "z9hG4bK1.123456789.2.",
      "z9hG4bK1.12",
    ]) {
      assert.equal(labelOf(branch), -1, branch);
    }
  });

  test("the hash index is 16 bits of Call-ID and CSeq number", () => {
    const seen = new Set<number>();
    for (let i = 0; i < 2_000; i++) {
      const index = hashIndexOf(`call-${i}@host`, 1);
      assert.ok(index >= 0 && index <= 0xffff);
      seen.add(index);
    }
    assert.ok(seen.size > 1_800, `${seen.size} different ones of 2,000`);
    assert.notEqual(hashIndexOf("a", 1), hashIndexOf("a", 2));
  });
});
