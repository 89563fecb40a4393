// Keeps calls in a table: listens to the change feed and to nothing else, and hands a writer what has to be written when the mode says so
// (dialog-behaviour 12.4, 12.5). Nothing here waits for a database, and no call waits for it.
import type { Change, Dialog, DialogSnapshot, DialogTracker } from "../../dialog/index.ts";
import { type Clock, type Counter, type Log, type SlicedJob, type Slices, type Statistics, Timer, type Timers } from "../../kit/index.ts";
import type { RowWriter, StoreError } from "../ports.ts";
import { BulkDelete } from "./bulk-delete.ts";
import { CallMap } from "./call-map.ts";
import type { RowForm } from "./row-form.ts";
import type { DialogStoreSettings } from "./settings.ts";
import { CallStatements } from "./statements.ts";
import { type CallKeeper, Part, StoredCall } from "./stored-call.ts";
import { type Weight, weigh } from "./weigh.ts";

/** What a store needs of the tracker. */
export type StoredDialogs = Pick<DialogTracker, "feed" | "snapshot" | "restore" | "merge" | "all" | "count" | "inAnyState" | "listeners">;

/** What a store is made of. */
export interface DialogStoreDeps {
  readonly dialogs: StoredDialogs;
  readonly writer: RowWriter;
  readonly form: RowForm;
  readonly settings: DialogStoreSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly slices: Slices;
  readonly statistics: Statistics;
  readonly log: Log;
}

/** Calls whose rows found no place in the queue and are tried again; more are only counted. */
const MAX_PUT_OFF = 1_000_000;
const TRY_AGAIN_MS = 1000;
/** Calls that are over and kept in memory until their rows are gone. */
const MAX_HELD = 10_000;

/** The calls of one table. */
export class DialogStore implements CallKeeper {
  readonly form: RowForm;
  readonly statements: CallStatements;
  isClosing = false;
  readonly #deps: DialogStoreDeps;
  readonly #calls = new CallMap();
  /** Calls that are over and may still have a row. */
  readonly #leaving = new Map<bigint, StoredCall>();
  /** Delayed: what the next pass writes. */
  #dirty: StoredCall[] = [];
  readonly #pass: Timer;
  readonly #again: Timer;
  readonly #unsubscribe: () => void;
  /** The dialog of a row is being made: it is not news. */
  #isLoading = false;
  /** Ids of calls that ended while rows are being read, which may still show them. */
  #endedMeanwhile: Set<bigint> | undefined = undefined;
  readonly #putOff: StoredCall[] = [];
  readonly #lostRows: Counter;

