// One call that has a row, or is about to have one: what of it has to be written, and the statements that do it when their turn comes.
import type { Dialog, Leg } from "../../dialog/index.ts";
import type { RowChange, Statement, StoreError } from "../ports.ts";
import type { RowForm } from "./row-form.ts";
import type { CallStatements } from "./statements.ts";
import { changingValues, timeoutOf, valueColumns, writeRow } from "./write-row.ts";

/** What of a row has to be written; combined with `|`. */
export const Part = { timeout: 1, values: 2, row: 4 } as const;

/** For so many requests of our own a row vouches ahead, so that a ping alone writes nothing. */
const RESERVED = 32;

/** What a stored call needs of its store. */
export interface CallKeeper {
  readonly form: RowForm;
  readonly statements: CallStatements;
  /** `db_flush_vals_profiles`. */
  readonly flushesValues: boolean;
  /** Everything is written as it stands, once more, and nothing is reserved ahead: the end of the process. */
  readonly isClosing: boolean;
  snapshot(dialog: Dialog): Parameters<typeof writeRow>[0];
  saved(dialog: Dialog): void;
  /** The row is gone. */
  forget(call: StoredCall): void;
  /** What the row has to say could not be said. */
  lost(call: StoredCall, error: StoreError): void;
}

/** The word of a call on its row. */
export class StoredCall implements RowChange {
  readonly row: bigint;
  /** Until the call is over and that is written. */
  dialog: Dialog | undefined;
  /** `Part` bits that changed since the row was last written. */
  wanted = 0;
  /** The writer has it and has not yet asked for statements. */
  isQueued = false;
  /** It waits for the next pass of a delayed store. */
  isDirty = false;
  /** The row has to go. */
  isOver = false;
  /** The row could not be removed when its turn had come. */
  isLost = false;
  /** It found no place in the queue, and will be tried again. */
  isPutOff = false;
  readonly #keeper: CallKeeper;
  /** What the statements given last are about; they may have to be given again. */
  #asked = 0;
  #hasRow: boolean;
  /** Statements have been given: there may be a row. */
  #wasTried: boolean;
  readonly #isFromStore: boolean;
  // numbers as the row has them, and up to where it vouches for them
  #callerCseq = -1;
  #callerWire = -1;
  #callerSent = -1;
  #callerReserved = 0;
  #calleeCseq = -1;
  #calleeWire = -1;
  #calleeSent = -1;
  #calleeReserved = 0;
  #wasEnding = false;

  /** @param isFromStore - it came from its row */
  constructor(keeper: CallKeeper, dialog: Dialog, isFromStore: boolean) {
    this.#keeper = keeper;
    this.row = dialog.dbId;
    this.dialog = dialog;
    this.#isFromStore = isFromStore;
    this.#hasRow = isFromStore;
    this.#wasTried = isFromStore;
    if (isFromStore) this.#note(dialog, dialog.callerLeg.generatedCseq, dialog.primaryCallee?.generatedCseq ?? 0);
  }

  get realm(): string {
    return this.#keeper.form.table.name;
  }

  /** Whether there may be a row of it. */
  get mayHaveRow(): boolean {
    return this.#hasRow || this.#wasTried;
  }

