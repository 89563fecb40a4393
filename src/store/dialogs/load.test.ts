// Calls come back from a table: at start (12.6), by `dlg_db_sync`, and the table comes back from memory by `dlg_restore_db` (12.7).
import assert from "node:assert/strict";
import { test } from "node:test";
import { A, B, CALL_ID, DialogHarness, type HarnessOptions, SDP_B } from "../../dialog/harness.ts";
import { type Dialog, parseOptions } from "../../dialog/index.ts";
import { SipRequest } from "../../sip/index.ts";
import { seededRandom, TestClock } from "../../testing/index.ts";
import type { TestDatabase } from "../rows-harness.ts";
import { StoreHarness, type StoreOptions } from "./harness.ts";

const REFERENCE: StoreOptions = { isOurs: false, version: 11, flushesValues: true };

interface Node {
  readonly h: DialogHarness;
  readonly s: StoreHarness;
}

function begin(options: StoreOptions = {}, calls?: HarnessOptions): Node {
  const h = new DialogHarness(new TestClock(), seededRandom(5), calls);
  h.profiles.define("caller", { withValue: true });
  h.profiles.define("inbound", { withValue: false });
  return { h, s: new StoreHarness({ tracker: h.tracker, clock: h.clock, timers: h.timers }, options) };
}

/** Another process over the same table, some time later. Nothing is loaded yet. */
function restarted(before: Node, options: StoreOptions = {}, laterMs = 0, calls?: HarnessOptions): Node {
  before.s.writer.flush();
  const h = new DialogHarness(new TestClock(before.h.clock.now() + laterMs), seededRandom(6), calls);
  h.profiles.define("caller", { withValue: true });
  h.profiles.define("inbound", { withValue: false });
  h.sent.push(...before.h.sent.filter((one) => one.message instanceof SipRequest && one.message.method === "INVITE")); // for h.route()
  return { h, s: new StoreHarness({ tracker: h.tracker, clock: h.clock, timers: h.timers }, options, before.s.database) };
}

const flagged = (flags: string, lifetimeMs = 600_000): HarnessOptions => ({
  initial: (context, tracker) => {
    const parsed = parseOptions(flags);
    assert.ok(parsed.ok);
    tracker.create(context, { options: parsed.value, lifetimeMs });
    context.recordRoute();
    context.relay();
  },
});

function dress(h: DialogHarness, dialog: Dialog): void {
  dialog.setValue("b", "x|y");
  dialog.setValue("n", "42", true);
  dialog.setFlag(7, true);
  for (const [profile, value] of [
    ["caller", "alice"],
    ["inbound", ""],
    ["caller", "alice"],
  ] as const) {
    const found = h.profiles.get(profile);
    assert.ok(found !== undefined && dialog.join(found, value));
  }
}

const told = (s: StoreHarness, level: string): readonly string[] => s.lines.filter((one) => one.level === level).map((one) => one.text);

function change(database: TestDatabase, sets: string): void {
  database.transactNow([{ text: `UPDATE dialog SET ${sets}`, values: [] }]);
}

/** The first bytes of a report. */
async function load(s: StoreHarness): Promise<{ loaded: number; broken: number; ended: number }> {
  const { loaded, broken, ended } = await s.load();
  return { loaded, broken, ended };
}

