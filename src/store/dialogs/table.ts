// The dialog table of a database: whether it can be used, and what its rows look like then.
import type { Database } from "../ports.ts";
import { checkDialogTable, type DialogNames, dialogTable, findTable } from "../schema/index.ts";
import type { FlagNaming, RowForm } from "./row-form.ts";

/** What can be said of a table: its form, or why it cannot be used. */
export type FoundForm = { readonly ok: true; readonly form: RowForm } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Looks at the table. In a database inside the process one that is not there is made.
 * @throws StoreError when the database cannot be asked
 */
export async function findDialogTable(
  database: Database,
  names: DialogNames,
  versionTable: string,
  flagNaming: FlagNaming,
): Promise<FoundForm> {
  const look = () => checkDialogTable(database, names, versionTable);
  const found = await findTable(database, dialogTable(names), versionTable, look);
  if (found.state === "unusable") return { ok: false, problems: found.problems.map((problem) => `${database.name}: ${problem}`) };
  const { table, hasOwn, widths } = found;
  return { ok: true, form: { dialect: database.dialect, table, hasOwn, widths, flagNaming } };
}
