import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "./random.ts";

test("the same seed gives the same numbers, another seed gives others", () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 8 }, () => random.uint32());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.notDeepEqual(draw(0), draw(1));
});

test("numbers are spread evenly", () => {
  const random = seededRandom(3);
  const buckets = new Array<number>(16).fill(0);
  for (let i = 0; i < 160_000; i++) {
    const bucket = random.below(16);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) assert.ok(Math.abs(count - 10_000) < 500, `bucket of ${count}`);
});

test("chances and ranges keep their bounds", () => {
  const random = seededRandom(9);
  let hits = 0;
  for (let i = 0; i < 10_000; i++) {
    const n = random.between(3, 5);
    assert.ok(n >= 3 && n <= 5);
    if (random.chance(0.25)) hits++;
  }
  assert.ok(hits > 2300 && hits < 2700, `${hits} hits`);
  assert.equal(random.chance(0), false);
  assert.equal(random.chance(1), true);
  assert.throws(() => random.pick([]), RangeError);
});

test("a fork's numbers do not depend on what its parent draws later", () => {
  const a = seededRandom(5);
  const b = seededRandom(5);
  const forkA = a.fork();
  const forkB = b.fork();
  a.uint32();
  assert.equal(forkA.uint32(), forkB.uint32());
});
