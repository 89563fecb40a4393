// What the two writers of a database inside the process have in common: the queue, its numbers, rows that are refused, the state of not
// taking rows, and waiting for the end.
import { type Clock, type Log, type Ms, type Outbox, Timer, type Timers } from "../../kit/index.ts";
import { Batch } from "../batch.ts";
import { type LocalDatabase, type RowChange, type RowWriter, StoreError, type StoreFault, type WriterState } from "../ports.ts";
import { Refusals } from "../refusals.ts";
import { ChangeQueue, type QueuedChange } from "./queue.ts";

/** What a writer stands on. */
export interface LocalWriterDeps {
  readonly database: LocalDatabase;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Told when the database stops taking rows, and when it has taken all of them again (`db_degraded`). */
  onDegraded?(isDegraded: boolean, reason: string): void;
  /** Rows that may wait while the database takes none; further ones are given up and counted. */
  readonly maxPending?: number;
  /** On the loop: turns that end sooner than this after a commit share the next one. Each has its own when it is left out. */
  readonly commitEveryMs?: Ms;
}

/** Why no row at all can be written. */
export type Obstacle = Exclude<StoreFault, "refused">;

/** When rows that were not taken are tried again, and nothing waits for them any more. */
const RETRY_MS: Readonly<Record<Obstacle, Ms>> = { busy: 50, full: 1000, away: 1000 };
const MAX_PENDING = 1_000_000;

const RETRY = 1;
const HOLD_ENDS = 2;
const DRAIN_ENDS = 3;

interface Drain {
  readonly until: Ms;
  readonly droppedBefore: number;
  readonly resolve: (isAllWritten: boolean) => void;
}

/** One that commits at the end of each turn; how, the two kinds say. */
export abstract class WriterCore implements RowWriter {
  protected readonly deps: LocalWriterDeps;
  protected readonly queue: ChangeQueue;
  protected retries = 0;
  protected isClosed = false;
  readonly #retry: Timer;
  readonly #holdEnd: Timer;
  readonly #drainEnd: Timer;
  #degradedBy: Obstacle | undefined = undefined;
  #degradedAt: Ms = 0;
  #drains: Drain[] = [];
  #dropped = 0;
  readonly #refusals: Refusals;

