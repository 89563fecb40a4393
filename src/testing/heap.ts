// A small binary heap of things that happen at an instant; equal instants keep the order they were added in.

/** One event to come. `isCancelled` events are skipped when their turn comes. */
export interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Events ordered by instant, then by the order they were added. */
export class EventHeap {
  readonly #items: Scheduled[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The next event that still counts, without taking it. */
  peek(): Scheduled | undefined {
    while (this.#items[0]?.isCancelled === true) this.#take();
    return this.#items[0];
  }

  /** Takes the next event that still counts. */
  pop(): Scheduled | undefined {
    return this.peek() === undefined ? undefined : this.#take();
  }

  push(item: Scheduled): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt];
      if (parent === undefined || !isBefore(item, parent)) break;
      items[at] = parent;
      at = parentAt;
    }
    items[at] = item;
  }

  #take(): Scheduled | undefined {
    const items = this.#items;
    const top = items[0];
    const item = items.pop();
    if (top === undefined || item === undefined || item === top) return top;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = items[childAt];
      if (child === undefined) break;
      const right = items[childAt + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childAt++;
      }
      if (!isBefore(child, item)) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = item;
    return top;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
