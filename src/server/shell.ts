// The machine as the engine sees it: clocks, alarm, randomness. Only here do they come from Node.
import { createHmac, hash, randomFillSync } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Alarm, Clock, Defer, EpochMs, Hash, Ms, Random } from "../kit/index.ts";

/** The machine's clocks. */
export class SystemClock implements Clock {
  now(): EpochMs {
    return Date.now();
  }

  monotonic(): Ms {
    return performance.now();
  }
}

/** One `setTimeout` for all timers of an engine, moved when an earlier deadline appears. */
export class SystemAlarm implements Alarm {
  readonly #clock: Clock;
  #run: () => void = () => {};
  #handle: NodeJS.Timeout | undefined = undefined;
  #at: Ms = Number.POSITIVE_INFINITY;
  #isClosed = false;
  readonly #ring = (): void => {
    this.#handle = undefined;
    this.#at = Number.POSITIVE_INFINITY;
    this.#run();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Connects the alarm with what it wakes. */
  wakes(run: () => void): void {
    this.#run = run;
  }

  /** Rings no more: nothing of this engine keeps the process alive. */
  close(): void {
    this.set(Number.POSITIVE_INFINITY);
    this.#isClosed = true;
  }

  set(at: Ms): void {
    if (this.#isClosed) return;
    // an alarm that rings too early only costs a look; one that is moved costs a timer
    if (this.#handle !== undefined && this.#at <= at && at !== Number.POSITIVE_INFINITY) return;
    if (this.#handle !== undefined) clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#at = at;
    if (at === Number.POSITIVE_INFINITY) return;
    // setTimeout may be a fraction of a millisecond early and takes at most 24.8 days
    const after = Math.min(Math.max(Math.ceil(at - this.#clock.monotonic()), 0), 2 ** 31 - 1);
    this.#handle = setTimeout(this.#ring, after);
  }
}

const POOL = 4096;

/** The system's random generator, read in blocks. */
export class SystemRandom implements Random {
  readonly #pool = new Uint32Array(POOL / 4);
  #at: number = POOL / 4;

  uint32(): number {
    if (this.#at === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const value = this.#pool[this.#at] ?? 0;
    this.#pool[this.#at++] = 0;
    return value;
  }
}

/** The end of this turn of the loop. */
export const endOfTurn: Defer = (run) => {
  setImmediate(run);
};

/** Digests by Node's own library. */
export const systemHash: Hash = (algorithm, text, key) => {
  const bytes = Buffer.from(text, "latin1");
  return key === undefined ? hash(algorithm, bytes, "hex") : createHmac(algorithm, Buffer.from(key, "latin1")).update(bytes).digest("hex");
};
