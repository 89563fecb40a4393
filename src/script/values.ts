// What variables hold and expressions compute: nothing, text, a 32-bit integer, or both at once.
// Text is latin1, one character for each byte, as everywhere else.

/** Text and integer that do not say the same: `{s.int}` of "12abc", a flag that prints `true` and counts as 1. */
export class Dual {
  readonly text: string;
  readonly int: number;

  constructor(text: string, int: number) {
    this.text = text;
    this.int = int;
  }
}

/** An integer that has no text form: `$T_fr_timeout`. */
export class IntOnly {
  readonly int: number;

  constructor(int: number) {
    this.int = int;
  }
}

/**
 * A value: `null` is NULL, a string has text only, a number is a 32-bit integer that also reads as its decimal text ("dual" in the
 * tables of variables).
 */
export type Value = null | string | number | Dual | IntOnly;

/** 32 bits with sign, wrapping. */
export function int32(n: number): number {
  return n | 0;
}

/** The text form; undefined when there is none. */
export function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  return value instanceof Dual ? value.text : undefined;
}

/** The integer form; undefined when there is none: text is never read as a number. */
export function intOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  return value instanceof Dual || value instanceof IntOnly ? value.int : undefined;
}

/** As it stands in a log line or a format: NULL is `<null>`. */
export function printed(value: Value): string {
  if (value === null) return "<null>";
  return value instanceof IntOnly ? String(value.int) : (textOf(value) ?? "");
}

/** Truth of a variable in a condition: false for NULL, "" and 0; "0" is true. */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  const int = intOf(value);
  return int === undefined ? value !== "" : int !== 0;
}
