// A phone that says exactly what a test tells it to, and remembers its calls as RFC 3261 section 12 has it.
import assert from "node:assert/strict";
import { H, parseMessage, type SipMessage, SipRequest, SipResponse } from "../../src/sip/index.ts";
import { type AgentSocket, hostPort, type Peer } from "../../src/testing/index.ts";

/** What a message has besides the usual lines. */
export interface Extra {
  readonly lines?: readonly string[];
  /** With its type. */
  readonly body?: readonly [type: string, text: string];
}

/** One side of a call as this phone holds it. */
export interface Leg {
  readonly callId: string;
  /** Our From in requests, tag included. */
  readonly local: string;
  readonly remote: string;
  target: string;
  readonly routes: readonly string[];
  /** Of the last request we sent. */
  cseq: number;
}

/** How an initial request differs from the usual one. */
export interface Start extends Extra {
  readonly callId?: string;
  readonly cseq?: number;
  readonly to?: string;
  readonly from?: string;
  readonly branch?: string;
}

export interface PhoneParts {
  readonly user: string;
  readonly socket: AgentSocket;
  readonly proxy: Peer;
  /** Lets everything happen that follows a message at once. */
  readonly settle: () => Promise<void>;
}

export class Phone {
  readonly user: string;
  readonly #socket: AgentSocket;
  readonly #proxy: Peer;
  readonly #settle: () => Promise<void>;
  readonly inbox: SipMessage[] = [];
  #count = 0;
  #arrived: () => void = () => {};

  constructor({ user, socket, proxy, settle }: PhoneParts) {
    this.user = user;
    this.#socket = socket;
    this.#proxy = proxy;
    this.#settle = settle;
    socket.receiver = (text) => {
      const parsed = parseMessage(text);
      assert.ok(parsed.ok, `${user} got a message that does not read:\n${text}`);
      this.inbox.push(parsed.value);
      this.#arrived();
    };
  }

