// Numbers over a sliding window: sums, averages and percentages of what came in lately.

/** How values of a window become one number. */
export type SeriesKind = "accumulate" | "average" | "percentage";

/** Settings of `stat_series_profile`. */
export interface SeriesProfile {
  readonly name: string;
  readonly kind: SeriesKind;
  readonly group: string;
  readonly windowMs: number;
  readonly slots: number;
  /** What 100 % is shown as. */
  readonly factor: number;
}

const MAX_SLOTS = 86_400;

/** Reads `name: algorithm=average window=600 slots=10`. @returns what is wrong with it otherwise */
export function parseProfile(text: string): SeriesProfile | string {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  if (name === "") return "a profile is written name: attr=value …";
  const given = new Map<string, string>();
  for (const word of colon < 0 ? [] : text.slice(colon + 1).split(" ")) {
    if (word.trim() === "") continue;
    const equals = word.indexOf("=");
    if (equals < 1) return `<${word}> is not attr=value`;
    given.set(word.slice(0, equals).trim(), word.slice(equals + 1).trim());
  }
  const number = (attribute: string, initial: number, most: number): number | undefined => {
    const value = Number(given.get(attribute) ?? initial);
    return Number.isInteger(value) && value >= 1 && value <= most ? value : undefined;
  };
  for (const attribute of given.keys()) {
    if (!["algorithm", "hash_size", "group", "window", "slots", "percentage_factor"].includes(attribute))
      return `unknown attribute <${attribute}>`;
  }
  const kind = given.get("algorithm") ?? "accumulate";
  if (kind !== "accumulate" && kind !== "average" && kind !== "percentage") return `unknown algorithm <${kind}>`;
  const window = number("window", 60, 31_536_000);
  if (window === undefined) return "window is a number of seconds";
  const slots = number("slots", Math.min(window, MAX_SLOTS), MAX_SLOTS);
  if (slots === undefined || slots > window) return "slots is a number up to that of the seconds of the window";
  const factor = number("percentage_factor", 100, 1_000_000);
  if (factor === undefined) return "percentage_factor is a number from 1";
  return { name, kind, group: given.get("group") ?? name, windowMs: window * 1000, slots, factor };
}

/** One number of a profile. */
export class Series {
  readonly #profile: SeriesProfile;
  /** Sum and count of each slot; for percentages the count of positive values in place of the sum. */
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;
  readonly #slotMs: number;
  /** The slot of now, counted from time 0. */
  #slot: number;
  #sum = 0;
  #count = 0;

  constructor(profile: SeriesProfile, nowMs: number) {
    this.#profile = profile;
    this.#sums = new Float64Array(profile.slots);
    this.#counts = new Uint32Array(profile.slots);
    this.#slotMs = profile.windowMs / profile.slots;
    this.#slot = Math.floor(nowMs / this.#slotMs);
  }

  /** Takes a value in. @param nowMs - monotonic */
  add(value: number, nowMs: number): void {
    this.#advance(nowMs);
    const i = this.#slot % this.#profile.slots;
    const sum = this.#profile.kind === "percentage" ? (value > 0 ? 1 : 0) : value;
    this.#sums[i] = (this.#sums[i] ?? 0) + sum;
    this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    this.#sum += sum;
    this.#count++;
  }

  /** The number of the window that ends now; 0 when nothing came in. */
  read(nowMs: number): number {
    this.#advance(nowMs);
    if (this.#profile.kind === "accumulate" || this.#count === 0) return this.#sum;
    const mean = this.#sum / this.#count;
    return Math.trunc(this.#profile.kind === "average" ? mean : mean * this.#profile.factor);
  }

  /** Forgets everything. */
  reset(): void {
    this.#sums.fill(0);
    this.#counts.fill(0);
    this.#sum = 0;
    this.#count = 0;
  }

  // Slots that have left the window give back what they hold.
  #advance(nowMs: number): void {
    const now = Math.floor(nowMs / this.#slotMs);
    if (now - this.#slot >= this.#profile.slots) {
      this.reset();
      this.#slot = now;
    }
    while (this.#slot < now) {
      const i = ++this.#slot % this.#profile.slots;
      this.#sum -= this.#sums[i] ?? 0;
      this.#count -= this.#counts[i] ?? 0;
      this.#sums[i] = 0;
      this.#counts[i] = 0;
    }
  }
}
