// Makes a table with its indexes, and says so in the table of versions.
import type { Database, Dialect, Statement } from "../ports.ts";
import { type ColumnShape, columnType, quoteName, type TableForm, type TableShape } from "./shape.ts";
import { placeholder } from "./statements.ts";

/** How a table is made. */
export interface CreateOptions {
  readonly form?: TableForm;
  /** Name of the table of versions. */
  readonly versionTable?: string;
}

/** The reference's name of the table of versions (`db_version_table`). */
export const VERSION_TABLE = "version";

/**
 * Makes a table that is not there yet. Where it is there already, it stays as it is.
 * @throws StoreError
 */
export async function createTable(database: Database, table: TableShape, options: CreateOptions = {}): Promise<void> {
  const { dialect } = database;
  const { form = "ours", versionTable = VERSION_TABLE } = options;
  await database.transact([
    ...tableStatements(dialect, table, form),
    versionTableStatement(dialect, versionTable),
    ...versionStatements(dialect, versionTable, table),
  ]);
}

/** What makes the table and its indexes. */
export function tableStatements(dialect: Dialect, table: TableShape, form: TableForm): Statement[] {
  const columns = table.columns.filter((one) => form === "ours" || !one.isOwn);
  const indexes = table.indexes.filter(({ column }) => columns.some((one) => one.name === column));
  const lines = columns.map((one) => columnLine(dialect, form, table, one));
  // MySQL has no CREATE INDEX IF NOT EXISTS, the others have no indexes inside of a table
  if (dialect === "mysql") lines.push(...indexes.map((index) => mysqlIndex(table, form, index.column, index.isUnique)));
  const suffix = dialect === "mysql" ? mysqlOptions(form) : "";
  const create = `CREATE TABLE IF NOT EXISTS ${quoteName(dialect, table.name)} (\n  ${lines.join(",\n  ")}\n)${suffix}`;
  const statements = [statement(create)];
  if (dialect !== "mysql") {
    for (const { column, isUnique } of indexes) {
      statements.push(statement(indexText(dialect, table, column, isUnique)));
    }
  }
  return statements;
}

/** What makes the table of versions. */
export function versionTableStatement(dialect: Dialect, name: string): Statement {
  const table = quoteName(dialect, name);
  const width = dialect === "postgres" ? "VARCHAR(32)" : "CHAR(32)";
  const number = dialect === "mysql" ? "INT UNSIGNED" : "INTEGER";
  const lines = [
    `${quoteName(dialect, "table_name")} ${width} NOT NULL`,
    `${quoteName(dialect, "table_version")} ${number} DEFAULT 0 NOT NULL`,
    `CONSTRAINT ${quoteName(dialect, indexName(name, "t_name"))} UNIQUE (${quoteName(dialect, "table_name")})`,
  ];
  return statement(`CREATE TABLE IF NOT EXISTS ${table} (${lines.join(", ")})`);
}

/** What writes down the version of a table; said twice it says the same. */
export function versionStatements(dialect: Dialect, versionTable: string, table: TableShape): Statement[] {
  const name = quoteName(dialect, versionTable);
  const column = quoteName(dialect, "table_name");
  const version = quoteName(dialect, "table_version");
  const [first, second] = [placeholder(dialect, 1), placeholder(dialect, 2)];
  return [
    { text: `DELETE FROM ${name} WHERE ${column}=${first}`, values: [table.name] },
    { text: `INSERT INTO ${name} (${column}, ${version}) VALUES (${first}, ${second})`, values: [table.name, table.version] },
  ];
}

/** `name TYPE DEFAULT … NOT NULL`. */
export function columnLine(dialect: Dialect, form: TableForm, table: TableShape, one: ColumnShape): string {
  const parts = [quoteName(dialect, one.name), columnType(dialect, form, one)];
  if (one.name === table.key) parts.push(one.kind === "auto" && dialect === "sqlite" ? "PRIMARY KEY AUTOINCREMENT" : "PRIMARY KEY");
  if (one.initial !== undefined && mayHaveInitial(dialect, form, one)) parts.push(`DEFAULT ${literal(one.initial)}`);
  if (!one.isNullable) parts.push("NOT NULL");
  else if (one.initial === undefined) parts.push("DEFAULT NULL");
  return parts.join(" ");
}

/** The text that makes an index, where it is not part of the table. */
export function indexText(dialect: Dialect, table: TableShape, column: string, isUnique: boolean): string {
  const name = quoteName(dialect, indexName(table.name, column));
  const on = `${quoteName(dialect, table.name)} (${quoteName(dialect, column)})`;
  return `CREATE ${isUnique ? "UNIQUE INDEX" : "INDEX"} IF NOT EXISTS ${name} ON ${on}`;
}

/** An index inside of a table of MySQL; long texts are indexed by their beginning. */
export function mysqlIndex(table: TableShape, form: TableForm, column: string, isUnique: boolean): string {
  const shape = table.columns.find((one) => one.name === column);
  const prefix = form === "ours" && shape?.kind === "text" ? "(191)" : "";
  const name = quoteName("mysql", indexName(table.name, column));
  return `${isUnique ? "UNIQUE KEY" : "KEY"} ${name} (${quoteName("mysql", column)}${prefix})`;
}

/** At most 63 characters: of a long table name the end goes, so that two indexes of one table never have one name. */
function indexName(table: string, column: string): string {
  const suffix = `_${column}_idx`;
  return `${table.slice(0, Math.max(0, 63 - suffix.length))}${suffix}`.slice(-63);
}

/** Every character, compared as written. */
function mysqlOptions(form: TableForm): string {
  return form === "ours" ? " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ROW_FORMAT=DYNAMIC" : " ENGINE=InnoDB";
}

/** MySQL takes no default for long texts. */
function mayHaveInitial(dialect: Dialect, form: TableForm, one: ColumnShape): boolean {
  return dialect !== "mysql" || one.kind !== "text" || (form === "reference" && one.width > 0);
}

function literal(value: string | number): string {
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

function statement(text: string): Statement {
  return { text, values: [] };
}
