// Where the last records of calls that are gone stand: a few numbers for each, outside of the heap's objects, the oldest overwritten.

/** Most calls that are found after they have gone. */
const MOST = 65_536;

/** The last calls that went, in a ring. */
export class EndedCalls {
  readonly #entries: Uint32Array;
  readonly #ids: Uint32Array;
  readonly #positions: Float64Array;
  #count = 0;

  /** @param wanted - how many to remember; between 16 and 65,536 */
  constructor(wanted: number) {
    const size = Math.max(16, Math.min(MOST, wanted));
    this.#entries = new Uint32Array(size);
    this.#ids = new Uint32Array(size);
    this.#positions = new Float64Array(size);
  }

  add(entry: number, id: number, position: number): void {
    const at = this.#count++ % this.#positions.length;
    this.#entries[at] = entry;
    this.#ids[at] = id;
    this.#positions[at] = position;
  }

  /** Records of a cookie, the newest first. */
  positions(entry: number, id: number): readonly number[] {
    return this.inBucket(entry).flatMap((one) => (one.id === id ? [one.position] : []));
  }

  /** Records of a bucket, the newest first. */
  inBucket(entry: number): readonly { readonly id: number; readonly position: number }[] {
    const found: { id: number; position: number }[] = [];
    const size = this.#positions.length;
    const oldest = Math.max(0, this.#count - size);
    for (let n = this.#count - 1; n >= oldest; n--) {
      const at = n % size;
      if (this.#entries[at] === entry) found.push({ id: this.#ids[at] ?? 0, position: this.#positions[at] ?? 0 });
    }
    return found;
  }
}
