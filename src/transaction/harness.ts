// What this room's tests stand on: virtual time, a transport that records, a user that records, messages.

import { type Alarm, type Clock, invariant, type Log, type Random, SipHash, Statistics, Timers } from "../kit/index.ts";
import { type Fault, parseMessage, SipRequest, SipResponse, type Via } from "../sip/index.ts";
import type { Destination, Listener, ResolvedTarget, Resolver, SendObserver, SendResult, Source } from "../transport/index.ts";
import { ReplyTarget } from "../transport/index.ts";
import type { ClientTransaction } from "./client.ts";
import { TransactionLayer } from "./layer.ts";
import type { ClientUser, ServerUser, TransactionTransport, TransactionUser } from "./ports.ts";
import type { ServerTransaction } from "./server.ts";
import { TRANSACTION_DEFAULTS, type TransactionSettings } from "./settings.ts";

/** Virtual time: nothing happens but by `advance`. */
export class VirtualTime implements Clock, Alarm {
  #now = 0;
  #alarm = Number.POSITIVE_INFINITY;
  readonly timers: Timers = new Timers(this, this, (error) => {
    throw error;
  });

  now(): number {
    return 1_700_000_000_000 + this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  set(at: number): void {
    this.#alarm = at;
  }
  /** Every timer that falls due runs at its own instant. */
  advance(ms: number): void {
    const until = this.#now + ms;
    while (this.#alarm <= until) {
      this.#now = Math.max(this.#now, this.#alarm);
      this.timers.run();
    }
    this.#now = until;
  }
}

/** The same numbers every time (xorshift). */
export class FixedRandom implements Random {
  #state = 0x12345678;
  uint32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }
}

export function listenerOf(transport: "udp" | "tcp"): Listener {
  return {
    index: transport === "udp" ? 0 : 1,
    transport,
    ip: "10.0.0.1",
    port: 5060,
    family: 4,
    name: `${transport}:10.0.0.1:5060`,
    sentBy: "10.0.0.1",
    uriHost: "10.0.0.1",
    advertisedHost: "10.0.0.1",
    advertisedPort: 5060,
    tag: undefined,
    isReliable: transport !== "udp",
  };
}

export const UDP: Listener = listenerOf("udp");
export const TCP: Listener = listenerOf("tcp");
export const CALLER: Source = { listener: UDP, ip: "10.0.0.2", port: 5060, flow: 0 };
export const CALLER_TCP: Source = { listener: TCP, ip: "10.0.0.2", port: 40_000, flow: 7 };
export const CALLEE: Source = { listener: UDP, ip: "10.0.0.3", port: 5060, flow: 0 };
export const TO_CALLEE: Destination = { transport: "udp", ip: "10.0.0.3", port: 5060, listener: UDP, flow: 0 };
export const TO_CALLEE_TCP: Destination = { transport: "tcp", ip: "10.0.0.3", port: 5060, listener: TCP, flow: 0 };

/** Something that left, as `METHOD` or the status, with its time. */
export interface Sent {
  readonly at: number;
  readonly what: string;
  readonly text: string;
  readonly to: string;
  readonly observer: SendObserver | undefined;
}

/** Takes everything and remembers it. */
export class RecordingTransport implements TransactionTransport {
  readonly sent: Sent[] = [];
  /** What `send` answers, until changed. */
  result: SendResult = "sent";
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(text: string, to: Destination, observer?: SendObserver): SendResult {
    if (this.result === "sent" || this.result === "queued") this.#record(text, to.ip, observer);
    return this.result;
  }
  replyTarget(_request: SipRequest, source: Source): ReplyTarget {
    return new ReplyTarget(source, source.ip, source.port, "", 0, false);
  }
  respondTo(text: string, target: ReplyTarget): SendResult {
    this.#record(text, target.ip, undefined);
    return "sent";
  }
  isOurVia(via: Via): boolean {
    return via.host === "10.0.0.1";
  }
  pickListener(transport: string, _ip: string, _receiving: Listener | undefined, forced: Listener | undefined): Listener | undefined {
    return forced ?? (transport === "udp" ? UDP : TCP);
  }

  /** What left since the last call: `180`, `INVITE`, in order. */
  take(): string[] {
    return this.sent.splice(0).map((one) => one.what);
  }

