// Finding the table of registrations, or making it where the database is a file of ours.
import type { Database } from "../ports.ts";
import { neededTable } from "../schema/index.ts";
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
  const { widths } = await neededTable(database, shape, versionTable);
  return new LocationStatements(database.dialect, shape, { columns, useDomain, widths });
}

/** The same for a table that nobody can look at yet: it is believed to be right. */
export function unseenTable(database: Database, { table, columns, useDomain }: TableNames): LocationStatements {
  return new LocationStatements(database.dialect, locationShape(table, columns), { columns, useDomain, widths: new Map() });
}
