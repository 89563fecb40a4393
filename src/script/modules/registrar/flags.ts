// Flags of `save()` and `lookup()`: the letters of 3.x, or the words of 4.0 with commas between them (script-language 8.7).
import type { PathMode, SaveOptions } from "../../../location/index.ts";
import { posixRegex } from "../../compile/regex.ts";

/** Flags read, with what was not understood. */
export interface ReadFlags<T> {
  readonly flags: T;
  /** Unknown words, and values that are none: errors. */
  readonly faults: readonly string[];
  /** Unknown letters: they are passed over. */
  readonly unknownLetters: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What flags of `save()` say. */
export type SaveFlags = Writable<SaveOptions> & { takesSocketHeader?: boolean };

const SAVE_WORDS =
  "memory-only no-reply socket-header path-strict path-lazy path-off path-received force-registration only-request-contacts max-contacts " +
  "min-expires max-expires matching-mode";
const PATH_MODES: readonly PathMode[] = ["off", "lazy", "strict"];

/** Reads the flags of `save()`. */
export function readSaveFlags(text: string): ReadFlags<SaveFlags> {
  const flags: SaveFlags = {};
  const faults: string[] = [];
  if (isWords(text, SAVE_WORDS)) {
    for (const word of text.split(",")) readSaveWord(word.trim(), flags, faults);
    return { flags, faults, unknownLetters: "" };
  }
  let unknownLetters = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    const digits = digitsAt(text, i + 1);
    switch (letter) {
      case "m":
        flags.isMemoryOnly = true;
        break;
      case "o":
        flags.onlyRequestContacts = true;
        break;
      case "r":
        flags.isSilent = true;
        break;
      case "s":
        flags.takesSocketHeader = true;
        break;
      case "v":
        flags.isReceivedFromPath = true;
        break;
      case "f":
        flags.isForced = true;
        break;
      case "c":
      case "e":
      case "E":
      case "p":
        if (digits === "") faults.push(`a number is missing after <${letter}>`);
        else setNumber(letter, Number(digits), flags, faults);
        i += digits.length;
        break;
      case "M":
        // a parameter's name takes the rest
        readMatching(text.slice(i + 1), flags, faults);
        i = text.length;
        break;
      default:
        if (letter !== " ") unknownLetters += letter;
    }
  }
  return { flags, faults, unknownLetters };
}

function setNumber(letter: string, value: number, flags: SaveFlags, faults: string[]): void {
  if (letter === "c") flags.maxContacts = value;
  else if (letter === "e") flags.minExpiresMs = value * 1000;
  else if (letter === "E") flags.maxExpiresMs = value * 1000;
  else {
    const mode = PATH_MODES[value];
    if (mode === undefined) faults.push(`<p${value}>: there are p0, p1 and p2`);
    else flags.path = mode;
  }
}

function readMatching(text: string, flags: SaveFlags, faults: string[]): void {
  const name = text.replace(/^</, "").replace(/>$/, "").trim();
  if (name === "0") flags.matching = "uri";
  else if (name === "1") flags.matching = "uriAndCallId";
  else if (name === "") faults.push("a matching mode is missing");
  else flags.matching = { param: name };
}

function readSaveWord(text: string, flags: SaveFlags, faults: string[]): void {
  if (text === "") return;
  const equals = text.indexOf("=");
  const word = (equals < 0 ? text : text.slice(0, equals)).trim().toLowerCase();
  const value = equals < 0 ? "" : text.slice(equals + 1).trim();
  const letters: Readonly<Record<string, string>> = { "max-contacts": "c", "min-expires": "e", "max-expires": "E" };
  const letter = letters[word];
  if (letter !== undefined) {
    if (digitsAt(value, 0) === value && value !== "") setNumber(letter, Number(value), flags, faults);
    else faults.push(`<${word}> needs a number`);
  } else if (word === "matching-mode") readMatching(value, flags, faults);
  else if (word === "memory-only") flags.isMemoryOnly = true;
  else if (word === "no-reply") flags.isSilent = true;
  else if (word === "socket-header") flags.takesSocketHeader = true;
  else if (word === "path-strict") flags.path = "strict";
  else if (word === "path-lazy") flags.path = "lazy";
  else if (word === "path-off") flags.path = "off";
  else if (word === "path-received") flags.isReceivedFromPath = true;
  else if (word === "force-registration") flags.isForced = true;
  else if (word === "only-request-contacts") flags.onlyRequestContacts = true;
  else faults.push(`unknown flag <${word}>; there are ${SAVE_WORDS.replaceAll(" ", ", ")}`);
}

/** What flags of `lookup()` say. */
export interface LookupFlags {
  /** Only contacts that support the method. */
  byMethod: boolean;
  /** Only the best contact. */
  onlyFirst: boolean;
  /** Branches that are there already are looked up too. */
  alsoBranches: boolean;
  /** All contacts become branches; the Request-URI stays. */
  toBranches: boolean;
  userAgent: RegExp | undefined;
  maxLatencyUs: number | undefined;
  byLatency: boolean;
}

