// The command line of `dialoom db`.
import { Command, CommanderError } from "commander";
import {
  DIALOG_COLUMNS,
  type DialogColumnNames,
  isPlainName,
  LOCATION_COLUMNS,
  type LocationColumnNames,
  RECORD_COLUMNS,
  type RecordColumnNames,
} from "../store/index.ts";

/** What can be done with the tables of a database. */
export type DbAction = "init" | "check" | "migrate";

/** The tables, by the names that OpenSIPS gives them. */
export type DbTable = "dialog" | "location" | "acc" | "missed_calls";

/** Other names of columns. `acc` is meant for both tables of records, as with the parameters of scripts. */
export interface DbColumns {
  readonly dialog: DialogColumnNames;
  readonly location: LocationColumnNames;
  readonly acc: RecordColumnNames;
}

/** `dialoom db ACTION URL`. */
export interface DbInvocation {
  readonly kind: "db";
  readonly action: DbAction;
  readonly url: string;
  /** Which tables, and what each is called. */
  readonly tables: ReadonlyMap<DbTable, string>;
  /** Columns that are called otherwise. */
  readonly columns: DbColumns;
  /** Columns of the operator's in the tables of records. */
  readonly extras: readonly string[];
  readonly versionTable: string;
  readonly problems: readonly string[];
}

interface Flags {
  readonly table?: readonly string[];
  readonly column?: readonly string[];
  readonly extra?: readonly string[];
  readonly versionTable?: string;
  readonly help?: boolean;
}

const ACTIONS: readonly DbAction[] = ["init", "check", "migrate"];
const TABLES: readonly DbTable[] = ["dialog", "location", "acc", "missed_calls"];
const COLUMNS: Readonly<Record<keyof DbColumns, readonly string[]>> = {
  dialog: DIALOG_COLUMNS,
  location: [...LOCATION_COLUMNS, "kv_store"],
  acc: RECORD_COLUMNS,
};

const EXAMPLES = `
Actions:
  init      make the tables that are not there; with the dialog table comes dialoom_node, which holds the secret of this node
  check     look at all tables; changes nothing
  migrate   bring tables made by OpenSIPS 3.1 to 4.0 to the form that holds every value; OpenSIPS 3.4 to 4.0 goes on using them

URLs:
  sqlite:///path/to/file     postgres://user:password@host/database     mysql://user:password@host/database

Examples:
  dialoom db init postgres://dialoom:secret@10.0.0.5/dialoom
  dialoom db check mysql://dialoom@localhost/opensips --table dialog=calls --column callid=call_id
  dialoom db init postgres://dialoom@10.0.0.5/dialoom --table acc --column acc.callid=call_id --extra customer
  dialoom db migrate sqlite:///var/lib/dialoom/dialogs.db --table dialog

Status: 0 when every table is as it should be afterwards, 1 when one is not, 75 when the database cannot be reached, 255 for a mistake on the
command line. Make a copy of the database before migrating it.
`;

/** Reads what follows `dialoom db`. */
export function readDbArguments(args: readonly string[]): DbInvocation | { readonly kind: "help"; readonly text: string } {
  const problems: string[] = [];
  const command = describe();
  let flags: Flags = {};
  try {
    command.parse(args, { from: "user" });
    flags = command.opts<Flags>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    problems.push(error.message.replace(/^error: /, ""));
  }
  if (flags.help === true || args.length === 0) return { kind: "help", text: command.helpInformation() + EXAMPLES };
  const [action = "", url = "", ...stray] = command.args;
  const known = ACTIONS.find((one) => one === action);
  if (problems.length === 0) {
    if (known === undefined) problems.push(`dialoom db ${action}: say init, check or migrate`);
    else if (url === "") problems.push(`dialoom db ${action} needs the URL of a database`);
    for (const one of stray) problems.push(`Unexpected argument \`${one}\`.`);
  }
  const { versionTable = "version" } = flags;
  if (!isPlainName(versionTable)) problems.push(`--version-table ${versionTable}: not a name of a table`);
  return {
    kind: "db",
    action: known ?? "check",
    url,
    tables: readTables(flags.table ?? [], problems),
    columns: readColumns(flags.column ?? [], problems),
    extras: readExtras(flags.extra ?? [], problems),
    versionTable,
    problems,
  };
}

function describe(): Command {
  const repeated = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];
  return new Command("dialoom db")
    .description("Makes, checks and migrates the tables of calls, registrations and call records.")
    .usage("init|check|migrate URL [options]")
    .option("-t, --table <name[=called]>", `only this table (${TABLES.join(", ")}), perhaps called otherwise; may be repeated`, repeated)
    .option(
      "-c, --column <name=called>",
      "a column that is called otherwise: of dialog, or location.name, or acc.name for both tables of records; may be repeated",
      repeated,
    )
    .option("-x, --extra <name>", "a column of your own in acc and missed_calls; may be repeated", repeated)
    .option("--version-table <name>", "the table of versions (version)")
    .option("-h, --help", "print this and end")
    .helpOption(false)
    .argument("[action]")
    .argument("[url]")
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
}

function readTables(given: readonly string[], problems: string[]): ReadonlyMap<DbTable, string> {
  if (given.length === 0) return new Map(TABLES.map((one) => [one, one]));
  const tables = new Map<DbTable, string>();
  for (const one of given) {
    const [name = "", called = name] = one.split("=");
    const table = TABLES.find((known) => known === name);
    if (table === undefined) problems.push(`--table ${one}: the tables are ${TABLES.join(", ")}`);
    else if (!isPlainName(called)) problems.push(`--table ${one}: "${called}" is not a name of a table`);
    else tables.set(table, called);
  }
  return tables;
}

function readColumns(given: readonly string[], problems: string[]): DbColumns {
  const columns: Record<keyof DbColumns, Record<string, string>> = { dialog: {}, location: {}, acc: {} };
  for (const one of given) {
    const [left = "", called = ""] = one.split("=");
    const [table, name] = left.includes(".") ? left.split(".", 2) : ["dialog", left];
    if (table !== "dialog" && table !== "location" && table !== "acc") {
      problems.push(`--column ${one}: before the point stands dialog, location or acc (which is missed_calls too)`);
    } else if (name === undefined || !COLUMNS[table].includes(name)) {
      const what = table === "acc" ? "columns of records that may be called otherwise" : `columns of the ${table} table`;
      problems.push(`--column ${one}: the ${what} are ${COLUMNS[table].join(", ")}`);
    } else if (!isPlainName(called)) problems.push(`--column ${one}: write it like --column callid=call_id`);
    else columns[table][name] = called;
  }
  return columns;
}

function readExtras(given: readonly string[], problems: string[]): readonly string[] {
  for (const one of given) if (!isPlainName(one)) problems.push(`--extra ${one}: not a name of a column`);
  return given;
}
