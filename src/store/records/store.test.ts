// Call records and their rows: columns, tables, legs, and that each record is one row whatever breaks in between.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CallRecord, type RecordField, RecordType } from "../../accounting/index.ts";
import { type LogLine, Statistics, silentLog, Timers } from "../../kit/index.ts";
import { seededRandom, TestClock } from "../../testing/index.ts";
import { instantText } from "../instant.ts";
import type { SqlRow } from "../ports.ts";
import { TestDatabase, TestWriter } from "../rows-harness.ts";
import { type RecordColumnNames, RecordStatements, recordShape } from "./statements.ts";
import { RecordStore } from "./store.ts";

const AT = Date.UTC(2026, 2, 1, 9, 30, 0, 250);
const NONE: ReadonlyMap<string, string> = new Map();

function record(parts: Partial<CallRecord> = {}): CallRecord {
  return {
    kind: "answered",
    id: "",
    types: RecordType.db,
    at: AT,
    method: "INVITE",
    fromTag: "f",
    toTag: "t",
    callId: "call-1",
    code: "200",
    reason: "OK",
    hasAccount: true,
    createdAt: AT - 2_000,
    setupSeconds: 2,
    durationMs: -1,
    extras: NONE,
    legs: [],
    table: "",
    ...parts,
  };
}

const cdr = (parts: Partial<CallRecord> = {}): CallRecord => record({ kind: "cdr", id: "1.2-x", durationMs: 3_005, ...parts });

interface Options {
  readonly columns?: RecordColumnNames;
  readonly extras?: readonly RecordField[];
  readonly legs?: readonly RecordField[];
  readonly named?: readonly string[];
  /** Calls are kept there. */
  readonly callsIn?: TestDatabase;
  readonly seed?: number;
}

class Life {
  readonly clock = new TestClock();
  readonly statistics = new Statistics();
  readonly writer: TestWriter;
  readonly callsWriter: TestWriter | undefined;
  readonly store: RecordStore;
  readonly warnings: object[] = [];
  readonly errors: object[] = [];

  constructor(database: TestDatabase, { columns = {}, extras = [], legs = [], named = [], callsIn, seed = 1 }: Options) {
    const timers = new Timers(this.clock, this.clock, (error) => assert.fail(String(error)));
    this.clock.wakes(() => timers.run());
    this.writer = new TestWriter(database);
    this.callsWriter = callsIn === undefined ? undefined : new TestWriter(callsIn);
    const warn: LogLine = (fields) => void this.warnings.push(fields);
    const error: LogLine = (fields) => void this.errors.push(fields);
    this.store = new RecordStore({
      open: { url: "sqlite:records", database, writer: this.writer },
      callsIn:
        callsIn === undefined || this.callsWriter === undefined
          ? undefined
          : { url: "sqlite:calls", database: callsIn, writer: this.callsWriter },
      settings: {
        tables: { answered: "acc", missed: "missed_calls", named },
        layout: { columns, extras, legs },
        versionTable: "version",
        mayBeAway: false,
      },
      random: seededRandom(seed),
      timers,
      log: { ...silentLog, warn, error },
      statistics: this.statistics,
    });
  }
}

async function life(database: TestDatabase, options: Options = {}): Promise<Life> {
  const made = new Life(database, options);
  await made.store.start();
  return made;
}

const CORE = "method, from_tag, to_tag, callid, sip_code, sip_reason, time";

