// The calls that are tracked now, for routes and for the program around them.
import type { Change, Dialog, DialogTracker, HistoryStep } from "../dialog/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { TrackedDialog } from "./dialog.ts";

/** Finds calls. */
export class Dialogs {
  readonly #tracker: DialogTracker;

  constructor(tracker: DialogTracker) {
    this.#tracker = tracker;
  }

  /** How many calls are answered and not over. */
  get active(): number {
    return this.#tracker.active;
  }

  /**
   * Finds a live call.
   * @param id - its did, or its Call-ID
   */
  get(id: string): TrackedDialog | undefined {
    return tracked(this.#tracker.lookup(id));
  }

  /** Live calls whose variable has this value. */
  withValue(name: string, value: string): TrackedDialog[] {
    return this.#tracker.byValue(name, value).map((dialog) => new TrackedDialog(dialog));
  }

  /** Every call in memory, those that have just ended included. */
  *[Symbol.iterator](): IterableIterator<TrackedDialog> {
    for (const dialog of this.#tracker.all()) yield new TrackedDialog(dialog);
  }

  /**
   * What happened to a call, oldest first: state changes, requests, answers, each with its time. As far back as `explainMemory` reaches; also for
   * a call that has just ended, as long as somebody holds it.
   */
  history(dialog: TrackedDialog): readonly HistoryStep[] {
    return this.#tracker.history(dialog.dialog);
  }

  /**
   * Hears every change of every call, once and in order: the change feed, from which counters and events are made.
   * @returns a function that stops it
   */
  onChange(listener: (change: Change) => void): () => void {
    return this.#tracker.feed.subscribe(listener);
  }

  /** Verifies that calls, profiles and counters agree. @returns one line for each thing that is wrong */
  check(): readonly string[] {
    return this.#tracker.check();
  }

  /** @internal the call a request belongs to, once it was matched */
  of(context: RequestContext): TrackedDialog | undefined {
    return tracked(this.#tracker.of(context));
  }
}

function tracked(dialog: Dialog | undefined): TrackedDialog | undefined {
  return dialog === undefined ? undefined : new TrackedDialog(dialog);
}
