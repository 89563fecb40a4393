// The end that places a call: INVITE, CANCEL, ACK to every answer, and one dialog for each callee that spoke.

import type { Ms } from "../../kit/index.ts";
import { buildRequest, H, type SipResponse } from "../../sip/index.ts";
import type { AgentDesk } from "./desk.ts";
import { AgentLeg, type LegUser } from "./leg.ts";
import type { CallerPlan } from "./plan.ts";
import type { AgentSession } from "./session.ts";
import type { AgentClient, ClientUser } from "./transactions.ts";

/** How long a caller listens to ringing, or to nothing, before it gives up by itself. */
const PATIENCE_MS = 900_000;

/** Who and where a call is for. */
export interface CallTarget {
  readonly callId: string;
  /** Request-URI and To. */
  readonly uri: string;
  readonly fromUri: string;
  /** User part of the Contact. */
  readonly user: string;
  readonly withBody: boolean;
  /** Complete lines for the INVITE, each with its CRLF. */
  readonly headers?: string;
}

/** One placed call. */
export class CallerCall implements ClientUser, LegUser {
  readonly #desk: AgentDesk;
  readonly #plan: CallerPlan;
  readonly #target: CallTarget;
  readonly #onDone: (call: CallerCall) => void;
  readonly #contact: string;
  readonly #legs = new Map<string, AgentLeg>();
  readonly #pracked = new Map<string, number>();
  /** What every callee is offered. */
  readonly #offer: AgentSession;
  readonly localTag: string;
  #invite: AgentClient | undefined = undefined;
  #ignored = 0;
  #wantsOut = false;
  #isCancelDue = false;
  #isCancelSent = false;
  #stopPatience: () => void = () => {};
  #isDone = false;
  /** Lost patience: nobody ever told it how the call ended. */
  hasGivenUp = false;
  /** A BYE ended the call before its 200 arrived. */
  isEndedEarly = false;
  /** The final answer; 408 also when nobody answered; 0 while there is none. */
  status = 0;
  /** When the final answer came, or the caller stopped waiting for one; −1 before. */
  finalAt: Ms = -1;
  /** Highest provisional seen. */
  provisional = 0;

  constructor(desk: AgentDesk, plan: CallerPlan, target: CallTarget, onDone: (call: CallerCall) => void) {
    this.#desk = desk;
    this.#plan = plan;
    this.#target = target;
    this.#onDone = onDone;
    this.#contact = desk.contact(target.user);
    this.localTag = desk.newId();
    this.#offer = desk.newSession();
  }

