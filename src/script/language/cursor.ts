// The parser's place in the text: one token, what came before it, how deep it stands, and the problems found so far.
import type { Problem, Span, StringLiteral, Variable } from "./ast.ts";
import { parseVariable } from "./format.ts";
import { endOfLine, Lexer, type Token, type TokenKind } from "./lexer.ts";
import { lineText, positionOf } from "./positions.ts";
import type { Source } from "./source.ts";

/** Errors listed in one run; behind the last one nothing more is read. */
export const MOST_PROBLEMS = 100;
/** How deep blocks, parentheses and negations may be nested. */
const MOST_NESTED = 200;

/** A reader of tokens with one token in hand. */
export class Cursor {
  readonly source: Source;
  readonly lexer: Lexer;
  readonly problems: Problem[] = [];
  /** The token in hand. */
  token: Token;
  /** The one before it. */
  previous: Token;
  /** Parentheses open before the token in hand, counted from wherever the count was last set. */
  parentheses = 0;
  /** Set when a block is seen to be unclosed: every open body ends. */
  isUnwinding = false;
  /** Set when the text was taken up again behind a broken string: the statement with it is over. */
  isRestarted = false;
  /** Loops and switches around the token in hand. */
  breakable = 0;
  #depth = 0;
  #errors = 0;
  #lastErrorAt = -1;

