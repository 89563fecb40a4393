// One branch: drives the client machines of RFC 3261 §17.1 with timers and the transport.

import { keep, type Ms } from "../kit/index.ts";
import { buildCancel, buildHopAck, Edit, parseMessage, SipRequest, type SipResponse } from "../sip/index.ts";
import type { Destination, SendObserver, Source } from "../transport/index.ts";
import { CancelClient } from "./cancel.ts";
import { isAccepted, type TransactionCore } from "./core.ts";
import type { Transaction } from "./hooks.ts";
import { type InviteClientEffect, type InviteClientEvent, type InviteClientState, inviteClient } from "./machine/invite-client.ts";
import {
  type NonInviteClientEffect,
  type NonInviteClientEvent,
  type NonInviteClientState,
  nonInviteClient,
} from "./machine/non-invite-client.ts";
import type { ClientUser } from "./ports.ts";
import type { ServerTransaction } from "./server.ts";
import { acknowledgedWaitMs, completedWaitMs, confirmedWaitMs } from "./settings.ts";
import { REPEAT, Timed } from "./timed.ts";

/** State of either machine. */
export type ClientState = InviteClientState | NonInviteClientState;

/** Complete Reason lines of the CANCELs that we send by ourselves. */
export const CancelReason: { readonly originator: string; readonly elsewhere: string; readonly noAnswer: string } = Object.freeze({
  /** The caller gave up. */
  originator: 'Reason: SIP;cause=487;text="ORIGINATOR_CANCEL"\r\n',
  /** Another branch has answered. */
  elsewhere: 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n',
  /** Timer C. */
  noAnswer: 'Reason: SIP;cause=480;text="NO_ANSWER"\r\n',
});

/** What is told when a branch is over, besides its user: the transaction it belongs to. */
export interface ClientOwner {
  clientStarted(client: ClientTransaction): void;
  clientEnded(client: ClientTransaction): void;
}

/** What a branch is made of. */
export interface ClientSpec {
  readonly owner: Transaction;
  readonly server: ServerTransaction | undefined;
  readonly index: number;
  readonly method: string;
  readonly text: string;
  readonly branch: string;
  readonly destination: Destination;
  readonly user: ClientUser;
  readonly sentBy?: string | undefined;
  readonly frTimeoutMs: Ms;
  readonly frInvTimeoutMs: Ms;
}

/**
 * One outgoing copy of a request. Sent text is kept until nothing can ask for it again: for retransmissions, the CANCEL
 * and the ACK of a refusal, which must resemble it (M-4).
 */
export class ClientTransaction extends Timed implements SendObserver {
  /** The relayed transaction, or the local one. */
  readonly owner: Transaction;
  /** The relayed transaction; undefined for a request of our own. */
  readonly server: ServerTransaction | undefined;
  readonly index: number;
  readonly method: string;
  readonly isInvite: boolean;
  readonly branch: string;
  readonly destination: Destination;
  /** Host and port of its Via where they are none of ours; "" otherwise. */
  readonly sentBy: string;
  /** The request as sent; "" once it is no longer needed. */
  sent: string;
  /** Last status received, 0 before; a faked one does not count. */
  lastStatus = 0;
  /** First final, received or faked; 0 before. */
  finalStatus = 0;
  /** `finalStatus` was made up: 408 no reply in time, 503 not sent. */
  isFaked = false;
  /** A provisional reply has been received. */
  hasProvisional = false;
  /** A CANCEL was sent, or will be with the first provisional reply. */
  cancelRequested = false;
  #replySource: Source | undefined = undefined;
  /** Timer B or F; read when it is armed. */
  frTimeoutMs: Ms;
  /** Timer C; a change takes effect when it is next armed. */
  frInvTimeoutMs: Ms;
  /** @internal */ nextSibling: ClientTransaction | undefined = undefined;
  readonly #core: TransactionCore;
  #user: ClientUser | undefined;
  #inviteState: InviteClientState = "calling";
  #otherState: NonInviteClientState = "trying";
  #cancelHeaders = "";
  #cancel: CancelClient | undefined = undefined;
  #ackText = "";
  #edit: Edit | undefined = undefined;
  #highest = 0;
  #hasBegun = false;
  #isOver = false;

