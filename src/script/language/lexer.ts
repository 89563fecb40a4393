// The tokens of a script. Every identifier-shaped piece is a `word`: what is a keyword depends on where it stands, and the parser knows.
// Each character is looked at a bounded number of times, whatever the text.
import { unescaped } from "./escapes.ts";
import { isDigit, isNameChar, isWordChar, isWordStart, LONGEST_VARIABLE, variableEnd } from "./scan.ts";

/** What a token is; operators and brackets are their own kinds. */
export type TokenKind = "word" | "number" | "string" | "variable" | "junk" | "end" | Operator;

/** Offsets are into the whole text; `end` is exclusive. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** A word, a number or a variable as written; the value of a string. */
  readonly text: string;
  /** Value of a number, wrapped to 32 bits. */
  readonly number: number;
}

/** Told of what is wrong with the text itself. */
export type LexicalFault = (start: number, end: number, message: string, hint: string | undefined) => void;

const OPERATORS = {
  "=": ["==", "=~", "="],
  "!": ["!=", "!~", "!"],
  "<": ["<=", "<<", "<"],
  ">": [">=", ">>", ">"],
  "+": ["+=", "+"],
  "-": ["-=", "-"],
  "*": ["*=", "*"],
  "/": ["/=", "/"],
  "%": ["%=", "%"],
  "&": ["&=", "&&", "&"],
  "|": ["|=", "||", "|"],
  "^": ["^=", "^"],
  ":": [":=", ":"],
  "~": ["~"],
  "(": ["("],
  ")": [")"],
  "{": ["{"],
  "}": ["}"],
  "[": ["["],
  "]": ["]"],
  ",": [","],
  ";": [";"],
} as const;

/** An operator, bracket or separator. */
export type Operator = (typeof OPERATORS)[keyof typeof OPERATORS][number];

const OPERATORS_BY_CHAR: ReadonlyMap<string, readonly Operator[]> = new Map(Object.entries(OPERATORS));

/** Cuts a text into tokens, one at a time. */
export class Lexer {
  /** Offset of what has not been read. The parser moves it where the language has words of another shape (sockets, addresses). */
  at = 0;
  readonly #text: string;
  readonly #fault: LexicalFault;

  constructor(text: string, fault: LexicalFault) {
    this.#text = text;
    this.#fault = fault;
  }

  /** The next token; `end` again and again at the end. */
  next(): Token {
    this.skipBlanks();
    const start = this.at;
    const text = this.#text;
    if (start >= text.length) return { kind: "end", start, end: start, text: "", number: 0 };
    const c = text.charCodeAt(start);
    if (isWordStart(c)) return this.#word(start);
    if (c === 36) return this.#variable(start);
    if (c === 34 || c === 39) return this.#string(start, c);
    if (isDigit(c)) return this.#number(start);
    for (const operator of OPERATORS_BY_CHAR.get(text[start] ?? "") ?? []) {
      if (text.startsWith(operator, start)) {
        this.at = start + operator.length;
        return { kind: operator, start, end: this.at, text: operator, number: 0 };
      }
    }
    this.at++;
    return { kind: "junk", start, end: this.at, text: text[start] ?? "", number: 0 };
  }

  /** Moves over blanks, line ends and comments. */
  skipBlanks(): void {
    const text = this.#text;
    for (;;) {
      const c = text.charCodeAt(this.at);
      // a stray underscore is nothing, as is a backslash before a line end
      if (c === 32 || (c >= 9 && c <= 13) || c === 95) this.at++;
      else if (c === 35) this.#skipLine();
      else if (c === 92 && isLineEnd(text, this.at + 1)) this.at += 2;
      else if (c === 47 && text.charCodeAt(this.at + 1) === 42) this.#skipComment();
      else if (c === 47 && text.charCodeAt(this.at + 1) === 47) {
        this.#fault(this.at, this.at + 2, "'//' is not a comment; use '#' or '/* */'", undefined);
        this.#skipLine();
      } else return;
    }
  }

