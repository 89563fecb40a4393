// JSON documents as scripts see them: read from text, written in the manner of json-c. Text is latin1 bytes, so UTF-8 passes through.
import { bad, good, type Parsed } from "../../kit/index.ts";

/** A number that is no 32-bit integer: its text as it came. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Keys in order; a `Map`, so that no key has a meaning of its own. */
export type JsonObject = Map<string, Json>;
export type JsonArray = Json[];
/** One value of a document. */
export type Json = null | boolean | number | string | JsonNumber | JsonArray | JsonObject;

/** How deep arrays and objects may stand in each other. */
export const MAX_DEPTH = 32;

/** Where text stops being JSON. */
export interface JsonFault {
  readonly at: number;
  readonly reason: string;
}

/**
 * Reads a document: one value that fills the text, white space around it allowed.
 * Linear in time; nesting beyond 32 is refused. Of equal keys the last one counts.
 */
export function parseJson(text: string): Parsed<Json, JsonFault> {
  const reader = new Reader(text);
  const value = reader.value(0);
  if (value === undefined) return bad({ at: reader.at, reason: reader.reason });
  reader.space();
  return reader.at < text.length ? bad({ at: reader.at, reason: "text after the document" }) : good(value);
}

class Reader {
  readonly text: string;
  at = 0;
  reason = "";

  constructor(text: string) {
    this.text = text;
  }

  space(): void {
    const { text } = this;
    let c = text.charCodeAt(this.at);
    while (c === 32 || c === 9 || c === 10 || c === 13) c = text.charCodeAt(++this.at);
  }

  value(depth: number): Json | undefined {
    this.space();
    if (depth > MAX_DEPTH) return this.#bad("nested too deep");
    const c = this.text.charCodeAt(this.at);
    if (c === 123) return this.#object(depth);
    if (c === 91) return this.#array(depth);
    if (c === 34) return this.#string();
    if (c === 45 || (c >= 48 && c <= 57)) return this.#number();
    if (this.text.startsWith("true", this.at)) return this.#word(4, true);
    if (this.text.startsWith("false", this.at)) return this.#word(5, false);
    if (this.text.startsWith("null", this.at)) return this.#word(4, null);
    return this.#bad("value expected");
  }

  #bad(reason: string): undefined {
    if (this.reason === "") this.reason = reason;
    return undefined;
  }

  #word(length: number, value: Json): Json {
    this.at += length;
    return value;
  }

  #object(depth: number): Json | undefined {
    const object: JsonObject = new Map();
    this.at++;
    this.space();
    if (this.text.charCodeAt(this.at) === 125) return this.#word(1, object);
    for (;;) {
      this.space();
      if (this.text.charCodeAt(this.at) !== 34) return this.#bad("key expected");
      const key = this.#string();
      if (key === undefined) return undefined;
      this.space();
      if (this.text.charCodeAt(this.at) !== 58) return this.#bad("':' expected");
      this.at++;
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      object.set(key, value);
      this.space();
      const c = this.text.charCodeAt(this.at);
      if (c === 125) return this.#word(1, object);
      if (c !== 44) return this.#bad("',' or '}' expected");
      this.at++;
    }
  }

  #array(depth: number): Json | undefined {
    const array: JsonArray = [];
    this.at++;
    this.space();
    if (this.text.charCodeAt(this.at) === 93) return this.#word(1, array);
    for (;;) {
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      array.push(value);
      this.space();
      const c = this.text.charCodeAt(this.at);
      if (c === 93) return this.#word(1, array);
      if (c !== 44) return this.#bad("',' or ']' expected");
      this.at++;
    }
  }

  #string(): string | undefined {
    const { text } = this;
    let out = "";
    let from = ++this.at;
    for (;;) {
      const c = text.charCodeAt(this.at);
      if (c === 34) {
        out += text.slice(from, this.at++);
        return out;
      }
      if (Number.isNaN(c)) return this.#bad("string without an end");
      if (c !== 92) {
        this.at++;
        continue;
      }
      out += text.slice(from, this.at);
      const piece = this.#escape();
      if (piece === undefined) return undefined;
      out += piece;
      from = this.at;
    }
  }

  #escape(): string | undefined {
    const letter = this.text.charAt(this.at + 1);
    this.at += 2;
    switch (letter) {
      case '"':
      case "\\":
      case "/":
        return letter;
      case "b":
        return "\b";
      case "f":
        return "\f";
      case "n":
        return "\n";
      case "r":
        return "\r";
      case "t":
        return "\t";
      case "u":
        return this.#unicode();
      default:
        return this.#bad("unknown escape");
    }
  }

  // \uXXXX as UTF-8 bytes; a high surrogate takes its partner with it, one alone becomes U+FFFD.
  #unicode(): string | undefined {
    const first = this.#hex4();
    if (first < 0) return this.#bad("four hexadecimal digits expected");
    if (first < 0xd800 || first > 0xdfff) return utf8(first);
    if (first < 0xdc00 && this.text.startsWith("\\u", this.at)) {
      const back = this.at;
      this.at += 2;
      const second = this.#hex4();
      if (second >= 0xdc00 && second <= 0xdfff) return utf8(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
      this.at = back;
    }
    return utf8(0xfffd);
  }

  #hex4(): number {
    let code = 0;
    for (let i = 0; i < 4; i++) {
      const digit = "0123456789abcdef".indexOf(this.text.charAt(this.at + i).toLowerCase());
      if (digit < 0 || this.at + i >= this.text.length) return -1;
      code = code * 16 + digit;
    }
    this.at += 4;
    return code;
  }

  #number(): Json | undefined {
    const { text } = this;
    const from = this.at;
    if (text.charCodeAt(this.at) === 45) this.at++;
    if (!this.#digits()) return this.#bad("digit expected");
    let isWhole = true;
    if (text.charCodeAt(this.at) === 46) {
      isWhole = false;
      this.at++;
      if (!this.#digits()) return this.#bad("digit expected");
    }
    if ((text.charCodeAt(this.at) | 32) === 101) {
      isWhole = false;
      this.at++;
      const sign = text.charCodeAt(this.at);
      if (sign === 43 || sign === 45) this.at++;
      if (!this.#digits()) return this.#bad("digit expected");
    }
    const written = text.slice(from, this.at);
    const value = Number(written);
    return isWhole && value === (value | 0) ? value | 0 : new JsonNumber(written);
  }

  #digits(): boolean {
    const from = this.at;
    let c = this.text.charCodeAt(this.at);
    while (c >= 48 && c <= 57) c = this.text.charCodeAt(++this.at);
    return this.at > from;
  }
}

