// A route that waits for the outcome of a relay may decide again after a refusal. This holds the refusal back meanwhile.

/** One run of a route; made only for routes that wait. */
export class RouteRun {
  /** Settles when the route has ended; undefined for a route that has returned already. */
  ended: Promise<void> | undefined = undefined;
  #release: (() => void) | undefined = undefined;
  #settle: (() => void) | undefined = undefined;
  /** Resolves when the route has decided for the first time since it began to wait, or has ended. */
  readonly settled: Promise<void> = new Promise((resolve) => {
    this.#settle = resolve;
  });

  /**
   * Holds a refusal back until the route has decided again or ended.
   * @param reactions - what `then` callbacks of the route are doing
   */
  hold(reactions: readonly PromiseLike<unknown>[]): Promise<void> {
    return new Promise((resolve) => {
      this.#release = resolve;
      const all = this.ended === undefined ? reactions : [...reactions, this.ended];
      void Promise.allSettled(all).then(() => this.release());
    });
  }

  /** The route has relayed, answered or ended: replies of a new round must not wait for it. */
  release(): void {
    this.#settle?.();
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }
}
