// Registrations and their rows: when each is written in the two modes, and what comes back at the next start.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type LogLine, SecondsWheel, SipHash, Slices, Statistics, silentLog, Timers } from "../../kit/index.ts";
import { type BindingParts, type LocationSettings, Registrar } from "../../location/index.ts";
import { seededRandom, TestClock } from "../../testing/index.ts";
import { TestDatabase, TestWriter } from "../rows-harness.ts";
import type { LocationColumnNames } from "./columns.ts";
import { LocationStore, type LocationStoreSettings } from "./store.ts";

/** One life of a node. */
class Life {
  readonly clock: TestClock;
  readonly statistics = new Statistics();
  readonly registrar: Registrar;
  readonly writer: TestWriter;
  readonly store: LocationStore;
  readonly warnings: object[] = [];

  constructor(
    clock: TestClock,
    database: TestDatabase,
    settings: Partial<LocationStoreSettings>,
    location: Partial<LocationSettings> = {},
  ) {
    this.clock = clock;
    const onError = (error: unknown): void => assert.fail(String(error));
    const timers = new Timers(clock, clock, onError);
    clock.wakes(() => timers.run());
    const wheel = new SecondsWheel(clock, timers, new Slices(clock, clock.defer, onError), onError);
    this.registrar = new Registrar({
      clock,
      wheel,
      random: seededRandom(1),
      hash: new SipHash([clock.now(), 2, 3, 4]),
      statistics: this.statistics,
      onError,
      listenerNamed: () => undefined,
      settings: location,
    });
    this.writer = new TestWriter(database);
    const warn: LogLine = (fields) => void this.warnings.push(fields);
    this.store = new LocationStore({
      registrar: this.registrar,
      open: { url: "sqlite:test", database, writer: this.writer },
      settings: {
        mode: "write-through",
        timerIntervalMs: 60_000,
        tables: ["location"],
        columns: {},
        isLoaded: true,
        versionTable: "version",
        mayBeAway: false,
        ...settings,
      },
      clock,
      timers,
      defer: clock.defer,
      log: { ...silentLog, warn },
      statistics: this.statistics,
    });
  }

  async start(): Promise<this> {
    await Promise.all([this.store.start(), this.clock.advanceAsync(0)]);
    return this;
  }

  add(user: string, parts: Partial<BindingParts> = {}, table = "location"): void {
    const { clock } = this;
    this.registrar.table(table).add(user, {
      uri: `sip:${user}@10.0.0.9:5060`,
      endsAt: clock.monotonic() + 3_600_000,
      q: -1,
      callId: "c1",
      cseq: 7,
      userAgent: "phone",
      received: "",
      path: [],
      listener: undefined,
      flags: 0,
      branchFlags: [],
      methods: 0xffff_ffff,
      instance: "",
      attr: "",
      modifiedAt: clock.now(),
      ...parts,
    });
  }

  state(user: string): string | undefined {
    return this.registrar.table("location").get(user)?.bindings[0]?.state;
  }
}

async function life(settings: Partial<LocationStoreSettings> = {}, database = new TestDatabase(), clock = new TestClock()): Promise<Life> {
  return new Life(clock, database, settings).start();
}

const USERS = "SELECT username FROM location ORDER BY username";

