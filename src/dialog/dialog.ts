// The handle of one call: identity, parties, time, variables. Everybody may read it; only the tracker writes to it, and
// every method here that changes something hands the work to the tracker.
import type { EpochMs, Ms, WheelEntry, WheelOwner } from "../kit/index.ts";
import type { Link, Member, Profile } from "../profile/index.ts";
import type { ServerTransaction } from "../transaction/index.ts";
import type { ExchangeParts, ExchangeStart } from "./exchange.ts";
import { dbIdOf, formatDid } from "./ids.ts";
import type { Leg } from "./leg.ts";
import type { DialogListener } from "./listeners.ts";
import { type DialogState, type Lifecycle, stateNumber } from "./machine.ts";
import { ModuleFlag } from "./options.ts";
import type { OwnQueue } from "./own-queue.ts";
import type { SequentialParts } from "./own-sequential.ts";
import type { Pings } from "./pings.ts";

const NOT_ANSWERED: Ms = Number.NEGATIVE_INFINITY;

/** One variable of a dialog; the newest stands first. */
export interface DialogValue {
  readonly name: string;
  value: string;
  /** It was given as a whole number: scripts read it as one too. */
  isInteger: boolean;
  older: DialogValue | undefined;
}

/** Names of routes that run at turning points of the call (`dlg_on_answer` and its kin); "" for none. */
export interface DialogRoutes {
  readonly answer: string;
  readonly timeout: string;
  readonly hangup: string;
}

/** A membership that was given up when the call failed, in case it comes back (2.4). */
export interface LostLink {
  /** Full name. */
  readonly profile: string;
  readonly value: string;
  readonly tag: string | undefined;
}

/** How an attempt to end a call went. `failed`: the INVITE's transaction was gone, or a BYE could not be sent. */
export type EndResult = "ok" | "ended" | "failed";

/** How to end a call. */
export interface EndOptions {
  /** Complete header lines with CRLF for the BYEs, after those of the settings. */
  readonly extraHeaders?: string;
}

/** Who changes dialogs. */
export interface DialogKeeper {
  tick(dialog: Dialog): void;
  secondsLeft(dialog: Dialog): number;
  expiresAt(dialog: Dialog): EpochMs;
  secondsSinceAnswer(dialog: Dialog): number;
  setLifetime(dialog: Dialog, lifetimeMs: Ms): boolean;
  setValue(dialog: Dialog, name: string, value: string | undefined, isInteger: boolean): boolean;
  setFlags(dialog: Dialog, flags: number): void;
  setModuleFlags(dialog: Dialog, flags: number): void;
  join(dialog: Dialog, profile: Profile<Dialog>, value: string, max: number): boolean;
  leave(dialog: Dialog, profile: Profile<Dialog>, value: string | undefined): boolean;
  listen(dialog: Dialog, listener: DialogListener): boolean;
  unlisten(dialog: Dialog, listener: DialogListener): void;
  setRoute(dialog: Dialog, kind: keyof DialogRoutes, name: string): boolean;
  setSharingTag(dialog: Dialog, tag: string | undefined): void;
  end(dialog: Dialog, reason: string, options?: EndOptions): EndResult;
  send(dialog: Dialog, parts: SequentialParts): boolean;
  exchange(dialog: Dialog, parts: ExchangeParts): ExchangeStart;
}