test("a call comes back from a table of ours exactly as it was, twice in a row, and goes on", async () => {
  const before = begin({}, flagged("B"));
  const dialog = before.h.talk();
  dress(before.h, dialog);
  before.h.clock.advance(100_000);
  const snapshot = before.h.tracker.snapshot(dialog);
  const first = restarted(before, {}, 3000);
  assert.deepEqual(await load(first.s), { loaded: 1, broken: 0, ended: 0 });
  assert.deepEqual(first.h.tracker.snapshot(first.h.dialog()), snapshot);
  assert.equal(first.s.given(), 0, "what comes from its row is not written to it");
  const { h, s } = restarted(first, {}, 3000);
  assert.deepEqual(await load(s), { loaded: 1, broken: 0, ended: 0 });
  const back = h.dialog();
  assert.deepEqual(h.tracker.snapshot(back), snapshot);
  assert.deepEqual([back.secondsLeft, back.secondsSinceAnswer], [494, 106]);
  assert.deepEqual([h.stat("active_dialogs"), h.stat("processed_dialogs")], [1, 0]);
  assert.equal(h.profiles.get("caller")?.size("alice"), 2);
  h.request("INVITE", 103, A, { toTag: "b", headers: h.route() });
  const reinvite = h.lastSent(B, "INVITE");
  h.answer(reinvite, 200, { body: SDP_B });
  h.request("ACK", 103, A, { toTag: "b", headers: h.route() });
  assert.deepEqual(s.row("calleeCseq"), ["103"]);
  h.request("BYE", 104, A, { toTag: "b", headers: h.route() });
  assert.equal(back.endReason, "Downstream BYE");
  assert.deepEqual([s.rows().length, h.profiles.get("caller")?.size("alice")], [0, 0]);
});

test("a call of the reference's table comes back with what it holds: values, profiles, timer, descriptions (case 60)", async () => {
  const before = begin(REFERENCE, flagged("B"));
  const dialog = before.h.talk();
  dress(before.h, dialog);
  before.h.request("INFO", 103, A, { toTag: "b", headers: before.h.route() });
  before.h.clock.advance(60_000);
  const { h, s } = restarted(before, REFERENCE, 2000);
  assert.deepEqual(await load(s), { loaded: 1, broken: 0, ended: 0 });
  const back = h.dialog();
  assert.deepEqual(back.values, dialog.values, "internal values are not among them");
  assert.equal(back.isFlagSet(7), true);
  assert.deepEqual(
    back.links.map((link) => `${link.profile.fullName}=${link.value}`),
    ["caller=alice", "inbound=", "caller=alice"],
  );
  assert.ok(Math.abs(back.secondsLeft - 538) <= 1);
  assert.deepEqual([back.callerLeg.receivedSdp, back.calleeLegs[0]?.receivedSdp], [dialog.callerLeg.receivedSdp, SDP_B]);
  assert.match(told(s, "warn").join(), /has no column dialoom/);
  // a BYE to the callee goes on from the last number that the caller used
  back.end("MI Termination");
  h.clock.advance(1000);
  assert.equal(h.requests(B, "BYE")[0]?.cseqNumber, 104);
});

test("an expired row comes back and ends with all that belongs to it on the first tick (case 60)", async () => {
  for (const table of [{}, REFERENCE]) {
    const before = begin(table, flagged("B"));
    before.h.talk();
    const { h, s } = restarted(before, table, 3_600_000);
    assert.equal((await load(s)).loaded, 1);
    const back = h.dialog();
    assert.deepEqual([h.requests(A, "BYE").length, back.isEnded], [0, false]);
    h.clock.advance(1001);
    assert.deepEqual([h.requests(A, "BYE").length, h.requests(B, "BYE").length, h.stat("expired_dialogs")], [1, 1, 1]);
    h.answer(h.lastSent(A, "BYE"), 200);
    h.answer(h.lastSent(B, "BYE"), 200);
    assert.equal(back.endReason, "Lifetime Timeout");
    assert.equal(s.rows().length, 0);
  }
});

test("a table of another hash_size: rows are skipped with an error each and stay, the service is up (case 62)", async () => {
  const before = begin();
  for (const callId of ["one@x", "two@x", "three@x"]) before.h.talk({ callId });
  const { h, s } = restarted(before, {}, 0, { settings: { hashSize: 2 } });
  assert.deepEqual(await load(s), { loaded: 0, broken: 3, ended: 0 });
  assert.equal(told(s, "error").length, 3);
  assert.match(
    JSON.stringify(s.lines[0]?.fields),
    /"dlgId":"\d+","reason":"its Call-ID belongs to bucket \d+, not \d+: hash_size has changed"/,
  );
  assert.equal(s.rows().length, 3);
  assert.equal(h.tracker.count, 0);
  h.talk({ callId: "four@x" });
  assert.equal(s.rows().length, 4);
});

