import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Clock, Slices } from "../kit/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import type { CheckResult } from "./check.ts";
import type { Dialog } from "./dialog.ts";
import { A, DialogHarness } from "./harness.ts";

/** A clock on which each look takes a millisecond, so that slices are short: between two of them a test may do anything. */
class SlowClock implements Clock {
  #at = 0;
  now(): number {
    return this.monotonic();
  }
  monotonic(): number {
    return this.#at++;
  }
}

interface Bench {
  readonly h: DialogHarness;
  readonly slices: Slices;
  /** Runs the next slice. */
  turn(): boolean;
  /** Runs all slices that are left. */
  finish(check: Promise<CheckResult>): Promise<CheckResult>;
}

function setUp(): Bench {
  const h = new DialogHarness(new TestClock(), seededRandom(9), { settings: { hashSize: 64 } });
  h.profiles.define("all", { withValue: false });
  h.profiles.define("caller", { withValue: true });
  const waiting: (() => void)[] = [];
  const slices = new Slices(
    new SlowClock(),
    (run) => waiting.push(run),
    (error) => h.errors.push(error),
    2,
  );
  const turn = (): boolean => {
    const run = waiting.shift();
    run?.();
    return run !== undefined;
  };
  return {
    h,
    slices,
    turn,
    finish: (check) => {
      while (turn());
      return check;
    },
  };
}

/** An answered call that is in both profiles and has a variable. */
function talk({ h }: Bench, n: number): Dialog {
  const dialog = h.talk({ callId: `${n}@x` });
  join(h, dialog, n);
  return dialog;
}

function join(h: DialogHarness, dialog: Dialog, n: number): void {
  const [all, caller] = h.profiles.list();
  assert.ok(all !== undefined && caller !== undefined);
  dialog.join(all, "", 1_000_000);
  dialog.join(caller, `user${n % 3}`, 1_000_000);
  dialog.setValue("account", String(n % 3));
}

function hangUp(h: DialogHarness, { callId }: Dialog, cseq = 103): void {
  h.request("BYE", cseq, A, { callId, toTag: "b", headers: h.route() });
  h.answer(h.lastSent("10.0.0.3", "BYE"), 200);
}

test("calls that come, go and change while the check is under way raise no false alarm", async () => {
  const act = fc.record({
    kind: fc.constantFrom("talk", "ring", "end", "refuse", "value", "leave", "join", "define", "later", "turn"),
    pick: fc.nat(63),
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(40), fc.array(act, { maxLength: 80 }), async (before, acts) => {
      const bench = setUp();
      const { h } = bench;
      const live: Dialog[] = [];
      const ringing: { dialog: Dialog; refuse: () => void }[] = [];
      let made = 0;
      for (; made < before; made++) live.push(talk(bench, made));
      const check = h.tracker.checkInSlices(bench.slices);
      let defined = 0;
      for (const { kind, pick } of acts) {
        const at = live.length === 0 ? -1 : pick % live.length;
        const dialog = live[at];
        if (kind === "talk") live.push(talk(bench, made++));
        else if (kind === "ring") {
          const [invite] = h.invite({ callId: `${made}@x` });
          h.answer(invite, 180);
          const ringer = h.dialog(`${made}@x`);
          join(h, ringer, made++);
          ringing.push({ dialog: ringer, refuse: () => h.answer(invite, 486) });
        } else if (kind === "refuse") ringing.pop()?.refuse();
        else if (kind === "end" && dialog !== undefined) {
          live.splice(at, 1);
          hangUp(h, dialog);
        } else if (kind === "value") dialog?.setValue(pick % 2 === 0 ? "account" : "other", pick % 5 === 0 ? undefined : String(pick % 3));
        else if (kind === "leave") {
          const profile = h.profiles.list()[pick % 2];
          if (profile !== undefined) dialog?.leave(profile, undefined);
        } else if (kind === "join" && dialog !== undefined) join(h, dialog, pick);
        else if (kind === "define") {
          const profile = h.profiles.define(`more${defined++}`, { withValue: pick % 2 === 0 });
          dialog?.join(profile, "v", 10);
        } else if (kind === "later") h.clock.advance(pick * 1000);
        else bench.turn();
      }
      const { problems, checked } = await bench.finish(check);
      assert.deepEqual(problems, []);
      assert.ok(checked <= made);
      assert.deepEqual(h.tracker.check(), []);
      assert.deepEqual(h.errors, []);
    }),
    { numRuns: 120 },
  );
});

