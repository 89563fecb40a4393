// A proxy on real transactions in virtual time, with a transport that records instead of sending.
// Set-up of the acceptance cases: we are 10.0.0.1 (UDP and TCP, port 5060), caller A 10.0.0.2, callees B 10.0.0.3, C 10.0.0.4.

import { type Alarm, type Clock, type LogLine, SipHash, Statistics, Timers } from "../kit/index.ts";
import { buildReply, parseMessage, SipRequest, type SipResponse, type Via } from "../sip/index.ts";
import { TRANSACTION_DEFAULTS, TransactionLayer, type TransactionSettings } from "../transaction/index.ts";
import type {
  Destination,
  HostRequest,
  Listener,
  ReplyTarget,
  ResolveDone,
  ResolvedTarget,
  ResolveRequest,
  Resolver,
  SendObserver,
  SendResult,
  Source,
  TransportName,
} from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import { asRequest, listener } from "./fixtures.ts";
import type { RequestRouter } from "./ports.ts";
import { SipProxy } from "./proxy.ts";
import type { ProxySettings } from "./settings.ts";

/** Something that left. */
export interface Sent {
  readonly at: number;
  readonly text: string;
  readonly message: SipRequest | SipResponse;
  readonly transport: TransportName;
  readonly ip: string;
  readonly port: number;
  readonly listener: Listener;
  readonly observer: SendObserver | undefined;
}

/** What the clock of the test bench offers; handed in, so that this file belongs to no floor above. */
export interface VirtualClock extends Clock, Alarm {
  readonly defer: (run: () => void) => void;
  wakes(run: () => void): void;
  advance(ms: number): void;
  runDue(): void;
}

/** Records what is sent. */
export class Wire {
  readonly listeners: Listener[];
  readonly sent: Sent[] = [];
  /** What was sent and does not parse: answers to what did not parse either. */
  readonly unreadable: { readonly text: string; readonly ip: string; readonly port: number }[] = [];
  /** Addresses to which nothing can be sent. */
  readonly broken: Set<string> = new Set();
  /** Transports by which nothing can be sent. */
  readonly brokenTransports: Set<TransportName> = new Set();
  /** 0 for none. */
  mtu = 0;
  readonly #clock: Clock;

  constructor(clock: Clock, listeners: readonly Listener[]) {
    this.#clock = clock;
    this.listeners = [...listeners];
  }

  send(text: string, to: Destination, observer?: SendObserver): SendResult {
    if (this.broken.has(to.ip) || this.brokenTransports.has(to.transport)) return "unreachable";
    if (to.transport === "udp" && text.length > 65_507) return "tooBig";
    const parsed = parseMessage(text);
    if (!parsed.ok) {
      this.unreadable.push({ text, ip: to.ip, port: to.port });
      return "sent";
    }
    this.sent.push({
      at: this.#clock.monotonic(),
      text,
      message: parsed.value,
      transport: to.transport,
      ip: to.ip,
      port: to.port,
      listener: to.listener,
      observer,
    });
    return "sent";
  }

  replyTarget(request: SipRequest, source: Source, forceRport?: boolean): ReplyTarget {
    return this.#target(request.topVia, source, forceRport);
  }

