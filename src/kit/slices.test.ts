import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type SlicedJob, Slices } from "./index.ts";

/** A clock that advances 1 ms with every step of work. */
function setUp() {
  let ms = 0;
  const deferred: (() => void)[] = [];
  const errors: unknown[] = [];
  const log: string[] = [];
  const slices = new Slices(
    { now: () => 0, monotonic: () => ms },
    (run) => deferred.push(run),
    (error) => errors.push(error),
    5,
  );
  const job = (name: string, steps: number): SlicedJob => ({
    step: () => {
      ms++;
      log.push(name);
      return --steps > 0;
    },
  });
  const turn = (): void => deferred.shift()?.();
  return { slices, deferred, errors, log, job, turn };
}

describe("work in slices", () => {
  test("a short job is done at once", () => {
    const { slices, deferred, log, job } = setUp();
    slices.add(job("a", 3));
    assert.equal(log.join(""), "aaa");
    assert.equal(slices.pending, 0);
    assert.equal(deferred.length, 0);
  });

  test("long jobs take turns of 5 ms each", () => {
    const { slices, deferred, log, job, turn } = setUp();
    slices.add(job("a", 12));
    slices.add(job("b", 6));
    assert.equal(log.join(""), "aaaaa");
    assert.equal(slices.pending, 2);
    while (deferred.length > 0) turn();
    assert.equal(log.join(""), "aaaaaaaaaabbbbbaab");
    assert.equal(slices.pending, 0);
  });

  test("a job that throws is reported and dropped, the next one runs", () => {
    const { slices, errors, log, job } = setUp();
    slices.add({
      step: () => {
        throw new RangeError("broken");
      },
    });
    slices.add(job("a", 2));
    assert.equal(errors.length, 1);
    assert.equal(log.join(""), "aa");
  });
});