  constructor(deps: DialogStoreDeps) {
    const { form, settings, timers, statistics } = deps;
    this.#deps = deps;
    this.form = form;
    this.statements = new CallStatements(form);
    this.#lostRows = statistics.counter("store", "lost_rows");
    statistics.gauge("store", "stored_dialogs", () => this.size);
    this.#pass = new Timer({ onTimer: () => this.#onPass() }, 0);
    this.#again = new Timer({ onTimer: () => this.#tryAgain() }, 0);
    this.#unsubscribe = deps.dialogs.feed.subscribe((change) => this.#changed(change));
    if (settings.mode !== "shutdown") timers.arm(this.#pass, settings.updatePeriodMs);
  }

  get settings(): DialogStoreSettings {
    return this.#deps.settings;
  }

  get flushesValues(): boolean {
    return this.settings.flushesValues;
  }

  /** Calls that have a row or will get one. */
  get size(): number {
    return this.#calls.size;
  }

  /** Calls that were there before the store: they get their rows as if they had just been answered. */
  adopt(): void {
    if (this.settings.mode === "shutdown") return;
    for (const dialog of this.#deps.dialogs.all()) {
      if (dialog.isTalking && this.#calls.get(dialog) === undefined) this.#want(this.#add(dialog, false), Part.row, true);
    }
  }

  /**
   * Runs `make`, which makes the dialog of a row.
   * @internal
   */
  loading<T>(make: () => T): T {
    this.#isLoading = true;
    try {
      return make();
    } finally {
      this.#isLoading = false;
    }
  }

  /** Whether the call of a row is over here, so that the row is only waiting to be removed. @internal */
  isOver(id: bigint): boolean {
    return this.#leaving.has(id) || this.#endedMeanwhile?.has(id) === true;
  }

  /** Between `true` and `false` ends of calls are remembered for `isOver`. @internal */
  set isReading(isReading: boolean) {
    this.#endedMeanwhile = isReading ? new Set() : undefined;
  }

  /** Says every answered call anew, whatever the mode, variables and all (`dlg_restore_db`, the end). Resolves when all are with the writer. */
  async writeAll(): Promise<void> {
    const dialogs = this.#deps.dialogs.all();
    const step = (): boolean => {
      const next = dialogs.next();
      if (next.done === true) return false;
      const dialog: Dialog = next.value;
      if (!dialog.isTalking) return true;
      const call = this.#calls.get(dialog) ?? this.#add(dialog, false);
      call.sayAll();
      this.#hand(call);
      return true;
    };
    await sliced(this.#deps.slices, step);
  }

  /** The last word: everything as it stands, numbers exact, variables and profiles included (12.4). Changes after it are not written. */
  async finish(): Promise<void> {
    this.close();
    this.isClosing = true;
    for (const call of this.#takeDirty()) this.#hand(call);
    for (const call of this.#putOff.splice(0)) this.#hand(call);
    for (const call of this.#calls.values()) {
      // a BYE of ours may still be unanswered: the call is over all the same
      if (call.dialog?.isEnded === true) this.#leave(call.dialog, call);
    }
    await this.writeAll();
  }

  /** No more changes are taken. */
  close(): void {
    this.#deps.timers.disarm(this.#pass);
    this.#deps.timers.disarm(this.#again);
    this.#unsubscribe();
  }

  // ---- as keeper of its calls

  snapshot(dialog: Dialog): DialogSnapshot {
    return this.#deps.dialogs.snapshot(dialog);
  }

  saved(dialog: Dialog): void {
    this.#deps.dialogs.listeners.saved(dialog);
  }

  forget(call: StoredCall): void {
    this.#leaving.delete(call.row);
  }

  lost(call: StoredCall, error: StoreError): void {
    if (call.isOver && !call.mayHaveRow) {
      this.forget(call);
      return;
    }
    if (call.isOver && !call.isLost) {
      this.#lostRows.add();
      call.isLost = true;
      call.dialog = undefined;
    }
    // a row that the database will never take, or never let go of, is not tried again before its call changes
    const isHopeless = error.fault === "refused" || this.#putOff.length >= MAX_PUT_OFF;
    if (!isHopeless) this.#tryLater(call);
    else if (call.isOver) this.forget(call);
  }

  // ---- changes

  #changed(change: Change): void {
    const { kind, dialog } = change;
    if (kind === "created" || kind === "refused") return;
    const { state } = dialog;
    if (state === "unconfirmed" || state === "early") return;
    if (this.settings.mode === "shutdown") return;
    const call = this.#calls.get(dialog);
    if (kind === "loaded") {
      // from elsewhere than this table: it has no row yet
      if (call === undefined) this.#want(this.#add(dialog, this.#isLoading), this.#isLoading ? 0 : Part.row, true);
    } else if (state === "ended") {
      if (call !== undefined) this.#ended(change, call);
    } else if (call === undefined) this.#want(this.#add(dialog, false), Part.row, true);
    else {
      const { parts, isNow }: Weight = weigh(change, call, this.form.hasOwn, this.flushesValues);
      if (parts !== 0) this.#want(call, parts, isNow);
    }
  }

  #add(dialog: Dialog, isFromStore: boolean): StoredCall {
    const call = new StoredCall(this, dialog, isFromStore);
    if (this.settings.mode !== "shutdown") this.#calls.set(dialog, call);
    return call;
  }

  /**
   * The call is over. One that we have ended keeps its row until both sides have answered our BYE, and one whose BYE cannot find its way
   * without it, until copies of that no longer come: until nothing refers to it any more.
   */
  #ended(change: Change, call: StoredCall): void {
    const { dialog, kind } = change;
    if (kind !== "destroyed" && dialog.uses > 0 && (dialog.life.isEnding || (this.form.hasOwn && isTranslated(dialog)))) {
      // should the process die now, the call must not come to life again
      if ((kind === "state" || kind === "cseq") && this.form.hasOwn) this.#want(call, Part.row, true);
      return;
    }
    this.#leave(dialog, call);
  }

  #leave(dialog: Dialog, call: StoredCall): void {
    this.#calls.delete(dialog);
    call.isOver = true;
    if (!call.mayHaveRow && !call.isQueued) return;
    // whoever wants to know that it is saved has to wait for the row; not for thousands of them
    if (this.#leaving.size > MAX_HELD) call.dialog = undefined;
    this.#leaving.set(call.row, call);
    this.#endedMeanwhile?.add(call.row);
    this.#want(call, Part.row, true);
  }

  #want(call: StoredCall, parts: number, isNow: boolean): void {
    if (parts === 0) return;
    call.wanted |= parts;
    if (this.settings.mode === "delayed" && !this.isClosing) {
      if (call.isDirty) return;
      call.isDirty = true;
      this.#dirty.push(call);
    } else if (isNow || this.isClosing) this.#hand(call);
  }

  #hand(call: StoredCall): void {
    if (call.isQueued) return;
    call.isQueued = true;
    this.#deps.writer.write(call);
  }

