import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, Timer, Timers } from "../kit/index.ts";
import { TestClock } from "./clock.ts";

test("time moves only when told to, and everything due happens at its own instant, in order", () => {
  const clock = new TestClock(1000);
  const seen: string[] = [];
  clock.schedule(20, () => seen.push(`b@${clock.monotonic()}`));
  clock.schedule(10, () => seen.push(`a@${clock.monotonic()}`));
  clock.schedule(20, () => seen.push(`c@${clock.monotonic()}`));
  clock.schedule(30, () => seen.push("late"));
  clock.advance(20);
  assert.deepEqual(seen, ["a@10", "b@20", "c@20"]);
  assert.equal(clock.now(), 1020);
  clock.advance(5);
  assert.equal(clock.monotonic(), 25);
  assert.equal(seen.length, 3);
});

test("deferred work runs before time moves, and what it defers runs in the next round", () => {
  const clock = new TestClock();
  const seen: string[] = [];
  clock.schedule(1, () => seen.push("timer"));
  clock.defer(() => {
    seen.push("first");
    clock.defer(() => seen.push("third"));
  });
  clock.defer(() => seen.push("second"));
  clock.advance(1);
  assert.deepEqual(seen, ["first", "second", "third", "timer"]);
});

test("an alarm wakes the timers of an engine, and a later setting replaces the earlier one", () => {
  const clock = new TestClock();
  const timers = new Timers(clock, clock, (error) => assert.fail(String(error)));
  clock.wakes(() => timers.run());
  const fired: string[] = [];
  const timer = (name: string): Timer => new Timer({ onTimer: () => fired.push(`${name}@${clock.monotonic()}`) }, 0);
  const slow = timer("slow");
  const quick = timer("quick");
  const never = timer("never");
  timers.arm(slow, 500);
  timers.arm(quick, 200);
  timers.arm(never, 100);
  timers.disarm(never);
  assert.equal(clock.runUntilIdle(), true);
  assert.deepEqual(fired, ["quick@200", "slow@500"]);
  assert.equal(clock.nextAt, Number.POSITIVE_INFINITY);
});

test("two engines on one clock have an alarm each", () => {
  const clock = new TestClock();
  const woken: string[] = [];
  const a = clock.newAlarm();
  const b = clock.newAlarm();
  a.wakes(() => woken.push("a"));
  b.wakes(() => woken.push("b"));
  a.set(10);
  b.set(5);
  a.set(Number.POSITIVE_INFINITY);
  assert.equal(a.at, Number.POSITIVE_INFINITY);
  clock.advance(100);
  assert.deepEqual(woken, ["b"]);
});

test("an outbox flushes at the end of the turn", () => {
  const clock = new TestClock();
  const outbox = new Outbox(clock.defer, (error) => assert.fail(String(error)));
  const left: number[] = [];
  outbox.push({ leave: () => left.push(clock.monotonic()) });
  assert.deepEqual(left, []);
  clock.runDue();
  assert.deepEqual(left, [0]);
});

test("the wall clock may jump without the monotonic one moving", () => {
  const clock = new TestClock(0);
  clock.advance(5);
  clock.skewWall(3_600_000);
  assert.equal(clock.now(), 3_600_005);
  assert.equal(clock.monotonic(), 5);
});

test("something that never rests is given up after the limit", () => {
  const clock = new TestClock();
  const again = (): void => {
    clock.schedule(1000, again);
  };
  again();
  assert.equal(clock.runUntilIdle(10_000), false);
  assert.equal(clock.monotonic(), 10_000);
});

test("promises settle between events when time passes asynchronously", async () => {
  const clock = new TestClock();
  const seen: string[] = [];
  clock.schedule(10, () => {
    void Promise.resolve().then(async () => {
      await Promise.resolve();
      clock.schedule(5, () => seen.push(`after the promise @${clock.monotonic()}`));
    });
  });
  clock.schedule(20, () => seen.push("later"));
  await clock.advanceAsync(30);
  assert.deepEqual(seen, ["after the promise @15", "later"]);
  assert.equal(clock.monotonic(), 30);
});
