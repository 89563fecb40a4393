import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { StoreError, type StoreFault } from "../ports.ts";
import { sqlitePath } from "../url.ts";
import { openSqlite } from "./database.ts";
import { all, folder, keptLog, opened, other, sql } from "./harness.ts";

const TABLE = sql("CREATE TABLE t (id BIGINT PRIMARY KEY NOT NULL, text TEXT, number INTEGER, bytes BLOB)");
const INSERT = "INSERT INTO t (id, text, number, bytes) VALUES (?, ?, ?, ?)";

function fault(wanted: StoreFault, at: number) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StoreError, String(error));
    assert.deepEqual([error.fault, error.at], [wanted, at], error.message);
    return true;
  };
}

describe("a SQLite file", () => {
  test("keeps every kind of value as it was given", async (t) => {
    const database = await opened(t, join(folder(t), "deep", "er", "a.db"));
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    database.transactNow([TABLE]);
    database.transactNow([
      sql(INSERT, 2n ** 62n, "é # | \\ ' \" 🐘 \0 end", 2 ** 53 - 1, bytes),
      sql(INSERT, 5n, 7, null, new Uint8Array(0)),
      sql(INSERT, 6, "", -3, null),
    ]);
    const rows = await all(database, "SELECT id, text, number, bytes FROM t ORDER BY id");
    assert.deepEqual(rows, [
      [5n, "7", null, new Uint8Array(0)],
      [6n, "", -3, null],
      [2n ** 62n, "é # | \\ ' \" 🐘 \0 end", 2 ** 53 - 1, bytes],
    ]);
    assert.deepEqual(await all(database, "SELECT count(*), max(number) FROM t WHERE id=?", 6), [[1, -3]]);
  });

  test("does all statements of a transaction or none, and says which one was refused", async (t) => {
    const database = await opened(t, join(folder(t), "a.db"));
    await database.transact([TABLE]);
    database.transactNow([sql(INSERT, 1, "one", 1, null)]);
    assert.throws(() => database.transactNow([sql(INSERT, 2, "", 0, null), sql(INSERT, 1, "", 0, null)]), fault("refused", 1));
    assert.throws(() => database.transactNow([sql("INSERT INTO nowhere VALUES (1)")]), fault("refused", 0));
    assert.throws(() => database.transactNow([sql(INSERT, 2, "", 0, null), sql(INSERT, 2n ** 64n, "", 0, null)]), fault("refused", 1));
    await assert.rejects(database.transact([sql("nonsense")]), fault("refused", 0));
    assert.deepEqual(await all(database, "SELECT id, text FROM t"), [[1n, "one"]]);
    database.transactNow([]);
  });

  test("is busy at once while somebody else writes, and nothing has happened then", async (t) => {
    const path = join(folder(t), "a.db");
    const database = await opened(t, path);
    database.transactNow([TABLE]);
    const somebody = other(t, path);
    somebody.exec("BEGIN IMMEDIATE");
    const before = performance.now();
    assert.throws(() => database.transactNow([sql(INSERT, 1, "", 0, null), sql(INSERT, 2, "", 0, null)]), fault("busy", -1));
    assert.throws(() => database.transactNow([sql(INSERT, 1, "", 0, null)]), fault("busy", 0));
    assert.ok(performance.now() - before < 100, "it does not wait");
    const waiting = database.transact([sql(INSERT, 3, "", 0, null)]);
    await nextTurn();
    somebody.exec("COMMIT");
    await waiting;
    assert.deepEqual(await all(database, "SELECT id FROM t"), [[3n]]);
  });

  test("is full when there is no room, and takes rows again when there is", async (t) => {
    const database = await opened(t, join(folder(t), "a.db"), { pragmas: ["max_page_count=12"] });
    database.transactNow([TABLE]);
    const big = new Uint8Array(30_000);
    database.transactNow([sql(INSERT, 1, "", 0, big)]);
    assert.throws(() => database.transactNow([sql(INSERT, 2, "", 0, big)]), fault("full", 0));
    assert.throws(() => database.transactNow([sql(INSERT, 3, "", 0, null), sql(INSERT, 2, "", 0, big)]), fault("full", 1));
    assert.deepEqual(await all(database, "SELECT id FROM t"), [[1n]]);
    database.transactNow([sql("DELETE FROM t"), sql(INSERT, 2, "", 0, big)]);
    assert.deepEqual(await all(database, "SELECT id FROM t"), [[2n]]);
  });

  test("is full on a disk that really is", async (t) => {
    const disk = join(folder(t), "disk");
    mkdirSync(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], { timeout: 10_000 });
    if (mounted.status !== 0) return t.skip("cannot mount a small disk here");
    const database = await openSqlite(join(disk, "a.db"), { log: keptLog() });
    try {
      database.transactNow([TABLE]);
      const big = new Uint8Array(20_000);
      let rows = 0;
      assert.throws(
        () => {
          for (; rows < 100; rows++) database.transactNow([sql(INSERT, rows, "", 0, big), sql("UPDATE t SET number=?", rows)]);
        },
        (error: unknown) => error instanceof StoreError && error.fault === "full",
      );
      assert.ok(rows > 2);
      const [[count, number] = []] = await all(database, "SELECT count(*), max(number) FROM t");
      assert.deepEqual([count, number], [rows, rows - 1], "what was committed is there, what was not is not");
    } finally {
      await database.close();
      spawnSync("umount", [disk], { timeout: 10_000 });
    }
  });

  test("hands rows over in chunks of the moment of asking, while others are written", async (t) => {
    const database = await opened(t, join(folder(t), "a.db"));
    database.transactNow([TABLE]);
    database.transactNow(Array.from({ length: 1000 }, (_, i) => sql(INSERT, i, `row ${i}`, i, null)));
    const sizes: number[] = [];
    let sum = 0;
    let written = 1000;
    for await (const chunk of database.select(sql("SELECT number FROM t ORDER BY id"), 64)) {
      sizes.push(chunk.length);
      for (const [number] of chunk) sum += Number(number);
      database.transactNow([sql(INSERT, written, "later", written++, null)]);
    }
    assert.equal(sum, (999 * 1000) / 2);
    assert.ok(Math.max(...sizes) <= 64);
    assert.deepEqual(await all(database, "SELECT count(*) FROM t"), [[written]]);
    for await (const _ of database.select(sql("SELECT number FROM t"), 10)) break;
    await assert.rejects(
      async () => {
        for await (const _ of database.select(sql("SELECT nothing FROM t"), 10)) assert.fail();
      },
      fault("refused", -1),
    );
  });

  test("has no log left behind after it has been closed, and everything in the file", async (t) => {
    const path = join(folder(t), "a.db");
    const database = await openSqlite(path, { log: keptLog() });
    database.transactNow([TABLE, sql(INSERT, 1, "one", 1, null)]);
    assert.ok(statSync(`${path}-wal`).size > 0);
    await database.close();
    await database.close();
    assert.equal(existsSync(`${path}-wal`), false);
    assert.throws(() => database.transactNow([]), fault("away", -1));
    await assert.rejects(database.transact([]), fault("away", -1));
    const reader = other(t, path);
    assert.equal(reader.prepare("SELECT text FROM t").get()?.["text"], "one");
  });

  test("starts its log anew above a size, beside the loop", async (t) => {
    const path = join(folder(t), "a.db");
    const database = await opened(t, path, { checkpointMs: 5, restartBytes: 200_000 });
    database.transactNow([TABLE]);
    const big = new Uint8Array(40_000);
    const until = performance.now() + 30_000;
    let written = 0;
    // the loop writes until the thread has started the log anew a few times: it holds a fraction of what was written then
    while (written * big.length < 3 * statSync(`${path}-wal`).size || written < 50) {
      assert.ok(performance.now() < until, `${written} rows written, and the log was never started anew`);
      try {
        database.transactNow([sql("DELETE FROM t WHERE id=?", written - 20), sql(INSERT, written, "", written, big)]);
        written++;
      } catch (error) {
        assert.ok(error instanceof StoreError && error.fault === "busy", String(error));
      }
      await nextTurn();
    }
    assert.deepEqual(await all(database, "SELECT count(*), max(id) FROM t"), [[20, written - 1]]);
  });
});

