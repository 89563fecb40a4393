// Escapes of double-quoted strings, and the way back from a string's value to the text it was written as.
import type { SourceFile } from "./ast.ts";

const BACKSLASH = 92;

/** One escape: how long it is as written, and what it stands for. */
interface Escape {
  readonly length: number;
  readonly text: string;
}

const SIMPLE: Readonly<Record<string, string>> = { n: "\n", r: "\r", a: "\x07", t: "\t", '"': '"', "\\": "\\", "\n": "" };

/** The escape that begins at the backslash `text[at]`. Any pair that is none stands for itself, backslash included. */
function escapeAt(text: string, at: number): Escape {
  const next = text[at + 1] ?? "";
  const simple = SIMPLE[next];
  if (simple !== undefined) return { length: 2, text: simple };
  if (next === "\r" && text[at + 2] === "\n") return { length: 3, text: "" };
  if (next === "x") {
    const digits = digitsAt(text, at + 2, 2, 16);
    if (digits > 0) return { length: 2 + digits, text: charOf(text.slice(at + 2, at + 2 + digits), 16) };
  }
  // one octal digit alone is a back-reference of a substitution and stays as it is
  const digits = digitsAt(text, at + 1, 3, 8);
  if (digits >= 2) return { length: 1 + digits, text: charOf(text.slice(at + 1, at + 1 + digits), 8) };
  return { length: 1 + next.length, text: `\\${next}` };
}

function digitsAt(text: string, from: number, most: number, base: 8 | 16): number {
  let count = 0;
  while (count < most && isDigitOf(text.charCodeAt(from + count), base)) count++;
  return count;
}

function isDigitOf(c: number, base: 8 | 16): boolean {
  if (base === 8) return c >= 48 && c <= 55;
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102);
}

function charOf(digits: string, base: number): string {
  return String.fromCharCode(Number.parseInt(digits, base) & 0xff);
}

/** The value of what stands between two double quotes. */
export function unescaped(text: string, start: number, end: number): string {
  let result = "";
  let from = start;
  let at = text.indexOf("\\", start);
  while (at >= 0 && at < end) {
    const found = escapeAt(text, at);
    result += text.slice(from, at) + found.text;
    from = at + found.length;
    at = text.indexOf("\\", from);
  }
  return result + text.slice(from, end);
}

/** A value as it may stand between double quotes; `unescaped` gives it back. */
export function escaped(value: string): string {
  let result = "";
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c === BACKSLASH || c === 34) result += `\\${value[i]}`;
    else if (c === 10) result += "\\n";
    else if (c === 13) result += "\\r";
    else if (c === 9) result += "\\t";
    else if (c < 32 || c === 127) result += `\\x${c.toString(16).padStart(2, "0")}`;
    else result += value[i];
  }
  return result;
}

/**
 * Offsets in the file of each character of a string's value, one more for its end.
 * @returns undefined when the text between `start` and `end` does not make this value (folded over comments or over an include)
 */
export function valueOffsets(file: SourceFile, start: number, end: number, value: string): readonly number[] | undefined {
  const { text } = file;
  const offsets: number[] = [];
  let made = "";
  let at = start;
  while (at < end) {
    const quote = text[at];
    if (quote !== '"' && quote !== "'") return undefined;
    at++;
    while (at < end && text[at] !== quote) {
      const found = quote === '"' && text.charCodeAt(at) === BACKSLASH ? escapeAt(text, at) : undefined;
      const piece = found?.text ?? text[at] ?? "";
      for (let i = 0; i < piece.length; i++) offsets.push(at);
      made += piece;
      at += found?.length ?? 1;
    }
    offsets.push(at);
    at++;
    while (at < end && " \t\r\n".includes(text[at] ?? "")) at++;
    // a folded string goes on: the closing quote in between is no character of the value
    if (at < end) offsets.pop();
  }
  return made === value ? offsets : undefined;
}
