// Dialogs by variable: what the reference finds by walking all dialogs (`get_dialogs_by_val`).
import { ShardedMap } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";

/** From (name, value) to dialogs. An entry is the dialog itself until there is a second. */
export class ValueIndex {
  readonly #names = new Map<string, ShardedMap<string, Dialog | Set<Dialog>>>();

  add(name: string, value: string, dialog: Dialog): void {
    let values = this.#names.get(name);
    if (values === undefined) {
      values = new ShardedMap<string, Dialog | Set<Dialog>>();
      this.#names.set(name, values);
    }
    const held = values.get(value);
    if (held === undefined) values.set(value, dialog);
    else if (held instanceof Set) held.add(dialog);
    else values.set(value, new Set([held, dialog]));
  }

  remove(name: string, value: string, dialog: Dialog): void {
    const values = this.#names.get(name);
    const held = values?.get(value);
    if (values === undefined || held === undefined) return;
    if (held instanceof Set) {
      held.delete(dialog);
      if (held.size > 0) return;
    } else if (held !== dialog) return;
    values.delete(value);
    if (values.size === 0) this.#names.delete(name);
  }

  /** Live dialogs whose variable has exactly this value; a copy. */
  find(name: string, value: string): readonly Dialog[] {
    const held = this.#names.get(name)?.get(value);
    if (held === undefined) return [];
    if (held instanceof Set) return [...held].filter((dialog) => !dialog.isEnded);
    return held.isEnded ? [] : [held];
  }

  /** Whether a dialog is found under this value: for the checker. */
  has(name: string, value: string, dialog: Dialog): boolean {
    const held = this.#names.get(name)?.get(value);
    return held instanceof Set ? held.has(dialog) : held === dialog;
  }

  /** Every (name, value, dialog), for the checker; each as it is when its turn comes, so that the walk may be interrupted. */
  *entries(): IterableIterator<readonly [name: string, value: string, dialog: Dialog]> {
    for (const [name, values] of this.#names) {
      for (const [value, held] of values.entries()) {
        if (held instanceof Set) for (const dialog of held) yield [name, value, dialog];
        else yield [name, value, held];
      }
    }
  }
}
