// Acceptance cases 48 to 55: ending from outside, lifetimes, memberships, variables (dialog-behaviour 8, 9, 11.2).
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, C, DialogHarness, type HarnessOptions, SDP_B } from "./harness.ts";
import { DialogOption } from "./options.ts";

const start = (options?: HarnessOptions): DialogHarness => new DialogHarness(new TestClock(), seededRandom(11), options);
const B_FLAG = DialogOption.byeOnTimeout;
/** A call with a lifetime and options. */
const lasting = (lifetimeMs: number, options = 0): HarnessOptions => ({
  initial: (context, tracker) => {
    tracker.setLifetime(context, lifetimeMs);
    tracker.create(context, { options });
    context.recordRoute();
    context.relay();
  },
});
const assertAtRest = (h: DialogHarness): void => {
  h.clock.advance(120_000);
  assert.equal(h.tracker.count, 0);
  assert.deepEqual(h.tracker.check(), []);
  assert.equal(h.wheel.count, 0);
  assert.deepEqual(h.errors, []);
};

test("case 48: ended from outside, the call stays until the first BYE is answered, then everything happens once", () => {
  const h = start();
  const heard: string[] = [];
  h.tracker.listeners.add({ hangup: () => heard.push("hangup"), terminated: (_d, request) => heard.push(`terminated ${request}`) });
  const dialog = h.talk();
  assert.equal(h.tracker.end(dialog, "MI Termination"), "ok");
  assert.equal(h.tracker.end(dialog, "again"), "ok", "it is under way already");
  assert.equal(h.requests(A, "BYE").length + h.requests(B, "BYE").length, 2);
  assert.deepEqual([dialog.status, h.stat("active_dialogs")], [4, 1]);
  h.answer(h.lastSent(A, "BYE"), 481);
  assert.deepEqual([dialog.status, h.stat("active_dialogs"), dialog.endReason], [5, 0, "MI Termination"]);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.deepEqual(heard, ["hangup", "terminated undefined"]);
  assert.equal(h.tracker.end(dialog, "late"), "ended");
  assert.deepEqual(h.moves(), ["1→2", "2→3", "3→4", "4→5"]);
  assertAtRest(h);
});

test("neither side answers its BYE: the call ends by the transactions' timeout", () => {
  const h = start();
  const dialog = h.talk();
  dialog.end("MI Termination");
  h.clock.advance(29_000);
  assert.equal(dialog.status, 4);
  h.clock.advance(5_000);
  assert.equal(dialog.status, 5);
  assertAtRest(h);
});

test("a party without a Contact cannot be told: the operation says so, the other side hears of it", () => {
  const h = start();
  const dialog = h.talk({}, { contact: "X-None: 1\r\n" });
  assert.equal(dialog.primaryCallee?.remoteTarget, "");
  assert.equal(dialog.end("MI Termination"), "failed");
  assert.equal(dialog.status, 5);
  assert.equal(h.requests(A, "BYE").length, 1);
  h.answer(h.lastSent(A, "BYE"), 200);
  assertAtRest(h);
});

test("case 49: ended while it rings: CANCEL, 487, failed", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 180);
  const dialog = h.dialog();
  assert.equal(dialog.end("MI Termination"), "ok");
  assert.equal(h.requests(B, "CANCEL").length, 1);
  h.answer(h.lastSent(B, "CANCEL"), 200);
  h.answer(invite, 487);
  assert.deepEqual([dialog.status, dialog.endReason, h.stat("failed_dialogs")], [5, "MI Termination", 1]);
  assert.ok(h.replies(A).some((reply) => reply.status === 487));
  assertAtRest(h);
});

