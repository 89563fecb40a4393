import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LruMap, ShardedMap } from "./index.ts";

describe("the map in parts", () => {
  test("behaves as a Map does, for texts and for numbers", () => {
    const key = fc.oneof(fc.string({ maxLength: 20 }), fc.integer());
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key, fc.integer()), { maxLength: 200 }), (acts) => {
        const parts = new ShardedMap<string | number, number>();
        const model = new Map<string | number, number>();
        for (const [sets, key, value] of acts) {
          if (sets) {
            parts.set(key, value);
            model.set(key, value);
          } else assert.equal(parts.delete(key), model.delete(key));
          assert.equal(parts.size, model.size);
          assert.equal(parts.get(key), model.get(key));
          assert.equal(parts.has(key), model.has(key));
        }
        assert.deepEqual([...parts.values()].sort(), [...model.values()].sort());
      }),
      { numRuns: 100 },
    );
  });

  test("keys that differ only at the end spread over many parts", () => {
    const map = new ShardedMap<string, number>();
    for (let i = 0; i < 10_000; i++) map.set(`${"a".repeat(40)}${i}@host`, i);
    assert.equal(map.size, 10_000);
    assert.equal(map.get(`${"a".repeat(40)}77@host`), 77);
  });
});

describe("the bounded map", () => {
  test("forgets what was used longest ago and counts it", () => {
    const map = new LruMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    assert.equal(map.get("a"), 1);
    map.set("c", 3);
    assert.equal(map.get("b"), undefined);
    assert.equal(map.get("a"), 1);
    assert.equal(map.get("c"), 3);
    assert.equal(map.size, 2);
    assert.equal(map.evicted, 1);
  });

  test("setting a known key anew pushes nothing out", () => {
    const map = new LruMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    assert.equal(map.get("b"), 2);
    assert.equal(map.evicted, 0);
    assert.equal(map.delete("a"), true);
    assert.equal(map.delete("a"), false);
    assert.equal(map.size, 1);
  });

  test("keeps at least one entry, whatever bound it is given", () => {
    const map = new LruMap<string, number>(0);
    map.set("a", 1);
    assert.equal(map.get("a"), 1);
  });
});
