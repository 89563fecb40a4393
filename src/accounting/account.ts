// The account of one transaction, and of the call it began: watches answers and the end of the call, and writes the records that were
// asked for (side-modules 2.2, 2.5). It hangs on its transaction as a hook, and on its dialog as a listener.

import type { Dialog, DialogListener } from "../dialog/index.ts";
import { type EpochMs, keep, type Ms } from "../kit/index.ts";
import type { Direction } from "../proxy/index.ts";
import { reasonPhrase, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { ServerTransaction, Transaction, TransactionHook } from "../transaction/index.ts";
import { packAccount } from "./dialog-values.ts";
import type { Ledger } from "./ports.ts";
import type { CallRecord, RecordKind } from "./record.ts";
import type { AccountFlags, RecordTypes } from "./types.ts";
import { RecordValues } from "./values.ts";

/** Who a record is about. */
export interface RecordCore {
  readonly method: string;
  readonly fromTag: string;
  readonly callId: string;
}

/** An account. Made by `Accounting`. */
export class Account implements TransactionHook, DialogListener {
  /** Backends that are on, and those that want each further kind of record. */
  types: RecordTypes = 0;
  cdrTypes: RecordTypes = 0;
  missedTypes: RecordTypes = 0;
  failedTypes: RecordTypes = 0;
  /** Table a route named; "" for the usual one. */
  table = "";
  readonly values: RecordValues = new RecordValues();
  readonly core: RecordCore;
  /** When accounting was asked for. */
  createdAt: EpochMs;
  /** The call, where there is one to end. */
  dialog: Dialog | undefined = undefined;
  /** The tags change places (`detect_direction`). */
  isSwapped = false;
  /** @internal its values have gone into the account of its call */
  isMerged = false;
  readonly #ledger: Ledger;
  /** To-tag, code and reason of the 2xx, for the record at the end. */
  #answer: { readonly toTag: string; readonly code: string; readonly reason: string } | undefined = undefined;
  /** Of the wall clock and of the monotonic one; the latter is −1 for a call that was answered before a restart. */
  #startAt: EpochMs = 0;
  #startedAt: Ms = -1;
  /** Of this transaction, from the first time it is asked for (side-modules 2.4). */
  #clockAt: EpochMs = 0;
  #endedMs: Ms = -1;
  #isAnswered = false;
  #isFailed = false;
  #isOver = false;

  constructor(ledger: Ledger, core: RecordCore, createdAt: EpochMs) {
    this.#ledger = ledger;
    this.core = core;
    this.createdAt = createdAt;
  }

  /** The core of a request, in copies. */
  static coreOf(request: SipRequest): RecordCore {
    return { method: keep(request.method), fromTag: keep(request.fromTag), callId: keep(request.callId) };
  }

  /** @internal two engines may share a transaction's hooks nowhere but in tests */
  isOf(ledger: Ledger): boolean {
    return this.#ledger === ledger;
  }

  /** Asks for more. */
  add(types: RecordTypes, flags: AccountFlags): void {
    this.types |= types;
    if (flags.cdr) this.cdrTypes |= types;
    if (flags.missed) this.missedTypes |= types;
    if (flags.failed) this.failedTypes |= types;
    this.save();
  }

  /** Asks for less: a type that is left with no flag goes wholly. */
  drop(types: RecordTypes, flags: AccountFlags): void {
    if (flags.cdr) this.cdrTypes &= ~types;
    if (flags.missed) this.missedTypes &= ~types;
    if (flags.failed) this.failedTypes &= ~types;
    this.types &= ~types | this.cdrTypes | this.missedTypes | this.failedTypes;
    this.save();
  }

  /** The record of this call waits for its end. */
  get isAwaitingEnd(): boolean {
    return this.#startAt > 0 && !this.#isOver;
  }

  // ---- its transaction

  /** The failure-route stage: every branch has failed. */
  onFailure(transaction: ServerTransaction, status: number, response: SipResponse | undefined): void {
    if (transaction.isInvite && this.missedTypes !== 0) this.#writeMissed(transaction, status, response);
  }

  responseOut(transaction: ServerTransaction, status: number, response: SipResponse | undefined): void {
    if (status < 200) {
      const isMedia = status >= 180 && status < 190 && response !== undefined && response.bodyEnd > response.bodyAt;
      if (isMedia && this.#ledger.settings.earlyMedia) this.#write("answered", this.types, transaction, status, response);
    } else if (status < 300) this.#answered(transaction, status, response);
    else {
      if (this.missedTypes !== 0 && transaction.isInvite) this.#writeMissed(transaction, status, response);
      if (this.failedTypes !== 0 && !this.#isFailed) {
        this.#isFailed = true;
        this.#write("answered", this.failedTypes, transaction, status, response);
      }
    }
  }

  #answered(transaction: ServerTransaction, status: number, response: SipResponse | undefined): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    // the time of the answer, not that of a refusal that has a record already
    this.#clockAt = 0;
    const { dialog } = this;
    if (dialog === undefined || this.cdrTypes === 0) {
      this.#write("answered", this.types, transaction, status, response);
      return;
    }
    this.#startAt = this.#clock();
    this.#startedAt = this.#ledger.clock.monotonic();
    this.#answer = {
      toTag: keep(response?.toTag ?? transaction.sentTag),
      code: String(status),
      reason: keep(response?.reason ?? reasonPhrase(status)),
    };
    if (this.#ledger.settings.keepsInDialog) this.save();
  }

  #writeMissed(transaction: ServerTransaction, status: number, response: SipResponse | undefined): void {
    const types = this.missedTypes;
    // one for each transaction, however many rounds it takes to fail
    this.missedTypes = 0;
    this.#write("missed", types, transaction, status, response);
  }

  #write(kind: RecordKind, types: RecordTypes, transaction: ServerTransaction, status: number, response: SipResponse | undefined): void {
    const toTag = response?.toTag ?? transaction.sentTag;
    this.write(kind, types, toTag, String(status), response?.reason ?? reasonPhrase(status));
  }

  /** Writes a record now. */
  write(kind: RecordKind, types: RecordTypes, toTag: string, code: string, reason: string, durationMs: Ms = -1): void {
    if (types !== 0) this.#ledger.write(this.#record(kind, types, toTag, code, reason, durationMs));
  }

  #record(kind: RecordKind, types: RecordTypes, toTag: string, code: string, reason: string, durationMs: Ms): CallRecord {
    const { method, fromTag, callId } = this.core;
    const at = kind === "cdr" ? this.#startAt : this.#clock();
    return {
      kind,
      id: kind === "cdr" ? this.#id : "",
      types,
      at,
      method,
      fromTag: this.isSwapped ? toTag : fromTag,
      toTag: this.isSwapped ? fromTag : toTag,
      callId,
      code,
      reason,
      hasAccount: true,
      createdAt: this.createdAt,
      setupSeconds: Math.floor(at / 1000) - Math.floor(this.createdAt / 1000),
      durationMs,
      extras: this.values.extras,
      legs: this.values.legs,
      table: this.table,
    };
  }

  /** Of the record at the end: cookie and answer survive a restart. */
  get #id(): string {
    return `${this.dialog?.did ?? ""}-${this.#startAt.toString(36)}`;
  }

  #clock(): EpochMs {
    if (this.#clockAt === 0) this.#clockAt = this.#ledger.clock.now();
    return this.#clockAt;
  }

  // ---- its call

  terminated(
    _dialog: Dialog,
    _request: SipRequest | undefined,
    _direction: Direction | undefined,
    transaction: ServerTransaction | undefined,
  ): void {
    if (!this.isAwaitingEnd) return;
    this.#endedMs = this.#duration();
    // the routes of the BYE may still add values: its record waits until it is answered, or gone
    if (transaction === undefined) this.#end();
    else {
      this.#foresee();
      transaction.attach(new EndHook(() => this.#end()));
    }
  }

  expired(): void {
    if (!this.isAwaitingEnd) return;
    this.#endedMs = this.#duration();
    this.#end();
  }

  #duration(): Ms {
    const { clock } = this.#ledger;
    const ms = this.#startedAt >= 0 ? clock.monotonic() - this.#startedAt : clock.now() - this.#startAt;
    return Math.max(0, Math.round(ms));
  }

  #foresee(): void {
    const { toTag, code, reason } = this.#answer ?? NO_ANSWER;
    const types = this.#endTypes;
    if (types !== 0) {
      this.#ledger.foresee(this.#id, types, () => this.#record("cdr", this.#endTypes, toTag, code, reason, this.#endedMs));
    }
  }

  #end(): void {
    const answer = this.#answer;
    if (this.#isOver || answer === undefined) return;
    this.#isOver = true;
    this.write("cdr", this.#endTypes, answer.toTag, answer.code, answer.reason, this.#endedMs);
  }

  /** With a record at the end for one backend, the others were deferred too and get theirs now (side-modules 2.2). */
  get #endTypes(): RecordTypes {
    return this.cdrTypes === 0 ? 0 : this.types;
  }

  // ---- survival

  /** Puts everything into the variables of the call. Called again when values change. */
  save(): void {
    const { dialog } = this;
    if (dialog === undefined || !this.isAwaitingEnd || !this.#ledger.settings.keepsInDialog) return;
    for (const [name, value] of packAccount(this, this.#startAt, this.#answer ?? NO_ANSWER)) dialog.setValue(name, value);
  }

  /** @internal an account that was answered before a restart */
  resume(startAt: EpochMs, answer: { readonly toTag: string; readonly code: string; readonly reason: string }): void {
    this.#startAt = startAt;
    this.#isAnswered = true;
    this.#answer = answer;
  }
}

const NO_ANSWER = Object.freeze({ toTag: "", code: "", reason: "" });

/** Waits for the answer of a BYE. */
class EndHook implements TransactionHook {
  readonly #end: () => void;

  constructor(end: () => void) {
    this.#end = end;
  }

  responseOut(_transaction: ServerTransaction, status: number): void {
    if (status >= 200) this.#end();
  }

  transactionDeleted(_transaction: Transaction): void {
    this.#end();
  }
}