  /** @internal Made by `openClient`. */
  constructor(core: TransactionCore, spec: ClientSpec) {
    super(core.timers);
    this.#core = core;
    this.owner = spec.owner;
    this.server = spec.server;
    this.index = spec.index;
    this.method = keep(spec.method);
    this.isInvite = spec.method === "INVITE";
    this.branch = spec.branch;
    this.destination = spec.destination;
    this.sentBy = spec.sentBy ?? "";
    this.sent = keep(spec.text);
    this.#user = spec.user;
    this.frTimeoutMs = spec.frTimeoutMs;
    this.frInvTimeoutMs = spec.frInvTimeoutMs;
  }

  get state(): ClientState {
    return this.isInvite ? this.#inviteState : this.#otherState;
  }

  /** No final yet, neither received nor faked. */
  get isPending(): boolean {
    return this.finalStatus === 0;
  }

  get isReliable(): boolean {
    return this.destination.listener.isReliable;
  }

  /**
   * Gives the branch up (TM-39): CANCEL now if it has answered provisionally, else with its first provisional reply.
   * One CANCEL per branch ever; nothing happens for other methods than INVITE or after a final.
   * @param headers - complete Reason lines, "" for none
   */
  cancel(headers: string): void {
    if (!this.isInvite || this.cancelRequested || this.finalStatus !== 0 || this.#isOver) return;
    this.cancelRequested = true;
    this.#cancelHeaders = keep(headers);
    if (this.#inviteState === "proceeding") this.#sendCancel();
  }

  /** Sends the request no more; what is said to the copies that have left still counts. */
  rest(): void {
    this.disarmRepeat();
  }

  /** The edit of a reply's relayed copy, for RESPONSE_IN hooks and reply routes; made when first asked for. */
  editOf(response: SipResponse): Edit {
    if (this.#edit?.message !== response) this.#edit = new Edit(response);
    return this.#edit;
  }

  /** The edit that was begun on this reply, if any; who relays the reply goes on with it. */
  takeEdit(response: SipResponse): Edit | undefined {
    const begun = this.#edit;
    this.#edit = undefined;
    return begun?.message === response ? begun : undefined;
  }

  /** @internal Sends the request. @returns false when the transport did not take it: the branch never was. */
  begin(): boolean {
    const core = this.#core;
    const { owner } = this;
    if (owner.hooks.length > 0) core.hooks.requestBuilt(owner, this.sent, this.destination);
    if (!this.#send(this.sent, "request")) return false;
    this.#hasBegun = true;
    core.table.clients++;
    owner.clientStarted(this);
    this.armMain(this.frTimeoutMs);
    if (!this.isReliable) this.armRepeat(core.settings.t1Ms);
    return true;
  }

  /** Where the reply that is being handled came from; before any reply, where the request went. */
  get replySource(): Source {
    return this.#replySource ?? this.destination;
  }

  /** @internal A reply with our branch. @returns false when its method does not fit: it matches nothing */
  receive(response: SipResponse, source: Source): boolean {
    const method = response.cseqMethod;
    if (method !== this.method) return method === "CANCEL" && this.#cancelAnswered(response);
    this.#replySource = source;
    const { status } = response;
    this.lastStatus = status;
    if (status < 200) this.hasProvisional = true;
    if (this.owner.hooks.length > 0) {
      this.#core.hooks.messageMatchedIn(this.owner, response);
      if (this.server !== undefined) this.#core.hooks.responseIn(this.server, response, this);
    }
    if (this.isInvite) this.#inviteEvent(replyEvent(status), response);
    else this.#otherEvent(status < 200 ? "provisional" : "final", response);
    this.#edit = undefined;
    this.#replySource = undefined;
    return true;
  }

  /** @internal An edit that was begun while its reply was held back is that of the reply that arrives now. */
  resumeEdit(edit: Edit): void {
    this.#edit = edit;
  }

  /** @internal The ACK of the 2xx has passed here. */
  endAcknowledged(): void {
    if (this.isInvite) this.#inviteEvent("endAck", undefined);
  }

  /** The transport could not send the request after all. */
  sendFailed(why: string): void {
    if (!this.#hasBegun || this.#isOver) return;
    this.#core.log.debug({ why, destination: this.destination.ip }, "a request could not be sent");
    if (this.isInvite) this.#inviteEvent("sendFailed", undefined);
    else this.#otherEvent("sendFailed", undefined);
  }

  /** @internal */
  override onTimer(kind: number): void {
    if (this.isInvite) this.#inviteEvent(kind === REPEAT ? "timerA" : this.#inviteTimer(), undefined);
    else this.#otherEvent(kind === REPEAT ? "timerE" : this.#otherTimer(), undefined);
  }

  #inviteTimer(): InviteClientEvent {
    switch (this.#inviteState) {
      case "calling":
        return "timerB";
      case "proceeding":
        return "timerC";
      case "accepted":
        return "timerM";
      case "completed":
      case "expired":
      case "terminated":
        return "timerD";
    }
  }

  #otherTimer(): NonInviteClientEvent {
    switch (this.#otherState) {
      case "trying":
      case "proceeding":
        return "timerF";
      case "completed":
      case "terminated":
        return "timerK";
    }
  }

  #inviteEvent(event: InviteClientEvent, response: SipResponse | undefined): void {
    const step = inviteClient(this.#inviteState, event);
    this.#inviteState = step.next;
    this.#run(step.effects, response);
  }

  #otherEvent(event: NonInviteClientEvent, response: SipResponse | undefined): void {
    const step = nonInviteClient(this.#otherState, event, this.isReliable);
    this.#otherState = step.next;
    this.#run(step.effects, response);
  }

  #run(effects: readonly (InviteClientEffect | NonInviteClientEffect)[], response: SipResponse | undefined): void {
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i];
      if (effect !== undefined) this.#perform(effect, response);
    }
  }