test("the CANCEL of an ending crosses a 200: both sides get a BYE, once the 200 is acknowledged", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 180);
  const dialog = h.dialog();
  dialog.end("MI Termination");
  h.answer(invite, 200, { body: SDP_B });
  h.clock.advance(3_000);
  assert.equal(h.requests(A, "BYE").length + h.requests(B, "BYE").length, 0, "the caller may not have the 200 yet (RFC 3261 15)");
  assert.deepEqual(h.tracker.check(), []);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.clock.advance(1_000);
  assert.deepEqual([...h.requests(A, "BYE"), ...h.requests(B, "BYE")].length > 1, true);
  const toB = h.sent.filter((one) => one.ip === B).map((one) => one.text.split(" ", 1)[0]);
  assert.ok(toB.indexOf("ACK") < toB.indexOf("BYE"));
  h.answer(h.lastSent(A, "BYE"), 200);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.equal(dialog.endReason, "MI Termination");
  assertAtRest(h);
});

test("ended in a listener of the answer, and no ACK ever: the BYEs go when the 200 is no longer repeated", () => {
  for (const [ackTimeoutMs, waitMs] of [
    [0, 32_000],
    [60_000, 32_000],
    [10_000, 10_000],
  ] as const) {
    const h = start({ settings: { ackTimeoutMs } });
    h.tracker.listeners.add({ confirmed: (dialog) => void dialog.end("Policy") });
    const [invite] = h.invite();
    h.answer(invite, 200);
    h.clock.advance(waitMs - 1_000);
    assert.equal(h.requests(A, "BYE").length, 0);
    h.clock.advance(1_500);
    assert.ok(h.requests(A, "BYE").length > 0 && h.requests(B, "BYE").length > 0);
    h.answer(h.lastSent(A, "BYE"), 481);
    assert.equal(h.dialog().endReason, "Policy");
    h.answer(h.lastSent(B, "BYE"), 200);
    assertAtRest(h);
  }
});

test("where no ACK can pass, the BYE only waits for the 200 to leave", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.relay();
    },
  });
  h.tracker.listeners.add({ confirmed: (dialog) => void dialog.end("Policy") });
  const [invite] = h.invite();
  h.answer(invite, 200);
  const toA = h.sent.filter((one) => one.ip === A).map((one) => one.text.split(" ", 2).join(" "));
  assert.deepEqual(toA, ["SIP/2.0 200", "BYE sip:a@10.0.0.2:5060"]);
});

test("a call that waits to be ended and is hung up meanwhile sends no BYE of ours", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 200);
  h.dialog().end("MI Termination");
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.dialog().endReason, "MI Termination");
  h.answer(h.lastSent(B, "BYE"), 200);
  assertAtRest(h);
  assert.equal(h.requests(A, "BYE").length, 0);
});

test("case 50: a lifetime with B", () => {
  const h = start(lasting(3_000, B_FLAG));
  const heard: string[] = [];
  h.tracker.listeners.add({ terminated: () => heard.push("terminated"), expired: () => heard.push("expired") });
  const dialog = h.talk();
  assert.equal(dialog.secondsLeft, 3);
  h.clock.advance(2_900);
  assert.equal(h.requests(A, "BYE").length, 0);
  h.clock.advance(100);
  assert.equal(h.requests(A, "BYE").length, 1);
  assert.equal(h.requests(B, "BYE").length, 1);
  assert.equal(h.stat("expired_dialogs"), 1, "counted at once");
  assert.deepEqual(h.tracker.check(), []);
  h.answer(h.lastSent(B, "BYE"), 200);
  h.answer(h.lastSent(A, "BYE"), 200);
  assert.deepEqual([dialog.status, dialog.endReason, h.stat("expired_dialogs")], [5, "Lifetime Timeout", 1]);
  assert.deepEqual(heard, ["terminated"]);
  assertAtRest(h);
});

test("case 51: a lifetime without B: no BYE, EXPIRED, no hang-up; a later BYE passes by its Routes", () => {
  const h = start(lasting(3_000));
  const heard: string[] = [];
  h.tracker.listeners.add({
    hangup: () => heard.push("hangup"),
    expired: () => heard.push("expired"),
    terminated: () => heard.push("terminated"),
  });
  const dialog = h.talk();
  h.clock.advance(4_000);
  assert.deepEqual([dialog.status, dialog.endReason, h.stat("expired_dialogs"), h.stat("active_dialogs")], [5, "Lifetime Timeout", 1, 0]);
  assert.equal(h.requests(A, "BYE").length, 0);
  assert.deepEqual(heard, ["expired"]);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "BYE").length, 1);
  assertAtRest(h);
});

