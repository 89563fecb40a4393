import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog, Timers } from "../kit/index.ts";
import { TestClock } from "../testing/index.ts";
import { LateStart } from "./late-start.ts";
import { StoreError } from "./ports.ts";

test("what has to be done late is tried until it is done; a trouble is told once, an absence never", async () => {
  const clock = new TestClock();
  const timers = new Timers(clock, clock, (error) => assert.fail(String(error)));
  clock.wakes(() => timers.run());
  const outcomes = [new StoreError("away", "nobody there"), new StoreError("refused", "no table"), new StoreError("refused", "no table")];
  const told: string[] = [];
  let tries = 0;
  const log = { ...silentLog, error: (_fields: object, text: string) => void told.push(text) };
  const late = new LateStart(timers, log, "cannot be used", async () => {
    const error = outcomes[tries++];
    if (error !== undefined) throw error;
  });
  late.later();
  for (let i = 0; i < 20; i++) await clock.advanceAsync(1_000);
  assert.deepEqual([tries, told], [4, ["cannot be used"]]);
  await clock.advanceAsync(60_000);
  assert.equal(tries, 4, "done is done");

  late.later();
  late.stop();
  late.later();
  await clock.advanceAsync(60_000);
  assert.equal(tries, 4, "stopped is stopped");
});
