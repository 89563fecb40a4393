// The dialog table of a database: which columns may be renamed, whether it can be used, and what its rows look like then.
import type { Database } from "../ports.ts";
import { checkDialogTable, createTable, type DialogColumnKey, type DialogNames, dialogTable } from "../schema/index.ts";
import type { FlagNaming, RowForm } from "./row-form.ts";

/** Columns whose names can be set, by the reference's names for them. */
export const DIALOG_COLUMNS = [
  "dlg_id",
  "callid",
  "from_uri",
  "from_tag",
  "to_uri",
  "to_tag",
  "caller_cseq",
  "callee_cseq",
  "caller_route_set",
  "callee_route_set",
  "caller_contact",
  "callee_contact",
  "caller_sock",
  "callee_sock",
  "state",
  "start_time",
  "timeout",
  "vars",
  "profiles",
  "script_flags",
  "module_flags",
  "flags",
] as const;

/** Other names of columns. */
export type DialogColumnNames = Readonly<Partial<Record<DialogColumnKey, string>>>;

/** What can be said of a table: its form, or why it cannot be used. */
export type FoundTable = { readonly ok: true; readonly form: RowForm } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Looks at the table. In a database inside the process one that is not there is made.
 * @throws StoreError when the database cannot be asked
 */
export async function findDialogTable(
  database: Database,
  names: DialogNames,
  versionTable: string,
  flagNaming: FlagNaming,
): Promise<FoundTable> {
  const { dialect } = database;
  let check = await checkDialogTable(database, names, versionTable);
  if (check.state === "absent") {
    const { name } = dialogTable(names);
    if (dialect !== "sqlite") {
      return { ok: false, problems: [`${database.name} has no table ${name}: \`dialoom db init\` makes it`] };
    }
    await createTable(database, dialogTable(names), { versionTable });
    check = await checkDialogTable(database, names, versionTable);
  }
  if (check.state === "usable") {
    const { table, hasOwn, widths } = check;
    return { ok: true, form: { dialect, table, hasOwn, widths, flagNaming } };
  }
  return { ok: false, problems: check.state === "unusable" ? check.problems : [`the table ${dialogTable(names).name} could not be made`] };
}
