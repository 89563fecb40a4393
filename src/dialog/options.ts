// What a dialog was created with (`create_dialog` flags), and the 32 flags of the script. The bits are those of the
// `flags` column in tables.
import { bad, good, type Parsed } from "../kit/index.ts";

/** Options of a dialog, combined with `|`. */
export const DialogOption: {
  readonly byeOnTimeout: 8;
  readonly optionsPingCaller: 32;
  readonly optionsPingCallee: 64;
  readonly reinvitePingCaller: 2048;
  readonly reinvitePingCallee: 4096;
  readonly endOnRace: 32768;
  readonly autoPrack: 1048576;
} = Object.freeze({
  byeOnTimeout: 8,
  optionsPingCaller: 32,
  optionsPingCallee: 64,
  reinvitePingCaller: 2048,
  reinvitePingCallee: 4096,
  endOnRace: 32768,
  autoPrack: 1048576,
});

/** What modules of the reference keep on a dialog: the bits of the `module_flags` column. Combined with `|`. */
export const ModuleFlag: {
  readonly sessionTimers: 1;
  readonly topologyHiding: 2;
  readonly keepUser: 4;
  readonly hideCallId: 8;
  readonly didInUser: 16;
  readonly advertiseCaller: 32;
  readonly advertiseCallee: 64;
} = Object.freeze({
  sessionTimers: 1,
  topologyHiding: 2,
  keepUser: 4,
  hideCallId: 8,
  didInUser: 16,
  advertiseCaller: 32,
  advertiseCallee: 64,
});

/** What a second `create_dialog` with flags takes back before it adds its own (6.2). */
const REPLACED =
  DialogOption.byeOnTimeout |
  DialogOption.optionsPingCaller |
  DialogOption.optionsPingCallee |
  DialogOption.reinvitePingCaller |
  DialogOption.reinvitePingCallee;

const LETTERS: ReadonlyMap<string, number> = new Map([
  ["B", DialogOption.byeOnTimeout],
  ["P", DialogOption.optionsPingCaller],
  ["p", DialogOption.optionsPingCallee],
  ["R", DialogOption.reinvitePingCaller],
  ["r", DialogOption.reinvitePingCallee],
  ["E", DialogOption.endOnRace],
]);

const WORDS: ReadonlyMap<string, number> = new Map([
  ["bye-on-timeout", DialogOption.byeOnTimeout],
  ["options-ping-caller", DialogOption.optionsPingCaller],
  ["options-ping-callee", DialogOption.optionsPingCallee],
  ["reinvite-ping-caller", DialogOption.reinvitePingCaller],
  ["reinvite-ping-callee", DialogOption.reinvitePingCallee],
  ["end-on-race-condition", DialogOption.endOnRace],
  ["auto-prack", DialogOption.autoPrack],
]);

/**
 * Reads the flags of `create_dialog`: letters in any order (`BPr`), or words in a comma-separated list, any case.
 * Unknown letters are ignored; a re-INVITE ping silences the OPTIONS ping of the same side.
 * @returns the options, or a fault in words for an unknown word
 */
export function parseOptions(text: string): Parsed<number> {
  const trimmed = text.trim();
  let options = 0;
  if (trimmed.includes(",") || trimmed.includes("-")) {
    for (const item of trimmed.split(",")) {
      const word = item.trim().toLowerCase();
      if (word === "") continue;
      const bit = WORDS.get(word);
      if (bit === undefined) return bad(`unknown dialog flag "${item.trim()}"; there are ${[...WORDS.keys()].join(", ")}`);
      options |= bit;
    }
    return good(withoutDoublePings(options));
  }
  for (const letter of trimmed) options |= LETTERS.get(letter) ?? 0;
  // a word without any of the letters was meant as a word
  if (options === 0 && trimmed.length > 1)
    return bad(`unknown dialog flags "${trimmed}"; the letters are ${[...LETTERS.keys()].join(" ")}`);
  return good(withoutDoublePings(options));
}

/** The letters and words of options, for people. */
export function optionNames(options: number): readonly string[] {
  return [...WORDS].filter(([, bit]) => (options & bit) !== 0).map(([word]) => word);
}

/** Options after a second `create_dialog` with flags: the first five are replaced, the others only added (6.2). */
export function replaceOptions(before: number, given: number): number {
  return (before & ~REPLACED) | given;
}

/** `P`+`R` and `p`+`r` in one call: only the re-INVITE stays. */
export function withoutDoublePings(options: number): number {
  let out = options;
  if ((out & DialogOption.reinvitePingCaller) !== 0) out &= ~DialogOption.optionsPingCaller;
  if ((out & DialogOption.reinvitePingCallee) !== 0) out &= ~DialogOption.optionsPingCallee;
  return out;
}
