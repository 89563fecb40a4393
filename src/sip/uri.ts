// URIs (RFC 3261 §19.1, RFC 3966, M-19..M-24): one pass over the text, parts sliced when asked for.
// sip and sips are taken apart; tel has a user part only; any other scheme stays opaque.

import { bad, good, type Parsed } from "../kit/index.ts";
import { decimal, isSchemeChar, isUriStop } from "./chars.ts";
import { hostEndAt, hostText } from "./hosts.ts";
import { findParam, listParams, type Param } from "./params.ts";

/** Why a URI or a name-addr could not be read. */
export interface UriFault {
  /** Offset in the text handed in. */
  readonly at: number;
  readonly reason: string;
}

/** Longest URI that is read (M-20). */
export const MAX_URI = 4096;
const MAX_PARAMS = 64;

/**
 * One URI. A view: it keeps the string it was read from alive; what outlives its message is parsed from a copy (`keep`).
 */
export class SipUri {
  readonly #source: string;
  readonly #from: number;
  readonly #end: number;
  readonly #userFrom: number;
  readonly #userEnd: number;
  readonly #passwordEnd: number;
  readonly #paramsFrom: number;
  readonly #paramsEnd: number;
  /** Lower case: `sip`, `sips`, `tel`, or whatever stood before the colon. */
  readonly scheme: string;
  /** Host as received, IPv6 without brackets; "" for tel and opaque URIs. */
  readonly host: string;
  /** Port, 0 when absent. */
  readonly port: number;
  /** Whether the scheme is sip or sips. */
  readonly isSip: boolean;

  constructor(source: string, offsets: UriOffsets) {
    this.#source = source;
    this.#from = offsets.from;
    this.#end = offsets.end;
    this.#userFrom = offsets.userFrom;
    this.#userEnd = offsets.userEnd;
    this.#passwordEnd = offsets.passwordEnd;
    this.#paramsFrom = offsets.paramsFrom;
    this.#paramsEnd = offsets.paramsEnd;
    this.scheme = offsets.scheme;
    this.host = offsets.host;
    this.port = offsets.port;
    this.isSip = offsets.scheme === "sip" || offsets.scheme === "sips";
  }

