// The TypeScript door: routes, hooks and events of one proxy. Routes say what is theirs; Max-Forwards, Record-Route, in-dialog
// requests, ACK and CANCEL are handled here in the order of the reference request script (proxy-core 3.14).
import type { Accounting } from "../accounting/index.ts";
import type { CallerAuth, PartyReplacer } from "../auth/index.ts";
import type { Dialog, DialogTracker } from "../dialog/index.ts";
import {
  type Counter,
  DialoomError,
  ErrorCodes,
  isPromiseLike,
  type Log,
  type Ms,
  type Slices,
  type Statistics,
  type Timers,
} from "../kit/index.ts";
import type { Registrar } from "../location/index.ts";
import type { Profile, Profiles } from "../profile/index.ts";
import type { RequestContext, RequestRouter } from "../proxy/index.ts";
import type { SipUri } from "../sip/index.ts";
import type { TopologyHiding } from "../topology/index.ts";
import { Call } from "./call.ts";
import { RouteDeadline } from "./deadline.ts";
import { type EventListener, heardBy } from "./dialog.ts";
import { Dialogs } from "./dialogs.ts";
import type { EventName } from "./events.ts";
import type { Injection, InjectResult } from "./inject.ts";
import { KnownCalls } from "./known-calls.ts";
import { Location } from "./location.ts";
import { CallRecords } from "./records.ts";
import { Relaying } from "./relaying.ts";
import { IncomingRequest } from "./request.ts";
import { SequentialRequest } from "./sequential.ts";

/** Decides about a call. Synchronous routes cost least; an asynchronous one keeps its call waiting and nothing else. */
export type InviteRoute = (call: Call) => unknown;
/** Decides about a request outside calls: MESSAGE, OPTIONS, REGISTER, … */
export type RequestRoute = (request: IncomingRequest) => unknown;
/** Looks at, changes or refuses a request inside a call. */
export type SequentialHook = (request: SequentialRequest) => unknown;

/** A socket the proxy listens on. */
export interface ListeningAddress {
  readonly transport: string;
  readonly ip: string;
  readonly port: number;
}

/** What the door stands in. Wired in `server/`. */
export interface AppDeps {
  readonly dialogs: DialogTracker;
  readonly topology: TopologyHiding;
  readonly auth: CallerAuth;
  readonly parties: PartyReplacer;
  readonly registrar: Registrar;
  readonly accounting: Accounting;
  readonly profiles: Profiles<Dialog>;
  readonly timers: Timers;
  readonly slices: Slices;
  readonly statistics: Statistics;
  readonly log: Log;
  /** Longest time a route may leave a request undecided. */
  readonly routeTimeoutMs: Ms;
  /** Whether an address is one of ours. */
  isMyself(host: string, port: number, transport?: string): boolean;
  listen(): Promise<readonly ListeningAddress[]>;
  close(): Promise<void>;
  inject(message: string | Uint8Array, injection?: Injection): Promise<InjectResult>;
}

/** One proxy and its routes. */
export class App implements RequestRouter {
  readonly door = "typescript";
  readonly wantsCancel = false;
  /** Live calls. */
  readonly dialogs: Dialogs;
  /** Registrations. */
  readonly location: Location;
  /** Call records. */
  readonly records: CallRecords;
  readonly log: Log;
  /** @internal topology hiding, for doors */
  readonly topology: TopologyHiding;
  /** @internal credentials towards others */
  readonly auth: CallerAuth;
  /** @internal From and To */
  readonly parties: PartyReplacer;
  readonly #deps: AppDeps;
  readonly #requests = new Map<string, RequestRoute>();
  #invite: InviteRoute | undefined = undefined;
  #otherRequests: RequestRoute | undefined = undefined;
  #sequential: SequentialHook | undefined = undefined;
  /** Routes that have not returned yet. */
  readonly #waiting = new Set<IncomingRequest>();

  constructor(deps: AppDeps) {
    this.#deps = deps;
    this.log = deps.log;
    this.dialogs = new Dialogs(deps.dialogs, deps.slices);
    this.location = new Location(deps.registrar);
    this.records = new CallRecords(deps.accounting);
    this.topology = deps.topology;
    this.auth = deps.auth;
    this.parties = deps.parties;
  }

  /** Sets the route of new calls. */
  invite(route: InviteRoute): this {
    this.#invite = route;
    return this;
  }

