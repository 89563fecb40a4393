// Work on many things at once (a wheel slot, a listing, a sync) runs in slices, so that the loop is never held up.
import type { Clock, Ms } from "./clock.ts";

/** Something with many small steps. */
export interface SlicedJob {
  /** Does one step. @returns whether more is left */
  step(): boolean;
}

/** Hands the loop back between slices: `setImmediate` in the shell, the driver's own queue in virtual time. */
export type Defer = (run: () => void) => void;

/** Runs jobs in turn, each for at most `sliceMs` before everything else gets a chance. */
export class Slices {
  readonly #clock: Clock;
  readonly #defer: Defer;
  readonly #sliceMs: Ms;
  readonly #onError: (error: unknown) => void;
  readonly #jobs: SlicedJob[] = [];
  #isRunning = false;
  readonly #run = (): void => this.#slice();

  /** @param sliceMs - longest time in one go; a single step is never interrupted */
  constructor(clock: Clock, defer: Defer, onError: (error: unknown) => void, sliceMs: Ms = 5) {
    this.#clock = clock;
    this.#defer = defer;
    this.#onError = onError;
    this.#sliceMs = sliceMs;
  }

  /** How many jobs are unfinished. */
  get pending(): number {
    return this.#jobs.length;
  }

  /** Queues a job; its first slice runs at once unless other jobs are waiting. */
  add(job: SlicedJob): void {
    this.#jobs.push(job);
    if (!this.#isRunning) this.#slice();
  }

  #slice(): void {
    this.#isRunning = true;
    const until = this.#clock.monotonic() + this.#sliceMs;
    while (this.#jobs.length > 0) {
      const job = this.#jobs[0];
      if (job === undefined) break;
      if (!this.#step(job)) this.#jobs.shift();
      if (this.#clock.monotonic() >= until) break;
    }
    if (this.#jobs.length === 0) {
      this.#isRunning = false;
      return;
    }
    // the next job's turn: several long jobs share the loop
    const first = this.#jobs.shift();
    if (first !== undefined) this.#jobs.push(first);
    this.#defer(this.#run);
  }

  #step(job: SlicedJob): boolean {
    try {
      return job.step();
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }
}
