// One connection to a SQLite file, on whatever thread it is opened: transactions, and rows in slices.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type SqlRow, type SqlValue, type Statement, StoreError } from "../ports.ts";
import { storeError } from "./faults.ts";

/** Texts that stay prepared. There are some thirty; lists of ids in all lengths could be more. */
const MAX_PREPARED = 256;

/** How a connection is set up. */
export interface ConnectionOptions {
  readonly isReadOnly?: boolean;
  /** How long a statement waits, blocking, for somebody else's lock. */
  readonly busyMs?: number;
  /** Run after the connection has been opened, as they are. */
  readonly pragmas?: readonly string[];
}

/** A connection. Its statements stay prepared by their texts. */
export class Connection {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  /** @throws StoreError */
  constructor(path: string, { isReadOnly = false, busyMs = 0, pragmas = [] }: ConnectionOptions = {}) {
    try {
      this.#db = new DatabaseSync(path, { readOnly: isReadOnly, timeout: busyMs });
    } catch (error) {
      throw storeError(error, -1);
    }
    try {
      for (const pragma of pragmas) this.#db.exec(`PRAGMA ${pragma}`);
      // the lock is taken at the start: a transaction that has begun cannot find somebody else in its way half through
      this.#begin = this.#db.prepare("BEGIN IMMEDIATE");
      this.#commit = this.#db.prepare("COMMIT");
    } catch (error) {
      this.#db.close();
      throw storeError(error, -1);
    }
  }

  /**
   * Runs statements in one transaction: all or none.
   * @throws StoreError, nothing having happened
   */
  transact(statements: readonly Statement[]): void {
    let at = -1;
    try {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK"); // one that could not be rolled back when it failed
    } catch (error) {
      throw new StoreError("away", "a failed transaction cannot be rolled back", -1, { cause: error });
    }
    try {
      // one statement is a transaction of its own
      if (statements.length !== 1) this.#begin.run();
      for (at = 0; at < statements.length; at++) {
        const statement = statements[at];
        if (statement !== undefined) this.#prepare(statement.text).run(...bindable(statement.values));
      }
      at = -1;
      if (statements.length !== 1) this.#commit.run();
    } catch (error) {
      this.#rollBack();
      throw storeError(error, at);
    }
  }

  /** The rows of one statement, as they are asked for. The statement is finished with the iterator. @throws StoreError */
  *rows(statement: Statement): IterableIterator<SqlRow> {
    try {
      const prepared = this.#db.prepare(statement.text);
      prepared.setReturnArrays(true);
      prepared.setReadBigInts(true);
      const isWide = prepared.columns().map(({ type }) => type?.toUpperCase().startsWith("BIGINT") === true);
      for (const row of prepared.iterate(...bindable(statement.values))) yield narrowed(row as unknown as SqlValue[], isWide);
    } catch (error) {
      throw storeError(error, -1);
    }
  }

  /** The first value of the first row; undefined when there is none. @throws StoreError */
  value(text: string): SqlValue | undefined {
    for (const row of this.rows({ text, values: [] })) return row[0];
    return undefined;
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(text: string): StatementSync {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(text);
    if (this.#prepared.size >= MAX_PREPARED) {
      for (const oldest of this.#prepared.keys()) {
        this.#prepared.delete(oldest);
        break;
      }
    }
    this.#prepared.set(text, statement);
    return statement;
  }

  #rollBack(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK"); // a full disk ends some transactions by itself
    } catch {
      // what was written is not committed: the next transaction tries again, and closing the connection drops it
    }
  }
}

/** Whole numbers as such: node:sqlite binds every number as a floating one, which a text column would keep as `7.0`. */
function bindable(values: readonly SqlValue[]): SqlValue[] {
  const bound: SqlValue[] = new Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? null;
    bound[i] = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  return bound;
}

/** Integers as numbers, apart from columns declared for 64 bits and from values that a number cannot hold. */
function narrowed(row: SqlValue[], isWide: readonly boolean[]): SqlRow {
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (typeof value !== "bigint" || isWide[i] === true) continue;
    const number = Number(value);
    if (Number.isSafeInteger(number)) row[i] = number;
  }
  return row;
}
