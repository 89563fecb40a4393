// One publisher, many subscribers, in the order they came. A subscriber that throws, or whose promise fails, harms nobody else.
import { contain } from "./contain.ts";

/** A stream of changes inside the process. */
export class Feed<T> {
  readonly #onError: (error: unknown) => void;
  #subscribers: readonly ((item: T) => void)[] = [];

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** @returns a function that ends the subscription */
  subscribe(subscriber: (item: T) => void): () => void {
    this.#subscribers = [...this.#subscribers, subscriber];
    return () => {
      this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
    };
  }

  /** Hands an item to every subscriber, at once and in order. */
  publish(item: T): void {
    const subscribers = this.#subscribers;
    for (let i = 0; i < subscribers.length; i++) {
      try {
        const result: unknown = subscribers[i]?.(item);
        if (result !== undefined) contain(result, this.#onError);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
