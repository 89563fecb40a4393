// A process that can be killed, in virtual time: what it has handed to the network before is under way, what it would do after its death
// does not happen, and nobody hears from it again.
import type { Alarm, Defer, Ms } from "../../kit/index.ts";
import type {
  AcceptHandler,
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
import type { TestAlarm, TestClock } from "../clock.ts";

/** One life of a process: its network, its end of the turn, its alarm. */
export class Life implements Network, Alarm {
  readonly #network: Network;
  readonly #clock: TestClock;
  readonly #sockets: DatagramSocket[] = [];
  readonly #servers: StreamServer[] = [];
  readonly #alarm: TestAlarm;
  #isAlive = true;
  /** Datagrams that were handled, and alarms that made something leave. */
  steps = 0;
  /** Told when a step is done, before the turn ends. */
  onHandled: (step: number) => void = () => {};

  constructor(network: Network, clock: TestClock) {
    this.#network = network;
    this.#clock = clock;
    this.#alarm = clock.newAlarm();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** `kill -9`. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#alarm.wakes(() => {});
    this.#alarm.set(Number.POSITIVE_INFINITY);
    for (const socket of this.#sockets) socket.close();
    for (const server of this.#servers) server.close();
  }

  readonly defer: Defer = (run) =>
    this.#clock.defer(() => {
      if (this.#isAlive) run();
    });

  set(at: Ms): void {
    if (this.#isAlive) this.#alarm.set(at);
  }

  /**
   * Connects the alarm with what it wakes.
   * @param pending - how much waits for the end of the turn: an alarm that adds to it is a step
   */
  wakes(run: () => void, pending: () => number): void {
    this.#alarm.wakes(() => {
      const before = pending();
      run();
      if (pending() > before) this.onHandled(++this.steps);
    });
  }

  interfaces(): readonly NetworkInterface[] {
    return this.#network.interfaces();
  }

  async bindDatagram(at: DatagramBinding, handler: DatagramHandler): Promise<DatagramSocket> {
    const socket = await this.#network.bindDatagram(at, {
      datagram: (text, ip, port) => {
        if (!this.#isAlive) return;
        handler.datagram(text, ip, port);
        this.onHandled(++this.steps);
      },
      sendFailed: (code, ip, port) => {
        if (this.#isAlive) handler.sendFailed(code, ip, port);
      },
      failed: (code) => {
        if (this.#isAlive) handler.failed(code);
      },
    });
    this.#sockets.push(socket);
    return new MortalSocket(socket, () => this.#isAlive);
  }

  async listenStream(at: StreamBinding, accept: AcceptHandler): Promise<StreamServer> {
    const server = await this.#network.listenStream(at, accept);
    this.#servers.push(server);
    return server;
  }

  lookup(name: string): Promise<readonly string[]> {
    return this.#network.lookup(name);
  }

  connectStream(to: StreamTarget, handler: StreamHandler): StreamConnection {
    return this.#network.connectStream(to, handler);
  }
}

class MortalSocket implements DatagramSocket {
  readonly #socket: DatagramSocket;
  readonly #isAlive: () => boolean;

  constructor(socket: DatagramSocket, isAlive: () => boolean) {
    this.#socket = socket;
    this.#isAlive = isAlive;
  }

  get ip(): string {
    return this.#socket.ip;
  }

  get port(): number {
    return this.#socket.port;
  }

  get queuedBytes(): number {
    return this.#socket.queuedBytes;
  }

  get receiveBuffer(): number {
    return this.#socket.receiveBuffer;
  }

  send(text: string, ip: string, port: number, failed: DatagramFailure | undefined, ttl: number): void {
    if (this.#isAlive()) this.#socket.send(text, ip, port, failed, ttl);
  }

  close(): void {
    this.#socket.close();
  }
}