  /** The whole URI as received. */
  get text(): string {
    return this.#source.slice(this.#from, this.#end);
  }
  /** User part with its escapes, undefined when there is none. For tel: the number. */
  get user(): string | undefined {
    return this.#userEnd < 0 ? undefined : this.#source.slice(this.#userFrom, this.#userEnd);
  }
  /** Password with its escapes, undefined when there is none. */
  get password(): string | undefined {
    return this.#passwordEnd < 0 ? undefined : this.#source.slice(this.#userEnd + 1, this.#passwordEnd);
  }
  /** A parameter's value, "" for one without value, undefined when absent. Names are case-blind. */
  param(name: string): string | undefined {
    if (this.#paramsFrom === this.#paramsEnd) return undefined;
    return findParam(this.#source, this.#paramsFrom, this.#paramsEnd, name);
  }
  /** Whether the parameter is there, with or without a value. */
  has(name: string): boolean {
    return this.param(name) !== undefined;
  }
  /** All parameters in order. */
  params(): readonly Param[] {
    return listParams(this.#source, this.#paramsFrom, this.#paramsEnd);
  }
  /** The parameters as they stand, with the leading semicolon; "" when there are none. */
  get paramText(): string {
    return this.#source.slice(this.#paramsFrom, this.#paramsEnd);
  }
  /** The `transport` parameter in lower case, undefined when absent. */
  get transport(): string | undefined {
    return this.param("transport")?.toLowerCase();
  }
  /** Whether `lr` is there (loose router, RFC 3261 §19.1.1). */
  get isLoose(): boolean {
    return this.has("lr");
  }
  /** The part after `?`, "" when there is none. */
  get headers(): string {
    return this.#paramsEnd < this.#end ? this.#source.slice(this.#paramsEnd + 1, this.#end) : "";
  }
}

/** Where the parts of a URI stand in its source. */
export interface UriOffsets {
  readonly from: number;
  readonly end: number;
  readonly scheme: string;
  readonly userFrom: number;
  /** -1 without a user part. */
  readonly userEnd: number;
  /** -1 without a password. */
  readonly passwordEnd: number;
  readonly host: string;
  readonly port: number;
  /** Offset of the first `;`, equal to `paramsEnd` without parameters. */
  readonly paramsFrom: number;
  readonly paramsEnd: number;
}

/**
 * Reads the URI that fills the range exactly.
 * @returns a fault for brackets, spaces or controls, two `@`, a bad host or port, more than 64 parameters (M-19..M-21)
 */
export function parseUriAt(text: string, from: number, end: number): Parsed<SipUri, UriFault> {
  if (end - from < 5) return fault(from, "too short");
  if (end - from > MAX_URI) return fault(from, "too long");
  let colon = from;
  while (colon < end && isSchemeChar(text.charCodeAt(colon))) colon++;
  const first = text.charCodeAt(from) | 32;
  if (colon >= end || text.charCodeAt(colon) !== 58 || colon === from || first < 97 || first > 122) return fault(from, "no scheme");
  const scheme = schemeAt(text, from, colon);
  if (scheme === "sip" || scheme === "sips") return parseSip(text, from, end, scheme, colon + 1);
  for (let i = colon + 1; i < end; i++) if (isUriStop(text.charCodeAt(i))) return fault(i, "character not allowed");
  if (colon + 1 === end) return fault(end, "nothing after the scheme");
  const offsets = {
    from,
    end,
    scheme,
    userFrom: colon + 1,
    userEnd: -1,
    passwordEnd: -1,
    host: "",
    port: 0,
    paramsFrom: end,
    paramsEnd: end,
  };
  if (scheme !== "tel") return good(new SipUri(text, offsets));
  const semicolon = text.indexOf(";", colon);
  const userEnd = semicolon < 0 || semicolon > end ? end : semicolon;
  return good(new SipUri(text, { ...offsets, userEnd, paramsFrom: userEnd }));
}

/** Reads a URI that stands alone. */
export function parseUri(text: string): Parsed<SipUri, UriFault> {
  return parseUriAt(text, 0, text.length);
}

function parseSip(text: string, from: number, end: number, scheme: string, start: number): Parsed<SipUri, UriFault> {
  // The user part may hold `;` `?` and `:`, so the `@` is looked for first (M-21).
  let at = -1;
  let colon = -1;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === 64) {
      at = i;
      break;
    }
    if (c === 58 && colon < 0) colon = i;
    else if (isUriStop(c)) return fault(i, "character not allowed");
  }
  let userEnd = -1;
  let passwordEnd = -1;
  if (at >= 0) {
    userEnd = at;
    if (colon >= 0) {
      userEnd = colon;
      passwordEnd = at;
    }
    if (userEnd === start) return fault(start, "empty user part");
  }
  const hostFrom = at < 0 ? start : at + 1;
  const hostEnd = hostEndAt(text, hostFrom, end);
  if (hostEnd < 0) return fault(hostFrom, "bad host");
  let i = hostEnd;
  let port = 0;
  if (i < end && text.charCodeAt(i) === 58) {
    let digits = i + 1;
    while (digits < end && text.charCodeAt(digits) >= 48 && text.charCodeAt(digits) <= 57) digits++;
    port = decimal(text, i + 1, digits, 65535);
    if (port <= 0) return fault(i + 1, "bad port");
    i = digits;
  }
  const paramsFrom = i;
  let count = 0;
  for (; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === 59) {
      if (++count > MAX_PARAMS) return fault(i, "too many parameters");
    } else if (c === 63) break;
    // Two `@` would let two elements disagree about the host.
    else if (i === paramsFrom || c === 64 || isUriStop(c)) return fault(i, "character not allowed");
  }
  for (let h = i; h < end; h++) if (isUriStop(text.charCodeAt(h))) return fault(h, "character not allowed");
  return good(
    new SipUri(text, {
      from,
      end,
      scheme,
      userFrom: start,
      userEnd,
      passwordEnd,
      host: hostText(text, hostFrom, hostEnd),
      port,
      paramsFrom,
      paramsEnd: i,
    }),
  );
}

function schemeAt(text: string, from: number, end: number): string {
  if ((text.charCodeAt(from) | 32) === 115 && (text.charCodeAt(from + 1) | 32) === 105 && (text.charCodeAt(from + 2) | 32) === 112) {
    if (end - from === 3) return "sip";
    if (end - from === 4 && (text.charCodeAt(from + 3) | 32) === 115) return "sips";
  }
  return text.slice(from, end).toLowerCase();
}

function fault(at: number, reason: string): Parsed<SipUri, UriFault> {
  return bad({ at, reason });
}
