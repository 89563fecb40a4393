// Settings outside of blocks: `name = value`. Names are not checked here; only those whose value has a shape of its own are known.
import type { GlobalAssignment, NumberLiteral, SkippedValue, StringLiteral, Word } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { isWordChar } from "./scan.ts";
import { parseAliases, parseSocket } from "./sockets.ts";
import { isNumber, signedNumber } from "./values.ts";

/** `name = value`; the name has been taken, the `=` is in hand. */
export function parseGlobal(p: Cursor, name: Token): GlobalAssignment | undefined {
  const value = globalValue(p, name);
  if (value === undefined) return undefined;
  const isOver = p.is("word") || p.is(";") || p.is("}") || p.is("end") || p.startsLine(p.token);
  if (!isOver) return p.unexpected("a setting has one value; a text stands in quotes");
  return {
    kind: "global",
    span: p.spanFrom(name.start),
    name: name.text,
    nameSpan: p.spanOf(name),
    value,
  };
}

function globalValue(p: Cursor, name: Token): GlobalAssignment["value"] | undefined {
  switch (name.text) {
    case "socket":
    case "listen":
      return parseSocket(p);
    case "alias":
      return parseAliases(p);
    case "dst_blacklist":
    case "auto_scaling_profile":
      return skipped(p);
    default:
      return plainValue(p, name);
  }
}

function plainValue(p: Cursor, name: Token): NumberLiteral | StringLiteral | Word | undefined {
  const word = wordAhead(p);
  if (word !== undefined) return word;
  p.advance();
  if (p.is("string")) return stringList(p);
  // a word with `=` behind it is the next setting: this one lacks its value
  if (p.is("word") && p.source.text[nextAt(p)] === "=") return p.error(name, "syntax error", `${name.text} has no value`);
  if (isNumber(p)) return number(p);
  if (!p.is("word")) return p.unexpected(`a value is expected after ${name.text} =`);
  const { text } = p.token;
  return { kind: "word", span: p.spanOf(p.advance()), text };
}

/** `"a"`; `"a", "b"` (paths of modules) counts as one text with a comma. */
function stringList(p: Cursor): StringLiteral | undefined {
  const first = p.string();
  if (!p.is(",")) return first;
  const start = p.previous.start;
  const parts = [first.value];
  while (p.take(",")) {
    if (!p.is("string")) return p.unexpected("a string is expected");
    parts.push(p.advance().text);
  }
  return { kind: "string", span: p.spanFrom(start), value: parts.join(","), quote: '"' };
}

/** A number, perhaps with the name of a scaling profile behind it, which has no meaning here. */
function number(p: Cursor): NumberLiteral | undefined {
  const value = signedNumber(p);
  if (value === undefined || !p.isWord("use_auto_scaling_profile")) return value;
  p.advance();
  if (!p.is("word")) return p.unexpected("the name of a profile is expected");
  p.advance();
  return value;
}

/** A host, an address or a dashed word: what no token can be. Undefined, with nothing moved, when a token says it as well. */
function wordAhead(p: Cursor): Word | undefined {
  const before = p.lexer.at;
  p.lexer.skipBlanks();
  const start = p.lexer.at;
  const { text } = p.source;
  let end = start;
  let isPlain = true;
  for (;;) {
    const c = text.charCodeAt(end);
    // a number may have a sign in front, a word may have one inside
    const isInside = c === 46 || c === 58 || c === 91 || c === 93 || (c === 45 && end > start);
    if (!isWordChar(c) && !isInside) break;
    if (isInside) isPlain = false;
    end++;
  }
  if (isPlain || text.charCodeAt(end - 1) === 58) {
    p.lexer.at = before;
    return undefined;
  }
  p.takeRaw(start, end);
  const span = p.source.span(start, end);
  return { kind: "word", span, text: text.slice(start, end) };
}

function nextAt(p: Cursor): number {
  const { at } = p.lexer;
  p.lexer.skipBlanks();
  const next = p.lexer.at;
  p.lexer.at = at;
  return next;
}

/** `id = … { … }` or `id : { … }`: read over. The `=` is in hand. */
function skipped(p: Cursor): SkippedValue | undefined {
  p.advance();
  const start = p.token.start;
  while (!p.is("{") && (p.is("word") || p.is(":"))) p.advance();
  if (!p.is("{")) return p.unexpected("a '{' is expected");
  const open = p.token;
  p.skipBraces();
  if (p.previous.kind !== "}") return p.error(open, "syntax error", "this '{' is never closed");
  return { kind: "skipped", span: p.spanFrom(start), text: p.source.text.slice(start, p.previous.end) };
}
