// From a table as the reference made it to one of ours: types that hold every value, and our own columns. The reference goes on reading
// and writing it: names, order and meaning of its columns stay.
import type { Database, Dialect, Statement } from "../ports.ts";
import { readAll, type UsableTable } from "./check.ts";
import { columnLine, indexText, mysqlIndex, tableStatements, VERSION_TABLE, versionStatements } from "./create.ts";
import { type ColumnShape, columnType, quoteName, type TableShape } from "./shape.ts";
import { dialogTable } from "./tables.ts";

/**
 * Brings a table to our form. A dialog table of version 11 becomes one of 12: its numbers of script flags become names, flag 3 is called
 * `3` (which OpenSIPS 3.3 and older cannot read).
 * @returns what has been done, for people; empty when there was nothing to do
 * @throws StoreError
 */
export async function migrateTable(
  database: Database,
  check: UsableTable,
  versionTable: string = VERSION_TABLE,
): Promise<readonly string[]> {
  const { dialect } = database;
  const { table } = check;
  const wanted = isOlderDialogTable(table) ? newerDialogTable(table) : table;
  const done: string[] = [];
  if (check.version === undefined) done.push(`wrote down version ${wanted.version} of table ${table.name}`);
  if (wanted !== table) done.push(`made table ${table.name} of version ${table.version} one of version ${wanted.version}`);
  if (!check.hasOwn) done.push(`added our own columns to table ${table.name}`);
  if (check.widths.size > 0) done.push(`widened ${[...check.widths.keys()].join(", ")} of table ${table.name}`);
  if (done.length === 0) return done;
  const steps = dialect === "sqlite" ? sqliteSteps(table, wanted, check) : await serverSteps(database, table, wanted, check);
  await database.transact([...steps, ...versionStatements(dialect, versionTable, wanted)]);
  return done;
}

function isOlderDialogTable(table: TableShape): boolean {
  return table.version === 11;
}

/** The same names, version 12. */
function newerDialogTable(table: TableShape): TableShape {
  const plain = dialogTable({}, 12);
  return {
    ...plain,
    name: table.name,
    key: table.key,
    columns: plain.columns.map((one, i) => ({ ...one, name: table.columns[i]?.name ?? one.name })),
  };
}

/** SQLite ignores widths; a column's type cannot be changed, so the table is made anew and its rows are carried over. */
function sqliteSteps(table: TableShape, wanted: TableShape, check: UsableTable): Statement[] {
  const name = quoteName("sqlite", table.name);
  const own = check.hasOwn ? [] : wanted.columns.filter((one) => one.isOwn);
  if (wanted === table) {
    const indexes = table.indexes.filter(({ column }) => own.some((one) => one.name === column));
    return [
      ...own.map((one) => plain(`ALTER TABLE ${name} ADD COLUMN ${columnLine("sqlite", "ours", wanted, one)}`)),
      ...indexes.map(({ column, isUnique }) => plain(indexText("sqlite", wanted, column, isUnique))),
    ];
  }
  const aside = { ...wanted, name: `${wanted.name}_new` };
  const kept = wanted.columns.filter((one) => !own.includes(one));
  const target = kept.map((one) => quoteName("sqlite", one.name)).join(", ");
  const source = kept.map((one) => (one.name === flagsColumn(wanted) ? flagNames("sqlite", one.name) : quoteName("sqlite", one.name)));
  return [
    plain(`DROP TABLE IF EXISTS ${quoteName("sqlite", aside.name)}`),
    ...tableStatements("sqlite", aside, "ours"),
    plain(`INSERT INTO ${quoteName("sqlite", aside.name)} (${target}) SELECT ${source.join(", ")} FROM ${name}`),
    plain(`DROP TABLE ${name}`),
    plain(`ALTER TABLE ${quoteName("sqlite", aside.name)} RENAME TO ${name}`),
  ];
}

