// What can be heard of calls.
import type { Direction } from "../proxy/index.ts";

/** How a call ended. Plain data, good for a log line. */
export interface End {
  /** In the words of `$DLG_end_reason`: `Downstream BYE`, `Lifetime Timeout`, …; `""` when it just failed. */
  readonly reason: string;
  readonly wasAnswered: boolean;
  /** Which way the BYE ran; undefined when no BYE came in. */
  readonly direction: Direction | undefined;
  /** What the caller of an unanswered call got: 300…699; 0 when nothing was sent. */
  readonly status: number;
  /** From the answer to the end, whole seconds; 0 when it was not answered. */
  readonly seconds: number;
}

/** A request inside a call. */
export interface WithinEvent {
  readonly method: string;
  readonly direction: Direction;
}

/** What listeners are told, by name. */
export interface DialogEvents {
  /** The call is tracked and its transaction exists. */
  readonly created: Record<never, never>;
  /** The first 101–199 is about to reach the caller. */
  readonly early: { readonly status: number };
  /** The first 2xx is about to reach the caller. */
  readonly answered: Record<never, never>;
  /** A request inside the call is on its way, other than the BYE that ends it. */
  readonly request: WithinEvent;
  /** The lifetime is over: `dialog.setLifetime()` lets the call live on. */
  readonly expiring: Record<never, never>;
  /**
   * It is over, however that came. Once, but for a call that failed and came back to life because a 200 crossed the refusal on its way: that
   * one ends a second time, then with `wasAnswered`.
   */
  readonly ended: End;
}

export type EventName = keyof DialogEvents;