  #perform(effect: InviteClientEffect | NonInviteClientEffect, response: SipResponse | undefined): void {
    const { settings, lifetimeMs } = this.#core;
    switch (effect) {
      case "resend":
        this.#core.counters.requestRepeated(this.repeatMs, settings.t1Ms);
        this.#send(this.sent, "request");
        break;
      case "backoffA": // D-07
        this.armRepeat(settings.inviteRetrCap ? Math.min(2 * this.repeatMs, settings.t2Ms) : 2 * this.repeatMs);
        break;
      case "backoffE":
        this.armRepeat(Math.min(2 * this.repeatMs, settings.t2Ms));
        break;
      case "slowE":
        this.armRepeat(settings.t2Ms);
        break;
      case "stopA":
      case "stopE":
        this.disarmRepeat();
        break;
      case "armC":
        this.#highest = response?.status ?? 0;
        this.armMain(this.frInvTimeoutMs);
        break;
      case "restartC":
        this.#restartC(response?.status ?? 0);
        break;
      case "armD":
        this.armMain(completedWaitMs(settings, this.isReliable));
        this.sent = ""; // the ACK is built, and a branch with a final is not cancelled
        break;
      case "armK":
        this.armMain(confirmedWaitMs(settings, this.isReliable));
        this.sent = "";
        break;
      case "armM":
        this.armMain(lifetimeMs);
        this.sent = "";
        break;
      case "shortenM":
        this.armMain(acknowledgedWaitMs(settings));
        break;
      case "armExpired":
        this.armMain(lifetimeMs);
        break;
      case "ack":
        if (response !== undefined) this.#acknowledge(response);
        break;
      case "cancelIfAsked":
        if (this.cancelRequested) this.#sendCancel();
        break;
      case "cancelNoAnswer":
      case "cancelLate":
        this.#cancelByOurselves();
        break;
      case "deliver":
        if (response !== undefined) this.#deliver(response);
        break;
      case "observe":
        if (response !== undefined) this.#user?.observed?.(this, response);
        break;
      case "fake408":
        this.#core.counters.finalTimeouts.value++;
        this.#fake(408);
        break;
      case "fake503":
        this.#fake(503);
        break;
      case "end":
        this.#end();
        break;
    }
  }

  #restartC(status: number): void {
    const isHigher = status >= 180 && status > this.#highest;
    if (status > this.#highest) this.#highest = status;
    if (isHigher || this.#core.settings.restartFrOnEachReply) this.armMain(this.frInvTimeoutMs);
  }

  #deliver(response: SipResponse): void {
    const { status } = response;
    if (status >= 200) {
      if (this.finalStatus === 0 || (this.isFaked && status < 300)) {
        this.finalStatus = status;
        this.isFaked = false;
      }
      this.#cancel?.stop();
    }
    this.#user?.response(this, response);
    if (!this.isInvite) this.#dropUser();
  }

  #fake(status: 408 | 503): void {
    this.finalStatus = status;
    this.isFaked = true;
    this.#user?.failed(this, status);
  }

  /** The hop-by-hop ACK (TM-57): made once, repeated for each repeated refusal. */
  #acknowledge(response: SipResponse): void {
    if (this.#ackText === "") {
      const sent = parseSent(this.sent);
      if (sent === undefined) return;
      this.#ackText = keep(buildHopAck(sent, response));
      this.#cancel?.stop();
    }
    this.#send(this.#ackText, "ack");
  }

  #cancelByOurselves(): void {
    if (this.#cancel !== undefined) return;
    if (!this.cancelRequested) this.#cancelHeaders = CancelReason.noAnswer;
    this.cancelRequested = true;
    this.#sendCancel();
  }

  #sendCancel(): void {
    if (this.#cancel !== undefined) return;
    const sent = parseSent(this.sent);
    if (sent === undefined) return;
    const text = keep(buildCancel(sent, this.#cancelHeaders));
    this.#cancel = new CancelClient(this.#core, this.owner, text, this.destination);
  }

  #cancelAnswered(response: SipResponse): boolean {
    if (this.#cancel === undefined) return false;
    if (this.owner.hooks.length > 0) this.#core.hooks.messageMatchedIn(this.owner, response);
    this.#cancel.stop();
    return true;
  }

  #send(text: string, kind: "request" | "ack"): boolean {
    const core = this.#core;
    const { owner } = this;
    const isHooked = owner.hooks.length > 0;
    const out = isHooked ? core.hooks.preSendBuffer(owner, text) : text;
    // an ACK that is lost on the way is asked for again by the repeated refusal
    const result = core.transport.send(out, this.destination, kind === "request" ? this : undefined);
    if (kind === "request") core.lastSend = result;
    if (!isAccepted(result)) return false;
    if (isHooked) core.hooks.messageSentOut(owner, out, kind);
    return true;
  }

  #dropUser(): void {
    const user = this.#user;
    this.#user = undefined;
    user?.terminated(this);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.disarmAll();
    this.#cancel?.stop();
    this.#core.table.clients--;
    this.sent = "";
    this.#ackText = "";
    this.#dropUser();
    this.owner.clientEnded(this);
  }
}

