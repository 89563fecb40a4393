// One Via value (RFC 3261 §20.42, RFC 3581): everything response routing and transaction matching ask for.

import { bad, good, type Parsed } from "../kit/index.ts";
import { decimal, isTokenChar, matchesAt, skipSpace, trimEnd, unfold } from "./chars.ts";
import { bracketed, hostEndAt, hostEquals, hostText } from "./hosts.ts";
import { findParam, paramEndAt } from "./params.ts";
import type { UriFault } from "./uri.ts";

/** What every RFC 3261 branch starts with. */
export const MAGIC_COOKIE = "z9hG4bK";
const MAX_PARAMS = 64;

/** One Via value. A view on unfolded text; offsets are into `source`. */
export class Via {
  /** The text the value was read from: the message, or the unfolded header value. */
  readonly source: string;
  readonly from: number;
  /** Offset after the last byte of this value (white space before a comma not included). */
  readonly end: number;
  /** Whether other values follow after a comma in the same line. */
  readonly hasMore: boolean;
  readonly #sentByFrom: number;
  readonly #sentByEnd: number;
  /** Transport as received, in upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS`, or any other token. */
  readonly transport: string;
  /** Sent-by host, IPv6 without brackets. */
  readonly host: string;
  /** Sent-by port, 0 when absent. */
  readonly port: number;
  /** Branch, "" when absent. */
  readonly branch: string;
  /** `received`, "" when absent, without brackets (RFC 5118 §4.5). */
  readonly received: string;
  readonly #hasReceived: boolean;
  /** `rport`: -1 absent, 0 present without a value. */
  readonly rport: number;

  constructor(source: string, parts: ViaParts) {
    this.source = source;
    this.from = parts.from;
    this.end = parts.end;
    this.hasMore = parts.hasMore;
    this.#sentByFrom = parts.sentByFrom;
    this.#sentByEnd = parts.sentByEnd;
    this.transport = parts.transport;
    this.host = parts.host;
    this.port = parts.port;
    this.branch = parts.branch;
    this.received = parts.received;
    this.#hasReceived = parts.hasReceived;
    this.rport = parts.rport;
  }

