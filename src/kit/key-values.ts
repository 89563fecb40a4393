// A small store of texts under names with an end of life: `cache_store` and its kin, and anything else that must not grow for ever.
import type { Clock, Ms } from "./clock.ts";

interface Entry {
  value: string;
  /** Monotonic; Infinity for what never ends. */
  readonly endsAt: Ms;
}

/** Texts by name, bounded; beyond the bound what was stored first goes first. */
export class KeyValues {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();
  /** How many entries were thrown out before their time because of the bound. */
  evicted = 0;

  constructor(clock: Clock, limit = 100_000) {
    this.#clock = clock;
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @returns undefined when there is none, or its time is over */
  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.endsAt > this.#clock.monotonic()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** @param ttlMs - 0 keeps it until it is removed */
  set(key: string, value: string, ttlMs: Ms = 0): void {
    this.#entries.delete(key); // the newest stands last
    this.#makeRoom();
    this.#entries.set(key, { value, endsAt: ttlMs > 0 ? this.#clock.monotonic() + ttlMs : Number.POSITIVE_INFINITY });
  }

  /** @returns whether there was one */
  remove(key: string): boolean {
    const isThere = this.get(key) !== undefined;
    this.#entries.delete(key);
    return isThere;
  }

  /**
   * Adds to a whole number; what is not there counts as 0.
   * @returns the sum, or undefined when a text stands there that is no number
   */
  add(key: string, by: number, ttlMs: Ms = 0): number | undefined {
    const before = this.get(key);
    const number = before === undefined ? 0 : Number(before);
    if (!Number.isSafeInteger(number)) return undefined;
    const sum = number + by;
    this.set(key, String(sum), ttlMs);
    return sum;
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#limit) return;
    const now = this.#clock.monotonic();
    // a few steps each time: what is over goes for nothing, and the walk never gets long
    let looked = 0;
    for (const [key, entry] of this.#entries) {
      if (entry.endsAt <= now) this.#entries.delete(key);
      if (++looked === 16 || this.#entries.size < this.#limit) break;
    }
    if (this.#entries.size < this.#limit) return;
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      this.evicted++;
      break;
    }
  }
}
