// Flags that were numbers in older scripts and are words in newer ones: both are taken.
import type { BoundCall } from "../module.ts";
import type { Run } from "../run.ts";
import { intOf, textOf } from "../values.ts";

/**
 * Argument `i` as a set of bits: a number, or words separated by commas. An unknown word in a literal is a fault, at run time an ERROR line.
 * @returns at run time undefined for what is neither
 */
export function flagSet(call: BoundCall, i: number, words: Readonly<Record<string, number>>): (run: Run) => number | undefined {
  const literal = call.literal(i);
  if (literal !== undefined) {
    const bits = readFlags(literal, words);
    if (typeof bits === "number") return () => bits;
    call.fault(i, `unknown flag <${bits.unknown}> for ${call.name}`, `there are ${Object.keys(words).join(", ")}`);
    return () => undefined;
  }
  const value = call.value(i);
  return (run) => {
    const given = value(run);
    const number = intOf(given);
    if (number !== undefined) return number;
    const bits = readFlags(textOf(given) ?? "", words);
    if (typeof bits === "number") return bits;
    run.error("core", call.name, `unknown flag <${bits.unknown}>`);
    return undefined;
  };
}

function readFlags(text: string, words: Readonly<Record<string, number>>): number | { readonly unknown: string } {
  const trimmed = text.trim();
  if (trimmed !== "" && [...trimmed].every((c) => c >= "0" && c <= "9")) return Number(trimmed);
  let bits = 0;
  for (const part of trimmed.split(",")) {
    const word = part.trim().toLowerCase();
    if (word === "") continue;
    const bit = Object.hasOwn(words, word) ? words[word] : undefined;
    if (bit === undefined) return { unknown: part.trim() };
    bits |= bit;
  }
  return bits;
}