const LOOKUP_WORDS =
  "method-filtering no-branches branch to-branches-only global case-insensitive extended-regexp ua-filtering max-ping-latency sort-by-latency";

/** A pattern for user agents while flags are read. */
interface Pattern {
  text: string | undefined;
  isCaseSensitive: boolean;
}

/** Reads the flags of `lookup()`. */
export function readLookupFlags(text: string): ReadFlags<LookupFlags> {
  const flags: LookupFlags = {
    byMethod: false,
    onlyFirst: false,
    alsoBranches: false,
    toBranches: false,
    userAgent: undefined,
    maxLatencyUs: undefined,
    byLatency: false,
  };
  const faults: string[] = [];
  const pattern: Pattern = { text: undefined, isCaseSensitive: true };
  let unknownLetters = "";
  if (isWords(text, LOOKUP_WORDS)) for (const word of splitWords(text)) readLookupWord(word, flags, pattern, faults);
  else unknownLetters = readLookupLetters(text, flags, pattern, faults);
  if (pattern.text !== undefined) {
    const compiled = posixRegex(pattern.text, { isCaseSensitive: pattern.isCaseSensitive });
    if (typeof compiled === "string") faults.push(`bad expression <${pattern.text}>: ${compiled}`);
    else flags.userAgent = compiled;
  }
  return { flags, faults, unknownLetters };
}

function readLookupLetters(text: string, flags: LookupFlags, pattern: Pattern, faults: string[]): string {
  let unknown = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    switch (letter) {
      case "m":
        flags.byMethod = true;
        break;
      case "b":
        flags.onlyFirst = true;
        break;
      case "r":
        flags.alsoBranches = true;
        break;
      case "B":
        flags.toBranches = true;
        break;
      case "i":
        pattern.isCaseSensitive = false;
        break;
      case "Y":
        flags.byLatency = true;
        break;
      case "g": // registrations of other nodes come with a cluster
      case "e": // every expression is an extended one
      case " ":
        break;
      case "y": {
        const digits = digitsAt(text, i + 1);
        if (digits === "") faults.push("a number is missing after <y>");
        else flags.maxLatencyUs = Number(digits);
        i += digits.length;
        break;
      }
      case "u": {
        const end = text.charAt(i + 1) === "/" ? text.indexOf("/", i + 2) : -1;
        if (end < 0) {
          faults.push("an expression /…/ is missing after <u>");
          return unknown;
        }
        pattern.text = text.slice(i + 2, end);
        i = end;
        break;
      }
      default:
        unknown += letter;
    }
  }
  return unknown;
}

function readLookupWord(text: string, flags: LookupFlags, pattern: Pattern, faults: string[]): void {
  const equals = text.indexOf("=");
  const word = (equals < 0 ? text : text.slice(0, equals)).trim().toLowerCase();
  const value = equals < 0 ? "" : text.slice(equals + 1).trim();
  if (word === "method-filtering") flags.byMethod = true;
  else if (word === "no-branches") flags.onlyFirst = true;
  else if (word === "branch") flags.alsoBranches = true;
  else if (word === "to-branches-only") flags.toBranches = true;
  else if (word === "sort-by-latency") flags.byLatency = true;
  else if (word === "case-insensitive") pattern.isCaseSensitive = false;
  else if (word === "ua-filtering") {
    if (value.length >= 2 && value.startsWith("/") && value.endsWith("/")) pattern.text = value.slice(1, -1);
    else faults.push("<ua-filtering> needs an expression /…/");
  } else if (word === "max-ping-latency") {
    if (value !== "" && digitsAt(value, 0) === value) flags.maxLatencyUs = Number(value);
    else faults.push("<max-ping-latency> needs a number");
  } else if (word !== "global" && word !== "extended-regexp" && word !== "") {
    faults.push(`unknown flag <${word}>; there are ${LOOKUP_WORDS.replaceAll(" ", ", ")}`);
  }
}

/** Commas inside `/…/` do not separate. */
function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let from = 0;
  let isInside = false;
  for (let i = 0; i <= text.length; i++) {
    const c = text.charAt(i);
    if (c === "/") isInside = !isInside;
    if (i < text.length && (c !== "," || isInside)) continue;
    words.push(text.slice(from, i).trim());
    from = i + 1;
  }
  return words;
}

/** Whether a text is words and not letters: one of its words is known, or it holds what letters never do. */
function isWords(text: string, known: string): boolean {
  const all = known.split(" ");
  const pattern = text.indexOf("/");
  const plain = pattern < 0 ? text : text.slice(0, pattern);
  if (plain.includes(",") || plain.includes("-")) return true;
  const [first = ""] = text.split("=");
  return all.includes(first.trim().toLowerCase());
}

function digitsAt(text: string, from: number): string {
  let end = from;
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return text.slice(from, end);
}
