// One dialog at one end (RFC 3261 12): tags, CSeqs, route set, remote target, and the requests inside it.
import {
  buildReply,
  buildRequest,
  H,
  type NameAddr,
  parseNameAddr,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from "../../sip/index.ts";
import type { AgentDesk } from "./desk.ts";
import type { Gatekeeper } from "./gatekeeper.ts";
import type { InCallAct, InCallStep } from "./plan.ts";
import type { Peer } from "./ports.ts";
import { type AgentSession, isUnacceptable } from "./session.ts";
import type { AgentClient, AgentServer, ClientUser } from "./transactions.ts";
import { UnacknowledgedAnswers } from "./unacknowledged.ts";

/** `early` until the 2xx, `answered` until its ACK (callee only), `ending` until our BYE is answered. */
export type LegState = "early" | "answered" | "confirmed" | "ending" | "ended";

/** How a dialog ended at this end. */
export type LegEnd = "hungUp" | "hungUpOn" | "gone" | "vanished" | "noAck";

/** What identifies a dialog at one end. */
export interface LegParts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To values without tags. */
  readonly localUri: string;
  readonly remoteUri: string;
  readonly localCseq: number;
  readonly remoteCseq: number;
  /** URI of our Contact. */
  readonly contact: string;
  readonly session: AgentSession;
  /** Who asks for credentials within the call; undefined: nobody. */
  readonly gate?: Gatekeeper | undefined;
}

/** Who is told of the life of a dialog. */
export interface LegUser {
  legEnded(leg: AgentLeg): void;
  /** A request inside the dialog was answered 2xx. */
  legServed(leg: AgentLeg, request: SipRequest): void;
  /** A PRACK was answered. */
  legPracked?(leg: AgentLeg, status: number): void;
}

/** One dialog at one end. */
export class AgentLeg implements ClientUser {
  readonly #desk: AgentDesk;
  readonly #user: LegUser;
  readonly parts: LegParts;
  state: LegState = "early";
  end: LegEnd | undefined = undefined;
  localCseq: number;
  remoteCseq: number;
  remoteTarget = "";
  routes: readonly string[] = [];
  /** In-dialog requests of ours that were answered 2xx, of the other side that we answered. */
  completed = 0;
  served = 0;
  #reinvite: AgentClient | undefined = undefined;
  #settled: AgentClient | undefined = undefined;
  #pending: AgentClient | undefined = undefined;
  /** The request of ours whose offer has no answer yet. */
  #offering: AgentClient | undefined = undefined;
  readonly #acks = new Map<number, string>();
  readonly #answers: UnacknowledgedAnswers;
  #byeWhenAcknowledged = false;
  #stops: (() => void)[] = [];

  constructor(desk: AgentDesk, user: LegUser, parts: LegParts) {
    this.#desk = desk;
    this.#user = user;
    this.parts = parts;
    this.localCseq = parts.localCseq;
    this.remoteCseq = parts.remoteCseq;
    this.#answers = new UnacknowledgedAnswers(desk);
  }