  get callId(): string {
    return this.#target.callId;
  }
  get legs(): readonly AgentLeg[] {
    return [...this.#legs.values()];
  }
  /** The dialog that was answered first. */
  get answeredLeg(): AgentLeg | undefined {
    for (const leg of this.#legs.values()) if (leg.state !== "early") return leg;
    return undefined;
  }
  /** Refused, given up, or every answered dialog over. */
  get isDone(): boolean {
    if (!this.#isDone) return false;
    for (const leg of this.#legs.values()) if (leg.state !== "early" && !leg.isOver) return false;
    return true;
  }
  get hasCancelled(): boolean {
    return this.#isCancelSent;
  }

  /** Sends the INVITE. */
  start(): void {
    const target = this.#target;
    const text = buildRequest({
      method: "INVITE",
      requestUri: target.uri,
      via: this.#desk.newVia(),
      from: `<${target.fromUri}>;tag=${this.localTag}`,
      to: `<${target.uri}>`,
      callId: target.callId,
      cseq: 1,
      headers: `Contact: <${this.#contact}>\r\nSupported: 100rel\r\n${target.headers ?? ""}`,
      ...(target.withBody && this.#plan.isOfferless !== true ? { body: this.#offer.offer(), contentType: "application/sdp" } : {}),
    });
    this.#invite = this.#desk.transactions.send(text, this.#desk.proxy, this);
    if (this.#plan.cancelAfterMs !== undefined) this.#desk.time.schedule(this.#plan.cancelAfterMs, () => this.cancel());
    const { earlyByeAfterMs } = this.#plan;
    if (earlyByeAfterMs !== undefined) this.#desk.time.schedule(earlyByeAfterMs, () => this.#byeEarly());
    this.#stopPatience = this.#desk.time.schedule(PATIENCE_MS, () => this.#giveUp());
  }

  /** Gives the call up; nothing happens when it is over already. */
  cancel(): void {
    if (this.#invite === undefined || this.#isDone || this.#isCancelSent) return;
    this.#wantsOut = true;
    if (this.status !== 0) {
      if (this.#plan.hangsOn !== true) for (const leg of this.#legs.values()) if (leg.state !== "early") leg.bye();
      return;
    }
    if (!this.#invite.hasProvisional && !this.#plan.cancelsEagerly) {
      this.#isCancelDue = true; // 9.1
      return;
    }
    this.#isCancelSent = true;
    this.#desk.transactions.cancel(this.#invite);
  }

  /** Hangs up every dialog, or cancels. */
  hangUp(): void {
    this.cancel();
    for (const leg of this.#legs.values()) if (leg.state !== "early") leg.bye();
  }

  onResponse(response: SipResponse, client: AgentClient): void {
    const { status } = response;
    if (status < 200) this.#provisionally(response);
    else if (status < 300) this.#answered(response, client);
    else {
      // a refusal after an answer is only seen when the network reorders them
      if (this.answeredLeg !== undefined) return;
      this.status = status;
      this.#finish();
    }
  }

  onTimeout(): void {
    this.status = 408;
    this.#finish();
  }

  legEnded(): void {
    if (this.status === 0) this.isEndedEarly = true;
    this.#finishIfOver();
  }

  legServed(): void {}

  legPracked(leg: AgentLeg, status: number): void {
    // overtaken by another request on its way (12.2.2): the provisional comes again, and is acknowledged again
    if (status === 500) this.#pracked.delete(leg.parts.remoteTag);
    const { updateAfterPrackMs } = this.#plan;
    if (updateAfterPrackMs === undefined || status >= 300) return;
    this.#desk.time.schedule(updateAfterPrackMs, () => {
      const { session } = leg;
      if (leg.state === "early" && this.status === 0 && session.remote !== "" && !session.isOffering) leg.update();
    });
  }

  #provisionally(response: SipResponse): void {
    this.provisional = Math.max(this.provisional, response.status);
    if (this.#isCancelDue) {
      this.#isCancelDue = false;
      this.cancel();
    }
    if (response.toTag !== "") {
      const leg = this.#legOf(response);
      if (leg.state === "early") leg.learn(response, true);
      this.#prack(leg, response);
    }
  }

  /** RFC 3262: every reliable provisional is acknowledged once. */
  #prack(leg: AgentLeg, response: SipResponse): void {
    const rseq = Number(response.header(H.RSeq) ?? "0");
    if (rseq === 0 || rseq <= (this.#pracked.get(response.toTag) ?? 0) || leg.state !== "early") return;
    this.#pracked.set(response.toTag, rseq);
    const { session } = leg;
    const rack = `RAck: ${rseq} ${response.cseqNumber} INVITE\r\n`;
    // again when the first PRACK was refused
    const isOffer = this.#plan.isOfferless === true && (session.remote === "" || session.remote === response.body);
    if (response.body !== "" && isOffer) {
      leg.request("PRACK", rack, session.answer(response) ?? "", "application/sdp");
      return;
    }
    if (response.body !== "" && session.remote === "") session.settle(response);
    if (this.#plan.offersInPrack === true && session.remote !== "" && !session.isOffering) leg.offerIn("PRACK", rack, session.offer());
    else leg.request("PRACK", rack);
  }

  #answered(response: SipResponse, client: AgentClient): void {
    this.#stopPatience();
    this.#noteFinal();
    const leg = this.#legOf(response);
    const isFirst = this.answeredLeg === undefined;
    if (this.#ignored < this.#plan.unacknowledged) {
      this.#ignored++;
      if (isFirst) this.status = response.status;
      if (leg.state === "early") {
        leg.learn(response, true);
        if (this.#plan.isOfferless !== true) this.#describe(leg, response);
        leg.establish(this.#plan.steps);
      }
      return;
    }
    const isNew = leg.state === "early";
    if (isNew) leg.learn(response, true);
    leg.acknowledge(client.request.cseqNumber, isNew ? this.#describe(leg, response) : "");
    if (leg.isOver) return;
    if (isNew) leg.establish(isFirst && !this.#isDone ? this.#plan.steps : []);
    leg.confirmed();
    if (isFirst) this.status = response.status;
    // a second answer of a fork is acknowledged and hung up (13.2.2.4); so is one that met our CANCEL or a refusal
    const wantsOut = this.#wantsOut && this.#plan.hangsOn !== true;
    if ((isNew && !isFirst) || wantsOut || this.#isDone) leg.bye();
  }

  /**
   * The first 2xx of a callee: it answers our offer, brings one, or says nothing new, because a reliable provisional has said it.
   * @returns our answer, for the ACK
   */
  #describe(leg: AgentLeg, response: SipResponse): string {
    const { session } = leg;
    if (response.body === "" || session.remote !== "") return "";
    if (!session.isOffering) return session.answer(response) ?? "";
    session.settle(response);
    return "";
  }

  #legOf(response: SipResponse): AgentLeg {
    const known = this.#legs.get(response.toTag);
    if (known !== undefined) return known;
    const leg = new AgentLeg(this.#desk, this, {
      callId: this.callId,
      localTag: this.localTag,
      remoteTag: response.toTag,
      localUri: `<${this.#target.fromUri}>`,
      remoteUri: `<${this.#target.uri}>`,
      localCseq: 1,
      remoteCseq: -1,
      contact: this.#contact,
      session: this.#offer.fork(),
    });
    this.#legs.set(response.toTag, leg);
    return leg;
  }

  #finishIfOver(): void {
    for (const leg of this.#legs.values()) if (leg.state !== "early" && !leg.isOver) return;
    this.#finish();
  }

  /** Ends the early dialogs instead of cancelling; the 487 that follows ends the call. */
  #byeEarly(): void {
    if (this.status !== 0 || this.#isDone) return;
    this.#wantsOut = true;
    for (const leg of this.#legs.values()) if (leg.state === "early") leg.byeEarly();
    if (this.#legs.size === 0) return;
    // the 200 may have been lost, and the callee that took the BYE repeats it no more (RFC 5407 3.1.3)
    this.#desk.time.schedule(128 * this.#desk.timing.t1, () => {
      if (this.status === 0) this.status = 487;
      this.#finish();
    });
  }

  #giveUp(): void {
    if (this.status !== 0 || this.#isDone) return;
    this.hasGivenUp = true;
    this.cancel();
    this.status = 408;
    this.#finish();
  }

  #noteFinal(): void {
    if (this.finalAt < 0) this.finalAt = this.#desk.time.monotonic();
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#noteFinal();
    this.#stopPatience();
    this.#isDone = true;
    this.#onDone(this);
  }
}