  /**
   * Sets the route of other requests outside calls.
   * @param methods - one or several, as on the wire; `"*"` for all that have no route of their own. OPTIONS to our own
   * address without a user asks after the proxy itself and is answered here, unless OPTIONS has a route of its own.
   */
  request(methods: string | readonly string[], route: RequestRoute): this {
    for (const method of typeof methods === "string" ? [methods] : methods) {
      if (method === "INVITE" || method === "ACK" || method === "CANCEL") {
        throw new DialoomError(
          ErrorCodes.BadArgument,
          `request("${method}", …): use invite() for calls; ACK and CANCEL follow their INVITE by themselves`,
        );
      }
      if (method === "*") this.#otherRequests = route;
      else this.#requests.set(method, route);
    }
    return this;
  }

  /** Sets the hook that sees every request inside a call before it goes on. */
  sequential(hook: SequentialHook): this {
    this.#sequential = hook;
    return this;
  }

  /**
   * Listens to what happens to calls. The last listener that was added hears an event first, those of the call itself before.
   * @returns a function that stops it
   */
  on<N extends EventName>(event: N, listener: EventListener<N>): () => void {
    const { dialogs, slices } = this.#deps;
    const heard = heardBy(event, listener);
    dialogs.listeners.add(heard);
    const known = event === "loaded" && dialogs.count > 0 ? new KnownCalls(dialogs, heard, this.log) : undefined;
    if (known !== undefined) slices.add(known);
    return () => {
      known?.stop();
      dialogs.listeners.remove(heard);
    };
  }

  /**
   * A profile by its name.
   * @throws DialoomError `DIALOOM_UNKNOWN_PROFILE` when it is not among the `profiles` of the options
   */
  profile(name: string): Profile<Dialog> {
    const profile = this.#deps.profiles.get(name);
    if (profile !== undefined) return profile;
    const known = this.#deps.profiles.list().map((one) => one.fullName);
    const hint = known.length === 0 ? "none is declared" : `declared are ${known.join(", ")}`;
    throw new DialoomError(ErrorCodes.UnknownProfile, `no profile "${name}": name it in the option "profiles" (${hint})`);
  }

  /**
   * A number that the program counts itself, made when it is first asked for; it stands beside those of the proxy in the management
   * commands. `app.counter("refused").add()`.
   * @param group - what it is listed under
   */
  counter(name: string, group = "dynamic"): Counter {
    return this.#deps.statistics.counter(group, name);
  }

  /**
   * Binds the sockets and serves.
   * @throws DialoomError `DIALOOM_LISTEN_FAILED` naming every socket that could not be bound
   */
  listen(): Promise<readonly ListeningAddress[]> {
    return this.#deps.listen();
  }

  /** Takes no new calls, lets what is under way finish for a short time, and closes. Calls are not ended. */
  close(): Promise<void> {
    return this.#deps.close();
  }

  /** Whether a URI names this proxy: one of its sockets, or an alias. */
  isMyself(uri: SipUri): boolean {
    return uri.isSip && this.#deps.isMyself(uri.host, uri.port, uri.transport);
  }

  /** Runs a message through the routes without a socket. For tests of routes; not while listening. */
  inject(message: string | Uint8Array, injection?: Injection): Promise<InjectResult> {
    return this.#deps.inject(message, injection);
  }

