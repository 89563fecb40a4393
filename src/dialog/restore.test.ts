// Calls that come back after the process has died: everything on the wire goes on as if it had not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import type { Dialog } from "./dialog.ts";
import { A, B, DialogHarness, type HarnessOptions, SDP_B } from "./harness.ts";
import { ModuleFlag, parseOptions } from "./options.ts";
import type { DialogSnapshot } from "./snapshot.ts";

const bits = (text: string): number => {
  const parsed = parseOptions(text);
  assert.ok(parsed.ok);
  return parsed.value;
};
const flagged = (flags: string): HarnessOptions => ({
  initial: (context, tracker) => {
    tracker.create(context, { options: bits(flags), lifetimeMs: 600_000 });
    context.recordRoute();
    context.relay();
  },
});
const start = (options?: HarnessOptions, seed = 11): DialogHarness => new DialogHarness(new TestClock(), seededRandom(seed), options);

/** What a store has of it: plain data that has been written and read again. */
const stored = (h: DialogHarness, dialog: Dialog): DialogSnapshot => structuredClone(h.tracker.snapshot(dialog));

/** CSeqs of the BYEs that went to somebody; copies of one do not count. */
const numbers = (h: DialogHarness, ip: string): readonly number[] => [...new Set(h.requests(ip, "BYE").map((bye) => bye.cseqNumber))];

/** Another process, whose monotonic clock starts anew, some time later. */
function restart(before: DialogHarness, snapshot: DialogSnapshot, laterMs = 0, options?: HarnessOptions): [DialogHarness, Dialog] {
  const clock = new TestClock(before.clock.now() + laterMs);
  const h = new DialogHarness(clock, seededRandom(12), options);
  h.sent.push(...before.sent.filter((one) => one.message instanceof SipRequest && one.message.method === "INVITE")); // for h.route()
  const result = h.tracker.restore(snapshot);
  assert.ok(result.ok, result.ok ? "" : result.reason);
  assert.deepEqual(h.tracker.check(), []);
  return [h, result.dialog];
}

test("a call comes back as it was", () => {
  const before = start(flagged("BE"));
  const customers = before.profiles.define("customer", { withValue: true });
  before.profiles.define("all", { withValue: false });
  const dialog = before.talk();
  const all = before.profiles.get("all");
  assert.ok(all !== undefined);
  dialog.join(customers, "acme");
  dialog.join(all);
  dialog.join(customers, "acme");
  dialog.setValue("a", "1", true);
  dialog.setValue("b", "x|y#\\\u0000ÿ");
  dialog.setFlag(31, true);
  dialog.setModuleFlags(ModuleFlag.sessionTimers);
  dialog.setSharingTag("vip");
  before.clock.advance(100_000);
  const snapshot = stored(before, dialog);
  const [h, back] = restart(before, snapshot, 5_000);
  assert.deepEqual(h.tracker.snapshot(back), snapshot);
  assert.equal(back.did, dialog.did);
  assert.deepEqual([back.secondsSinceAnswer, back.secondsLeft], [105, 495]);
  assert.deepEqual(
    back.links.map((link) => `${link.profile.fullName}=${link.value}`),
    ["customer=acme", "all=", "customer=acme"],
  );
  assert.equal(h.profiles.get("customer")?.size("acme"), 2, "defined on the fly");
  assert.deepEqual(h.tracker.byValue("a", "1"), [back]);
  assert.deepEqual([h.stat("active_dialogs"), h.stat("processed_dialogs")], [1, 0]);
  assert.deepEqual(
    h.changes.map(({ kind }) => kind),
    ["loaded"],
  );
  // and ends as calls end
  const [bye] = h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(bye?.ip, B);
  assert.equal(back.endReason, "Downstream BYE");
  h.clock.advance(120_000);
  assert.deepEqual([h.tracker.count, h.stat("active_dialogs"), h.wheel.count], [0, 0, 0]);
  assert.deepEqual(h.tracker.check(), []);
});