test("what is no call is told with its id and reason and left; the others come back (12.6)", async () => {
  const before = begin(REFERENCE);
  for (let i = 0; i < 6; i++) before.h.talk({ callId: `c${i}@x` });
  before.s.writer.flush();
  const spoil = (callId: string, sets: string): void =>
    before.s.database.transactNow([{ text: `UPDATE dialog SET ${sets} WHERE callid=?`, values: [callId] }]);
  spoil("c0@x", "caller_sock='udp:10.9.9.9:5060'");
  spoil("c1@x", "caller_cseq='x'");
  spoil("c2@x", "state=9");
  spoil("c3@x", "from_tag=''");
  const { h, s } = restarted(before, REFERENCE);
  assert.deepEqual(await load(s), { loaded: 2, broken: 4, ended: 0 });
  const reasons = s.lines.filter((one) => one.level === "error").map((one) => JSON.stringify(one.fields));
  for (const reason of [/10\.9\.9\.9:5060, where nothing listens/, /CSeq is no number/, /none of 1 to 5/, /no tag of the caller/]) {
    assert.ok(
      reasons.some((one) => reason.test(one)),
      String(reason),
    );
  }
  assert.deepEqual([s.rows().length, h.tracker.count, s.statistics.find("store:broken_rows")?.read()], [6, 2, 4]);
});

test("many broken rows are told one by one up to a bound, then counted", async () => {
  const before = begin();
  for (let i = 0; i < 130; i++) before.h.talk({ callId: `c${i}@x` });
  before.s.writer.flush();
  change(before.s.database, "state=0");
  const { s } = restarted(before);
  assert.equal((await load(s)).broken, 130);
  assert.equal(told(s, "error").length, 101);
  assert.match(told(s, "error").at(-1) ?? "", /more rows/);
});

test("rows of calls that are over are not loaded and are removed (12.6)", async () => {
  const before = begin();
  for (const callId of ["one@x", "two@x"]) before.h.talk({ callId });
  before.s.writer.flush();
  before.s.database.transactNow([{ text: "UPDATE dialog SET state=5 WHERE callid=?", values: ["one@x"] }]);
  const { h, s } = restarted(before);
  assert.deepEqual(await load(s), { loaded: 1, broken: 0, ended: 1 });
  assert.deepEqual([s.rows().length, h.tracker.count], [1, 1]);
});

test("SHUTDOWN: what was written at the end comes back, and then the table is empty (12.6)", async () => {
  const options: StoreOptions = { mode: "shutdown" };
  const before = begin(options);
  const dialog = before.h.talk();
  dress(before.h, dialog);
  await before.s.store.finish();
  const { h, s } = restarted(before, options);
  assert.equal((await load(s)).loaded, 1);
  assert.equal(s.rows().length, 0);
  assert.deepEqual(h.dialog().values, dialog.values);
  await s.store.finish();
  assert.equal(s.rows().length, 1);
});

test("a call that we were ending when the process died is ended by the next one", async () => {
  const before = begin();
  const dialog = before.h.talk();
  before.h.clock.advance(60_000);
  dialog.end("MI Termination");
  const { h, s } = restarted(before);
  await load(s);
  h.clock.advance(1001);
  assert.deepEqual([h.requests(A, "BYE").length, h.requests(B, "BYE").length], [1, 1]);
  h.answer(h.lastSent(A, "BYE"), 200);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.equal(s.rows().length, 0);
});

