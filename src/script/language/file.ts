// The file: settings, modules and blocks in any order.
import type { Block, BlockKind, LoadModule, ModParam, NumberLiteral, ScriptTree, StringLiteral, TopLevel } from "./ast.ts";
import { BLOCK_WORDS, ITEM_WORDS } from "./block-words.ts";
import { Cursor } from "./cursor.ts";
import { parseGlobal } from "./globals.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./nearest.ts";
import type { Source } from "./source.ts";
import { parseBraces } from "./statements.ts";
import { isNumber, signedNumber } from "./values.ts";

/** Words a file's items begin with, apart from settings. */
const FIRST_WORDS: readonly string[] = [...ITEM_WORDS, "include_file", "import_file"];

/** Blocks that have a name, and those that have none; the rest may have one. */
const NAMED: ReadonlySet<BlockKind> = new Set<BlockKind>(["branch_route", "failure_route", "timer_route", "event_route"]);
const NAMELESS: ReadonlySet<BlockKind> = new Set<BlockKind>(["error_route", "local_route", "startup_route"]);

/** Reads a whole script. @returns its tree as far as it could be read, and what is wrong with it */
export function parseFile(source: Source): { readonly tree: ScriptTree; readonly cursor: Cursor } {
  const p = new Cursor(source);
  const items: TopLevel[] = [];
  while (!p.is("end")) {
    p.isRestarted = false;
    p.isUnwinding = false;
    p.parentheses = 0;
    const before = p.token;
    const item = parseItem(p);
    if (item !== undefined) items.push(item);
    else leaveItem(p, before);
  }
  return { tree: { main: source.main, files: source.files, items }, cursor: p };
}

function parseItem(p: Cursor): TopLevel | undefined {
  if (!p.is("word")) return strayToken(p);
  const word = p.advance();
  const kind = BLOCK_WORDS.find((name) => name === word.text);
  if (kind !== undefined && (p.is("{") || p.is("["))) return parseBlock(p, word, kind);
  if (word.text === "loadmodule") return parseLoadModule(p, word);
  if (word.text === "modparam") return parseModParam(p, word);
  if (p.is("=")) return parseGlobal(p, word);
  if (kind !== undefined) return p.error(word, invalidBlock(kind), "a block is written route[name] { ... }");
  return strayWord(p, word);
}

const STATEMENT_OUTSIDE = "statements stand inside a block: route { ... }";

function strayToken(p: Cursor): undefined {
  if (p.is(";") || p.is("}")) {
    p.error(p.token, "syntax error", p.is(";") ? "no ';' here: outside of blocks nothing ends with one" : "this '}' closes nothing");
    p.advance();
    // it is all that was too much: nothing needs to be skipped
    p.isRestarted = true;
    return undefined;
  }
  if (p.is("variable")) return p.error(p.token, "syntax error", STATEMENT_OUTSIDE);
  return p.unexpected("a setting, loadmodule, modparam or a block is expected");
}

function strayWord(p: Cursor, word: Token): TopLevel | undefined {
  const meant = nearest(word.text, FIRST_WORDS);
  const isBlock = (p.is("{") || p.is("[")) && BLOCK_WORDS.find((name) => name === meant);
  if (isBlock) {
    p.error(word, "syntax error", `did you mean ${meant}?`);
    return parseBlock(p, word, isBlock);
  }
  if (meant !== undefined && (p.is("string") || p.is("("))) return p.error(word, "syntax error", `did you mean ${meant}?`);
  if (p.is("(") || word.text === "if" || word.text === "while" || word.text === "exit") {
    return p.error(word, "syntax error", STATEMENT_OUTSIDE);
  }
  return p.error(word, "syntax error", meant === undefined ? `a '=' is expected after the name of a setting` : `did you mean ${meant}?`);
}

/** After an error: goes to where the next item begins. Blocks met on the way are skipped whole. */
function leaveItem(p: Cursor, before: Token): void {
  // always move: the token in hand may be the one that could not be read
  if (p.token === before && !p.isRestarted) p.advance();
  while (!p.is("end") && !p.isRestarted) {
    if (p.is("{")) p.skipBraces();
    else if (p.is("word") && p.startsLine(p.token) && beginsItem(p)) return;
    else p.advance();
  }
}

function beginsItem(p: Cursor): boolean {
  if (FIRST_WORDS.some((name) => name === p.token.text)) return true;
  const { text } = p.source;
  let at = p.token.end;
  while (text[at] === " " || text[at] === "\t") at++;
  return text[at] === "=" && text[at + 1] !== "=";
}

