// Where dialogs are found: in buckets by hash of the Call-ID (the order of listings, and where cookies are looked up), and
// by the Call-ID itself. A dialog carries the pointers of both, so that an entry costs nothing besides the Call-ID's.
import { ShardedMap } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";
import { entryOf, parseDbId, parseDid, roundTableSize } from "./ids.ts";

/** Most dialogs that may share one Call-ID (spirals, retries after a challenge). */
export const MAX_PER_CALL_ID = 64;

const NONE: readonly Dialog[] = Object.freeze([]);

/** All dialogs of a node. */
export class DialogTable {
  /** Buckets; a power of two. */
  readonly size: number;
  readonly #first: (Dialog | undefined)[];
  readonly #last: (Dialog | undefined)[];
  readonly #counts: Uint32Array;
  readonly #byCallId = new ShardedMap<string, Dialog>();
  #count = 0;

  constructor(hashSize: number) {
    this.size = roundTableSize(hashSize);
    this.#first = new Array<Dialog | undefined>(this.size).fill(undefined);
    this.#last = new Array<Dialog | undefined>(this.size).fill(undefined);
    this.#counts = new Uint32Array(this.size);
  }

  /** How many dialogs there are, ended ones that are still referred to included. */
  get count(): number {
    return this.#count;
  }

  entryOf(callId: string): number {
    return entryOf(callId, this.size);
  }

  /** Whether another dialog of this Call-ID finds a place. */
  hasRoomFor(callId: string): boolean {
    let count = 0;
    for (let dialog = this.firstOf(callId); dialog !== undefined; dialog = dialog.callNext) count++;
    return count < MAX_PER_CALL_ID;
  }

  add(dialog: Dialog): void {
    const { entry } = dialog;
    const last = this.#last[entry];
    dialog.bucketPrevious = last;
    if (last === undefined) this.#first[entry] = dialog;
    else last.bucketNext = dialog;
    this.#last[entry] = dialog;
    this.#counts[entry] = (this.#counts[entry] ?? 0) + 1;
    this.#count++;
    dialog.isTracked = true;
    const oldest = this.#byCallId.get(dialog.callId);
    if (oldest === undefined) this.#byCallId.set(dialog.callId, dialog);
    else {
      let youngest = oldest;
      while (youngest.callNext !== undefined) youngest = youngest.callNext;
      youngest.callNext = dialog;
    }
  }

  remove(dialog: Dialog): void {
    if (!dialog.isTracked) return;
    const { entry } = dialog;
    if (dialog.bucketPrevious === undefined) this.#first[entry] = dialog.bucketNext;
    else dialog.bucketPrevious.bucketNext = dialog.bucketNext;
    if (dialog.bucketNext === undefined) this.#last[entry] = dialog.bucketPrevious;
    else dialog.bucketNext.bucketPrevious = dialog.bucketPrevious;
    dialog.bucketPrevious = undefined;
    dialog.bucketNext = undefined;
    this.#counts[entry] = (this.#counts[entry] ?? 1) - 1;
    this.#count--;
    dialog.isTracked = false;
    this.#forgetCallId(dialog);
  }

  /** The oldest dialog of a Call-ID, ended ones included; the others follow by `callNext`. */
  firstOf(callId: string): Dialog | undefined {
    return this.#byCallId.get(callId);
  }

  /** The dialog with these numbers in any state. */
  byNumbers(entry: number, id: number): Dialog | undefined {
    if (entry >= this.size) return undefined;
    let dialog = this.#first[entry];
    while (dialog !== undefined && dialog.id !== id) dialog = dialog.bucketNext;
    return dialog;
  }

  /** A live dialog by its cookie (1.5). */
  byDid(text: string): Dialog | undefined {
    const numbers = parseDid(text);
    const dialog = numbers === undefined ? undefined : this.byNumbers(numbers.entry, numbers.id);
    return dialog?.isEnded === false ? dialog : undefined;
  }

