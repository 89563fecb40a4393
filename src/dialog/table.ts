// Where dialogs are found: in buckets by hash of the Call-ID (the order of listings, and where cookies are looked up), and
// by the Call-ID itself.
import { ShardedMap } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";
import { entryOf, parseDbId, parseDid, roundTableSize } from "./ids.ts";

/** Most dialogs that may share one Call-ID (spirals, retries after a challenge). */
export const MAX_PER_CALL_ID = 64;

const NONE: readonly Dialog[] = Object.freeze([]);

/** Dialogs in the order of their coming, and their ids beside them: a cookie is looked up without touching every dialog of its bucket. */
class Bucket {
  readonly dialogs: Dialog[] = [];
  readonly ids: number[] = [];
}

/** All dialogs of a node. */
export class DialogTable {
  /** Buckets; a power of two. */
  readonly size: number;
  readonly #buckets: (Bucket | undefined)[];
  readonly #byCallId = new ShardedMap<string, Dialog>();
  #count = 0;

  constructor(hashSize: number) {
    this.size = roundTableSize(hashSize);
    this.#buckets = new Array<Bucket | undefined>(this.size).fill(undefined);
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
    let bucket = this.#buckets[entry];
    if (bucket === undefined) {
      bucket = new Bucket();
      this.#buckets[entry] = bucket;
    }
    bucket.dialogs.push(dialog);
    bucket.ids.push(dialog.id);
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
    const bucket = this.#buckets[dialog.entry];
    const place = bucket?.dialogs.indexOf(dialog) ?? -1;
    if (bucket === undefined || place < 0) return;
    bucket.dialogs.splice(place, 1);
    bucket.ids.splice(place, 1);
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
    const bucket = this.#buckets[entry];
    if (bucket === undefined) return undefined;
    const place = bucket.ids.indexOf(id);
    return place < 0 ? undefined : bucket.dialogs[place];
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
      const here = this.#dialogsOf(entry);
      if (here.length > 0) for (const dialog of here.slice()) if (dialog.isTracked) yield dialog;
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
      const here = this.#dialogsOf(entry);
      for (const dialog of here.slice(skip, skip + count - out.length)) out.push(dialog);
      skip = Math.max(0, skip - here.length);
    }
    return out;
  }

  /**
   * Looks at one bucket.
   * @param say - takes one line for each thing that is wrong
   * @returns its dialogs
   */
  checkBucket(entry: number, say: (problem: string) => void): readonly Dialog[] {
    const dialogs = this.#dialogsOf(entry).slice();
    if (dialogs.length === 0) return dialogs;
    const names = this.#buckets[entry]?.ids ?? [];
    if (names.length !== dialogs.length) say(`bucket ${entry} names ${names.length} dialogs, holds ${dialogs.length}`);
    const ids = new Set<number>();
    for (const [place, dialog] of dialogs.entries()) {
      if (names[place] !== dialog.id) say(`dialog ${dialog.did} stands in bucket ${entry} under the id ${names[place]}`);
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
    for (const bucket of this.#buckets) total += bucket?.dialogs.length ?? 0;
    if (total !== this.#count) say(`the table says ${this.#count} dialogs, buckets hold ${total}`);
  }

  #dialogsOf(entry: number): readonly Dialog[] {
    return this.#buckets[entry]?.dialogs ?? NONE;
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
