// For the tests of this folder: files in a folder of their own, a log that remembers, somebody else at the same file.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import type { Log } from "../../kit/index.ts";
import type { SqlRow, Statement } from "../ports.ts";
import { openSqlite, type SqliteDatabase, type SqliteOptions } from "./database.ts";

/** A log that keeps its lines. */
export interface KeptLog extends Log {
  readonly lines: { readonly level: string; readonly fields: object; readonly text: string }[];
}

export function keptLog(): KeptLog {
  const lines: { level: string; fields: object; text: string }[] = [];
  const at = (level: string) => (fields: object, text: string) => {
    lines.push({ level, fields, text });
  };
  return { lines, error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

/** A folder that goes with the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "dialoom-sqlite-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** An open file that is closed with the test. */
export async function opened(t: TestContext, path: string, options: Partial<SqliteOptions> = {}): Promise<SqliteDatabase> {
  const database = await openSqlite(path, { log: keptLog(), ...options });
  t.after(() => database.close());
  return database;
}

/** Somebody else at the same file. */
export function other(t: TestContext, path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  t.after(() => database.isOpen && database.close());
  return database;
}

export function sql(text: string, ...values: Statement["values"]): Statement {
  return { text, values };
}

export async function all(database: SqliteDatabase, text: string, ...values: Statement["values"]): Promise<SqlRow[]> {
  const rows: SqlRow[] = [];
  for await (const chunk of database.select({ text, values }, 100)) rows.push(...chunk);
  return rows;
}
