// Tables as data: their columns, and what each dialect calls the types. A table has two forms: as the reference's scripts create it
// (texts of a limited width), and ours, which has the same columns with types that hold every value, and perhaps one more.
import type { Dialect } from "../ports.ts";

/**
 * What a column holds.
 * `id`: unsigned 64-bit, chosen by us; `auto`: an id that the database counts up; `text`, `bytes`: of any length in our form;
 * `key`: a short text that stands in an index, its width is a limit in both forms; `integer`: 32-bit; `count`: unsigned 32-bit, in
 * our form 64; `real`; `instant`: a date with its time, in the local time of who writes it.
 */
export type ColumnKind = "id" | "auto" | "text" | "bytes" | "key" | "integer" | "count" | "real" | "instant";

/** One column. */
export interface ColumnShape {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The reference's width in characters, of `text` and `key`; 0 for an unlimited text. */
  readonly width: number;
  readonly isNullable: boolean;
  /** What a row that does not name the column gets; undefined for nothing (NULL where that may stand). */
  readonly initial: string | number | undefined;
  /** A column that only our form has. */
  readonly isOwn: boolean;
}

/** One table. */
export interface TableShape {
  readonly name: string;
  /** What stands in the table of versions. */
  readonly version: number;
  readonly columns: readonly ColumnShape[];
  /** Name of the column that is the primary key. */
  readonly key: string;
  /** Names of columns that have an index; `isUnique` ones are of our form only. */
  readonly indexes: readonly { readonly column: string; readonly isUnique: boolean }[];
}

/** `reference`: as OpenSIPS makes the table; `ours`: types that hold every value, and our own columns. */
export type TableForm = "ours" | "reference";

/** Anything else than these characters in a table's or column's name is refused before it comes near a statement. */
export function isPlainName(name: string): boolean {
  if (name.length === 0 || name.length > 63) return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
    if (!isLetter && (i === 0 || code < 48 || code > 57)) return false;
  }
  return true;
}

/**
 * A name as it stands in a statement. PostgreSQL folds names to lower case unless they are quoted, and the reference never quotes.
 * @param name - `isPlainName`
 * @throws RangeError for any other
 */
export function quoteName(dialect: Dialect, name: string): string {
  if (!isPlainName(name)) throw new RangeError(`not a name of a table or column: ${JSON.stringify(name)}`);
  switch (dialect) {
    case "mysql":
      return `\`${name}\``;
    case "postgres":
      return `"${name.toLowerCase()}"`;
    case "sqlite":
      return `"${name}"`;
  }
}

/** The type of a column, without NOT NULL and the like. */
export function columnType(dialect: Dialect, form: TableForm, column: ColumnShape): string {
  const { kind, width } = column;
  switch (kind) {
    case "id":
      return dialect === "mysql" ? "BIGINT UNSIGNED" : "BIGINT";
    case "auto":
      return { sqlite: "INTEGER", postgres: "BIGSERIAL", mysql: "BIGINT UNSIGNED AUTO_INCREMENT" }[dialect];
    case "text":
      return textType(dialect, form, width);
    case "key":
      return dialect === "sqlite" ? `CHAR(${width})` : `VARCHAR(${width})`;
    case "bytes":
      return { sqlite: "BLOB", postgres: "BYTEA", mysql: form === "ours" ? "LONGBLOB" : "BLOB" }[dialect];
    case "integer":
      return dialect === "mysql" ? "INT" : "INTEGER";
    case "count":
      // PostgreSQL knows no unsigned numbers, and a second after 2038 does not fit into INTEGER
      if (form === "ours" && dialect !== "sqlite") return dialect === "mysql" ? "BIGINT UNSIGNED" : "BIGINT";
      return dialect === "mysql" ? "INT UNSIGNED" : "INTEGER";
    case "real":
      if (form === "ours" && dialect !== "sqlite") return dialect === "mysql" ? "DOUBLE" : "DOUBLE PRECISION";
      return dialect === "postgres" ? "REAL" : "FLOAT(10,2)";
    case "instant":
      return dialect === "postgres" ? "TIMESTAMP WITHOUT TIME ZONE" : "DATETIME";
  }
}

function textType(dialect: Dialect, form: TableForm, width: number): string {
  // SQLite does not care about widths, but db_sqlite of the reference reads what a column was declared as
  if (dialect === "sqlite") return width === 0 ? "TEXT" : `CHAR(${width})`;
  if (dialect === "postgres") return form === "ours" || width === 0 ? "TEXT" : `VARCHAR(${width})`;
  if (form === "ours") return "MEDIUMTEXT";
  return width === 0 ? "TEXT" : `CHAR(${width})`;
}
