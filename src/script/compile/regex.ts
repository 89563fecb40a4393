// POSIX extended regular expressions, as scripts write them, in terms of JavaScript's.
// Differences that remain: among alternatives the first that matches wins, where POSIX takes the longest; this shows only in what a
// substitution replaces. Letters of either case are written out as sets instead of by the `i` flag: V8's engine that takes linear time, which
// bin/dialoom lets it fall back to when a pattern goes back and forth too often, does not know that flag. Lengths are bounded here.

/** Longest pattern. */
export const PATTERN_MAX = 4096;
/** Longest text that is searched: what lies beyond is not seen. No message is longer. */
export const SUBJECT_MAX = 65_535;

/** How a pattern is meant. */
export interface RegexOptions {
  /** `.` and negated sets stop at line ends, `^` and `$` match there: arguments of functions, but not `=~`. */
  readonly isMultiline?: boolean;
  /** Letters keep their case; ignored when left out. */
  readonly isCaseSensitive?: boolean;
  /** With the `g` flag. */
  readonly isGlobal?: boolean;
}

const CLASSES: ReadonlyMap<string, string> = new Map([
  ["alpha", "A-Za-z"],
  ["digit", "0-9"],
  ["alnum", "A-Za-z0-9"],
  ["upper", "A-Z"],
  ["lower", "a-z"],
  ["space", " \\t-\\r"],
  ["blank", " \\t"],
  ["punct", "!-\\/:-@\\[-`{-~"],
  ["print", " -~"],
  ["graph", "!-~"],
  ["cntrl", "\\x00-\\x1f\\x7f"],
  ["xdigit", "0-9A-Fa-f"],
]);

/** `\w` and its like, which the GNU library knows outside of brackets. */
const ESCAPES: Readonly<Record<string, string>> = {
  w: "[A-Za-z0-9_]",
  W: "[^A-Za-z0-9_]",
  s: "[ \\t-\\r]",
  S: "[^ \\t-\\r]",
  b: "\\b",
  B: "\\B",
  "<": "\\b(?=\\w)",
  ">": "\\b(?<=\\w)",
  "`": "(?<![\\s\\S])",
  "'": "(?![\\s\\S])",
};

/**
 * Compiles a pattern.
 * @returns the expression, or what is wrong with the pattern
 */
export function posixRegex(pattern: string, options: RegexOptions = {}): RegExp | string {
  if (pattern.length > PATTERN_MAX) return `longer than ${PATTERN_MAX} characters`;
  const translation = new Translator(pattern, options.isMultiline === true, options.isCaseSensitive !== true);
  const source = translation.run();
  if (translation.fault !== "") return translation.fault;
  // what a back reference repeats may differ in case: sets cannot say so
  const flags = `${options.isCaseSensitive !== true && translation.hasReferences ? "i" : ""}${options.isGlobal === true ? "g" : ""}`;
  try {
    return new RegExp(source, flags);
  } catch (error) {
    // an interval the engine finds too large, say
    return error instanceof Error ? error.message : "Invalid regular expression";
  }
}

/** Whether an expression of `posixRegex` is found in a text. */
export function searches(regex: RegExp, text: string): boolean {
  regex.lastIndex = 0;
  return regex.test(text.length > SUBJECT_MAX ? text.slice(0, SUBJECT_MAX) : text);
}

/** One open parenthesis: what was read before it, and since the last `|`. */
interface Group {
  readonly pieces: string[];
  readonly number: number;
}

class Translator {
  fault = "";
  /** The pattern has back references. */
  hasReferences = false;
  readonly #text: string;
  readonly #isMultiline: boolean;
  readonly #ignoresCase: boolean;
  readonly #open: Group[] = [];
  /** Pieces of the sequence being read; quantifiers change the last. */
  #pieces: string[] = [];
  /** Whether the last piece can be repeated, and whether it already is. */
  #canRepeat = false;
  #isRepeated = false;
  #groups = 0;
  readonly #closed = new Set<number>();
  #at = 0;

  constructor(text: string, isMultiline: boolean, ignoresCase: boolean) {
    this.#text = text;
    this.#isMultiline = isMultiline;
    this.#ignoresCase = ignoresCase;
  }

  run(): string {
    while (this.#at < this.#text.length && this.fault === "") this.#next(this.#text.charAt(this.#at++));
    if (this.fault === "" && this.#open.length > 0) this.fault = "Unmatched ( or \\(";
    return this.#pieces.join("");
  }

  #next(c: string): void {
    switch (c) {
      case "(":
        this.#open.push({ pieces: this.#pieces, number: ++this.#groups });
        this.#pieces = [];
        this.#canRepeat = false;
        return;
      case ")":
        this.#close();
        return;
      case "|":
        this.#pieces.push("|");
        this.#canRepeat = false;
        return;
      case "*":
      case "+":
      case "?":
        this.#repeat(c);
        return;
      case "{":
        this.#interval();
        return;
      case "[":
        this.#set();
        return;
      case ".":
        this.#atom(this.#isMultiline ? "[^\\n]" : "[\\s\\S]");
        return;
      case "^":
        this.#anchor(this.#isMultiline ? "(?<![^\\n])" : "^");
        return;
      case "$":
        this.#anchor(this.#isMultiline ? "(?![^\\n])" : "$");
        return;
      case "\\":
        this.#escape();
        return;
      default:
        this.#atom(this.#literal(c));
    }
  }

  #atom(source: string): void {
    this.#pieces.push(source);
    this.#canRepeat = true;
    this.#isRepeated = false;
  }

