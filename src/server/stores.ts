// From a database to who writes to it.
import type { Clock, Log, Outbox, Timers } from "../kit/index.ts";
import { createLocalWriter, type Database, type LocalDatabase, type RowWriter, StoreError } from "../store/index.ts";

/** What writers stand on. */
export interface WriterParts {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** Who writes to it: in the turn itself where it is inside the process, else by way of a queue. */
export function writerOf(database: Database, parts: WriterParts): RowWriter {
  if (isLocal(database)) return createLocalWriter({ ...parts, database });
  throw new StoreError("refused", `${database.name}: nothing writes there`);
}

function isLocal(database: Database): database is LocalDatabase {
  return "transactNow" in database;
}