  /** The value as it stands, folds taken out. */
  get text(): string {
    return this.source.slice(this.from, this.end);
  }
  /** Sent-by as it stands: `host[:port]`. */
  get sentBy(): string {
    return this.source.slice(this.#sentByFrom, this.#sentByEnd);
  }
  /** Whether the branch was made by an RFC 3261 element: the cookie and something after it (TM §17.2.3). */
  get hasCookie(): boolean {
    return this.branch.length > MAGIC_COOKIE.length && this.branch.startsWith(MAGIC_COOKIE);
  }
  /** `maddr`, "" when absent. */
  get maddr(): string {
    return this.param("maddr") ?? "";
  }
  /** `ttl`, -1 when absent or not 0..255. */
  get ttl(): number {
    const value = this.param("ttl");
    return value === undefined ? -1 : decimal(value, 0, value.length, 255);
  }
  /** A parameter's value, "" for one without value, undefined when absent. */
  param(name: string): string | undefined {
    return findParam(this.source, skipSpace(this.source, this.#sentByEnd, this.end), this.end, name);
  }

  /** Whether `stamped` would change anything. */
  wantsStamp(ip: string, force: boolean): boolean {
    return force || this.rport >= 0 || this.#hasReceived || !hostEquals(this.host, ip);
  }

  /**
   * The value as the server must keep it (T-8, RFC 3581 §4): `received` when the sent-by differs from the source or
   * `rport` was asked for, and the port in `rport`. A `received` that came in is always overwritten (S-11).
   * @param force - behave as if `rport` had been there
   */
  stamped(ip: string, port: number, force: boolean): string {
    if (!this.wantsStamp(ip, force)) return this.text;
    const wantsPort = force || this.rport >= 0;
    let hasReceived = this.#hasReceived;
    const { source, end } = this;
    let out = source.slice(this.from, this.#sentByEnd);
    if (!hasReceived) out += `;received=${ip}`;
    if (wantsPort && this.rport < 0) out += `;rport=${port}`;
    let at = skipSpace(source, this.#sentByEnd, end);
    let copied = this.#sentByEnd;
    while (at < end) {
      const start = skipSpace(source, at + 1, end);
      const next = paramEndAt(source, start, end);
      if (isNamed(source, start, next, "received")) {
        // The first one takes the true address, further ones go.
        out += source.slice(copied, at);
        if (hasReceived) out += `;received=${ip}`;
        hasReceived = false;
        copied = trimEnd(source, start, next);
      } else if (wantsPort && isNamed(source, start, next, "rport")) {
        out += `${source.slice(copied, start + 5)}=${port}`;
        copied = trimEnd(source, start, next);
      }
      at = next;
    }
    return out + source.slice(copied, end);
  }
}

/** What the scanner found in one Via value. */
export interface ViaParts {
  from: number;
  end: number;
  hasMore: boolean;
  sentByFrom: number;
  sentByEnd: number;
  transport: string;
  host: string;
  port: number;
  branch: string;
  received: string;
  /** Whether the parameter is there at all, even without a value. */
  hasReceived: boolean;
  rport: number;
}

/**
 * Reads the first Via value of a range of unfolded text.
 * @returns a fault when protocol, host or port are not usable, for controls, open quotes or more than 64 parameters
 */
export function parseViaAt(text: string, from: number, end: number): Parsed<Via, UriFault> {
  const start = skipSpace(text, from, end);
  if (start + 3 > end || !matchesAt(text, start, "sip")) return fault(start, "protocol is not SIP");
  let i = skipSpace(text, start + 3, end);
  if (text.charCodeAt(i) !== 47) return fault(i, "no slash after the protocol");
  i = skipSpace(text, i + 1, end);
  // Any version: an element of another one still has to be told so (RFC 4475 §3.1.2.16).
  const versionFrom = i;
  while (i < end && isTokenChar(text.charCodeAt(i))) i++;
  if (i === versionFrom) return fault(i, "no version");
  i = skipSpace(text, i, end);
  if (text.charCodeAt(i) !== 47) return fault(i, "no slash after the version");
  const transportFrom = skipSpace(text, i + 1, end);
  i = transportFrom;
  while (i < end && isTokenChar(text.charCodeAt(i))) i++;
  const transportEnd = i;
  const sentByFrom = skipSpace(text, i, end);
  if (transportEnd === transportFrom || sentByFrom === transportEnd) return fault(i, "no transport");
  const hostEnd = hostEndAt(text, sentByFrom, end);
  if (hostEnd < 0) return fault(sentByFrom, "bad host");
  let sentByEnd = hostEnd;
  let port = 0;
  i = skipSpace(text, hostEnd, end);
  if (i < end && text.charCodeAt(i) === 58) {
    const portFrom = skipSpace(text, i + 1, end);
    i = portFrom;
    while (i < end && text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57) i++;
    port = decimal(text, portFrom, i, 65535);
    if (port <= 0) return fault(portFrom, "bad port");
    sentByEnd = i;
    i = skipSpace(text, i, end);
  }
  const parts: ViaParts = {
    from: start,
    end: i,
    hasMore: false,
    sentByFrom,
    sentByEnd,
    transport: transportAt(text, transportFrom, transportEnd),
    host: hostText(text, sentByFrom, hostEnd),
    port,
    branch: "",
    received: "",
    hasReceived: false,
    rport: -1,
  };
  return parseParams(text, i, end, parts);
}

function parseParams(text: string, from: number, end: number, parts: ViaParts): Parsed<Via, UriFault> {
  let i = from;
  let count = 0;
  while (i < end && text.charCodeAt(i) === 59) {
    if (++count > MAX_PARAMS) return fault(i, "too many parameters");
    const start = skipSpace(text, i + 1, end);
    const next = paramEndAt(text, start, end);
    if (next < 0) return fault(start, "open quote or control character");
    switch (text.charCodeAt(start) | 32) {
      case 98: // branch; the first one counts
        if (parts.branch === "" && isNamed(text, start, next, "branch")) parts.branch = valueAt(text, start + 6, next);
        break;
      case 114:
        if (isNamed(text, start, next, "rport")) {
          const value = valueAt(text, start + 5, next);
          parts.rport = value === "" ? 0 : Math.max(0, decimal(value, 0, value.length, 65535));
        } else if (isNamed(text, start, next, "received")) {
          const value = valueAt(text, start + 8, next);
          parts.hasReceived = true;
          parts.received = value.charCodeAt(0) === 91 && value.endsWith("]") ? value.slice(1, -1) : value;
        }
        break;
    }
    i = next;
  }
  if (i < end && text.charCodeAt(i) !== 44) return fault(i, "character not allowed");
  parts.hasMore = i < end;
  parts.end = trimEnd(text, parts.from, i);
  return good(new Via(text, parts));
}

/** Reads a Via value that stands alone; folds are taken out first. Further values after a comma are left unread. */
export function parseVia(text: string): Parsed<Via, UriFault> {
  const flat = unfold(text);
  return parseViaAt(flat, 0, flat.length);
}

/** A Via value of our own. `params` are complete, each with its semicolon. */
export function viaText(transport: string, sentBy: string, branch: string, params = ""): string {
  return `SIP/2.0/${transport} ${sentBy};branch=${branch}${params}`;
}

/** `host[:port]` for a Via or URI; IPv6 gets brackets, port 0 is left out. */
export function hostPort(host: string, port: number): string {
  return port === 0 ? bracketed(host) : `${bracketed(host)}:${port}`;
}

function transportAt(text: string, from: number, end: number): string {
  const length = end - from;
  const a = text.charCodeAt(from);
  const b = text.charCodeAt(from + 1);
  const c = text.charCodeAt(from + 2);
  if (length === 3) {
    if (a === 85 && b === 68 && c === 80) return "UDP";
    if (a === 84 && b === 67 && c === 80) return "TCP";
    if (a === 84 && b === 76 && c === 83) return "TLS";
    if (a === 87 && b === 83 && c === 83) return "WSS";
  }
  return text.slice(from, end).toUpperCase();
}

function isNamed(text: string, start: number, next: number, name: string): boolean {
  const after = start + name.length;
  if (after > next || !matchesAt(text, start, name)) return false;
  return after === next || !isTokenChar(text.charCodeAt(after));
}

function valueAt(text: string, afterName: number, next: number): string {
  const equals = skipSpace(text, afterName, next);
  if (equals >= next || text.charCodeAt(equals) !== 61) return "";
  return text.slice(skipSpace(text, equals + 1, next), trimEnd(text, equals + 1, next));
}

function fault(at: number, reason: string): Parsed<Via, UriFault> {
  return bad({ at, reason });
}
