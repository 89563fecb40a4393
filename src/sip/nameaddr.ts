// name-addr and addr-spec with header parameters (RFC 3261 §20.10): From, To, Contact, Route, Record-Route and kin.
// The URI is located, not read; `sipUri()` reads it when somebody asks.

import { bad, good, type Parsed } from "../kit/index.ts";
import { isAddressStop, isSchemeChar, isUriStop, matchesAt, skipQuoted, skipSpace, trimEnd, unfold } from "./chars.ts";
import { findParam, listParams, type Param, paramEndAt, unquote } from "./params.ts";
import { parseUriAt, type SipUri, type UriFault } from "./uri.ts";

const MAX_PARAMS = 64;

/** One address of a header. A view on unfolded text. */
export class NameAddr {
  readonly #source: string;
  readonly #from: number;
  readonly #end: number;
  readonly #uriFrom: number;
  readonly #uriEnd: number;
  readonly #paramsFrom: number;
  /** The `tag` parameter, "" when absent. */
  readonly tag: string;

  constructor(source: string, from: number, end: number, uriFrom: number, uriEnd: number, paramsFrom: number, tag: string) {
    this.#source = source;
    this.#from = from;
    this.#end = end;
    this.#uriFrom = uriFrom;
    this.#uriEnd = uriEnd;
    this.#paramsFrom = paramsFrom;
    this.tag = tag;
  }

  /** The whole value, folds taken out. */
  get text(): string {
    return this.#source.slice(this.#from, this.#end);
  }
  /** Display name without quotes and escapes, "" when there is none. Bytes, usually UTF-8. */
  get display(): string {
    if (this.#source.charCodeAt(this.#uriFrom - 1) !== 60) return "";
    return unquote(this.#source.slice(this.#from, trimEnd(this.#source, this.#from, this.#uriFrom - 1)));
  }
  /** The URI as it stands, without brackets. `*` for a Contact of that form. */
  get uri(): string {
    return this.#source.slice(this.#uriFrom, this.#uriEnd);
  }
  /** The URI taken apart, undefined when it does not read as one. */
  sipUri(): SipUri | undefined {
    const uri = parseUriAt(this.#source, this.#uriFrom, this.#uriEnd);
    return uri.ok ? uri.value : undefined;
  }
  /** The whole value with another URI in its place; in brackets, so that what follows the URI stays the header's (RFC 3261 section 20.10). */
  withUri(uri: string): string {
    const isBracketed = this.#source.charCodeAt(this.#uriFrom - 1) === 60;
    const before = this.#source.slice(this.#from, this.#uriFrom);
    const after = this.#source.slice(this.#uriEnd, this.#end);
    return isBracketed ? before + uri + after : `${before}<${uri}>${after}`;
  }
  /** A header parameter's value, "" for one without value, undefined when absent. */
  param(name: string): string | undefined {
    return findParam(this.#source, this.#paramsFrom, this.#end, name);
  }
  /** All header parameters in order. */
  params(): readonly Param[] {
    return listParams(this.#source, this.#paramsFrom, this.#end);
  }
}

/**
 * Reads the address that fills a range of unfolded text.
 * An unquoted display name may hold anything but brackets and quotes: the URI is found by its `<` (RFC 4475 §3.1.2.15).
 * @returns a fault for open quotes or brackets, white space inside `<…>`, no scheme, controls, a second or empty tag
 */
export function parseNameAddrAt(text: string, from: number, end: number): Parsed<NameAddr, UriFault> {
  const start = skipSpace(text, from, end);
  const last = trimEnd(text, start, end);
  if (start === last) return fault(start, "empty");
  let open = -1;
  let stop = last;
  for (let i = start; i < last; ) {
    const c = text.charCodeAt(i);
    if (!isAddressStop(c)) i++;
    else if (c === 60) {
      open = i;
      break;
    } else if (c === 34) {
      i = skipQuoted(text, i, last);
      if (i < 0) return fault(start, "open quote");
    } else if (c !== 59) return fault(i, "control character");
    else {
      // Without brackets every parameter is the header's (RFC 3261 §20.10), so the URI ends here.
      if (stop === last) stop = i;
      i++;
    }
  }
  if (open < 0) return parseAddrSpec(text, start, stop, last);
  if (stop < open && text.charCodeAt(start) !== 34 && hasScheme(text, start, stop)) return parseAddrSpec(text, start, stop, last);
  const uriFrom = open + 1;
  let close = uriFrom;
  while (close < last && !isUriStop(text.charCodeAt(close))) close++;
  if (close >= last || text.charCodeAt(close) !== 62) return fault(close, "character not allowed between the brackets");
  if (!hasScheme(text, uriFrom, close)) return fault(uriFrom, "no scheme");
  return withParams(text, start, last, uriFrom, close, skipSpace(text, close + 1, last));
}

/** Reads an address that stands alone; folds are taken out first. */
export function parseNameAddr(text: string): Parsed<NameAddr, UriFault> {
  const flat = unfold(text);
  return parseNameAddrAt(flat, 0, flat.length);
}

function parseAddrSpec(text: string, start: number, stop: number, last: number): Parsed<NameAddr, UriFault> {
  const uriEnd = trimEnd(text, start, stop);
  for (let i = start; i < uriEnd; i++) {
    const c = text.charCodeAt(i);
    if (c === 44 || isUriStop(c)) return fault(i, "character not allowed");
  }
  const isStar = uriEnd === start + 1 && text.charCodeAt(start) === 42;
  if (!isStar && !hasScheme(text, start, uriEnd)) return fault(start, "no scheme");
  return withParams(text, start, last, start, uriEnd, stop);
}

function withParams(
  text: string,
  from: number,
  end: number,
  uriFrom: number,
  uriEnd: number,
  paramsFrom: number,
): Parsed<NameAddr, UriFault> {
  let tag = "";
  let count = 0;
  let i = paramsFrom;
  while (i < end && text.charCodeAt(i) === 59) {
    if (++count > MAX_PARAMS) return fault(i, "too many parameters");
    const start = skipSpace(text, i + 1, end);
    const next = paramEndAt(text, start, end);
    if (next < 0) return fault(start, "open quote or control character");
    if ((text.charCodeAt(start) | 32) === 116 && matchesAt(text, start, "tag")) {
      const equals = skipSpace(text, start + 3, next);
      if (equals >= next || text.charCodeAt(equals) === 61) {
        if (tag !== "") return fault(start, "two tags");
        const valueFrom = skipSpace(text, Math.min(equals + 1, next), next);
        const valueEnd = trimEnd(text, valueFrom, next);
        if (valueEnd <= valueFrom) return fault(start, "empty tag");
        for (let c = valueFrom; c < valueEnd; c++) if (isUriStop(text.charCodeAt(c))) return fault(c, "character not allowed in a tag");
        tag = text.slice(valueFrom, valueEnd);
      }
    }
    i = next;
  }
  if (i < end) return fault(i, "character not allowed");
  return good(new NameAddr(text, from, end, uriFrom, uriEnd, paramsFrom, tag));
}

function hasScheme(text: string, from: number, end: number): boolean {
  let i = from;
  while (i < end && isSchemeChar(text.charCodeAt(i))) i++;
  return i > from && i + 1 < end && text.charCodeAt(i) === 58;
}

function fault(at: number, reason: string): Parsed<NameAddr, UriFault> {
  return bad({ at, reason });
}
