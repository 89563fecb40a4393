// Markdown tables and how figures are printed in them.

import type { Spread } from "./figures.ts";

/** A table; the first row is the header, the first column is text and the others are figures. */
export function table(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  const rule = header.map((_, i) => (i === 0 ? "---" : "---:"));
  return [header, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** A number with so many digits after the point and thousands apart; a dash when there is none. */
export function figure(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The median, with the extremes of the runs behind it when there are several. */
export function spreadText(of: Spread, digits = 0): string {
  if (of.runs === 0) return "–";
  const extremes = of.runs > 1 ? ` (${figure(of.low, digits)}–${figure(of.high, digits)})` : "";
  return `${figure(of.median, digits)}${extremes}`;
}

/** Bytes as kilobytes of 1,024. */
export function kilobytes(bytes: number): number {
  return bytes / 1024;
}

/** Bytes as megabytes. */
export function megabytes(bytes: number): number {
  return bytes / 2 ** 20;
}
