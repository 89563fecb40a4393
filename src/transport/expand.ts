// From what a configuration says to the addresses we bind: `*`, 0.0.0.0, [::], names and interfaces (T-1, T-2).

import { hostPort } from "../sip/index.ts";
import { canonicalIp, defaultPort, familyOf, kindOf, socketName } from "./address.ts";
import type { Network, NetworkInterface } from "./ports.ts";
import type { TransportSettings } from "./settings.ts";
import type { SocketSpec } from "./socket-spec.ts";
import type { Family, Listener } from "./types.ts";

/** One socket to bind. */
export interface Binding {
  readonly spec: SocketSpec;
  readonly ip: string;
  readonly family: Family;
}

/** Every socket to bind, in the order of the configuration, and what stands against it. */
export interface Expansion {
  readonly bindings: readonly Binding[];
  readonly problems: readonly string[];
}

/** Expands all entries. Names are looked up with the system's resolver. */
export async function expandSockets(specs: readonly SocketSpec[], network: Network): Promise<Expansion> {
  const bindings: Binding[] = [];
  const problems: string[] = [];
  const taken = new Map<string, string>();
  for (const spec of specs) {
    const ips = await addressesOf(spec.host, network);
    if (ips.length === 0) problems.push(`"${spec.text}": ${spec.host} is neither an address, nor an interface, nor a name that resolves`);
    for (const ip of ips) {
      const family = familyOf(ip);
      if (family === undefined) continue;
      const key = socketName(spec.transport, ip, spec.port);
      const other = taken.get(key);
      if (other !== undefined && spec.port !== 0) {
        problems.push(other === spec.text ? `"${spec.text}" is listed twice` : `"${spec.text}" and "${other}" are both ${key}`);
        continue;
      }
      taken.set(key, spec.text);
      bindings.push({ spec, ip, family });
    }
  }
  return { bindings, problems };
}

async function addressesOf(host: string, network: Network): Promise<readonly string[]> {
  if (host === "*") return ours(network, () => true);
  const ip = canonicalIp(host);
  // A header never shows an address that nobody can answer to, so the wildcard becomes the addresses behind it.
  if (ip === "0.0.0.0") return ours(network, (one) => one.family === 4);
  if (ip === "::") return ours(network, (one) => one.family === 6);
  if (ip !== undefined) return [ip];
  const ofInterface = ours(network, (one) => one.name === host);
  if (ofInterface.length > 0) return ofInterface;
  const found = new Set<string>();
  for (const text of await network.lookup(host)) {
    const address = canonicalIp(text);
    if (address !== undefined) found.add(address);
  }
  return [...found];
}

/** Our addresses without link-local ones; loopback comes last, because the first socket is the one that requests leave by (T-16). */
function ours(network: Network, wanted: (one: NetworkInterface) => boolean): readonly string[] {
  const usual = new Set<string>();
  const loopback = new Set<string>();
  for (const one of network.interfaces()) {
    const ip = canonicalIp(one.ip);
    if (ip === undefined || !wanted(one)) continue;
    const kind = kindOf(ip);
    if (kind === "loopback") loopback.add(ip);
    else if (kind !== "linkLocal") usual.add(ip);
  }
  return [...usual, ...loopback];
}

/**
 * What the rest of the engine sees of a bound socket.
 * @param port - the real one
 */
export function makeListener(index: number, binding: Binding, port: number, settings: TransportSettings): Listener {
  const { spec, ip, family } = binding;
  const ownHost = spec.advertisedHost;
  const advertisedHost = ownHost ?? settings.advertisedAddress ?? ip;
  // `as` without a port shows the real one; the global port belongs to the global address (T-3).
  const explicitPort = ownHost === undefined ? settings.advertisedPort : spec.advertisedPort;
  const advertisedPort = explicitPort ?? port;
  const isExplicit = explicitPort !== undefined;
  const viaPort = isExplicit || advertisedPort !== defaultPort(spec.transport) ? advertisedPort : 0;
  const uriPort = isExplicit || advertisedPort !== 5060 ? advertisedPort : 0;
  return Object.freeze({
    index,
    transport: spec.transport,
    ip,
    port,
    family,
    name: socketName(spec.transport, ip, port),
    sentBy: hostPort(advertisedHost, viaPort),
    uriHost: hostPort(advertisedHost, uriPort),
    advertisedHost,
    advertisedPort,
    tag: spec.tag,
    acceptsSubdomains: spec.acceptsSubdomains,
    isReliable: spec.transport !== "udp",
  });
}
