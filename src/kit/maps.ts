// Tables that stay quick when they are large, and caches that stay small.

const SHARDS = 64;

/**
 * A map in 64 parts. One large `Map` stops the loop for milliseconds each time it grows (17 ms at 262,144 entries);
 * its parts grow at different moments and quickly.
 */
export class ShardedMap<K extends string | number, V> {
  readonly #parts: Map<K, V>[] = Array.from({ length: SHARDS }, () => new Map<K, V>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#part(key).get(key);
  }

  has(key: K): boolean {
    return this.#part(key).has(key);
  }

  set(key: K, value: V): void {
    const part = this.#part(key);
    const before = part.size;
    part.set(key, value);
    this.#size += part.size - before;
  }

  delete(key: K): boolean {
    const gone = this.#part(key).delete(key);
    if (gone) this.#size--;
    return gone;
  }

  /** Every value, in no particular order. */
  *values(): IterableIterator<V> {
    for (const part of this.#parts) yield* part.values();
  }

  /** Every entry, in no particular order; entries may come and go meanwhile. */
  *entries(): IterableIterator<[K, V]> {
    for (const part of this.#parts) yield* part.entries();
  }

  #part(key: K): Map<K, V> {
    const part = this.#parts[typeof key === "number" ? key & (SHARDS - 1) : spread(key)];
    return part ?? (this.#parts[0] as Map<K, V>);
  }
}

/** Mixes characters of the whole key, at most 16: where keys of one peer differ, nobody can say (Call-IDs often end alike). */
function spread(key: string): number {
  const length = key.length;
  const every = 1 + (length >>> 4);
  let mix = length;
  for (let i = 0; i < length; i += every) mix = (Math.imul(mix, 31) + key.charCodeAt(i)) | 0;
  return (mix ^ (mix >>> 11)) & (SHARDS - 1);
}

/** A bounded map that forgets what was used longest ago. */
export class LruMap<K, V> {
  readonly #map = new Map<K, V>();
  readonly #max: number;
  /** How many entries were pushed out by the bound. */
  evicted = 0;

  /** @param max - most entries kept, at least 1 */
  constructor(max: number) {
    this.#max = Math.max(1, max);
  }

  get size(): number {
    return this.#map.size;
  }

  /** Looks up and marks as just used. */
  get(key: K): V | undefined {
    const value = this.#map.get(key);
    if (value === undefined) return undefined;
    this.#map.delete(key);
    this.#map.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= this.#max) return;
    for (const oldest of this.#map.keys()) {
      this.#map.delete(oldest);
      this.evicted++;
      break;
    }
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }
}
