import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TestClock } from "../testing/index.ts";
import { Timer, type TimerOwner, Timers } from "./index.ts";

class Owner implements TimerOwner {
  readonly #clock: TestClock;
  readonly log: string[];
  readonly name: string;
  onFire: (kind: number) => void = () => {};

  constructor(clock: TestClock, log: string[], name: string) {
    this.#clock = clock;
    this.log = log;
    this.name = name;
  }

  onTimer(kind: number): void {
    this.log.push(`${this.#clock.monotonic()} ${this.name}${kind}`);
    this.onFire(kind);
  }
}

function setUp() {
  const clock = new TestClock();
  const errors: unknown[] = [];
  const timers = new Timers(clock, clock, (error) => errors.push(error));
  clock.wakes(() => timers.run());
  const log: string[] = [];
  const owner = (name: string) => new Owner(clock, log, name);
  return { clock, timers, errors, log, owner };
}

describe("timers", () => {
  test("end at their deadline, in the order of the deadlines, whatever order they were armed in", () => {
    const { clock, timers, log, owner } = setUp();
    const a = owner("a");
    timers.arm(new Timer(a, 1), 500);
    timers.arm(new Timer(a, 2), 32_000);
    timers.arm(new Timer(a, 3), 100);
    timers.arm(new Timer(a, 4), 500);
    assert.equal(timers.count, 4);
    clock.advance(499);
    assert.deepEqual(log, ["100 a3"]);
    clock.advance(31_501);
    assert.deepEqual(log, ["100 a3", "500 a1", "500 a4", "32000 a2"]);
    assert.equal(timers.count, 0);
    assert.equal(timers.nextAt, Number.POSITIVE_INFINITY);
  });

  test("a timer armed anew ends once, at the new deadline", () => {
    const { clock, timers, log, owner } = setUp();
    const timer = new Timer(owner("a"), 0);
    timers.arm(timer, 500);
    clock.advance(400);
    timers.arm(timer, 500);
    assert.equal(timers.count, 1);
    clock.advance(10_000);
    assert.deepEqual(log, ["900 a0"]);
    assert.equal(timer.isArmed, false);
  });

  test("a disarmed timer never ends, and disarming twice does nothing", () => {
    const { clock, timers, log, owner } = setUp();
    const first = new Timer(owner("a"), 1);
    const second = new Timer(owner("a"), 2);
    timers.arm(first, 500);
    timers.arm(second, 500);
    timers.disarm(first);
    timers.disarm(first);
    assert.equal(timers.count, 1);
    clock.advance(1000);
    assert.deepEqual(log, ["500 a2"]);
  });

  test("an owner may arm itself again while it is told, and is told again in the same run when that is due", () => {
    const { clock, timers, log, owner } = setUp();
    const a = owner("a");
    const timer = new Timer(a, 0);
    let left = 3;
    a.onFire = () => {
      if (--left > 0) timers.arm(timer, 500);
    };
    timers.arm(timer, 500);
    clock.advance(5000);
    assert.deepEqual(log, ["500 a0", "1000 a0", "1500 a0"]);
  });

  test("an owner may disarm another timer that is due at the same instant", () => {
    const { clock, timers, log, owner } = setUp();
    const a = owner("a");
    const other = new Timer(owner("b"), 0);
    a.onFire = () => timers.disarm(other);
    timers.arm(new Timer(a, 0), 100);
    timers.arm(other, 100);
    clock.advance(200);
    assert.deepEqual(log, ["100 a0"]);
    assert.equal(timers.count, 0);
  });

  test("an owner that throws is reported and does not keep others from their end", () => {
    const { clock, timers, log, errors, owner } = setUp();
    const bad = owner("bad");
    bad.onFire = () => {
      throw new RangeError("broken owner");
    };
    timers.arm(new Timer(bad, 0), 100);
    timers.arm(new Timer(owner("good"), 0), 100);
    clock.advance(100);
    assert.deepEqual(log, ["100 bad0", "100 good0"]);
    assert.equal(errors.length, 1);
  });

  test("an earlier deadline moves the alarm forward", () => {
    const { clock, timers, log, owner } = setUp();
    timers.arm(new Timer(owner("late"), 0), 10_000);
    assert.equal(clock.nextAt, 10_000);
    timers.arm(new Timer(owner("early"), 0), 50);
    assert.equal(clock.nextAt, 50);
    clock.advance(60);
    assert.deepEqual(log, ["50 early0"]);
    assert.equal(clock.nextAt, 10_000);
  });

  test("a negative or missing duration is due at once, but not before the arm returns", () => {
    const { clock, timers, log, owner } = setUp();
    timers.arm(new Timer(owner("a"), 0), -5);
    timers.arm(new Timer(owner("b"), 0), Number.NaN);
    assert.deepEqual(log, []);
    clock.advance(0);
    assert.deepEqual(log, ["0 a0", "0 b0"]);
  });

  test("an alarm that rings too early ends nothing before its time", () => {
    const { clock, timers, log, owner } = setUp();
    timers.arm(new Timer(owner("a"), 0), 100);
    clock.advance(99);
    timers.run();
    assert.deepEqual(log, []);
    clock.advance(1);
    assert.deepEqual(log, ["100 a0"]);
  });

  test("what falls due while owners work waits for the next alarm", () => {
    let ms = 0;
    let alarm = Number.POSITIVE_INFINITY;
    const clock = { now: () => 0, monotonic: () => ms };
    const bell = {
      set: (at: number) => {
        alarm = at;
      },
    };
    const timers = new Timers(clock, bell, (error) => assert.fail(String(error)));
    const ended: string[] = [];
    const owner: TimerOwner = {
      onTimer: (kind) => {
        ended.push(`${ms} ${kind}`);
        ms += 10; // slow work
        if (kind === 0) timers.arm(again, 0);
      },
    };
    const again = new Timer(owner, 0);
    timers.arm(again, 5);
    timers.arm(new Timer(owner, 1), 5);
    timers.arm(new Timer(owner, 2), 8);
    ms = 5;
    timers.run();
    assert.deepEqual(ended, ["5 0", "15 1"]);
    assert.equal(alarm, 8);
    timers.run();
    assert.deepEqual(ended, ["5 0", "15 1", "25 2", "35 0"]);
    assert.equal(timers.count, 1, "it armed itself again");
  });

  test("with everything disarmed the engine comes to rest", () => {
    const { clock, timers, owner } = setUp();
    const timer = new Timer(owner("a"), 0);
    timers.arm(timer, 100);
    timers.disarm(timer);
    assert.equal(clock.runUntilIdle(), true);
    assert.equal(clock.nextAt, Number.POSITIVE_INFINITY);
  });
});
