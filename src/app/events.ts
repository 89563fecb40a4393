// What can be heard of calls.
import type { PingOutcome } from "../dialog/index.ts";
import type { Direction } from "../proxy/index.ts";
import type { HeardAnswer, HeardReply, HeardRequest } from "./heard.ts";

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

/** What listeners are told, by name. The table in docs/routes.md has their order and what the reference calls them. */
export interface DialogEvents {
  /** It came from a store or from another node. A listener added later is told of every call in memory as well. */
  readonly loaded: Record<never, never>;
  /** The call is tracked and its transaction exists. Told of the INVITE. */
  readonly created: HeardRequest;
  /** A reply to the INVITE, 101 and above, is about to reach the caller. */
  readonly reply: HeardReply;
  /** The first 101–199 is about to reach the caller. */
  readonly early: HeardAnswer;
  /** The first 2xx is about to reach the caller, and no route has run for it yet. */
  readonly confirmed: HeardAnswer;
  /** The same, after the route that runs on answer. */
  readonly answered: Record<never, never>;
  /** A request inside the call is on its way, other than the BYE that ends it. */
  readonly request: HeardRequest;
  /** A reply to a request inside the call is about to go back. */
  readonly replyWithin: HeardReply;
  /**
   * A ping of ours (`track({ ping })`) was answered by one side, or was not: `side`, `method`, `status` (0 when nothing came), `isLost`,
   * `losses` in a row, `afterMs`. Where the call ends of it, `terminated` follows.
   */
  readonly pinged: PingOutcome;
  /** The lifetime is over: `dialog.setLifetime()` lets the call live on. */
  readonly expiring: Record<never, never>;
  /** Over before it was answered. */
  readonly failed: End;
  /** Over by BYE, theirs or ours. */
  readonly terminated: End;
  /** Over by its lifetime, without BYE. */
  readonly expired: End;
  /**
   * It is over, however that came: `failed`, `terminated` or `expired`. Once, but for a call that failed and came back to life because a
   * 200 crossed the refusal on its way: that one ends a second time, then with `wasAnswered`.
   */
  readonly ended: End;
  /** Nothing refers to it any more. Exactly once. */
  readonly destroyed: Record<never, never>;
  /** `dlg_list_ctx` shows it: what is put into `context` stands beside its variables and profiles. Data that JSON can write. */
  readonly listed: { readonly context: Record<string, unknown> };
  /** A store has written it, or has taken away what it had of it. */
  readonly saved: Record<never, never>;
}

export type EventName = keyof DialogEvents;

/** What one call can be heard of: a call that is loaded is not known before. */
export type CallEventName = Exclude<EventName, "loaded">;
