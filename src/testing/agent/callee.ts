// The end that is called: rings, answers, refuses, or does nothing, as its plan says.
import type { Ms } from "../../kit/index.ts";
import { buildReply, type SipRequest } from "../../sip/index.ts";
import type { AgentDesk } from "./desk.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { AgentLeg, type LegUser } from "./leg.ts";
import type { CalleePlan, ProvisionalStep } from "./plan.ts";
import type { AgentServer } from "./transactions.ts";

/** One received call. */
export class CalleeCall implements LegUser {
  readonly #desk: AgentDesk;
  readonly #plan: CalleePlan;
  #server: AgentServer;
  readonly #onDone: (call: CalleeCall) => void;
  readonly #user: string;
  readonly #gate: Gatekeeper | undefined;
  leg: AgentLeg;
  #rseq = 0;
  #isUnpracked = false;
  #hasUpdated = false;
  #isAnswerDue = false;
  /** A reliable provisional has described the session. */
  #hasDescribed = false;
  #stopRepeating: () => void = () => {};
  #isDone = false;
  /** Our final answer; 0 while there is none. */
  status = 0;
  isCancelled = false;
  /** Refused until it comes with credentials. */
  isChallenged = false;
  /** When it was over here; −1 before. */
  doneAt: Ms = -1;

  constructor(desk: AgentDesk, plan: CalleePlan, server: AgentServer, user: string, onDone: (call: CalleeCall) => void) {
    this.#desk = desk;
    this.#plan = plan;
    this.#server = server;
    this.#onDone = onDone;
    this.#user = user;
    this.#gate = plan.gate === undefined ? undefined : new Gatekeeper(plan.gate, desk.checker, () => desk.newId());
    this.leg = this.#newLeg(server);
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

  /** CSeq of the INVITE. */
  get inviteCseq(): number {
    return this.#server.request.cseqNumber;
  }

  /** The INVITE came again, with credentials as it seems. */
  answerTo(server: AgentServer): void {
    this.#server = server;
    this.leg = this.#newLeg(server);
    this.isChallenged = false;
    this.#isDone = false;
    this.status = 0;
    this.doneAt = -1;
    this.start();
  }

  /** Begins to act. */
  start(): void {
    if (this.#plan.isSilent) return;
    if (this.#gate?.admits(this.#server.request) === false) {
      this.isChallenged = true;
      this.#refuse(this.#gate.status, this.#gate.challenge());
      return;
    }
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
    const { session } = this.leg;
    const isAgreed = session.remote !== "" && !session.isOffering;
    if (this.#plan.updatesEarly === true && this.status === 0 && !this.#hasUpdated && isAgreed) {
      this.#hasUpdated = true;
      this.leg.update();
    }
    this.#stopRepeating();
    if (this.#isAnswerDue) this.#final(200);
  }

  #provisional(step: ProvisionalStep): void {
    if (this.status !== 0 || this.#isDone) return;
    const isReliable = step.isReliable && !this.#isUnpracked;
    const headers = isReliable ? `Require: 100rel\r\nRSeq: ${++this.#rseq}\r\n` : "";
    const text = this.#build(step.status, headers, this.#early(step.hasBody, isReliable));
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

  /** The description for a provisional: an answer to the offer of the INVITE, or, where it has none, an offer in the first reliable one. */
  #early(hasBody: boolean, isReliable: boolean): string {
    const { request } = this.#server;
    const { session } = this.leg;
    if (this.#hasDescribed) return "";
    if (request.body === "") {
      if (!isReliable) return "";
      this.#hasDescribed = true;
      return session.offer();
    }
    if (!hasBody) return "";
    if (isReliable) this.#hasDescribed = true;
    return session.remote === "" ? (session.answer(request) ?? "") : session.local;
  }

  /** The description for the 2xx. */
  #last(): string {
    const { request } = this.#server;
    const { session } = this.leg;
    if (this.#hasDescribed) return this.#plan.repeatsAnswer === true && !session.isOffering && request.body !== "" ? session.local : "";
    if (request.body === "") return session.offer();
    return session.remote === "" ? (session.answer(request) ?? "") : session.local;
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
    this.#desk.transactions.respond(this.#server, status, this.leg.parts.localTag, this.#build(status, "", this.#last()));
    this.leg.awaitAck(this.#server, this.#server.request.body === "" && !this.#hasDescribed);
    this.leg.establish(this.#plan.steps);
  }

  #refuse(status: number, headers = ""): void {
    if (this.status !== 0) return;
    this.status = status;
    this.#stopRepeating();
    this.#desk.transactions.respond(this.#server, status, this.leg.parts.localTag, this.#build(status, headers, ""));
    this.#finish();
  }

  #build(status: number, headers: string, body: string): string {
    return buildReply(this.#server.request, {
      status,
      toTag: this.leg.parts.localTag,
      headers: status < 300 ? `Contact: <${this.leg.parts.contact}>\r\n${headers}` : headers,
      ...(body === "" ? {} : { body, contentType: "application/sdp" }),
    });
  }

  #newLeg({ request }: AgentServer): AgentLeg {
    const desk = this.#desk;
    const leg = new AgentLeg(desk, this, {
      callId: request.callId,
      localTag: desk.newId(),
      remoteTag: request.fromTag,
      localUri: `<${request.to.uri}>`,
      remoteUri: `<${request.from.uri}>`,
      localCseq: 100,
      remoteCseq: request.cseqNumber,
      contact: desk.contact(this.#user),
      session: desk.newSession(),
      gate: this.#gate,
    });
    leg.learn(request, false);
    return leg;
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.doneAt = this.#desk.time.monotonic();
    this.#stopRepeating();
    this.#onDone(this);
  }
}