/** A call that is tracked. */
export class Dialog implements Member, WheelOwner {
  /** `h_entry`: the bucket. */
  readonly entry: number;
  /** `h_id`. */
  readonly id: number;
  readonly callId: string;
  /** URIs of the INVITE's From and To, without display names. */
  readonly fromUri: string;
  readonly toUri: string;
  readonly callerLeg: Leg;
  /** One for each branch of the INVITE, and more where a branch forked further down; the first is leg 1. */
  readonly calleeLegs: Leg[] = [];
  readonly createdAt: EpochMs;
  /** When the 2xx was relayed; 0 before. */
  startAt: EpochMs = 0;
  lifetimeMs: Ms;
  /** The 32 bits of the script (`set_dlg_flag`), unsigned. */
  flags = 0;
  /** `ModuleFlag` bits. */
  moduleFlags = 0;
  /** The cluster tag under which this call is somebody's duty. */
  sharingTag: string | undefined = undefined;
  /** Newest membership (see `Link.older`). */
  firstLink: Link | undefined = undefined;
  /** Newest variable. */
  firstValue: DialogValue | undefined = undefined;
  routes: DialogRoutes | undefined = undefined;
  /** @internal */ life: Lifecycle;
  /** @internal monotonic instant of the answer, which may lie before this process; minus infinity before */ answeredAt: Ms = NOT_ANSWERED;
  /** @internal monotonic instant at which the lifetime ends; −1 while none runs */ endsAt: Ms = -1;
  /** @internal monotonic instant by which the ACK must have come; −1 when none is awaited */ ackBy: Ms = -1;
  /** @internal */ timer: WheelEntry | undefined = undefined;
  /** @internal the INVITE's transaction while it lives */ invite: ServerTransaction | undefined = undefined;
  /** @internal */ listeners: readonly DialogListener[] | undefined = undefined;
  /** @internal */ lostLinks: readonly LostLink[] | undefined = undefined;
  /** @internal transactions and BYEs that still refer to it */ uses = 0;
  /** @internal position of its last step in the ring */ historyAt = 0;
  /** @internal the first 2xx is between being built and being sent */ isAnswering = false;
  /** @internal BYEs wait for that 2xx to leave, or for its ACK */ byesWait = false;
  /** @internal header lines for the BYEs */ byeHeaders = "";
  /** @internal CSeq of the INVITE; −1 when it is not known */ initialCseq = -1;
  /** @internal the callee leg whose requests the caller's leg counts; 0 while none has sent any */ countsFor = 0;
  /** @internal requests of our own that wait for each other; undefined when none do */ queue: OwnQueue | undefined = undefined;
  /** @internal */ pings: Pings | undefined = undefined;
  /** @internal how often both sides have agreed on descriptions; tells which agreement is the last */ agreements = 0;
  /** @internal */ valueCount = 0;
  /** @internal in the table */ isTracked = false;
  /** @internal the next younger one of the same Call-ID */ callNext: Dialog | undefined = undefined;
  readonly #keeper: DialogKeeper;

  /** @internal made by the tracker */
  constructor(
    keeper: DialogKeeper,
    entry: number,
    id: number,
    callId: string,
    fromUri: string,
    toUri: string,
    callerLeg: Leg,
    life: Lifecycle,
    createdAt: EpochMs,
    lifetimeMs: Ms,
  ) {
    this.#keeper = keeper;
    this.entry = entry;
    this.id = id;
    this.callId = callId;
    this.fromUri = fromUri;
    this.toUri = toUri;
    this.callerLeg = callerLeg;
    this.life = life;
    this.createdAt = createdAt;
    this.lifetimeMs = lifetimeMs;
  }

  /** The cookie: `did` in Record-Route. */
  get did(): string {
    return formatDid(this.entry, this.id);
  }

  /** The 64-bit id of tables. */
  get dbId(): bigint {
    return dbIdOf(this.entry, this.id);
  }

  get state(): DialogState {
    return this.life.state;
  }

  /** `$DLG_status`: 1 to 5. */
  get status(): number {
    return stateNumber(this.life.state);
  }

  get isEnded(): boolean {
    return this.life.state === "ended";
  }

  /** Answered and not yet over. */
  get isTalking(): boolean {
    return this.life.state === "confirmedNoAck" || this.life.state === "confirmed";
  }

  get endReason(): string | undefined {
    return this.life.endReason;
  }

  /** `DialogOption` bits. */
  get options(): number {
    return this.life.options;
  }

  get fromTag(): string {
    return this.callerLeg.tag;
  }

  /** To-tag of the primary callee; "" before anybody replied. */
  get toTag(): string {
    return this.primaryCallee?.tag ?? "";
  }

  /** The winner of the INVITE, or the first branch while there is none. */
  get primaryCallee(): Leg | undefined {
    return this.calleeLegs[this.life.winner === 0 ? 0 : this.life.winner - 1];
  }

  /** A leg by number: 0 the caller, 1… the callees. */
  leg(number: number): Leg | undefined {
    return number === 0 ? this.callerLeg : this.calleeLegs[number - 1];
  }

  /** Number of the callee leg with this tag; 0 when there is none, or the tag is empty. */
  calleeLegOf(tag: string): number {
    if (tag === "") return 0;
    const legs = this.calleeLegs;
    for (let i = 0; i < legs.length; i++) if (legs[i]?.tag === tag) return i + 1;
    return 0;
  }

  /** Whole seconds until the lifetime is over; before the answer the lifetime itself, after the end 0 (`$DLG_timeout`). */
  get secondsLeft(): number {
    return this.#keeper.secondsLeft(this);
  }

  /** When the lifetime will be over; 0 while none runs. */
  get expiresAt(): EpochMs {
    return this.#keeper.expiresAt(this);
  }

