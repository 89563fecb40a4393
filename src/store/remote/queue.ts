// Changes on their way to a server, in order; later word on a row stands where the earlier did. Made for long outages: some hundred
// thousand rows wait without a pause of the loop.
import { type Ms, ShardedMap } from "../../kit/index.ts";
import type { RowChange } from "../ports.ts";

/** A change that waits, or is under way. */
export interface Waiting {
  readonly key: string | undefined;
  readonly change: RowChange;
  /** When something was first said about its row that is not written yet. */
  since: Ms;
  /** Number of this word among all that were given. */
  readonly order: number;
  /** Written, given up, or replaced by later word. */
  isDone: boolean;
  previous: Waiting | undefined;
  next: Waiting | undefined;
}

/** The queue. */
export class RemoteQueue {
  readonly #byKey = new ShardedMap<string, Waiting>();
  readonly #max: number;
  #first: Waiting | undefined = undefined;
  #last: Waiting | undefined = undefined;
  #size = 0;
  #order = 0;

  /** @param max - rows; further ones are not taken */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }
  /** Since when the first one waits. */
  get oldestSince(): Ms | undefined {
    return this.#first?.since;
  }
  /** Number of the last word given. */
  get lastOrder(): number {
    return this.#order;
  }

  /** @returns false when it is full */
  add(change: RowChange, now: Ms): boolean {
    const { realm, row } = change;
    const key = row === undefined ? undefined : `${realm}\0${row}`;
    const earlier = key === undefined ? undefined : this.#byKey.get(key);
    if (earlier === undefined && this.#size >= this.#max) return false;
    const since = earlier?.since ?? now;
    const added: Waiting = { key, change, since, order: ++this.#order, isDone: false, previous: undefined, next: undefined };
    if (key !== undefined) this.#byKey.set(key, added);
    if (earlier === undefined) this.#append(added);
    else this.#replace(earlier, added);
    return true;
  }

  /** Those from the first on; they stay in the queue until they are done. */
  *fromFirst(): Generator<Waiting> {
    for (let one = this.#first; one !== undefined; one = one.next) yield one;
  }

  /** Whether anything waits that was given up to then. */
  holdsUpTo(order: number): boolean {
    for (let one = this.#first; one !== undefined; one = one.next) if (one.order <= order) return true;
    return false;
  }

  /** It is written or given up. What was said about its row since it was sent goes on waiting, from now on. */
  finish(one: Waiting, now: Ms): void {
    if (one.isDone) {
      const later = one.key === undefined ? undefined : this.#byKey.get(one.key);
      if (later !== undefined) later.since = now;
      return;
    }
    this.#unlink(one);
    if (one.key !== undefined) this.#byKey.delete(one.key);
  }

  clear(): void {
    for (let one = this.#first; one !== undefined; one = this.#first) this.finish(one, 0);
  }

  #append(one: Waiting): void {
    one.previous = this.#last;
    if (this.#last === undefined) this.#first = one;
    else this.#last.next = one;
    this.#last = one;
    this.#size++;
  }

  #replace(earlier: Waiting, later: Waiting): void {
    later.previous = earlier.previous;
    later.next = earlier.next;
    if (later.previous === undefined) this.#first = later;
    else later.previous.next = later;
    if (later.next === undefined) this.#last = later;
    else later.next.previous = later;
    earlier.isDone = true;
    // `next` stays, for whoever is walking
    earlier.previous = undefined;
  }

  #unlink(one: Waiting): void {
    if (one.previous === undefined) this.#first = one.next;
    else one.previous.next = one.next;
    if (one.next === undefined) this.#last = one.previous;
    else one.next.previous = one.previous;
    one.isDone = true;
    one.previous = undefined;
    this.#size--;
  }
}