test("case 52: whoever sets a lifetime in the timeout hook lets the call live on; the hook runs again", () => {
  const h = start(lasting(3_000, B_FLAG));
  const dialog = h.talk();
  let runs = 0;
  dialog.listen({
    timeout: (one) => {
      assert.equal(one.secondsLeft, 0, "no negative number (8.3)");
      if (++runs === 1) one.setLifetime(60_000);
    },
  });
  h.clock.advance(10_000);
  assert.deepEqual([dialog.status, h.stat("expired_dialogs"), runs], [4, 0, 1]);
  assert.ok(dialog.secondsLeft > 50);
  h.clock.advance(60_000);
  assert.deepEqual([runs, h.stat("expired_dialogs")], [2, 1]);
  assert.equal(h.requests(B, "BYE").length > 0, true);
});

test("case 52 as a script says it: named routes run at the turning points", () => {
  const h = start({
    initial: (context, tracker) => {
      const dialog = tracker.create(context, { options: B_FLAG, lifetimeMs: 3_000 });
      assert.equal(dialog?.setRoute("answer", "answered"), true);
      dialog?.setRoute("timeout", "tmo");
      dialog?.setRoute("hangup", "hung");
      context.recordRoute();
      context.relay();
    },
  });
  const ran: string[] = [];
  h.tracker.runRoute = (route, dialog, when) => {
    ran.push(`${route} ${when} ${dialog.status}`);
    if (when === "answer") throw new Error("a route that throws");
  };
  const dialog = h.talk();
  assert.equal(dialog.setRoute("hangup", "other"), false, "only before the answer");
  h.clock.advance(4_000);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.deepEqual(ran, ["answered answer 3", "tmo timeout 4", "hung hangup 5"]);
});

test("case 53: a lifetime of 0 before the dialog is no lifetime; after it the call ends right after its 200", () => {
  const before = start(lasting(0));
  assert.equal(before.talk().secondsLeft, 43_200);
  const after = start({
    initial: (context, tracker) => {
      tracker.create(context);
      assert.equal(tracker.setLifetime(context, 0), true);
      assert.equal(tracker.setLifetime(context, -1), false);
      context.recordRoute();
      context.relay();
    },
  });
  const [invite] = after.invite();
  after.answer(invite, 200);
  assert.equal(after.dialog().status, 3);
  after.clock.advance(1_500);
  assert.equal(after.tracker.byCallId(after.dialog().callId), undefined);
});

test("9.2: a lifetime set in an in-dialog request before its match is applied by the match, once", () => {
  const h = start({
    within: (context, tracker) => {
      if (context.request.method === "INFO") tracker.setLifetime(context, 77_000);
      context.looseRoute();
      context.relay();
    },
  });
  const dialog = h.talk();
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(dialog.secondsLeft, 77);
  h.clock.advance(10_000);
  h.request("UPDATE", 104, A, { toTag: "b", headers: h.route() });
  assert.equal(dialog.secondsLeft, 67, "a later request does not start it anew");
});

test("a jump of the wall clock moves no lifetime", () => {
  const clock = new TestClock();
  const h = new DialogHarness(clock, seededRandom(3), lasting(60_000));
  const dialog = h.talk();
  clock.skewWall(3_600_000);
  assert.equal(dialog.secondsLeft, 60);
  assert.equal(dialog.secondsSinceAnswer, 0);
  h.clock.advance(30_000);
  assert.equal(dialog.status, 4);
});