test("no slice is longer than its time by more than one step, and who is there all the time is looked at once", async () => {
  const bench = setUp();
  for (let n = 0; n < 300; n++) talk(bench, n);
  const check = bench.h.tracker.checkInSlices(bench.slices);
  assert.equal(bench.h.tracker.checkInSlices(bench.slices), check, "one at a time");
  let turns = 0;
  while (bench.turn()) turns++;
  assert.ok(turns >= 10, `${turns} turns`);
  assert.deepEqual((await check).checked, 300);
  assert.notEqual(bench.h.tracker.checkInSlices(bench.slices), check, "and a new one after it");
});

const FAULTS: readonly (readonly [name: string, harm: (h: DialogHarness, dialog: Dialog) => void, expected: RegExp])[] = [
  [
    "a counter that drifted",
    (h, dialog) => h.tracker.feed.publish({ ...changeOf(dialog), from: "ended", to: "confirmed" }),
    /^active_dialogs says 31, 30 calls are answered$/,
  ],
  [
    "a link its member lost",
    (_h, dialog) => {
      dialog.firstLink = dialog.firstLink?.older;
    },
    /^profile caller: ("user\d" says 10, members hold 9|the list under "user\d" is torn)$/,
  ],
  [
    "a count of links",
    (h) => {
      const group = h.profiles.get("caller")?.groupOf("user1");
      if (group !== undefined) group.count++;
    },
    /^profile caller: "user1" says 11, members hold 10$/,
  ],
  [
    "a torn list",
    (_h, dialog) => {
      const link = dialog.firstLink;
      if (link !== undefined) link.previous = undefined;
    },
    /^profile caller: the list under "user\d" is torn$/,
  ],
  [
    "a variable that is not found",
    (_h, dialog) => {
      if (dialog.firstValue !== undefined) dialog.firstValue.value = "changed behind the back";
    },
    /(is not found by its value account|is found by a value account that it has not)$/,
  ],
  [
    "a call that is out of the table and still found by its variable",
    (h, dialog) => {
      dialog.firstValue = undefined;
      dialog.valueCount = 0;
      void h;
    },
    /is found by a value account that it has not$/,
  ],
  [
    "a lifetime that does not run",
    (h, dialog) => {
      if (dialog.timer !== undefined) h.wheel.disarm(dialog.timer);
    },
    /has no lifetime running$/,
  ],
];

/** A change that nothing stands behind. */
function changeOf(dialog: Dialog): Parameters<DialogHarness["tracker"]["feed"]["publish"]>[0] {
  return { kind: "state", dialog, from: undefined, to: undefined, name: "", value: undefined, leg: -1, link: undefined };
}

for (const [name, harm, expected] of FAULTS) {
  test(`the check finds ${name}`, async () => {
    const bench = setUp();
    const dialogs = Array.from({ length: 30 }, (_, n) => talk(bench, n));
    const victim = dialogs[17];
    assert.ok(victim);
    harm(bench.h, victim);
    const { problems } = await bench.finish(bench.h.tracker.checkInSlices(bench.slices));
    assert.ok(problems.length > 0);
    for (const problem of problems) assert.match(problem, expected);
    assert.deepEqual(bench.h.tracker.check(), problems);
  });
}

test("a thousand faults are named, not all of them", async () => {
  const bench = setUp();
  for (let n = 0; n < 1100; n++) talk(bench, n).valueCount = 7;
  const { problems } = await bench.finish(bench.h.tracker.checkInSlices(bench.slices));
  assert.equal(problems.length, 1000);
});
