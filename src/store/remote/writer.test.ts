import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Log, type LogLine, Timers } from "../../kit/index.ts";
import { TestClock } from "../../testing/clock.ts";
import { ModelDatabase } from "../../testing/databases/index.ts";
import { SeededRandom } from "../../testing/random.ts";
import type { RowChange, Statement } from "../ports.ts";
import { StoreError } from "../ports.ts";
import type { RemoteWriterSettings } from "./settings.ts";
import { RemoteWriter } from "./writer.ts";

/** A writer on a model, with what it said and what became of its rows. */
function bench(settings: Partial<RemoteWriterSettings> = {}) {
  const clock = new TestClock();
  const timers = new Timers(clock, clock, (error) => assert.ifError(error));
  clock.wakes(() => timers.run());
  const database = new ModelDatabase(clock);
  const said: string[] = [];
  const fates: string[] = [];
  const degraded: string[] = [];
  const line =
    (level: string): LogLine =>
    (fields, text) =>
      said.push(`${level}: ${text} ${JSON.stringify(fields)}`);
  const log: Log = { error: line("error"), warn: line("warn"), info: line("info"), debug: line("debug") };
  const onDegraded = (isDegraded: boolean): void => void degraded.push(isDegraded ? "away" : "back");
  const writer = new RemoteWriter({ database, clock, timers, random: new SeededRandom(7), log, settings, onDegraded });
  const change = (row: string, statements: () => readonly Statement[] | undefined): RowChange => ({
    realm: "t",
    row,
    statements,
    written: () => fates.push(`${row} written`),
    refused: (error) => fates.push(`${row} ${error.fault}`),
  });
  const put = (row: string, word: number): void =>
    writer.write(
      change(row, () => [{ text: "insert into t values (?, ?) on conflict (id) do update set word = excluded.word", values: [row, word] }]),
    );
  const begin = database.transact([{ text: "create table t (id text primary key, word integer check (word >= 0))", values: [] }]);
  const pass = (ms: number): Promise<void> => clock.advanceAsync(ms);
  const table = (): string =>
    database
      .rows("select id, word from t order by id")
      .map(([id, word]) => `${id}=${word}`)
      .join(" ");
  const start = async (): Promise<void> => {
    await pass(5);
    await begin;
    database.transactions = 0;
  };
  return { clock, database, writer, said, fates, degraded, change, put, pass, table, start };
}

