// The end that is called: rings, answers, refuses, or does nothing, as its plan says.
import type { Ms } from "../../kit/index.ts";
import { buildReply, type SipRequest } from "../../sip/index.ts";
import type { AgentDesk } from "./desk.ts";
import { AgentLeg, type LegUser } from "./leg.ts";
import type { CalleePlan, ProvisionalStep } from "./plan.ts";
import type { AgentServer } from "./transactions.ts";

/** One received call. */
export class CalleeCall implements LegUser {
  readonly #desk: AgentDesk;
  readonly #plan: CalleePlan;
  readonly #server: AgentServer;
  readonly #onDone: (call: CalleeCall) => void;
  readonly leg: AgentLeg;
  #rseq = 0;
  #isUnpracked = false;
  #hasUpdated = false;
  #isAnswerDue = false;
  #stopRepeating: () => void = () => {};
  #isDone = false;
  /** Our final answer; 0 while there is none. */
  status = 0;
  isCancelled = false;
  /** When it was over here; −1 before. */
  doneAt: Ms = -1;

  constructor(desk: AgentDesk, plan: CalleePlan, server: AgentServer, user: string, onDone: (call: CalleeCall) => void) {
    this.#desk = desk;
    this.#plan = plan;
    this.#server = server;
    this.#onDone = onDone;
    const { request } = server;
    this.leg = new AgentLeg(desk, this, {
      callId: request.callId,
      localTag: desk.newId(),
      remoteTag: request.fromTag,
      localUri: `<${request.to.uri}>`,
      remoteUri: `<${request.from.uri}>`,
      localCseq: 100,
      remoteCseq: request.cseqNumber,
      contact: desk.contact(user),
    });
    this.leg.learn(request, false);
  }

  get callId(): string {
    return this.leg.parts.callId;
  }
  get requestUri(): string {
    return this.#server.request.requestUri;
  }
  /** Refused, cancelled, or answered and over. */
  get isDone(): boolean {
    return this.#isDone;
  }
  /** Nobody was told that there is a call here, so nobody need tell it the end. */
  get isSilent(): boolean {
    return this.#plan.isSilent;
  }

  /** Begins to act. */
  start(): void {
    if (this.#plan.isSilent) return;
    for (const step of this.#plan.provisionals) this.#desk.time.schedule(step.afterMs, () => this.#provisional(step));
    const { final } = this.#plan;
    if (final !== undefined) this.#desk.time.schedule(final.afterMs, () => this.#final(final.status));
  }

  /** The caller gave up (9.2). */
  cancel(): void {
    if (this.#isDone || this.status !== 0) return;
    this.isCancelled = true;
    if (!this.#plan.ignoresCancel) this.#refuse(487);
  }

  legEnded(): void {
    // a BYE inside the early dialog ends the INVITE too (15.1.2)
    if (this.status === 0) this.#refuse(487);
    this.#finish();
  }

  legServed(_leg: AgentLeg, request: SipRequest): void {
    if (request.method !== "PRACK") return;
    this.#isUnpracked = false;
    if (this.#plan.updatesEarly === true && this.status === 0 && !this.#hasUpdated) {
      this.#hasUpdated = true;
      this.leg.update();
    }
    this.#stopRepeating();
    if (this.#isAnswerDue) this.#final(200);
  }

  #provisional(step: ProvisionalStep): void {
    if (this.status !== 0 || this.#isDone) return;
    const isReliable = step.isReliable && !this.#isUnpracked;
    const text = this.#build(step.status, step.hasBody, isReliable ? `Require: 100rel\r\nRSeq: ${++this.#rseq}\r\n` : "");
    this.#desk.transactions.respond(this.#server, step.status, this.leg.parts.localTag, text);
    if (!isReliable) return;
    this.#isUnpracked = true;
    this.#repeatReliably(text, step.status, this.#desk.timing.t1);
  }

  /** A reliable provisional is repeated until its PRACK (RFC 3262 3). */
  #repeatReliably(text: string, status: number, after: number): void {
    if (after > 64 * this.#desk.timing.t1) {
      this.#refuse(504);
      return;
    }
    this.#stopRepeating = this.#desk.time.schedule(after, () => {
      if (!this.#isUnpracked || this.status !== 0) return;
      this.#desk.transactions.respond(this.#server, status, this.leg.parts.localTag, text);
      this.#repeatReliably(text, status, after * 2);
    });
  }

  #final(status: number): void {
    if (this.status !== 0 || this.#isDone) return;
    if (status >= 300) {
      this.#refuse(status);
      return;
    }
    if (this.#isUnpracked) {
      this.#isAnswerDue = true; // RFC 3262 3: the answer waits for the PRACK
      return;
    }
    this.status = status;
    this.#desk.transactions.respond(this.#server, status, this.leg.parts.localTag, this.#build(status, true, ""));
    this.leg.awaitAck(this.#server);
    this.leg.establish(this.#plan.steps);
  }

  #refuse(status: number): void {
    if (this.status !== 0) return;
    this.status = status;
    this.#stopRepeating();
    this.#desk.transactions.respond(this.#server, status, this.leg.parts.localTag, this.#build(status, false, ""));
    this.#finish();
  }

  #build(status: number, hasBody: boolean, headers: string): string {
    return buildReply(this.#server.request, {
      status,
      toTag: this.leg.parts.localTag,
      headers: status < 300 ? `Contact: <${this.leg.parts.contact}>\r\n${headers}` : headers,
      ...(hasBody ? { body: this.#desk.sdp(), contentType: "application/sdp" } : {}),
    });
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.doneAt = this.#desk.time.monotonic();
    this.#stopRepeating();
    this.#onDone(this);
  }
}
