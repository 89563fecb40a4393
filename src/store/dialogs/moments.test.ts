// Each row of the tables of 12.4 and 12.5: what is written when.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { A, B, DialogHarness, type HarnessOptions, SDP_B } from "../../dialog/harness.ts";
import { type Dialog, parseOptions } from "../../dialog/index.ts";
import { seededRandom, TestClock } from "../../testing/index.ts";
import { StoreHarness, type StoreOptions } from "./harness.ts";
import { RowFlag } from "./write-row.ts";

const REFERENCE: StoreOptions = { isOurs: false, version: 11 };

function begin(options: StoreOptions = {}, calls?: HarnessOptions): { h: DialogHarness; s: StoreHarness } {
  const h = new DialogHarness(new TestClock(), seededRandom(5), calls);
  h.profiles.define("caller", { withValue: true });
  return { h, s: new StoreHarness({ tracker: h.tracker, clock: h.clock, timers: h.timers }, options) };
}

const flagged = (flags: string): HarnessOptions => ({
  initial: (context, tracker) => {
    const parsed = parseOptions(flags);
    assert.ok(parsed.ok);
    tracker.create(context, { options: parsed.value, lifetimeMs: 600_000 });
    context.recordRoute();
    context.relay();
  },
});

/** Both sides answer the BYEs that they got, one after the other. */
function answerBye(h: DialogHarness, ip: string): void {
  h.answer(h.lastSent(ip, "BYE"), 200);
}

function within(h: DialogHarness, method: string, cseq: number): void {
  h.request(method, cseq, A, { toTag: "b", headers: h.route() });
  h.answer(h.lastSent(B, method), 200);
}

function join(h: DialogHarness, dialog: Dialog, value: string): void {
  const profile = h.profiles.get("caller");
  assert.ok(profile !== undefined && dialog.join(profile, value));
}