  #skipLine(): void {
    const newline = this.#text.indexOf("\n", this.at);
    this.at = newline < 0 ? this.#text.length : newline + 1;
  }

  /** Comments nest. */
  #skipComment(): void {
    const text = this.#text;
    const start = this.at;
    let open = 1;
    let at = start + 2;
    while (at < text.length) {
      const c = text.charCodeAt(at);
      if (c === 42 && text.charCodeAt(at + 1) === 47) {
        open--;
        at += 2;
        if (open === 0) break;
      } else if (c === 47 && text.charCodeAt(at + 1) === 42) {
        open++;
        at += 2;
      } else at++;
    }
    this.at = Math.min(at, text.length);
    if (open > 0) this.#fault(start, start + 2, `unexpected EOF: ${open} comments open`, "comments nest: each '/*' needs a '*/'");
  }

  #word(start: number): Token {
    const text = this.#text;
    let at = start + 1;
    while (isWordChar(text.charCodeAt(at))) at++;
    this.at = at;
    return { kind: "word", start, end: at, text: text.slice(start, at), number: 0 };
  }

  #variable(start: number): Token {
    const text = this.#text;
    let end = variableEnd(text, start, Math.min(text.length, start + LONGEST_VARIABLE));
    if (end < 0) {
      // what is missing is looked for on this line, so that the next ones are read as what they are
      end = start + 1;
      while (isNameChar(text.charCodeAt(end)) || text[end] === "(") end++;
    }
    this.at = end;
    return { kind: "variable", start, end, text: text.slice(start, end), number: 0 };
  }

  #string(start: number, quote: number): Token {
    const text = this.#text;
    let end = start + 1;
    let hasEscape = false;
    while (end < text.length) {
      const c = text.charCodeAt(end);
      if (c === quote) break;
      if (c === 92 && quote === 34) {
        hasEscape = true;
        end++;
      }
      end++;
    }
    if (end >= text.length) {
      this.at = endOfLine(text, start);
      const { at } = this;
      this.#fault(start, start + 1, "unexpected EOF in unclosed string", "the string that begins here is never closed");
      return { kind: "junk", start, end: at, text: "", number: 0 };
    }
    this.at = end + 1;
    const value = hasEscape ? unescaped(text, start + 1, end) : text.slice(start + 1, end);
    return { kind: "string", start, end: this.at, text: value, number: 0 };
  }

  #number(start: number): Token {
    const text = this.#text;
    let at = start;
    let base = 10;
    if (text[start] === "0" && (text[start + 1] === "x" || text[start + 1] === "X") && digitValue(text.charCodeAt(start + 2)) < 16) {
      base = 16;
      at += 2;
    } else if (text[start] === "0") base = 8;
    let value = 0;
    for (;;) {
      const digit = digitValue(text.charCodeAt(at));
      if (digit >= base) break;
      value = (Math.imul(value, base) + digit) | 0;
      at++;
    }
    // 08, 1.5, 10.0.0.1: no numbers
    let junk = at;
    while (isDigit(text.charCodeAt(junk)) || (text[junk] === "." && isDigit(text.charCodeAt(junk + 1)))) junk++;
    this.at = junk;
    return { kind: junk > at ? "junk" : "number", start, end: junk, text: text.slice(start, junk), number: value };
  }
}

/**
 * Where a line is taken up again when a string in it lacks its quote: at its end, or at the `{` it ends with, so that the braces that
 * follow still match.
 */
export function endOfLine(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  const end = newline < 0 ? text.length : newline;
  let last = end - 1;
  while (last > from && (text[last] === " " || text[last] === "\t" || text[last] === "\r")) last--;
  return text[last] === "{" && last > from ? last : end;
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === "\n" || (text[at] === "\r" && text[at + 1] === "\n");
}

function digitValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 97 && c <= 102) return c - 87;
  return c >= 65 && c <= 70 ? c - 55 : 99;
}
