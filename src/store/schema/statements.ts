// The texts of the statements on one table, made once. Values go by position, in the order of the columns given.
import type { Dialect } from "../ports.ts";
import { quoteName, type TableShape } from "./shape.ts";

/** The nth value (from 1) of a statement. */
export function placeholder(dialect: Dialect, n: number): string {
  return dialect === "postgres" ? `$${n}` : "?";
}

/** `?, ?, ?` or `$4, $5, $6`. */
export function placeholders(dialect: Dialect, count: number, from = 1): string {
  return Array.from({ length: count }, (_, i) => placeholder(dialect, from + i)).join(", ");
}

/** Adds a row. Values: `columns`. */
export function insertText(dialect: Dialect, table: TableShape, columns: readonly string[]): string {
  return `INSERT INTO ${quoteName(dialect, table.name)} (${list(dialect, columns)}) VALUES (${placeholders(dialect, columns.length)})`;
}

/**
 * Adds a row, or gives the row that has the same key these values: doing it twice is doing it once. Values: `columns`.
 * @param unique - the column in whose uniqueness the two are the same; left out, the primary key
 */
export function upsertText(dialect: Dialect, table: TableShape, columns: readonly string[], unique: string = table.key): string {
  const changed = columns.filter((name) => name !== unique);
  const sets = changed.map((name) => {
    const quoted = quoteName(dialect, name);
    return dialect === "mysql" ? `${quoted}=VALUES(${quoted})` : `${quoted}=excluded.${quoted}`;
  });
  const insert = insertText(dialect, table, columns);
  if (dialect === "mysql") return `${insert} ON DUPLICATE KEY UPDATE ${sets.join(", ")}`;
  return `${insert} ON CONFLICT (${quoteName(dialect, unique)}) DO UPDATE SET ${sets.join(", ")}`;
}

/** Adds a row unless one with the same value of a unique column is there. Values: `columns`. */
export function insertOnceText(dialect: Dialect, table: TableShape, columns: readonly string[], unique: string): string {
  const insert = insertText(dialect, table, columns);
  const quoted = quoteName(dialect, unique);
  return dialect === "mysql" ? `${insert} ON DUPLICATE KEY UPDATE ${quoted}=${quoted}` : `${insert} ON CONFLICT (${quoted}) DO NOTHING`;
}

/** Changes columns of one row. Values: `columns`, then the key. */
export function updateText(dialect: Dialect, table: TableShape, columns: readonly string[]): string {
  const sets = columns.map((name, i) => `${quoteName(dialect, name)}=${placeholder(dialect, i + 1)}`);
  const key = `${quoteName(dialect, table.key)}=${placeholder(dialect, columns.length + 1)}`;
  return `UPDATE ${quoteName(dialect, table.name)} SET ${sets.join(", ")} WHERE ${key}`;
}

/** Removes rows by their keys. Values: `count` keys. */
export function deleteText(dialect: Dialect, table: TableShape, count = 1): string {
  const key = quoteName(dialect, table.key);
  const where = count === 1 ? `${key}=${placeholder(dialect, 1)}` : `${key} IN (${placeholders(dialect, count)})`;
  return `DELETE FROM ${quoteName(dialect, table.name)} WHERE ${where}`;
}

/** Reads all rows. @param where - what follows WHERE, already in the dialect; values as it says */
export function selectText(dialect: Dialect, table: TableShape, columns: readonly string[], where = ""): string {
  const text = `SELECT ${list(dialect, columns)} FROM ${quoteName(dialect, table.name)}`;
  return where === "" ? text : `${text} WHERE ${where}`;
}

function list(dialect: Dialect, columns: readonly string[]): string {
  return columns.map((name) => quoteName(dialect, name)).join(", ");
}