for (const [whose, table] of [
  ["a table of ours", {}],
  ["a table of the reference", REFERENCE],
] as const) {
  test(`REALTIME, ${whose}: no row while it rings, one from the 200 on, state 4 after the ACK, none after BYE (case 59)`, () => {
    const { h, s } = begin(table);
    const [invite] = h.invite();
    h.answer(invite, 180);
    assert.equal(s.rows().length, 0);
    h.answer(invite, 200, { body: SDP_B });
    const dialog = h.dialog();
    const startsAt = Math.floor(dialog.startAt / 1000);
    assert.deepEqual(s.row("id", "state", "startTime", "timeout", "toTag"), [Number(dialog.dbId), 3, startsAt, startsAt + 43_200, "b"]);
    h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
    assert.deepEqual(s.row("state", "callerCseq", "calleeCseq"), [4, "0", "102"]);
    h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
    assert.equal(s.rows().length, 0);
    assert.equal(s.store.size, 0);
  });

  test(`REALTIME, ${whose}: a 200 that is repeated inserts nothing again (case 13)`, () => {
    const { h, s } = begin(table);
    const [invite] = h.invite();
    h.answer(invite, 200);
    s.given();
    for (let i = 0; i < 3; i++) h.answer(invite, 200);
    assert.equal(s.given(), 0);
    assert.equal(s.rows().length, 1);
  });

  test(`REALTIME, ${whose}: a call that fails never touches the table`, () => {
    const { h, s } = begin(table);
    h.answer(h.invite()[0], 486);
    h.clock.advance(60_000);
    assert.deepEqual([s.given(), s.rows().length], [0, 0]);
  });

  test(`REALTIME, ${whose}: a request within the call updates, ACK, PRACK and BYE of themselves do not`, () => {
    const { h, s } = begin(table);
    h.talk();
    within(h, "INFO", 103);
    assert.deepEqual(s.row("calleeCseq"), ["103"]);
    s.given();
    h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
    assert.equal(s.given(), 0);
  });

  test(`REALTIME, ${whose}: another lifetime is written at once`, () => {
    const { h, s } = begin(table);
    const dialog = h.talk();
    h.clock.advance(10_000);
    dialog.setLifetime(60_000);
    assert.deepEqual(s.row("timeout"), [Math.floor(h.clock.now() / 1000) + 60]);
  });

  test(`REALTIME, ${whose}: a call whose lifetime is over without BYE has no row any more`, () => {
    const { h, s } = begin(table, flagged(""));
    h.talk();
    h.clock.advance(602_000);
    assert.equal(s.rows().length, 0);
  });

  test(`REALTIME, ${whose}: a call that we end keeps its row until the second BYE is answered`, () => {
    const { h, s } = begin(table);
    const dialog = h.talk();
    h.clock.advance(60_000); // the INVITE's transaction is gone
    dialog.end("MI Termination");
    answerBye(h, A);
    assert.equal(dialog.isEnded, true);
    assert.equal(s.rows().length, 1);
    answerBye(h, B);
    assert.equal(s.rows().length, 0);
  });

  test(`DELAYED, ${whose}: a call that begins and ends between two passes never touches the table (case 61)`, () => {
    const { h, s } = begin({ ...table, mode: "delayed", updatePeriodMs: 60_000 });
    h.talk();
    h.clock.advance(10_000);
    h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
    h.clock.advance(120_000);
    assert.deepEqual([s.given(), s.rows().length], [0, 0]);
  });

  test(`DELAYED, ${whose}: passes insert, update and remove`, () => {
    const { h, s } = begin({ ...table, mode: "delayed", updatePeriodMs: 60_000 });
    h.talk();
    assert.equal(s.rows().length, 0);
    h.clock.advance(60_000);
    assert.deepEqual(s.row("state", "calleeCseq"), [4, "102"]);
    within(h, "INFO", 103);
    assert.deepEqual(s.row("calleeCseq"), ["102"]);
    h.clock.advance(60_000);
    assert.deepEqual(s.row("calleeCseq"), ["103"]);
    s.given();
    h.clock.advance(120_000);
    assert.equal(s.given(), 0, "nothing has changed");
    h.request("BYE", 104, A, { toTag: "b", headers: h.route() });
    assert.equal(s.rows().length, 1);
    h.clock.advance(60_000);
    assert.equal(s.rows().length, 0);
  });

  test(`SHUTDOWN, ${whose}: nothing is written before the end, and then every live call`, async () => {
    const { h, s } = begin({ ...table, mode: "shutdown" });
    const dialog = h.talk();
    dialog.setValue("a", "1");
    const [second] = h.invite({ callId: "second@x", fromTag: "a2" });
    h.answer(second, 180);
    assert.equal(s.given(), 0);
    await s.store.finish();
    assert.equal(s.rows().length, 1);
    assert.match(String(s.row("vars")[0]), /\|a#(?:1#)?1\|$/);
  });

  test(`the end of the process writes everything, removes what is over, and nothing after it (12.4, ${whose})`, async () => {
    for (const mode of ["realtime", "delayed"] as const) {
      const { h, s } = begin({ ...table, mode });
      const dialog = h.talk();
      h.talk({ callId: "second@x", fromTag: "a" });
      const second = h.dialog("second@x");
      dialog.setValue("v", "x");
      join(h, dialog, "alice");
      dialog.setFlag(3, true);
      h.clock.advance(60_000);
      second.end("MI Termination"); // and nobody answers its BYEs
      answerBye(h, A);
      await s.store.finish();
      assert.equal(s.rows().length, 1, mode);
      const [vars, profiles, flags] = s.row("vars", "profiles", "scriptFlags");
      assert.match(String(vars), /\|v#(?:1#)?x\|$/, mode);
      assert.match(String(profiles), /^caller#(?:1#)?alice\|$/, mode);
      assert.equal(String(flags), table === REFERENCE ? "8" : "3", mode);
      s.given();
      within(h, "INFO", 103);
      assert.equal(s.given(), 0, mode);
    }
  });
}

test("REALTIME, a table of ours: every entry of the feed is written, values, flags and profiles too", () => {
  const { h, s } = begin();
  const dialog = h.talk();
  const changes: readonly (() => void)[] = [
    () => dialog.setValue("a", "1"),
    () => dialog.setFlag(1, true),
    () => dialog.setModuleFlags(2),
    () => join(h, dialog, "alice"),
    () => dialog.setSharingTag("vip"),
  ];
  for (const change of changes) {
    s.given();
    change();
    assert.equal(s.given(), 1);
  }
  assert.deepEqual(s.row("vars", "profiles", "scriptFlags"), [null, null, null], "the reference's columns follow its rules");
});

test("REALTIME, a table of the reference: values, flags and profiles go with the next write, if they are flushed at all (12.5)", () => {
  for (const flushesValues of [true, false]) {
    const { h, s } = begin({ ...REFERENCE, flushesValues });
    const dialog = h.talk();
    s.given();
    dialog.setValue("a", "1");
    dialog.setFlag(3, true);
    join(h, dialog, "alice");
    assert.equal(s.given(), 0);
    within(h, "INFO", 103);
    const [vars, profiles, flags] = s.row("vars", "profiles", "scriptFlags");
    if (flushesValues) assert.match(String(vars), /\|a#1\|$/);
    else assert.equal(vars, null);
    assert.deepEqual([profiles, flags], flushesValues ? ["caller#alice|", 8] : [null, 0]);
  }
});

test("DELAYED, a table of the reference: values alone are written by the next pass if they are flushed (12.4)", () => {
  for (const flushesValues of [true, false]) {
    const { h, s } = begin({ ...REFERENCE, mode: "delayed", flushesValues });
    const dialog = h.talk();
    h.clock.advance(60_000);
    s.given();
    dialog.setValue("a", "1");
    h.clock.advance(60_000);
    assert.equal(s.given(), flushesValues ? 1 : 0);
    if (flushesValues) assert.match(String(s.row("vars")[0]), /\|a#1\|$/);
  }
});

test("without db_flush_vals_profiles updates leave alone what the last shutdown has written (12.5)", async () => {
  const { h, s } = begin(REFERENCE);
  const dialog = h.talk();
  dialog.setValue("a", "1");
  assert.equal(await s.rewrite(), true);
  assert.match(String(s.row("vars")[0]), /\|a#1\|$/);
  within(h, "INFO", 103);
  assert.match(String(s.row("vars")[0]), /\|a#1\|$/);
  assert.deepEqual(s.row("calleeCseq"), ["103"]);
});

test("values set before the 200 stand behind the internal ones (case 60)", () => {
  const { h, s } = begin(
    { ...REFERENCE, flushesValues: true },
    {
      initial: (context, tracker) => {
        const dialog = tracker.create(context);
        dialog?.setValue("b", "x|y");
        dialog?.setValue("a", "1");
        context.recordRoute();
        context.relay();
      },
    },
  );
  h.talk();
  assert.match(String(s.row("vars")[0]), /^cct#\|.*a#1\|b#x\\\|y\|$/s);
});

test("DELAYED: rows of 25 calls that are over go with three statements of at most ten (case 61)", () => {
  const { h, s } = begin({ mode: "delayed", bulkDeletes: 10 });
  for (let i = 0; i < 25; i++) h.talk({ callId: `c${i}@x` });
  h.clock.advance(60_000);
  assert.equal(s.rows().length, 25);
  for (let i = 0; i < 25; i++) h.request("BYE", 103, A, { toTag: "b", headers: h.route(), callId: `c${i}@x` });
  s.given();
  h.clock.advance(60_000);
  assert.deepEqual([s.given(), s.rows().length], [3, 0]);
});

test("DELAYED: an insert that failed is tried again and stays an insert", () => {
  const { h, s } = begin({ mode: "delayed" });
  h.talk();
  s.database.isAway = true;
  h.clock.advance(60_000);
  s.database.isAway = false;
  s.writer.flush();
  assert.deepEqual(s.row("state"), [4]);
  assert.equal(s.saved.length, 1);
});

test("a call that ends while its insert has not arrived leaves nothing behind", () => {
  const { h, s } = begin();
  s.database.isAway = true;
  h.talk();
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  s.database.isAway = false;
  s.writer.flush();
  assert.deepEqual([s.rows().length, s.writer.state.pending], [0, 0]);
});

test("rows that find no place in the queue are written, or removed, when there is one", async () => {
  const { h, s } = begin();
  for (let i = 0; i < 4; i++) h.talk({ callId: `c${i}@x` });
  assert.equal(s.rows().length, 4);
  s.database.isAway = true;
  s.writer.max = 1;
  for (let i = 4; i < 8; i++) h.talk({ callId: `c${i}@x` });
  for (const i of [0, 1, 4, 5]) h.request("BYE", 103, A, { toTag: "b", headers: h.route(), callId: `c${i}@x` });
  const lostRows = (): number => s.statistics.find("store:lost_rows")?.read() ?? -1;
  assert.equal(lostRows(), 2, "of two of the four there is no row yet");
  h.clock.advance(5000);
  await turn();
  assert.equal(s.writer.state.pending, 1, "nothing is tried while the database is away");
  s.database.isAway = false;
  for (let second = 0; second < 20; second++) {
    s.writer.flush();
    h.clock.advance(1000);
    await turn();
  }
  const callIds = s.rows().map((row) => row[1]);
  assert.deepEqual(callIds.sort(), ["c2@x", "c3@x", "c6@x", "c7@x"]);
  assert.deepEqual([s.store.size, s.writer.state.pending, lostRows()], [4, 0, 2]);
});

test("what found no place is said at the end of the process at the latest", async () => {
  const { h, s } = begin();
  for (let i = 0; i < 3; i++) h.talk({ callId: `c${i}@x` });
  s.writer.flush();
  s.writer.max = 0;
  for (const i of [0, 1]) h.request("BYE", 103, A, { toTag: "b", headers: h.route(), callId: `c${i}@x` });
  s.writer.max = 10;
  await s.store.finish();
  assert.deepEqual(
    s.rows().map((row) => row[1]),
    ["c2@x"],
  );
});

test("a ping alone writes nothing while the row vouches for its number; the next block is written before its first number is used up", () => {
  for (const table of [{}, REFERENCE]) {
    const { h, s } = begin(table, flagged("p"));
    const dialog = h.talk();
    const numbers = new Set<number>();
    let writes = 0;
    s.given();
    for (let i = 0; i < 70; i++) {
      dialog.setLifetime(600_000);
      s.given();
      h.clock.advance(30_000);
      const ping = h.lastSent(B, "OPTIONS");
      h.answer(ping, 200);
      numbers.add(dialog.calleeLegs[0]?.generatedCseq ?? 0);
      const [kept] = s.row("calleePingCseq");
      assert.ok(Number(kept) >= (dialog.calleeLegs[0]?.generatedCseq ?? 0));
      writes += s.given();
    }
    assert.deepEqual([numbers.size, writes], [70, 3]);
  }
});

test("listeners hear that a call is saved after each statement about it, its removal included (DLGCB_SAVED)", () => {
  const { h, s } = begin();
  const dialog = h.talk();
  assert.equal(s.saved.length, 0, "nothing is saved before it is");
  s.writer.flush();
  dialog.setValue("a", "1");
  dialog.setValue("b", "2");
  s.writer.flush();
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  s.writer.flush();
  assert.deepEqual(s.saved, [dialog, dialog, dialog]);
});

test("calls that were there before the store get their rows", () => {
  const h = new DialogHarness(new TestClock(), seededRandom(5));
  const dialog = h.talk();
  const s = new StoreHarness({ tracker: h.tracker, clock: h.clock, timers: h.timers });
  s.store.adopt();
  assert.deepEqual(s.row("id", "state"), [Number(dialog.dbId), 4]);
});

test("a call that came back after it had failed has a row like any other (2.4)", () => {
  const { h, s } = begin();
  const [invite] = h.invite();
  h.answer(invite, 180);
  h.clock.advance(121_000); // fr_inv_timeout: 408 goes up
  h.answer(invite, 200, { body: SDP_B });
  assert.equal(h.dialog().isTalking, true);
  assert.deepEqual(s.row("state"), [3]);
});

test("the column of flags says what the call is", () => {
  const { h, s } = begin(REFERENCE, flagged("BPr"));
  h.talk();
  assert.deepEqual(s.row("flags"), [8 | 32 | 4096 | RowFlag.initialised | RowFlag.hooksArmed]);
});

test("columns and table have the names that they are given", () => {
  const { h, s } = begin({ names: { table: "calls", columns: { dlg_id: "nr", state: "phase", vars: "stuff" } } });
  h.talk();
  s.given();
  assert.deepEqual(s.database.rows("SELECT nr, phase FROM calls"), [[Number(h.dialog().dbId), 4]]);
});
