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
