// Two agents without anything between them: the agents and their checker must be right before a proxy is judged by them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClock } from "../clock.ts";
import { type Conditions, PERFECT } from "../network/conditions.ts";
import { MemoryNetwork } from "../network/memory.ts";
import { seededRandom } from "../random.ts";
import { UserAgent } from "./agent.ts";
import type { CalleeCall } from "./callee.ts";
import type { CallerCall } from "./caller.ts";
import { Checker } from "./checker.ts";
import { ANSWERING_CALLEE, type CalleePlan, type CallerPlan, PATIENT_CALLER } from "./plan.ts";
import { datagramSocket } from "./sockets.ts";

interface Stage {
  readonly clock: TestClock;
  readonly network: MemoryNetwork;
  readonly alice: UserAgent;
  readonly bob: UserAgent;
  readonly checker: Checker;
  readonly lines: string[];
  call(plan?: CallerPlan): CallerCall;
  callee(): CalleeCall;
}

async function stage(answers: CalleePlan, seed = 1, conditions: Conditions = PERFECT): Promise<Stage> {
  const clock = new TestClock();
  const random = seededRandom(seed);
  const network = new MemoryNetwork({ clock, random: random.fork(), conditions });
  const checker = new Checker(0);
  const lines: string[] = [];
  network.tap = ({ fate, text, from, at }) => {
    if (fate === "sent") lines.push(`${Math.round(at)} ${from.ip === "10.0.0.2" ? "A" : "B"} ${text.slice(0, text.indexOf("\r\n"))}`);
  };
  const make = async (name: string, ip: string, proxy: string): Promise<UserAgent> =>
    new UserAgent({
      name,
      time: clock,
      socket: await datagramSocket(network, { ip, port: 5060 }),
      random: random.fork(),
      checker,
      proxy: { ip: proxy, port: 5060 },
      isRecordRouted: false,
      answers: () => answers,
    });
  const alice = await make("alice", "10.0.0.2", "10.0.0.3");
  const bob = await make("bob", "10.0.0.3", "10.0.0.2");
  let calls = 0;
  const idOf = (): string => `call-${calls}@test`;
  return {
    clock,
    network,
    alice,
    bob,
    checker,
    lines,
    call: (plan = PATIENT_CALLER) => {
      calls++;
      return alice.call({ callId: idOf(), uri: "sip:b@10.0.0.3:5060", fromUri: "sip:a@10.0.0.2", user: "a", withBody: true }, plan);
    },
    callee: () => bob.calleesOf(idOf())[0] as CalleeCall,
  };
}

function methods(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const [, who, first, second] = line.split(" ");
    return `${who} ${first === "SIP/2.0" ? second : first}`;
  });
}

test("an answered call: INVITE, 180, 200, ACK, BYE, 200, and nothing is left", async () => {
  const s = await stage(ANSWERING_CALLEE);
  const call = s.call({ ...PATIENT_CALLER, steps: [{ afterMs: 1000, act: "bye" }] });
  assert.equal(s.clock.runUntilIdle(), true);
  assert.deepEqual(methods(s.lines), ["A INVITE", "B 180", "B 200", "A ACK", "A BYE", "B 200"]);
  assert.equal(call.status, 200);
  assert.equal(call.answeredLeg?.end, "hungUp");
  assert.equal(s.callee().leg.end, "hungUpOn");
  assert.equal(s.alice.transactions.size + s.bob.transactions.size, 0);
  assert.deepEqual(s.checker.violations, []);
  assert.ok(s.checker.checks > 20);
});

test("the callee hangs up; re-INVITEs go both ways before", async () => {
  const s = await stage({
    ...ANSWERING_CALLEE,
    steps: [
      { afterMs: 2000, act: "reinvite" },
      { afterMs: 4000, act: "bye" },
    ],
  });
  const call = s.call({ ...PATIENT_CALLER, steps: [{ afterMs: 1000, act: "reinvite" }] });
  s.clock.runUntilIdle();
  assert.equal(call.answeredLeg?.completed, 1);
  assert.equal(call.answeredLeg?.served, 1);
  assert.equal(s.callee().leg.end, "hungUp");
  assert.deepEqual(s.checker.violations, []);
});

test("a refusal is repeated until its ACK comes (17.2.1)", async () => {
  const s = await stage({ ...ANSWERING_CALLEE, provisionals: [], final: { afterMs: 10, status: 486 } });
  const call = s.call();
  s.clock.advance(11);
  s.network.partition(["10.0.0.2"], ["10.0.0.3"]);
  s.clock.advance(1600);
  s.network.heal();
  s.clock.runUntilIdle();
  assert.equal(call.status, 486);
  // at 511 and 1511 the way was cut, at 3511 it arrived
  assert.equal(methods(s.lines).filter((line) => line === "B 486").length, 4);
  assert.equal(s.callee().isDone, true);
});

