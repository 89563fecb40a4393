// A network under the test's own hand, and a layer on top of it, for the tests of this room.
import assert from "node:assert/strict";
import { type Alarm, type Clock, type Defer, type Log, Outbox, Statistics, Timers } from "../kit/index.ts";
import type { Fault, SipRequest, SipResponse } from "../sip/index.ts";
import { TransportLayer } from "./layer.ts";
import type {
  AcceptHandler,
  DatagramBinding,
  DatagramFailure,
  DatagramHandler,
  DatagramSocket,
  Network,
  NetworkInterface,
  Resolver,
  StreamBinding,
  StreamConnection,
  StreamHandler,
  StreamServer,
  StreamTarget,
} from "./ports.ts";
import { defaultTransportSettings, type TransportSettings } from "./settings.ts";
import { parseSocket } from "./socket-spec.ts";
import type { Destination, Listener, MessageReceiver, Source } from "./types.ts";

/** One datagram that left. */
export interface SentDatagram {
  readonly text: string;
  readonly ip: string;
  readonly port: number;
  readonly ttl: number;
}

export class FakeDatagram implements DatagramSocket {
  readonly ip: string;
  readonly port: number;
  readonly queuedBytes = 0;
  receiveBuffer: number;
  readonly on: DatagramHandler;
  readonly sent: SentDatagram[] = [];
  /** Code that every send fails with. */
  failWith: string | undefined = undefined;
  isClosed = false;

  constructor(at: DatagramBinding, port: number, on: DatagramHandler) {
    this.ip = at.ip;
    this.port = port;
    this.receiveBuffer = at.receiveBuffer;
    this.on = on;
  }

  send(text: string, ip: string, port: number, failed: DatagramFailure | undefined, ttl: number): void {
    if (this.failWith === undefined) {
      this.sent.push({ text, ip, port, ttl });
      return;
    }
    this.on.sendFailed(this.failWith, ip, port);
    failed?.sendFailed(this.failWith);
  }

  close(): void {
    this.isClosed = true;
  }
}

export class FakeStream implements StreamConnection {
  readonly localIp: string;
  readonly localPort = 50_000;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly target: StreamTarget | undefined;
  readonly written: string[] = [];
  unsentBytes = 0;
  /** While true, every write says that the buffer is full and nothing leaves. */
  isStuck = false;
  isEnded = false;
  isDestroyed = false;
  isPaused = false;
  handler: StreamHandler | undefined = undefined;

  constructor(localIp: string, remoteIp: string, remotePort: number, target?: StreamTarget) {
    this.localIp = localIp;
    this.remoteIp = remoteIp;
    this.remotePort = remotePort;
    this.target = target;
  }

  write(text: string): boolean {
    this.written.push(text);
    if (this.isStuck) this.unsentBytes += text.length;
    return !this.isStuck;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.handler?.closed(undefined);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /** The peer takes everything. */
  drain(): void {
    this.isStuck = false;
    this.unsentBytes = 0;
    this.handler?.drained();
  }
}

export class FakeNetwork implements Network {
  readonly datagrams: FakeDatagram[] = [];
  readonly connects: FakeStream[] = [];
  readonly servers: { at: StreamBinding; on: AcceptHandler; isClosed: boolean }[] = [];
  /** `udp 192.0.2.7 5060` → code with which binding it fails. */
  readonly refusals: Map<string, string> = new Map();
  routes: Map<string, string> = new Map();
  #port = 30_000;

  bindDatagram(at: DatagramBinding, on: DatagramHandler): Promise<DatagramSocket> {
    const code = this.refusals.get(`udp ${at.ip} ${at.port}`);
    if (code !== undefined) return Promise.reject(Object.assign(new Error(code), { code }));
    const socket = new FakeDatagram(at, at.port === 0 ? this.#port++ : at.port, on);
    this.datagrams.push(socket);
    return Promise.resolve(socket);
  }

  listenStream(at: StreamBinding, on: AcceptHandler): Promise<StreamServer> {
    const code = this.refusals.get(`tcp ${at.ip} ${at.port}`);
    if (code !== undefined) return Promise.reject(Object.assign(new Error(code), { code }));
    const server = { at, on, isClosed: false };
    this.servers.push(server);
    return Promise.resolve({
      ip: at.ip,
      port: at.port === 0 ? this.#port++ : at.port,
      close: () => {
        server.isClosed = true;
      },
    });
  }

  connectStream(to: StreamTarget, on: StreamHandler): StreamConnection {
    const stream = new FakeStream(to.localIp, to.ip, to.port, to);
    stream.handler = on;
    this.connects.push(stream);
    return stream;
  }

  interfaces(): readonly NetworkInterface[] {
    return [
      { name: "lo", ip: "127.0.0.1", family: 4 },
      { name: "eth0", ip: "192.0.2.7", family: 4, broadcast: "192.0.2.255" },
      { name: "eth0", ip: "2001:db8::7", family: 6 },
    ];
  }

  lookup(_name: string): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  routeTo(ip: string): string | undefined {
    return this.routes.get(ip);
  }

  /** A peer connects to the first stream socket. */
  accept(remoteIp: string, remotePort: number): FakeStream {
    const server = this.servers[0];
    assert.ok(server);
    const stream = new FakeStream(server.at.ip, remoteIp, remotePort);
    stream.handler = server.on.accepted(stream);
    if (stream.handler === undefined) stream.isDestroyed = true;
    return stream;
  }
}

/** What reached the layer above. */
export class Recorder implements MessageReceiver {
  readonly messages: { message: SipRequest | SipResponse; source: Source }[] = [];
  readonly faults: { fault: Fault; source: Source }[] = [];
  onMessage: (message: SipRequest | SipResponse, source: Source) => void = () => {};
  onFault: (fault: Fault, source: Source) => void = () => {};