describe("a writer to a server", () => {
  test("gathers what comes within a moment into one transaction, later word in the place of the earlier", async () => {
    const { put, pass, table, database, start, fates, writer } = bench();
    await start();
    for (let word = 0; word < 5; word++) for (const row of ["b", "a", "c"]) put(row, word);
    assert.equal(writer.state.pending, 3);
    await pass(20);
    assert.equal(table(), "a=4 b=4 c=4");
    assert.equal(database.transactions, 1);
    assert.deepEqual(fates, ["b written", "a written", "c written"], "in the order in which rows were first named");
  });

  test("asks a change what is true when its turn has come; one with nothing to say is done", async () => {
    const { writer, change, pass, table, start, database } = bench();
    await start();
    let word = 1;
    writer.write(change("x", () => [{ text: "insert into t values ('x', ?)", values: [word] }]));
    writer.write(change("y", () => undefined));
    word = 2;
    await pass(20);
    assert.equal(table(), "x=2");
    assert.equal(writer.state.pending, 0);
    assert.equal(database.mostStatements, 1);
  });

  test("adds rows without an id one by one, and keeps them in order", async () => {
    const { writer, pass, table, start } = bench();
    await start();
    for (const word of [3, 1, 2]) {
      writer.write({
        realm: "t",
        row: undefined,
        statements: () => [{ text: "insert into t values (?, ?)", values: [String(word), word] }],
      });
    }
    assert.equal(writer.state.pending, 3);
    await pass(20);
    assert.equal(table(), "1=1 2=2 3=3");
  });

  test("has one batch under way; what is said about its rows meanwhile is written after it", async () => {
    const { put, pass, table, database, start } = bench();
    await start();
    database.weather.latencyMs = 100;
    put("a", 1);
    await pass(30);
    put("a", 2);
    put("b", 1);
    await pass(70);
    await pass(20);
    assert.equal(table(), "a=1");
    await pass(200);
    assert.equal(table(), "a=2 b=1");
    assert.equal(database.mostAtOnce, 1);
  });

  test("an outage is one line when it begins and one when everything that waited is there", async () => {
    const { put, pass, table, database, start, said, writer, degraded } = bench();
    await start();
    database.weather.fault = "away";
    for (let i = 0; i < 50; i++) {
      put("a", i);
      put(`row${i}`, i);
      await pass(1000);
    }
    assert.equal(writer.state.isDegraded, true);
    assert.equal(writer.state.pending, 51, "rows, not words");
    assert.ok(writer.state.ageMs >= 49_000);
    assert.ok(writer.state.retries > 5 && writer.state.retries < 20, `back-off: ${writer.state.retries} tries in 50 s`);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", /^error: the database takes no rows.*the model is away/);
    database.weather.fault = "none";
    await pass(10_100);
    assert.match(table(), /^a=49 row0=0 .*row9=9$/);
    assert.deepEqual([writer.state.isDegraded, writer.state.pending, writer.state.dropped], [false, 0, 0]);
    assert.equal(said.length, 2);
    assert.match(said[1] ?? "", /^info: the database has taken all rows again .*"forMs":5\d{4},"pending":0,"retries":\d+,"dropped":0/);
    assert.deepEqual(degraded, ["away", "back"]);
  });

  test("an outage in which everything has become pointless is over when the server answers", async () => {
    const { change, pass, start, database, writer } = bench();
    await start();
    database.weather.fault = "away";
    let isThere = true;
    writer.write(change("a", () => (isThere ? [{ text: "insert into t values ('a', 1)", values: [] }] : undefined)));
    await pass(100);
    isThere = false;
    await pass(20_000);
    assert.deepEqual([writer.state.pending, writer.state.isDegraded], [0, true]);
    database.weather.fault = "none";
    await pass(10_000);
    assert.equal(writer.state.isDegraded, false);
  });

  test("a commit that nobody heard of is sent again and changes nothing", async () => {
    const { put, pass, table, database, start, fates } = bench();
    await start();
    database.weather.fault = "answerLost";
    put("a", 1);
    await pass(20);
    assert.equal(table(), "a=1");
    assert.deepEqual(fates, []);
    database.weather.fault = "none";
    put("a", 2);
    await pass(1000);
    assert.equal(table(), "a=2");
    assert.deepEqual(fates, ["a written"]);
  });

  test("a refused row is named once, given up and counted; the others of its batch go on", async () => {
    const { put, pass, table, start, said, fates, writer } = bench();
    await start();
    for (const row of ["a", "bad", "c"]) put(row, row === "bad" ? -1 : 1);
    await pass(50);
    assert.equal(table(), "a=1 c=1");
    assert.deepEqual(fates, ["bad refused", "a written", "c written"]);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", /^error: a row was refused .*"realm":"t","row":"bad","reason":".*CHECK/);
    assert.deepEqual([writer.state.dropped, writer.state.isDegraded], [1, false]);
  });

  test("when the database does not say which row it refuses, it is found by halves", async () => {
    const { put, pass, table, start, database, fates } = bench();
    await start();
    const transact = database.transact.bind(database);
    database.transact = async (statements) => {
      await transact(statements).catch((error: StoreError) => {
        throw new StoreError("refused", error.message);
      });
    };
    for (let i = 0; i < 100; i++) put(`r${i}`, i === 37 || i === 38 ? -1 : i);
    await pass(500);
    assert.equal(table().split(" ").length, 98);
    assert.deepEqual(
      fates.filter((fate) => fate.endsWith("refused")),
      ["r37 refused", "r38 refused"],
    );
    assert.ok(database.transactions < 40, `${database.transactions} transactions`);
  });

  test("a lock is waited for briefly and is no outage; one that stays is", async () => {
    const { put, pass, table, start, database, said, writer } = bench();
    await start();
    database.weather.fault = "busy";
    put("a", 1);
    await pass(100);
    assert.equal(writer.state.isDegraded, false);
    assert.ok(writer.state.retries >= 1);
    await pass(5000);
    assert.equal(writer.state.isDegraded, true);
    database.weather.fault = "none";
    await pass(2000);
    assert.equal(table(), "a=1");
    assert.equal(said.length, 2);
  });

  test("a full queue gives up new rows, and says so; rows that wait already still change", async () => {
    const { put, pass, table, start, database, fates, writer, said } = bench({ queueMax: 2 });
    await start();
    database.weather.fault = "full";
    put("a", 1);
    put("b", 1);
    put("c", 1);
    put("a", 2);
    assert.deepEqual(fates, ["c full"]);
    assert.deepEqual([writer.state.pending, writer.state.dropped], [2, 1]);
    assert.match(said[0] ?? "", /given up: too many wait .*"row":"c","reason":"2 rows wait already"/);
    await pass(100);
    database.weather.fault = "none";
    await pass(10_000);
    assert.equal(table(), "a=2 b=1");
  });

  test("draining waits for what was given, tries at once, and tells whether all of it was written", async () => {
    const { put, pass, table, start, database, writer } = bench();
    await start();
    put("a", 1);
    const first = writer.drain(1000);
    await pass(3);
    assert.equal(await first, true, "without the moment of waiting for company");
    assert.equal(table(), "a=1");
    database.weather.fault = "away";
    put("a", 2);
    await pass(60_000);
    const late = writer.drain(300);
    await pass(300);
    assert.equal(await late, false, "the server is away");
    const second = writer.drain(5000);
    database.weather.fault = "none";
    await pass(300);
    assert.equal(await second, true);
    assert.equal(table(), "a=2");
    put("bad", -1);
    const third = writer.drain(1000);
    await pass(100);
    assert.equal(await third, false, "a row was refused");
  });

  test("closing drops what waits, takes no more and leaves no timer", async () => {
    const { put, pass, table, start, writer, database, clock } = bench();
    await start();
    database.weather.latencyMs = 100;
    put("a", 1);
    await pass(20);
    put("b", 1);
    const closing = writer.close();
    put("c", 1);
    await pass(200);
    await closing;
    assert.equal(table(), "a=1", "what was under way came to its end");
    assert.deepEqual([writer.state.pending, writer.state.dropped], [0, 3]);
    await pass(60_000);
    assert.equal(clock.nextAt, Number.POSITIVE_INFINITY);
  });

  test("what its users throw harms nobody else", async () => {
    const { put, pass, table, start, writer, change, said } = bench();
    await start();
    writer.write(
      change("broken", () => {
        throw new Error("no statements");
      }),
    );
    writer.write({
      realm: "t",
      row: "w",
      statements: () => [{ text: "insert into t values ('w', 1)", values: [] }],
      written: () => {
        throw new Error("in written");
      },
    });
    put("a", 1);
    await pass(50);
    assert.equal(table(), "a=1 w=1");
    assert.equal(said.length, 2);
    assert.equal(writer.state.dropped, 1);
  });
});
