// The two timers of a transaction, made when first needed: one for its state, one for retransmissions.

import { type Ms, Timer, type TimerOwner, type Timers } from "../kit/index.ts";

/** Kind of the timer that bounds the current state. */
export const MAIN = 0;
/** Kind of the timer that repeats what was sent. */
export const REPEAT = 1;

/** A transaction with its timers. */
export abstract class Timed implements TimerOwner {
  /** Interval of the retransmission timer as it was last armed. */
  protected repeatMs: Ms = 0;
  readonly #timers: Timers;
  #main: Timer | undefined = undefined;
  #repeat: Timer | undefined = undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @internal */
  abstract onTimer(kind: number): void;

  protected armMain(afterMs: Ms): void {
    this.#main ??= new Timer(this, MAIN);
    this.#timers.arm(this.#main, afterMs);
  }

  protected armRepeat(afterMs: Ms): void {
    this.#repeat ??= new Timer(this, REPEAT);
    this.repeatMs = afterMs;
    this.#timers.arm(this.#repeat, afterMs);
  }

  protected disarmRepeat(): void {
    if (this.#repeat !== undefined) this.#timers.disarm(this.#repeat);
  }

  protected disarmAll(): void {
    if (this.#main !== undefined) this.#timers.disarm(this.#main);
    this.disarmRepeat();
  }
}