test("numbers go on: a re-INVITE is translated, its ACK too, and our BYEs have the next ones", () => {
  const before = start(flagged("B"));
  const dialog = before.talk();
  before.request("INFO", 7, B, { toTag: "a", headers: before.route() });
  const own = before.requests(B, "INVITE").length;
  assert.equal(own, 1);
  dialog.send({ to: "callee", method: "INFO" });
  assert.equal(before.requests(B, "INFO").at(-1)?.cseqNumber, 103, "ours");
  const [h, back] = restart(before, stored(before, dialog));
  const [invite] = h.request("INVITE", 103, A, { toTag: "b", headers: h.route(), body: "v=0\r\n" }).filter((one) => one.ip === B);
  assert.ok(invite?.message instanceof SipRequest);
  assert.equal(invite.message.cseqNumber, 104);
  h.answer(invite, 200, { body: SDP_B });
  const [ack] = h.request("ACK", 103, A, { toTag: "b", headers: h.route() });
  assert.ok(ack?.message instanceof SipRequest);
  assert.equal(ack.message.cseqNumber, 104);
  back.end("test");
  assert.equal(h.requests(B, "BYE").at(-1)?.cseqNumber, 105);
  assert.equal(h.requests(A, "BYE").at(-1)?.cseqNumber, 8);
});

test("the copy of a request that passed before the end of the process goes on under its number", () => {
  const before = start(flagged("B"));
  const dialog = before.talk();
  dialog.send({ to: "callee", method: "INFO" });
  before.request("INFO", 103, A, { toTag: "b", headers: before.route(), branch: "z9hG4bKsame" });
  assert.equal(before.lastSent(B, "INFO")?.message.cseqNumber, 104);
  const [h] = restart(before, stored(before, dialog));
  h.request("INFO", 103, A, { toTag: "b", headers: h.route(), branch: "z9hG4bKsame" });
  assert.equal(h.lastSent(B, "INFO")?.message.cseqNumber, 104);
});

test("a call whose time ran out meanwhile ends at the first tick, with its BYEs", () => {
  const before = start(flagged("B"));
  const dialog = before.talk();
  const [h, back] = restart(before, stored(before, dialog), 900_000);
  assert.equal(back.isEnded, false);
  h.clock.advance(1_500);
  assert.deepEqual(numbers(h, A), [1]);
  assert.deepEqual(numbers(h, B), [103]);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.deepEqual([back.isEnded, back.endReason, h.stat("expired_dialogs")], [true, "Lifetime Timeout", 1]);
});

test("an end that was under way goes on: BYEs are sent anew under new numbers", () => {
  const before = start(flagged("B"));
  const dialog = before.talk();
  dialog.end("MI Termination");
  assert.equal(before.lastSent(B, "BYE")?.message.cseqNumber, 103);
  const [h, back] = restart(before, stored(before, dialog));
  assert.equal(back.end("again"), "ok", "the end is under way");
  h.clock.advance(1_500);
  assert.equal(h.lastSent(B, "BYE")?.message.cseqNumber, 104);
  h.answer(h.lastSent(B, "BYE"), 481);
  assert.deepEqual([back.isEnded, back.endReason], [true, "MI Termination"]);
});

test("a call without ACK still waits for it, and ends when none comes", () => {
  const before = start(flagged("B"));
  const [invite] = before.invite();
  before.answer(invite, 200, { body: SDP_B });
  const dialog = before.dialog();
  assert.equal(dialog.status, 3);
  const snapshot = stored(before, dialog);
  const [acked, kept] = restart(before, snapshot, 2_000);
  // the callee repeats its answer, which finds its caller without the transaction
  acked.answer(invite, 200, { body: SDP_B });
  assert.equal(acked.replies(A).at(-1)?.status, 200);
  acked.request("ACK", 102, A, { toTag: "b", headers: acked.route() });
  assert.equal(kept.status, 4);
  const [lost, given] = restart(before, snapshot, 2_000);
  lost.clock.advance(31_000);
  assert.equal(given.life.isEnding, true);
  assert.equal(given.endReason, "ACK Timeout");
  assert.deepEqual(numbers(lost, B), [103]);
});

test("pings begin anew, each call at a moment of its own", () => {
  const firsts = new Set<number>();
  const before = start(flagged("P"));
  const dialog = before.talk();
  const snapshot = stored(before, dialog);
  for (let seed = 20; seed < 26; seed++) {
    const h = new DialogHarness(new TestClock(before.clock.now()), seededRandom(seed), {});
    assert.ok(h.tracker.restore(snapshot).ok);
    h.clock.advance(30_500);
    const ping = h.sent.find(({ message }) => message instanceof SipRequest && message.method === "OPTIONS");
    assert.ok(ping !== undefined && ping.at <= 31_000);
    firsts.add(Math.round(ping.at / 1000));
  }
  assert.ok(firsts.size > 2, [...firsts].join(" "));
});

