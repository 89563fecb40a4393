import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../kit/index.ts";
import { openDatabase } from "../connect.ts";
import { schemaSuite } from "./harness.ts";
import { dialogTable, insertText, isPlainName } from "./index.ts";

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