test("a call whose first BYE was answered when the process died is not brought to life again", async () => {
  const before = begin();
  const dialog = before.h.talk();
  before.h.clock.advance(60_000);
  dialog.end("MI Termination");
  before.h.answer(before.h.lastSent(A, "BYE"), 200);
  const { h, s } = restarted(before);
  assert.deepEqual(await load(s), { loaded: 0, broken: 0, ended: 1 });
  // it is over, but for the BYE that may not have arrived: said anew, and then both are gone
  assert.deepEqual([s.rows().length, h.tracker.count, h.stat("active_dialogs")], [1, 1, 0]);
  h.clock.advance(1500);
  assert.equal(h.lastSent(B, "BYE")?.message.cseqNumber, 135, "above all numbers that the row vouched for");
  h.answer(h.lastSent(A, "BYE"), 481);
  h.answer(h.lastSent(B, "BYE"), 200);
  h.clock.advance(60_000);
  s.writer.flush();
  assert.deepEqual([s.rows().length, h.tracker.count, h.wheel.count], [0, 0, 0]);
  assert.deepEqual(h.errors, []);
});

test("numbers of pings never come twice, whenever the process dies", async () => {
  const calls = flagged("p", 7_200_000);
  let node = begin({}, calls);
  node.h.talk();
  const seen: number[] = [];
  for (let life = 0; life < 4; life++) {
    for (let i = 0; i < 5 + life; i++) {
      node.h.clock.advance(30_000);
      const ping = node.h.lastSent(B, "OPTIONS");
      node.h.answer(ping, 200);
      assert.ok(ping?.message instanceof SipRequest);
      if (seen.at(-1) !== ping.message.cseqNumber) seen.push(ping.message.cseqNumber);
      node.s.writer.flush();
    }
    node = restarted(node, {}, 1000, calls);
    await load(node.s);
  }
  assert.ok(seen.length >= 20);
  assert.ok(
    seen.every((number, i) => i === 0 || number > (seen[i - 1] ?? 0)),
    seen.join(" "),
  );
});

test("after a clean end numbers go on without a gap", async () => {
  const calls = flagged("p", 7_200_000);
  const before = begin({}, calls);
  before.h.talk();
  before.h.clock.advance(30_000);
  before.h.answer(before.h.lastSent(B, "OPTIONS"), 200);
  await before.s.store.finish();
  const { h, s } = restarted(before, {}, 0, calls);
  await load(s);
  assert.equal(h.dialog().calleeLegs[0]?.generatedCseq, 103);
});

test("routes that the script no longer has are dropped with one warning (12.6)", async () => {
  const calls: HarnessOptions = {
    initial: (context, tracker) => {
      const dialog = tracker.create(context);
      dialog?.setRoute("hangup", "gone");
      dialog?.setRoute("timeout", "there");
      context.recordRoute();
      context.relay();
    },
  };
  const before = begin({}, calls);
  before.h.talk({ callId: "one@x" });
  before.h.talk({ callId: "two@x" });
  const { h, s } = restarted(before);
  await s.load({ hasRoute: (name) => name === "there" });
  assert.deepEqual(h.dialog("one@x").routes, { answer: "", timeout: "there", hangup: "" });
  assert.deepEqual(told(s, "warn"), ["calls come back without a route that is not in the script"]);
});

test("progress is told while rows come", async () => {
  const before = begin();
  for (let i = 0; i < 1200; i++) before.h.talk({ callId: `c${i}@x` });
  const { s } = restarted(before);
  const seen: string[] = [];
  await s.load({ progress: (done, total) => seen.push(`${done}/${total}`) });
  assert.deepEqual(seen, ["500/1200", "1000/1200", "1200/1200"]);
});

// ---- dlg_db_sync

/** A second node that shares the table of the first. */
function beside(first: Node, options: StoreOptions = {}): Node {
  const node = restarted(first, options);
  return node;
}

