// One engine in virtual time and parties that speak raw text to it: for tests that look at what stands on the wire.
import { invariant } from "../kit/index.ts";
import type { DialoomOptions, Engine } from "../server/index.ts";
import { parseMessage, SipRequest, SipResponse } from "../sip/index.ts";
import type { DatagramHandler, DatagramSocket } from "../transport/index.ts";
import { TestClock } from "./clock.ts";
import type { MemoryNetwork } from "./network/memory.ts";
import { virtualEngine } from "./virtual-engine.ts";

/** The proxy's address; it listens on UDP 5060 and 5070 unless the options say otherwise. */
export const STAGE_PROXY = "10.0.0.1";

/** One address that sends and receives datagrams. */
export class StageParty implements DatagramHandler {
  readonly ip: string;
  readonly port: number;
  /** What has come and was not taken, oldest first. */
  readonly inbox: string[] = [];
  readonly #stage: Stage;
  #socket: DatagramSocket | undefined = undefined;

  constructor(stage: Stage, ip: string, port: number) {
    this.#stage = stage;
    this.ip = ip;
    this.port = port;
  }

  /** @internal */
  use(socket: DatagramSocket): this {
    this.#socket = socket;
    return this;
  }

  /** Sends and lets everything that follows at once happen. @param port - of the proxy */
  send(text: string, port = 5060): void {
    this.#socket?.send(text, STAGE_PROXY, port, undefined, 0);
    this.#stage.clock.advance(5);
  }

  /** Takes the oldest message that is a request. */
  request(method?: string): SipRequest {
    const message = this.#take();
    invariant(message instanceof SipRequest, `${this.ip} got a request, not ${message.text.slice(0, 60)}`);
    invariant(method === undefined || message.method === method, `${this.ip} got ${message.method}, not ${method ?? ""}`);
    return message;
  }

  /** Takes the oldest message that is a response. */
  response(status?: number): SipResponse {
    const message = this.#take();
    invariant(message instanceof SipResponse, `${this.ip} got a response, not ${message.text.slice(0, 60)}`);
    invariant(status === undefined || message.status === status, `${this.ip} got ${message.status}, not ${status ?? ""}`);
    return message;
  }

  #take(): SipRequest | SipResponse {
    const text = this.inbox.shift();
    invariant(text !== undefined, `${this.ip}:${this.port} got something`);
    const parsed = parseMessage(text);
    invariant(parsed.ok, `${this.ip} got a message that reads`);
    return parsed.value;
  }

  /** @internal */
  datagram(text: string): void {
    this.inbox.push(text);
  }

  /** @internal */
  sendFailed(): void {}

  /** @internal */
  failed(): void {}
}

/** An engine without sockets of the machine. */
export class Stage {
  readonly clock: TestClock = new TestClock();
  readonly network: MemoryNetwork;
  readonly engine: Engine;

  constructor(options: DialoomOptions = {}, seed = 1) {
    const listen = [`udp:${STAGE_PROXY}:5060`, `udp:${STAGE_PROXY}:5070`];
    const { engine, network } = virtualEngine(this.clock, STAGE_PROXY, { listen, ...options }, seed);
    this.engine = engine;
    this.network = network;
  }

  /** Binds the proxy's sockets. */
  async open(): Promise<this> {
    await this.engine.start();
    return this;
  }

  /** Someone at an address. */
  async party(ip: string, port = 5060): Promise<StageParty> {
    const party = new StageParty(this, ip, port);
    const socket = await this.network.bindDatagram({ ip, port, receiveBuffer: 1 << 20 }, party);
    return party.use(socket);
  }
}
