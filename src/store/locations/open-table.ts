// Finding the table of registrations, or making it where the database is a file of ours.
import type { Database } from "../ports.ts";
import { StoreError } from "../ports.ts";
import { checkTable, createTable } from "../schema/index.ts";
import { type LocationColumnNames, locationShape } from "./columns.ts";
import { LocationStatements } from "./statements.ts";

/** What a table is called, and its columns. */
export interface TableNames {
  readonly table: string;
  readonly columns: LocationColumnNames;
  /** Name of the table of versions. */
  readonly versionTable: string;
  /** Addresses have domains. */
  readonly useDomain: boolean;
}

/**
 * What reads and writes a table.
 * @throws StoreError (rejects) when the database fails, or the table is not what it has to be
 */
export async function openTable(database: Database, names: TableNames): Promise<LocationStatements> {
  const { table, columns, versionTable, useDomain } = names;
  const shape = locationShape(table, columns);
  let check = await checkTable(database, shape, versionTable);
  if (check.state === "absent" && database.dialect === "sqlite") {
    await createTable(database, shape, { versionTable });
    check = await checkTable(database, shape, versionTable);
  }
  if (check.state === "usable") return new LocationStatements(database.dialect, shape, { columns, useDomain, widths: check.widths });
  const problems = check.state === "absent" ? [`there is no table ${table}: run "dialoom db init"`] : check.problems;
  throw new StoreError("refused", `${database.name}: ${problems.join("; ")}`);
}

/** The same for a table that nobody can look at yet: it is believed to be right. */
export function unseenTable(database: Database, { table, columns, useDomain }: TableNames): LocationStatements {
  return new LocationStatements(database.dialect, locationShape(table, columns), { columns, useDomain, widths: new Map() });
}