test("CANCEL waits for the first provisional (9.1) and is answered 487", async () => {
  const s = await stage({ ...ANSWERING_CALLEE, provisionals: [{ afterMs: 300, status: 180, hasBody: false, isReliable: false }] });
  const call = s.call({ ...PATIENT_CALLER, cancelAfterMs: 100 });
  s.clock.runUntilIdle();
  assert.deepEqual(methods(s.lines), ["A INVITE", "B 180", "A CANCEL", "B 200", "B 487", "A ACK"]);
  assert.equal(call.status, 487);
  assert.equal(s.callee().isCancelled, true);
  assert.deepEqual(s.checker.violations, []);
});

test("a 200 that met the CANCEL is acknowledged and hung up at once", async () => {
  const s = await stage({ ...ANSWERING_CALLEE, ignoresCancel: true });
  const call = s.call({ ...PATIENT_CALLER, cancelAfterMs: 100 });
  s.clock.runUntilIdle();
  assert.equal(call.status, 200);
  assert.equal(call.answeredLeg?.end, "hungUp");
  assert.equal(call.isDone, true);
  assert.deepEqual(s.checker.violations, []);
});

test("a callee repeats its 200 until an ACK comes, and hangs up when none ever does (13.3.1.4)", async () => {
  const s = await stage(ANSWERING_CALLEE);
  s.call({ ...PATIENT_CALLER, unacknowledged: 2 });
  s.clock.advance(10_000);
  assert.equal(methods(s.lines).filter((line) => line === "B 200").length, 3);
  assert.equal(s.callee().leg.state, "confirmed");
  const never = await stage(ANSWERING_CALLEE);
  never.call({ ...PATIENT_CALLER, unacknowledged: Number.POSITIVE_INFINITY });
  never.clock.advance(40_000);
  assert.equal(never.callee().leg.end, "noAck");
  assert.equal(never.callee().isDone, true);
});

test("reliable early media is acknowledged by PRACK, and the answer waits for it (RFC 3262)", async () => {
  const s = await stage({
    ...ANSWERING_CALLEE,
    provisionals: [{ afterMs: 5, status: 183, hasBody: true, isReliable: true }],
    final: { afterMs: 6, status: 200 },
    steps: [{ afterMs: 1000, act: "bye" }],
  });
  s.call();
  s.clock.runUntilIdle();
  assert.deepEqual(methods(s.lines), ["A INVITE", "B 183", "A PRACK", "B 200", "B 200", "A ACK", "B BYE", "A 200"]);
  assert.deepEqual(s.checker.violations, []);
});

test("a silent callee is tried seven times, then the caller gives up", async () => {
  const s = await stage({ ...ANSWERING_CALLEE, isSilent: true });
  const call = s.call();
  s.clock.runUntilIdle();
  assert.equal(s.lines.length, 7);
  assert.equal(call.status, 408);
});

test("who vanishes answers nothing more; the other side's BYE runs out", async () => {
  const s = await stage({ ...ANSWERING_CALLEE, steps: [{ afterMs: 2000, act: "bye" }] });
  const call = s.call({ ...PATIENT_CALLER, steps: [{ afterMs: 1000, act: "vanish" }] });
  s.clock.runUntilIdle();
  assert.equal(call.answeredLeg?.end, "vanished");
  assert.equal(s.callee().leg.end, "hungUp");
  assert.equal(s.lines.filter((line) => line.includes("BYE")).length, 11);
});

test("two hundred calls on a very bad network all end at both ends without a broken rule", async () => {
  const bad: Conditions = { delayMs: 10, jitterMs: 60, loss: 0.1, duplication: 0.1, reordering: 0.05, reorderMs: 300 };
  const s = await stage({ ...ANSWERING_CALLEE, steps: [{ afterMs: 3000, act: "bye" }] }, 11, bad);
  const calls: CallerCall[] = [];
  for (let i = 0; i < 200; i++) {
    calls.push(s.call({ ...PATIENT_CALLER, steps: [{ afterMs: 1500, act: "reinvite" }] }));
    s.clock.advance(50);
  }
  assert.equal(s.clock.runUntilIdle(), true);
  assert.deepEqual(s.checker.violations, []);
  for (const call of calls) assert.equal(call.isDone, true);
  assert.equal(s.alice.transactions.size + s.bob.transactions.size, 0);
});

test("the checker sees what is wrong: a request that skips back, a strange target", async () => {
  const s = await stage({ ...ANSWERING_CALLEE, steps: [] });
  const call = s.call();
  s.clock.advance(1000);
  const leg = call.answeredLeg;
  assert.ok(leg !== undefined);
  leg.localCseq = 0;
  leg.request("INFO", "");
  leg.localCseq = 50;
  leg.remoteTarget = "sip:somebody@10.0.0.3:5060";
  leg.request("INFO", "");
  s.clock.advance(1000);
  assert.deepEqual(
    s.checker.violations.map((violation) => violation.text),
    ["CSeq 1 INFO after 1", "request URI sip:somebody@10.0.0.3:5060 is not the remote target sip:b@10.0.0.3:5060"],
  );
});
