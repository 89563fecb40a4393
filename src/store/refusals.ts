// Log lines about rows that are given up: each with its id and reason, but not thousands of them.
import type { Clock, Log, Ms } from "../kit/index.ts";
import type { RowChange, StoreError } from "./ports.ts";

/** Rows that are named in one period; the others are counted. */
const NAMED = 20;
const PERIOD_MS: Ms = 10_000;

/** The log of one writer. */
export class Refusals {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #database: string;
  #until: Ms = Number.NEGATIVE_INFINITY;
  #named = 0;

  constructor(log: Log, clock: Clock, database: string) {
    this.#log = log;
    this.#clock = clock;
    this.#database = database;
  }

  /** Names a row. */
  note({ realm, row }: RowChange, error: StoreError): void {
    const now = this.#clock.monotonic();
    if (now >= this.#until) {
      this.#until = now + PERIOD_MS;
      this.#named = 0;
    }
    if (this.#named++ >= NAMED) return;
    const text = error.fault === "refused" ? "a row was refused by the database" : "a row was given up: too many wait for the database";
    this.#log.error({ database: this.#database, realm, row: row?.toString(), reason: error.message }, text);
  }
}
