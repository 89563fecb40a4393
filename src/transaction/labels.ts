// Transactions by label. Labels are given out in order, so their low bits are a place in an array as long as the table is larger
// than the span of the living: no hashing, and one step in memory.

/** What bears a label. */
export interface Labelled {
  readonly label: number;
}

/** Labels are 30 bits, so that they stay small integers in the engine. */
const LABEL_MASK = 0x3fff_ffff;
const FIRST_SIZE = 16_384;

/** Every live transaction under its label. */
export class LabelTable<T extends Labelled> {
  #slots: (T | undefined)[] = empty(FIRST_SIZE);
  #count = 0;
  #label: number;

  /** @param start - any number: where the labels begin */
  constructor(start: number) {
    this.#label = start & LABEL_MASK;
  }

  /**
   * The next label whose place is free. Whoever takes it goes to `set` before another is asked for.
   * The table is at least half empty; so a free place is near, and one that lives long is stepped over.
   */
  next(): number {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    do this.#label = (this.#label + 1) & LABEL_MASK;
    while (this.#slots[this.#label & mask] !== undefined);
    return this.#label;
  }

  get(label: number): T | undefined {
    const found = label < 0 ? undefined : this.#slots[label & (this.#slots.length - 1)];
    return found?.label === label ? found : undefined;
  }

  set(one: T): void {
    this.#slots[one.label & (this.#slots.length - 1)] = one;
    this.#count++;
  }

  /** Nothing happens to one that is not here. */
  delete(one: T): void {
    const at = one.label & (this.#slots.length - 1);
    if (this.#slots[at] !== one) return;
    this.#slots[at] = undefined;
    this.#count--;
  }

  /** Twice the size: two that had places of their own have them still. */
  #grow(): void {
    const larger = empty<T>(this.#slots.length * 2);
    const mask = larger.length - 1;
    for (const one of this.#slots) if (one !== undefined) larger[one.label & mask] = one;
    this.#slots = larger;
  }
}

function empty<T>(size: number): (T | undefined)[] {
  return new Array<T | undefined>(size).fill(undefined);
}