describe("write-through", () => {
  test("a row stands there as soon as the binding does, changes with it and goes with it", async () => {
    const database = new TestDatabase();
    const node = await life({}, database);
    node.add("alice", { q: 500, path: ["<sip:e1;lr>", "<sip:e2;lr>"], branchFlags: ["NAT", "X"], methods: 9, received: "sip:1.2.3.4:5" });
    assert.equal(node.state("alice"), "sync");
    const [row] = database.rows(
      "SELECT username, domain, contact, received, path, expires, q, callid, cseq, flags, cflags, user_agent, socket, methods, sip_instance, kv_store, attr FROM location",
    );
    const expires = Math.floor((node.clock.now() + 3_600_000) / 1000);
    assert.deepEqual(row, [
      "alice",
      null,
      "sip:alice@10.0.0.9:5060",
      "sip:1.2.3.4:5",
      "<sip:e1;lr>,<sip:e2;lr>",
      expires,
      0.5,
      "c1",
      7,
      0,
      "NAT X",
      "phone",
      null,
      9,
      null,
      null,
      null,
    ]);
    const table = node.registrar.table("location");
    const binding = table.get("alice")?.bindings[0];
    assert.ok(binding !== undefined);
    table.update(binding, { ...binding.parts, cseq: 8, endsAt: -1, q: -1, methods: 0xffff_ffff });
    assert.deepEqual(database.rows("SELECT cseq, expires, q, methods FROM location"), [[8, 0, -1, null]]);
    table.remove(binding);
    assert.deepEqual(database.rows(USERS), []);
  });

  test("what has expired is taken away; what is kept in memory only has no row", async () => {
    const database = new TestDatabase();
    const node = await life({}, database);
    node.add("alice", { endsAt: node.clock.monotonic() + 60_000 });
    node.registrar.table("location").add("bob", { ...partsOf(node, "alice"), flags: 1, uri: "sip:bob@h" }, true);
    assert.deepEqual(database.rows(USERS), [["alice"]]);
    await node.clock.advanceAsync(62_000);
    assert.deepEqual(database.rows(USERS), []);
    assert.equal(node.writer.refused.length, 0);
  });

  test("while the database is away the row waits, and is then what the binding is by that time", async () => {
    const database = new TestDatabase();
    const node = await life({}, database);
    database.isAway = true;
    node.add("alice");
    assert.equal(node.state("alice"), "new");
    const table = node.registrar.table("location");
    const binding = table.get("alice")?.bindings[0];
    assert.ok(binding !== undefined);
    table.update(binding, { ...binding.parts, cseq: 9 });
    node.add("bob");
    table.removeAor("bob");
    assert.equal(node.writer.state.pending, 2, "one change for each row");
    database.isAway = false;
    node.writer.flush();
    assert.deepEqual(database.rows("SELECT username, cseq FROM location"), [["alice", 9]]);
    assert.equal(node.state("alice"), "sync");
  });
});

function partsOf(node: Life, user: string): BindingParts {
  const parts = node.registrar.table("location").get(user)?.bindings[0]?.parts;
  assert.ok(parts !== undefined);
  return parts;
}

describe("write-back", () => {
  test("nothing is written before the interval is over; then all of it is, once", async () => {
    const database = new TestDatabase();
    const node = await life({ mode: "write-back", timerIntervalMs: 10_000 }, database);
    node.add("alice");
    node.add("bob");
    node.registrar.table("location").removeAor("bob");
    assert.equal(node.writer.given, 0);
    assert.equal(node.store.unwritten, 1, "who came and went was never there");
    await node.clock.advanceAsync(10_000);
    assert.deepEqual(database.rows(USERS), [["alice"]]);
    assert.equal(node.state("alice"), "sync");
    const given = node.writer.given;
    await node.clock.advanceAsync(20_000);
    assert.equal(node.writer.given, given, "nothing has changed since");
    node.registrar.table("location").removeAor("alice");
    assert.deepEqual(database.rows(USERS), [["alice"]]);
    await node.clock.advanceAsync(10_000);
    assert.deepEqual(database.rows(USERS), []);
  });

  test("who registers again and again while nothing can be written waits once", async () => {
    const node = await life({ mode: "write-back", timerIntervalMs: 10_000 });
    node.writer.isEager = false;
    const more = (i: number): void => node.writer.write({ realm: "others", row: String(i), statements: () => undefined });
    for (let i = 0; i < 5_000; i++) more(i);
    node.add("alice");
    const table = node.registrar.table("location");
    const binding = table.get("alice")?.bindings[0];
    assert.ok(binding !== undefined);
    for (let i = 0; i < 20; i++) {
      table.update(binding, { ...binding.parts, cseq: 8 + i });
      await node.clock.advanceAsync(10_000);
    }
    assert.equal(node.store.unwritten, 1);
    table.removeAor("alice");
    assert.equal(node.store.unwritten, 0, "it has no row");
  });

  test("a thousand rows go in several turns; the end writes what is left", async () => {
    const database = new TestDatabase();
    const node = await life({ mode: "write-back", timerIntervalMs: 10_000 }, database);
    for (let i = 0; i < 1_000; i++) node.add(`u${i}`);
    const stopping = node.store.stop(1_000);
    await node.clock.advanceAsync(1_000);
    await stopping;
    assert.deepEqual(database.rows("SELECT count(*) FROM location"), [[1_000]]);
  });
});

