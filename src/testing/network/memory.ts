// A network in memory: datagrams and streams between any addresses, in virtual time, as bad as a test wants it.
// Every draw comes from one seeded generator, so the same seed gives the same run.
import type { Ms } from "../../kit/index.ts";
import type {
  AcceptHandler,
  Address,
  DatagramBinding,
  DatagramFailure,
  DatagramHandler,
  DatagramSocket,
  Network,
  NetworkInterface,
  StreamBinding,
  StreamConnection,
  StreamHandler,
  StreamServer,
  StreamTarget,
} from "../../transport/index.ts";
import type { TestClock } from "../clock.ts";
import type { SeededRandom } from "../random.ts";
import { arrivals, type Conditions, PERFECT } from "./conditions.ts";
import { MemoryStream, type StreamWay } from "./stream.ts";

/** What became of a packet at one moment. Of streams only what is written is told, as `sent`. */
export interface PacketEvent {
  readonly at: Ms;
  readonly fate: "sent" | "arrived" | "lost" | "cut" | "nobody";
  readonly from: Address;
  readonly to: Address;
  readonly text: string;
}

/** How a `MemoryNetwork` is made. */
export interface MemoryNetworkOptions {
  readonly clock: TestClock;
  readonly random: SeededRandom;
  /** Of every way that has none of its own; perfect when left out. */
  readonly conditions?: Conditions;
  /** What `interfaces()` says; loopback of both families when left out. */
  readonly interfaces?: readonly NetworkInterface[];
  /** Longest piece a stream arrives in; shorter ones are drawn. 1460 when left out. */
  readonly segmentBytes?: number;
}

/** The largest datagram there is. */
const DATAGRAM_MAX = 65_507;
const FIRST_EPHEMERAL = 40_000;

class MemoryDatagram implements DatagramSocket {
  readonly #network: MemoryNetwork;
  readonly #handler: DatagramHandler;
  readonly ip: string;
  readonly port: number;
  readonly queuedBytes = 0;
  readonly receiveBuffer: number;
  #isClosed = false;

  constructor(network: MemoryNetwork, at: DatagramBinding, port: number, handler: DatagramHandler) {
    this.#network = network;
    this.#handler = handler;
    this.ip = at.ip;
    this.port = port;
    this.receiveBuffer = at.receiveBuffer;
  }

  send(text: string, ip: string, port: number, failed: DatagramFailure | undefined, _ttl: number): void {
    if (this.#isClosed) return;
    const code = text.length > DATAGRAM_MAX ? "EMSGSIZE" : this.#network.failureOf(ip);
    if (code === undefined) {
      this.#network.transmit(text, this, { ip, port });
      return;
    }
    this.#network.clock.defer(() => {
      this.#handler.sendFailed(code, ip, port);
      failed?.sendFailed(code);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#network.unbind(this);
  }

  /** @internal */
  deliver(text: string, from: Address): void {
    if (!this.#isClosed) this.#handler.datagram(text, from.ip, from.port);
  }
}

interface MemoryServer {
  readonly on: AcceptHandler;
  isOpen: boolean;
}

/** The fabric between all addresses of a test; any address can be bound. */
export class MemoryNetwork implements Network, StreamWay {
  readonly clock: TestClock;
  readonly retryMs = 200;
  readonly #random: SeededRandom;
  readonly #interfaces: readonly NetworkInterface[];
  readonly #segmentBytes: number;
  readonly #datagrams = new Map<string, MemoryDatagram>();
  readonly #servers = new Map<string, MemoryServer>();
  readonly #ways = new Map<string, Conditions>();
  readonly #cuts = new Set<string>();
  readonly #failures = new Map<string, string>();
  /** Ends of streams that stand. */
  readonly #streams = new Set<MemoryStream>();
  #ephemeral = FIRST_EPHEMERAL;
  /** Conditions of every way without its own; may be changed while running. */
  conditions: Conditions;
  /** Told of everything that happens to a packet, in order. */
  tap: ((event: PacketEvent) => void) | undefined = undefined;
  /** Packets counted by what became of them. */
  readonly counts: Record<PacketEvent["fate"], number> = { sent: 0, arrived: 0, lost: 0, cut: 0, nobody: 0 };

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.#random = options.random;
    this.conditions = options.conditions ?? PERFECT;
    this.#interfaces = options.interfaces ?? [
      { name: "lo", ip: "127.0.0.1", family: 4 },
      { name: "lo", ip: "::1", family: 6 },
    ];
    this.#segmentBytes = options.segmentBytes ?? 1460;
  }

  /** Sets the conditions of one way, in one direction. */
  setWay(fromIp: string, toIp: string, conditions: Conditions): void {
    this.#ways.set(`${fromIp} ${toIp}`, conditions);
  }

  /** Cuts every way between two groups of addresses, in both directions. Streams hold their bytes until `heal`. */
  partition(some: readonly string[], others: readonly string[]): void {
    for (const a of some) {
      for (const b of others) {
        this.#cuts.add(`${a} ${b}`);
        this.#cuts.add(`${b} ${a}`);
      }
    }
  }

  /** Undoes every partition. */
  heal(): void {
    this.#cuts.clear();
  }

  /** Lets every datagram to an address fail at the sender with a system code; `undefined` undoes it. */
  failSends(ip: string, code: string | undefined): void {
    if (code === undefined) this.#failures.delete(ip);
    else this.#failures.set(ip, code);
  }