  #target(via: Via, source: Source, forceRport?: boolean): ReplyTarget {
    const port = via.rport >= 0 || forceRport === true || source.listener.isReliable ? source.port : via.port;
    const { listener: at, ip, flow } = source;
    const real = port === 0 ? 5060 : port;
    return { source, transport: at.transport, ip, port: real, listener: at, flow, ttl: 0, reuseOnly: false, name: "", isNowhere: false };
  }

  respondTo(text: string, target: ReplyTarget): SendResult {
    return this.send(text, target);
  }

  respond(text: string, request: SipRequest, source: Source): SendResult {
    return this.respondTo(text, this.replyTarget(request, source));
  }

  respondBy(text: string, via: Via, source: Source): SendResult {
    return this.respondTo(text, this.#target(via, source));
  }

  exceedsMtu(length: number): boolean {
    return this.mtu > 0 && length > this.mtu;
  }

  isMyself(host: string, port: number, transport?: string): boolean {
    return this.listenerFor(host, port, transport) !== undefined;
  }

  isOurVia(via: Via): boolean {
    return this.isMyself(via.host, via.port);
  }

  listenerFor(host: string, port: number, transport?: string): Listener | undefined {
    const real = port === 0 ? 5060 : port;
    return this.listeners.find(
      (one) =>
        (transport === undefined || one.transport === transport) &&
        ((one.ip === host && one.port === real) || (one.advertisedHost === host && one.advertisedPort === real)),
    );
  }

  pickListener(transport: TransportName, _ip: string, receiving?: Listener, forced?: Listener): Listener | undefined {
    if (forced?.transport === transport) return forced;
    if (receiving?.transport === transport) return receiving;
    return this.listeners.find((one) => one.transport === transport);
  }
}

/** Names with their addresses; a name of `slow` is answered when the test says so. */
export class Names implements Resolver {
  readonly known: Map<string, readonly ResolvedTarget[]> = new Map();
  readonly slow: Map<string, ResolveDone> = new Map();
  readonly slowNames: Set<string> = new Set();

  resolve(request: ResolveRequest, done: ResolveDone): readonly ResolvedTarget[] | undefined {
    const { uri } = request;
    const transport = (request.transport ?? uri.transport ?? "udp") as TransportName;
    const host = uri.param("maddr") ?? uri.host;
    if (/^[0-9.]+$/.test(host)) return [{ transport, ip: host, port: uri.port === 0 ? 5060 : uri.port }];
    if (this.slowNames.has(host)) {
      this.slow.set(host, done);
      return undefined;
    }
    return this.known.get(host) ?? [];
  }

  resolveHost(_request: HostRequest, _done: ResolveDone): readonly ResolvedTarget[] {
    return [];
  }

  /** Several addresses for a name, on UDP port 5060. */
  add(name: string, ...ips: string[]): void {
    this.known.set(
      name,
      ips.map((ip) => ({ transport: "udp", ip, port: 5060 })),
    );
  }
}

/** What a harness may be told. */
export interface HarnessOptions {
  readonly route?: (context: RequestContext) => void | Promise<void>;
  readonly door?: "typescript" | "script";
  readonly wantsCancel?: boolean;
  readonly proxy?: Partial<ProxySettings>;
  readonly transaction?: Partial<TransactionSettings>;
  readonly listeners?: readonly Listener[];
}

export const UDP: Listener = listener("udp", "10.0.0.1", 5060, 0);
export const TCP: Listener = listener("tcp", "10.0.0.1", 5060, 1);
export const A = "10.0.0.2";
export const B = "10.0.0.3";
export const C = "10.0.0.4";

/** One proxy and everything around it. */
export class Harness {
  readonly clock: VirtualClock;
  readonly wire: Wire;
  readonly names: Names = new Names();
  readonly statistics: Statistics = new Statistics();
  readonly transactions: TransactionLayer;
  readonly proxy: SipProxy;
  readonly timers: Timers;
  /** Lines of level error and warn. */
  readonly logged: string[] = [];
  /** Errors that reached the timers. */
  readonly errors: unknown[] = [];
  #taken = 0;

  constructor(clock: VirtualClock, options: HarnessOptions = {}) {
    this.clock = clock;
    this.wire = new Wire(clock, options.listeners ?? [UDP, TCP]);
    this.timers = new Timers(clock, clock, (error) => this.errors.push(error));
    clock.wakes(() => this.timers.run());
    const note: LogLine = (_fields, text) => {
      this.logged.push(text);
    };
    const log = { error: note, warn: note, info: () => {}, debug: () => {} };
    let seed = 1;
    const random = {
      uint32: () => {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        return seed;
      },
    };
    const hash = new SipHash([1, 2, 3, 4]);
    const settings = { ...TRANSACTION_DEFAULTS, ...options.transaction };
    const common = { clock, random, hash, log, statistics: this.statistics, resolver: this.names };
    this.transactions = new TransactionLayer({ ...common, timers: this.timers, transport: this.wire, settings });
    this.proxy = new SipProxy({
      ...common,
      transactions: this.transactions,
      transport: this.wire,
      defer: clock.defer,
      settings: options.proxy ?? {},
    });
    this.transactions.user = this.proxy;
    const door = options.door ?? "typescript";
    const router: RequestRouter = {
      door,
      wantsCancel: options.wantsCancel ?? door === "script",
      route: options.route ?? ((context) => void context.relay()),
    };
    this.proxy.router = router;
  }

