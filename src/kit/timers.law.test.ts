import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TestClock } from "../testing/index.ts";
import { SecondsWheel, Slices, Timer, type TimerOwner, Timers, WheelEntry, type WheelOwner } from "./index.ts";

type Act = { do: "arm"; who: number; ms: number } | { do: "disarm"; who: number } | { do: "wait"; ms: number };

const act = (durations: fc.Arbitrary<number>): fc.Arbitrary<Act> =>
  fc.oneof(
    fc.record({ do: fc.constant("arm" as const), who: fc.nat(9), ms: durations }),
    fc.record({ do: fc.constant("disarm" as const), who: fc.nat(9) }),
    fc.record({ do: fc.constant("wait" as const), ms: durations }),
  );

test("every timer ends exactly once, exactly at its deadline, in order (against a list)", () => {
  fc.assert(
    fc.property(fc.array(act(fc.constantFrom(0, 1, 7, 100, 500, 4000, 32_000)), { maxLength: 60 }), (acts) => {
      const clock = new TestClock();
      const timers = new Timers(clock, clock, (error) => assert.fail(String(error)));
      clock.wakes(() => timers.run());
      const ended: string[] = [];
      const owner: TimerOwner = { onTimer: (kind) => ended.push(`${clock.monotonic()}:${kind}`) };
      const all = Array.from({ length: 10 }, (_, kind) => new Timer(owner, kind));
      const model = new Map<number, { at: number; order: number; ms: number }>();
      const expected: string[] = [];
      let order = 0;
      const pass = (until: number): void => {
        const due = [...model].filter(([, one]) => one.at <= until).sort(([, a], [, b]) => a.at - b.at);
        for (const [who, one] of due) {
          expected.push(`${one.at}:${who}`);
          model.delete(who);
        }
      };
      for (const step of [...acts, { do: "wait", ms: 40_000 } as const]) {
        if (step.do === "wait") {
          pass(clock.monotonic() + step.ms);
          clock.advance(step.ms);
        } else {
          const timer = all[step.who];
          assert.ok(timer);
          if (step.do === "arm") {
            timers.arm(timer, step.ms);
            model.set(step.who, { at: clock.monotonic() + step.ms, order: order++, ms: step.ms });
          } else {
            timers.disarm(timer);
            model.delete(step.who);
          }
        }
        assert.equal(timers.count, model.size);
      }
      // Several at one instant: any order between durations, so compare as sorted within an instant.
      assert.deepEqual([...ended].sort(), [...expected].sort());
      const instants = ended.map((one) => Number(one.split(":")[0]));
      assert.deepEqual(
        instants,
        [...instants].sort((a, b) => a - b),
      );
    }),
    { numRuns: 300 },
  );
});

test("every wheel entry is told once, never before its deadline and less than a second after it", () => {
  fc.assert(
    fc.property(fc.array(act(fc.constantFrom(0, 1, 999, 1000, 1500, 30_000, 4_096_000, 5_000_123)), { maxLength: 40 }), (acts) => {
      const clock = new TestClock();
      const fail = (error: unknown): void => assert.fail(String(error));
      const timers = new Timers(clock, clock, fail);
      clock.wakes(() => timers.run());
      const wheel = new SecondsWheel(clock, timers, new Slices(clock, clock.defer, fail), fail);
      const model = new Map<number, number>();
      const owner: WheelOwner = {
        onTick: (kind) => {
          const deadline = model.get(kind);
          assert.ok(deadline !== undefined, "told although it was not armed");
          const late = clock.monotonic() - deadline;
          assert.ok(late >= 0 && late <= 1000, `late by ${late}`);
          model.delete(kind);
        },
      };
      const all = Array.from({ length: 10 }, (_, kind) => new WheelEntry(owner, kind));
      for (const step of acts) {
        if (step.do === "wait") {
          clock.advance(step.ms);
          continue;
        }
        const entry = all[step.who];
        assert.ok(entry);
        if (step.do === "arm") {
          wheel.arm(entry, step.ms);
          model.set(step.who, clock.monotonic() + step.ms);
        } else {
          wheel.disarm(entry);
          model.delete(step.who);
        }
        assert.equal(wheel.count, model.size);
      }
      clock.advance(6_000_000);
      assert.equal(model.size, 0);
      assert.equal(wheel.count, 0);
      assert.equal(timers.count, 0, "an idle wheel has no tick");
    }),
    { numRuns: 60 },
  );
});
