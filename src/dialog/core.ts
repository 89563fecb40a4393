// The one path on which a dialog changes: a step of the machine or a setter, then timers, listeners and the change feed, in
// one fixed order. Datagrams wait for the end of the turn. Nobody else writes to a dialog.
import { type EpochMs, Feed, type Ms, Statistics, WheelEntry } from "../kit/index.ts";
import type { Profile } from "../profile/index.ts";
import type { Direction } from "../proxy/index.ts";
import type { SipRequest, SipResponse } from "../sip/index.ts";
import type { ServerTransaction } from "../transaction/index.ts";
import { keepChronicle } from "./chronicle.ts";
import { IdMint } from "./cookie.ts";
import type { Dialog, DialogKeeper, DialogRoutes, EndOptions, EndResult } from "./dialog.ts";
import { type ExchangeParts, type ExchangeStart, startExchange } from "./exchange.ts";
import { Change, type ChangeKind } from "./feed.ts";
import { countForWinner } from "./fork-numbers.ts";
import { History } from "./history.ts";
import { type DialogListener, ListenerRunner } from "./listeners.ts";
import { type DialogEvent, type DialogState, type Effect, type Lifecycle, step, withOptions } from "./machine.ts";
import { join, leave, leaveAll, rejoinAll } from "./memberships.ts";
import { MessageLog } from "./message-log.ts";
import { cancelBranches, sendByes } from "./own-requests.ts";
import { proceed, type SequentialParts, sendSequential } from "./own-sequential.ts";
import { PING_OPTIONS, pingNotice, startPings } from "./pings.ts";
import type { DialogDeps, RouteRunner } from "./ports.ts";
import { seesAck } from "./sees-ack.ts";
import { type DialogSettings, defaultDialogSettings } from "./settings.ts";
import { DialogStatistics } from "./statistics.ts";
import { DialogTable } from "./table.ts";
import { ValueIndex } from "./value-index.ts";
import { setValue } from "./variables.ts";

/** What brought an event about: for listeners and for the history. */
export interface Occasion {
  readonly request?: SipRequest | undefined;
  readonly response?: SipResponse | undefined;
  readonly status?: number;
  readonly direction?: Direction;
  /** Of the request. */
  readonly transaction?: ServerTransaction | undefined;
}

const NO_OCCASION: Occasion = Object.freeze({});
/** A 2xx without ACK is repeated for 64·T1 at most (RFC 3261 13.3.1.4). */
const LONGEST_REPEAT_MS: Ms = 32_000;
const NO_DIALOG_ROUTES: DialogRoutes = Object.freeze({ answer: "", timeout: "", hangup: "" });

/** Everything that tracking shares, and every way to change a dialog. */
export class DialogCore implements DialogKeeper {
  readonly deps: DialogDeps;
  readonly settings: DialogSettings;
  readonly table: DialogTable;
  readonly mint: IdMint;
  readonly values: ValueIndex = new ValueIndex();
  readonly listeners: ListenerRunner;
  readonly history: History;
  /** Messages of calls; undefined when none are kept. */
  readonly messages: MessageLog | undefined;
  readonly feed: Feed<Change>;
  readonly statistics: DialogStatistics;
  /** Runs routes that a dialog names; undefined where there is no script. */
  runRoute: RouteRunner | undefined = undefined;
  #hasEndFailed = false;
  #hasPingNotice = false;

  constructor(deps: DialogDeps) {
    this.deps = deps;
    this.settings = { ...defaultDialogSettings, ...deps.settings };
    this.table = new DialogTable(this.settings.hashSize);
    this.mint = new IdMint(this.table.size, this.settings.nodeId, deps.hash, deps.random);
    this.listeners = new ListenerRunner(deps.log);
    const sequence = deps.sequence ?? { value: 0 };
    this.history = new History(this.settings.historyBytes, deps.clock, sequence);
    this.feed = deps.feed ?? new Feed<Change>((error) => deps.log.error({ err: error }, "a subscriber of the change feed threw"));
    // the bounds and the checker count all the same
    const statistics = this.settings.hasStatistics ? deps.statistics : new Statistics();
    this.statistics = new DialogStatistics(statistics, this.feed);
    const { messageDetail, messageBytes } = this.settings;
    if (messageDetail === "none") this.messages = undefined;
    else {
      const { clock, random } = deps;
      const isTracked = (callId: string): boolean => this.table.firstOf(callId) !== undefined;
      this.messages = new MessageLog(messageDetail, messageBytes, { clock, random, sequence, statistics }, isTracked);
    }
    keepChronicle(this.feed, this.history);
  }

