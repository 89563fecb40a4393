// `/pattern/replacement/flags` as sed writes it: `subst` and its kin, `avp_subst`. In the replacement `\0` is the whole match, `\1` to `\9`
// its groups, `\u` the Request-URI; variables are expanded once for each call.
import { posixRegex, SUBJECT_MAX } from "../compile/regex.ts";
import type { BoundCall } from "../module.ts";
import type { Run } from "../run.ts";
import { requestUriOf } from "../variables/target.ts";

/** One thing to be put into a text in place of another. */
export interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A substitution taken apart. */
export interface SubstitutionParts {
  readonly pattern: string;
  readonly replacement: string;
  readonly isGlobal: boolean;
  readonly ignoresCase: boolean;
  /** `s`: the text is one line. */
  readonly isOneLine: boolean;
}

/** Takes a substitution apart; its first character is the delimiter. @returns what is wrong with it otherwise */
export function parseSubstitution(text: string): SubstitutionParts | string {
  const delimiter = text.charAt(0);
  if (delimiter === "" || delimiter === "\\" || isWord(delimiter)) return "a substitution is written /pattern/replacement/flags";
  const second = nextAt(text, 1, delimiter);
  const third = second < 0 ? -1 : nextAt(text, second + 1, delimiter);
  if (third < 0) return `the substitution has no ${second < 0 ? "second" : "third"} ${delimiter}`;
  const flags = text.slice(third + 1).toLowerCase();
  for (const flag of flags) if (!"gis".includes(flag)) return `unknown flag <${flag}> of a substitution; there are g, i and s`;
  return {
    // a delimiter that means something in a pattern keeps its backslash
    pattern: "^$.*+?()[]{}|".includes(delimiter) ? text.slice(1, second) : text.slice(1, second).replaceAll(`\\${delimiter}`, delimiter),
    replacement: text.slice(second + 1, third).replaceAll(`\\${delimiter}`, delimiter),
    isGlobal: flags.includes("g"),
    ignoresCase: flags.includes("i"),
    isOneLine: flags.includes("s"),
  };
}

/** A piece of a replacement: a group, or text. */
type Piece = number | TextPiece;

/** Text that may hold variables. */
interface TextPiece {
  read(run: Run): string;
  /** Line ends in the script's own text; −1 when there are no variables in it. */
  readonly lineEnds: number;
}

/** A substitution that is ready to run. */
export class Substitution {
  readonly #regex: RegExp;
  readonly #pieces: readonly Piece[];
  /** With the `g` flag: all matches, in all of the text. */
  readonly isGlobal: boolean;

  constructor(regex: RegExp, pieces: readonly Piece[], isGlobal: boolean) {
    this.#regex = regex;
    this.#pieces = pieces;
    this.isGlobal = isGlobal;
  }

  /**
   * What is to be replaced in a text, in order; nothing when the pattern is not found.
   * @returns undefined when a variable of the replacement holds a line end and `mustBeClean`
   */
  replacements(run: Run, text: string, mustBeClean = false): readonly Replacement[] | undefined {
    const found = findAll(this.#regex, text, this.isGlobal);
    if (found.length === 0) return [];
    const values: (string | number)[] = [];
    for (const piece of this.#pieces) {
      const value = typeof piece === "number" ? piece : piece.read(run);
      // counted, since the script's own text may hold some
      if (mustBeClean && typeof piece !== "number" && piece.lineEnds >= 0 && lineEnds(String(value)) > piece.lineEnds) return undefined;
      values.push(value);
    }
    return found.map((match) => ({ from: match.index, to: match.index + match[0].length, text: assemble(values, match) }));
  }

  /** The text with the substitution made; undefined when the pattern is not found. */
  apply(run: Run, text: string): string | undefined {
    const all = this.replacements(run, text);
    return all === undefined || all.length === 0 ? undefined : applyTo(text, all);
  }
}

/** Puts replacements (in order, apart from each other) into a text. */
export function applyTo(text: string, replacements: readonly Replacement[]): string {
  let out = "";
  let at = 0;
  for (const one of replacements) {
    out += text.slice(at, one.from) + one.text;
    at = one.to;
  }
  return out + text.slice(at);
}

/** The first match, or all of them, in a text of at most 64 KiB. */
export function findAll(regex: RegExp, text: string, isGlobal: boolean): RegExpExecArray[] {
  const subject = text.length > SUBJECT_MAX ? text.slice(0, SUBJECT_MAX) : text;
  if (!isGlobal && !regex.global) {
    const match = regex.exec(subject);
    return match === null ? [] : [match];
  }
  const global = regex.global ? regex : new RegExp(regex.source, `${regex.flags}g`);
  const found: RegExpExecArray[] = [];
  global.lastIndex = 0;
  for (let match = global.exec(subject); match !== null; match = global.exec(subject)) {
    found.push(match);
    if (!isGlobal) break;
    // an empty match would be found again and again
    if (match[0] === "") global.lastIndex++;
  }
  return found;
}

/** Makes a substitution of an argument of a call; what is wrong with it is a fault there. */
export function bindSubstitution(call: BoundCall, i: number, text: string): Substitution | undefined {
  const parts = parseSubstitution(text);
  if (typeof parts === "string") {
    call.fault(i, `bad substitution <${text}>: ${parts}`);
    return undefined;
  }
  const regex = posixRegex(parts.pattern, { isMultiline: !parts.isOneLine, isCaseSensitive: !parts.ignoresCase, isGlobal: true });
  if (typeof regex === "string") {
    call.fault(i, `bad re "${parts.pattern}": ${regex}`);
    return undefined;
  }
  return new Substitution(regex, piecesOf(call, i, parts.replacement), parts.isGlobal);
}

function piecesOf(call: BoundCall, i: number, replacement: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") pieces.push(textPiece(call, i, text));
    text = "";
  };
  for (let at = 0; at < replacement.length; at++) {
    const c = replacement.charAt(at);
    const next = replacement.charAt(at + 1);
    if (c !== "\\" || next === "") {
      text += c;
      continue;
    }
    at++;
    if (next >= "0" && next <= "9") {
      flush();
      pieces.push(Number(next));
    } else if (next === "u") {
      flush();
      pieces.push({ read: (run) => requestUriOf(run)?.text ?? "", lineEnds: 0 });
    } else text += ESCAPES[next] ?? next;
  }
  flush();
  return pieces;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function textPiece(call: BoundCall, i: number, text: string): TextPiece {
  if (!text.includes("$")) return { read: () => text, lineEnds: -1 };
  return { read: call.format(i, text), lineEnds: lineEnds(text) };
}

function lineEnds(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10 || c === 13 || c === 0) count++;
  }
  return count;
}

function assemble(values: readonly (string | number)[], match: RegExpExecArray): string {
  let text = "";
  for (const value of values) text += typeof value === "number" ? (match[value] ?? "") : value;
  return text;
}

function nextAt(text: string, from: number, delimiter: string): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === "\\") i++;
    else if (c === delimiter) return i;
  }
  return -1;
}

function isWord(c: string): boolean {
  const code = c.charCodeAt(0);
  return code <= 32 || (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122);
}
