// The transport layer (RFC 3261 §18): messages in from every socket, messages out by the right one.
import {
  type Clock,
  DialoomError,
  ErrorCodes,
  invariant,
  type Log,
  type Outbox,
  type Statistics,
  silentLog,
  type Timers,
} from "../kit/index.ts";
import type { SipRequest, Via } from "../sip/index.ts";
import { defaultPort, familyOf, kindOf } from "./address.ts";
import type { Connection } from "./connection.ts";
import { ConnectionTable } from "./connections.ts";
import { DatagramCounters, DatagramEndpoint } from "./datagrams.ts";
import { type Binding, expandSockets, makeListener } from "./expand.ts";
import { Intake } from "./intake.ts";
import { type Alias, ListenerTable, parseAlias } from "./listeners.ts";
import type { Network, Resolver, StreamServer } from "./ports.ts";
import { ignoredOptions, listenProblem } from "./problems.ts";
import { type ReplyTarget, routeReply } from "./reply.ts";
import { RouteCache } from "./route-cache.ts";
import type { TransportSettings } from "./settings.ts";
import type { SocketSpec } from "./socket-spec.ts";
import type {
  Destination,
  Family,
  Listener,
  MessageReceiver,
  MessageTap,
  RespondOptions,
  SendObserver,
  SendResult,
  Source,
  TransportName,
} from "./types.ts";

const FORCE_RPORT: RespondOptions = Object.freeze({ forceRport: true });

/** What the layer stands on. */
export interface TransportDeps {
  readonly network: Network;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly outbox: Outbox;
  readonly settings: TransportSettings;
  readonly log?: Log;
  /** For responses that go to a name; without one they are unreachable. */
  readonly resolver?: Resolver;
}

/** All sockets of one engine. */
export class TransportLayer {
  readonly #network: Network;
  readonly #settings: TransportSettings;
  readonly #log: Log;
  readonly #outbox: Outbox;
  readonly #resolver: Resolver | undefined;
  readonly #connections: ConnectionTable;
  readonly #routes: RouteCache;
  readonly #intake: Intake;
  readonly #refusedIps = new Set<string>(["0.0.0.0", "255.255.255.255", "::"]);
  readonly #endpoints: (DatagramEndpoint | undefined)[] = [];
  readonly #servers: StreamServer[] = [];
  readonly #datagramCounters: DatagramCounters;
  #table = new ListenerTable([], [], []);
  #transports: ReadonlySet<TransportName> = new Set();
  #families: ReadonlySet<Family> = new Set();
  #isOpen = false;

