// The calls that are tracked now, for routes and for the program around them.
import type { CallStory, Change, Dialog, DialogTracker, HistoryStep } from "../dialog/index.ts";
import type { Slices } from "../kit/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { TrackedDialog } from "./dialog.ts";

/** Finds calls. */
export class Dialogs {
  readonly #tracker: DialogTracker;
  readonly #slices: Slices;

  constructor(tracker: DialogTracker, slices: Slices) {
    this.#tracker = tracker;
    this.#slices = slices;
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
   * a call that has just ended, as long as somebody holds it. `explain` tells more, and of calls that nobody holds.
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

  /**
   * Everything that is known of a call, live or gone as far as `explainMemory` and `explainMessageMemory` reach: who it was, its steps, its
   * messages and its timers.
   * @param id - its did, its Call-ID, or the id that tables give it
   * @returns the oldest first; several for a Call-ID that was used again
   */
  explain(id: string): readonly CallStory[] {
    return this.#tracker.explain(id);
  }

  /**
   * Verifies that calls, profiles and counters agree, at once: nothing else happens meanwhile, for half a second or more where there are 100,000 calls.
   * @returns one line for each thing that is wrong
   */
  check(): readonly string[] {
    return this.#tracker.check();
  }

  /** The same a few milliseconds at a time, while calls go on. */
  async checkInSlices(): Promise<readonly string[]> {
    const { problems } = await this.#tracker.checkInSlices(this.#slices);
    return problems;
  }

  /** @internal the call a request belongs to, once it was matched */
  of(context: RequestContext): TrackedDialog | undefined {
    return tracked(this.#tracker.of(context));
  }
}

function tracked(dialog: Dialog | undefined): TrackedDialog | undefined {
  return dialog === undefined ? undefined : new TrackedDialog(dialog);
}
