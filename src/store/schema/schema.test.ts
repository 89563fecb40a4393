import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../kit/index.ts";
import { openDatabase } from "../connect.ts";
import { tableStatements, versionTableStatement } from "./create.ts";
import { schemaSuite } from "./harness.ts";
import { accTable, dialogTable, insertText, isPlainName } from "./index.ts";

let folder = "";
let files = 0;

schemaSuite({
  dialect: "sqlite",
  missing: undefined,
  begin: async () => {
    folder = mkdtempSync(join(tmpdir(), "dialoom-schema-"));
  },
  end: async () => rmSync(folder, { recursive: true, force: true }),
  open: () => openDatabase(`sqlite://${join(folder, `${files++}.db`)}`, { log: silentLog }),
});

test("names that are none are refused before they come near a statement", () => {
  for (const name of ["", "a b", "a;b", '"', "1a", "a-b", "é", "x".repeat(64)]) {
    assert.equal(isPlainName(name), false, name);
    assert.throws(() => insertText("sqlite", dialogTable({ table: name }), ["callid"]), RangeError);
  }
  for (const name of ["a", "_", "Dialog_2", "x".repeat(63)]) assert.equal(isPlainName(name), true, name);
});

test("indexes of a table with a long name have names of their own", () => {
  const table = "x".repeat(63);
  const created = tableStatements("sqlite", accTable(table), "ours").map(({ text }) => text);
  const names = created.flatMap((text) => /INDEX IF NOT EXISTS "([^"]*)"/.exec(text)?.[1] ?? []);
  assert.equal(new Set(names).size, 2);
  assert.ok(names.every(isPlainName));
  assert.match(versionTableStatement("sqlite", table).text, /CONSTRAINT "x{52}_t_name_idx"/);
});
