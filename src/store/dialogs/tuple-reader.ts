// Reads a tuple that came out of a database, part by part: what is not what it should be is noticed and read as an empty value.

/** One pass over one tuple. */
export class TupleReader {
  readonly #parts: readonly unknown[];
  #at = 0;
  #isGood = true;

  private constructor(parts: readonly unknown[]) {
    this.#parts = parts;
  }

  /** @returns undefined for anything but an array */
  static of(value: unknown): TupleReader | undefined {
    return Array.isArray(value) ? new TupleReader(value) : undefined;
  }

  /** Of a tuple without parts: everything is empty. */
  static empty(): TupleReader {
    return new TupleReader([]);
  }

  /** How many parts were read. */
  get at(): number {
    return this.#at;
  }

  /** Whether every part so far was what it should be. */
  get isGood(): boolean {
    return this.#isGood;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#parts.length;
  }

  text(): string {
    const value = this.#next();
    return typeof value === "string" ? value : this.#wrong("");
  }

  maybeText(): string | undefined {
    const value = this.#next();
    if (value === null) return undefined;
    return typeof value === "string" ? value : this.#wrong(undefined);
  }

  number(): number {
    const value = this.#next();
    return typeof value === "number" && Number.isFinite(value) ? value : this.#wrong(0);
  }

  /** A whole number from 0 on. */
  count(): number {
    const value = this.number();
    return Number.isSafeInteger(value) && value >= 0 ? value : this.#wrong(0);
  }

  flag(): boolean {
    const value = this.#next();
    return value === 1 ? true : value === 0 ? false : this.#wrong(false);
  }

  /** One of several, by its number from 1. */
  choice<T>(all: readonly [T, ...T[]] | readonly T[]): T {
    const found = all[this.count() - 1];
    return found ?? this.#wrong(all[0] as T);
  }

  /** A list whose items are read one after the other by `read`, each of which takes at least one part. */
  list<T>(read: (reader: TupleReader) => T): T[] {
    const reader = TupleReader.of(this.#next());
    if (reader === undefined) return this.#wrong([]);
    const out: T[] = [];
    while (!reader.isAtEnd && reader.isGood) out.push(read(reader));
    if (!reader.isGood) this.#isGood = false;
    return out;
  }

  /** A tuple in the tuple; undefined for null. */
  inner<T>(read: (reader: TupleReader) => T): T | undefined {
    const value = this.#next();
    if (value === null) return undefined;
    const reader = TupleReader.of(value);
    if (reader === undefined) return this.#wrong(undefined);
    const out = read(reader);
    if (!reader.isGood || !reader.isAtEnd) this.#isGood = false;
    return out;
  }

  #next(): unknown {
    if (this.#at < this.#parts.length) return this.#parts[this.#at++];
    this.#isGood = false;
    return undefined;
  }

  #wrong<T>(instead: T): T {
    this.#isGood = false;
    return instead;
  }
}