test("case 54: set twice, unset once, BYE", () => {
  const h = start();
  const caller = h.profiles.define("caller", { withValue: true });
  const dialog = h.talk();
  assert.equal(dialog.join(caller, "alice"), true);
  assert.equal(dialog.join(caller, "alice"), true);
  assert.equal(caller.size("alice"), 2);
  assert.equal(dialog.leave(caller, "alice"), true);
  assert.equal(caller.size("alice"), 1);
  assert.deepEqual(h.tracker.check(), []);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(caller.size("alice"), 0);
  assert.equal(dialog.join(caller, "alice"), false, "an ended call is in no profile");
  assert.equal(dialog.leave(caller, "alice"), false);
  assert.deepEqual(
    h.changes
      .filter((change) => change.kind === "joined" || change.kind === "left")
      .map(({ kind, name, value }) => `${kind} ${name} ${value}`),
    ["joined caller alice", "joined caller alice", "left caller alice", "left caller alice"],
  );
  assertAtRest(h);
});

test("case 55: a profile with values wants one; and a limit holds", () => {
  const h = start();
  const caller = h.profiles.define("caller", { withValue: true });
  const inbound = h.profiles.define("inbound", { withValue: false });
  const one = h.talk();
  const two = h.talk({ callId: "two@x" });
  assert.equal(one.join(caller), false);
  assert.equal(one.join(inbound), true);
  assert.equal(one.join(caller, "alice", 1), true);
  assert.equal(two.join(caller, "alice", 1), false);
  assert.equal(two.join(inbound, "", 1), false);
  assert.deepEqual(caller.members("alice"), [one]);
});

test("variables: newest first, replaced in place, found by value, gone with the call", () => {
  const h = start({ settings: { maxValues: 3 } });
  const dialog = h.talk();
  assert.equal(dialog.setValue("a", "1"), true);
  dialog.setValue("b", "2");
  dialog.setValue("c", "3");
  assert.equal(dialog.setValue("d", "4"), false, "bounded");
  dialog.setValue("a", "9");
  assert.deepEqual(
    dialog.values.map(({ name, value }) => `${name}=${value}`),
    ["c=3", "b=2", "a=9"],
  );
  assert.equal(dialog.setValue("b", undefined), true);
  assert.equal(dialog.setValue("nobody", undefined), true);
  assert.deepEqual([dialog.value("a"), dialog.value("b"), dialog.value("A")], ["9", undefined, undefined]);
  const other = h.talk({ callId: "two@x" });
  other.setValue("a", "9");
  assert.deepEqual(h.tracker.byValue("a", "9"), [dialog, other]);
  assert.deepEqual(h.tracker.byValue("a", "1"), []);
  assert.deepEqual(h.tracker.byValue("__proto__", "x"), []);
  assert.deepEqual(h.tracker.check(), []);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.deepEqual(h.tracker.byValue("a", "9"), [other]);
  h.clock.advance(60_000);
  assert.equal(dialog.setValue("a", "9"), false, "it is gone from memory");
  assert.equal(h.stat("refused_values"), 1);
  assert.deepEqual(h.tracker.check(), []);
});

test("flags: 32 bits, read and written one by one or all at once", () => {
  const h = start();
  const dialog = h.talk();
  assert.equal(dialog.setFlag(3, true), true);
  assert.equal(dialog.setFlag(31, true), true);
  assert.equal(dialog.flags, 2 ** 31 + 8);
  assert.equal(dialog.isFlagSet(31), true);
  dialog.setFlag(3, false);
  assert.equal(dialog.flags, 2 ** 31);
  assert.equal(dialog.setFlag(32, true), false);
  assert.equal(dialog.isFlagSet(32), false);
  dialog.setFlags(-1);
  assert.equal(dialog.flags, 2 ** 32 - 1);
});

test("the checker sees what is broken", () => {
  const h = start();
  const dialog = h.talk();
  const caller = h.profiles.define("caller", { withValue: true });
  dialog.join(caller, "alice");
  const link = dialog.firstLink;
  dialog.firstLink = undefined;
  assert.notDeepEqual(h.tracker.check(), []);
  dialog.firstLink = link;
  assert.deepEqual(h.tracker.check(), []);
  dialog.life = { ...dialog.life, state: "early" };
  assert.notDeepEqual(h.tracker.check(), []);
});

test("C is told nothing of a call it has no part in", () => {
  const h = start();
  h.talk().end("MI Termination");
  assert.equal(h.sent.filter((one) => one.ip === C).length, 0);
});
