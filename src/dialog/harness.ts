// Calls through a real proxy with real transactions, in virtual time, over a wire that records. We are 10.0.0.1:5060 (UDP); the
// caller A is 10.0.0.2 with tag `a`, the callees B and C are 10.0.0.3 and 10.0.0.4. For the tests of this room.
import {
  type Alarm,
  type Clock,
  invariant,
  type LogLine,
  type Random,
  SecondsWheel,
  SipHash,
  Slices,
  Statistics,
  Timers,
} from "../kit/index.ts";
import { Profiles } from "../profile/index.ts";
import { type RequestContext, SipProxy } from "../proxy/index.ts";
import { buildReply, parseMessage, SipRequest, SipResponse, type Via } from "../sip/index.ts";
import { TRANSACTION_DEFAULTS, TransactionLayer } from "../transaction/index.ts";
import type { Destination, Listener, ReplyTarget, ResolvedTarget, Resolver, SendResult, Source } from "../transport/index.ts";
import type { Dialog } from "./dialog.ts";
import type { Change } from "./feed.ts";
import type { DialogSettings } from "./settings.ts";
import { DialogTracker } from "./tracker.ts";

/** What the clock of the test bench offers; handed in, so that this file belongs to no floor above. */
export interface VirtualClock extends Clock, Alarm {
  readonly defer: (run: () => void) => void;
  wakes(run: () => void): void;
  advance(ms: number): void;
}

export const A = "10.0.0.2";
export const B = "10.0.0.3";
export const C = "10.0.0.4";
export const CALL_ID = "1-2345@127.0.0.1";
export const SDP_A = "v=0\r\no=a 1 1 IN IP4 10.0.0.2\r\n";
export const SDP_B = "v=0\r\no=b 1 1 IN IP4 10.0.0.3\r\n";

const UDP: Listener = {
  index: 0,
  transport: "udp",
  ip: "10.0.0.1",
  port: 5060,
  family: 4,
  name: "udp:10.0.0.1:5060",
  sentBy: "10.0.0.1",
  uriHost: "10.0.0.1",
  advertisedHost: "10.0.0.1",
  advertisedPort: 5060,
  tag: undefined,
  isReliable: false,
};

/** A message that left. */
export interface Sent {
  readonly at: number;
  readonly text: string;
  readonly message: SipRequest | SipResponse;
  readonly ip: string;
}

/** Parts of a request that differ from the usual ones. */
export interface Shape {
  readonly from?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly callId?: string;
  readonly uri?: string;
  readonly contact?: string;
  /** Complete header lines. */
  readonly headers?: string;
  readonly body?: string;
  readonly branch?: string;
}

/** How to set up. */
export interface HarnessOptions {
  readonly settings?: Partial<DialogSettings>;
  /** Runs for initial INVITEs; default: create, record-route, relay to B. */
  readonly initial?: (context: RequestContext, tracker: DialogTracker) => void;
  /** Runs for requests with a To-tag; default: loose routing, match, relay. */
  readonly within?: (context: RequestContext, tracker: DialogTracker) => void;
  readonly door?: "typescript" | "script";
}

/** One proxy with its dialogs. */
export class DialogHarness {
  readonly clock: VirtualClock;
  readonly sent: Sent[] = [];
  readonly statistics: Statistics = new Statistics();
  readonly profiles: Profiles<Dialog> = new Profiles<Dialog>();
  readonly timers: Timers;
  readonly wheel: SecondsWheel;
  readonly transactions: TransactionLayer;
  readonly proxy: SipProxy;
  readonly tracker: DialogTracker;
  readonly changes: Change[] = [];
  readonly logged: string[] = [];
  readonly errors: unknown[] = [];
  #branches = 0;

  constructor(clock: VirtualClock, random: Random, options: HarnessOptions = {}) {
    this.clock = clock;
    const onError = (error: unknown): void => {
      this.errors.push(error);
    };
    this.timers = new Timers(clock, clock, onError);
    clock.wakes(() => this.timers.run());
    this.wheel = new SecondsWheel(clock, this.timers, new Slices(clock, clock.defer, onError), onError);
    const say: LogLine = (_fields, text) => {
      this.logged.push(text);
    };
    const quiet: LogLine = () => {};
    const log = { error: say, warn: say, info: quiet, debug: quiet };
    const hash = new SipHash([1, 2, 3, 4]);
    const transport = this.#transport();
    const common = { clock, random, hash, log, statistics: this.statistics, resolver: new Literals(), transport };
    this.transactions = new TransactionLayer({ ...common, timers: this.timers, settings: TRANSACTION_DEFAULTS });
    this.proxy = new SipProxy({ ...common, transactions: this.transactions, defer: clock.defer });
    this.transactions.user = this.proxy;
    this.tracker = new DialogTracker({
      ...common,
      transactions: this.transactions,
      proxy: this.proxy,
      profiles: this.profiles,
      wheel: this.wheel,
      settings: { historyBytes: 65_536, messageBytes: 65_536, nodeId: 1, ...options.settings },
    });
    this.tracker.feed.subscribe((change) => {
      this.changes.push(change);
    });
    const { initial = relayTracked, within = relayWithin } = options;
    this.proxy.router = {
      door: options.door ?? "typescript",
      wantsCancel: false,
      route: (context) => (context.hasToTag ? within(context, this.tracker) : initial(context, this.tracker)),
    };
  }

