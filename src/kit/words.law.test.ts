import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromWord32, fromWord64, toWord32, toWord64, xorCyclic } from "./words.ts";

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString("latin1"));
const wordish = fc.string({ unit: fc.constantFrom(..."ABCXYZabcxyz0189+.-=/ 234567"), maxLength: 40 });

test("what is written in either alphabet is read again", () => {
  fc.assert(
    fc.property(bytes, (text) => {
      assert.equal(fromWord64(toWord64(text)), text);
      assert.equal(fromWord32(toWord32(text)), text);
      assert.equal(fromWord32(toWord32(text).toLowerCase()), text);
    }),
  );
});

test("what is read is written the same way again: two texts never mean the same bytes", () => {
  fc.assert(
    fc.property(wordish, (text) => {
      const from64 = fromWord64(text);
      if (from64 !== undefined) assert.equal(toWord64(from64), text);
      const from32 = fromWord32(text);
      if (from32 !== undefined) assert.equal(toWord32(from32), text.toUpperCase());
    }),
    { numRuns: 2000 },
  );
});

test("XOR with a password twice gives the text again", () => {
  fc.assert(fc.property(bytes, bytes, (text, password) => xorCyclic(xorCyclic(text, password), password) === text));
});

test("the alphabets are those that stand in a URI without escapes", () => {
  assert.equal(toWord64("\xff\xef\xfe\x00"), ".+.+AA--");
  assert.equal(toWord32("fooba"), "MZXW6YTB");
  assert.equal(toWord32("foob"), "MZXW6YQ-");
  assert.equal(fromWord64("AA=="), undefined);
  assert.equal(fromWord64("-AAA"), undefined);
});
