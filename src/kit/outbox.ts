// What a turn of the loop makes visible leaves at its end, in order: first the commits, then everything that goes out.
import type { Defer } from "./slices.ts";

/** Something that leaves the process: a datagram, bytes on a stream, an answer, an event. */
export interface Outgoing {
  leave(): void;
}

/** The one way out. */
export class Outbox {
  readonly #defer: Defer;
  readonly #onError: (error: unknown) => void;
  readonly #commits: (() => void)[] = [];
  #items: Outgoing[] = [];
  #spare: Outgoing[] = [];
  #isScheduled = false;
  #isFlushing = false;
  readonly #flush = (): void => this.flush();

  /**
   * @param defer - runs the flush at the end of the turn (`setImmediate`)
   * @param onError - told when a commit or an item throws; the rest still leaves
   */
  constructor(defer: Defer, onError: (error: unknown) => void) {
    this.#defer = defer;
    this.#onError = onError;
  }

  /** How many items wait for the end of the turn. */
  get pending(): number {
    return this.#items.length;
  }

  /** Adds what must be done before anything of a turn may leave (a store's commit). */
  beforeLeaving(commit: () => void): void {
    this.#commits.push(commit);
  }

  /** Queues an item for the end of this turn. */
  push(item: Outgoing): void {
    this.#items.push(item);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#defer(this.#flush);
  }

  /**
   * Lets everything leave now. What is pushed meanwhile leaves in the same flush, after the others and after a commit of its
   * own; a flush asked for by something that is just leaving has nothing to add.
   */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#isScheduled = true; // pushes made while leaving need no flush of their own
    do {
      for (const commit of this.#commits) this.#guard(commit);
      const items = this.#items;
      this.#items = this.#spare;
      this.#spare = items;
      for (let i = 0; i < items.length; i++) {
        try {
          items[i]?.leave();
        } catch (error) {
          this.#onError(error);
        }
      }
      items.length = 0;
    } while (this.#items.length > 0);
    this.#isScheduled = false;
    this.#isFlushing = false;
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#onError(error);
    }
  }
}
