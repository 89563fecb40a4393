// How bad a network is, as numbers; and what becomes of one packet on it.
import type { Ms } from "../../kit/index.ts";
import type { SeededRandom } from "../random.ts";

/** The state of the way from one address to another. Probabilities are 0 … 1. */
export interface Conditions {
  /** Time under way. */
  readonly delayMs: Ms;
  /** Up to so much more, drawn for each packet: packets overtake each other. */
  readonly jitterMs: Ms;
  readonly loss: number;
  readonly duplication: number;
  /** How likely a packet is held back by `reorderMs`, so that later ones overtake it. */
  readonly reordering: number;
  readonly reorderMs: Ms;
}

/** Nothing is lost, everything takes a millisecond. */
export const PERFECT: Conditions = Object.freeze({
  delayMs: 1,
  jitterMs: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderMs: 0,
});

/** Delays of the copies of one packet that arrive: none when it is lost, two when it is doubled. */
export function arrivals(conditions: Conditions, random: SeededRandom): readonly Ms[] {
  const isLost = random.chance(conditions.loss);
  const isDoubled = random.chance(conditions.duplication);
  if (isLost) return isDoubled ? [travel(conditions, random)] : [];
  const first = travel(conditions, random);
  return isDoubled ? [first, travel(conditions, random)] : [first];
}

function travel(conditions: Conditions, random: SeededRandom): Ms {
  let delay = conditions.delayMs;
  if (conditions.jitterMs > 0) delay += random.unit() * conditions.jitterMs;
  if (random.chance(conditions.reordering)) delay += conditions.reorderMs;
  return delay;
}
