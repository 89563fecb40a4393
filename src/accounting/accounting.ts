// Accounting's front: opens accounts for requests, finds them again, hands records to the backends.

import type { Dialog } from "../dialog/index.ts";
import { type Clock, Feed } from "../kit/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { reasonPhrase } from "../sip/index.ts";
import { Account } from "./account.ts";
import { unpackAccount } from "./dialog-values.ts";
import type { AccountingDeps, Ledger, RecordSink } from "./ports.ts";
import { type CallRecord, readComment } from "./record.ts";
import { type AccountingSettings, defaultAccountingSettings } from "./settings.ts";
import { type AccountFlags, NO_FLAGS, RecordType, type RecordTypes } from "./types.ts";

const NOTHING: ReadonlyMap<string, string> = new Map();

/** All accounts of one engine. */
export class Accounting implements Ledger {
  settings: AccountingSettings;
  readonly clock: Clock;
  /** Records for the TypeScript door (`RecordType.app`). */
  readonly records: Feed<CallRecord>;
  readonly #deps: AccountingDeps;
  #sinks: readonly RecordSink[] = [];
  readonly #ofDialogs = new WeakMap<Dialog, Account>();
  /** Of requests without a transaction: ACKs. */
  readonly #ofContexts = new WeakMap<RequestContext, Account>();

  constructor(deps: AccountingDeps) {
    this.#deps = deps;
    this.clock = deps.clock;
    this.settings = { ...defaultAccountingSettings, ...deps.settings };
    this.records = new Feed<CallRecord>(deps.onError);
  }

  /** Changes settings before traffic. */
  configure(settings: Partial<AccountingSettings>): void {
    this.settings = { ...this.settings, ...settings };
  }

  /** Adds a backend. */
  addSink(sink: RecordSink): void {
    this.#sinks = [...this.#sinks, sink];
  }

  /** Takes one away. */
  removeSink(sink: RecordSink): void {
    this.#sinks = this.#sinks.filter((other) => other !== sink);
  }

  /**
   * Asks for records of a request, or for more of them. With `cdr` a new call is tracked from here on.
   * @param table - for backends that have tables; replaces one given before
   * @returns undefined when a call should be tracked and cannot be; `"ignored"` for a CANCEL, which is not accounted unless the settings say so
   */
  open(context: RequestContext, types: RecordTypes, flags: AccountFlags = NO_FLAGS, table?: string): Account | "ignored" | undefined {
    const { request } = context;
    if (request.method === "CANCEL" && !this.settings.reportCancels) return "ignored";
    const account = this.touch(context);
    const isNewCall = request.method === "INVITE" && !context.hasToTag;
    if (flags.cdr && isNewCall && account.dialog === undefined) {
      const dialog = this.#deps.dialogs.create(context);
      if (dialog === undefined || !dialog.listen(account)) return undefined;
      account.dialog = dialog;
      this.#ofDialogs.set(dialog, account);
    }
    if (account.types === 0) account.createdAt = this.clock.now();
    account.add(types, isNewCall ? flags : { ...flags, cdr: false });
    if (table !== undefined && table !== "") account.table = table;
    return account;
  }

  /** The account of this very request, made if there is none: for values set before, or without, asking for records. */
  touch(context: RequestContext): Account {
    const known = this.#own(context);
    if (known !== undefined) return known;
    const { request, transaction } = context;
    const account = new Account(this, Account.coreOf(request), this.clock.now());
    account.isSwapped = this.settings.detectDirection && context.isDirection("upstream");
    if (transaction === undefined) this.#ofContexts.set(context, account);
    else transaction.attach(account);
    return account;
  }

  /** The account a request belongs to: its own, else that of its call. */
  of(context: RequestContext): Account | undefined {
    const own = this.#own(context);
    const dialog = this.#deps.dialogs.slot(context)?.dialog;
    const ofCall = dialog === undefined ? undefined : this.#ofDialogs.get(dialog);
    return own ?? ofCall;
  }

