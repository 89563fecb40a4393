// The end of a process that has calls: nothing new begins, what was accepted gets its answer, then the sockets close (DM-d).
import { type Ms, Timer, type TimerOwner } from "../kit/index.ts";
import type { RequestContext, RequestRouter } from "../proxy/index.ts";
import type { Engine } from "./engine.ts";

/** Unanswered INVITEs are waited for this long; then their callers are told 503 (decision 28). */
const INVITE_GRACE_MS: Ms = 2_000;
/** Everything is over after this long. */
const TOTAL_GRACE_MS: Ms = 4_500;
const LOOK_EVERY_MS: Ms = 20;

/** Stands before the routes and turns new calls away once the end has begun. */
export class Gate implements RequestRouter {
  /** The door behind it; set another one before the sockets are bound. */
  router: RequestRouter;
  isClosed = false;

  constructor(router: RequestRouter) {
    this.router = router;
  }

  get door(): "typescript" | "script" {
    return this.router.door;
  }

  get wantsCancel(): boolean {
    return this.router.wantsCancel;
  }

  route(context: RequestContext): void | Promise<void> {
    if (this.isClosed && context.request.method === "INVITE" && !context.hasToTag) {
      context.reply(503, "Service Unavailable", { headers: "Retry-After: 5\r\n" });
      return undefined;
    }
    return this.router.route(context);
  }

  ack(context: RequestContext): void | Promise<void> {
    return this.router.ack === undefined ? this.router.route(context) : this.router.ack(context);
  }
}

/** Waits until every transaction has its final, and makes sure that INVITEs get theirs. */
export class Drain implements TimerOwner {
  readonly #engine: Engine;
  readonly #timer: Timer;
  readonly #startedAt: Ms;
  #done: () => void = () => {};
  #haveInvitesEnded = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#timer = new Timer(this, 0);
    this.#startedAt = engine.clock.monotonic();
  }

  /** @returns when nothing is unanswered any more, or the time is over */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.onTimer();
    });
  }

  onTimer(): void {
    const { transactions, timers, clock } = this.#engine;
    const waited = clock.monotonic() - this.#startedAt;
    if (transactions.inUse === 0 || waited >= TOTAL_GRACE_MS) {
      this.#done();
      return;
    }
    if (waited >= INVITE_GRACE_MS && !this.#haveInvitesEnded) {
      this.#haveInvitesEnded = true;
      for (const invite of transactions.unanswered()) {
        if (invite.isInvite) invite.reply(503, "Service Unavailable", { headers: "Retry-After: 5\r\n" });
      }
    }
    timers.arm(this.#timer, LOOK_EVERY_MS);
  }
}