  message(message: SipRequest | SipResponse, source: Source): void {
    this.messages.push({ message, source });
    this.onMessage(message, source);
  }

  malformed(fault: Fault, _text: string, source: Source): void {
    this.faults.push({ fault, source });
    this.onFault(fault, source);
  }
}

/** Everything a test of the layer holds in its hands. */
export interface Bench {
  readonly network: FakeNetwork;
  readonly layer: TransportLayer;
  readonly above: Recorder;
  readonly statistics: Statistics;
  readonly timers: Timers;
  readonly outbox: Outbox;
  readonly logged: { level: string; fields: object; text: string }[];
  /** Value of a statistic. */
  stat(name: string): number;
  to(transport: "udp" | "tcp", ip: string, port: number, flow?: number): Destination;
  listener(transport: string): Listener;
}

/** A layer that listens on the given sockets over a fake network. */
export async function bench(
  clock: Clock & Alarm & { readonly defer: Defer; wakes(run: () => void): void },
  sockets: readonly string[],
  settings: Partial<TransportSettings> = {},
  resolver?: Resolver,
): Promise<Bench> {
  const raise = (error: unknown): void => assert.fail(String(error));
  const timers = new Timers(clock, clock, raise);
  clock.wakes(() => timers.run());
  const outbox = new Outbox(clock.defer, raise);
  const statistics = new Statistics();
  const network = new FakeNetwork();
  const logged: { level: string; fields: object; text: string }[] = [];
  const line = (level: string) => (fields: object, text: string) => {
    logged.push({ level, fields, text });
  };
  const log: Log = { error: line("error"), warn: line("warn"), info: line("info"), debug: line("debug") };
  const layer = new TransportLayer({
    network,
    timers,
    clock,
    statistics,
    outbox,
    settings: { ...defaultTransportSettings, ...settings },
    log,
    ...(resolver === undefined ? undefined : { resolver }),
  });
  const above = new Recorder();
  layer.receiver = above;
  const specs = sockets.map((text) => {
    const spec = parseSocket(text);
    assert.ok(spec.ok, spec.ok ? "" : spec.fault);
    return spec.value;
  });
  await layer.listen(specs);
  const listener = (transport: string): Listener => {
    const found = layer.listeners.find((one) => one.transport === transport);
    assert.ok(found);
    return found;
  };
  return {
    network,
    layer,
    above,
    statistics,
    timers,
    outbox,
    logged,
    listener,
    stat: (name) => statistics.find(name)?.read() ?? Number.NaN,
    to: (transport, ip, port, flow = 0) => ({ transport, ip, port, listener: listener(transport), flow }),
  };
}

/** A request that parses; for streams it has its Content-Length. */
export function request(parts: { via?: string; method?: string; callId?: string; body?: string; extra?: string } = {}): string {
  const method = parts.method ?? "OPTIONS";
  const body = parts.body ?? "";
  return (
    `${method} sip:bob@192.0.2.7 SIP/2.0\r\n` +
    `Via: ${parts.via ?? "SIP/2.0/UDP 198.51.100.1:5070;branch=z9hG4bK776asdhds"}\r\n` +
    `Max-Forwards: 70\r\n` +
    `From: <sip:alice@198.51.100.1>;tag=1928301774\r\n` +
    `To: <sip:bob@192.0.2.7>\r\n` +
    `Call-ID: ${parts.callId ?? "a84b4c76e66710"}\r\n` +
    `CSeq: 314159 ${method}\r\n` +
    `${parts.extra ?? ""}Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** A response that parses. */
export function response(via: string, status = 200): string {
  return (
    `SIP/2.0 ${status} OK\r\n` +
    `Via: ${via}\r\n` +
    `From: <sip:alice@198.51.100.1>;tag=1928301774\r\n` +
    `To: <sip:bob@192.0.2.7>;tag=314\r\n` +
    `Call-ID: a84b4c76e66710\r\n` +
    `CSeq: 314159 OPTIONS\r\n` +
    `Content-Length: 0\r\n\r\n`
  );
}
