// Whether two URIs name the same thing (RFC 3261 §19.1.4, M-25).

import { equalsIgnoreCase, hexValue, isUnreserved } from "./chars.ts";
import { hostEquals } from "./hosts.ts";
import { type Param, paramIn } from "./params.ts";
import type { SipUri } from "./uri.ts";

// These must be equal or absent on both sides; any other parameter counts only where both have it.
const STRICT: ReadonlySet<string> = new Set(["user", "ttl", "method", "maddr", "transport"]);
// Values made by an element for itself: bytes count (M-22).
const BYTEWISE: ReadonlySet<string> = new Set(["gr", "did", "ftag"]);

/** RFC 3261 §19.1.4. Symmetric. URIs of other schemes than sip and sips are compared byte by byte, the scheme case-blind. */
export function uriEquals(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme) return false;
  if (!a.isSip) return a.text.slice(a.scheme.length) === b.text.slice(b.scheme.length);
  if (!sameText(a.user, b.user) || !sameText(a.password, b.password)) return false;
  // An explicit default port is not the same as none.
  if (a.port !== b.port || !hostEquals(a.host, b.host)) return false;
  return sameParams(a, b) && sameHeaders(a.headers, b.headers);
}

function sameText(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && unescapeUri(a) === unescapeUri(b);
}

function sameParams(a: SipUri, b: SipUri): boolean {
  if (a.paramText === b.paramText) return true;
  const left = a.params();
  const right = b.params();
  return covers(left, right) && covers(right, left);
}

function covers(left: readonly Param[], right: readonly Param[]): boolean {
  for (const one of left) {
    const name = unescapeUri(one.name).toLowerCase();
    const other = paramIn(right, one.name) ?? right.find((param) => unescapeUri(param.name).toLowerCase() === name);
    if (other === undefined) {
      if (STRICT.has(name)) return false;
    } else if (!sameValue(name, one.value ?? "", other.value ?? "")) return false;
  }
  return true;
}

function sameValue(name: string, a: string, b: string): boolean {
  if (a === b) return true;
  const x = unescapeUri(a);
  const y = unescapeUri(b);
  return BYTEWISE.has(name) ? x === y : equalsIgnoreCase(x, y);
}

function sameHeaders(a: string, b: string): boolean {
  if (a === b) return true;
  const left = a.split("&").map(normalHeader).sort();
  const right = b.split("&").map(normalHeader).sort();
  return left.length === right.length && left.every((header, i) => header === right[i]);
}

function normalHeader(header: string): string {
  const equals = header.indexOf("=");
  if (equals < 0) return unescapeUri(header).toLowerCase();
  return `${unescapeUri(header.slice(0, equals)).toLowerCase()}=${unescapeUri(header.slice(equals + 1))}`;
}

/**
 * Undoes the escapes that change nothing: of characters that need none (`%61` = `a`). All others stay, their digits in
 * upper case, so that an escaped separator never becomes a separator and `%00` never a NUL (M-24).
 */
export function unescapeUri(text: string): string {
  let percent = text.indexOf("%");
  if (percent < 0) return text;
  let out = "";
  let from = 0;
  while (percent >= 0) {
    const high = hexValue(text.charCodeAt(percent + 1));
    const low = hexValue(text.charCodeAt(percent + 2));
    if (high >= 0 && low >= 0) {
      const code = high * 16 + low;
      out += text.slice(from, percent);
      out += isUnreserved(code) ? String.fromCharCode(code) : text.slice(percent, percent + 3).toUpperCase();
      from = percent + 3;
    }
    percent = text.indexOf("%", percent + 1);
  }
  return out + text.slice(from);
}