describe("the next start", () => {
  test("brings every registration back with its number, so that a refresh changes its row and adds none", async () => {
    const database = new TestDatabase();
    const clock = new TestClock();
    const before = await life({}, database, clock);
    before.add("alice", { q: 250, instance: "<urn:uuid:1>", attr: "x=1", branchFlags: ["A", "B"] });
    before.add("bob", { endsAt: -1 });
    before.add("carol", { endsAt: clock.monotonic() + 5_000 });
    await before.store.stop(0);
    await clock.advanceAsync(10_000);

    const after = await life({}, database, clock);
    const table = after.registrar.table("location");
    const binding = table.get("alice")?.bindings[0];
    assert.ok(binding !== undefined);
    assert.deepEqual({ ...binding.parts, endsAt: 0, modifiedAt: 0 }, { ...partsOf(before, "alice"), endsAt: 0, modifiedAt: 0 });
    assert.equal(binding.id, before.registrar.table("location").get("alice")?.bindings[0]?.id);
    assert.ok(Math.abs(binding.parts.endsAt - partsOf(before, "alice").endsAt) < 1_000, "the second of its end");
    assert.equal(binding.state, "sync");
    assert.equal(partsOf(after, "bob").endsAt, -1);
    assert.equal(table.get("carol"), undefined);
    assert.deepEqual(database.rows(USERS), [["alice"], ["bob"]], "the row of what has expired goes");
    table.update(binding, { ...binding.parts, cseq: 8 });
    after.add("dave");
    assert.deepEqual(database.rows("SELECT username, cseq FROM location ORDER BY username"), [
      ["alice", 8],
      ["bob", 7],
      ["dave", 7],
    ]);
  });

  test("a row that cannot be read is named with its reason and stays", async () => {
    const database = new TestDatabase();
    const before = await life({}, database);
    before.add("alice");
    const insert = (id: number, user: string, contact: string): void => {
      const columns = "contact_id, username, contact, expires, last_modified";
      database.sqlite.prepare(`INSERT INTO location (${columns}) VALUES (?, ?, ?, 0, '2026-01-01 00:00:00')`).run(id, user, contact);
    };
    insert(1, "", "sip:x@h");
    insert(2, "bob", "");
    insert(3, "carol", "sip:carol@h");
    const after = await life({}, database);
    assert.deepEqual(
      after.warnings.map((one) => ["contactId", "reason"].map((name): unknown => Reflect.get(one, name))),
      [
        ["1", "username is empty"],
        ["2", "contact is empty"],
      ],
    );
    const carol = partsOf(after, "carol");
    assert.deepEqual([carol.q, carol.callId, carol.cseq, carol.methods], [1000, "Default-Call-ID", 13, 0xffff_ffff], "what others wrote");
    assert.deepEqual(database.rows("SELECT count(*) FROM location"), [[4]]);
  });

  test("domains count where they are said to; several tables and other names of columns", async () => {
    const database = new TestDatabase();
    const columns: LocationColumnNames = { username: "user_name", contact_id: "ucid", expires: "until" };
    const make = (): Promise<Life> =>
      new Life(new TestClock(), database, { tables: ["location", "trunks"], columns }, { useDomain: true }).start();
    const before = await make();
    before.add("alice@a.example");
    before.add("alice@b.example", {}, "trunks");
    before.add("eve@b.example", {}, "elsewhere");
    assert.equal(before.warnings.length, 1, "a table that is not stored");
    assert.deepEqual(database.rows("SELECT user_name, domain FROM trunks"), [["alice", "b.example"]]);
    const after = await make();
    assert.ok(after.registrar.table("location").get("alice@a.example") !== undefined);
    assert.ok(after.registrar.table("trunks").get("alice@b.example") !== undefined);
    assert.equal(after.registrar.find("elsewhere"), undefined);
  });

  test("does not read when it is told not to", async () => {
    const database = new TestDatabase();
    (await life({}, database)).add("alice");
    const after = await life({ isLoaded: false }, database);
    assert.equal(after.registrar.table("location").size, 0);
    assert.deepEqual(database.rows(USERS), [["alice"]]);
  });

  test("a database that is away at the start is read when it comes, and what has registered meanwhile is newer", async () => {
    const database = new TestDatabase();
    const clock = new TestClock();
    const before = await life({}, database, clock);
    before.add("alice");
    before.add("bob");
    database.isAway = true;
    await assert.rejects(life({}, database, clock), /cut it off/);
    const after = await life({ mayBeAway: true }, database, clock);
    after.add("bob", { cseq: 8 });
    database.isAway = false;
    await clock.advanceAsync(6_000);
    after.writer.flush();
    assert.equal(after.state("alice"), "sync");
    assert.deepEqual(database.rows("SELECT username, cseq FROM location ORDER BY username"), [
      ["alice", 7],
      ["bob", 8],
    ]);
  });

  test("a table that is something else is refused by name", async () => {
    const database = new TestDatabase();
    database.sqlite.exec("CREATE TABLE location (id INTEGER)");
    await assert.rejects(life({}, database), /location has no column contact_id/);
  });
});
