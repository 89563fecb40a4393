// Arguments that several functions of registrar share: the table, and flags that are read once when they are literals.
import type { BoundCall } from "../../module.ts";
import type { Run } from "../../run.ts";
import type { ReadFlags } from "./flags.ts";

/** The table of argument `i`: always known when the script is read. */
export function tableOf(call: BoundCall, i: number): string {
  const name = call.literal(i)?.trim() ?? "";
  if (name === "") call.fault(i, `${call.name}: the table must be a plain name`, '"location"');
  return name;
}

/**
 * Flags of argument `i`. What is wrong with literals is said when the script is read; at run time it is an ERROR line.
 * @returns at run time undefined for flags that are wrong
 */
export function flagsOf<T>(call: BoundCall, i: number, read: (text: string) => ReadFlags<T>): (run: Run) => T | undefined {
  const literal = call.has(i) ? call.literal(i) : "";
  if (literal !== undefined) {
    const { flags, faults, unknownLetters } = read(literal);
    for (const fault of faults) call.fault(i, `${call.name}: ${fault}`);
    if (unknownLetters !== "") call.warn(i, `${call.name}: unknown flag letters <${unknownLetters}> are passed over`);
    return () => flags;
  }
  const text = call.text(i);
  let last: { readonly text: string; readonly read: ReadFlags<T> } | undefined;
  return (run) => {
    const given = text(run);
    if (given === undefined) return undefined;
    if (last?.text !== given) last = { text: given, read: read(given) };
    const { flags, faults } = last.read;
    for (const fault of faults) run.error("registrar", call.name, fault);
    return faults.length === 0 ? flags : undefined;
  };
}