test("dlg_db_sync: calls that are unknown here come back, and count once (12.7)", async () => {
  const first = begin();
  const second = beside(first);
  const dialog = first.h.talk();
  first.s.writer.flush();
  const { loaded } = await second.s.sync();
  assert.equal(loaded, 1);
  assert.deepEqual(second.h.tracker.snapshot(second.h.dialog()), first.h.tracker.snapshot(dialog));
  assert.equal(second.h.stat("active_dialogs"), 1);
  assert.equal((await second.s.sync()).loaded, 0);
  assert.equal(second.h.stat("active_dialogs"), 1);
});

test("dlg_db_sync: of a known call the later end, the higher numbers and the table's values count, memberships are added (12.7)", async () => {
  const first = begin();
  const dialog = first.h.talk();
  dialog.setValue("v", "old");
  const second = beside(first);
  await load(second.s);
  dialog.setValue("v", "new");
  dialog.setLifetime(90_000_000);
  dress(first.h, dialog);
  first.h.request("INFO", 110, A, { toTag: "b", headers: first.h.route() });
  first.s.writer.flush();
  assert.equal((await second.s.sync()).merged, 1);
  const back = second.h.dialog();
  assert.deepEqual([back.value("v"), back.value("b")], ["new", "x|y"]);
  assert.equal(back.secondsLeft, 90_000);
  assert.equal(back.calleeLegs[0]?.cseq, 110);
  assert.equal(second.h.profiles.get("caller")?.size("alice"), 1, "what is missing is added once");
  assert.equal(second.h.changes.filter((one) => one.kind === "state").length, 0);
});

test("dlg_db_sync: a call that knows more here than in the table stays as it is; one that is over does not come back (12.7)", async () => {
  const { h, s } = begin({ mode: "delayed" });
  const [invite] = h.invite();
  h.answer(invite, 200);
  h.clock.advance(60_000); // the row says 3
  s.writer.flush();
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  assert.deepEqual(await s.sync().then(({ loaded, merged, broken }) => [loaded, merged, broken]), [0, 0, 0]);
  assert.equal(h.dialog().state, "confirmed");
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  h.clock.advance(40_000);
  assert.equal(s.rows().length, 1, "until the next pass");
  assert.equal((await s.sync()).loaded, 0);
  assert.equal(h.tracker.firstOf(CALL_ID), undefined);
});

// ---- dlg_restore_db

test("dlg_restore_db with an early and a confirmed call leaves exactly one row, with values whatever is flushed (case 63)", async () => {
  for (const mode of ["realtime", "delayed", "shutdown"] as const) {
    const { h, s } = begin({ isOurs: false, version: 11, mode });
    const dialog = h.talk();
    dress(h, dialog);
    h.answer(h.invite({ callId: "early@x" })[0], 180);
    h.talk({ callId: "gone@x" });
    h.clock.advance(60_000);
    s.writer.flush();
    // rows of nobody
    s.database.transactNow([
      {
        text: "INSERT INTO dialog (dlg_id, callid, from_uri, from_tag, to_uri, to_tag, caller_cseq, callee_cseq, caller_ping_cseq, callee_ping_cseq, caller_sock, callee_sock, state, start_time, timeout) VALUES (7, 'x', 'x', 'x', 'x', 'x', 1, 1, 0, 0, '', '', 4, 0, 0)",
        values: [],
      },
    ]);
    h.request("BYE", 103, A, { toTag: "b", headers: h.route(), callId: "gone@x" });
    assert.equal(await s.rewrite(), true);
    assert.equal(s.rows().length, 1, mode);
    assert.match(String(s.row("vars")[0]), /\|n#42\|b#x\\\|y\|$/, mode);
    assert.deepEqual(s.row("callId", "profiles", "scriptFlags"), [CALL_ID, "caller#alice|inbound#|caller#alice|", 128]);
  }
});

test("dlg_restore_db fails while the database is away, and removes nothing", async () => {
  const { h, s } = begin();
  h.talk();
  s.writer.flush();
  s.database.isAway = true;
  assert.equal(await s.rewrite(), false);
  s.database.isAway = false;
  assert.equal(s.rows().length, 1);
});
