// Statements and bodies. After an error a body goes on behind the next `;` or with the next `{`, so that one run finds them all.
import type { Body, Case, Statement } from "./ast.ts";
import { ITEM_WORDS } from "./block-words.ts";
import { parseCondition } from "./conditions.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { assignmentStatement, commandStatement } from "./simple-statements.ts";
import { isNumber, signedNumber } from "./values.ts";

/** `else if` one after the other in one statement: each makes the tree one deeper. */
const MOST_ALTERNATIVES = 500;

/** What the body in hand belongs to: for saying what is not closed. */
export type Owner = Token;

/** `{ … }`; the `{` is in hand. Always gives a body: what is wrong in it has been reported. */
export function parseBraces(p: Cursor, owner: Owner): Body {
  const start = p.token.start;
  if (!p.enter()) {
    p.skipBraces();
    return { span: p.spanFrom(start), isBlock: true, statements: [] };
  }
  p.advance();
  const statements = parseStatements(p, owner);
  p.leave();
  return { span: p.spanFrom(start), isBlock: true, statements };
}

/** Statements up to the `}`, which is taken. */
function parseStatements(p: Cursor, owner: Owner): Statement[] {
  const statements: Statement[] = [];
  while (!p.is("}")) {
    if (p.isUnwinding || endsBody(p, owner)) return statements;
    statement(p, owner, statements);
  }
  p.advance();
  return statements;
}

/** Whether the body cannot go on: the text is over, or a new block begins. Says so once; every open body ends then. */
function endsBody(p: Cursor, owner: Owner): boolean {
  if (p.is("end")) {
    p.error(owner, "syntax error", `the '{' of this ${owner.text} is never closed`);
    p.isUnwinding = true;
    return true;
  }
  if (!beginsBlock(p)) return false;
  p.error(p.token, "syntax error", `a '}' is missing before this: ${owner.text} at ${p.lineOf(owner)} is still open`);
  p.isUnwinding = true;
  return true;
}

/** Whether a block of the file begins here: its keyword with `[` or `{` behind it (with `(` it is a call), or what loads modules. */
function beginsBlock(p: Cursor): boolean {
  if (!p.is("word")) return false;
  const word = p.token.text;
  if (!ITEM_WORDS.has(word)) return false;
  const next = nextCharacter(p);
  if (word === "loadmodule") return next === '"' || next === "'";
  return word === "modparam" ? next === "(" : next === "[" || next === "{";
}

/** The character that begins the token behind the one in hand; nothing is moved. */
function nextCharacter(p: Cursor): string | undefined {
  const { at } = p.lexer;
  const { text } = p.source;
  let i = at;
  while (text[i] === " " || text[i] === "\t" || text[i] === "\r" || text[i] === "\n") i++;
  return text[i];
}

/** Reads a statement into a list; after an error, moves to where the next one begins. */
function statement(p: Cursor, owner: Owner, into: Statement[]): void {
  p.parentheses = 0;
  if (p.is("{")) {
    // a block that hangs in the air; what is in it is looked at all the same
    p.error(p.token, "syntax error", "a '{' stands only behind if, else, while, for and switch");
    into.push(...parseBraces(p, owner).statements);
    return;
  }
  const found = parseStatement(p);
  if (found !== undefined) {
    into.push(found);
    return;
  }
  p.leaveStatement();
  // a body behind a head that was wrong is read without a further word, and so is its else
  while (p.is("{") && !p.isUnwinding) {
    into.push(...parseBraces(p, owner).statements);
    if (!p.isWord("else")) return;
    p.advance();
    if (!p.is("{")) statement(p, owner, into);
  }
}

function parseStatement(p: Cursor): Statement | undefined {
  switch (p.token.kind) {
    case ";":
      return { kind: "empty", span: p.spanOf(p.advance()) };
    case "variable":
      return assignmentStatement(p);
    case "word":
      return wordStatement(p);
    default:
      return strayToken(p);
  }
}

function wordStatement(p: Cursor): Statement | undefined {
  switch (p.token.text) {
    case "if":
      return parseIf(p);
    case "while":
      return parseWhile(p);
    case "for":
      return parseFor(p);
    case "switch":
      return parseSwitch(p);
    case "else":
      return strayWord(p, "else without an if: is a '{' or '}' missing, or a ';' before it too much?");
    case "case":
    case "default":
      return strayWord(p, `${p.token.text} stands in a switch only`);
    default:
      return commandStatement(p);
  }
}