  constructor(deps: TransportDeps) {
    this.#network = deps.network;
    this.#settings = deps.settings;
    this.#log = deps.log ?? silentLog;
    this.#outbox = deps.outbox;
    this.#resolver = deps.resolver;
    const { statistics } = deps;
    this.#datagramCounters = new DatagramCounters(statistics, () => this.#queuedBytes());
    this.#connections = new ConnectionTable({
      network: deps.network,
      timers: deps.timers,
      outbox: deps.outbox,
      statistics,
      settings: deps.settings,
      log: this.#log,
      receiver: this,
    });
    this.#routes = new RouteCache(deps.network, deps.clock);
    this.#intake = new Intake(statistics, deps.settings, this.#log);
  }

  /** The layer above; set once, before `listen`. */
  get receiver(): MessageReceiver | undefined {
    return this.#intake.receiver;
  }

  set receiver(receiver: MessageReceiver) {
    this.#intake.receiver = receiver;
  }

  /** Looks on as messages pass; none at first. */
  get tap(): MessageTap | undefined {
    return this.#intake.tap;
  }

  set tap(tap: MessageTap | undefined) {
    this.#intake.tap = tap;
  }

  /** The sockets we listen on, in the order of the configuration; empty before `listen`. */
  get listeners(): readonly Listener[] {
    return this.#table.all;
  }

  /** Transports of our sockets: what RFC 3263 may choose from. */
  get transports(): ReadonlySet<TransportName> {
    return this.#transports;
  }

  /** Address families of our sockets. */
  get families(): ReadonlySet<Family> {
    return this.#families;
  }

  /** Open stream connections, both ways (MI `list_tcp_conns`). */
  connections(): Iterable<Connection> {
    return this.#connections.list();
  }

  /**
   * Lets a connection be idle for longer than usual: whoever registered by it is to be reached by it.
   * @param flow - its id
   * @returns false when it is gone
   */
  keepOpen(flow: number, idleMs: number): boolean {
    return this.#connections.keepOpen(flow, idleMs);
  }

  /**
   * Opens every socket, or none.
   * @throws (rejects) DialoomError `DIALOOM_LISTEN_FAILED` that lists every problem
   */
  async listen(sockets: readonly SocketSpec[]): Promise<void> {
    if (this.#isOpen) throw new DialoomError(ErrorCodes.AlreadyListening, "this transport is listening already");
    const problems: string[] = [];
    const aliases = this.#aliases(problems);
    const expansion = await expandSockets(sockets, this.#network);
    problems.push(...expansion.problems);
    for (const one of this.#network.interfaces()) if (one.broadcast !== undefined) this.#refusedIps.add(one.broadcast);
    for (const spec of sockets) for (const text of ignoredOptions(spec)) this.#log.warn({ socket: spec.text }, text);
    const listeners: Listener[] = [];
    const names: string[] = [];
    for (const binding of expansion.bindings) {
      try {
        const listener = await this.#bind(listeners.length, binding);
        listeners.push(listener);
        names.push(binding.spec.host);
      } catch (error) {
        problems.push(listenProblem(binding, error));
      }
    }
    if (listeners.length === 0 && problems.length === 0)
      problems.push("no socket is configured: name one with --listen, DIALOOM_LISTEN or the `listen` option");
    if (problems.length > 0) {
      this.#closeSockets();
      throw new DialoomError(ErrorCodes.ListenFailed, problems.join("\n"), { problems });
    }
    this.#table = new ListenerTable(listeners, names, aliases);
    this.#transports = new Set(listeners.map((listener) => listener.transport));
    this.#families = new Set(listeners.map((listener) => listener.family));
    this.#isOpen = true;
    for (const listener of listeners) this.#log.info({ socket: listener.name, advertised: listener.sentBy }, "listening");
  }

  /**
   * Lets leave what this turn has queued, says goodbye on every connection, and closes the sockets.
   * @returns when the last connection is gone, at the latest a second later
   */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    for (const server of this.#servers) server.close();
    this.#servers.length = 0;
    const connections = this.#connections.close();
    await new Promise<void>((resolve) => {
      this.#outbox.push({
        leave: () => {
          this.#isOpen = false;
          this.#closeSockets();
          resolve();
        },
      });
    });
    await connections;
  }

  /**
   * Sends a message at the end of this turn.
   * @param observer - told when it could not be sent after all; not called when the result says so already
   */
  send(text: string, to: Destination, observer?: SendObserver): SendResult {
    const result = this.#send(text, to, observer);
    this.#intake.tap?.sent(text, to, result);
    return result;
  }

  #send(text: string, to: Destination, observer: SendObserver | undefined): SendResult {
    if (to.transport === "udp") {
      const endpoint = this.#endpoints[to.listener.index];
      if (endpoint === undefined) return "unreachable";
      return endpoint.send(text, to.ip, to.port, observer, to.ttl ?? 0);
    }
    const kind = kindOf(to.ip);
    if (kind === undefined || kind === "unspecified" || kind === "broadcast" || kind === "multicast") return "unreachable";
    if (!(to.port >= 1 && to.port <= 65_535) || familyOf(to.ip) !== to.listener.family || !this.#isOpen) return "unreachable";
    return this.#connections.send(text, to, observer);
  }

  /**
   * Sends a response the way its request came (T-10 to T-14).
   * @returns `queued` when a name must be looked up first
   */
  respond(text: string, request: SipRequest, source: Source, options?: RespondOptions): SendResult {
    return this.respondBy(text, request.topVia, source, options);
  }

  /** As `respond`, for a request of which only the top Via could be read (M-31). */
  respondBy(text: string, via: Via, source: Source, options?: RespondOptions): SendResult {
    return this.respondTo(text, routeReply(via, source, this.#settings, options), options?.observer);
  }

  /**
   * What is needed to answer a request after its text is gone (T-10 to T-14).
   * @param forceRport - as if the top Via had an `rport` parameter
   */
  replyTarget(request: SipRequest, source: Source, forceRport = false): ReplyTarget {
    return routeReply(request.topVia, source, this.#settings, forceRport ? FORCE_RPORT : undefined);
  }

  /** The second half of `respond`. */
  respondTo(text: string, target: ReplyTarget, observer?: SendObserver): SendResult {
    if (target.name === "") return target.isNowhere ? "unreachable" : this.send(text, target, observer);
    if (this.#resolver === undefined) return "unreachable";
    const known = this.#resolver.resolveHost({ host: target.name, port: target.port, transport: target.transport }, (targets) => {
      if (this.#sendToFirst(text, targets, target.listener, observer) !== "sent") observer?.sendFailed("unreachable");
    });
    return known === undefined ? "queued" : this.#sendToFirst(text, known, target.listener, observer);
  }

  /** Whether host and port are ours: a socket, its advertised address or an alias (T-31). `transport` only counts when given. */
  isMyself(host: string, port: number, transport?: string): boolean {
    return this.#table.isMyself(host, port, transport);
  }

  /** Whether a reply's top Via is one that we could have written. */
  isOurVia(via: Via): boolean {
    return this.#table.isOurVia(via);
  }

  /** The socket at a host and port, real or advertised. @param port - 0 for the default of the transport */
  listenerFor(host: string, port: number, transport?: string): Listener | undefined {
    return this.#table.find(host, port, transport);
  }

  /** The socket that a request to `ip` leaves by (T-16); undefined when none fits ("no socket"). */
  pickListener(transport: TransportName, ip: string, receiving: Listener | undefined, forced: Listener | undefined): Listener | undefined {
    const routeIp = this.#settings.mhomed && forced === undefined ? this.#routes.localIpFor(ip) : undefined;
    return this.#table.pick(transport, ip, receiving, forced, routeIp);
  }

  /** Whether a request of this length should go by TCP when nobody chose its transport (T-18). */
  exceedsMtu(length: number): boolean {
    return this.#settings.udpMtu > 0 && length > this.#settings.udpMtu;
  }

  /** Makes the connection a request came in on reachable under its Via port, as `force_tcp_alias()` does (T-19). */
  aliasConnection(source: Source, via: Via): boolean {
    for (const connection of this.#connections.list()) {
      if (connection.id !== source.flow) continue;
      this.#connections.alias(connection, aliasPort(via, connection.transport));
      return true;
    }
    return false;
  }

  /** @internal A message of a stream, or what broke the stream. */
  received(text: string, connection: Connection, broken: "no" | "framing" | "size"): void {
    const message = this.#intake.stream(text, connection, broken);
    if (!this.#settings.tcpAcceptAliases || message === undefined || !message.isRequest) return;
    if (message.topVia.param("alias") !== undefined) this.#connections.alias(connection, aliasPort(message.topVia, connection.transport));
  }

  #sendToFirst(
    text: string,
    targets: readonly { readonly ip: string; readonly port: number }[],
    listener: Listener,
    observer: SendObserver | undefined,
  ): SendResult {
    for (const { ip, port } of targets) {
      if (familyOf(ip) !== listener.family) continue;
      return this.send(text, { transport: listener.transport, ip, port, listener, flow: 0 }, observer);
    }
    return "unreachable";
  }

  #aliases(problems: string[]): readonly Alias[] {
    const aliases: Alias[] = [];
    for (const text of this.#settings.aliases) {
      const alias = parseAlias(text);
      if (alias.ok) aliases.push(alias.value);
      else problems.push(alias.fault);
    }
    return aliases;
  }

  async #bind(index: number, binding: Binding): Promise<Listener> {
    const { spec, ip } = binding;
    const at = { ip, port: spec.port };
    if (spec.transport === "udp") {
      const endpoint = new DatagramEndpoint({
        outbox: this.#outbox,
        log: this.#log,
        counters: this.#datagramCounters,
        refusedIps: this.#refusedIps,
        isOpen: () => this.#isOpen,
        intake: this.#intake,
      });
      const socket = await this.#network.bindDatagram({ ...at, receiveBuffer: this.#settings.udpReceiveBuffer }, endpoint);
      const listener = makeListener(index, binding, socket.port, this.#settings);
      endpoint.attach(listener, socket);
      this.#endpoints[index] = endpoint;
      this.#warnOfSmallBuffer(listener, socket.receiveBuffer);
      return listener;
    }
    let listener: Listener | undefined;
    const { tcpSocketBacklog, tcpKeepalive } = this.#settings;
    const server = await this.#network.listenStream(
      { ...at, transport: spec.transport, backlog: tcpSocketBacklog, keepalive: tcpKeepalive },
      {
        accepted: (stream) => (listener === undefined || !this.#isOpen ? undefined : this.#connections.accept(listener, stream)),
        failed: (code) => this.#log.error({ socket: listener?.name, code }, "listening socket failed"),
      },
    );
    this.#servers.push(server);
    listener = makeListener(index, binding, server.port, this.#settings);
    invariant(listener.isReliable, "a stream socket has a stream's transport");
    return listener;
  }

  #warnOfSmallBuffer(listener: Listener, given: number): void {
    const asked = this.#settings.udpReceiveBuffer;
    if (given === 0 || given >= asked) return;
    const text = "the system gives less UDP receive buffer than asked for: raise net.core.rmem_max or bursts are lost";
    this.#log.warn({ socket: listener.name, asked, given }, text);
  }

  #closeSockets(): void {
    for (const endpoint of this.#endpoints) endpoint?.close();
    for (const server of this.#servers) server.close();
    this.#servers.length = 0;
  }

  #queuedBytes(): number {
    let bytes = 0;
    for (const endpoint of this.#endpoints) bytes += endpoint?.queuedBytes ?? 0;
    return bytes;
  }
}

/** The port that a peer asks to be reached at over its own connection. */
function aliasPort(via: Via, transport: TransportName): number {
  return via.port === 0 ? defaultPort(transport) : via.port;
}