describe("a SQLite file that is broken", () => {
  test("is moved aside with a line in the log; a new one takes its place", async (t) => {
    const path = join(folder(t), "a.db");
    writeFileSync(path, "this is no database, and never was: ".repeat(100));
    const log = keptLog();
    const database = await opened(t, path, { log });
    database.transactNow([TABLE]);
    const files = readdirSync(join(path, ".."));
    const moved = files.find((name) => /^a\.db\.broken-\d{8}T\d{6}$/.test(name));
    assert.ok(moved !== undefined, files.join(" "));
    const line = log.lines.find(({ level }) => level === "error");
    assert.match(line?.text ?? "", /broken database file was moved aside/);
    assert.match(JSON.stringify(line?.fields), /not a database/);
  });

  test("stays where it is when that is asked for", async (t) => {
    const path = join(folder(t), "a.db");
    const text = "this is no database, and never was: ".repeat(100);
    writeFileSync(path, text);
    await assert.rejects(openSqlite(path, { log: keptLog(), brokenFile: "leave" }), fault("refused", -1));
    assert.equal(readFileSync(path, "utf8"), text);
  });

  test("is found broken in its middle too", async (t) => {
    const path = join(folder(t), "a.db");
    const first = await openSqlite(path, { log: keptLog() });
    first.transactNow([TABLE]);
    first.transactNow(Array.from({ length: 2000 }, (_, i) => sql(INSERT, i, `row ${i}`.repeat(20), i, null)));
    await first.close();
    const file = openSync(path, "r+");
    for (let page = 3; page < 40; page++) writeSync(file, Buffer.alloc(300, 0x5a), 0, 300, page * 4096);
    closeSync(file);
    const log = keptLog();
    const database = await opened(t, path, { log });
    assert.equal(log.lines.length, 1, JSON.stringify(log.lines));
    assert.deepEqual(await all(database, "SELECT name FROM sqlite_schema"), []);
  });

  test("cannot be opened: a folder in its place, somebody who keeps it locked", async (t) => {
    const path = folder(t);
    await assert.rejects(openSqlite(path, { log: keptLog() }), fault("away", -1));
    const file = join(path, "a.db");
    const somebody = new DatabaseSync(file);
    t.after(() => somebody.close());
    somebody.exec("PRAGMA locking_mode=EXCLUSIVE; CREATE TABLE t (a); BEGIN EXCLUSIVE");
    await assert.rejects(openSqlite(file, { log: keptLog(), openMs: 50 }), fault("busy", -1));
  });
});

