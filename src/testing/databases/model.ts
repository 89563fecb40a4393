// A database on a server as a model: SQLite in memory behind a network of virtual time, with the outages of a real one.
import { DatabaseSync } from "node:sqlite";
import type { Ms } from "../../kit/index.ts";
import { type Database, type SqlRow, type SqlValue, type Statement, StoreError } from "../../store/index.ts";
import type { TestClock } from "../clock.ts";

/** How the model does just now. */
export interface ModelWeather {
  /** From asking to answering. */
  latencyMs: Ms;
  /** `answerLost`: what is asked is done, but nobody hears of it. */
  fault: "none" | "away" | "answerLost" | "busy" | "full";
}

/** A `Database` of virtual time. */
export class ModelDatabase implements Database {
  readonly dialect = "sqlite";
  readonly name = "model";
  readonly weather: ModelWeather = { latencyMs: 1, fault: "none" };
  /** How many transactions were asked for, and the most statements in one. */
  transactions = 0;
  mostStatements = 0;
  /** How many were under way at once, at most. */
  mostAtOnce = 0;
  readonly #sqlite: DatabaseSync;
  readonly #clock: TestClock;
  #atOnce = 0;
  #isClosed = false;

  constructor(clock: TestClock, sqlite: DatabaseSync = new DatabaseSync(":memory:", { readBigInts: true })) {
    this.#clock = clock;
    this.#sqlite = sqlite;
  }

  /** Another connection to the same tables. */
  connect(): ModelDatabase {
    return new ModelDatabase(this.#clock, this.#sqlite);
  }

  async transact(statements: readonly Statement[]): Promise<void> {
    this.#refuseClosed();
    this.transactions++;
    this.mostStatements = Math.max(this.mostStatements, statements.length);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    try {
      const { latencyMs } = this.weather;
      await this.#pass(latencyMs / 2);
      const { fault } = this.weather;
      if (fault === "none" || fault === "answerLost") this.#apply(statements);
      await this.#pass(latencyMs / 2);
      if (fault !== "none") throw new StoreError(fault === "answerLost" ? "away" : fault, `the model is ${fault}`);
    } finally {
      this.#atOnce--;
    }
  }

  async *select({ text, values }: Statement, chunkRows: number): AsyncGenerator<readonly SqlRow[]> {
    this.#refuseClosed();
    await this.#pass(this.weather.latencyMs);
    if (this.weather.fault !== "none") throw new StoreError("away", "the model is away");
    const rows = this.#asked(text, values);
    for (let at = 0; at < rows.length; at += chunkRows) yield rows.slice(at, at + chunkRows);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** What a query gives, at once: for expectations. */
  rows(text: string, ...values: readonly SqlValue[]): SqlRow[] {
    return this.#sqlite
      .prepare(text)
      .all(...values)
      .map((row) => Object.values(row).map(plain));
  }

  #asked(text: string, values: readonly SqlValue[]): SqlRow[] {
    try {
      return this.rows(text, ...values);
    } catch (error) {
      throw new StoreError("refused", String(error), 0, { cause: error });
    }
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new StoreError("away", "the model is closed");
  }

  #apply(statements: readonly Statement[]): void {
    this.#sqlite.exec("BEGIN");
    let at = 0;
    try {
      for (const { text, values } of statements) {
        this.#sqlite.prepare(text).run(...values);
        at++;
      }
      this.#sqlite.exec("COMMIT");
    } catch (error) {
      this.#sqlite.exec("ROLLBACK");
      throw new StoreError("refused", String(error), at, { cause: error });
    }
  }

  #pass(ms: Ms): Promise<void> {
    return new Promise((resolve) => this.#clock.schedule(ms, resolve));
  }
}

function plain(value: SqlValue): SqlValue {
  const isSmall = typeof value === "bigint" && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
  return isSmall ? Number(value) : value;
}