  /**
   * What a change of numbers on a leg was.
   * `ping`: only a request of our own, and the row vouches for its number. `own`: one that the row does not vouch for. `passed`: a request
   * of the parties passed. `other`: anything else.
   */
  numbersOf(leg: number): "ping" | "own" | "passed" | "other" {
    const { dialog } = this;
    if (dialog === undefined || dialog.life.isEnding !== this.#wasEnding) return "other";
    if (leg === 0) {
      const { callerLeg } = dialog;
      if (callerLeg.cseq !== this.#callerCseq) return "passed";
      if (callerLeg.wireCseq !== this.#callerWire || callerLeg.generatedCseq === this.#callerSent) return "other";
      this.#callerSent = callerLeg.generatedCseq;
      return this.#callerSent <= this.#callerReserved ? "ping" : "own";
    }
    const callee = leg === dialog.life.winner ? dialog.primaryCallee : undefined;
    if (callee === undefined) return "other";
    if (callee.cseq !== this.#calleeCseq) return "passed";
    if (callee.wireCseq !== this.#calleeWire || callee.generatedCseq === this.#calleeSent) return "other";
    this.#calleeSent = callee.generatedCseq;
    return this.#calleeSent <= this.#calleeReserved ? "ping" : "own";
  }

  /** Everything has to be said again, as if there were no row: somebody may have taken it away. */
  sayAll(): void {
    this.wanted |= Part.row | Part.values;
    this.#hasRow = false;
  }

  statements(): readonly Statement[] | undefined {
    this.isQueued = false;
    const { dialog } = this;
    const { statements } = this.#keeper;
    if (this.isOver || dialog === undefined) {
      if (this.mayHaveRow) return [statements.remove(this.row)];
      this.#keeper.forget(this);
      return undefined;
    }
    this.#asked |= this.wanted;
    this.wanted = 0;
    if (this.#asked === 0) return undefined;
    return [this.#say(dialog)];
  }

  written(): void {
    const { dialog } = this;
    const hasSpoken = this.#asked !== 0 || this.isOver;
    this.#asked = 0;
    if (!hasSpoken || !this.#wasTried) return;
    if (this.isOver && !this.isQueued) {
      this.#hasRow = false;
      this.#wasTried = false;
      this.#keeper.forget(this);
      this.dialog = undefined;
    } else this.#hasRow = true;
    if (dialog !== undefined) this.#keeper.saved(dialog);
  }

  refused(error: StoreError): void {
    this.isQueued = false;
    if (error.fault !== "refused") this.wanted |= this.#asked;
    this.#asked = 0;
    this.#keeper.lost(this, error);
  }

  #say(dialog: Dialog): Statement {
    const { form, statements, flushesValues, isClosing } = this.#keeper;
    const callerPing = reserve(dialog.callerLeg, this.#callerReserved, isClosing);
    const calleePing = reserve(dialog.primaryCallee, this.#calleeReserved, isClosing);
    // what is written at the end has everything in it (12.5)
    const hasValues = flushesValues || isClosing || (this.#asked & Part.values) !== 0;
    const snapshot = this.#keeper.snapshot(dialog);
    this.#wasTried = true;
    if (this.#hasRow && this.#asked === Part.timeout) return statements.updateTimeout(this.row, timeoutOf(snapshot));
    if (this.#hasRow && this.#asked === Part.values) return statements.updateValues(this.row, valueColumns(snapshot, form));
    const notes = { callerPing, calleePing, hasValues, isFromStore: this.#isFromStore };
    this.#note(dialog, callerPing, calleePing);
    if (this.#hasRow) return statements.update(this.row, changingValues(snapshot, form, notes), hasValues);
    return statements.put(writeRow(snapshot, form, notes));
  }

  #note(dialog: Dialog, callerPing: number, calleePing: number): void {
    const { callerLeg, primaryCallee } = dialog;
    this.#callerCseq = callerLeg.cseq;
    this.#callerWire = callerLeg.wireCseq;
    this.#callerSent = callerLeg.generatedCseq;
    this.#callerReserved = callerPing;
    this.#calleeCseq = primaryCallee?.cseq ?? -1;
    this.#calleeWire = primaryCallee?.wireCseq ?? -1;
    this.#calleeSent = primaryCallee?.generatedCseq ?? -1;
    this.#calleeReserved = calleePing;
    this.#wasEnding = dialog.life.isEnding;
  }
}

/** The number that the row gets: one that will not be passed for a while, once requests of our own have begun. */
function reserve(leg: Leg | undefined, before: number, isExact: boolean): number {
  const sent = leg?.generatedCseq ?? 0;
  if (sent === 0 || isExact) return sent;
  return sent <= before ? before : sent + RESERVED - 1;
}
