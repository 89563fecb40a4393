// The numbers of the `dialog` group (dialog-behaviour 2.6): consequences of the change feed.
import type { Counter, Feed, Statistics } from "../kit/index.ts";
import type { Change } from "./feed.ts";
import type { DialogState } from "./machine.ts";

/** Counts what the feed says. */
export class DialogStatistics {
  /** Dialogs in state 3 and 4, and in state 2, now. */
  active = 0;
  early = 0;
  /** INVITEs that were not tracked because a bound was reached. */
  readonly refusedDialogs: Counter;
  /** Parties beyond the bound of one dialog. */
  readonly refusedLegs: Counter;
  /** Variables and memberships beyond the bound of one dialog. */
  readonly refusedValues: Counter;
  /** Requests of our own for which there was no place in the queue of their call. */
  readonly refusedRequests: Counter;
  /** Requests in the name of a call of which it took no notice. */
  readonly ignoredRequests: Counter;
  /** Pings that went out, those that nobody answered, and those left out for want of a session description. */
  readonly sentPings: Counter;
  readonly lostPings: Counter;
  readonly skippedPings: Counter;
  /** PRACKs of ours that came to nothing. */
  readonly failedPracks: Counter;
  readonly #processed: Counter;
  readonly #expired: Counter;
  readonly #failed: Counter;

  constructor(statistics: Statistics, feed: Feed<Change>) {
    statistics.gauge("dialog", "active_dialogs", () => this.active);
    statistics.gauge("dialog", "early_dialogs", () => this.early);
    this.#processed = statistics.counter("dialog", "processed_dialogs");
    this.#expired = statistics.counter("dialog", "expired_dialogs");
    this.#failed = statistics.counter("dialog", "failed_dialogs");
    this.refusedDialogs = statistics.counter("dialog", "refused_dialogs");
    this.refusedLegs = statistics.counter("dialog", "refused_legs");
    this.refusedValues = statistics.counter("dialog", "refused_values");
    this.refusedRequests = statistics.counter("dialog", "refused_requests");
    this.ignoredRequests = statistics.counter("dialog", "ignored_requests");
    this.sentPings = statistics.counter("dialog", "sent_pings");
    this.lostPings = statistics.counter("dialog", "lost_pings");
    this.skippedPings = statistics.counter("dialog", "skipped_pings");
    this.failedPracks = statistics.counter("dialog", "failed_pracks");
    feed.subscribe((change) => this.#count(change));
  }

  #count(change: Change): void {
    switch (change.kind) {
      case "created":
        this.#processed.add();
        break;
      case "loaded":
        // not `processed`: it was counted where it was made
        if (change.dialog.isTalking) this.active++;
        break;
      case "refused":
        this.#failed.add();
        break;
      case "lifetimeOver":
        this.#expired.add();
        break;
      case "state":
        if (change.from !== undefined && change.to !== undefined) this.#move(change.from, change.to);
        break;
      default:
        break;
    }
  }

  #move(from: DialogState, to: DialogState): void {
    if (from === "early") this.early--;
    if (to === "early") this.early++;
    const wasActive = isActive(from);
    if (!wasActive && isActive(to)) this.active++;
    if (wasActive && !isActive(to)) this.active--;
    if (to === "ended" && !wasActive) this.#failed.add();
    // the call that was given up and answered all the same (2.4) had not failed; the counter may have been reset meanwhile
    if (from === "ended" && this.#failed.value > 0) this.#failed.add(-1);
  }
}

function isActive(state: DialogState): boolean {
  return state === "confirmedNoAck" || state === "confirmed";
}
