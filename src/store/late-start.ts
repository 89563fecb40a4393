// A database that was not there at the start is looked for until it comes.
import { type Log, type Ms, Timer, type Timers } from "../kit/index.ts";
import { StoreError } from "./ports.ts";

const LOOK_AGAIN_MS: Ms = 5_000;

/** Whether an error may be over some time later. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreError && error.fault !== "refused";
}

/** What is left to do of a start. */
export class LateStart {
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #trouble: string;
  readonly #run: () => Promise<void>;
  readonly #timer: Timer = new Timer({ onTimer: () => void this.#look() }, 0);
  #isStopped = false;
  /** Said already: the same is not said every few seconds. */
  #told = "";

  /**
   * @param trouble - what the log says when it is more than an absence
   * @param run - done again and again until it rejects no more
   */
  constructor(timers: Timers, log: Log, trouble: string, run: () => Promise<void>) {
    this.#timers = timers;
    this.#log = log;
    this.#trouble = trouble;
    this.#run = run;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Looks in a while. */
  later(): void {
    if (!this.#isStopped) this.#timers.arm(this.#timer, LOOK_AGAIN_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers.disarm(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      const text = String(error);
      if (!isAway(error) && text !== this.#told && !this.#isStopped) {
        this.#told = text;
        this.#log.error({ err: error }, this.#trouble);
      }
      this.later();
    }
  }
}