  /** A message arrives. @returns what left because of it */
  receive(text: string, ip: string): readonly Sent[] {
    const before = this.sent.length;
    const parsed = parseMessage(text);
    invariant(parsed.ok, `the test's own message parses: ${parsed.ok ? "" : parsed.fault.reason}\n${text}`);
    const source: Source = { listener: UDP, ip, port: 5060, flow: 0 };
    this.tracker.messages?.received(parsed.value, source);
    this.transactions.message(parsed.value, source);
    return this.sent.slice(before);
  }

  /** A request arrives. CSeq numbers are the test's; branches are made up. */
  request(method: string, cseq: number, ip: string, shape: Shape = {}): readonly Sent[] {
    return this.receive(this.text(method, cseq, ip, shape), ip);
  }

  /** Text of a request; without further words that of A's INVITE to B. */
  text(method: string, cseq: number, ip: string, shape: Shape = {}): string {
    this.#branches++;
    const fromTag = shape.fromTag ?? (ip === A ? "a" : "b");
    const from = shape.from ?? (ip === A ? "sip:alice@10.0.0.2" : "sip:bob@10.0.0.3");
    const to = ip === A ? "sip:bob@10.0.0.3" : "sip:alice@10.0.0.2";
    const uri = shape.uri ?? (ip === A ? "sip:b@10.0.0.3:5060" : "sip:a@10.0.0.2:5060");
    const contact = shape.contact ?? `<sip:${ip === A ? "a" : "b"}@${ip}:5060>`;
    const body = shape.body ?? "";
    return (
      `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${ip}:5060;branch=${shape.branch ?? `z9hG4bKt${this.#branches}`}\r\nMax-Forwards: 70\r\n` +
      `From: "X" <${from}>;tag=${fromTag}\r\nTo: <${to}>${shape.toTag === undefined ? "" : `;tag=${shape.toTag}`}\r\n` +
      `Call-ID: ${shape.callId ?? CALL_ID}\r\nCSeq: ${cseq} ${method}\r\n` +
      (contact === "" ? "" : `Contact: ${contact}\r\n`) +
      `${shape.headers ?? ""}Content-Length: ${body.length}\r\n\r\n${body}`
    );
  }

  /** A's INVITE. @returns what went to the callees */
  invite(shape: Shape = {}): readonly Sent[] {
    return this.request("INVITE", 102, A, { body: SDP_A, ...shape }).filter((one) => one.message instanceof SipRequest);
  }

  /** Whoever got a request answers it. @returns what left because of it */
  answer(
    to: Sent | undefined,
    status: number,
    parts: { toTag?: string; contact?: string; headers?: string; body?: string } = {},
  ): readonly Sent[] {
    invariant(to?.message instanceof SipRequest, "there is a request to answer");
    const toTag = to.message.toTag !== "" ? undefined : (parts.toTag ?? (to.ip === C ? "c" : "b"));
    const contact =
      parts.contact ?? (status < 300 ? `Contact: <sip:${to.ip === C ? "c" : to.ip === A ? "a" : "b"}@${to.ip}:5060>\r\n` : "");
    const text = buildReply(to.message, {
      status,
      recordRoute: parts.headers === undefined || !parts.headers.includes("Record-Route"),
      headers: contact + (parts.headers ?? ""),
      ...(toTag === undefined || status === 100 ? {} : { toTag }),
      ...(parts.body === undefined ? {} : { body: parts.body, contentType: "application/sdp" }),
    });
    return this.receive(text, to.ip);
  }

  /** An answered and acknowledged call. @returns its dialog */
  talk(shape: Shape = {}, answer: { headers?: string; contact?: string } = {}): Dialog {
    const [invite] = this.invite(shape);
    this.answer(invite, 180);
    this.answer(invite, 200, { body: SDP_B, ...answer });
    this.request("ACK", 102, A, { toTag: "b", headers: this.route(), ...(shape.callId === undefined ? {} : { callId: shape.callId }) });
    return this.dialog(shape.callId);
  }

  /** The only dialog of a Call-ID, in any state. */
  dialog(callId: string = CALL_ID): Dialog {
    const dialog = this.tracker.firstOf(callId);
    invariant(dialog !== undefined, "there is a dialog");
    return dialog;
  }

  /** The Route header an endpoint sends for the newest INVITE that left with our Record-Route; "" without one. */
  route(): string {
    for (let i = this.sent.length - 1; i >= 0; i--) {
      const message = this.sent[i]?.message;
      if (!(message instanceof SipRequest) || message.method !== "INVITE") continue;
      const recorded = message.header("Record-Route");
      return recorded === undefined ? "" : `Route: ${recorded}\r\n`;
    }
    return "";
  }

  /** Requests that left for an address, of one method. */
  requests(ip: string, method: string): readonly SipRequest[] {
    const out: SipRequest[] = [];
    for (const { ip: to, message } of this.sent)
      if (to === ip && message instanceof SipRequest && message.method === method) out.push(message);
    return out;
  }

  /** The last request that left for an address, of one method, as it was sent. */
  lastSent(ip: string, method: string): Sent | undefined {
    return this.sent.findLast((one) => one.ip === ip && one.message instanceof SipRequest && one.message.method === method);
  }

  /** Status lines that left for an address. */
  replies(ip: string): readonly SipResponse[] {
    const out: SipResponse[] = [];
    for (const { ip: to, message } of this.sent) if (to === ip && message instanceof SipResponse) out.push(message);
    return out;
  }

  /** Moves of the state so far: `1→2`. */
  moves(): readonly string[] {
    const number = { unconfirmed: 1, early: 2, confirmedNoAck: 3, confirmed: 4, ended: 5 } as const;
    return this.changes.flatMap(({ kind, from, to }) =>
      kind === "state" && from !== undefined && to !== undefined ? [`${number[from]}→${number[to]}`] : [],
    );
  }

  stat(name: string): number {
    return this.statistics.find(`dialog:${name}`)?.read() ?? Number.NaN;
  }

  #transport(): TransportOfTests {
    const send = (text: string, ip: string): SendResult => {
      const parsed = parseMessage(text);
      invariant(parsed.ok, `what leaves parses: ${parsed.ok ? "" : parsed.fault.reason}\n${text}`);
      this.sent.push({ at: this.clock.monotonic(), text, message: parsed.value, ip });
      this.tracker.messages?.sent(text, { transport: "udp", ip, port: 5060, listener: UDP, flow: 0 }, "sent");
      return "sent";
    };
    return new TransportOfTests(send);
  }
}

