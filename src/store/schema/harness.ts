// What the tables have to be in every kind of database.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Database, Dialect, SqlValue } from "../ports.ts";
import {
  accTable,
  checkDialogTable,
  checkTable,
  createTable,
  deleteText,
  dialogTable,
  insertOnceText,
  insertText,
  locationTable,
  migrateTable,
  missedCallsTable,
  readAll,
  selectText,
  type TableCheck,
  type TableShape,
  updateText,
  upsertText,
} from "./index.ts";

/** One kind of database. */
export interface SchemaSubject {
  readonly dialect: Dialect;
  readonly missing: string | undefined;
  begin(): Promise<void>;
  end(): Promise<void>;
  /** An empty database. */
  open(): Promise<Database>;
}

/** The dialog table as the scripts of OpenSIPS 3.1 (version 11) and 3.4 (12) make it. */
function referenceDialog(dialect: Dialect, version: 11 | 12): string {
  const [id, int, blob, text, char] = {
    sqlite: ["BIGINT PRIMARY KEY NOT NULL", "INTEGER", "BLOB", "TEXT", "CHAR"],
    postgres: ["BIGINT PRIMARY KEY NOT NULL", "INTEGER", "BYTEA", "TEXT", "VARCHAR"],
    mysql: ["BIGINT(10) UNSIGNED PRIMARY KEY NOT NULL", "INT(10) UNSIGNED", "BLOB(4096)", "TEXT(512)", "CHAR"],
  }[dialect];
  const flags = version === 11 ? `${int} DEFAULT 0 NOT NULL` : `${char}(255) DEFAULT NULL`;
  return `CREATE TABLE dialog (
    dlg_id ${id}, callid ${char}(255) NOT NULL, from_uri ${char}(255) NOT NULL, from_tag ${char}(64) NOT NULL, to_uri ${char}(255) NOT NULL,
    to_tag ${char}(64) NOT NULL, mangled_from_uri ${char}(64) DEFAULT NULL, mangled_to_uri ${char}(64) DEFAULT NULL,
    caller_cseq ${char}(11) NOT NULL, callee_cseq ${char}(11) NOT NULL, caller_ping_cseq ${int} NOT NULL, callee_ping_cseq ${int} NOT NULL,
    caller_route_set ${text}, callee_route_set ${text}, caller_contact ${char}(255), callee_contact ${char}(255),
    caller_sock ${char}(64) NOT NULL, callee_sock ${char}(64) NOT NULL, state ${int} NOT NULL, start_time ${int} NOT NULL,
    timeout ${int} NOT NULL, vars ${blob} DEFAULT NULL, profiles ${text} DEFAULT NULL, script_flags ${flags},
    module_flags ${int} DEFAULT 0 NOT NULL, flags ${int} DEFAULT 0 NOT NULL, rt_on_answer ${char}(64) DEFAULT NULL,
    rt_on_timeout ${char}(64) DEFAULT NULL, rt_on_hangup ${char}(64) DEFAULT NULL)`;
}

const VERSION =
  "CREATE TABLE version (table_name CHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL, CONSTRAINT t_name_idx UNIQUE (table_name))";

const plain = (text: string) => ({ text, values: [] });

function usable(check: TableCheck): TableCheck & { readonly state: "usable" } {
  assert.equal(check.state, "usable", JSON.stringify(check));
  if (check.state !== "usable") throw new Error("unreachable");
  return check;
}

/** A value that the column of our own form has to hold. */
function longest(table: TableShape, name: string): SqlValue {
  const column = table.columns.find((one) => one.name === name);
  switch (column?.kind) {
    case "id":
      return 2n ** 62n + 1n;
    case "auto":
      return 77;
    case "text":
      return `é🐘'\\${"x".repeat(8192)}`;
    case "key":
      return "k".repeat(64);
    case "bytes":
      return new Uint8Array(100_000).fill(0xfe);
    case "count":
      return 4_294_967_295;
    case "integer":
      return 2_147_483_647;
    case "real":
      return 0.125;
    default:
      return "2026-01-02 03:04:05";
  }
}