function strayWord(p: Cursor, hint: string): undefined {
  p.unexpected(hint);
  if (!p.isRestarted) p.advance();
  return undefined;
}

/** A token that begins no statement. It is taken, so that the parser always moves. */
function strayToken(p: Cursor): undefined {
  p.unexpected("a statement is expected");
  if (!p.isRestarted && !p.is(";") && !p.is("{") && !p.is("}")) p.advance();
  return undefined;
}

// ── if, while, for, switch ───────────────────────────────────────────────────────────────────────────────────────────

/** An `if` with all its `else if`, read in a row and then put into each other. */
function parseIf(p: Cursor): Statement | undefined {
  const heads: {
    readonly start: number;
    readonly condition: Extract<Statement, { kind: "if" }>["condition"] | undefined;
    readonly then: Body;
  }[] = [];
  let last: Body | undefined;
  let isWhole = true;
  for (;;) {
    const word = p.advance();
    const condition = head(p, word);
    const then = parseBody(p, word);
    if (then === undefined) return undefined;
    if (condition === undefined) isWhole = false;
    heads.push({ start: word.start, condition, then });
    if (!p.isWord("else")) break;
    const otherwise = p.advance();
    if (!p.isWord("if")) {
      last = parseBody(p, otherwise);
      if (last === undefined) return undefined;
      break;
    }
    if (heads.length >= MOST_ALTERNATIVES)
      return p.error(p.token, "syntax error", `more than ${MOST_ALTERNATIVES} else if in one statement; use switch`);
  }
  // what could be read of a wrong statement stands for nothing
  if (!isWhole) return { kind: "empty", span: p.spanFrom(heads[0]?.start ?? 0) };
  let result: Statement | undefined;
  for (let i = heads.length - 1; i >= 0; i--) {
    const one = heads[i];
    if (one?.condition === undefined) continue;
    const span = p.spanFrom(one.start);
    const alternative: Body | undefined = result === undefined ? last : { span: result.span, isBlock: false, statements: [result] };
    // biome-ignore lint/suspicious/noThenProperty: the statement's own word, and nothing that is awaited
    result = { kind: "if", span, condition: one.condition, then: one.then, else: alternative };
  }
  return result;
}

function parseWhile(p: Cursor): Statement | undefined {
  const word = p.advance();
  const condition = head(p, word);
  const body = loopBody(p, word);
  if (body === undefined) return undefined;
  const span = p.spanFrom(word.start);
  return condition === undefined ? { kind: "empty", span } : { kind: "while", span, condition, body };
}

/** `(condition)`. After an error in it the body can still be read. */
function head(p: Cursor, word: Token): Extract<Statement, { kind: "while" }>["condition"] | undefined {
  const outside = p.parentheses;
  if (!p.expect("(", `a '(' is expected after ${word.text}`)) {
    p.leaveParentheses(outside);
    return undefined;
  }
  const condition = parseCondition(p);
  if (condition !== undefined && p.is(")")) {
    p.advance();
    return condition;
  }
  if (condition !== undefined)
    p.unexpected(p.is("=") ? "an assignment needs a variable on its left, a comparison is '=='" : "a ')' is expected");
  p.leaveParentheses(outside);
  return undefined;
}

/** `for ($var(x) in $(avp(y)[*]))`. */
function parseFor(p: Cursor): Statement | undefined {
  const word = p.advance();
  const outside = p.parentheses;
  const iterator = p.expect("(", "a '(' is expected after for") ? forVariable(p) : undefined;
  let collection: ReturnType<typeof forVariable>;
  if (iterator !== undefined) {
    if (p.isWord("in")) {
      p.advance();
      collection = forVariable(p);
    } else p.unexpected('"in" is expected: for ($var(x) in $(avp(y)[*]))');
  }
  if (collection === undefined || !p.expect(")", "a ')' is expected")) {
    collection = undefined;
    p.leaveParentheses(outside);
  }
  const body = loopBody(p, word);
  if (body === undefined) return undefined;
  const span = p.spanFrom(word.start);
  if (iterator === undefined || collection === undefined) return { kind: "empty", span };
  return { kind: "for", span, iterator, collection, body };
}

