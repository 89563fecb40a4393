// Requests that create a dialog wait for an earlier one of the same Call-ID whose route has not decided yet (C-2, design.md 2).
// Everything else never waits. A Call-ID is here only while a route is suspended.

import { keep } from "../kit/index.ts";

/** What became of a request that came while another of its Call-ID is undecided. */
export type QueueVerdict = "run" | "waits" | "full" | "allFull";

/** The queue of one proxy. `T` is a request that waits. */
export class CallQueue<T> {
  readonly #perKey: number;
  readonly #total: number;
  readonly #undecided = new Map<string, T[]>();
  #waiting = 0;

  /** @param perKey, total - most requests that wait: of one Call-ID, and in all */
  constructor(perKey: number, total: number) {
    this.#perKey = perKey;
    this.#total = total;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How many Call-IDs have a suspended route. */
  get suspended(): number {
    return this.#undecided.size;
  }

  /** Asks whether a request may run now; queues it if not. `full`: too many of its Call-ID, `allFull`: too many in all. */
  enter(callId: string, item: T): QueueVerdict {
    const queue = this.#undecided.size === 0 ? undefined : this.#undecided.get(callId);
    if (queue === undefined) return "run";
    if (this.#waiting >= this.#total) return "allFull";
    if (queue.length >= this.#perKey) return "full";
    queue.push(item);
    this.#waiting++;
    return "waits";
  }

  /** A route was suspended without a decision: later ones of its Call-ID wait. */
  suspend(callId: string): void {
    if (!this.#undecided.has(callId)) this.#undecided.set(keep(callId), []);
  }

  /** The suspended route has decided. @returns the next request of this Call-ID, which now holds the place */
  next(callId: string): T | undefined {
    const queue = this.#undecided.get(callId);
    if (queue === undefined) return undefined;
    const item = queue.shift();
    if (item === undefined) this.#undecided.delete(callId);
    else this.#waiting--;
    return item;
  }
}
