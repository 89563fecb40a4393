import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { silentLog } from "../../kit/index.ts";
import { TestClock } from "../../testing/index.ts";
import type { SqlRow } from "../ports.ts";
import { openSqlite, type SqliteDatabase } from "../sqlite/index.ts";
import { Bench } from "./harness.ts";

async function setUp(t: TestContext, pragmas: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), "dialoom-writer-"));
  const path = join(folder, "a.db");
  // without checkpoints in between, so that nobody but the test locks the file
  const real = await openSqlite(path, { log: silentLog, pragmas, checkpointMs: 3_600_000 });
  const somebody = new DatabaseSync(path);
  t.after(async () => {
    somebody.close();
    await real.close();
    rmSync(folder, { recursive: true, force: true });
  });
  real.transactNow([{ text: "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, value BLOB)", values: [] }]);
  const bench = new Bench(new TestClock(), { real });
  const put = (row: string, bytes: number): void => {
    const text = "INSERT INTO t (id, value) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET value=excluded.value";
    bench.write(row, "", {
      statements: () => [{ text, values: [row, new Uint8Array(bytes)] }],
      written: () => bench.events.push(`written ${row}`),
    });
  };
  return { real, somebody, bench, put };
}

async function ids(database: SqliteDatabase): Promise<SqlRow> {
  const rows: SqlRow[] = [];
  for await (const chunk of database.select({ text: "SELECT id FROM t ORDER BY id", values: [] }, 100)) rows.push(...chunk);
  return rows.map(([id]) => id ?? null);
}

test("a file locked by somebody else: datagrams wait 100 ms, then go without their rows, which come when the lock goes", async (t) => {
  const { real, somebody, bench, put } = await setUp(t);
  somebody.exec("BEGIN IMMEDIATE");
  put("a", 10);
  bench.send("200");
  bench.endTurn();
  bench.clock.advance(50);
  assert.deepEqual(bench.takeEvents(), []);
  somebody.exec("COMMIT");
  bench.clock.advance(5);
  assert.deepEqual(bench.takeEvents(), ["written a", "200"]);
  somebody.exec("BEGIN IMMEDIATE");
  put("b", 10);
  bench.send("180");
  bench.endTurn();
  bench.clock.advance(100);
  assert.deepEqual(bench.takeEvents(), ["degraded busy", "180"]);
  assert.deepEqual(await ids(real), ["a"]);
  somebody.exec("COMMIT");
  bench.clock.advance(50);
  assert.deepEqual(bench.takeEvents(), ["written b", "recovered"]);
  assert.deepEqual(await ids(real), ["a", "b"]);
});

test("a full disk: datagrams go at once, the rows are written when there is room", async (t) => {
  const { real, somebody, bench, put } = await setUp(t, ["max_page_count=20"]);
  put("a", 40_000);
  bench.send("200");
  bench.endTurn();
  assert.deepEqual(bench.takeEvents(), ["written a", "200"]);
  put("b", 45_000);
  bench.send("180");
  bench.endTurn();
  assert.deepEqual(bench.takeEvents(), ["degraded full", "180"]);
  bench.clock.advance(5000);
  assert.equal(bench.writer.state.retries, 6);
  somebody.exec("DELETE FROM t");
  bench.clock.advance(1000);
  assert.deepEqual(bench.takeEvents(), ["written b", "recovered"]);
  assert.deepEqual(await ids(real), ["b"]);
});
