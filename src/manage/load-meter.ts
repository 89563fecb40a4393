// How busy the event loop is, over the last seconds, the last minute and the last ten, and how late it runs.
import { type Clock, type Ms, Timer, type TimerOwner, type Timers } from "../kit/index.ts";
import type { MeterPort } from "./ports.ts";

const SAMPLE_MS = 1000;
const SAMPLES = 601;
/** Over how many of the last samples the lag is looked at. */
const LAG_SAMPLES = 10;

/** One sample a second, for ten minutes. */
export class LoadMeter implements TimerOwner {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #meter: MeterPort;
  readonly #timer: Timer;
  readonly #active = new Float64Array(SAMPLES);
  readonly #idle = new Float64Array(SAMPLES);
  readonly #lag = new Float64Array(SAMPLES);
  #count = 0;
  #dueAt: Ms = 0;

  constructor(clock: Clock, timers: Timers, meter: MeterPort) {
    this.#clock = clock;
    this.#timers = timers;
    this.#meter = meter;
    this.#timer = new Timer(this, 0);
  }

  start(): void {
    this.#sample(0);
    this.#arm();
  }

  stop(): void {
    this.#timers.disarm(this.#timer);
  }

  /** The once-a-second sample; however late it comes is how long something held the loop. */
  onTimer(): void {
    this.#sample(Math.max(0, this.#clock.monotonic() - this.#dueAt));
    this.#arm();
  }

  /** Percent of the time spent working, from `seconds` ago, or from as long as there are samples, until now. */
  percent(seconds: number): number {
    if (this.#count === 0) return 0;
    const back = Math.min(Math.max(1, Math.trunc(seconds)), this.#count, SAMPLES);
    const at = (this.#count - back) % SAMPLES;
    const now = this.#meter.eventLoop();
    const active = now.activeMs - (this.#active[at] ?? 0);
    const idle = now.idleMs - (this.#idle[at] ?? 0);
    return active + idle <= 0 ? 0 : Math.min(100, Math.round((100 * active) / (active + idle)));
  }

  /** The longest delay of the last ten seconds, or the one that is going on. */
  lagMs(): Ms {
    let longest = this.#timer.isArmed ? Math.max(0, this.#clock.monotonic() - this.#dueAt) : 0;
    for (let i = 1; i <= Math.min(LAG_SAMPLES, this.#count); i++) {
      longest = Math.max(longest, this.#lag[(this.#count - i) % SAMPLES] ?? 0);
    }
    return longest;
  }

  #arm(): void {
    this.#dueAt = this.#clock.monotonic() + SAMPLE_MS;
    this.#timers.arm(this.#timer, SAMPLE_MS);
  }

  #sample(lag: Ms): void {
    const { activeMs, idleMs } = this.#meter.eventLoop();
    const at = this.#count % SAMPLES;
    this.#active[at] = activeMs;
    this.#idle[at] = idleMs;
    this.#lag[at] = lag;
    this.#count++;
  }
}