  /** What matches no character: repeating it means nothing. */
  #anchor(source: string): void {
    this.#pieces.push(source);
    this.#canRepeat = false;
  }

  #close(): void {
    const group = this.#open.pop();
    if (group === undefined) {
      // as in the GNU library, one that nothing opened stands for itself
      this.#atom("\\)");
      return;
    }
    const inner = this.#pieces.join("");
    this.#pieces = group.pieces;
    this.#closed.add(group.number);
    this.#atom(`(${inner})`);
  }

  #repeat(quantifier: string): void {
    const last = this.#pieces.at(-1);
    if (last === undefined || !this.#canRepeat) {
      this.fault = "Invalid preceding regular expression";
      return;
    }
    // `a+?` is not lazy but optional
    this.#pieces[this.#pieces.length - 1] = (this.#isRepeated ? `(?:${last})` : last) + quantifier;
    this.#isRepeated = true;
  }

  #interval(): void {
    const end = this.#text.indexOf("}", this.#at);
    const inner = end < 0 ? "" : this.#text.slice(this.#at, end);
    const comma = inner.indexOf(",");
    const low = comma < 0 ? inner : inner.slice(0, comma);
    const high = comma < 0 ? low : inner.slice(comma + 1);
    if (end < 0 || !isDigits(low) || !isDigits(high) || (low === "" && high === "")) {
      this.fault = "Invalid content of \\{\\}";
      return;
    }
    const [from, to] = [Number(low === "" ? "0" : low), high === "" ? 0 : Number(high)];
    if (from > 32_767 || to > 32_767) this.fault = "Regular expression too big";
    else if (high !== "" && to < from) this.fault = "Invalid content of \\{\\}";
    else this.#repeat(comma < 0 ? `{${from}}` : `{${from},${high === "" ? "" : to}}`);
    this.#at = end + 1;
  }

  #escape(): void {
    const c = this.#text.charAt(this.#at++);
    if (c === "") {
      this.fault = "Trailing backslash";
      return;
    }
    if (c >= "1" && c <= "9") {
      this.hasReferences = true;
      if (this.#closed.has(Number(c))) this.#atom(`(?:\\${c})`);
      else this.fault = "Invalid back reference";
      return;
    }
    const known = ESCAPES[c];
    if (known === undefined) this.#atom(this.#literal(c));
    else if ("wWsS".includes(c)) this.#atom(known);
    else this.#anchor(known);
  }

  /** `[…]`: a backslash in it stands for itself. */
  #set(): void {
    const text = this.#text;
    let at = this.#at;
    const isNegated = text.charAt(at) === "^";
    if (isNegated) at++;
    let out = "";
    let isFirst = true;
    for (;;) {
      const c = text.charAt(at);
      if (c === "") {
        this.fault = "Unmatched [, [^, [:, [., or [=";
        return;
      }
      if (c === "]" && !isFirst) break;
      isFirst = false;
      if (c === "[" && text.charAt(at + 1) === ":") {
        const end = text.indexOf(":]", at + 2);
        const inner = end < 0 ? undefined : CLASSES.get(text.slice(at + 2, end));
        if (inner === undefined) {
          this.fault = "Invalid character class name";
          return;
        }
        out += this.#ignoresCase && (inner === "A-Z" || inner === "a-z") ? "A-Za-z" : inner;
        at = end + 2;
        continue;
      }
      const from = this.#element(at);
      if (from === undefined) return;
      at = from.next;
      if (text.charAt(at) === "-" && text.charAt(at + 1) !== "]" && text.charAt(at + 1) !== "") {
        const to = this.#element(at + 1);
        if (to === undefined) return;
        if (to.char < from.char) {
          this.fault = "Invalid range end";
          return;
        }
        out += `${inSet(from.char)}-${inSet(to.char)}${this.#otherCase(from.char, to.char)}`;
        at = to.next;
      } else out += inSet(from.char) + this.#otherCase(from.char, from.char);
    }
    this.#at = at + 1;
    this.#atom(isNegated ? `[^${out}${this.#isMultiline ? "\\n" : ""}]` : `[${out}]`);
  }

  #literal(c: string): string {
    const other = this.#otherCase(c, c);
    return other === "" ? literal(c) : `[${c}${other}]`;
  }

  /** The letters between two characters in their other case, as part of a set; "" where there are none, or case counts. */
  #otherCase(from: string, to: string): string {
    if (!this.#ignoresCase) return "";
    return shifted(from, to, "a", "z", -32) + shifted(from, to, "A", "Z", 32);
  }

  /** One character of a set; `[.x.]` and `[=x=]` name one too. */
  #element(at: number): { readonly char: string; readonly next: number } | undefined {
    const c = this.#text.charAt(at);
    const mark = this.#text.charAt(at + 1);
    if (c === "[" && (mark === "." || mark === "=")) {
      if (this.#text.charAt(at + 3) === mark && this.#text.charAt(at + 4) === "]") {
        return { char: this.#text.charAt(at + 2), next: at + 5 };
      }
      this.fault = "Invalid collation character";
      return undefined;
    }
    return { char: c, next: at + 1 };
  }
}

/** The part of a range that lies between two letters, moved to the other case. */
function shifted(from: string, to: string, first: string, last: string, by: number): string {
  const low = from > first ? from : first;
  const high = to < last ? to : last;
  if (low > high) return "";
  const [start, end] = [String.fromCharCode(low.charCodeAt(0) + by), String.fromCharCode(high.charCodeAt(0) + by)];
  return start === end ? start : `${start}-${end}`;
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charAt(i) < "0" || text.charAt(i) > "9") return false;
  return text.length < 6;
}

function literal(c: string): string {
  return "\\^$.*+?()[]{}|/".includes(c) ? `\\${c}` : c;
}

function inSet(c: string): string {
  return "\\]^-[".includes(c) ? `\\${c}` : c;
}
