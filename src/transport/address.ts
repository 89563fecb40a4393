// IP addresses as numbers and as text: families, canonical form, and the kinds that a proxy must not talk to.
import { bracketed, parseIpv4, parseIpv6 } from "../sip/index.ts";
import type { Family, TransportName } from "./types.ts";

/** What an address is for. `private` covers RFC 1918, RFC 6598 and unique local IPv6. */
export type AddressKind = "unicast" | "unspecified" | "broadcast" | "multicast" | "loopback" | "private" | "linkLocal";

/** The family of an IP address without brackets; undefined for anything else. A zone (`%eth0`) is allowed. */
export function familyOf(ip: string): Family | undefined {
  if (ip.includes(":")) return parseIpv6(withoutZone(ip)) === undefined ? undefined : 6;
  return parseIpv4(ip) < 0 ? undefined : 4;
}

/**
 * One spelling for each address: dotted decimal without leading zeros, RFC 5952 for IPv6, no zone, no brackets.
 * @returns undefined when the text is no address
 */
export function canonicalIp(text: string): string | undefined {
  const ip = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (!ip.includes(":")) {
    const bits = parseIpv4(ip);
    return bits < 0 ? undefined : `${Math.floor(bits / 0x100_0000)}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
  }
  const groups = parseIpv6(withoutZone(ip));
  return groups === undefined ? undefined : ipv6Text(groups);
}

/** Takes the zone off an IPv6 address (T-9). */
export function withoutZone(ip: string): string {
  const percent = ip.indexOf("%");
  return percent < 0 ? ip : ip.slice(0, percent);
}

/** RFC 5952: lower case, the longest run of zero groups (at least two, the first of equals) as `::`. */
function ipv6Text(groups: readonly number[]): string {
  let bestAt = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      bestAt = i;
      bestLength = length;
    }
    if (length > 0) i += length - 1;
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return bestAt < 0 ? text(0, 8) : `${text(0, bestAt)}::${text(bestAt + bestLength, 8)}`;
}

/** What an address is for; undefined when the text is none. IPv4-mapped IPv6 is judged as the IPv4 inside. */
export function kindOf(ip: string): AddressKind | undefined {
  if (!ip.includes(":")) {
    const bits = parseIpv4(ip);
    return bits < 0 ? undefined : kindOfIpv4(bits);
  }
  const groups = parseIpv6(withoutZone(ip));
  if (groups === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  if ((a | b | c | d | e) === 0) {
    if (f === 0xffff) return kindOfIpv4(g * 65536 + h);
    if ((f | g) === 0 && h === 0) return "unspecified";
    if ((f | g) === 0 && h === 1) return "loopback";
  }
  if (a >= 0xff00) return "multicast";
  if ((a & 0xffc0) === 0xfe80) return "linkLocal";
  return (a & 0xfe00) === 0xfc00 ? "private" : "unicast";
}

function kindOfIpv4(bits: number): AddressKind {
  const first = Math.floor(bits / 0x100_0000);
  const second = (bits >>> 16) & 255;
  if (bits === 0xffff_ffff) return "broadcast";
  if (first === 0) return "unspecified"; // RFC 1122: "this network"
  if (first === 127) return "loopback";
  if (first >= 224 && first <= 239) return "multicast";
  if (first === 169 && second === 254) return "linkLocal";
  if (first === 10 || (first === 192 && second === 168) || (first === 172 && second >= 16 && second < 32)) return "private";
  return first === 100 && second >= 64 && second < 128 ? "private" : "unicast";
}

/** Where a SIP element listens when nobody says (T-2). */
export function defaultPort(transport: TransportName): number {
  switch (transport) {
    case "udp":
    case "tcp":
      return 5060;
    case "tls":
      return 5061;
    case "ws":
      return 80;
    case "wss":
      return 443;
  }
}

/** Reads a transport name in any case; undefined for one we do not know. */
export function transportOf(name: string): TransportName | undefined {
  switch (name) {
    case "udp":
    case "UDP":
      return "udp";
    case "tcp":
    case "TCP":
      return "tcp";
    case "tls":
    case "TLS":
      return "tls";
    case "ws":
    case "WS":
      return "ws";
    case "wss":
    case "WSS":
      return "wss";
  }
  const lower = name.toLowerCase();
  return lower === name ? undefined : transportOf(lower);
}

/** `proto:host:port`, IPv6 in brackets: how a socket is named to people and in tables. */
export function socketName(transport: TransportName, ip: string, port: number): string {
  return `${transport}:${bracketed(ip)}:${port}`;
}
