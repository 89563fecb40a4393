// A database in memory and a writer that writes when it is told to. For the tests of registrations and records.
import { DatabaseSync } from "node:sqlite";
import type { LocalDatabase, RowChange, RowWriter, SqlRow, SqlValue, Statement, WriterState } from "./ports.ts";
import { StoreError } from "./ports.ts";

/** Runs on `node:sqlite` itself. */
export class TestDatabase implements LocalDatabase {
  readonly dialect = "sqlite";
  readonly name = "test";
  readonly sqlite: DatabaseSync = new DatabaseSync(":memory:");
  isAway = false;

  transact(statements: readonly Statement[]): Promise<void> {
    return Promise.resolve().then(() => this.transactNow(statements));
  }

  transactNow(statements: readonly Statement[]): void {
    if (this.isAway) throw new StoreError("away", "the test has cut it off");
    this.sqlite.exec("BEGIN");
    let at = 0;
    try {
      for (const { text, values } of statements) {
        this.sqlite.prepare(text).run(...values);
        at++;
      }
      this.sqlite.exec("COMMIT");
    } catch (error) {
      this.sqlite.exec("ROLLBACK");
      throw new StoreError("refused", String(error), at);
    }
  }

  async *select({ text, values }: Statement, chunkRows: number): AsyncIterable<readonly SqlRow[]> {
    if (this.isAway) throw new StoreError("away", "the test has cut it off");
    const rows = this.rows(text, ...values);
    for (let at = 0; at < rows.length; at += chunkRows) yield await Promise.resolve(rows.slice(at, at + chunkRows));
  }

  /** Rows of a query, for expectations too. */
  rows(text: string, ...values: readonly SqlValue[]): SqlRow[] {
    const prepared = this.sqlite.prepare(text);
    prepared.setReadBigInts(true);
    const plain = (value: unknown): SqlValue =>
      typeof value === "bigint" && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
        ? Number(value)
        : (value as SqlValue);
    return prepared.all(...values).map((row) => Object.values(row).map(plain));
  }

  close(): Promise<void> {
    this.sqlite.close();
    return Promise.resolve();
  }
}

/** Holds changes, later word on a row in the place of the earlier one, until `flush`. */
export class TestWriter implements RowWriter {
  readonly #database: TestDatabase;
  readonly #changes = new Map<string, RowChange>();
  /** Writes at once. */
  isEager: boolean;
  /** Changes that were given, in all. */
  given = 0;
  retries = 0;
  /** Rows that may wait; further ones are refused. */
  max: number = Number.POSITIVE_INFINITY;
  /** Errors of what was refused. */
  readonly refused: StoreError[] = [];
  #serial = 0;

  constructor(database: TestDatabase, isEager = true) {
    this.#database = database;
    this.isEager = isEager;
  }

  get state(): WriterState {
    return {
      pending: this.#changes.size,
      ageMs: 0,
      retries: this.retries,
      dropped: this.refused.length,
      isDegraded: this.#database.isAway,
    };
  }

  write(change: RowChange): void {
    this.given++;
    const key = change.row === undefined ? `#${++this.#serial}` : `${change.realm}/${change.row}`;
    if (this.#changes.size >= this.max && !this.#changes.has(key)) {
      change.refused?.(new StoreError("full", "the test lets no more wait"));
      return;
    }
    this.#changes.set(key, change);
    if (this.isEager) this.flush();
  }

  /** Writes what waits. A database that is away keeps it waiting. */
  flush(): void {
    for (const [key, change] of [...this.#changes]) {
      const statements = change.statements();
      try {
        if (statements !== undefined) this.#database.transactNow(statements);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.fault === "away") {
          this.retries++;
          continue;
        }
        this.#changes.delete(key);
        this.refused.push(error);
        change.refused?.(error);
        continue;
      }
      this.#changes.delete(key);
      change.written?.();
    }
  }

  drain(): Promise<boolean> {
    this.flush();
    return Promise.resolve(this.#changes.size === 0);
  }

  close(): Promise<void> {
    this.#changes.clear();
    return Promise.resolve();
  }
}
