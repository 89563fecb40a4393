// The dialog room's front: makes dialogs, matches requests to them, finds and lists them. What happens to them then is core.ts.
import type { Feed, Slices } from "../kit/index.ts";
import { keep, type Ms } from "../kit/index.ts";
import type { RequestContext, RouteCallback, StrayAnswers } from "../proxy/index.ts";
import { H, type SipResponse } from "../sip/index.ts";
import type { ServerTransaction } from "../transaction/index.ts";
import { type CheckResult, checkDialogs, checkInSlices } from "./check.ts";
import { DialogCore } from "./core.ts";
import { renumbered, translatedInvite } from "./cseq.ts";
import { Dialog, type EndOptions, type EndResult } from "./dialog.ts";
import type { Change } from "./feed.ts";
import { counterOf } from "./fork-numbers.ts";
import { isMisrouted } from "./guard.ts";
import type { HistoryStep } from "./history.ts";
import { parseDid } from "./ids.ts";
import { InitialSlot, learnCaller } from "./initial.ts";
import { passLate } from "./late.ts";
import { Leg } from "./leg.ts";
import type { ListenerRunner } from "./listeners.ts";
import { newLifecycle } from "./machine.ts";
import { didOfRequestUri, didOfRoute, findDialog, findEnded, findTagless } from "./match.ts";
import { mergeDialog } from "./merge.ts";
import type { MessageLog } from "./message-log.ts";
import { replaceOptions, withoutDoublePings } from "./options.ts";
import type { SequentialParts } from "./own-sequential.ts";
import type { DialogDeps, RouteRunner } from "./ports.ts";
import { type RestoreResult, restoreDialog } from "./restore.ts";
import { requestMatched } from "./sequential.ts";
import type { DialogSettings, MatchMode } from "./settings.ts";
import { DialogSlot, ownSlotOf, slotOf } from "./slot.ts";
import { type DialogSnapshot, snapshotOf } from "./snapshot.ts";
import { type CallStory, storiesOf } from "./story.ts";
import { fixRoute, type Validity, validate } from "./validate.ts";

/** How to make a dialog. */
export interface CreateOptions {
  /** `DialogOption` bits; absent leaves those of a dialog that exists as they are. */
  readonly options?: number;
  /** In place of the default lifetime, and of one that was set before there was a dialog. */
  readonly lifetimeMs?: Ms;
}

/** Tracks the calls of one engine. */
export class DialogTracker implements StrayAnswers {
  readonly #core: DialogCore;
  #check: Promise<CheckResult> | undefined = undefined;
  /** Among `proxy.rrCallbacks` (RR-13): matches in-dialog requests while their Routes are processed. */
  readonly routeCallback: RouteCallback = (context) => {
    this.match(context);
  };

  constructor(deps: DialogDeps) {
    this.#core = new DialogCore(deps);
    deps.proxy.rrCallbacks.push(this.routeCallback);
    deps.proxy.strayAnswers = this;
    deps.transactions.addGlobalHook({
      requestIn: (transaction: ServerTransaction) => {
        const { slot } = transaction;
        if (slot instanceof InitialSlot) slot.tellCreated(transaction.request);
      },
    });
  }

  get settings(): DialogSettings {
    return this.#core.settings;
  }

  /** Everything that happens to dialogs. */
  get feed(): Feed<Change> {
    return this.#core.feed;
  }

  /** Dialogs in memory, in any state. */
  get count(): number {
    return this.#core.table.count;
  }

  /** Answered calls (`$DLG_count`, `active_dialogs`). */
  get active(): number {
    return this.#core.statistics.active;
  }

  /** Runs routes that dialogs name (`dlg_on_answer` and its kin). */
  set runRoute(run: RouteRunner | undefined) {
    this.#core.runRoute = run;
  }

  /** Calls with these flags will come: what an operator should know of their pings is said now, once. */
  expectPings(options: number): void {
    this.#core.expectPings(options);
  }

  // ---- a request and its dialog