test("a call that had just ended sends copies of its BYE on under their numbers, and goes", () => {
  const before = start(flagged("B"));
  const dialog = before.talk();
  dialog.send({ to: "callee", method: "INFO" });
  before.request("BYE", 103, A, { toTag: "b", headers: before.route(), branch: "z9hG4bKbye" });
  assert.equal(before.lastSent(B, "BYE")?.message.cseqNumber, 104);
  const [h, back] = restart(before, stored(before, dialog));
  assert.deepEqual([back.isEnded, back.endReason, h.stat("active_dialogs")], [true, "Downstream BYE", 0]);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route(), branch: "z9hG4bKbye" });
  assert.equal(h.lastSent(B, "BYE")?.message.cseqNumber, 104);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.equal(h.replies(A).at(-1)?.cseqNumber, 103);
  h.clock.advance(60_000);
  assert.deepEqual([h.tracker.count, h.wheel.count, h.requests(A, "BYE").length], [0, 0, 0]);
});

test("what cannot come back says why and changes nothing", () => {
  const before = start(flagged("B"));
  const snapshot = stored(before, before.talk());
  const h = new DialogHarness(new TestClock(), seededRandom(5));
  const reason = (parts: Partial<DialogSnapshot>): string => {
    const result = h.tracker.restore({ ...snapshot, ...parts });
    return result.ok ? "it came back" : result.reason;
  };
  const [caller, callee] = snapshot.legs;
  assert.ok(caller !== undefined && callee !== undefined);
  assert.match(reason({ state: "early" }), /not answered/);
  assert.match(reason({ winner: 2 }), /two parties/);
  assert.match(reason({ legs: [] }), /two parties/);
  assert.match(reason({ callId: "" }), /no Call-ID/);
  assert.match(reason({ entry: snapshot.entry ^ 1 }), /hash_size has changed/);
  assert.match(reason({ legs: [caller, { ...callee, socket: "udp:192.0.2.9:5060" }] }), /udp:192\.0\.2\.9:5060, where nothing listens/);
  assert.equal(h.tracker.count, 0);
  assert.ok(h.tracker.restore(snapshot).ok);
  assert.match(reason({}), /here already/);
  assert.match(reason({ legs: [{ ...caller, tag: "other" }, callee] }), /another call/);
  assert.equal(h.tracker.count, 1);
  assert.deepEqual(h.tracker.check(), []);
});

test("what a store knows better is taken over, what it knows less is not", () => {
  const h = start(flagged("B"));
  h.profiles.define("customer", { withValue: true });
  const dialog = h.talk();
  dialog.setValue("kept", "mine");
  const snapshot = stored(h, dialog);
  const [caller, callee] = snapshot.legs;
  assert.ok(caller !== undefined && callee !== undefined);
  assert.equal(h.tracker.merge(dialog, snapshot), false, "nothing new");
  assert.equal(
    h.tracker.merge(dialog, { ...snapshot, state: "confirmedNoAck", expiresAt: snapshot.expiresAt + 60_000 }),
    false,
    "memory is ahead",
  );
  const isNew = h.tracker.merge(dialog, {
    ...snapshot,
    expiresAt: snapshot.expiresAt + 60_000,
    flags: 9,
    values: [{ name: "given", value: "theirs", isInteger: false }],
    links: [{ profile: "customer", value: "acme", tag: undefined }],
    legs: [caller, { ...callee, cseq: 110, generatedCseq: 0 }],
  });
  assert.equal(isNew, true);
  assert.deepEqual([dialog.value("kept"), dialog.value("given"), dialog.flags], ["mine", "theirs", 0]);
  assert.equal(h.profiles.get("customer")?.size("acme"), 1);
  assert.equal(dialog.secondsLeft, 660);
  assert.equal(dialog.calleeLegs[0]?.cseq, 110);
  assert.deepEqual(h.tracker.check(), []);
});