  // ---- passes

  #onPass(): void {
    const { timers, slices, settings } = this.#deps;
    timers.arm(this.#pass, settings.updatePeriodMs);
    if (this.#dirty.length > 0) slices.add(new Pass(this.#takeDirty(), settings.bulkDeletes, this.#writePass));
  }

  #takeDirty(): readonly StoredCall[] {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (let i = 0; i < dirty.length; i++) {
      const call = dirty[i];
      if (call !== undefined) call.isDirty = false;
    }
    return dirty;
  }

  /** What a pass does with a call, or with several that are over. */
  readonly #writePass = (calls: readonly StoredCall[]): void => {
    const [first] = calls;
    if (first === undefined) return;
    if (calls.length === 1) this.#hand(first);
    else this.#deps.writer.write(new BulkDelete(first.realm, this.statements, calls));
  };

  // ---- what found no place

  #tryLater(call: StoredCall): void {
    if (call.isPutOff) return;
    call.isPutOff = true;
    this.#putOff.push(call);
    if (!this.#again.isArmed) this.#deps.timers.arm(this.#again, TRY_AGAIN_MS);
  }

  #tryAgain(): void {
    const { writer, slices, timers } = this.#deps;
    if (writer.state.isDegraded) timers.arm(this.#again, TRY_AGAIN_MS);
    else slices.add({ step: () => this.#tryOne() });
  }

  /** @returns whether another one may find a place */
  #tryOne(): boolean {
    const call = this.#putOff.pop();
    if (call === undefined) return false;
    call.isPutOff = false;
    this.#hand(call);
    return !call.isPutOff;
  }
}

/** One pass of a delayed store: rows of calls that are over go together, the others one by one. */
class Pass implements SlicedJob {
  readonly #calls: readonly StoredCall[];
  readonly #atOnce: number;
  readonly #write: (calls: readonly StoredCall[]) => void;
  #over: StoredCall[] = [];
  #at = 0;

  constructor(calls: readonly StoredCall[], atOnce: number, write: (calls: readonly StoredCall[]) => void) {
    this.#calls = calls;
    this.#atOnce = atOnce;
    this.#write = write;
  }

  step(): boolean {
    const call = this.#calls[this.#at++];
    if (call === undefined) {
      this.#write(this.#over);
      return false;
    }
    if (!call.isOver) this.#write([call]);
    else if (call.mayHaveRow) this.#over.push(call);
    if (this.#over.length >= this.#atOnce) {
      this.#write(this.#over);
      this.#over = [];
    }
    return true;
  }
}

/** Runs steps in slices. Resolves when one has said that it was the last. */
export function sliced(slices: Slices, step: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  slices.add({
    step: () => {
      try {
        if (step()) return true;
        resolve();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      return false;
    },
  });
  return promise;
}

/** Requests of the parties cannot go on as they come: numbers are ours, or one side does not know the way to the other. */
function isTranslated(dialog: Dialog): boolean {
  return dialog.isTopologyHidden || dialog.callerLeg.generatedCseq !== 0 || (dialog.primaryCallee?.generatedCseq ?? 0) !== 0;
}
