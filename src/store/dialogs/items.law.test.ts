import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readItems, writeItem } from "./items.ts";

test("whatever is written is read again, in both forms", () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom("#", "|", "\\", "1", "2"), fc.string({ unit: "binary", minLength: 1, maxLength: 1 })),
  });
  const item = fc.record({ name: text, value: text, isInteger: fc.boolean() }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 6 }), (items) => {
      assert.deepEqual(readItems(items.map(({ name, value, isInteger }) => writeItem(name, value, isInteger, "typed")).join("")), items);
      const plain = items.map((one) => ({ ...one, isInteger: false }));
      assert.deepEqual(readItems(plain.map(({ name, value }) => writeItem(name, value, false, "plain")).join("")), plain);
    }),
  );
});
