// What a writer to a server can be told.
import type { Ms } from "../../kit/index.ts";

/** How rows are gathered and tried again. */
export interface RemoteWriterSettings {
  /** Rows that may wait (`db_queue_max`); further ones are given up and counted. */
  readonly queueMax: number;
  /** How long a change waits for company: fewer and larger transactions. */
  readonly lingerMs: Ms;
  /** Most changes of one transaction. */
  readonly batchRows: number;
  /** Most bytes of values, about. */
  readonly batchBytes: number;
  /** After the first failure; doubled with each further one, with jitter. */
  readonly backoffMs: Ms;
  readonly backoffMaxMs: Ms;
}

export const REMOTE_WRITER_SETTINGS: RemoteWriterSettings = Object.freeze({
  queueMax: 1_000_000,
  lingerMs: 10,
  batchRows: 400,
  batchBytes: 1 << 20,
  backoffMs: 250,
  backoffMaxMs: 10_000,
});