/** Runs the suite. */
export function schemaSuite(subject: SchemaSubject): void {
  const { dialect } = subject;
  describe(`tables in ${dialect}`, { skip: subject.missing ?? false }, () => {
    before(() => subject.begin());
    after(() => subject.end());

    test("are made, are found to be ours, and hold every value", async () => {
      const database = await subject.open();
      const tables = [dialogTable(), locationTable(), accTable("acc", ["caller_id", "gateway"]), missedCallsTable()];
      for (const table of tables) {
        assert.deepEqual(await checkTable(database, table), { state: "absent" });
        await createTable(database, table);
        await createTable(database, table);
        const check = usable(await checkTable(database, table));
        assert.deepEqual([check.version, check.hasOwn, [...check.widths]], [table.version, true, []]);
        const names = table.columns.map((one) => one.name);
        const values = names.map((name) => longest(table, name));
        await database.transact([{ text: insertText(dialect, table, names), values }]);
        const [row = []] = await readAll(database, plain(selectText(dialect, table, names)));
        for (const [i, name] of names.entries()) {
          const kind = table.columns[i]?.kind;
          if (kind === "instant") continue; // each driver has its own form of these
          const wanted = values[i];
          const found = row[i];
          if (typeof wanted === "number") assert.equal(Number(found), wanted, name);
          else assert.deepEqual(found, wanted, name);
        }
        assert.deepEqual(await migrateTable(database, check), []);
      }
      await database.close();
    });

    test("rows are added, changed and removed by the texts made for them", async () => {
      const database = await subject.open();
      const table = dialogTable({ table: "calls", columns: { dlg_id: "Id", callid: "select", state: "order" } });
      await createTable(database, table);
      const required = table.columns.filter((one) => !one.isNullable && one.initial === undefined).map((one) => one.name);
      const row = (id: bigint, callId: string): SqlValue[] =>
        required.map((name) =>
          name === "Id" ? id : name === "select" ? callId : table.columns.find((one) => one.name === name)?.kind === "count" ? 4 : "x",
        );
      const upsert = upsertText(dialect, table, required);
      await database.transact([1n, 2n, 3n, 1n].map((id, i) => ({ text: upsert, values: row(id, `call ${i}`) })));
      await database.transact([{ text: updateText(dialect, table, ["select", "order"]), values: ["changed", 5, 2n] }]);
      const read = async () =>
        (await readAll(database, plain(`${selectText(dialect, table, ["Id", "select"])} ORDER BY 1`))).map(([id, call]) => [
          Number(id),
          call,
        ]);
      assert.deepEqual(await read(), [
        [1, "call 3"],
        [2, "changed"],
        [3, "call 2"],
      ]);
      await database.transact([{ text: deleteText(dialect, table), values: [1n] }]);
      await database.transact([{ text: deleteText(dialect, table, 3), values: [1n, 2n, 9n] }]);
      assert.deepEqual(await read(), [[3, "call 2"]]);
      const acc = accTable();
      await createTable(database, acc);
      const columns = ["method", "from_tag", "to_tag", "callid", "sip_code", "sip_reason", "time", "dialoom"];
      const record = (id: string): SqlValue[] => ["INVITE", "a", "b", "c", "200", "OK", "2026-01-02 03:04:05", id];
      const once = insertOnceText(dialect, acc, columns, "dialoom");
      await database.transact(["1", "2", "1"].map((id) => ({ text: once, values: record(id) })));
      assert.equal((await readAll(database, plain(selectText(dialect, acc, ["id"])))).length, 2);
      await database.close();
    });

    for (const version of [11, 12] as const) {
      test(`made by OpenSIPS, version ${version}, are used as they are, and can become ours with their rows`, async () => {
        const database = await subject.open();
        const say = plain(`INSERT INTO version (table_name, table_version) VALUES ('dialog', ${version})`);
        await database.transact([plain(referenceDialog(dialect, version)), plain(VERSION), say]);
        const check = usable(await checkDialogTable(database));
        assert.deepEqual([check.version, check.table.version, check.hasOwn], [version, version, false]);
        assert.equal(check.widths.get("callid"), dialect === "sqlite" ? undefined : 255);
        assert.equal(check.widths.get("mangled_to_uri"), dialect === "sqlite" ? undefined : 64);
        const names = check.table.columns.filter((one) => !one.isOwn).map((one) => one.name);
        const row = (id: bigint, flags: SqlValue): SqlValue[] =>
          names.map((name) => {
            if (name === "dlg_id") return id;
            if (name === "script_flags") return flags;
            if (name === "vars") return Uint8Array.of(97, 35, 49, 124, 0, 255);
            return check.table.columns.find((one) => one.name === name)?.kind === "count" ? 4 : `<${name}>`.slice(0, 11);
          });
        const flags: SqlValue[] = version === 11 ? [0, 2 + 16, 1 + 2 ** 30] : [null, "B D", "A"];
        const insert = insertText(dialect, check.table, names);
        await database.transact(flags.map((one, i) => ({ text: insert, values: row(BigInt(i), one) })));

        const done = await migrateTable(database, check);
        assert.ok(done.length > 0);
        const after = usable(await checkDialogTable(database));
        assert.deepEqual([after.version, after.hasOwn, after.widths.size], [12, true, 0]);
        assert.deepEqual(await migrateTable(database, after), []);
        const rows = await readAll(
          database,
          plain(`${selectText(dialect, after.table, ["dlg_id", "script_flags", "callid", "vars", "timeout", "dialoom"])} ORDER BY 1`),
        );
        const expected = version === 11 ? [null, "1 4", "0 30"] : flags;
        assert.deepEqual(
          rows.map(([id, ...rest]) => [Number(id), rest[0], rest[1], rest[2], Number(rest[3]), rest[4]]),
          expected.map((one, i) => [i, one, "<callid>", Uint8Array.of(97, 35, 49, 124, 0, 255), 4, null]),
        );
        const all = after.table.columns.map((one) => one.name);
        await database.transact([{ text: upsertText(dialect, after.table, all), values: all.map((name) => longest(after.table, name)) }]);
        await database.close();
      });
    }

    test("of records and registrations as OpenSIPS makes them become ours too", async () => {
      const database = await subject.open();
      for (const table of [locationTable(), accTable(), missedCallsTable("missed")]) {
        await createTable(database, table, { form: "reference" });
        const check = usable(await checkTable(database, table));
        assert.equal(check.hasOwn, !table.columns.some((one) => one.isOwn));
        await migrateTable(database, check);
        const after = usable(await checkTable(database, table));
        assert.deepEqual([after.hasOwn, after.widths.size, after.version], [true, 0, table.version]);
        const names = table.columns.map((one) => one.name);
        await database.transact([{ text: insertText(dialect, table, names), values: names.map((name) => longest(table, name)) }]);
        if (!names.includes("dialoom")) continue;
        const again = insertText(dialect, table, names.slice(1));
        await assert.rejects(
          database.transact([{ text: again, values: names.slice(1).map((name) => longest(table, name)) }]),
          /.*/,
          "the same record twice",
        );
      }
      await database.close();
    });

    test("that are something else are not used", async () => {
      const database = await subject.open();
      await createTable(database, dialogTable());
      const set = (version: number) => plain(`UPDATE version SET table_version=${version}`);
      await database.transact([set(10)]);
      assert.deepEqual(await checkDialogTable(database), {
        state: "unusable",
        problems: ["table dialog has version 10; 11 and 12 can be used"],
      });
      await database.transact([plain("DELETE FROM version")]);
      assert.equal(usable(await checkDialogTable(database)).version, undefined);
      await database.transact([plain("CREATE TABLE acc (id INTEGER, method CHAR(16))")]);
      const check = await checkTable(database, accTable());
      assert.ok(check.state === "unusable" && check.problems.includes("table acc has no column callid"), JSON.stringify(check));
      await database.close();
    });
  });
}
