// What accounting needs of the rooms around it, and what backends implement.

import type { DialogTracker } from "../dialog/index.ts";
import type { Clock } from "../kit/index.ts";
import type { CallRecord } from "./record.ts";
import type { AccountingSettings } from "./settings.ts";
import type { RecordTypes } from "./types.ts";

/** Writes records somewhere: a log, a table, events. A sink must not throw and must not wait. */
export interface RecordSink {
  /** The backend it is: one bit of `RecordType`. */
  readonly type: RecordTypes;
  write(record: CallRecord): void;
  /**
   * The call has ended, and its record comes as soon as its BYE is answered: for backends that have to know before this turn of the loop
   * is over, because what is known of the call goes then. `write` follows with a record of the same id.
   * @param record - gives what the record would be now
   */
  foresee?(id: string, record: () => CallRecord): void;
}

/** What accounting is made of. */
export interface AccountingDeps {
  readonly clock: Clock;
  readonly dialogs: Pick<DialogTracker, "create" | "slot">;
  /** What feeds do with the errors of their subscribers. */
  readonly onError: (error: unknown) => void;
  readonly settings?: Partial<AccountingSettings>;
}

/** What accounts need of who keeps them. */
export interface Ledger {
  readonly clock: Clock;
  readonly settings: AccountingSettings;
  write(record: CallRecord): void;
  foresee(id: string, types: RecordTypes, record: () => CallRecord): void;
}
