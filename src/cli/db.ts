// `dialoom db`: makes, checks and migrates the tables of a database.
import { existsSync } from "node:fs";
import { DialoomError, type Log } from "../kit/index.ts";
import {
  checkDialogTable,
  checkTable,
  createTable,
  type Database,
  type DialogNames,
  dialogTable,
  EXIT_NO_DATABASE,
  locationShape,
  migrateTable,
  nodeTable,
  openDatabase,
  openSqlite,
  recordShape,
  StoreError,
  sqlitePath,
  type TableCheck,
  type TableShape,
  type UsableTable,
} from "../store/index.ts";
import type { DbAction, DbInvocation, DbTable } from "./db-arguments.ts";
import { openReader } from "./file-reader.ts";

/** Where what is said goes. */
export interface DbOutput {
  /** One line of the result. */
  say(line: string): void;
  /** One line about what is wrong. */
  complain(line: string): void;
}

/** What a mistake on the command line, or in the URL, ends with. */
const CANNOT_START = 255;
/** A table of 100,000 rows may take its time to be migrated. */
const PATIENT = { connectMs: 10_000, answerMs: 3_600_000 };

/** A table and how to look at it. */
interface Task {
  readonly table: TableShape;
  /** Comes with another one, whoever made that. */
  readonly isAdded: boolean;
  check(): Promise<TableCheck>;
}

/** Does what is asked for. @returns the status to end with */
export async function runDb(invocation: DbInvocation, output: DbOutput): Promise<number> {
  let database: Database | undefined;
  try {
    database = await open(invocation, output);
    if (database === undefined) return 1;
    output.say(database.name);
    let isRight = true;
    for (const task of tasksOf(invocation, database)) {
      const [line, isWell] = await carryOut(invocation, database, task);
      output.say(`  ${task.table.name.padEnd(16)} ${line}`);
      isRight = isRight && isWell;
    }
    return isRight ? 0 : 1;
  } catch (error) {
    if (error instanceof DialoomError) {
      for (const problem of error.problems) output.complain(problem);
      return CANNOT_START;
    }
    if (!(error instanceof StoreError)) throw error;
    output.complain(error.message);
    return error.fault === "refused" ? 1 : EXIT_NO_DATABASE;
  } finally {
    await database?.close();
  }
}

/** @returns undefined when there is nothing to open, which has been said */
async function open({ action, url }: DbInvocation, output: DbOutput): Promise<Database | undefined> {
  const line = (fields: object, text: string): void => output.complain(`${text} ${JSON.stringify(fields)}`);
  const log: Log = { error: line, warn: line, info: () => {}, debug: () => {} };
  const path = sqlitePath(url);
  if (path === undefined) return openDatabase(url, { log, limits: PATIENT });
  if (action !== "init" && !existsSync(path)) {
    output.complain(`there is no file ${path}: dialoom db init ${url} makes it`);
    return undefined;
  }
  if (action === "check") return openReader(path);
  // a proxy that runs would go on writing in the old form
  return openSqlite(path, { log, brokenFile: "leave", ...(action === "migrate" ? { owner: {} } : {}) });
}

function tasksOf({ tables, columns, extras, versionTable }: DbInvocation, database: Database): Task[] {
  const layout = { columns: columns.acc, extras: extras.map((name) => ({ tag: name, name })), legs: [] };
  const shapes: Record<DbTable, (name: string) => TableShape> = {
    dialog: (table) => dialogTable({ table, columns: columns.dialog }),
    location: (table) => locationShape(table, columns.location),
    acc: (table) => recordShape(table, false, layout),
    missed_calls: (table) => recordShape(table, true, layout),
  };
  return [...tables].flatMap(([kind, name]) => {
    const table = shapes[kind](name);
    const names: DialogNames = { table: name, columns: columns.dialog };
    const check = () => (kind === "dialog" ? checkDialogTable(database, names, versionTable) : checkTable(database, table, versionTable));
    if (kind !== "dialog") return [{ table, isAdded: false, check }];
    const node = nodeTable();
    return [
      { table, isAdded: false, check },
      { table: node, isAdded: true, check: () => checkTable(database, node, versionTable) },
    ];
  });
}

/** @returns what to say about a table, and whether it is as it should be now */
async function carryOut({ action, versionTable }: DbInvocation, database: Database, task: Task): Promise<[string, boolean]> {
  const check = await task.check();
  switch (check.state) {
    case "absent":
      // that of this node's secret is part of the form that a dialog table is brought to
      if (action !== "init" && !(action === "migrate" && task.isAdded)) return ["is not there: dialoom db init makes it", false];
      await createTable(database, task.table, { versionTable });
      return [`made, version ${task.table.version}`, true];
    case "unusable":
      return [`cannot be used: ${check.problems.join("; ")}`, false];
    case "usable": {
      if (action !== "migrate") return [described(check, action), true];
      const done = await migrateTable(database, check, versionTable);
      if (done.length === 0) return [described(check, action), true];
      return [done.join("; "), true];
    }
  }
}

function described({ table, version, hasOwn, widths }: UsableTable, action: DbAction): string {
  const said = version === undefined ? `no version written down, taken for ${table.version}` : `version ${version}`;
  const isOurs = hasOwn && widths.size === 0 && version === table.version;
  if (isOurs) return action === "init" ? `is there already, ${said}` : said;
  const loss = hasOwn ? "longer texts do not fit" : "without our own column: what it cannot hold is lost in a restart";
  return `${said}, as OpenSIPS makes it; ${loss}; dialoom db migrate changes that`;
}
