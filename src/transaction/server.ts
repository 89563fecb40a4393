// The server side of a transaction: drives the machines of RFC 3261 §17.2 with timers and the transport.
// Routing, forking and picking belong to the proxy.

import { invariant, keep, randomHex } from "../kit/index.ts";
import { reasonPhrase, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { ReplyTarget, Source } from "../transport/index.ts";
import { CancelReason, type ClientTransaction, withoutSibling, withSibling } from "./client.ts";
import { isAccepted, type TransactionCore } from "./core.ts";
import { NO_HOOKS, type TransactionHook, withHook } from "./hooks.ts";
import { type InviteServerEffect, type InviteServerEvent, type InviteServerState, inviteServer } from "./machine/invite-server.ts";
import {
  type NonInviteServerEffect,
  type NonInviteServerEvent,
  type NonInviteServerState,
  nonInviteServer,
} from "./machine/non-invite-server.ts";
import type { ReplyExtra, ServerUser } from "./ports.ts";
import { localReply } from "./reply.ts";
import { acknowledgedWaitMs, completedWaitMs, confirmedWaitMs } from "./settings.ts";
import { LateTags } from "./tags.ts";
import { REPEAT, Timed } from "./timed.ts";

/** State of either machine. */
export type ServerState = InviteServerState | NonInviteServerState;

const NO_EXTRA: ReplyExtra = Object.freeze({});

/**
 * One received request until it is answered and its answer can no longer be asked for again.
 * Its request is dropped as soon as nothing needs it any more: see `request`.
 */
export class ServerTransaction extends Timed {
  readonly isInvite: boolean;
  readonly method: string;
  readonly source: Source;
  readonly isReliable: boolean;
  /** 0…65535, first half of the transaction's id (TM-7). */
  readonly hashIndex: number;
  /** Second half of the id, unique among live transactions. */
  readonly label: number;
  /** @internal */ readonly key: string;
  /** Whether the route has made a transaction of it (t_newtran); before that it is tentative. */
  isEstablished = false;
  /** A CANCEL came, or `TransactionLayer.cancelTransaction` was called, before a final was sent. */
  wasCancelled = false;
  /** The final has been made here, not by a branch. */
  isAnsweredHere = false;
  /** The ACK of the 2xx has passed here. */
  isAcknowledged = false;
  /** First final sent, 0 while there is none. */
  finalStatus = 0;
  /** Last status sent, 0 while there is none. */
  lastStatus = 0;
  /** To-tag of the final that was sent, "" before. */
  sentTag = "";
  /** Who answers; dropped when nothing more is asked of it. */
  user: ServerUser | undefined = undefined;
  hooks: readonly TransactionHook[] = NO_HOOKS;
  /** Belongs to the layers above (TM-65): the dialog of this transaction. */
  slot: unknown = undefined;
  /** As if the top Via had `rport` (T-8); to be set before the first reply. */
  forceRport = false;
  /** @internal Whether its id finds it: it is established, or has had branches. */ hasId = false;
  /** @internal Its place in the table of answered INVITEs; "" while it is not there. */ answeredCallId = "";
  /** @internal */ nextAnswered: ServerTransaction | undefined = undefined;
  /** @internal */ previousAnswered: ServerTransaction | undefined = undefined;
  /** @internal Branches that are not over, newest first. */ clients: ClientTransaction | undefined = undefined;
  readonly #core: TransactionCore;
  #inviteState: InviteServerState = "proceeding";
  #otherState: NonInviteServerState = "trying";
  #request: SipRequest | undefined;
  #target: ReplyTarget | undefined = undefined;
  #lastText = "";
  #localTag = "";
  #fromTag = "";
  #cseqNumber = 0;
  #lateTags: LateTags | undefined = undefined;
  #isQuietOver = false;
  #isInUse = true;
  #isOver = false;
  #isDeleted = false;

  /** @internal Made by the layer, which puts it into the table. */
  constructor(core: TransactionCore, request: SipRequest, source: Source, key: string, hashIndex: number, label: number) {
    super(core.timers);
    this.#core = core;
    this.#request = request;
    this.source = source;
    this.key = key;
    this.hashIndex = hashIndex;
    this.label = label;
    this.method = keep(request.method);
    this.isInvite = request.method === "INVITE";
    this.isReliable = source.listener.isReliable;
    core.table.inUse++;
    const { settings } = core;
    if (this.isInvite) {
      this.#isQuietOver = !settings.autoTrying;
      this.armMain(settings.autoTrying ? settings.tryingDelayMs : settings.frInvTimeoutMs);
    } else {
      this.#isQuietOver = !settings.nonInvite100;
      this.armMain(settings.nonInvite100 ? 7 * settings.t1Ms : core.lifetimeMs);
    }
  }

  get state(): ServerState {
    return this.isInvite ? this.#inviteState : this.#otherState;
  }

  /** Nothing has been answered finally, and nothing has ended it. */
  get isPending(): boolean {
    return this.isInvite ? this.#inviteState === "proceeding" : this.#otherState === "trying" || this.#otherState === "proceeding";
  }

  /** Whether `request` is still there. */
  get hasRequest(): boolean {
    return this.#request !== undefined;
  }

  /**
   * The received request. It is dropped once the transaction only waits: a non-INVITE after its final, an INVITE after
   * its ACK. Who needs something of it later takes it before.
   * @throws DialoomError `DIALOOM_INVARIANT` when it is gone
   */
  get request(): SipRequest {
    const request = this.#request;
    invariant(request !== undefined, "the request of a finished transaction is not asked for");
    return request;
  }

  /** The To-tag of all replies made here to this request (TM-22). A route may set it before the first such reply. */
  get localTag(): string {
    if (this.#localTag === "") {
      const random = this.#core.random;
      this.#localTag = randomHex(random, 16);
    }
    return this.#localTag;
  }

  set localTag(tag: string) {
    this.#localTag = tag;
  }

  /** Hangs a hook on this transaction; it stays until `transactionDeleted`. */
  attach(hook: TransactionHook): void {
    this.hooks = withHook(this.hooks, hook);
  }

  /**
   * Makes a real transaction of a tentative one: fires REQUEST_IN.
   * @returns false when a hook refused (the request has then been answered 500), or when it is over already
   */
  establish(): boolean {
    if (this.isEstablished) return true;
    if (this.#isOver) return false;
    this.isEstablished = true;
    const core = this.#core;
    core.counters.uasTransactions.value++;
    this.hasId = true;
    for (const hook of core.globalHooks) {
      try {
        hook.requestIn?.(this);
      } catch (error) {
        core.log.error({ callId: this.request.callId, err: error }, "a hook refused a request");
        this.reply(500, "Server error occurred");
        return false;
      }
    }
    return true;
  }

  /** Ends a tentative transaction that was answered without state, or not at all. Attached hooks are let go. */
  forget(): void {
    if (this.isEstablished || !this.isPending) return;
    this.#inviteState = "terminated";
    this.#otherState = "terminated";
    this.#end();
  }

  /**
   * The user will not answer: a non-INVITE stays to absorb retransmissions in silence (D-01), an INVITE ends.
   * Nothing happens once a final was sent.
   */
  release(): void {
    if (this.isInvite) this.#inviteEvent("abandon");
    else this.#otherEvent("silence");
  }

  /** Sends 100 now, unless anything was sent before or it is no INVITE (t_newtran). */
  sendTryingNow(): void {
    if (this.isInvite && this.#inviteState === "proceeding" && this.lastStatus === 0) {
      this.#sendTrying("Giving it a try");
    }
  }

  /**
   * Sends a reply that a branch brought.
   * @param text - serialised, our Via already taken off
   * @param response - as received; undefined if there is none behind it
   * @returns false when the transaction does not take it any more: a final was sent, a 1xx to a non-INVITE …
   */
  respond(text: string, status: number, response: SipResponse | undefined, _branch: ClientTransaction | undefined): boolean {
    if (!this.#answer(text, status, response, response?.toTag ?? "", false)) return false;
    if (response !== undefined) this.#core.counters.relayedReplies.value++;
    return true;
  }

  /**
   * Sends a reply made here (TM-22).
   * @param status - 100…699
   * @param reason - absent: the status' own phrase
   * @returns false when a final was sent before, or the request is gone
   */
  reply(status: number, reason?: string, extra: ReplyExtra = NO_EXTRA): boolean {
    const request = this.#request;
    if (request === undefined || !this.isPending || status < 100 || status > 699) return false;
    if (!this.isInvite && status > 100 && status < 200) return false;
    const tag = extra.toTag ?? (status >= 180 && request.toTag === "" ? this.localTag : "");
    const text = localReply(this, this.#core.settings.server, status, reason, tag, extra);
    const sentTag = request.toTag === "" ? tag : request.toTag;
    if (!this.#answer(text, status, undefined, sentTag, true)) return false;
    this.#core.counters.localReplies.value++;
    if (this.isInvite && status >= 200) this.#cancelBranches(status);
    return true;
  }

  /**
   * The caller gives up (TM-39): marks the transaction, fires TRANS_CANCELLED, lets the user cancel the branches.
   * @param cancel - the CANCEL; undefined when we decided it ourselves, then no hook fires
   * @returns false when there is nothing to cancel: no INVITE, a final was sent, done before
   */
  cancelBy(cancel: SipRequest | undefined): boolean {
    if (!this.isInvite || this.#inviteState !== "proceeding" || this.wasCancelled) return false;
    this.wasCancelled = true;
    if (cancel !== undefined && this.hooks.length > 0) this.#core.hooks.transactionCancelled(this, cancel);
    this.user?.cancelled(this, cancel);
    return true;
  }

  /** @internal The same request again. */
  retransmitted(request: SipRequest): void {
    if (this.hooks.length > 0) this.#core.hooks.messageMatchedIn(this, request);
    if (this.isInvite) this.#inviteEvent("request");
    else this.#otherEvent("request");
  }

  /**
   * @internal An ACK with the branch of this INVITE.
   * @returns false when it is not ours to absorb: the INVITE was answered 2xx
   */
  ackReceived(ack: SipRequest): boolean {
    if (this.#inviteState === "accepted") return false;
    if (this.#inviteState === "completed" && this.sentTag !== "" && ack.toTag !== this.sentTag) {
      // S-09: whoever writes ACKs must at least have seen the reply
      this.#core.log.debug({ callId: ack.callId }, "an ACK with another To-tag was ignored");
      return true;
    }
    if (this.hooks.length > 0) this.#core.hooks.messageMatchedIn(this, ack);
    this.#inviteEvent("ack");
    return true;
  }

  /** @internal Whether an ACK with our Call-ID is that of our 2xx; the To-tag must be the one sent where the 2xx was made here. */
  isAnsweredBy(ack: SipRequest): boolean {
    if (ack.cseqNumber !== this.#cseqNumber || ack.fromTag !== this.#fromTag) return false;
    return !this.isAnsweredHere || this.sentTag === ack.toTag;
  }

  /** @internal The ACK of our 2xx passes here (TM-8). */
  endAckReceived(ack: SipRequest, source: Source): void {
    if (this.hooks.length > 0) {
      this.#core.hooks.messageMatchedIn(this, ack);
      this.#core.hooks.ackIn(this, ack, source);
    }
    if (this.isAcknowledged) return;
    this.isAcknowledged = true;
    this.#inviteEvent("endAck");
    for (let client = this.clients; client !== undefined; client = client.nextSibling) client.endAcknowledged();
    this.#dropRequest();
  }

  /** @internal */
  clientStarted(client: ClientTransaction): void {
    this.hasId = true;
    this.clients = withSibling(this.clients, client);
  }

  /** @internal */
  clientEnded(client: ClientTransaction): void {
    this.clients = withoutSibling(this.clients, client);
    if (this.#isOver) this.#deleteWhenUnused();
  }

  /** @internal */
  override onTimer(kind: number): void {
    if (!this.isInvite) this.#otherTimer();
    else if (kind === REPEAT) this.#inviteEvent("timerG");
    else this.#inviteTimer();
  }

  #inviteTimer(): void {
    switch (this.#inviteState) {
      case "proceeding":
        this.#waited();
        break;
      case "accepted":
        this.#inviteEvent("timerL");
        break;
      case "completed":
        this.#inviteEvent("timerH");
        break;
      case "confirmed":
        this.#inviteEvent("timerI");
        break;
      case "terminated":
        break;
    }
  }

  /** An INVITE still has no final: first the time for a 100 passes, then that in which something must happen. */
  #waited(): void {
    if (!this.#isQuietOver) {
      this.#isQuietOver = true;
      this.armMain(this.#core.settings.frInvTimeoutMs);
      this.sendTryingNow();
      return;
    }
    for (let client = this.clients; client !== undefined; client = client.nextSibling) {
      if (!client.isPending) continue;
      // a branch still rings; its own timers bound it
      this.armMain(this.#core.settings.frInvTimeoutMs);
      return;
    }
    // nobody works on it: a route that never came to an end (TM-19)
    this.reply(408);
  }

  #otherTimer(): void {
    switch (this.#otherState) {
      case "trying":
      case "proceeding":
        this.#otherEvent(this.#isQuietOver ? "giveUp" : "quiet");
        break;
      case "completed":
        this.#otherEvent("timerJ");
        break;
      case "terminated":
        break;
    }
  }

  /** Everything that leaves as an answer passes here, the automatic 100 and retransmissions excepted. */
  #answer(text: string, status: number, response: SipResponse | undefined, tag: string, isLocal: boolean): boolean {
    const wasPending = this.isPending;
    const effects = this.isInvite ? this.#inviteAnswer(status, isLocal) : this.#otherAnswer(status);
    if (effects[0] === "refuse") return false;
    const isKnownTag = status >= 200 && status < 300 && this.isInvite && !wasPending && this.#isKnownTag(tag);
    const out = this.#keepAnswer(text, wasPending, isLocal);
    this.lastStatus = status;
    if (status >= 200) {
      if (wasPending) this.#finalDecided(status, tag, isLocal);
      else if (!isKnownTag) {
        this.#lateTags ??= new LateTags();
        this.#lateTags.add(tag);
      }
      if (!isKnownTag) this.#core.counters.completed(status);
    }
    const isHooked = this.hooks.length > 0 && status > 100 && !isKnownTag;
    if (isHooked) this.#core.hooks.responsePreOut(this, status, response, out);
    this.#run(effects, out);
    if (isHooked) this.#core.hooks.responseOut(this, status, response, out);
    if (!this.isInvite && status >= 200) this.#dropRequest();
    return true;
  }

  /** The caller has its answer: whoever still rings need not (TM-22). */
  #cancelBranches(status: number): void {
    if (this.clients === undefined) return;
    const reason = status < 300 ? CancelReason.elsewhere : `Reason: SIP;cause=${status};text="${reasonPhrase(status)}"\r\n`;
    for (let client: ClientTransaction | undefined = this.clients; client !== undefined; client = client.nextSibling) client.cancel(reason);
  }

  #inviteAnswer(status: number, isLocal: boolean): readonly InviteServerEffect[] {
    const step = inviteServer(this.#inviteState, replyEvent(status, isLocal), this.isReliable);
    this.#inviteState = step.next;
    return step.effects;
  }

  #otherAnswer(status: number): readonly NonInviteServerEffect[] {
    const event = status >= 200 ? "final" : status === 100 ? "trying" : "provisional";
    const step = nonInviteServer(this.#otherState, event);
    this.#otherState = step.next;
    return step.effects;
  }

  /** Keeps the answer if it may be asked for again, and nothing else of the message it came with. */
  #keepAnswer(text: string, wasPending: boolean, isLocal: boolean): string {
    if (!wasPending) return text; // a late 2xx: the refusal stays what is repeated
    if (this.isInvite && this.#inviteState === "accepted" && !isLocal) {
      this.#lastText = ""; // whoever answered repeats it (RFC 6026 §7.1)
      return text;
    }
    this.#lastText = keep(text);
    return this.#lastText;
  }

  #finalDecided(status: number, tag: string, isLocal: boolean): void {
    this.finalStatus = status;
    this.sentTag = keep(tag);
    this.isAnsweredHere = isLocal;
    this.#leaveUse();
    if (this.isInvite && status < 300 && this.#request !== undefined) {
      const { callId, fromTag, cseqNumber } = this.#request;
      this.answeredCallId = keep(callId);
      this.#fromTag = keep(fromTag);
      this.#cseqNumber = cseqNumber;
      this.#core.table.addAnswered(this);
    }
  }

  #isKnownTag(tag: string): boolean {
    if (tag === this.sentTag && this.finalStatus < 300) return true;
    return this.#lateTags?.has(tag) ?? false;
  }

  #inviteEvent(event: InviteServerEvent): void {
    const step = inviteServer(this.#inviteState, event, this.isReliable);
    this.#inviteState = step.next;
    this.#run(step.effects, this.#lastText);
  }

  #otherEvent(event: NonInviteServerEvent): void {
    const step = nonInviteServer(this.#otherState, event);
    this.#otherState = step.next;
    this.#run(step.effects, this.#lastText);
    if (step.next === "completed") this.#dropRequest();
  }

  #run(effects: readonly (InviteServerEffect | NonInviteServerEffect)[], text: string): void {
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i];
      if (effect !== undefined) this.#perform(effect, text);
    }
  }

  #perform(effect: InviteServerEffect | NonInviteServerEffect, text: string): void {
    const { settings, counters, lifetimeMs } = this.#core;
    switch (effect) {
      case "send":
        this.#send(text);
        break;
      case "resend":
        this.#send(this.#lastText);
        break;
      case "sendTrying":
        this.#sendTrying("Trying");
        break;
      case "armG":
        this.armRepeat(settings.t1Ms);
        break;
      case "backoffG":
        if (this.repeatMs >= settings.t2Ms) counters.replyT2.value++;
        this.armRepeat(Math.min(2 * this.repeatMs, settings.t2Ms));
        break;
      case "stopG":
        this.disarmRepeat();
        break;
      case "armH":
        this.armMain(settings.frTimeoutMs);
        break;
      case "armChallengeH":
        this.armMain(settings.wtTimerMs);
        break;
      case "armI":
        this.armMain(confirmedWaitMs(settings, this.isReliable));
        this.#dropRequest();
        break;
      case "armJ":
        this.#leaveUse();
        this.armMain(completedWaitMs(settings, this.isReliable));
        break;
      case "armL":
        this.armMain(lifetimeMs);
        break;
      case "shortenL":
        this.armMain(acknowledgedWaitMs(settings));
        break;
      case "armGiveUp":
        this.#isQuietOver = true;
        this.armMain(lifetimeMs - 7 * settings.t1Ms);
        break;
      case "noAck":
        this.#noAck();
        break;
      case "end":
        this.#end();
        break;
      case "routeAck": // answered where the ACK comes in
      case "refuse": // answered where the reply comes in
        break;
    }
  }

  #noAck(): void {
    const status = this.finalStatus;
    if (status === 401 || status === 407) return; // whoever asks without credentials need not come back
    this.#core.log.debug({ callId: this.#request?.callId, status }, "no ACK came for a refused INVITE");
  }

  #sendTrying(reason: string): void {
    if (this.#request === undefined) return;
    this.lastStatus = 100;
    this.#lastText = keep(localReply(this, "", 100, reason, "", NO_EXTRA));
    this.#core.counters.localReplies.value++;
    this.#send(this.#lastText);
  }

  #send(text: string): void {
    const core = this.#core;
    if (text === "") return;
    const target = this.#replyTarget();
    if (target === undefined) return;
    const isHooked = this.hooks.length > 0;
    const out = isHooked ? core.hooks.preSendBuffer(this, text) : text;
    const result = core.transport.respondTo(out, target);
    // A reply that cannot be sent counts as sent (proxy rules 3.3): the peer will ask again or give up.
    if (!isAccepted(result)) core.log.debug({ status: this.lastStatus, result }, "a reply could not be sent");
    else if (isHooked) core.hooks.messageSentOut(this, out, "reply");
  }

  #replyTarget(): ReplyTarget | undefined {
    if (this.#target === undefined && this.#request !== undefined) {
      this.#target = this.#core.transport.replyTarget(this.#request, this.source, this.forceRport);
    }
    return this.#target;
  }

  #leaveUse(): void {
    if (!this.#isInUse) return;
    this.#isInUse = false;
    this.#core.table.inUse--;
  }

  /** Lets go of the request and of the user: from here on the answer and its target are enough. */
  #dropRequest(): void {
    if (this.#request === undefined) return;
    this.#replyTarget();
    this.#request = undefined;
    const user = this.user;
    this.user = undefined;
    user?.terminated(this);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { table } = this.#core;
    this.disarmAll();
    this.#leaveUse();
    table.servers.delete(this.key);
    if (this.answeredCallId !== "") table.removeAnswered(this);
    this.#lastText = "";
    this.#dropRequest();
    this.#deleteWhenUnused();
  }

  /** The last branch or the server side itself, whichever is later, ends the whole transaction (C-5). */
  #deleteWhenUnused(): void {
    if (this.clients !== undefined || this.#isDeleted) return;
    this.#isDeleted = true;
    this.#core.table.labels.delete(this);
    if (this.hooks.length > 0) this.#core.hooks.transactionDeleted(this);
    this.hooks = NO_HOOKS;
    this.slot = undefined;
    this.#target = undefined;
  }
}

function replyEvent(status: number, isLocal: boolean): InviteServerEvent {
  if (status < 200) return "provisional";
  if (status < 300) return isLocal ? "localSuccess" : "success";
  return status === 401 || status === 407 ? "challenge" : "failure";
}