  constructor(deps: LocalWriterDeps) {
    this.deps = deps;
    this.#refusals = new Refusals(deps.log, deps.clock, deps.database.name);
    this.queue = new ChangeQueue(deps.maxPending ?? MAX_PENDING);
    const owner = { onTimer: (kind: number) => this.#onTimer(kind) };
    this.#retry = new Timer(owner, RETRY);
    this.#holdEnd = new Timer(owner, HOLD_ENDS);
    this.#drainEnd = new Timer(owner, DRAIN_ENDS);
    // while rows are not taken they are tried when their time has come: no datagram waits for that
    deps.outbox.beforeLeaving(() => {
      if (this.queue.size > 0 && !this.isDegraded) this.commitTurn();
    });
  }

  /** A turn ends: commits what has changed, or holds the outbox until that is done. */
  protected abstract commitTurn(): void;

  /** Somebody waits for the rows: they share no later commit. */
  protected commitAtOnce(): void {
    this.commitTurn();
  }

  /** Tries some of what was not taken. */
  protected abstract tryAgain(): void;
  /** What is held may leave. */
  protected abstract letGo(): void;
  /** Why datagrams have waited too long. */
  protected abstract readonly holdFault: Obstacle;
  /** Waits until nothing is under way any more. */
  protected abstract settled(): Promise<void>;

  get state(): WriterState {
    const since = this.queue.oldestSince;
    return {
      pending: this.queue.size,
      ageMs: since === undefined ? 0 : this.deps.clock.monotonic() - since,
      retries: this.retries,
      dropped: this.#dropped,
      isDegraded: this.isDegraded,
    };
  }

  write(change: RowChange): void {
    if (this.isClosed) this.#dropped++;
    else if (this.queue.add(change, this.deps.clock.monotonic())) this.deps.outbox.schedule();
    else this.#giveUp(change, new StoreError("full", `${this.queue.max} rows wait already`));
  }

  drain(timeoutMs: number): Promise<boolean> {
    const { clock } = this.deps;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#drains.push({ until: clock.monotonic() + timeoutMs, droppedBefore: this.#dropped, resolve });
    if (this.queue.size > 0) {
      if (this.isDegraded) this.tryAgain();
      else this.commitAtOnce();
    }
    this.endDrains();
    return promise;
  }

  async close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      this.#dropped += this.queue.size;
      this.queue.clear();
    }
    await this.settled();
    for (const timer of [this.#retry, this.#holdEnd, this.#drainEnd]) this.deps.timers.disarm(timer);
    this.letGo();
    this.endDrains();
  }

  protected get isDegraded(): boolean {
    return this.#degradedBy !== undefined;
  }

  protected retryAfter(ms: Ms): void {
    this.deps.timers.arm(this.#retry, ms);
  }

  /** Datagrams wait now, no longer than this. */
  protected holdFor(ms: Ms): void {
    this.deps.timers.arm(this.#holdEnd, ms);
  }

  protected holdEnded(): void {
    this.deps.timers.disarm(this.#holdEnd);
  }

  /** The database does not take rows: calls go on, and the rows are written when it does. */
  protected degrade(fault: Obstacle): void {
    const { clock, log, database } = this.deps;
    if (this.isClosed) return;
    const isNew = !this.isDegraded;
    this.#degradedBy = fault;
    this.holdEnded();
    this.retryAfter(RETRY_MS[fault]);
    if (isNew) {
      this.#degradedAt = clock.monotonic();
      log.error({ database: database.name, reason: fault, pending: this.queue.size }, "the database takes no rows: calls go on without it");
      this.#contain(() => this.deps.onDegraded?.(true, fault));
    }
    this.letGo();
  }

  /** Everything has been taken. */
  protected recover(): void {
    if (!this.isDegraded) return;
    const { clock, timers, log, database } = this.deps;
    this.#degradedBy = undefined;
    timers.disarm(this.#retry);
    log.info({ database: database.name, forMs: Math.round(clock.monotonic() - this.#degradedAt) }, "the database has taken all rows again");
    this.#contain(() => this.deps.onDegraded?.(false, ""));
  }

  /** Statements of changes that are not done. One that has nothing to say is done; one that throws is given up. */
  protected gather(changes: readonly QueuedChange[]): Batch<QueuedChange> {
    const batch = new Batch<QueuedChange>();
    for (const one of changes) {
      try {
        const statements = one.change.statements();
        if (statements === undefined || statements.length === 0) this.queue.finish(one);
        else batch.add(one, statements);
      } catch (error) {
        this.#refuse(one, error);
      }
    }
    return batch;
  }

  /** The rows stand in the database. */
  protected finish({ changes }: Batch<QueuedChange>): void {
    for (const one of changes) {
      this.queue.finish(one);
      this.#contain(() => one.change.written?.());
    }
  }

  /**
   * A transaction has failed.
   * @returns `again` when the change whose row was refused is given up; `singly` when nobody knows which it was; otherwise what is in the way
   */
  protected failed(batch: Batch<QueuedChange>, error: unknown): "again" | "singly" | Obstacle {
    const fault = error instanceof StoreError ? error.fault : "refused";
    if (fault !== "refused") {
      this.retries++;
      return fault;
    }
    const culprit = batch.refused(error instanceof StoreError ? error.at : -1);
    if (culprit === undefined) return "singly";
    this.#refuse(culprit, error);
    return "again";
  }

  protected endDrains(): void {
    if (this.#drains.length === 0) return;
    const now = this.deps.clock.monotonic();
    const isEmpty = this.queue.size === 0;
    const left: Drain[] = [];
    for (const one of this.#drains) {
      if (isEmpty || now >= one.until) one.resolve(isEmpty && this.#dropped === one.droppedBefore);
      else left.push(one);
    }
    this.#drains = left;
    if (left.length > 0) this.deps.timers.arm(this.#drainEnd, Math.min(...left.map((one) => one.until)) - now);
  }

  #onTimer(kind: number): void {
    if (this.isClosed) return;
    if (kind === HOLD_ENDS) this.degrade(this.holdFault);
    else if (kind === DRAIN_ENDS) this.endDrains();
    else if (this.isDegraded) this.tryAgain();
    else if (this.queue.size > 0) this.commitTurn();
  }

  #refuse(one: QueuedChange, cause: unknown): void {
    this.queue.finish(one);
    this.#giveUp(one.change, cause instanceof StoreError ? cause : new StoreError("refused", String(cause), -1, { cause }));
  }

  #giveUp(change: RowChange, error: StoreError): void {
    this.#dropped++;
    this.#refusals.note(change, error);
    this.#contain(() => change.refused?.(error));
  }

  #contain(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.deps.log.error({ err: error }, "an internal error was contained");
    }
  }
}
