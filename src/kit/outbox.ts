// What a turn of the loop makes visible leaves at its end, in order: first the commits, then everything that goes out.
import type { Defer } from "./slices.ts";

/** Something that leaves the process: a datagram, bytes on a stream, an answer, an event. */
export interface Outgoing {
  leave(): void;
}

/** Keeps things from leaving until it is released. Who takes one has to release it after a bounded time, whatever happens. */
export interface Hold {
  /** A second time does nothing. */
  release(): void;
}

/** What leaves together. */
class Batch {
  items: Outgoing[] = [];
  holds = 0;
}

/** The one way out. */
export class Outbox {
  readonly #defer: Defer;
  readonly #onError: (error: unknown) => void;
  readonly #commits: (() => void)[] = [];
  /** Batches that may not leave yet, or stand behind one that may not. */
  readonly #held: Batch[] = [];
  #current: Batch = new Batch();
  #spare: Outgoing[] = [];
  #isScheduled = false;
  #isFlushing = false;
  /** Asked for while a flush is under way, after its commits. */
  #isAsked = false;
  readonly #flush = (): void => this.flush();

  /**
   * @param defer - runs the flush at the end of the turn (`setImmediate`)
   * @param onError - told when a commit or an item throws; the rest still leaves
   */
  constructor(defer: Defer, onError: (error: unknown) => void) {
    this.#defer = defer;
    this.#onError = onError;
  }

  /** How many items have not left, those that are held included. */
  get pending(): number {
    let pending = this.#current.items.length;
    for (const batch of this.#held) pending += batch.items.length;
    return pending;
  }

  /** Adds what must be done before anything of a turn may leave (a store's commit). It runs at every flush, so it has to be cheap. */
  beforeLeaving(commit: () => void): void {
    this.#commits.push(commit);
  }

  /**
   * Keeps back what has been pushed since the last flush (asked for in a commit: what would leave after it), and all that is pushed
   * later, since nothing overtakes. Turns go on meanwhile; each has its commits.
   */
  hold(): Hold {
    const batch = this.#current;
    batch.holds++;
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        batch.holds--;
        if (batch.holds === 0) this.#resume();
      },
    };
  }

  /** Queues an item for the end of this turn. */
  push(item: Outgoing): void {
    this.#current.items.push(item);
    this.schedule();
  }

  /** Has the commits run at the end of this turn, also when nothing is pushed; asked for by a commit or while leaving, once more. */
  schedule(): void {
    if (this.#isScheduled) {
      this.#isAsked = true;
      return;
    }
    this.#isScheduled = true;
    this.#defer(this.#flush);
  }

  /**
   * Lets everything leave now that is not held. What is pushed meanwhile leaves in the same flush, after the others and after a
   * commit of its own; a flush asked for by something that is just leaving has nothing to add.
   */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#isScheduled = true; // pushes made while leaving need no flush of their own
    do {
      this.#isAsked = false;
      for (const commit of this.#commits) this.#guard(commit);
      this.#leaveReleased();
      if (this.#current.holds > 0 || this.#held.length > 0) this.#keepBack();
      else {
        const items = this.#current.items;
        this.#current.items = this.#spare;
        this.#spare = items;
        this.#leave(items);
        items.length = 0;
      }
    } while (this.#current.items.length > 0);
    this.#isScheduled = false;
    this.#isFlushing = false;
    if (this.#isAsked) this.schedule();
  }

  #keepBack(): void {
    if (this.#current.items.length === 0 && this.#current.holds === 0) return;
    this.#held.push(this.#current);
    this.#current = new Batch();
  }

  /** A hold has been released: what stands at the front and is free goes, unless a flush is about to see to it anyway. */
  #resume(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#leaveReleased();
    this.#isFlushing = false;
  }

  #leaveReleased(): void {
    for (let batch = this.#held[0]; batch !== undefined && batch.holds === 0; batch = this.#held[0]) {
      this.#held.shift();
      this.#leave(batch.items);
    }
  }

  #leave(items: readonly Outgoing[]): void {
    for (let i = 0; i < items.length; i++) {
      try {
        items[i]?.leave();
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#onError(error);
    }
  }
}
