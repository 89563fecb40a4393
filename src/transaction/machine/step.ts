// What a machine answers to an event. All steps are made once, so that a step allocates nothing.

/** The state that follows and what the shell must do, in this order. */
export interface Step<S extends string, E extends string> {
  readonly next: S;
  readonly effects: readonly E[];
}

/** Makes one shared step. */
export function step<S extends string, E extends string>(next: S, ...effects: readonly E[]): Step<S, E> {
  return Object.freeze({ next, effects: Object.freeze(effects) });
}
