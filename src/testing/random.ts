// Randomness from a seed: the same seed, the same numbers, on every machine.
import type { Random } from "../kit/index.ts";

/** xoshiro128** (Blackman, Vigna 2018), seeded through SplitMix32. Not for secrets. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed - any integer; only its low 32 bits count */
  constructor(seed: number) {
    let state = seed | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1; // never all zero
  }

  uint32(): number {
    const b = this.#b;
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9);
    const t = b << 9;
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Whole number in 0 … `count` − 1; 0 when `count` is below 2. */
  below(count: number): number {
    return count < 2 ? 0 : Math.floor(this.unit() * count);
  }

  /** Whole number in `from` … `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True with the given probability; draws a number only when the outcome is open. */
  chance(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.unit() < probability);
  }

  /**
   * One of a list.
   * @throws RangeError when the list is empty
   */
  pick<T>(items: readonly T[]): T {
    const index = this.below(items.length);
    if (index >= items.length) throw new RangeError("nothing to pick from");
    return items[index] as T;
  }

  /** A generator of its own, so that what one part draws does not disturb another. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32());
  }
}

/** A generator from a seed. */
export function seededRandom(seed: number): SeededRandom {
  return new SeededRandom(seed);
}
