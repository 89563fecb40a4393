// What stands between those who keep rows (calls, registrations, records) and the databases: statements, a database, a writer. Nothing
// here knows what a row means.

/** The three families of SQL we speak. */
export type Dialect = "sqlite" | "postgres" | "mysql";

/** A value of a column, in both directions. Text columns give and take strings, binary ones bytes; 64-bit ids are bigints. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** One statement with its values, in the dialect's own placeholders. The text comes from a fixed set, so that it can stay prepared. */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** The values of one row in the order of the columns asked for. */
export type SqlRow = readonly SqlValue[];

/**
 * Why a database did not do something.
 * `away`: it cannot be reached, or the connection broke; what was asked may or may not have happened.
 * `busy`: somebody else holds a lock; nothing has happened.
 * `full`: there is no room on its disk; nothing has happened.
 * `refused`: it will never do this (a constraint, a value that does not fit, no such table); nothing has happened.
 */
export type StoreFault = "away" | "busy" | "full" | "refused";

/** A database that failed. */
export class StoreError extends Error {
  readonly fault: StoreFault;
  /** Which statement of a batch was refused; −1 when that is not known. */
  readonly at: number;

  constructor(fault: StoreFault, message: string, at: number = -1, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.fault = fault;
    this.at = at;
  }
}

/** One database behind one URL. */
export interface Database {
  readonly dialect: Dialect;
  /** For people: its URL without the password. */
  readonly name: string;
  /**
   * Runs statements in order in one transaction: all or none.
   * @throws StoreError; never hangs: what takes longer than the time limit of the settings is `away`
   */
  transact(statements: readonly Statement[]): Promise<void>;
  /**
   * Rows as they come, in chunks: the whole table is never in memory.
   * @throws StoreError
   */
  select(statement: Statement, chunkRows: number): AsyncIterable<readonly SqlRow[]>;
  close(): Promise<void>;
}

/** A database inside the process: it writes at once, while the loop waits. */
export interface LocalDatabase extends Database {
  /** Its commits wait for the disk: `transact` does them beside the loop, and what depends on them has to be held until then. */
  readonly commitsAside?: boolean;
  /**
   * As `transact`, done when it returns.
   * @throws StoreError, nothing having happened
   */
  transactNow(statements: readonly Statement[]): void;
}

/** A row that has to be written, some time soon. Later word on the same row replaces it where it stands in the queue. */
export interface RowChange {
  /** With `row` what the change is about: names the table, or another realm of ids. */
  readonly realm: string;
  /** The row's id; undefined for one that is only added and never looked at again (a call record). */
  readonly row: string | bigint | undefined;
  /**
   * Asked when its turn has come, perhaps more than once: what makes the row say what is true then.
   * @returns undefined when there is nothing left to do
   */
  statements(): readonly Statement[] | undefined;
  /** The row stands in the database. */
  written?(): void;
  /** It never will: the database refuses it. Logged and counted already. */
  refused?(error: StoreError): void;
}

/** Numbers of a writer. */
export interface WriterState {
  /** Rows that wait. */
  readonly pending: number;
  /** How long the first of them has waited, ms. */
  readonly ageMs: number;
  /** Batches that were tried again. */
  readonly retries: number;
  /** Changes that were given up: refused rows, and what a full queue could not take. */
  readonly dropped: number;
  /** Whether the database takes what it is given. */
  readonly isDegraded: boolean;
}

/** Takes changes from everybody who keeps rows in one database, and brings them there in order. */
export interface RowWriter {
  readonly state: WriterState;
  /** Never throws and never waits. */
  write(change: RowChange): void;
  /**
   * Waits until everything given so far is written or given up.
   * @param timeoutMs - then it stops waiting
   * @returns whether all of it was written
   */
  drain(timeoutMs: number): Promise<boolean>;
  /** No more changes; what waits is dropped. */
  close(): Promise<void>;
}
