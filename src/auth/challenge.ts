// What a 401 or 407 asks for (RFC 3261 section 22, RFC 7616 section 3.3, RFC 8760), read from one header line.
import { equalsIgnoreCase } from "../sip/index.ts";
import { type Algorithm, algorithmOf } from "./algorithm.ts";

/** A Digest challenge that can be answered. Quoted values are as they stand between the quotes, escapes kept. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  /** Undefined when there is none; it is given back as it came. */
  readonly opaque: string | undefined;
  readonly algorithm: Algorithm;
  /** The protection to answer with: `auth` where it is offered. Empty: none was asked for (RFC 2617 section 3.2.2.1, the oldest form). */
  readonly qop: "" | "auth" | "auth-int";
}

/** One parameter of a challenge. */
interface Parameter {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads the first challenge of a line.
 * @param value - of a WWW-Authenticate or Proxy-Authenticate header, unfolded
 * @returns undefined for another scheme than Digest, an unknown algorithm, a `qop` with nothing known in it, no realm or no nonce
 */
export function parseChallenge(value: string): Challenge | undefined {
  const schemeEnd = tokenEnd(value, 0);
  if (!equalsIgnoreCase(value.slice(0, schemeEnd), "Digest")) return undefined;
  let realm: string | undefined;
  let nonce: string | undefined;
  let opaque: string | undefined;
  let algorithm = algorithmOf("MD5");
  let qop: Challenge["qop"] | undefined = "";
  let at = schemeEnd;
  while (at < value.length) {
    const from = skipSeparators(value, at);
    if (from >= value.length) break;
    const end = parameterEnd(value, from);
    if (end < 0) return undefined;
    const parameter = readParameter(value, from, end);
    if (parameter === undefined) break; // the next challenge of a line that holds several
    at = end;
    switch (parameter.name.toLowerCase()) {
      case "realm":
        realm ??= parameter.value;
        break;
      case "nonce":
        nonce ??= parameter.value;
        break;
      case "opaque":
        opaque ??= parameter.value;
        break;
      case "algorithm":
        algorithm = algorithmOf(parameter.value);
        break;
      case "qop":
        qop = chooseQop(parameter.value);
        break;
    }
  }
  if (realm === undefined || nonce === undefined || nonce === "" || algorithm === undefined || qop === undefined) return undefined;
  return { realm, nonce, opaque, algorithm, qop };
}

function chooseQop(list: string): Challenge["qop"] | undefined {
  let offersInt = false;
  for (const item of list.split(",")) {
    const word = item.trim();
    if (equalsIgnoreCase(word, "auth")) return "auth";
    offersInt ||= equalsIgnoreCase(word, "auth-int");
  }
  return offersInt ? "auth-int" : undefined;
}

/** `name=value` or `name="value"`. @returns undefined without `=`, which only a scheme has */
function readParameter(text: string, from: number, end: number): Parameter | undefined {
  const nameEnd = tokenEnd(text, from);
  let at = skipSpaces(text, nameEnd);
  if (nameEnd === from || at >= end || text.charCodeAt(at) !== 61) return undefined;
  at = skipSpaces(text, at + 1);
  const value = text.slice(at, end).trimEnd();
  const isQuoted = value.length > 1 && value.charCodeAt(0) === 34;
  return { name: text.slice(from, nameEnd), value: isQuoted ? value.slice(1, -1) : value };
}

/** The offset of the comma after a parameter, or the end; −1 for an open quote. */
function parameterEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 44) return i;
    if (c !== 34) continue;
    i++;
    while (i < text.length && text.charCodeAt(i) !== 34) i += text.charCodeAt(i) === 92 ? 2 : 1;
    if (i >= text.length) return -1;
  }
  return text.length;
}

function tokenEnd(text: string, from: number): number {
  let i = from;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c === 61 || c === 44 || c === 34) break;
    i++;
  }
  return i;
}

function skipSpaces(text: string, from: number): number {
  let i = from;
  while (i < text.length && (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9)) i++;
  return i;
}

function skipSeparators(text: string, from: number): number {
  let i = from;
  while (i < text.length && (text.charCodeAt(i) === 44 || text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9)) i++;
  return i;
}