/** create, record-route, relay to B. */
export function relayTracked(context: RequestContext, tracker: DialogTracker): void {
  tracker.create(context);
  context.recordRoute();
  context.relay();
}

/** What a route for in-dialog requests does. */
export function relayWithin(context: RequestContext, tracker: DialogTracker): void {
  context.looseRoute();
  tracker.match(context);
  context.relay();
}

class TransportOfTests {
  readonly listeners: readonly Listener[] = [UDP];
  readonly #send: (text: string, ip: string) => SendResult;

  constructor(send: (text: string, ip: string) => SendResult) {
    this.#send = send;
  }

  send(text: string, to: Destination): SendResult {
    return this.#send(text, to.ip);
  }

  replyTarget(_request: SipRequest, source: Source): ReplyTarget {
    const { listener, ip, port, flow } = source;
    return { source, transport: listener.transport, ip, port, listener, flow, ttl: 0, name: "", isNowhere: false, reuseOnly: false };
  }

  respondTo(text: string, target: ReplyTarget): SendResult {
    return this.#send(text, target.ip);
  }

  respond(text: string, _request: SipRequest, source: Source): SendResult {
    return this.#send(text, source.ip);
  }

  respondBy(text: string, _via: Via, source: Source): SendResult {
    return this.#send(text, source.ip);
  }

  isMyself(host: string, port: number): boolean {
    return host === UDP.ip && (port === 0 || port === 5060);
  }

  isOurVia(via: Via): boolean {
    return this.isMyself(via.host, via.port);
  }

  listenerFor(host: string, port: number): Listener | undefined {
    return this.isMyself(host, port) ? UDP : undefined;
  }

  pickListener(): Listener {
    return UDP;
  }
}

class Literals implements Resolver {
  resolve(target: { uri: { host: string; port: number } }): readonly ResolvedTarget[] {
    const { host, port } = target.uri;
    return [{ transport: "udp", ip: host, port: port === 0 ? 5060 : port }];
  }

  resolveHost(): readonly [] {
    return [];
  }
}
