// Every stream connection of the engine, found by id and by peer (T-19), counted and bounded (S-06).
import { type Counter, type Log, type Outbox, type Outgoing, type Statistics, Timer, type TimerOwner, type Timers } from "../kit/index.ts";
import { canonicalIp } from "./address.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { Network, StreamConnection, StreamHandler } from "./ports.ts";
import type { TransportSettings } from "./settings.ts";
import type { Destination, Listener, SendObserver, SendResult, TransportName } from "./types.ts";

/** What the table hands upwards. */
export interface StreamReceiver {
  /**
   * A whole message, or the head of one that breaks the stream.
   * @returns nothing; the connection is closed by `closeAfterSending` when the message asks for it
   */
  received(text: string, connection: Connection, broken: "no" | "framing" | "size"): void;
}

/** What the table needs. */
export interface ConnectionTableDeps {
  readonly network: Network;
  readonly timers: Timers;
  readonly outbox: Outbox;
  readonly statistics: Statistics;
  readonly settings: TransportSettings;
  readonly log: Log;
  readonly receiver: StreamReceiver;
}

/**
 * Messages that all streams together may hand up before everything else gets a turn: the system lets one readiness event
 * bring megabytes, which would hold up the loop for longer than 20 ms.
 */
const MESSAGES_PER_TURN = 64;
/** Long enough that the timers come back only after the loop has looked at everything else. */
const TURN_MS = 1;

/** All connections. */
export class ConnectionTable implements ConnectionOwner, TimerOwner {
  readonly settings: TransportSettings;
  readonly timers: Timers;
  readonly #network: Network;
  readonly #outbox: Outbox;
  readonly #log: Log;
  readonly #receiver: StreamReceiver;
  readonly #byId = new Map<number, Connection>();
  readonly #byPeer = new Map<string, Connection>();
  readonly #perIp = new Map<string, number>();
  readonly #rejected: Counter;
  readonly #sendErrors: Counter;
  #lastId = 0;
  #inbound = 0;
  #isClosing = false;
  #isFull = false;
  #onEmpty: (() => void) | undefined = undefined;
  #handled = 0;
  #yielding: Connection[] = [];
  readonly #turn = new Timer(this, 0);

