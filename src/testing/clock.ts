// Virtual time: a clock that moves only when told to, the alarm that wakes an engine's timers, and the queue that
// plays `setImmediate`. Between two instants everything runs to the end, in one fixed order.
import type { Alarm, Clock, EpochMs, Ms } from "../kit/index.ts";
import { EventHeap, type Scheduled } from "./heap.ts";

/** 2026-01-01 00:00:00 UTC. */
export const TEST_EPOCH: EpochMs = 1_767_225_600_000;

/** Stops something scheduled. */
export type CancelScheduled = () => void;

/** One engine's alarm on a shared virtual clock. */
export class TestAlarm implements Alarm {
  readonly #clock: TestClock;
  #event: Scheduled | undefined = undefined;
  #at: Ms = Number.POSITIVE_INFINITY;
  #run: () => void = () => {};

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  /** Connects the alarm with what it wakes: usually `() => timers.run()`. */
  wakes(run: () => void): void {
    this.#run = run;
  }

  /** The instant set last; `Infinity` when nobody needs waking. */
  get at(): Ms {
    return this.#at;
  }

  set(at: Ms): void {
    if (this.#event !== undefined) this.#event.isCancelled = true;
    this.#event = undefined;
    this.#at = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#event = this.#clock.scheduleAt(at, () => {
      this.#event = undefined;
      this.#at = Number.POSITIVE_INFINITY;
      this.#run();
    });
  }
}

/**
 * A clock for tests. The wall clock is the start plus what has passed on the monotonic clock (plus `skewWall`).
 * `set` and `wakes` make it the alarm of one engine; `newAlarm()` gives further engines their own.
 */
export class TestClock implements Clock, Alarm {
  readonly #events = new EventHeap();
  readonly #start: EpochMs;
  readonly #alarm: TestAlarm;
  #immediates: (() => void)[] = [];
  #spare: (() => void)[] = [];
  #monotonic: Ms = 0;
  #order = 0;
  #skew = 0;
  /** Same shape as `setImmediate`: runs after what is running now, before time moves. Bound, so it can be handed in. */
  readonly defer: (run: () => void) => void = (run) => {
    this.#immediates.push(run);
  };

  /** @param start - wall clock at monotonic 0 */
  constructor(start: EpochMs = TEST_EPOCH) {
    this.#start = start;
    this.#alarm = new TestAlarm(this);
  }

  now(): EpochMs {
    return this.#start + this.#skew + this.#monotonic;
  }

  monotonic(): Ms {
    return this.#monotonic;
  }

  /** Alarm of the one engine that uses the clock itself as its alarm. */
  set(at: Ms): void {
    this.#alarm.set(at);
  }

  /** Connects the clock's own alarm with what it wakes. */
  wakes(run: () => void): void {
    this.#alarm.wakes(run);
  }

  /** A further alarm, for a further engine. */
  newAlarm(): TestAlarm {
    return new TestAlarm(this);
  }

  /** Moves the wall clock without moving time, as an operator or NTP does. */
  skewWall(byMs: Ms): void {
    this.#skew += byMs;
  }

  /** Runs something once `afterMs` have passed. */
  schedule(afterMs: Ms, run: () => void): CancelScheduled {
    const event = this.scheduleAt(this.#monotonic + Math.max(0, afterMs), run);
    return () => {
      event.isCancelled = true;
    };
  }

  /** @internal An instant that has passed already comes next. */
  scheduleAt(at: Ms, run: () => void): Scheduled {
    const event: Scheduled = { at: Math.max(at, this.#monotonic), order: this.#order++, run, isCancelled: false };
    this.#events.push(event);
    return event;
  }

  /** The instant of the next event; `Infinity` when nothing will ever happen by itself. */
  get nextAt(): Ms {
    if (this.#immediates.length > 0) return this.#monotonic;
    return this.#events.peek()?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Runs what is due at this instant, deferred work included; time does not move. */
  runDue(): void {
    this.advance(0);
  }

  /** Lets time pass; everything that falls due happens at its own instant. */
  advance(ms: Ms): void {
    const until = this.#monotonic + ms;
    while (this.#step(until)) {}
    this.#monotonic = until;
  }

  /**
   * Lets time pass until nothing is left to happen.
   * @param limitMs - gives up after so much virtual time
   * @returns whether it came to rest
   */
  runUntilIdle(limitMs: Ms = 3_600_000): boolean {
    const until = this.#monotonic + limitMs;
    while (this.#step(until)) {}
    return this.nextAt === Number.POSITIVE_INFINITY;
  }

  /**
   * Lets time pass while promises are pending: before each event the real loop turns once, which drains every microtask.
   * Much slower than `advance`; for routes that wait.
   * @param isWaiting - asked before each event; false skips the turn of the real loop
   */
  async advanceAsync(ms: Ms, isWaiting: () => boolean = () => true): Promise<void> {
    const until = this.#monotonic + ms;
    for (;;) {
      if (isWaiting()) await turn();
      if (!this.#step(until)) {
        if (!isWaiting()) break;
        await turn();
        if (this.nextAt > until) break;
      }
    }
    this.#monotonic = until;
  }

  /** One round of deferred work, or one event. @returns whether there was any up to `until` */
  #step(until: Ms): boolean {
    if (this.#immediates.length > 0) {
      const round = this.#immediates;
      this.#immediates = this.#spare;
      this.#spare = round;
      for (let i = 0; i < round.length; i++) round[i]?.();
      round.length = 0;
      return true;
    }
    const next = this.#events.peek();
    if (next === undefined || next.at > until) return false;
    this.#events.pop();
    this.#monotonic = next.at;
    next.run();
    return true;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