  /** Breaks streams: both ends see a reset, and what is under way is lost. @param share - how many of them, 0 … 1 */
  resetStreams(share = 1): void {
    for (const stream of [...this.#streams]) if (this.#random.chance(share)) stream.break();
  }

  bindDatagram(at: DatagramBinding, on: DatagramHandler): Promise<DatagramSocket> {
    const port = this.#portFor(at);
    const key = keyOf(at.ip, port);
    if (this.#datagrams.has(key)) return Promise.reject(inUse(at.ip, port));
    const socket = new MemoryDatagram(this, at, port, on);
    this.#datagrams.set(key, socket);
    return Promise.resolve(socket);
  }

  listenStream(at: StreamBinding, on: AcceptHandler): Promise<StreamServer> {
    const port = this.#portFor(at);
    const key = keyOf(at.ip, port);
    if (this.#servers.has(key)) return Promise.reject(inUse(at.ip, port));
    const server: MemoryServer = { on, isOpen: true };
    this.#servers.set(key, server);
    const close = (): void => {
      server.isOpen = false;
      this.#servers.delete(key);
    };
    return Promise.resolve({ ip: at.ip, port, close });
  }

  connectStream(to: StreamTarget, on: StreamHandler): StreamConnection {
    const local: Address = { ip: to.localIp, port: this.#ephemeral++ };
    const near = new MemoryStream(this, local, { ip: to.ip, port: to.port });
    near.own(on);
    const arrival = this.failureOf(to.ip) === undefined ? this.arrival(local, to) : undefined;
    if (arrival === undefined) {
      this.clock.schedule(to.timeoutMs, () => near.close("ETIMEDOUT"));
      return near;
    }
    this.clock.scheduleAt(arrival, () => this.#accept(near, on));
    return near;
  }

  interfaces(): readonly NetworkInterface[] {
    return this.#interfaces;
  }

  lookup(name: string): Promise<readonly string[]> {
    return Promise.resolve(name === "localhost" ? ["127.0.0.1"] : []);
  }

  arrival(from: Address, to: Address): Ms | undefined {
    if (this.#isCut(from.ip, to.ip)) return undefined;
    const conditions = this.#way(from.ip, to.ip);
    let delay = conditions.delayMs + (conditions.jitterMs > 0 ? this.#random.unit() * conditions.jitterMs : 0);
    // what a datagram loses, a stream sends again
    while (this.#random.chance(Math.min(conditions.loss, 0.9))) delay += this.retryMs;
    return this.clock.monotonic() + delay;
  }

  segment(rest: number): number {
    return Math.min(rest, this.#random.between(1, this.#segmentBytes));
  }

  /** @internal */
  wrote(text: string, from: Address, to: Address): void {
    this.#note("sent", from, to, text);
  }

  /** @internal */
  closed(stream: MemoryStream): void {
    this.#streams.delete(stream);
  }

  /** @internal */
  failureOf(ip: string): string | undefined {
    return this.#failures.get(ip);
  }

  /** @internal */
  unbind(socket: DatagramSocket): void {
    this.#datagrams.delete(keyOf(socket.ip, socket.port));
  }

  /** @internal One datagram onto its way. */
  transmit(text: string, from: Address, to: Address): void {
    this.#note("sent", from, to, text);
    if (this.#isCut(from.ip, to.ip)) {
      this.#note("cut", from, to, text);
      return;
    }
    const delays = arrivals(this.#way(from.ip, to.ip), this.#random);
    if (delays.length === 0) this.#note("lost", from, to, text);
    for (const delay of delays) this.clock.schedule(delay, () => this.#arrive(text, from, to));
  }

  #arrive(text: string, from: Address, to: Address): void {
    const socket = this.#datagrams.get(keyOf(to.ip, to.port));
    this.#note(socket === undefined ? "nobody" : "arrived", from, to, text);
    socket?.deliver(text, from);
  }

  #accept(near: MemoryStream, on: StreamHandler): void {
    if (near.isClosed) return;
    const server = this.#servers.get(keyOf(near.remoteIp, near.remotePort));
    const far = new MemoryStream(this, near.remote, near.local);
    const handler = server?.isOpen === true ? server.on.accepted(far) : undefined;
    if (handler !== undefined) far.own(handler);
    const back = this.arrival(near.remote, near.local) ?? this.clock.monotonic() + this.retryMs;
    this.clock.scheduleAt(back, () => {
      if (near.isClosed) {
        far.close("ECONNRESET");
        return;
      }
      if (handler === undefined) {
        near.close(server === undefined ? "ECONNREFUSED" : "ECONNRESET");
        return;
      }
      far.join(near);
      near.join(far);
      this.#streams.add(near);
      on.connected();
    });
  }

  #portFor(at: Address): number {
    return at.port === 0 ? this.#ephemeral++ : at.port;
  }

  #isCut(from: string, to: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from} ${to}`);
  }

  #way(from: string, to: string): Conditions {
    if (this.#ways.size === 0) return this.conditions;
    return this.#ways.get(`${from} ${to}`) ?? this.conditions;
  }

  #note(fate: PacketEvent["fate"], from: Address, to: Address, text: string): void {
    this.counts[fate]++;
    this.tap?.({ at: this.clock.monotonic(), fate, from: { ip: from.ip, port: from.port }, to, text });
  }
}

function keyOf(ip: string, port: number): string {
  return `${ip} ${port}`;
}

function inUse(ip: string, port: number): Error {
  return Object.assign(new Error(`address in use: ${ip} ${port}`), { code: "EADDRINUSE" });
}