describe("rows", () => {
  test("an answered transaction, a failed one, a note and a call", async () => {
    const database = new TestDatabase();
    const { store, writer } = await life(database);
    store.write(record());
    store.write(record({ kind: "missed", code: "486", reason: "Busy Here" }));
    store.write(record({ kind: "noted", hasAccount: false, createdAt: 0, code: "404", reason: "who" }));
    store.write(cdr());
    assert.deepEqual(writer.refused, []);
    const time = instantText(AT);
    const created = instantText(AT - 2_000);
    assert.deepEqual(database.rows(`SELECT ${CORE}, duration, ms_duration, setuptime, created FROM acc`), [
      ["INVITE", "f", "t", "call-1", "200", "OK", time, 0, 0, 2, created],
      ["INVITE", "f", "t", "call-1", "404", "who", time, 0, 0, 0, null],
      ["INVITE", "f", "t", "call-1", "200", "OK", time, 4, 3_005, 2, created],
    ]);
    assert.deepEqual(database.rows(`SELECT ${CORE}, setuptime, created FROM missed_calls`), [
      ["INVITE", "f", "t", "call-1", "486", "Busy Here", time, 2, created],
    ]);
  });

  test("extras and legs: a row for each leg; what is not set is empty", async () => {
    const database = new TestDatabase();
    const extras = [
      { tag: "customer", name: "customer" },
      { tag: "t", name: "trunk" },
    ];
    const { store } = await life(database, { extras, legs: [{ tag: "dst", name: "leg_dst" }] });
    const leg = (dst: string): ReadonlyMap<string, string> => new Map([["dst", dst]]);
    store.write(cdr({ extras: new Map([["customer", "O'Brien; \\ # é"]]), legs: [leg("a"), NONE, leg("c")] }));
    store.write(record());
    assert.deepEqual(database.rows("SELECT callid, customer, trunk, leg_dst, ms_duration FROM acc ORDER BY id"), [
      ["call-1", "O'Brien; \\ # é", "", "a", 3_005],
      ["call-1", "O'Brien; \\ # é", "", "", 3_005],
      ["call-1", "O'Brien; \\ # é", "", "c", 3_005],
      ["call-1", "", "", "", 0],
    ]);
  });

  test("tables that routes name, and names of columns", async () => {
    const database = new TestDatabase();
    const columns = { callid: "call_id", time: "answered_at" };
    const { store, warnings, writer } = await life(database, { columns, named: ["trunks"] });
    store.write(cdr({ table: "trunks" }));
    store.write(record({ kind: "missed", table: "trunks" }));
    store.write(record({ table: "x; DROP TABLE acc" }));
    assert.deepEqual(database.rows("SELECT call_id, answered_at FROM trunks"), [["call-1", instantText(AT)]]);
    assert.deepEqual(database.rows("SELECT count(*) FROM missed_calls"), [[1]], "missed calls have a table of their own");
    assert.deepEqual(database.rows("SELECT count(*) FROM acc"), [[1]], "a bad name does not lose the record");
    assert.equal(warnings.length, 1);
    store.write(record({ table: "unknown" }));
    assert.equal(writer.refused.length, 1, "a table that is not there");
  });

  test("a table that lacks a column is refused by name", async () => {
    const database = new TestDatabase();
    await life(database);
    await assert.rejects(life(database, { extras: [{ tag: "x", name: "extra_x" }] }), /acc has no column extra_x/);
  });
});

describe("each record is one row", () => {
  test("when a batch is tried again that had arrived", async () => {
    const database = new TestDatabase();
    const { store, writer } = await life(database, { legs: [{ tag: "dst", name: "leg_dst" }] });
    writer.isEager = false;
    store.write(cdr({ legs: [new Map([["dst", "a"]]), new Map([["dst", "b"]])] }));
    store.write(record());
    writer.flush();
    const texts = database.rows(`SELECT ${CORE}, dialoom FROM acc`);
    assert.equal(texts.length, 3);
    store.write(cdr({ legs: [new Map([["dst", "a"]]), new Map([["dst", "b"]])] }));
    writer.flush();
    assert.equal(database.rows("SELECT 1 FROM acc").length, 3, "the end of a call has one id, whoever writes it down");
  });

  test("foreseen with the call's own end, and completed when its BYE is answered", async () => {
    const database = new TestDatabase();
    const { store, writer, statistics } = await life(database, { extras: [{ tag: "x", name: "x" }] });
    const extras = new Map<string, string>();
    store.foresee("1.2-x", () => cdr({ extras }));
    assert.deepEqual(database.rows("SELECT x, ms_duration FROM acc"), [["", 3_005]]);
    extras.set("x", "late");
    store.write(cdr({ extras }));
    assert.deepEqual(database.rows("SELECT x, ms_duration FROM acc"), [["late", 3_005]]);
    store.foresee("1.3-x", () => cdr({ id: "1.3-x" }));
    const given = writer.given;
    store.write(cdr({ id: "1.3-x" }));
    assert.equal(writer.given, given, "nothing has changed: nothing is written");
    assert.equal(database.rows("SELECT 1 FROM acc").length, 2);
    assert.equal(statistics.find("stored_records")?.read(), 2);
  });

  test("in tables of others: the second attempt asks first", () => {
    const layout = { columns: {}, extras: [], legs: [] };
    for (const dialect of ["postgres", "mysql"] as const) {
      const facts = { hasOwn: false, widths: new Map([["callid", 6]]) };
      const cut: string[] = [];
      const statements = new RecordStatements(dialect, recordShape("acc", false, layout), layout, facts, (column) => cut.push(column));
      const [first] = statements.of(record({ callId: "call-1234" }), "id", false);
      const [second] = statements.of(record({ callId: "call-1234" }), "id", true);
      assert.match(first?.text ?? "", /^INSERT INTO .acc. \([^)]*\) VALUES \([^)]*\)$/);
      assert.equal(first?.values[3], "call-1", "a column that is too short");
      assert.deepEqual(cut, ["callid", "callid"]);
      assert.match(second?.text ?? "", /WHERE \(SELECT COUNT/);
      assert.deepEqual(second?.values, [...(first?.values ?? []), ...(first?.values ?? []), 1]);
    }
  });
});

