// Call records as routes ask for them.
import { type Account, type Accounting, ALL_FLAGS, ALL_TYPES, type CallRecord, RecordType } from "../accounting/index.ts";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import type { IncomingRequest } from "./request.ts";

/** Which records are wanted besides that of the answer. */
export interface RecordOptions {
  /** One record when the call is over, with its duration, in place of the one at the answer; the call is tracked from here on. Default false. */
  readonly atEnd?: boolean;
  /** One when an INVITE fails, however often it is tried. Default false. */
  readonly missed?: boolean;
  /** One for a refused request too. Default false. */
  readonly failed?: boolean;
  /** Table for them in a database (`recordStore`), in place of the usual one; that of missed calls stays. */
  readonly table?: string;
  /** Values that stand in the records. */
  readonly values?: Readonly<Record<string, string>>;
}

/** The records of one request, and of the call it begins. */
export class Records {
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  /** Sets a value that stands in the records, or takes it away with undefined. */
  set(name: string, value: string | undefined): this {
    if (!this.#account.values.set(name, value)) throw new DialoomError(ErrorCodes.BadArgument, "a record has no room for more values");
    this.#account.save();
    return this;
  }

  /** Begins another leg: a forwarding, a transfer. Values set with `setInLeg` belong to it. */
  newLeg(): this {
    if (!this.#account.values.newLeg()) throw new DialoomError(ErrorCodes.BadArgument, "a record has no room for more legs");
    this.#account.save();
    return this;
  }

  /** Sets a value of the current leg; the first one makes the first leg. */
  setInLeg(name: string, value: string | undefined): this {
    if (!this.#account.values.setLegValue(name, value)) throw new DialoomError(ErrorCodes.BadArgument, "a leg has no room for more values");
    this.#account.save();
    return this;
  }

  /** No records of this request after all. */
  drop(): void {
    this.#account.drop(ALL_TYPES, ALL_FLAGS);
  }
}

/** Asks for records, and hears them. */
export class CallRecords {
  /** @internal */ readonly accounting: Accounting;

  constructor(accounting: Accounting) {
    this.accounting = accounting;
  }

  /**
   * Asks for records of a request; asking again adds to what was asked for.
   * @throws DialoomError when the end of a call is to be recorded that cannot be tracked
   */
  of(request: IncomingRequest, options: RecordOptions = {}): Records {
    const flags = { cdr: options.atEnd === true, missed: options.missed === true, failed: options.failed === true };
    const account = this.accounting.open(request.context, RecordType.app, flags, options.table);
    if (account === undefined || account === "ignored") {
      throw new DialoomError(
        ErrorCodes.NoDialog,
        `the ${request.method} ${request.callId} cannot be tracked, so its end cannot be recorded`,
      );
    }
    const records = new Records(account);
    for (const [name, value] of Object.entries(options.values ?? {})) records.set(name, value);
    return records;
  }

  /**
   * Hears every record that routes asked for.
   * @returns a function that stops it
   */
  on(listener: (record: CallRecord) => void): () => void {
    return this.accounting.records.subscribe(listener);
  }
}
