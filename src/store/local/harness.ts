// For the tests of this folder: a database in memory that can be told to fail, and everything around a writer in virtual time.
import { type Alarm, type Clock, type Defer, type Log, type Ms, Outbox, type Outgoing, silentLog, Timers } from "../../kit/index.ts";
import { type LocalDatabase, type RowChange, type RowWriter, type Statement, StoreError, type StoreFault } from "../ports.ts";
import { createLocalWriter } from "./index.ts";

/** A database whose statements are `put key value` with texts of their own, kept in a map. */
export class ModelDatabase implements LocalDatabase {
  readonly dialect: "sqlite" = "sqlite";
  readonly name: string = "model";
  readonly commitsAside: boolean;
  readonly rows: Map<string, string> = new Map();
  /** Sizes of the transactions that were committed. */
  readonly commits: number[] = [];
  attempts = 0;
  /** What every transaction meets. */
  fault: StoreFault | undefined = undefined;
  /** Keys that are refused. */
  readonly poison: Set<string> = new Set();
  /** Whether it says which statement was refused. */
  saysWhich = true;
  /** Commits beside the loop that wait. */
  readonly open: (() => void)[] = [];

  constructor(commitsAside: boolean) {
    this.commitsAside = commitsAside;
  }

  transactNow(statements: readonly Statement[]): void {
    this.attempts++;
    if (this.fault !== undefined) throw new StoreError(this.fault, `told to be ${this.fault}`);
    const at = statements.findIndex(({ values: [key] }) => this.poison.has(String(key)));
    if (at >= 0) throw new StoreError("refused", "poison", this.saysWhich ? at : -1);
    for (const { values } of statements) this.rows.set(String(values[0]), String(values[1]));
    this.commits.push(statements.length);
  }

  transact(statements: readonly Statement[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.open.push(() => {
      try {
        this.transactNow(statements);
        resolve();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    return promise;
  }

  async *select(): AsyncGenerator<never> {}

  async close(): Promise<void> {}
}

/** What a clock of the test bench can do. */
export interface VirtualTime extends Clock, Alarm {
  readonly defer: Defer;
  wakes(run: () => void): void;
  advance(ms: Ms): void;
}

export interface BenchOptions {
  readonly commitsAside?: boolean;
  readonly log?: Log;
  readonly maxPending?: number;
  readonly commitEveryMs?: Ms;
  /** In place of the model. */
  readonly real?: LocalDatabase;
}

/** A writer and what it stands on. */
export class Bench {
  readonly clock: VirtualTime;
  readonly timers: Timers;
  readonly outbox: Outbox;
  readonly database: ModelDatabase;
  readonly writer: RowWriter;
  /** Names of datagrams as they left, and what else happened. */
  readonly events: string[] = [];
  readonly errors: unknown[] = [];

  constructor(
    clock: VirtualTime,
    { commitsAside = false, log = silentLog, maxPending = 1000, commitEveryMs = 0, real }: BenchOptions = {},
  ) {
    this.clock = clock;
    const onError = (error: unknown): void => void this.errors.push(error);
    this.timers = new Timers(this.clock, this.clock, onError);
    this.clock.wakes(() => this.timers.run());
    this.outbox = new Outbox(this.clock.defer, onError);
    this.database = new ModelDatabase(commitsAside);
    this.writer = createLocalWriter({
      database: real ?? this.database,
      outbox: this.outbox,
      clock: this.clock,
      timers: this.timers,
      log,
      maxPending,
      commitEveryMs,
      onDegraded: (isDegraded, reason) => this.events.push(isDegraded ? `degraded ${reason}` : "recovered"),
    });
  }

  /** A change of a row; `row` undefined for one that is only added. */
  write(row: string | undefined, value: string, more: Partial<RowChange> = {}): void {
    const key = row ?? `added ${value}`;
    this.writer.write({
      realm: "test",
      row,
      statements: () => [{ text: "put", values: [key, value] }],
      written: () => this.events.push(`written ${key}=${value}`),
      refused: () => this.events.push(`refused ${key}`),
      ...more,
    });
  }

  send(name: string): void {
    const item: Outgoing = { leave: () => this.events.push(name) };
    this.outbox.push(item);
  }

  /** Runs the end of this turn. */
  endTurn(): void {
    this.clock.advance(0);
  }

  /** Lets the first commit beside the loop come to its end. */
  async finishCommit(): Promise<void> {
    this.database.open.shift()?.();
    for (let i = 0; i < 8; i++) await Promise.resolve();
    this.endTurn();
  }

  takeEvents(): string[] {
    return this.events.splice(0);
  }
}
