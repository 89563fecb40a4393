// `kill -9` at every step of every kind of call, and again while the next process is at it: what had been answered goes on as if nothing
// had happened, what had not leaves nothing behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { crash } from "./judge.ts";
import { CRASH_CALLS } from "./scenarios.ts";
import type { Kill, Moment } from "./world.ts";

const MOMENTS: readonly Moment[] = ["handled", "committed", "left"];

const NEAR_MS = 0.1;

let cases = 0;
let answered = 0;

for (const [name, plan] of Object.entries(CRASH_CALLS)) {
  test(`${name}: the proxy dies at every step, once and twice`, async () => {
    const whole = await crash(plan, []);
    assert.deepEqual([whole.problems, whole.lives, whole.wasAnswered], [[], 1, true], whole.story.join("\n"));
    const judge = async (kills: readonly Kill[]): Promise<number> => {
      const outcome = await crash(plan, kills);
      const where = kills.map(({ step, moment }) => `${moment} at step ${step}`).join(", then ");
      assert.deepEqual(outcome.problems, [], `killed ${where}\n${outcome.story.join("\n")}`);
      assert.ok(outcome.lives > 1, `somebody dies ${where}`);
      cases++;
      if (outcome.wasAnswered) answered++;
      return outcome.steps;
    };
    for (let step = 1; step <= whole.steps; step++) {
      for (const moment of MOMENTS) {
        const left = await judge([{ step, moment }]);
        // the second life dies too: early, and at a step that wanders with the first
        const again = left === 0 ? [] : [1, 1 + ((step * 3) % left)];
        const second = MOMENTS[(step + MOMENTS.indexOf(moment)) % MOMENTS.length] ?? "left";
        for (const next of new Set(again))
          await judge([
            { step, moment },
            { step: next, moment: second },
          ]);
      }
    }
  });
}

// the network is so fast that turns share commits, which keeps what they have to send from leaving for a moment
for (const [name, plan] of Object.entries(CRASH_CALLS)) {
  test(`${name}: the proxy dies at every step while turns wait for a common commit`, async () => {
    const { steps, problems } = await crash(plan, [], NEAR_MS);
    assert.deepEqual(problems, []);
    for (let step = 1; step <= steps; step++) {
      for (const moment of MOMENTS) {
        const outcome = await crash(plan, [{ step, moment }], NEAR_MS);
        assert.deepEqual(outcome.problems, [], `killed ${moment} at step ${step}\n${outcome.story.join("\n")}`);
        assert.ok(outcome.lives > 1, `somebody dies ${moment} at step ${step}`);
      }
    }
  });
}

test("there were enough of them", () => {
  assert.ok(cases >= 1000, `${cases} cases`);
  assert.ok(answered >= 600, `${answered} of answered calls`);
});