  get isOver(): boolean {
    return this.state === "ended";
  }
  get session(): AgentSession {
    return this.parts.session;
  }
  /** Nothing is under way that an offer of ours would meet. */
  get #isFree(): boolean {
    return this.#pending === undefined && this.#answers.size === 0 && !this.session.isOffering;
  }

  /** Where in-dialog requests go, from the message that made the dialog (12.1). */
  learn(message: SipMessage, isCaller: boolean): void {
    const contact = message.header(H.Contact);
    const target = contact === undefined ? undefined : readNameAddr(contact);
    if (target !== undefined) this.remoteTarget = target.uri;
    const recorded = message.values(H.RecordRoute);
    this.routes = isCaller ? [...recorded].reverse() : recorded;
  }

  /** The 2xx is there (caller) or has been sent (callee). */
  establish(steps: readonly InCallStep[]): void {
    this.state = "answered";
    for (const step of steps) this.#stops.push(this.#desk.time.schedule(step.afterMs, () => this.act(step.act)));
  }

  /** The 2xx has been acknowledged. */
  confirmed(): void {
    if (this.state !== "answered") return;
    this.state = "confirmed";
    if (this.#byeWhenAcknowledged) this.bye();
  }

  /** Does one act of a plan, if the call still allows it. */
  act(act: InCallAct): void {
    if (this.state === "early" || this.state === "ending" || this.state === "ended") return;
    switch (act) {
      case "bye":
        // a callee must not hang up before the ACK (15)
        if (this.state === "answered") this.#byeWhenAcknowledged = true;
        else this.bye();
        return;
      case "vanish":
        this.#over("vanished");
        return;
      case "reinvite":
      case "badReinvite":
        if (this.state === "confirmed" && this.#isFree) this.#sendReinvite(this.session.offer(act === "reinvite"));
        return;
      case "emptyReinvite":
        if (this.state === "confirmed" && this.#isFree) this.#sendReinvite("");
        return;
      case "update":
      case "badUpdate":
        if (this.state === "confirmed" && this.#isFree) this.#pending = this.update(act === "update");
        return;
      case "info":
        if (this.state === "confirmed" && this.#pending === undefined)
          this.#pending = this.request("INFO", "", "signal=1\r\n", "application/dtmf-relay");
    }
  }

  /** Hangs up. */
  bye(): void {
    if (this.state === "ending" || this.state === "ended") return;
    this.state = "ending";
    this.#stopSteps();
    this.request("BYE", "");
  }

  /** Sends an UPDATE with an offer (RFC 3311). */
  update(isAcceptable = true): AgentClient {
    return this.offerIn("UPDATE", `Contact: <${this.parts.contact}>\r\n`, this.session.offer(isAcceptable));
  }

  /** Sends a request with an offer that the session has just made. */
  offerIn(method: string, headers: string, offer: string): AgentClient {
    const client = this.request(method, headers, offer, "application/sdp");
    this.#offering = client;
    return client;
  }

  /** Sends a BYE inside the early dialog. The dialog stays what it is: the answer to the INVITE decides (15.1.1). */
  byeEarly(): void {
    this.request("BYE", "");
  }

  /** Acknowledges a 2xx to an INVITE of ours; a repeated 2xx gets the same bytes again (13.2.2.4). */
  acknowledge(inviteCseq: number, answer = ""): void {
    let ack = this.#acks.get(inviteCseq);
    if (ack === undefined) {
      ack = this.#build("ACK", inviteCseq, "", answer, "application/sdp");
      this.#acks.set(inviteCseq, ack);
    }
    this.#desk.transactions.sendOnce(ack, this.#nextHop());
  }

  /** Sends a request inside the dialog. */
  request(method: string, headers: string, body = "", contentType = ""): AgentClient {
    this.localCseq++;
    return this.#desk.transactions.send(this.#build(method, this.localCseq, headers, body, contentType), this.#nextHop(), this);
  }

  /** Repeats a 2xx until its ACK is there. @param isOffer - the ACK has to bring an answer */
  awaitAck(server: AgentServer, isOffer: boolean): void {
    this.#answers.add(server, isOffer, () => {
      if (this.state === "ended") return;
      // nobody acknowledged: the session is ended (13.3.1.4)
      this.end ??= "noAck";
      this.bye();
    });
  }

  /** A request of the other side inside this dialog; ACKs to 2xx included. */
  serve(request: SipRequest, server: AgentServer | undefined): void {
    if (this.end === "vanished") return;
    const { checker } = this.#desk;
    if (server === undefined) {
      this.#serveAck(request);
      return;
    }
    if (this.state === "ended") {
      // a BYE that crossed ours, or came twice, is not worth a quarrel
      this.#reply(server, request.method === "BYE" ? 200 : 481);
      return;
    }
    checker.sequential(request, {
      localTag: this.parts.localTag,
      remoteTag: this.parts.remoteTag,
      remoteCseq: this.remoteCseq,
      contact: this.parts.contact,
      at: this.#desk.ip,
    });
    if (request.cseqNumber <= this.remoteCseq) {
      this.#reply(server, 500);
      return;
    }
    this.remoteCseq = request.cseqNumber;
    const { gate } = this.parts;
    if (gate?.asksWithin === true && request.method !== "PRACK" && !this.#desk.checker.isOwn(request) && !gate.admits(request)) {
      this.#reply(server, gate.status, gate.challenge());
      return;
    }
    switch (request.method) {
      case "BYE":
        this.#reply(server, 200);
        this.#over("hungUpOn");
        return;
      case "INVITE":
        this.#serveReinvite(request, server);
        return;
      case "UPDATE":
        this.#serveUpdate(request, server);
        return;
      case "PRACK":
        this.#servePrack(request, server);
        return;
      default:
        this.served++;
        this.#reply(server, 200);
        this.#user.legServed(this, request);
    }
  }

  /** @internal Answers to our own in-dialog requests. */
  onResponse(response: SipResponse, client: AgentClient): void {
    if (response.status < 200) return;
    const { method } = client.request;
    if (response.status < 300 && (method === "INVITE" || method === "UPDATE")) this.learnTarget(response);
    this.#conclude(response, client);
    if (method === "INVITE" && response.status < 300) {
      const isOffer = client.request.body === "" && response.body !== "" && !this.#acks.has(client.request.cseqNumber);
      this.acknowledge(client.request.cseqNumber, isOffer ? (this.session.answer(response) ?? "") : "");
    }
    this.#onFinal(response, client);
  }

  /** @internal */
  onTimeout(client: AgentClient): void {
    if (this.#offering === client) this.#rollBack();
    this.#settle(client);
    if (client.request.method === "BYE") {
      if (this.state !== "early") this.#over("hungUp");
    } else if (!this.isOver && this.state !== "early") this.bye(); // 12.2.1.2; what becomes of an early dialog, its INVITE decides
  }

  /** A target refresh (12.2.1.2, 12.2.2). */
  learnTarget(message: SipMessage): void {
    const contact = message.header(H.Contact);
    const target = contact === undefined ? undefined : readNameAddr(contact);
    if (target !== undefined) this.remoteTarget = target.uri;
  }

  /** Stops everything that would still happen by itself. */
  forget(): void {
    this.#stopSteps();
    this.#answers.stopAll();
  }

  #onFinal(response: SipResponse, client: AgentClient): void {
    const isFirst = client !== this.#settled;
    this.#settled = client;
    this.#settle(client);
    const { status } = response;
    if (client.request.method === "BYE") {
      if (this.state !== "early") this.#over("hungUp");
      return;
    }
    if (client.request.method === "PRACK" && isFirst) this.#user.legPracked?.(this, status);
    if (status < 300) {
      if (isFirst) this.completed++;
      return;
    }
    if (this.isOver || this.state === "ending" || this.state === "early") return;
    if (status === 481) this.#over("gone");
    else if (status === 408) this.bye();
  }

  /** An offer of ours has its answer, or none. */
  #conclude(response: SipResponse, client: AgentClient): void {
    if (this.#offering !== client) return;
    this.#offering = undefined;
    if (response.status < 300 && response.body !== "") this.session.settle(response);
    // 500: a copy came so late that nobody remembered the first one (12.2.2)
    else this.session.withdraw(response.status !== 500 && response.status !== 408);
  }

  #rollBack(): void {
    this.#offering = undefined;
    this.session.withdraw(false);
  }

  #settle(client: AgentClient): void {
    if (this.#pending === client) this.#pending = undefined;
    if (this.#reinvite === client) this.#reinvite = undefined;
  }

  /** @param offer - "" asks the other side for one */
  #sendReinvite(offer: string): void {
    const contact = `Contact: <${this.parts.contact}>\r\n`;
    const client = offer === "" ? this.request("INVITE", contact) : this.offerIn("INVITE", contact, offer);
    this.#reinvite = client;
    this.#pending = client;
  }

  #serveReinvite(request: SipRequest, server: AgentServer): void {
    if (this.#reinvite !== undefined || this.session.isOffering) {
      this.#reply(server, 491); // both sides at once (14.2)
      return;
    }
    if (isUnacceptable(request.body)) {
      this.session.refuse(request.body);
      this.#reply(server, 488);
      return;
    }
    const body = request.body === "" ? this.session.offer() : this.session.answer(request, this.#desk.checker.isOwn(request));
    if (body === undefined) {
      this.#reply(server, 500);
      return;
    }
    this.learnTarget(request);
    this.served++;
    this.#reply(server, 200, `Contact: <${this.parts.contact}>\r\n`, body);
    this.awaitAck(server, request.body === "");
  }

  #serveUpdate(request: SipRequest, server: AgentServer): void {
    const hasOffer = request.body !== "";
    // offers that meet (RFC 3311 section 5.2)
    if (hasOffer && (this.#reinvite !== undefined || this.session.isOffering)) {
      this.#reply(server, 491);
      return;
    }
    if (isUnacceptable(request.body)) {
      this.session.refuse(request.body);
      this.#reply(server, 488);
      return;
    }
    const body = hasOffer ? this.session.answer(request, this.#desk.checker.isOwn(request)) : "";
    if (body === undefined) {
      this.#reply(server, 500);
      return;
    }
    this.learnTarget(request);
    this.served++;
    this.#reply(server, 200, `Contact: <${this.parts.contact}>\r\n`, body);
    this.#user.legServed(this, request);
  }

  /** A PRACK brings the answer to an offer in the provisional, an offer where there is none, or nothing (RFC 3262 section 5). */
  #servePrack(request: SipRequest, server: AgentServer): void {
    this.served++;
    let answer = "";
    if (request.body !== "") {
      if (this.session.isOffering) this.session.settle(request);
      else answer = this.session.answer(request) ?? "";
    }
    this.#reply(server, 200, "", answer);
    this.#user.legServed(this, request);
  }

  #serveAck(ack: SipRequest): void {
    const { checker } = this.#desk;
    const answer = this.#answers.get(ack.cseqNumber);
    if (answer === undefined) {
      // the ACK of a 2xx that was sent twice comes twice; one for an INVITE that never was is a fault
      checker.expect(
        ack.cseqNumber <= this.remoteCseq,
        ack,
        "13.2.2.4",
        () => `ACK with CSeq ${ack.cseqNumber}, last seen ${this.remoteCseq}`,
      );
      return;
    }
    checker.sequential(ack, {
      localTag: this.parts.localTag,
      remoteTag: this.parts.remoteTag,
      remoteCseq: this.remoteCseq,
      contact: this.parts.contact,
      at: this.#desk.ip,
    });
    checker.endAck(ack, answer.server.request.cseqNumber);
    // who asked for an offer and gives no answer leaves everything as it was
    if (answer.isOffer && ack.body === "") this.session.withdraw();
    else if (answer.isOffer) this.session.settle(ack, this.#desk.checker.isOwn(ack));
    this.#answers.stop(ack.cseqNumber);
    this.confirmed();
  }

  #over(end: LegEnd): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.end ??= end;
    this.#stopSteps();
    this.#answers.stopAll();
    this.#user.legEnded(this);
  }

  #stopSteps(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #reply(server: AgentServer, status: number, headers = "", body = ""): void {
    const text = buildReply(server.request, { status, headers, ...(body === "" ? {} : { body, contentType: "application/sdp" }) });
    this.#desk.transactions.respond(server, status, this.parts.localTag, text);
  }

  #build(method: string, cseq: number, headers: string, body = "", contentType = ""): string {
    const { parts } = this;
    return buildRequest({
      method,
      requestUri: this.remoteTarget,
      via: this.#desk.newVia(),
      from: `${parts.localUri};tag=${parts.localTag}`,
      to: parts.remoteTag === "" ? parts.remoteUri : `${parts.remoteUri};tag=${parts.remoteTag}`,
      callId: parts.callId,
      cseq,
      routes: this.routes,
      headers: method === "ACK" ? headers : headers + this.#desk.marking(cseq),
      body,
      contentType,
    });
  }

  /** The topmost Route, else the remote target; routes are loose here. */
  #nextHop(): Peer {
    const route = this.routes[0];
    const uri = (route === undefined ? undefined : readNameAddr(route))?.sipUri() ?? readNameAddr(`<${this.remoteTarget}>`)?.sipUri();
    if (uri === undefined) return this.#desk.proxy;
    const host = uri.host.startsWith("[") ? uri.host.slice(1, -1) : uri.host;
    return { ip: host, port: uri.port === 0 ? 5060 : uri.port };
  }
}

function readNameAddr(text: string): NameAddr | undefined {
  const parsed = parseNameAddr(text);
  return parsed.ok ? parsed.value : undefined;
}
