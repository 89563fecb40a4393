// Numbers as they stand in Contact parameters: q values in thousandths, seconds.

/** Longest lifetime that is counted, about 68 years: what is above is as good as this. */
const MOST_SECONDS = 2_147_483_647;

/**
 * Reads delta-seconds.
 * @returns −1 when it is no plain number; numbers too large to count are 2³¹−1
 */
export function seconds(text: string): number {
  if (text === "") return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = Math.min(value * 10 + digit, MOST_SECONDS);
  }
  return value;
}

/**
 * Reads a q value (RFC 3261 section 25.1), 0 to 1 with up to three decimals.
 * @returns thousandths, or −1 when it is none
 */
export function qValue(text: string): number {
  const first = text.charCodeAt(0);
  // ".5" is let in: it is common, and means nothing else
  const isBare = first === 46 && text.length > 1;
  const dot = isBare ? 0 : 1;
  if (text === "" || text.length > dot + 4) return -1;
  if (!isBare && first !== 48 && first !== 49) return -1;
  let value = first === 49 ? 1000 : 0;
  if (text.length > dot && text.charCodeAt(dot) !== 46) return -1;
  let place = 100;
  for (let i = dot + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value += digit * place;
    place /= 10;
  }
  return value > 1000 ? -1 : value;
}

/** A q value as it is written: `1`, `0.5`; "" when it is unspecified. */
export function qText(thousandths: number): string {
  if (thousandths < 0) return "";
  if (thousandths >= 1000) return "1";
  if (thousandths === 0) return "0";
  let digits = String(thousandths).padStart(3, "0");
  while (digits.endsWith("0")) digits = digits.slice(0, -1);
  return `0.${digits}`;
}
