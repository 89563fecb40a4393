import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DialogEvent, LEGAL_MOVES, type Lifecycle, newLifecycle, stateNumber, step } from "./machine.ts";
import { DialogOption, parseOptions, replaceOptions, withoutDoublePings } from "./options.ts";

const leg = fc.integer({ min: 1, max: 3 });
const anyEvent: fc.Arbitrary<DialogEvent> = fc.oneof(
  fc.constantFrom<DialogEvent>(
    { type: "provisional" },
    { type: "refused" },
    { type: "abandoned" },
    { type: "acked" },
    { type: "cancelled" },
    { type: "sequential" },
    { type: "expired" },
    { type: "ackMissing" },
    { type: "byeDone" },
    { type: "ending", reason: "someone" },
  ),
  leg.map((number): DialogEvent => ({ type: "answered", leg: number })),
  fc.tuple(fc.constantFrom("caller", "callee"), leg).map(([from, number]): DialogEvent => ({ type: "bye", from, leg: number })),
);
const anyOptions = fc.constantFrom(
  0,
  DialogOption.byeOnTimeout,
  DialogOption.endOnRace,
  DialogOption.byeOnTimeout | DialogOption.endOnRace,
);

test("no sequence of events reaches an illegal state or leaves a timer, a membership or a party behind", () => {
  fc.assert(
    fc.property(anyOptions, fc.array(anyEvent, { maxLength: 40 }), (options, events) => {
      let life = Object.freeze(newLifecycle(options));
      let isArmed = false;
      let isMember = true;
      let told = 0; // who was promised an end: 1 by the listeners
      for (const event of events) {
        const before: Lifecycle = life;
        life = Object.freeze(step(before, event));
        if (life.state !== before.state) {
          assert.ok(LEGAL_MOVES[before.state].includes(life.state));
          assert.equal(life.effects[0], "changed");
        } else assert.ok(!life.effects.includes("changed"));
        for (const effect of life.effects) {
          if (effect === "start" || effect === "rearm") isArmed = true;
          if (effect === "stopTimers") isArmed = false;
          if (effect === "leaveProfiles") isMember = false;
          if (effect === "rejoinProfiles") isMember = true;
          if (effect === "failed" || effect === "expired" || effect === "terminated") told++;
          if (effect === "confirmed" && before.state === "ended") told--;
        }
        const isOver = life.state === "ended";
        assert.equal(isMember, !isOver, "in profiles exactly while it lives");
        assert.equal(told, isOver ? 1 : 0, "exactly one of failed, expired and terminated");
        if (isOver) assert.equal(isArmed, false);
        if (stateNumber(life.state) === 3 || stateNumber(life.state) === 4) assert.ok(isArmed || life.isEnding);
        assert.equal(life.winner > 0, life.state !== "unconfirmed" && life.state !== "early" && (life.winner > 0 || !isOver));
        if (before.winner > 0) assert.equal(life.winner, before.winner, "the first answer wins");
        if (isOver && life.winner > 0) assert.notEqual(life.endReason, undefined, "an answered call that ended says why");
        if (before.endReason !== undefined && life.endReason !== before.endReason) {
          assert.equal(before.endReason, "Cancelled");
          assert.equal(life.endReason, "SIP Race Condition");
        }
        assert.ok(Object.isFrozen(life.effects), "effects are shared values");
      }
    }),
    { numRuns: 3000 },
  );
});

test("what changes nothing allocates nothing", () => {
  const answered = step(newLifecycle(0), { type: "answered", leg: 1 });
  const settled = step(answered, { type: "sequential" });
  assert.equal(step(settled, { type: "sequential" }), settled);
  assert.equal(step(settled, { type: "answered", leg: 2 }), settled);
});

test("case 37 and 38: create flags", () => {
  const read = (text: string): number => {
    const parsed = parseOptions(text);
    assert.ok(parsed.ok, text);
    return parsed.value;
  };
  assert.equal(read("PRpr"), DialogOption.reinvitePingCaller | DialogOption.reinvitePingCallee);
  assert.equal(read("BzE"), DialogOption.byeOnTimeout | DialogOption.endOnRace, "unknown letters are ignored");
  assert.equal(read(""), 0);
  assert.equal(read("x"), 0);
  assert.equal(read(" Bye-On-Timeout , auto-prack,"), DialogOption.byeOnTimeout | DialogOption.autoPrack);
  assert.equal(read("options-ping-caller,reinvite-ping-caller"), DialogOption.reinvitePingCaller);
  assert.equal(parseOptions("bye-on-timeout,hangup").ok, false, "unknown words are errors");
  assert.equal(parseOptions("xyz").ok, false);
  assert.equal(replaceOptions(read("PrE"), read("B")), DialogOption.byeOnTimeout | DialogOption.endOnRace);
  assert.equal(withoutDoublePings(DialogOption.optionsPingCallee | DialogOption.reinvitePingCallee), DialogOption.reinvitePingCallee);
});
