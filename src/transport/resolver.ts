// RFC 3263: where a request or a response goes. A resolution is a plan that is walked through from the start with what is
// known so far; what it misses is asked, and the walk begins anew when the answers are there.
import { type Clock, type Random, type Statistics, Timer, type TimerOwner, type Timers } from "../kit/index.ts";
import { canonicalIp, defaultPort, familyOf, kindOf, transportOf } from "./address.ts";
import { DnsCache } from "./dns-cache.ts";
import { orderNaptr, orderSrv, type Service, serviceName, usualServices } from "./dns-order.ts";
import { HostsFile } from "./hosts-file.ts";
import type {
  DnsAnswer,
  DnsClient,
  DnsType,
  HostRequest,
  ResolveDone,
  ResolvedTarget,
  ResolveRequest,
  Resolver,
  SrvRecord,
} from "./ports.ts";
import type { DnsSettings } from "./settings.ts";
import type { Family, TransportName } from "./types.ts";

/** What a resolver stands on. */
export interface DnsResolverDeps {
  readonly dns: DnsClient;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly statistics: Statistics;
  readonly random: Random;
  readonly settings: DnsSettings;
  /** Transports we can send by. */
  readonly transports: () => ReadonlySet<TransportName>;
  /** Families we have sockets of; all when left out. */
  readonly families?: () => ReadonlySet<Family>;
  /** Text of the hosts file. */
  readonly hosts?: string;
}

const NOTHING: readonly ResolvedTarget[] = Object.freeze([]);
const FAILED: DnsAnswer = Object.freeze({ kind: "failed", why: "timeout" });

/** The resolver of an engine. */
export class DnsResolver implements Resolver {
  readonly #cache: DnsCache;
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #settings: DnsSettings;
  readonly #transports: () => ReadonlySet<TransportName>;
  readonly #families: (() => ReadonlySet<Family>) | undefined;

  constructor(deps: DnsResolverDeps) {
    this.#cache = new DnsCache(deps.dns, deps.clock, deps.statistics, deps.settings, new HostsFile(deps.hosts ?? ""));
    this.#timers = deps.timers;
    this.#random = deps.random;
    this.#settings = deps.settings;
    this.#transports = deps.transports;
    this.#families = deps.families;
  }

  resolve(request: ResolveRequest, done: ResolveDone): readonly ResolvedTarget[] | undefined {
    const { uri } = request;
    if (!uri.isSip) return NOTHING;
    const isSecure = uri.scheme === "sips";
    const given = uri.transport;
    let transport = given === undefined ? request.transport : transportOf(given);
    if (given !== undefined && transport === undefined) return NOTHING; // sctp and the like: nobody here speaks it
    // sips over a plain transport means its secure sister (T-15, RFC 3261 §26.2.2).
    if (isSecure && (transport === "tcp" || transport === "udp")) transport = "tls";
    if (isSecure && transport === "ws") transport = "wss";
    const host = uri.param("maddr") ?? uri.host;
    const ip = canonicalIp(host);
    if (ip !== undefined) return literal(ip, uri.port, transport ?? (isSecure ? "tls" : "udp"));
    return this.#start({ host, port: uri.port, transport, isSecure, usesNaptr: this.#settings.tryNaptr }, done);
  }

  resolveHost(request: HostRequest, done: ResolveDone): readonly ResolvedTarget[] | undefined {
    const ip = canonicalIp(request.host);
    if (ip !== undefined) return literal(ip, request.port, request.transport);
    return this.#start({ ...request, isSecure: false, usesNaptr: false }, done);
  }

  #start(plan: Plan, done: ResolveDone): readonly ResolvedTarget[] | undefined {
    // Names that exist only inside one connection are never asked for (T-20).
    if (plan.host === "" || plan.host.toLowerCase().endsWith(".invalid")) return NOTHING;
    const tools: Tools = {
      cache: this.#cache,
      timers: this.#timers,
      random: this.#random,
      settings: this.#settings,
      transports: this.#transports(),
      families: this.#families?.(),
    };
    return new Resolution(plan, tools, done).start();
  }
}

/** What is looked for. */
interface Plan {
  readonly host: string;
  /** 0 when absent. */
  readonly port: number;
  readonly transport: TransportName | undefined;
  readonly isSecure: boolean;
  readonly usesNaptr: boolean;
}

interface Tools {
  readonly cache: DnsCache;
  readonly timers: Timers;
  readonly random: Random;
  readonly settings: DnsSettings;
  readonly transports: ReadonlySet<TransportName>;
  readonly families: ReadonlySet<Family> | undefined;
}

/** One name on its way to addresses. */
class Resolution implements TimerOwner {
  readonly #plan: Plan;
  readonly #tools: Tools;
  readonly #done: ResolveDone;
  // Answers stay the same for one resolution, even when they run out of the cache meanwhile: the walk must come to an end.
  readonly #answers = new Map<string, DnsAnswer>();
  readonly #orders = new Map<string, readonly SrvRecord[]>();
  readonly #missing = new Map<string, readonly [name: string, type: DnsType]>();
  readonly #budget = new Timer(this, 0);
  #open = 0;
  #isAsking = false;
  #isOver = false;
  #result: readonly ResolvedTarget[] | undefined = undefined;

  constructor(plan: Plan, tools: Tools, done: ResolveDone) {
    this.#plan = plan;
    this.#tools = tools;
    this.#done = done;
  }

