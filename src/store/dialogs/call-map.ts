// Stored calls by their dialogs, in parts: one large map stops the loop for milliseconds each time it grows.
import type { Dialog } from "../../dialog/index.ts";
import type { StoredCall } from "./stored-call.ts";

const PARTS = 256;

/** All stored calls of a node. */
export class CallMap {
  readonly #parts: readonly Map<Dialog, StoredCall>[] = Array.from({ length: PARTS }, () => new Map<Dialog, StoredCall>());

  get size(): number {
    let size = 0;
    for (const part of this.#parts) size += part.size;
    return size;
  }

  get(dialog: Dialog): StoredCall | undefined {
    return this.#parts[dialog.entry & (PARTS - 1)]?.get(dialog);
  }

  set(dialog: Dialog, call: StoredCall): void {
    this.#parts[dialog.entry & (PARTS - 1)]?.set(dialog, call);
  }

  delete(dialog: Dialog): void {
    this.#parts[dialog.entry & (PARTS - 1)]?.delete(dialog);
  }

  /** Part by part; each is copied when its turn comes, so the walk may be interrupted. */
  *values(): IterableIterator<StoredCall> {
    for (const part of this.#parts) if (part.size > 0) yield* [...part.values()];
  }
}
