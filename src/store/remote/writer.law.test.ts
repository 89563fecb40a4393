import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { silentLog, Timers } from "../../kit/index.ts";
import { TestClock } from "../../testing/clock.ts";
import { ModelDatabase, type ModelWeather } from "../../testing/databases/index.ts";
import { SeededRandom } from "../../testing/random.ts";
import { RemoteWriter } from "./writer.ts";

const ROWS = 12;
/** Says a row anew, and counts when that takes back newer word. */
const PUT =
  "insert into t (id, word) values (?, ?) on conflict (id) do update set backwards = backwards + (excluded.word < word), word = excluded.word";

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("put" as const), row: fc.nat(ROWS - 1), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("delete" as const), row: fc.nat(ROWS - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("add" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refused" as const), row: fc.nat(ROWS - 1) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("weather" as const),
      fault: fc.constantFrom<ModelWeather["fault"]>("none", "away", "answerLost", "busy", "full"),
      latencyMs: fc.constantFrom(0, 1, 20, 750, 30_000),
    }),
  },
);

test("whatever outages come: afterwards the table holds the last word on each row, nothing went backwards, and no more rows waited than there are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), fc.nat(), async (steps, batchRows, seed) => {
      const clock = new TestClock();
      const timers = new Timers(clock, clock, (error) => assert.ifError(error));
      clock.wakes(() => timers.run());
      const database = new ModelDatabase(clock);
      const random = new SeededRandom(seed);
      const writer = new RemoteWriter({ database, clock, timers, random, log: silentLog, settings: { batchRows } });
      const made = database.transact([
        { text: "create table t (id text primary key, word integer check (word >= 0), backwards integer not null default 0)", values: [] },
        { text: "create table added (id integer primary key)", values: [] },
      ]);
      await clock.advanceAsync(2);
      await made;
      const expected = new Map<string, number>();
      let words = 0;
      let added = 0;
      let refused = 0;
      const put = (row: string, word: number): void =>
        writer.write({
          realm: "t",
          row,
          statements: () => [{ text: PUT, values: [row, word] }],
        });
      for (const one of steps) {
        switch (one.do) {
          case "put":
            for (let i = 0; i < one.count; i++) {
              expected.set(`r${one.row}`, ++words);
              put(`r${one.row}`, words);
            }
            break;
          case "delete": {
            const row = `r${one.row}`;
            expected.delete(row);
            writer.write({ realm: "t", row, statements: () => [{ text: "delete from t where id = ?", values: [row] }] });
            break;
          }
          case "add": {
            const id = ++added;
            const text = "insert into added values (?) on conflict (id) do nothing";
            writer.write({ realm: "added", row: undefined, statements: () => [{ text, values: [id] }] });
            break;
          }
          case "refused":
            refused++;
            put(`bad${refused}`, -1);
            break;
          case "pass":
            await clock.advanceAsync(one.ms);
            break;
          case "weather":
            database.weather.fault = one.fault;
            database.weather.latencyMs = one.latencyMs;
            break;
        }
        assert.ok(writer.state.pending <= ROWS + added + refused);
      }
      database.weather.fault = "none";
      database.weather.latencyMs = 1;
      const drained = writer.drain(600_000);
      await clock.advanceAsync(120_000);
      const isAllWritten = await drained;
      if (refused === 0) assert.equal(isAllWritten, true);
      assert.equal(writer.state.pending, 0);
      assert.equal(writer.state.isDegraded, false);
      assert.equal(writer.state.dropped, refused, "only what the database refuses is given up");
      const rows = database.rows("select id, word from t order by id");
      assert.deepEqual(
        rows,
        [...expected].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      assert.deepEqual(database.rows("select coalesce(sum(backwards), 0) from t"), [[0]]);
      assert.deepEqual(database.rows("select count(*) from added"), [[added]]);
      assert.ok(database.mostAtOnce <= 1);
      assert.ok(database.mostStatements <= Math.max(2, batchRows));
      await writer.close();
      assert.equal(timers.count, 0);
    }),
    { numRuns: 300 },
  );
});
