// Hosts as they stand in URIs and Vias: names, IPv4 addresses, bracketed IPv6 references.
// Inside this project a host is kept without brackets; a colon in it means IPv6.

import { equalsIgnoreCase, hexValue, isDigit, isHostChar } from "./chars.ts";

/**
 * The end of the host that starts at `at`.
 * @returns the offset after it (after `]` for an IPv6 reference), or -1 when there is no acceptable host
 */
export function hostEndAt(text: string, at: number, end: number): number {
  if (at < end && text.charCodeAt(at) === 91) {
    let i = at + 1;
    while (i < end) {
      const c = text.charCodeAt(i);
      if (c === 93) return parseIpv6(text.slice(at + 1, i)) === undefined ? -1 : i + 1;
      if (c !== 58 && c !== 46 && hexValue(c) < 0) return -1;
      i++;
      // The longest text form of an address is 45 characters; more is hostile.
      if (i - at > 64) return -1;
    }
    return -1;
  }
  let i = at;
  while (i < end && isHostChar(text.charCodeAt(i))) i++;
  return i === at ? -1 : i;
}

/** The host between two offsets without brackets; `:::` is read as `::` (RFC 5118 §4.10). */
export function hostText(text: string, from: number, end: number): string {
  if (text.charCodeAt(from) !== 91) return text.slice(from, end);
  const inner = text.slice(from + 1, end - 1);
  const colons = inner.indexOf(":::");
  return colons < 0 ? inner : inner.slice(0, colons) + inner.slice(colons + 1);
}

/** A host as it must be written in a URI or Via: IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") && host.charCodeAt(0) !== 91 ? `[${host}]` : host;
}

/**
 * Reads an IPv6 address without brackets or zone.
 * @returns its eight 16-bit groups, or undefined when it is none; `:::` counts as `::` (RFC 5118 §4.10)
 */
export function parseIpv6(text: string): readonly number[] | undefined {
  const groups: number[] = [];
  let gap = -1;
  let i = 0;
  const end = text.length;
  while (i < end) {
    if (text.charCodeAt(i) === 58) {
      if (text.charCodeAt(i + 1) !== 58 || gap >= 0) return undefined;
      i += text.charCodeAt(i + 2) === 58 ? 3 : 2;
      gap = groups.length;
      if (i >= end) break;
    }
    let value = 0;
    const start = i;
    while (i < end && i - start < 5) {
      const digit = hexValue(text.charCodeAt(i));
      if (digit < 0) break;
      value = value * 16 + digit;
      i++;
    }
    if (i < end && text.charCodeAt(i) === 46) {
      const v4 = parseIpv4(text.slice(start));
      if (v4 < 0) return undefined;
      groups.push(Math.floor(v4 / 65536), v4 % 65536);
      i = end;
      break;
    }
    if (i === start || i - start > 4) return undefined;
    groups.push(value);
    if (groups.length > 8) return undefined;
    if (i >= end) break;
    if (text.charCodeAt(i) !== 58) return undefined;
    if (text.charCodeAt(i + 1) !== 58) {
      i++;
      if (i >= end) return undefined;
    }
  }
  if (gap < 0) return groups.length === 8 ? groups : undefined;
  if (groups.length >= 8) return undefined;
  const zeros = new Array<number>(8 - groups.length).fill(0);
  return [...groups.slice(0, gap), ...zeros, ...groups.slice(gap)];
}

/** Reads a dotted IPv4 address; -1 when it is none, else its 32 bits as an unsigned number. */
export function parseIpv4(text: string): number {
  let value = 0;
  let part = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (isDigit(c)) {
      part = part < 0 ? c - 48 : part * 10 + c - 48;
      if (part > 255) return -1;
    } else if (c === 46 && part >= 0 && dots < 3) {
      value = value * 256 + part;
      part = -1;
      dots++;
    } else return -1;
  }
  return dots === 3 && part >= 0 ? value * 256 + part : -1;
}

/** Whether two hosts (without brackets) are the same: numerically for IPv6, case-blind for the rest. */
export function hostEquals(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.includes(":") && b.includes(":")) {
    const x = parseIpv6(a);
    const y = parseIpv6(b);
    return x !== undefined && y !== undefined && x.every((group, i) => group === y[i]);
  }
  return equalsIgnoreCase(a, b);
}

/** Whether a host (without brackets) is an address of a private network: RFC 1918, RFC 6598, RFC 4193. Names are not. */
export function isPrivateHost(host: string): boolean {
  if (host.includes(":")) return ((parseIpv6(host)?.[0] ?? 0) & 0xfe00) === 0xfc00;
  const ip = parseIpv4(host);
  if (ip < 0) return false;
  const high = Math.floor(ip / 0x1_0000);
  return ip >>> 24 === 10 || (high & 0xfff0) === 0xac10 || high === 0xc0a8 || (high & 0xffc0) === 0x6440;
}

/** Whether a host is an address that carriers put between their customers and the world: RFC 6598, and RFC 6333 for DS-Lite. */
export function isCarrierHost(host: string): boolean {
  const ip = parseIpv4(host);
  return ip >= 0 && ((Math.floor(ip / 0x1_0000) & 0xffc0) === 0x6440 || Math.floor(ip / 8) === 0xc000_0000 / 8);
}