  #record(text: string, to: string, observer: SendObserver | undefined): void {
    const line = text.slice(0, text.indexOf("\r\n"));
    const what = line.startsWith("SIP/2.0 ") ? line.slice(8, 11) : line.slice(0, line.indexOf(" "));
    this.sent.push({ at: this.#clock.monotonic(), what, text, to, observer });
  }
}

/** Remembers what the layer hands up; does nothing by itself unless told. */
export class RecordingUser implements TransactionUser, ServerUser, ClientUser {
  readonly log: string[] = [];
  readonly requests: ServerTransaction[] = [];
  /** What `cancel` answers: the script door's way when true. */
  takesCancel = false;
  /** Runs for every new request. */
  onRequest: (transaction: ServerTransaction) => void = () => {};
  onResponse: (client: ClientTransaction, response: SipResponse) => void = () => {};

  request(transaction: ServerTransaction): void {
    this.log.push(`request ${transaction.method}`);
    this.requests.push(transaction);
    transaction.user = this;
    this.onRequest(transaction);
  }
  ack(_request: SipRequest, _source: Source, invite: ServerTransaction | undefined): void {
    this.log.push(invite === undefined ? "ack unknown" : "ack associated");
  }
  cancel(_cancel: ServerTransaction, _invite: ServerTransaction): boolean {
    this.log.push("cancel");
    return this.takesCancel;
  }
  strayResponse(response: SipResponse): void {
    this.log.push(`stray ${response.status}`);
  }
  malformed(fault: Fault): void {
    this.log.push(`malformed ${fault.class}`);
  }
  overload(request: SipRequest): void {
    this.log.push(`overload ${request.method}`);
  }
  cancelled(_transaction: ServerTransaction, cancel: SipRequest | undefined): void {
    this.log.push(cancel === undefined ? "cancelled by us" : "cancelled");
  }
  response(client: ClientTransaction, response: SipResponse): void {
    this.log.push(`response ${response.status}`);
    this.onResponse(client, response);
  }
  observed(_client: ClientTransaction, response: SipResponse): void {
    this.log.push(`observed ${response.status}`);
  }
  failed(_client: ClientTransaction, status: number): void {
    this.log.push(`failed ${status}`);
  }
  terminated(transaction: ServerTransaction | ClientTransaction): void {
    this.log.push("hashIndex" in transaction ? "server over" : "client over");
  }

  /** What happened since the last call. */
  take(): string[] {
    return this.log.splice(0);
  }
  /** The transaction of the last new request. */
  get last(): ServerTransaction {
    const last = this.requests.at(-1);
    invariant(last !== undefined, "a request came");
    return last;
  }
}

/** A log that remembers levels and texts. */
export class RecordingLog implements Log {
  readonly lines: string[] = [];
  readonly error = (_fields: object, text: string): void => this.#add("error", text);
  readonly warn = (_fields: object, text: string): void => this.#add("warn", text);
  readonly info = (_fields: object, text: string): void => this.#add("info", text);
  readonly debug = (): void => {};
  #add(level: string, text: string): void {
    this.lines.push(`${level}: ${text}`);
  }
}

/** Answers literal addresses at once and names when `answer()` is called. */
export class TestResolver implements Resolver {
  #waiting: ((targets: readonly ResolvedTarget[]) => void)[] = [];
  /** Targets of every name. */
  names: readonly ResolvedTarget[] = [{ transport: "udp", ip: "10.0.0.9", port: 5060 }];

  resolve(
    request: { readonly uri: { readonly host: string; readonly port: number } },
    done: (targets: readonly ResolvedTarget[]) => void,
  ): readonly ResolvedTarget[] | undefined {
    const { host, port } = request.uri;
    if (/^[0-9.]+$/.test(host)) return [{ transport: "udp", ip: host, port: port === 0 ? 5060 : port }];
    this.#waiting.push(done);
    return undefined;
  }
  resolveHost(): readonly ResolvedTarget[] {
    return [];
  }
  answer(): void {
    for (const done of this.#waiting.splice(0)) done(this.names);
  }
}

/** A layer with everything around it made up. */
export class Bench {
  readonly time: VirtualTime = new VirtualTime();
  readonly transport: RecordingTransport = new RecordingTransport(this.time);
  readonly user: RecordingUser = new RecordingUser();
  readonly statistics: Statistics = new Statistics();
  readonly log: RecordingLog = new RecordingLog();
  readonly resolver: TestResolver = new TestResolver();
  readonly layer: TransactionLayer;