function parseLoadModule(p: Cursor, word: Token): LoadModule | undefined {
  if (!p.is("string")) return p.error(p.token, "string expected", 'the module stands in quotes: loadmodule "tm.so"');
  const path = p.string();
  return { kind: "loadmodule", span: p.spanFrom(word.start), path };
}

function parseModParam(p: Cursor, word: Token): ModParam | undefined {
  const hint = 'modparam("module", "parameter", value)';
  if (!p.expect("(", hint)) return undefined;
  const module = quoted(p);
  if (module === undefined || !p.expect(",", hint)) return undefined;
  const parameter = quoted(p);
  if (parameter === undefined || !p.expect(",", hint)) return undefined;
  const value = parameterValue(p);
  if (value === undefined || !p.expect(")", "a ')' is expected")) return undefined;
  return { kind: "modparam", span: p.spanFrom(word.start), module, parameter, value };
}

function quoted(p: Cursor): StringLiteral | undefined {
  return p.is("string") ? p.string() : p.error(p.token, "string expected");
}

function parameterValue(p: Cursor): StringLiteral | NumberLiteral | undefined {
  if (p.is("string")) return p.strings();
  if (isNumber(p)) return signedNumber(p);
  return p.unexpected("a number, or a string in quotes, is expected");
}

// ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────

interface BlockHead {
  readonly name: string | undefined;
  readonly nameToken: Token | undefined;
  readonly seconds: number | undefined;
  readonly mode: "sync" | "async" | undefined;
}

const NO_HEAD: BlockHead = { name: undefined, nameToken: undefined, seconds: undefined, mode: undefined };

/** A block; the keyword has been taken, `[` or `{` is in hand. */
function parseBlock(p: Cursor, word: Token, kind: BlockKind): Block | undefined {
  const head = p.is("[") ? parseHead(p, word, kind) : headless(p, word, kind);
  if (head === undefined) while (!p.is("{") && !p.is("}") && !p.is(";") && !p.is("end")) p.advance();
  if (!p.is("{")) return p.unexpected(`a '{' is expected after ${kind}`);
  const body = parseBraces(p, word);
  p.isUnwinding = false;
  if (head === undefined) return undefined;
  if (body.statements.length === 0 && p.problems.every((problem) => problem.severity !== "error")) {
    p.warn(p.spanOf(word), `${kind} has no statements`, undefined);
  }
  const { name, nameToken, seconds, mode } = head;
  return {
    kind: "block",
    span: p.spanFrom(word.start),
    block: kind,
    keywordSpan: p.spanOf(word),
    name,
    nameSpan: nameToken && p.spanOf(nameToken),
    seconds,
    mode,
    body,
  };
}

function headless(p: Cursor, word: Token, kind: BlockKind): BlockHead | undefined {
  if (!NAMED.has(kind)) return NO_HEAD;
  return p.error(word, invalidBlock(kind), `a name is expected: ${kind}[${kind === "timer_route" ? "name, 10" : "name"}]`);
}

/** `[name]`, `[name, 10]`, `[E_NAME, sync]`; the `[` is in hand. */
function parseHead(p: Cursor, word: Token, kind: BlockKind): BlockHead | undefined {
  p.advance();
  if (NAMELESS.has(kind)) return p.error(word, invalidBlock(kind), `${kind} has no name`);
  if (!p.is("word") && !p.is("number") && !p.is("string")) {
    return p.error(p.token, invalidBlock(kind), "a name is an identifier, a number or a string");
  }
  const nameToken = p.advance();
  let seconds: number | undefined;
  let mode: BlockHead["mode"];
  if (kind === "timer_route") {
    if (!p.take(",") || !p.is("number")) return p.error(p.token, "number expected", "the seconds between two runs: timer_route[name, 10]");
    seconds = p.advance().number;
  } else if (kind === "event_route" && p.is(",")) {
    p.advance();
    if (!p.isWord("sync") && !p.isWord("async")) return p.error(p.token, invalidBlock(kind), "sync or async is expected");
    mode = p.token.text === "sync" ? "sync" : "async";
    p.warn(p.spanOf(p.advance()), `${mode} is ignored: event routes run at the end of what raised them`, undefined);
  }
  if (!p.is("]")) return p.error(p.token, invalidBlock(kind), badName(p));
  p.advance();
  return { name: nameToken.text, nameToken, seconds, mode };
}

function badName(p: Cursor): string {
  if (p.is("-") || p.is("junk")) return "a name has letters, digits and '_' only, or stands in quotes";
  return "a ']' is expected";
}

function invalidBlock(kind: BlockKind): string {
  return kind === "route" ? "invalid  route  statement" : `invalid ${kind} statement`;
}
