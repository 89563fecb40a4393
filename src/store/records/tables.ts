// The tables of records in one database: those that are known at the start are checked then, and made where the database is a file of
// ours; those that routes name later are believed.
import type { CallRecord } from "../../accounting/index.ts";
import type { Log } from "../../kit/index.ts";
import type { OpenDatabase } from "../databases.ts";
import { isPlainName, neededTable } from "../schema/index.ts";
import { type RecordLayout, RecordStatements, recordShape } from "./statements.ts";

/** Names of the tables. */
export interface RecordTableNames {
  readonly answered: string;
  readonly missed: string;
  /** Others that routes will name. */
  readonly named: readonly string[];
}

/** Most tables that routes may name at run time: their names come from variables. */
const MOST_TABLES = 256;

/** All tables of records of one database. */
export class RecordTables {
  readonly #open: OpenDatabase;
  readonly #names: RecordTableNames;
  readonly #layout: RecordLayout;
  readonly #log: Log;
  readonly #tables = new Map<string, RecordStatements>();
  readonly #told = new Set<string>();

  constructor(open: OpenDatabase, names: RecordTableNames, layout: RecordLayout, log: Log) {
    this.#open = open;
    this.#names = names;
    this.#layout = layout;
    this.#log = log;
  }

  /**
   * Looks at the tables that are known. One that nobody has looked at is written to as if others had made it.
   * @throws StoreError (rejects) when the database fails, or a table is not what it has to be
   */
  async start(versionTable: string): Promise<void> {
    const { answered, missed, named } = this.#names;
    for (const table of new Set([answered, missed, ...named])) await this.#check(table, table === missed, versionTable);
  }

  /** Where a record belongs. */
  of(record: CallRecord): RecordStatements {
    const { answered, missed } = this.#names;
    if (record.kind === "missed") return this.#get(missed, true);
    if (record.table === "") return this.#get(answered, false);
    if (isPlainName(record.table) && (this.#tables.has(record.table) || this.#tables.size < MOST_TABLES)) {
      return this.#get(record.table, record.table === missed);
    }
    this.#tellOnce(`table ${record.table}`, { table: record.table }, "no name of a table: its records go to the usual one");
    return this.#get(answered, false);
  }

  async #check(table: string, isMissed: boolean, versionTable: string): Promise<void> {
    const { database } = this.#open;
    const shape = recordShape(table, isMissed, this.#layout);
    this.#add(table, isMissed, await neededTable(database, shape, versionTable));
  }

  #get(table: string, isMissed: boolean): RecordStatements {
    return this.#tables.get(table) ?? this.#add(table, isMissed, { hasOwn: false, widths: new Map() });
  }

  #add(
    table: string,
    isMissed: boolean,
    facts: { readonly hasOwn: boolean; readonly widths: ReadonlyMap<string, number> },
  ): RecordStatements {
    const shape = recordShape(table, isMissed, this.#layout);
    const onCut = (column: string): void =>
      this.#tellOnce(`${table}.${column}`, { table, column }, "texts are longer than this column of records and are cut off");
    const statements = new RecordStatements(this.#open.database.dialect, shape, this.#layout, facts, onCut);
    this.#tables.set(table, statements);
    return statements;
  }

  #tellOnce(key: string, fields: object, text: string): void {
    if (this.#told.has(key) || this.#told.size >= MOST_TABLES) return;
    this.#told.add(key);
    this.#log.warn(fields, text);
  }
}