  /** The account of a call. */
  ofDialog(dialog: Dialog): Account | undefined {
    return this.#ofDialogs.get(dialog);
  }

  /**
   * Where values set in the routes of a request go: into the account of its call while that one waits for its end, whatever was set
   * before the call was known included; else into the request's own.
   */
  valuesOf(context: RequestContext): Account {
    const dialog = this.#deps.dialogs.slot(context)?.dialog;
    const ofCall = dialog === undefined ? undefined : this.#ofDialogs.get(dialog);
    if (ofCall === undefined) return this.touch(context);
    const own = this.#own(context);
    if (own !== undefined && own !== ofCall && !own.isMerged) {
      own.isMerged = true;
      ofCall.values.merge(own.values);
    }
    return ofCall;
  }

  /** Writes a record of a request at once. @param comment - see `readComment` */
  note(context: RequestContext, types: RecordTypes, comment: string, table = ""): void {
    const { code, reason } = readComment(comment);
    const { request } = context;
    const phrase = reason === "" && code !== "" ? reasonPhrase(Number(code)) : reason;
    const account = this.#own(context);
    if (account !== undefined) {
      const before = account.table;
      account.table = table === "" ? before : table;
      account.write("noted", types, request.toTag, code, phrase);
      account.table = before;
      return;
    }
    const isSwapped = this.settings.detectDirection && context.isDirection("upstream");
    this.write({
      kind: "noted",
      id: "",
      types,
      at: this.clock.now(),
      method: request.method,
      fromTag: isSwapped ? request.toTag : request.fromTag,
      toTag: isSwapped ? request.fromTag : request.toTag,
      callId: request.callId,
      code,
      reason: phrase,
      hasAccount: false,
      createdAt: 0,
      setupSeconds: 0,
      durationMs: -1,
      extras: NOTHING,
      legs: [],
      table,
    });
  }

  /**
   * Takes up the account of a call that was loaded from a store, from its variables.
   * @returns undefined when the call carries none
   */
  restore(dialog: Dialog): Account | undefined {
    const known = this.#ofDialogs.get(dialog);
    if (known !== undefined) return known;
    const packed = unpackAccount((name) => dialog.value(name));
    if (packed === undefined) return undefined;
    const { method, fromTag, callId } = packed;
    const account = new Account(this, { method, fromTag, callId }, packed.createdAt);
    account.types = packed.types;
    account.cdrTypes = packed.cdr;
    account.missedTypes = packed.missed;
    account.failedTypes = packed.failed;
    account.table = packed.table;
    account.dialog = dialog;
    for (const [tag, value] of packed.extras) account.values.set(tag, value);
    for (const leg of packed.legs) {
      account.values.newLeg();
      for (const [tag, value] of leg) account.values.setLegValue(tag, value);
    }
    account.resume(packed.startAt, packed);
    if (!dialog.listen(account)) return undefined;
    this.#ofDialogs.set(dialog, account);
    return account;
  }

  /** @internal hands a record to its backends */
  write(record: CallRecord): void {
    for (let i = 0; i < this.#sinks.length; i++) {
      const sink = this.#sinks[i];
      if (sink === undefined || (sink.type & record.types) === 0) continue;
      try {
        sink.write(record);
      } catch (error) {
        this.#deps.onError(error);
      }
    }
    if ((record.types & RecordType.app) !== 0) this.records.publish(record);
  }

  /** @internal tells the backends that a record is to come */
  foresee(id: string, types: RecordTypes, record: () => CallRecord): void {
    for (const sink of this.#sinks) {
      if ((sink.type & types) === 0) continue;
      try {
        sink.foresee?.(id, record);
      } catch (error) {
        this.#deps.onError(error);
      }
    }
  }

  #own(context: RequestContext): Account | undefined {
    const { transaction } = context;
    if (transaction === undefined) return this.#ofContexts.get(context);
    for (const hook of transaction.hooks) if (hook instanceof Account && hook.isOf(this)) return hook;
    return undefined;
  }
}
