import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StoreError } from "../ports.ts";
import { all, folder, keptLog, opened, sql } from "./harness.ts";

const TABLE = sql("CREATE TABLE t (id BIGINT)");
const ROW = sql("INSERT INTO t (id) VALUES (?)", 1);

function gone(error: unknown): boolean {
  assert.ok(error instanceof StoreError);
  assert.deepEqual([error.fault, /a\.db was removed or replaced while it was open$/.test(error.message)], ["away", true]);
  return true;
}

test("a file that is removed takes no rows, says so once, and takes them again when it is put back", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const where = join(folder(t), "sub");
  mkdirSync(where);
  const path = join(where, "a.db");
  const log = keptLog();
  const database = await opened(t, path, { log });
  database.transactNow([TABLE]);
  renameSync(where, `${where}2`);
  t.mock.timers.tick(1000);
  assert.throws(() => database.transactNow([ROW]), gone);
  await assert.rejects(database.transact([ROW]), gone);
  t.mock.timers.tick(5000);
  renameSync(`${where}2`, where);
  t.mock.timers.tick(1000);
  database.transactNow([ROW]);
  assert.deepEqual(await all(database, "SELECT count(*) FROM t"), [[1]]);
  // another file in its place is none of ours
  copyFileSync(path, `${path}2`);
  renameSync(`${path}2`, path);
  t.mock.timers.tick(1000);
  assert.throws(() => database.transactNow([ROW]), gone);
  rmSync(path);
  t.mock.timers.tick(1000);
  assert.throws(() => database.transactNow([ROW]), gone);
  const said = log.lines.map(({ level, text }) => `${level}: ${text.slice(0, 29)}`);
  assert.deepEqual(said, [
    "error: the database file was removed",
    "info: the database file is back",
    "error: the database file was removed",
  ]);
});
