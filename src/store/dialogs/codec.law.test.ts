import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyKept } from "./arbitraries-harness.ts";
import { decodeCall, encodeCall } from "./codec.ts";

test("whatever is written is read again, byte for byte and character for character", () => {
  fc.assert(
    fc.property(anyKept, (call) => {
      assert.deepEqual(decodeCall(encodeCall(call)), { ok: true, value: call });
    }),
  );
});

test("bytes that nobody has written are a fault, never an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(decodeCall(bytes).ok, false);
    }),
  );
});

test("a tuple that was changed is a fault, or another call of the same form", () => {
  const junk = fc.oneof(
    fc.constant(null),
    fc.constant({}),
    fc.constant([]),
    fc.constant("x"),
    fc.constant(-1),
    fc.constant(0.5),
    fc.constant([[1]]),
  );
  fc.assert(
    fc.property(anyKept, fc.nat({ max: 32 }), junk, (call, at, instead) => {
      const tuple = JSON.parse(Buffer.from(encodeCall(call)).toString("utf8")) as unknown[];
      tuple[at] = instead;
      const read = decodeCall(Buffer.from(JSON.stringify(tuple)));
      if (read.ok) assert.deepEqual(decodeCall(encodeCall(read.value)), read);
    }),
  );
});

test("a call of a later format, a shorter and a longer one are faults", () => {
  fc.assert(
    fc.property(anyKept, (call) => {
      const tuple = JSON.parse(Buffer.from(encodeCall(call)).toString("utf8")) as unknown[];
      const as = (parts: readonly unknown[]): boolean => decodeCall(Buffer.from(JSON.stringify(parts))).ok;
      assert.equal(as([2, ...tuple.slice(1)]), false);
      assert.equal(as(tuple.slice(0, -1)), false);
      assert.equal(as([...tuple, 1]), false);
    }),
    { numRuns: 20 },
  );
});
