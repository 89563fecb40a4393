// A route that never settles must not keep its caller waiting for ever.
import { type Log, type Ms, Timer, type TimerOwner, type Timers } from "../kit/index.ts";
import type { IncomingRequest } from "./request.ts";

/** Bounds the time in which an asynchronous route may leave its request undecided. */
export class RouteDeadline implements TimerOwner {
  readonly #route: string;
  readonly #request: IncomingRequest;
  readonly #timers: Timers;
  readonly #timer: Timer;
  readonly #log: Log;

  constructor(route: string, request: IncomingRequest, timers: Timers, afterMs: Ms, log: Log) {
    this.#route = route;
    this.#request = request;
    this.#timers = timers;
    this.#log = log;
    this.#timer = new Timer(this, 0);
    timers.arm(this.#timer, afterMs);
  }

  /** The route has settled. */
  end(): void {
    this.#timers.disarm(this.#timer);
  }

  onTimer(): void {
    const { context } = this.#request;
    if (context.isDecided) return;
    this.#log.error({ route: this.#route, callId: context.request.callId }, "a route left its request undecided for too long");
    context.reply(500, "Server error occurred");
  }
}