  /** A message arrives. @returns what was sent because of it */
  receive(text: string, from: { ip?: string; port?: number; listener?: Listener; flow?: number } = {}): readonly Sent[] {
    const before = this.wire.sent.length;
    const at = from.listener ?? UDP;
    const source: Source = { listener: at, ip: from.ip ?? A, port: from.port ?? 5060, flow: from.flow ?? 0 };
    const parsed = parseMessage(text, { stream: at.isReliable });
    if (parsed.ok) this.transactions.message(parsed.value, source);
    else this.transactions.malformed(parsed.fault, text, source);
    return this.wire.sent.slice(before);
  }

  /** A callee answers what was sent to it. @returns what was sent because of it */
  answer(to: Sent, status: number, parts: { toTag?: string; headers?: string; reason?: string; body?: string } = {}): readonly Sent[] {
    return this.receive(replyTo(to, status, parts), { ip: to.ip, port: to.port, listener: to.listener });
  }

  /** Lets time pass. @returns what was sent meanwhile */
  wait(ms: number): readonly Sent[] {
    const before = this.wire.sent.length;
    this.clock.advance(ms);
    return this.wire.sent.slice(before);
  }

  /** Everything sent since the last call. */
  take(): readonly Sent[] {
    const out = this.wire.sent.slice(this.#taken);
    this.#taken = this.wire.sent.length;
    return out;
  }

  /** Everything sent to an address so far, in order. */
  to(ip: string): readonly Sent[] {
    return this.wire.sent.filter((one) => one.ip === ip);
  }

  stat(name: string): number {
    return this.statistics.find(name)?.read() ?? Number.NaN;
  }
}

/** Text of a reply to a request that was sent. */
export function replyTo(
  to: Sent,
  status: number,
  parts: { toTag?: string; headers?: string; reason?: string; body?: string } = {},
): string {
  return buildReply(asRequest(to.text), {
    status,
    recordRoute: true,
    ...(status > 100 ? { toTag: parts.toTag ?? `t${to.ip.slice(-1)}` } : {}),
    ...(parts.reason === undefined ? {} : { reason: parts.reason }),
    ...(parts.headers === undefined ? {} : { headers: parts.headers }),
    ...(parts.body === undefined ? {} : { body: parts.body }),
  });
}

/** `INVITE 10.0.0.3` for a request, `200 10.0.0.2` for a reply. */
export function brief(one: Sent): string {
  return `${one.message instanceof SipRequest ? one.message.method : one.message.status} ${one.ip}`;
}

/** All of a list, short. */
export function briefs(list: readonly Sent[]): string[] {
  return list.map(brief);
}

/** The one entry that there must be. */
export function only(list: readonly Sent[]): Sent {
  const first = list[0];
  if (first === undefined || list.length !== 1)
    throw new Error(`expected one message, there are ${list.length}: ${briefs(list).join(", ")}`);
  return first;
}

/** The request among what was sent to an address that was sent last. */
export function lastOf(list: readonly Sent[], ip: string, method?: string): Sent {
  for (let i = list.length - 1; i >= 0; i--) {
    const one = list[i];
    if (one?.ip !== ip) continue;
    if (method === undefined || (one.message instanceof SipRequest && one.message.method === method)) return one;
  }
  throw new Error(`nothing was sent to ${ip}`);
}
