// The result of reading something a peer wrote: a value or a fault, never an exception.

export interface Good<T> {
  readonly ok: true;
  readonly value: T;
}
export interface Bad<F> {
  readonly ok: false;
  readonly fault: F;
}
/** What a parser returns. A peer's mistake is a value. */
export type Parsed<T, F = string> = Good<T> | Bad<F>;

/** Wraps a parsed value. */
export function good<T>(value: T): Good<T> {
  return { ok: true, value };
}

/** Wraps a fault. */
export function bad<F>(fault: F): Bad<F> {
  return { ok: false, fault };
}