  constructor(settings: Partial<TransactionSettings> = {}) {
    this.layer = new TransactionLayer({
      transport: this.transport,
      resolver: this.resolver,
      clock: this.time,
      timers: this.time.timers,
      random: new FixedRandom(),
      statistics: this.statistics,
      hash: new SipHash([1, 2, 3, 4]),
      log: this.log,
      settings: { ...TRANSACTION_DEFAULTS, ...settings },
    });
    this.layer.user = this.user;
  }

  /** A message from somewhere arrives. */
  receive(text: string, source: Source = CALLER): void {
    const parsed = parseMessage(text);
    invariant(parsed.ok, `a test message parses: ${text}`);
    this.layer.message(parsed.value, source);
  }

  /** Relays the request of a transaction on one branch, as the proxy would. */
  relay(server: ServerTransaction, index = 0, destination: Destination = TO_CALLEE): ClientTransaction | undefined {
    const branch = this.layer.newBranch(server, index, 0);
    const { request } = server;
    const text =
      `${request.method} ${request.requestUri} SIP/2.0\r\n` +
      `Via: SIP/2.0/${destination.transport.toUpperCase()} 10.0.0.1;branch=${branch}\r\n${request.text.slice(request.text.indexOf("\r\n") + 2)}`;
    return this.layer.client({
      server,
      index,
      method: request.method,
      text,
      branch,
      destination,
      user: this.user,
    });
  }

  statistic(name: string): number {
    return this.statistics.find(`tm:${name}`)?.read() ?? -1;
  }

  /** Nothing is left of anything. */
  get isClean(): boolean {
    return this.layer.size === 0 && this.layer.clientCount === 0 && this.layer.inUse === 0 && this.time.timers.count === 0;
  }
}

/** What a test wants to differ. */
export interface Shape {
  readonly branch?: string;
  readonly via?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly uri?: string;
  readonly headers?: string;
}

/** A request from the caller. */
export function requestText(method: string, shape: Shape = {}): string {
  const {
    branch = "z9hG4bKc1",
    callId = "call-1@10.0.0.2",
    cseq = 1,
    fromTag = "a1",
    toTag,
    uri = "sip:bob@10.0.0.3",
    headers = "",
  } = shape;
  const via = shape.via ?? `SIP/2.0/UDP 10.0.0.2:5060;branch=${branch}`;
  const tag = toTag === undefined ? "" : `;tag=${toTag}`;
  return (
    `${method} ${uri} SIP/2.0\r\nVia: ${via}\r\nFrom: <sip:alice@10.0.0.2>;tag=${fromTag}\r\nTo: <sip:bob@10.0.0.3>${tag}\r\n` +
    `Call-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\nMax-Forwards: 70\r\n${headers}Content-Length: 0\r\n\r\n`
  );
}

/** A reply of the callee to what a branch sent. */
export function replyText(client: ClientTransaction, status: number, toTag = "b1", method: string = client.method, headers = ""): string {
  return (
    `SIP/2.0 ${status} Something\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=${client.branch}\r\n` +
    `Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKc1\r\nFrom: <sip:alice@10.0.0.2>;tag=a1\r\n` +
    `To: <sip:bob@10.0.0.3>${toTag === "" ? "" : `;tag=${toTag}`}\r\nCall-ID: call-1@10.0.0.2\r\nCSeq: 1 ${method}\r\n${headers}Content-Length: 0\r\n\r\n`
  );
}

/** Parses a response of a test. */
export function responseOf(text: string): SipResponse {
  const parsed = parseMessage(text);
  invariant(parsed.ok && parsed.value instanceof SipResponse, `a test response parses: ${text}`);
  return parsed.value;
}

/** Parses a request of a test. */
export function requestOf(text: string): SipRequest {
  const parsed = parseMessage(text);
  invariant(parsed.ok && parsed.value instanceof SipRequest, `a test request parses: ${text}`);
  return parsed.value;
}
