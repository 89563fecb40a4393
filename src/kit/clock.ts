// Time as data: the only way the engine learns what time it is, and the only way it asks to be woken.

/** Wall-clock milliseconds since 1970 (may jump when the machine's clock is set). */
export type EpochMs = number;
/** Milliseconds: a duration, or an instant of the monotonic clock. */
export type Ms = number;

/** Both clocks of a machine. Lifetimes and timers use `monotonic`; what people and tables see uses `now`. */
export interface Clock {
  now(): EpochMs;
  /** Never goes back; its zero is arbitrary. */
  monotonic(): Ms;
}

/** Wakes the timers: the shell calls `Timers.run()` at, or shortly after, the instant last set. */
export interface Alarm {
  /** @param at - monotonic instant; replaces the one set before; `Infinity` means nobody needs waking */
  set(at: Ms): void;
}