  /** The oldest live dialog of a Call-ID. */
  byCallId(callId: string): Dialog | undefined {
    let dialog = this.firstOf(callId);
    while (dialog?.isEnded === true) dialog = dialog.callNext;
    return dialog;
  }

  /** A live dialog by what a command gives: a cookie, else a Call-ID, else the decimal id of tables (1.5). */
  lookup(text: string): Dialog | undefined {
    const found = this.byDid(text) ?? this.byCallId(text);
    if (found !== undefined) return found;
    const numbers = parseDbId(text);
    const dialog = numbers === undefined ? undefined : this.byNumbers(numbers.entry, numbers.id);
    return dialog?.isEnded === false ? dialog : undefined;
  }

  /**
   * Every dialog, bucket by bucket, oldest first within one. Each bucket is copied when its turn comes, so the walk may be
   * interrupted and calls may come and go meanwhile; what lives all the time is met exactly once.
   */
  *all(): IterableIterator<Dialog> {
    for (let entry = 0; entry < this.size; entry++) {
      if ((this.#counts[entry] ?? 0) === 0) continue;
      for (const dialog of this.#bucket(entry)) if (dialog.isTracked) yield dialog;
    }
  }

  /**
   * A page of the same order.
   * @param from - position of the first one wanted, 0…
   * @param count - how many at most
   */
  page(from: number, count: number): readonly Dialog[] {
    const out: Dialog[] = [];
    let skip = Math.max(0, from);
    for (let entry = 0; entry < this.size && out.length < count; entry++) {
      const here = this.#counts[entry] ?? 0;
      if (skip >= here) {
        skip -= here;
        continue;
      }
      let dialog = this.#first[entry];
      for (; skip > 0 && dialog !== undefined; skip--) dialog = dialog.bucketNext;
      for (; dialog !== undefined && out.length < count; dialog = dialog.bucketNext) out.push(dialog);
    }
    return out;
  }

  /**
   * Looks at one bucket.
   * @param say - takes one line for each thing that is wrong
   * @returns its dialogs
   */
  checkBucket(entry: number, say: (problem: string) => void): readonly Dialog[] {
    const says = this.#counts[entry] ?? 0;
    const dialogs = this.#bucket(entry);
    if (dialogs.length !== says) say(`bucket ${entry} says ${says}, holds ${dialogs.length}`);
    if (dialogs.length === 0) return dialogs;
    const ids = new Set<number>();
    for (const dialog of dialogs) {
      if (dialog.entry !== entry || !dialog.isTracked) say(`dialog ${dialog.did} stands in bucket ${entry}`);
      if (ids.has(dialog.id)) say(`the cookie ${dialog.did} is given twice`);
      ids.add(dialog.id);
      let same = this.firstOf(dialog.callId);
      while (same !== undefined && same !== dialog) same = same.callNext;
      if (same === undefined) say(`dialog ${dialog.did} is not found by its Call-ID`);
    }
    return dialogs;
  }

  /** Whether the buckets add up. @param say - takes one line for each thing that is wrong */
  checkCount(say: (problem: string) => void): void {
    let total = 0;
    for (const count of this.#counts) total += count;
    if (total !== this.#count) say(`the table says ${this.#count} dialogs, buckets hold ${total}`);
  }

  #bucket(entry: number): readonly Dialog[] {
    let dialog = this.#first[entry];
    if (dialog === undefined) return NONE;
    const out: Dialog[] = [];
    for (; dialog !== undefined; dialog = dialog.bucketNext) out.push(dialog);
    return out;
  }

  #forgetCallId(dialog: Dialog): void {
    const oldest = this.#byCallId.get(dialog.callId);
    if (oldest === dialog) {
      // the key may be this dialog's string: the next one brings its own
      this.#byCallId.delete(dialog.callId);
      if (dialog.callNext !== undefined) this.#byCallId.set(dialog.callNext.callId, dialog.callNext);
    } else {
      for (let at = oldest; at !== undefined; at = at.callNext) {
        if (at.callNext !== dialog) continue;
        at.callNext = dialog.callNext;
        break;
      }
    }
    dialog.callNext = undefined;
  }
}
