// Which 2xx of an INVITE have been relayed: a repeated one is not told to the hooks again (TM-37).

import { keep } from "../kit/index.ts";

/** Bound of what is remembered of one INVITE: a downstream element could invent any number of tags. */
const MAX_TAGS = 32;

/** To-tags of late 2xx, beyond the one of the final. */
export class LateTags {
  readonly #tags: string[] = [];

  /** Whether it was there before, or no more are told apart. */
  has(tag: string): boolean {
    return this.#tags.includes(tag) || this.#tags.length >= MAX_TAGS;
  }

  add(tag: string): void {
    this.#tags.push(keep(tag));
  }
}
