// Brings rows to a database server: gathered for a moment, sent as one transaction after the other, tried again until they are there.
// Nobody waits for it, and an outage of any length costs memory in proportion to the rows that changed, up to a bound.
import { type Clock, type Log, type Ms, type Random, randomUnit, Timer, type Timers } from "../../kit/index.ts";
import { Batch } from "../batch.ts";
import { type Database, type RowChange, type RowWriter, type Statement, StoreError, type StoreFault, type WriterState } from "../ports.ts";
import { Refusals } from "../refusals.ts";
import { type OnDegraded, Outage } from "./outage.ts";
import { RemoteQueue, type Waiting } from "./queue.ts";
import { REMOTE_WRITER_SETTINGS, type RemoteWriterSettings } from "./settings.ts";

/** What a writer stands on. The database stays its owner's: closing the writer does not close it. */
export interface RemoteWriterDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly settings?: Partial<RemoteWriterSettings>;
  /** Told when the database stops taking rows, and when it has taken all of them again. */
  onDegraded?(isDegraded: boolean, reason: string): void;
}

/** Batches are not made smaller than this because of an outage. */
const LEAST_ROWS = 25;
/** Another transaction was in the way: soon again, but not at once. */
const BUSY_MS: Ms = 20;
const BUSY_MAX_MS: Ms = 1000;
/** Somebody waits for the end: it is tried more often. */
const DRAIN_BACKOFF_MAX_MS: Ms = 250;

const NEXT = 1;
const DRAIN_ENDS = 2;

interface Drain {
  readonly until: Ms;
  readonly upTo: number;
  readonly droppedBefore: number;
  readonly resolve: (isAllWritten: boolean) => void;
}

/** The writer of a database on a server. */
export class RemoteWriter implements RowWriter {
  readonly #deps: RemoteWriterDeps;
  readonly #settings: RemoteWriterSettings;
  readonly #queue: RemoteQueue;
  readonly #outage: Outage;
  readonly #refusals: Refusals;
  readonly #next: Timer;
  readonly #drainEnd: Timer;
  /** Settles when no batch is under way any more. */
  #underWay: Promise<void> | undefined = undefined;
  /** Most changes of the next batch: fewer while a refused row is looked for, or while the server is slow. */
  #rows: number;
  #drains: Drain[] = [];
  #retries = 0;
  #dropped = 0;
  #isClosed = false;

  constructor(deps: RemoteWriterDeps) {
    this.#deps = deps;
    this.#settings = { ...REMOTE_WRITER_SETTINGS, ...deps.settings };
    this.#queue = new RemoteQueue(this.#settings.queueMax);
    this.#rows = this.#settings.batchRows;
    const { log, clock, database } = deps;
    const onDegraded: OnDegraded = (isDegraded, reason) => this.#contain(() => deps.onDegraded?.(isDegraded, reason));
    this.#outage = new Outage(log, clock, database.name, onDegraded);
    this.#refusals = new Refusals(log, clock, database.name);
    const owner = { onTimer: (kind: number) => (kind === NEXT ? this.#send() : this.#endDrains()) };
    this.#next = new Timer(owner, NEXT);
    this.#drainEnd = new Timer(owner, DRAIN_ENDS);
  }

  get state(): WriterState {
    const since = this.#queue.oldestSince;
    return {
      pending: this.#queue.size,
      ageMs: since === undefined ? 0 : this.#deps.clock.monotonic() - since,
      retries: this.#retries,
      dropped: this.#dropped,
      isDegraded: this.#outage.isDegraded,
    };
  }

  write(change: RowChange): void {
    if (this.#isClosed) {
      this.#dropped++;
      return;
    }
    if (!this.#queue.add(change, this.#deps.clock.monotonic())) {
      this.#dropped++;
      this.#giveUp(change, new StoreError("full", `${this.#settings.queueMax} rows wait already`));
      return;
    }
    if (this.#underWay === undefined && !this.#next.isArmed) {
      this.#deps.timers.arm(this.#next, this.#drains.length > 0 ? 0 : this.#settings.lingerMs);
    }
  }

  drain(timeoutMs: number): Promise<boolean> {
    const { clock, timers } = this.#deps;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#drains.push({ until: clock.monotonic() + timeoutMs, upTo: this.#queue.lastOrder, droppedBefore: this.#dropped, resolve });
    if (this.#underWay === undefined && this.#queue.size > 0) timers.arm(this.#next, 0);
    this.#endDrains();
    return promise;
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#dropped += this.#queue.size;
      this.#queue.clear();
      this.#deps.timers.disarm(this.#next);
    }
    await this.#underWay;
    this.#endDrains();
    this.#deps.timers.disarm(this.#drainEnd);
  }

  #send(): void {
    if (this.#isClosed || this.#underWay !== undefined) return;
    const batch = this.#gather();
    // with nothing left to write, an outage is over when the server answers at all
    if (batch.changes.length === 0 && !this.#outage.isDegraded) {
      this.#settled();
      return;
    }
    this.#underWay = this.#deps.database
      .transact(batch.statements)
      .then(
        () => this.#written(batch),
        (error: unknown) => this.#failed(batch, error),
      )
      .then((againAfter) => {
        this.#underWay = undefined;
        if (againAfter === undefined) this.#settled();
        else if (!this.#isClosed) this.#deps.timers.arm(this.#next, againAfter);
        this.#endDrains();
      });
  }

  /** The next changes with what is true now. One that has nothing to say is done; one that throws is given up. */
  #gather(): Batch<Waiting> {
    const batch = new Batch<Waiting>();
    let bytes = 0;
    const now = this.#deps.clock.monotonic();
    for (const one of this.#queue.fromFirst()) {
      if (batch.changes.length >= this.#rows || bytes >= this.#settings.batchBytes) break;
      try {
        const statements = one.change.statements();
        if (statements === undefined || statements.length === 0) this.#queue.finish(one, now);
        else if (!one.isDone) {
          batch.add(one, statements);
          bytes += bytesOf(statements);
        }
      } catch (error) {
        this.#refuse(one, error);
      }
    }
    return batch;
  }

  /** Nothing is under way: the next batch, if there is anything. Under load that is at once, what came meanwhile goes together. */
  #settled(): void {
    this.#endDrains();
    if (this.#isClosed) return;
    if (this.#queue.size > 0) this.#deps.timers.arm(this.#next, this.#isHurried() ? 0 : this.#settings.lingerMs);
  }

  #isHurried(): boolean {
    return this.#drains.length > 0 || this.#queue.size >= this.#rows;
  }

  #written(batch: Batch<Waiting>): undefined {
    const now = this.#deps.clock.monotonic();
    for (const one of batch.changes) {
      this.#queue.finish(one, now);
      this.#contain(() => one.change.written?.());
    }
    this.#rows = Math.min(this.#settings.batchRows, this.#rows * 2);
    this.#answered();
  }

  #answered(): void {
    this.#outage.succeeded(this.#queue.oldestSince, this.#queue.size, this.#retries, this.#dropped);
  }

  /** @returns when to try again */
  #failed(batch: Batch<Waiting>, cause: unknown): Ms {
    const error = cause instanceof StoreError ? cause : new StoreError("refused", String(cause), -1, { cause });
    if (error.fault === "refused") {
      this.#isolate(batch, error);
      return 0;
    }
    this.#retries++;
    this.#outage.failed(error.fault, error.message, this.#queue.size, this.#retries - 1, this.#dropped);
    // a slow server may manage less in the time that it has
    this.#rows = Math.max(Math.min(LEAST_ROWS, this.#settings.batchRows), this.#rows >> 1);
    return this.#backoff(error.fault);
  }

