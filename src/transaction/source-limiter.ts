// How many transactions one address may begin in a second (S-04): a flood of one source leaves room for all others.
import { type Clock, keep, type Log } from "../kit/index.ts";

/** Most addresses that are counted in one second. Who is not among them is let through: so many senders are no flood of one source. */
const MAX_SOURCES = 65_536;
/** Most log lines in one second, each about another source. */
const MAX_LINES = 10;
/** Stands for a source that may begin as many as it likes. */
const TRUSTED = -1;

export interface SourceLimits {
  /** New transactions per second and address; 0 for no limit. */
  readonly perSecond: number;
  /** Addresses without a limit. Asked once per address and second. */
  readonly isTrusted: (ip: string) => boolean;
}

/** Counts what addresses begin, in whole seconds. */
export class SourceLimiter {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: SourceLimits;
  /** Transactions begun in this second, or TRUSTED. */
  readonly #begun = new Map<string, number>();
  #second = -1;
  #lines = 0;

  constructor(clock: Clock, log: Log, limits: SourceLimits) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
  }

  /** Counts a transaction that an address begins. @returns false when it has begun as many as it may in this second */
  admit(ip: string): boolean {
    const { perSecond, isTrusted } = this.#limits;
    if (perSecond === 0) return true;
    const second = Math.floor(this.#clock.monotonic() / 1000);
    if (second !== this.#second) this.#turn(second);
    const begun = this.#begun.get(ip);
    if (begun === undefined) {
      if (this.#begun.size < MAX_SOURCES) this.#begun.set(keep(ip), isTrusted(ip) ? TRUSTED : 1);
      return true;
    }
    if (begun === TRUSTED) return true;
    if (begun < perSecond) {
      this.#begun.set(ip, begun + 1);
      return true;
    }
    // one more than there may be says that this source has been logged
    if (begun === perSecond) {
      this.#begun.set(ip, perSecond + 1);
      if (this.#lines++ < MAX_LINES) this.#log.warn({ ip, perSecond }, "a source begins more transactions than it may");
    }
    return false;
  }

  #turn(second: number): void {
    this.#second = second;
    this.#lines = 0;
    if (this.#begun.size > 0) this.#begun.clear();
  }
}
