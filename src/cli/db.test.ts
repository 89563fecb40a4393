import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { openDatabase } from "../store/index.ts";
import { readCommandLine } from "./command-line.ts";
import { runDb } from "./db.ts";
import { type DbInvocation, readDbArguments } from "./db-arguments.ts";

function read(...args: string[]): DbInvocation {
  const invocation = readDbArguments(args);
  assert.ok(invocation.kind === "db");
  return invocation;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "dialoom-db-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs a command line. */
async function run(...args: string[]): Promise<{ status: number; said: string[]; complaints: string[] }> {
  const said: string[] = [];
  const complaints: string[] = [];
  const invocation = read(...args);
  assert.deepEqual(invocation.problems, []);
  const status = await runDb(invocation, {
    say: (line) => said.push(line.trim().replace(/ +/g, " ")),
    complain: (line) => complaints.push(line),
  });
  return { status, said: said.slice(1), complaints };
}

test("dialoom db reads an action, a URL, tables and columns", () => {
  const all = read("init", "sqlite:///a");
  assert.deepEqual([all.action, all.url, all.versionTable, all.problems], ["init", "sqlite:///a", "version", []]);
  assert.deepEqual([...all.tables.keys()], ["dialog", "location", "acc", "missed_calls"]);
  const some = read("check", "mysql://a/b", "-t", "dialog=calls", "--table=acc", "-c", "callid=call_id", "--version-table", "v");
  assert.deepEqual(
    [...some.tables],
    [
      ["dialog", "calls"],
      ["acc", "acc"],
    ],
  );
  assert.deepEqual([some.columns, some.versionTable], [{ dialog: { callid: "call_id" }, location: {}, acc: {} }, "v"]);
  const through = readCommandLine(["db", "migrate", "sqlite:a"], {});
  assert.ok(through.kind === "db" && through.action === "migrate");
  for (const args of [[], ["-h"], ["init", "--help"]]) {
    const help = readDbArguments(args);
    assert.ok(help.kind === "help" && /Status: 0 when/.test(help.text));
  }
});

test("every mistake on the command line of dialoom db is named", () => {
  assert.deepEqual(read("drop", "x").problems, ["dialoom db drop: say init, check or migrate"]);
  assert.deepEqual(read("init").problems, ["dialoom db init needs the URL of a database"]);
  assert.match(read("init", "x", "--nonsense").problems[0] ?? "", /unknown option '--nonsense'/);
  const many = read("init", "x", "y", "-t", "calls", "-t", "acc=a;b", "-c", "nothing=x", "-c", "callid", "--version-table", "a b").problems;
  assert.equal(many.length, 6);
  for (const word of ["`y`", "calls", "a;b", "nothing=x", "callid", "a b"])
    assert.ok(
      many.some((one) => one.includes(word)),
      word,
    );
});

test("init makes what is not there, check finds it, migrate has nothing to do", async (t) => {
  const url = `sqlite://${join(folder(t), "new", "a.db")}`;
  const before = await run("check", url);
  assert.equal(before.status, 1);
  assert.match(before.complaints[0] ?? "", /there is no file .*a\.db: dialoom db init sqlite:/);
  const made = await run("init", url);
  assert.deepEqual([made.status, made.complaints], [0, []]);
  assert.deepEqual(made.said, [
    "dialog made, version 12",
    "dialoom_node made, version 1",
    "location made, version 1013",
    "acc made, version 7",
    "missed_calls made, version 5",
  ]);
  assert.equal((await run("init", url)).said[0], "dialog is there already, version 12");
  assert.deepEqual((await run("check", url, "-t", "location")).said, ["location version 1013"]);
  assert.deepEqual(await run("migrate", url, "-t", "location"), { status: 0, said: ["location version 1013"], complaints: [] });
  const other = await run("check", url, "-t", "acc=cdrs");
  assert.deepEqual([other.status, other.said], [1, ["cdrs is not there: dialoom db init makes it"]]);
});

test("migrate makes a table of OpenSIPS 3.1 ours, with renamed columns too", async (t) => {
  const path = join(folder(t), "a.db");
  const url = `sqlite://${path}`;
  const options = ["-t", "dialog=calls", "-c", "callid=call_id", "-c", "script_flags=sflags"];
  await run("init", url, ...options);
  const direct = new DatabaseSync(path);
  direct.exec(
    "ALTER TABLE calls DROP COLUMN dialoom; ALTER TABLE calls DROP COLUMN sflags; UPDATE version SET table_version=11 WHERE table_name='calls'",
  );
  direct.exec("ALTER TABLE calls ADD COLUMN sflags INTEGER DEFAULT 0 NOT NULL");
  direct.exec(
    "INSERT INTO calls (dlg_id, call_id, from_uri, from_tag, to_uri, to_tag, caller_cseq, callee_cseq, caller_ping_cseq, callee_ping_cseq, caller_sock, callee_sock, state, start_time, timeout, sflags) VALUES (9, 'c', 'f', 'a', 't', 'b', '1', '2', 0, 0, 's', 's', 4, 1, 2, 5)",
  );
  direct.close();
  const check = await run("check", url, ...options);
  assert.equal(check.status, 0);
  assert.match(check.said[0] ?? "", /^calls version 11, as OpenSIPS makes it; .*dialoom db migrate changes that$/);
  const migrated = await run("migrate", url, ...options);
  assert.deepEqual(migrated.said[0], "calls made table calls of version 11 one of version 12; added our own columns to table calls");
  assert.deepEqual((await run("check", url, ...options)).said[0], "calls version 12");
  const reader = new DatabaseSync(path, { readOnly: true });
  assert.deepEqual(
    { ...reader.prepare("SELECT call_id, sflags, dialoom FROM calls").get() },
    { call_id: "c", sflags: "0 2", dialoom: null },
  );
  reader.close();
});

test("what is something else is said and left alone", async (t) => {
  const path = join(folder(t), "a.db");
  writeFileSync(path, "no database ".repeat(1000));
  const broken = await run("init", `sqlite://${path}`);
  assert.equal(broken.status, 1);
  assert.match(broken.complaints[0] ?? "", /the file is broken: .*not a database/);
  assert.deepEqual([readdirSync(join(path, "..")), readFileSync(path, "utf8").slice(0, 11)], [["a.db"], "no database"]);
  const wrong = await run("check", "oracle://x");
  assert.deepEqual([wrong.status, wrong.said], [255, []]);
  assert.match(wrong.complaints[0] ?? "", /is not the URL of a database/);
  const second = join(path, "..", "b.db");
  const direct = new DatabaseSync(second);
  direct.exec("CREATE TABLE dialog (dlg_id BIGINT, callid TEXT)");
  direct.close();
  for (const action of ["check", "init", "migrate"]) {
    const { status, said } = await run(action, `sqlite://${second}`, "-t", "dialog");
    assert.equal(status, 1);
    assert.match(said[0] ?? "", /^dialog cannot be used: table dialog has no column from_uri; /);
  }
  assert.equal(existsSync(second), true);
});

test("a file in use can be looked at, and not migrated", async (t) => {
  const url = `sqlite://${join(folder(t), "a.db")}`;
  await run("init", url);
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
  const proxy = await openDatabase(url, { log, owner: {} });
  assert.equal((await run("check", url)).status, 0);
  const refused = await run("migrate", url);
  assert.equal(refused.status, 75);
  assert.match(refused.complaints[0] ?? "", /a\.db is in use by another proxy in this process: end it, or use another file/);
  await proxy.close();
  assert.equal((await run("migrate", url)).status, 0);
});

test("columns of registrations and records may be called otherwise, and records have more of them", async (t) => {
  const path = join(folder(t), "a.db");
  const names = ["-c", "location.username=user_name", "-c", "location.kv_store=kv", "-c", "acc.callid=call_id", "-x", "customer"];
  const url = `sqlite://${path}`;
  assert.equal((await run("init", url, ...names)).status, 0);
  assert.equal((await run("check", url, ...names)).status, 0);
  const reader = new DatabaseSync(path, { readOnly: true });
  const columnsOf = (table: string): unknown[] =>
    reader
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .map(({ name }) => name);
  for (const table of ["acc", "missed_calls"]) {
    const columns = columnsOf(table);
    assert.deepEqual([columns.includes("call_id"), columns.includes("callid"), columns.includes("customer")], [true, false, true]);
  }
  assert.ok(["user_name", "kv", "contact"].every((name) => columnsOf("location").includes(name)));
  reader.close();
  const plain = await run("check", url, "-t", "acc", "-t", "location");
  assert.deepEqual([plain.status, plain.said[0]], [1, "acc cannot be used: table acc has no column callid"]);
  assert.match(plain.said[1] ?? "", /^location cannot be used: table location has no column username; /);
  const wrong = ["-c", "location.nothing=x", "-c", "missed_calls.callid=x", "-c", "acc.duration=x", "-c", "acc.callid=a b", "-x", "a-b"];
  const { problems } = read("check", "sqlite:a", ...wrong);
  assert.deepEqual(
    problems.map((one) => one.replace(/ (are|it like|stands) .*/, "")),
    [
      "--column location.nothing=x: the columns of the location table",
      "--column missed_calls.callid=x: before the point",
      "--column acc.duration=x: the columns of records that may be called otherwise",
      "--column acc.callid=a b: write",
      "--extra a-b: not a name of a column",
    ],
  );
});

test("migrating a dialog table of OpenSIPS makes the table of this node's secret too", async (t) => {
  const path = join(folder(t), "a.db");
  const url = `sqlite://${path}`;
  await run("init", url, "-t", "dialog");
  const direct = new DatabaseSync(path);
  direct.exec("DROP TABLE dialoom_node; ALTER TABLE dialog DROP COLUMN dialoom");
  direct.close();
  assert.deepEqual((await run("check", url, "-t", "dialog")).said[1], "dialoom_node is not there: dialoom db init makes it");
  const { status, said } = await run("migrate", url, "-t", "dialog");
  assert.deepEqual([status, said], [0, ["dialog added our own columns to table dialog", "dialoom_node made, version 1"]]);
  assert.deepEqual((await run("check", url, "-t", "dialog")).status, 0);
});

test("check changes nothing of a file, and says what is wrong with one", async (t) => {
  const where = folder(t);
  const path = join(where, "a.db");
  const direct = new DatabaseSync(path);
  direct.exec("CREATE TABLE version (table_name CHAR(32) NOT NULL, table_version INTEGER NOT NULL)");
  direct.close();
  const before = readFileSync(path);
  const { status, said } = await run("check", `sqlite://${path}`, "-t", "acc");
  assert.deepEqual([status, said], [1, ["acc is not there: dialoom db init makes it"]]);
  assert.deepEqual([readFileSync(path).equals(before), readdirSync(where)], [true, ["a.db"]]);
  writeFileSync(path, "no database ".repeat(1000));
  const broken = await run("check", `sqlite://${path}`);
  assert.equal(broken.status, 1);
  assert.match(broken.complaints[0] ?? "", /a\.db: file is not a database/);
  const isFolder = await run("check", `sqlite://${where}`);
  assert.deepEqual([isFolder.status, isFolder.complaints], [1, [`${where} is a folder, not a file`]]);
});