/** The list with one branch more, in front. */
export function withSibling(first: ClientTransaction | undefined, client: ClientTransaction): ClientTransaction {
  client.nextSibling = first;
  return client;
}

/** The list without a branch. */
export function withoutSibling(first: ClientTransaction | undefined, client: ClientTransaction): ClientTransaction | undefined {
  if (first === client) return client.nextSibling;
  let before = first;
  while (before !== undefined && before.nextSibling !== client) before = before.nextSibling;
  if (before !== undefined) before.nextSibling = client.nextSibling;
  return first;
}

/**
 * Sends a request and makes its branch.
 * @returns undefined when the transport did not take it; `core.lastSend` says why
 */
export function openClient(core: TransactionCore, spec: ClientSpec): ClientTransaction | undefined {
  const client = new ClientTransaction(core, spec);
  return client.begin() ? client : undefined;
}

function replyEvent(status: number): InviteClientEvent {
  if (status === 100) return "trying";
  if (status < 200) return "provisional";
  return status < 300 ? "success" : "failure";
}

/** What we sent reads, unless a hook or a route put nonsense into it; then there is no ACK and no CANCEL to build. */
function parseSent(text: string): SipRequest | undefined {
  const parsed = parseMessage(text);
  return parsed.ok && parsed.value instanceof SipRequest ? parsed.value : undefined;
}
