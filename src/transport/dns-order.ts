// The order that RFC 2782 and RFC 3263 give to what was found. Pure: the chance is handed in.
import { type Random, randomUnit } from "../kit/index.ts";
import type { NaptrRecord, SrvRecord } from "./ports.ts";
import type { TransportName } from "./types.ts";

/** One step of RFC 3263: a service to be looked up as SRV. */
export interface Service {
  readonly transport: TransportName;
  /** `_sip._udp.example.com` */
  readonly name: string;
}

/**
 * Orders SRV records: ascending priority; within one, drawn by weight, those of weight 0 rarely but not never (RFC 2782).
 * A single "." target means that the service is decidedly not there.
 */
export function orderSrv(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
  const only = records[0];
  if (records.length === 1 && only !== undefined && isRoot(only.target)) return [];
  const byPriority = new Map<number, SrvRecord[]>();
  for (const record of records) {
    const same = byPriority.get(record.priority);
    if (same === undefined) byPriority.set(record.priority, [record]);
    else same.push(record);
  }
  const ordered: SrvRecord[] = [];
  for (const priority of [...byPriority.keys()].sort((a, b) => a - b)) {
    // Weight 0 goes to the front of the running sum, where only a draw of exactly 0 meets it.
    const left = (byPriority.get(priority) ?? []).sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
    while (left.length > 0) {
      const chosen = left.splice(drawByWeight(left, random), 1)[0];
      if (chosen !== undefined && !isRoot(chosen.target)) ordered.push(chosen);
    }
  }
  return ordered;
}

/** Draws 0 … sum of weights, both included, and takes the first whose running sum reaches it. */
function drawByWeight(left: readonly SrvRecord[], random: Random): number {
  if (left.length === 1) return 0;
  let sum = 0;
  for (const record of left) sum += record.weight;
  const drawn = Math.floor(randomUnit(random) * (sum + 1));
  let running = 0;
  for (let i = 0; i < left.length; i++) {
    running += left[i]?.weight ?? 0;
    if (running >= drawn) return i;
  }
  return left.length - 1;
}

function isRoot(name: string): boolean {
  return name === "." || name === "";
}

const NAPTR_SERVICES: ReadonlyMap<string, { readonly transport: TransportName; readonly isSecure: boolean }> = new Map([
  ["SIP+D2U", { transport: "udp", isSecure: false }],
  ["SIP+D2T", { transport: "tcp", isSecure: false }],
  ["SIPS+D2T", { transport: "tls", isSecure: true }],
  ["SIP+D2W", { transport: "ws", isSecure: false }],
  ["SIPS+D2W", { transport: "wss", isSecure: true }],
]);

/**
 * The services that NAPTR records offer and that we can use, in their order (RFC 3263 §4.1).
 * @param isSecure - for sips only secure ones
 */
export function orderNaptr(records: readonly NaptrRecord[], transports: ReadonlySet<TransportName>, isSecure: boolean): readonly Service[] {
  const services: Service[] = [];
  for (const record of [...records].sort((a, b) => a.order - b.order || a.preference - b.preference)) {
    const known = NAPTR_SERVICES.get(record.service.toUpperCase());
    if (known === undefined || record.flags.toLowerCase() !== "s" || isRoot(record.replacement)) continue;
    if (!transports.has(known.transport) || (isSecure && !known.isSecure)) continue;
    services.push({ transport: known.transport, name: record.replacement });
  }
  return services;
}

/** The SRV name of a transport at a domain (RFC 3263 §4.1, RFC 7118 §5.4). */
export function serviceName(transport: TransportName, domain: string): string {
  return transport === "tls"
    ? `_sips._tcp.${domain}`
    : `_${transport === "udp" || transport === "tcp" ? "sip" : transport}._${transport === "udp" ? "udp" : "tcp"}.${domain}`;
}

/** Services tried without NAPTR: UDP, TCP, TLS as far as we listen on them; for sips TLS only. */
export function usualServices(domain: string, transports: ReadonlySet<TransportName>, isSecure: boolean): readonly Service[] {
  const order: readonly TransportName[] = isSecure ? ["tls"] : ["udp", "tcp", "tls"];
  return order.filter((transport) => transports.has(transport)).map((transport) => ({ transport, name: serviceName(transport, domain) }));
}
