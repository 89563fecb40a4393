// The four machines of RFC 3261 17 (with RFC 6026) as small user agents have them. Written apart from the proxy's own,
// so that a mistake there is not repeated here.
import { buildCancel, buildHopAck, parseMessage, type SipRequest, type SipResponse } from "../../sip/index.ts";
import type { Checker } from "./checker.ts";
import type { AgentSocket, AgentTime, AgentTiming, Peer } from "./ports.ts";

/** Who sent a request and waits for its answers. */
export interface ClientUser {
  /** Provisionals, the final, and every 2xx to an INVITE however late. */
  onResponse(response: SipResponse, transaction: AgentClient): void;
  /** Nobody answered within 64·T1. */
  onTimeout(transaction: AgentClient): void;
}

const NOBODY: ClientUser = { onResponse: () => {}, onTimeout: () => {} };

/** Who serves requests. */
export interface ServerUser {
  request(transaction: AgentServer): void;
  /** An ACK that belongs to no refusal of ours. */
  endAck(ack: SipRequest): void;
  /** `invite` is undefined when nothing matched. The user answers the CANCEL itself. */
  cancelled(cancel: AgentServer, invite: AgentServer | undefined): void;
  /** A response to nothing we remember. */
  stray(response: SipResponse): void;
}

/** A request of ours until everything about it is over. */
export class AgentClient {
  readonly request: SipRequest;
  readonly to: Peer;
  readonly user: ClientUser;
  /** How often it was sent. */
  sends = 0;
  finalStatus = 0;
  hasProvisional = false;
  /** @internal */ interval = 0;
  /** @internal */ stopRetransmission: () => void = () => {};
  /** @internal */ stopTimeout: () => void = () => {};

  constructor(request: SipRequest, to: Peer, user: ClientUser) {
    this.request = request;
    this.to = to;
    this.user = user;
  }
}

/** A request of the other side until everything about it is over. */
export class AgentServer {
  readonly request: SipRequest;
  readonly from: Peer;
  finalStatus = 0;
  /** To tag of our final answer. */
  finalTag = "";
  isAcknowledged = false;
  /** @internal */ lastText = "";
  /** @internal */ interval = 0;
  /** @internal */ stopRetransmission: () => void = () => {};

  constructor(request: SipRequest, from: Peer) {
    this.request = request;
    this.from = from;
  }
}

/** All transactions of one agent. */
export class AgentTransactions {
  readonly #time: AgentTime;
  readonly #socket: AgentSocket;
  readonly #timing: AgentTiming;
  readonly #user: ServerUser;
  readonly #checker: Checker;
  readonly #clients = new Map<string, AgentClient>();
  readonly #servers = new Map<string, AgentServer>();
  /** Requests and responses sent again by a timer. */
  retransmissions = 0;

  constructor(time: AgentTime, socket: AgentSocket, timing: AgentTiming, user: ServerUser, checker: Checker) {
    this.#time = time;
    this.#socket = socket;
    this.#timing = timing;
    this.#user = user;
    this.#checker = checker;
    socket.receiver = (text, from) => this.#receive(text, from);
  }

