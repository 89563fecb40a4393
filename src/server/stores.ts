// From a database to who writes to it.
import type { Clock, Log, Outbox, Random, Timers } from "../kit/index.ts";
import { createLocalWriter, type Database, type LocalDatabase, RemoteWriter, type RowWriter } from "../store/index.ts";

/** What writers stand on. */
export interface WriterParts {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** Rows that may wait. */
  readonly queueMax: number;
  /** Told when the database stops taking rows, and when it has taken all of them again. */
  onDegraded(isDegraded: boolean, reason: string): void;
}

/** So long datagrams wait at most under load, for their turns to share a commit. */
const COMMIT_EVERY_MS = 1;

/** Who writes to it: in the turn itself where it is inside the process, else by way of a queue. */
export function writerOf(database: Database, parts: WriterParts): RowWriter {
  const { outbox, clock, timers, random, log, queueMax, onDegraded } = parts;
  if (isLocal(database)) {
    const commitEveryMs = COMMIT_EVERY_MS;
    return createLocalWriter({ database, outbox, clock, timers, log, maxPending: queueMax, commitEveryMs, onDegraded });
  }
  return new RemoteWriter({ database, clock, timers, random, log, settings: { queueMax }, onDegraded });
}

function isLocal(database: Database): database is LocalDatabase {
  return "transactNow" in database;
}