  /**
   * Makes the dialog of an initial INVITE, or finds the one it has (6.2).
   * @returns undefined for anything but an INVITE without To-tag, without Call-ID or From-tag, or when a bound is reached
   */
  create(context: RequestContext, how: CreateOptions = {}): Dialog | undefined {
    const { request, transaction } = context;
    const { options, lifetimeMs } = how;
    const before = slotOf(context);
    if (before?.dialog !== undefined) {
      if (options !== undefined) {
        this.#core.setOptions(before.dialog, replaceOptions(before.dialog.options, withoutDoublePings(options)));
      }
      if (lifetimeMs !== undefined) before.dialog.setLifetime(lifetimeMs);
      return before.dialog;
    }
    if (request.method !== "INVITE" || context.hasToTag || transaction === undefined) return undefined;
    if (request.callId === "" || request.fromTag === "" || request.from.uri === "") return undefined;
    const { table, settings, deps } = this.#core;
    if (table.count >= settings.maxDialogs || !table.hasRoomFor(request.callId)) {
      this.#core.statistics.refusedDialogs.add();
      deps.log.debug({ callId: request.callId, count: table.count }, "a call is not tracked: too many dialogs");
      return undefined;
    }
    const entry = table.entryOf(request.callId);
    let id = this.#core.mint.next(entry);
    while (this.#core.mint.mayRepeat(entry) && table.byNumbers(entry, id) !== undefined) id = this.#core.mint.next(entry);
    const pendingMs = before?.pendingLifetimeMs ?? -1;
    const caller = new Leg(-1, 0);
    learnCaller(caller, request);
    caller.listener = context.source.listener;
    caller.sourceIp = keep(context.source.ip);
    const dialog = new Dialog(
      this.#core,
      entry,
      id,
      keep(request.callId),
      keep(request.from.uri),
      keep(request.to.uri),
      caller,
      newLifecycle(withoutDoublePings(options ?? 0)),
      deps.clock.now(),
      lifetimeMs ?? (pendingMs > 0 ? pendingMs : settings.defaultTimeoutMs),
    );
    dialog.initialCseq = request.cseqNumber;
    this.#core.expectPings(dialog.options);
    return this.#track(context, transaction, dialog);
  }

  /**
   * Finds the dialog of an in-dialog request and does everything the request means for it, before the route goes on
   * (4.1 to 4.5). At most once for each request; true at once when it has its dialog already.
   * @param mode - in place of the setting
   */
  match(context: RequestContext, mode: MatchMode = this.#core.settings.matchMode): boolean {
    if (ownSlotOf(context)?.dialog !== undefined) return true;
    const { request } = context;
    if (request.method === "CANCEL") return false;
    const { table, settings, deps } = this.#core;
    let did = didOfRoute(context.rrParams, settings.rrParam);
    if (!context.hasToTag && did === undefined) return false;
    if (did === undefined && !request.has(H.Route)) did = didOfRequestUri(context, settings.rrParam, deps.transport);
    const isTagless = did !== undefined && mode !== "didNone" && (!context.hasToTag || request.fromTag === "");
    const found = isTagless ? findTagless(table, request, did ?? "") : findDialog(table, request, did, mode);
    if (found === undefined) {
      const ended = findEnded(table, request);
      return ended !== undefined && passLate(this.#core, context, ended, did);
    }
    requestMatched(this.#core, context, found);
    return true;
  }

  /** Whether a matched request is what its dialog expects (5.1). */
  validate(context: RequestContext): Validity {
    return validate(context);
  }

  /** Gives a matched request the target and the route set of its dialog (5.2). */
  fixRoute(context: RequestContext): 1 | -1 {
    return fixRoute(context);
  }

  /**
   * Whether no honest peer can have sent a matched request: it shows neither the cookie nor comes from where its party is, or its number would
   * make all others look old. Its dialog took no notice of it. An old number alone is left to the far end to judge.
   */
  isForged(context: RequestContext): boolean {
    const doubt = ownSlotOf(context)?.doubt;
    return doubt === "unproven" || doubt === "ahead";
  }

  /**
   * Sends a matched request that goes elsewhere to the party it is meant for, along the Routes that its dialog knows.
   * @returns whether it had to
   */
  straighten(context: RequestContext): boolean {
    const slot = ownSlotOf(context);
    const to = slot?.dialog?.leg(slot.toLeg);
    if (!this.settings.isGuarded || slot?.dialog === undefined || to === undefined || slot.isFixed || slot.isInitial) return false;
    return isMisrouted(context, slot.dialog, to) && fixRoute(context) === 1;
  }

  /**
   * The CSeq number for one more copy of a matched request (RFC 3261 22.3). Later requests that way go on from it.
   * @returns undefined when the request has no dialog, or begins it
   */
  renumber(context: RequestContext): number | undefined {
    const slot = slotOf(context);
    const dialog = slot?.dialog;
    const to = slot === undefined || slot.toLeg < 0 ? undefined : dialog?.leg(slot.toLeg);
    if (slot === undefined || dialog === undefined || to === undefined || !context.hasToTag) return undefined;
    const wire = renumbered(counterOf(dialog, slot.toLeg, slot.calleeLeg) ?? to, context.request.cseqNumber, context.request.method);
    this.#core.publish("cseq", dialog, slot.toLeg);
    return wire;
  }

  /**
   * Notes which Contact was shown to one side.
   * @param leg - 0 the caller, 1… a callee
   * @param line - the whole line with its CRLF
   */
  advertise(dialog: Dialog, leg: number, line: string): void {
    const to = dialog.leg(leg);
    if (to === undefined || to.advertisedContact === line) return;
    to.advertisedContact = keep(line);
    this.#core.publish("leg", dialog, leg);
  }

  /** The dialog of a request, its own or that of the INVITE it cancels. */
  of(context: RequestContext): Dialog | undefined {
    return this.slot(context)?.dialog;
  }

  /** The dialog of a request with the way the request goes in it. */
  slot(context: RequestContext): DialogSlot | undefined {
    const own = slotOf(context);
    if (own?.dialog !== undefined || context.request.method !== "CANCEL") return own;
    const slot = context.invite?.slot;
    return slot instanceof DialogSlot ? slot : undefined;
  }

  /** Makes another dialog the current one of a request, or none: for `load_dialog_ctx`. @returns what was there */
  swapSlot(context: RequestContext, slot: DialogSlot | undefined): DialogSlot | undefined {
    const before = slotOf(context);
    context.slot = slot;
    return before;
  }

  /**
   * `$DLG_timeout = …`: of the current dialog, or kept until the request has one (9.2).
   * @returns false for a negative number
   */
  setLifetime(context: RequestContext, lifetimeMs: Ms): boolean {
    if (!(lifetimeMs >= 0)) return false;
    const dialog = this.of(context);
    if (dialog !== undefined) return dialog.setLifetime(lifetimeMs);
    const slot = ownSlotOf(context) ?? new DialogSlot(undefined, -1, 0);
    // 0 is as good as not set (9.2)
    slot.pendingLifetimeMs = lifetimeMs > 0 ? lifetimeMs : -1;
    context.slot = slot;
    return true;
  }

  // ---- finding and listing

  /** A live dialog by its cookie. */
  byDid(did: string): Dialog | undefined {
    return this.#core.table.byDid(did);
  }

  /** A dialog by its cookie in any state: one that has ended is found as long as something refers to it. */
  inAnyState(did: string): Dialog | undefined {
    const numbers = parseDid(did);
    return numbers === undefined ? undefined : this.#core.table.byNumbers(numbers.entry, numbers.id);
  }

  /** The oldest live dialog of a Call-ID. */
  byCallId(callId: string): Dialog | undefined {
    return this.#core.table.byCallId(callId);
  }

  /** A live dialog by cookie, else by Call-ID, else by the id of tables (1.5). */
  lookup(text: string): Dialog | undefined {
    return this.#core.table.lookup(text);
  }

  /** The oldest dialog of a Call-ID in any state; the others follow by `callNext`. */
  firstOf(callId: string): Dialog | undefined {
    return this.#core.table.firstOf(callId);
  }

  /** Live dialogs whose variable has exactly this value. */
  byValue(name: string, value: string): readonly Dialog[] {
    return this.#core.values.find(name, value);
  }

  /** All dialogs in bucket order, oldest first within a bucket; the walk may be interrupted. */
  all(): IterableIterator<Dialog> {
    return this.#core.table.all();
  }

  /** A page of the same order. */
  page(from: number, count: number): readonly Dialog[] {
    return this.#core.table.page(from, count);
  }

  // ---- as plain data

  /** A dialog as it stands. */
  snapshot(dialog: Dialog): DialogSnapshot {
    const { clock } = this.#core.deps;
    return snapshotOf(dialog, clock.now() - clock.monotonic());
  }

  /**
   * Brings back an answered call that a store has kept: timers run, pings begin, memberships count. The sockets must be bound.
   * @returns why not, in words, when it cannot be done
   */
  restore(snapshot: DialogSnapshot): RestoreResult {
    return restoreDialog(this.#core, snapshot);
  }

  /**
   * Takes over what another writer of a store has seen of a call that is here (12.7).
   * @returns whether anything is another now
   */
  merge(dialog: Dialog, snapshot: DialogSnapshot): boolean {
    return mergeDialog(this.#core, dialog, snapshot);
  }

  // ---- the rest

  /** Sends a request of our own to one side (15.1). @returns false when nothing was sent */
  sendSequential(dialog: Dialog, parts: SequentialParts): boolean {
    return this.#core.send(dialog, parts);
  }

  /** Ends a call (8.2). */
  end(dialog: Dialog, reason: string, options?: EndOptions): EndResult {
    return this.#core.end(dialog, reason, options);
  }

  /** Listeners for all dialogs; those of one dialog are told first, and the last one added before the others. */
  get listeners(): Pick<ListenerRunner, "add" | "remove" | "loaded" | "saved" | "listed"> {
    return this.#core.listeners;
  }

  /** The last steps of a call, oldest first, as far as the ring still has them. */
  history(dialog: Dialog): readonly HistoryStep[] {
    return this.#core.history.of(dialog);
  }

  /** What sees the messages of all calls: to be hung in the transport. Undefined when none are kept. */
  get messages(): MessageLog | undefined {
    return this.#core.messages;
  }

  /**
   * Everything that is known of calls, live or gone as far as they are remembered (`explainMemory`).
   * @param text - a cookie, a Call-ID or the id of tables
   * @returns the oldest first; several for a Call-ID that was used again
   */
  explain(text: string): readonly CallStory[] {
    return storiesOf(this.#core, text);
  }

  /** Verifies every invariant in one go: 100,000 dialogs hold everything else up for a while. @returns one line for each one that is broken */
  check(): readonly string[] {
    return checkDialogs(this.#core);
  }

  /** The same while calls go on. Who asks while a check is under way gets its result: there is never more than one. */
  checkInSlices(slices: Slices): Promise<CheckResult> {
    this.#check ??= checkInSlices(this.#core, slices).finally(() => {
      this.#check = undefined;
    });
    return this.#check;
  }

  /** Stops every lifetime; calls stay as they are. For the end of the engine. */
  close(): void {
    for (const dialog of this.all()) if (dialog.timer !== undefined) this.#core.deps.wheel.disarm(dialog.timer);
  }

  /**
   * A 2xx to an INVITE of a dialog we know, whose transaction is gone: it may still go to whoever sent the INVITE, under the number that it
   * gave it.
   */
  numberFor(response: SipResponse): number | undefined {
    const { status, cseqMethod, cseqNumber, fromTag, toTag } = response;
    if (status < 200 || status > 299 || cseqMethod !== "INVITE" || fromTag === "" || toTag === "") return undefined;
    for (let dialog = this.firstOf(response.callId); dialog !== undefined; dialog = dialog.callNext) {
      if (!dialog.isTalking) continue;
      const caller = dialog.callerLeg;
      const isDown = fromTag === caller.tag;
      const callee = dialog.leg(dialog.calleeLegOf(isDown ? toTag : fromTag));
      if (callee === undefined || callee === caller || (!isDown && toTag !== caller.tag)) continue;
      const [from, to] = isDown ? [caller, callee] : [callee, caller];
      if (from.inviteCseq >= 0 && translatedInvite(to, from.inviteCseq) === cseqNumber) return from.inviteCseq;
    }
    return undefined;
  }

  #track(context: RequestContext, transaction: ServerTransaction, dialog: Dialog): Dialog | undefined {
    const core = this.#core;
    const { settings } = core;
    const slot = new InitialSlot(core, dialog, context.request);
    core.table.add(dialog);
    if (settings.matchMode !== "didNone" && context.addRrParam(`;${settings.rrParam}=${dialog.did}`) < 0) {
      core.table.remove(dialog);
      core.publish("refused", dialog);
      return undefined;
    }
    context.slot = slot;
    dialog.invite = transaction;
    transaction.attach(slot);
    core.publish("created", dialog);
    core.note(dialog, "created", dialog.life.state, { request: context.request });
    if (transaction.isEstablished) slot.tellCreated(context.request);
    return dialog;
  }
}
