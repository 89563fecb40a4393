// Calls that were there before somebody wanted to hear of loaded ones: told a few at a time.
import type { Dialog, DialogListener, DialogTracker } from "../dialog/index.ts";
import { contain, type Log, type SlicedJob } from "../kit/index.ts";

/** Tells a listener of every call that is in memory now. Those that come later it hears of by itself. */
export class KnownCalls implements SlicedJob {
  readonly #listener: DialogListener;
  readonly #log: Log;
  #dialogs: readonly Dialog[];
  #next = 0;

  constructor(tracker: DialogTracker, listener: DialogListener, log: Log) {
    this.#listener = listener;
    this.#log = log;
    this.#dialogs = [...tracker.all()];
  }

  step(): boolean {
    const dialog = this.#dialogs[this.#next++];
    if (dialog === undefined) return false;
    // what has gone meanwhile has been heard to go
    if (dialog.isTracked) this.#tell(dialog);
    return true;
  }

  stop(): void {
    this.#dialogs = [];
  }

  #tell(dialog: Dialog): void {
    const threw = (error: unknown): void => this.#log.error({ did: dialog.did, hook: "loaded", err: error }, "a dialog hook threw");
    try {
      const result: unknown = this.#listener.loaded?.(dialog);
      contain(result, threw);
    } catch (error) {
      threw(error);
    }
  }
}