async function serverSteps(database: Database, table: TableShape, wanted: TableShape, check: UsableTable): Promise<Statement[]> {
  const { dialect } = database;
  const name = quoteName(dialect, table.name);
  const own = check.hasOwn ? [] : wanted.columns.filter((one) => one.isOwn);
  const changes: string[] = [];
  const flags = wanted === table ? undefined : flagsColumn(wanted);
  for (const one of wanted.columns) {
    if (one.isOwn || one.kind === "auto" || one.name === table.key) continue;
    changes.push(...(dialect === "mysql" ? mysqlChange(wanted, one) : postgresChange(one, one.name === flags)));
  }
  changes.push(...own.map((one) => `ADD COLUMN ${columnLine(dialect, "ours", wanted, one)}`));
  const indexes = table.indexes.filter(({ column }) => own.some((one) => one.name === column));
  if (dialect === "postgres") {
    return [
      plain(`ALTER TABLE ${name} ${changes.join(", ")}`),
      ...indexes.map(({ column, isUnique }) => plain(indexText(dialect, wanted, column, isUnique))),
    ];
  }
  // an index of a whole column that becomes a long text has to become one of its beginning in the same step
  const whole = table.indexes.filter(({ isUnique }) => !isUnique).map(({ column }) => column);
  for (const [index, column] of await mysqlIndexes(database, table)) {
    if (!whole.includes(column)) continue;
    changes.unshift(`DROP KEY ${quoteName(dialect, index)}`);
    changes.push(`ADD ${mysqlIndex(wanted, "ours", column, false)}`);
  }
  changes.push(...indexes.map(({ column, isUnique }) => `ADD ${mysqlIndex(wanted, "ours", column, isUnique)}`));
  const steps = [plain(`ALTER TABLE ${name} ${changes.join(", ")}`)];
  // the type comes first: a text takes the number as its digits, and then these become names
  if (flags !== undefined) steps.push(plain(`UPDATE ${name} SET ${quoteName(dialect, flags)}=${flagNames(dialect, flags)}`));
  return steps;
}

/** Names of indexes with the column that each is of. */
async function mysqlIndexes(database: Database, table: TableShape): Promise<readonly (readonly [string, string])[]> {
  const text =
    "SELECT index_name, column_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name <> 'PRIMARY'";
  const rows = await readAll(database, { text, values: [table.name] });
  return rows.map(([index, column]) => [String(index), String(column)] as const);
}

function mysqlChange(table: TableShape, one: ColumnShape): string[] {
  const isText = one.kind === "text" || one.kind === "key";
  const line = columnLine("mysql", "ours", table, one);
  if (!isText) return [`MODIFY ${line}`];
  // the table may have been made with another character set
  const type = columnType("mysql", "ours", one);
  return [`MODIFY ${line.replace(type, `${type} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)}`];
}

function postgresChange(one: ColumnShape, isFlags: boolean): string[] {
  const column = quoteName("postgres", one.name);
  const type = columnType("postgres", "ours", one);
  if (!isFlags) return [`ALTER COLUMN ${column} TYPE ${type}`];
  return [
    `ALTER COLUMN ${column} DROP DEFAULT`,
    `ALTER COLUMN ${column} DROP NOT NULL`,
    `ALTER COLUMN ${column} TYPE ${type} USING ${flagNames("postgres", one.name)}`,
  ];
}

/** Name of the column of script flags, wherever it has been renamed to. */
function flagsColumn(table: TableShape): string | undefined {
  const at = dialogTable().columns.findIndex((one) => one.name === "script_flags");
  return table.columns[at]?.name;
}

/** An expression: the bits of a number as their numbers, `1 4`; NULL for none. */
function flagNames(dialect: Dialect, name: string): string {
  const column = quoteName(dialect, name);
  const bits = Array.from({ length: 32 }, (_, bit) => {
    const weight = 2 ** bit;
    const number = dialect === "postgres" ? `${column}::bigint` : dialect === "mysql" ? `CAST(${column} AS UNSIGNED)` : column;
    return `CASE WHEN (${number} & ${weight}) <> 0 THEN '${bit} ' ELSE '' END`;
  });
  const joined = dialect === "mysql" ? `CONCAT(${bits.join(", ")})` : bits.join(" || ");
  return `NULLIF(${dialect === "mysql" ? `TRIM(${joined})` : `trim(${joined})`}, '')`;
}

function plain(text: string): Statement {
  return { text, values: [] };
}