  constructor(deps: ConnectionTableDeps) {
    this.settings = deps.settings;
    this.timers = deps.timers;
    this.#network = deps.network;
    this.#outbox = deps.outbox;
    this.#log = deps.log;
    this.#receiver = deps.receiver;
    const { statistics } = deps;
    statistics.gauge("net", "waiting_tcp", () => this.#waitingOf("tcp"));
    statistics.gauge("net", "waiting_tls", () => this.#waitingOf("tls"));
    statistics.gauge("net", "tcp_connections", () => this.#byId.size);
    this.#rejected = statistics.counter("net", "tcp_rejected");
    this.#sendErrors = statistics.counter("net", "stream_send_errors");
  }

  /** How many there are, both ways. */
  get count(): number {
    return this.#byId.size;
  }

  /** Every connection, oldest first. */
  list(): Iterable<Connection> {
    return this.#byId.values();
  }

  /** @returns false when there is no such connection any more */
  keepOpen(id: number, idleMs: number): boolean {
    const connection = this.#byId.get(id);
    connection?.keepOpen(idleMs);
    return connection !== undefined;
  }

  /** Takes in a connection that a peer opened, unless a bound says no. */
  accept(listener: Listener, stream: StreamConnection): StreamHandler | undefined {
    const ip = canonicalIp(stream.remoteIp) ?? stream.remoteIp;
    const ofIp = this.#perIp.get(ip) ?? 0;
    if (this.#isClosing || this.#inbound >= this.settings.tcpMaxConnections || ofIp >= this.settings.tcpMaxConnectionsPerIp) {
      this.#rejected.add();
      if (!this.#isFull && !this.#isClosing) {
        this.#isFull = true;
        this.#log.warn({ ip, connections: this.#inbound, ofThisAddress: ofIp }, "connections are refused: too many are open");
      }
      return undefined;
    }
    this.#perIp.set(ip, ofIp + 1);
    this.#inbound++;
    const connection = new Connection(this, ++this.#lastId, listener, ip, stream.remotePort, true);
    this.#enter(connection);
    connection.attach(stream);
    return connection;
  }

  /** The usable connection for a destination: the flow asked for, else any to that peer. */
  find(to: Destination): Connection | undefined {
    if (to.flow !== 0) {
      const own = this.#byId.get(to.flow);
      if (own?.isUsable === true) return own;
    }
    const peer = this.#byPeer.get(peerKey(to.transport, to.ip, to.port));
    return peer?.isUsable === true ? peer : undefined;
  }

  /** Opens a connection; undefined when the bound of those we opened is reached or we are closing. */
  open(to: Destination): Connection | undefined {
    const { tcpMaxConnections, tcpConnectTimeoutMs, tcpKeepalive } = this.settings;
    if (this.#isClosing || this.#byId.size - this.#inbound >= tcpMaxConnections) {
      this.#rejected.add();
      return undefined;
    }
    const connection = new Connection(this, ++this.#lastId, to.listener, to.ip, to.port, false);
    this.#enter(connection);
    connection.attach(
      this.#network.connectStream(
        {
          transport: to.transport,
          ip: to.ip,
          port: to.port,
          localIp: to.listener.ip,
          host: to.host,
          timeoutMs: tcpConnectTimeoutMs,
          keepalive: tcpKeepalive,
        },
        connection,
      ),
    );
    return connection;
  }

  /**
   * Queues a message for the end of the turn, on the connection there is or a new one.
   * WebSocket peers cannot be called back (T-20): without a connection there is none.
   */
  send(text: string, to: Destination, observer: SendObserver | undefined): SendResult {
    const connection = this.#reach(to);
    if (connection === undefined) return "noConnection";
    this.#outbox.push(new StreamMessage(this, connection, text, to, observer));
    return connection.isWaiting ? "queued" : "sent";
  }

  /** The end of the turn: the connection may have gone since `send`, then its successor takes the message (T-11). */
  leave(message: StreamMessage): void {
    const connection = message.connection.isUsable ? message.connection : this.#reach(message.to);
    if (connection !== undefined) {
      connection.write(message.text, message.observer);
      return;
    }
    this.sendFailed();
    message.observer?.sendFailed("closed");
  }

  /** Makes a connection reachable under the Via port of its peer too (T-19). Another live connection is not displaced. */
  alias(connection: Connection, port: number): void {
    const key = peerKey(connection.transport, connection.remoteIp, port);
    if (this.#byPeer.get(key)?.isUsable === true) return;
    if (connection.aliasPort !== 0) this.#forget(peerKey(connection.transport, connection.remoteIp, connection.aliasPort), connection);
    connection.aliasPort = port;
    this.#byPeer.set(key, connection);
  }

  /** Ends every connection after what this turn sends; nothing is accepted or opened any more. */
  close(): Promise<void> {
    this.#isClosing = true;
    for (const connection of this.#byId.values()) connection.closeAfterSending();
    if (this.#byId.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  received(text: string, connection: Connection, broken: "no" | "framing" | "size"): void {
    this.#receiver.received(text, connection, broken);
  }

  mustYield(connection: Connection): boolean {
    if (++this.#handled < MESSAGES_PER_TURN) return false;
    this.#yielding.push(connection);
    if (!this.#turn.isArmed) this.timers.arm(this.#turn, TURN_MS);
    return true;
  }

  /** The loop had its turn: those that yielded go on in their order, as far as this turn's messages reach. */
  onTimer(): void {
    this.#handled = 0;
    const waiting = this.#yielding;
    this.#yielding = [];
    let next = 0;
    while (next < waiting.length && this.#handled < MESSAGES_PER_TURN) waiting[next++]?.proceed();
    if (next < waiting.length) this.#yielding = waiting.slice(next).concat(this.#yielding);
    if (this.#yielding.length > 0) this.timers.arm(this.#turn, TURN_MS);
  }

  atEndOfTurn(item: Outgoing): void {
    this.#outbox.push(item);
  }

  sendFailed(): void {
    this.#sendErrors.add();
  }

  gone(connection: Connection, why: string): void {
    const { id, transport, remoteIp, remotePort, aliasPort, isInbound } = connection;
    if (!this.#byId.delete(id)) return;
    this.#forget(peerKey(transport, remoteIp, remotePort), connection);
    if (aliasPort !== 0) this.#forget(peerKey(transport, remoteIp, aliasPort), connection);
    if (isInbound) {
      this.#inbound--;
      this.#isFull = false;
      const ofIp = (this.#perIp.get(remoteIp) ?? 1) - 1;
      if (ofIp > 0) this.#perIp.set(remoteIp, ofIp);
      else this.#perIp.delete(remoteIp);
    }
    this.#log.debug({ flow: id, ip: remoteIp, port: remotePort, why }, "connection closed");
    if (this.#byId.size === 0) this.#onEmpty?.();
  }

  #reach(to: Destination): Connection | undefined {
    const connection = this.find(to);
    if (connection !== undefined || to.reuseOnly === true || to.transport === "ws" || to.transport === "wss") return connection;
    return this.open(to);
  }

  #enter(connection: Connection): void {
    this.#byId.set(connection.id, connection);
    const key = peerKey(connection.transport, connection.remoteIp, connection.remotePort);
    if (this.#byPeer.get(key)?.isUsable !== true) this.#byPeer.set(key, connection);
  }

  #forget(key: string, connection: Connection): void {
    if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
  }

  #waitingOf(transport: TransportName): number {
    let waiting = 0;
    for (const connection of this.#byId.values()) if (connection.transport === transport) waiting += connection.waitingMessages;
    return waiting;
  }
}

/** One message on its way to a connection. */
class StreamMessage implements Outgoing {
  readonly #table: ConnectionTable;
  readonly connection: Connection;
  readonly text: string;
  readonly to: Destination;
  readonly observer: SendObserver | undefined;

  constructor(table: ConnectionTable, connection: Connection, text: string, to: Destination, observer: SendObserver | undefined) {
    this.#table = table;
    this.connection = connection;
    this.text = text;
    this.to = to;
    this.observer = observer;
  }

  leave(): void {
    this.#table.leave(this);
  }
}

function peerKey(transport: TransportName, ip: string, port: number): string {
  return `${transport} ${ip} ${port}`;
}
