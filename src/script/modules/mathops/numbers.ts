// Numbers as text: read from what scripts hand in, written with a fixed number of decimals.

/** Reads a decimal number, with a fraction and an exponent if it likes; undefined for anything else, and for what is not finite. */
export function readNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const end = numberEnd(trimmed, 0, true);
  if (end <= 0 || end !== trimmed.length) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Where the number that begins at an offset ends.
 * @param isSigned - whether it may begin with a sign
 * @returns −1 when none begins there
 */
export function numberEnd(text: string, from: number, isSigned: boolean): number {
  let i = from;
  if (isSigned && (text.charAt(i) === "-" || text.charAt(i) === "+")) i++;
  const digits = i;
  while (isDigit(text, i)) i++;
  let count = i - digits;
  if (text.charAt(i) === ".") {
    const point = i++;
    while (isDigit(text, i)) i++;
    count += i - point - 1;
  }
  if (count === 0) return -1;
  if (text.charAt(i) === "e" || text.charAt(i) === "E") {
    let exponent = i + 1;
    if (text.charAt(exponent) === "-" || text.charAt(exponent) === "+") exponent++;
    if (isDigit(text, exponent)) {
      while (isDigit(text, exponent)) exponent++;
      i = exponent;
    }
  }
  return i;
}

/** With that many decimals, however large: never with an exponent. */
export function fixed(value: number, decimals: number): string {
  const digits = Math.min(Math.max(decimals, 0), 100);
  if (Math.abs(value) < 1e21) return value.toFixed(digits);
  return BigInt(value).toString() + (digits === 0 ? "" : `.${"0".repeat(digits)}`);
}

/** Nearest integer, halves away from zero. */
export function roundAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value);
}

/** Rounded to a number of decimals, halves away from zero, as the decimal text of the number has it: 2.675 becomes 2.68. */
export function roundTo(value: number, decimals: number): number {
  const scaled = Number(`${value}e${decimals}`);
  const rounded = Number(`${roundAway(Number.isNaN(scaled) ? value * 10 ** decimals : scaled)}e${-decimals}`);
  return Number.isFinite(rounded) ? rounded : value;
}

/** Rounded to a number of significant figures and written so that they show: 17892.987 with 6 is `17893.0`. */
export function significant(value: number, figures: number): string {
  if (value === 0) return fixed(0, figures - 1);
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const decimals = figures - 1 - magnitude;
  return fixed(roundTo(value, decimals), decimals);
}

function isDigit(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  return code >= 48 && code <= 57;
}
