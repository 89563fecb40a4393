// Comma-separated header values (M-15): commas inside quotes, angle brackets and comments do not separate.

import { skipFold, skipQuoted, trimEnd } from "./chars.ts";

/**
 * Where each value of a list stands, as pairs of offsets without the white space around.
 * An open quote or bracket makes the rest one value. Empty values are listed too (from = end).
 */
export function listRanges(text: string, from: number, end: number): number[] {
  const ranges: number[] = [];
  let start = skipFold(text, from, end);
  let i = start;
  while (i < end) {
    const c = text.charCodeAt(i);
    if (c === 34) {
      const after = skipQuoted(text, i, end);
      i = after < 0 ? end : after;
    } else if (c === 60) {
      // A quote or a comma between the brackets belongs to the URI.
      const close = text.indexOf(">", i);
      i = close < 0 || close >= end ? end : close + 1;
    } else if (c === 44) {
      ranges.push(start, trimEnd(text, start, i));
      start = skipFold(text, i + 1, end);
      i = start;
    } else i++;
  }
  ranges.push(start, trimEnd(text, start, end));
  return ranges;
}

/** The values of a comma-separated header value in order, trimmed; empty elements are left out. */
export function splitList(value: string): string[] {
  const ranges = listRanges(value, 0, value.length);
  const values: string[] = [];
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    const from = ranges[i] ?? 0;
    const end = ranges[i + 1] ?? 0;
    if (end > from) values.push(value.slice(from, end));
  }
  return values;
}

/** What becomes of one value of a list: it stays, it is to go, or it went before. */
export type ValueFate = "kept" | "meant" | "gone";

/**
 * Which pieces of a list have to go, commas included, so that what is left reads as a list. One pass: a list may hold thousands of
 * values, and all of them may be meant.
 * @param ranges - of `listRanges`; empty values are passed over
 * @returns pairs of offsets in order; `isEmptied` when no value is left
 */
export function listRemovals(
  ranges: readonly number[],
  fateOf: (from: number, end: number) => ValueFate,
): { readonly pieces: readonly number[]; readonly isEmptied: boolean } {
  const pieces: number[] = [];
  // end of the last value that stays; begin and end of those behind it that go
  let keptEnd = -1;
  let goneFrom = -1;
  let goneEnd = -1;
  for (let k = 0; k + 1 < ranges.length; k += 2) {
    const from = ranges[k] ?? 0;
    const end = ranges[k + 1] ?? 0;
    const fate = end > from ? fateOf(from, end) : "gone";
    if (fate === "gone") continue;
    if (fate === "meant") {
      if (goneFrom < 0) goneFrom = from;
      goneEnd = end;
      continue;
    }
    if (goneFrom >= 0) {
      if (keptEnd < 0) pieces.push(goneFrom, from);
      else pieces.push(keptEnd, goneEnd);
      goneFrom = -1;
    }
    keptEnd = end;
  }
  if (goneFrom >= 0) pieces.push(keptEnd < 0 ? goneFrom : keptEnd, goneEnd);
  return { pieces, isEmptied: keptEnd < 0 };
}
