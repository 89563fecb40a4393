import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { StoreError } from "../ports.ts";
import { openSqlite } from "./database.ts";
import { FileGuard } from "./guard.ts";
import { all, folder, keptLog, opened, sql } from "./harness.ts";

const child = fileURLToPath(new URL("./guard-harness.ts", import.meta.url));

function inUse(words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.fault, "busy");
    assert.match(error.message, words);
    return true;
  };
}

/** Another process that holds a file. */
async function holder(t: TestContext, path: string): Promise<ChildProcess> {
  const holding = spawn(process.execPath, [child, path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => holding.kill("SIGKILL"));
  const [said] = await once(holding.stdout, "data");
  assert.equal(String(said), "held\n");
  return holding;
}

describe("a file that belongs to one proxy", () => {
  test("is refused to another process, by its number, until that one dies", async (t) => {
    const path = join(folder(t), "a.db");
    const first = await holder(t, path);
    const words = new RegExp(`a\\.db is in use by another proxy \\(process ${first.pid}\\): end it, or use another file`);
    await assert.rejects(openSqlite(path, { log: keptLog(), owner: {} }), inUse(words));
    assert.throws(() => FileGuard.take(path, {}), inUse(words)); // still, though somebody has looked
    const visitor = await opened(t, path);
    visitor.transactNow([sql("CREATE TABLE t (id BIGINT)")]);
    first.kill("SIGKILL");
    await once(first, "exit");
    const second = await opened(t, path, { owner: {} });
    assert.deepEqual(await all(second, "SELECT count(*) FROM t"), [[0]]);
  });

  test("is refused to another owner in this process, and given to the same one again", async (t) => {
    const where = folder(t);
    const path = join(where, "a.db");
    const owner = {};
    const first = await opened(t, path, { owner });
    mkdirSync(join(where, "b"));
    symlinkSync(path, join(where, "b", "link.db"));
    const second = await opened(t, join(where, "b", "link.db"), { owner });
    await assert.rejects(openSqlite(path, { log: keptLog(), owner: {} }), inUse(/another proxy in this process/));
    await first.close();
    await first.close();
    await assert.rejects(openSqlite(path, { log: keptLog(), owner: {} }), inUse(/another proxy in this process/));
    await second.close();
    const third = await openSqlite(path, { log: keptLog(), owner: {} });
    await third.close();
    assert.deepEqual(readdirSync(where).sort(), ["a.db", "b"]);
  });

  test("is free again when it could not be opened", async (t) => {
    const path = join(folder(t), "a.db");
    writeFileSync(path, "no database ".repeat(1000));
    await assert.rejects(openSqlite(path, { log: keptLog(), owner: {}, brokenFile: "leave" }), /a\.db: the file is broken: /);
    rmSync(path);
    await opened(t, path, { owner: {} });
  });

  test("may have anything at all beside it by the name of its lock", async (t) => {
    const where = folder(t);
    writeFileSync(join(where, "a.db-lock"), "what is this ".repeat(400));
    writeFileSync(join(where, "b.db-lock"), "");
    for (const name of ["a.db", "b.db"]) {
      const database = await openSqlite(join(where, name), { log: keptLog(), owner: {} });
      assert.throws(() => FileGuard.take(join(where, name), {}), inUse(/in use/));
      await database.close();
    }
    mkdirSync(join(where, "c.db-lock"));
    assert.throws(
      () => FileGuard.take(join(where, "c.db"), {}),
      (error) => error instanceof StoreError && error.fault === "away" && /c\.db-lock cannot be locked: /.test(error.message),
    );
  });

  test("is held in a new lock when the old one goes while we take it", (t) => {
    const where = folder(t);
    const file = join(where, "a.db-lock");
    writeFileSync(file, "");
    const old = new DatabaseSync(file);
    old.exec("BEGIN IMMEDIATE");
    rmSync(file); // as its owner does when he ends
    const guard = FileGuard.take(join(where, "a.db"), {});
    old.close();
    assert.throws(() => FileGuard.take(join(where, "a.db"), {}), inUse(/in use/));
    guard.release();
    assert.deepEqual(readdirSync(where), []);
  });
});

describe("a file that cannot be opened", () => {
  test("is named, with what is wrong", async (t) => {
    const where = folder(t);
    await assert.rejects(openSqlite(where, { log: keptLog() }), (error) => {
      assert.equal((error as Error).message, `${where} is a folder, not a file`);
      return true;
    });
    writeFileSync(join(where, "file"), "");
    await assert.rejects(openSqlite(join(where, "file", "a.db"), { log: keptLog() }), /there is no folder for .*file\/a\.db: EEXIST/);
    await assert.rejects(openSqlite("/proc/none/a.db", { log: keptLog() }), /there is no folder for \/proc\/none\/a\.db: /);
  });

  test("names a pragma that is wrong, and leaves out those that the proxy sets by itself", async (t) => {
    const where = folder(t);
    await assert.rejects(openSqlite(join(where, "a.db"), { log: keptLog(), pragmas: ["cache_size=(("] }), (error) => {
      assert.ok(error instanceof StoreError);
      assert.deepEqual([error.fault, /a\.db: .*syntax error/.test(error.message)], ["refused", true]);
      return true;
    });
    const log = keptLog();
    const path = join(where, "b.db");
    const pragmas = ["journal_mode = WAL", "journal_mode=DELETE", "locking_mode=EXCLUSIVE", "page_size=8192"];
    const database = await opened(t, path, { log, pragmas });
    database.transactNow([sql("CREATE TABLE t (id BIGINT)")]);
    assert.deepEqual(await all(database, "PRAGMA page_size"), [[8192]]);
    assert.deepEqual(await all(database, "PRAGMA journal_mode"), [["wal"]]);
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields]),
      [
        ["warn", { pragma: "journal_mode=DELETE" }],
        ["warn", { pragma: "locking_mode=EXCLUSIVE" }],
      ],
    );
  });
});
