// Our sockets as a table: is this us (T-31), and which of them does a request leave by (T-16).
import { bad, good, type Parsed } from "../kit/index.ts";
import type { Via } from "../sip/index.ts";
import { canonicalIp, defaultPort, familyOf, kindOf, transportOf } from "./address.ts";
import { parseHostPort } from "./socket-spec.ts";
import type { Listener, TransportName } from "./types.ts";

/** One place under a host where we are found. */
interface Place {
  /** undefined: any. */
  readonly transport: TransportName | undefined;
  /** 0: any. */
  readonly port: number;
  readonly listener: Listener | undefined;
}

/** Another name for ourselves. */
export interface Alias {
  readonly transport: TransportName | undefined;
  readonly host: string;
  /** 0: any. */
  readonly port: number;
}

/**
 * Reads `[proto:]name[:port]`.
 * @returns a sentence that says what is wrong
 */
export function parseAlias(text: string): Parsed<Alias, string> {
  const colon = text.indexOf(":");
  const transport = colon < 0 ? undefined : transportOf(text.slice(0, colon));
  const place = parseHostPort(transport === undefined ? text : text.slice(colon + 1), true);
  if (!place.ok) return bad(`alias "${text}": ${place.fault}`);
  return good({ transport, host: place.value.host, port: place.value.port ?? 0 });
}

/** The sockets we listen on. Immutable. */
export class ListenerTable {
  readonly all: readonly Listener[];
  readonly #places = new Map<string, Place[]>();
  /** Hosts whose subdomains are ours as well. */
  readonly #parents = new Set<string>();
  readonly #hasOutside: boolean;

  constructor(all: readonly Listener[], hostNames: readonly string[], aliases: readonly Alias[]) {
    this.all = all;
    this.#hasOutside = all.some((listener) => !isLoopback(listener.ip));
    for (const listener of all) {
      const { transport, port, advertisedHost, advertisedPort } = listener;
      const name = hostNames[listener.index] ?? listener.ip;
      for (const host of new Set([listener.ip, hostKey(name), hostKey(advertisedHost)])) {
        this.#add(host, { transport, port, listener });
        if (advertisedPort !== port) this.#add(host, { transport, port: advertisedPort, listener });
        if (listener.acceptsSubdomains === true && canonicalIp(host) === undefined) this.#parents.add(host);
      }
    }
    for (const alias of aliases) this.#add(hostKey(alias.host), { transport: alias.transport, port: alias.port, listener: undefined });
  }

  /**
   * Whether host and port are ours.
   * @param port - 0 when absent: the default of the transport, of UDP without one
   * @param transport - undefined or unknown to any socket: only compared when given
   */
  isMyself(host: string, port: number, transport: string | undefined): boolean {
    const places = this.#placesOf(host);
    if (places === undefined) return false;
    const name = transport === undefined ? undefined : transportOf(transport);
    if (transport !== undefined && name === undefined) return false;
    return findPlace(places, port, name) !== undefined;
  }

  /** Whether a reply's top Via is one that we could have written. */
  isOurVia(via: Via): boolean {
    return this.isMyself(via.host, via.port, via.transport);
  }

  /** The socket at a host and port; undefined for aliases and for what is not ours. */
  find(host: string, port: number, transport: string | undefined): Listener | undefined {
    const places = this.#placesOf(host);
    if (places === undefined) return undefined;
    const name = transport === undefined ? undefined : transportOf(transport);
    if (transport !== undefined && name === undefined) return undefined;
    return findPlace(places, port, name, true)?.listener;
  }

  /**
   * The socket that a request leaves by.
   * @param ip - where it goes
   * @param routeIp - the local address that the system's routes give, if asked for (`mhomed`)
   */
  pick(
    transport: TransportName,
    ip: string,
    receiving: Listener | undefined,
    forced: Listener | undefined,
    routeIp: string | undefined,
  ): Listener | undefined {
    const family = familyOf(ip);
    if (family === undefined) return undefined;
    if (forced !== undefined && forced.family === family) {
      if (forced.transport === transport) return forced;
      const sameIp = this.all.find((one) => one.transport === transport && one.ip === forced.ip);
      if (sameIp !== undefined) return sameIp;
      return this.all.find((one) => one.transport === transport && one.family === family);
    }
    if (routeIp !== undefined) {
      const routed = this.all.find((one) => one.transport === transport && one.ip === routeIp);
      if (routed !== undefined) return routed;
    }
    // The system refuses to send from a loopback address to the world, so such a socket is the last resort.
    const goesOut = this.#hasOutside && !isLoopback(ip);
    if (receiving !== undefined && receiving.family === family && receiving.transport === transport) {
      if (!goesOut || !isLoopback(receiving.ip)) return receiving;
    }
    let first: Listener | undefined;
    for (const one of this.all) {
      if (one.transport !== transport || one.family !== family) continue;
      if (!goesOut || !isLoopback(one.ip)) return one;
      first ??= one;
    }
    return first;
  }

  #placesOf(host: string): readonly Place[] | undefined {
    // What we wrote ourselves comes back as it was; only strangers' spellings are looked at closely.
    const places = this.#places.get(host) ?? this.#places.get(hostKey(host));
    return places !== undefined || this.#parents.size === 0 ? places : this.#placesAbove(host.toLowerCase());
  }

  /** The places of the nearest domain above a host that takes its subdomains in. */
  #placesAbove(host: string): readonly Place[] | undefined {
    for (let dot = host.indexOf("."); dot >= 0; dot = host.indexOf(".", dot + 1)) {
      const parent = host.slice(dot + 1);
      if (this.#parents.has(parent)) return this.#places.get(parent);
    }
    return undefined;
  }

  #add(host: string, place: Place): void {
    const places = this.#places.get(host);
    if (places === undefined) this.#places.set(host, [place]);
    else places.push(place);
  }
}

function findPlace(places: readonly Place[], port: number, transport: TransportName | undefined, isSocket = false): Place | undefined {
  const wanted = port === 0 ? defaultPort(transport ?? "udp") : port;
  for (const place of places) {
    if (isSocket && place.listener === undefined) continue;
    if (place.port !== 0 && place.port !== wanted) continue;
    if (transport === undefined || place.transport === undefined || place.transport === transport) return place;
  }
  return undefined;
}

/** Hosts are compared numerically or without regard to case. */
function hostKey(host: string): string {
  return canonicalIp(host) ?? host.toLowerCase();
}

function isLoopback(ip: string): boolean {
  return kindOf(ip) === "loopback";
}
