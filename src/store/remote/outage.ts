// Whether a database takes what it is given: one line in the log when it stops, one when everything that waited is there.
import type { Clock, Log, Ms } from "../../kit/index.ts";
import type { StoreFault } from "../ports.ts";

/** Contradictions of other transactions in a row that count as an outage. */
const BUSY_IN_A_ROW = 8;

/** What somebody who wants to know of outages is told (`db_degraded`). */
export type OnDegraded = (isDegraded: boolean, reason: string) => void;

/** The state of one writer's database. */
export class Outage {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #database: string;
  readonly #onDegraded: OnDegraded;
  #since: Ms | undefined = undefined;
  /** From then on it takes rows again; what is older waits still. */
  #over: Ms | undefined = undefined;
  #retriesBefore = 0;
  #droppedBefore = 0;
  #inARow = 0;

  constructor(log: Log, clock: Clock, database: string, onDegraded: OnDegraded) {
    this.#log = log;
    this.#clock = clock;
    this.#database = database;
    this.#onDegraded = onDegraded;
  }

  /** Until everything that waited has been taken. */
  get isDegraded(): boolean {
    return this.#since !== undefined;
  }
  /** Failures since the last success. */
  get inARow(): number {
    return this.#inARow;
  }

  /** A batch has failed. */
  failed(fault: StoreFault, reason: string, pending: number, retries: number, dropped: number): void {
    this.#inARow++;
    this.#over = undefined;
    if (this.isDegraded || (fault === "busy" && this.#inARow < BUSY_IN_A_ROW)) return;
    this.#since = this.#clock.monotonic();
    this.#retriesBefore = retries;
    this.#droppedBefore = dropped;
    this.#log.error({ database: this.#database, reason, pending }, "the database takes no rows: calls go on, and rows wait for it");
    this.#onDegraded(true, reason);
  }

  /** A batch has been taken. @param oldest - since when the first row waits that still does */
  succeeded(oldest: Ms | undefined, pending: number, retries: number, dropped: number): void {
    this.#inARow = 0;
    if (this.#since === undefined) return;
    this.#over ??= this.#clock.monotonic();
    if (oldest !== undefined && oldest <= this.#over) return;
    const forMs = Math.round(this.#clock.monotonic() - this.#since);
    const lost = { retries: retries - this.#retriesBefore, dropped: dropped - this.#droppedBefore };
    this.#since = undefined;
    this.#over = undefined;
    this.#log.info({ database: this.#database, forMs, pending, ...lost }, "the database has taken all rows again");
    this.#onDegraded(false, "");
  }
}