  /** @internal resolves when no route is left that has decided nothing */
  async routesDecided(): Promise<void> {
    await Promise.all([...this.#waiting].filter((request) => !request.isDecided).map((request) => request.run.settled));
  }

  /** @internal every request that is not an ACK */
  route(context: RequestContext): void | Promise<void> {
    const hops = context.decrementMaxForwards();
    if (hops === -1) {
      context.reply(483, "Too Many Hops");
      return undefined;
    }
    if (hops === -2) {
      context.reply(400, "Bad Max-Forwards Header");
      return undefined;
    }
    if (context.hasToTag) return this.#routeSequential(context);
    const method = context.request.method;
    if (method === "CANCEL") {
      context.reply(481, "Call/Transaction Does Not Exist", { isLimited: true });
      return undefined;
    }
    const routed = context.looseRoute();
    // a callee as RFC 2543 had them gives no tag: its call is known by the cookie
    if (this.#deps.dialogs.of(context) !== undefined) return this.#routeSequential(context);
    if (routed === 1) {
      // a Route that is not ours on a request outside any dialog would make an open relay of us (S-12)
      context.reply(403, "Preload Route denied", { isLimited: true });
      return undefined;
    }
    if (method === "INVITE") {
      context.recordRoute();
      if (this.#invite === undefined) {
        context.reply(404, "No Route For Calls");
        return undefined;
      }
      return this.#run("invite", this.#invite, new Call(context, this.#deps));
    }
    const route = this.#requests.get(method) ?? (this.#isForUs(context) ? undefined : this.#otherRequests);
    if (route !== undefined) {
      if (method === "SUBSCRIBE" || method === "REFER") context.recordRoute();
      return this.#run(method, route, new IncomingRequest(context, this.#deps));
    }
    if (this.#isForUs(context)) context.reply(200, "OK", { headers: ALLOW });
    else if (!context.request.uri.isSip) context.reply(416, "Unsupported URI Scheme", { isLimited: true });
    else context.reply(405, "Method Not Allowed", { headers: ALLOW, isLimited: true });
    return undefined;
  }

  /** A question about the proxy, not about somebody behind it (RFC 3261 section 11). */
  #isForUs({ request }: RequestContext): boolean {
    const { uri } = request;
    return request.method === "OPTIONS" && uri.user === undefined && this.isMyself(uri);
  }

  /** @internal ACKs of 2xx, which nobody can answer */
  ack(context: RequestContext): void {
    if (context.decrementMaxForwards() === -1 || !this.#findsItsWay(context)) {
      context.drop();
      return;
    }
    if (this.#deps.dialogs.isForged(context)) {
      context.drop();
      return;
    }
    if (this.#sequential !== undefined) void this.#look(this.#sequential, context);
    this.#goOn(context);
  }

  #routeSequential(context: RequestContext): void | Promise<void> {
    if (!this.#findsItsWay(context)) {
      context.reply(404, "Not here", { isLimited: true });
      return undefined;
    }
    if (this.#deps.dialogs.isForged(context)) {
      // as for a call that does not exist: whoever guesses learns nothing
      context.reply(481, "Call/Transaction Does Not Exist", { isLimited: true });
      return undefined;
    }
    const hook = this.#sequential;
    const run = hook === undefined ? undefined : this.#look(hook, context);
    if (run !== undefined) return run.then(() => this.#goOn(context));
    this.#goOn(context);
    return undefined;
  }

  /** Sends a request inside a call on, unless its hook has decided: to the party it names, wherever it wanted to go. */
  #goOn(context: RequestContext): void {
    if (context.isDecided) return;
    this.#deps.dialogs.straighten(context);
    context.relay();
  }

  #findsItsWay(context: RequestContext): boolean {
    return context.looseRoute() === 1 || this.topology.match(context);
  }

  #look(hook: SequentialHook, context: RequestContext): Promise<void> | undefined {
    const request = new SequentialRequest(context, this.#deps);
    request.dialog = this.dialogs.of(context);
    return this.#run("sequential", hook, request);
  }

  /** Runs a route; what it throws harms its own request and nothing else. */
  #run<R extends IncomingRequest>(name: string, route: (request: R) => unknown, request: R): Promise<void> | undefined {
    let result: unknown;
    try {
      result = route(request);
    } catch (error) {
      this.#failed(name, request, error);
      return undefined;
    }
    // a route that returns relay() without awaiting it has ended
    if (result instanceof Relaying || !isPromiseLike(result)) return undefined;
    const deadline = new RouteDeadline(name, request, this.#deps.timers, this.#deps.routeTimeoutMs, this.log);
    this.#waiting.add(request);
    const end = (): void => {
      deadline.end();
      this.#waiting.delete(request);
      request.run.release();
    };
    const ended = Promise.resolve(result).then(end, (error: unknown) => {
      this.#failed(name, request, error);
      end();
    });
    request.run.ended = ended;
    return ended;
  }

  #failed(route: string, request: IncomingRequest, error: unknown): void {
    this.log.error({ err: error, route, callId: request.callId, method: request.method }, "a route threw");
    const { context } = request;
    if (context.failure !== undefined) return;
    if (!context.isDecided && context.transaction !== undefined) context.reply(500, "Server error occurred");
  }
}

const ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE, MESSAGE\r\n";
