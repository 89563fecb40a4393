// One UDP socket of ours: what is no SIP is dropped before anything is parsed, what leaves waits for the end of the turn.
import type { Counter, Log, Outbox, Outgoing, Statistics } from "../kit/index.ts";
import { withoutZone } from "./address.ts";
import type { Intake } from "./intake.ts";
import type { DatagramHandler, DatagramSocket } from "./ports.ts";
import type { Listener, SendObserver, SendResult } from "./types.ts";

/** Shortest datagram that is looked at (M-7, X-01). */
const MIN_DATAGRAM = 20;
/** Most that an IP packet can carry after its headers. */
const MAX_PAYLOAD_4 = 65_507;
const MAX_PAYLOAD_6 = 65_527;

/** What every UDP socket of the engine shares. */
export interface DatagramContext {
  readonly outbox: Outbox;
  readonly log: Log;
  readonly counters: DatagramCounters;
  /** Addresses that no one answers from or is sent to: broadcast, unspecified (S-03, T-10). */
  readonly refusedIps: ReadonlySet<string>;
  /** False until every socket is bound, and after closing. */
  isOpen(): boolean;
  readonly intake: Intake;
}

/** Numbers of all UDP sockets together. */
export class DatagramCounters {
  readonly sendErrors: Counter;
  /** Datagrams from addresses and ports that only a forged packet has (S-03). */
  readonly refused: Counter;
  /** Datagrams that wait for the end of the turn. */
  waiting = 0;

  constructor(statistics: Statistics, queuedBytes: () => number) {
    statistics.gauge("net", "waiting_udp", () => this.waiting + queuedBytes());
    this.sendErrors = statistics.counter("net", "udp_send_errors");
    this.refused = statistics.counter("net", "udp_refused");
  }
}

/** A bound UDP socket and its listener. */
export class DatagramEndpoint implements DatagramHandler {
  readonly #context: DatagramContext;
  #listener: Listener | undefined = undefined;
  #socket: DatagramSocket | undefined = undefined;

  constructor(context: DatagramContext) {
    this.#context = context;
  }

  /** Tells the endpoint what it is; datagrams before that are lost, as they would be before the bind. */
  attach(listener: Listener, socket: DatagramSocket): void {
    this.#listener = listener;
    this.#socket = socket;
  }

  /** Bytes that the system does not take yet. */
  get queuedBytes(): number {
    return this.#socket?.queuedBytes ?? 0;
  }

  datagram(text: string, ip: string, port: number): void {
    const context = this.#context;
    const listener = this.#listener;
    if (listener === undefined || !context.isOpen() || isNoise(text)) return;
    if (isRefusedPort(port) || context.refusedIps.has(ip) || isMulticast(ip)) {
      context.counters.refused.add();
      return;
    }
    context.intake.datagram(text, { listener, ip: ip.includes("%") ? withoutZone(ip) : ip, port, flow: 0 });
  }

  sendFailed(code: string, ip: string, port: number): void {
    this.#context.counters.sendErrors.add();
    this.#context.log.debug({ ip, port, code }, "datagram not sent");
  }

  failed(code: string): void {
    this.#context.log.error({ socket: this.#listener?.name, code }, "UDP socket failed");
  }

  /** Queues a datagram for the end of the turn. */
  send(text: string, ip: string, port: number, observer: SendObserver | undefined, ttl: number): SendResult {
    const listener = this.#listener;
    if (listener === undefined || this.#socket === undefined) return "unreachable";
    const isIpv6 = ip.includes(":");
    if (isIpv6 !== (listener.family === 6) || !(port >= 1 && port <= 65_535) || this.#context.refusedIps.has(ip)) return "unreachable";
    if (text.length > (isIpv6 ? MAX_PAYLOAD_6 : MAX_PAYLOAD_4)) {
      this.sendFailed("EMSGSIZE", ip, port);
      return "tooBig";
    }
    this.#context.counters.waiting++;
    this.#context.outbox.push(new OutgoingDatagram(this, text, ip, port, observer, ttl));
    return "sent";
  }

  /** The end of the turn. */
  leave(datagram: OutgoingDatagram): void {
    this.#context.counters.waiting--;
    if (this.#socket === undefined) datagram.observer?.sendFailed("closed");
    else this.#socket.send(datagram.text, datagram.ip, datagram.port, datagram.observer, datagram.ttl);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/** One datagram on its way out. */
class OutgoingDatagram implements Outgoing {
  readonly #endpoint: DatagramEndpoint;
  readonly text: string;
  readonly ip: string;
  readonly port: number;
  readonly observer: SendObserver | undefined;
  readonly ttl: number;

  constructor(endpoint: DatagramEndpoint, text: string, ip: string, port: number, observer: SendObserver | undefined, ttl: number) {
    this.#endpoint = endpoint;
    this.text = text;
    this.ip = ip;
    this.port = port;
    this.observer = observer;
    this.ttl = ttl;
  }

  leave(): void {
    this.#endpoint.leave(this);
  }
}

/**
 * Whether a datagram is keep-alive traffic or another protocol that shares the port: nothing but line ends, fewer than
 * 20 bytes after them, or a first byte below 0x20 as STUN and DTLS have.
 */
export function isNoise(text: string): boolean {
  let at = 0;
  let c = text.charCodeAt(0);
  while (c === 13 || c === 10) c = text.charCodeAt(++at);
  return text.length - at < MIN_DATAGRAM || c < 32;
}

/** Ports of services that answer anything, and no port at all: a request from there is forged (S-03). */
export function isRefusedPort(port: number): boolean {
  return port === 0 || port === 7 || port === 19 || port === 53;
}

function isMulticast(ip: string): boolean {
  const first = ip.charCodeAt(0);
  // 224 to 239, or ff00::/8; nothing else starts so.
  if (first === 50) return ip.charCodeAt(1) >= 50 && ip.charCodeAt(1) <= 51 && isMulticastOctet(ip);
  return (first | 32) === 102 && (ip.charCodeAt(1) | 32) === 102 && ip.charCodeAt(4) === 58;
}

function isMulticastOctet(ip: string): boolean {
  const dot = ip.indexOf(".");
  if (dot !== 3) return false;
  const octet = Number(ip.slice(0, 3));
  return octet >= 224 && octet <= 239;
}
