// A table that has to be there: in a database inside the process it is made when it is not.
import { type Database, StoreError } from "../ports.ts";
import { checkTable, type TableCheck, type UnusableTable, type UsableTable } from "./check.ts";
import { createTable } from "./create.ts";
import type { TableShape } from "./shape.ts";

/** A table that can be used, or why there is none. */
export type FoundTable = UsableTable | UnusableTable;

/**
 * Looks at a table, and makes it where that is ours to do.
 * @param look - what looks at it; left out, `checkTable`
 * @throws StoreError when the database cannot be asked
 */
export async function findTable(
  database: Database,
  table: TableShape,
  versionTable: string,
  look: () => Promise<TableCheck> = () => checkTable(database, table, versionTable),
): Promise<FoundTable> {
  let check = await look();
  if (check.state === "absent" && database.dialect === "sqlite") {
    await createTable(database, table, { versionTable });
    check = await look();
  }
  if (check.state !== "absent") return check;
  return { state: "unusable", problems: [`there is no table ${table.name}: run "dialoom db init"`] };
}

/**
 * The same where nothing goes without it.
 * @throws StoreError `refused` saying what is wrong with the table; others when the database cannot be asked
 */
export async function neededTable(database: Database, table: TableShape, versionTable: string): Promise<UsableTable> {
  const found = await findTable(database, table, versionTable);
  if (found.state === "usable") return found;
  throw new StoreError("refused", `${database.name}: ${found.problems.join("; ")}`);
}