describe("by way of a file", () => {
  const outbox = (file: TestDatabase): readonly SqlRow[] => file.rows("SELECT is_held FROM dialoom_outbox ORDER BY rowid");

  test("a record waits in the file while the server is away, over a restart too, and goes there once", async () => {
    const file = new TestDatabase();
    const server = new TestDatabase();
    const before = await life(server, { callsIn: file });
    server.isAway = true;
    before.store.write(record());
    before.store.write(cdr());
    assert.deepEqual(outbox(file), [[0], [0]]);
    before.store.stop();

    server.isAway = false;
    const after = await life(server, { callsIn: file, seed: 2 });
    assert.equal(server.rows("SELECT 1 FROM acc").length, 2);
    assert.deepEqual(outbox(file), []);
    after.store.write(record({ callId: "call-2" }));
    assert.equal(server.rows("SELECT 1 FROM acc").length, 3);
    assert.deepEqual(outbox(file), [], "when it is there it leaves the file");
    assert.equal(after.statistics.find("stored_records")?.read(), 3);
  });

  test("killed between the server's commit and the file's, it is not doubled", async () => {
    const file = new TestDatabase();
    const server = new TestDatabase();
    const before = await life(server, { callsIn: file });
    assert.ok(before.callsWriter !== undefined);
    before.store.write(cdr());
    before.writer.isEager = false;
    before.store.write(record());
    before.callsWriter.isEager = false;
    before.writer.flush();
    assert.deepEqual(outbox(file), [[0]], "the server has it and the file does not know");
    before.store.stop();
    await life(server, { callsIn: file, seed: 2 });
    assert.equal(server.rows("SELECT 1 FROM acc").length, 2);
    assert.deepEqual(outbox(file), []);
  });

  test("a foreseen record is held until its BYE is answered, or until the next start", async () => {
    const file = new TestDatabase();
    const server = new TestDatabase();
    const before = await life(server, { callsIn: file });
    before.store.foresee("1.2-x", () => cdr());
    before.store.foresee("1.3-x", () => cdr({ id: "1.3-x", durationMs: 10 }));
    assert.deepEqual(outbox(file), [[1], [1]]);
    await before.clock.advanceAsync(5_000);
    assert.equal(server.rows("SELECT 1 FROM acc").length, 0);
    before.store.write(cdr({ reason: "OK then" }));
    assert.deepEqual(server.rows("SELECT sip_reason FROM acc"), [["OK then"]]);
    before.store.stop();
    await life(server, { callsIn: file, seed: 2 });
    assert.deepEqual(server.rows("SELECT ms_duration FROM acc ORDER BY id"), [[3_005], [10]]);
    assert.deepEqual(outbox(file), []);
  });

  test("one that an earlier life has held goes to the server even when many wait before it", async () => {
    const file = new TestDatabase();
    const server = new TestDatabase();
    const before = await life(server, { callsIn: file });
    before.writer.isEager = false;
    for (let i = 0; i < 1_200; i++) before.store.write(record({ callId: `call-${i}` }));
    before.store.foresee("1.2-x", () => cdr());
    before.store.stop();

    const after = new Life(server, { callsIn: file, seed: 2 });
    after.writer.isEager = false;
    await after.store.start();
    assert.equal(after.writer.state.pending, 1_000);
    for (let i = 0; i < 4; i++) {
      after.writer.flush();
      await after.clock.advanceAsync(1_000);
    }
    assert.deepEqual(server.rows("SELECT ms_duration FROM acc WHERE ms_duration > 0"), [[3_005]]);
    assert.deepEqual(outbox(file), []);
  });

  test("more than the server's queue takes stays in the file and follows", async () => {
    const file = new TestDatabase();
    const server = new TestDatabase();
    const { store, writer, clock } = await life(server, { callsIn: file });
    writer.isEager = false;
    for (let i = 0; i < 1_500; i++) store.write(record({ callId: `call-${i}` }));
    assert.equal(writer.state.pending, 1_000);
    assert.equal(outbox(file).length, 1_500);
    for (let i = 0; i < 4 && outbox(file).length > 0; i++) {
      writer.flush();
      await clock.advanceAsync(1_000);
    }
    assert.equal(server.rows("SELECT DISTINCT callid FROM acc").length, 1_500);
    assert.equal(server.rows("SELECT 1 FROM acc").length, 1_500);
    assert.deepEqual(outbox(file), []);
  });

  test("what the server refuses stays in the file and is named", async () => {
    const file = new TestDatabase();
    const server = new TestDatabase();
    const { store, errors, statistics, clock } = await life(server, { callsIn: file });
    store.write(record({ table: "missing" }));
    assert.deepEqual(outbox(file), [[0]]);
    assert.equal(errors.length, 1);
    assert.equal(statistics.find("refused_records")?.read(), 1);
    await clock.advanceAsync(10_000);
    assert.equal(errors.length, 1, "not tried over and over");
  });
});