  /** Puts an event through the machine and does what it asks for. */
  apply(dialog: Dialog, event: DialogEvent, occasion: Occasion = NO_OCCASION): void {
    const was = dialog.life;
    const before = was.state;
    const next = step(was, event);
    dialog.life = next;
    const { effects } = next;
    this.note(dialog, event.type, before, occasion);
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i];
      if (effect !== undefined) this.#run(dialog, effect, before, event, occasion);
    }
    // what the machine has come to know without a move, and BYEs that wait, are told as well
    if (next.state === before && next !== was && isOtherLife(was, next)) this.publish("ending", dialog);
    if (next.state === "ended") {
      dialog.queue?.dropAll();
      this.collect(dialog);
    }
  }

  /** Adds a step to the history of a dialog. */
  note(dialog: Dialog, event: string, before: DialogState, occasion: Occasion = NO_OCCASION): void {
    const { request, response } = occasion;
    let detail = "";
    if (request !== undefined) detail = `${request.method} ${request.cseqNumber} ${occasion.direction ?? ""}`;
    else if (response !== undefined) detail = `${response.status} ${response.reason} ${response.toTag}`;
    else if (occasion.status !== undefined) detail = `${occasion.status} made here`;
    if (dialog.life.state === "ended" && before !== "ended") detail += ` "${dialog.life.endReason ?? ""}"`;
    this.history.add(dialog, event, before, dialog.life.state, detail);
  }

  /** Tells the feed of a change that has no more to say. */
  publish(kind: ChangeKind, dialog: Dialog, leg?: number): void {
    this.feed.publish(new Change(kind, dialog, undefined, undefined, undefined, undefined, leg));
  }

  /** Lets go of an ended dialog that nothing refers to any more. */
  collect(dialog: Dialog): void {
    if (!dialog.isTracked || dialog.uses > 0 || dialog.life.state !== "ended") return;
    this.table.remove(dialog);
    for (let at = dialog.firstValue; at !== undefined; at = at.older) this.values.remove(at.name, at.value, dialog);
    this.publish("destroyed", dialog);
    this.listeners.destroyed(dialog);
  }

  /** Something that referred to the dialog is gone. */
  release(dialog: Dialog): void {
    dialog.uses--;
    this.collect(dialog);
  }

  // ---- time

  tick(dialog: Dialog): void {
    const now = this.deps.clock.monotonic();
    if (dialog.ackBy >= 0 && dialog.ackBy <= now) {
      dialog.ackBy = -1;
      if (dialog.byesWait) this.#sendWaitingByes(dialog);
      else this.apply(dialog, { type: "ackMissing" });
      proceed(dialog);
    }
    if (dialog.endsAt >= 0 && dialog.endsAt <= now) {
      dialog.endsAt = -1;
      this.#lifetimeOver(dialog);
    }
    this.#armTimer(dialog);
  }

  secondsLeft(dialog: Dialog): number {
    if (dialog.isTalking) return dialog.endsAt < 0 ? 0 : Math.max(0, Math.ceil((dialog.endsAt - this.deps.clock.monotonic()) / 1000));
    return dialog.isEnded ? 0 : Math.ceil(dialog.lifetimeMs / 1000);
  }

  expiresAt(dialog: Dialog): EpochMs {
    if (dialog.endsAt < 0) return 0;
    return Math.round(this.deps.clock.now() + dialog.endsAt - this.deps.clock.monotonic());
  }

  secondsSinceAnswer(dialog: Dialog): number {
    return dialog.startAt === 0 ? 0 : Math.floor((this.deps.clock.monotonic() - dialog.answeredAt) / 1000);
  }

  setLifetime(dialog: Dialog, lifetimeMs: Ms): boolean {
    if (!(lifetimeMs >= 0) || !Number.isFinite(lifetimeMs)) return false;
    // a call on borrowed time does not get more of it (6.3)
    if (dialog.life.isRaced) return true;
    dialog.lifetimeMs = lifetimeMs;
    if (dialog.isTalking) this.#armLifetime(dialog);
    this.publish("lifetime", dialog);
    return true;
  }

  // ---- what a script or a route may set

  /** Calls with these flags will come, or have come: what there is to say of their pings is said once. */
  expectPings(options: number): void {
    if (this.#hasPingNotice || (options & PING_OPTIONS) === 0) return;
    const notice = pingNotice(this, options);
    if (notice === undefined) return;
    this.#hasPingNotice = true;
    this.deps.log.warn({}, notice);
  }

  setOptions(dialog: Dialog, options: number): void {
    this.expectPings(options);
    if (dialog.life.options === options) return;
    dialog.life = withOptions(dialog.life, options);
    this.publish("options", dialog);
  }

  setValue(dialog: Dialog, name: string, value: string | undefined, isInteger: boolean): boolean {
    return setValue(this, dialog, name, value, isInteger);
  }

  setFlags(dialog: Dialog, flags: number): void {
    dialog.flags = flags >>> 0;
    this.publish("flags", dialog);
  }

  setModuleFlags(dialog: Dialog, flags: number): void {
    if (dialog.moduleFlags === flags) return;
    dialog.moduleFlags = flags;
    this.publish("flags", dialog);
  }

  setRoute(dialog: Dialog, kind: keyof DialogRoutes, name: string): boolean {
    if (dialog.isTalking || dialog.isEnded) return false;
    dialog.routes = { ...(dialog.routes ?? NO_DIALOG_ROUTES), [kind]: name };
    this.publish("routes", dialog);
    return true;
  }

  setSharingTag(dialog: Dialog, tag: string | undefined): void {
    dialog.sharingTag = tag;
    this.publish("tag", dialog);
  }

  join(dialog: Dialog, profile: Profile<Dialog>, value: string, max: number): boolean {
    return join(this, dialog, profile, value, max);
  }

  leave(dialog: Dialog, profile: Profile<Dialog>, value: string | undefined): boolean {
    return leave(this, dialog, profile, value);
  }

  listen(dialog: Dialog, listener: DialogListener): boolean {
    if (dialog.isEnded) return false;
    dialog.listeners = [...(dialog.listeners ?? []), listener];
    return true;
  }

  unlisten(dialog: Dialog, listener: DialogListener): void {
    const left = dialog.listeners?.filter((other) => other !== listener);
    dialog.listeners = left === undefined || left.length === 0 ? undefined : left;
  }

  send(dialog: Dialog, parts: SequentialParts): boolean {
    return sendSequential(this, dialog, parts);
  }

  exchange(dialog: Dialog, parts: ExchangeParts): ExchangeStart {
    return startExchange(this, dialog, parts);
  }

  /** Requests of our own that have waited go at the next tick, when what is passing now has left. */
  proceedSoon(dialog: Dialog): void {
    if (dialog.queue === undefined || dialog.isEnded || dialog.ackBy >= 0) return;
    dialog.ackBy = this.deps.clock.monotonic();
    this.#armTimer(dialog);
  }

  // ---- the end

  end(dialog: Dialog, reason: string, options?: EndOptions): EndResult {
    if (dialog.isEnded) return "ended";
    if (!dialog.life.isEnding) dialog.byeHeaders = options?.extraHeaders ?? "";
    this.#hasEndFailed = false;
    this.apply(dialog, { type: "ending", reason });
    return this.#hasEndFailed ? "failed" : "ok";
  }

  /** The first 2xx has left. */
  answerSent(dialog: Dialog): void {
    dialog.isAnswering = false;
    if (dialog.byesWait && !this.#awaitsAck(dialog)) this.#sendWaitingByes(dialog);
    proceed(dialog);
  }

  #sendByes(dialog: Dialog): void {
    // A BYE must not overtake the answer it ends, and a caller who has not acknowledged may not have that answer yet: told now,
    // it would know no such dialog, and a callee told now would stop repeating it (RFC 3261 15). So BYEs wait for the ACK, for
    // as long as a 2xx is repeated at most. A call on borrowed time (flag E) has waited already.
    const awaitsAck = this.#awaitsAck(dialog);
    if (!awaitsAck && !dialog.isAnswering) {
      if (!sendByes(this, dialog)) this.#hasEndFailed = true;
      return;
    }
    dialog.byesWait = true;
    this.history.note(
      dialog,
      "byesHeld",
      awaitsAck ? `until the ACK, at most ${this.#ackWaitMs / 1000} s after the answer` : "until the answer has left",
    );
    if (!awaitsAck) return;
    dialog.ackBy = dialog.answeredAt + this.#ackWaitMs;
    this.#armTimer(dialog);
  }

  #sendWaitingByes(dialog: Dialog): void {
    dialog.byesWait = false;
    if (dialog.isTalking && !sendByes(this, dialog)) this.#hasEndFailed = true;
  }

  #awaitsAck(dialog: Dialog): boolean {
    if (dialog.state !== "confirmedNoAck" || dialog.life.isRaced || !seesAck(dialog)) return false;
    return this.deps.clock.monotonic() < dialog.answeredAt + this.#ackWaitMs;
  }

  /** How long BYEs wait for an ACK. */
  get #ackWaitMs(): Ms {
    const { ackTimeoutMs } = this.settings;
    return ackTimeoutMs > 0 && ackTimeoutMs < LONGEST_REPEAT_MS ? ackTimeoutMs : LONGEST_REPEAT_MS;
  }

  // ---- effects

  #run(dialog: Dialog, effect: Effect, before: DialogState, event: DialogEvent, occasion: Occasion): void {
    switch (effect) {
      case "changed":
        this.feed.publish(new Change("state", dialog, before, dialog.life.state));
        break;
      case "cancelBranches":
        if (!cancelBranches(this, dialog)) this.#hasEndFailed = true;
        break;
      case "sendByes":
        this.#sendByes(dialog);
        break;
      case "shortenLife":
        dialog.lifetimeMs = this.settings.raceConditionTimeoutMs;
        this.publish("lifetime", dialog);
        break;
      case "start":
        countForWinner(dialog);
        this.#start(dialog);
        break;
      case "rearm":
        this.#armLifetime(dialog);
        break;
      case "ackArrived":
        // what waited for it goes at the next tick, when the ACK itself has passed
        dialog.ackBy = dialog.byesWait || dialog.queue !== undefined ? this.deps.clock.monotonic() : -1;
        this.#armTimer(dialog);
        startPings(this, dialog);
        break;
      case "rejoinProfiles":
        rejoinAll(this, dialog);
        break;
      case "leaveProfiles":
        leaveAll(this, dialog);
        break;
      case "stopTimers":
        dialog.pings?.stop();
        dialog.pings = undefined;
        dialog.endsAt = -1;
        dialog.ackBy = -1;
        dialog.byesWait = false;
        this.#armTimer(dialog);
        break;
      case "lifetimeOver":
        this.publish("lifetimeOver", dialog);
        break;
      case "early":
        this.listeners.early(dialog, occasion.response);
        break;
      case "confirmed":
        this.listeners.confirmed(dialog, occasion.response);
        this.#runRoute(dialog, "answer");
        this.listeners.answered(dialog);
        break;
      case "hangup":
        this.#runRoute(dialog, "hangup");
        this.listeners.hangup(dialog);
        break;
      case "failed":
        this.listeners.failed(dialog, occasion.status ?? occasion.response?.status ?? 0, occasion.response);
        break;
      case "expired":
        this.listeners.expired(dialog);
        break;
      case "terminated":
        this.listeners.terminated(dialog, occasion.request, occasion.direction, occasion.transaction);
        break;
      case "note":
        this.deps.log.debug({ did: dialog.did, callId: dialog.callId, event: event.type, state: before }, "no meaning in this state");
        break;
    }
  }

  #start(dialog: Dialog): void {
    const now = this.deps.clock.monotonic();
    dialog.startAt = this.deps.clock.now();
    dialog.answeredAt = now;
    const { ackTimeoutMs } = this.settings;
    const awaitsAck = ackTimeoutMs > 0 && seesAck(dialog);
    dialog.ackBy = awaitsAck ? now + ackTimeoutMs : -1;
    this.history.note(
      dialog,
      "timers",
      `lifetime ${dialog.lifetimeMs / 1000} s${awaitsAck ? `, ACK within ${ackTimeoutMs / 1000} s` : ""}`,
    );
    this.#armLifetime(dialog);
  }

  /** A call has come back with its deadlines. */
  resume(dialog: Dialog): void {
    this.#armTimer(dialog);
  }

  /** The lifetime begins now. */
  #armLifetime(dialog: Dialog): void {
    dialog.endsAt = this.deps.clock.monotonic() + dialog.lifetimeMs;
    this.#armTimer(dialog);
  }

  #armTimer(dialog: Dialog): void {
    const { endsAt, ackBy } = dialog;
    const at = ackBy >= 0 && (endsAt < 0 || ackBy < endsAt) ? ackBy : endsAt;
    if (at >= 0) {
      dialog.timer ??= new WheelEntry(dialog, 0);
      this.deps.wheel.arm(dialog.timer, at - this.deps.clock.monotonic());
    } else if (dialog.timer !== undefined) this.deps.wheel.disarm(dialog.timer);
  }

  #lifetimeOver(dialog: Dialog): void {
    if (!dialog.life.isEnding && !dialog.life.isRaced) {
      this.#runRoute(dialog, "timeout");
      this.listeners.timeout(dialog);
      // whoever set a lifetime meanwhile wants the call to live on (8.3); it may also have ended it
      if (dialog.endsAt >= 0 || !dialog.isTalking) return;
    }
    this.apply(dialog, { type: "expired" });
  }

  #runRoute(dialog: Dialog, when: keyof DialogRoutes): void {
    const route = dialog.routes?.[when];
    if (route === undefined || route === "" || this.runRoute === undefined) return;
    try {
      this.runRoute(route, dialog, when);
    } catch (error) {
      this.listeners.threw(dialog, route, error);
    }
  }
}

/** Whether more is known of how a call will end. */
function isOtherLife(was: Lifecycle, is: Lifecycle): boolean {
  return was.isEnding !== is.isEnding || was.hasBye !== is.hasBye || was.wasCancelled !== is.wasCancelled || was.isRaced !== is.isRaced;
}