  constructor(source: Source) {
    this.source = source;
    this.lexer = new Lexer(source.text, (start, end, message, hint) => this.#add("error", source.span(start, end), message, hint));
    this.token = this.lexer.next();
    this.previous = { kind: "end", start: 0, end: 0, text: "", number: 0 };
  }

  /** Whether the token in hand is of a kind. */
  is(kind: TokenKind): boolean {
    return this.token.kind === kind;
  }

  /** Whether it is this word. */
  isWord(word: string): boolean {
    return this.token.kind === "word" && this.token.text === word;
  }

  /** Goes to the next token; gives the one that was in hand. */
  advance(): Token {
    const taken = this.token;
    if (taken.kind === "(") this.parentheses++;
    else if (taken.kind === ")") this.parentheses--;
    this.previous = taken;
    this.token = this.lexer.next();
    return taken;
  }

  /** Takes `text[start … end)` as one word, whatever tokens it would be, and goes on behind it: for words of another shape. */
  takeRaw(start: number, end: number): void {
    this.previous = { kind: "word", start, end, text: this.source.text.slice(start, end), number: 0 };
    this.restart(end);
  }

  /** Takes the token in hand again from `at` on. */
  restart(at: number): void {
    this.lexer.at = at;
    this.token = this.lexer.next();
  }

  /** Takes a token of this kind if it is there. */
  take(kind: TokenKind): boolean {
    if (this.token.kind !== kind) return false;
    this.advance();
    return true;
  }

  /** Takes a token of this kind, or says that it is missing. */
  expect(kind: TokenKind, hint: string): boolean {
    if (this.take(kind)) return true;
    this.unexpected(hint);
    return false;
  }

  /** From an offset to the end of the last token taken. */
  spanFrom(start: number): Span {
    return this.source.span(start, Math.max(start, this.previous.end));
  }

  spanOf(token: Token): Span {
    return this.source.span(token.start, token.end);
  }

  // ── problems ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Reports the token in hand as out of place. */
  unexpected(hint?: string): undefined {
    const string = this.#strayString();
    if (string !== undefined) {
      const { line, path } = positionOf(this.spanOf(string));
      this.error(
        this.token,
        "syntax error",
        `the string that begins at ${path}:${line} ends just before this: is its closing quote missing?`,
      );
      this.#closeAtLineEnd(string);
      return undefined;
    }
    return this.error(this.token, "syntax error", hint);
  }

  /** Reports an error at a token or from its start to the end of another one. */
  error(from: Token, message: string, hint?: string, to: Token = from): undefined {
    if (from.kind === "junk" && from.text === "") {
      // a string that is never closed: the lexer has said so, and goes on behind its line
      if (from === this.token) this.advance();
      this.parentheses = 0;
      this.isRestarted = true;
      return undefined;
    }
    // the same place again: a consequence of what was said there
    if (from.start === this.#lastErrorAt) return undefined;
    this.#lastErrorAt = from.start;
    this.#add("error", this.source.span(from.start, to.end), message, hint);
    return undefined;
  }

  warn(span: Span, message: string, hint: string | undefined): void {
    this.#add("warning", span, message, hint);
  }

  #add(severity: Problem["severity"], span: Span, message: string, hint: string | undefined): void {
    if (this.problems.length >= MOST_PROBLEMS * 2 || this.#errors >= MOST_PROBLEMS) return;
    this.problems.push({ severity, span, message, hint });
    if (severity !== "error" || ++this.#errors < MOST_PROBLEMS) return;
    // the rest is not looked at: every loop of the parser ends at the end
    this.isUnwinding = true;
    this.lexer.at = this.source.text.length;
    this.token = { kind: "end", start: this.lexer.at, end: this.lexer.at, text: "", number: 0 };
  }

  // ── strings that lack their quote ────────────────────────────────────────────────────────────────────────────────

  /** Whether the token in hand is out of place because of the string before it: `unexpected` says so. */
  hasStrayString(): boolean {
    return this.#strayString() !== undefined;
  }

  /** The string just before the token in hand when it looks as if its closing quote were another string's opening one. */
  #strayString(): Token | undefined {
    const string = this.previous;
    if (string.kind !== "string" || this.token.kind === "end") return undefined;
    const { text } = this.source;
    const newline = text.indexOf("\n", string.start);
    if (newline < 0 || newline >= string.end) return undefined;
    const firstLine = text.slice(string.start, newline).trimEnd();
    const last = firstLine.at(-1);
    return last === ";" || last === "{" || last === ")" ? string : undefined;
  }

  /** Reads on as if the string had ended with its line. */
  #closeAtLineEnd(string: Token): void {
    if (this.#errors >= MOST_PROBLEMS) return;
    this.parentheses = 0;
    const at = endOfLine(this.source.text, string.start);
    // the string is out of sight: it explains no later error
    this.previous = { kind: "end", start: at, end: at, text: "", number: 0 };
    this.restart(at);
    this.isRestarted = true;
  }

  // ── depth ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** One level deeper; false, with an error, when that is too deep. Each `true` needs a `leave`. */
  enter(): boolean {
    if (this.#depth >= MOST_NESTED) {
      this.error(this.token, "syntax error", `nested more than ${MOST_NESTED} deep`);
      return false;
    }
    this.#depth++;
    return true;
  }

  leave(): void {
    this.#depth--;
  }

  // ── going on after an error ──────────────────────────────────────────────────────────────────────────────────────

  /** After an error inside parentheses: goes behind the one that closes them, or to where they cannot go on. */
  leaveParentheses(outside: number): void {
    while (!this.isRestarted && !this.is("end") && !this.is(";") && !this.is("{") && !this.is("}")) {
      this.advance();
      if (this.parentheses <= outside && this.previous.kind === ")") return;
    }
    this.parentheses = outside;
  }

  /** After an error in a statement: goes behind its `;`, or to the brace that ends it. */
  leaveStatement(): void {
    while (!this.isRestarted && !this.is("end") && !this.is("{") && !this.is("}")) {
      if (this.advance().kind === ";") break;
    }
    this.isRestarted = false;
    this.parentheses = 0;
  }

  /** Goes behind the `}` that belongs to the `{` in hand. */
  skipBraces(): void {
    let open = 0;
    while (!this.is("end")) {
      const { kind } = this.advance();
      if (kind === "{") open++;
      else if (kind === "}" && --open <= 0) return;
    }
  }

  // ── leaves of the grammar ────────────────────────────────────────────────────────────────────────────────────────

  /** The variable in hand; undefined, with an error, when it is wrong in itself. */
  variable(): Variable | undefined {
    const token = this.advance();
    const { variable, problems } = parseVariable(token.text, this.spanOf(token));
    for (const problem of problems) {
      if (problem.span !== undefined) this.#add("error", problem.span, problem.message, problem.hint);
    }
    return variable;
  }

  /** The string in hand. */
  string(): StringLiteral {
    const token = this.advance();
    return { kind: "string", span: this.spanOf(token), value: token.text, quote: this.source.text[token.start] === "'" ? "'" : '"' };
  }

  /** The string in hand and those that follow it, as one. */
  strings(): StringLiteral {
    const first = this.string();
    if (!this.is("string")) return first;
    const start = this.previous.start;
    const parts = [first.value];
    while (this.is("string")) parts.push(this.advance().text);
    return { kind: "string", span: this.spanFrom(start), value: parts.join(""), quote: '"' };
  }

  /** How a token is named in a hint: its line. */
  lineOf(token: Token): string {
    const { path, line } = positionOf(this.spanOf(token));
    return `${path}:${line}`;
  }

  /** Whether a token is the first of its line. */
  startsLine(token: Token): boolean {
    const span = this.spanOf(token);
    const { line, column } = positionOf(span);
    return (lineText(span.file, line) ?? "").slice(0, column - 1).trim() === "";
  }
}