  /** @returns the result when every answer was there */
  start(): readonly ResolvedTarget[] | undefined {
    this.#advance();
    if (this.#result !== undefined) return this.#result;
    this.#tools.timers.arm(this.#budget, this.#tools.settings.totalTimeoutMs);
    return undefined;
  }

  /** The time for all queries together is over (DN-8): what is not there is taken as failed. */
  onTimer(): void {
    while (!this.#isOver) {
      const targets = this.#walk();
      if (this.#missing.size === 0) this.#finish(targets, true);
      else for (const key of this.#missing.keys()) this.#answers.set(key, FAILED);
    }
  }

  #advance(): void {
    while (!this.#isOver && this.#open === 0) {
      const targets = this.#walk();
      if (this.#missing.size === 0) {
        this.#finish(targets, this.#budget.isArmed);
        return;
      }
      const questions = [...this.#missing];
      this.#open = questions.length;
      this.#isAsking = true;
      for (const [key, [name, type]] of questions) {
        this.#tools.cache.ask(name, type, (answer) => this.#answered(key, answer));
      }
      this.#isAsking = false;
    }
  }

  #answered(key: string, answer: DnsAnswer): void {
    if (this.#isOver) return;
    this.#answers.set(key, answer);
    this.#open--;
    // Answers that come while asking are picked up by the loop that asks.
    if (!this.#isAsking) this.#advance();
  }

  #finish(targets: readonly ResolvedTarget[], isLate: boolean): void {
    this.#isOver = true;
    this.#tools.timers.disarm(this.#budget);
    if (isLate) this.#done(targets);
    else this.#result = targets;
  }

  /** DN-1 with what is known; questions without an answer end up in `#missing`. */
  #walk(): readonly ResolvedTarget[] {
    this.#missing.clear();
    const { host, port, transport, isSecure } = this.#plan;
    const fallback = transport ?? (isSecure ? "tls" : "udp");
    if (port !== 0) return this.#expand([{ transport: fallback, host, port }]);
    // Whoever writes a name into the hosts file means that address: there is no service to look for elsewhere.
    if (this.#tools.cache.isLocal(host)) return this.#expand([{ transport: fallback, host, port: defaultPort(fallback) }]);
    const services = this.#services();
    if (services === undefined) return NOTHING;
    const places: Place[] = [];
    let hasService = false;
    for (const { transport: by, name } of services) {
      const answer = this.#look(name, "SRV");
      if (answer?.kind !== "srv") continue;
      hasService = true;
      for (const record of this.#ordered(name, answer.records)) {
        places.push({ transport: by, host: record.target, port: record.port });
      }
    }
    if (this.#missing.size > 0) return NOTHING;
    // A service that is said not to be there ("." as target) is not looked for elsewhere (DN-2).
    return hasService ? this.#expand(places) : this.#expand([{ transport: fallback, host, port: defaultPort(fallback) }]);
  }

  /** @returns undefined while NAPTR is not answered */
  #services(): readonly Service[] | undefined {
    const { host, transport, isSecure, usesNaptr } = this.#plan;
    if (transport !== undefined) return [{ transport, name: serviceName(transport, host) }];
    if (usesNaptr) {
      const answer = this.#look(host, "NAPTR");
      if (answer === undefined) return undefined;
      if (answer.kind === "naptr") {
        const services = orderNaptr(answer.records, this.#tools.transports, isSecure);
        if (services.length > 0) return services;
      }
    }
    return usualServices(host, this.#tools.transports, isSecure);
  }

  #expand(places: readonly Place[]): readonly ResolvedTarget[] {
    const { families, settings } = this.#tools;
    const { maxTargets } = settings;
    // An engine without an IPv4 socket has nothing else to try.
    const tryIpv6 = settings.tryIpv6 || families?.has(4) === false;
    const found: ResolvedTarget[] = [];
    for (const { transport, host, port } of places.slice(0, maxTargets)) {
      if (port < 1 || port > 65_535) continue;
      for (const ip of this.#addresses(host, "A")) found.push({ transport, ip, port });
      if (tryIpv6) for (const ip of this.#addresses(host, "AAAA")) found.push({ transport, ip, port });
    }
    return found.slice(0, maxTargets);
  }

  #addresses(host: string, type: "A" | "AAAA"): readonly string[] {
    const { families, settings } = this.#tools;
    if (families !== undefined && !families.has(type === "A" ? 4 : 6)) return [];
    const answer = this.#look(host, type);
    return answer?.kind === "addresses" ? answer.addresses.filter((ip) => isUsable(ip, settings.blockPrivate)) : [];
  }

  #ordered(name: string, records: readonly SrvRecord[]): readonly SrvRecord[] {
    // Drawn once: a walk that begins anew must not find another order.
    let order = this.#orders.get(name);
    if (order === undefined) {
      order = orderSrv(records, this.#tools.random);
      this.#orders.set(name, order);
    }
    return order;
  }

  #look(name: string, type: DnsType): DnsAnswer | undefined {
    const key = `${type} ${name}`;
    let answer = this.#answers.get(key);
    if (answer !== undefined) return answer;
    answer = this.#tools.cache.known(name, type);
    if (answer !== undefined) this.#answers.set(key, answer);
    else this.#missing.set(key, [name, type]);
    return answer;
  }
}

interface Place {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
}

function literal(ip: string, port: number, transport: TransportName): readonly ResolvedTarget[] {
  const kind = kindOf(ip);
  if (kind === "unspecified" || kind === "broadcast") return NOTHING;
  return [{ transport, ip, port: port === 0 ? defaultPort(transport) : port }];
}

/** Whether a name may lead here (DN-7): what a name server says must not make us talk to everybody or to nobody. */
function isUsable(ip: string, blockPrivate: boolean): boolean {
  switch (kindOf(ip)) {
    case "unicast":
      return familyOf(ip) !== undefined;
    case "loopback":
    case "private":
    case "linkLocal":
      return !blockPrivate;
    default:
      return false;
  }
}