describe("a SQLite file whose commits wait for the disk", () => {
  test("commits on its thread, all or none", async (t) => {
    const database = await opened(t, join(folder(t), "a.db"), { synchronous: "full" });
    assert.equal(database.commitsAside, true);
    await database.transact([TABLE]);
    const bytes = Uint8Array.of(1, 2, 3);
    const first = database.transact([sql(INSERT, 1n, "one", 1, bytes), sql(INSERT, 2n, "two", 2, null)]);
    const second = database.transact([sql("UPDATE t SET text=? WHERE id=?", "zwei", 2n)]);
    await Promise.all([first, second]);
    await assert.rejects(database.transact([sql(INSERT, 3, "", 0, null), sql(INSERT, 1, "", 0, null)]), fault("refused", 1));
    assert.deepEqual(await all(database, "SELECT id, text, bytes FROM t ORDER BY id"), [
      [1n, "one", bytes],
      [2n, "zwei", null],
    ]);
    const last = database.transact([sql(INSERT, 4, "", 0, null)]);
    await database.close();
    await last;
  });
});

test("paths of SQLite URLs", () => {
  for (const [url, path] of [
    ["sqlite:///var/lib/dialoom/a.db", "/var/lib/dialoom/a.db"],
    ["sqlite://data/a.db", "data/a.db"],
    ["sqlite:data/a.db", "data/a.db"],
    ["sqlite:/tmp/a.db", "/tmp/a.db"],
    ["SQLite:a.db", "a.db"],
    ["sqlite:", undefined],
    ["sqlite:///", undefined],
    ["mysql://a/b", undefined],
  ] as const) {
    assert.equal(sqlitePath(url), path, url);
  }
});