  /** Whole seconds since the answer, 0 before it (`$DLG_lifetime`). */
  get secondsSinceAnswer(): number {
    return this.#keeper.secondsSinceAnswer(this);
  }

  /**
   * Sets how long the call may last, counted from now when it is answered, else from the answer (9.2).
   * @returns false for a negative number
   */
  setLifetime(lifetimeMs: Ms): boolean {
    return this.#keeper.setLifetime(this, lifetimeMs);
  }

  /** @returns the value of a variable, undefined when it has none of this name (case-sensitive) */
  value(name: string): string | undefined {
    return this.valueEntry(name)?.value;
  }

  /** As `value`, with what else is known of it. */
  valueEntry(name: string): Readonly<DialogValue> | undefined {
    for (let at = this.firstValue; at !== undefined; at = at.older) if (at.name === name) return at;
    return undefined;
  }

  /** All variables, newest first. */
  get values(): readonly { readonly name: string; readonly value: string }[] {
    const out: { name: string; value: string }[] = [];
    for (let at = this.firstValue; at !== undefined; at = at.older) out.push({ name: at.name, value: at.value });
    return out;
  }

  /**
   * Sets a variable, or takes it away with undefined.
   * @param isInteger - the text is that of a whole number which was given as such
   * @returns false when the dialog has as many as it may
   */
  setValue(name: string, value: string | undefined, isInteger = false): boolean {
    return this.#keeper.setValue(this, name, value, isInteger);
  }

  /** Replaces the 32 script flags. */
  setFlags(flags: number): void {
    this.#keeper.setFlags(this, flags);
  }

  /** Replaces the `ModuleFlag` bits. */
  setModuleFlags(flags: number): void {
    this.#keeper.setModuleFlags(this, flags);
  }

  /** Neither side sees where the other is: we are the peer of both. */
  get isTopologyHidden(): boolean {
    return (this.moduleFlags & ModuleFlag.topologyHiding) !== 0;
  }

  /** @param index - 0…31; anything else is never set */
  isFlagSet(index: number): boolean {
    return index >= 0 && index < 32 && (this.flags & (1 << index)) !== 0;
  }

  /** @returns false for an index outside 0…31 */
  setFlag(index: number, isSet: boolean): boolean {
    if (!Number.isInteger(index) || index < 0 || index > 31) return false;
    this.#keeper.setFlags(this, isSet ? this.flags | (1 << index) : this.flags & ~(1 << index));
    return true;
  }

  /** Memberships, newest first. */
  get links(): readonly Link[] {
    const out: Link[] = [];
    for (let link = this.firstLink; link !== undefined; link = link.older) out.push(link);
    return out;
  }

  /**
   * Adds the call to a profile, once more if it is in already.
   * @param max - no more than this many links under the value; refused when it is reached
   * @returns whether it is in; false also for an ended call, and without a value where the profile wants one
   */
  join(profile: Profile<Dialog>, value = "", max: number = Number.POSITIVE_INFINITY): boolean {
    return this.#keeper.join(this, profile, value, max);
  }

  /** Takes one membership away, the newest that fits. @returns whether there was one */
  leave(profile: Profile<Dialog>, value?: string): boolean {
    return this.#keeper.leave(this, profile, value);
  }

  /** Adds a listener for this call alone; the last one added runs first. @returns false when the call is over */
  listen(listener: DialogListener): boolean {
    return this.#keeper.listen(this, listener);
  }

  unlisten(listener: DialogListener): void {
    this.#keeper.unlisten(this, listener);
  }

  /** Names the route to run at a turning point; only before the answer. @returns whether it was taken */
  setRoute(kind: keyof DialogRoutes, name: string): boolean {
    return this.#keeper.setRoute(this, kind, name);
  }

  setSharingTag(tag: string | undefined): void {
    this.#keeper.setSharingTag(this, tag);
  }

  /** Sends a request of our own to one side (15.1). @returns false when nothing was sent */
  send(parts: SequentialParts): boolean {
    return this.#keeper.send(this, parts);
  }

  /** Sends offers of our own to one side, or to one and then to the other (15.2). */
  exchange(parts: ExchangeParts): ExchangeStart {
    return this.#keeper.exchange(this, parts);
  }

  /** Ends the call: CANCEL while it rings, BYE to both sides once it is answered (8.2). */
  end(reason: string, options?: EndOptions): EndResult {
    return this.#keeper.end(this, reason, options);
  }

  /** @internal the wheel's word */
  onTick(): void {
    this.#keeper.tick(this);
  }
}
