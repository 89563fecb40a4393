// Durations as people write them: 30, "30s", "500ms", "1h 30m". Inside, everything is integer milliseconds.
import type { Ms } from "./clock.ts";

const UNITS: readonly (readonly [suffix: string, ms: number])[] = [
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
];

/** A duration written by our user: a number in the setting's own unit, or text with units. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}` | (string & {});

/**
 * Reads a duration.
 * @param unitMs - what a bare number counts: 1000 for settings in seconds, 1 for settings in milliseconds
 * @returns milliseconds, rounded; undefined when it is negative, not finite or not a duration
 */
export function durationMs(value: Duration, unitMs: number): Ms | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? Math.round(value * unitMs) : undefined;
  const text = value.trim();
  if (text === "") return undefined;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    const start = at;
    while (at < text.length && isNumeral(text.charCodeAt(at))) at++;
    if (at === start) return undefined;
    const count = Number(text.slice(start, at));
    if (!Number.isFinite(count)) return undefined;
    const unitAt = at;
    while (at < text.length && text.charCodeAt(at) >= 97 && text.charCodeAt(at) <= 122) at++;
    const suffix = text.slice(unitAt, at);
    const unit = suffix === "" ? unitMs : UNITS.find(([name]) => name === suffix)?.[1];
    if (unit === undefined) return undefined;
    total += count * unit;
    while (text.charCodeAt(at) === 32) at++;
  }
  return Math.round(total);
}

function isNumeral(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46;
}
