// Locks between runs. In one process they matter only while a route waits for something: then another run may come to the same place.
import { Timer, type TimerOwner, type Timers } from "../../../kit/index.ts";
import type { Run } from "../../run.ts";

/** How long a run waits for a lock that another one has not given back; then it goes on without. */
const PATIENCE_MS = 10_000;
/** Runs that wait for one lock. */
const MAX_WAITING = 10_000;

/** One lock. */
export class Lock {
  #holder: Run | undefined = undefined;
  #waiting: Waiting[] = [];

  /** Whether a run has it. */
  isHeldBy(run: Run): boolean {
    return this.#holder === run;
  }

  /**
   * Takes the lock, or waits for it.
   * @returns 1, at once or later; −1 when this run has it already (it would wait for itself), must not wait, or has waited 10 seconds
   */
  take(run: Run): 1 | -1 | Promise<1 | -1> {
    if (this.#holder === undefined) {
      this.#holder = run;
      return 1;
    }
    if (this.#holder === run || !run.mayWait || this.#waiting.length >= MAX_WAITING) return -1;
    return new Promise((resolve) => {
      this.#waiting.push(new Waiting(this, run, run.services.timers, resolve));
    });
  }

  /** Gives it back, whoever took it (a later route of the same call, say); whoever has waited longest gets it. */
  release(): void {
    const next = this.#waiting.shift();
    this.#holder = next?.run;
    next?.settle(1);
  }

  /** @internal one has waited too long */
  giveUp(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.settle(-1);
  }
}

/** A run that waits. */
class Waiting implements TimerOwner {
  readonly run: Run;
  readonly #lock: Lock;
  readonly #timers: Timers;
  readonly #timer: Timer;
  readonly #resolve: (outcome: 1 | -1) => void;

  constructor(lock: Lock, run: Run, timers: Timers, resolve: (outcome: 1 | -1) => void) {
    this.run = run;
    this.#lock = lock;
    this.#timers = timers;
    this.#resolve = resolve;
    this.#timer = new Timer(this, 0);
    timers.arm(this.#timer, PATIENCE_MS);
  }

  settle(outcome: 1 | -1): void {
    this.#timers.disarm(this.#timer);
    this.#resolve(outcome);
  }

  onTimer(): void {
    this.#lock.giveUp(this);
  }
}

/** Which lock of a pool belongs to a text (FNV-1a). @param size - a power of two */
export function lockIndex(text: string, size: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) & (size - 1);
}
