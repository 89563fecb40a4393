// How calls are kept.
import type { Ms } from "../../kit/index.ts";

/** When rows are written (`db_mode` 1 to 3): at once, from time to time, at the end. */
export type StoreMode = "realtime" | "delayed" | "shutdown";

/** What of it can be set. */
export interface DialogStoreSettings {
  readonly mode: StoreMode;
  /** `db_update_period`. */
  readonly updatePeriodMs: Ms;
  /** `db_flush_vals_profiles`: the columns of variables, profiles and script flags are kept true too. */
  readonly flushesValues: boolean;
  /** `timer_bulk_del_no`: rows that one statement of a delayed store removes. */
  readonly bulkDeletes: number;
}
