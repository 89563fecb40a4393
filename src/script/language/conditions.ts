// Conditions and commands: what may be asked and what may be done are the same things. `&&` and `||` have one precedence and join to the left.
import type { Command, Condition } from "./ast.ts";
import { parseAsync, parseCall, parseLog, parseReturn, parseRouteCall, parseXlog } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { isArithmetic, isAssign, isCompare, MOST_OPERATORS, parseAssignment, parseComparison, parseExpression } from "./expressions.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./nearest.ts";
import { isNumber, signedNumber } from "./values.ts";

/** A whole condition, without the parentheses of its `if`; undefined, with an error, when there is none. */
export function parseCondition(p: Cursor): Condition | undefined {
  const start = p.token.start;
  let left = term(p);
  for (let count = 0; left !== undefined; count++) {
    const kind = p.is("&&") || p.isWord("and") ? "and" : p.is("||") || p.isWord("or") ? "or" : undefined;
    if (kind === undefined) break;
    if (count >= MOST_OPERATORS) return p.error(p.token, "syntax error", `more than ${MOST_OPERATORS} operators in one condition`);
    p.advance();
    const right = term(p);
    if (right === undefined) return undefined;
    left = { kind, span: p.spanFrom(start), left, right };
  }
  return left;
}

function term(p: Cursor): Condition | undefined {
  const start = p.token.start;
  const found = p.is("!") || p.isWord("not") || p.is("(") || p.is("[") ? nested(p) : element(p);
  if (found === undefined || !(isCompare(p) || isArithmetic(p))) return found;
  // only a variable may be compared, and it has been by now
  const first = { ...p.token, start };
  if (isArithmetic(p)) return p.error(first, "syntax error", "arithmetic in a condition stands in brackets: [$var(x) & 4]", p.token);
  if (found.kind === "call" || found.kind === "routeCall") {
    return p.error(first, "syntax error", "a function's result is not compared: call it, then compare $rc", p.previous);
  }
  return p.error(first, "syntax error", "the left side of a comparison is a variable", p.token);
}

function nested(p: Cursor): Condition | undefined {
  if (!p.enter()) return undefined;
  const opening = p.advance();
  const { kind, start } = opening;
  let result: Condition | undefined;
  if (kind === "(") {
    const inner = parseCondition(p);
    if (inner !== undefined && p.expect(")", "a ')' is expected")) result = { kind: "group", span: p.spanFrom(start), inner };
  } else if (kind === "[") {
    const inner = parseExpression(p);
    if (inner !== undefined && p.expect("]", bracketHint(p))) result = { kind: "arithmetic", span: p.spanFrom(start), inner };
  } else {
    const inner = term(p);
    if (inner !== undefined) result = { kind: "not", span: p.spanFrom(start), operand: inner };
  }
  p.leave();
  return result;
}

function bracketHint(p: Cursor): string {
  return isCompare(p) ? "what stands in brackets is not compared: it is true when it is not 0" : "a ']' is expected";
}

function element(p: Cursor): Condition | undefined {
  if (isNumber(p)) return signedNumber(p);
  if (p.is("variable")) {
    const start = p.token.start;
    const variable = p.variable();
    if (variable === undefined) return undefined;
    if (isCompare(p)) return parseComparison(p, start, variable);
    return isAssign(p) ? parseAssignment(p, start, variable) : variable;
  }
  if (p.is("word")) return parseCommand(p);
  if (p.is("string")) return p.unexpected("a condition begins with a variable or a call: the left side of a comparison is a variable");
  return p.unexpected("a condition is expected");
}

/** Words that begin statements, for guessing what was meant. */
const STATEMENT_WORDS = ["if", "else", "while", "for", "switch", "case", "default", "exit", "return", "drop", "break"] as const;

/** A command that begins with the word in hand. */
export function parseCommand(p: Cursor): Command | undefined {
  const word = p.advance();
  switch (word.text) {
    case "route":
      if (p.is("(")) return parseRouteCall(p, word);
      return p.error(word, "invalid  route  statement", "a route is called with parentheses: route(name)");
    case "exit":
    case "drop":
      return ending(p, word, word.text);
    case "break":
      if (p.breakable === 0) return p.error(word, "syntax error", "break stands in while, for and switch only");
      return { kind: "break", span: p.spanOf(word) };
    case "return":
      return parseReturn(p, word);
    case "xlog":
    case "xdbg":
      return parseXlog(p, word);
    case "log":
      return parseLog(p, word);
    case "assert":
      return parseAssert(p, word);
    case "async":
    case "launch":
      return parseAsync(p, word);
    default:
      if (p.is("(")) return parseCall(p, word);
      return bareWord(p, word);
  }
}

function bareWord(p: Cursor, word: Token): undefined {
  const meant = nearest(word.text, STATEMENT_WORDS);
  return p.error(
    word,
    `bare word <${word.text}> found, command calls need '()'`,
    meant === undefined ? undefined : `did you mean ${meant}?`,
  );
}

/** `exit`, `exit()`, `drop`, `drop()`. */
function ending(p: Cursor, word: Token, kind: "exit" | "drop"): Command | undefined {
  if (p.take("(") && !p.expect(")", `${kind} takes no value`)) return undefined;
  return { kind, span: p.spanFrom(word.start) };
}

/** `assert(condition [, "text"])`; the word has been taken. */
function parseAssert(p: Cursor, word: Token): Command | undefined {
  if (!p.expect("(", "a '(' is expected after assert") || !p.enter()) return undefined;
  const condition = parseCondition(p);
  p.leave();
  if (condition === undefined) return undefined;
  if (p.take(",") && !p.is("string")) return p.unexpected("a text in quotes is expected");
  const message = p.is("string") ? p.string() : undefined;
  if (!p.expect(")", "a ')' is expected")) return undefined;
  return { kind: "assert", span: p.spanFrom(word.start), condition, message };
}