  get at(): string {
    return hostPort(this.#socket);
  }

  /** The URI that this phone's Contact has, its transport included. */
  get uri(): string {
    return `sip:${this.user}@${this.at}${this.#socket.transport === "TCP" ? ";transport=tcp" : ""}`;
  }

  get contact(): string {
    return `Contact: <${this.uri}>`;
  }

  /** Sends bytes as they are. */
  async send(text: string): Promise<void> {
    this.#socket.send(text, this.#proxy);
    await this.#settle();
  }

  /** Sends a request outside of any call. */
  async start(
    method: string,
    uri: string,
    { callId = `${this.user}-1`, cseq = 1, to = uri, from, branch, ...extra }: Start = {},
  ): Promise<void> {
    const own = from ?? `<sip:${this.user}@example.com>;tag=${this.user}`;
    await this.#request(method, uri, { callId, local: own, remote: `<${to}>`, target: uri, routes: [], cseq }, cseq, extra, branch);
  }

  /** Sends a request within a call; the next CSeq unless one is given. */
  async within(leg: Leg, method: string, extra: Extra & { readonly cseq?: number } = {}): Promise<void> {
    const cseq = extra.cseq ?? ++leg.cseq;
    await this.#request(method, leg.target, leg, cseq, extra);
  }

  /** Acknowledges a 2xx. */
  async ack(leg: Leg, extra: Extra = {}): Promise<void> {
    await this.within(leg, "ACK", { ...extra, cseq: leg.cseq });
  }

  /** Acknowledges a refusal of the INVITE that was sent with this URI. */
  async hopAck(refusal: SipResponse, uri: string): Promise<void> {
    const via = refusal.header(H.Via) ?? "";
    await this.send(
      text([`ACK ${uri} SIP/2.0`, `Via: ${via}`, "Max-Forwards: 70", ...names(refusal), `CSeq: ${refusal.cseqNumber} ACK`], {}),
    );
  }

  /** Answers a request: its To gets our tag, and our Contact is there. */
  async answer(request: SipRequest, status: string, extra: Extra & { readonly tag?: string } = {}): Promise<void> {
    const tag = request.toTag === "" ? `;tag=${extra.tag ?? this.user}` : "";
    const copied = [H.Via, H.RecordRoute].flatMap((id) =>
      request.values(id).map((value) => `${id === H.Via ? "Via" : "Record-Route"}: ${value}`),
    );
    const hasContact = extra.lines?.some((line) => line.startsWith("Contact:")) === true;
    await this.send(
      text(
        [
          `SIP/2.0 ${status}`,
          ...copied,
          `From: ${request.header(H.From)}`,
          `To: ${request.header(H.To)}${tag}`,
          `Call-ID: ${request.callId}`,
          `CSeq: ${request.cseqNumber} ${request.method}`,
          ...(hasContact ? [] : [this.contact]),
        ],
        extra,
      ),
    );
  }

  /** The call as the caller knows it from a response. */
  calling(response: SipResponse): Leg {
    return {
      callId: response.callId,
      local: response.header(H.From) ?? "",
      remote: response.header(H.To) ?? "",
      target: contactUri(response),
      routes: [...response.values(H.RecordRoute)].reverse(),
      cseq: response.cseqNumber,
    };
  }

  /** The call as the callee knows it from an INVITE that it answers. */
  called(invite: SipRequest, tag: string = this.user): Leg {
    return {
      callId: invite.callId,
      local: `${invite.header(H.To)};tag=${tag}`,
      remote: invite.header(H.From) ?? "",
      target: contactUri(invite),
      routes: invite.values(H.RecordRoute),
      cseq: 0,
    };
  }

  /** Takes the oldest message, which is this request. */
  request(method: string): SipRequest {
    const message = this.#take(method);
    assert.ok(message instanceof SipRequest, `${this.user} got ${first(message)} instead of ${method}`);
    assert.equal(message.method, method);
    return message;
  }

  /** Takes the oldest message, which is this response; a 100 is passed over unless it is asked for. */
  response(status: number): SipResponse {
    while (status !== 100 && isTrying(this.inbox[0])) this.inbox.shift();
    const message = this.#take(String(status));
    assert.ok(message instanceof SipResponse, `${this.user} got ${first(message)} instead of ${status}`);
    assert.equal(message.status, status, first(message));
    return message;
  }

  /** Waits until there is something to take; for real sockets, where nothing settles at once. */
  async arrival(): Promise<this> {
    while (this.inbox.every(isTrying)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#arrived = resolve;
      await promise;
    }
    return this;
  }

  /** Nothing has come but what was taken. */
  hearsNothing(): void {
    const rest = this.inbox.filter((message) => !isTrying(message)).map(first);
    assert.deepEqual(rest, [], `${this.user} expected nothing more`);
  }

  #take(wanted: string): SipMessage {
    const message = this.inbox.shift();
    assert.ok(message !== undefined, `${this.user} got nothing instead of ${wanted}`);
    return message;
  }

  #request(
    method: string,
    uri: string,
    leg: Leg,
    cseq: number,
    extra: Extra,
    branch = `z9hG4bK${this.user}${this.#count++}`,
  ): Promise<void> {
    const hasContact = extra.lines?.some((line) => line.startsWith("Contact:")) === true;
    const head = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${this.#socket.transport} ${this.at};branch=${branch}`,
      "Max-Forwards: 70",
      ...leg.routes.map((route) => `Route: ${route}`),
      `From: ${leg.local}`,
      `To: ${leg.remote}`,
      `Call-ID: ${leg.callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(hasContact ? [] : [this.contact]),
    ];
    return this.send(text(head, extra));
  }
}

/** A whole message. */
function text(head: readonly string[], { lines = [], body }: Extra): string {
  const type = body === undefined ? [] : [`Content-Type: ${body[0]}`];
  const content = body?.[1] ?? "";
  return `${[...head, ...lines, ...type, `Content-Length: ${content.length}`].join("\r\n")}\r\n\r\n${content}`;
}

function names(message: SipMessage): readonly string[] {
  return [`From: ${message.header(H.From)}`, `To: ${message.header(H.To)}`, `Call-ID: ${message.callId}`];
}

function contactUri(message: SipMessage): string {
  const contacts = message.nameAddrs(H.Contact);
  return contacts.ok ? (contacts.value[0]?.uri ?? "") : "";
}

function isTrying(message: SipMessage | undefined): boolean {
  return message instanceof SipResponse && message.status === 100;
}

function first(message: SipMessage): string {
  return message.text.slice(0, message.text.indexOf("\r"));
}
