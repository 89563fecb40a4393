// What stands right of an assignment and between `[` and `]`, and comparisons. Two levels of operators, each joining to the left:
// `* / % + -` bind tighter than `& | ^ << >>`.
import type { Assignment, AssignOperator, BinaryOperator, CompareOperator, Comparison, Expression, Variable } from "./ast.ts";
import { parseCall, parseRouteCall } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import type { TokenKind } from "./lexer.ts";
import { addressAhead, isNull, isNumber, signedNumber } from "./values.ts";

const NULL_ALONE = "NULL stands alone: it is no part of an expression";

/** Operators in one row; each makes the tree one deeper. */
export const MOST_OPERATORS = 500;

const ASSIGN: ReadonlySet<TokenKind> = new Set<AssignOperator>(["=", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="]);
const COMPARE: ReadonlySet<TokenKind> = new Set<CompareOperator>(["==", "!=", "<", ">", "<=", ">=", "=~", "!~"]);
const TIGHT: ReadonlySet<TokenKind> = new Set<BinaryOperator>(["*", "/", "%", "+", "-"]);
const LOOSE: ReadonlySet<TokenKind> = new Set<BinaryOperator>(["&", "|", "^", "<<", ">>"]);

/** Said of `&&`, `||` and `!` where a value is computed. */
export const NO_CONDITION = "conditions stand in if and while only; here a comparison gives 1 or 0";

/** Whether a comparison's operator is in hand. */
export function isCompare(p: Cursor): boolean {
  return COMPARE.has(p.token.kind);
}

/** Whether an assignment's operator is in hand. */
export function isAssign(p: Cursor): boolean {
  return ASSIGN.has(p.token.kind);
}

/** Whether an arithmetic operator is in hand. */
export function isArithmetic(p: Cursor): boolean {
  return TIGHT.has(p.token.kind) || LOOSE.has(p.token.kind);
}

/** `target OP value`; the target has been read, the operator is in hand. */
export function parseAssignment(p: Cursor, start: number, target: Variable): Assignment | undefined {
  // isAssign has looked
  const operator = p.advance().kind as AssignOperator;
  if (isNull(p)) {
    if (operator !== "=" && operator !== ":=") return p.error(p.token, "syntax error", `NULL cannot be used with ${operator}`);
    const value: Expression = { kind: "null", span: p.spanOf(p.advance()) };
    if (isArithmetic(p)) return p.error(p.previous, "syntax error", NULL_ALONE);
    return { kind: "assignment", span: p.spanFrom(start), operator, target, value };
  }
  const value = parseExpression(p);
  return value && { kind: "assignment", span: p.spanFrom(start), operator, target, value };
}

/** A whole expression; undefined, with an error, when there is none. */
export function parseExpression(p: Cursor): Expression | undefined {
  return row(p, LOOSE, tight);
}

function tight(p: Cursor): Expression | undefined {
  return row(p, TIGHT, operand);
}

/** Operands of the next level, joined from left to right. */
function row(p: Cursor, operators: ReadonlySet<TokenKind>, next: (p: Cursor) => Expression | undefined): Expression | undefined {
  const start = p.token.start;
  let left = next(p);
  for (let count = 0; left !== undefined && operators.has(p.token.kind); count++) {
    if (count >= MOST_OPERATORS) return p.error(p.token, "syntax error", `more than ${MOST_OPERATORS} operators in one expression`);
    // one of the set's
    const operator = p.advance().kind as BinaryOperator;
    const right = next(p);
    if (right === undefined) return undefined;
    left = { kind: "binary", span: p.spanFrom(start), operator, left, right };
  }
  return left;
}

function operand(p: Cursor): Expression | undefined {
  switch (p.token.kind) {
    case "number":
    case "-":
    case "+":
      return signedNumber(p);
    case "string":
      return p.string();
    case "variable":
      return variableOperand(p);
    case "word":
      return wordOperand(p);
    case "~":
    case "(":
      return nested(p);
    case "!":
    case "&&":
    case "||":
      return p.unexpected(NO_CONDITION);
    default:
      return p.unexpected(p.is("junk") ? junkHint(p.token.text) : "a value is expected");
  }
}

/** What may have been meant by what is no number. */
function junkHint(text: string): string {
  const dots = text.split(".").length - 1;
  if (dots === 0 && text.length > 1) return "a number that begins with 0 is octal";
  if (dots === 1) return "there are no fractions";
  return dots === 3 ? "an address is compared with == and != only; elsewhere it is a text in quotes" : "a value is expected";
}

function variableOperand(p: Cursor): Expression | undefined {
  const start = p.token.start;
  const variable = p.variable();
  return variable !== undefined && isCompare(p) ? parseComparison(p, start, variable) : variable;
}

function wordOperand(p: Cursor): Expression | undefined {
  if (isNumber(p)) return signedNumber(p);
  if (isNull(p)) return p.error(p.token, "syntax error", NULL_ALONE);
  if (p.isWord("not")) return p.unexpected(NO_CONDITION);
  const word = p.advance();
  if (word.text === "route" && p.is("(")) return parseRouteCall(p, word);
  if (p.is("(")) return parseCall(p, word);
  return p.error(word, `bare word <${word.text}> found, command calls need '()'`, "a text stands in quotes");
}

function nested(p: Cursor): Expression | undefined {
  if (!p.enter()) return undefined;
  const { kind, start } = p.advance();
  const inner = kind === "(" ? parseExpression(p) : operand(p);
  p.leave();
  if (inner === undefined) return undefined;
  if (kind !== "(") return { kind: "complement", span: p.spanFrom(start), operand: inner };
  if (!p.expect(")", "a ')' is expected")) return undefined;
  return { kind: "group", span: p.spanFrom(start), inner };
}

/** `variable OP value`; the variable has been read, the operator is in hand. */
export function parseComparison(p: Cursor, start: number, left: Variable): Comparison | undefined {
  // isCompare has looked
  const operator = p.token.kind as CompareOperator;
  const isEquality = operator === "==" || operator === "!=";
  const isMatch = operator === "=~" || operator === "!~";
  if (isEquality) {
    const address = addressAhead(p);
    if (address !== undefined) return { kind: "comparison", span: p.spanFrom(start), operator, left, right: address };
  }
  p.advance();
  const right = comparedTo(p, operator, isEquality, isMatch);
  return right && { kind: "comparison", span: p.spanFrom(start), operator, left, right };
}

function comparedTo(p: Cursor, operator: string, isEquality: boolean, isMatch: boolean): Comparison["right"] | undefined {
  if (p.is("string")) return p.string();
  if (p.is("variable")) return p.variable();
  if (isNull(p)) {
    if (!isEquality) return p.error(p.token, "syntax error", "NULL is compared with == and != only");
    return { kind: "null", span: p.spanOf(p.advance()) };
  }
  if (isNumber(p)) {
    if (isMatch) return p.error(p.token, "syntax error", `${operator} takes a regular expression in quotes, or a variable`);
    return signedNumber(p);
  }
  if (p.is("junk") && isEquality) return p.unexpected("this is no address and no network; a text stands in quotes");
  if (!p.is("word")) return p.unexpected("a value to compare with is expected");
  const word = p.advance();
  if (p.is("(")) return p.error(word, "syntax error", "a function cannot be compared with: store its result in a variable first");
  return p.error(word, `bare word <${word.text}> found, command calls need '()'`, `a text stands in quotes: "${word.text}"`);
}
