// Changes that wait for a transaction, in order; later word on a row stands where the earlier did.
import type { Ms } from "../../kit/index.ts";
import type { RowChange } from "../ports.ts";

/** A change that waits. */
export interface QueuedChange {
  readonly key: string | RowChange;
  readonly change: RowChange;
  /** When something was first said about its row. */
  readonly since: Ms;
  /** Written or given up. */
  isDone: boolean;
}

/** The queue. */
export class ChangeQueue {
  readonly #waiting = new Map<string | RowChange, QueuedChange>();
  /** Further changes are not taken. */
  readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Since when the first one waits. */
  get oldestSince(): Ms | undefined {
    for (const first of this.#waiting.values()) return first.since;
    return undefined;
  }

  /** @returns false when it is full */
  add(change: RowChange, now: Ms): boolean {
    const { realm, row } = change;
    const key = row === undefined ? change : `${realm}\0${row}`;
    const earlier = this.#waiting.get(key);
    if (earlier === undefined && this.#waiting.size >= this.max) return false;
    this.#waiting.set(key, { key, change, since: earlier?.since ?? now, isDone: false });
    return true;
  }

  /** The next ones, at most `count`; they stay in the queue until they are done. */
  first(count: number): readonly QueuedChange[] {
    const found: QueuedChange[] = [];
    for (const one of this.#waiting.values()) {
      if (found.length >= count) break;
      found.push(one);
    }
    return found;
  }

  /** It is written or given up. What was said about its row since then goes on waiting. */
  finish(one: QueuedChange): void {
    one.isDone = true;
    if (this.#waiting.get(one.key) === one) this.#waiting.delete(one.key);
  }

  clear(): void {
    this.#waiting.clear();
  }
}