function forVariable(p: Cursor): ReturnType<Cursor["variable"]> {
  return p.is("variable") ? p.variable() : p.unexpected("a variable is expected");
}

function loopBody(p: Cursor, word: Token): Body | undefined {
  p.breakable++;
  const body = parseBody(p, word);
  p.breakable--;
  return body;
}

/** One statement, or several in braces. */
function parseBody(p: Cursor, word: Token): Body | undefined {
  if (p.isRestarted) return undefined;
  if (p.is("{")) return parseBraces(p, word);
  if (p.is("}") || p.is("end") || p.isWord("else")) return p.unexpected(`a statement is expected after ${word.text}`);
  if (!p.enter()) return undefined;
  const start = p.token.start;
  const only = parseStatement(p);
  p.leave();
  return only && { span: p.spanFrom(start), isBlock: false, statements: [only] };
}

/** `switch ($var(x)) { case 1: … default: … }`. */
function parseSwitch(p: Cursor): Statement | undefined {
  const word = p.advance();
  const outside = p.parentheses;
  const subject = p.expect("(", "a '(' is expected after switch") ? switchSubject(p) : undefined;
  const isHead = subject !== undefined && p.expect(")", "a ')' is expected");
  if (!isHead) p.leaveParentheses(outside);
  if (p.isRestarted || !p.is("{")) return isHead ? p.unexpected("a '{' is expected after switch(...)") : undefined;
  const open = p.token;
  if (!p.enter()) {
    p.skipBraces();
    return { kind: "empty", span: p.spanFrom(word.start) };
  }
  p.advance();
  p.breakable++;
  const cases: Case[] = [];
  while (p.isWord("case")) {
    const one = parseCase(p, word);
    if (one !== undefined) cases.push(one);
  }
  const otherwise = p.isWord("default") ? parseDefault(p, word) : undefined;
  p.breakable--;
  p.leave();
  closeSwitch(p, word, open, cases.length > 0);
  const span = p.spanFrom(word.start);
  if (subject === undefined || cases.length === 0) return { kind: "empty", span };
  return { kind: "switch", span, subject, cases, default: otherwise };
}

function switchSubject(p: Cursor): ReturnType<Cursor["variable"]> {
  return p.is("variable") ? p.variable() : p.unexpected("switch takes a variable");
}

function parseCase(p: Cursor, owner: Owner): Case | undefined {
  const word = p.advance();
  const label = p.is("string") ? p.string() : isNumber(p) ? signedNumber(p) : p.unexpected("case takes a number or a string");
  if (label !== undefined) p.expect(":", "a ':' is expected after the value of a case");
  else if (p.is("variable") || p.is("word")) p.advance();
  if (label === undefined) p.take(":");
  const body = caseStatements(p, owner);
  return label && { span: p.spanFrom(word.start), label, body };
}

function parseDefault(p: Cursor, owner: Owner): Body {
  const word = p.advance();
  p.expect(":", "a ':' is expected after default");
  const statements = caseStatements(p, owner);
  return { span: p.spanFrom(word.start), isBlock: true, statements };
}

function caseStatements(p: Cursor, owner: Owner): Statement[] {
  const statements: Statement[] = [];
  p.isRestarted = false;
  while (!p.isUnwinding && !p.is("}") && !p.isWord("case") && !p.isWord("default") && !endsBody(p, owner)) {
    statement(p, owner, statements);
  }
  return statements;
}

/** The end of a switch: what stands behind `default`, or before the first case, is an error. */
function closeSwitch(p: Cursor, word: Token, open: Token, hasCase: boolean): void {
  if (p.isUnwinding) return;
  if (p.is("}")) {
    p.advance();
    if (!hasCase) p.error(word, "syntax error", "a switch has at least one case", open);
    return;
  }
  if (p.is("end")) {
    endsBody(p, word);
    return;
  }
  const isCase = p.isWord("case") || p.isWord("default");
  p.unexpected(isCase ? "default is the last one of a switch" : "case or default is expected");
  p.isRestarted = false;
  let depth = 1;
  while (!p.is("end") && depth > 0) {
    const { kind } = p.advance();
    if (kind === "{") depth++;
    else if (kind === "}") depth--;
  }
}