// A code point as the characters of its UTF-8 bytes.
function utf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), tail(0));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | (code >> 18), tail(12), tail(6), tail(0));
}

/** How a document is written: with blanks (`{ "a": 1 }`), without, or one line for each entry. */
export type JsonStyle = "spaced" | "compact" | "pretty";

/** The text of a document; `escapeSlash` writes `/` as `\/`, as json-c does. */
export function printJson(value: Json, style: JsonStyle, escapeSlash = true): string {
  return print(value, style, escapeSlash, 0);
}

function print(value: Json, style: JsonStyle, escapeSlash: boolean, depth: number): string {
  if (value === null) return "null";
  if (typeof value === "string") return quoted(value, escapeSlash);
  if (value instanceof JsonNumber) return value.text;
  if (typeof value !== "object") return String(value);
  const parts: string[] = [];
  const colon = style === "spaced" ? ": " : ":";
  if (Array.isArray(value)) for (const item of value) parts.push(print(item, style, escapeSlash, depth + 1));
  else for (const [key, item] of value) parts.push(quoted(key, escapeSlash) + colon + print(item, style, escapeSlash, depth + 1));
  const open = Array.isArray(value) ? "[" : "{";
  const close = Array.isArray(value) ? "]" : "}";
  if (style === "compact") return `${open}${parts.join(",")}${close}`;
  if (style === "spaced") return parts.length === 0 ? `${open} ${close}` : `${open} ${parts.join(", ")} ${close}`;
  if (parts.length === 0) return `${open}${close}`;
  const indent = "  ".repeat(depth);
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(",\n")}\n${indent}${close}`;
}

function quoted(text: string, escapeSlash: boolean): string {
  let out = '"';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const escaped = escapeOf(text.charCodeAt(i), escapeSlash);
    if (escaped === "") continue;
    out += text.slice(from, i) + escaped;
    from = i + 1;
  }
  return `${out}${text.slice(from)}"`;
}

function escapeOf(code: number, escapeSlash: boolean): string {
  switch (code) {
    case 34:
      return '\\"';
    case 92:
      return "\\\\";
    case 47:
      return escapeSlash ? "\\/" : "";
    case 8:
      return "\\b";
    case 9:
      return "\\t";
    case 10:
      return "\\n";
    case 12:
      return "\\f";
    case 13:
      return "\\r";
    default:
      return code < 32 ? `\\u${code.toString(16).padStart(4, "0")}` : "";
  }
}
