// Parameters after a semicolon: `;name`, `;name=value`, `;name="quoted"`. RFC 3261 §7.3.1 (generic-param).
// The scanners work on unfolded text; spaces around `;` and `=` are allowed, empty parameters are skipped.

import { equalsIgnoreCase, isParamStop, matchesAt, skipQuoted, skipSpace, trimEnd } from "./chars.ts";

/**
 * Steps over one parameter.
 * @param at - the offset after its semicolon
 * @returns the offset of the next `;` or `,`, or `end`; -1 for an open quote or a control byte
 */
export function paramEndAt(text: string, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const c = text.charCodeAt(i);
    if (!isParamStop(c)) i++;
    else if (c === 59 || c === 44) return i;
    else if (c !== 34) return -1;
    else {
      i = skipQuoted(text, i, end);
      if (i < 0) return -1;
    }
  }
  return end;
}

/**
 * Looks a parameter up.
 * @param from - the offset of the first `;`, or `end`
 * @returns its value, unquoted; "" for one without a value; undefined when it is not there
 */
export function findParam(text: string, from: number, end: number, name: string): string | undefined {
  const lower = name.toLowerCase();
  let at = from;
  while (at < end && text.charCodeAt(at) === 59) {
    const start = skipSpace(text, at + 1, end);
    const next = paramEndAt(text, start, end);
    if (next < 0) return undefined;
    const after = start + lower.length;
    if (after <= next && matchesAt(text, start, lower)) {
      const equals = skipSpace(text, after, next);
      if (equals >= next) return "";
      if (text.charCodeAt(equals) === 61) return unquote(text.slice(skipSpace(text, equals + 1, next), trimEnd(text, equals + 1, next)));
    }
    at = next;
  }
  return undefined;
}

/** One parameter as it stands: `value` is raw (quotes kept), undefined without `=`. */
export interface Param {
  readonly name: string;
  readonly value: string | undefined;
}

/** All parameters from the first `;` on, in order, empty ones skipped. */
export function listParams(text: string, from: number, end: number): Param[] {
  const found: Param[] = [];
  let at = from;
  while (at < end && text.charCodeAt(at) === 59) {
    const start = skipSpace(text, at + 1, end);
    const next = paramEndAt(text, start, end);
    if (next < 0) break;
    let equals = start;
    while (equals < next && text.charCodeAt(equals) !== 61) equals++;
    const name = text.slice(start, trimEnd(text, start, equals));
    if (name !== "") {
      const value = equals < next ? text.slice(skipSpace(text, equals + 1, next), trimEnd(text, equals + 1, next)) : undefined;
      found.push({ name, value });
    }
    at = next;
  }
  return found;
}

/** The parameter of that name in a list, ASCII case ignored. */
export function paramIn(params: readonly Param[], name: string): Param | undefined {
  return params.find((param) => equalsIgnoreCase(param.name, name));
}

/** Takes the quotes and backslashes off a quoted string; any other text comes back as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== 34 || text.charCodeAt(text.length - 1) !== 34) return text;
  const inner = text.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  let out = "";
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === 92 && i + 1 < inner.length) i++;
    out += inner.charAt(i);
  }
  return out;
}
