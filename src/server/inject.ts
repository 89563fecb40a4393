// `app.inject()`: the engine on a network that exists in this process only and keeps what would have been sent.
import type { Injection, InjectResult, SentMessage } from "../app/index.ts";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import {
  type AcceptHandler,
  type DatagramBinding,
  type DatagramHandler,
  type DatagramSocket,
  type Network,
  type NetworkInterface,
  type StreamBinding,
  type StreamConnection,
  type StreamHandler,
  type StreamServer,
  type StreamTarget,
  socketName,
} from "../transport/index.ts";

/** A network without wires. */
export class InjectNetwork implements Network {
  readonly #sockets = new Map<string, DatagramHandler>();
  #sent: SentMessage[] = [];
  #nextPort = 40_000;

  bindDatagram(at: DatagramBinding, on: DatagramHandler): Promise<DatagramSocket> {
    const port = at.port === 0 ? this.#nextPort++ : at.port;
    this.#sockets.set(socketName("udp", at.ip, port), on);
    const keep = (text: string, ip: string, to: number): void => this.#keep("udp", text, ip, to);
    return Promise.resolve({ ip: at.ip, port, queuedBytes: 0, receiveBuffer: 0, send: keep, close: () => {} });
  }

  listenStream(at: StreamBinding, _on: AcceptHandler): Promise<StreamServer> {
    return Promise.resolve({ ip: at.ip, port: at.port === 0 ? this.#nextPort++ : at.port, close: () => {} });
  }

  /** A connection that is there at once and takes everything. */
  connectStream(to: StreamTarget, on: StreamHandler): StreamConnection {
    queueMicrotask(() => on.connected());
    return {
      localIp: to.localIp,
      localPort: this.#nextPort++,
      remoteIp: to.ip,
      remotePort: to.port,
      unsentBytes: 0,
      write: (text) => {
        this.#keep(to.transport, text, to.ip, to.port);
        return true;
      },
      end: () => on.closed(undefined),
      destroy: () => on.closed(undefined),
    };
  }

  interfaces(): readonly NetworkInterface[] {
    return [
      { name: "lo", ip: "127.0.0.1", family: 4 },
      { name: "lo", ip: "::1", family: 6 },
    ];
  }

  lookup(): Promise<readonly string[]> {
    return Promise.resolve(["127.0.0.1"]);
  }

  /** Lets a datagram arrive. @throws DialoomError when the app has no such UDP socket */
  arrive(text: string, injection: Injection | undefined): void {
    const [first] = this.#sockets.values();
    const handler = injection?.listener === undefined ? first : this.#sockets.get(injection.listener);
    if (handler === undefined) {
      const known = [...this.#sockets.keys()].join(", ") || "none";
      throw new DialoomError(ErrorCodes.BadArgument, `inject() needs a UDP socket to arrive on; this app has: ${known}`);
    }
    handler.datagram(text, injection?.ip ?? "127.0.0.1", injection?.port ?? 5060);
  }

  /** What has left since the last call. */
  take(): InjectResult {
    const sent = this.#sent;
    this.#sent = [];
    const isResponse = (one: SentMessage): boolean => one.startLine.startsWith("SIP/2.0 ");
    return { sent, requests: sent.filter((one) => !isResponse(one)), responses: sent.filter(isResponse) };
  }

  #keep(transport: string, text: string, ip: string, port: number): void {
    const end = text.indexOf("\r\n");
    this.#sent.push({ transport, ip, port, text, startLine: end < 0 ? text : text.slice(0, end) });
  }
}

/** The network of an app: the machine's once it listens, the one without wires when messages are injected. */
export class SwitchableNetwork implements Network {
  target: Network;

  constructor(target: Network) {
    this.target = target;
  }

  bindDatagram(at: DatagramBinding, on: DatagramHandler): Promise<DatagramSocket> {
    return this.target.bindDatagram(at, on);
  }
  listenStream(at: StreamBinding, on: AcceptHandler): Promise<StreamServer> {
    return this.target.listenStream(at, on);
  }
  connectStream(to: StreamTarget, on: StreamHandler): StreamConnection {
    return this.target.connectStream(to, on);
  }
  interfaces(): readonly NetworkInterface[] {
    return this.target.interfaces();
  }
  lookup(name: string): Promise<readonly string[]> {
    return this.target.lookup(name);
  }
  routeTo(ip: string): string | undefined {
    return this.target.routeTo?.(ip);
  }
}
