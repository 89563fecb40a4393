// Small values of the grammar: numbers with a sign, boolean words, names of routes, addresses.
import { parseIpv4, parseIpv6 } from "../../sip/index.ts";
import type { AddressLiteral, NumberLiteral, RouteCall } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { isDigit } from "./scan.ts";

/** Words that are numbers. */
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ["yes", 1],
  ["true", 1],
  ["on", 1],
  ["enable", 1],
  ["no", 0],
  ["false", 0],
  ["off", 0],
  ["disable", 0],
]);

/** 1 or 0 for a boolean word; undefined for any other. */
export function booleanOf(word: string): number | undefined {
  return BOOLEANS.get(word);
}

/** `null` and `NULL`, no other spelling. */
export function isNull(p: Cursor): boolean {
  return p.isWord("NULL") || p.isWord("null");
}

/** Whether a number, a sign before one, or a boolean word is in hand. */
export function isNumber(p: Cursor): boolean {
  return p.is("number") || p.is("-") || p.is("+") || (p.is("word") && BOOLEANS.has(p.token.text));
}

/** `["-" | "+"] NUMBER`, or a boolean word; undefined, with an error, when a sign has no number. Call only if `isNumber`. */
export function signedNumber(p: Cursor): NumberLiteral | undefined {
  const first = p.advance();
  if (first.kind === "word") return { kind: "number", span: p.spanOf(first), value: BOOLEANS.get(first.text) ?? 0, text: first.text };
  if (first.kind === "number") return { kind: "number", span: p.spanOf(first), value: first.number, text: first.text };
  if (!p.is("number")) return p.error(first, "syntax error", `a number is expected after '${first.text}'`, p.token);
  const number = p.advance();
  const value = first.kind === "-" ? -number.number | 0 : number.number;
  return { kind: "number", span: p.spanFrom(first.start), value, text: first.kind === "-" ? `-${number.text}` : number.text };
}

/** The name of a route where one is called: any word, a number, a text (perhaps a format) or a variable. */
export function routeTarget(p: Cursor, command: string): RouteCall["target"] | undefined {
  if (p.is("string")) return p.string();
  if (p.is("variable")) return p.variable();
  if (p.is("number")) return signedNumber(p);
  if (p.is("word")) {
    const token = p.advance();
    return { kind: "word", span: p.spanOf(token), text: token.text };
  }
  return p.error(p.token, `bad arguments for command <${command}>`, "the name of a route is expected here");
}

/**
 * The address or network at the lexer's place, which is just behind a comparison. An address is no token: `2001:db8::1` would be several.
 * @returns undefined, with nothing moved, when there is none
 */
export function addressAhead(p: Cursor): AddressLiteral | undefined {
  const before = p.lexer.at;
  p.lexer.skipBlanks();
  const start = p.lexer.at;
  const { text } = p.source;
  const isBracketed = text[start] === "[";
  const host = isBracketed ? start + 1 : start;
  let end = addressEnd(text, host);
  const inside = text.slice(host, end);
  let after = "";
  if (isBracketed && text[end] === "]") {
    // a prefix may stand inside or behind the brackets
    const behind = addressEnd(text, end + 1);
    after = text.slice(end + 1, behind);
    end = behind;
  }
  const address = addressOf(inside + after, isBracketed);
  if (address === undefined || (isBracketed && text[end - 1 - after.length] !== "]")) {
    // what was skipped is skipped again by the next token
    p.lexer.at = before;
    return undefined;
  }
  p.takeRaw(start, end);
  return { kind: "address", span: p.source.span(start, end), ...address };
}

/** Where the characters of an address and its prefix end. */
function addressEnd(text: string, start: number): number {
  let end = start;
  let slashes = 0;
  while (end - start < 64) {
    const c = text.charCodeAt(end);
    // a second slash divides, as does one with no digit behind it
    if (c === 47 && (slashes++ > 0 || !isDigit(text.charCodeAt(end + 1)))) break;
    if (!isDigit(c) && c !== 46 && c !== 47 && c !== 58 && !isHexLetter(c)) break;
    end++;
  }
  return end;
}

function isHexLetter(c: number): boolean {
  return (c >= 65 && c <= 70) || (c >= 97 && c <= 102);
}

function addressOf(text: string, isBracketed: boolean): { readonly address: string; readonly bits: number } | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const isV6 = address.includes(":");
  if (isV6 ? parseIpv6(address) === undefined : isBracketed || parseIpv4(address) < 0) return undefined;
  if (slash < 0) return { address, bits: -1 };
  const bits = bitsOf(text.slice(slash + 1));
  return bits < 0 || bits > (isV6 ? 128 : 32) ? undefined : { address, bits };
}

/** Length of a prefix: `8`, or a mask of that many ones: `255.0.0.0`. −1 for anything else. */
function bitsOf(text: string): number {
  const mask = parseIpv4(text);
  if (mask < 0) {
    let bits = 0;
    for (let i = 0; i < text.length; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9 || i > 2) return -1;
      bits = bits * 10 + digit;
    }
    return text === "" ? -1 : bits;
  }
  const inverse = ~mask >>> 0;
  // all ones are on the left: the inverse is one less than a power of two
  return (inverse & (inverse + 1)) === 0 ? Math.clz32(inverse) : -1;
}
