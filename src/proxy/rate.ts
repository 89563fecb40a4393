// How many errors we send of our own accord to whoever claims to have asked (S-03): a spoofed source is a victim.

import type { Clock } from "../kit/index.ts";

/** Counts replies in whole seconds, per source address and in all. Bounded by the total rate. */
export class ReplyLimiter {
  readonly #clock: Clock;
  readonly #perSource: number;
  readonly #total: number;
  readonly #sources = new Map<string, number>();
  #second = -1;
  #count = 0;

  /** @param perSource, total - most replies per second */
  constructor(clock: Clock, perSource: number, total: number) {
    this.#clock = clock;
    this.#perSource = perSource;
    this.#total = total;
  }

  /** Takes one reply out of the budget. @returns false when it is used up: nothing is to be sent */
  admit(ip: string): boolean {
    const second = Math.floor(this.#clock.monotonic() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
      if (this.#sources.size > 0) this.#sources.clear();
    }
    if (this.#count >= this.#total) return false;
    const sent = this.#sources.get(ip) ?? 0;
    if (sent >= this.#perSource) return false;
    this.#sources.set(ip, sent + 1);
    this.#count++;
    return true;
  }
}

/**
 * Whether an address may be answered at all: not a broadcast or multicast address, and not a port where a small service would
 * answer back (S-03).
 */
export function mayAnswer(ip: string, port: number): boolean {
  if (port === 0 || port === 7 || port === 19 || port === 53) return false;
  if (ip.includes(":")) return !ip.startsWith("ff") && ip !== "::";
  const dot = ip.indexOf(".");
  const first = Number(ip.slice(0, dot));
  return first !== 0 && (first < 224 || first > 239) && ip !== "255.255.255.255";
}
