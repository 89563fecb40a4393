// The two timers of a transaction: one for its state, which the transaction is itself, and one for retransmissions, which is
// there only while it runs. Most requests are answered before they are repeated, and then wait for seconds with the first alone.

import { type Ms, Timeable, Timer, type TimerOwner, type Timers } from "../kit/index.ts";

/** Kind of the timer that bounds the current state. */
export const MAIN = 0;
/** Kind of the timer that repeats what was sent. */
export const REPEAT = 1;

/** A transaction with its timers. */
export abstract class Timed extends Timeable implements TimerOwner {
  /** Interval of the retransmission timer as it was last armed. */
  protected repeatMs: Ms = 0;
  readonly #timers: Timers;
  #repeat: Timer | undefined = undefined;

  constructor(timers: Timers) {
    super();
    this.#timers = timers;
  }

  /** @internal */
  abstract onTimer(kind: number): void;

  /** @internal */
  override ended(): void {
    this.onTimer(MAIN);
  }

  protected armMain(afterMs: Ms): void {
    this.#timers.arm(this, afterMs);
  }

  protected armRepeat(afterMs: Ms): void {
    this.#repeat ??= new Timer(this, REPEAT);
    this.repeatMs = afterMs;
    this.#timers.arm(this.#repeat, afterMs);
  }

  protected disarmRepeat(): void {
    if (this.#repeat === undefined) return;
    this.#timers.disarm(this.#repeat);
    this.#repeat = undefined;
  }

  protected disarmAll(): void {
    this.#timers.disarm(this);
    this.disarmRepeat();
  }
}
