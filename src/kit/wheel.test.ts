import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TestClock } from "../testing/index.ts";
import { SecondsWheel, Slices, Timers, WheelEntry, type WheelOwner } from "./index.ts";

function setUp() {
  const clock = new TestClock();
  const errors: unknown[] = [];
  const report = (error: unknown): void => {
    errors.push(error);
  };
  const timers = new Timers(clock, clock, report);
  clock.wakes(() => timers.run());
  const slices = new Slices(clock, clock.defer, report);
  const wheel = new SecondsWheel(clock, timers, slices, report);
  const told: string[] = [];
  const owner = (name: string, then: () => void = () => {}): WheelOwner => ({
    onTick: (kind) => {
      told.push(`${clock.monotonic()} ${name}${kind}`);
      then();
    },
  });
  return { clock, timers, wheel, errors, told, owner };
}

describe("the wheel of seconds", () => {
  test("an entry is told at the first whole second that is not before its deadline", () => {
    const { clock, wheel, told, owner } = setUp();
    clock.advance(250);
    wheel.arm(new WheelEntry(owner("a"), 0), 1750); // exactly 2.000
    wheel.arm(new WheelEntry(owner("b"), 0), 1751);
    wheel.arm(new WheelEntry(owner("c"), 0), 0);
    clock.advance(10_000);
    assert.deepEqual(told, ["1000 c0", "2000 a0", "3000 b0"]);
  });

  test("lifetimes longer than one turn of the wheel are not told a turn too early", () => {
    const { clock, wheel, told, owner } = setUp();
    wheel.arm(new WheelEntry(owner("long"), 0), 12 * 3600 * 1000);
    clock.advance(12 * 3600 * 1000 - 1);
    assert.deepEqual(told, []);
    clock.advance(1);
    assert.deepEqual(told, ["43200000 long0"]);
  });

  test("an entry may arm itself again when told, and disarm another of the same second", () => {
    const { clock, wheel, told, owner } = setUp();
    const victim = new WheelEntry(owner("victim"), 0);
    let rounds = 0;
    const ping: WheelEntry = new WheelEntry(
      owner("ping", () => {
        wheel.disarm(victim);
        if (++rounds < 3) wheel.arm(ping, 2000);
      }),
      7,
    );
    wheel.arm(ping, 2000);
    clock.advance(500);
    wheel.arm(victim, 60_000);
    clock.advance(60_000);
    assert.deepEqual(told, ["2000 ping7", "4000 ping7", "6000 ping7"]);
    assert.equal(wheel.count, 0);
  });

  test("an owner that throws is reported, the others of its second are told", () => {
    const { clock, wheel, told, errors, owner } = setUp();
    const bad = owner("bad", () => {
      throw new RangeError("broken");
    });
    wheel.arm(new WheelEntry(owner("x"), 0), 1000);
    wheel.arm(new WheelEntry(bad, 0), 1000);
    wheel.arm(new WheelEntry(owner("y"), 0), 1000);
    clock.advance(1000);
    assert.equal(told.length, 3);
    assert.equal(errors.length, 1);
  });

  test("after a long pause every entry is told at once", () => {
    const { clock, timers, wheel, told, owner } = setUp();
    wheel.arm(new WheelEntry(owner("a"), 0), 5000);
    wheel.arm(new WheelEntry(owner("b"), 0), 9_000_000);
    clock.wakes(() => {}); // the process is stopped: nobody runs the timers
    clock.advance(20_000_000);
    assert.deepEqual(told, []);
    timers.run();
    clock.runDue();
    assert.deepEqual([...told].sort(), ["20000000 a0", "20000000 b0"]);
  });

  test("a hundred thousand entries of one second are worked off in slices", () => {
    const { clock, timers, errors } = setUp();
    // A clock that runs while the work is done: each look at it costs 1 µs.
    let spent = 0;
    const ticking = {
      now: () => 0,
      monotonic: () => {
        spent += 0.001;
        return clock.monotonic() + spent;
      },
    };
    const deferred: (() => void)[] = [];
    const slices = new Slices(
      ticking,
      (run) => deferred.push(run),
      (error) => errors.push(error),
    );
    const wheel = new SecondsWheel(clock, timers, slices, (error) => errors.push(error));
    let told = 0;
    const owner: WheelOwner = {
      onTick: () => {
        told++;
      },
    };
    for (let i = 0; i < 100_000; i++) wheel.arm(new WheelEntry(owner, 0), 1000);
    clock.advance(1000);
    assert.ok(told > 0 && told < 10_000, `the first slice did ${told}`);
    let slicesRun = 1;
    for (let run = deferred.shift(); run !== undefined; run = deferred.shift()) {
      const before = told;
      run();
      assert.ok(told - before <= 6000, "a slice is at most 5 ms");
      slicesRun++;
    }
    assert.equal(told, 100_000);
    assert.ok(slicesRun >= 20, `${slicesRun} slices`);
    assert.equal(wheel.count, 0);
  });
});