  /** One of the rows will never be taken: the others go without it. */
  #isolate(batch: Batch<Waiting>, error: StoreError): void {
    const culprit = batch.refused(error.at);
    if (culprit !== undefined) {
      this.#refuse(culprit, error);
      this.#answered();
    }
    // nobody knows which: it is in one of the halves
    else this.#rows = Math.max(1, batch.changes.length >> 1);
  }

  /** Longer with each failure, never longer than a limit, and not for everybody the same. */
  #backoff(fault: Exclude<StoreFault, "refused">): Ms {
    const { backoffMs, backoffMaxMs } = this.#settings;
    const most = fault === "busy" ? BUSY_MAX_MS : this.#drains.length > 0 ? Math.min(DRAIN_BACKOFF_MAX_MS, backoffMaxMs) : backoffMaxMs;
    const first = fault === "busy" ? BUSY_MS : backoffMs;
    const fullMs = Math.min(most, first * 2 ** Math.min(20, this.#outage.inARow - 1));
    return fullMs * (0.5 + randomUnit(this.#deps.random) / 2);
  }

  #refuse(one: Waiting, cause: unknown): void {
    this.#queue.finish(one, this.#deps.clock.monotonic());
    this.#dropped++;
    this.#giveUp(one.change, cause instanceof StoreError ? cause : new StoreError("refused", String(cause), -1, { cause }));
  }

  #giveUp(change: RowChange, error: StoreError): void {
    this.#refusals.note(change, error);
    this.#contain(() => change.refused?.(error));
  }

  #endDrains(): void {
    if (this.#drains.length === 0) return;
    const now = this.#deps.clock.monotonic();
    const left: Drain[] = [];
    for (const one of this.#drains) {
      const isDone = this.#queue.size === 0 || !this.#queue.holdsUpTo(one.upTo);
      if (isDone || now >= one.until || this.#isClosed) one.resolve(isDone && this.#dropped === one.droppedBefore);
      else left.push(one);
    }
    this.#drains = left;
    if (left.length > 0) this.#deps.timers.arm(this.#drainEnd, Math.min(...left.map((one) => one.until)) - now);
  }

  #contain(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#deps.log.error({ err: error }, "an internal error was contained");
    }
  }
}

/** Of the values of statements, about. */
function bytesOf(statements: readonly Statement[]): number {
  let bytes = 0;
  for (const { values } of statements) {
    for (const value of values) bytes += typeof value === "string" || value instanceof Uint8Array ? value.length : 8;
  }
  return bytes;
}
