// What came before what, where milliseconds are too coarse: everybody who writes something down counts on.

/** A number that only grows, 32 bits of which are kept. */
export interface Sequence {
  value: number;
}

/** Which of two numbers of a sequence came first: below 0 the left one. Right for stories shorter than 2^31 steps. */
export function compareSequence(left: number, right: number): number {
  return (left - right) | 0;
}
