// What a table in a database turns out to be: whether it is there, whose it is, what its columns hold.
import type { Database, SqlRow, SqlValue, Statement } from "../ports.ts";
import { VERSION_TABLE } from "./create.ts";
import { quoteName, type TableShape } from "./shape.ts";
import { placeholder } from "./statements.ts";
import { type DialogNames, dialogTable } from "./tables.ts";

/** A table whose rows can be read and written. */
export interface UsableTable {
  readonly state: "usable";
  /** The shape that fits what is there. */
  readonly table: TableShape;
  /** What the table of versions says; undefined when it does not know the table. */
  readonly version: number | undefined;
  /** Whether our own columns are there. */
  readonly hasOwn: boolean;
  /** Text columns that cut off or refuse longer values, with the characters they hold. */
  readonly widths: ReadonlyMap<string, number>;
}

/** There is a table, but not one of these. */
export interface UnusableTable {
  readonly state: "unusable";
  readonly problems: readonly string[];
}

/** What was found in the place of a table. `absent`: nothing. */
export type TableCheck = { readonly state: "absent" } | UsableTable | UnusableTable;

/** A column as the database knows it. */
interface FoundColumn {
  /** In capitals, without its width. */
  readonly type: string;
  /** In characters; 0 for unlimited. */
  readonly width: number;
}

/** Longer than any value of a call; above this a width is no limit. */
const WIDE = 1 << 20;

/**
 * Looks at a table: its columns, and what the table of versions says about it. A table that it says nothing about is taken by its columns.
 * @throws StoreError
 */
export async function checkTable(database: Database, table: TableShape, versionTable: string = VERSION_TABLE): Promise<TableCheck> {
  return judge(table, await columnsOf(database, table.name), await versionOf(database, table.name, versionTable));
}

/**
 * The same for the dialog table, which is usable in two versions: `table` has that of the one found.
 * @throws StoreError
 */
export async function checkDialogTable(
  database: Database,
  names: DialogNames = {},
  versionTable: string = VERSION_TABLE,
): Promise<TableCheck> {
  const newer = dialogTable(names, 12);
  const found = await columnsOf(database, newer.name);
  const version = await versionOf(database, newer.name, versionTable);
  const flags = found.get((names.columns?.script_flags ?? "script_flags").toLowerCase());
  const isOlder = version === 11 || (version === undefined && flags !== undefined && flags.type.includes("INT"));
  const check = judge(isOlder ? dialogTable(names, 11) : newer, found, version);
  if (check.state !== "unusable" || version === undefined || version === 11 || version === 12) return check;
  return { state: "unusable", problems: [`table ${newer.name} has version ${version}; 11 and 12 can be used`] };
}

function judge(table: TableShape, found: ReadonlyMap<string, FoundColumn>, version: number | undefined): TableCheck {
  if (found.size === 0) return { state: "absent" };
  const there = (name: string): FoundColumn | undefined => found.get(name.toLowerCase());
  const missing = table.columns.filter((one) => !one.isOwn && there(one.name) === undefined);
  const problems = missing.map((one) => `table ${table.name} has no column ${one.name}`);
  if (version !== undefined && version !== table.version) {
    problems.push(`table ${table.name} has version ${version}, ${table.version} is needed`);
  }
  if (problems.length > 0) return { state: "unusable", problems };
  const widths = new Map<string, number>();
  for (const one of table.columns) {
    const width = there(one.name)?.width ?? 0;
    if (one.kind === "text" && width > 0 && width < WIDE) widths.set(one.name, width);
  }
  const hasOwn = table.columns.every((one) => !one.isOwn || there(one.name) !== undefined);
  return { state: "usable", table, version, hasOwn, widths };
}

/** Columns by their names in lower case; none for a table that is not there. */
async function columnsOf(database: Database, table: string): Promise<ReadonlyMap<string, FoundColumn>> {
  const columns = new Map<string, FoundColumn>();
  if (database.dialect === "sqlite") {
    // a declared type is only a word to SQLite: it cuts nothing off
    for (const [name, type] of await readAll(database, { text: "SELECT name, type FROM pragma_table_info(?)", values: [table] })) {
      columns.set(asText(name).toLowerCase(), { type: asText(type).toUpperCase(), width: 0 });
    }
    return columns;
  }
  const isPostgres = database.dialect === "postgres";
  const where = isPostgres
    ? "table_schema = ANY(current_schemas(false)) AND table_name = $1"
    : "table_schema = DATABASE() AND table_name = ?";
  const text = `SELECT column_name, data_type, character_maximum_length FROM information_schema.columns WHERE ${where}`;
  for (const [name, type, width] of await readAll(database, { text, values: [isPostgres ? table.toLowerCase() : table] })) {
    columns.set(asText(name).toLowerCase(), { type: asText(type).toUpperCase(), width: Number(width ?? 0) });
  }
  return columns;
}

/** Undefined when nothing is written down. */
async function versionOf(database: Database, table: string, versionTable: string): Promise<number | undefined> {
  if ((await columnsOf(database, versionTable)).size === 0) return undefined;
  const { dialect } = database;
  const where = `${quoteName(dialect, "table_name")}=${placeholder(dialect, 1)}`;
  const text = `SELECT ${quoteName(dialect, "table_version")} FROM ${quoteName(dialect, versionTable)} WHERE ${where}`;
  const [row] = await readAll(database, { text, values: [table] });
  const version = row?.[0];
  return version === undefined || version === null ? undefined : Number(version);
}

/** All rows at once; for answers of a few rows. */
export async function readAll(database: Database, statement: Statement): Promise<readonly SqlRow[]> {
  const rows: SqlRow[] = [];
  for await (const chunk of database.select(statement, 256)) rows.push(...chunk);
  return rows;
}

function asText(value: SqlValue | undefined): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value); // some servers give their own tables' texts as bytes
  return String(value ?? "");
}