  /** Transactions that still live. */
  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /**
   * Sends a request (not an ACK to a 2xx) and keeps at it until it is answered or 64·T1 have passed.
   * @throws TypeError when the text is no SIP request: a mistake of the agent itself
   */
  send(text: string, to: Peer, user: ClientUser): AgentClient {
    const request = readRequest(text);
    const client = new AgentClient(request, to, user);
    const key = clientKey(request.topVia.branch, request.method);
    this.#clients.set(key, client);
    client.sends = 1;
    this.#socket.send(text, to);
    if (this.#isUnreliable) this.#armRetransmission(client, this.#timing.t1);
    client.stopTimeout = this.#time.schedule(64 * this.#timing.t1, () => this.#timeout(client, key));
    return client;
  }

  /** Sends a CANCEL for an INVITE of ours (9.1). Its own answers mean nothing to anyone. */
  cancel(invite: AgentClient): void {
    this.send(buildCancel(invite.request, ""), invite.to, NOBODY);
  }

  /** Sends what has no transaction: an ACK to a 2xx. */
  sendOnce(text: string, to: Peer): void {
    this.#socket.send(text, to);
  }

  /**
   * Answers a request. Refusals of an INVITE are repeated until their ACK; a 2xx to an INVITE is repeated by its user.
   * A second final is ignored.
   */
  respond(server: AgentServer, status: number, toTag: string, text: string): void {
    if (server.finalStatus !== 0) return;
    server.lastText = text;
    if (status >= 200) {
      server.finalStatus = status;
      server.finalTag = toTag;
      const isInvite = server.request.method === "INVITE";
      if (isInvite && status >= 300 && this.#isUnreliable) this.#armRefusal(server, this.#timing.t1);
      this.#time.schedule(64 * this.#timing.t1, () => this.#forgetServer(server));
    }
    this.#socket.send(text, server.from);
  }

  /** Sends a response again (a 2xx that nobody acknowledged yet). */
  repeat(server: AgentServer): void {
    this.retransmissions++;
    this.#socket.send(server.lastText, server.from);
  }

  /** Forgets what nobody has answered, and nobody will. */
  forgetUnanswered(): void {
    for (const [key, client] of this.#clients) if (client.finalStatus === 0) this.#clients.delete(key);
    for (const [key, server] of this.#servers) if (server.finalStatus === 0) this.#servers.delete(key);
  }

  get #isUnreliable(): boolean {
    return this.#socket.transport === "UDP";
  }

  #receive(text: string, from: Peer): void {
    const parsed = parseMessage(text);
    if (!parsed.ok) {
      this.#checker.violations.push({ callId: "", rule: "7", text: `unreadable (${parsed.fault.reason}): ${text.slice(0, 200)}` });
      return;
    }
    if (parsed.value.isRequest) this.#request(parsed.value, from);
    else this.#response(parsed.value);
  }

  #request(request: SipRequest, from: Peer): void {
    if (request.method === "ACK") {
      const invite = this.#servers.get(serverKey(request, "INVITE"));
      if (invite === undefined || invite.finalStatus < 300) {
        this.#user.endAck(request);
        return;
      }
      this.#checker.hopAck(request, invite.request, invite.finalTag);
      invite.isAcknowledged = true;
      invite.stopRetransmission();
      return;
    }
    const key = serverKey(request, request.method);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      this.#checker.retransmission(request, known.request);
      // an INVITE that has its 2xx is absorbed: the 2xx repeats itself (RFC 6026)
      const isAnswered = request.method === "INVITE" && known.finalStatus >= 200 && known.finalStatus < 300;
      if (known.lastText !== "" && !isAnswered) this.#socket.send(known.lastText, known.from);
      return;
    }
    const server = new AgentServer(request, from);
    this.#servers.set(key, server);
    if (request.method !== "CANCEL") {
      this.#user.request(server);
      return;
    }
    const invite = this.#servers.get(serverKey(request, "INVITE"));
    if (invite !== undefined) this.#checker.cancel(request, invite.request);
    this.#user.cancelled(server, invite);
  }

  #response(response: SipResponse): void {
    const client = this.#clients.get(clientKey(response.topVia.branch, response.cseqMethod));
    if (client === undefined) {
      this.#user.stray(response);
      return;
    }
    this.#checker.response(response, client.request);
    const status = response.status;
    const isInvite = client.request.method === "INVITE";
    if (status < 200) {
      if (client.finalStatus !== 0) return;
      client.hasProvisional = true;
      if (isInvite) {
        client.stopRetransmission();
        client.stopTimeout();
      } else client.interval = this.#timing.t2;
      client.user.onResponse(response, client);
      return;
    }
    const isFirst = client.finalStatus === 0;
    client.stopRetransmission();
    client.stopTimeout();
    if (isInvite && status >= 300) this.#socket.send(buildHopAck(client.request, response), client.to);
    if (isFirst) {
      client.finalStatus = status;
      const key = clientKey(client.request.topVia.branch, client.request.method);
      this.#time.schedule(isInvite ? 64 * this.#timing.t1 : this.#timing.t4, () => this.#clients.delete(key));
    } else if (status >= 300) {
      this.#checker.expect(
        status === client.finalStatus || client.finalStatus < 300,
        response,
        "17.2.1",
        () => `final ${status} after final ${client.finalStatus}`,
      );
    }
    // every 2xx to an INVITE is the user's, also one that overtook or followed a refusal (RFC 6026)
    if (isFirst || (isInvite && status < 300)) client.user.onResponse(response, client);
  }

  #armRetransmission(client: AgentClient, interval: number): void {
    client.interval = interval;
    client.stopRetransmission = this.#time.schedule(interval, () => {
      client.sends++;
      this.retransmissions++;
      this.#socket.send(client.request.text, client.to);
      const isInvite = client.request.method === "INVITE";
      this.#armRetransmission(client, isInvite ? client.interval * 2 : Math.min(client.interval * 2, this.#timing.t2));
    });
  }

  #armRefusal(server: AgentServer, interval: number): void {
    server.stopRetransmission = this.#time.schedule(interval, () => {
      this.repeat(server);
      this.#armRefusal(server, Math.min(interval * 2, this.#timing.t2));
    });
  }

  #timeout(client: AgentClient, key: string): void {
    client.stopRetransmission();
    this.#clients.delete(key);
    client.user.onTimeout(client);
  }

  #forgetServer(server: AgentServer): void {
    server.stopRetransmission();
    this.#servers.delete(serverKey(server.request, server.request.method));
  }
}

function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

function serverKey(request: SipRequest, method: string): string {
  const via = request.topVia;
  return `${via.branch} ${method} ${via.host}:${via.port}`;
}

function readRequest(text: string): SipRequest {
  const parsed = parseMessage(text);
  if (!parsed.ok || !parsed.value.isRequest) throw new TypeError(`not a request: ${text.slice(0, 80)}`);
  return parsed.value;
}
