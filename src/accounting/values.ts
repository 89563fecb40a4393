// The route's own values in a record: extras of the whole, and legs (forwardings, transfers), each with the same tags.
import { keep } from "../kit/index.ts";

/** Most legs, and most names of either kind: a loop in a route must not fill the memory. */
export const MAX_LEGS = 64;
export const MAX_VALUES = 128;

const NO_VALUES: ReadonlyMap<string, string> = new Map();
const NO_LEGS: readonly ReadonlyMap<string, string>[] = Object.freeze([]);

/** The values of one account. */
export class RecordValues {
  #extras: Map<string, string> | undefined = undefined;
  #legs: Map<string, string>[] | undefined = undefined;

  get extras(): ReadonlyMap<string, string> {
    return this.#extras ?? NO_VALUES;
  }

  get legs(): readonly ReadonlyMap<string, string>[] {
    return this.#legs ?? NO_LEGS;
  }

  /** Sets an extra, or takes it away with undefined. @returns false when there are too many */
  set(tag: string, value: string | undefined): boolean {
    this.#extras ??= new Map();
    return put(this.#extras, tag, value);
  }

  /** Adds a leg; the first value set in a leg makes the first one by itself. @returns false when there are too many */
  newLeg(): boolean {
    this.#legs ??= [];
    if (this.#legs.length >= MAX_LEGS) return false;
    this.#legs.push(new Map());
    return true;
  }

  /** Index of the leg that is written to when none is named; −1 before the first. */
  get currentLeg(): number {
    return (this.#legs?.length ?? 0) - 1;
  }

  /** @param index - negative ones count from the last; undefined means the current leg @returns undefined when nothing is set */
  legValue(tag: string, index?: number): string | undefined {
    return this.#leg(index)?.get(tag);
  }

  /** @returns false for a leg that is not there, and when there are too many values */
  setLegValue(tag: string, value: string | undefined, index?: number): boolean {
    if (this.#legs === undefined && (index ?? 0) === 0) this.newLeg();
    const leg = this.#leg(index);
    return leg !== undefined && put(leg, tag, value);
  }

  /** Takes over what another has and this one lacks. */
  merge(other: RecordValues): void {
    for (const [tag, value] of other.extras) this.set(tag, value);
    for (const leg of other.legs) {
      if (!this.newLeg()) break;
      for (const [tag, value] of leg) this.setLegValue(tag, value);
    }
  }

  #leg(index: number | undefined): Map<string, string> | undefined {
    const legs = this.#legs;
    if (legs === undefined) return undefined;
    const at = index ?? legs.length - 1;
    return legs[at < 0 ? legs.length + at : at];
  }
}

function put(values: Map<string, string>, tag: string, value: string | undefined): boolean {
  if (value === undefined) {
    values.delete(tag);
    return true;
  }
  if (values.size >= MAX_VALUES && !values.has(tag)) return false;
  values.set(tag, keep(value));
  return true;
}
